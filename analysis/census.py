"""What the Census Bureau's own lists tell of places and areas, where they were imported.

Its gazetteers give places their GEOID, its estimates their residents with the year. Without them
what ships stands: places and populations of GeoNames, populations of states and counties of 2020.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import evidence
from analysis.places import OF_PLACE, connecticut, embedded, kilometres, place_keys
from analysis.read import Facts
from analysis.states import STATES

SAME_KM = 15
"""How far two points inside one place, of two lists, may lie apart."""
ALONE_KM = 75
"""The same for the only two of a name in a state: the bureau's points of Los Angeles, Goodyear AZ
and San Francisco (with its islands) lie 16, 20 and 54 km from GeoNames' (2026-11-23)."""
GOVERNING = frozenset(
    {"CT", "IL", "IN", "KS", "MA", "ME", "MI", "MN", "MO", "ND", "NE", "NH", "NJ", "NY", "OH"}
    | {"PA", "RI", "SD", "VT", "WI"}
)
"""States whose towns or townships govern; elsewhere county subdivisions are for statistics."""
NO_GOVERNMENT = ("F", "I", "N", "S")
"""Codes (FUNCSTAT) of areas without a government of their own: fictitious, inactive, not
functioning, statistical."""
TOWN = r" (?:charter township|township|town|plantation)$"
KIND = (
    r"(?: (?:city and borough|consolidated government|metro(?:politan)? government|urban county"
    r"|unified government|charter township|township|town|city|village|borough|municipality"
    r"|plantation|corporation|comunidad|zona urbana|CDP))?(?: \(balance\))?$"
)
"""What the bureau writes behind the name of a place."""
CONSOLIDATED = r"(?:government|\(balance\)|urban county|\bCounty)(?: \(balance\))?$"
PLANNING_REGION = r"^091[1-9]0$"
"""FIPS codes of Connecticut's planning regions, in use since vintage 2022."""
SPLIT_2019 = {"02063": "02261", "02066": "02261"}
"""Areas of Alaska that were one in 2017."""
AREA = ["area", "level", "name", "population", "year", "series", "source", "capture_id"]


def places(facts: Facts) -> pd.DataFrame:
    """Places as :func:`analysis.places.embedded` has them, with what imported lists add.

    A place that ships keeps its point and takes the GEOID of the area of that name within
    ``SAME_KM`` (of a name that either list has once in the state, ``ALONE_KM``; where one of the
    two tells no point, in the same county) and, with the year, its official population. Places,
    towns and townships that only the bureau knows come behind: a place, then what governs under
    the same name, then a place for statistics.
    """
    areas = _areas(facts)
    if areas.empty:
        return embedded()
    names = _names(areas)
    shipped = embedded().reset_index(drop=True)
    same = _same(shipped, names)
    for column in ("place_geoid", "population", "population_year"):
        shipped[column] = same[column].reindex(shipped.index).fillna(shipped[column])
    pointless = shipped["latitude"].isna()
    for axis in ("latitude", "longitude"):
        told = same[axis].reindex(shipped.index)
        shipped[axis] = shipped[axis].mask(pointless, told)
    taken = pd.MultiIndex.from_frame(shipped[["place_geoid", "key"]])
    others = names[~pd.MultiIndex.from_frame(names[["place_geoid", "key"]]).isin(taken)]
    others = others.reindex(columns=shipped.columns).astype(shipped.dtypes.to_dict())
    return pd.concat([shipped, others], ignore_index=True)


def area_populations(facts: Facts) -> pd.DataFrame:
    """Rows of the table ``area_populations``, with the capture of each in capture_id."""
    told = _newest(facts, "population")
    told = told[told["level"].isin(["state", "county"])]
    usps = {state.fips: code for code, state in STATES.items()}
    area = told["geoid"].map(usps).fillna(told["geoid"].mask(told["level"].eq("state")))
    found = told.assign(area=area, population=told["value"]).dropna(subset="area")
    return found[AREA].reset_index(drop=True)


def proofs(facts: Facts, table: str, rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Rows of the table ``evidence``: the captures that gave ``rows`` (``key``, place_geoid and,
    if it is there, population_year) their GEOID and official population."""
    named = rows.dropna(subset="place_geoid")
    counted = named
    if "population_year" in named:
        counted = named.dropna(subset="population_year")
    parts = []
    for kind, mine in (("census_area", named), ("population", counted)):
        told = _newest(facts, kind)[["geoid", "capture_id"]].rename(
            columns={"geoid": "place_geoid"}
        )
        rests = mine[[key, "place_geoid"]].astype(object).merge(told, on="place_geoid")
        parts.append(evidence.pairs(table, rests[key], rests["capture_id"]))
    return pd.concat(parts, ignore_index=True)


def planning_regions(places: pd.Series, states: pd.Series) -> pd.Series:
    """FIPS codes of the planning regions in which towns of Connecticut lie; else missing."""
    towns = connecticut()
    region = dict(zip(place_keys(towns["name"]), towns["region_geoid"], strict=True))
    found = place_keys(places).map(region).astype("string")
    return found.where(states.eq("CT").fillna(False).astype(bool))


def _newest(facts: Facts, kind: str) -> pd.DataFrame:
    """What the newest editions tell, of an area in several the newest."""
    told = facts.edition(kind)
    return told.drop_duplicates(["level", "geoid"] if kind == "census_area" else _PART, keep="last")


_PART = ["level", "geoid", "county"]


def _areas(facts: Facts) -> pd.DataFrame:
    """Places and governing county subdivisions: name, state, county_geoid, funcstat and
    :data:`OF_PLACE`; those that only the estimates know have no point."""
    listed = _newest(facts, "census_area")
    listed = listed[listed["level"].ne("county")]
    people = _newest(facts, "population")
    counted = people[people["level"].isin(["place", "county_subdivision"])].set_index("geoid")
    usps = {state.fips: code for code, state in STATES.items()}
    only = counted[~counted.index.isin(listed["geoid"])].reset_index()
    only = only.assign(state=only["geoid"].str[:2].map(usps), funcstat="")
    columns = ["geoid", "level", "name", "state", "funcstat", "latitude", "longitude"]
    found = pd.concat([listed[columns], only.reindex(columns=columns)], ignore_index=True)
    found = found[found["state"].isin(list(STATES))]
    parts = people[people["level"].eq("place_part")].sort_values("value", kind="stable")
    largest = parts.drop_duplicates("geoid", keep="last").set_index("geoid")["county"]
    of_place = found["geoid"].map(largest)
    county = of_place.where(found["level"].eq("place"), found["geoid"].str[:5])
    county = county.replace(SPLIT_2019).astype("string")
    found = found.assign(
        name=found["name"].astype("string"),
        state=found["state"].astype("string"),
        place_geoid=found["geoid"].astype("string"),
        county_geoid=county.mask(county.str.match(PLANNING_REGION)),
        population=found["geoid"].map(counted["value"]).astype("Int64"),
        population_year=found["geoid"].map(counted["year"]).astype("Int64"),
    ).reset_index(drop=True)
    governs = found["state"].isin(list(GOVERNING)) & found["name"].str.contains(TOWN)
    governs &= ~found["funcstat"].isin(NO_GOVERNMENT)
    return found[found["level"].eq("place") | governs]


def _names(areas: pd.DataFrame) -> pd.DataFrame:
    """A row for each name an area goes by, with its key and rank."""
    whole = areas["name"]
    core = whole.str.replace(KIND, "", regex=True)
    core = core.mask(core.str.strip().eq(""), whole)
    county = _in_old_counties(areas["county_geoid"], core, areas["state"])
    areas = areas.assign(county_geoid=county)
    town = areas["level"].eq("county_subdivision")
    rank = pd.Series(np.where(town, 1, np.where(whole.str.endswith(" CDP"), 2, 0)), areas.index)
    first = core.str.extract(r"^(.+?)\s?[-/,]")[0].where(whole.str.contains(CONSOLIDATED))
    kind = whole.str.extract(r" (township|town|village|borough|city)$")[0]
    forms = [
        (core, rank),
        (first, rank),
        (whole.mask(whole.str.contains(r"\(balance\)|CDP$")), rank.mask(town, 0)),
        (core + " " + kind, rank.mask(town, 0)),
    ]
    named = pd.concat([areas.assign(name=name, rank=number) for name, number in forms])
    named = named.dropna(subset="name")
    named = named.assign(key=place_keys(named["name"])).dropna(subset="key")
    columns = ["state", "key", "name", "rank", *OF_PLACE]
    return named.drop_duplicates(["place_geoid", "key"])[columns].reset_index(drop=True)


def _in_old_counties(county: pd.Series, names: pd.Series, states: pd.Series) -> pd.Series:
    """``county`` with the counties of 2017 of towns that later vintages put into regions."""
    towns = connecticut()
    old = dict(zip(place_keys(towns["name"]), towns["county_geoid"], strict=True))
    known = place_keys(names).map(old).where(states.eq("CT"))
    return county.fillna(known.astype("string"))


def _same(shipped: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """For each shipped place, by its index, the official one that is the same, if any."""
    asked = shipped[["state", "key", "latitude", "longitude", "county_geoid"]]
    pairs = (
        asked.rename_axis("asked")
        .reset_index()
        .merge(names, on=["state", "key"], suffixes=("_shipped", ""))
    )
    apart = kilometres(
        pairs["latitude_shipped"].to_numpy(dtype=float),
        pairs["longitude_shipped"].to_numpy(dtype=float),
        pairs["latitude"].to_numpy(dtype=float),
        pairs["longitude"].to_numpy(dtype=float),
    )
    together = pairs["county_geoid"].eq(pairs["county_geoid_shipped"]).fillna(False)
    places = pairs["rank"].eq(0)
    only = ~pairs[places].duplicated(["state", "key"], keep=False)
    alone = only.reindex(pairs.index, fill_value=False).to_numpy(dtype=bool)
    near = apart <= np.where(alone, ALONE_KM, SAME_KM)
    near |= alone & (pairs["latitude_shipped"].isna() & pairs["county_geoid"].isna()).to_numpy()
    pairs = pairs.assign(apart=apart)[near | (np.isnan(apart) & together.to_numpy(dtype=bool))]
    order = ["asked", "rank", "apart", "place_geoid"]
    best = pairs.sort_values(order, na_position="last").drop_duplicates("asked")
    return best.set_index("asked")
