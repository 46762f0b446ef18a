"""What speaks against two descriptions being of one department, in points and in words.

The score of a pair is 100 less what :data:`COSTS` takes off for each doubt. What can never be one
department (another kind, a county's and a city's police, another precinct) has no score.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.descriptions import BOTH, COUNTIES, LOCAL, SILENT
from analysis.designations import FBI_TYPES
from analysis.gazetteer import is_beside, place_counties

Side = dict[str, NDArray[Any]]
"""Columns of one side of pairs."""

COSTS = {
    "unlike": 6,  # and what the ratio of the cores lacks of 100
    "abridged": 7,  # and what is left over of either name
    "alias": 2,
    "order": 1,
    "tail": 3,
    "strange": 16,
    "wording": 3,
    "kind": 2,
    "kind_stated": 1,
    "kind_filed": 16,
    "kind_untold": 6,
    "kind_other": 4,
    "bare": 14,
    "level": 4,
    "form": 4,
    "township": 8,
    "form_other": 8,
    "form_against": 30,
    "number": 20,
    "county": 20,
    "border": 3,
    "beside": 9,
    "seat": 4,
    "place": 1,
}
"""Points that a doubt takes off; set on the tuning half of the FBI's variants (2026-11-23)."""
REASONS = {
    "unlike": "the names are spelt differently",
    "abridged": "one of the names is abridged",
    "alias": "by another name of it",
    "order": "in another order",
    "tail": "leaving out the place named at the end",
    "strange": "what stands behind the kind is a body of its own",
    "wording": "the words are divided otherwise",
    "kind": "police and public safety taken as one",
    "kind_stated": "the kind is the source's",
    "kind_filed": "the sources file them under different types",
    "kind_untold": "the kind is not told",
    "kind_other": "the kinds differ in name only",
    "bare": "a city and a county of the state bear this name",
    "level": "whether it is a county's is not told on both sides",
    "form": "only one of them says what form of place it is",
    "township": "only one of them says it is a township's",
    "form_other": "the forms of place differ",
    "form_against": "the forms of place speak against it",
    "number": "only one of them has a number",
    "county": "the counties differ",
    "border": "the place named lies in the county that is asked for and beside the other",
    "beside": "the counties differ, but lie side by side, and only one place bears the name",
    "seat": "the place named lies in another county",
    "place": "the places named differ",
}
"""Each doubt in words."""
COMPARED = (
    *("usps", "key", "fits", "level", "form", "number", "place_key", "words", "strange", "bare"),
    *("counties", "seat", "text", "stated"),
)
"""What :func:`scored` looks at of a description."""
FORM_DOUBTS = ("form", "township", "form_other", "form_against")
PLAIN = frozenset({"police", "public_safety"})
FILED = frozenset(word.lower() for word in FBI_TYPES) - {"unknown"}
"""Types of the FBI's register, folded: two of them are seldom one body's."""
SPECIFIC = frozenset({"sheriff", "constable", "prosecutor", "fire", "state_police"})
"""Kinds that are never called by the name of another."""
TOWNS = ["town", "township"]
OF_TOWNS = ["CT", "MA", "ME", "NH", "NY", "RI", "VT", "WI"]
"""States whose townships are called towns."""
NAMED_POLICE = frozenset({"campus_police", "transit_police", "tribal_police"})
"""Kinds whose departments are also called police and nothing more."""
SOFT = ["town", "township", "town and village", *sorted(BOTH)]
"""Forms that sources take for one another."""


def scored(asked: pd.DataFrame, known: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """``found`` without what can never be, with the score and the doubts."""
    kind = kind_costs(asked, known, found["a"].to_numpy(int), found["k"].to_numpy(int))
    found = found.assign(kind=kind)[kind >= 0].reset_index(drop=True)
    a, k = found["a"].to_numpy(int), found["k"].to_numpy(int)
    one: Side = {name: asked[name].to_numpy()[a] for name in COMPARED}
    two: Side = {name: known[name].to_numpy()[k] for name in COMPARED}
    local = np.isin(one["fits"], list(LOCAL | SILENT)) & np.isin(two["fits"], list(LOCAL | SILENT))
    spelt = found["way"].ne("abridged").to_numpy()
    local &= spelt
    apart = _apart(one["counties"], two["counties"])
    beside, there = _beside(one, two, apart)
    form = _form_doubt(one, two, local)
    verbatim = one["text"] == two["text"]
    doubted = ~(verbatim & (one["stated"] == two["stated"]) & (one["stated"] != ""))
    doubts = pd.DataFrame(
        {
            "level": _level_cost(one, two, local),
            **{name: COSTS[name] * (form == name) for name in FORM_DOUBTS},
            "number": np.minimum(_number_cost(one, two), np.where(spelt, 1000, 0)),
            "county": COSTS["county"] * (apart & ~beside),
            "border": COSTS["border"] * (beside & there),
            "beside": COSTS["beside"] * (beside & ~there),
            "seat": COSTS["seat"] * _apart(one["seat"], two["counties"]),
            "place": COSTS["place"]
            * (
                (one["place_key"] != "")
                & (two["place_key"] != "")
                & (one["place_key"] != two["place_key"])
            ),
            "strange": COSTS["strange"] * ((one["strange"] | two["strange"]) & spelt & doubted),
            "wording": COSTS["wording"] * (one["words"] != two["words"]) * (found["way"] == ""),
            "bare": COSTS["bare"]
            * ((_bare_against(one["bare"], two) | _bare_against(two["bare"], one)) & doubted),
            "agrees": _agree(one["counties"], two["counties"]),
            "alias": COSTS["alias"] * known["alias"].to_numpy(bool)[k] if "alias" in known else 0,
        },
        dtype=float,
    )
    agrees = doubts.pop("agrees")
    never = (doubts < 0).any(axis="columns")
    score = 100 - found["core"] - found["kind"] - doubts.sum(axis="columns")
    for way in ("unlike", "abridged", "order", "tail"):
        doubts[way] = found["core"].where(found["way"].eq(way), 0)
    for cost in ("kind", "kind_stated", "kind_filed", "kind_untold", "kind_other"):
        doubts[cost] = found["kind"].where(found["kind"].eq(COSTS[cost]), 0)
    return (
        found.drop(columns="kind")
        .join(doubts)
        .assign(score=score.clip(0, 100), agrees=agrees.astype(bool), verbatim=verbatim)[~never]
        .reset_index(drop=True)
    )


def kind_costs(
    asked: pd.DataFrame, known: pd.DataFrame, a: NDArray[np.int64], k: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What the kinds take off; -1 where they can never be one department."""
    mine, ways = pd.factorize(asked["kinds"].to_numpy()[a])
    theirs, other_ways = pd.factorize(known["kinds"].to_numpy()[k])
    told = [[tuple(way.split("\n")) for way in side] for side in (ways, other_ways)]
    table = np.array([[_kinds(one, two) for two in told[1]] for one in told[0]] or [[0.0]])
    costs: NDArray[np.float64] = table[mine, theirs]
    return costs


@cache
def _kinds(mine: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    (kind, stated, fits), (other, other_stated, other_fits) = mine, theirs
    one_word = stated == other_stated and stated not in ("", "unknown", "other")
    if kind and other:
        if kind == other:
            filed = stated != other_stated and {stated, other_stated} <= FILED
            return COSTS["kind_filed"] if filed else 0
        if {kind, other} <= PLAIN:
            return COSTS["kind"]
        if "police" in (kind, other) and {kind, other} & NAMED_POLICE:
            if one_word:
                return COSTS["kind"]
            if stated == other_stated == "other":
                return COSTS["kind_untold"]
        if {kind, other} & SPECIFIC or not one_word:
            return -1
        return COSTS["kind_other"]
    if fits in SILENT or other_fits in SILENT:
        if stated and stated == other_stated:
            return COSTS["kind_stated"]
        return COSTS["kind_untold"]
    if fits == other_fits or {fits, other_fits} <= PLAIN:
        return COSTS["kind_stated"]
    if one_word and "police" in (fits, other_fits) and {fits, other_fits} & NAMED_POLICE:
        return COSTS["kind"]
    return COSTS["kind_untold"] if one_word else -1


def _apart(mine: NDArray[Any], theirs: NDArray[Any]) -> NDArray[Any]:
    """Do both name counties, and none in common?"""
    each = zip(mine, theirs, strict=True)
    return np.array([bool(one and two and not one & two) for one, two in each], dtype=bool)


def _agree(mine: NDArray[Any], theirs: NDArray[Any]) -> NDArray[np.bool_]:
    return np.array([bool(one & two) for one, two in zip(mine, theirs, strict=True)], dtype=bool)


def _beside(
    one: Side, two: Side, apart: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where counties differ: may one place straddle their border, and is it listed in mine?

    It may where the shipped list has one place of that name in the state, and the counties touch.
    """
    beside, there = np.zeros((2, len(apart)), dtype=bool)
    for pair in np.flatnonzero(apart):
        places = place_counties().get(f"{one['usps'][pair]} {one['key'][pair]}", frozenset())
        mine, theirs = one["counties"][pair], two["counties"][pair]
        if len(places) == 1 and "township" not in one["form"][pair] + two["form"][pair]:
            beside[pair] = any(is_beside(first, second) for first in mine for second in theirs)
            there[pair] = places <= mine
    return beside, there


def _level_cost(one: Side, two: Side, local: NDArray[Any]) -> NDArray[Any]:
    """A county's police are never a city's; a sheriff is the county's unless he says the city's."""
    mine, theirs = one["level"], two["level"]
    told = (mine != "") & (theirs != "")
    consolidated = np.isin(one["form"], list(BOTH)) | np.isin(two["form"], list(BOTH))
    against = told & (mine != theirs) & ~consolidated
    return np.where(against, -1000, np.where(local & ~told & (mine != theirs), COSTS["level"], 0))


def _form_doubt(one: Side, two: Side, local: NDArray[Any]) -> NDArray[Any]:
    mine, theirs = one["form"].copy(), two["form"].copy()
    for side in (mine, theirs):
        side[side == "charter township"] = "township"
        side[side == "municipal"] = ""
        side[np.isin(side, list(COUNTIES))] = "county"
    shared = (mine == "town and village") & (theirs == "village")
    shared |= (theirs == "town and village") & (mine == "village")
    one_told = (mine == "") != (theirs == "")
    differ = (mine != "") & (theirs != "") & (mine != theirs)
    differ &= ~(np.isin(mine, TOWNS) & np.isin(theirs, TOWNS) & np.isin(one["usps"], OF_TOWNS))
    soft = np.isin(mine, SOFT) & np.isin(theirs, SOFT)
    differing = np.where(differ, np.where(soft | shared, "form_other", "form_against"), "")
    township = (mine == "township") | (theirs == "township")
    return np.where(one_told & local, np.where(township, "township", "form"), differing)


def _number_cost(one: Side, two: Side) -> NDArray[Any]:
    mine, theirs = one["number"], two["number"]
    both = (mine != "") & (theirs != "")
    return np.where(both & (mine != theirs), -1000, COSTS["number"] * (mine != theirs))


def _bare_against(bare: NDArray[Any], other: Side) -> NDArray[Any]:
    """A bare name of a city and a county is neither; of one of them not the other's."""
    of_county = (other["fits"] == "sheriff") | (other["level"] == "county")
    of_place = np.isin(other["fits"], list(LOCAL))
    of_other = ~np.isin(other["fits"], [*LOCAL, "sheriff"])
    against: NDArray[Any] = (bare == "both") & (of_county | of_place) | (bare != "") & of_other
    return against
