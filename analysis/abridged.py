"""Pairs of bodies of which one name abridges the other: ``FHP Ocala``, ``Highway Patrol: Marion``.

Only bodies that are no city's and no sheriff's are compared so: a state's police and bureaus,
campuses, railways, tribes. Every word of either name must be in the other, written out, begun,
without its vowels, with a slip of the pen, or as an initial. What may be left over is a word of a
short list or the post town at the end, which must lie in the county of the known body; it may stand
for the county's name and for a number of the known one, and before it, where that bears nothing but
the county's name, may stand what nobody knows (``Parks & Rec Pajaro Coast Aptos``). Whether two
names fit follows from these two and the lists of places that ship, never from other names.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.bodies import (
    STOP,
    Body,
    alike,
    body,
    counties_of,
    idle_words,
    is_idle,
    is_initials,
    is_numbered,
    is_state,
    name_of,
    short_for,
    with_town,
)
from analysis.designators import LEFT_OVER_OF, NUMBERED
from analysis.doubts import COSTS, FILED, SPECIFIC, kind_costs
from analysis.sifting import may_fit
from analysis.states import STATES

BODIES = frozenset(
    (
        *("", "unknown", "other", "community", "fire", "state_police", "campus_police"),
        *("transit_police", "tribal_police", "constable"),
    )
)
"""Kinds of department whose names are abridged; a city's or a sheriff's never is."""
MOST = 6
"""Points from which what is left over is too much."""
DROPPED, WANTING, NUMBER, UNKNOWN = 0.25, 1.0, 2.0, 1.5
"""Points for a word left over, for one or for a number that is wanting, for a word of no kind."""
IN_COUNTY, TOWN, TOWN_UNKNOWN = 1.0, 1.0, 4.0
"""Points for the town at the end."""


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
        i, j = may_fit(left, right, counties[there], state)
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


def _cost(mine: Body, theirs: Body, state: str, counties: frozenset[str]) -> float | None:
    """What is to be taken off for what is left over; None where the names do not fit."""
    at = counties_of(mine.town, state)
    cost = None
    if _may_be_whole(mine, theirs, state):
        cost = _left_over(mine, mine.words, theirs, state, counties, at)
    if mine.town and (cost is None or cost > TOWN):
        shorter = _left_over(mine, mine.head, theirs, state, counties, at)
        cost = min((each for each in (cost, shorter) if each is not None), default=None)
    return cost if cost is not None and cost < MOST else None


def _may_be_whole(mine: Body, theirs: Body, state: str) -> bool:
    """May the words of the town be anything but the town?"""
    return not mine.town or any(
        is_state(word, state) or any(alike(word, other, state) for other in theirs.words)
        for word in mine.town
    )


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
    over = [words[at] for at in left]
    if ("city" in over and "county" in wanted) or ("county" in over and "city" in wanted):
        return None
    in_county = bool(theirs.county) and all(word in wanted for word in theirs.county)
    cost = _place_cost(mine, theirs, counties, at, in_county=in_county, town=town)
    if cost is None:
        return None
    if in_county:
        wanted = [word for word in wanted if word not in theirs.county]
    if town and at and at <= counties and any(map(is_numbered, wanted)):
        wanted = [word for word in wanted if not is_numbered(word)]
        cost += NUMBER
    idle = idle_words(kind, known=True)
    own = () if kind == "campus_police" else name_of(state)
    for word in wanted:
        if word in idle or theirs.words.count(word) > wanted.count(word):
            cost += 0 if word == "county" else WANTING
        elif word not in own:
            return None
    whole = not town or all(word in idle or word in own for word in theirs.words)
    strange = [at for at in left if not _may_stay(at, words, theirs, state, kind, whole=whole)]
    if strange:
        behind = strange == list(range(len(words) - len(strange), len(words)))
        if not (in_county and town and behind and kind == "other" and strange[0] > 1):
            return None
        cost += UNKNOWN * len(strange)
    of_state = kind == "state_police"
    if len(left) == len(words) or (of_state and not mine.force & theirs.force):
        return None
    shared = [word for word in theirs.words if word not in wanted and word not in theirs.county]
    if all(word in idle or word in own for word in shared):
        if not of_state or any(words[at].isdigit() for at in left):
            return None
        if town and not theirs.county and "headquarters" not in words:
            return None
    return cost + DROPPED * len(left)


def _place_cost(
    mine: Body,
    theirs: Body,
    counties: frozenset[str],
    at: frozenset[str],
    *,
    in_county: bool,
    town: bool,
) -> float | None:
    """What the places take off: the known body's county, told by ``mine``'s town alone if
    ``in_county``, and that town, if it is left out; None where they speak against it."""
    if in_county:
        return IN_COUNTY if len(at) == 1 and at == counties else None
    if town:
        lies = bool(theirs.county or at & counties)
        return TOWN_UNKNOWN if not counties else TOWN if lies else None
    beside = counties and mine.town == theirs.county and not at <= counties
    return None if beside else 0.0


def _may_stay(
    at: int, words: tuple[str, ...], theirs: Body, state: str, kind: str, *, whole: bool
) -> bool:
    """May a word of the name asked for be left over?"""
    word, last = words[at], at == len(words) - 1
    if word in STOP or is_idle(word, state, kind, rangers="rangers" in (*theirs.words, *words)):
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
