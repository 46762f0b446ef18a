"""Which known department a name means, with the reason, or the candidates for a person.

What is decided for a row follows from that row, the known departments that come near it, the
reviewed decisions and the lists of places and counties that ship: never from other rows.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.agencies import numbers
from analysis.appellations import appellations
from analysis.decisions import Decision
from analysis.descriptions import TEXTS, described
from analysis.doubts import REASONS
from analysis.likeness import SETTLED, pairs
from analysis.names import fold, state_codes

OUTCOMES = {
    "linked": "one department, sure enough to join its data",
    "uncertain": "one department or several come near: a person must decide",
    "none": "no known department of that kind in that state comes near",
}
LEAST = SETTLED
"""Score from which a candidate is taken, if the next is ``MARGIN`` below it."""
MARGIN = 2
SHOWN = 60
"""Score from which a candidate is shown to a person."""
MOST = 5
"""Candidates shown, at most."""
COLUMNS = ["key", "score", "outcome", "reason", "candidates"]


def link(
    asked: pd.DataFrame, known: pd.DataFrame, decided: Iterable[Decision] = ()
) -> pd.DataFrame:
    """For each row of ``asked`` the department of ``known`` it means, or candidates.

    Args:
        asked: name, state and, where there are such columns, place, county, kind, jurisdiction: raw
            texts of a source. Kinds are understood as the Atlas, the FBI or ``AGENCY_TYPES`` have
            them.
        known: key (unique), name, state (USPS) and, where there are such columns, aliases (joined
            by ``' | '``), place, county, kind, jurisdiction, county_geoid, department (the key of
            the row that stands for the department, where rows are one).
        decided: see :mod:`analysis.decisions`; they always win. A target that is not in ``known``
            says nothing about it.

    Returns:
        Index of ``asked``; key (missing unless linked; of rows that are one department the one that
        comes nearest, of equals the one that stands for it), score (0 to 100; missing without any
        candidate), outcome (see :data:`OUTCOMES`), reason (a sentence), candidates (list of (key,
        name, score), best first, at most five; empty where none).

    Raises:
        ValueError: two rows of ``known`` have one key.
    """
    if not known["key"].is_unique:
        twice = known.loc[known["key"].duplicated(), "key"].iloc[0]
        raise ValueError(f"two known departments have the key {twice!r}; give each its own")
    with _uncollected():
        return _linked(asked, known, tuple(decided))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Python does not look for circular garbage meanwhile: there is hardly any, and to look through
    half a million texts that stay again and again took a seventh of the time (2026-11-24)."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _linked(
    asked: pd.DataFrame, known: pd.DataFrame, decided: tuple[Decision, ...]
) -> pd.DataFrame:
    texts = asked.reindex(columns=list(TEXTS)).astype("string").fillna("")
    row = numbers(texts, TEXTS)
    distinct = texts.iloc[np.unique(row, return_index=True)[1]].reset_index(drop=True)
    decisions = _applied(distinct, decided)
    stands = known["department"] if "department" in known else known["key"]
    spoken = appellations(known, decided)
    named = described(distinct.assign(name=decisions["name"], county=decisions["county"]))
    compared = described(spoken).assign(alias=spoken["alias"].to_numpy())
    found = pairs(named, compared)
    found["known"] = spoken["known"].to_numpy()[found["k"].to_numpy(int)]
    rank = known["key"].rank().to_numpy() + len(known) * known["key"].ne(stands).to_numpy()
    found["rank"] = rank[found["known"].to_numpy(int)]
    order = ["a", "score", "verbatim", "rank"]
    found = found.sort_values(order, ascending=[True, False, False, True], kind="stable")
    found = found[found["score"].ge(SHOWN)].drop_duplicates(["a", "known"])
    found["department"] = stands.to_numpy(object)[found["known"].to_numpy(int)]
    found = found[~_never(found, known["key"], stands, decisions["not_same"])]
    found["but_for_county"] = found["score"] + found["county"]
    found["apart"] = _apart(found, named, compared["text"])
    told = _told(distinct, found, known.assign(department=stands), decisions, named)
    return told.take(row).set_axis(asked.index)


def _applied(rows: pd.DataFrame, decided: tuple[Decision, ...]) -> pd.DataFrame:
    """What decisions make of each row: name and county to read, and decisions of the other kinds.

    Columns name, county, note (why the name is read otherwise), same and not_same (tuples).
    Aliases come first: what a name is short for may itself be decided.
    """
    decided = tuple(one for one in decided if one.decision != "called")
    told: dict[str, list[Any]] = {name: rows[name].tolist() for name in ("name", "county")}
    told |= {"note": [""] * len(rows)} | {kind: [()] * len(rows) for kind in ("same", "not_same")}
    usps = state_codes(rows["state"]).fillna("").tolist()
    texts = [fold(rows[name]).fillna("").tolist() for name in ("name", "place", "county")]
    words = pd.Series([word for one in decided for word in (*_words(one), one.target)])
    keys = dict(zip(words, fold(words).fillna(""), strict=True))
    known = set(keys.values()) - {""}
    spoken_of = [row for row, each in enumerate(zip(*texts, strict=True)) if known & {*each}]
    for one in sorted(decided, key=lambda one: one.decision != "alias"):
        wanted = [(text, keys[word]) for text, word in zip(texts, _words(one), strict=True) if word]
        first, sought = wanted[0]
        here = [
            row
            for row in spoken_of
            if first[row] == sought
            and usps[row] == one.state
            and all(other[row] == word for other, word in wanted[1:])
        ]
        for row in here:
            if one.decision == "alias":
                told["name"][row], texts[0][row] = one.target, keys[one.target]
                told["note"][row] = f"read as {one.target}: {one.reason}"
            elif one.decision == "county":
                told["county"][row] = one.target
            else:
                told[one.decision][row] += (one,)
    return pd.DataFrame(told, index=rows.index)


def _words(one: Decision) -> tuple[str, str, str]:
    return one.name, one.place, one.county


def _told(
    rows: pd.DataFrame,
    found: pd.DataFrame,
    known: pd.DataFrame,
    decisions: pd.DataFrame,
    named: pd.DataFrame,
) -> pd.DataFrame:
    """Key, score, outcome, reason and candidates of each row."""
    keys, names = known["key"].tolist(), known["name"].tolist()
    position = {key: number for number, key in enumerate(keys)}
    others = _together(known)
    judged = _judged(found, known["name"].to_numpy(object)[found["known"].to_numpy(int)])
    most = found.groupby("a", sort=False).head(MOST)
    starts = np.searchsorted(most["a"].to_numpy(int), np.arange(len(rows) + 1)).tolist()
    columns = (most["known"].tolist(), most["score"].round(1).tolist())
    near = [(keys[one], names[one], score) for one, score in zip(*columns, strict=True)]
    states, usps, cores = rows["state"].tolist(), named["usps"].tolist(), named["core"].tolist()
    told: list[tuple[Any, ...]] = []
    for row, start in enumerate(starts[:-1]):
        shown = near[start : starts[row + 1]]
        if shown:
            outcome, reason = judged[row]
            key, score = None, shown[0][2]
            if outcome == "linked":
                key = shown[0][0]
                reason += others.get(key, "")
            told.append((key, score, outcome, reason, shown))
        else:
            reason = _nothing(states[row], usps[row], cores[row])
            told.append((None, None, "none", reason, shown))
    for row, note in _told_of(decisions["note"]):
        key, score, outcome, reason, shown = told[row]
        told[row] = (key, score, outcome, f"{note}; {reason}", shown)
    for row, same in _told_of(decisions["same"]):
        decided = next((one for one in same if one.target in position), None)
        if decided is not None:
            first = (decided.target, names[position[decided.target]], 100.0)
            shown = [first, *(one for one in told[row][-1] if one[0] != decided.target)][:MOST]
            reason = f"decided on {decided.decided}: {decided.reason}"
            told[row] = (decided.target, 100.0, "linked", reason, shown)
    frame = pd.DataFrame(told, columns=COLUMNS)
    return frame.astype({"key": "string", "score": float, "outcome": "string", "reason": "string"})


def _told_of(decisions: pd.Series) -> list[tuple[int, Any]]:
    """Rows of which something is decided, and what."""
    return [(row, each) for row, each in enumerate(decisions.tolist()) if each]


def _together(known: pd.DataFrame) -> dict[str, str]:
    """For keys of one department a clause that names all."""
    twice = known.loc[known["department"].duplicated(keep=False), ["key", "department"]]
    told: dict[str, str] = {}
    for _, keys in twice.sort_values("key").groupby("department")["key"]:
        more = f" and {len(keys) - MOST} more" if len(keys) > MOST else ""
        told |= dict.fromkeys(keys, f"; known under {', '.join(keys[:MOST])}{more}")
    return told


def _never(
    found: pd.DataFrame, keys: pd.Series, stands: pd.Series, not_same: pd.Series
) -> NDArray[np.bool_]:
    """Which pairs a decision says are never one department; ``stands`` has the one of each key."""
    told = [(row, one.target) for row, each in _told_of(not_same) for one in each]
    if not told:
        return np.zeros(len(found), dtype=bool)
    of = dict(zip(keys, stands, strict=True))
    wrong = {(row, of.get(target, target)) for row, target in told}
    pairs_of = zip(found["a"], found["department"], strict=True)
    return np.array([pair in wrong for pair in pairs_of], dtype=bool)


def _apart(found: pd.DataFrame, mine: pd.DataFrame, theirs: pd.Series) -> NDArray[np.bool_]:
    """Which pairs are no rivals of the best one: that has the very words asked for, and these lack
    one that does not tell the kind. ``Liquor Commission: Bentno County`` is that one and no other
    county's, but ``Monroe Township Police`` may be ``Monroe Township, Middlesex County`` too.
    """
    asked, verbatim = found["a"].to_numpy(int), found["verbatim"].to_numpy(bool)
    best = np.diff(asked, prepend=-1) != 0
    least = np.where(verbatim[best], found["score"].to_numpy(float)[best] - MARGIN, np.inf)
    near = found["but_for_county"].to_numpy(float) > np.repeat(
        least, np.diff(np.flatnonzero(best), append=len(asked))
    )
    apart: NDArray[np.bool_] = near & ~verbatim
    parts = mine[["core", "form", "number", "told_place", "county"]].to_numpy(object)
    texts, known = theirs.to_numpy(object), found["k"].to_numpy(int)
    for at in np.flatnonzero(apart):
        telling = " ".join(parts[asked[at]]).split()
        apart[at] = not set(telling).issubset(texts[known[at]].split())
    return apart


def _judged(found: pd.DataFrame, names: NDArray[np.object_]) -> dict[int, tuple[str, str]]:
    """For each row that has candidates the outcome and why; ``names`` are those of ``found``."""
    if found.empty:
        return {}
    asked, score = found["a"].to_numpy(int), found["score"].to_numpy(float)
    points = found[list(REASONS)].to_numpy(float)
    best = np.flatnonzero(np.diff(asked, prepend=-1))
    nearly = np.repeat(score[best], np.diff(best, append=len(asked))) - MARGIN
    but_for_county = found["but_for_county"].to_numpy(float)
    ties, rivals = (_departments(found, each > nearly, best) for each in (score, but_for_county))
    doubts = (points[best] > 0) @ (1 << np.arange(len(REASONS)))
    agrees = found["agrees"].to_numpy(bool)[best]
    each = (asked[best], names[best], score[best] < LEAST, ties, rivals, agrees, doubts)
    told = {}
    for at, name, low, tied, near, agree, bits in zip(*(one.tolist() for one in each), strict=True):
        if low:
            why = f"too much speaks against {name}: {_words_for(bits)}"
        elif tied > 1:
            why = f"{tied} departments come equally near"
        elif near > 1 and not agree:
            why = f"only the county speaks against a department other than {name}"
        else:
            told[at] = "linked", _agreement(agree, bits)
            continue
        told[at] = "uncertain", why
    return told


def _departments(
    found: pd.DataFrame, near: NDArray[np.bool_], best: NDArray[np.int64]
) -> NDArray[np.int64]:
    """How many departments of those ``near`` are rivals or the best, for each row."""
    at = np.flatnonzero(near & ~found["apart"].to_numpy(bool))
    once = np.zeros(len(found), dtype=np.int64)
    once[at[~found[["a", "department"]].take(at).duplicated().to_numpy()]] = 1
    return np.add.reduceat(once, best)


@cache
def _agreement(counties: bool, doubts: int) -> str:
    agree = "name, state and county agree" if counties else "name and state agree"
    return f"{agree}; {_words_for(doubts)}" if doubts else agree


@cache
def _words_for(doubts: int) -> str:
    return ", ".join(words for bit, words in enumerate(REASONS.values()) if doubts >> bit & 1)


def _nothing(state: str, usps: str, core: str) -> str:
    """Why a row has no candidate."""
    if not usps:
        return f"state not understood: {state!r}"
    return f"no department of that kind in {usps} has a name near {core!r}"
