"""The archive: WARC 1.1 files as ``spiders.recorder`` writes them, and how they are read again.

Each record is a gzip member of its own, so that a file cut off at any byte reads up to its last
whole record.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import os
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Literal

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from spiders import moment

CHUNK = 1 << 20
LARGEST = 200 * 1024 * 1024
"""Bytes of a body: what is fetched or handed in may have no more."""
RECORD_BYTES = LARGEST + 16 * 1024 * 1024
"""Bytes to which a record may unpack: a body and its headers."""

UNREADABLE = (
    *(ArchiveLoadFailed, EOFError, ValueError, TypeError, LookupError, AttributeError),
    *(OverflowError, zlib.error),
)
"""What warcio raises where a record is not as it should be."""

Headers = Sequence[tuple[str, str]]
Kind = Literal["response", "resource", "revisit", "unchanged", "failure"]
"""``revisit``: a 304; ``unchanged``: nothing was asked, the answer kept before stands."""


class ArchiveError(Exception):
    """An archive cannot be written or read; the message names the file and what was found."""


class NotInArchive(LookupError):
    """Replay was asked for a page the archive lacks; it never goes live instead."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a WARC says of itself in its warcinfo record: enough to read it again."""

    source: str
    seeds: tuple[str, ...] = ()
    as_of: str = ""
    """ISO date the content speaks for, where the operator gave one."""
    notice: str = ""
    """Said wherever these records are shown, e.g. that they are a sample."""
    operator: str = ""

    def fields(self) -> dict[str, str]:
        """The warcinfo fields, in the order they are written."""
        return {
            "software": "Peephole",
            "format": "WARC File Format 1.1",
            "operator": " ".join(self.operator.split()),
            "isPartOf": self.source,
            "peephole-seeds": " ".join(self.seeds),
            "peephole-as-of": self.as_of,
            "description": " ".join(self.notice.split()),
        }

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> Session:
        return cls(
            source=fields.get("isPartOf", ""),
            seeds=tuple(fields.get("peephole-seeds", "").split()),
            as_of=fields.get("peephole-as-of", ""),
            notice=fields.get("description", ""),
            operator=fields.get("operator", ""),
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """Where an answer stands in the archive and what its body hashes to."""

    warc: str
    offset: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """One record of an archive as replay needs it."""

    kind: Kind
    url: str
    fetched_at: datetime
    stored: Stored
    status: int | None = None
    headers: Headers = field(default_factory=tuple)
    body: bytes = b""
    refers_to: tuple[str, str] = ("", "")
    """(url, ISO moment) of the capture that a revisit stands for."""
    end: int = 0
    """The byte after its record."""


def _undigest(text: str) -> str:
    algorithm, _, value = text.partition(":")
    if algorithm != "sha256":
        raise ValueError(f"a record of other software, with the digest {text[:60]!r}, not SHA-256")
    return base64.b32decode(value).hex()


def session(path: Path) -> Session:
    """What the WARC at ``path`` says of itself.

    Raises:
        ArchiveError: it is no WARC, or its first record cannot be read.
    """
    with _explained(path), path.open("rb") as file:
        if next(_members(file, path, []), None) is None:
            raise ArchiveError(f"{path} breaks off in its first record")
        with _parsed(path, 0):
            record = _record(file, 0)
            if record.rec_type != "warcinfo":
                raise ArchiveError(f"{path} does not begin with a warcinfo record")
            lines = record.content_stream().read().decode("utf-8", "replace").splitlines()
    fields = (line.partition(": ") for line in lines if ": " in line)
    return Session.read({name: value for name, _, value in fields})


def exchanges(path: Path, *, torn: list[str] | None = None) -> Iterator[Exchange]:
    """The answers in the WARC at ``path``, in the order they came.

    A file cut off in its last record (a run that was killed) is read up to there; the sentence
    that says so is put into ``torn``.

    Raises:
        ArchiveError: the file is no WARC, or a record in its middle is damaged.
    """
    with _explained(path), path.open("rb") as file:
        for offset, end in _members(file, path, [] if torn is None else torn):
            if (exchange := _exchange(path, file, offset, end)) is not None:
                yield exchange


def read(path: Path, offset: int) -> Exchange:
    """The answer whose record begins at ``offset``.

    Raises:
        ArchiveError: none begins there, or its record is cut off or damaged.
    """
    with _explained(path), path.open("rb") as file:
        file.seek(offset)
        member = next(_members(file, path, []), None)
        exchange = _exchange(path, file, *member) if member else None
    if exchange is None:
        raise ArchiveError(f"{path} at byte {offset}: no answer begins there")
    return exchange


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise ArchiveError(f"cannot read {path}: {problem.strerror or problem}") from problem


def _members(file: BinaryIO, path: Path, torn: list[str]) -> Iterator[tuple[int, int]]:
    """First byte and end of each whole gzip member from here on, its checksum verified.

    warcio reads over damaged members in silence, so a member is walked here before it is parsed.
    """
    start = position = file.tell()
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise ArchiveError(f"{path} is empty")
    decoder, unpacked = zlib.decompressobj(wbits=31), 0
    while file.seek(position) < size:
        data = file.read(CHUNK)
        position += len(data)
        while data:
            try:
                unpacked += len(decoder.decompress(data, CHUNK))
            except zlib.error as problem:
                what = "no gzipped WARC" if start == 0 else f"broken after byte {start}"
                raise ArchiveError(f"{path} is {what}: a record is damaged") from problem
            if unpacked > RECORD_BYTES:
                raise ArchiveError(
                    f"{path} at byte {start}: a record unpacks to more than {RECORD_BYTES:,} bytes"
                )
            if not decoder.eof:
                data = decoder.unconsumed_tail
                continue
            data = decoder.unused_data
            end = position - len(data)
            yield start, end
            start, decoder, unpacked = end, zlib.decompressobj(wbits=31), 0
    if start < size:
        torn.append(f"{path.name} breaks off after byte {start} of {size}")


def _record(file: BinaryIO, offset: int) -> Any:
    file.seek(offset)
    for record in ArchiveIterator(file):
        return record
    raise EOFError("no record begins there")


def _exchange(path: Path, file: BinaryIO, offset: int, end: int) -> Exchange | None:
    """The whole member at ``offset`` as an exchange, None where it is a record of another kind."""
    with _parsed(path, offset):
        return _entry(path.name, _record(file, offset), offset, end)


@contextlib.contextmanager
def _parsed(path: Path, offset: int) -> Iterator[None]:
    try:
        yield
    except UNREADABLE as problem:
        raise ArchiveError(f"{path} at byte {offset}: {_first_line(problem)}") from problem


def _entry(warc: str, record: Any, offset: int, end: int) -> Exchange | None:
    headers = record.rec_headers
    same = str(headers.get_header("WARC-Profile")).endswith("/identical-payload-digest")
    kinds: dict[str, Kind] = {
        "response": "response",
        "resource": "resource",
        "revisit": "unchanged" if same else "revisit",
        "metadata": "failure",
    }
    kind = kinds.get(record.rec_type)
    if kind is None:
        return None
    url = str(headers.get_header("WARC-Target-URI") or "")
    bodiless = record.rec_type == "revisit"
    body = b"" if bodiless else _body(record)
    said = _undigest(headers.get_header("WARC-Payload-Digest") or "")
    if not bodiless and said != hashlib.sha256(body).hexdigest():
        raise ValueError(f"the body of {url} does not match its digest")
    status, http_headers = None, ()
    if record.http_headers is not None:
        status = int(record.http_headers.get_statuscode())
        http_headers = tuple(record.http_headers.headers)
    return Exchange(
        kind=kind,
        url=url,
        fetched_at=moment.parsed(headers.get_header("WARC-Date")),
        stored=Stored(warc, offset, said, len(body)),
        status=status,
        headers=http_headers,
        body=body,
        refers_to=(
            headers.get_header("WARC-Refers-To-Target-URI") or "",
            headers.get_header("WARC-Refers-To-Date") or "",
        ),
        end=end,
    )


def _body(record: Any) -> bytes:
    kept = BytesIO()
    while chunk := record.raw_stream.read(CHUNK):
        kept.write(chunk)
    return kept.getvalue()


def _first_line(problem: Exception) -> str:
    text = " ".join(str(problem).split()) or type(problem).__name__
    foreign = isinstance(problem, ArchiveLoadFailed)
    return "there is no WARC record" if foreign else text[:200]


def hashed(path: Path) -> str:
    """SHA-256 of a file, read in chunks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """One process at a time puts files into ``folder``; the lock ends with the process.

    Raises:
        ArchiveError: the folder cannot be made or opened.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
    except OSError as problem:
        raise ArchiveError(f"cannot write the archive {folder}: {problem.strerror}") from problem
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def adopt(path: Path, archive: Path) -> Path:
    """Copy a WARC into the archive folder under its own name, or find it there already.

    Raises:
        ArchiveError: another file of that name is there, or it cannot be copied.
    """
    target = archive / path.name
    partial = target.with_name(f".{target.name}.partial")
    try:
        with sole_writer(archive):
            partial.unlink(missing_ok=True)  # of an adoption that was killed
            if not target.exists():
                shutil.copyfile(path, partial)
                partial.replace(target)
    except OSError as problem:
        raise ArchiveError(f"cannot copy {path} to {archive}: {problem.strerror}") from problem
    if not path.samefile(target) and hashed(path) != hashed(target):
        raise ArchiveError(f"{target} exists and differs from {path}; rename the file handed in")
    return target
