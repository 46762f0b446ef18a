"""Names of bodies that abbreviate, leave out or reorder the words of the full one.

Registers cut the names of campuses, tribes, railways and state bureaus to so many letters:
``Cndn Pcf Rw: Erie Cty`` is the Canadian Pacific Railway in Erie County. What a place at the end
lies in stands for the county of a field office. Cities, counties and sheriffs are never read so.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

from analysis.designators import BREAK
from analysis.gazetteer import is_beside, place_counties
from analysis.states import STATES

BODIES = frozenset({"state police", "other state agency", "university or college", "tribal"}) | {
    *("federal", "other", "unknown")
}
"""Types of the FBI's register whose names are read so, folded."""
BODY_KINDS = frozenset({"state_police", "campus_police", "transit_police", "tribal_police"}) | {
    *("other", "fire")
}
IDLE = frozenset(
    (
        *("of", "the", "and", "at", "for", "in", "on", "police", "department", "law", "office"),
        *("enforcement", "division", "officer", "officers", "safety", "public", "security"),
        *("campus", "service", "services", "unit", "section", "bureau", "county", "agency"),
        *("ranger", "rangers", "main", "system", "state", "city", "force"),
        *("station", "field", "parish", "branch", "chief", "detail", "local", "forces"),
        *("area", "region", "zone", "district", "sec", "off"),
    )
) - {"headquarters"}
"""Words that tell little: one too many or too few is no other body."""
KIND_LAST = frozenset({"police", "department", "security", "safety", "public", "of", "office"})
TRIBES = frozenset(
    (
        *("tribal", "tribe", "tribes", "nation", "indian", "band", "reservation", "pueblo"),
        *("bureau", "affairs", "bia"),
    )
)
"""Such words of tribes."""
SCHOOLS = frozenset(
    (
        *("university", "college", "community", "institute", "technology", "school", "junior"),
        *("state", "technical", "district", "center", "medical"),
    )
)
"""Words that many schools bear: without another in common no two are one."""
LEVELS = frozenset({"university", "college"})
"""What a college calls itself changes."""
ALIKE = {
    **dict.fromkeys(("fish", "fisheries", "game", "conservation"), "wildlife"),
    **dict.fromkeys(("parkway", "pkwy"), "parkway"),
    **dict.fromkeys(("patrol", "troopers", "trooper"), "police"),
    **{"co": "county", "bu": "bureau", "ind": "indian", "aff": "affairs", "agcy": "agency"},
    **{"technical": "technology", "rw": "railway", "hdq": "headquarters", "hq": "headquarters"},
    **dict.fromkeys(("narcotic", "nrcts", "narc"), "narcotics"),
    **dict.fromkeys(("invest", "inv", "investig", "investigation"), "investigations"),
    **{word: f"{at}" for at, word in enumerate(("i", "ii", "iii", "iv", "v", "vi"), start=1)},
    **{
        word: f"{at}"
        for at, word in enumerate(
            (
                *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"),
                *("ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth"),
                *("fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
            ),
            start=1,
        )
    },
}
LOSS = {
    **{"idle": 1, "abbreviated": 1, "initials": 2, "seat": 2, "place": 4, "word": 9, "number": 3},
    **{"level": 4, "state": 3, "most idle": 6},
}
"""Points for each word that is only so explained."""
MOST_LOSS = 40
LEAST_SLIP = 6
"""Letters from which one may be wrong."""
VOWELS = frozenset("aeiou")
NEAREST = 12
"""Known names compared with one asked for, at most: those that share the rarest words."""
COMMON = 150
"""A word of more known names of a state than this finds none."""


def abridged(asked: pd.DataFrame, known: pd.DataFrame, open_: NDArray[np.int64]) -> pd.DataFrame:
    """Pairs of bodies of one state whose words explain one another: a, k, core (points), way.

    Both are described; of ``asked`` only the rows ``open_``.
    """
    mine = _bodies(asked, open_)
    theirs = _bodies(known, np.arange(len(known)))
    theirs = theirs[theirs["usps"].isin(mine["usps"].unique())]
    near = _nearest(mine, theirs)
    one, two = mine["read"].to_dict(), theirs["read"].to_dict()
    losses = [
        _loss(one[a], two[k], usps) for a, k, usps in near.itertuples(index=False, name=None)
    ]
    near = near.assign(core=np.array(losses, dtype=float), way="abridged")
    return near[near["core"].lt(MOST_LOSS)][["a", "k", "core", "way"]]


Read = tuple[list[str], list[str], list[str], frozenset[str], str, str]
"""Words as written and plain, words of the county, FIPS codes of counties, type stated, kind."""


def _bodies(rows: pd.DataFrame, at: NDArray[np.int64]) -> pd.DataFrame:
    """usps and what is read of each row that can be a body, by position."""
    told = rows.iloc[at]
    body = told["stated"].isin(BODIES) | (
        ~told["stated"].isin(["city", "county"]) & told["fits"].isin(BODY_KINDS)
    )
    at, told = at[body.to_numpy()], told[body]
    read = [
        (words, [_plain(word) for word in words], county.split(), codes, stated, fits)
        for words, county, codes, stated, fits in zip(
            ([word for word in text.split() if word != BREAK] for text in told["text"]),
            *(told[name] for name in ("county", "counties", "stated", "fits")),
            strict=True,
        )
    ]
    return pd.DataFrame({"usps": told["usps"].to_numpy(), "read": pd.Series(read, dtype=object)})[
        ["usps", "read"]
    ].set_axis(at)


def _plain(word: str) -> str:
    word = ALIKE.get(word, word)
    if word[:-2].isdigit() and word[-2:] in ("st", "nd", "rd", "th"):
        return word[:-2]
    return word


def _nearest(mine: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """The pairs that share the rarest words (their beginnings), initials or counties."""
    one, two = _marks(mine, "a"), _marks(theirs, "k")
    often = two.groupby(["usps", "mark"])["k"].transform("size")
    whole = two["k"].map(two[two["mark"].str.len().le(3)].groupby("k").size()).fillna(1)
    two = two.assign(weight=1 / often, share=1 / whole)[often <= COMMON]
    both = one.merge(two, on=["usps", "mark"])
    both = both.groupby(["a", "k", "usps"], as_index=False)[["weight", "share"]].sum()
    both["weight"] *= both["share"]
    both = both.sort_values(["a", "weight", "k"], ascending=[True, False, True], kind="stable")
    return both[both.groupby("a").cumcount() < NEAREST][["a", "k", "usps"]]


def _marks(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """What a row can be found by: usps, mark and the row's position."""
    found = [
        (usps, mark, at)
        for at, usps, read in zip(rows.index, rows["usps"], rows["read"], strict=True)
        for mark in _marks_of(read, usps, name == "a")
    ]
    return pd.DataFrame(found, columns=["usps", "mark", name]).astype({name: int})


def _marks_of(read: Read, usps: str, asked: bool) -> set[str]:
    written, words, _, codes, *_ = read
    telling = [word for word in words if word not in IDLE]
    marks = {word[:3] for word in telling} | {*codes}
    if asked:
        marks |= {f"={word}" for word in telling if len(word) < 6}
        tail = _tail(written, usps)
        return marks | (tail[1] if tail else set())
    return marks | {f"={initials}" for initials in _initials(written, usps)}


def _initials(words: list[str], usps: str) -> set[str]:
    """Acronyms of a name's words from the first on, also with that of the state before them."""
    firsts = "".join(word[0] for word in words if word not in ("of", "the", "and"))
    state = STATES[usps].name.lower().split() if usps in STATES else []
    before = ("", "s", "".join(word[0] for word in state))
    return {f"{head}{firsts[:n]}" for head in before for n in range(2, 6)}


@cache
def _tail_of(
    usps: str, words: tuple[str, ...]
) -> tuple[tuple[str, ...], frozenset[str]] | None:
    for many in (3, 2, 1):
        if many < len(words):
            counties = place_counties().get(f"{usps} {''.join(words[-many:])}")
            if counties:
                return words[-many:], counties
    return None


def _tail(words: list[str], usps: str) -> tuple[tuple[str, ...], frozenset[str]] | None:
    """Words at the end, but for those of kind, that name a listed place, and its counties."""
    end = len(words)
    while end and words[end - 1] in KIND_LAST:
        end -= 1
    return _tail_of(usps, tuple(words[max(end - 4, 0) : end]))


def _loss(mine: Read, theirs: Read, usps: str) -> float:
    """Points for what the words of one name leave unexplained in the other's."""
    written, words, _, codes, stated, fits = mine
    other_written, others, county, other_codes, other_stated, other_fits = theirs
    if stated in BODIES and other_stated in BODIES and stated != other_stated:
        return MOST_LOSS
    numbers = {word for word in words if word.isdigit()}
    other_numbers = {word for word in others if word.isdigit()}
    if numbers and other_numbers and not numbers & other_numbers:
        return MOST_LOSS
    state = STATES[usps].name.lower().split() if usps in STATES else []
    school = "campus_police" in (fits, other_fits)
    tribe = "tribal_police" in (fits, other_fits)
    idle = (IDLE | TRIBES) - {"agency"} if tribe else IDLE - SCHOOLS if school else IDLE | {*state}
    common = SCHOOLS | {*state} | idle if school else idle
    left, rest = list(words), list(others)
    loss, same = 0.0, 0
    for word in words:
        if word in rest:
            rest.remove(word)
            left.remove(word)
            same += word not in common
    left = [word for word in left if word not in others and words.count(word) < 2]
    for word in list(left):
        full = next((other for other in rest if _abbreviates(word, other)), "")
        if full:
            rest.remove(full)
            left.remove(word)
            loss += LOSS["abbreviated"]
            same += full not in common and len(word) > 1
    head = [word for word in other_written if word not in ("of", "the", "and")]
    for word in list(left):
        spelt = _spelt(word, head, state) if 1 < len(word) < 7 and word not in idle else []
        spelt = [_plain(one) for one in spelt]
        if any(one in rest for one in spelt):
            for one in spelt:
                if one in rest:
                    rest.remove(one)
            left.remove(word)
            loss += LOSS["initials"]
            same += 1
    tail = _tail(written, usps)
    if tail:
        last, there = tail
        open_tail = [word for word in map(_plain, last) if word in left]
        within = bool(there & other_codes)
        if within and any(word in rest for word in county):
            rest = [word for word in rest if word not in county]
            left = [word for word in left if word not in open_tail]
            loss += LOSS["seat"]
        elif open_tail and (within or not other_codes):
            left = [word for word in left if word not in open_tail]
            same += within
            loss += LOSS["seat"] if within else LOSS["place"]
        elif open_tail:
            if not any(is_beside(one, two) for one in there for two in other_codes):
                return MOST_LOSS
            left = [word for word in left if word not in open_tail]
            loss += LOSS["place"]
    if codes & other_codes:
        rest = [word for word in rest if word not in county]
    if school and LEVELS & {*left} and LEVELS & {*rest}:
        left, rest = ([word for word in side if word not in LEVELS] for side in (left, rest))
        loss += LOSS["level"]
    short, little = " ".join(state), 0
    for word in (*left, *rest):
        if word.isdigit():
            loss += LOSS["number"] if word in left else LOSS["word"]
        elif word in idle:
            little += LOSS["idle"]
        elif word in state or (len(word) > 2 and short.startswith(word)):
            loss += LOSS["state"]
        else:
            loss += LOSS["word"]
    whole = loss < LOSS["state"]
    return loss + min(little, LOSS["most idle"]) if same or whole else MOST_LOSS


def _abbreviates(short: str, long: str) -> bool:
    """Is the first word short for the other?"""
    if short[0] != long[0] or short.isdigit() or len(short) > len(long) + 2:
        return False
    if long.startswith(short) or (len(long) > 3 and short.startswith(long)):
        return len(short) < len(long) or len(short) <= len(long) + 2
    if len(short) < 2:
        return False
    if min(len(short), len(long)) >= LEAST_SLIP and abs(len(short) - len(long)) < 2:
        return OSA.distance(short, long, score_cutoff=1) <= 1
    at = 0
    for letter in short:
        at = long.find(letter, at) + 1
        if not at:
            return False
    return len(short) > 3 or short[-1] == long[-1] or (len(short) > 2 and VOWELS.isdisjoint(short))


def _spelt(word: str, head: list[str], state: list[str]) -> list[str]:
    """The words in a row whose initials ``word`` is, that of the state before them or not."""
    for before in ([], ["state"], state):
        row = [*before, *head] if before else head
        at = "".join(one[0] for one in row).find(word)
        if at == 0 or (at > 0 and not before):
            return row[at : at + len(word)]
    return []
