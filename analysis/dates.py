"""Dates and periods as sources write them, kept no more precise than they are stated."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime

import pandas as pd

from analysis.names import tidy

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_FLAGS = re.ASCII | re.IGNORECASE
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_NUMERIC = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?", re.ASCII)
_WORDED = re.compile(rf"({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})", _FLAGS)
_MONTHLY = re.compile(rf"(?:({_MONTH})\.?,?\s+(\d{{4}}))|(?:(\d{{4}})-(\d{{2}}))", _FLAGS)
_YEARLY = re.compile(r"\d{4}", re.ASCII)
_QUARTERS = (
    re.compile(r"\bQ([1-4])\s*[,/-]?\s*(?:of\s+)?(\d{4}|['’]\d{2})\b", _FLAGS),
    re.compile(r"\b([1-4])Q(?:\s*(\d{4})|\s*(['’]\d{2})|(\d{2}))\b", _FLAGS),
    re.compile(r"\b([1-4])(?:st|nd|rd|th)\s+quarter,?\s+(?:of\s+)?(\d{4})\b", _FLAGS),
)
_YEAR_QUARTER = re.compile(r"\b(\d{4})\s*[-/]?\s*Q([1-4])\b", _FLAGS)
_MONTH_RANGE = re.compile(rf"\b({_MONTH})\.?\s*(?:-|–|to)\s*({_MONTH})\.?,?\s+(\d{{4}})\b", _FLAGS)
EARLIEST = 2005
"""No programme here is older; an earlier year is a slip of the pen."""


def stated(texts: pd.Series) -> pd.DataFrame:
    """Columns ``date`` (``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``) and ``precision``.

    Numeric dates are month first, as all sources here write them; two-digit years are of this
    century. What cannot be read has no date and the precision ``unknown``.
    """
    seen = tidy(texts)
    distinct = {text: _stated(text) for text in seen.dropna().unique()}
    dates = {text: day or None for text, (day, _) in distinct.items()}
    precisions = {text: precision for text, (_, precision) in distinct.items()}
    return pd.DataFrame(
        {
            "date": seen.map(dates).astype("string"),
            "precision": seen.map(precisions).astype("string").fillna("unknown"),
        },
        index=texts.index,
    )


def _stated(text: str) -> tuple[str, str]:
    for pattern, order in ((_ISO, "ymd"), (_NUMERIC, "mdy"), (_WORDED, "mdy")):
        if match := pattern.fullmatch(text):
            parts = dict(zip(order, match.groups(), strict=True))
            month = MONTHS.get(parts["m"].lower()) or _number(parts["m"])
            day = _day(_year(parts["y"]), month, _number(parts["d"]))
            return (day.isoformat(), "day") if day else ("", "unknown")
    if match := _MONTHLY.fullmatch(text):
        name, year, iso_year, iso_month = match.groups()
        number = MONTHS[name.lower()] if name else int(iso_month)
        when = int(year or iso_year)
        known = 1 <= number <= 12 and when >= EARLIEST
        return (f"{when}-{number:02d}", "month") if known else ("", "unknown")
    if _YEARLY.fullmatch(text) and int(text) >= EARLIEST:
        return text, "year"
    return "", "unknown"


def period(*texts: str) -> tuple[date, date, str] | None:
    """First day, last day and the words of the quarter or month range one of ``texts`` names.

    Forms: ``Q3 2020``, ``Q3'20``, ``2020 Q3``, ``3Q20``, ``3rd Quarter 2020``, ``Jul-Sep 2020``.
    """
    for text in texts:
        for pattern in _QUARTERS:
            if match := pattern.search(text):
                quarter, year = filter(None, match.groups())
                return _months(_year(year), 3 * int(quarter) - 2, 3 * int(quarter), match[0])
        if match := _YEAR_QUARTER.search(text):
            return _months(int(match[1]), 3 * int(match[2]) - 2, 3 * int(match[2]), match[0])
        if match := _MONTH_RANGE.search(text):
            first, last = MONTHS[match[1].lower()], MONTHS[match[2].lower()]
            return _months(int(match[3]), first, last, match[0])
    return None


def without_period(text: str) -> str:
    """``text`` with the words of a period taken out, so that its digits are no number left over."""
    for pattern in (*_QUARTERS, _YEAR_QUARTER, _MONTH_RANGE):
        text = pattern.sub(" ", text)
    return text.strip()


def _months(year: int, first: int, last: int, label: str) -> tuple[date, date, str] | None:
    if year < EARLIEST or first > last:
        return None
    return date(year, first, 1), date(year, last, monthrange(year, last)[1]), label


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _year(text: str) -> int:
    digits = text.lstrip("'’")
    return int(digits) + 2000 if len(digits) == 2 else int(digits)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        found = datetime(year, month, day).date()  # noqa: DTZ001 - a calendar day has no zone
    except ValueError:
        return None
    return found if found.year >= EARLIEST else None
