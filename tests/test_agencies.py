"""Ids of departments: frozen, and the same whatever else stands in the list."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.agencies import IDENTITY, agencies, identified

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "departments.csv"
NO_NAMES = pd.Series(dtype="string")
ID = r"[a-z]{2}-[a-z0-9]+(?:-[a-z0-9]+)*"


def facts(*rows: dict[str, str], capture: str = "c1") -> pd.DataFrame:
    blank = dict.fromkeys(IDENTITY, "") | {
        "source": "atlas_of_surveillance",
        "sheet_id": capture,
        "programme": "neighbors_portal",
        "observed_at": "2020-10-07T00:00:00Z",
    }
    return pd.DataFrame([blank | row for row in rows])


def named(agency: str, state: str = "OH", **more: str) -> dict[str, str]:
    return {"agency": agency, "state": state, **more}


def ids(*rows: dict[str, str]) -> list[str]:
    return [str(value) for value in identified(facts(*rows))["agency_id"]]


GOLDEN = {
    ("Naperville Police Department", "IL"): "il-naperville-police",
    ("Naperville Police Dept.", "Illinois"): "il-naperville-police",
    ("NAPERVILLE PD", "il "): "il-naperville-police",
    ("St. Johns County Sheriff's Office", "FL"): "fl-saint-johns-county-sheriff",
    ("St. Johns County Sheriff\u2019s Department", "Florida"): "fl-saint-johns-county-sheriff",
    ("Saint Johns County SO", "FL"): "fl-saint-johns-county-sheriff",
    ("O'Fallon Police Department", "MO"): "mo-ofallon-police",
    ("O\u2019Fallon\u00a0Police Department\u200b", "MO"): "mo-ofallon-police",
    ("Miami-Dade Police Department", "FL"): "fl-miami-dade-police",
    ("Aurora Police Department, IL", "IL"): "il-aurora-police",
    ("Town of Madison Police Department", "WI "): "wi-town-of-madison-police",
    ("Kalamazoo Department of Public Safety", "MI"): "mi-kalamazoo-public-safety",
    ("Land O' Lakes Public Safety Department", "FL"): "fl-land-o-lakes-public-safety",
    ("Do\u00f1a Ana County Sheriff\u2019s Office", "NM"): "nm-dona-ana-county-sheriff",
    ("<script>alert(1)</script>", "OH"): "oh-script-alert-1-script",
    ('=HYPERLINK("x")', "OH"): "oh-hyperlink-x",
    ("${alert(1)}", "OH"): "oh-alert-1",
}
"""Ids already published. Whoever must change a line here renames a department for every reader."""

SAMPLE_IDS = {
    "fl-escambia-county-sheriff",
    "fl-miami-dade-police",
    "fl-miami-police",
    "fl-oviedo-city-police",
    "fl-saint-lucie-county-sheriff",
    "mi-kalamazoo-public-safety",
    "mi-kalamazoo-township-police",
    "tx-bell-county-sheriff",
    "tx-memorial-villages-police",
    "wi-madison-police",
    "wi-town-of-madison-police",
}


@pytest.mark.parametrize(("raw", "agency_id"), GOLDEN.items())
def test_ids_are_frozen(raw: tuple[str, str], agency_id: str) -> None:
    assert ids(named(*raw)) == [agency_id]


def test_ids_of_the_sample_are_frozen() -> None:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = [named(row["agency"], row["state"]) for row in csv.DictReader(file)]
    found = set(ids(*rows))
    assert found >= SAMPLE_IDS
    assert len(found) == len(rows) - 1  # Oviedo stands twice


ROWS = [named(name, state) for name, state in GOLDEN]


@settings(max_examples=10, deadline=None)
@given(st.permutations(ROWS), st.lists(st.sampled_from(ROWS), max_size=4))
def test_neither_order_nor_other_rows_change_an_id(
    shuffled: list[dict[str, str]], more: list[dict[str, str]]
) -> None:
    rows = [*shuffled, *more]
    assert ids(*rows) == [GOLDEN[row["agency"], row["state"]] for row in rows]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=20), st.sampled_from(["OH", "Ohio", "Narnia", ""]))))
def test_any_name_gets_an_id_or_a_reason(pairs: list[tuple[str, str]]) -> None:
    if not pairs:
        return
    found = identified(facts(*(named(name, state) for name, state in pairs)))
    assert (found["agency_id"].isna() == found["trouble"].notna()).all()
    assert found["agency_id"].dropna().str.fullmatch(ID).all()


MADISON = named("Madison Police Department", "WI", stated_name="Madison Police Department")
TOWN = named("Madison Police Department", "WI", stated_name="Town of Madison Police Department")


def test_a_list_that_names_two_in_its_sentences_has_two() -> None:
    assert ids(MADISON, TOWN) == ["wi-madison-police", "wi-town-of-madison-police"]
    assert ids(TOWN, MADISON) == ["wi-town-of-madison-police", "wi-madison-police"]


def test_a_date_given_twice_is_one_department() -> None:
    oviedo = named(
        "Oviedo City Police Department", "FL", stated_name="Oviedo City Police Department"
    )
    assert ids(oviedo, oviedo | {"city": "Oviedo"}) == ["fl-oviedo-city-police"] * 2


def test_one_name_in_two_counties_is_two_departments() -> None:
    rows = [
        named("Washington Township Police Department", "NJ", county=county)
        for county in ("Bergen County", "Morris County")
    ]
    assert ids(*rows) == [
        "nj-washington-township-police-bergen",
        "nj-washington-township-police-morris",
    ]


def test_one_name_in_two_states_is_two_departments() -> None:
    assert ids(
        named("Aurora Police Department", "IL"), named("Aurora Police Department", "CO")
    ) == [
        "il-aurora-police",
        "co-aurora-police",
    ]


def test_a_slip_in_another_programme_makes_no_second_department() -> None:
    """The Atlas of 2020 has Fremont CA in Alameda and, among the registries, in Alamdea County."""
    fremont = named("Fremont Police Department", "CA", county="Alameda County")
    registry = fremont | {"county": "Alamdea County", "programme": "camera_registry"}
    assert ids(fremont, registry) == ["ca-fremont-police"] * 2


def test_a_sentence_in_another_programme_makes_no_second_department() -> None:
    """Hilliard OH is a Division of Police in one list and a Police Department in a sentence."""
    ring = named("Hilliard Division of Police", stated_name="Hilliard Police Department")
    registry = named("Hilliard Division of Police", programme="camera_registry")
    assert len(set(ids(ring, registry))) == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (named("Somewhere Police Department", "Narnia"), "state not understood: 'Narnia'"),
        (named("Somewhere Police Department", ""), "state not understood: ''"),
        (named("???"), "name holds no letters"),
        (named("\u200b"), "name holds no letters"),
        (
            named("Harbour Watch", agency_type="Space Force"),
            "kind of agency not known: Space Force",
        ),
        (
            named("A Police Department", jurisdiction="Lunar"),
            "kind of jurisdiction not known: Lunar",
        ),
    ],
)
def test_what_is_not_understood_says_why(row: dict[str, str], reason: str) -> None:
    found = identified(facts(row, named("Naperville Police Department", "IL")))
    assert found["trouble"].tolist()[0] == reason
    assert pd.isna(found["agency_id"].tolist()[0])
    assert pd.isna(found["trouble"].tolist()[1])


def test_a_sheriff_is_never_police_whatever_the_column_says() -> None:
    rows = [
        named("Polk County Sheriff's Office", "FL", agency_type="Police"),
        named("Polk County Sheriff\u2019s Department", "IA", agency_type="Police"),
        named("Polk Police Department", "FL", agency_type="Sheriff"),
    ]
    assert identified(facts(*rows))["kind"].tolist() == ["sheriff", "sheriff", "police"]


def test_the_table_takes_the_commonest_spelling_and_keeps_the_others() -> None:
    rows = [
        named("Fremont PD", "CA", city="Freemont"),
        named("Fremont Police Department", "CA", city="Fremont", agency_type="Police"),
        named("Fremont Police Department", "CA", city="Fremont", jurisdiction="Municipal"),
    ]
    for order in (rows, rows[::-1]):
        table = agencies(identified(facts(*order)), NO_NAMES)
        assert len(table) == 1
        department = table.iloc[0]
        assert department["name"] == "Fremont Police Department"
        assert department["aliases"] == "Fremont PD"
        assert department["city"] == "Fremont"
        assert department["type"] == "police"
        assert department["jurisdiction"] == "municipal"


def test_of_two_places_the_one_that_can_be_found_stands() -> None:
    slip = named("Fremont Police Department", "CA", city="Freemont", county="Alamdea County")
    right = named("Fremont Police Department", "CA", city="Fremont", county="Alameda County")
    rows = pd.concat(
        [facts(slip, slip).assign(programme="camera_registry"), facts(right)], ignore_index=True
    )
    for order in (rows, rows[::-1]):
        found = agencies(
            identified(order.reset_index(drop=True)).assign(observed_at="2020"), NO_NAMES
        )
        assert len(found) == 1
        assert found.loc[0, ["city", "county"]].tolist() == ["Fremont", "Alameda County"]
        assert found.loc[0, "county_geoid"] == "06001"


def test_first_and_last_look_span_all_captures() -> None:
    early = facts(named("A Police Department")).assign(observed_at="2019-01-01T00:00:00Z")
    late = facts(named("A Police Department"), capture="c2")
    table = agencies(identified(pd.concat([late, early], ignore_index=True)), NO_NAMES)
    assert table[["first_observed", "last_observed"]].values.tolist() == [
        ["2019-01-01T00:00:00Z", "2020-10-07T00:00:00Z"]
    ]
