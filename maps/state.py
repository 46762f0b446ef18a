"""The table of all states, and a page for each: totals, a chart, its departments, what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

import pandas as pd

from analysis.areas import population_source
from maps import charts, events, listing, words
from maps.columns import digest, script_json, texts
from maps.document import Setting, document, embed_code
from maps.facts import OWN, Facts, places
from maps.folder import Draft
from maps.layers import our_scripts
from maps.starts import newest_month
from maps.summary import FEW_DEPARTMENTS, FEW_RESIDENTS, Summary

Tables = Mapping[str, pd.DataFrame]

DATASETS = (
    *("agencies.csv", "participations.csv", "footage_requests.csv", "footage_totals.csv"),
    "changes.csv",
)

SCRIPTS = ("choice.js", "form.js", "list.js")
"""JavaScript of ``states.html``, in the order in which it is inlined."""


def drafts(
    tables: Tables,
    agencies: pd.DataFrame,
    rows: list[listing.Row],
    found: list[Summary],
    setting: Setting,
) -> Iterator[Draft]:
    """``states.html`` and a page for each state and territory.

    ``agencies`` as :func:`maps.listing.ordered` gives them, ``rows`` as :func:`maps.listing.rows`,
    ``found`` as :func:`maps.summary.summaries`.
    """
    common = {
        "here": "states",
        "departments": len(agencies),
        "source": population_source(tables["area_populations"]),
        "few": (FEW_DEPARTMENTS, words.number(FEW_RESIDENTS)),
        "downloads": [name for name in DATASETS if (setting.exports / name).is_file()],
    }
    table = common | {"summaries": found}
    yield Draft("states.html", script_json(table), partial(_states, setting, table))
    where = agencies.groupby("state").indices
    basis = _digests(tables, agencies)
    shared = [common, *_shared(tables)]
    facts = cache(lambda: Facts(tables, agencies, setting.numbers))
    for summary in found:
        mine = [rows[place] for place in where.get(summary.code, [])]
        yield Draft(
            f"state/{summary.code.lower()}.html",
            script_json([*shared, summary, mine, basis.get(summary.code, "")]),
            partial(_page, setting, common, summary, mine, facts),
        )


def _states(setting: Setting, view: Mapping[str, Any]) -> str:
    script = f'(() => {{\n"use strict";\n{our_scripts(SCRIPTS)}\nstartStates();\n}})();'
    return document("states.html", setting, view, styles=["list.css"], scripts=[script])


def _page(
    setting: Setting,
    common: Mapping[str, Any],
    summary: Summary,
    rows: list[listing.Row],
    facts: Callable[[], Facts],
) -> str:
    view = {
        **common,
        "here": "",
        "state": summary,
        "columns": {name: head for name, head in listing.COLUMNS.items() if name != "state"},
        "rows": rows,
        "embed": embed_code(setting, summary.code, summary.name),
    }
    if rows:
        view |= facts().of(summary.code)
    return document("state.html", setting, view, root="../", styles=["list.css", "chart.css"])


def _digests(tables: Tables, agencies: pd.DataFrame) -> dict[str, str]:
    """By state a digest of the rows its page is made from, in whatever order they stand."""
    frames = {name: tables[name] for name in OWN} | {"agencies": agencies}
    totals = tables["footage_totals"]
    found = places(frames, agencies) | {"footage_totals": totals.groupby("state").indices}
    told: dict[str, list[str]] = {}
    for name, frame in {**frames, "footage_totals": totals}.items():
        hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
        for code, mine in found[name].items():
            told.setdefault(str(code), []).append(f"{name} {len(mine)} {hashes[mine].sum()}")
    return {code: digest("\n".join(rows)) for code, rows in told.items()}


def _shared(tables: Tables) -> list[Any]:
    """What a page tells of its state in the light of all others."""
    claims = tables["listings"]
    looked = claims[claims["valid_from"].notna()].groupby("programme")["last_observed"].max()
    return [
        repr((charts.befell(tables), newest_month(tables))),
        sorted(set(texts(claims["programme"]))),
        {str(programme): str(moment)[:7] for programme, moment in looked.items()},
        {str(source): str(moment) for source, moment in events.began(tables["changes"]).items()},
    ]
