"""Reviewed decisions about which department is meant: they always win, and each says why."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from analysis.states import STATES
from analysis.tables import DATE

FILE = Path(__file__).parent / "reference" / "agency_decisions.csv"
ORI = r"[A-Z]{2}[A-Z0-9]{7}"
AGENCY_ID = r"[a-z]{2}-[a-z0-9]+(-[a-z0-9]+)*"
KEY = f"{ORI}|{AGENCY_ID}"
KINDS = {
    "same": (KEY, "the name in that state is the department with that ORI or agency_id"),
    "not_same": (KEY, "the name in that state is never the department with that ORI or agency_id"),
    "alias": (r".*\w.*", "the name in that state is read as that full name"),
    "called": (
        r".*\w.*",
        "a department of that state with either of the two names bears the other too",
    ),
    "county": (r"\d{5}", "the county text in that state means the county of that FIPS code"),
}
"""What a decision says, and what its target is written like."""


class WrongDecision(ValueError):
    """A row of the file cannot be understood; the message says which, and what to write."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A row of ``agency_decisions.csv``: what ``target`` is, see :data:`KINDS`.

    state: USPS code, as the source has it; name: as sources write it; place, county: narrow the
    decision to rows that name these, where filled. Of a ``county``, the column county holds the
    text, and name and place narrow it; its target may lie in another state, where the source has
    the state wrong. All texts are compared folded (see :func:`analysis.names.fold`).
    reason: why; decided: the day (ISO); source: of the knowledge.
    """

    decision: str
    state: str
    name: str
    place: str
    county: str
    target: str
    reason: str
    decided: str
    source: str


COLUMNS = [field.name for field in fields(Decision)]


@cache
def decisions() -> tuple[Decision, ...]:
    """The decisions that ship, in the order of the file.

    Raises:
        WrongDecision: a row cannot be understood; the sentence says which and why.
    """
    return read(FILE)


def read(path: Path) -> tuple[Decision, ...]:
    """The decisions of a file in the layout of the one that ships.

    Raises:
        WrongDecision: a row cannot be understood; the sentence says which and why.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, restkey="", restval="", strict=True)
        if rows.fieldnames != COLUMNS:
            raise WrongDecision(
                f"{path.name}: the columns are {', '.join(rows.fieldnames or []) or 'none'}; "
                f"write {', '.join(COLUMNS)}"
            )
        found = []
        for row in rows:
            if "" in row:
                raise WrongDecision(
                    f"{path.name} line {rows.line_num}: more cells than columns; quote the commas"
                )
            found.append(
                _checked(
                    Decision(**{key: value.strip() for key, value in row.items()}),
                    f"{path.name} line {rows.line_num}",
                )
            )
    _agree(found, path.name)
    return tuple(found)


def _checked(decision: Decision, where: str) -> Decision:
    if decision.decision not in KINDS:
        raise WrongDecision(
            f"{where}: no decision {decision.decision!r}; there are {', '.join(KINDS)}"
        )
    target, meaning = KINDS[decision.decision]
    if decision.state not in STATES:
        raise WrongDecision(f"{where}: {decision.state!r} is no USPS code of a state")
    if not (decision.county if decision.decision == "county" else decision.name):
        told = "county" if decision.decision == "county" else "name"
        raise WrongDecision(f"{where}: {told} is empty; a {decision.decision} needs one")
    if decision.decision == "called" and (decision.place or decision.county):
        raise WrongDecision(f"{where}: a called is true of the whole state; empty place and county")
    if not re.fullmatch(target, decision.target):
        raise WrongDecision(
            f"{where}: the target {decision.target!r} is not one of {decision.decision}: {meaning}"
        )
    if not decision.reason:
        raise WrongDecision(f"{where}: reason is empty; say why")
    if not re.fullmatch(DATE, decision.decided):
        raise WrongDecision(f"{where}: decided is a day like 2026-11-23, not {decision.decided!r}")
    return decision


def _agree(found: Iterable[Decision], name: str) -> None:
    """One text has one meaning: two targets for the same words are refused."""
    seen: dict[tuple[str, ...], str] = {}
    for one in found:
        words = (one.state, one.name.casefold(), one.place.casefold(), one.county.casefold())
        register = "ORI" if re.fullmatch(ORI, one.target) else "ours"
        kept = one.target if one.decision == "not_same" else register
        key = (one.decision, *words, kept)
        if seen.setdefault(key, one.target) != one.target:
            raise WrongDecision(
                f"{name}: two targets of {one.decision} for {one.name or one.county!r} "
                f"in {one.state}: {seen[key]} and {one.target}"
            )
        opposite = ("not_same" if one.decision == "same" else "same", *words)
        if one.decision in ("same", "not_same") and one.target in (
            seen.get((*opposite, register)),
            seen.get((*opposite, one.target)),
        ):
            raise WrongDecision(
                f"{name}: {one.name!r} in {one.state} is and is not {one.target}; keep one row"
            )
