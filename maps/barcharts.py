"""The charts of published numbers: requests by quarter, legal demands by half-year.

Unknown is never drawn as a number: where there is none the word stands. Numbers of different units
never share an axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import pandas as pd
from markupsafe import Markup

from maps import drawing, words
from maps.charts import Chart
from maps.columns import plain, texts
from maps.counts import KNOWN, amounts
from maps.drawing import NAMED, Bar
from maps.starts import Tables

DRAWN = 30
"""Bars of one chart; of more the newest are drawn, and the chart says so."""

WHOLE = ("all", "not_broken_out")
"""Kinds of process that are all demands together."""

ORDER = [
    *("publisher", "period_start", "period_end", "part", "process", "value", "low"),
    *("source_title", "demand_id"),
]
"""Order of legal demands in their chart, the whole before its parts."""


def requests_by_quarter(tables: Tables) -> Chart:
    """Known requests for footage of all departments, quarter by quarter, with how many are known.

    Of several metrics the one of which most quarters are known is drawn. A quarter between others
    of which nothing is known is a gap.
    """
    title = "Requests for footage known, by quarter"
    totals = tables["footage_totals"]
    rows = totals[totals["scope"].eq("nation") & totals["metric"].isin(words.ASKING)]
    pairs = zip(texts(rows["period_start"]), texts(rows["period_end"]), strict=True)
    rows = rows[pd.Series([_is_quarter(*pair) for pair in pairs], rows.index, dtype=bool)]
    known = rows.loc[rows["value"].notna(), ["metric", "programme"]].astype("object")
    if known.empty:
        return Chart(title, Markup(), [], [], "No number of any quarter is known.")
    (most,) = known.value_counts().sort_index().sort_values(kind="stable").tail(1).index
    metric, programme = most
    mine = rows[rows["metric"].eq(metric) & rows["programme"].eq(programme)]
    found = _quarterly(mine.sort_values("period_end"))
    bars, table = [bar for bar, _ in found[-DRAWN:]], [row for _, row in found[-DRAWN:]]
    what = words.METRICS[metric]
    others = sorted({words.METRICS[other] for other in texts(known["metric"])} - {what})
    apart = f" Counted apart and not drawn here: {', '.join(others)}." if others else ""
    note = (
        f"Numbers of single departments ({words.programme_name(programme)}) added up, and of how "
        "many of those listed a number is known. Each sum is a lower bound: what nobody published "
        f"is unknown, not zero, and is not estimated.{_cut(len(found))}{apart}"
    )
    head = ["Quarter", what.capitalize(), "Departments known of those listed"]
    return Chart(title, drawing.bars(bars, _spoken(title, bars)), head, table, note)


def _quarterly(rows: pd.DataFrame) -> list[tuple[Bar, list[str]]]:
    """A bar and a row of the table for each quarter from the first of ``rows`` to the last."""
    found: list[tuple[Bar, list[str]]] = []
    following: date | None = None
    for start, end, value, told, few, everybody in zip(
        texts(rows["period_start"]),
        texts(rows["period_end"]),
        plain(rows["value"]),
        amounts(rows.assign(bound="at_least")),
        rows["n_known"],
        rows["n_total"],
        strict=True,
    ):
        found += [
            (Bar(gap, "unknown", kind="unknown"), [gap, "unknown", "unknown"])
            for gap in _quarters(following, date.fromisoformat(start))
        ]
        following = date.fromisoformat(end) + timedelta(days=1)
        of = f"{words.number(few)} of {words.number(everybody)}"
        name = period(start, end)
        if value is None:
            bar = Bar(name, f"unknown, {of}", kind="unknown")
        else:
            bar = Bar(name, f"{told if value else '0 stated'}, {of}", value)
        found.append((bar, [name, told, of]))
    return found


def demands_by_half_year(tables: Tables) -> Chart:
    """Legal demands by company and by the half-year or year they were published for.

    Figures that conflict stand side by side; a range is drawn from its low to its high end.
    """
    title = "Legal demands published, by company and half-year"
    table = tables["legal_process"]
    rows = table[table["metric"].eq("legal_demands") & table["value_state"].isin(KNOWN)]
    rows = rows[rows[["value", "low", "high"]].notna().any(axis=1)]
    if rows.empty:
        return Chart(title, Markup(), [], [], "No number of legal demands is known.")
    rows = rows.assign(part=~rows["process"].isin(WHOLE))
    newest = rows.sort_values(["period_end", "demand_id"], ascending=[False, True]).head(DRAWN)
    found = _half_yearly(newest.sort_values(ORDER, kind="stable"))
    bars = [bar for bar, _ in found]
    note = (
        "What companies reported of warrants, subpoenas and other demands, for the half-year or "
        "year they reported it for: of no single department. Figures that differ stand side by "
        "side, each a mark of its own. A kind of demand is a part of all demands and drawn paler; "
        f"a range is drawn from its lower to its upper end.{_cut(len(rows))}"
    )
    head = ["Company", "Period", "What is counted", "Demands", "Source"]
    return Chart(
        title, drawing.bars(bars, _spoken(title, bars)), head, [row for _, row in found], note
    )


def _half_yearly(rows: pd.DataFrame) -> list[tuple[Bar, list[str]]]:
    """A bar and a row of the table for each figure, and for the time between two of a company."""
    found: list[tuple[Bar, list[str]]] = []
    before, until = "", ""
    for publisher, start, end, process, value, low, high, told, source in zip(
        *(texts(rows[name]) for name in ("publisher", "period_start", "period_end", "process")),
        *(plain(rows[name]) for name in ("value", "low", "high")),
        amounts(rows),
        texts(rows["source_title"]),
        strict=True,
    ):
        if publisher == before and start > until:
            day_after = date.fromisoformat(until) + timedelta(days=1)
            if gap := _gap(day_after, date.fromisoformat(start)):
                bar = Bar(_named(publisher, gap), "unknown", kind="unknown")
                found.append((bar, [publisher, gap, "every kind together", "unknown", "none"]))
        until = max(until, end) if publisher == before else end
        before = publisher
        kind = words.PROCESS_NAMES[process]
        short = kind.split(",")[0].removesuffix(" requests")
        whole = process in WHOLE
        size = next(number for number in (value, high, low) if number is not None)
        bar = Bar(
            _named(publisher, period(start, end)),
            told if whole else f"{told}: {short}",
            size,
            None if value is not None or high is None else low,
            "whole" if whole else "part",
        )
        found.append((bar, [publisher, words.span(start, end), kind, told, source]))
    return found


def _named(publisher: str, when: str) -> str:
    """The name of a bar, whose publisher is cut short rather than the period."""
    letters = max(NAMED - len(when) - 1, 4)
    cut = publisher if len(publisher) <= letters else f"{publisher[: letters - 1]}…"
    return f"{cut} {when}"


def period(start: str, end: str) -> str:
    """A period as short as it can be told.

    >>> period("2020-04-01", "2020-06-30"), period("2020-07-01", "2020-12-31")
    ('Q2 2020', 'Jul–Dec 2020')
    >>> period("2021-01-01", "2021-12-31"), period("2015-01-01", "2018-06-30")
    ('2021', 'Jan 2015–Jun 2018')
    >>> period("2020-02-01", "2020-02-29"), period("2020-06-12", "2020-10-07")
    ('Feb 2020', '12 June 2020 to 7 October 2020')
    """
    if _is_quarter(start, end):
        return f"Q{(int(start[5:7]) + 2) // 3} {start[:4]}"
    first, last = (f"{words.MONTHS[int(day[5:7]) - 1][:3]} {day[:4]}" for day in (start, end))
    following = date.fromisoformat(end) + timedelta(days=1)
    if not start.endswith("-01") or following.day != 1:
        return words.span(start, end)
    if start[:4] != end[:4]:
        return f"{first}–{last}"
    if (start[5:7], end[5:7]) == ("01", "12"):
        return start[:4]
    return last if first == last else f"{first[:3]}–{last}"


def _is_quarter(start: str, end: str) -> bool:
    if not (start.endswith("-01") and start[5:7] in ("01", "04", "07", "10") and end):
        return False
    return _next_quarter(date.fromisoformat(start)) == date.fromisoformat(end) + timedelta(days=1)


def _next_quarter(first: date) -> date:
    return date(first.year + first.month // 10, (first.month + 2) % 12 + 1, 1)


def _quarters(first: date | None, until: date) -> Iterator[str]:
    """The quarters from the day ``first`` to the one that begins on ``until``, which is left out;
    none where there is no first."""
    while first is not None and first < until:
        yield f"Q{(first.month + 2) // 3} {first.year}"
        first = _next_quarter(first)


def _gap(first: date, until: date) -> str:
    """The days from ``first`` to the one before ``until`` as a period; empty where there is none.

    >>> _gap(date(2016, 1, 1), date(2017, 1, 1)), _gap(date(2020, 7, 1), date(2020, 7, 1))
    ('2016', '')
    """
    return period(first.isoformat(), (until - timedelta(days=1)).isoformat()) * (first < until)


def _cut(number: int) -> str:
    return f" The newest {DRAWN} of {words.number(number)} are drawn." if number > DRAWN else ""


def _spoken(title: str, bars: Sequence[Bar]) -> str:
    told = "; ".join(f"{bar.name}: {bar.told}" for bar in bars)
    return f"{title}. {told}. The table below has the same numbers."
