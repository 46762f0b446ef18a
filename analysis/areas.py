"""Areas to draw, to count by and to find: county shapes, populations and ZIP codes, offline.

All of it comes from ``analysis/reference``; its README.md names source and licence of each file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.places import (
    INDEPENDENT_CITY,
    POPULATIONS,
    place_keys,
    reference_table,
    unpacked,
)
from analysis.states import STATES

SCALE = 1000
"""County borders are whole numbers of 1/SCALE degrees."""
POPULATION_YEAR = 2020
KINDS = {
    "22": "Parish",
    "60": "District",
    "69": "Municipality",
    "72": "Municipio",
    "78": "Island",
    **dict.fromkeys(("02016", "02050", "02070", "02105", "02158"), "Census Area"),
    **dict.fromkeys(("02180", "02198", "02240", "02261", "02290"), "Census Area"),
    **dict.fromkeys(("02110", "02220", "02275", "02282"), "City and Borough"),
    **dict.fromkeys(("02020", "02230"), "Municipality"),
    "02": "Borough",
    **dict.fromkeys(("11", "66", "32510"), ""),
}
"""What counties are called by FIPS code, or else by its first two digits, where neither ``city``
nor ``County``; Carson City has it in its name."""


@dataclass(frozen=True, slots=True)
class Topology:
    """Counties by their borders, each of which two neighbours share.

    ``arcs`` are the borders, arrays of (longitude, latitude) in 1/SCALE degrees (WGS 84).
    ``counties`` has columns county_geoid (five-digit FIPS of 2017), name (with its kind: ``DuPage
    County``), state (USPS) and rings: lists of numbers of ``arcs``, outer rings and holes alike
    (even-odd), where ``~i`` is arc i followed backwards, as in TopoJSON. Sorted by county_geoid.
    """

    arcs: list[NDArray[np.int64]]
    counties: pd.DataFrame


@cache
def county_topology() -> Topology:
    """Shapes of the counties, for drawing at zoom 6 to 11 (do not change it).

    Longitudes are as measured, -180 to 180, and no ring crosses the date line: Aleutians West has
    rings on either side of it, Guam and the Northern Marianas lie east of 144. A map that wants
    them beside the rest takes 360 degrees off every longitude above 0, as no county on the other
    side has one. Borders of states are coarser in ``places.state_shapes`` and do not meet these; an
    arc in counties of two states is the border of both. Falls Church VA (5 km2) has no ring.
    """
    read = json.loads(unpacked("us_counties.topology.json.gz"))
    ends = np.cumsum([len(arc) // 2 for arc in read["arcs"]])
    points = np.cumsum(np.reshape(list(chain.from_iterable(read["arcs"])), (-1, 2)), axis=0)
    rings = [*chain.from_iterable(read["counties"].values())]
    turned = np.cumsum(list(chain.from_iterable(rings)))
    followed = iter(np.where(turned % 2, ~(turned // 2), turned // 2).tolist())
    traced = {
        geoid: [list(islice(followed, len(ring))) for ring in county]
        for geoid, county in read["counties"].items()
    }
    counties = reference_table("us_counties.csv.gz")[["county_geoid", "name", "state"]]
    counties["name"] += _kinds(counties["county_geoid"])
    counties["rings"] = pd.Series(
        [traced[geoid] for geoid in counties["county_geoid"]], dtype=object
    )
    return Topology(np.split(points, ends[:-1]), counties)


def _kinds(geoids: pd.Series) -> pd.Series:
    """What follows the name of each county, behind a blank."""
    city = geoids.str.match(INDEPENDENT_CITY).map({True: "city", False: pd.NA})
    kind = geoids.map(KINDS).fillna(city).fillna(geoids.str[:2].map(KINDS)).fillna("County")
    return (" " + kind).str.rstrip()


def populations(official: pd.DataFrame | None = None) -> pd.DataFrame:
    """Residents of states and counties as the Census Bureau estimated them.

    ``official`` is the table ``area_populations``: its rows stand where it has them and they are
    not of an earlier year than those that ship, of 1 July 2020. Columns area (USPS code or
    five-digit FIPS), population, year. What no row tells of (territories, where nothing was
    imported) is not known.
    """
    shipped = _shipped_populations()
    if official is None or official.empty:
        return shipped
    told = official[list(shipped.columns)].astype(shipped.dtypes.to_dict())
    both = pd.concat([shipped, told]).sort_values(["area", "year"], kind="stable")
    return both.drop_duplicates("area", keep="last").reset_index(drop=True)


def population_source(official: pd.DataFrame | None = None) -> str:
    """How the sources of :func:`populations` are to be named."""
    if official is None or official.empty:
        return POPULATIONS
    series = "; ".join(sorted(official["series"].dropna().unique()))
    return (
        f"State and county populations: U.S. Census Bureau, {series[:1].lower()}{series[1:]}, "
        f"public domain, each with its year. Where these have none: {POPULATIONS}"
    )


@cache
def _shipped_populations() -> pd.DataFrame:
    """Residents on 1 July 2020 (vintage 2020), a state being the sum of its counties of 2017."""
    counties = reference_table("us_county_populations.csv.gz")
    usps = {state.fips: code for code, state in STATES.items()}
    states = counties.groupby(counties["county_geoid"].str[:2].map(usps))["population"].sum()
    areas = pd.concat([states, counties.set_index("county_geoid")["population"]])
    return pd.DataFrame(
        {
            "area": pd.Series(areas.index, dtype="string"),
            "population": pd.Series(areas.to_numpy(), dtype="Int64"),
            "year": pd.Series(POPULATION_YEAR, index=range(len(areas)), dtype="Int64"),
        }
    )


@cache
def zips() -> pd.DataFrame:
    """ZIP codes in use and the places they serve, the one the post office prefers first.

    Columns zip (five digits), state (USPS), place and key, that of ``places.place_keys``, to join
    with the city of departments. A ZIP code serves one state here; the first three digits of a few
    serve several. Not in it: military codes, and those of the freely associated states.
    """
    codes = reference_table("us_zips.csv.gz")
    return codes.assign(key=place_keys(codes["place"]))
