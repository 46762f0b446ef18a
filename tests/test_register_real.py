"""The departments of the real Atlas led to the real register."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.review import questions
from tests import command

pytestmark = pytest.mark.real

LOCAL = {"police", "public_safety", "marshal"}
"""Kinds of which one may be the other in two sources."""
UNTOLD = {"unknown", "other"}
"""Kinds the register gives where it tells none."""


@pytest.fixture(scope="module")
def tables(real: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    data = tmp_path_factory.mktemp("register") / "data"
    register = real / "registers" / "fbi-cde-agencies-2018.json.gz"
    said = command.take_in(data, register, "2018-12-31", "fbi_agencies", "--no-build")
    assert "23,242 registered_agency, 1 rejection" in said.stdout
    atlas = real / "atlas" / "atlas-2020-10-07.csv"
    command.take_in(data, atlas, "2020-10-07", "atlas_of_surveillance", "--no-build")
    command.peephole(data, "clean")
    return command.tables(data)


@pytest.fixture(scope="module")
def portal(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The departments of the Neighbors Portal, each with its link and the agency it leads to."""
    listed = tables["participations"]
    ids = listed.loc[listed["programme"].eq("neighbors_portal"), "agency_id"]
    agencies = tables["agencies"].set_index("agency_id").loc[ids]
    links = tables["agency_links"].set_index("agency_id").drop(columns="ori")
    register = tables["registered_agencies"].set_index("ori").add_prefix("r_")
    return agencies.join(links).join(register, on="ori")


def test_the_register_is_published_but_for_what_nobody_understands(
    tables: dict[str, pd.DataFrame],
) -> None:
    """23,243 agencies: one without a name, one of the Canal Zone."""
    register = tables["registered_agencies"]
    assert len(register) == 23_241
    refused = tables["rejected"].set_index("reason")["source"]
    assert refused.to_dict() == {
        "agency_name is blank": "fbi_agencies",
        "state not understood: 'CZ'": "fbi_agencies",
    }
    of = register.set_index("ori")["state"]
    assert set(of[of.index.str.startswith("NB")]) == {"NE"}
    assert set(of[of.index.str.startswith("GM")]) == {"GU"}
    assert register["county_geoids"].notna().mean() >= 0.93
    assert register["ori"].str[:7].eq(register["ori7"]).all()


def test_97_of_100_departments_of_the_portal_have_one_ori(portal: pd.DataFrame) -> None:
    assert len(portal) == 1_500
    assert portal["ori"].notna().mean() >= 0.97
    assert not portal["ori"].dropna().duplicated().any()
    assert (portal["outcome"].eq("linked") == portal["ori"].notna()).all()


def test_no_link_crosses_a_state_or_a_kind(portal: pd.DataFrame) -> None:
    linked = portal.dropna(subset="ori")
    assert linked["state"].eq(linked["r_state"]).all()
    same = linked["type"].eq(linked["r_type"]) | linked["r_type"].isin(UNTOLD)
    local = linked["type"].isin(LOCAL) & linked["r_type"].isin(LOCAL)
    assert linked.loc[~same & ~local, ["name", "type", "r_name", "r_type"]].empty


def test_every_link_is_proved_by_the_bytes_of_the_register(
    tables: dict[str, pd.DataFrame],
) -> None:
    links = tables["agency_links"]
    source = tables["captures"].set_index("capture_id")["source"]
    proof = tables["evidence"].query("table == 'agency_links'").set_index("row_id")["capture_id"]
    assert set(proof.index) == set(links["agency_id"])
    linked = proof[proof.index.isin(links.dropna(subset="ori")["agency_id"])]
    assert set(linked.map(source)) == {"fbi_agencies"}


def test_every_department_without_an_ori_is_in_the_queue(tables: dict[str, pd.DataFrame]) -> None:
    found = questions(tables, (), "2026-11-23")
    open_ones = {key for each in found if each.kind != "alike" for key in each.departments}
    links = tables["agency_links"].set_index("agency_id")
    assert open_ones == set(links.index[links["ori"].isna()])
    uncertain = links[links["outcome"].isin(["uncertain", "shared"])]
    assert uncertain["candidates"].notna().all()
