"""County shapes, populations and ZIP codes of the reference files; see README.md."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from analysis.areas import SCALE
from analysis.places import county_geoids, place_keys
from analysis.states import STATES

COUNTY_TOLERANCE = 0.015
"""Degrees of latitude by which a drawn county border may stray: on the ground 1.7 km, which at 40
degrees north is 0.9 pixels at zoom 6, 4 at zoom 8 and 28 at zoom 11."""
DELPHI_POPULATIONS = Path("delphi_utils", "data", "2020", "fips_pop.csv")
SINCE_2019 = {"02063": "02261", "02066": "02261"}
"""Chugach and Copper River, into which Valdez-Cordova was divided, to the county of 2017."""
NOT_ESTIMATED = ("60", "66", "69", "70", "72", "78")
"""First digits of the territories, of which the package has numbers of other censuses."""


def borders(topology: dict[str, Any]) -> list[NDArray[np.float64]]:
    """The arcs of a TopoJSON file in degrees: longitude, latitude."""
    scale = np.array(topology["transform"]["scale"])
    shift = np.array(topology["transform"]["translate"])
    return [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in topology["arcs"]]


def simplified(border: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """``border`` straying by ``tolerance`` degrees of latitude, its ends kept, in 3 decimals."""
    squeeze = np.array([np.cos(np.radians(border[:, 1].mean())), 1.0])
    line = shapely.simplify(
        shapely.linestrings(border * squeeze), tolerance, preserve_topology=False
    )
    return np.asarray(np.round(shapely.get_coordinates(line) / squeeze, 3))


def drawn_counties(topology: dict[str, Any]) -> dict[str, Any]:
    """The counties of us-atlas, simplified border by border so that neighbours still meet.

    ``arcs`` is a list of borders, each the steps from point to point (longitude, latitude, in
    1/SCALE degrees), the first from the last point of the arc before. ``counties`` has by FIPS code
    the rings, outer ones and holes, each the steps from arc to arc, in numbers that are twice an
    arc's own, plus one where it is followed backwards; also from the last ring before. A ring of
    fewer than three points is left out, and every arc nobody follows. Arcs are numbered as they
    are first followed. All that makes small numbers, which compress well.
    """
    lines = [
        np.rint(simplified(border, COUNTY_TOLERANCE) * SCALE).astype(int)
        for border in borders(topology)
    ]
    shapes = sorted(topology["objects"]["counties"]["geometries"], key=lambda shape: shape["id"])
    rings = {shape["id"]: _rings(shape, lines) for shape in shapes}
    followed = [i for county in rings.values() for ring in county for i in ring]
    new: dict[int, int] = {}
    for i in followed:
        new.setdefault(max(i, ~i), len(new))
    numbers = np.array([2 * new[max(i, ~i)] + (i < 0) for i in followed])
    turns = iter(np.diff(numbers, prepend=0).tolist())
    steps = np.diff(np.vstack([lines[i] for i in new]), axis=0, prepend=0)
    arcs = np.split(steps, np.cumsum([len(lines[i]) for i in new])[:-1])
    return {
        "arcs": [arc.ravel().tolist() for arc in arcs],
        "counties": {
            geoid: [list(islice(turns, len(ring))) for ring in county]
            for geoid, county in rings.items()
        },
    }


def _rings(shape: dict[str, Any], arcs: list[NDArray[np.int_]]) -> list[list[int]]:
    nested = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
    rings: list[list[int]] = [ring for polygon in nested for ring in polygon]
    traced = [np.vstack([arcs[max(i, ~i)] for i in ring]) for ring in rings]
    return [
        ring
        for ring, points in zip(rings, traced, strict=True)
        if len(np.unique(points, axis=0)) >= 3
    ]


def county_populations(delphi: Path, geoids: pd.Series) -> pd.DataFrame:
    """Residents on 1 July 2020 of the counties of 2017: county_geoid, population.

    Raises:
        ValueError: the package has other counties than ``geoids`` of the states.
    """
    read = pd.read_csv(delphi / DELPHI_POPULATIONS, dtype={"fips": "string", "pop": "int64"})
    rows = read[~read["fips"].str[:2].isin(NOT_ESTIMATED)]
    county = rows["fips"].replace(SINCE_2019).rename("county_geoid")
    found = rows.groupby(county)["pop"].sum().rename("population").reset_index()
    wanted = geoids[~geoids.str[:2].isin(NOT_ESTIMATED)]
    if strays := set(found["county_geoid"]) ^ set(wanted):
        raise ValueError(f"{delphi / DELPHI_POPULATIONS}: other counties than 2017: {strays}")
    return found.sort_values("county_geoid", ignore_index=True)


def zip_codes(listed: list[dict[str, Any]], towns: pd.DataFrame) -> pd.DataFrame:
    """ZIP codes in use and the places they serve: zip, state, place; several rows for several.

    First the name the post office prefers, then of the others it accepts those that are places of
    ``towns`` (name, state, population) in that state; each as ``towns`` writes it if it has it.
    ``listed`` are the records of the package zipcodes. Military codes, those of states that are
    not ours (the freely associated ones) and those no longer in use are left out.
    """
    codes = pd.DataFrame(listed)
    ours = codes["state"].isin(list(STATES)) & codes["zip_code_type"].ne("MILITARY")
    codes = codes.loc[ours & codes["active"]].rename(columns={"zip_code": "zip"})
    preferred = codes[["zip", "state", "city"]].assign(rank=0)
    accepted = codes[["zip", "state", "acceptable_cities"]].explode("acceptable_cities")
    accepted = accepted.rename(columns={"acceptable_cities": "city"}).assign(rank=1)
    names = pd.concat([preferred, accepted.dropna(subset="city")], ignore_index=True)
    names["key"] = place_keys(names["city"].astype("string"))
    largest = towns.assign(key=place_keys(towns["name"])).sort_values(
        ["population", "name"], ascending=[False, True], na_position="last"
    )
    largest = largest.drop_duplicates(["state", "key"])[["state", "key", "name"]]
    found = names.merge(largest, on=["state", "key"], how="left")
    found = found[found["rank"].eq(0) | found["name"].notna()]
    found = found.assign(place=found["name"].fillna(found["city"]))
    found = found.sort_values(["zip", "rank", "place"]).drop_duplicates(["zip", "key"])
    return found[["zip", "state", "place"]].reset_index(drop=True)


def post_offices(listed: list[dict[str, Any]]) -> pd.DataFrame:
    """Names by which the post office knows the places of ZIP codes: name, state, county_geoid.

    Only the name it prefers for a ZIP code, and only where all ZIP codes of that name in the state
    lie in one county of 2017. ``listed`` as :func:`zip_codes` takes them.
    """
    codes = pd.DataFrame(listed)
    ours = codes["state"].isin(list(STATES)) & codes["zip_code_type"].ne("MILITARY")
    codes = codes[ours & codes["active"]].astype({"city": "string", "county": "string"})
    codes = codes.assign(
        key=place_keys(codes["city"]),
        county_geoid=county_geoids(codes["county"], codes["state"]),
    )
    several = codes.groupby(["state", "key"])["county_geoid"].transform("nunique").ne(1)
    found = codes[~several].dropna(subset="county_geoid").rename(columns={"city": "name"})
    found = found.sort_values(["state", "name"]).drop_duplicates(["state", "key"])
    return found[["name", "state", "county_geoid"]].reset_index(drop=True)


def lacking(named: pd.DataFrame, towns: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``named`` (name, state) whose name is that of none of ``towns`` in the state."""
    known = pd.MultiIndex.from_arrays([towns["state"], place_keys(towns["name"])])
    asked = pd.MultiIndex.from_arrays([named["state"], place_keys(named["name"])])
    return named[~asked.isin(known)].reset_index(drop=True)
