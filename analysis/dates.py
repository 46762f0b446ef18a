"""Dates and periods as sources write them, kept no more precise than they are stated."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime

import pandas as pd

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
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_NUMERIC = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
_WORDED = re.compile(rf"({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})", re.IGNORECASE)
_MONTHLY = re.compile(rf"(?:({_MONTH})\.?,?\s+(\d{{4}}))|(?:(\d{{4}})-(\d{{2}}))", re.IGNORECASE)
_YEARLY = re.compile(r"\d{4}")
_QUARTERS = (
    re.compile(r"\bQ([1-4])\s*[,/-]?\s*(?:of\s+)?['’]?(\d{4}|\d{2})\b", re.IGNORECASE),
    re.compile(r"\b([1-4])Q\s*['’]?(\d{4}|\d{2})\b", re.IGNORECASE),
    re.compile(r"\b([1-4])(?:st|nd|rd|th)\s+quarter,?\s+(?:of\s+)?(\d{4})\b", re.IGNORECASE),
)
_YEAR_QUARTER = re.compile(r"\b(\d{4})\s*[-/]?\s*Q([1-4])\b", re.IGNORECASE)
_MONTH_RANGE = re.compile(
    rf"\b({_MONTH})\.?\s*(?:-|–|to)\s*({_MONTH})\.?,?\s+(\d{{4}})\b", re.IGNORECASE
)
EARLIEST = 2005
"""No programme here is older; an earlier year is a slip of the pen."""


def stated(texts: pd.Series) -> pd.DataFrame:
    """Columns ``date`` (``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``) and ``precision``.

    Numeric dates are month first, as all sources here write them; two-digit years are of this
    century. What cannot be read has no date and the precision ``unknown``.
    """
    distinct = {text: _stated(str(text)) for text in texts.dropna().unique()}
    found = texts.map(distinct)
    dates = found.map(lambda pair: pair[0], na_action="ignore").replace("", None)
    precisions = found.map(lambda pair: pair[1], na_action="ignore")
    return pd.DataFrame(
        {
            "date": dates.astype("string"),
            "precision": precisions.fillna("unknown").astype("string"),
        },
        index=texts.index,
    )


def _stated(text: str) -> tuple[str, str]:
    text = text.strip()
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
                return _quarter(_year(match[2]), int(match[1]), match[0])
        if match := _YEAR_QUARTER.search(text):
            return _quarter(int(match[1]), int(match[2]), match[0])
        if match := _MONTH_RANGE.search(text):
            first, last = MONTHS[match[1].lower()], MONTHS[match[2].lower()]
            if first <= last:
                year = int(match[3])
                end = date(year, last, monthrange(year, last)[1])
                return date(year, first, 1), end, match[0]
    return None


def without_period(text: str) -> str:
    """``text`` with the words of a period taken out, so that its digits are no number left over."""
    for pattern in (*_QUARTERS, _YEAR_QUARTER, _MONTH_RANGE):
        text = pattern.sub(" ", text)
    return text.strip()


def _quarter(year: int, quarter: int, label: str) -> tuple[date, date, str]:
    last = quarter * 3
    return date(year, last - 2, 1), date(year, last, monthrange(year, last)[1]), label


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _year(text: str) -> int:
    return int(text) + 2000 if len(text) == 2 else int(text)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        found = datetime(year, month, day).date()  # noqa: DTZ001 - a calendar day has no zone
    except ValueError:
        return None
    return found if found.year >= EARLIEST else None
