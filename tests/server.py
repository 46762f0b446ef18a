"""A real server on 127.0.0.1 for tests: scripted answers per path, a log of requests, faults."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

from spiders.platforms.cdx import FIELDS

Fault = Literal["", "reset", "close", "truncate", "short", "drip"]
"""What goes wrong: the connection is reset or closed before an answer, the body ends before its
Content-Length, or goes on for as long again after it, or it comes a byte each 0.1 s."""

ALLOW_ALL = b"User-agent: *\nDisallow:\n"
DRIP_SECONDS = 0.1


@dataclass(frozen=True)
class Answer:
    """One scripted answer; ``etag`` makes the server answer a matching request with 304."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault = ""
    etag: str = ""
    after: float = 0.0
    """Seconds it takes to answer."""
    retry_date: float | None = None
    """Seconds from the answer to the moment its Retry-After names as a date."""


@dataclass(frozen=True)
class Asked:
    """One request as it came, with the moments (monotonic) between which it was answered."""

    path: str
    headers: Mapping[str, str]
    began: float
    ended: float


class Server:
    """Answers each path by its script, one answer a request, the last one for ever.

    A path without a script is answered with 404; ``/robots.txt`` allows all unless scripted.
    """

    def __init__(self, script: Mapping[str, Answer | Sequence[Answer]]) -> None:
        self.script = {
            path: [answers] if isinstance(answers, Answer) else list(answers)
            for path, answers in {"/robots.txt": Answer(ALLOW_ALL), **script}.items()
        }
        self.asked: list[Asked] = []
        self.came: list[str] = []
        """The paths of all requests that came, answered or not."""
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass  # ``format`` is the base class's name for it

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._http.server_port

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [asked.path for asked in self.asked]

    def begun(self, count: int) -> list[str]:
        """The paths asked for in the order in which each question came, once there are ``count``:
        an answer is noted only after it was sent."""
        for _ in range(200):
            if len(self.asked) >= count:
                break
            time.sleep(0.02)
        return [asked.path for asked in sorted(self.asked, key=lambda asked: asked.began)]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        began = time.monotonic()
        with self._lock:
            self.came.append(handler.path)
            answers = self.script.get(handler.path, [Answer(status=404)])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        try:
            time.sleep(answer.after)
            self._send(handler, answer)
        except OSError:
            pass  # the crawler went away, as some tests mean it to
        finally:
            asked = Asked(handler.path, dict(handler.headers), began, time.monotonic())
            with self._lock:
                self.asked.append(asked)

    def _send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        handler.close_connection = True
        if answer.fault == "reset":
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.close()
            return
        if answer.fault == "close":
            return
        unchanged = bool(answer.etag) and handler.headers.get("If-None-Match") == answer.etag
        body = b"" if unchanged else answer.body
        handler.send_response(304 if unchanged else answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if answer.etag:
            handler.send_header("ETag", answer.etag)
        if answer.retry_date is not None:
            moment = formatdate(time.time() + answer.retry_date, usegmt=True)
            handler.send_header("Retry-After", moment)
        if not unchanged:
            said = len(body) // 2 if answer.fault == "short" else len(body)
            handler.send_header("Content-Length", str(said))
        handler.end_headers()
        if answer.fault == "truncate":
            handler.wfile.write(body[: len(body) // 2])
        elif answer.fault == "drip":
            for byte in body:
                handler.wfile.write(bytes([byte]))
                time.sleep(DRIP_SECONDS)
        else:
            handler.wfile.write(body)


INDEX = "/cdx/search/cdx"
"""Where a web archive answers questions about what it holds."""


def digest(body: bytes) -> str:
    """The digest of a copy as an index has it."""
    return base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()


def row(timestamp: str, original: str, body: bytes = b"", *, revisit: bool = False) -> list[str]:
    """A row of an index for a copy with that body."""
    kind = ["warc/revisit", "-"] if revisit else ["text/xml", "200"]
    return ["com,example)/", timestamp, original, *kind, digest(body), str(len(body))]


def index(rows: Sequence[Sequence[str]], resume_key: str = "", *, text: bool = False) -> Answer:
    """An answer of an index, as JSON or as text."""
    if text:
        lines = [" ".join(cells) for cells in rows] + (["", resume_key] if resume_key else [])
        return Answer("\n".join([*lines, ""]).encode(), headers={"Content-Type": "text/plain"})
    more: list[list[str]] = [[], [resume_key]] if resume_key else []
    body = json.dumps([list(FIELDS), *rows, *more]).encode()
    return Answer(body, headers={"Content-Type": "application/json"})


def copy_path(timestamp: str, original: str) -> str:
    """Where a web archive keeps the bytes of a copy."""
    return f"/web/{timestamp}id_/{original}"


def copy(body: bytes, **more: Any) -> Answer:
    """An archived copy, marked as one."""
    marks = {"Memento-Datetime": "Wed, 01 Jul 2020 00:00:00 GMT", "Content-Type": "text/xml"}
    return Answer(body, headers=marks, **more)


def elsewhere(timestamp: str, original: str) -> Answer:
    """The answer of a web archive that has a copy of another moment."""
    return Answer(status=302, headers={"Location": copy_path(timestamp, original)})
