"""Rows of a register that are one department, and links to such departments."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.decisions import Decision
from analysis.designations import readings
from analysis.doubles import departments
from analysis.linking import link

COLUMNS = ["key", "name", "state", "county", "kind"]
ONE = {
    "under one county": [
        ("MA0990900", "Emberton College", "MA", "Suffolk", "University or College"),
        ("MA0990100", "Emberton College", "MA", "Suffolk", "University or College"),
    ],
    "in other words": [
        ("WV0990200", "Kanawha (Sp)", "WV", "", "Unknown"),
        ("WV0990900", "Kanawha State Police", "WV", "Kanawha", "State Police"),
    ],
    "a city in two counties, which lie side by side": [
        ("AZ0990200", "Sedona Police Department", "AZ", "Yavapai", "City"),
        ("AZ0990100", "Sedona Police Department", "AZ", "Coconino", "City"),
    ],
    "one row says no county": [
        ("MI099010X", "Pontiac Police Department", "MI", "", "City"),
        ("MI0990900", "Pontiac Police Department", "MI", "Oakland", "City"),
    ],
    "a body without any county": [
        ("WA0990100", "Elmbury Tribal", "WA", "", "Tribal"),
        ("WADI99900", "Elmbury Tribal", "WA", "", "Tribal"),
        ("WA0990300", "Elmbury Tribal", "WA", "", "Tribal"),
    ],
}
SEVERAL = {
    "townships of one name": [
        ("PA0990100", "Conyngham Township Police Department", "PA", "Luzerne", "City"),
        ("PA0990200", "Conyngham Township Police Department", "PA", "Columbia", "City"),
    ],
    "a city and the county around it": [
        ("MO0990100", "St. Louis Police Department", "MO", "St. Louis City", "City"),
        ("MO0990200", "St. Louis Police Department", "MO", "St. Louis", "City"),
    ],
    "that city and the county told in full": [
        ("MO0990100", "St. Louis Police Department", "MO", "St. Louis City", "City"),
        ("MO0990200", "St. Louis Police Department", "MO", "St. Louis County", "City"),
    ],
    "a county that does not exist, and none": [
        ("MI0990100", "Pontiac Police Department", "MI", "Nowhere", "City"),
        ("MI0990200", "Pontiac Police Department", "MI", "", "City"),
    ],
    "counties far apart": [
        ("OH0990100", "Lincoln Heights Police Department", "OH", "Hamilton", "City"),
        ("OH0990200", "Lincoln Heights Police Department", "OH", "Richland", "City"),
    ],
    "police of a place without any county": [
        ("WI0990100", "Brooklyn Police Department", "WI", "", "City"),
        ("WI0990200", "Brooklyn Police Department", "WI", "", "City"),
    ],
    "the place or the county of that name": [
        ("VA0990100", "State Police: Roanoke", "VA", "", "State Police"),
        ("VA0990200", "Roanoke (Sp)", "VA", "", "Unknown"),
    ],
    "a county that does not exist": [
        ("AZ0990100", "Sedona Police Department", "AZ", "Yavapai", "City"),
        ("AZ0990200", "Sedona Police Department", "AZ", "Nowhere", "City"),
    ],
    "kinds": [
        ("OH0990100", "Elmbury Police Department", "OH", "Summit", "City"),
        ("OH0990200", "Elmbury", "OH", "Summit", "University or College"),
    ],
    "forms": [
        ("NJ0990100", "Elmbury Police Department", "NJ", "Ocean", "City"),
        ("NJ0990200", "Elmbury Township Police Department", "NJ", "Ocean", "City"),
    ],
    "numbers": [
        ("TX0990100", "Gravel County Constable Precinct 4", "TX", "Travis", "Other"),
        ("TX0990200", "Gravel County Constable Precinct 5", "TX", "Travis", "Other"),
    ],
    "the patrol and the state police": [
        ("CA0990100", "Highway Patrol: Solano County", "CA", "Solano", "State Police"),
        ("CA0990200", "Solano County State Police", "CA", "Solano", "State Police"),
    ],
    "states": [
        ("OH0990100", "Elmbury College", "OH", "Adams", "University or College"),
        ("PA0990100", "Elmbury College", "PA", "Adams", "University or College"),
    ],
    "names of which nothing is left": [
        ("OH0990100", "Police Department", "OH", "", "Other"),
        ("OH0990200", "Police Department", "OH", "", "Other"),
    ],
}
LOWEST_WITH_A_COUNTY = ["MA0990100", "WV0990900", "AZ0990100", "MI0990900", "WA0990100"]


def stands(rows: list[tuple[str, ...]]) -> dict[str, str]:
    """By key the one that stands for its department."""
    known = pd.DataFrame(rows, columns=COLUMNS)
    found = departments(known, readings(known["name"], known["state"]))
    return dict(zip(known["key"], found, strict=True))


@pytest.mark.parametrize(
    ("rows", "key"), list(zip(ONE.values(), LOWEST_WITH_A_COUNTY, strict=True)), ids=ONE
)
def test_these_are_one_department(rows: list[tuple[str, ...]], key: str) -> None:
    assert set(stands(rows).values()) == {key}


@pytest.mark.parametrize("rows", SEVERAL.values(), ids=SEVERAL)
def test_these_stay_two(rows: list[tuple[str, ...]]) -> None:
    assert stands(rows) == {key: key for key, *_ in rows}


def test_where_two_counties_have_a_pair_each_there_are_two_departments() -> None:
    rows = [
        (f"PA099{n}00", "Conyngham Township Police Department", "PA", county, "City")
        for n, county in enumerate(("Luzerne", "Columbia", "Luzerne", "Columbia"), 1)
    ]
    assert stands(rows) == {
        "PA099100": "PA099100",
        "PA099200": "PA099200",
        "PA099300": "PA099100",
        "PA099400": "PA099200",
    }


@given(st.permutations([row for rows in ONE.values() for row in rows]), st.data())
@settings(max_examples=20, deadline=None)
def test_neither_order_nor_other_departments_matter(
    rows: list[tuple[str, ...]], data: st.DataObject
) -> None:
    whole = stands(rows)
    name = data.draw(st.sampled_from(sorted({row[1:3] for row in rows})))
    alone = [row for row in rows if row[1:3] == name or row[1].startswith("Kanawha")]
    assert stands(alone) == {row[0]: whole[row[0]] for row in alone}


KNOWN = pd.DataFrame(
    [
        ("MA0990100", "Emberton College", "MA", "Suffolk", "University or College", "MA0990100"),
        ("MA0990900", "Emberton College", "MA", "Suffolk", "University or College", "MA0990100"),
        ("MA0990500", "Emberton Police Department", "MA", "Suffolk", "City", "MA0990500"),
        ("OH0990100", "Slate Township Police Department", "OH", "Stark", "City", "OH0990100"),
        ("OH0990200", "Slate Township Police Department", "OH", "Summit", "City", "OH0990200"),
        ("OH0990300", "Slate Township Police Department", "OH", "Summit", "City", "OH0990200"),
    ],
    columns=[*COLUMNS, "department"],
)


def linked(name: str, state: str, *decided: Decision, county: str = "") -> dict[str, object]:
    asked = pd.DataFrame({"name": [name], "state": [state], "county": [county]})
    (found,) = link(asked, KNOWN, decided).to_dict("records")
    return found


def decision(what: str, target: str) -> Decision:
    name = "Emberton College Police"
    return Decision(what, "MA", name, "", "", target, "a test knows", "2026-01-01", "a test")


def test_a_department_with_two_numbers_is_found_and_both_are_told() -> None:
    found = linked("Emberton College Police", "MA")
    assert (found["key"], found["outcome"]) == ("MA0990100", "linked")
    assert str(found["reason"]).endswith("; known under MA0990100, MA0990900")
    assert {key for key, *_ in found["candidates"]} >= {"MA0990100", "MA0990900"}  # type: ignore[attr-defined]
    alone = linked("Emberton PD", "MA")
    assert alone["key"] == "MA0990500"
    assert "known under" not in str(alone["reason"])


def test_of_several_numbers_the_one_that_comes_nearest_is_taken() -> None:
    """The row of the county that is told, or with the very words; the others are told as well."""
    rows = [row for each in ONE.values() for row in each]
    known = pd.DataFrame(rows, columns=COLUMNS)
    known["department"] = departments(known, readings(known["name"], known["state"]))
    asked = pd.DataFrame(
        [
            ("Sedona PD", "AZ", "", "City", "AZ0990100"),
            ("Sedona PD", "AZ", "Coconino", "City", "AZ0990100"),
            ("Sedona PD", "AZ", "Yavapai", "City", "AZ0990200"),
            ("Pontiac PD", "MI", "", "City", "MI0990900"),
            ("Kanawha State Police", "WV", "", "State Police", "WV0990900"),
            ("Kanawha (Sp)", "WV", "", "Unknown", "WV0990200"),
        ],
        columns=["name", "state", "county", "kind", "key"],
    )
    found = link(asked, known)
    assert found["key"].tolist() == asked["key"].tolist()
    assert found["reason"].str.contains("; known under ").all()


def test_two_departments_of_which_one_has_two_numbers_stay_with_a_person() -> None:
    found = linked("Slate Township Police", "OH")
    assert pd.isna(found["key"])
    assert str(found["reason"]).startswith("2 departments come equally near")
    assert linked("Slate Township Police", "OH", county="Summit")["key"] == "OH0990200"


def test_decisions_win_and_speak_of_the_whole_department() -> None:
    other = decision("same", "MA0990900")
    assert linked(other.name, "MA", other)["key"] == "MA0990900", "the very number decided"
    for key in ("MA0990100", "MA0990900"):
        found = linked(other.name, "MA", decision("not_same", key))
        assert pd.isna(found["key"])
        assert "MA0990900" not in {one for one, *_ in found["candidates"]}  # type: ignore[attr-defined]


def test_of_many_numbers_a_few_are_told() -> None:
    many = [(f"NY5{n:02}RE00", "Slate Lackawanna Re", "NY", "", "Other") for n in range(9)]
    known = pd.DataFrame(many, columns=COLUMNS).assign(department="NY500RE00")
    asked = pd.DataFrame({"name": ["Slate Lackawanna Re"], "state": "NY", "kind": "Other"})
    (found,) = link(asked, known).to_dict("records")
    assert found["key"] == "NY500RE00"
    assert found["reason"].endswith("NY503RE00, NY504RE00 and 4 more")
