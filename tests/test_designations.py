"""Names of departments read into their parts."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.designations import FBI_TYPES, PARTS, Designation, designations, read
from analysis.designators import FORMS
from analysis.gazetteer import is_beside, is_county, is_place
from analysis.names import fold
from analysis.tables import AGENCY_TYPES, JURISDICTIONS


@pytest.mark.parametrize(
    ("name", "core", "kind", "form"),
    [
        ("Quarrytown Police Department", "quarrytown", "police", ""),
        ("Quarrytown PD", "quarrytown", "police", ""),
        ("QUARRYTOWN P.D.", "quarrytown", "police", ""),
        ("Quarrytown Police Dept.", "quarrytown", "police", ""),
        ("Quarrytown Polcie Departmnet", "quarrytown", "police", ""),
        ("Police Department, Quarrytown", "quarrytown", "police", ""),
        ("Quarrytown Police Department Quarrytown", "quarrytown", "police", ""),
        ("Department of Police of the City of Quarrytown", "quarrytown", "police", "city"),
        ("Quarrytown (City) Police Department", "quarrytown", "police", "city"),
        ("Quarrytown Dept. of Public Safety", "quarrytown", "public_safety", ""),
        ("Quarrytown DPS", "quarrytown", "public_safety", ""),
        ("Quarry County Sheriff's Office", "quarry", "sheriff", "county"),
        ("Quarry County Sheriff\u2019s Dept", "quarry", "sheriff", "county"),
        ("Quarry Co. SO", "quarry", "sheriff", "county"),
        ("Quarry Cnty Sherrif", "quarry", "sheriff", "county"),
        ("Office of the Sheriff, Quarry County", "quarry", "sheriff", "county"),
        ("Sheriff of Quarry County", "quarry", "sheriff", "county"),
        ("Quarry Parish Sheriff's Office", "quarry", "sheriff", "parish"),
        ("Quarry County Police Department", "quarry", "police", "county"),
        ("City and County of Quarry Police Department", "quarry", "police", "city and county"),
        ("Quarrytown Metropolitan Police Department", "quarrytown", "police", "metro"),
        ("Upper Quarry Regional Police Department", "upper quarry", "police", "regional"),
        ("Quarry Township Police", "quarry", "police", "township"),
        ("Quarry Twp. PD", "quarry", "police", "township"),
        ("Charter Township of Quarry Police", "quarry", "police", "charter township"),
        ("Quarry Charter Township Police", "quarry", "police", "charter township"),
        ("Town of Quarry PD", "quarry", "police", "town"),
        ("Borough of Quarry Police Department", "quarry", "police", "borough"),
        ("Quarry Boro PD", "quarry", "police", "borough"),
        ("Village of Quarry Police Department", "quarry", "police", "village"),
        ("Quarry Town and Village Police Department", "quarry", "police", "town and village"),
        ("Quarry County Constable Precinct 4", "quarry", "constable", "county"),
        ("Quarrytown Marshal's Office", "quarrytown", "marshal", ""),
        ("Marshall Police Department", "marshall", "police", ""),
        ("Quarrytown Fire Department", "quarrytown fire department", "fire", ""),
        ("Quarry County District Attorney's Office", "quarry", "prosecutor", "county"),
        ("St. Quarry PD", "saint quarry", "police", ""),
        ("Mt. Quarry PD", "mount quarry", "police", ""),
        ("Ft. Quarry PD", "fort quarry", "police", ""),
        ("Rockpile University Police", "rockpile university", "campus_police", ""),
        (
            "Quarrytown ISD Police Department",
            "quarrytown independent school district",
            "campus_police",
            "",
        ),
        ("Quarrytown International Airport Police", None, "transit_police", ""),
        ("Port of Quarrytown Police", "port of quarrytown", "transit_police", ""),
        ("Quarrytown Transit Police", "quarrytown transit", "transit_police", ""),
        ("Rockpile Nation Tribal Police", "rockpile nation tribal", "tribal_police", ""),
        ("Quarrytown", "quarrytown", "", ""),
    ],
)
def test_a_name_is_read(name: str, core: str | None, kind: str, form: str) -> None:
    found = read(name)
    assert (found.kind, found.form) == (kind, form)
    assert core is None or found.core == core


def test_number_place_and_county_are_told_apart() -> None:
    assert read("Quarry County Constable Pct. 4", "TX").number == "4"
    assert read("Slate Village PD Rockpile", "NY").place == "rockpile"
    assert read("Slate Township Police Department, Quarry County", "OH").county == "quarry"
    assert read("Slate Township, Quarry County Police Department", "NJ").county == "quarry"
    assert read("State Police: Quarry County", "VA") == Designation(
        "", "state_police", "state", county="quarry", state="VA"
    )
    assert read("Northern Regional Police Department of Quarry County", "PA").county == "quarry"


def test_a_state_at_the_end_is_the_state_and_no_part_of_the_name() -> None:
    assert read("Quarrytown Police Department, OH") == read("Quarrytown Police Department", "OH")
    assert read("Quarrytown Police Department, Ohio").state == "OH"
    assert read("Police Department, New York", "NY").core == "new york"


def test_names_of_places_keep_their_last_word() -> None:
    assert read("Garden City Police Department", "NY").core == "garden city"
    assert read("State College Police Department", "PA").kind == "police"
    assert read("State College Police Department", "PA").core == "state college"
    assert read("James City County Police Department", "VA").core == "james city"


def test_a_state_s_public_safety_is_its_police() -> None:
    assert read("Texas Department of Public Safety", "TX").kind == "state_police"
    assert read("Texas City Department of Public Safety", "TX").kind == "public_safety"


def test_the_kinds_and_areas_are_the_published_ones() -> None:
    assert {kind for kind, _ in FBI_TYPES.values()} <= set(AGENCY_TYPES)
    assert {area for _, area in FBI_TYPES.values()} <= set(JURISDICTIONS)
    assert set(FORMS.values()) - {""} <= set(JURISDICTIONS)


def test_the_shipped_lists_tell_places_counties_and_neighbours() -> None:
    assert is_place("garden city", "NY")
    assert not is_place("garden city", "AK")
    assert is_county("saint louis", "MO")
    assert not is_county("quarry", "MO")
    assert is_beside("39153", "39133")  # Summit and Portage
    assert not is_beside("39153", "39061")  # Summit and Hamilton
    assert not is_beside("39153", "00000")


WORDS = st.sampled_from(
    [
        *("Quarry", "Slate", "St.", "Police", "Department", "County", "Sheriff's", "Office", "of"),
        *(
            "Township",
            "Town",
            "City",
            "Village",
            ",",
            ":",
            "-",
            "PD",
            "4",
            "Precinct",
            "University",
        ),
        *("State", "Fire", "Ohio", "OH", "so", "Co", "the", "\u200b", "Ma\u00f1ana", "Marshal"),
    ]
)


@given(st.lists(WORDS, max_size=8).map(" ".join), st.sampled_from(["", "OH", "TX", "XX"]))
@settings(max_examples=150)
def test_any_name_is_read_the_same_alone_and_among_others(name: str, state: str) -> None:
    among = designations(
        pd.Series(["Slate Police Department", name, "Polcie"], index=[7, 7, 3]),
        pd.Series(["OH", state, "TX"], index=[7, 7, 3]),
    )
    assert list(among.index) == [7, 7, 3]
    assert list(among.columns) == PARTS
    found = Designation(*among.iloc[1])
    assert found == read(name, state)
    assert found.kind in {"", *AGENCY_TYPES}
    assert found.area in {"", *JURISDICTIONS}
    told = fold(pd.Series([found.core])).fillna("").iloc[0].split()
    assert told or found.kind == "state_police" or not name.strip(" ,:-\u200b")


@given(st.text(max_size=60))
@settings(max_examples=150)
def test_no_text_breaks_the_reading(name: str) -> None:
    assert isinstance(read(name, "OH"), Designation)


def test_missing_names_and_states_are_empty() -> None:
    found = designations(pd.Series([None, "Slate PD"]), pd.Series([None, None]))
    assert found["core"].tolist() == ["", "slate"]
    assert found["state"].tolist() == ["", ""]
