"""The page about the site: method, words, charts, sources, what is not known, downloads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from analysis.places import ATTRIBUTIONS, state_shapes
from analysis.tables import TABLES
from maps import history, words
from maps.barcharts import demands_by_half_year, requests_by_quarter
from maps.charts import befell, listed_over_time
from maps.columns import texts
from maps.document import PLACEHOLDER, Setting, contact_link, document, embed_code
from maps.downloads import downloads
from maps.folder import Draft
from maps.gaps import gaps

PAGE = "about.html"

CONTENTS = (
    ("method", "How to read this"),
    ("words", "Words"),
    ("charts", "Charts"),
    ("programmes", "What befell programmes"),
    ("unknown", "What is not known"),
    ("requests", "Requests for footage: what is known"),
    ("demands", "Legal demands"),
    ("figures", "Figures of others beside our own"),
    ("history", "What changed"),
    ("corrections", "Corrections"),
    ("sources", "Sources"),
    ("downloads", "Downloads"),
    ("feeds", "Feeds, and data for programs"),
    ("embed", "Links and embedding"),
    ("dictionary", "Data dictionary"),
    ("licences", "Licences and attributions"),
    ("cite", "How to cite"),
    ("colophon", "Who made this"),
)
"""Sections of the page by the name an address ends with, in their order."""


def drafts(
    tables: Mapping[str, pd.DataFrame], agencies: pd.DataFrame, setting: Setting
) -> Iterator[Draft]:
    """The page about the site of ``tables``; ``agencies`` as :func:`maps.listing.ordered` gives.

    Raises:
        OSError: a dataset in ``setting.exports`` cannot be read.
    """
    view = _view(tables, agencies, setting)
    source = json.dumps(view, default=asdict, sort_keys=True)
    yield Draft(
        PAGE,
        source,
        lambda: document("about.html", setting, view, styles=("chart.css", "about.css")),
    )


def _view(
    tables: Mapping[str, pd.DataFrame], agencies: pd.DataFrame, setting: Setting
) -> dict[str, Any]:
    unlisted = sorted(set(state_shapes()["name"]) - set(agencies["state_name"]))
    return {
        "here": "about",
        "contents": CONTENTS,
        "charts": [
            listed_over_time(tables),
            requests_by_quarter(tables),
            demands_by_half_year(tables),
        ],
        "befell": befell(tables),
        "gaps": gaps(tables, unlisted),
        "history": history.sections(tables, setting.numbers),
        "rows": dict(zip(texts(tables["sources"]["source"]), _rows(tables), strict=True)),
        "contact": {"said": setting.contact, "link": contact_link(setting.contact)},
        "downloads": downloads(setting.exports),
        "embed": embed_code(setting, "IL", "Illinois"),
        "placeholder": "" if setting.base else PLACEHOLDER,
        "links": _links(agencies),
        "dictionary": [
            {"table": table.name, "meaning": table.meaning, "grain": table.grain}
            | {"key": list(table.key), "columns": [_column(column) for column in table.columns]}
            for table in TABLES.values()
        ],
        "attributions": ATTRIBUTIONS,
        "citation": _citation(setting),
    }


def _rows(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """What the last trusted run read of each source, and the newest date it states."""
    sources = tables["sources"]
    said = []
    for rows, newest in zip(
        sources["rows"].astype("object"), texts(sources["newest_fact"]), strict=True
    ):
        parts = [] if pd.isna(rows) else [f"Rows read: {words.number(rows)}."]
        parts += [f"Newest date stated: {words.day(newest)}."] if newest else []
        said.append(" ".join(parts))
    return said


def _links(agencies: pd.DataFrame) -> list[tuple[str, str]]:
    """Addresses of views as (what is added to the page's name, what it shows)."""
    some = texts(agencies["agency_id"].head(1))
    return [
        ("#IL", "a state, by its two letters"),
        *[(f"#{agency}", "a department, by its agency_id") for agency in some],
        ("#17043", "a county, by its five-digit FIPS code"),
        ("#at=2019-08-28", "who was listed on a day; a month will do"),
        ("#measure=rate", "states shaded by departments per 100,000 residents"),
        ("#measure=requests", "states shaded by known requests"),
        (
            "#IL&programme=neighbors_portal&year=2019",
            "a state with filters: programme, status, kind, year, counts, documents",
        ),
    ]


def _column(column: Any) -> dict[str, Any]:
    return {
        "name": column.name,
        "kind": column.kind,
        "meaning": column.meaning,
        "unit": column.unit,
        "required": column.required,
        "allowed": dict(column.allowed or {}),
    }


def _citation(setting: Setting) -> str:
    seen = f"newest observation {setting.newest}" if setting.newest else "nothing observed yet"
    asked = f", as of {setting.as_of}" if setting.as_of else ""
    where = f" {setting.address}" if setting.address else ""
    return f"Peephole: departments listed in police camera programmes ({seen}{asked}).{where}"
