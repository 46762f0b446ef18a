"""Every name that a known department goes by: its own, others of it, and what is short for it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.decisions import Decision
from analysis.descriptions import TEXTS
from analysis.gazetteer import town_counties
from analysis.names import state_codes
from analysis.places import place_keys

HEADQUARTERS = ": Headquarters"
KIND_BEHIND = re.compile(
    r"(?: (?:police|sheriff|marshal|public safety|department of public safety|tribal)\b.*)?"
)
"""What may stand behind a name that a decision gives another."""
JOINED = re.compile(r"^([\w .']+)[/-]([\w .']+) (?:Regional )?Police Department$")


def appellations(known: pd.DataFrame, decided: Iterable[Decision]) -> pd.DataFrame:
    """Every name of the known departments: known (position), alias, and the texts."""
    texts = known.reindex(columns=[*TEXTS, "aliases", "county_geoid"]).astype("string").fillna("")
    texts["county"] = texts["county_geoid"].where(texts["county_geoid"].ne(""), texts["county"])
    texts = texts.assign(known=np.arange(len(known)), alias=False).reset_index(drop=True)
    others = texts.assign(name=texts["aliases"].str.split(" | ", regex=False), alias=True)
    others = others[texts["aliases"].ne("")].explode("name")
    long = texts[texts["name"].str.contains(r":|National|Bureau|Division|Department of")]
    initials = long.assign(name=_initials(long["name"]), alias=True)
    initials = initials[initials["name"].ne("")]
    names = texts["name"].to_numpy(dtype=object).tolist()
    states = state_codes(texts["state"]).fillna("").to_numpy(dtype=object).tolist()
    also = [
        (row, other)
        for row, (name, state) in enumerate(zip(names, states, strict=True))
        for other in (*_headed(name), *_joined(name, state))
    ]
    also += _called(names, states, decided)
    called = texts.iloc[[row for row, _ in also]]
    called = called.assign(name=[other for _, other in also], alias=True)
    return pd.concat([texts, others, initials, called], ignore_index=True)


def _headed(name: str) -> list[str]:
    """The body whose headquarters are meant."""
    return [name.removesuffix(HEADQUARTERS)] if name.endswith(HEADQUARTERS) else []


def _joined(name: str, state: str) -> list[str]:
    """Each of the listed places that a name joins: of ``Belgrade/Brooten`` the police of both."""
    joined = JOINED.match(name) if "/" in name or "-" in name else None
    places = joined.groups()[:2] if joined else ()
    return [
        f"{place} Police Department"
        for place in places
        if f"{state} {place_keys(pd.Series([place])).iloc[0]}" in town_counties()
    ]


def _called(
    names: list[str], states: list[str], decided: Iterable[Decision]
) -> list[tuple[int, str]]:
    """Positions of names that decisions say to be also others, with these."""
    ways: dict[str, list[tuple[str, str]]] = {}
    for one in decided:
        if one.decision == "called":
            both = ((one.name, one.target), (one.target, one.name))
            ways.setdefault(one.state, []).extend((old.casefold(), new) for old, new in both)
    first = {state: tuple(old for old, _ in each) for state, each in ways.items()}
    found = []
    for row, (name, state) in enumerate(zip(names, states, strict=True)):
        if state in first and (folded := name.casefold()).startswith(first[state]):
            for old, new in ways[state]:
                rest = folded.removeprefix(old)
                if rest != folded and KIND_BEHIND.fullmatch(rest):
                    found.append((row, new + name[len(old) :]))
    return found


def _initials(names: pd.Series) -> pd.Series:
    """``Fish and Game Commission: Erie County`` as ``FGC: Erie County``; else empty.

    So too the end of a name from its first word for a body: ``Muir NP``, ``Nash BI``.
    """
    heads = names.str.extract(r"^([^:]+):\s*(.+)$")
    tails = names.str.extract(r"^(.+?) ((?:National|Bureau|Division|Department of) .+)$")
    headed = _capitals(heads[0]) + ": " + heads[1]
    return headed.fillna(tails[0] + " " + _capitals(tails[1])).fillna("")


def _capitals(words: pd.Series) -> pd.Series:
    kept = words.str.replace(r"\b(?:of|and|the|for)\b|[^A-Za-z ]", " ", regex=True)
    return kept.str.replace(r"\b(\w)\w*\s*", r"\1", regex=True).str.upper().str.strip()
