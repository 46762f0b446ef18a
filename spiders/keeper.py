"""The keeper of a run: its exchanges, its rows in the ledger, its account and its verdict."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Headers, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from spiders import moment
from spiders.archive import ArchiveError
from spiders.exchanges import Exchanges, Kept
from spiders.job import Job, WrongInput, capture_id, live, run_id
from spiders.ledger import Ledger, LedgerError
from spiders.looks import Looks, moment_of
from spiders.records import Record
from spiders.schema import Capture, Content, Run, Sighted
from spiders.source import PageWithoutContent, Source, rows_key, unread
from spiders.verdict import Verdict

logger = logging.getLogger(__name__)

BATCH = 1000
"""Records written in one transaction."""


class ForbiddenByRobots(IgnoreRequest):
    """robots.txt does not let us ask for a page, or could not be read."""


class ForbiddenAddress(IgnoreRequest):
    """A source led to an address that is not on the public web."""


LOSSES: tuple[tuple[type[Exception], str], ...] = (
    (ForbiddenByRobots, "forbidden"),
    (ForbiddenAddress, "not_public"),
    (HttpError, "error"),
    (IgnoreRequest, "given_up"),
)
"""The causes of a lost page by what was raised; anything else is a page that was not reachable."""


class RunKeeper:
    """Keeps one run: its exchanges, its rows in the ledger, an account of each of its looks."""

    def __init__(self, crawler: Crawler, job: Job, ledger: Ledger) -> None:
        self.crawler = crawler
        self.job = job
        self.ledger = ledger
        self.source: type[Source] = crawler.spidercls  # type: ignore[assignment]
        self.run_id = self._fresh_run_id()
        self.looks = Looks(self.run_id, self.source)
        self.exchanges = Exchanges(job, self.source.name, ledger, self.looks, self.stop)
        self.counts: Mapping[str, int] = {}
        self.verdict: Verdict | None = None
        self._pending: list[Content] = []
        self._begun = False
        self._writable = True
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not issubclass(crawler.spidercls, Source):
            raise NotConfigured(f"{crawler.spidercls.__name__} is no Source")
        fields = crawler.settings.getdict("PEEPHOLE_JOB")
        if not fields and not crawler.settings.get("PEEPHOLE_CONTACT"):
            raise WrongInput("a live crawl must say who asks: set PEEPHOLE_CONTACT")
        job = (
            Job.from_settings(fields)
            if fields
            else live(
                crawler.spidercls.name,
                Path(crawler.settings["PEEPHOLE_ARCHIVE"]),
                crawler.spidercls.seeds,
            )
        )
        keeper = cls(crawler, job, Ledger(crawler.settings["PEEPHOLE_DB"]))
        crawler.signals.connect(keeper.opened, signals.spider_opened)
        crawler.signals.connect(keeper.closed, signals.spider_closed)
        crawler.signals.connect(keeper.asked, signals.request_scheduled)
        crawler.signals.connect(keeper.not_asked, signals.request_dropped)
        crawler.signals.connect(keeper.page_failed, signals.spider_error)
        return keeper

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """The keeper of a crawler's run.

        Raises:
            NotConfigured: nothing is kept of this crawl.
        """
        keeper = crawler.get_extension(cls)
        if keeper is None:
            raise NotConfigured("no run is kept")
        return keeper

    def _fresh_run_id(self) -> str:
        """The run's id; a run that failed keeps its row, so a further try gets a row of its own."""
        base = run_id(self.job.warc, self.source.version)
        tried = 1
        while (row := self.ledger.run(wanted := base if tried == 1 else f"{base}-try{tried}")) and (
            row["finished_at"]
        ):
            tried += 1
        return wanted

    def opened(self, spider: Spider) -> None:
        try:
            started = moment.now()
            self.exchanges.open(started)
            self.ledger.begin(
                Run(
                    run_id=self.run_id,
                    source=self.source.name,
                    mode="history" if self.job.history else self.job.mode,
                    warc=self.job.warc.name,
                    parser_version=self.source.version,
                    observed_at=moment.iso(self.exchanges.observed_at),
                    started_at=moment.iso(started),
                    notice=self.job.session.notice,
                )
            )
            self._begun = True
        except (ArchiveError, LedgerError) as problem:
            self.stop(str(problem))

    def enter(self, request: Request, response: Response | None, outcome: str | None) -> None:
        """Enter an answer (or its absence) into the ledger and hang it on its request."""
        kept: Kept = request.meta.pop("peephole_kept")
        about_robots = request.meta.get("dont_obey_robotstxt", False)
        fetched_at = moment.iso(kept.fetched_at)
        dated = None if about_robots else self.job.observed_at
        observed_at = moment.iso(dated) if dated else moment_of(request) or fetched_at
        headers = response.headers if response is not None else Headers()
        capture = Capture(
            capture_id=capture_id(
                self.source.name, request.url, observed_at, kept.status, kept.stored.sha256
            ),
            source=self.source.name,
            url=request.url,
            fetched_at=fetched_at,
            observed_at=observed_at,
            outcome=outcome or kept.outcome,
            http_status=kept.status,
            sha256=kept.stored.sha256,
            bytes=kept.stored.size,
            warc=kept.stored.warc,
            warc_offset=kept.stored.offset,
            etag=_header(headers, b"ETag"),
            last_modified=_header(headers, b"Last-Modified"),
            original_url=request.meta.get("peephole_original", ""),
        )
        request.meta["peephole_capture"] = capture
        if response is not None and not 300 <= response.status < 400:
            self.looks.of(request)  # it is looked at, whatever may be read in it
        self._write(lambda: self.ledger.keep([capture], []))

    def take(self, record: Record, request: Request) -> Sighted:
        """Take a record for the ledger, where it waits for the others of its batch."""
        content = record.content()
        record_id = record.identity(self.source.name, content)
        self._pending.append(Content(record_id, self.source.name, record.kind, content))
        self.looks.of(request).take(record)
        if len(self._pending) >= BATCH:
            self._write(self._flush)
        return Sighted(record_id, record.position, record.row_key)

    def read(self, request: Request, rows: Sequence[Sighted]) -> None:
        """Note all that was read in the answer to a request, once it was read to its end."""
        capture: Capture = request.meta["peephole_capture"]
        look_id = self.looks.look_id(moment_of(request))
        tally = self.looks.of(request)
        tally.read_at = max(tally.read_at, capture.observed_at)
        self._write(self._flush)
        self._write(lambda: self.ledger.read(self.run_id, look_id, capture.capture_id, rows))

    def _flush(self) -> None:
        self.ledger.keep([], self._pending)
        self._pending.clear()

    def asked(self, request: Request, spider: Spider) -> None:
        """See to it that a page which never comes is counted."""
        request.errback = request.errback or self.page_lost

    def not_asked(self, request: Request, spider: Spider) -> None:
        """Count a page that redirects to itself, which Scrapy drops as asked before."""
        if request.url in request.meta.get("redirect_urls", ()):
            self.looks.of(request).lost["given_up"] += 1

    def page_lost(self, failure: Failure) -> Failure:
        """Count a page that did not reach the source, by cause."""
        tally = self.looks.of(failure.request)  # type: ignore[attr-defined] # set by Scrapy
        if isinstance(failure.value, PageWithoutContent):
            tally.problems.append(str(failure.value))
        else:
            causes = (cause for kind, cause in LOSSES if isinstance(failure.value, kind))
            tally.lost[next(causes, "unreachable")] += 1
        return failure

    def page_failed(self, failure: Failure, response: Response, spider: Spider) -> None:
        """Note a page that could not be read."""
        problem = f"{type(failure.value).__name__}: {failure.getErrorMessage()}"
        self.looks.of(response.request).problems.append(problem)  # type: ignore[arg-type]

    def closed(self, spider: Spider, reason: str) -> None:
        """Judge the run and its looks and note the verdicts; only now may they be published."""
        self.exchanges.close()
        stats = self.crawler.stats.get_stats() if self.crawler.stats else {}
        rows = {moment: stats.get(rows_key(moment), 0) for moment in self.looks.tallies}
        self.looks.unread = unread(stats)
        judged = partial(self.looks.judged, reason, rows, moment.iso(self.exchanges.observed_at))
        try:
            looks, self.verdict, self.counts = judged(
                partial(self.ledger.last_healthy, self.source.name)
            )
        except LedgerError as problem:
            self.looks.problems.append(str(problem))
            looks, self.verdict, self.counts = judged(lambda _: None)
        if self._begun:
            try:
                self.ledger.finish(
                    self.run_id,
                    moment.iso(moment.now()),
                    self.verdict.state,
                    self.verdict.reason,
                    self.counts,
                    looks,
                )
            except LedgerError as problem:
                self.verdict = Verdict("failed", str(problem))
        self.ledger.close()

    def _write(self, deed: Callable[[], None]) -> None:
        """Write to the ledger; a failure stops the run, and nothing more is written."""
        try:
            if self._writable:
                deed()
        except LedgerError as problem:
            self._writable = False
            self.stop(str(problem))

    @property
    def stopped(self) -> bool:
        return self._closing is not None

    def stop(self, problem: str) -> None:
        """Note a problem that ends the run and close the spider."""
        if problem not in self.looks.problems:
            self.looks.problems.append(problem)
            logger.error("%s", problem)
        if self.crawler.engine is not None and not self.stopped:
            closing = self.crawler.engine.close_spider_async(reason="stopped")
            self._closing = asyncio.get_running_loop().create_task(closing)


def _header(headers: Headers | None, name: bytes) -> str:
    value = headers.get(name) if headers is not None else None
    return value.decode("latin-1") if value else ""
