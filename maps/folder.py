"""The folder of a site: a file is written only where its content changed, in one step."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from maps.columns import digest

RECORD = "pages.json"
"""What a build wrote: for each file the digest of what it was made from, and of its bytes."""

PAGE = re.compile(r"(?!pages\.json)([\w-]+/){0,3}[\w-]+(\.schema)?\.(html|json|atom|svg)")
"""Names of files: in the folder of the site or up to three below, as ``api/v1/departments/ID.json``
is, whoever wrote the record; none is that of the record itself."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A page, or another file of the site, to be: its ``name`` in the folder, all the data it is
    made from as text, and how."""

    name: str
    source: str
    render: Callable[[], str]


class SiteFolder:
    """Files of one build under ``folder``, which may hold those of an earlier one.

    ``common`` is a text of all that every page is made from: templates, styles, scripts, setting.
    ``written`` counts the files whose bytes changed, ``bytes`` those of all files.

    Raises:
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path, common: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.common = digest(common)
        self.before = _recorded(folder / RECORD)
        self.now: dict[str, list[str]] = {}
        self.written = 0
        self.bytes = 0

    def put(self, draft: Draft) -> None:
        """Have the page of ``draft`` in the folder. It is not rendered where all it is made from
        is what it was, and the file still holds what was written then.

        Raises:
            ValueError: the name is none of a page, or another page has it.
        """
        known = self.before.get(draft.name)
        if draft.name in self.now or not (known or PAGE.fullmatch(draft.name)):
            raise ValueError(f"{draft.name!r} is no name of a page, or that of two")
        key = digest(self.common + draft.source)
        held = _held(f"{self.folder}/{draft.name}")
        if known and known[0] == key and held and digest(held) == known[1]:
            self._note(draft.name, known, len(held))
            return
        data = draft.render().encode("utf-8", "replace")
        if data != held:
            replace(self.folder / draft.name, data)
            self.written += 1
        self._note(draft.name, [key, digest(data)], len(data))

    def finish(self) -> None:
        """Take away what an earlier build wrote and this one did not; note what this one wrote."""
        for name in self.before.keys() - self.now.keys():
            path = self.folder / name
            if path.is_file():
                path.unlink()
        record = json.dumps(self.now, separators=(",", ":"), sort_keys=True).encode()
        path = self.folder / RECORD
        if not path.is_file() or path.read_bytes() != record:
            replace(path, record)

    def _note(self, name: str, digests: list[str], size: int) -> None:
        self.now[name] = digests
        self.bytes += size


def replace(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` in one step: a reader finds the old file or the new one, whole.

    Raises:
        OSError: it cannot be written; the error names ``path``, which is as it was.
    """
    draft = path.with_name(f".{path.name[:40]}.{token_hex(8)}")
    try:
        with _opened(draft) as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(data)
        draft.replace(path)
    except OSError as problem:
        draft.unlink(missing_ok=True)
        raise OSError(problem.errno, problem.strerror, str(path)) from problem
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _opened(path: Path) -> BinaryIO:
    """A new file; its folder is made where there is none, which is once in thousands."""
    try:
        return path.open("xb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")


def _held(path: str) -> bytes:
    """What stands in a file, nothing where there is none."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 (no Path for each of thousands)
            return file.readall()
    except OSError:
        return b""


def _recorded(path: Path) -> dict[str, list[str]]:
    """What the last build noted; nothing where there is no note or it cannot be read, and then
    every page is made anew."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, list) and len(value) == 2 and PAGE.fullmatch(name)
    }
