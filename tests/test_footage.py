"""Counts: a number only where one was published, and zero only where somebody wrote it."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.footage import camera_counts, counted, footage_requests
from spiders.programmes import VALUE_STATES

FIGURES = pd.DataFrame(
    columns=[
        "figure",
        "metric",
        "population",
        "agency_id",
        "value",
        "low",
        "high",
        "bound",
        "period_start",
        "period_end",
        "observed_at",
        "source",
        "record_id",
        "capture_id",
    ]
)


def counts(*texts: str, metric: str = "video_requests", **cells: object) -> pd.DataFrame:
    blank = {
        "agency_id": "oh-a-police",
        "programme": "neighbors_portal",
        "metric": metric,
        "label_text": "Video Requests",
        "value_state": None,
        "observed_at": "2020-07-07T00:00:00Z",
        "source": "ring_agency_map",
        "capture_id": "c1",
    }
    rows = [blank | {"value_text": t, "record_id": f"r{n}"} | cells for n, t in enumerate(texts)]
    return counted(pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("14", 14),
        (" 1,234\u00a0", 1234),
        ("14 (Q2 2020)", 14),
        ("Q2 2020: 14 requests", 14),
        ("Video requests in the 3rd quarter of 2020: 7", 7),
        ("14 in Jul-Sep 2020", 14),
        ("\u200b14", 14),
    ],
)
def test_a_number_is_read(text: str, value: int) -> None:
    found = counts(text).iloc[0]
    assert (found["value_state"], found["value"]) == ("value", value)
    assert pd.isna(found["trouble"])


@pytest.mark.parametrize("text", ["0", "0 (Q3 2020)", " 0 requests", "00"])
def test_zero_is_stated(text: str) -> None:
    found = counts(text).iloc[0]
    assert (found["value_state"], found["value"]) == ("zero_stated", 0)


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "-", "\u2212", "N/A", "(Q3 2020)", "Q3 2020"])
def test_a_blank_is_not_published_and_no_zero(text: str) -> None:
    found = counts(text).iloc[0]
    assert found["value_state"] == "not_published"
    assert pd.isna(found["value"])
    assert pd.isna(found["trouble"])


@pytest.mark.parametrize(
    "text",
    [
        "-5",
        "−5",
        "1.5",
        "about 12",
        "<5",
        "12+",
        "~12",
        "12%",
        "1 234",
        "12,34",
        "5-10",
        "1e5",
        "zero",
        "none",
        "two",
        "12 of 30",
        "9" * 400,
        "١٢",
        "Q1 15",
        "NaN",
        "12 or 13",
    ],
)
def test_what_is_no_single_count_is_set_aside(text: str) -> None:
    found = counts(text).iloc[0]
    assert pd.isna(found["value_state"])
    assert pd.isna(found["value"])
    assert str(found["trouble"]).startswith("holds no single count: ")


@pytest.mark.parametrize("state", ["not_found", "fetch_failed", "redacted"])
def test_a_state_the_source_gave_is_never_a_number(state: str) -> None:
    found = counts("0", value_state=state).iloc[0]
    assert found["value_state"] == state
    assert pd.isna(found["value"])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30) | st.text(alphabet="0123456789,. -Q()requstn", max_size=20))
def test_any_text_has_a_state_or_a_reason(text: str) -> None:
    found = counts(text).iloc[0]
    assert pd.isna(found["value_state"]) == pd.notna(found["trouble"])
    assert pd.isna(found["value_state"]) or found["value_state"] in VALUE_STATES
    numeric = pd.notna(found["value_state"]) and found["value_state"] in ("value", "zero_stated")
    assert pd.notna(found["value"]) == numeric
    if numeric:
        assert (found["value"] == 0) == (found["value_state"] == "zero_stated")
        assert any(c in "0123456789" for c in text)


def test_periods_come_from_the_value_first() -> None:
    found = counts("14 (Q2 2020)", "3", label_text="Requests, Q1 2021")
    assert found["period_label"].tolist() == ["Q2 2020", "Q1 2021"]
    assert found["period_start"].tolist() == ["2020-04-01", "2021-01-01"]
    assert found["period_end"].tolist() == ["2020-06-30", "2021-03-31"]


def test_cameras_are_not_additive_and_no_footage_requests() -> None:
    found = counts("12", metric="registered_cameras")
    assert footage_requests(found, FIGURES).empty
    cameras = camera_counts(found)
    assert cameras["additive"].tolist() == [False]
    assert cameras["unit"].tolist() == ["cameras"]


def test_one_record_at_one_moment_is_one_observation() -> None:
    """Two imports of one day may hold the same row; both captures prove it."""
    twice = pd.concat([counts("14"), counts("14", capture_id="c2")], ignore_index=True)
    later = counts("14", observed_at="2021-01-01T00:00:00Z")
    found = footage_requests(pd.concat([twice, later], ignore_index=True), FIGURES)
    assert found["request_id"].nunique() == 2
    assert found.groupby("request_id")["capture_id"].nunique().tolist() in ([1, 2], [2, 1])


def test_a_published_range_is_no_zero() -> None:
    figure = dict.fromkeys(FIGURES.columns) | {
        "figure": "f",
        "metric": "video_requests",
        "population": "all",
        "value": pd.NA,
        "low": 10.0,
        "high": 20.0,
        "bound": "exact",
        "observed_at": "2020-01-01T00:00:00Z",
        "source": "reported_figures",
        "record_id": "r",
        "capture_id": "c",
    }
    published = pd.DataFrame([figure]).astype({"value": "Float64"})
    found = footage_requests(counts("1").iloc[:0], published)
    assert found["scope"].tolist() == ["nation"]
    assert found["value_state"].tolist() == ["value"]
