"""Names of places and counties that the shipped lists hold, for telling names from forms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

from analysis.places import kilometres, place_keys, reference_table, towns
from analysis.states import STATES


def is_place(core: str, state: str) -> bool:
    """Does the shipped list of places have that name in that state?"""
    return f"{state} {core.replace(' ', '')}" in place_counties()


def is_county(core: str, state: str) -> bool:
    """Does the shipped list of counties have that name, without the word county, in that state?"""
    return f"{state} {core.replace(' ', '')}" in _county_names()


def counties_called(core: str, state: str) -> frozenset[str]:
    """FIPS codes of the counties of that name, and of those in which places of that name lie."""
    key, none = f"{state} {core.replace(' ', '')}", frozenset[str]()
    return place_counties().get(key, none) | _county_names().get(key, none)


@cache
def is_beside(county: str, other: str) -> bool:
    """Do the circles around two counties of the shipped list touch? Neighbours' always do."""
    points = _county_points()
    if county not in points or other not in points:
        return False
    (north, east, far), (other_north, other_east, other_far) = points[county], points[other]
    return _kilometres(north, east, other_north, other_east) <= far + other_far


@cache
def place_counties() -> dict[str, frozenset[str]]:
    """FIPS codes of the counties of every place by state and folded name (``OH springfield``)."""
    return _listed(reference_table("us_places.csv.gz").dropna(subset="county_geoid"))


def _gathered(keys: pd.Series, codes: pd.Series) -> dict[str, frozenset[str]]:
    """All codes of each key."""
    sets = {code: frozenset((code,)) for code in codes.unique()}
    told: dict[str, frozenset[str]] = {}
    for key, code in _rows(keys, codes):
        one = sets[code]
        told[key] = told[key] | one if key in told else one
    return told


@cache
def town_counties() -> dict[str, frozenset[str]]:
    """The same; of a name that no listed place has, those of the post office, else of the county,
    else of the towns and townships that have it."""
    found = _listed(towns()) | _county_names()
    return found | _listed(reference_table("us_post_offices.csv.gz")) | place_counties()


def _listed(table: pd.DataFrame) -> dict[str, frozenset[str]]:
    return _gathered(table["state"] + " " + place_keys(table["name"]), table["county_geoid"])


@cache
def town_names() -> list[str]:
    """State and name of all of them, in order."""
    return sorted(town_counties())


def _rows(*columns: pd.Series) -> Iterator[tuple[str, ...]]:
    """Cells side by side; to go through Arrow's text itself costs 3 microseconds a cell."""
    return zip(*(column.to_numpy(dtype=object).tolist() for column in columns), strict=True)


@cache
def _county_names() -> dict[str, frozenset[str]]:
    counties = reference_table("us_counties.csv.gz")
    keys = place_keys(counties["name"].str.replace(r" (?:County|Parish)$", "", regex=True))
    states = counties["county_geoid"].str[:2].map({s.fips: code for code, s in STATES.items()})
    both = (states + " " + keys).dropna()
    return _gathered(both, counties.loc[both.index, "county_geoid"])


@cache
def _county_points() -> dict[str, tuple[float, float, float]]:
    counties = reference_table("us_counties.csv.gz")
    columns = ["latitude", "longitude", "reach_km"]
    points = counties[columns].itertuples(index=False, name=None)
    return dict(zip(counties["county_geoid"], points, strict=True))


def _kilometres(latitude: float, longitude: float, other: float, other_longitude: float) -> float:
    points = (np.array([degrees]) for degrees in (latitude, longitude, other, other_longitude))
    return float(kilometres(*points)[0])
