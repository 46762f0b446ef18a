"""State shapes as whole numbers: each ring starts at a point and goes on by steps."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from maps.columns import packed

SCALE = 1000
"""Thousandths of a degree, the precision analysis gives."""

DATE_LINE_WEST = {"AK", "GU", "MP"}
"""States and territories whose eastern longitudes are drawn west of the date line."""


def encoded(shapes: gpd.GeoDataFrame) -> dict[str, Any]:
    """``{state: {"name": str, "rings": [lon, lat, step, step, ...]}}``, each ring packed.

    Takes columns state, name and geometry (EPSG:4326); the numbers are in 1/SCALE degrees. Holes
    are rings like any other: they are drawn with the even-odd rule.
    """
    return {
        state: {"name": name, "rings": [_steps(ring, state) for ring in _rings(geometry)]}
        for state, name, geometry in shapes[["state", "name", "geometry"]].itertuples(index=False)
    }


def _rings(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    return list(shapely.get_rings(shapely.get_parts(geometry)))


def _steps(ring: shapely.Geometry, state: str) -> str:
    points = np.rint(shapely.get_coordinates(ring) * SCALE).astype(int)
    if state in DATE_LINE_WEST:
        points[points[:, 0] > 0, 0] -= 360 * SCALE
    return packed(np.diff(points, axis=0, prepend=0).ravel())
