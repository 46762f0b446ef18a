"""Participations: claims of several sources merged, and nothing ended that was only not seen."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.changes import looks
from analysis.participations import listings, participations

RING, ATLAS = "ring_agency_map", "atlas_of_surveillance"


def seen(agency: str, run: str, since: str = "", **more: object) -> dict[str, object]:
    """A sighting of a department in the run of a day: ``ring_agency_map 2020-06-11``."""
    source, day = run.split()
    return {
        "agency_id": agency,
        "programme": "neighbors_portal",
        "source": source,
        "run_id": run,
        "capture_id": run,
        "record_id": f"{source} {agency} {since}",
        "observed_at": f"{day}T00:00:00Z",
        "since_text": since,
        "agency": agency,
        "name": agency,
        "city": "",
        "county": "",
        "state": "",
        "profile_url": "",
        "links": None,
    } | more


def run(name: str, verdict: str = "healthy", notice: str = "", **more: object) -> dict[str, object]:
    source, day = name.split()
    return {
        "run_id": name,
        "source": source,
        "warc": f"{name}.warc.gz",
        "verdict": verdict,
        "published": verdict != "failed",
        "notice": notice,
        "observed_at": f"{day}T00:00:00Z",
    } | more


def spells(
    sightings: list[dict[str, object]],
    runs: list[dict[str, object]],
    other: list[dict[str, object]] | None = None,
    first_hand: bool = True,
    set_aside: list[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    named = pd.DataFrame(sightings)
    judged = pd.DataFrame(runs)
    captures = judged.assign(
        fetched_at=judged["observed_at"] if first_hand else "2026-01-01T00:00:00Z"
    )
    columns = ["source", "run_id", "programme", "rows", "observed_at", "capture_id"]
    others = pd.DataFrame(other or [], columns=columns)
    aside = pd.DataFrame(set_aside or [], columns=["run_id", "name"], dtype="string")
    seen_by = looks(judged, captures, named, others)
    return participations(listings(named), named, seen_by, aside).set_index("agency_id")


A, B = "oh-a-police", "oh-b-police"
DAYS = [f"{RING} 2020-0{month}-01" for month in range(1, 6)]


def test_claims_of_several_sources_are_one_participation() -> None:
    found = spells(
        [seen(A, DAYS[0], "6/5/2019"), seen(A, f"{ATLAS} 2020-02-01", "4/1/2019")],
        [run(DAYS[0]), run(f"{ATLAS} 2020-02-01")],
    )
    assert len(found) == 1
    row = found.loc[A]
    assert (row["valid_from"], row["valid_from_precision"]) == ("2019-04-01", "day")
    assert row["claims"] == 2
    assert row["sources"] == f"{ATLAS}; {RING}"
    assert (row["first_observed"], row["last_observed"]) == (
        "2020-01-01T00:00:00Z",
        "2020-02-01T00:00:00Z",
    )


@pytest.mark.parametrize(
    ("texts", "earliest"),
    [
        (["2019", "June 2019"], "2019-06"),
        (["June 2019", "6/30/2019"], "2019-06-30"),
        (["2018", "1/1/2019"], "2018"),
        (["", "June 2019"], "2019-06"),
        (["no date", ""], None),
    ],
)
def test_the_earliest_stated_start_counts(texts: list[str], earliest: str | None) -> None:
    """Of 2019 and 2019-06 the month: it must have been so by its end, which comes first."""
    for order in (texts, texts[::-1]):
        row = spells([seen(A, DAYS[0], text) for text in order], [run(DAYS[0])]).loc[A]
        assert (None if pd.isna(row["valid_from"]) else row["valid_from"]) == earliest
        assert row["valid_from_kind"] == ("stated" if earliest else "unknown")


def test_a_row_that_was_set_aside_may_be_the_department() -> None:
    sightings = [seen(A, DAYS[0]), *(seen(B, day) for day in DAYS[:3])]
    runs = [run(day) for day in DAYS[:3]]
    gone = spells(sightings, runs, set_aside=[(DAYS[1], B), (DAYS[2], "")])
    assert gone.loc[A, "valid_to_kind"] == "delisted_observed"
    perhaps = spells(sightings, runs, set_aside=[(DAYS[1], A.upper()), (DAYS[2], A)])
    assert perhaps.loc[A, "valid_to_kind"] == "unknown"
    assert pd.isna(perhaps.loc[A, "first_missing"])


def test_one_claim_in_many_looks_is_one_claim() -> None:
    row = spells([seen(A, day, "6/5/2019") for day in DAYS], [run(day) for day in DAYS]).loc[A]
    assert row["claims"] == 1
    assert row["last_observed"] == "2020-05-01T00:00:00Z"


def both(*days: str) -> list[dict[str, object]]:
    """A and B in the first run, B alone in the others."""
    return [seen(A, DAYS[0]), *(seen(B, day) for day in days)]


def test_one_later_look_without_it_is_missing_only() -> None:
    row = spells(both(*DAYS[:2]), [run(day) for day in DAYS[:2]]).loc[A]
    assert row["first_missing"] == "2020-02-01T00:00:00Z"
    assert row["valid_to_kind"] == "unknown"
    assert pd.isna(row["valid_to"])


def test_two_later_looks_without_it_are_a_delisting() -> None:
    row = spells(both(*DAYS[:3]), [run(day) for day in DAYS[:3]]).loc[A]
    assert row["first_missing"] == "2020-02-01T00:00:00Z"
    assert row["last_observed"] == "2020-01-01T00:00:00Z"
    assert row["valid_to_kind"] == "delisted_observed"
    assert pd.isna(row["valid_to"])


@pytest.mark.parametrize("verdict", ["incomplete", "failed"])
def test_only_healthy_looks_show_that_something_is_missing(verdict: str) -> None:
    runs = [run(DAYS[0]), run(DAYS[1], verdict), run(DAYS[2], verdict)]
    row = spells(both(*DAYS[:3]), runs).loc[A]
    assert pd.isna(row["first_missing"])
    assert row["valid_to_kind"] == "unknown"


def test_a_look_at_a_sample_shows_nothing_missing() -> None:
    runs = [run(DAYS[0]), run(DAYS[1], notice="Sample"), run(DAYS[2], notice="Sample")]
    assert spells(both(*DAYS[:3]), runs)["first_missing"].isna().all()


def test_an_older_look_shows_nothing_missing() -> None:
    sightings = [seen(B, DAYS[0]), seen(A, DAYS[1]), seen(B, DAYS[1])]
    assert spells(sightings, [run(day) for day in DAYS[:2]])["first_missing"].isna().all()


def test_a_look_at_another_source_shows_nothing_missing() -> None:
    other = [f"{ATLAS} 2020-0{month}-01" for month in (7, 8)]
    sightings = [seen(A, DAYS[0]), *(seen(B, name) for name in other)]
    row = spells(sightings, [run(DAYS[0]), *map(run, other)]).loc[A]
    assert pd.isna(row["first_missing"])


def test_an_absent_category_ends_nothing() -> None:
    names = [f"{ATLAS} 202{year}-01-01" for year in (0, 4, 5)]
    registry = [seen(B, name, programme="camera_registry") for name in names]
    other = [
        {"source": ATLAS, "run_id": name, "programme": "neighbors_portal", "rows": rows}
        | {"observed_at": f"{name.split()[1]}T00:00:00Z", "capture_id": name}
        for name, rows in zip(names, (1, 0, 0), strict=True)
    ]
    row = spells([seen(A, names[0]), *registry], [run(n) for n in names], other).loc[A]
    assert pd.isna(row["first_missing"])
    assert row["valid_to_kind"] == "unknown"


def test_pages_that_come_later_in_the_same_crawl_make_nothing_missing() -> None:
    """A crawl of several pages: A stood on the first, and the run's moment is that of the last."""
    crawl = f"{RING} 2020-01-01"
    sightings = [seen(A, crawl), seen(B, crawl, observed_at="2020-01-01T00:10:00Z")]
    for moment in ("2020-01-01T00:00:00Z", "2020-01-01T00:10:00Z"):
        found = spells(sightings, [run(crawl, observed_at=moment)])
        assert found["first_missing"].isna().all()


def test_ongoing_needs_a_first_hand_look_at_a_list_that_is_kept_up() -> None:
    registry = [seen(A, DAYS[0], programme="camera_registry"), seen(B, DAYS[0])]
    kinds = spells(registry, [run(DAYS[0])])["valid_to_kind"]
    assert kinds.to_dict() == {A: "ongoing", B: "unknown"}
    imported = spells(registry, [run(DAYS[0])], first_hand=False)["valid_to_kind"]
    assert set(imported) == {"unknown"}


def test_what_was_missed_since_is_not_ongoing() -> None:
    sightings = [seen(A, DAYS[0], programme="camera_registry")]
    sightings.append(seen(B, DAYS[1], programme="camera_registry"))
    kinds = spells(sightings, [run(day) for day in DAYS[:2]])["valid_to_kind"]
    assert kinds.to_dict() == {A: "unknown", B: "ongoing"}


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([A, B]), st.integers(0, 4)), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_order_of_ingestion_does_not_matter(
    pairs: list[tuple[str, int]], random: object
) -> None:
    sightings = [seen(agency, DAYS[day], f"{day + 1}/1/2019") for agency, day in sorted(set(pairs))]
    sightings += [seen("oh-c-police", day) for day in DAYS]
    runs = [run(day) for day in DAYS]
    expected = spells(sightings, runs).sort_index()
    random.shuffle(sightings)  # type: ignore[attr-defined]
    random.shuffle(runs)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(spells(sightings, runs).sort_index(), expected)


def test_every_history_of_three_looks() -> None:
    """Seen or not in each: missing counts from the last time it was seen."""
    for pattern in itertools.product([True, False], repeat=3):
        if not any(pattern):
            continue
        sightings = [seen(A, day) for day, there in zip(DAYS, pattern, strict=False) if there]
        sightings += [seen(B, day) for day in DAYS[:3]]
        row = spells(sightings, [run(day) for day in DAYS[:3]]).loc[A]
        since = 2 - max(n for n, there in enumerate(pattern) if there)
        assert pd.isna(row["first_missing"]) == (since == 0), pattern
        assert (row["valid_to_kind"] == "delisted_observed") == (since == 2), pattern
