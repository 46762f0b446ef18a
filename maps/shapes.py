"""State and county shapes as whole numbers: a line starts at a point and goes on by steps."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from analysis.areas import Topology
from maps.columns import coded, packed, parted, texts

SCALE = 1000
"""Thousandths of a degree, the precision analysis gives."""

DATE_LINE_WEST = {"AK", "GU", "MP"}
"""States and territories whose eastern longitudes are drawn west of the date line."""

ORIGIN = np.zeros((1, 2), dtype=np.int64)
"""The point from which the first step of all goes."""


def encoded(shapes: gpd.GeoDataFrame) -> dict[str, Any]:
    """``{state: {"name": str, "rings": [lon, lat, step, step, ...]}}``, each ring packed.

    Takes columns state, name and geometry (EPSG:4326); the numbers are in 1/SCALE degrees. Holes
    are rings like any other: they are drawn with the even-odd rule.
    """
    return {
        state: {"name": name, "rings": [_steps(ring, state) for ring in _rings(geometry)]}
        for state, name, geometry in shapes[["state", "name", "geometry"]].itertuples(index=False)
    }


def counties(topology: Topology) -> dict[str, Any]:
    """The counties of ``analysis.areas.county_topology``, each border once.

    ``states`` names the USPS code of the first two digits of a ``geoid``; ``stem`` and ``ending``
    make the names. ``rings`` is how many rings each county has, ``sides`` how many arcs each ring,
    ``arcs`` twice the number of each arc, plus one where it is followed backwards, as steps.
    ``lengths`` is how many points each arc has and ``points`` their steps (longitude, latitude, in
    1/SCALE degrees), also from one arc to the next; no county has a longitude above 0 after those
    of DATE_LINE_WEST are moved. Arcs are numbered as they are first followed, so that their 19,000
    numbers take 32 kB instead of 44 (2026-11-23).
    """
    table = topology.counties
    rings = list(chain.from_iterable(table["rings"]))
    followed = _numbers(chain.from_iterable(rings))
    known = np.where(followed < 0, ~followed, followed)
    used, first = np.unique(known, return_index=True)
    order = used[np.argsort(first)]
    places = np.empty(len(topology.arcs), dtype=np.int64)
    places[order] = np.arange(len(order))
    arcs = [topology.arcs[arc] for arc in order]
    codes = map(int, table["county_geoid"])
    stems, endings = parted(table["name"])
    prefixes = table["county_geoid"].str[:2]
    return {
        "states": dict(sorted(zip(texts(prefixes), texts(table["state"]), strict=True))),
        "geoid": packed(np.diff([0, *codes])),
        "stem": coded(pd.Series(stems)),
        "ending": coded(endings),
        "rings": packed(_numbers(map(len, table["rings"]))),
        "sides": packed(_numbers(map(len, rings))),
        "arcs": packed(np.diff(places[known], prepend=[0]) * 2 + (followed < 0)),
        "lengths": packed(_numbers(map(len, arcs))),
        "points": packed(np.diff(_west(np.concatenate([ORIGIN, *arcs])), axis=0).ravel()),
    }


def _west(points: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return points - np.outer(points[:, 0] > 0, [360 * SCALE, 0])


def _numbers(numbers: Iterable[int]) -> npt.NDArray[np.int64]:
    return np.fromiter(numbers, dtype=np.int64)


def _rings(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    return list(shapely.get_rings(shapely.get_parts(geometry)))


def _steps(ring: shapely.Geometry, state: str) -> str:
    points = np.rint(shapely.get_coordinates(ring) * SCALE).astype(np.int64)
    if state in DATE_LINE_WEST:
        points = _west(points)
    return packed(np.diff(points, axis=0, prepend=0).ravel())
