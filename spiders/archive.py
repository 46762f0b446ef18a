"""The archive: every answer as WARC 1.1 records, written before anything reads it.

One gzipped WARC a run and source. Each record is a gzip member of its own and is flushed when it
is written, so that a file cut off at any byte reads up to its last whole record.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Literal
from urllib.parse import quote, urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from spiders import moment

NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
"""Profile of a revisit record for a 304, WARC 1.1 section 6.7.3."""

DROPPED_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "transfer-encoding"}
)
"""Secrets, and the one header that no longer holds: bodies are kept with the chunking undone."""

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
CHUNK = 1 << 20

Headers = Sequence[tuple[str, str]]


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

    kind: Literal["response", "resource", "revisit", "failure"]
    url: str
    fetched_at: datetime
    stored: Stored
    status: int | None = None
    headers: Headers = field(default_factory=tuple)
    body: bytes = b""
    refers_to: tuple[str, str] = ("", "")
    """(url, ISO moment) of the capture that a not-modified answer stands for."""
    end: int = 0
    """The byte after its record."""


def _digest(sha256: str) -> str:
    return "sha256:" + base64.b32encode(bytes.fromhex(sha256)).decode()


def _undigest(text: str) -> str:
    algorithm, _, value = text.partition(":")
    if algorithm != "sha256":
        raise ValueError(f"a record of other software, with the digest {text[:60]!r}, not SHA-256")
    return base64.b32decode(value).hex()


def _open_headers(headers: Headers) -> list[tuple[str, str]]:
    """Headers fit to be kept, none of which would break a line."""
    return [
        (_one_line(name).replace(":", ""), _one_line(value))
        for name, value in headers
        if name.strip().lower() not in DROPPED_HEADERS
    ]


def _one_line(text: str) -> str:
    """``text`` without ends of lines, its bytes beyond ASCII as percent signs, which is how a
    redirect to such an address is followed; left to itself warcio would encode ``:`` and ``?``."""
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogateescape")
    return quote(b" ".join(raw.split()), safe=PRINTABLE)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


class Recorder:
    """Writes one WARC.

    Raises:
        ArchiveError: the file exists, cannot be made or cannot be written to (disk full).
    """

    def __init__(self, path: Path, session: Session) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("xb")
        except OSError as problem:
            raise ArchiveError(f"cannot write the archive {path}: {problem.strerror}") from problem
        self._writer = WARCWriter(self._file, gzip=True, warc_version="1.1")
        self._end = 0
        self._write(self._writer.create_warcinfo_record(path.name, session.fields()))

    def exchange(
        self,
        url: str,
        request_headers: Headers,
        status: int,
        headers: Headers,
        body: bytes,
        fetched_at: datetime,
    ) -> Stored:
        """Keep a GET request and its answer, the body as it was received."""
        sha256 = hashlib.sha256(body).hexdigest()
        return self._pair(
            self._writer.create_warc_record(
                url,
                "response",
                payload=BytesIO(body),
                length=len(body),
                http_headers=_status_line(status, headers),
                warc_headers_dict=self._dated(fetched_at, sha256),
            ),
            url,
            request_headers,
            fetched_at,
            sha256,
            len(body),
        )

    def not_modified(
        self,
        url: str,
        request_headers: Headers,
        headers: Headers,
        fetched_at: datetime,
        refers_to: tuple[str, str],
        sha256: str,
        size: int,
    ) -> Stored:
        """Keep a 304: the earlier capture (url, ISO moment) still held at ``fetched_at``."""
        warc_headers = self._dated(fetched_at, sha256) | {
            "WARC-Profile": NOT_MODIFIED,
            "WARC-Refers-To-Target-URI": refers_to[0],
            "WARC-Refers-To-Date": refers_to[1],
        }
        record = self._writer.create_warc_record(
            url,
            "revisit",
            http_headers=_status_line(304, headers),
            warc_headers_dict=warc_headers,
        )
        return self._pair(record, url, request_headers, fetched_at, sha256, size)

    def failure(self, url: str, problem: str, fetched_at: datetime) -> Stored:
        """Keep that no answer came, and what was said of it."""
        body = problem.encode()
        sha256 = hashlib.sha256(body).hexdigest()
        record = self._writer.create_warc_record(
            url,
            "metadata",
            payload=BytesIO(body),
            length=len(body),
            warc_content_type="text/plain; charset=utf-8",
            warc_headers_dict=self._dated(fetched_at, sha256),
        )
        return Stored(self.path.name, self._write(record), sha256, len(body))

    def resource(self, url: str, file: Path, sha256: str, fetched_at: datetime) -> Stored:
        """Keep a file that was handed in, read as a stream."""
        size = file.stat().st_size
        with file.open("rb") as payload:
            record = self._writer.create_warc_record(
                url,
                "resource",
                payload=payload,
                length=size,
                warc_content_type="application/octet-stream",
                warc_headers_dict=self._dated(fetched_at, sha256),
            )
            return Stored(self.path.name, self._write(record), sha256, size)

    def close(self) -> None:
        """Bring the last bytes to the disk."""
        if not self._file.closed:
            with contextlib.suppress(OSError):
                os.fsync(self._file.fileno())
            with contextlib.suppress(OSError):  # what could not be written has been told before
                self._file.close()

    def _dated(self, fetched_at: datetime, sha256: str) -> dict[str, str]:
        return {"WARC-Date": moment.iso(fetched_at), "WARC-Payload-Digest": _digest(sha256)}

    def _pair(
        self,
        answer: Any,
        url: str,
        request_headers: Headers,
        fetched_at: datetime,
        sha256: str,
        size: int,
    ) -> Stored:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        request = self._writer.create_warc_record(
            url,
            "request",
            http_headers=StatusAndHeaders(
                f"GET {target} HTTP/1.1",
                [("Host", parts.netloc), *_open_headers(request_headers)],
                is_http_request=True,
            ),
            warc_headers_dict={
                "WARC-Date": moment.iso(fetched_at),
                "WARC-Concurrent-To": answer.rec_headers.get_header("WARC-Record-ID"),
            },
        )
        stored = Stored(self.path.name, self._write(answer), sha256, size)
        self._write(request)
        return stored

    def _write(self, record: Any) -> int:
        offset = self._end
        if self._file.closed:
            raise ArchiveError(f"the archive {self.path} is closed")
        try:
            self._writer.write_record(record)
            self._file.flush()
            self._end = self._file.tell()
        except OSError as problem:
            self.close()
            with contextlib.suppress(OSError):
                os.truncate(self.path, offset)
            raise ArchiveError(
                f"cannot write to the archive {self.path}: {problem.strerror}; "
                "free some space and run again, what was kept before is whole"
            ) from problem
        return offset


def _status_line(status: int, headers: Headers) -> StatusAndHeaders:
    return StatusAndHeaders(
        f"{status} {_phrase(status)}".strip(), _open_headers(headers), protocol="HTTP/1.1"
    )


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
    decoder = zlib.decompressobj(wbits=31)
    while file.seek(position) < size:
        data = file.read(CHUNK)
        position += len(data)
        while data:
            try:
                decoder.decompress(data, CHUNK)
            except zlib.error as problem:
                what = "no gzipped WARC" if start == 0 else f"broken after byte {start}"
                raise ArchiveError(f"{path} is {what}: a record is damaged") from problem
            if not decoder.eof:
                data = decoder.unconsumed_tail
                continue
            data = decoder.unused_data
            end = position - len(data)
            yield start, end
            start, decoder = end, zlib.decompressobj(wbits=31)
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
    except (ArchiveLoadFailed, EOFError, ValueError, TypeError, LookupError) as problem:
        raise ArchiveError(f"{path} at byte {offset}: {_first_line(problem)}") from problem


def _entry(warc: str, record: Any, offset: int, end: int) -> Exchange | None:
    kinds: dict[str, Literal["response", "resource", "revisit", "failure"]] = {
        "response": "response",
        "resource": "resource",
        "revisit": "revisit",
        "metadata": "failure",
    }
    kind = kinds.get(record.rec_type)
    if kind is None:
        return None
    headers = record.rec_headers
    url = str(headers.get_header("WARC-Target-URI") or "")
    body = b"" if kind == "revisit" else _body(record)
    said = _undigest(headers.get_header("WARC-Payload-Digest") or "")
    if kind != "revisit" and said != hashlib.sha256(body).hexdigest():
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


def adopt(path: Path, archive: Path) -> Path:
    """Copy a WARC into the archive folder under its own name, or find it there already.

    Raises:
        ArchiveError: another file of that name is there, or it cannot be copied.
    """
    target = archive / path.name
    if target.exists():
        if not path.samefile(target) and hashed(path) != hashed(target):
            raise ArchiveError(
                f"{target} exists and differs from {path}; rename the file handed in"
            )
        return target
    try:
        archive.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{secrets.token_hex(3)}")
        shutil.copyfile(path, partial)
        partial.replace(target)
    except OSError as problem:
        raise ArchiveError(f"cannot copy {path} to {archive}: {problem.strerror}") from problem
    return target
