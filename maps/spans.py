"""The programmes of one department on a line of years: certain spans, doubtful ones, open ends.

Places are in the units of the drawing, from January 2018. What a span looks like says how well it
is known: see :data:`LEGEND`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from typing import Any

from maps import words
from maps.dossier import Row

WIDTH, LEFT, RIGHT, ROW, BAR = 640, 4, 636, 56, 14
"""Width of the drawing, ends of the axis, height of a programme's row and of a bar."""

FIRST_YEAR = 2018
"""The first programme began in March of that year."""

LABELS = 9
"""Year labels that stand side by side on a telephone."""

LEAST = 3
"""Width of a bar that stands for one look."""

LEGEND = {
    "known": "listed: from its start, or the first look that shows it, to the last look that does",
    "perhaps": "somewhere in here it came, left or came back: only month or year is known, "
    "or two looks with nothing between them",
    "open": "nothing is known of this time",
    "gone": "a look that no longer shows it",
    "end": "the end a source states",
}
"""What each kind of mark means."""


def drawing(spells: Sequence[Row], newest: str) -> dict[str, Any]:
    """All that the template draws of ``spells``, rows of ``participations`` in their order.

    ``newest`` is the newest day of the site: the axis ends with its year.
    """
    programmes = list(dict.fromkeys(spell["programme"] for spell in spells))
    last = max(int(newest[:4] or FIRST_YEAR), FIRST_YEAR)
    axis = Axis(last, newest)
    rows = [
        _row(axis, [spell for spell in spells if spell["programme"] == programme], place)
        for place, programme in enumerate(programmes)
    ]
    years = range(FIRST_YEAR, last + 1)
    kinds = {part["kind"] for row in rows for part in (*row["bars"], *row["marks"])}
    return {
        "height": ROW * len(rows) + 28,
        "foot": ROW * len(rows) + 4,
        "years": [
            (axis.place(f"{year}-01-01"), str(year)) for year in years[:: -(-len(years) // LABELS)]
        ],
        "rows": rows,
        "legend": [(kind, said) for kind, said in LEGEND.items() if kind in kinds],
        "said": f"{FIRST_YEAR} to {last}: "
        + ", ".join(words.programme_name(programme) for programme in programmes),
    }


class Axis:
    """Where a day stands. Days before the axis stand at its start, those after it at its end."""

    def __init__(self, last_year: int, newest: str) -> None:
        self.first = date(FIRST_YEAR, 1, 1).toordinal()
        self.days = date(last_year + 1, 1, 1).toordinal() - self.first
        self.newest = newest

    def place(self, day: str) -> float:
        at = (date.fromisoformat(day[:10]).toordinal() - self.first) / self.days
        return round(LEFT + (RIGHT - LEFT) * min(max(at, 0), 1), 1)


def earliest(text: str) -> str:
    """The first day that an ISO day, month or year may mean.

    >>> earliest("2019-08"), latest("2019-08"), latest("2019")
    ('2019-08-01', '2019-08-31', '2019-12-31')
    """
    return text + "0000-01-01"[len(text) :]


def latest(text: str) -> str:
    """The last day that an ISO day, month or year may mean."""
    if len(text) == 7:
        return f"{text}-{monthrange(int(text[:4]), int(text[5:7]))[1]}"
    return text + "0000-12-31"[len(text) :]


def _row(axis: Axis, spells: Sequence[Row], place: int) -> dict[str, Any]:
    bars: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    for number, spell in enumerate(spells):
        before = spells[number - 1] if number else None
        _start(axis, spell, before, bars)
        _end(axis, spell, bars, marks)
    return {
        "label": words.programme_name(spells[0]["programme"]),
        "y": ROW * place,
        "bars": bars,
        "marks": marks,
    }


def _start(axis: Axis, spell: Row, before: Row | None, bars: list[dict[str, Any]]) -> None:
    """What is drawn up to the last look that shows the listing."""
    first, last = spell["first_observed"][:10], spell["last_observed"][:10]
    stated = spell["valid_from"]
    if stated:
        certain = min(latest(stated), max(first, earliest(stated)), last)
        _bar(axis, bars, "perhaps", min(earliest(stated), certain), certain)
    else:
        certain = first
        since = before["first_missing"] or before["last_observed"] if before else ""
        _bar(axis, bars, "perhaps" if before else "open", since or f"{FIRST_YEAR}-01-01", certain)
    _bar(axis, bars, "known", certain, last, LEAST)


def _end(axis: Axis, spell: Row, bars: list[dict[str, Any]], marks: list[dict[str, Any]]) -> None:
    """What is drawn after the last look that shows the listing."""
    last, missing, to = spell["last_observed"][:10], spell["first_missing"][:10], spell["valid_to"]
    if missing:
        marks.append({"kind": "gone", "x": axis.place(missing)})
    if spell["valid_to_kind"] == "delisted_observed" and missing:
        _bar(axis, bars, "perhaps", last, missing)
    elif spell["valid_to_kind"] in ("ended_stated", "programme_ended") and to:
        _bar(axis, bars, "perhaps", last, latest(to))
        marks.append({"kind": "end", "x": axis.place(latest(to))})
    else:
        _bar(axis, bars, "open", last, axis.newest)


def _bar(
    axis: Axis,
    bars: list[dict[str, Any]],
    kind: str,
    start: str,
    end: str,
    least: float = 0,
) -> None:
    x, until = axis.place(start), axis.place(end)
    width = round(max(until - x, least), 1)
    if width > 0:
        bars.append({"kind": kind, "x": min(x, RIGHT - width), "width": width})
