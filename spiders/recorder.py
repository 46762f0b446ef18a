"""Writing the archive: every answer as a WARC 1.1 record, before anything reads it.

One gzipped WARC a run and source, each record flushed when it is written.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import os
import re
from datetime import datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from spiders import moment
from spiders.archive import ArchiveError, Headers, Session, Stored

NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
"""Profile of a revisit record for a 304, WARC 1.1 section 6.7.3."""

UNCHANGED = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
"""Profile of a revisit record for a body that was kept before, WARC 1.1 section 6.7.2."""

DROPPED_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"}
    | {"transfer-encoding"}
)
"""Secrets, and the one header that no longer holds: bodies are kept with the chunking undone."""

SECRET = re.compile(r"authori[sz]ation|cookie|token|secret|api-?key|subscription-key|password|jwt")
"""What stands in the names of other headers that let their bearer in."""

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


class Recorder:
    """Writes one WARC. The file bears its name from its first whole record on: a process that is
    killed before leaves none that is empty.

    Raises:
        ArchiveError: the file exists, cannot be made or cannot be written to (disk full).
    """

    def __init__(self, path: Path, session: Session) -> None:
        self.path = path
        draft = path.with_name(f".{path.name}.begun")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            self._file: BinaryIO = draft.open("wb")
        except OSError as problem:
            raise ArchiveError(f"cannot write the archive {path}: {problem.strerror}") from problem
        self._writer = WARCWriter(self._file, gzip=True, warc_version="1.1")
        self._end = 0
        try:
            self._write(self._writer.create_warcinfo_record(path.name, session.fields()))
            draft.rename(path)
        except (ArchiveError, OSError) as problem:
            self.close()
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            if isinstance(problem, ArchiveError):
                raise
            raise ArchiveError(f"cannot write the archive {path}: {problem.strerror}") from problem

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
        record = self._writer.create_warc_record(
            url,
            "revisit",
            http_headers=_status_line(304, headers),
            warc_headers_dict=self._dated(fetched_at, sha256) | _referring(NOT_MODIFIED, refers_to),
        )
        return self._pair(record, url, request_headers, fetched_at, sha256, size)

    def unchanged(
        self, url: str, fetched_at: datetime, refers_to: tuple[str, str], sha256: str, size: int
    ) -> Stored:
        """Keep that the answer held since an earlier capture stands, and nothing was asked."""
        record = self._writer.create_warc_record(
            url,
            "revisit",
            warc_headers_dict=self._dated(fetched_at, sha256) | _referring(UNCHANGED, refers_to),
        )
        return Stored(self.path.name, self._write(record), sha256, size)

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


def _referring(profile: str, refers_to: tuple[str, str]) -> dict[str, str]:
    return {
        "WARC-Profile": profile,
        "WARC-Refers-To-Target-URI": refers_to[0],
        "WARC-Refers-To-Date": refers_to[1],
    }


def _status_line(status: int, headers: Headers) -> StatusAndHeaders:
    return StatusAndHeaders(
        f"{status} {_phrase(status)}".strip(), _open_headers(headers), protocol="HTTP/1.1"
    )


def _digest(sha256: str) -> str:
    return "sha256:" + base64.b32encode(bytes.fromhex(sha256)).decode()


def _open_headers(headers: Headers) -> list[tuple[str, str]]:
    """Headers fit to be kept, none of which would break a line."""
    return [
        (_one_line(name).replace(":", ""), _one_line(value))
        for name, value in headers
        if not _secret(_one_line(name).lower())
    ]


def _secret(name: str) -> bool:
    return name.replace(":", "").strip() in DROPPED_HEADERS or SECRET.search(name) is not None


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
