"""Events: a category that is absent is retired once, and ends nothing."""

from __future__ import annotations

import itertools

import pandas as pd

from analysis.changes import changes, looks

SOURCE = "atlas_of_surveillance"


def rows(*counts: int, programme: str = "neighbors_portal") -> pd.DataFrame:
    """What a source said of a category in looks of successive years."""
    return pd.DataFrame(
        {
            "source": SOURCE,
            "run_id": [f"r{n}" for n in range(len(counts))],
            "capture_id": [f"c{n}" for n in range(len(counts))],
            "observed_at": [f"202{n}-01-01T00:00:00Z" for n in range(len(counts))],
            "programme": programme,
            "category": "Ring/Neighbors Partnership",
            "rows": list(counts),
        }
    )


def runs(count: int, verdict: str = "healthy", notice: str = "") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "run_id": [f"r{n}" for n in range(count)],
            "source": SOURCE,
            "observed_at": [f"202{n}-01-01T00:00:00Z" for n in range(count)],
            "warc": [f"w{n}" for n in range(count)],
            "verdict": verdict,
            "published": verdict != "failed",
            "notice": notice,
        }
    )


def test_a_category_that_vanishes_is_one_event() -> None:
    event = changes(rows(1501, 1490, 0, 0, 0), runs(5))
    assert event["kind"].tolist() == ["category_retired"]
    assert event["observed_at"].tolist() == ["2022-01-01T00:00:00Z"]
    assert event["before"].tolist() == ["1490 rows"]
    assert event["capture_id"].tolist() == ["c2"]
    assert event["agency_id"].isna().all()


def test_a_category_that_never_stood_is_no_event() -> None:
    assert changes(rows(0, 0), runs(2)).empty
    assert changes(rows(0, 5), runs(2)).empty
    assert changes(rows(), runs(0)).empty


def test_a_category_that_returns_and_vanishes_again_is_two_events() -> None:
    assert changes(rows(5, 0, 5, 0), runs(4))["change_id"].nunique() == 2


def test_only_whole_looks_show_it() -> None:
    assert changes(rows(5, 0), runs(2, "incomplete")).empty
    assert changes(rows(5, 0), runs(2, "failed")).empty
    assert changes(rows(5, 0), runs(2, notice="Sample")).empty


def test_untracked_categories_are_left_alone() -> None:
    assert changes(rows(5, 0, programme=""), runs(2)).empty


def test_order_does_not_matter() -> None:
    said, judged = rows(5, 0, 0), runs(3)
    expected = changes(said, judged)["change_id"].tolist()
    for order in itertools.permutations(range(3)):
        found = changes(said.iloc[list(order)], judged.iloc[list(order)])
        assert found["change_id"].tolist() == expected


def test_two_readings_of_one_capture_are_one_event() -> None:
    """A WARC read again under another name."""
    again = rows(5, 0).assign(run_id=["r0", "r9"])
    said = pd.concat([rows(5, 0), again], ignore_index=True)
    judged = pd.concat([runs(2), runs(2).assign(run_id=["r0b", "r9"])], ignore_index=True)
    assert len(changes(said, judged)) == 1


def test_a_look_at_an_absent_category_is_no_look_at_its_programme() -> None:
    said = rows(5, 0)
    listing = said.iloc[[0]]
    captures = runs(2).assign(fetched_at="2020-01-01T00:00:00Z")
    found = looks(runs(2), captures, listing, said)
    assert found["run_id"].tolist() == ["r0"]
    assert found["first_hand"].tolist() == [True]
