"""Pairs of bodies of which one name abridges the other: ``FHP Ocala``, ``Highway Patrol: Marion``.

Only bodies that are no city's and no sheriff's are compared so: a state's police and bureaus,
campuses, railways, tribes. Every word of either name must be in the other, written out, begun,
without its vowels or as an initial. What may be left over is a word of a short list or the post
town at the end, which must lie in the county of the known body. Whether two names fit follows from
these two and the lists of places that ship, never from other names.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.bodies import (
    STOP,
    Body,
    alike,
    bits,
    body,
    counties_of,
    idle_words,
    is_idle,
    is_initials,
    is_state,
    name_of,
    short_for,
    with_town,
)
from analysis.designators import LEFT_OVER_KNOWN, LEFT_OVER_OF, NUMBERED
from analysis.doubts import COSTS, FILED, SPECIFIC, kind_costs
from analysis.states import STATES

BODIES = frozenset(
    (
        *("", "unknown", "other", "community", "fire", "state_police", "campus_police"),
        *("transit_police", "tribal_police"),
    )
)
"""Kinds of department whose names are abridged; a city's or a sheriff's never is."""
MOST = 6
"""Points from which what is left over is too much."""
DROPPED, WANTING, IN_COUNTY, TOWN, TOWN_UNKNOWN = 0.25, 1.0, 1.0, 1.0, 4.0
"""Points for a word left over, for one that is wanting, for the town at the end."""
OF_ANY_KIND = frozenset[str]().union(*LEFT_OVER_OF.values())


def abridged(asked: pd.DataFrame, known: pd.DataFrame, open_: NDArray[np.int64]) -> pd.DataFrame:
    """Pairs with the rows ``open_`` of ``asked``: a, k, core (what is taken off), way."""
    one = open_[_is_body(asked)[open_]]
    two = np.flatnonzero(_is_body(known))
    if "alias" in known:
        two = two[~known["alias"].to_numpy(bool)[two]]
    usps, states = asked["usps"].to_numpy(), known["usps"].to_numpy()[two]
    counties = known["counties"].to_numpy()
    mine: dict[int, Body] = {}
    theirs: dict[int, Body] = {}
    near = [np.empty((2, 0), dtype=np.int64)]
    for state in sorted({*usps[one]} & {*states} & {*STATES}):
        here, there = one[usps[one] == state], two[states == state]
        left = [with_town(each, state) for each in _bodies(asked, here, state)]
        right = _bodies(known, there, state)
        mine |= zip(here.tolist(), left, strict=True)
        theirs |= zip(there.tolist(), right, strict=True)
        i, j = np.nonzero(_may_fit(left, right, counties[there], state))
        near.append(np.stack([here[i], there[j]]))
    a, k = np.concatenate(near, axis=1)
    fits = kind_costs(asked, known, a, k) >= 0
    found = [
        (row, other, cost + COSTS["abridged"])
        for row, other in zip(a[fits].tolist(), k[fits].tolist(), strict=True)
        if (cost := _cost(mine[row], theirs[other], usps[row], counties[other])) is not None
    ]
    types = {"a": int, "k": int, "core": float}
    return pd.DataFrame(found, columns=list(types)).astype(types).assign(way="abridged")


def _is_body(rows: pd.DataFrame) -> NDArray[np.bool_]:
    filed = rows["stated"].isin(FILED - {"city", "county"}) & ~rows["fits"].isin(SPECIFIC - BODIES)
    return (rows["fits"].isin(BODIES) | filed).to_numpy(bool)


def _bodies(rows: pd.DataFrame, at: NDArray[np.int64], state: str) -> list[Body]:
    texts, kinds = (rows[name].to_numpy()[at].tolist() for name in ("text", "fits"))
    return [body(text, kind, state) for text, kind in zip(texts, kinds, strict=True)]


def _may_fit(
    mine: list[Body], theirs: list[Body], counties: NDArray[np.object_], state: str
) -> NDArray[np.bool_]:
    """May each word that must be matched be so, by its first letter and next consonant?"""
    has, known = (bits(one.words for one in side) for side in (mine, theirs))
    begun = bits(map(_beginnings, mine))
    never = LEFT_OVER_KNOWN.union(OF_ANY_KIND, name_of(state))
    needed = bits(
        [word for word in one.words if word not in never and word not in one.county]
        for one in theirs
    )
    fits = _within(needed[None], (has | begun)[:, None])
    fits &= _within(bits(_telling(one, state) for one in mine)[:, None], known[None])
    force, other = np.array([one.force for one in mine]), np.array([one.force for one in theirs])
    of_state = [np.array([one.kind == "state_police" for one in side]) for side in (mine, theirs)]
    fits &= (force[:, None] & other > 0) | ~(of_state[0][:, None] | of_state[1])
    told = np.array([_sole(counties_of(one.town, state)) for one in mine])
    lies = told[:, None] == np.array([_sole(codes) for codes in counties])
    fits &= lies | _within(bits(one.county for one in theirs)[None], has[:, None])
    return fits


def _within(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (one[..., 0] & ~other[..., 0] | one[..., 1] & ~other[..., 1]) == 0
    return inside


def _sole(counties: frozenset[str]) -> int:
    return int(min(counties)) if len(counties) == 1 else 0


def _beginnings(one: Body) -> str:
    """Letters that may stand for whole words: initials, and the last that is cut off."""
    last = one.words[-1] if one.words else ""
    return "".join([word for word in one.words if is_initials(word)]) + last[: len(last) < 4]


def _telling(one: Body, state: str) -> list[str]:
    """Words of a name that is asked for which the known one must have too."""
    return [
        word
        for word in one.head
        if not (is_initials(word) or word == one.words[-1] or word in STOP or word in NUMBERED)
        and not (word.isdigit() or word == "saint" or word in OF_ANY_KIND or word == "state")
        and not (is_state(word, state) or is_idle(word, state, one.kind))
        and not is_idle(word, state, "", rangers=True)
    ]


def _cost(mine: Body, theirs: Body, state: str, counties: frozenset[str]) -> float | None:
    """What is to be taken off for what is left over; None where the names do not fit."""
    at = counties_of(mine.town, state)
    cost = _left_over(mine, mine.words, theirs, state, counties, at)
    if mine.town and (cost is None or cost > TOWN):
        shorter = _left_over(mine, mine.head, theirs, state, counties, at)
        cost = min((each for each in (cost, shorter) if each is not None), default=None)
    return cost if cost is not None and cost < MOST else None


def _left_over(
    mine: Body,
    words: tuple[str, ...],
    theirs: Body,
    state: str,
    counties: frozenset[str],
    at: frozenset[str],
) -> float | None:
    """The same, for all words or for those without the town, which lies in the counties ``at``."""
    town = words is not mine.words
    kind = mine.kind if mine.kind in LEFT_OVER_OF else theirs.kind
    left, wanted = _matched(words, theirs.words, state)
    cost = 0.0
    if theirs.county and all(word in wanted for word in theirs.county):
        if len(at) != 1 or at != counties:
            return None
        wanted = [word for word in wanted if word not in theirs.county]
        cost += IN_COUNTY
    elif town:
        if counties and not at & counties:
            return None
        cost += TOWN if counties else TOWN_UNKNOWN
    elif counties and "county" not in words and not counties_of(theirs.county, state) <= counties:
        return None
    idle = idle_words(kind, known=True)
    own = () if kind == "campus_police" else name_of(state)
    for word in wanted:
        if word in idle or theirs.words.count(word) > wanted.count(word):
            cost += 0 if word == "county" else WANTING
        elif word not in own:
            return None
    if not all(_may_stay(place, words, theirs, state, kind, whole=not town) for place in left):
        return None
    of_state = kind == "state_police"
    if len(left) == len(words) or (of_state and not mine.force & theirs.force):
        return None
    shared = [word for word in theirs.words if word not in wanted and word not in theirs.county]
    if all(word in idle or word in own for word in shared) and (
        not of_state or (town and not theirs.county)
    ):
        return None
    return cost + DROPPED * len(left)


def _may_stay(
    at: int, words: tuple[str, ...], theirs: Body, state: str, kind: str, *, whole: bool
) -> bool:
    """May a word of the name asked for be left over?"""
    word, last = words[at], at == len(words) - 1
    if word in STOP or is_idle(word, state, kind, rangers="rangers" in theirs.words):
        return True
    if any(word == other or alike(word, other, state) for other in theirs.words):
        return True
    if word.isdigit():
        numbered = at > 0 and words[at - 1] in NUMBERED
        return numbered and not any(other.isdigit() for other in theirs.words)
    if word in NUMBERED:
        return not last and words[at + 1].isdigit()
    idle = idle_words(kind)
    if is_state(word, state):
        return kind != "campus_police" or idle.union(name_of(state)).issuperset(words[at:])
    if word == "headquarters" and whole and kind == "state_police":
        return True
    return last and whole and at > 0 and any(other.startswith(word) for other in idle)


def _matched(
    words: tuple[str, ...], others: tuple[str, ...], state: str
) -> tuple[list[int], list[str]]:
    """The words of either side that the other has not: places of the first, words of the second."""
    free = list(others)
    left: list[int] = []
    for at, word in enumerate(words):
        if word in free:
            free[free.index(word)] = ""
        else:
            left.append(at)
    still: list[int] = []
    for at in left:
        word, last = words[at], at == len(words) - 1
        run = _run(word, free) if is_initials(word) else []
        if not run:
            for j, other in enumerate(free):
                if other[:1] == word[0] and short_for(word, other, state, last=last):
                    run = [j]
                    break
        if not run and last and at > 2 and words[at - 1] not in NUMBERED and not any(free[:-1]):
            run = [len(free) - 1] if free[-1] and free[-1].startswith(word) else []
        if not run:
            still.append(at)
        for j in run:
            free[j] = ""
    return still, [word for word in free if word]


def _run(word: str, free: list[str]) -> list[int]:
    """Words beside each other with the letters of ``word`` as their initials."""
    many = len(word)
    for first in range(len(free) - many + 1):
        if free[first][:1] == word[0] and all(
            free[first + i][:1] == letter for i, letter in enumerate(word)
        ):
            return list(range(first, first + many))
    return []
