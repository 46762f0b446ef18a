"""What changed, in words that claim no more than was seen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

import pandas as pd

from analysis.tables import CHANGE_KINDS
from maps import words
from maps.columns import texts

T = TypeVar("T")

CHANGES_SHOWN = 50
"""Changes the page tells; of more it says how many, and that the dataset has them."""

CHANGES = {
    "added": "first seen listed",
    "delisted": "no longer listed; that shows no ending",
    "relisted": "listed again",
    "renamed": "known under another name",
    "count_published": "a number was published",
    "count_revised": "another number for the same period",
    "evidence_added": "the source names another document",
    "category_retired": "the publisher no longer keeps the category; it ends nothing",
    "programme_started": "began",
    "programme_announced": "was announced",
    "programme_ended": "ended",
    "programme_cancelled": "was cancelled before it began",
    "source_unreachable": "could not be reached; the last good data stand",
    "layout_changed": "is in a layout we do not know; the last good data stand",
    "text_changed": "a watched page says something else; a person must read it",
    "corrected": "a reviewed decision supersedes what a source said",
    "suppressed": "a reviewed decision withholds something for privacy",
}
"""Said of an event, by its ``kind``."""

BEFELL = ("programme_", "category_retired")
"""Kinds of events that befall programmes and categories, not departments."""

TOOL_NOTE = ", which ends no listing"

if missing := set(CHANGE_KINDS) - set(CHANGES):
    raise ImportError(f"maps/events.py has no words for {sorted(missing)}")


def newest(
    tables: Mapping[str, pd.DataFrame], numbers: Mapping[str, str]
) -> tuple[tuple[list[tuple[str, str, str, str]], int], int]:
    """The newest changes as (day, who, what, source), how many more there are, and how many of
    departments are left out because nothing of their source had been seen before.

    ``numbers`` gives the place of each source in the page's list.
    """
    rows = fresh(tables["changes"])
    shown = rows.head(CHANGES_SHOWN)
    found = said(shown, tables["agencies"], numbers)
    return (found, len(rows) - len(found)), len(tables["changes"]) - len(rows)


def fresh(changes: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``changes``, the newest first, without those that the first look at a source showed:
    they tell of the state of the source, not of a change."""
    first = changes["kind"].eq("added")
    first &= changes["observed_at"].eq(changes["source"].map(began(changes))).fillna(False)
    return newest_first(changes[~first])


def newest_first(changes: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``changes`` in the order in which they are told."""
    return changes.sort_values(
        ["observed_at", "valid_at", "kind", "change_id"],
        ascending=[False, False, True, True],
        na_position="last",
        kind="stable",
    )


def parted(told: Sequence[T], size: int) -> list[Sequence[T]]:
    """``told``, the newest first, in parts: its newest, at least ``size`` of them where there are
    so many, then by ``size`` the others. What comes later leaves the parts of these as they are.

    >>> [list(part) for part in parted("gfedcba", 2)], parted("", 2)
    ([['g', 'f', 'e'], ['d', 'c'], ['b', 'a']], [''])
    """
    others = max(len(told) // size - 1, 0) * size
    cut = len(told) - others
    return [told[:cut], *(told[begin : begin + size] for begin in range(cut, len(told), size))]


def began(changes: pd.DataFrame) -> pd.Series:
    """By source, the moment of the first look that showed a department."""
    return changes[changes["kind"].eq("added")].groupby("source")["observed_at"].min()


def said(
    changes: pd.DataFrame, agencies: pd.DataFrame, numbers: Mapping[str, str]
) -> list[tuple[str, str, str, str]]:
    """Each of the ``changes`` as (day, who, what, source); ``numbers`` as in :func:`newest`."""
    mine = agencies[agencies["agency_id"].isin(changes["agency_id"])]
    columns = (texts(mine[name]) for name in ("agency_id", "name", "state"))
    named = {key: f"{name}, {state}" for key, name, state in zip(*columns, strict=True)}
    cells = ("kind", "programme", "before", "after", "agency_id", "valid_at", "observed_at")
    return [
        (
            words.day(valid if kind.startswith("programme_") and valid else observed),
            named.get(agency, ""),
            event(kind, programme, before, after),
            numbers.get(source, source),
        )
        for kind, programme, before, after, agency, valid, observed, source in zip(
            *(texts(changes[name]) for name in (*cells, "source")), strict=True
        )
    ]


_MOMENT = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2])-\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z")


def told(text: str) -> str:
    """``text`` with its moments as days in words.

    >>> told("last listed 2020-10-07T00:00:00Z")
    'last listed 7 October 2020'
    """
    return _MOMENT.sub(lambda found: words.day(found[1]), text)


DETAIL = 160
"""Letters of a state before or after that an event repeats; the table has all of them."""


def event(kind: str, programme: str, before: str, after: str) -> str:
    """What happened, in a sentence without its end; the rest are cells of the table ``changes``.

    >>> event("relisted", "neighbors_portal", "not listed since 2020-07-07T00:00:00Z", "listed")
    'Ring Neighbors Portal: listed again (not listed since 7 July 2020)'
    >>> event("programme_ended", "neighbors_portal", "", "rfa_post: no new posts")[23:]
    'public Request for Assistance posts: ended, which ends no listing (no new posts)'
    """
    name, note = words.programme_name(programme) if programme else "", ""
    tool, _, meaning = after.partition(": ")
    if kind.startswith("programme_") and tool in words.TOOLS:
        name, after = f"{name}, {words.TOOLS[tool]}", meaning
        note = TOOL_NOTE if kind == "programme_ended" else ""
    states = [before] if kind in ("added", "relisted") else [before, after]
    known = " → ".join(_shortened(told(state)).rstrip(".") for state in states if state)
    return f"{name}{': ' * bool(name)}{CHANGES[kind]}{note}" + (f" ({known})" if known else "")


def _shortened(text: str) -> str:
    return text if len(text) <= DETAIL else f"{text[:DETAIL]}…"
