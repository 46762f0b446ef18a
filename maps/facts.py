"""What the pages of states tell, each table gone through once for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from maps import charts, events, words
from maps.columns import looked_up, texts
from maps.counts import amounts
from maps.gaps import gaps
from maps.summary import newest_spells

Tables = Mapping[str, pd.DataFrame]

TOTALS_SHOWN = 40
"""Totals of requests a page shows; of more it says how many."""

OWN = ("participations", "footage_requests", "changes")
"""Tables of which a page tells the rows of its departments."""


class Facts:
    """The facts of each state in ``tables``; ``agencies`` as :func:`maps.listing.ordered` gives
    them, ``numbers`` the number by which pages cite each source."""

    def __init__(self, tables: Tables, agencies: pd.DataFrame, numbers: Mapping[str, str]) -> None:
        self.numbers = numbers
        self.chart = charts.listed_by_state(tables)
        self.nobody = {name: tables[name].iloc[:0] for name in ("sources", "rejected")}
        self.nobody["listings"] = tables["listings"].drop_duplicates("programme")
        self.own = {name: tables[name] for name in OWN} | {"agencies": agencies}
        self.own["changes"] = events.fresh(tables["changes"])
        self.places = places(self.own, agencies)
        self.programmes = _programmes(tables["participations"], agencies)
        totals = tables["footage_totals"]
        totals = totals[totals["scope"].eq("state") & totals["metric"].isin(words.ASKING)]
        self.totals = totals
        self.total_places = totals.groupby("state").indices

    def of(self, code: str) -> dict[str, Any]:
        """Those of a state in which departments are, by the names its page knows them by."""
        own = {
            name: frame.iloc[self.places[name].get(code, [])] for name, frame in self.own.items()
        }
        changes = own["changes"].head(events.CHANGES_SHOWN)
        return {
            "chart": self.chart(code),
            "programmes": self.programmes.get(code, []),
            "groups": list(words.GROUPS.values()),
            "totals": _totals(self.totals.iloc[self.total_places.get(code, [])]),
            "changes": events.said(changes, own["agencies"], self.numbers),
            "changes_more": len(own["changes"]) - len(changes),
            "gaps": gaps(self.nobody | own, []),
        }


def places(frames: Mapping[str, pd.DataFrame], agencies: pd.DataFrame) -> dict[str, dict[Any, Any]]:
    """By the name of each frame and the code of each state, the places of the rows that are of its
    departments; those of no department are under ""."""
    state_of = dict(zip(texts(agencies["agency_id"]), texts(agencies["state"]), strict=True))
    return {
        name: frame.groupby(looked_up(frame["agency_id"], state_of)).indices
        for name, frame in frames.items()
    }


def _programmes(
    listed: pd.DataFrame, agencies: pd.DataFrame
) -> dict[str, list[tuple[str, list[int]]]]:
    """By state and programme, of how many departments the newest spell is of each status group."""
    newest = newest_spells(listed)
    state_of = dict(zip(texts(agencies["agency_id"]), texts(agencies["state"]), strict=True))
    states = looked_up(newest["agency_id"], state_of)
    found = Counter(zip(states, texts(newest["programme"]), texts(newest["group"]), strict=True))
    told: dict[str, list[tuple[str, list[int]]]] = {}
    for state, name in sorted({(state, name) for state, name, _ in found}):
        row = (words.programme_title(name), [found[state, name, group] for group in words.GROUPS])
        told.setdefault(state, []).append(row)
    return told


def _totals(mine: pd.DataFrame) -> dict[str, Any]:
    """Known requests of a state as (programme, what, period, number, known, of how many), newest
    first; how many more there are, and of how many periods nobody's number is known."""
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
