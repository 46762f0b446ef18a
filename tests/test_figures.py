"""Published figures beside our own counts, and what companies reported of legal demands."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.dates import stated
from analysis.figures import legal_process, reported_figures
from analysis.tables import LEGAL_PROCESS
from spiders.records import Listing
from tests.replay import made, records, source_classes

POLICE = "US law-enforcement agencies"


def figure(value: float | None = 405, **cells: object) -> dict[str, object]:
    return {
        "figure": "f",
        "metric": "agencies_listed",
        "programme": "neighbors_portal",
        "population": POLICE,
        "value": value,
        "as_of": "2019-08-28",
        "period_start": None,
        "period_end": None,
    } | cells


JOINED = {"metric": "agencies_joined", "as_of": None}
YEAR = JOINED | {"period_start": "2019-01-01", "period_end": "2019-12-31"}


def listing(agency: str, since: str | None, seen: str = "2020-10-07", **cells: str) -> object:
    return {
        "agency_id": agency,
        "programme": "neighbors_portal",
        "name_raw": f"{agency} Police Department",
        "valid_from": since,
        "last_observed": f"{seen}T00:00:00Z",
    } | cells


LISTINGS = pd.DataFrame(
    [
        listing("a", "2018-05-01"),
        listing("b", "2019-08-28"),
        listing("b", "2019-03", seen="2020-11-01"),
        listing("c", "2019-08"),
        listing("d", "2019"),
        listing("e", "2019-09-01"),
        listing("f", None),
        listing("g", "2019-01-01", name_raw="Town Fire Department"),
        listing("h", "2019-01-01", programme="camera_registry"),
    ]
)


def beside(*figures: dict[str, object], listings: pd.DataFrame = LISTINGS) -> pd.DataFrame:
    frame = pd.DataFrame(figures).astype(
        {"value": "Float64", "as_of": "string", "period_start": "string", "period_end": "string"}
    )
    return reported_figures(frame, listings)


def test_our_count_stands_beside_the_figure() -> None:
    """By 2019-08-28 a and b had certainly started; c may have on the 31st, d in December."""
    found = beside(figure(), figure(**YEAR), figure(value=None))
    assert found["our_value"].tolist() == [2, 4, 2]
    assert found["difference"].tolist() == [-403, -401, pd.NA]
    assert "on or before 2019-08-28" in found["our_count"].iloc[0]
    assert "from 2019-01-01 to 2019-12-31" in found["our_count"].iloc[1]


@pytest.mark.parametrize(
    "cells",
    [
        {"population": "US police and fire departments"},
        {"population": "California law-enforcement agencies"},
        {"population": "everybody"},
        {"metric": "legal_demands"},
        {"metric": "fire_departments_listed"},
        {"programme": "community_connect"},
        {"programme": None},
        {"as_of": None, "period_start": "2019-06-01", "period_end": "2019-06-30"},
        JOINED,
        JOINED | {"period_end": "2019-12-31"},
        {"as_of": "2020-11-02"},
        YEAR | {"period_end": "2020-12-31"},
    ],
)
def test_no_count_of_ours_where_it_is_not_of_the_same(cells: dict[str, object]) -> None:
    found = beside(figure(**cells))
    assert found[["our_value", "our_count", "difference"]].isna().all(axis=None)


def test_the_newest_look_is_the_last_day_we_can_speak_of() -> None:
    assert beside(figure(as_of="2020-11-01"))["our_value"].tolist() == [5]


def test_no_list_no_count() -> None:
    for nothing in (LISTINGS.iloc[:0], pd.DataFrame(), LISTINGS[LISTINGS["valid_from"].isna()]):
        assert beside(figure(), figure(**YEAR), listings=nothing)["our_value"].isna().all()
    assert beside(figure()).loc[0, "our_value"] == 2


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(len(LISTINGS))))
def test_the_order_of_the_listings_does_not_matter(order: list[int]) -> None:
    found = beside(figure(), figure(**YEAR), listings=LISTINGS.iloc[order])
    assert found["our_value"].tolist() == [2, 4]


@pytest.mark.real
def test_405_stands_beside_407_and_703_beside_703(real: Path) -> None:
    body = (real / "atlas" / "atlas-2020-10-07.csv").read_bytes()
    rows = [
        record
        for record in records(made(source_classes()["atlas_of_surveillance"]), body)
        if isinstance(record, Listing) and record.programme == "neighbors_portal"
    ]
    listings = pd.DataFrame(
        {
            "agency_id": [f"{row.state} {row.stated_name or row.agency}" for row in rows],
            "programme": [row.programme for row in rows],
            "name_raw": [row.agency for row in rows],
            "valid_from": stated(pd.Series([row.since_text for row in rows]))["date"],
            "last_observed": "2020-10-07T00:00:00Z",
        }
    )
    year = figure(703, population="US departments", **YEAR)
    found = beside(figure(405), year, figure(2161, as_of="2022-07-01"), listings=listings)
    assert found["our_value"].tolist() == [407, 703, pd.NA]
    assert found["difference"].tolist() == [2, 0, pd.NA]


def demand(
    value: float | None = 1900, day: str = "2026-11-01", **cells: object
) -> dict[str, object]:
    return {
        "publisher": "Ring",
        "process": "all",
        "metric": "legal_demands",
        "period_start": "2020-01-01",
        "period_end": "2020-12-31",
        "value": value,
        "low": None,
        "high": None,
        "bound": "about",
        "value_state": None,
        "source_title": "a paper",
        "source_url": "https://a.example/",
        "seen": "press_copy",
        "note": "",
        "source": "legal_process",
        "observed_at": f"{day}T00:00:00Z",
        "capture_id": f"c{day}",
        "record_id": "r",
    } | cells


def demands(*rows: dict[str, object]) -> pd.DataFrame:
    made = legal_process(pd.DataFrame(rows))
    assert made["capture_id"].notna().all()
    table = LEGAL_PROCESS.checked(made.drop_duplicates("demand_id"))
    return table.sort_values(["period_start", "value"], ignore_index=True)


def test_a_figure_seen_daily_is_one_row_with_its_first_and_last_capture() -> None:
    rows = [demand(day=f"2026-11-0{day}") for day in (3, 1, 2)]
    reworded = demand(day="2026-11-04", note="said anew", record_id="s")
    made = legal_process(pd.DataFrame([*rows, reworded]))
    assert made["demand_id"].nunique() == 1
    assert set(made["capture_id"]) == {"c2026-11-01", "c2026-11-04"}
    row = demands(*rows, reworded).iloc[0]
    assert (row["observed_at"], row["note"]) == ("2026-11-01T00:00:00Z", "said anew")


def test_conflicts_ranges_and_shares_are_kept_side_by_side() -> None:
    share = {"metric": "legal_demands_content_share", "bound": "exact"}
    found = demands(
        demand(67, **share),
        demand(68, **share, source_url="https://b.example/"),
        demand(None, low=0, high=249, process="national_security", bound="exact"),
    )
    assert found["value"].tolist() == [67, 68, pd.NA]
    assert found["unit"].tolist() == ["percent of demands", "percent of demands", "demands"]
    assert found["value_state"].eq("value").all()
    assert found["high"].tolist() == [pd.NA, pd.NA, 249]


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        ({"value": 0}, "zero_stated"),
        ({"value": None}, "not_published"),
        ({"value": None, "value_state": "redacted"}, "redacted"),
        ({"value": None, "low": 0, "high": 0}, "value"),
        ({"value": 3}, "value"),
    ],
)
def test_a_zero_is_only_what_somebody_said(cells: dict[str, object], state: str) -> None:
    row = demands(demand(**cells)).iloc[0]  # type: ignore[arg-type]
    assert row["value_state"] == state
    assert pd.notna(row["value"]) == (cells["value"] is not None)


def test_no_demands_are_an_empty_table() -> None:
    assert legal_process(pd.DataFrame([demand()]).iloc[:0]).empty
    assert len(demands(demand())) == 1
