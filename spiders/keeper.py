"""The keeper of a run: its archive, its rows in the ledger, its account and its verdict."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Headers, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from spiders import archive, moment
from spiders.archive import ArchiveError, Exchange, NotInArchive, Stored
from spiders.job import Job, WrongInput, capture_id, live, run_id
from spiders.ledger import Capture, Ledger, LedgerError, Run, Seen
from spiders.recorder import Recorder
from spiders.records import Count, Listing, Sighting
from spiders.source import Source
from spiders.verdict import Account, Verdict, judge

logger = logging.getLogger(__name__)

BATCH = 1000
"""Records written in one transaction."""


NOT_RETRIED = " (not tried again)"
"""How the archive marks a failure of a kind that is final."""


class RecordedFailure(OSError):
    """The failure an archive recorded, raised again in replay and retried as it was then."""


class FinalFailure(Exception):
    """A recorded failure of a kind that was not tried again."""


class ForbiddenByRobots(IgnoreRequest):
    """robots.txt does not let us ask for a page, or could not be read."""


LOSSES: tuple[tuple[type[Exception], str], ...] = (
    (ForbiddenByRobots, "forbidden"),
    (HttpError, "error"),
    (IgnoreRequest, "given_up"),
)
"""The causes of a lost page by what was raised; anything else is a page that was not reachable."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it stands in the archive, on its way to the ledger."""

    stored: Stored
    fetched_at: datetime
    outcome: str
    status: int | None


class RunKeeper:
    """Keeps one run: its archive, its rows in the ledger, its account and its verdict."""

    def __init__(self, crawler: Crawler, job: Job, ledger: Ledger) -> None:
        self.crawler = crawler
        self.job = job
        self.ledger = ledger
        self.source: type[Source] = crawler.spidercls  # type: ignore[assignment]
        self.run_id = self._fresh_run_id()
        self.problems: list[str] = []
        self.counts: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.verdict: Verdict | None = None
        self._pending: list[Seen] = []
        self._recorder: Recorder | None = None
        self._recorded: dict[str, list[Exchange]] = {}
        self._begun = False
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
        crawler.signals.connect(keeper.record_failed, signals.item_error)
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

    @property
    def replaying(self) -> bool:
        return self.job.mode != "live"

    def opened(self, spider: Spider) -> None:
        try:
            started = moment.now()
            observed = self.job.observed_at or started
            if self.replaying:
                torn: list[str] = []
                for exchange in archive.exchanges(self.job.warc, torn=torn):
                    self._recorded.setdefault(exchange.url, []).append(exchange)
                    if not self.job.observed_at:
                        observed = exchange.fetched_at
                self.problems += [f"{sentence}; the run was cut off" for sentence in torn]
            else:
                self._recorder = Recorder(self.job.warc, self.job.session)
            self.ledger.begin(
                Run(
                    run_id=self.run_id,
                    source=self.source.name,
                    mode=self.job.mode,
                    warc=self.job.warc.name,
                    parser_version=self.source.version,
                    observed_at=moment.iso(observed),
                    started_at=moment.iso(started),
                    notice=self.job.session.notice,
                )
            )
            self._begun = True
        except (ArchiveError, LedgerError) as problem:
            self.stop(str(problem))

    def recorded(self, url: str) -> Exchange:
        """The next answer the archive holds for an address, the last one again when it is spent.

        Raises:
            NotInArchive: it holds none.
        """
        found = self._recorded.get(url)
        if not found:
            problem = f"{self.job.warc.name} lacks {url}"
            self.problems.append(problem)
            raise NotInArchive(problem)
        return found.pop(0) if len(found) > 1 else found[0]

    def record(self, request: Request, response: Response) -> Kept:
        """Put a live answer into the archive."""
        fetched = moment.now()
        sent = _pairs(request.headers)
        earlier: Capture | None = request.meta.get("peephole_earlier")
        with self._recording() as recorder:
            if response.status == 304 and earlier is not None:
                stored = recorder.not_modified(
                    request.url,
                    sent,
                    _pairs(response.headers),
                    fetched,
                    (earlier.url, earlier.fetched_at),
                    earlier.sha256 or "",
                    earlier.bytes or 0,
                )
                return Kept(stored, fetched, "not_modified", 304)
            stored = recorder.exchange(
                request.url, sent, response.status, _pairs(response.headers), response.body, fetched
            )
        return Kept(stored, fetched, "ok", response.status)

    def record_failure(self, request: Request, problem: str) -> Kept:
        """Put into the archive that no answer came."""
        fetched = moment.now()
        with self._recording() as recorder:
            stored = recorder.failure(request.url, problem, fetched)
        return Kept(stored, fetched, "unreachable", None)

    def enter(self, request: Request, response: Response | None, outcome: str | None) -> None:
        """Enter an answer (or its absence) into the ledger and hang it on its request."""
        kept: Kept = request.meta.pop("peephole_kept")
        about_robots = request.meta.get("dont_obey_robotstxt", False)
        fetched_at = moment.iso(kept.fetched_at)
        dated = None if about_robots else self.job.observed_at
        observed_at = moment.iso(dated) if dated else fetched_at
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
        )
        request.meta["peephole_capture"] = capture
        self._write([capture])

    def exchange_of(self, capture: Capture) -> Exchange | None:
        """The archived answer of an earlier capture; None where the archive no longer has it."""
        try:
            found = archive.read(self.job.warc.parent / capture.warc, capture.warc_offset)
        except ArchiveError as problem:
            logger.warning("%s", problem)
            return None
        return found if found.stored.sha256 == capture.sha256 else None

    def referred(self, exchange: Exchange) -> Capture | None:
        """The capture that a recorded 304 stands for."""
        url, fetched_at = exchange.refers_to
        return self.ledger.capture_at(self.source.name, url, fetched_at)

    def see(self, sighting: Sighting) -> None:
        """Take a stamped record for the ledger."""
        record = sighting.record
        content = record.content()
        self._pending.append(
            Seen(
                record_id=record.identity(self.source.name, content),
                source=self.source.name,
                kind=record.kind,
                content=content,
                capture_id=sighting.evidence.capture_id,
                position=record.position,
                row_key=record.row_key,
            )
        )
        programmed = isinstance(record, Listing | Count)
        self.counts[f"{record.kind}:{record.programme}" if programmed else record.kind] += 1  # type: ignore[attr-defined]
        if len(self._pending) >= BATCH:
            self._write([])

    def asked(self, request: Request, spider: Spider) -> None:
        """See to it that a page which never comes is counted."""
        request.errback = request.errback or self.page_lost

    def not_asked(self, request: Request, spider: Spider) -> None:
        """Count a page that redirects to itself, which Scrapy drops as asked before."""
        if request.url in request.meta.get("redirect_urls", ()):
            self.lost["given_up"] += 1

    def page_lost(self, failure: Failure) -> Failure:
        """Count a page that did not reach the source, by cause."""
        causes = (cause for kind, cause in LOSSES if isinstance(failure.value, kind))
        self.lost[next(causes, "unreachable")] += 1
        return failure

    def page_failed(self, failure: Failure, response: Response, spider: Spider) -> None:
        self.problems.append(f"{type(failure.value).__name__}: {failure.getErrorMessage()}")

    def record_failed(self, item: Any, response: Any, spider: Spider, failure: Failure) -> None:
        self.problems.append(failure.getErrorMessage())

    def closed(self, spider: Spider, reason: str) -> None:
        """Judge the run and note its verdict; only now may it be published."""
        if self._recorder is not None:
            self._recorder.close()
        if self._begun:
            self._write([])
        stats = self.crawler.stats.get_stats() if self.crawler.stats else {}
        self.counts["rows"] = stats.get("peephole/rows", 0)
        self.verdict = judge(
            Account(
                finish_reason=reason,
                problems=tuple(self.problems),
                lost=self.lost,
                counts=self.counts,
            ),
            self.source.expects,
            floor=self.source.floor,
            last_healthy=self._last_healthy(),
            retires_categories=self.source.retires_categories,
        )
        if self._begun:
            try:
                self.ledger.finish(
                    self.run_id,
                    moment.iso(moment.now()),
                    self.verdict.state,
                    self.verdict.reason,
                    self.counts,
                )
            except LedgerError as problem:
                self.verdict = Verdict("failed", str(problem))
        self.ledger.close()

    def _last_healthy(self) -> dict[str, int]:
        try:
            row = self.ledger.run(self.run_id) if self._begun else None
            observed_at = row["observed_at"] if row else moment.iso(moment.now())
            return dict(self.ledger.last_healthy(self.source.name, observed_at))
        except LedgerError as problem:
            self.problems.append(str(problem))
            return {}

    def _write(self, captures: list[Capture]) -> None:
        """Bring captures and waiting records to the ledger; a failure stops the run."""
        pending, self._pending = self._pending, []
        try:
            self.ledger.keep(self.run_id, captures, pending)
        except LedgerError as problem:
            self.stop(str(problem))

    @contextlib.contextmanager
    def _recording(self) -> Iterator[Recorder]:
        """The recorder; a failure to write stops the run, and nobody reads what was not kept."""
        try:
            if self._recorder is None:
                raise ArchiveError("the archive is not open")
            yield self._recorder
        except ArchiveError as problem:
            self.stop(str(problem))
            raise IgnoreRequest(str(problem)) from problem

    @property
    def stopped(self) -> bool:
        return self._closing is not None

    def stop(self, problem: str) -> None:
        """Note a problem that ends the run and close the spider."""
        if problem not in self.problems:
            self.problems.append(problem)
            logger.error("%s", problem)
        if self.crawler.engine is not None and not self.stopped:
            closing = self.crawler.engine.close_spider_async(reason="stopped")
            self._closing = asyncio.get_running_loop().create_task(closing)


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in headers.items()
        for value in values
    ]


def _header(headers: Headers | None, name: bytes) -> str:
    value = headers.get(name) if headers is not None else None
    return value.decode("latin-1") if value else ""
