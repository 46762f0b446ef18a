"""Areas: county shapes that meet, populations that add up, ZIP codes that lead to places."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from analysis import areas, names, places
from analysis.reference.areas import COUNTY_TOLERANCE, county_populations, simplified, zip_codes
from analysis.states import STATES

TERRITORIES = {"AS", "GU", "MP", "PR", "VI"}
ASTRAY = 0.05
"""Degrees by which the points of counties and states may miss shapes simplified differently."""


def traced(ring: list[int]) -> np.ndarray:
    """The points of a ring, each arc's last one left to the next arc."""
    arcs = areas.county_topology().arcs
    return np.vstack([(arcs[i] if i >= 0 else arcs[~i][::-1])[:-1] for i in ring])


def polygons() -> pd.Series:
    """Shapes of the counties in degrees, by FIPS code, even-odd."""
    table = areas.county_topology().counties
    shapes = {}
    for geoid, rings in zip(table["county_geoid"], table["rings"], strict=True):
        whole = shapely.MultiPolygon()
        for ring in rings:
            part = shapely.make_valid(shapely.Polygon(traced(ring) / areas.SCALE))
            whole = shapely.symmetric_difference(whole, part)
        shapes[geoid] = whole
    return pd.Series(shapes)


def test_every_county_has_its_name_its_state_and_its_rings() -> None:
    table = areas.county_topology().counties
    assert list(table.columns) == ["county_geoid", "name", "state", "rings"]
    assert len(table) == 3231
    assert table["county_geoid"].is_monotonic_increasing
    assert table["county_geoid"].is_unique
    assert (
        table["state"]
        .map({code: s.fips for code, s in STATES.items()})
        .eq(table["county_geoid"].str[:2])
        .all()
    )
    assert not table.duplicated(["state", "name"]).any(), "a kind tells two of one name apart"
    lost = table.loc[table["rings"].map(len).eq(0), "name"]
    assert lost.tolist() == ["Falls Church city"]


@pytest.mark.parametrize(
    ("geoid", "name"),
    [
        ("17043", "DuPage County"),
        ("24510", "Baltimore city"),
        ("24005", "Baltimore County"),
        ("32510", "Carson City"),
        ("11001", "District of Columbia"),
        ("22071", "Orleans Parish"),
        ("02110", "Juneau City and Borough"),
        ("02261", "Valdez-Cordova Census Area"),
        ("72127", "San Juan Municipio"),
        ("51036", "Charles City County"),
        ("66010", "Guam"),
    ],
)
def test_a_county_is_called_what_the_census_calls_it(geoid: str, name: str) -> None:
    table = areas.county_topology().counties
    assert table.set_index("county_geoid")["name"][geoid] == name


def test_arcs_are_whole_numbers_joined_end_to_end_and_shared_by_neighbours() -> None:
    topology = areas.county_topology()
    assert all(arc.dtype == np.int64 and arc.shape[1] == 2 for arc in topology.arcs)
    points = np.vstack(topology.arcs)
    assert len(points) < 40_000
    assert np.abs(points[:, 0]).max() <= 180 * areas.SCALE
    assert points[:, 1].min() > -15 * areas.SCALE
    assert points[:, 1].max() < 72 * areas.SCALE
    followed = []
    for ring in chain.from_iterable(topology.counties["rings"]):
        ends = [topology.arcs[max(i, ~i)][[0, -1] if i >= 0 else [-1, 0]] for i in ring]
        for (_, last), (first, _) in zip(ends, [*ends[1:], ends[0]], strict=True):
            assert (last == first).all()
        followed += ring
    times = pd.Series(followed).map(lambda i: max(i, ~i)).value_counts()
    assert len(times) == len(topology.arcs), "every arc is followed"
    again = pd.Series(followed)[pd.Series(followed).duplicated(keep=False)]
    slips = again.map(lambda i: max(i, ~i)).unique()
    assert len(slips) <= 44, "neighbours follow an arc each its own way, but for us-atlas' slips"
    assert max(len(topology.arcs[i]) for i in slips) <= 3
    assert times.drop(slips).max() == 2


def test_no_ring_crosses_the_date_line() -> None:
    table = areas.county_topology().counties
    east = set()
    for row in table.itertuples():
        for ring in row.rings:
            longitudes = traced(ring)[:, 0]
            assert np.ptp(longitudes) < 30 * areas.SCALE
            if longitudes.max() > 0:
                assert longitudes.min() > 0
                east.add(row.state)
    assert east == {"AK", "GU", "MP"}


def test_counties_cover_their_states_and_hold_their_points() -> None:
    shapes = polygons()
    counties = places.reference_table("us_counties.csv.gz").set_index("county_geoid")
    points = shapely.points(counties["longitude"], counties["latitude"])
    drawn = shapes[~shapely.is_empty(shapes.to_numpy())].index
    apart = pd.Series(shapely.distance(shapes.to_numpy(), points), index=shapes.index)
    assert apart[drawn].max() < ASTRAY
    assert apart[drawn].gt(0).mean() < 0.01
    states = places.state_shapes().set_index("fips").geometry
    for fips, there in shapes.groupby(shapes.index.str[:2]):
        area = shapely.area(np.asarray(there))
        assert area.sum() == pytest.approx(states[fips].area, rel=0.02, abs=0.02), fips
        overlap = area.sum() - shapely.union_all(np.asarray(there)).area
        assert overlap < 0.002 * area.sum() + 0.001, fips


def test_a_simplified_border_keeps_its_ends_and_strays_little() -> None:
    along = np.linspace(0, 3, 200)
    border = np.column_stack([-90 + along, 40 + 0.3 * np.sin(5 * along)])
    found = simplified(border, COUNTY_TOLERANCE)
    assert len(found) < 60
    assert found[[0, -1]] == pytest.approx(border[[0, -1]], abs=0.0006)
    strays = shapely.hausdorff_distance(shapely.linestrings(found), shapely.linestrings(border))
    assert strays < COUNTY_TOLERANCE / np.cos(np.radians(41)) + 0.001


def test_the_file_of_shapes_stays_small() -> None:
    assert (places.REFERENCE / "us_counties.topology.json.gz").stat().st_size < 150_000


def test_populations_are_the_bureaus_and_states_the_sums_of_their_counties() -> None:
    table = areas.populations()
    assert table.dtypes.astype(str).to_dict() == {
        "area": "string",
        "population": "Int64",
        "year": "Int64",
    }
    assert table["area"].is_unique
    assert table["year"].eq(2020).all()
    assert table["population"].ge(50).all(), "Kalawao, the smallest, has some 80 residents"
    known = table.set_index("area")["population"]
    stated = {"AL": 4_921_532, "CA": 39_368_078, "IL": 12_587_530, "TX": 29_360_759}
    assert {state: known[state] for state in stated} == stated
    states = known[known.index.str.len() == 2]
    counties = known[known.index.str.len() == 5]
    assert set(states.index) == set(STATES) - TERRITORIES
    assert states.sum() == counties.sum() == 329_484_123
    shapes = areas.county_topology().counties
    at_home = shapes[~shapes["state"].isin(TERRITORIES)]
    assert set(counties.index) == set(at_home["county_geoid"])
    assert counties["02261"] == 6427 + 2919, "Chugach and Copper River"


def test_a_county_too_many_or_too_few_stops_the_build(tmp_path: Path) -> None:
    file = tmp_path / "delphi_utils" / "data" / "2020" / "fips_pop.csv"
    file.parent.mkdir(parents=True)
    file.write_text("fips,pop\n02063,3\n02066,4\n01001,9\n72001,5\n", encoding="utf-8")
    wanted = pd.Series(["01001", "02261", "72001"], dtype="string")
    found = county_populations(tmp_path, wanted)
    assert found.to_numpy().tolist() == [["01001", 9], ["02261", 7]]
    for others in (wanted.iloc[1:], pd.concat([wanted, pd.Series(["01003"], dtype="string")])):
        with pytest.raises(ValueError, match="other counties than 2017"):
            county_populations(tmp_path, others)


def test_zip_codes_lead_to_places_of_one_state() -> None:
    table = areas.zips()
    assert list(table.columns) == ["zip", "state", "place", "key"]
    assert table["zip"].str.fullmatch(r"\d{5}").all()
    assert table["zip"].is_monotonic_increasing
    assert not table.duplicated(["zip", "key"]).any()
    assert table.groupby("zip")["state"].nunique().eq(1).all()
    assert set(table["state"]) == set(STATES)
    assert table["key"].eq(places.place_keys(table["place"])).all()
    assert table["key"].ne("").all()


@pytest.mark.parametrize(
    ("code", "state", "told"),
    [
        ("60540", "IL", ["Naperville"]),
        ("53220", "WI", ["Milwaukee", "Greenfield"]),
        ("63103", "MO", ["St. Louis"]),
        ("07062", "NJ", ["Plainfield", "North Plainfield"]),
        ("00601", "PR", ["Adjuntas"]),
        ("96799", "AS", ["Pago Pago"]),
        ("09001", None, []),
        ("96941", None, []),
    ],
)
def test_a_zip_code_tells_its_places_the_preferred_first(
    code: str, state: str | None, told: list[str]
) -> None:
    rows = areas.zips().query("zip == @code")
    assert rows["place"].tolist()[: len(told)] == told
    assert set(rows["state"]) == ({state} if state else set())


def test_the_first_three_digits_tell_the_state() -> None:
    table = areas.zips()
    states = table.groupby(table["zip"].str[:3])["state"].agg(set)
    assert len(states) > 900
    several = states[states.map(len) > 1].map(sorted)
    assert several.to_dict() == {
        "063": ["CT", "NY"],
        "205": ["DC", "MD", "VA"],
        "726": ["AR", "MO"],
        "739": ["OK", "TX"],
        "834": ["ID", "WY"],
        "967": ["AS", "HI"],
        "969": ["GU", "MP"],
    }


def test_what_makes_a_zip_code_and_what_does_not() -> None:
    def record(number: str, city: str, *also: str, state: str = "NJ", **told: object) -> dict:
        usual = {"zip_code_type": "STANDARD", "active": True}
        names_ = {"city": city, "acceptable_cities": list(also), "state": state}
        return {"zip_code": number, **usual, **names_, **told}

    towns = pd.DataFrame(
        [
            ("DeKalb", "NJ", 9),
            ("De Kalb", "NJ", 4),
            ("St. Anne", "NJ", pd.NA),
            ("Saint Ann", "NY", 5),
        ],
        columns=["name", "state", "population"],
    ).astype({"name": "string", "state": "string", "population": "Int64"})
    listed = [
        record("07002", "Hazlet", "Saint Anne", "De Kalb", "Nowhere"),
        record("07001", "De Kalb", "Dekalb"),
        record("07003", "Gone", active=False),
        record("07004", "Camp", zip_code_type="MILITARY"),
        record("96941", "Pohnpei", state="FM"),
        record("07005", "An office", zip_code_type="UNIQUE"),
        record("07006", "Saint Ann"),
    ]
    assert zip_codes(listed, towns).to_numpy().tolist() == [
        ["07001", "NJ", "DeKalb"],
        ["07002", "NJ", "Hazlet"],
        ["07002", "NJ", "DeKalb"],
        ["07002", "NJ", "St. Anne"],
        ["07005", "NJ", "An office"],
        ["07006", "NJ", "Saint Ann"],
    ]


def test_attributions_name_the_bureau_its_date_and_the_packages() -> None:
    assert {places.POPULATIONS, places.ZIP_CODES} <= set(places.ATTRIBUTIONS)
    assert "1 July 2020" in places.POPULATIONS
    for text in (places.POPULATIONS, places.ZIP_CODES):
        assert "MIT" in text


@pytest.mark.real
def test_real_county_names_are_the_gazetteers(real: Path) -> None:
    told = pd.read_csv(
        real / "census" / "gazetteer-counties-2017.txt", sep="|", dtype=str, header=None
    ).set_index(1)[3]
    table = areas.county_topology().counties
    assert set(told.index) == set(
        table.loc[~table["state"].isin(TERRITORIES - {"PR"}), "county_geoid"]
    )
    ours = table.set_index("county_geoid")["name"].reindex(told.index)
    n_tilde = told.str.replace("ń", "ñ")  # the gazetteer's own slip
    assert ours[ours.ne(n_tilde)].tolist() == []


@pytest.mark.real
def test_real_populations_lie_near_the_estimates_of_2018(real: Path) -> None:
    """Of counties of 5,000 or more none is a sixth off, of all one, Concho TX."""
    file = real / "census" / "county-population-2010-2018.csv"
    told = pd.read_csv(file, skiprows=2, dtype=str, encoding="utf-8-sig").dropna(subset="FIPS")
    then = told.set_index(told["FIPS"].str.zfill(5))["POP_ESTIMATE_2018"]
    then = pd.to_numeric(then.str.replace(",", "").str.strip())
    known = areas.populations().set_index("area")["population"]
    known = known[known.index.str.len() == 5]
    change = (known / then.reindex(known.index) - 1).abs()
    assert change.notna().all()
    assert change[change > 0.2].index.tolist() == ["48095"]
    assert change[then.reindex(known.index) >= 5000].max() < 1 / 6
    assert change.median() < 0.015


@pytest.mark.real
def test_real_cities_of_departments_have_zip_codes(real: Path) -> None:
    atlas = pd.read_csv(real / "atlas" / "atlas-2020-10-07.csv", dtype=str, keep_default_na=False)
    ring = atlas[atlas["Technology"] == "Ring/Neighbors Partnership"]
    keys = places.place_keys(names.tidy(ring["City"]))
    asked = pd.DataFrame({"state": names.state_codes(ring["State"]), "key": keys}).dropna()
    found = asked.merge(
        areas.zips()[["state", "key"]].drop_duplicates(), how="left", indicator=True
    )
    assert found["_merge"].eq("both").mean() > 0.98
