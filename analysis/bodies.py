"""The words of a body's name as they are compared where one name abridges another."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from analysis.designators import (
    ABRIDGED,
    BEHIND_STATE,
    BREAK,
    LEFT_OVER,
    LEFT_OVER_KNOWN,
    LEFT_OVER_OF,
    NUMBERED,
    ORDINALS,
    PATROLS,
    PHRASES,
    SAME_SHORT,
)
from analysis.gazetteer import is_county, is_place, town_counties, town_names
from analysis.states import STATES

STOP = frozenset({"of", "the", "and", "at", "for", "in", "on", "a", BREAK})
TENS = {"twenty": 20, "thirty": 30}
ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)?")
NUMERALS = STOP | ORDINALS.keys() | TENS.keys()
"""Words that are left out or written as numbers."""
STATE_FORCE = re.compile(r"\bstate (?:police|troopers)\b")
VOWELS = frozenset("aeiou")
LEAST_SLIP = 7
"""Letters of a word in which one wrong, missing or swapped is taken for a slip of the pen."""
LEAST_CUT_TOWN = 6
FEW = 3
"""Letters that tell a town whose name is cut off, if no more than ``FEW`` begin so."""
NOWHERE = frozenset[str]()


class Body(NamedTuple):
    """The words of a name, written out and in order, without those that say nothing."""

    words: tuple[str, ...]
    kind: str
    force: int
    """Of a patrol (1), of a state's police (2), of both (3) or of neither."""
    county: tuple[str, ...]
    """The words among them that name a county, as ``X County`` does."""
    town: tuple[str, ...] = ()
    """Those of one asked for that name a listed place at the end, but for words of kind."""
    head: tuple[str, ...] = ()
    """Those without that place."""


def body(text: str, kind: str, state: str) -> Body:
    """The words of a folded name of that kind in that state; town and head are not told."""
    for hint, phrase, written in (*PHRASES.get(state, ()), *PHRASES[""]):
        if hint in text:
            text = phrase.sub(written, text)
    if state in PATROLS:
        text = STATE_FORCE.sub("state patrol", text)
    words: list[str] = []
    tens = 0
    each = text.split()
    if not ABRIDGED.keys().isdisjoint(each):
        last = each[-1] if len(each[-1]) == 1 else ""
        each = " ".join([ABRIDGED.get(word, word) for word in each]).split()
        each[-1] = last or each[-1]
    for word in each:
        if word not in NUMERALS and not tens and word[0] > "9":
            words.append(word)
            continue
        if word in STOP and not (word == "in" and text.endswith(" in")):
            continue
        number = ORDINALS.get(word, 0)
        if tens or number:
            words.append(str(tens + number))
        tens = TENS.get(word, 0)
        if not (tens or number):
            ordinal = ORDINAL.fullmatch(word) if word[0].isdigit() else None
            words.append(ordinal[1].lstrip("0") or "0" if ordinal else word)
    if words[:1] == ["co"]:
        words[0] = "county"
    if words[:1] == [state.lower()] and not BEHIND_STATE.isdisjoint(words[1:2]):
        words[:1] = name_of(state)
    force = ("patrol" in words) + 2 * ("state police" in " ".join(words))
    return Body(tuple(words), kind, force, _county(words, state) if "county" in words else ())


@cache
def name_of(state: str) -> tuple[str, ...]:
    """The words of a state's name."""
    return tuple(STATES[state].name.lower().split())


def is_state(word: str, state: str) -> bool:
    """Is it a word of the state's name, the beginning of the first, or its code?"""
    name = name_of(state)
    return word in name or word == state.lower() or (len(word) > 2 and name[0].startswith(word))


def _county(words: list[str], state: str) -> tuple[str, ...]:
    for at in (at for at, word in enumerate(words) if word == "county"):
        for first in range(max(0, at - 3), at):
            if is_county("".join(words[first:at]), state):
                return tuple(words[first:at])
    return ()


def with_town(one: Body, state: str) -> Body:
    """The same with its town and head."""
    words, end = one.words, len(one.words)
    for _ in range(2):
        for many in range(min(4, end - 1), 0, -1):
            town = words[end - many : end]
            if counties_of(town, state):
                return one._replace(town=town, head=words[: end - many] + words[end:])
        while end and words[end - 1] in LEFT_OVER and words[end - 1] != "county":
            end -= 1
    return one._replace(head=words)


def counties_of(words: tuple[str, ...], state: str) -> frozenset[str]:
    """The counties of the listed places and post offices of that name, whole or cut off."""
    name = "".join(words)
    return town_counties().get(f"{state} {name}") or cut_town(name, state)


@cache
def cut_town(name: str, state: str) -> frozenset[str]:
    """The counties of those whose names begin so, if there are few."""
    if len(name) < LEAST_CUT_TOWN:
        return NOWHERE
    each, begun = town_names(), f"{state} {name}"
    first = bisect_left(each, begun)
    found = [town for town in each[first : first + FEW + 1] if town.startswith(begun)]
    if len(found) > FEW:
        return NOWHERE
    return NOWHERE.union(*(town_counties()[town] for town in found))


@cache
def idle_words(kind: str, *, known: bool = False, rangers: bool = False) -> frozenset[str]:
    """Words that may be left over in a name of that kind, in a ``known`` one or one asked for."""
    of_kind = LEFT_OVER_OF.get(kind, frozenset())
    words = (LEFT_OVER_KNOWN if known else LEFT_OVER) | of_kind
    words |= LEFT_OVER_OF["rangers"] if rangers else frozenset()
    telling = {"tribal_police": "agency", "campus_police": "state"}
    return words - {telling.get(kind, "")}


@cache
def is_idle(word: str, state: str, kind: str, *, rangers: bool = False) -> bool:
    """Is it, or is it short for, such a word?"""
    idle = _by_letter(idle_words(kind, rangers=rangers)).get(word[0], ())
    return word in idle or any(short_for(word, other, state) for other in idle)


@cache
def _by_letter(words: frozenset[str]) -> dict[str, list[str]]:
    each: dict[str, list[str]] = {}
    for word in sorted(words):
        each.setdefault(word[0], []).append(word)
    return each


def alike(word: str, other: str, state: str) -> bool:
    """As :func:`short_for` has it, with a look at the first letters that spares the rest."""
    return word[0] == other[0] and short_for(word, other, state)


@cache
def short_for(word: str, other: str, state: str, *, last: bool = False) -> bool:
    """Is one of two words short for the other? The name of a place or county is short for none.

    ``last``: the first may be cut off after two letters.
    """
    if (word, other) in SAME_SHORT or (other, word) in SAME_SHORT:
        return True
    short, long = sorted((word, other), key=len)
    if short[0] != long[0] or not (short.isalpha() and long.isalpha()):
        return False
    if short.rstrip("s") == long.rstrip("s"):
        return len(short) > 2
    if len(short) >= LEAST_SLIP and OSA.distance(short, long, score_cutoff=1) == 1:
        return not (is_place(short, state) and is_place(long, state))
    if short in LEFT_OVER or (long == word and long in LEFT_OVER) or short in name_of(state):
        return False
    if last and len(short) > 1 and short == word and long.startswith(short):
        return not is_place(short, state)
    if len(short) == 1:
        return not last
    if len(short) < 3 or len(short) == len(long):
        return False
    if not long.startswith(short):
        cut = short[-1] == long[-1] and len(long) - len(short) < 4
        if not (cut or VOWELS.isdisjoint(short[1:])) or sound(short) != sound(long):
            return False
        letters = iter(long)
        if any(one not in letters for one in short):
            return False
    return not (is_place(short, state) or is_county(short, state))


def is_numbered(word: str) -> bool:
    """Is it a number, or a word before numbers?"""
    return word.isdigit() or word in NUMBERED


@cache
def is_initials(word: str) -> bool:
    """May its letters stand for as many words?"""
    return 1 < len(word) < 6 and word.isalpha() and (len(word) < 4 or VOWELS.isdisjoint(word))


def sound(word: str) -> str:
    """The first consonant behind the first letter, which no abbreviation leaves out."""
    return next((letter for letter in word[1:] if letter not in VOWELS), "-")
