"""The geometry of the timeline: stated starts by month, looks at the lists, what befell programmes.

Months are whole numbers (year times 12 plus month, from 0), places are in the units of the drawing.
Nothing is drawn of a time at which nobody looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import ascii_uppercase

import numpy as np
import pandas as pd

from maps import words
from maps.columns import texts
from maps.events import event

WIDTH, LEFT, RIGHT, PLOT, ROW = 640, 64, 632, 190, 30
"""Width of the drawing, ends of the axis, height of the plot, and of a row of marks or looks."""

FIRST_MONTH = 2018 * 12
"""January 2018: the first programme began in March of that year."""

LABELS = 9
"""Year labels that stand side by side on a telephone."""

BEFELL = ("programme_", "category_retired")
"""Kinds of events that are marked: of programmes and of categories, not of departments."""

ANSWERED = ("ok", "not_modified", "imported", "unchanged")
"""Outcomes of a capture that holds a copy of a list, trusted or not."""


@dataclass(frozen=True, slots=True)
class Line:
    """Departments of a programme by stated start: ``path`` of the steps, ``last`` where it ends.

    ``by_year`` holds the number by the end of each year or by ``last``, None where nobody looked.
    """

    programme: str
    path: str
    number: int
    last: str
    undated: int
    later: int
    by_year: list[int | None]


@dataclass(frozen=True, slots=True)
class Mark:
    """An event; ``number`` is empty where its month is not known or lies outside the drawing."""

    when: str
    said: str
    source: str
    number: str = ""
    x: float = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Lane:
    """The months of which we have copies of one list: ``path`` of strokes in the row at ``y``."""

    letter: str
    title: str
    path: str
    y: int
    looks: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that the template draws and tells; ``years`` and ``levels`` are (place, label)."""

    lines: list[Line] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    years: list[tuple[float, str]] = field(default_factory=list)
    levels: list[tuple[float, str]] = field(default_factory=list)
    table_years: list[str] = field(default_factory=list)
    top: int = 0
    height: int = 0


def timeline(tables: Mapping[str, pd.DataFrame]) -> Timeline:
    """The timeline of ``tables``, from January 2018 to the newest moment anything was observed.

    A start stated by day or month counts from that month on; one stated by year from December, or
    from the month in which the department was first seen listed, if that was in the same year.
    Each line ends with the newest look at a list that states starts. A department counts once in
    each programme, by its first spell with a stated start; nobody is taken off again.
    """
    newest = [
        month(moment)
        for moment in (
            _newest(tables["participations"]["last_observed"]),
            _newest(tables["changes"]["observed_at"]),
        )
        if moment
    ]
    if not newest:
        return Timeline()
    end = max(*newest, FIRST_MONTH + 11)
    years = [str(year) for year in range(FIRST_MONTH // 12, end // 12 + 1)]
    marks, rows = _marks(tables, end)
    top = 10 + ROW * rows
    started = starts(tables["participations"])
    highest = started.groupby("programme").size().max() if len(started) else 0
    levels = _levels(int(highest))
    most = [
        (-number, str(programme))
        for programme, number in started["programme"].value_counts().items()
    ]
    lines = [_line(tables, started, name, end, levels[-1], top) for _, name in sorted(most)]
    lanes = _lanes(tables, end, top + PLOT + 12)
    every = -(-len(years) // LABELS)
    return Timeline(
        lines=lines,
        marks=marks,
        lanes=lanes,
        years=[(_x(int(year) * 12, end), year) for year in years[::every]],
        levels=[(_y(level, levels[-1], top), words.number(level)) for level in levels],
        table_years=years,
        top=top,
        height=top + PLOT + 12 + ROW * len(lanes) + 26,
    )


def month(text: str) -> int:
    """The number of an ISO month or day.

    >>> month("2018-01"), month("2018-03-22")
    (24216, 24218)
    """
    return int(text[:4]) * 12 + int(text[5:7]) - 1


def starts(participations: pd.DataFrame) -> pd.DataFrame:
    """Columns programme, agency_id and month: the first stated start of each in each programme."""
    columns = ["programme", "agency_id", "valid_from", "first_observed"]
    rows = participations.loc[participations["valid_from"].notna(), columns].astype("object")
    dates, seen = texts(rows["valid_from"]), texts(rows["first_observed"])
    known = {pair: _month_of(*pair) for pair in set(zip(dates, seen, strict=True))}
    rows["month"] = [known[pair] for pair in zip(dates, seen, strict=True)]
    rows = rows.sort_values(["programme", "agency_id", "month"], kind="stable")
    rows = rows.drop_duplicates(["programme", "agency_id"])
    return rows[["programme", "agency_id", "month"]].reset_index(drop=True)


def _month_of(start: str, first_observed: str) -> int:
    if len(start) > 4:
        return month(start)
    december = month(f"{start}-12")
    return min(december, month(first_observed)) if first_observed[:4] == start else december


def _line(
    tables: Mapping[str, pd.DataFrame],
    started: pd.DataFrame,
    programme: str,
    end: int,
    highest: int,
    top: int,
) -> Line:
    claims = tables["listings"]
    looked = claims.loc[
        claims["programme"].eq(programme) & claims["valid_from"].notna(), "last_observed"
    ]
    mine = started[started["programme"] == programme]
    last = min(max(month(_newest(looked)), FIRST_MONTH), end) if len(looked) else end
    months = np.sort(mine["month"].to_numpy(dtype=np.int64))
    number = int((months <= last).sum())
    path = f"M{LEFT} {_y(int((months < FIRST_MONTH).sum()), highest, top):g}"
    for at in sorted({*months[:number].tolist()}):
        if at >= FIRST_MONTH:
            total = int((months <= at).sum())
            path += f"H{_x(at, end):g}V{_y(total, highest, top):g}"
    until = [min(12 * year + 11, last) for year in range(FIRST_MONTH // 12, last // 12 + 1)]
    by_year = np.searchsorted(months, until, side="right").tolist()
    listed = tables["participations"]
    everybody = listed.loc[listed["programme"] == programme, "agency_id"].nunique()
    return Line(
        words.programme_name(programme),
        f"{path}H{_x(last + 1, end):g}",
        number,
        words.day(f"{last // 12}-{last % 12 + 1:02}"),
        everybody - len(mine),
        len(mine) - number,
        [*by_year, *[None] * (end // 12 - last // 12)],
    )


def _marks(tables: Mapping[str, pd.DataFrame], end: int) -> tuple[list[Mark], int]:
    """Events in the order of their dates, and how many rows their marks need: none overlap."""
    numbers = {name: str(place) for place, name in enumerate(tables["sources"]["source"], start=1)}
    events = tables["changes"]
    events = events[events["kind"].str.startswith(BEFELL)]
    events = events.assign(at=events["valid_at"].fillna(events["observed_at"].str[:10]))
    events = events.sort_values(["at", "kind", "change_id"], kind="stable")
    found: list[Mark] = []
    free: list[float] = []
    columns = ("at", "kind", "programme", "after", "source")
    for at, kind, programme, after, source in zip(
        *(texts(events[name]) for name in columns), strict=True
    ):
        said = event(kind, programme, "", after)
        cited = numbers.get(source, source)
        if len(at) == 4 or not FIRST_MONTH <= month(at) <= end:
            found.append(Mark(words.day(at), said, cited))
            continue
        x = _x(month(at) + 0.5, end)
        row = next((row for row, place in enumerate(free) if place <= x - ROW), len(free))
        free[row : row + 1] = [x]
        number = str(1 + sum(bool(mark.number) for mark in found))
        found.append(Mark(words.day(at), said, cited, number, x, 10 + ROW * row + ROW // 2))
    return found, len(free)


NO_COPY = r"/robots\.txt$|/cdx/search/cdx\?"
"""Addresses of answers that show no list: manners, and an archive's index of its copies."""


def _lanes(tables: Mapping[str, pd.DataFrame], end: int, top: int) -> list[Lane]:
    sources = tables["sources"]
    lists = set(tables["listings"]["source"])
    captures = tables["captures"]
    good = captures["outcome"].isin(ANSWERED) & captures["http_status"].fillna(200).lt(400)
    good &= ~captures["url"].str.contains(NO_COPY)
    looks = captures.loc[good, ["source", "observed_at"]].drop_duplicates()
    found: list[Lane] = []
    for name, title in zip(texts(sources["source"]), texts(sources["title"]), strict=True):
        moments = sorted(texts(looks.loc[looks["source"] == name, "observed_at"]))
        if name not in lists or not moments:
            continue
        y = top + ROW * len(found)
        months = sorted({month(moment) for moment in moments})
        strokes = (_x(at + 0.5, end) for at in months if FIRST_MONTH <= at <= end)
        path = "".join(f"M{x:g} {y + 6}v{ROW - 12}" for x in strokes)
        days = len({moment[:10] for moment in moments})
        first, last = words.day(moments[0]), words.day(moments[-1])
        found.append(Lane(ascii_uppercase[len(found) % 26], title, path, y, days, first, last))
    return found


def _levels(highest: int) -> list[int]:
    """Round numbers from 0 to ``highest`` or more, a few.

    >>> _levels(1350), _levels(3), _levels(0)
    ([0, 500, 1000, 1500], [0, 1, 2, 3], [0, 1])
    """
    steps = (step * 10**power for power in range(9) for step in (1, 2, 5))
    step = next(step for step in steps if step * 4 >= highest)
    return list(range(0, max(highest, 1) + step, step))[: -(-max(highest, 1) // step) + 1]


def _x(at: float, end: int) -> float:
    return round(LEFT + (at - FIRST_MONTH) * (RIGHT - LEFT) / (end + 1 - FIRST_MONTH), 1)


def _y(number: int, highest: int, top: int) -> float:
    return round(top + PLOT * (1 - number / highest), 1)


def _newest(moments: pd.Series) -> str:
    return str(moments.max()) if moments.notna().any() else ""
