"""A page for every department, whole without JavaScript: what is known, how, and what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from maps import chapters, document, words
from maps.columns import digest
from maps.dossier import Dossier, Row, Tables, dossiers
from maps.folder import Draft
from maps.letter import letter
from maps.spans import drawing
from maps.tallies import metrics, quarters
from maps.unknowns import unknowns

LONGEST, KEPT = 150, 120
"""Letters of an id that a file name holds whole, and of those cut from a longer one: file systems
hold 255 bytes, some tools fewer."""

CHANGES_SHOWN = 50
"""Changes a page tells; a running counter has one for every look."""

DATASETS = (
    *("agencies.csv", "participations.csv", "listings.csv", "footage_requests.csv"),
    *("camera_counts.csv", "changes.csv", "evidence.csv", "captures.csv"),
    *("datapackage.json", "peephole.sqlite"),
)


def file_name(agency_id: str) -> str:
    """The name of a department's page in the folder ``agency``.

    >>> file_name("il-naperville-police")
    'il-naperville-police.html'
    """
    if len(agency_id) > LONGEST:
        return f"{agency_id[:KEPT]}-{digest(agency_id)[:12]}.html"
    return f"{agency_id}.html"


def drafts(tables: Tables, agencies: pd.DataFrame, setting: document.Setting) -> Iterator[Draft]:
    """A page for each of ``agencies``, as :func:`maps.listing.ordered` gives them."""
    befell = chapters.befell(tables["changes"])
    newest = _newest(tables)
    numbers = setting.numbers
    common = {
        "here": "",
        "downloads": [name for name in DATASETS if (setting.exports / name).is_file()],
    }
    for dossier in dossiers(tables, agencies):
        shown = common | view(dossier, befell, newest, setting)
        name = f"agency/{shown['file']}"
        yield Draft(name, json.dumps(shown), partial(_page, setting, shown, numbers))


def _page(setting: document.Setting, shown: dict[str, Any], numbers: Mapping[str, str]) -> str:
    return document.document(
        "agency.html", setting, shown | {"numbers": numbers}, root="../", styles=("agency.css",)
    )


def view(
    dossier: Dossier, befell: Mapping[str, list[Row]], newest: str, setting: document.Setting
) -> dict[str, Any]:
    """All that the page of a department says, plain enough for JSON.

    ``befell`` are events by programme, ``newest`` is the newest day of the site.
    """
    agency = dossier.agency
    unasked = quarters(dossier, "video_requests", newest)
    programmes = list(dict.fromkeys(spell["programme"] for spell in dossier.spells))
    tools = [event["tool"] for name in programmes for event in befell.get(name, [])]
    tables = metrics(dossier, newest)
    return {
        "id": agency["agency_id"],
        "file": file_name(agency["agency_id"]),
        "name": agency["name"],
        "state": agency["state"].lower(),
        "state_name": agency["state_name"],
        "where": _where(agency),
        "facts": _facts(agency, dossier.former),
        "drawing": drawing(dossier.spells, newest) if dossier.spells else None,
        "programmes": [
            chapters.programme(dossier, name, befell.get(name, [])) for name in programmes
        ],
        "asking": [table for table in tables if table["asks"]],
        "posts": [table for table in tables if not table["asks"]],
        "cameras": chapters.cameras(dossier),
        "additive": all(row["additive"] for row in dossier.cameras),
        "figures": [chapters.figure(row) for row in dossier.figures],
        "changes": [chapters.change(row) for row in dossier.changes[:CHANGES_SHOWN]],
        "changes_more": len(dossier.changes[CHANGES_SHOWN:]),
        "documents": chapters.documents(dossier.claims),
        "unknowns": unknowns(dossier, unasked),
        "letter": letter(dossier, unasked, [name for name in dict.fromkeys(tools) if name]),
        "exhibits": dossier.exhibits.rows,
        "exhibits_more": dossier.exhibits.more,
        "citation": _citation(dossier, programmes, setting),
        "contact": {
            "said": setting.contact,
            "link": document.contact_link(setting.contact, f"Correction: {agency['agency_id']}"),
        },
    }


def _newest(tables: Tables) -> str:
    """The newest day on which anything was observed, empty where nothing was."""
    moments = (tables["participations"]["last_observed"], tables["changes"]["observed_at"])
    return max((str(column.max())[:10] for column in moments if column.notna().any()), default="")


def _where(agency: Row) -> str:
    return ", ".join(
        part for part in (agency["city"], agency["county"], agency["state_name"]) if part
    )


def _facts(agency: Row, former: str) -> list[tuple[str, str]]:
    point = words.POINTS[agency["location_precision"]].removeprefix("Point: ")
    if agency["latitude"] is not None and agency["longitude"] is not None:
        point += f" ({agency['latitude']:.3f}, {agency['longitude']:.3f})"
    residents = "not known"
    if agency["population"] is not None:
        year = agency["population_year"]
        when = f"in {year}" if year is not None else "of an unknown year"
        residents = f"{words.number(agency['population'])}, {when} (GeoNames)"
    return [
        ("Other names", former or "none that we know of"),
        ("Kind", words.KINDS[agency["type"]]),
        ("Place", agency["city"] or "not known"),
        ("County", agency["county"] or "not known"),
        ("State", agency["state_name"]),
        ("Point on the map", point),
        ("Residents of the place", residents),
        ("FBI ORI", agency["ori"] or "not known"),
        ("Our id", agency["agency_id"]),
    ]


def _citation(dossier: Dossier, programmes: list[str], setting: document.Setting) -> str:
    agency = dossier.agency
    last = {spell["programme"]: words.day(spell["last_observed"]) for spell in dossier.spells}
    listed = "; ".join(f"in {words.programme_name(name)} as of {last[name]}" for name in programmes)
    parts = [
        f"Peephole: {agency['name']}, {agency['state_name']}",
        f"listed {listed}" if listed else "listed in no programme we know of",
        f"what was known by {setting.as_of}" if setting.as_of else "",
        f"record {agency['agency_id']}",
        f"{setting.base}/agency/{file_name(agency['agency_id'])}" if setting.base else "",
        "retrieved [DATE]",
    ]
    return ", ".join(part for part in parts if part)
