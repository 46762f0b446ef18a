"""Manners: robots.txt that cannot be read forbids, Retry-After is waited for, a challenge stops
us, and an unchanged page is not sent twice."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from twisted.internet.defer import Deferred

from spiders import moment
from spiders.keeper import ForbiddenByRobots, RunKeeper
from spiders.ledger import Capture
from spiders.provenance import answer
from spiders.source import ChallengePage

logger = logging.getLogger(__name__)

FORBID_ALL = b"User-agent: *\nDisallow: /\n"

HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|title|meta|script|body)\b",
    re.IGNORECASE | re.DOTALL,
)
CHALLENGE_MARKS = re.compile(
    rb"_cf_chl_opt|cf-chl-|challenge-platform/[^\"'\s]{0,80}orchestrate|<title>just a moment|"
    rb"<title>attention required|g-recaptcha|h-captcha|hcaptcha\.com|/sorry/index|"
    rb"our systems have detected unusual traffic|px-captcha|<title>pardon our interruption|"
    rb"verify (?:that )?you are (?:a )?human|_incapsula_resource|captcha-delivery\.com|"
    rb"awswafcaptcha",
    re.IGNORECASE,
)
"""What Cloudflare, Google, PerimeterX, Imperva, DataDome and AWS write on such pages. Cloudflare
puts ``challenge-platform/scripts/jsd`` on ordinary pages too, so its orchestrator is sought."""
MISSING = (404, 410)
"""Not how a challenge answers; an ordinary page of this kind may hold a form with a captcha."""


class StrictRobotsMiddleware(RobotsTxtMiddleware):
    """robots.txt as RFC 9309 section 2.3.1 has it: a server error or no answer forbids all, a
    missing file allows all."""

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as problem:
            raise ForbiddenByRobots(f"robots.txt forbids {request.url}") from problem

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            response = response.replace(body=FORBID_ALL)
        elif response.status >= 400:
            response = response.replace(body=b"")
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        logger.warning("robots.txt of %s could not be read: %s", netloc, exc)
        waiting = self._parsers[netloc]
        self._parsers[netloc] = parser = self._parserimpl.from_crawler(self.crawler, FORBID_ALL)
        if isinstance(waiting, Deferred):
            waiting.callback(parser)


class RetryAfterMiddleware:
    """Waits as long as a 429 or 503 asks before the retry that follows.

    A wait longer than ``RETRY_AFTER_MAX`` seconds is not sat out: the page is given up and the
    run is incomplete. In replay (``RETRY_AFTER_ENABLED`` off) nothing is waited for, and what
    was given up is given up again.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.longest = crawler.settings.getfloat("RETRY_AFTER_MAX")
        self.waits = crawler.settings.getbool("RETRY_AFTER_ENABLED")
        self.retries = crawler.settings.getint("RETRY_TIMES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        asked = response.headers.get(b"Retry-After")
        if response.status not in (429, 503) or not asked:
            return response
        capture: Capture = request.meta["peephole_capture"]
        seconds = retry_after(asked.decode("latin-1"), moment.parsed(capture.fetched_at))
        if seconds is None or request.meta.get("retry_times", 0) >= self.retries:
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
    if value.isascii() and value.strip().isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if until.tzinfo is None:
        return None
    return max(0.0, (until - present).total_seconds())


class EntryMiddleware:
    """Enters every answer into the ledger, and stops the crawl of a source at a captcha or bot
    check: what to do there is for a person to decide."""

    def __init__(self, keeper: RunKeeper) -> None:
        self.keeper = keeper

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(RunKeeper.of(crawler))

    def process_response(self, request: Request, response: Response) -> Response:
        challenge = is_challenge(response)
        self.keeper.enter(request, response, "challenge" if challenge else None)
        if challenge:
            problem = f"stopped at a challenge page at {request.url}; a person must look"
            self.keeper.stop(problem)
            raise ChallengePage(problem)
        return response


def is_challenge(response: Response) -> bool:
    """Is this a captcha or bot check? Only HTML is looked at, and a data file never is one."""
    if (response.headers.get(b"cf-mitigated") or b"").lower() == b"challenge":
        return True
    if response.status in MISSING or not HTML.match(response.body[:4096]):
        return False
    return CHALLENGE_MARKS.search(response.body[:65536]) is not None


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
        if self.keeper.replaying or request.meta.get("dont_obey_robotstxt"):
            return
        earlier = self.keeper.ledger.last_capture(self.keeper.source.name, request.url)
        if earlier is None or self.keeper.exchange_of(earlier) is None:
            return
        if earlier.etag:
            request.headers[b"If-None-Match"] = earlier.etag
        if earlier.last_modified:
            request.headers[b"If-Modified-Since"] = earlier.last_modified
        request.meta["peephole_earlier"] = earlier

    def process_response(self, request: Request, response: Response) -> Response:
        earlier: Capture | None = request.meta.pop("peephole_earlier", None)
        if response.status != 304 or earlier is None:
            return response
        exchange = self.keeper.exchange_of(earlier)
        return response if exchange is None else answer(exchange, request)
