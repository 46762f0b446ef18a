"""What was published beside what the archive gives today: tables, datasets, pages."""

from __future__ import annotations

import filecmp
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from analysis.differences import Difference, differences
from peephole.datasets import UNREADABLE, hashes, leaves, read
from peephole.findings import Finding, Grade
from spiders import archive

Tables = Mapping[str, pd.DataFrame]
PACKAGE = "datapackage.json"
SITE = "pages.json"

Cells = dict[Difference, tuple[Grade, list[str]]]
"""Each difference once, with the files in which it stands."""


def files(folder: Path, made: Path, tables: Tables, changed: set[str]) -> Iterator[Finding]:
    """How the files of ``folder`` differ from those ``made`` today from ``tables``.

    A file of other bytes and the same cells is one that another version of a library wrote, or one
    whose hash no longer matches. ``changed`` are sources whose parser has changed since.
    """
    said, flaws = hashes(folder / PACKAGE)
    yield from flaws
    cells: Cells = {}
    names = {path.name for path in made.iterdir() if path.is_file()}
    for name in sorted(names | said.keys()):
        path = folder / name
        where = f"{folder.name}/{name}"
        if not path.is_file():
            yield Finding("damage", where, f"{where} is missing")
            continue
        damaged = name in said and archive.hashed(path) != said[name]
        if name not in names:
            if damaged:
                yield Finding("damage", where, f"{where} does not match its hash in {PACKAGE}")
            continue
        if filecmp.cmp(path, made / name, shallow=False):
            if damaged:  # the file is right, so what is said of it is not
                said_in = f"{folder.name}/{PACKAGE}"
                yield Finding("damage", said_in, f"{said_in} tells another hash of {name}")
            continue
        yield from _file(path, made / name, where, damaged, cells)
    proofs = _proofs(tables, {(each.table, each.row_id) for each in cells})
    for each, (grade, wheres) in cells.items():
        captures = tuple(proofs.get((each.table, each.row_id), ()))
        told = sentence(each, ", ".join(wheres), "the archive")
        if grade == "difference" and changed.intersection(_sources(tables, captures)):
            grade, told = "reading", f"{told} (the parser of its source has changed since)"
        yield Finding(grade, wheres[0], told, each.table, each.row_id, each.column, captures)


def _file(
    path: Path,
    made: Path,
    where: str,
    damaged: bool,
    cells: Cells,
) -> Iterator[Finding]:
    grade: Grade = "damage" if damaged else "difference"
    if damaged:
        yield Finding("damage", where, f"{where} does not match its hash in {PACKAGE}")
    if path.name == PACKAGE:
        yield from _package(path, made, where)
        return
    try:
        first, second = read(path), read(made)
    except UNREADABLE as problem:
        told = f"{where} cannot be read: {' '.join(str(problem).split())[:200]}"
        yield Finding("damage", where, told)
        return
    found = list(differences(first, second))
    for each in found:
        cells.setdefault(each, (grade, []))[1].append(where)
    if not found and not damaged:
        yield _other_bytes(path, made, where)


def _other_bytes(path: Path, made: Path, where: str) -> Finding:
    """The same rows in other bytes: another library's work, or a byte that no row rests on."""
    before, now = (_writer(file) for file in (path, made))
    if before != now:
        return Finding(
            "note", where, f"{where} holds the same rows, as another version of a library wrote it"
        )
    return Finding(
        "damage", where, f"{where} holds the same rows, and bytes that no row rests on are changed"
    )


def _writer(path: Path) -> str:
    """What a file says of the library that wrote it; empty where its format says nothing."""
    if path.suffix != ".parquet":
        return ""
    import pyarrow.parquet

    try:
        return str(pyarrow.parquet.read_metadata(path).created_by)
    except UNREADABLE:
        return ""


def _package(path: Path, made: Path, where: str) -> Iterator[Finding]:
    """Where a data package says other than today's; hashes and sizes are checked by the files."""
    try:
        first = dict(leaves(json.loads(path.read_text("utf-8"))))
    except UNREADABLE:
        return  # told with the hashes
    second = dict(leaves(json.loads(made.read_text("utf-8"))))
    others = {
        f"/resources/{file.name}/{told}"
        for file in path.parent.iterdir()
        if file.is_file()
        and not (
            (made.parent / file.name).is_file()
            and filecmp.cmp(file, made.parent / file.name, shallow=False)
        )
        for told in ("hash", "bytes")
    }
    unlike = [key for key in first.keys() | second.keys() if first.get(key) != second.get(key)]
    for key in sorted(set(unlike) - others):
        said = f"{where}: {key} is {first.get(key)!r}, made today it is {second.get(key)!r}"
        yield Finding("difference", where, said, row=key)
    if not unlike:
        yield Finding("damage", where, f"{where} says the same in other bytes than were written")


def _proofs(tables: Tables, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """The captures on which rows rest."""
    found: dict[tuple[str, str], list[str]] = {}
    if wanted:
        rows = tables["evidence"]
        rows = rows[rows["row_id"].isin({row for _, row in wanted})]
        for table, row_id, capture_id in rows.itertuples(index=False, name=None):
            found.setdefault((table, row_id), []).append(capture_id)
    return found


def _sources(tables: Tables, captures: tuple[str, ...]) -> set[str]:
    rows = tables["captures"]
    return set(rows.loc[rows["capture_id"].isin(captures), "source"]) if captures else set()


def sentence(each: Difference, where: str, beside: str) -> str:
    """A difference in words, where ``beside`` is what the file is compared with."""
    row = f"{each.row_id} of {each.table}"
    if each.kind == "cell":
        said = f"says {each.first!r} in {each.column} of {row}"
        return f"{where} {said}, {beside} gives {each.second!r}"
    told = {
        "missing": f"lacks the row {row}, which {beside} gives",
        "extra": f"has a row {row}, which nothing in {beside} gives",
        "table": f"holds no table {each.table} as declared: {each.column or each.first}",
    }
    return f"{where} {told[each.kind]}"


def pages(site: Path) -> Iterator[Finding]:
    """Pages of the site beside the digests noted when they were written."""
    from maps.columns import digest

    if not site.is_dir():
        return
    where = f"{site.name}/{SITE}"
    try:
        noted = json.loads((site / SITE).read_text("utf-8"))
        told = {str(name): str(digests[1]) for name, digests in noted.items()}
    except UNREADABLE as problem:
        yield Finding("damage", where, f"{where} cannot be read: {problem}"[:300])
        return
    for name, said in told.items():
        path = site / name
        if site.resolve() not in path.resolve().parents:
            yield Finding("damage", where, f"{where} names {name!r}, which is not in the site")
        elif not path.is_file():
            yield Finding("damage", f"{site.name}/{name}", f"{site.name}/{name} is missing")
        elif digest(path.read_bytes()) != said:
            changed = f"{site.name}/{name} is not as it was written (see {SITE})"
            yield Finding("damage", f"{site.name}/{name}", changed)
