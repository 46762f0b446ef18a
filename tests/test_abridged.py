"""Abridged names of bodies led to the body they abridge, and to no other."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from analysis.bodies import alike, body, short_for, with_town
from analysis.doubts import REASONS
from analysis.linking import link

STATE, POLICE, OTHER = "Other State Agency", "State Police", "Other"
CAMPUS, TRIBAL = "University or College", "Tribal"
COLUMNS = ["key", "name", "state", "county", "kind"]
KNOWN = pd.DataFrame(
    [
        ("CA1", "Highway Patrol: Merced County", "CA", "Merced", POLICE),
        ("CA2", "Highway Patrol: Fresno County", "CA", "Fresno", POLICE),
        ("CA3", "Fresno State Police", "CA", "Fresno", POLICE),
        ("WV1", "Department of Mineral Waters: Lewis County", "WV", "Lewis", STATE),
        ("WV2", "Department of Mineral Waters: Marion County", "WV", "Marion", STATE),
        ("IL1", "State Police: District 5", "IL", "Will", POLICE),
        ("IL2", "State Police: District 15", "IL", "DuPage", POLICE),
        ("PA1", "State Park Rangers: Quarry Hollow", "PA", "Bucks", STATE),
        ("PA2", "State Park Rangers: Slate Hollow", "PA", "Bucks", STATE),
        ("PA3", "Gneissburg University", "PA", "Bucks", CAMPUS),
        ("TN1", "Drug Task Force: 27th Judicial District", "TN", "", OTHER),
        ("TN2", "Drug Task Force: 7th Judicial District", "TN", "", OTHER),
        ("TN3", "Marble State University", "TN", "Davidson", CAMPUS),
        ("TN4", "Marble University", "TN", "Davidson", CAMPUS),
        ("NY1", "Granite Pacific Railway: Erie County", "NY", "Erie", OTHER),
        ("NY2", "Granite Pacific Railway: Albany County", "NY", "Albany", OTHER),
        ("NY3", "Basalt Narcotics Task Force", "NY", "Erie", OTHER),
        ("NY4", "Basalt Narcotics Task Force Albany", "NY", "Albany", OTHER),
        ("OK1", "Feldspar River Agency", "OK", "", TRIBAL),
        ("OK2", "Feldspar River Tribal", "OK", "", TRIBAL),
        ("OK3", "Feldspar County Sheriff's Office", "OK", "", "County"),
        ("OK4", "Feldspar Police Department", "OK", "", "City"),
        ("KY1", "Hardin County Constable District 5", "KY", "Hardin", OTHER),
        ("PA4", "State Park Rangers: Theodore Q. Quarry", "PA", "Bucks", STATE),
        ("MN1", "State Patrol: Brainerd", "MN", "Crow Wing", POLICE),
        ("MN2", "Minnesota State Patrol", "MN", "", POLICE),
        ("OR1", "Agate Waters Agency: Region 4", "OR", "Linn", STATE),
        ("OR2", "Agate Waters Agency: Region 1", "OR", "Multnomah", STATE),
        ("KS1", "Chert Valley School District", "KS", "Johnson", OTHER),
        ("NV1", "Feldspar Lake Tribal", "NV", "", TRIBAL),
        ("NY5", "State University of New York College: Oswego", "NY", "Oswego", CAMPUS),
    ],
    columns=COLUMNS,
)


def led(name: str, state: str, kind: str, known: pd.DataFrame = KNOWN) -> str:
    found = link(pd.DataFrame([(name, state, kind)], columns=["name", "state", "kind"]), known)
    return found["outcome"].iloc[0] if pd.isna(found["key"].iloc[0]) else found["key"].iloc[0]


@pytest.mark.parametrize(
    ("name", "state", "kind", "key"),
    [
        ("Chp Merced", "CA", POLICE, "CA1"),
        ("Chp Los Banos", "CA", POLICE, "CA1"),
        ("Law Enf Div Dept Minrl Waters Weston", "WV", STATE, "WV1"),
        ("Wv Dept Mineral Wtrs Div Fairmont", "WV", STATE, "WV2"),
        ("Dept Sp Div St Troopers Dist 5 Joliet", "IL", POLICE, "IL1"),
        ("Park Ranger Quarry Hollow State Park", "PA", STATE, "PA1"),
        ("St Pk Rngrs Slate Hollow St Pk", "PA", STATE, "PA2"),
        ("Gneissburg University Of Pennsylvania Police", "PA", CAMPUS, "PA3"),
        ("Twenty-Seventh Jud Dist Dtf", "TN", OTHER, "TN1"),
        ("Seventh Dist Drug Tsk Frc", "TN", OTHER, "TN2"),
        ("Marble St U Dept Pub Safety Nashville", "TN", CAMPUS, "TN3"),
        ("Grnt Pcf Rw: Erie Cty", "NY", OTHER, "NY1"),
        ("Basalt Narc Tf Buffalo", "NY", OTHER, "NY3"),
        ("Bu Ind Aff Law Enf Feldspar River Agcy", "OK", TRIBAL, "OK1"),
        ("Dps-Sp District 2800 Brainerd", "MN", POLICE, "MN1"),
        ("Sp Hdqtrs St Paul", "MN", POLICE, "MN2"),
        ("Agate Waters Agency Albany", "OR", STATE, "OR1"),
        ("Dept Minrl Waters Quiet Creek Weston", "WV", STATE, "WV1"),
        ("Basalt Narcotcs Task Force", "NY", OTHER, "NY3"),
        ("Basalt Narc Tf Cheektow", "NY", OTHER, "NY3"),
        ("Chert Valley Usd #229 Police Department", "KS", OTHER, "KS1"),
        ("Feldspar Lake Paiute-Shoshone Tribal Police Department", "NV", TRIBAL, "NV1"),
        ("Constable's Office District 5 Vine Grove", "KY", OTHER, "KY1"),
        ("T Q Quarry State Park Rangers", "PA", STATE, "PA4"),
        ("Suny Oswego Police", "NY", CAMPUS, "NY5"),
        ("Oswego State University Police", "NY", CAMPUS, "NY5"),
    ],
)
def test_an_abridged_name_is_led_to_its_body(name: str, state: str, kind: str, key: str) -> None:
    assert led(name, state, kind) == key


@pytest.mark.parametrize(
    ("name", "state", "kind", "without"),
    [
        ("Constable", "KY", OTHER, ""),  # a kind alone is no name
        ("Constable's Office District 4 Vine Grove", "KY", OTHER, ""),
        ("Dps-Sp District 2800", "MN", POLICE, ""),  # a district is not the whole patrol
        ("Agate Waters Agency Medford", "OR", STATE, ""),  # in the county of neither region
        ("Dept Minrl Waters Quiet Creek", "WV", STATE, ""),  # no town tells which county is meant
        ("Suny Oswego Medical Center Police", "NY", CAMPUS, ""),
        ("Chp Stockton", "CA", POLICE, ""),  # the town lies in no known body's county
        ("Chp Turnpike Station Merced", "CA", POLICE, ""),  # a word that nothing explains
        ("Chp Fresno", "CA", POLICE, "CA2"),  # a patrol is no state police
        ("Dept Minrl Waters Huntington", "WV", STATE, ""),
        ("Dept Mineral Waters", "WV", STATE, ""),  # of which county?
        ("Dept Natrl Waters Weston", "WV", STATE, ""),
        ("Dept Sp Div St Troopers Dist 6 Joliet", "IL", POLICE, ""),
        ("Park Ranger Quarry State Park", "PA", STATE, ""),
        ("Twenty-Eighth Jud Dist Dtf", "TN", OTHER, ""),
        ("Marble St U Dept Pub Safety Nashville", "TN", CAMPUS, "TN3"),
        ("Marble Univ Pub Safety Dept Memphis", "TN", CAMPUS, "TN3"),
        ("Grnt Pcf Rw", "NY", OTHER, ""),
        ("Grnt Pcf Rw: Erie Cty", "NY", TRIBAL, ""),
        ("Basalt Narc Tf Rochester", "NY", OTHER, ""),
        ("Feldspr River Rngrs", "OK", "City", ""),  # a city's name is never abridged
        ("Fldspr Co So", "OK", "County", ""),
    ],
)
def test_none_is_better_than_another(name: str, state: str, kind: str, without: str) -> None:
    assert led(name, state, kind, KNOWN[KNOWN["key"].ne(without)]) in ("uncertain", "none")


def test_two_that_fit_equally_go_to_a_person() -> None:
    twice = pd.concat([KNOWN, KNOWN[KNOWN["key"].eq("CA1")].assign(key="CA9")])
    assert led("Chp Merced", "CA", POLICE, twice) == "uncertain"


def test_the_very_name_wins() -> None:
    short = pd.DataFrame([("WV9", "Dept Minrl Waters Weston", "WV", "", STATE)], columns=COLUMNS)
    assert led("Dept Minrl Waters Weston", "WV", STATE, pd.concat([KNOWN, short])) == "WV9"


def test_a_link_says_that_a_name_is_abridged() -> None:
    row = pd.DataFrame([("Chp Merced", "CA", POLICE)], columns=["name", "state", "kind"])
    assert REASONS["abridged"] in link(row, KNOWN)["reason"].iloc[0]


@pytest.mark.parametrize(
    ("word", "other", "short"),
    [
        ("natrl", "natural", True),
        ("crmnl", "criminal", True),
        ("bev", "beverage", True),
        ("ranger", "rangers", True),
        ("saint", "state", True),
        ("tech", "tech", True),
        ("marin", "marion", False),  # names of counties are short for none
        ("clay", "clayton", False),
        ("de", "department", False),
        ("state", "statement", False),
        ("quarry", "quartz", False),
        ("27", "270", False),
    ],
)
def test_a_word_is_short_for_another(word: str, other: str, short: bool) -> None:
    assert short_for(word, other, "CA") is short
    assert alike(word, other, "CA") is short


def test_a_name_is_read_into_words() -> None:
    found = with_town(body("twenty seventh district dtf union city", "other", "TN"), "TN")
    assert found.words == ("27", "district", "drug", "task", "force", "union", "city")
    assert found.town == ("union", "city")
    assert found.head == ("27", "district", "drug", "task", "force")
    assert body("highway patrol zqz merced county", "state_police", "CA").county == ("merced",)
    assert body("twenty mule team", "other", "CA").words == ("20", "mule", "team")
    assert body("district 007", "other", "CA").words == ("district", "7")
    assert body("erie county n and s", "other", "NY").words[-2:] == ("norfolk", "southern")
    former = body("lake fish wildlife conservation commission", "other", "FL")
    assert former.words == ("lake", "game", "commission")


NAMES = st.tuples(
    st.sampled_from(
        (
            *("Chp {}", "Law Enf Div Dept Minrl Waters {}", "Grnt Pcf Rw: {}", "{} Dtf", "Sp: {}"),
            *("Park Rngrs {} St Pk", "Basalt Narc Tf {}", "{} St Univ PD", "Dept Sp Dist 5 {}"),
        )
    ),
    st.sampled_from(
        ("Merced", "Los Banos", "Weston", "Erie Cty", "Seventh Dist", "Quarry Hollow", "Marble")
    ),
    st.sampled_from(sorted(set(KNOWN["state"]))),
    st.sampled_from((STATE, POLICE, OTHER, CAMPUS, TRIBAL, "City", "")),
)


@given(st.lists(NAMES, min_size=1, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=25, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_neither_order_nor_company_changes_a_decision(names: list[tuple[str, ...]], random) -> None:  # type: ignore[no-untyped-def]
    rows = [(form.format(where), state, kind) for form, where, state, kind in names]
    asked = pd.DataFrame(rows, columns=["name", "state", "kind"])
    found = link(asked, KNOWN)
    order = list(range(len(asked)))
    random.shuffle(order)
    company = pd.DataFrame(
        [
            ("XX1", "Zyzzyx Yurt Commission: Qoph County", "CA", "", STATE),
            ("XX2", "Highway Patrol: Laramie County", "WY", "", POLICE),
            ("XX3", "Zyzzyx University", "TN", "", CAMPUS),
        ],
        columns=COLUMNS,
    )
    wider = pd.concat([company, KNOWN.iloc[::-1]], ignore_index=True)
    pd.testing.assert_frame_equal(found, link(asked.iloc[order], wider).sort_index())
    pd.testing.assert_frame_equal(found.iloc[:1], link(asked.iloc[:1], KNOWN))
