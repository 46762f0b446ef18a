"""Participations: claims of several sources merged, and nothing ended that was only not seen."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.participations import claimed, participations
from analysis.spells import Absences, programme_looks, source_spells

RING, ATLAS = "ring_agency_map", "atlas_of_surveillance"


def seen(agency: str, look: str, since: str = "", **more: object) -> dict[str, object]:
    """A sighting of a department in the look of a day: ``ring_agency_map 2020-06-11``."""
    source, day = look.split()
    return {
        "agency_id": agency,
        "programme": "neighbors_portal",
        "source": source,
        "look_id": look,
        "observed_at": f"{day}T00:00:00Z",
        "since_text": since,
        "name": agency,
    } | more


def look(
    name: str, verdict: str = "healthy", notice: str = "", **more: object
) -> dict[str, object]:
    source, day = name.split()
    return {
        "look_id": name,
        "source": source,
        "whole": verdict == "healthy" and not notice,
        "observed_at": f"{day}T00:00:00Z",
    } | more


def spans(
    sightings: list[dict[str, object]],
    looks: list[dict[str, object]],
    other: list[dict[str, object]] | None = None,
    first_hand: bool = True,
    set_aside: list[tuple[str, str]] | None = None,
    ended: dict[str, str] | None = None,
) -> pd.DataFrame:
    ordered = pd.DataFrame(sightings).sort_values("observed_at", kind="stable", ignore_index=True)
    judged = pd.DataFrame(looks).assign(first_hand=first_hand)
    others = pd.DataFrame(other or [], columns=["look_id", "programme", "rows"])
    aside = pd.DataFrame(set_aside or [], columns=["look_id", "name"], dtype="string")
    claims = claimed(ordered)
    asked = programme_looks(judged, claims, others)
    absences = Absences.of(claims, asked, aside)
    found = source_spells(claims, absences)
    over = pd.Series(ended or {}, dtype="string")
    return participations(claims, found, absences, asked, over)


def spells(*args: object, **more: object) -> pd.DataFrame:
    """:func:`spans` by department, of which each has one."""
    found = spans(*args, **more)  # type: ignore[arg-type]
    assert found["spell"].eq(1).all()
    return found.set_index("agency_id")


A, B = "oh-a-police", "oh-b-police"
DAYS = [f"{RING} 2020-0{month}-01" for month in range(1, 6)]


def test_claims_of_several_sources_are_one_participation() -> None:
    found = spells(
        [seen(A, DAYS[0], "6/5/2019"), seen(A, f"{ATLAS} 2020-02-01", "4/1/2019")],
        [look(DAYS[0]), look(f"{ATLAS} 2020-02-01")],
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
        row = spells([seen(A, DAYS[0], text) for text in order], [look(DAYS[0])]).loc[A]
        assert (None if pd.isna(row["valid_from"]) else row["valid_from"]) == earliest
        assert row["valid_from_kind"] == ("stated" if earliest else "unknown")


def test_a_row_that_was_set_aside_may_be_the_department() -> None:
    sightings = [seen(A, DAYS[0]), *(seen(B, day) for day in DAYS[:3])]
    looks = [look(day) for day in DAYS[:3]]
    gone = spells(sightings, looks, set_aside=[(DAYS[1], B), (DAYS[2], "")])
    assert gone.loc[A, "valid_to_kind"] == "delisted_observed"
    perhaps = spells(sightings, looks, set_aside=[(DAYS[1], A.upper()), (DAYS[2], A)])
    assert perhaps.loc[A, "valid_to_kind"] == "unknown"
    assert pd.isna(perhaps.loc[A, "first_missing"])


def test_one_claim_in_many_looks_is_one_claim() -> None:
    row = spells([seen(A, day, "6/5/2019") for day in DAYS], [look(day) for day in DAYS]).loc[A]
    assert row["claims"] == 1
    assert row["last_observed"] == "2020-05-01T00:00:00Z"


def both(*days: str) -> list[dict[str, object]]:
    """A and B in the first run, B alone in the others."""
    return [seen(A, DAYS[0]), *(seen(B, day) for day in days)]


def test_one_later_look_without_it_is_missing_only() -> None:
    row = spells(both(*DAYS[:2]), [look(day) for day in DAYS[:2]]).loc[A]
    assert row["first_missing"] == "2020-02-01T00:00:00Z"
    assert row["valid_to_kind"] == "unknown"
    assert pd.isna(row["valid_to"])


def test_two_later_looks_without_it_are_a_delisting() -> None:
    row = spells(both(*DAYS[:3]), [look(day) for day in DAYS[:3]]).loc[A]
    assert row["first_missing"] == "2020-02-01T00:00:00Z"
    assert row["last_observed"] == "2020-01-01T00:00:00Z"
    assert row["valid_to_kind"] == "delisted_observed"
    assert pd.isna(row["valid_to"])


@pytest.mark.parametrize("verdict", ["incomplete", "failed"])
def test_only_healthy_looks_show_that_something_is_missing(verdict: str) -> None:
    looks = [look(DAYS[0]), look(DAYS[1], verdict), look(DAYS[2], verdict)]
    row = spells(both(*DAYS[:3]), looks).loc[A]
    assert pd.isna(row["first_missing"])
    assert row["valid_to_kind"] == "unknown"


def test_a_look_at_a_sample_shows_nothing_missing() -> None:
    looks = [look(DAYS[0]), look(DAYS[1], notice="Sample"), look(DAYS[2], notice="Sample")]
    assert spells(both(*DAYS[:3]), looks)["first_missing"].isna().all()


def test_an_older_look_shows_nothing_missing() -> None:
    sightings = [seen(B, DAYS[0]), seen(A, DAYS[1]), seen(B, DAYS[1])]
    assert spells(sightings, [look(day) for day in DAYS[:2]])["first_missing"].isna().all()


def test_a_look_at_another_source_shows_nothing_missing() -> None:
    other = [f"{ATLAS} 2020-0{month}-01" for month in (7, 8)]
    sightings = [seen(A, DAYS[0]), *(seen(B, name) for name in other)]
    row = spells(sightings, [look(DAYS[0]), *map(look, other)]).loc[A]
    assert pd.isna(row["first_missing"])


def test_an_absent_category_ends_nothing() -> None:
    names = [f"{ATLAS} 202{year}-01-01" for year in (0, 4, 5)]
    registry = [seen(B, name, programme="camera_registry") for name in names]
    other = [
        {"look_id": name, "programme": "neighbors_portal", "rows": rows}
        for name, rows in zip(names, (1, 0, 0), strict=True)
    ]
    row = spells([seen(A, names[0]), *registry], [look(n) for n in names], other).loc[A]
    assert pd.isna(row["first_missing"])
    assert row["valid_to_kind"] == "unknown"


def test_ongoing_needs_a_first_hand_look_at_a_list_that_is_kept_up() -> None:
    registry = [seen(A, DAYS[0], programme="camera_registry"), seen(B, DAYS[0])]
    kinds = spells(registry, [look(DAYS[0])])["valid_to_kind"]
    assert kinds.to_dict() == {A: "ongoing", B: "unknown"}
    imported = spells(registry, [look(DAYS[0])], first_hand=False)["valid_to_kind"]
    assert set(imported) == {"unknown"}


def test_what_was_missed_since_is_not_ongoing() -> None:
    sightings = [seen(A, DAYS[0], programme="camera_registry")]
    sightings.append(seen(B, DAYS[1], programme="camera_registry"))
    kinds = spells(sightings, [look(day) for day in DAYS[:2]])["valid_to_kind"]
    assert kinds.to_dict() == {A: "unknown", B: "ongoing"}


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([A, B]), st.integers(0, 4)), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_order_of_ingestion_does_not_matter(
    pairs: list[tuple[str, int]], random: object
) -> None:
    sightings = [seen(agency, DAYS[day], f"{day + 1}/1/2019") for agency, day in sorted(set(pairs))]
    sightings += [seen("oh-c-police", day) for day in DAYS]
    looks = [look(day) for day in DAYS]
    expected = spans(sightings, looks)
    random.shuffle(sightings)  # type: ignore[attr-defined]
    random.shuffle(looks)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(spans(sightings, looks), expected)


def test_every_history_of_three_looks() -> None:
    """Seen or not in each: missing counts from the last time it was seen."""
    for pattern in itertools.product([True, False], repeat=3):
        if not any(pattern):
            continue
        sightings = [seen(A, day) for day, there in zip(DAYS, pattern, strict=False) if there]
        sightings += [seen(B, day) for day in DAYS[:3]]
        found = spans(sightings, [look(day) for day in DAYS[:3]])
        row = found[found["agency_id"].eq(A)].iloc[-1]
        since = 2 - max(n for n, there in enumerate(pattern) if there)
        assert pd.isna(row["first_missing"]) == (since == 0), pattern
        assert (row["valid_to_kind"] == "delisted_observed") == (since == 2), pattern


def history(source: str, pattern: str, year: int = 2021) -> tuple[list, list]:  # type: ignore[type-arg]
    """Sightings and looks of a source, one a month: ``A`` shows it, ``-`` does not, ``.`` is no
    look, ``?`` an incomplete look without it."""
    sightings, looks = [], []
    for month, mark in enumerate(pattern, 1):
        name = f"{source} {year}-{month:02d}-01"
        if mark == ".":
            continue
        sightings.append(seen(B, name))
        sightings += [seen(A, name)] if mark == "A" else []
        looks.append(look(name, "incomplete" if mark == "?" else "healthy"))
    return sightings, looks


def told(*patterns: str, **more: object) -> list[tuple[int, str, str, str]]:
    """Spell, first and last month, and kind of end of A; the first pattern is of Ring's map."""
    sightings, looks = [], []
    for source, pattern in zip((RING, ATLAS), patterns, strict=False):
        of_source = history(source, pattern)
        sightings += of_source[0]
        looks += of_source[1]
    found = spans(sightings, looks, **more)  # type: ignore[arg-type]
    rows = found[found["agency_id"].eq(A)]
    months = [rows[column].str[5:7] for column in ("first_observed", "last_observed")]
    return list(zip(rows["spell"], *months, rows["valid_to_kind"], strict=True))


OPEN, GONE = "unknown", "delisted_observed"


@pytest.mark.parametrize(
    ("ring", "atlas", "expected"),
    [
        ("A--A", "....", [(1, "01", "01", GONE), (2, "04", "04", OPEN)]),
        ("A-A-", "....", [(1, "01", "03", OPEN)]),
        (
            "A--A--A",
            ".......",
            [(1, "01", "01", GONE), (2, "04", "04", GONE), (3, "07", "07", OPEN)],
        ),
        ("A--A", "AAAA", [(1, "01", "04", OPEN)]),
        ("A--A", "A..A", [(1, "01", "04", OPEN)]),
        ("A-.A", "A.-A", [(1, "01", "04", OPEN)]),
        ("A-..", "A.-A", [(1, "01", "04", OPEN)]),
        ("A-..", "..-A", [(1, "01", "04", OPEN)]),
        ("A--.", "...A", [(1, "01", "01", GONE), (2, "04", "04", OPEN)]),
        ("A...", ".--A", [(1, "01", "04", OPEN)]),
        ("A-..", "A-..", [(1, "01", "01", OPEN)]),
        ("A-..", "A.-.", [(1, "01", "01", GONE)]),
        ("A??A", "....", [(1, "01", "04", OPEN)]),
        ("A-?-", "....", [(1, "01", "01", GONE)]),
    ],
    ids=[
        "a return is a spell of its own",
        "one look without it is no delisting",
        "two returns are two spells",
        "an unbroken spell of another source bridges",
        "a source that did not look in between bridges too",
        "each source missed it once",
        "the other source did not lose it",
        "a source that had never listed it does not count",
        "another source that lists it first later opens a spell",
        "a source misses nothing before it has listed it",
        "one moment of two sources is one moment",
        "two moments of two sources are two",
        "incomplete looks show presence and no absence",
        "an incomplete look between does not count",
    ],
)
def test_spells_of_two_sources(
    ring: str, atlas: str, expected: list[tuple[int, str, str, str]]
) -> None:
    assert told(ring, atlas) == expected


def test_a_later_spell_starts_when_a_claim_says_so_that_the_first_did_not_make() -> None:
    looks = [look(day) for day in DAYS[:4]]
    others = [seen(B, day) for day in DAYS[:4]]
    again = [seen(A, DAYS[0], "6/5/2019"), seen(A, DAYS[3], "6/5/2019")]
    found = spans([*again, *others], looks).set_index("participation_id")
    assert found.loc[f"{A}:neighbors_portal:1", "valid_from"] == "2019-06-05"
    assert pd.isna(found.loc[f"{A}:neighbors_portal:2", "valid_from"])
    anew = [seen(A, DAYS[0], "6/5/2019"), seen(A, DAYS[3], "March 2020")]
    found = spans([*anew, *others], looks).set_index("participation_id")
    assert found.loc[f"{A}:neighbors_portal:2", "valid_from"] == "2020-03"
    assert found["claims"].tolist() == [1, 1, 1]


def test_a_start_before_the_last_sighting_of_the_first_spell_is_not_the_second_s() -> None:
    sightings = [seen(A, DAYS[0]), seen(A, DAYS[3], "6/5/2019"), *(seen(B, d) for d in DAYS[:4])]
    found = spans(sightings, [look(day) for day in DAYS[:4]])
    assert found["valid_from"].isna().all()
    assert set(found["valid_from_precision"]) == {"unknown"}


def test_the_end_of_a_programme_closes_its_open_spells_only() -> None:
    ended = {"neighbors_portal": "2021-02-12"}
    sightings, looks = history(RING, "A--")
    sightings.append(seen(A, f"{ATLAS} 2021-01-01", programme="camera_registry"))
    found = spans(sightings, looks, ended=ended).set_index(["agency_id", "programme"])
    assert found["valid_to_kind"].to_dict() == {
        (A, "neighbors_portal"): GONE,
        (B, "neighbors_portal"): "programme_ended",
        (A, "camera_registry"): OPEN,
    }
    assert found["valid_to"].dropna().to_dict() == {(B, "neighbors_portal"): "2021-02-12"}


@settings(max_examples=12, deadline=None)
@given(*[st.text("A-.?", min_size=1, max_size=7)] * 2)
def test_spells_are_parted_where_two_moments_lie_between_and_nowhere_else(
    ring: str, atlas: str
) -> None:
    """Against the rule told slowly, month by month."""
    if "A" not in ring + atlas:
        return
    width = max(len(ring), len(atlas))
    both = [ring.ljust(width, "."), atlas.ljust(width, ".")]
    shown = [n for n in range(width) if any(p[n] == "A" for p in both)]
    count = 1
    for one, other in itertools.pairwise(shown):
        spells_over_it = [
            p[p.rfind("A", 0, one + 1) : p.find("A", other)]
            for p in both
            if "A" in p[: one + 1] and "A" in p[other:]
        ]
        bridged = any(p.count("-") < 2 for p in spells_over_it)
        missed = [
            n
            for n in range(one + 1, other)
            if any(p[n] == "-" and "A" in p[: one + 1] for p in both)
        ]
        count += len(missed) >= 2 and not bridged
    assert len(told(*both)) == count
