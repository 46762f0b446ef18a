"""Other names that a known department goes by: by decision, of the places it joins, its body's."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.decisions import Decision, decisions
from analysis.linking import link

CITY, CAMPUS, STATE = "City", "University or College", "Other State Agency"
KNOWN = pd.DataFrame(
    [
        ("IL1", "University of Slate: Urbana", "IL", CAMPUS),
        ("IL2", "University of Slate: Chicago", "IL", CAMPUS),
        ("TN1", "Rocky Flint Police Department", "TN", CITY),
        ("TN2", "Rocky Flint County Sheriff's Office", "TN", "County"),
        ("MN1", "Belgrade/Brooten Police Department", "MN", CITY),
        ("NC1", "Winston-Salem Police Department", "NC", CITY),
        ("GA1", "Bureau of Gneiss: Headquarters", "GA", STATE),
        ("GA2", "Bureau of Gneiss: Perry", "GA", STATE),
    ],
    columns=["key", "name", "state", "kind"],
)


def called(state: str, name: str, target: str) -> Decision:
    return Decision("called", state, name, "", "", target, "its other name", "2026-11-24", "tests")


DECIDED = (
    called("IL", "University of Slate", "University of Slate: Urbana"),
    called("TN", "Lake Chert", "Rocky Flint"),
)


def led(name: str, state: str, kind: str, decided: tuple[Decision, ...] = DECIDED) -> str:
    asked = pd.DataFrame([(name, state, kind)], columns=["name", "state", "kind"])
    found = link(asked, KNOWN, decided).iloc[0]
    return found["outcome"] if pd.isna(found["key"]) else found["key"]


@pytest.mark.parametrize(
    ("name", "state", "kind", "key"),
    [
        ("University of Slate Police Dept", "IL", CAMPUS, "IL1"),
        ("University of Slate - Chicago", "IL", CAMPUS, "IL2"),
        ("Lake Chert PD", "TN", CITY, "TN1"),
        ("Lake Chert Police", "TN", CITY, "TN1"),
        ("Rocky Flint Police", "TN", CITY, "TN1"),
        ("Belgrade Police Department", "MN", CITY, "MN1"),
        ("Brooten PD", "MN", CITY, "MN1"),
        ("Bureau Of Gneiss", "GA", STATE, "GA1"),
        ("Bureau Of Gneiss Perry", "GA", STATE, "GA2"),
    ],
)
def test_a_department_is_found_by_another_of_its_names(
    name: str, state: str, kind: str, key: str
) -> None:
    assert led(name, state, kind) == key


@pytest.mark.parametrize(
    ("name", "state", "kind"),
    [
        ("Lake Chert County Sheriff", "TN", "County"),  # a county that bears the town's old name
        ("Lake Chert PD", "IL", CITY),  # in another state
        ("Salem Police Department", "NC", CITY),  # a place beside Winston-Salem, which is one name
    ],
)
def test_it_is_not_found_by_what_is_no_name_of_it(name: str, state: str, kind: str) -> None:
    assert led(name, state, kind) in ("none", "uncertain")


def test_without_the_decision_a_university_s_name_tells_no_campus() -> None:
    assert led("University of Slate Police Dept", "IL", CAMPUS, ()) == "uncertain"


def test_a_decided_name_works_both_ways() -> None:
    """A register that still has the old name is met by the new one."""
    old = KNOWN.replace({"name": {"Rocky Flint Police Department": "Lake Chert Police Department"}})
    asked = pd.DataFrame([("Rocky Flint PD", "TN", CITY)], columns=["name", "state", "kind"])
    found = link(asked, old, DECIDED).iloc[0]
    assert (found["key"], found["score"]) == ("TN1", 98.0)
    assert found["reason"] == "name and state agree; by another name of it"


def test_a_department_s_own_name_goes_before_another_s_other_name() -> None:
    both = pd.concat(
        [
            KNOWN,
            pd.DataFrame(
                [("TN3", "Lake Chert Police Department", "TN", CITY)], columns=KNOWN.columns
            ),
        ]
    )
    asked = pd.DataFrame([("Lake Chert PD", "TN", CITY)], columns=["name", "state", "kind"])
    assert link(asked, both, DECIDED)["key"].tolist() == ["TN3"]


def test_shipped_names_are_those_of_two() -> None:
    shipped = [one for one in decisions() if one.decision == "called"]
    assert len(shipped) > 100
    assert all(one.name.casefold() != one.target.casefold() for one in shipped)
