"""Which of two lists of bodies may abridge which: a look at letters that spares the reading.

Of every word its first letter and the next consonant make a bit; whoever lacks a bit that the other
needs is no match. Most pairs of a state are put aside so, thousands at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from analysis.bodies import (
    STOP,
    Body,
    counties_of,
    is_idle,
    is_initials,
    is_numbered,
    is_state,
    name_of,
    sound,
)
from analysis.designators import LEFT_OVER_KNOWN, LEFT_OVER_OF

OF_ANY_KIND = frozenset[str]().union(*LEFT_OVER_OF.values())
WAYS, PARTS = 8, 4
"""Bits for the consonants behind one letter, and numbers of 64 bits that hold those of all."""
HALF = 2**64 - 1
Positions = NDArray[np.int64]


def may_fit(
    mine: list[Body], theirs: list[Body], counties: NDArray[np.object_], state: str
) -> tuple[Positions, Positions]:
    """Pairs in which each word that must be matched may be so, by its first letter and next
    consonant: positions in ``mine`` and in ``theirs``."""
    has, known = (bits(one.words for one in side) for side in (mine, theirs))
    may_have = has | bits(map(_beginnings, mine))
    never = LEFT_OVER_KNOWN.union(OF_ANY_KIND, name_of(state))
    needed = [
        [word for word in one.words if word not in never and word not in one.county]
        for one in theirs
    ]
    needs = bits(needed)
    plain = bits([word for word in each if not is_numbered(word)] for each in needed)
    told = np.array([_sole(counties_of(one.town, state)) for one in mine], dtype=np.int64)
    of_county = np.array([_sole(codes) for codes in counties], dtype=np.int64)
    telling = bits(_telling(one, state) for one in mine)
    own = bits(one.county for one in theirs)
    named = np.array([bool(one.county) for one in theirs], dtype=bool)
    force, other = (np.array([one.force for one in side], dtype=int) for side in (mine, theirs))
    of_state = [
        np.array([one.kind == "state_police" for one in side], dtype=bool)
        for side in (mine, theirs)
    ]
    a, k = _first_look(plain, may_have)
    fits = _within(plain[k], may_have[a])
    fits &= (force[a] & other[k] > 0) | ~(of_state[0][a] | of_state[1][k])
    a, k = a[fits], k[fits]
    lies = (told[a] == of_county[k]) & (told[a] > 0)
    fits = (named[k] & lies) | _within(telling[a], known[k])
    fits &= lies | (_within(needs[k], may_have[a]) & _within(own[k], has[a]))
    return a[fits], k[fits]


def _first_look(needs: NDArray[np.uint64], has: NDArray[np.uint64]) -> tuple[Positions, Positions]:
    """Pairs of a row of ``has`` and one of ``needs`` that may be within it: all parts as one."""
    need, got = (np.bitwise_or.reduce(side, axis=1) for side in (needs, has))
    return np.divmod(np.flatnonzero((need[None] & ~got[:, None]) == 0), max(len(need), 1))


def _within(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = ((one & ~other) == 0).all(axis=1)
    return inside


def _sole(counties: frozenset[str]) -> int:
    return int(min(counties)) if len(counties) == 1 else 0


def _beginnings(one: Body) -> str:
    """Letters that may stand for whole words: initials, and the last that is cut off."""
    last = one.words[-1] if one.words else ""
    return "".join([word for word in one.words if is_initials(word)]) + last[: len(last) < 4]


def _telling(one: Body, state: str) -> list[str]:
    """Words of a name that is asked for which the known one must have too."""
    last = one.words[-1] if one.words else ""
    return [word for word in one.head if word != last and _tells(word, state, one.kind)]


@cache
def _tells(word: str, state: str, kind: str) -> bool:
    if (
        len(word) == 1
        or is_initials(word)
        or word in STOP
        or is_numbered(word)
        or word in OF_ANY_KIND
    ):
        return False
    if word in ("saint", "state") or (word == "headquarters" and kind == "state_police"):
        return False
    idle = is_idle(word, state, kind) or is_idle(word, state, "", rangers=True)
    return not (idle or is_state(word, state))


def bits(each: Iterable[Iterable[str]]) -> NDArray[np.uint64]:
    """Numbers for each list of words: bits for the first letter and next consonant of each."""
    found = [reduce(or_, map(_bit, words), 0) for words in each]
    return np.array(
        [[both >> 64 * part & HALF for part in range(PARTS)] for both in found], dtype=np.uint64
    ).reshape(-1, PARTS)


@cache
def _bit(word: str) -> int:
    if not ("a" <= word[0] <= "z"):
        return 1 << 26 * WAYS + ord(word[0]) % 10
    consonant = sound("state" if word == "saint" else word)
    any_ = (1 << WAYS) - 1
    return (any_ if consonant == "-" else 1 << ord(consonant) % WAYS) << WAYS * (
        ord(word[0]) - ord("a")
    )
