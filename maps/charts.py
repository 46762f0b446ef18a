"""A chart: its drawing, the table of what it draws, and what a reader must know of it.

Here is the one of departments by programme; :mod:`maps.barcharts` has those of published numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase

from markupsafe import Markup

from maps import drawing, words
from maps.columns import texts
from maps.drawing import ROW, WIDTH, Line, Mark
from maps.events import BEFELL, event
from maps.starts import (
    FIRST_MONTH,
    Growth,
    Tables,
    growth,
    growth_by_state,
    looks,
    month,
    newest_month,
)

LABELS = 5
"""Year labels that stand side by side on a telephone."""

STARTS_NOTE = (
    "Departments by the start a source states, added up month by month. Nobody is taken off when "
    "no longer listed, and a line ends with the newest look at a list that states starts: what "
    "came later is not known."
)


@dataclass(frozen=True, slots=True)
class Key:
    """What a line of a drawing is: its letter, its class in the drawing, and the words."""

    letter: str
    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class Event:
    """What befell a programme; ``number`` is empty where its month is not known or not drawn."""

    number: str
    when: str
    said: str
    source: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and the table of its numbers; where there is nothing to draw, ``svg`` is empty and
    ``note`` says so. ``looks`` are sentences on the lists behind it."""

    title: str
    svg: Markup
    head: list[str]
    rows: list[list[str]]
    note: str
    key: tuple[Key, ...] = ()
    events: tuple[Event, ...] = ()
    looks: tuple[str, ...] = ()


def listed_over_time(tables: Tables) -> Chart:
    """Departments by stated start and programme, from January 2018 to the newest look at a list."""
    end = newest_month(tables)
    found = [] if end is None else growth(tables, end)
    return _chart(found, end, _events(tables, end), tuple(looks(tables)))


def listed_by_state(tables: Tables) -> Callable[[str], Chart]:
    """The same chart for the departments of a state, by its USPS code; looks are not told."""
    end = newest_month(tables)
    found = {} if end is None else growth_by_state(tables, end)
    told = _events(tables, end)
    return lambda code: _chart(found.get(code, []), end, told, ())


def _chart(
    found: Sequence[Growth],
    end: int | None,
    told: tuple[tuple[Event, ...], list[Mark]],
    looked: tuple[str, ...],
) -> Chart:
    title = "Departments listed over time, by programme"
    events, marks = told
    if end is None or not found:
        note = "No start is stated in what we have."
        return Chart(title, Markup(), [], [], note, events=events)
    letters = ascii_uppercase[: len(found)]
    said = " ".join(
        f"{one.programme}: {words.number(one.number)} departments with a stated start by "
        f"{one.until}."
        for one in found
    )
    return Chart(
        title,
        _lines(found, letters, marks, end, f"{said} The numbers by year are in the table below."),
        ["By the end of", *(one.programme for one in found)],
        _by_year(found, end),
        STARTS_NOTE,
        tuple(
            Key(letter, f"l{place}", _told(one))
            for place, (letter, one) in enumerate(zip(letters, found, strict=True), start=1)
        ),
        events,
        looked,
    )


def _lines(
    found: Sequence[Growth], letters: str, marks: Sequence[Mark], end: int, said: str
) -> Markup:
    levels = _levels(max(one.number for one in found))
    heights = _heights(found, levels[-1] * 16 / drawing.PLOT, _months(ROW, end))
    lines = []
    for letter, one, height in zip(letters, found, heights, strict=True):
        points: list[tuple[float, float]] = [(FIRST_MONTH, one.steps[0][1])]
        for at, number in one.steps[1:]:
            points += [(at, points[-1][1]), (at, number)]
        lines.append(Line(letter, [*points, (one.last + 1, points[-1][1])], height))
    years = range(FIRST_MONTH, end + 1, 12)
    every = -(-len(years) // LABELS)
    return drawing.lines(
        lines,
        marks,
        (FIRST_MONTH, end + 1),
        (
            [(at, str(at // 12)) for at in years[::every]],
            [(level, words.number(level)) for level in levels],
        ),
        said,
    )


def _heights(found: Sequence[Growth], apart: float, near: float) -> list[float]:
    """Where the letter of each line stands: at its end, or above one that ends near there."""
    placed: list[tuple[int, float]] = []
    for one in sorted(found, key=lambda one: one.number):
        below = [height + apart for last, height in placed if abs(last - one.last) < near]
        placed.append((one.last, max([float(one.number), *below])))
    order = sorted(range(len(found)), key=lambda at: found[at].number)
    return [placed[order.index(at)][1] for at in range(len(found))]


def _months(units: int, end: int) -> float:
    """How many months so many units of the drawing take, rather too many than too few."""
    return units * (end + 1 - FIRST_MONTH) / (WIDTH - 100)


def _by_year(found: Sequence[Growth], end: int) -> list[list[str]]:
    rows = []
    for at, year in enumerate(range(FIRST_MONTH // 12, end // 12 + 1)):
        row = [str(year)]
        for one in found:
            number, following = one.by_year[at], (*one.by_year, None)[at + 1]
            last = f" (by {one.until})" if following is None else ""
            row.append("no look" if number is None else words.number(number) + last)
        rows.append(row)
    return rows


def _told(one: Growth) -> str:
    said = f"{one.programme}: {words.number(one.number)} by {one.until}"
    if one.undated:
        said += f"; {words.number(one.undated)} more without a stated start"
    if one.later:
        said += f"; {words.number(one.later)} with a start stated for later"
    return said


def befell(tables: Tables) -> list[Event]:
    """All that befell programmes and categories, in the order of time, without numbers."""
    return [one for one, _ in _dated(tables)]


def _dated(tables: Tables) -> list[tuple[Event, str]]:
    table = tables["changes"]
    table = table[table["kind"].str.startswith(BEFELL)]
    table = table.assign(at=table["valid_at"].fillna(table["observed_at"].str[:10]))
    table = table.sort_values(["at", "kind", "change_id"], kind="stable")
    columns = ("at", "kind", "programme", "after", "source")
    return [
        (Event("", words.day(at), event(kind, programme, "", after), source), at)
        for at, kind, programme, after, source in zip(
            *(texts(table[name]) for name in columns), strict=True
        )
    ]


def _events(tables: Tables, end: int | None) -> tuple[tuple[Event, ...], list[Mark]]:
    """Events in the order of time, and marks of those whose month lies in the drawing: in as many
    rows as it takes for none to overlap another."""
    events: list[Event] = []
    marks: list[Mark] = []
    free: list[float] = []
    for one, at in _dated(tables):
        if end is None or len(at) == 4 or not FIRST_MONTH <= month(at) <= end:
            events.append(one)
            continue
        place = month(at) + 0.5
        latest = place - _months(ROW, end)
        row = next((row for row, taken in enumerate(free) if taken <= latest), len(free))
        free[row : row + 1] = [place]
        marks.append(Mark(str(len(marks) + 1), place, row))
        events.append(replace(one, number=marks[-1].number))
    return tuple(events), marks


def _levels(highest: int) -> list[int]:
    """Round numbers from 0 to ``highest`` or more, a few.

    >>> _levels(1350), _levels(3), _levels(0)
    ([0, 500, 1000, 1500], [0, 1, 2, 3], [0, 1])
    """
    steps = (step * 10**power for power in range(9) for step in (1, 2, 5))
    step = next(step for step in steps if step * 4 >= highest)
    return list(range(0, max(highest, 1) + step, step))[: -(-max(highest, 1) // step) + 1]
