"""Which places and counties a department serves, as sources and reviewed decisions tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis import census
from analysis.agencies import numbers
from analysis.decisions import Decision
from analysis.names import counties, fold, tidy
from analysis.observations import ids
from analysis.places import county_geoids, decided_counties, locate
from analysis.read import Facts

NAMED = ["agency_id", "name", "usps", "city", "county", "source"]
"""Columns that say where a source puts a department."""
KEY = ["agency_id", "role", "place", "county", "county_geoid", "source"]
COLUMNS = [
    *("agency_place_id", "agency_id", "role", "place", "county", "place_geoid", "county_geoid"),
    *("planning_region_geoid", "reason", "told_by", "decided", "source"),
    *("observed_at", "capture_id"),
]


def named_places(
    people: pd.DataFrame, places: pd.DataFrame, decided: Sequence[Decision]
) -> pd.DataFrame:
    """Rows of ``agency_places`` for what sources name, several to a fact: one for each capture.

    ``people`` are identified rows (:data:`NAMED`, observed_at, capture_id) in the order of
    observed_at: of each way a source puts a department the first and the last are taken. Each
    county of a cell has a row; ``places`` and ``decided`` are those of
    :func:`analysis.places.locate`.
    """
    rows = people.iloc[_ends(people)].reset_index(drop=True)
    told = pd.DataFrame({"city": tidy(rows["city"]), "county": counties(rows["county"])}).assign(
        state=rows["usps"].astype("string"), name=tidy(rows["name"])
    )
    where = locate(told, places, decided)
    place = rows.assign(
        role="place_named",
        place=told["city"],
        county=pd.Series(pd.NA, index=rows.index, dtype="string"),
        place_geoid=where["place_geoid"],
        county_geoid=where["county_geoid"].where(where["location_precision"].eq("place_centroid")),
    ).dropna(subset="place")
    cell = told.assign(county=told["county"].str.split("; ")).explode("county")
    cell = cell.dropna(subset="county").astype("string")
    read = decided_counties(cell, decided).fillna(county_geoids(cell["county"], cell["state"]))
    county = rows.loc[cell.index].assign(
        role="county_named",
        place=pd.Series(pd.NA, index=cell.index, dtype="string"),
        county=cell["county"],
        place_geoid=pd.Series(pd.NA, index=cell.index, dtype="string"),
        county_geoid=read,
    )
    return _finished(pd.concat([place, county], ignore_index=True))


def served_places(facts: Facts, agencies: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``agency_places`` for reviewed decisions about departments that are known here.

    A decision names a department by name and state; a name that several departments of the state
    bear, or none, is left aside.
    """
    told = facts.edition("served_place")
    if facts.as_of:
        told = told[told["decided"].le(facts.as_of)]
    spoken = agencies[["agency_id", "name", "aliases", "state"]].astype("string")
    names = spoken.assign(
        spelt=(spoken["name"] + " | " + spoken["aliases"].fillna("")).str.split(r" \| ")
    )
    names = names.explode("spelt").assign(key=lambda n: fold(n["spelt"]))
    names = names.dropna(subset="key").drop_duplicates(["agency_id", "key"])
    names = names[~names.duplicated(["state", "key"], keep=False)]
    keyed = told.assign(key=fold(told["agency"].astype("string")))
    rows = keyed.merge(names[["agency_id", "state", "key"]], on=["state", "key"])
    asked = rows[["place", "county", "state"]].rename(columns={"place": "city"})
    where = locate(asked, places, ())
    county = county_geoids(rows["county"].astype("string"), rows["state"])
    return _finished(
        rows.assign(
            role="served",
            usps=rows["state"],
            place_geoid=where["place_geoid"],
            county_geoid=county.fillna(where["county_geoid"]),
        )
    )


def _ends(people: pd.DataFrame) -> np.ndarray:
    """Which rows are the first or the last of their kind."""
    spoken = numbers(people, NAMED)
    first = np.unique(spoken, return_index=True)[1]
    last = len(spoken) - 1 - np.unique(spoken[::-1], return_index=True)[1]
    return np.unique(np.concatenate([first, last]))


def _finished(rows: pd.DataFrame) -> pd.DataFrame:
    regions = census.planning_regions(rows["place"].astype("string"), rows["usps"])
    found = rows.assign(planning_region_geoid=regions)
    found = found.reindex(columns=COLUMNS)
    found["agency_place_id"] = ids(found, KEY)
    return found
