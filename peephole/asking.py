"""A single question to a web server, outside any crawl: nothing of it goes into the archive."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came; a redirect is an answer like any other and is not followed."""

    status: int
    date: str
    location: str
    body: bytes


class _Staying(HTTPRedirectHandler):
    """Follows no redirect: it could lead to an address that is none of the public web."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def ask(address: str, agent: str, *, seconds: float, most: int = 0) -> Answer | None:
    """The answer to a GET of ``address`` with up to ``most`` bytes of its body; None where there
    is none after ``seconds``, however slowly it trickles in, or no http address was given."""
    found: list[Answer] = []
    within(seconds, lambda: found.extend(_answers(address, agent, seconds, most)))
    return found[0] if found else None


def within(seconds: float, deed: Callable[[], object]) -> bool:
    """Do something that may hang or raise; was it done in time? What is late is left behind: its
    thread ends with the process."""
    done = threading.Event()

    def work() -> None:
        with contextlib.suppress(Exception):  # its text may hold secrets
            deed()
            done.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    return done.is_set()


def _answers(address: str, agent: str, seconds: float, most: int) -> list[Answer]:
    if urlsplit(address).scheme not in ("http", "https"):
        return []
    opener = OpenerDirector()
    handlers: tuple[Any, ...] = (
        *(ProxyHandler(), HTTPHandler(), HTTPSHandler()),
        *(HTTPDefaultErrorHandler(), HTTPErrorProcessor(), _Staying()),
    )
    for handler in handlers:
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", agent)]
    try:
        with opener.open(address, timeout=seconds) as response:
            return [_answer(response.status, response.headers, response.read(most))]
    except HTTPError as refusal:
        with refusal:
            return [_answer(refusal.code, refusal.headers, b"")]
    except (OSError, HTTPException, ValueError):
        return []


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    return Answer(status, headers.get("Date") or "", headers.get("Location") or "", body)
