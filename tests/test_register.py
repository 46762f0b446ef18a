"""The register of agencies: what is published of it, who is linked, and what it never changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis.clean
from analysis import designations, names, register
from analysis.clean import clean
from analysis.decisions import Decision
from analysis.read import facts
from analysis.tables import TABLES, row_ids
from spiders.ledger import Ledger
from spiders.records import Correction, Listing, Record, RegisteredAgency
from tests.histories import PROGRAMME, SOURCE, View, catalogue, ingest

SOURCES = (SOURCE, "atlas_of_surveillance", "corrections", "fbi_agencies")
TOWN = ("Elmbury Police Department", "City")
OHIO = (
    ("OH0990100", *TOWN, "Franklin"),
    ("OH0990000", "Franklin County Sheriff's Office", "County", "Franklin"),
    ("OH0990200", "Dunham Police Department", "City", "Delaware"),
)
DAY = date(2020, 11, 1)
NAMES = ("Elmbury Police Department", "Franklin County Sheriff's Office", "Nowhere Police")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield opened
    opened.close()


def edition(
    day: str, *rows: tuple[str, str, str, str], state: str = "OH", verdict: str = "healthy"
) -> View:
    """What the register held on a day: ORI, name, kind, counties."""
    records: list[Record] = [
        RegisteredAgency(
            ori=ori, agency=name, state=state, agency_type=kind, counties=county, position=n
        )
        for n, (ori, name, kind, county) in enumerate(rows, 1)
    ]
    return View(day, more=tuple(records), source="fbi_agencies", verdict=verdict)


def sightings(*editions: View) -> pd.DataFrame:
    """Those editions as ``register.seen`` gives them."""
    rows = [
        {"agency_type": "", "counties": "", "observed_at": view.moment}
        | record.content()
        | {"record_id": record.identity(view.source), "source": view.source}
        for view in editions
        for record in view.records()
    ]
    return pd.DataFrame(rows)


def listed(*departments: str, day: str = "2020-10-07", **told: Any) -> View:
    """A list of departments."""
    records: list[Record] = [
        Listing(programme=PROGRAMME, agency=name, state="OH", position=n, **told)
        for n, name in enumerate(departments, 1)
    ]
    return View(day, more=tuple(records))


def tables(ledger: Ledger, as_of: str = "") -> dict[str, pd.DataFrame]:
    """The clean tables; every reference holds and every row is proved."""
    said = catalogue(0.0, SOURCES)
    day = date.fromisoformat(as_of) if as_of else None
    made = clean(facts(ledger, said, day), said)
    for name, table in TABLES.items():
        for column, other, key in table.references:
            assert set(made[name][column].dropna()) <= set(made[other][key]), (name, column)
        if name not in ("evidence", "sources"):
            rests = made["evidence"].query("table == @name")["row_id"]
            assert set(rests) == set(row_ids(table, made[name])), name
    assert sorted(made["agency_links"]["agency_id"]) == (
        sorted(made["agencies"]["agency_id"]) if len(made["registered_agencies"]) else []
    )
    return made


def oris(made: Mapping[str, pd.DataFrame]) -> dict[str, str | None]:
    """By id the ORI of each department, None where it has none."""
    agencies = made["agencies"].set_index("agency_id")["ori"]
    return {key: None if pd.isna(ori) else ori for key, ori in agencies.items()}  # type: ignore[misc]


def outcomes(made: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    links = made["agency_links"]
    return dict(zip(links["agency_id"], links["outcome"], strict=True))


def decided(what: str, name: str, target: str, day: str = "2020-01-01") -> Decision:
    return Decision(what, "OH", name, "", "", target, "a test knows", day, "a test")


@pytest.fixture
def decisions(monkeypatch: pytest.MonkeyPatch) -> list[Decision]:
    """Decisions in force: none, until a test adds some."""
    found: list[Decision] = []
    monkeypatch.setattr(analysis.clean, "decisions", lambda: tuple(found))
    return found


@pytest.fixture(autouse=True)
def _no_shipped_decisions(decisions: list[Decision]) -> None:
    """What ships decides about real departments, not about these."""


def test_departments_get_the_ori_of_the_agency_they_are(ledger: Ledger) -> None:
    ingest(ledger, [listed(*NAMES), edition("2018-12-31", *OHIO)])
    made = tables(ledger)
    assert oris(made) == {
        "oh-elmbury-police": "OH0990100",
        "oh-franklin-county-sheriff": "OH0990000",
        "oh-nowhere-police": None,
    }
    links = made["agency_links"].set_index("agency_id")
    assert links["outcome"].tolist() == ["linked", "linked", "none"]
    assert set(links["decided_by"]) == {"rule"}
    assert links["reason"].str.len().gt(10).all()
    assert links["candidates"].iloc[0].startswith("OH0990100 Elmbury Police")
    assert links["candidates"].isna().tolist() == [False, False, True]
    proof = made["evidence"].query("table == 'agency_links' and row_id == 'oh-elmbury-police'")
    captures = made["captures"].set_index("capture_id")["source"]
    assert set(proof["capture_id"].map(captures)) == {"fbi_agencies"}


def test_without_a_trusted_register_nothing_is_said_of_it(ledger: Ledger) -> None:
    ingest(ledger, [listed(*NAMES), edition("2018-12-31", *OHIO, verdict="failed")])
    made = tables(ledger)
    assert set(oris(made).values()) == {None}
    assert made["registered_agencies"].empty
    assert made["agency_links"].empty


def test_a_register_is_published_alone_and_what_nobody_understands_is_set_aside(
    ledger: Ledger,
) -> None:
    odd = (
        ("OH0990300", "Elmbury Police", "Castle", ""),
        ("OH0990400", "\u200b \u200e", "City", ""),
    )
    zone = edition("2019-12-31", ("CZ0990100", *TOWN, ""), state="CZ")
    ingest(ledger, [edition("2018-12-31", *OHIO, *odd), zone])
    made = tables(ledger)
    assert made["agencies"].empty
    assert made["registered_agencies"]["ori"].tolist() == ["OH0990000", "OH0990100", "OH0990200"]
    assert made["rejected"].set_index("reason")["source"].to_dict() == {
        "state not understood: 'CZ'": "fbi_agencies",
        "kind of agency not known: Castle": "fbi_agencies",
        "name holds no letters": "fbi_agencies",
    }
    before = tables(ledger, "2018-12-30")
    assert before["registered_agencies"].empty
    assert before["rejected"].empty


def test_the_register_as_its_newest_edition_has_it() -> None:
    renamed = ("OH0990100", "Village of Elmbury Police Department", "City", "FRANKLIN, DELAWARE")
    bare = ("OH0990100", "Village of Elmbury Police Department", "City", "")
    editions = [edition(f"{year}-12-31", *OHIO) for year in (2018, 2021)]
    seen = sightings(*editions, edition("2024-12-31", renamed, bare, OHIO[1]))
    found = register.registered(seen).set_index("ori")
    assert found["trouble"].isna().all()
    town = found.loc["OH0990100"]
    assert town["name"] == "Village of Elmbury Police Department"
    assert (town["ori7"], town["state"], town["source"]) == ("OH09901", "OH", "fbi_agencies")
    assert (town["type"], town["jurisdiction"]) == ("police", "municipal")
    assert (town["counties"], town["county_geoids"]) == ("FRANKLIN; DELAWARE", "39049; 39041")
    assert (town["first_observed"], town["last_observed"]) == (
        "2018-12-31T00:00:00Z",
        "2024-12-31T00:00:00Z",
    )
    gone = found.loc["OH0990200"]
    assert gone["last_observed"] == "2021-12-31T00:00:00Z", "it stays, with the day it was seen"
    county = found.loc["OH0990000"]
    assert (county["type"], county["jurisdiction"]) == ("sheriff", "county")


def test_rows_of_one_department_have_one_that_stands_for_it() -> None:
    """Not one that is set aside, as here the lowest, whose kind nobody knows."""
    rows = [
        ("OH0990000", TOWN[0], "Starfleet", "Franklin"),
        ("OH0990700", *TOWN, "Franklin"),
        ("OH0990300", *TOWN, "Franklin"),
        ("OH0990400", *TOWN, "Delaware"),
    ]
    found = register.registered(sightings(edition("2018-12-31", *rows))).set_index("ori")
    assert found["department_ori"].dropna().to_dict() == {
        "OH0990300": "OH0990300",
        "OH0990400": "OH0990400",
        "OH0990700": "OH0990300",
    }
    assert found["trouble"].notna().to_dict() == {ori: ori == "OH0990000" for ori in found.index}


def test_the_numbers_of_one_department_are_one_agency(
    ledger: Ledger, decisions: list[Decision]
) -> None:
    """A department gets the number that stands for all; two that lead to it, by whichever number,
    are left to a person."""
    rows = (("OH0990700", *TOWN, "Franklin"), *OHIO)
    ingest(ledger, [listed(*NAMES), edition("2018-12-31", *rows)])
    made = tables(ledger)
    assert oris(made)["oh-elmbury-police"] == "OH0990100"
    links = made["agency_links"].set_index("agency_id")
    assert "known under OH0990100, OH0990700" in links.at["oh-elmbury-police", "reason"]
    decisions += [decided("same", "Nowhere Police", "OH0990700")]
    made = tables(ledger)
    assert outcomes(made)["oh-elmbury-police"] == "shared"
    assert oris(made)["oh-nowhere-police"] == "OH0990700"


def test_the_letters_of_an_ori_are_not_the_state() -> None:
    lancaster = ("NB0990100", *TOWN, "Lancaster")
    seen = sightings(
        edition("2018-12-31", lancaster, state="NE"),
        edition("2019-12-31", ("TS0990200", *TOWN, "Not Specified"), state="NB"),
        edition("2020-12-31", ("GM0990300", *TOWN, ""), state="GM"),
    )
    found = register.registered(seen).set_index("ori")
    assert found["state"].to_dict() == {"GM0990300": "GU", "NB0990100": "NE", "TS0990200": "NE"}
    assert found["county_geoids"].dropna().to_dict() == {"NB0990100": "31109"}
    assert found["counties"].dropna().to_dict() == {"NB0990100": "Lancaster"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["OH0990100", "OH0990200"]),
            st.text(min_size=1, max_size=20),
            st.sampled_from(["City", "County", "Tribal", "Unknown", ""]),
            st.text(max_size=20),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["OH", "ohio", "NB", "?"]),
)
@settings(max_examples=15)
def test_any_text_is_a_row_of_the_table_or_set_aside(
    rows: list[tuple[str, str, str, str]], state: str
) -> None:
    found = register.registered(sightings(edition("2018-12-31", *rows, state=state)))
    assert set(found["ori"]) == {ori for ori, *_ in rows}
    well = found[found["trouble"].isna()]
    TABLES["registered_agencies"].checked(well)
    assert found["trouble"].dropna().str.len().gt(5).all()


def test_two_departments_of_one_agency_are_neither_merged_nor_linked(
    ledger: Ledger, decisions: list[Decision]
) -> None:
    both = ("Elmbury Police Department", "Elmbury Township Police Department")
    ids = ["oh-elmbury-police", "oh-elmbury-township-police"]
    ingest(ledger, [listed(*both), edition("2018-12-31", ("OH0990100", both[1], "City", ""))])
    made = tables(ledger)
    assert oris(made) == dict.fromkeys(ids)
    links = made["agency_links"].set_index("agency_id")
    assert outcomes(made) == dict.fromkeys(ids, "shared")
    assert links["reason"].str.contains(" and ".join(ids)).all()
    assert links["candidates"].str.startswith("OH0990100 Elmbury Township").all()
    decisions.append(decided("same", both[0], "OH0990100"))
    made = tables(ledger)
    assert oris(made) == {ids[0]: "OH0990100", ids[1]: None}
    assert outcomes(made) == {ids[0]: "linked", ids[1]: "shared"}
    links = made["agency_links"].set_index("agency_id")
    assert links["decided_by"].to_dict() == {ids[0]: "decision", ids[1]: "rule"}
    assert links["reason"].str.contains("a test knows").tolist() == [True, False]


def test_another_name_leads_where_its_own_does_not_and_two_that_differ_nowhere() -> None:
    known = pd.DataFrame(OHIO, columns=["ori", "name", "agency_type", "counties"]).assign(
        state="OH", county_geoids="39049", type=["police", "sheriff", "police"]
    )
    known["department_ori"] = known["ori"]
    one: dict[str, str | None] = {
        "agency_id": "oh-x-police",
        "name": "Xyzzy Police Department",
        "type": "police",
    }
    one |= {"state": "OH", "city": "", "county": "", "county_geoid": None}
    one |= {"jurisdiction": "municipal"}
    rows = [
        one | {"aliases": "Elmbury Police Department"},
        one | {"aliases": "Elmbury Police Department | Dunham Police Department"},
        one | {"name": "Dunham Police Department", "aliases": "Elmbury Police Department"},
    ]
    for row, outcome, ori in zip(
        rows, ("linked", "uncertain", "uncertain"), ("OH0990100", None, None), strict=True
    ):
        asked = pd.DataFrame([row])
        for column in ("city", "county", "county_geoid", "aliases"):
            asked[column] = asked[column].astype("string")
        (found,) = register.links(asked, known, ()).to_dict("records")
        assert found["outcome"] == outcome, found
        assert (None if pd.isna(found["ori"]) else found["ori"]) == ori
    assert "several agencies" in found["reason"]


def test_ids_are_those_minted_before_the_register_was_known(ledger: Ledger) -> None:
    departments = (*NAMES, "Elmbury Village Police Department", "DUNHAM PD")
    ingest(ledger, [listed(*departments)])
    before = tables(ledger)
    ingest(ledger, [edition("2021-12-31", *OHIO[:1])])
    renamed = tuple((ori, f"New {name}", kind, county) for ori, name, kind, county in OHIO)
    for day, rows in (("2018-12-31", OHIO), ("2024-12-31", renamed)):
        ingest(ledger, [edition(day, *rows)])
        after = tables(ledger)
        for name in ("agencies", "listings", "participations", "changes"):
            left, right = (
                made[name].drop(columns=["ori"], errors="ignore") for made in (before, after)
            )
            pd.testing.assert_frame_equal(left, right)
    assert set(oris(after)) == {
        "oh-dunham-police",
        "oh-elmbury-police",
        "oh-elmbury-village-police",
        "oh-franklin-county-sheriff",
        "oh-nowhere-police",
    }


def test_ids_do_not_follow_the_way_names_are_read(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(ledger, [listed(*NAMES), edition("2018-12-31", *OHIO)])
    before = tables(ledger)
    monkeypatch.setattr(designations, "_alone", designations._alone.__wrapped__)
    monkeypatch.setattr(designations, "WORDS", {"police": "castle", "elmbury": "dunham"})
    monkeypatch.setattr(names, "TYPE_IN_NAME", (("fire", "."),))
    after = tables(ledger)
    assert oris(before).keys() == oris(after).keys()
    assert oris(before) != oris(after), "the change of the normaliser does change the links"
    pd.testing.assert_series_equal(
        before["listings"]["listing_id"], after["listings"]["listing_id"]
    )


def test_a_decision_counts_from_its_day(ledger: Ledger, decisions: list[Decision]) -> None:
    ingest(ledger, [listed("Xyzzy Police Department"), edition("2018-12-31", *OHIO)])
    decisions.append(decided("same", "Xyzzy Police Department", "OH0990100", "2024-05-06"))
    assert oris(tables(ledger, "2024-05-06")) == {"oh-xyzzy-police": "OH0990100"}
    assert oris(tables(ledger, "2024-05-05")) == {"oh-xyzzy-police": None}


def test_what_is_withheld_has_no_link_and_a_correction_supersedes_one(ledger: Ledger) -> None:
    told: dict[str, Any] = {
        "table": "agencies",
        "reason": "a test of it",
        "asked": "maintainers",
        "decided": DAY,
    }
    withheld = Correction(correction="a", decision="suppress", row_id="oh-elmbury-police", **told)
    righted = Correction(
        **(told | {"correction": "b", "decision": "correct", "row_id": "oh-nowhere-police"}),
        field="ori",
        value="OH0990200",
    )
    ingest(
        ledger,
        [
            listed(*NAMES),
            edition("2018-12-31", *OHIO),
            View("2020-11-01", more=(withheld, righted), source="corrections"),
        ],
    )
    made = tables(ledger)
    assert oris(made) == {
        "oh-franklin-county-sheriff": "OH0990000",
        "oh-nowhere-police": "OH0990200",
    }


def test_the_order_of_departments_and_editions_changes_nothing(tmp_path: Path) -> None:
    views = [
        listed(*NAMES, "Elmbury Village Police Department"),
        listed("Dunham Police Department", day="2021-10-07"),
        edition("2018-12-31", *OHIO),
        edition("2021-12-31", *OHIO[::-1]),
    ]
    found = []
    for number, order in enumerate((views, views[::-1])):
        opened = Ledger(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        ingest(opened, order)
        found.append(tables(opened))
        opened.close()
    for name in ("agencies", "agency_links", "registered_agencies", "evidence"):
        pd.testing.assert_frame_equal(found[0][name], found[1][name])
