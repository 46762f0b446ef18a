"""The recorded rows of Ring's list: where they are, and that decisions, not luck, say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from analysis import names, places
from analysis.decisions import decisions
from analysis.states import STATES

pytestmark = pytest.mark.real

DRAWN = 0.06
"""Degrees by which a drawn coast may miss a town: the shapes are simplified."""
TYPOS = {
    ("NJ", "Nassau County"): "34029",
    ("NY", "Onandaga County"): "36067",
    ("CA", "San Bernadino County"): "06071",
    ("NH", "Monmouth County"): "34025",
}
"""County names of the source that its states do not have, in five rows, and the counties meant."""


@pytest.fixture(scope="module")
def asked(real: Path) -> pd.DataFrame:
    atlas = pd.read_csv(real / "atlas" / "atlas-2020-10-07.csv", dtype=str, keep_default_na=False)
    ring = atlas[atlas["Technology"] == "Ring/Neighbors Partnership"].reset_index(drop=True)
    return pd.DataFrame(
        {
            "city": names.tidy(ring["City"]),
            "county": names.counties(ring["County"]),
            "state": names.state_codes(ring["State"]),
            "name": names.tidy(ring["Agency"]),
        }
    )


@pytest.fixture(scope="module")
def found(asked: pd.DataFrame) -> pd.DataFrame:
    return places.locate(asked)


def test_rows_have_a_point_and_a_county(found: pd.DataFrame) -> None:
    assert len(found) == 1501
    pointed = found["location_precision"].isin(["place_centroid", "county_centroid"])
    assert pointed.mean() >= 0.993
    assert found["county_geoid"].notna().mean() >= 0.99
    counted = found["location_precision"].value_counts().to_dict()
    assert counted == {"place_centroid": 1459, "county_centroid": 42}
    assert found["county_geoid"].notna().all()


def test_points_lie_in_the_state_unless_a_decision_says_it_is_wrong(
    asked: pd.DataFrame, found: pd.DataFrame
) -> None:
    drawn = places.state_shapes().set_index("state").geometry
    points = shapely.points(found["longitude"].astype(float), found["latitude"].astype(float))
    strays = shapely.distance(points, np.asarray(drawn[asked["state"]])) >= DRAWN
    fips = asked["state"].map({code: state.fips for code, state in STATES.items()})
    elsewhere = found["county_geoid"].str[:2].ne(fips)
    assert asked.loc[strays, "name"].tolist() == ["Wall Township Police Department"]
    assert asked.loc[elsewhere, "name"].tolist() == ["Wall Township Police Department"]


def test_the_typos_of_the_source_are_resolved_by_decisions(
    asked: pd.DataFrame, found: pd.DataFrame
) -> None:
    listed = asked["county"].str.split("; ").explode().dropna()
    read = places.county_geoids(listed, asked["state"].reindex(listed.index))
    odd = asked.loc[read.index[read.isna()]]
    meant = [
        TYPOS[state, county] for state, county in zip(odd["state"], odd["county"], strict=True)
    ]
    assert len(meant) == 5
    assert places.decided_counties(asked).dropna().index.tolist() == odd.index.tolist()
    assert found.loc[odd.index, "county_geoid"].tolist() == meant
    bare = places.locate(asked.loc[odd.index].drop(columns="city"), decided=())
    decided = places.locate(asked.loc[odd.index].drop(columns="city"), decided=decisions())
    assert bare["location_precision"].ne("county_centroid").sum() >= 2
    assert decided.loc[odd["state"].ne("NJ"), "location_precision"].eq("county_centroid").all()


def test_without_its_county_a_name_still_leads_to_the_same_place_or_to_none(
    asked: pd.DataFrame, found: pd.DataFrame
) -> None:
    alone = places.locate(asked[["city", "state"]])
    chosen = alone["location_precision"].eq("place_centroid") & asked["county"].notna()
    assert chosen.sum() > 1430
    assert found.loc[chosen, "latitude"].eq(alone.loc[chosen, "latitude"]).all()


def test_what_came_to_be_known_later_changes_no_place(
    asked: pd.DataFrame, found: pd.DataFrame
) -> None:
    first = places.locate(asked, places.founding())
    same = ["latitude", "longitude", "county_geoid", "location_precision"]
    placed = first["location_precision"].eq("place_centroid")
    pd.testing.assert_frame_equal(first.loc[placed, same], found.loc[placed, same])
    told = first["county_geoid"].notna()
    assert first.loc[told, "county_geoid"].eq(found.loc[told, "county_geoid"]).all()
