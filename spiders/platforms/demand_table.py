"""Tables of legal demands, as companies print them: a kind of demand a row, numbers by column."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, NamedTuple

from lxml.html import HtmlElement

from spiders.pages import spaced
from spiders.platforms.rows import RowError

PROCESSES = {
    "search_warrant": r"search warrants?",
    "subpoena": r"subpoenas?",
    "court_order": r"(?:other )?court orders?",
    "national_security": r"national security (?:requests?|letters?|demands?)",
    "preservation": r"preservation (?:requests?|orders?|letters?)",
    "emergency": r"(?:emergency|exigent) (?:requests?|demands?)",
    "all": r"(?:grand )?total|all (?:requests?|demands?)|total (?:requests?|demands?)",
}
COLUMNS = {
    "legal_demands": r"(?:(?:total|number of|requests?|demands?|received|processed)\b ?)+",
    "legal_demands_content_share": r"(?:%|percent(?:age)?|share)(?: of| with)? content"
    r"(?: disclosed)?|content (?:disclosed )?\(?(?:%|percent|share)\)?",
    "users_notified": r"users notified|notified users",
}
MONTHS = {"january": (1, 1), "july": (7, 1), "june": (6, 30), "december": (12, 31)}
SPAN = re.compile(
    r"(?i)\b(january|july)(?: 1)?(?:st)?(?:,? (20\d\d))? ?(?:[-\u2013\u2014]|to|through) ?"
    r"(june|december)(?: 3[01])?(?:st|th)?,? (20\d\d)\b"
)
HALF = re.compile(r"(?i)\b(?:H([12])|(first|second) half of),? ?(20\d\d)\b")
YEAR = re.compile(r"(?i)(?:^|\b(?:in|for|during|year) )(20\d\d)(?: |$)")
"""A year that stands as a period; one in the date of a page does not."""
VALUE = re.compile(
    r"(?i)(more than|over|>|fewer than|less than|<|about|approximately|~)? ?"
    r"(\d[\d,]*(?:\.\d+)?)(?: ?(?:-|\u2013|\u2014|to) ?(\d[\d,]*))? ?%?"
)
BOUNDS = {
    **dict.fromkeys(("more than", "over", ">"), "more_than"),
    **dict.fromkeys(("fewer than", "less than", "<"), "fewer_than"),
    **dict.fromkeys(("about", "approximately", "~"), "about"),
}
NOT_TOLD = re.compile(r"(?i)[-\u2013\u2014]?|n/?a|not (?:reported|available|disclosed|applicable)")
MARKS = r"[*\u2020\u2021\u00b9\u00b2\u00b3]"
FOOTNOTE = re.compile(rf"(?<!{MARKS}){MARKS}+$|\[\d+\]$")


class Cell(NamedTuple):
    """A cell of such a table: which demands, what of them, and the text that stands there."""

    process: str
    metric: str
    text: str


class DemandTable(NamedTuple):
    """What could be told apart: cells, and rows and columns nobody knows."""

    cells: tuple[Cell, ...]
    unknown: tuple[str, ...]


def demand_table(table: HtmlElement) -> DemandTable | None:
    """The table by the words of its rows and columns; None where they are not those of demands."""
    rows = [[_words(cell) for cell in row if cell.tag in ("th", "td")] for row in table.iter("tr")]
    header = next((row for row in rows if any(_known(COLUMNS, cell) for cell in row[1:])), None)
    if header is None:
        return None
    metrics = [_known(COLUMNS, cell) for cell in header]
    unknown = [f"column: {told}" for told, m in zip(header, metrics, strict=True) if told and not m]
    cells = []
    for row in rows[rows.index(header) + 1 :]:
        process = _known(PROCESSES, row[0]) if len(row) == len(header) else ""
        if not process:
            unknown.append(f"row: {row[0] if row else ''}"[:100])
        for metric, text in zip(metrics[1:], row[1:], strict=False):
            if process and metric:
                cells.append(Cell(process, _metric(process, metric), text))
    known = {told for told in unknown if told != f"column: {header[0]}"}
    return DemandTable(tuple(cells), tuple(sorted(known))) if cells else None


def period(text: str) -> tuple[date, date] | None:
    """First and last day of the half-year or year a text names; None unless it names just one."""
    found = {_span(match) for match in SPAN.finditer(text)} | {
        _half(match) for match in HALF.finditer(text)
    }
    if not found:
        found = {(date(int(y), 1, 1), date(int(y), 12, 31)) for y in YEAR.findall(text)}
    return next((span for span in found if len(found) == 1 and span[0] < span[1]), None)


def amount(text: str) -> dict[str, Any]:
    """The fields of a record that a cell's text gives: a value, a range, or that there is none.

    Raises:
        RowError: the text says neither.
    """
    if NOT_TOLD.fullmatch(text):
        return {"value_state": "not_published"}
    told = VALUE.fullmatch(text)
    if told is None:
        raise RowError(f"{text[:60]!r} is no number, range or share")
    first, last = (float(part.replace(",", "")) if part else None for part in (told[2], told[3]))
    if last is not None:
        return {"low": first, "high": last}
    return {"value": first, "bound": BOUNDS.get((told[1] or "").lower(), "exact")}


def _words(cell: HtmlElement) -> str:
    return FOOTNOTE.sub("", spaced(" ".join(cell.itertext()))).strip()


def _known(words: dict[str, str], text: str) -> str:
    text = text.rstrip(":").strip()
    return next((key for key, known in words.items() if re.fullmatch(f"(?i){known}", text)), "")


def _metric(process: str, metric: str) -> str:
    preserved = process == "preservation" and metric == "legal_demands"
    return "preservation_requests" if preserved else metric


def _span(match: re.Match[str]) -> tuple[date, date]:
    first, last = MONTHS[match[1].lower()], MONTHS[match[3].lower()]
    return date(int(match[2] or match[4]), *first), date(int(match[4]), *last)


def _half(match: re.Match[str]) -> tuple[date, date]:
    first = (match[1] or match[2].lower()) in ("1", "first")
    year = int(match[3])
    return (
        (date(year, 1, 1), date(year, 6, 30)) if first else (date(year, 7, 1), date(year, 12, 31))
    )
