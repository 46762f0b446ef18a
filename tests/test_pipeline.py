"""The whole pipeline on the real export of 2020 and on a successor without Ring rows."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis.dates import stated
from analysis.places import state_shapes
from analysis.tables import CHANGE_KINDS
from tests import command

pytestmark = pytest.mark.real

AS_OF = "2020-10-07"
ROWS = 5_784
PROGRAMME_EVENTS = [kind for kind in CHANGE_KINDS if kind.startswith("programme_")]


@pytest.fixture(scope="module")
def export(real: Path) -> Path:
    return real / "atlas" / "atlas-2020-10-07.csv"


@pytest.fixture(scope="module")
def data(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipeline") / "data"
    said = command.take_in(folder, export)
    assert "1,501 listing in neighbors_portal" in said.stdout
    assert "398 listing in camera_registry" in said.stdout
    return folder


@pytest.fixture(scope="module")
def tables(data: Path) -> dict[str, pd.DataFrame]:
    return command.tables(data)


@pytest.fixture(scope="module")
def ring(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The departments of the Neighbors Portal."""
    listed = tables["participations"]
    ids = listed.loc[listed["programme"].eq("neighbors_portal"), "agency_id"]
    return tables["agencies"].set_index("agency_id").loc[ids]


def test_1501_ring_rows_are_1500_departments_in_47_states(ring: pd.DataFrame) -> None:
    assert len(ring) == ring.index.nunique() == 1_500
    assert set(ring["state"]).isdisjoint({"DC", "MT", "WV", "WY"})
    # the source names 47; its one row of New Hampshire is by a reviewed decision of New Jersey
    assert ring["state"].nunique() == 46


def test_departments_that_share_a_name_stay_two(ring: pd.DataFrame) -> None:
    assert set(ring.index[ring.index.str.match("wi-.*madison")]) == {
        "wi-madison-police",
        "wi-town-of-madison-police",
    }
    named = ring[ring["city"].eq("Kalamazoo") & ~ring["type"].eq("sheriff")]
    assert set(named.index) == {"mi-kalamazoo-public-safety", "mi-kalamazoo-township-police"}


def test_oviedo_is_one_department_with_both_dates_as_claims(
    tables: dict[str, pd.DataFrame],
) -> None:
    portal = "agency_id == 'fl-oviedo-city-police' and programme == 'neighbors_portal'"
    claims = tables["listings"].query(portal)
    assert sorted(claims["valid_from"]) == ["2019-10-08", "2020-04-13"]
    spell = tables["participations"].query(portal)
    assert spell["valid_from"].tolist() == ["2019-10-08"]
    assert spell["claims"].tolist() == [2]


def test_registry_rows_are_a_programme_of_their_own(
    tables: dict[str, pd.DataFrame], export: Path
) -> None:
    """398 rows, two of which say the same of one department."""
    listed = tables["participations"]
    registry = listed[listed["programme"].eq("camera_registry")]
    with export.open(encoding="utf-8-sig", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["Technology"].strip() == command.REGISTRY]
    assert len(rows) == 398
    assert len(registry) == 397
    both = set(registry["agency_id"]) & set(
        listed.loc[listed["programme"].eq("neighbors_portal"), "agency_id"]
    )
    assert {"ca-fremont-police", "mi-lansing-police", "va-prince-william-county-police"} <= both


def test_every_row_of_the_file_is_accounted_for(
    data: Path, tables: dict[str, pd.DataFrame]
) -> None:
    other = tables["other_rows"]
    tracked = other["category"].isin([command.RING, command.REGISTRY])
    assert other.loc[tracked, "rows"].tolist() == [398, 1_501]
    assert other["rows"].sum() + len(tables["rejected"]) == ROWS
    atlas = tables["sources"].set_index("source").loc["atlas_of_surveillance"]
    assert atlas["records"] == 1_501 + 398
    assert atlas["records"] + other.loc[~tracked, "rows"].sum() + atlas["rejected"] == ROWS


def test_dated_rows_add_up_as_published(export: Path) -> None:
    """Counted as rows, before Oviedo's two are merged."""
    dates = _dates(export)
    days = dates.loc[dates["precision"].eq("day"), "date"]
    for until, count in {
        "2018-12-31": 59,
        "2019-04-30": 201,
        "2019-08-28": 407,
        "2019-10-08": 510,
        "2019-12-31": 762,
        "2020-06-11": 1_331,
    }.items():
        assert (days <= until).sum() == count, until


def test_dated_listings_add_up_as_published(tables: dict[str, pd.DataFrame]) -> None:
    """The same numbers from the published claims: a row each, and so before merging."""
    add_up_as_published(tables["listings"])


def add_up_as_published(listings: pd.DataFrame) -> None:
    claims = listings.query("programme == 'neighbors_portal'")
    days = claims.loc[claims["valid_from_precision"].eq("day"), "valid_from"]
    untils = ["2018-12-31", "2019-04-30", "2019-08-28", "2019-10-08", "2019-12-31", "2020-06-11"]
    assert [int((days <= until).sum()) for until in untils] == [59, 201, 407, 510, 762, 1_331]
    assert claims["valid_from_precision"].eq("month").sum() == 170
    assert len(claims) == 1_331 + 170


@pytest.mark.parametrize("day", [AS_OF, "2024-01-01"])
def test_they_add_up_the_same_as_of_the_export_and_as_of_later(
    data: Path, tmp_path: Path, day: str
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    command.peephole(folder, "clean", "--as-of", day)
    add_up_as_published(command.tables(folder / "as-of" / day)["listings"])


def test_before_the_export_was_observed_nobody_was_listed(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    command.peephole(folder, "clean", "--as-of", "2020-10-06")
    found = command.tables(folder / "as-of" / "2020-10-06")
    assert {name for name, table in found.items() if len(table)} == {"sources"}
    assert set(found["sources"]["verdict"]) == {"never_run"}


def test_published_figures_stand_beside_our_own(data: Path, tmp_path: Path) -> None:
    """405 by Ring on the day it opened its map, 703 in 2019 by the Financial Times."""
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    command.peephole(folder, "crawl", "--sample", "--source", "reported_figures")
    command.peephole(folder, "clean")
    beside = command.tables(folder)["reported_figures"].set_index("figure_id")
    pairs = beside.loc[["listed-2019-08-28-ring", "joined-2019-ft", "joined-2018-ft"]]
    assert pairs["value"].tolist() == [405, 703, 40]
    assert pairs["our_value"].tolist() == [407, 703, 59]
    assert pairs["difference"].tolist() == [2, 0, 19]


def _dates(export: Path) -> pd.DataFrame:
    with export.open(encoding="utf-8-sig", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["Technology"] == command.RING]
    assert len(rows) == 1_501
    return stated(pd.Series([r["Link 1 Date"] for r in rows]))


def test_departments_lie_in_their_states(ring: pd.DataFrame) -> None:
    near = ring["location_precision"].isin(["place_centroid", "county_centroid"])
    assert near.mean() >= 0.99
    assert ring["county_geoid"].notna().mean() >= 0.97
    fips = ring["county_geoid"].dropna().str[:2]
    shapes = state_shapes().set_index("state").geometry
    for state, points in ring[near].groupby("state"):
        assert fips[fips.index.isin(points.index)].nunique() == 1
        west, south, east, north = shapes[state].buffer(0.3).bounds
        assert points["longitude"].between(west, east).all(), state
        assert points["latitude"].between(south, north).all(), state


def test_nothing_is_said_to_have_ended(tables: dict[str, pd.DataFrame]) -> None:
    assert set(tables["participations"]["valid_to_kind"]) == {"unknown"}
    assert set(tables["changes"]["kind"]) <= {"added", *PROGRAMME_EVENTS}


def test_every_published_row_leads_to_bytes_of_that_hash(data: Path) -> None:
    assert command.unproved(data) == []


def test_the_same_bytes_again_are_recognised_and_change_nothing(data: Path, export: Path) -> None:
    """A second build in a fresh process, too: other hash seed, time zone and language."""
    before = command.files(data)
    words = ("import", export, "--source", "atlas_of_surveillance", "--as-of", AS_OF)
    said = command.peephole(
        data, *words, PYTHONHASHSEED="1234", TZ="Pacific/Auckland", LANG="de_DE.UTF-8", LC_ALL="C"
    )
    assert "was imported before, byte for byte" in said.stdout
    assert command.files(data) == before


def test_a_build_from_the_same_ledger_gives_the_same_bytes(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "data"
    shutil.copytree(data, other, ignore=shutil.ignore_patterns("clean", "exports", "site"))
    for step in ("clean", "export", "map"):
        command.peephole(other, step, PYTHONHASHSEED="77", TZ="Asia/Kathmandu", LANG="tr_TR.UTF-8")
    assert command.files(other) == command.files(data)


def test_a_retired_category_is_one_event_and_ends_nothing(
    data: Path, export: Path, tmp_path: Path
) -> None:
    """A later edition of 28 columns with the registry rows and no Ring row."""
    later = tmp_path / "data"
    shutil.copytree(data, later)
    with export.open(encoding="utf-8-sig", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["Technology"].strip() != command.RING]
    edition = tmp_path / "later.csv"
    edition.write_bytes(command.atlas(rows, command.COLUMNS_2026))
    for as_of in ("2024-04-01", "2024-10-01", "2025-04-01"):
        command.take_in(later, edition, as_of, "atlas_of_surveillance", "--no-build")
    command.peephole(later, "clean")
    tables = command.tables(later)
    events = tables["changes"]
    assert set(events["kind"]) <= {"added", "category_retired", *PROGRAMME_EVENTS}
    events = events[events["kind"].eq("category_retired")]
    assert len(events) == 1
    assert events["programme"].tolist() == ["neighbors_portal"]
    assert events["observed_at"].tolist() == ["2024-04-01T00:00:00Z"]
    listed = tables["participations"]
    assert set(listed["valid_to_kind"]) == {"unknown"}
    assert listed["first_missing"].isna().all()
    portal = listed["programme"].eq("neighbors_portal")
    assert portal.sum() == 1_500
    assert set(listed.loc[portal, "last_observed"]) == {"2020-10-07T00:00:00Z"}
    assert set(listed.loc[~portal, "last_observed"]) == {"2025-04-01T00:00:00Z"}
    assert command.unproved(later) == []
