"""The table of all states, and a page for each: totals, a chart, its departments, what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import pandas as pd

from analysis.places import POPULATIONS
from maps import charts, events, listing, words
from maps.columns import digest, script_json, texts
from maps.counts import amounts
from maps.document import Setting, document, embed_code
from maps.folder import Draft
from maps.gaps import gaps
from maps.layers import our_scripts
from maps.starts import newest_month
from maps.summary import FEW_DEPARTMENTS, FEW_RESIDENTS, Summary, newest_spells, summaries

Tables = Mapping[str, pd.DataFrame]

TOTALS_SHOWN = 40
"""Totals of requests a page shows; of more it says how many."""

DATASETS = (
    *("agencies.csv", "participations.csv", "footage_requests.csv", "footage_totals.csv"),
    "changes.csv",
)

OWN = ("participations", "footage_requests", "changes")
"""Tables of which a page tells the rows of its departments."""

SCRIPTS = ("choice.js", "form.js", "list.js")
"""JavaScript of ``states.html``, in the order in which it is inlined."""


def drafts(tables: Tables, agencies: pd.DataFrame, setting: Setting) -> Iterator[Draft]:
    """``states.html`` and a page for each state and territory.

    ``agencies`` as :func:`maps.listing.ordered` gives them.
    """
    found = summaries(tables, agencies)
    common = {
        "here": "states",
        "departments": len(agencies),
        "source": POPULATIONS,
        "few": (FEW_DEPARTMENTS, words.number(FEW_RESIDENTS)),
        "downloads": [name for name in DATASETS if (setting.exports / name).is_file()],
    }
    table = common | {"summaries": found}
    yield Draft("states.html", script_json(table), partial(_states, setting, table))
    rows = listing.rows(tables, agencies)
    places = agencies.groupby("state").indices
    basis = _digests(tables, agencies)
    first = _first_looks(tables["changes"])
    shared = [common, *_shared(tables, first)]
    for summary in found:
        mine = places.get(summary.code, [])
        state = _State(summary, agencies.iloc[mine], [rows[place] for place in mine])
        yield Draft(
            f"state/{summary.code.lower()}.html",
            script_json([*shared, summary, state.rows, basis.get(summary.code, "")]),
            partial(_page, tables, setting, common, first, state),
        )


class _State(NamedTuple):
    summary: Summary
    agencies: pd.DataFrame
    rows: list[listing.Row]


def _states(setting: Setting, view: Mapping[str, Any]) -> str:
    script = f'(() => {{\n"use strict";\n{our_scripts(SCRIPTS)}\nstartStates();\n}})();'
    return document("states.html", setting, view, styles=["list.css"], scripts=[script])


def _page(
    tables: Tables, setting: Setting, common: Mapping[str, Any], first: pd.DataFrame, state: _State
) -> str:
    """The page of a state; ``first`` as :func:`_first_looks` gives it."""
    view = {
        **common,
        "here": "",
        "state": state.summary,
        "columns": {name: head for name, head in listing.COLUMNS.items() if name != "state"},
        "rows": state.rows,
        "embed": embed_code(setting, state.summary.code, state.summary.name),
    }
    if state.rows:
        view |= _facts(tables, setting, first, state)
    return document("state.html", setting, view, root="../", styles=["list.css", "chart.css"])


def _facts(tables: Tables, setting: Setting, first: pd.DataFrame, state: _State) -> dict[str, Any]:
    own = {
        name: tables[name][tables[name]["agency_id"].isin(state.agencies["agency_id"])]
        for name in OWN
    }
    changes = pd.concat([own["changes"], first]).drop_duplicates("change_id")
    (shown, more), _ = events.newest({**tables, "changes": changes}, setting.numbers)
    silent = {name: tables[name].iloc[:0] for name in ("sources", "rejected")}
    return {
        "chart": charts.listed_over_time(tables, state=state.summary.code),
        "programmes": _programmes(own["participations"]),
        "groups": list(words.GROUPS.values()),
        "totals": _totals(tables["footage_totals"], state.summary.code),
        "changes": shown,
        "changes_more": more,
        "gaps": gaps({**tables, **own, **silent, "agencies": state.agencies}, []),
    }


def _digests(tables: Tables, agencies: pd.DataFrame) -> dict[str, str]:
    """By state a digest of the rows its page is made from, in whatever order they stand."""
    state_of = agencies.set_index("agency_id")["state"]
    totals = tables["footage_totals"]
    parts = [(agencies, agencies["state"]), (totals, totals["state"])]
    parts += [(tables[name], tables[name]["agency_id"].map(state_of)) for name in OWN]
    rows: dict[str, list[str]] = {}
    for frame, states in parts:
        hashes = pd.util.hash_pandas_object(frame, index=False).astype("string")
        for code, found in hashes.groupby(states):
            rows.setdefault(str(code), []).append(" ".join(sorted(texts(found))))
    return {code: digest("\n".join(found)) for code, found in rows.items()}


def _shared(tables: Tables, first: pd.DataFrame) -> list[Any]:
    """What a page tells of its state in the light of all others; ``first`` as in :func:`_page`."""
    claims = tables["listings"]
    looked = claims[claims["valid_from"].notna()].groupby("programme")["last_observed"].max()
    return [
        repr((charts.befell(tables), newest_month(tables))),
        sorted(set(texts(claims["programme"]))),
        {str(programme): str(moment)[:7] for programme, moment in looked.items()},
        [texts(first["source"]), texts(first["observed_at"])],
    ]


def _programmes(listed: pd.DataFrame) -> list[tuple[str, list[int]]]:
    """For each programme, of how many departments the newest spell is of each status group."""
    newest = newest_spells(listed)
    found = Counter(zip(texts(newest["programme"]), texts(newest["group"]), strict=True))
    return [
        (words.programme_title(name), [found[name, group] for group in words.GROUPS])
        for name in sorted({name for name, _ in found})
    ]


def _totals(table: pd.DataFrame, code: str) -> dict[str, Any]:
    """Known requests of a state as (programme, what, period, number, known, of how many), newest
    first; how many more there are, and of how many periods nobody's number is known."""
    mine = table[table["scope"].eq("state") & table["state"].eq(code)]
    mine = mine[mine["metric"].isin(words.ASKING)]
    known = mine[mine["n_known"].gt(0)].sort_values(
        ["period_end", "period_start", "metric", "programme", "total_id"],
        ascending=[False, False, True, True, True],
    )
    shown = known.head(TOTALS_SHOWN)
    columns = (shown[name] for name in ("n_known", "n_total"))
    spans = map(words.span, texts(shown["period_start"]), texts(shown["period_end"]))
    rows = zip(
        map(words.programme_name, texts(shown["programme"])),
        (words.METRICS[metric] for metric in texts(shown["metric"])),
        spans,
        amounts(shown.assign(bound="at_least")),
        *([words.number(number) for number in column] for column in columns),
        strict=True,
    )
    return {
        "rows": list(rows),
        "more": len(known) - len(shown),
        "silent": len(mine) - len(known),
    }


def _first_looks(changes: pd.DataFrame) -> pd.DataFrame:
    """The earliest "added" of each source: ``events.newest`` takes what is as old as that for the
    state of the source, not for news, and must not take the earliest of one state for it."""
    added = changes[changes["kind"].eq("added")].sort_values(["observed_at", "change_id"])
    return added.drop_duplicates("source")
