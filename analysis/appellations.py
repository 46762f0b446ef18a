"""Every name that a known department goes by: its own, others of it, and what is short for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from analysis.decisions import Decision
from analysis.descriptions import TEXTS
from analysis.gazetteer import place_counties, town_counties
from analysis.names import state_codes
from analysis.places import place_keys

HEADQUARTERS = ": Headquarters"
KIND_BEHIND = re.compile(
    r"(?: (?:police|sheriff|marshal|public safety|department of public safety|tribal)\b.*)?"
)
"""What may stand behind a name that a decision gives another."""
JOINED = re.compile(r"^(([\w .']+)[/-]([\w .']+)) (?:Regional )?Police Department$")
"""A name of two places: both together, and each."""


def appellations(known: pd.DataFrame, decided: Iterable[Decision]) -> pd.DataFrame:
    """Every name of the known departments: known (position), alias, and the texts."""
    texts = known.reindex(columns=[*TEXTS, "aliases", "county_geoid"]).astype("string").fillna("")
    texts["county"] = texts["county_geoid"].where(texts["county_geoid"].ne(""), texts["county"])
    texts = texts.assign(known=np.arange(len(known)), alias=False).reset_index(drop=True)
    others = texts.assign(name=texts["aliases"].str.split(" | ", regex=False), alias=True)
    others = others[texts["aliases"].ne("")].explode("name")
    names = texts["name"].to_numpy(dtype=object).tolist()
    states = state_codes(texts["state"]).fillna("").to_numpy(dtype=object).tolist()
    also = [*_headed(names), *_joined(names, states), *_called(names, states, decided)]
    called = texts.iloc[[row for row, _ in also]]
    called = called.assign(name=[other for _, other in also], alias=True)
    return pd.concat([texts, others, called], ignore_index=True)


def _headed(names: list[str]) -> Iterator[tuple[int, str]]:
    """Positions of the headquarters of a body, with the body."""
    for row, name in enumerate(names):
        if name.endswith(HEADQUARTERS):
            yield row, name.removesuffix(HEADQUARTERS)


def _joined(names: list[str], states: list[str]) -> Iterator[tuple[int, str]]:
    """Positions of names that join listed places, with the police of each: ``Belgrade/Brooten``.

    What is itself the name of a listed place joins none: ``Winston-Salem``.
    """
    each = [
        (row, place)
        for row, name in enumerate(names)
        if ("/" in name or "-" in name) and (joined := JOINED.match(name))
        for place in joined.groups()
    ]
    keys = place_keys(pd.Series([place for _, place in each], dtype=object)).tolist()
    for at in range(0, len(each), 3):
        row = each[at][0]
        if f"{states[row]} {keys[at]}" not in place_counties():
            for (_, place), key in zip(each[at + 1 : at + 3], keys[at + 1 : at + 3], strict=True):
                if f"{states[row]} {key}" in town_counties():
                    yield row, f"{place} Police Department"


def _called(
    names: list[str], states: list[str], decided: Iterable[Decision]
) -> Iterator[tuple[int, str]]:
    """Positions of names that decisions say to be also others, with these."""
    ways: dict[str, list[tuple[str, str]]] = {}
    for one in decided:
        if one.decision == "called":
            both = ((one.name, one.target), (one.target, one.name))
            ways.setdefault(one.state, []).extend((old.casefold(), new) for old, new in both)
    first = {state: tuple(old for old, _ in each) for state, each in ways.items()}
    for row, (name, state) in enumerate(zip(names, states, strict=True)):
        if state in first and name.casefold().startswith(first[state]):
            for old, new in ways[state]:
                head, rest = name[: len(old)], name[len(old) :]
                if head.casefold() == old and KIND_BEHIND.fullmatch(rest.casefold()):
                    yield row, new + rest
