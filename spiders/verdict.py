"""Can this look at a source be trusted? A pure question, asked of what it itself counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["healthy", "incomplete", "failed"]
STATES: tuple[State, ...] = ("healthy", "incomplete", "failed")

LOST = {
    "forbidden": "forbidden by robots.txt",
    "not_public": "at no public address",
    "error": "answered with an error",
    "unreachable": "not reachable",
    "given_up": "given up",
}
"""Why a page that was asked for never reached ``parse``."""

REJECTED_SHARE = 0.1
"""Above this share of rows not understood the layout has probably changed: a person must look."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a look is published, and why, in words for the person who reads it."""

    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class Account:
    """What a look counted: ``problems`` are sentences, ``lost`` pages by cause, ``counts`` records
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
    """Judge a look by its own account.

    *failed*: stopped early, a page could not be read, fewer rows than the source expects, or less
    than ``floor`` of what the last healthy run counted, in all or in one category. *incomplete*:
    pages were lost, more rows than expected, or too many not understood. A category that is
    absent altogether is no failure where the publisher may retire it.
    """
    rows = account.counts.get("rows", 0)
    if stopped := _stopped(account):
        return stopped
    lost = _in_words(account.lost)
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


def together(account: Account, looks: Sequence[Verdict]) -> Verdict:
    """Judge a run over archived copies by its own account and by what its looks were judged.

    *failed*: the run itself had a problem, or no look can be used. *incomplete*: a look failed or
    is incomplete, or pages were lost that belong to no look, so that looks may be missing.
    """
    if stopped := _stopped(account):
        return stopped
    each = Counter(look.state for look in looks)
    said = ", ".join(f"{each[state]} {state}" for state in STATES if each[state])
    reason = f"{len(looks)} look{'s' if len(looks) != 1 else ''}: {said}"
    if lost := _in_words(account.lost):
        reason += f"; pages lost: {lost}"
    if each["failed"] == len(looks):
        return Verdict("failed", reason)
    return Verdict("incomplete" if lost or each["healthy"] < len(looks) else "healthy", reason)


def _stopped(account: Account) -> Verdict | None:
    if account.problems:
        more = f" (and {len(account.problems) - 1} more)" if len(account.problems) > 1 else ""
        return Verdict("failed", account.problems[0] + more)
    if account.finish_reason != "finished":
        return Verdict("failed", f"stopped before the end: {account.finish_reason}")
    return None


def _in_words(lost: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {LOST[key]}" for key, count in lost.items() if count)
