"""Can this run be trusted? A pure question, asked of what one run itself counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["healthy", "incomplete", "failed"]

LOST = {
    "forbidden": "forbidden by robots.txt",
    "error": "answered with an error",
    "unreachable": "not reachable",
    "given_up": "given up",
}
"""Why a page that was asked for never reached ``parse``."""

REJECTED_SHARE = 0.1
"""Above this share of rows not understood the layout has probably changed: a person must look."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a run is published, and why, in words for the person who reads it."""

    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class Account:
    """What a run counted: ``problems`` are sentences, ``lost`` pages by cause, ``counts`` records
    by ``listing:<programme>`` and the like, with ``rows`` and ``rejection``."""

    finish_reason: str
    problems: tuple[str, ...]
    lost: Mapping[str, int]
    counts: Mapping[str, int]


def judge(
    account: Account,
    expects: range,
    *,
    floor: float,
    last_healthy: Mapping[str, int],
    retires_categories: bool = False,
) -> Verdict:
    """Judge a run by its own account.

    *failed*: stopped early, a page could not be read, fewer rows than the source expects, or less
    than ``floor`` of what the last healthy run counted, in all or in one category. *incomplete*:
    pages were lost, more rows than expected, or too many not understood. A category that is
    absent altogether is no failure where the publisher may retire it.
    """
    rows = account.counts.get("rows", 0)
    if account.problems:
        more = f" (and {len(account.problems) - 1} more)" if len(account.problems) > 1 else ""
        return Verdict("failed", account.problems[0] + more)
    if account.finish_reason != "finished":
        return Verdict("failed", f"stopped before the end: {account.finish_reason}")
    lost = ", ".join(f"{count} {LOST[key]}" for key, count in account.lost.items() if count)
    if rows < expects.start:
        because = f"; pages lost: {lost}" if lost else ""
        return Verdict("failed", f"{rows} rows, expected {expects.start} or more{because}")
    for key, before in last_healthy.items():
        count = account.counts.get(key, 0)
        if not (key == "rows" or key.startswith("listing:")) or count >= floor * before:
            continue
        if retires_categories and key != "rows" and count == 0:
            continue
        name = "rows" if key == "rows" else f"listings in {key.removeprefix('listing:')}"
        return Verdict(
            "failed",
            f"{count} {name}, the last healthy run had {before}: fewer than {floor:.0%} of it",
        )
    if lost:
        return Verdict("incomplete", f"{rows} rows; pages lost: {lost}")
    if rows >= expects.stop:
        return Verdict("incomplete", f"{rows} rows, expected fewer than {expects.stop}")
    rejected = account.counts.get("rejection", 0)
    if rejected > REJECTED_SHARE * max(rows, 1):
        return Verdict("incomplete", f"{rejected} of {rows} rows could not be understood")
    return Verdict("healthy", f"{rows} rows")
