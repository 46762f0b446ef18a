"""Names: hostile text in, comparable text out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import names
from analysis.states import STATES
from analysis.tables import AGENCY_TYPES, JURISDICTIONS

ANY_TEXT = st.text(alphabet=st.characters(categories=None), max_size=40)
AWKWARD = st.text(
    alphabet=st.sampled_from(list("St. sSo,;()/&-'countyCITYprecn\n\t012"))
    | st.sampled_from(
        "\u200b\u200e\ufeff\u00a0\u2019\u2212\u0301\u0130\ud800\u00df\u1e9e\u00bd\u2003"
    ),
    max_size=40,
)
TEXTS = st.lists(ANY_TEXT | AWKWARD | st.none(), max_size=5)


def series(*texts: str | None) -> pd.Series:
    return pd.Series(list(texts), dtype=object)


def one(change: Callable[[pd.Series], pd.Series], text: str | None) -> str | None:
    value = change(series(text)).iloc[0]
    return None if pd.isna(value) else str(value)


@pytest.mark.parametrize(
    ("raw", "tidied"),
    [
        ("\u200bBloomington  Police\u00a0Department ", "Bloomington Police Department"),
        ("\ufeffSheriff\u2019s Office", "Sheriff's Office"),
        ("Minneapolis\u2212Saint Paul", "Minneapolis-Saint Paul"),
        ("\u200eLehigh\u200e County", "Lehigh County"),
        ("Do\u006e\u0303a Ana", "Do\u00f1a Ana"),
        ("O'Fallon", "O'Fallon"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a\ud800b\x00c\td", "abc d"),
        (" \u200b\u00a0", None),
        ("", None),
        (None, None),
    ],
)
def test_tidy(raw: str | None, tidied: str | None) -> None:
    assert one(names.tidy, raw) == tidied


@pytest.mark.parametrize(
    ("one_name", "other_name"),
    [
        ("St. Louis", "SAINT LOUIS"),
        ("Ft. Lauderdale PD", "Fort Lauderdale Police Dept."),
        ("Mt Pleasant", "Mount Pleasant"),
        ("Do\u00f1a Ana", "Dona Ana"),
        ("Land-O-Lakes", "Land O' Lakes"),
        ("Town & Country", "Town and Country"),
        ("Bell County Sheriff\u2019s Department", "Bell County Sheriff's Office"),
        ("Polk County SO", "Polk County Sheriffs Office"),
        ("Wall Twp. Police", "Wall Township Police"),
        ("N. Miami", "North Miami"),
    ],
)
def test_fold_joins(one_name: str, other_name: str) -> None:
    assert one(names.fold, one_name) == one(names.fold, other_name)


@pytest.mark.parametrize(
    ("one_name", "other_name"),
    [
        ("St. Louis County Police Department", "St. Louis Police Department"),
        ("Greenfield", "West Greenfield"),
        ("Kalamazoo Township", "Kalamazoo"),
        ("Town of Madison Police Department", "Madison Police Department"),
        ("Marshall", "Marshal"),
    ],
)
def test_fold_keeps_apart(one_name: str, other_name: str) -> None:
    assert one(names.fold, one_name) != one(names.fold, other_name)


@settings(deadline=None)
@given(TEXTS)
def test_tidy_and_fold_are_whole(texts: list[str | None]) -> None:
    raw = pd.Series(texts, dtype=object, index=range(7, 7 + len(texts)))
    tidied, folded = names.tidy(raw), names.fold(raw)
    pd.testing.assert_series_equal(names.tidy(tidied), tidied)
    pd.testing.assert_series_equal(names.fold(folded), folded)
    pd.testing.assert_series_equal(names.fold(tidied), folded)
    for text in tidied.dropna():
        assert text == " ".join(text.split())
        assert unicodedata.is_normalized("NFC", text)
        assert not {unicodedata.category(c) for c in text} & {"Cc", "Cf", "Cs"}
    for text in folded.dropna():
        assert all(c.isalnum() or c == " " for c in text)


@settings(deadline=None)
@given(TEXTS)
def test_nothing_raises_and_the_index_stays(texts: list[str | None]) -> None:
    raw = pd.Series(texts, dtype=object, index=[f"row {i}" for i in range(len(texts))])
    assert set(names.state_codes(raw).dropna()) <= set(STATES)
    assert set(names.agency_type(raw, raw[::-1]).dropna()) <= set(AGENCY_TYPES)
    assert set(names.jurisdiction(raw, raw, raw).dropna()) <= set(JURISDICTIONS)
    for change in (names.counties, names.county_in_name, names.state_codes):
        assert list(change(raw).index) == list(raw.index)
    listed = names.counties(raw)
    pd.testing.assert_series_equal(names.counties(listed), listed)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("WI ", "WI"),
        ("wi", "WI"),
        ("Kentucky", "KY"),
        ("N. Carolina", "NC"),
        ("N.\u00a0C.", None),
        ("N.C.", "NC"),
        ("W. Va.", "WV"),
        ("D.C.", "DC"),
        ("Washington, D.C.", "DC"),
        ("Puerto Rico", "PR"),
        ("U.S. Virgin Islands", "VI"),
        ("Alaska\u200e", "AK"),
        ("NA", None),
        ("Ontario", None),
        ("Georgia, Tbilisi", None),
        ("Carolina", None),
        (None, None),
    ],
)
def test_state_codes(raw: str | None, code: str | None) -> None:
    assert one(names.state_codes, raw) == code


def test_every_state_is_known_by_code_and_name_and_no_form_means_two() -> None:
    forms = [(form, code) for code, s in STATES.items() for form in (code, s.name, *s.also)]
    codes = names.state_codes(series(*(form for form, _ in forms)))
    assert codes.tolist() == [code for _, code in forms]
    assert len(STATES) == 56
    assert len({state.fips for state in STATES.values()}) == 56


@pytest.mark.parametrize(
    ("cell", "listed"),
    [
        (
            "\u200eMontgomery County, \u200eFort Bend County\u200e",
            "Montgomery County; Fort Bend County",
        ),
        ("Adams County and Jefferson County", "Adams County; Jefferson County"),
        ("Lewis and Clark County", "Lewis and Clark County"),
        ("King and Queen County", "King and Queen County"),
        ("Norfolk (city) County", "Norfolk city"),
        ("Vicksburg(CITY) County", "Vicksburg city"),
        ("Saint Louis County", "Saint Louis County"),
        ("Portage County ", "Portage County"),
        ("Lee County, Lee County", "Lee County"),
        ("Cook County, #N/A", "Cook County"),
        ("#N/A", None),
        ("unknown", None),
        (" , ", None),
        (None, None),
    ],
)
def test_counties(cell: str | None, listed: str | None) -> None:
    assert one(names.counties, cell) == listed


@pytest.mark.parametrize(
    ("name", "county"),
    [
        ("Ventura County Sheriff\u2019s Office", "Ventura County"),
        ("Prince George's County Police Department", "Prince George's County"),
        ("East Baton Rouge Parish Sheriff's Office", "East Baton Rouge Parish"),
        ("Greenfield Police Department", None),
        ("Countyline Police Department", None),
        ("Ventura County", None),
        ("County Police", None),
    ],
)
def test_county_in_name(name: str, county: str | None) -> None:
    assert one(names.county_in_name, name) == county


@pytest.mark.parametrize(
    ("name", "raw", "kind"),
    [
        ("Greenfield Police Department", None, "police"),
        ("Columbus Division of Police", "", "police"),
        ("Somewhere PD", None, "police"),
        ("Xavier County Sherif", None, "sheriff"),
        ("St. Johns County Sheriff's Office", "Police", "sheriff"),
        ("Milaca Police Department", "Sheriff", "police"),
        ("Kalamazoo Department of Public Safety", "Police", "public_safety"),
        ("Texas Department of Public Safety", "State Police", "state_police"),
        ("Washington State Patrol", None, "state_police"),
        ("Harris County Constable Precinct 4", None, "constable"),
        ("Monmouth County Prosecutor's Office", "Prosecutor", "prosecutor"),
        ("Westchester County District Attorney", None, "prosecutor"),
        ("DeKalb County Marshal's Office", None, "marshal"),
        ("Marshall Police Department", None, "police"),
        ("College Station Police Department", "Police", "police"),
        ("University Park Police Department", "Police", "police"),
        ("Rice University Police Department", "Police", "campus_police"),
        ("El Paso ISD Police Department", None, "campus_police"),
        ("Egg Harbor Police Department", "Police", "police"),
        ("Port Orange Police Department", None, "police"),
        ("Port of Los Angeles Police Department", None, "transit_police"),
        ("Tampa International Airport Police", None, "transit_police"),
        ("U.S. Customs and Border Protection - Boston Logan Airport", "DHS", "other"),
        ("Indian River Shores Public Safety Department", None, "public_safety"),
        ("Indian Wells Police Department", None, "police"),
        ("Osage Nation Police Department", "Police", "tribal_police"),
        ("Oak Hill Fire Rescue", None, "fire"),
        ("Springfield Police and Fire Department", None, "public_safety"),
        ("Bureau of Motor Vehicles", "DMV", "other"),
        ("Zork", "state agency", "other"),
        ("Zork", "#N/A", "unknown"),
        ("Zork", None, "unknown"),
        ("Zork", "Wizards", None),
        ("Aberdeen Police Department", "Municipal", "police"),
    ],
)
def test_agency_type(name: str, raw: str | None, kind: str | None) -> None:
    found = names.agency_type(series(name), series(raw)).iloc[0]
    assert (None if pd.isna(found) else found) == kind


@pytest.mark.parametrize(
    ("name", "raw_type", "raw", "area"),
    [
        ("Greenfield Police Department", "Police", "Municipal", "municipal"),
        ("Greenfield Police Department", "Police", "", "unknown"),
        ("Miami-Dade Police Department", None, None, "unknown"),
        ("Town of Madison Police Department", None, None, "municipal"),
        ("Ventura County Sheriff's Office", None, None, "county"),
        ("Carson City Sheriff's Office", None, None, "county"),
        ("Bossier Parish Sheriff's Office", None, None, "parish"),
        ("Bossier Parish Sheriff's Office", "Sheriff", "County", "county"),
        ("Los Gatos-Monte Sereno Police Department", "Police", "Cross-jurisdictional", "regional"),
        ("District Police", "Police", "School ", "school_district"),
        ("Rice University Police Department", None, None, "university"),
        ("Office of the Sheriff", "Sheriff", None, "county"),
        ("Zork", "Highway Patrol", None, "state"),
        ("Zork", None, "Galactic", None),
    ],
)
def test_jurisdiction(name: str, raw_type: str | None, raw: str | None, area: str | None) -> None:
    found = names.jurisdiction(series(name), series(raw_type), series(raw)).iloc[0]
    assert (None if pd.isna(found) else found) == area


def test_the_tables_of_raw_values_name_only_published_kinds_and_each_value_once() -> None:
    for raws, kinds in (
        (names.RAW_TYPES, AGENCY_TYPES),
        (names.RAW_JURISDICTIONS, JURISDICTIONS),
    ):
        assert set(raws) <= set(kinds)
        values = ", ".join(raws.values()).split(", ")
        assert sorted(set(values)) == sorted(values)
    assert {kind for kind, _ in names.TYPE_IN_NAME} <= set(AGENCY_TYPES)
    assert {kind for kind, _ in names.JURISDICTION_IN_NAME} <= set(JURISDICTIONS)


@pytest.mark.real
def test_real_atlas(real: Path) -> None:
    atlas = pd.read_csv(real / "atlas" / "atlas-2020-10-07.csv", dtype=str, keep_default_na=False)
    kinds = names.agency_type(atlas["Agency"], atlas["Type of LEA"])
    areas = names.jurisdiction(atlas["Agency"], atlas["Type of LEA"], atlas["Type of Juris"])
    states = names.state_codes(atlas["State"])
    assert kinds.notna().all()
    assert atlas.loc[areas.isna(), "Type of Juris"].tolist() == ["Police"]
    assert atlas.loc[states.isna(), "State"].tolist() == ["NA"]
    ring = atlas["Technology"].eq("Ring/Neighbors Partnership")
    assert ring.sum() == 1501
    assert states[ring].nunique() == 47
    assert areas[ring].value_counts().to_dict() == {
        "municipal": 1264,
        "county": 231,
        "parish": 4,
        "regional": 2,
    }
    assert set(kinds[ring]) == {
        "police",
        "sheriff",
        "public_safety",
        "constable",
        "prosecutor",
    }
    assert (kinds[ring] == "sheriff").sum() == 208
