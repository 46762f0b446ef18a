"""What the archive folder holds: every record of every WARC hashed again."""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from peephole.findings import Finding, Tell
from spiders import archive, job, moment
from spiders.archive import ArchiveError, Exchange, Session

CHUNK = 1 << 16
BODIED = ("response", "resource", "failure")
"""Kinds of answer that bear their own bytes; the others stand for an earlier one."""

Row = Mapping[str, Any]


@dataclass(slots=True)
class Holding:
    """A WARC: its answers (without their bodies) by offset, and what is wrong with it.

    ``torn`` says that it breaks off, which is what a killed run leaves; ``damage`` that it cannot
    be read to its end; ``reset`` are the first bytes of records that hold what they should in bytes
    that the compressor does not write.
    """

    path: Path
    session: Session | None = None
    answers: dict[int, Exchange] = field(default_factory=dict)
    torn: str = ""
    damage: str = ""
    reset: Sequence[int] = ()

    @property
    def readable(self) -> bool:
        return self.session is not None and not self.damage


def held(folder: Path, tell: Tell) -> dict[str, Holding]:
    """Every WARC of an archive folder by name, each record hashed again."""
    paths = sorted(folder.glob("*.warc.gz"))
    found = {}
    for number, path in enumerate(paths):
        tell("hashing the archive", number, len(paths))
        found[path.name] = holding(path)
    tell("hashing the archive", len(paths), len(paths))
    return found


def holding(path: Path) -> Holding:
    """A WARC, each record hashed again."""
    found = Holding(path)
    torn: list[str] = []
    try:
        found.session = archive.session(path)
        for exchange in archive.exchanges(path, torn=torn):
            found.answers[exchange.stored.offset] = replace(exchange, body=b"")
        found.reset = reset(path)
    except ArchiveError as problem:
        found.damage = str(problem).replace(f"{path}", path.name)
    found.torn = " ".join(torn)
    return found


def reset(path: Path) -> list[int]:
    """First bytes of gzip members that hold their content in other bytes than zlib gives it.

    The checksum of a member says nothing of its header and of the last bits before the checksum:
    what is compressed again as the recorder does it must be the same, byte for byte. Where no
    member is, another compressor wrote the file, and nothing can be said.
    """
    odd: list[int] = []
    members = 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = 0
        while start < len(data):
            end, same = _member(data, start)
            if end is None:
                break
            members += 1
            odd += [] if same else [start]
            start = end
    return odd if len(odd) < members else []


def _member(data: mmap.mmap, start: int) -> tuple[int | None, bool]:
    """The end of a member, None where it breaks off, and whether zlib writes the same bytes."""
    decoder = zlib.decompressobj(wbits=31)
    encoder = zlib.compressobj(9, zlib.DEFLATED, 31)
    position = written = start
    same = True
    while not decoder.eof:
        chunk = decoder.unconsumed_tail
        if not chunk:
            chunk = data[position : position + CHUNK]
            position += len(chunk)
        if not chunk:
            return None, same
        made = encoder.compress(decoder.decompress(chunk, CHUNK))
        same = same and data[written : written + len(made)] == made
        written += len(made)
    made = encoder.flush()
    end = position - len(decoder.unused_data)
    return end, same and data[written:end] == made


def compared(holdings: Mapping[str, Holding], captures: Mapping[str, Row]) -> Iterator[Finding]:
    """Every capture of the ledger beside the record it names."""
    for capture_id, capture in captures.items():
        for where, said in _unlike(holdings.get(capture["warc"]), capture_id, capture):
            yield Finding(
                "damage",
                where,
                f"{said} (capture {capture_id}, {capture['url']})",
                "captures",
                capture_id,
                captures=(capture_id,),
            )


def _unlike(holding: Holding | None, capture_id: str, capture: Row) -> Iterator[tuple[str, str]]:
    """Where the fault lies, and what it is: a record that is sound in itself is right."""
    parts = ("source", "url", "observed_at", "http_status", "sha256")
    if job.capture_id(*(capture[part] for part in parts)) != capture_id:
        yield "ledger", f"the capture {capture_id} does not hash to its id"
    if holding is None:
        yield str(capture["warc"]), f"the archive lacks {capture['warc']}"
        return
    offset = capture["warc_offset"]
    answer = holding.answers.get(offset)
    if answer is None:
        try:
            answer = archive.read(holding.path, int(offset))
        except (ArchiveError, ValueError, TypeError) as problem:
            said = f"{problem}".replace(f"{holding.path}", holding.path.name)
            yield holding.path.name, said
            return
    told = {
        "url": answer.url,
        "fetched_at": moment.iso(answer.fetched_at),
        "http_status": _status(answer),
        "sha256": answer.stored.sha256,
    }
    if answer.kind in BODIED:
        told["bytes"] = answer.stored.size
    for name, value in told.items():
        if capture[name] != value:
            place = f"{holding.path.name} has at byte {offset}"
            yield "ledger", f"{place} the {name} {value!r}, and not {capture[name]!r}"


def unentered(holding: Holding, known: Set[tuple[Any, ...]]) -> list[int]:
    """Offsets of the answers of a WARC that are not among ``known`` (url, status, sha256)."""
    return [
        offset
        for offset, answer in holding.answers.items()
        if (answer.url, _status(answer), answer.stored.sha256) not in known
    ]


def _status(answer: Exchange) -> int | None:
    return 200 if answer.kind == "unchanged" else answer.status
