"""Pairs of departments that may be one: those with one core, and those with cores near each other.

Only departments of one state are compared.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio
from rapidfuzz.process import cdist, cpdist

from analysis.abridged import abridged
from analysis.doubts import COSTS, kind_costs, scored
from analysis.gazetteer import is_place

NEAR = 75
"""Least likeness of a core that makes a candidate for a person."""
SETTLED = 85
"""With an equal core and this score no unlike core is looked for."""
ENDINGS = (("borough", "boro"), ("burgh", "burg"), ("centre", "center"))
"""Two spellings of one ending."""
DIRECTIONS = (
    *("north", "south", "east", "west", "upper", "lower", "new", "old", "mount", "fort", "port"),
    *("saint", "lake", "little", "big", "great"),
)
"""Beginnings of names that are never a slip of the pen for one another."""


def pairs(asked: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Pairs that can be one department: a and k (positions), score, and a column for each doubt.

    Both are :func:`described`; a doubt's column holds the points it takes off.
    """
    same = _merged(asked, known)
    same = scored(asked, known, same)
    settled = np.zeros(len(asked), dtype=bool)
    settled[same.loc[same["score"].ge(SETTLED), "a"]] = True
    open_ = np.flatnonzero(~settled)
    rest = [_near(asked, known, open_), abridged(asked, known, open_)]
    unlike = scored(asked, known, pd.concat(rest, ignore_index=True))
    both = pd.concat([same, unlike], ignore_index=True)
    a, k = both["a"].to_numpy(int), both["k"].to_numpy(int)
    order = np.lexsort((-both["score"].to_numpy(), k, a))
    first = (np.diff(a[order], prepend=-1) != 0) | (np.diff(k[order], prepend=-1) != 0)
    return both.take(order[first]).reset_index(drop=True)


def _merged(asked: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Pairs with one core in one state, in whatever way, with what the way takes off."""
    columns = ("key", "sorted_key", "tail_key")
    mine = {name: _in_state(asked, name, "a") for name in columns}
    theirs = {name: _in_state(known, name, "k") for name in columns}
    found = []
    for one, two, doubt in (
        ("key", "key", ""),
        ("sorted_key", "sorted_key", "order"),
        ("tail_key", "key", "tail"),
        ("key", "tail_key", "tail"),
    ):
        both = mine[one].merge(theirs[two], on="text")[["a", "k"]]
        found.append(both.assign(core=COSTS[doubt] if doubt else 0, way=doubt))
    every = pd.concat(found, ignore_index=True)
    return every.sort_values(["a", "k", "core"], kind="stable").drop_duplicates(["a", "k"])


def _in_state(rows: pd.DataFrame, name: str, position: str) -> pd.DataFrame:
    """The texts of a column with their state before them, and where each stands."""
    texts, usps = rows[name].to_numpy(), rows["usps"].to_numpy()
    at = np.flatnonzero((texts != "") & (usps != ""))
    return pd.DataFrame({"text": usps[at] + " " + texts[at], position: at})


def _near(asked: pd.DataFrame, known: pd.DataFrame, open_: NDArray[np.int64]) -> pd.DataFrame:
    """Pairs with unlike cores in one state; ``core`` is what they lack, more where no slip."""
    mine = asked.iloc[open_][["usps", "key"]].assign(a=open_)
    theirs = known[["usps", "key"]].assign(k=np.arange(len(known)))
    near = _alike(mine, theirs)
    every = near.merge(mine.rename(columns={"key": "mine"}), on=["usps", "mine"])
    every = every.merge(theirs.rename(columns={"key": "theirs"}), on=["usps", "theirs"])
    a, k = every["a"].to_numpy(int), every["k"].to_numpy(int)
    fits = kind_costs(asked, known, a, k) >= 0
    every, a, k = every[fits], a[fits], k[fits]
    cores = asked["core"].to_numpy()[a], known["core"].to_numpy()[k]
    begun = {core: _initials(core) for side in cores for core in side}
    slip = np.array(
        [
            _may_be_slip(begun[one], begun[other]) and is_slip(one, other, usps)
            for one, other, usps in zip(*cores, every["usps"], strict=True)
        ],
        dtype=bool,
    )
    lack = 100 - every["ratio"].to_numpy()
    no_slip = np.maximum(lack + COSTS["unlike"], 100 - SETTLED + 1)
    core = np.where(slip, COSTS["unlike"] + lack / 3, no_slip)
    return every[["a", "k"]].assign(core=core, way="unlike")


def _alike(mine: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Keys of one state that are near each other: usps, mine, theirs, ratio."""
    known = {usps: group.unique() for usps, group in theirs.groupby("usps")["key"]}
    found = []
    for usps, group in mine[mine["usps"].isin(list(known))].groupby("usps")["key"]:
        keys, others = group.unique(), known[usps]
        scores = cdist(keys, others, scorer=ratio, score_cutoff=NEAR, dtype=np.uint8)
        one, two = np.divmod(np.flatnonzero(scores), len(others))
        exact = cpdist(keys[one], others[two], scorer=ratio, dtype=np.float32)
        columns = {"mine": keys[one], "theirs": others[two], "ratio": exact}
        found.append(pd.DataFrame(columns | {"usps": np.full(len(one), usps, dtype=object)}))
    if not found:
        return pd.DataFrame(columns=["mine", "theirs", "ratio", "usps"], dtype=object)
    near = pd.concat(found, ignore_index=True)
    return near[near["mine"].ne(near["theirs"])]


def _initials(core: str) -> str:
    return "".join([word[0] for word in core.split()])


def _may_be_slip(one: str, other: str) -> bool:
    """By their initials alone, which no slip changes: a look that spares most of the reading."""
    return one == other or (len(one) != len(other) and one[:1] == other[:1])


def is_slip(core: str, other: str, usps: str) -> bool:
    """Can one core be a slip of the pen for the other? The name of a listed place never is.

    >>> is_slip("cincinatti", "cincinnati", "OH"), is_slip("east haven", "west haven", "CT")
    (True, False)
    """
    if is_place(core, usps):
        return False
    for long, short in ENDINGS:
        core, other = core.replace(long, short), other.replace(long, short)
    mine, theirs = core.split(), other.split()
    if len(mine) != len(theirs):
        mine, theirs = ["".join(mine)], ["".join(theirs)]
    for word, written in zip(mine, theirs, strict=True):
        shorter = min(len(word), len(written))
        allowed = 0 if shorter < 4 else 1 if shorter < 9 else 2
        differ = word != written
        if differ and (word[:1] != written[:1] or word in DIRECTIONS or written in DIRECTIONS):
            return False
        if differ and any(word.startswith(way) != written.startswith(way) for way in DIRECTIONS):
            return False
        if differ and any(letter.isdigit() for letter in word + written):
            return False
        if OSA.distance(word, written, score_cutoff=allowed) > allowed:
            return False
    return True
