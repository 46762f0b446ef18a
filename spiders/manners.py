"""Manners: robots.txt that cannot be read forbids, Retry-After is waited for, a challenge stops
us, and an unchanged page is not sent twice."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from twisted.internet.defer import Deferred

from spiders import moment
from spiders.keeper import ForbiddenAddress, ForbiddenByRobots, RunKeeper
from spiders.pages import PageKind, page_kind
from spiders.provenance import answer
from spiders.reach import ForbiddenName
from spiders.schema import Capture
from spiders.source import ChallengePage, PageWithoutContent

logger = logging.getLogger(__name__)

FORBID_ALL = b"User-agent: *\nDisallow: /\n"

ROBOTS_BYTES = 500 * 1024
"""Bytes of a robots.txt that are read (RFC 9309 section 2.5)."""

EMPTY = {
    "challenge": "a challenge page",
    "login": "a login page",
    "script_shell": "a page that is empty without its scripts",
}


class StrictRobotsMiddleware(RobotsTxtMiddleware):
    """robots.txt as RFC 9309 section 2.3.1 has it: a server error or no answer forbids all, a
    missing file allows all."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._not_public: set[str] = set()

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as problem:
            if urlsplit(request.url).netloc in self._not_public:
                raise ForbiddenAddress(f"{request.url} is at no public address") from problem
            raise ForbiddenByRobots(f"robots.txt forbids {request.url}") from problem

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            response = response.replace(body=FORBID_ALL)
        elif response.status >= 400:
            response = response.replace(body=b"")
        elif len(response.body) > ROBOTS_BYTES:
            whole = response.body[:ROBOTS_BYTES].rpartition(b"\n")[0]
            response = response.replace(body=whole)
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        logger.warning("robots.txt of %s could not be read: %s", netloc, exc)
        if isinstance(exc, ForbiddenName) or str(exc).startswith(f"{ForbiddenName.__name__}: "):
            self._not_public.add(netloc)  # the second: as an archive recorded it
        waiting = self._parsers[netloc]
        self._parsers[netloc] = parser = self._parserimpl.from_crawler(self.crawler, FORBID_ALL)
        if isinstance(waiting, Deferred):
            waiting.callback(parser)


class RetryAfterMiddleware:
    """Waits as long as a 429 or 503 asks before the retry that follows.

    A 429 that names no time is given ``RETRY_AFTER_DEFAULT`` seconds, after the last try too: the
    next page is asked of the same host. A wait longer than ``RETRY_AFTER_MAX`` seconds is not sat
    out: the page is given up and the run is incomplete. In replay (``RETRY_AFTER_ENABLED`` off)
    nothing is waited for, and what was given up is given up again.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.longest = crawler.settings.getfloat("RETRY_AFTER_MAX")
        self.unnamed = crawler.settings.getfloat("RETRY_AFTER_DEFAULT")
        self.waits = crawler.settings.getbool("RETRY_AFTER_ENABLED")
        self.retries = crawler.settings.getint("RETRY_TIMES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        if response.status not in (429, 503):
            return response
        capture: Capture = request.meta["peephole_capture"]
        asked = (response.headers.get(b"Retry-After") or b"").decode("latin-1")
        seconds = retry_after(asked, moment.parsed(capture.fetched_at))
        if response.status == 429 and seconds is None:
            seconds = self.unnamed
        elif request.meta.get("retry_times", 0) >= self.retries:
            return response
        if seconds is None:
            return response
        if seconds > self.longest:
            logger.warning("%s asks us to wait %.0f s; given up", request.url, seconds)
            raise IgnoreRequest(f"{request.url} asks us to wait {seconds:.0f} s")
        if self.waits:
            logger.info("%s asks us to wait %.0f s", request.url, seconds)
            await asyncio.sleep(seconds)
        return response


def retry_after(value: str, present: datetime) -> float | None:
    """Seconds a Retry-After header asks for, in both of its forms; None where it says neither."""
    digits = value.strip(" \t")
    if digits.isascii() and digits.isdigit():
        return float(digits)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if until.tzinfo is None:
        return None
    return max(0.0, (until - present).total_seconds())


class EntryMiddleware:
    """Enters every answer into the ledger. A captcha or bot check stops the crawl of a source,
    because what to do there is for a person to decide; a sign-in or an empty shell fails the look
    it belongs to, and so does a challenge that an archived copy shows, which was not put to us."""

    def __init__(self, keeper: RunKeeper) -> None:
        self.keeper = keeper

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(RunKeeper.of(crawler))

    def process_response(self, request: Request, response: Response) -> Response:
        kind = self._kind(request, response)
        self.keeper.enter(request, response, kind)
        if kind == "challenge" and not _is_copy(request, response):
            problem = f"stopped at a challenge page at {request.url}; a person must look"
            self.keeper.stop(problem)
            raise ChallengePage(problem)
        if kind is not None:
            raise PageWithoutContent(f"{EMPTY[kind]} stood at {request.url}")
        return response

    def _kind(self, request: Request, response: Response) -> PageKind | None:
        kind = page_kind(response)
        if kind != "challenge" and request.meta.get("dont_obey_robotstxt"):
            return None  # robots.txt itself: what is no rule in it forbids nothing
        return None if kind == "script_shell" and self.keeper.source.reads_shells else kind


def _is_copy(request: Request, response: Response) -> bool:
    """Is it what an archive kept, which RFC 7089 marks, and no answer of the archive's own?"""
    return "peephole_look" in request.meta and b"Memento-Datetime" in response.headers


class ConditionalMiddleware:
    """Asks with the validators of the last good capture, and reads that capture after a 304."""

    def __init__(self, keeper: RunKeeper) -> None:
        self.keeper = keeper

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(RunKeeper.of(crawler))

    def process_request(self, request: Request) -> None:
        for name in (b"If-None-Match", b"If-Modified-Since"):
            request.headers.pop(name, None)  # a redirect brings those of the address before it
        request.meta.pop("peephole_earlier", None)
        if (
            self.keeper.exchanges.replaying
            or request.meta.get("dont_obey_robotstxt")
            or "peephole_held" in request.meta
        ):
            return
        earlier = self.keeper.ledger.last_capture(self.keeper.source.name, request.url)
        if earlier is None or self.keeper.exchanges.of(earlier) is None:
            return
        of_later = _begun(earlier.warc) > _begun(self.keeper.job.warc.name)
        if of_later or earlier.fetched_at > moment.iso(moment.now()):
            return  # the clock was put back: read again in order, a 304 would come first
        if earlier.etag:
            request.headers[b"If-None-Match"] = earlier.etag
        if earlier.last_modified:
            request.headers[b"If-Modified-Since"] = earlier.last_modified
        request.meta["peephole_earlier"] = earlier

    def process_response(self, request: Request, response: Response) -> Response:
        earlier: Capture | None = request.meta.pop("peephole_earlier", None)
        if response.status != 304 or earlier is None:
            return response
        exchange = self.keeper.exchanges.of(earlier)
        return response if exchange is None else answer(exchange, request)


def _begun(warc: str) -> str:
    """The source and the second of a WARC's name: replays go by it."""
    return warc.rpartition("-")[0]
