"""The block of ZIP codes: whatever is packed is unpacked again, and it stays small."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import areas
from maps.zips import zips
from tests.packing import unpacked

POSTAL = pd.DataFrame(
    [
        ("00501", "NY", "Holtsville", "holtsville"),
        ("06390", "NY", "Fishers Island", "fishersisland"),
        ("06320", "CT", "New London", "newlondon"),
        ("06330", "CT", "Baltic", "baltic"),
        ("60115", "IL", "DeKalb", "dekalb"),
        ("60540", "IL", "Naperville", "naperville"),
        ("60563", "IL", "Naperville", "naperville"),
        ("60564", "IL", "Naperville", "naperville"),
        ("60565", "IL", "Naperville", "naperville"),
        ("60565", "IL", "Bolingbrook", "bolingbrook"),
    ],
    columns=["zip", "state", "place", "key"],
).astype("string")


def told(block: dict[str, str]) -> dict[str, set[frozenset[int]]]:
    """By ZIP code, the sets of rows of the departments at its places."""
    numbers = iter(unpacked(block["places"]))
    places = []
    for count in numbers:
        steps = [next(numbers) for _ in range(count)]
        places.append(frozenset(sum(steps[: end + 1]) for end in range(count)))
    found: dict[str, set[frozenset[int]]] = {}
    first = place = 0
    runs = unpacked(block["runs"])
    for step, more, change in zip(runs[::3], runs[1::3], runs[2::3], strict=True):
        first, place = first + step, place + change
        for code in range(first, first + more + 1):
            found.setdefault(f"{code:05}", set()).add(places[place])
    return found


def states(block: dict[str, list[str]], prefix: int) -> list[str]:
    spans = unpacked(str(block["prefixes"]))
    told = [
        name
        for length, place in zip(spans[::2], spans[1::2], strict=True)
        for name in [block["states"][place]] * length
    ]
    assert len(told) == 1000
    return told[prefix].split()


def departments(*cities: tuple[str | None, str]) -> pd.DataFrame:
    return pd.DataFrame(cities, columns=["city", "state"]).astype("string")


def test_codes_lead_to_the_departments_of_their_place() -> None:
    block = zips(
        departments(
            ("De Kalb", "IL"),
            ("Naperville", "IL"),
            ("Naperville", "TX"),
            (None, "IL"),
            ("naperville", "IL"),
            ("Bolingbrook", "IL"),
            ("Nowhere", "IL"),
        ),
        POSTAL,
    )
    naperville, bolingbrook = frozenset({1, 4}), frozenset({5})
    assert told(block) == {
        "60115": {frozenset({0})},
        "60540": {naperville},
        "60563": {naperville},
        "60564": {naperville},
        "60565": {naperville, bolingbrook},
    }


def test_a_prefix_tells_its_states_most_codes_first() -> None:
    block = zips(departments(("Baltic", "CT")), POSTAL)
    assert states(block, 63) == ["CT", "NY"]
    assert states(block, 5) == ["NY"]
    assert states(block, 605) == ["IL"]
    assert states(block, 999) == []


def test_without_departments_only_the_states_are_left() -> None:
    block = zips(departments().astype("string"), POSTAL)
    assert told(block) == {}
    assert states(block, 601) == ["IL"]


@given(
    st.lists(
        st.tuples(st.integers(0, 99_999), st.sampled_from("abc"), st.sampled_from(["NY", "PR"])),
        min_size=1,
    ),
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["NY", "PR", "CA"]))),
)
def test_whatever_is_packed_is_read_back(
    codes: list[tuple[int, str, str]], cities: list[tuple[str, str]]
) -> None:
    postal = pd.DataFrame(
        [(f"{code:05}", state, key, key) for code, key, state in codes],
        columns=["zip", "state", "place", "key"],
    ).astype("string")
    wanted: dict[str, set[frozenset[int]]] = {}
    for code, key, state in codes:
        rows = frozenset(row for row, city in enumerate(cities) if city == (key, state))
        if rows:
            wanted.setdefault(f"{code:05}", set()).add(rows)
    assert told(zips(departments(*cities), postal)) == wanted


def test_1500_departments_of_real_towns_take_little_room() -> None:
    """Some 12 kB (2026-11-23), cities of hundreds of codes among them."""
    postal = areas.zips()
    towns = postal.drop_duplicates(["state", "key"]).sample(1500, random_state=1)
    large = departments(("New York", "NY"), ("Houston", "TX"))
    some = departments(*zip(towns["place"], towns["state"], strict=True))
    block = zips(pd.concat([large, some], ignore_index=True), postal)
    assert len(json.dumps(block)) < 40_000
    assert len(block["prefixes"]) < 1000
    assert any(0 in rows for rows in told(block)["10001"])
    assert "59901" not in told(block) or states(block, 599) == ["MT"]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_the_register_does_not_matter(seed: int) -> None:
    cities = departments(("Naperville", "IL"), ("Bolingbrook", "IL"))
    shuffled = POSTAL.sample(frac=1, random_state=seed)
    assert zips(cities, shuffled) == zips(cities, POSTAL)
