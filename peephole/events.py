"""What changed, for the reader of a terminal and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from peephole import steps
from spiders.job import WrongInput

HEADS = ("observed", "kind", "department", "source", "programme", "what changed")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which changes a reader asks for; ``since`` and ``until`` are days and count themselves."""

    since: date | None
    until: date | None
    states: tuple[str, ...]
    kinds: tuple[str, ...]


def asked(
    since: str | None, until: str | None, states: Sequence[str], kinds: Sequence[str]
) -> Asked:
    """The words of a command line, understood.

    Raises:
        WrongInput: one is no day, state or kind of change; the message says what there is.
    """
    from analysis.places import state_shapes
    from maps.events import CHANGES

    if states:
        known = set(state_shapes()["state"])
        for state in states:
            if state.upper() not in known:
                raise WrongInput(
                    f"--state {state!r} is no state or territory; write its two letters, as in IL"
                )
    for kind in kinds:
        if kind not in CHANGES:
            raise WrongInput(
                f"there is no kind of change {kind!r}; there are: {', '.join(CHANGES)}"
            )
    first, last = steps.span(since, until)
    return Asked(first, last, tuple(state.upper() for state in states), tuple(kinds))


def chosen(tables: Mapping[str, pd.DataFrame], wanted: Asked) -> pd.DataFrame:
    """The rows of ``changes`` that are asked for, oldest first, with the department's name and
    state."""
    names = tables["agencies"].set_index("agency_id")[["name", "state"]]
    rows = tables["changes"].join(names, on="agency_id")
    days = rows["observed_at"].str[:10]
    keep = pd.Series(True, index=rows.index)
    if wanted.since:
        keep &= days.ge(wanted.since.isoformat())
    if wanted.until:
        keep &= days.le(wanted.until.isoformat())
    if wanted.states:
        keep &= rows["state"].isin(wanted.states)
    if wanted.kinds:
        keep &= rows["kind"].isin(wanted.kinds)
    order = ["observed_at", "kind", "source", "agency_id", "programme", "change_id"]
    return rows[keep].sort_values(order, kind="stable", ignore_index=True)


def objects(rows: pd.DataFrame) -> list[dict[str, object]]:
    """For programs: an object a change, null where a cell is empty."""
    cells = rows.astype(object).where(rows.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in cells.to_dict("records")]


def lines(rows: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """For people: the cells under :data:`HEADS`, in the words of the page."""
    from maps.events import CHANGES

    for row in objects(rows):
        whom = f"{row['name']}, {row['state']}" if row["name"] else ""
        states = [str(row[side]) for side in ("before", "after") if row[side]]
        what = CHANGES[str(row["kind"])] + (f": {' -> '.join(states)}" if states else "")
        if row["kind"] == "added" and row["valid_at"]:
            what += f" (stated start {row['valid_at']})"
        elif str(row["kind"]).startswith("programme_"):
            what += f" ({row['valid_at']})"
        yield (
            str(row["observed_at"])[:10],
            str(row["kind"]),
            whom,
            str(row["source"]),
            str(row["programme"] or ""),
            what,
        )
