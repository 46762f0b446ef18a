"""Places served: every county of a cell, every place named, and what reviewed decisions add."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import spiders.sources
from analysis.clean import clean
from analysis.places import embedded, locate
from analysis.read import facts
from analysis.states import STATES
from analysis.tables import PLACE_ROLES
from maps.agency import serves as said
from maps.dossier import dossiers
from maps.listing import ordered
from spiders.ledger import Ledger
from spiders.records import Listing, ServedPlace
from tests.replay import made, records, source_classes
from tests.test_clean import CATALOGUE, read

VILLAGES = Listing(
    programme="neighbors_portal",
    agency="Memorial Villages Police Department",
    state="TX",
    city="Houston",
    county="Harris County",
)
BORDER = Listing(
    programme="neighbors_portal",
    agency="Rockford Police Department",
    state="IL",
    city="Rockford",
    county="Ogle County; Winnebago\u200e County;Nowhere County",
)
TOWN = Listing(
    programme="neighbors_portal", agency="Simsbury Police Department", state="CT", city="Simsbury"
)


def serves(place: str, **changes: str) -> ServedPlace:
    told = {
        "agency": "Memorial Villages Police Department",
        "state": "TX",
        "county": "Harris County",
        "reason": "one department of three villages",
        "told_by": "own knowledge",
        "place": place,
        "decided": date(2026, 11, 23),
    }
    return ServedPlace.model_validate(told | changes)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield opened
    opened.close()


def tables(ledger: Ledger) -> dict[str, pd.DataFrame]:
    known = pd.concat(
        [CATALOGUE, CATALOGUE.iloc[:1].assign(source="served_places")], ignore_index=True
    )
    return clean(facts(ledger, known), known.copy())


def told(made: dict[str, pd.DataFrame], role: str) -> list[tuple[str, str, str]]:
    rows = made["agency_places"][made["agency_places"]["role"].eq(role)].fillna("")
    columns = ["place", "county", "county_geoid"]
    return sorted(rows[columns].itertuples(index=False, name=None))


def test_every_county_of_a_cell_has_its_row(ledger: Ledger) -> None:
    read(ledger, BORDER)
    made = tables(ledger)
    assert told(made, "county_named") == [
        ("", "Nowhere County", ""),
        ("", "Ogle County", "17141"),
        ("", "Winnebago County", "17201"),
    ]
    assert told(made, "place_named") == [("Rockford", "", "17201")]
    assert made["agencies"]["county_geoid"].tolist() == ["17201"]


def test_decisions_add_what_a_department_serves(ledger: Ledger) -> None:
    read(ledger, VILLAGES)
    unknown = serves("Quillworth", agency="Quillworth Police Department")
    elsewhere = serves("Piney Point Village", state="OK")
    villages = [serves("Bunker Hill Village"), serves("Hunters Creek Village")]
    decided = read(
        ledger, *villages, unknown, elsewhere, warc="d", source="served_places", file=True
    )
    made = tables(ledger)
    assert told(made, "served") == [
        ("Bunker Hill Village", "Harris County", "48201"),
        ("Hunters Creek Village", "Harris County", "48201"),
    ]
    assert told(made, "place_named") == [("Houston", "", "48201")]
    rows = made["agency_places"]
    rows = rows[rows["role"].eq("served")]
    assert set(rows["agency_id"]) == {"tx-memorial-villages-police"}
    assert set(rows["decided"]) == {"2026-11-23"}
    proofs = made["evidence"][made["evidence"]["table"].eq("agency_places")]
    proved = proofs.groupby("row_id")["capture_id"].agg(set)
    for key, role in made["agency_places"][["agency_place_id", "role"]].to_numpy().tolist():
        assert (decided in proved[key]) == (role == "served")


def test_a_name_that_two_departments_bear_gets_no_decision(ledger: Ledger) -> None:
    both = [
        VILLAGES.model_copy(update={"county": county, "city": "", "position": n})
        for n, county in enumerate(("Harris County", "Travis County"), 1)
    ]
    read(ledger, *both)
    read(ledger, serves("Piney Point Village"), warc="d", source="served_places", file=True)
    made = tables(ledger)
    assert len(made["agencies"]) == 2
    assert told(made, "served") == []


def test_a_town_of_connecticut_has_its_county_and_its_region(ledger: Ledger) -> None:
    read(ledger, TOWN)
    made = tables(ledger)
    assert made["agencies"]["county_geoid"].tolist() == ["09003"]
    assert made["agency_places"]["planning_region_geoid"].tolist() == ["09110"]


def test_rows_are_the_same_in_any_order_of_facts(ledger: Ledger, tmp_path: Path) -> None:
    other = Ledger(f"sqlite:///{tmp_path / 'other.sqlite'}")
    listings = [VILLAGES, BORDER, TOWN]
    read(ledger, *listings)
    read(other, *listings[::-1])
    mine, theirs = tables(ledger)["agency_places"], tables(other)["agency_places"]
    other.close()
    pd.testing.assert_frame_equal(mine, theirs)
    assert len(mine) == 7
    assert set(mine["role"]) < set(PLACE_ROLES)


def test_the_page_of_a_department_says_what_it_serves(ledger: Ledger) -> None:
    read(ledger, VILLAGES, BORDER)
    read(ledger, serves("Piney Point Village"), warc="d", source="served_places", file=True)
    made = tables(ledger)
    agencies = ordered(made, {code: state.name for code, state in STATES.items()})
    found = {d.agency["agency_id"]: dict(said(d.places)) for d in dossiers(made, agencies)}
    villages = found["tx-memorial-villages-police"]
    assert villages["Places it serves"].startswith("Piney Point Village, as we decided (one")
    assert "Counties that sources name" not in villages
    rockford = found["il-rockford-police"]
    assert rockford["Counties that sources name"] == (
        "Nowhere County, Ogle County and Winnebago County"
    )
    assert "Places it serves" not in rockford


def test_every_shipped_decision_names_a_place_in_its_county() -> None:
    kind = source_classes()["served_places"]
    body = (Path(spiders.sources.__file__).parent / kind.bundled).read_bytes()
    found = [r for r in records(made(kind), body) if isinstance(r, ServedPlace)]
    assert found
    asked = pd.DataFrame(
        [(r.place, r.county, r.state) for r in found], columns=["city", "county", "state"]
    )
    where = locate(asked.astype("string"), embedded())
    assert where["county_geoid"].notna().all()
    assert all(r.decided <= date.fromisoformat(kind.bundled_as_of) for r in found)
    assert all(len(r.reason) > 20 and r.told_by for r in found)
