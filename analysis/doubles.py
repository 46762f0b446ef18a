"""Rows of a register that are one department: a number out of use beside the one that replaced it,
or a number for each county that one town or one body lies in."""

from __future__ import annotations

import re
from itertools import combinations

import pandas as pd

from analysis.descriptions import LOCAL
from analysis.gazetteer import counties_called, is_beside, place_counties
from analysis.places import INDEPENDENT_CITY, county_geoids

SAID = ["core", "form", "number", "place", "county"]
"""Parts of a name that two rows of one department have in common, beside state and kind."""


def departments(known: pd.DataFrame, parts: pd.DataFrame) -> pd.Series:
    """For each row (key, name, state, county, kind) the key that stands for its department.

    ``parts`` are the :func:`analysis.designations.readings` of the names. Rows of one state whose
    names say the same of one kind of body are one department if they name the same counties. If
    they name others, or some name none, they are so where all that are named lie side by side and
    no second place bears the name: never a township, nor a city and the county around it. A
    department is known by the lowest of its keys for which a county is named, if there is one.
    """
    county, key = known["county"].fillna(""), known["key"].astype("string")
    kind = parts["kind"].mask(parts["kind"].eq(""), known["kind"])
    patrol = parts["text"].str.contains("patrol")  # beside California's state police, until 1995
    alike = [known["state"], kind, patrol, *(parts[name] for name in SAID)]
    stands = key.groupby([*alike, county]).transform("min").where(county.ne(""), key)
    several = stands.groupby(alike).transform("nunique").gt(1)
    rows = known.assign(county=county, core=parts["core"], form=parts["form"], told=parts["kind"])
    rows = rows[several]
    rows = rows.assign(geoid=county_geoids(rows["county"], rows["state"]).fillna(""))
    for _, each in rows.groupby([by[several] for by in alike]):
        if _is_one(each):
            named = each["key"][each["county"].ne("")]
            stands[each.index] = (each["key"] if named.empty else named).min()
    return stands


def _is_one(rows: pd.DataFrame) -> bool:
    """Rows that say the same, but not of one county: are they one department?"""
    core, form, told, state = rows[["core", "form", "told", "state"]].iloc[0]
    named = rows["county"].ne("")
    geoids = set(rows.loc[named, "geoid"])
    called = counties_called(core, state)
    if told in LOCAL or (called and not told):
        sole = len(place_counties().get(f"{state} {core.replace(' ', '')}", ())) == 1
        if not geoids or not sole or "township" in form:
            return False
    if "" in geoids or (not named.all() and len(called) > 1):
        return False
    if len(geoids) > 1 and any(re.match(INDEPENDENT_CITY, geoid) for geoid in geoids):
        return False
    return all(is_beside(one, other) for one, other in combinations(sorted(geoids), 2))
