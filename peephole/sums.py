"""Files beside the hashes that are told of them: SHA256SUMS and data packages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from peephole import datasets
from peephole.findings import Finding, Tell
from spiders import archive

SUMS = "SHA256SUMS"
LINE = re.compile(r"([0-9a-f]{64}) ([ *])(.+)")


def _damage(where: str, said: str) -> Finding:
    return Finding("damage", where, said)


def summed(folder: Path, tell: Tell) -> Iterator[Finding]:
    """Every file of a release beside ``SHA256SUMS``, as ``sha256sum`` writes it."""
    told: dict[str, str] = {}
    marks = set()
    text = (folder / SUMS).read_text("utf-8", "replace")
    for number, line in enumerate(text.split("\n")[:-1], 1):
        found = LINE.fullmatch(line)
        name = found[3] if found else ""
        if found is None or name in told or not _inside(folder, name):
            yield _damage(
                SUMS, f"{SUMS}: line {number} names no file of the release: {line[:80]!r}"
            )
            continue
        told[name] = found[1]
        marks.add(found[2])
    if len(marks) > 1 or not text.endswith("\n"):
        yield _damage(SUMS, f"{SUMS} is not as sha256sum writes it")
    here = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for name in sorted(here - told.keys() - {SUMS}):
        yield _damage(name, f"{name} is not told of in {SUMS}")
    for number, (name, sha256) in enumerate(sorted(told.items())):
        tell("hashing the release", number, len(told))
        if name not in here:
            yield _damage(name, f"{name} is missing")
        elif archive.hashed(folder / name) != sha256:
            yield _damage(name, f"{name} does not match its hash in {SUMS}")
    tell("hashing the release", len(told), len(told))


def _inside(folder: Path, name: str) -> bool:
    """Is it the name of something below the folder, and one that a file may have?"""
    try:
        file = folder / name
        file.exists()  # raises OSError for a name that is too long
        return folder.resolve() in file.resolve().parents and ".." not in Path(name).parts
    except (OSError, ValueError, RuntimeError):
        return False


def packaged(path: Path, folder: Path) -> Iterator[Finding]:
    """Every file that the data package at ``path`` names, beside the hash and size it tells."""
    where = path.relative_to(folder).as_posix()
    try:
        told = [
            (str(each["path"]), str(each["hash"]), each.get("bytes"))
            for each in json.loads(path.read_text("utf-8"))["resources"]
        ]
    except datasets.UNREADABLE as problem:
        yield _damage(where, f"{where} cannot be read: {problem}"[:300])
        return
    for name, said, size in told:
        file = path.parent / name
        if not _inside(path.parent, name) or not file.is_file():
            yield _damage(where, f"{where} names {name}, which is not there")
        elif said != f"sha256:{archive.hashed(file)}":
            yield _damage(where, f"{name} does not match its hash in {where}")
        elif size is not None and size != file.stat().st_size:
            yield _damage(where, f"{name} has not the bytes that {where} tells")
