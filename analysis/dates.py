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
_NTH = {
    word: number
    for number, words in enumerate(("1st first", "2nd second", "3rd third", "4th fourth"), start=1)
    for word in words.split()
}
_WRITTEN_YEAR = r"\d{4}|['’]\d{2}"
_PARTS = (
    re.compile(
        r"\b(?P<kind>Q|H|Quarter\s+|Half\s+)(?P<part>[1-4])\s?[,/-]?\s?(?:of\s+)?"
        rf"(?P<year>{_WRITTEN_YEAR})\b",
        _FLAGS,
    ),
    re.compile(
        rf"\b(?P<part>[1-4])(?P<kind>Q|H)(?:\s*(?P<year>{_WRITTEN_YEAR})|(?P<short>\d{{2}}))\b",
        _FLAGS,
    ),
    re.compile(
        rf"\b(?P<part>{'|'.join(_NTH)})\s+(?P<kind>quarter|half),?\s+(?:of\s+)?"
        rf"(?P<year>{_WRITTEN_YEAR})\b",
        _FLAGS,
    ),
    re.compile(r"\b(?P<year>\d{4})\s?[-/]?\s?(?P<kind>Q|H)(?P<part>[1-4])\b", _FLAGS),
)
_MONTH_RANGE = re.compile(
    rf"\b(?P<first>{_MONTH})\.?(?:,?\s+(?P<since>\d{{4}}))?\s*(?:-|–|—|to|through)\s*"
    rf"(?P<last>{_MONTH})\.?,?(?:\s+(?P<year>\d{{4}})|\s*(?P<short>['’]\d{{2}}))\b",
    _FLAGS,
)
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


def days(dates: pd.Series) -> pd.DataFrame:
    """Columns ``first`` and ``last``: the days between which a stated date lies.

    ``dates`` are ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``; missing in, missing out.
    """
    spans = {text: _span(text) for text in dates.dropna().unique()}
    return pd.DataFrame(
        {
            "first": dates.map({text: first for text, (first, _) in spans.items()}),
            "last": dates.map({text: last for text, (_, last) in spans.items()}),
        },
        index=dates.index,
        dtype="string",
    )


def _span(text: str) -> tuple[str, str]:
    year, month, day = (*text.split("-"), "", "")[:3]
    ends = monthrange(int(year), int(month or 12))[1]
    return (
        f"{year}-{month or '01'}-{day or '01'}",
        f"{year}-{month or '12'}-{day or ends}",
    )


def period(*texts: str) -> tuple[date, date, str] | None:
    """First day, last day and the words of the quarter, half or month range one of ``texts`` names.

    Forms: ``Q3 2020``, ``Q3'20``, ``2020 Q3``, ``3Q20``, ``3rd Quarter 2020``, ``third quarter of
    2020``, ``Quarter 3, 2020``, ``Jul-Sep 2020``; for halves ``H2 2020``, ``2H20``, ``second half
    of 2020``. The first text that names one counts.
    """
    for text in texts:
        for pattern in (*_PARTS, _MONTH_RANGE):
            if (match := pattern.search(text)) and (days := _days(match)):
                return *days, match[0]
    return None


def without_period(text: str) -> str:
    """``text`` with the words of a period taken out, so that its digits are no number left over."""
    for pattern in (*_PARTS, _MONTH_RANGE):
        text = pattern.sub(lambda match: " " if _days(match) else match[0], text)
    return text.strip()


def _days(match: re.Match[str]) -> tuple[date, date] | None:
    """First and last day of what a pattern found; none for a third half or a year too early."""
    found = match.groupdict()
    year = _year(found["year"] or found["short"])
    if "kind" in found:
        part = _NTH.get(found["part"].lower()) or int(found["part"])
        length = 3 if found["kind"].lower().startswith("q") else 6
        since, first, last = year, length * (part - 1) + 1, length * part
    else:
        since = int(found["since"] or year)
        first, last = MONTHS[found["first"].lower()], MONTHS[found["last"].lower()]
    months = 12 * (year - since) + last - first + 1
    if since < EARLIEST or last > 12 or not 1 <= months <= 12:
        return None
    return date(since, first, 1), date(year, last, monthrange(year, last)[1])


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
