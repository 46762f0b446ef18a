"""Checking, with what is said while it goes on and of what was found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from peephole.console import err, line, out
from peephole.findings import GRADES, Finding, Tell
from peephole.passages import Stood
from peephole.proof import Fact

ROWS = 5
"""So many records of a fact in one capture are told to a person."""
SHOWN = 20
"""So many findings of one grade in one file are told to a person; --json tells all."""


def told(findings: Iterable[Finding], as_json: bool) -> bool:
    """Tell what was found as it is found; is all as it should be?"""
    found: list[Finding] = []
    seen: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        found.append(finding)
        seen[finding.grade, finding.where] += 1
        if not as_json and seen[finding.grade, finding.where] <= SHOWN:
            (err if finding.amiss else out).print(line(f"{finding.grade}: {finding.said}"))
    if as_json:
        out.print_json(json.dumps([asdict(finding) for finding in found]))
    else:
        for (grade, where), number in seen.items():
            if number > SHOWN:
                more = f"{grade}: {where}: and {number - SHOWN:,} more (--json tells all)"
                err.print(line(more))
        out.print(_summary(found))
    return not any(finding.amiss for finding in found)


def _summary(found: list[Finding]) -> str:
    grades = Counter(finding.grade for finding in found)
    notes = grades.pop("note", 0)
    said = [f"{number:,} of {grade} ({GRADES[grade]})" for grade, number in grades.items()]
    amiss = "; ".join(said) if said else "everything is as it was kept and as it is published"
    return f"{amiss}; {notes} to be known" if notes else amiss


@contextmanager
def progress() -> Iterator[Tell]:
    """Bars on a terminal; elsewhere a line on standard error as each stage begins."""
    if not err.is_terminal:
        begun: set[str] = set()

        def plain(stage: str, _done: int, _total: int) -> None:
            if stage not in begun:
                begun.add(stage)
                err.print(f"{stage} ...")

        yield plain
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as bars:
        tasks: dict[str, TaskID] = {}

        def drawn(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield drawn


def proved(facts: Iterable[Fact], as_json: bool) -> bool:
    """Tell the chain from each fact to its bytes; does every link hold?"""
    found = []
    for fact in facts:
        found.append(fact)
        if not as_json:
            for words in _chain(fact):
                out.print(words)
    if as_json:
        out.print_json(json.dumps([asdict(fact) | {"well": fact.well} for fact in found]))
    return all(fact.well for fact in found)


def _chain(fact: Fact) -> Iterator[str]:
    from analysis.tables import TABLES

    yield line(f"{fact.table}: {fact.row_id}")
    for column in TABLES[fact.table].columns:
        if column.name in fact.cells:
            cell = fact.cells[column.name]
            means = (column.allowed or {}).get(str(cell), "")
            said = f"{column.name}: {cell}" + (f" ({means})" if means not in ("", cell) else "")
            yield "  " + line(said)
    if not fact.proofs:
        yield "  rests on no capture"
    for proof in fact.proofs:
        yield "  " + line(f"rests on capture {proof.capture['capture_id']}")
        yield from ("    " + line(words) for words in _place(proof.capture))
        same = "the same" if not proof.trouble else f"NOT WELL: {proof.trouble}"
        hashed = f"SHA-256 computed now: {proof.sha256 or 'none'}: {same}"
        yield "    " + line(hashed)
        for row in proof.rows[:ROWS]:
            yield "    " + line(_stood(row))
        if len(proof.rows) > ROWS:
            yield f"    and {len(proof.rows) - ROWS:,} more rows (--json tells all)"
        if not proof.rows and not proof.trouble:
            yield "    no single row: it rests on the capture as a whole, or on what is not in it"


def _place(capture: Mapping[str, Any]) -> Iterator[str]:
    if "warc" not in capture:
        return
    yield f"of {capture['url']}"
    if capture.get("original_url"):
        yield f"a copy of {capture['original_url']}"
    yield f"fetched {capture['fetched_at']}, speaks for {capture['observed_at']}"
    size = f"{capture['bytes']:,} bytes" if "bytes" in capture else "no body"
    yield f"in {capture['warc']} at byte {capture['warc_offset']}, {size}"


def _stood(row: Stood) -> str:
    place = f"row {row.position}" if row.position is not None else "a row"
    key = f" (key {row.row_key})" if row.row_key else ""
    said = json.dumps(dict(row.content), ensure_ascii=False)
    return f"{place}{key}, a {row.kind}: {said}"
