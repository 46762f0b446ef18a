"""What changed, and what is published of the nation: the rows of the sections that tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from maps import events, words
from maps.columns import texts, web_address
from maps.counts import amounts

ROWS_SHOWN = 40
"""Rows a section shows; of more it says how many, and that the dataset has them."""

DECIDED = ("corrected", "suppressed")
"""Kinds of changes that people decided."""

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows a section shows and how many more there are."""

    shown: list[Any]
    more: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in words, who published it and where; ``note`` is what a reader must know."""

    amount: str
    title: str
    url: str
    note: str


def sections(tables: Tables, numbers: Mapping[str, str]) -> dict[str, Any]:
    """The rows of every section, each by the name the template knows it by.

    ``numbers`` has the number by which the page cites each source.
    """
    changes, first = events.newest(tables, numbers)
    return {
        "changes": Rows(*changes),
        "first_seen": first,
        "corrections": corrections(tables, numbers),
        "totals": totals(tables["footage_totals"]),
        "national": national(tables["footage_requests"], numbers),
        "demands": demands(tables["legal_process"]),
        "figures": figures(tables["reported_figures"]),
    }


def corrections(tables: Tables, numbers: Mapping[str, str]) -> Rows:
    """Reviewed decisions as (day, who, what, source), the newest first."""
    table = tables["changes"]
    decided = table[table["kind"].isin(DECIDED)]
    (shown, more), _ = events.newest({**tables, "changes": decided}, numbers)
    return Rows(shown, more)


def totals(table: pd.DataFrame) -> Rows:
    """Sums of the nation as (period, what, number, known of listed), newest period first."""
    nation = table[table["scope"].eq("nation")].sort_values(
        ["period_end", "period_start", "metric", "programme", "total_id"],
        ascending=[False, False, True, True, True],
    )
    shown = nation.head(ROWS_SHOWN)
    numbers = amounts(shown.assign(bound="at_least"))
    known = [
        f"{words.number(few)} of {words.number(all_)}"
        for few, all_ in zip(shown["n_known"], shown["n_total"], strict=True)
    ]
    rows = zip(_spans(shown), _metrics(shown), numbers, known, strict=True)
    return Rows(list(rows), len(nation) - len(shown))


def national(table: pd.DataFrame, numbers: Mapping[str, str]) -> Rows:
    """What others counted of the whole nation as (period, what, number, source)."""
    nation = table[table["scope"].eq("nation") & table["current"]].sort_values(
        ["period_end", "metric", "request_id"], ascending=[False, True, True]
    )
    shown = nation.head(ROWS_SHOWN)
    cited = [numbers.get(source, source) for source in texts(shown["source"])]
    rows = zip(_spans(shown), _metrics(shown), amounts(shown), cited, strict=True)
    return Rows(list(rows), len(nation) - len(shown))


def demands(table: pd.DataFrame) -> Rows:
    """Legal demands as (publisher, period, what, figures, do they differ), newest period first.

    All that was published of one publisher, period, process and metric stands in one row.
    """
    subject = ["period_end", "period_start", "publisher", "process", "metric"]
    order = [*subject, "source_title", "demand_id"]
    rows = table.sort_values(order, ascending=[False, False, *[True] * 5], kind="stable")
    groups = [group for _, group in rows.groupby(subject, sort=False)]
    found = []
    for group in groups[:ROWS_SHOWN]:
        told = _figures(group)
        one = group.head(1)
        (metric,), (period,), (process,) = _metrics(one), _spans(one), texts(one["process"])
        what = f"{metric}, {words.PROCESS_NAMES[process]}"
        differ = len({figure.amount for figure in told}) > 1
        found.append((one["publisher"].item(), period, what, told, differ))
    return Rows(found, len(groups) - len(found))


def figures(table: pd.DataFrame) -> Rows:
    """Claims of others as (what, of whom, when, figure, ours), those with a count of ours first.

    ``ours`` is our count, empty where there is none, its difference, and what it counts.
    """
    when = table["as_of"].fillna(table["period_end"])
    rows = table.assign(alone=table["our_value"].isna(), when=when).sort_values(
        ["alone", "when", "figure_id"], kind="stable"
    )
    shown = rows.head(ROWS_SHOWN)
    whens = [
        f"as of {words.day(day)}" if day else words.span(start, end)
        for day, start, end in zip(
            *(texts(shown[name]) for name in ("as_of", "period_start", "period_end")), strict=True
        )
    ]
    ours = [
        ("" if pd.isna(value) else words.number(value), words.difference(apart), counted)
        for value, apart, counted in zip(
            shown["our_value"], shown["difference"], texts(shown["our_count"]), strict=True
        )
    ]
    found = zip(
        _metrics(shown), texts(shown["population"]), whens, _figures(shown), ours, strict=True
    )
    return Rows(list(found), len(rows) - len(shown))


def _figures(table: pd.DataFrame) -> list[Figure]:
    if "value_state" not in table:
        table = table.assign(value_state="value")
    percent = table["unit"].str.startswith("percent") & table["value_state"].eq("value")
    told = amounts(table) + percent.map({True: " percent", False: ""}).astype("object")
    urls = [web_address(url) for url in texts(table["source_url"])]
    rows = zip(told, texts(table["source_title"]), urls, texts(table["note"]), strict=True)
    return [Figure(*row) for row in rows]


def _spans(table: pd.DataFrame) -> list[str]:
    pairs = zip(texts(table["period_start"]), texts(table["period_end"]), strict=True)
    return [words.span(start, end) for start, end in pairs]


def _metrics(table: pd.DataFrame) -> list[str]:
    return [words.METRICS[metric] for metric in texts(table["metric"])]
