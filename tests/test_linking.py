"""Departments led to those that are known, or to candidates; never to another one."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from analysis.decisions import Decision
from analysis.doubts import COSTS, REASONS
from analysis.likeness import is_slip
from analysis.linking import COLUMNS, OUTCOMES, link

KNOWN = pd.DataFrame(
    [
        ("OH1", "Quarrytown Police Department", "OH", "", "Summit", "City"),
        ("OH2", "West Quarrytown Police Department", "OH", "", "Summit", "City"),
        ("OH3", "Quarry County Sheriff's Office", "OH", "", "", "County"),
        ("OH4", "Slate Township Police Department, Stark County", "OH", "", "Stark", "City"),
        ("OH5", "Slate Township Police Department, Franklin County", "OH", "", "Franklin", "City"),
        ("OH6", "Rockpile University", "OH", "", "Summit", "University or College"),
        ("OH7", "State Police: Stark County", "OH", "", "Stark", "State Police"),
        ("OH8", "Pebble Police Department", "OH", "", "Summit", "City"),
        ("OH9", "Pebble Police Department", "OH", "", "Stark", "City"),
        ("MO1", "St. Louis Police Department", "MO", "", "", "City"),
        ("MO2", "St. Louis County Police Department", "MO", "", "", "County"),
        ("TX1", "Quarrytown Police Department", "TX", "", "Travis", "City"),
        ("TX2", "Gravel County Constable Precinct 4", "TX", "", "", "Other"),
        ("TX3", "Gravel County Constable Precinct 5", "TX", "", "", "Other"),
        ("NJ1", "Marble Police Department", "NJ", "", "Ocean", "City"),
        ("NJ2", "Marble Township Police Department", "NJ", "", "Ocean", "City"),
        ("NJ3", "De Shale Police Department", "NJ", "", "Ocean", "City"),
    ],
    columns=["key", "name", "state", "place", "county", "kind"],
)


VERBATIM = pd.DataFrame(
    [
        ("OR1", "Liquor Commission: Baker County", "OR", "Baker", "Other State Agency"),
        ("OR2", "Liquor Commission: Bentno County", "OR", "Benton", "Other State Agency"),
        ("OR3", "Liquor Commission: Coos County", "OR", "Coos", "Other State Agency"),
        ("NJ1", "Quarry Township Police Department", "NJ", "Gloucester", "City"),
        ("NJ2", "Quarry Township, Middlesex County Police Department", "NJ", "Middlesex", "City"),
        ("PA1", "Marble Township Police Department", "PA", "Cambria", "City"),
        ("PA2", "Marble Township, Dauphin County", "PA", "Dauphin", "City"),
        ("PA3", "Pebble Township Police Department", "PA", "Washington", "City"),
        ("PA4", "Pebble Township Police Department, Lawrence County", "PA", "Lawrence", "City"),
        ("AL1", "Glencoe Police Department", "AL", "Etowah", "City"),
        ("AL2", "Glencoe", "AL", "", "Unknown"),
        ("UT1", "Summit County Attorney Investigations Division", "UT", "Summit", "Other"),
    ],
    columns=["key", "name", "state", "county", "kind"],
)


def asked(*rows: tuple[str, ...]) -> pd.DataFrame:
    columns = ["name", "state", "place", "county", "kind", "jurisdiction"]
    return pd.DataFrame([(*row, *[""] * (6 - len(row))) for row in rows], columns=columns)


def linked(*row: str, known: pd.DataFrame = KNOWN) -> str:
    """The key, or the outcome where there is none."""
    found = link(asked(row), known).iloc[0]
    return found["outcome"] if pd.isna(found["key"]) else found["key"]


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (("Quarrytown PD", "OH"), "OH1"),
        (("Quarrytown Police Dept", "Ohio"), "OH1"),
        (("Police Department, Quarrytown", "OH"), "OH1"),
        (("Quarrytwon Police Department", "OH"), "OH1"),
        (("QUARRYTOWN POLCIE DEPARTMNET", "OH"), "OH1"),
        (("Quarrytown", "OH", "", "", "City"), "OH1"),
        (("Quarrytown Department of Public Safety", "OH"), "OH1"),
        (("W. Quarrytown PD", "OH"), "OH2"),
        (("Quarry County SO", "OH"), "OH3"),
        (("Quarry", "OH", "", "", "County"), "OH3"),
        (("Slate Twp. Police", "OH", "", "Stark County"), "OH4"),
        (("Slate Township Police Department, Franklin County", "OH"), "OH5"),
        (("Rockpile University Police Department", "OH"), "OH6"),
        (("SP: Stark County", "OH"), "OH7"),
        (("Pebble PD", "OH", "", "Stark County"), "OH9"),
        (("St. Louis Metropolitan Police Department", "MO"), "MO1"),
        (("Saint Louis County PD", "MO"), "MO2"),
        (("Gravel County Constable Pct. 5", "TX"), "TX3"),
        (("DeShale Police Department", "NJ"), "NJ3"),
        (("Marble Twp PD", "NJ"), "NJ2"),
        (("Marble PD", "NJ"), "NJ1"),
    ],
)
def test_a_department_is_found(row: tuple[str, ...], key: str) -> None:
    assert linked(*row) == key


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (("Liquor Commission: Bentno County", "OR", "", "", "Other State Agency"), "OR2"),
        (("Summit County Attorney Investigations Division", "UT", "", "", "Other"), "UT1"),
        (("Glencoe", "AL", "", "", "Unknown"), "AL2"),
        (("Glencoe", "AL", "", "", "City"), "AL1"),
        (("Quarry Township Police Department", "NJ", "", "", "City"), "uncertain"),
        (("Quarry Township Police Department", "NJ", "", "Middlesex", "City"), "NJ2"),
        (("Marble Township Police Department", "PA", "", "", "City"), "uncertain"),
        (("Pebble Township Police Department", "PA", "", "", "City"), "uncertain"),
        (("Pebble Twp PD Finleyville", "PA", "", "", "City"), "PA3"),
    ],
)
def test_the_very_name_of_the_register_is_its_own_unless_another_has_all_of_its_words(
    row: tuple[str, ...], key: str
) -> None:
    """The last is told by its post office, which lies in Washington County."""
    assert linked(*row, known=VERBATIM) == key


@pytest.mark.parametrize(
    ("row", "without"),
    [
        (("Quarrytown Sheriff's Office", "OH"), "OH3"),
        (("East Quarrytown Police Department", "OH"), ""),
        (("Quarrytown Heights Police Department", "OH"), ""),
        (("Quarrytown Police Department", "OH"), "OH1"),
        (("Quarry County Police Department", "OH"), ""),
        (("Quarry Police Department", "OH"), ""),
        (("St. Louis Police Department", "MO"), "MO1"),
        (("St. Louis County Police Department", "MO"), "MO2"),
        (("Quarrytown Police Department", "KY"), ""),
        (("Quarrytown Police Department", "Atlantis"), ""),
        (("Pebble PD", "OH"), ""),
        (("Pebble PD", "OH", "", "Hamilton County"), ""),
        (("Slate Township Police Department", "OH"), ""),
        (("Slate Township Police Department", "OH", "", "Hamilton County"), ""),
        (("Slate Village Police Department", "OH", "", "Stark County"), ""),
        (("Gravel County Constable Precinct 6", "TX"), ""),
        (("Gravel County Constable", "TX"), ""),
        (("Quarrytown Fire Department", "OH"), ""),
        (("Quarrytown University Police", "OH"), ""),
        (("Quarrytown PD Drug Unit", "OH"), ""),
        (("Town Quarry Police Department", "OH"), ""),
        (("Police Department", "OH"), ""),
        (("", "OH"), ""),
    ],
)
def test_none_is_better_than_another(row: tuple[str, ...], without: str) -> None:
    known = KNOWN[KNOWN["key"].ne(without)]
    assert linked(*row, known=known) in ("uncertain", "none")


BODIES = pd.DataFrame(
    [
        ("NY1", "Granite Pacific Railway: Erie County", "NY", "", "Erie", "Other"),
        ("NY2", "Granite Pacific Railway: Albany County", "NY", "", "Albany", "Other"),
        (
            "WV1",
            "Department of Mineral Waters: Lewis County",
            "WV",
            "",
            "Lewis",
            "Other State Agency",
        ),
        ("WV2", "Department of Mineral Waters: Marion County", "WV", "", "", "Other State Agency"),
        ("OH1", "Rockpile University: Gravel Campus", "OH", "", "", "University or College"),
        ("OH2", "Rockpile University: Marble Campus", "OH", "", "", "University or College"),
        ("OH3", "Quarrytown Police Department", "OH", "", "", "City"),
    ],
    columns=KNOWN.columns,
)


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (("GPR: Albany County", "NY", "", "", "Other"), "NY2"),
        (("Rockpile Univ Gravel", "OH", "", "", "University or College"), "OH1"),
    ],
)
def test_a_body_is_known_by_its_initials_and_by_its_campus(row: tuple[str, ...], key: str) -> None:
    assert linked(*row, known=BODIES) == key


@pytest.mark.parametrize(
    "row",
    [
        ("Grnt Pcf Rw: Erie Cty", "NY", "", "", "Tribal"),
        ("Granite Pacific Rw", "NY", "", "", "Other"),
        ("Dept Minrl Waters Huntington", "WV", "", "", "Other State Agency"),
        ("Rockpile University", "OH", "", "", "University or College"),
        ("Quarrytown College Police", "OH", "", "", "University or College"),
        ("Qrrytwn Police", "OH", "", "", "City"),
    ],
)
def test_a_body_is_no_other_and_a_city_is_never_abbreviated(row: tuple[str, ...]) -> None:
    assert linked(*row, known=BODIES) in ("uncertain", "none")


def test_near_names_of_real_places_are_never_slips() -> None:
    assert is_slip("cincinatti", "cincinnati", "OH")
    assert is_slip("quarysboro", "quarrysborough", "OH")
    assert not is_slip("eastchester", "westchester", "NY")
    assert not is_slip("university of south gravel", "university of north gravel", "FL")
    assert not is_slip("dayton", "daytona", "OH")
    assert not is_slip("district 12", "district 13", "OH")
    assert not is_slip("portland", "cortland", "NY")


def test_every_link_says_why() -> None:
    found = link(asked(("Quarrytwon PD", "OH"), ("Pebble PD", "OH"), ("Gneiss PD", "OH")), KNOWN)
    assert found["outcome"].tolist() == ["linked", "uncertain", "none"]
    assert found["reason"].iloc[0].startswith("name and state agree; " + REASONS["unlike"])
    assert found["reason"].iloc[1] == "2 departments come equally near"
    assert found["reason"].iloc[2] == "no department of that kind in OH has a name near 'gneiss'"
    assert [key for key, *_ in found["candidates"].iloc[1]] == ["OH8", "OH9"]
    assert found["candidates"].iloc[2] == []
    assert set(COSTS) == set(REASONS)


def test_a_county_that_differs_is_told_to_a_person() -> None:
    found = link(asked(("Quarrytown PD", "OH", "", "Hamilton County")), KNOWN).iloc[0]
    assert found["outcome"] == "uncertain"
    assert "too much speaks against Quarrytown Police Department: " in found["reason"]
    assert found["reason"].endswith(REASONS["county"])
    assert found["candidates"] == [("OH1", "Quarrytown Police Department", found["score"])]


def test_only_the_county_parts_two_of_one_name() -> None:
    """The one whose county is not known is not taken because another's differs."""
    known = KNOWN[KNOWN["key"].isin(["OH8", "OH9"])].copy()
    known.loc[known["key"].eq("OH9"), "county"] = ""
    assert linked("Pebble PD", "OH", "", "Hamilton County", known=known) == "uncertain"
    assert linked("Pebble PD", "OH", "", "Summit County", known=known) in ("OH8", "uncertain")


def decided(kind: str, name: str, target: str, place: str = "", county: str = "") -> Decision:
    return Decision(kind, "OH", name, place, county, target, "somebody knows", "2026-11-23", "test")


def test_a_decision_always_wins() -> None:
    same = decided("same", "Quarrytown PD", "OH2")
    found = link(asked(("Quarrytown P.D.", "OH"), ("Quarrytown PD", "TX")), KNOWN, [same])
    assert found["key"].tolist() == ["OH2", "TX1"]
    assert found["score"].iloc[0] == 100
    assert found["reason"].iloc[0] == "decided on 2026-11-23: somebody knows"
    never = link(
        asked(("Quarrytown PD", "OH")), KNOWN, [decided("not_same", "Quarrytown PD", "OH1")]
    )
    assert never["key"].isna().all()
    assert "OH1" not in str(never["candidates"].iloc[0])


def test_a_decision_is_narrowed_by_place_and_county() -> None:
    narrow = [decided("same", "Pebble PD", "OH9", county="Stark County", place="Pebble")]
    rows = asked(("Pebble PD", "OH", "Pebble", "Stark County"), ("Pebble PD", "OH", "Pebble"))
    assert link(rows, KNOWN, narrow)["outcome"].tolist() == ["linked", "uncertain"]


def test_a_decision_about_another_register_says_nothing() -> None:
    other = [decided("same", "Quarrytown PD", "oh-quarrytown-police")]
    assert link(asked(("Quarrytown PD", "OH")), KNOWN, other)["key"].tolist() == ["OH1"]


def test_an_alias_is_read_as_the_full_name_and_says_so() -> None:
    alias = [decided("alias", "QPD", "Quarrytown Police Department")]
    found = link(asked(("QPD", "OH"), ("QPD", "TX")), KNOWN, alias)
    assert found["key"].fillna("").tolist() == ["OH1", ""]
    assert "read as Quarrytown Police Department: somebody knows" in found["reason"].iloc[0]


def test_a_county_decision_puts_a_county_right() -> None:
    county = [decided("county", "", "39153", county="Sumit County")]
    row = asked(("Pebble PD", "OH", "", "Sumit County"))
    assert link(row, KNOWN)["outcome"].tolist() == ["uncertain"]
    assert link(row, KNOWN, county)["key"].tolist() == ["OH8"]


def test_an_alias_of_a_known_department_is_one_of_its_names() -> None:
    known = KNOWN.assign(aliases="")
    known.loc[0, "aliases"] = "Granite Police Department | Basalt Police Department"
    assert linked("Basalt PD", "OH", known=known) == "OH1"
    assert linked("Basalt PD", "OH") in ("none", "uncertain")


def test_two_known_of_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="the key 'OH1'"):
        link(asked(("Quarrytown PD", "OH")), pd.concat([KNOWN, KNOWN[:1]]))


@pytest.mark.parametrize("known", [KNOWN, KNOWN[:0]])
def test_nothing_asked_or_known_is_no_failure(known: pd.DataFrame) -> None:
    assert link(asked(), known).columns.tolist() == COLUMNS
    found = link(asked(("Quarrytown PD", "OH")), known[:0])
    assert found["outcome"].tolist() == ["none"]


NAMES = st.sampled_from(list(KNOWN["name"]))
CHANGES = st.sampled_from(
    ["{}", "{} PD", "West {}", "{}x", "Town of {}", "{}, Stark County", "\u200b{}"]
)
QUICK = settings(max_examples=12, phases=[Phase.explicit, Phase.reuse, Phase.generate])
ROWS = st.tuples(
    st.builds(lambda name, change: change.format(name), NAMES, CHANGES),
    st.sampled_from(["OH", "TX", "NJ", "MO", "ZZ"]),
    st.just(""),
    st.sampled_from(["", "Stark County", "Summit County", "Nowhere County"]),
    st.sampled_from(["", "Police", "Sheriff", "County"]),
)


@given(st.lists(ROWS, min_size=1, max_size=8), st.randoms(use_true_random=False))
@QUICK
def test_neither_order_nor_company_changes_a_decision(rows: list[tuple[str, ...]], random) -> None:  # type: ignore[no-untyped-def]
    frame = asked(*rows)
    found = link(frame, KNOWN)
    assert set(found["outcome"]) <= set(OUTCOMES)
    assert (found["key"].notna() == found["outcome"].eq("linked")).all()
    order = list(range(len(frame)))
    random.shuffle(order)
    unrelated = pd.DataFrame(
        [
            (f"XX{number}", name, state, "", "", "City")
            for number, (name, state) in enumerate(
                [("Zyzzyx Police Department", "OH"), ("Quarrytown Police Department", "WY")]
            )
        ],
        columns=KNOWN.columns,
    )
    wider = pd.concat([unrelated, KNOWN.iloc[::-1]], ignore_index=True)
    again = link(frame.iloc[order], wider).sort_index()
    pd.testing.assert_frame_equal(found, again)
    pd.testing.assert_frame_equal(found.iloc[:1], link(frame.iloc[:1], KNOWN))


@given(ROWS)
@QUICK
def test_a_link_stays_in_its_state(row: tuple[str, ...]) -> None:
    found = link(asked(row), KNOWN).iloc[0]
    states = dict(zip(KNOWN["key"], KNOWN["state"], strict=True))
    assert all(states[key] == row[1] for key, *_ in found["candidates"])


def test_every_known_name_leads_home() -> None:
    home = link(KNOWN, KNOWN)
    told = home["key"].fillna("").eq(KNOWN["key"]) | home["outcome"].ne("linked")
    assert told.all()
    assert home["outcome"].eq("linked").sum() >= len(KNOWN) - 2
