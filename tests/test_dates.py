"""Dates and periods: read as stated, never more precisely, never with an error."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.dates import EARLIEST, days, period, stated, without_period

SOUP = st.text(
    alphabet="0123456789/-. 'QqHJunSeptember20,thnd\u0663\uff12\u00a0\u200b", max_size=24
)


def one(text: str | None) -> tuple[str | None, str]:
    frame = stated(pd.Series([text], dtype="object"))
    found = frame["date"].tolist()[0]
    return (None if pd.isna(found) else str(found)), str(frame["precision"].tolist()[0])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3/22/18", ("2018-03-22", "day")),
        ("12/5/2019", ("2019-12-05", "day")),
        ("2020-05-07", ("2020-05-07", "day")),
        ("2020-05-07T10:00:00Z", ("2020-05-07", "day")),
        ("August 28, 2019", ("2019-08-28", "day")),
        ("Sept. 3rd 2019", ("2019-09-03", "day")),
        ("July 2020", ("2020-07", "month")),
        ("July,\u00a02020", ("2020-07", "month")),
        ("2020-07", ("2020-07", "month")),
        ("2019", ("2019", "year")),
        ("\u200b6/5/2018\u200e ", ("2018-06-05", "day")),
        ("2/30/2019", (None, "unknown")),
        ("22/3/2018", (None, "unknown")),
        ("2020-13", (None, "unknown")),
        ("1900", (None, "unknown")),
        ("1/1/1900", (None, "unknown")),
        ("٢٠٢٠", (None, "unknown")),
        ("0", (None, "unknown")),
        ("spring 2020", (None, "unknown")),
        ("", (None, "unknown")),
        (None, (None, "unknown")),
    ],
)
def test_stated(text: str | None, found: tuple[str | None, str]) -> None:
    assert one(text) == found


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=30) | SOUP)
def test_any_text_is_a_date_or_unknown(text: str) -> None:
    found, precision = one(text)
    length = {"day": 10, "month": 7, "year": 4, "unknown": None}[precision]
    assert (None if found is None else len(found)) == length
    if found:
        year, month, day = (*map(int, found.split("-")), 1, 1)[:3]
        assert date(year, month, day).year >= EARLIEST
        assert found.isascii()


@settings(max_examples=50, deadline=None)
@given(st.dates(date(EARLIEST, 1, 1), date(2099, 12, 31)))
def test_a_date_is_read_as_precisely_as_it_is_written(day: date) -> None:
    assert one(f"{day.month}/{day.day}/{day.year}") == (day.isoformat(), "day")
    assert one(f"{day:%B} {day.day}, {day.year}") == (day.isoformat(), "day")
    assert one(f"{day:%B %Y}") == (f"{day:%Y-%m}", "month")
    assert one(f"{day:%b %Y}") == (f"{day:%Y-%m}", "month")
    assert one(f"{day:%Y}") == (f"{day:%Y}", "year")


def test_the_index_is_kept() -> None:
    frame = stated(pd.Series(["2019", None], index=[7, 3], dtype="string"))
    assert frame.index.tolist() == [7, 3]
    assert frame["precision"].tolist() == ["year", "unknown"]


@pytest.mark.parametrize(
    "text",
    [
        "Q3 2020",
        "Q3'20",
        "Q3 ’20",
        "Q3, 2020",
        "q3 of 2020",
        "2020 Q3",
        "2020-Q3",
        "3Q20",
        "3Q 2020",
        "3Q'20",
        "3rd Quarter 2020",
        "3rd quarter of 2020",
        "Jul-Sep 2020",
        "July to September 2020",
        "14 (Q3 2020)",
        "Requests, 3rd quarter, 2020",
        "third quarter of 2020",
        "Quarter 3, 2020",
        "3rd quarter '20",
        "Jul – Sep '20",
        "Jul 2020 to Sep 2020",
        "July through September 2020",
    ],
)
def test_quarters(text: str) -> None:
    found = period(text)
    assert found is not None
    assert found[:2] == (date(2020, 7, 1), date(2020, 9, 30))
    assert found[2] in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "14",
        "2020",
        "Q5 2020",
        "Q1 15",
        "Q3 20",
        "Q1 0000",
        "Jul-Sep 0000",
        "0000 Q1",
        "Dec-Jan 2020",
        "1Q2",
        "H3 2020",
        "3H20",
        "third half of 2020",
        "H2 20",
        "Dec 2020 - Jan 2020",
        "Jan 2019 - Jun 2020",
        "Q1 1999",
        "Qtr 2",
    ],
)
def test_no_period_is_made_up(text: str) -> None:
    """``Q1 15`` may be a count of 15 as well as a year."""
    assert period(text) is None


@pytest.mark.parametrize(
    "text",
    ["H2 2020", "h2'20", "2H20", "2H 2020", "2020 H2", "2020-H2", "second half of 2020",
     "2nd half 2020", "431 (Jul-Dec 2020)"],
)  # fmt: skip
def test_halves(text: str) -> None:
    found = period(text)
    assert found is not None
    assert found[:2] == (date(2020, 7, 1), date(2020, 12, 31))
    assert not any(sign in without_period(text) for sign in "H20J")


def test_a_period_may_cross_the_year() -> None:
    found = period("Dec 2020 - Feb 2021")
    assert found is not None
    assert found[:2] == (date(2020, 12, 1), date(2021, 2, 28))


FORMS = (
    "Q{q} {y}", "Q{q}'{s}", "q{q}, {y}", "{q}Q{s}", "{q}Q {y}", "{y} Q{q}", "{y}-Q{q}",
    "{nth} Quarter {y}", "{nth} quarter of {y}", "{word} quarter {y}", "Quarter {q} of {y}",
    "{first}-{last} {y}", "{first} to {last} {y}", "{first}. – {last}. {y}",
    "{first} {y} - {last} {y}",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.integers(EARLIEST, 2099), st.integers(1, 4), st.integers(0, 9999))
def test_every_form_of_a_quarter_means_the_same_two_days(year: int, q: int, count: int) -> None:
    start = date(year, 3 * q - 2, 1)
    end = date(year + q // 4, 3 * q % 12 + 1, 1)
    names = {
        "nth": ("1st", "2nd", "3rd", "4th")[q - 1],
        "word": ("first", "second", "third", "fourth")[q - 1],
        "first": f"{start:%b}",
        "last": f"{date(year, 3 * q, 1):%b}",
    }
    for form in FORMS:
        written = form.format(q=q, y=year, s=f"{year % 100:02d}", **names)
        found = period(f"{count} ({written})")
        assert found is not None, written
        assert (found[0], found[1].toordinal() + 1) == (start, end.toordinal()), written
        assert without_period(f"{count} ({written})") == f"{count} ( )", written


def test_a_date_lies_between_two_days() -> None:
    found = days(pd.Series(["2020-02", None, "2019", "2020-06-05"], index=[4, 5, 6, 7]))
    assert found["first"].tolist() == ["2020-02-01", pd.NA, "2019-01-01", "2020-06-05"]
    assert found["last"].tolist() == ["2020-02-29", pd.NA, "2019-12-31", "2020-06-05"]
    assert found.index.tolist() == [4, 5, 6, 7]


def test_the_first_text_with_a_period_counts() -> None:
    first = period("Q1 2021", "Q2 2020")
    second = period("14", "Q2 2020")
    assert first is not None
    assert second is not None
    assert (first[2], second[2]) == ("Q1 2021", "Q2 2020")


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=30) | SOUP)
def test_any_text_is_a_period_or_none(text: str) -> None:
    found = period(text)
    if found is None:
        return
    start, end, label = found
    assert start <= end
    assert start.day == 1
    assert (end - start).days < 366
    assert label in text


@settings(max_examples=50, deadline=None)
@given(SOUP)
def test_what_is_left_holds_no_period(text: str) -> None:
    left = without_period(f"12 ({text})")
    assert left.startswith("12")
    assert without_period("Q3 2020") == ""
