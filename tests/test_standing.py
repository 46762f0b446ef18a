"""Standing: who was listed on a day, no more certain than the dates are."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.standing import STANDINGS, listed_on
from analysis.tables import PARTICIPATIONS

MOMENTS = ["first_observed", "last_observed", "first_missing"]
COLUMNS = ["valid_from", "valid_to", "valid_to_kind", *MOMENTS]


def rows(*told: dict[str, str | None]) -> pd.DataFrame:
    usual = {
        "valid_to_kind": "unknown",
        "first_observed": "2020-06-11",
        "last_observed": "2020-10-07",
    }
    frame = pd.DataFrame([usual | row for row in told]).reindex(columns=COLUMNS).astype("string")
    return frame.assign(**{name: frame[name] + "T05:06:07Z" for name in MOMENTS})


def said(day: str, **told: str | None) -> str:
    return str(listed_on(rows(told), day).item())


GONE = {"valid_to_kind": "delisted_observed", "first_missing": "2020-11-02"}
OVER = {"valid_to_kind": "programme_ended"}


@pytest.mark.parametrize(
    ("day", "told", "standing"),
    [
        # a day
        ("2019-08-27", {"valid_from": "2019-08-28"}, "no"),
        ("2019-08-28", {"valid_from": "2019-08-28"}, "listed"),
        # a month: from its first day perhaps, on its last for certain
        ("2019-07-31", {"valid_from": "2019-08"}, "no"),
        ("2019-08-01", {"valid_from": "2019-08"}, "perhaps"),
        ("2019-08-30", {"valid_from": "2019-08"}, "perhaps"),
        ("2019-08-31", {"valid_from": "2019-08"}, "listed"),
        ("2020-02-28", {"valid_from": "2020-02"}, "perhaps"),
        ("2020-02-29", {"valid_from": "2020-02"}, "listed"),
        # a year, cut short by the day it was first seen
        ("2019-12-31", {"valid_from": "2020"}, "no"),
        ("2020-06-10", {"valid_from": "2020"}, "perhaps"),
        ("2020-06-11", {"valid_from": "2020"}, "listed"),
        # seen before its stated start: the statement stands
        ("2020-07-15", {"valid_from": "2020-08"}, "no"),
        ("2020-08-15", {"valid_from": "2020-08"}, "perhaps"),
        ("2020-08-31", {"valid_from": "2020-08"}, "listed"),
        # nobody states a start
        ("2020-06-10", {}, "unknown"),
        ("2020-06-11", {}, "listed"),
        # nobody has looked since
        ("2020-10-07", {}, "listed"),
        ("2020-10-08", {}, "last_seen"),
        ("2020-10-08", {"valid_to_kind": "ongoing"}, "last_seen"),
        # missed by two looks
        ("2020-10-07", GONE, "listed"),
        ("2020-10-08", GONE, "perhaps"),
        ("2020-11-01", GONE, "perhaps"),
        ("2020-11-02", GONE, "no"),
        ("2020-06-10", GONE, "unknown"),
        # missed on the very day it was last seen: on that day it was seen
        ("2020-10-07", GONE | {"first_missing": "2020-10-07"}, "listed"),
        ("2020-10-08", GONE | {"first_missing": "2020-10-07"}, "no"),
        # missed once, which ends nothing
        ("2020-11-02", GONE | {"valid_to_kind": "unknown"}, "last_seen"),
        # ended, as precisely as stated
        ("2020-08-15", OVER | {"valid_to": "2020-08-15"}, "listed"),
        ("2020-08-16", OVER | {"valid_to": "2020-08-15"}, "no"),
        ("2020-08-31", OVER | {"valid_to": "2020-08"}, "listed"),
        ("2020-09-01", OVER | {"valid_to": "2020-08"}, "no"),
        ("2020-12-31", OVER | {"valid_to": "2020"}, "last_seen"),
        ("2021-01-01", OVER | {"valid_to": "2020"}, "no"),
        # ended before anybody looked
        ("2020-03-01", OVER | {"valid_to": "2020-02"}, "no"),
        ("2020-02-29", OVER | {"valid_to": "2020-02"}, "unknown"),
        ("2020-03-01", OVER | {"valid_from": "2020", "valid_to": "2020-02"}, "no"),
    ],
)
def test_golden(day: str, told: dict[str, str | None], standing: str) -> None:
    assert said(day, **told) == standing


@pytest.mark.parametrize("day", ["", "2019", "2019-08", "2019-02-30", "28 August 2019"])
def test_what_is_no_day_is_refused(day: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        listed_on(rows({}), day)


def test_the_index_is_kept_and_no_row_is_no_row() -> None:
    frame = rows({}, {"valid_from": "2030-01-01"}).set_axis(["b", "a"])
    found = listed_on(frame, "2020-07-01")
    assert found.to_dict() == {"b": "listed", "a": "no"}
    assert found.dtype == "string"
    assert listed_on(PARTICIPATIONS.empty(), "2020-07-01").empty


DAYS = st.dates(date(2018, 1, 1), date(2021, 12, 31))
STATED = st.none() | st.builds(
    lambda day, length: day.isoformat()[:length], DAYS, st.sampled_from([4, 7, 10])
)


@st.composite
def listings(draw: st.DrawFn) -> dict[str, str | None]:
    first, last, missing = sorted(draw(st.lists(DAYS, min_size=3, max_size=3)))
    kind = draw(st.sampled_from(["unknown", "ongoing", "delisted_observed", "programme_ended"]))
    return {
        "valid_from": draw(STATED),
        "valid_to": draw(STATED) if kind == "programme_ended" else None,
        "valid_to_kind": kind,
        "first_observed": first.isoformat(),
        "last_observed": last.isoformat(),
        "first_missing": missing.isoformat() if kind == "delisted_observed" else None,
    }


QUICK = settings(max_examples=40)


@QUICK
@given(listings(), st.lists(DAYS, min_size=2, max_size=8))
def test_time_goes_one_way(told: dict[str, str | None], days: list[date]) -> None:
    """Not, or not known, yet; perhaps; listed; then perhaps or last seen; then never again."""
    found = [said(day.isoformat(), **told) for day in sorted(days)]
    assert set(found) <= set(STANDINGS)
    begun = next((n for n, word in enumerate(found) if word not in ("no", "unknown")), len(found))
    after = found[begun:]
    over = next((n for n, word in enumerate(after) if word == "no"), len(after))
    assert set(after[over:]) <= {"no"}
    assert "unknown" not in after
    last_seen = [n for n, word in enumerate(after) if word == "last_seen"]
    assert not last_seen or set(after[last_seen[0] :]) <= {"last_seen", "no"}
    assert ("unknown" in found) <= (told["valid_from"] is None)
    assert ("last_seen" in found) <= (told["valid_to_kind"] != "delisted_observed")


@QUICK
@given(listings(), DAYS)
def test_never_more_certain_than_the_dates(told: dict[str, str | None], day: date) -> None:
    """What is said for certain holds for every start and end that the dates may mean."""
    word, on = said(day.isoformat(), **told), day.isoformat()
    start, end = told["valid_from"], told["valid_to"]
    if word == "listed":
        assert told["last_observed"] >= on
        assert start is None or start <= on
        assert end is None or on[: len(end)] <= end
        assert start is not None or told["first_observed"] <= on
    if word == "perhaps" and told["valid_to_kind"] != "delisted_observed":
        assert start == on[: len(start or "")]
        assert len(start) < 10
    if word == "no":
        early = start is not None and on[: len(start)] < start
        late = end is not None and on[: len(end)] > end
        missed = told["first_missing"] is not None and told["first_missing"] <= on
        assert early or late or missed


@QUICK
@given(st.lists(listings(), min_size=1, max_size=6), DAYS)
def test_each_row_for_itself(told: list[dict[str, str | None]], day: date) -> None:
    together = listed_on(rows(*told), day.isoformat()).tolist()
    assert together == [said(day.isoformat(), **row) for row in told]


@QUICK
@given(listings())
def test_on_a_day_it_was_seen_it_was_not_absent(told: dict[str, str | None]) -> None:
    if told["valid_from"] is None and told["valid_to"] is None:
        day = date.fromisoformat(str(told["first_observed"]))
        assert said(day.isoformat(), **told) == "listed"
        assert said((day - timedelta(days=1)).isoformat(), **told) == "unknown"
