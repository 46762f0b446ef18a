"""The exchanges of a run: what was asked and answered, recorded as it comes or played back."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers, Response

from spiders import archive, moment
from spiders.archive import ArchiveError, Exchange, NotInArchive, Stored
from spiders.job import Job
from spiders.ledger import Ledger, LedgerError
from spiders.looks import Looks
from spiders.recorder import Recorder
from spiders.schema import Capture

logger = logging.getLogger(__name__)

NOT_RETRIED = " (not tried again)"
"""How the archive marks a failure of a kind that is final."""


class RecordedFailure(OSError):
    """The failure an archive recorded, raised again in replay and retried as it was then."""


class FinalFailure(Exception):
    """A recorded failure of a kind that was not tried again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it stands in the archive, on its way to the ledger."""

    stored: Stored
    fetched_at: datetime
    outcome: str
    status: int | None


class Exchanges:
    """The bytes of one run in its archive, and the earlier answers that some of them stand for.

    ``observed_at`` is the moment that the run as a whole speaks for. A failure to write or read
    the archive is told to ``stop``.
    """

    def __init__(
        self, job: Job, source: str, ledger: Ledger, looks: Looks, stop: Callable[[str], None]
    ) -> None:
        self.job = job
        self.source = source
        self.ledger = ledger
        self.looks = looks
        self.observed_at = job.observed_at or moment.now()
        self._stop = stop
        self._recorder: Recorder | None = None
        self._recorded: dict[str, list[Exchange]] = {}
        self._standing: dict[tuple[str, str, str], int] = {}

    @property
    def replaying(self) -> bool:
        return self.job.mode != "live"

    def open(self, started: datetime) -> None:
        """Open the archive to record a live run, or to play back what it holds.

        Raises:
            ArchiveError: it cannot be opened, or not be read.
        """
        if self.replaying:
            self._open_archive()
        else:
            self.observed_at = self.job.observed_at or started
            self._recorder = Recorder(self.job.warc, self.job.session)

    def close(self) -> None:
        """Close what was recorded."""
        if self._recorder is not None:
            self._recorder.close()

    def _open_archive(self) -> None:
        """Check every answer and remember where it stands; its body is read when it is asked for,
        since those of many archived copies together are larger than the memory."""
        torn: list[str] = []
        for whole in archive.exchanges(self.job.warc, torn=torn):
            exchange = replace(whole, body=b"")
            self._recorded.setdefault(exchange.url, []).append(exchange)
            if exchange.status == 200:
                fetched_at = moment.iso(exchange.fetched_at)
                key = (exchange.url, fetched_at, exchange.stored.sha256)
                self._standing[key] = exchange.stored.offset
            if not self.job.observed_at:
                self.observed_at = exchange.fetched_at
        self.looks.problems += [f"{sentence}; the run was cut off" for sentence in torn]

    def recorded(self, request: Request) -> Exchange:
        """The next answer the archive holds for an address, the last one again when it is spent.

        Raises:
            NotInArchive: it holds none.
        """
        found = self._recorded.get(request.url)
        if not found:
            raise self._lacking(request, request.url)
        exchange = found.pop(0) if len(found) > 1 else found[0]
        with self._kept_safe():
            return archive.read(self.job.warc, exchange.stored.offset)

    def _lacking(self, request: Request, what: str) -> NotInArchive:
        problem = f"{self.job.warc.name} lacks {what}"
        self.looks.of(request).problems.append(problem)
        return NotInArchive(problem)

    def record(self, request: Request, response: Response) -> Kept:
        """Put a live answer into the archive."""
        fetched = moment.now()
        sent = _pairs(request.headers)
        earlier: Capture | None = request.meta.get("peephole_earlier")
        with self._kept_safe():
            recorder = self._open_recorder()
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
        with self._kept_safe():
            stored = self._open_recorder().failure(request.url, problem, fetched)
        return Kept(stored, fetched, "unreachable", None)

    def held(self, request: Request) -> tuple[Kept, Exchange] | None:
        """The answer kept before that stands for a request, noted in this run's archive."""
        urls: Sequence[str] = request.meta.get("peephole_held", ())
        with self._kept_safe():
            for capture in self.ledger.answers(self.source, urls) if urls else ():
                found = self.of(capture)
                if found is None or found.status != 200:
                    continue
                fetched = moment.now()
                stored = self._open_recorder().unchanged(
                    request.url,
                    fetched,
                    (found.url, moment.iso(found.fetched_at)),
                    found.stored.sha256,
                    found.stored.size,
                )
                return Kept(stored, fetched, "unchanged", 200), found
        return None

    def original(self, request: Request, exchange: Exchange) -> Exchange:
        """The whole answer that an ``unchanged`` one stands for.

        Raises:
            NotInArchive: neither this WARC nor any that the ledger knows holds it.
        """
        with self._kept_safe():
            found = self._original(exchange)
        if found is None:
            url, fetched_at = exchange.refers_to
            raise self._lacking(request, f"{url} of {fetched_at}, for which {request.url} stands")
        return found

    def _original(self, exchange: Exchange) -> Exchange | None:
        sha256 = exchange.stored.sha256
        offset = self._standing.get((*exchange.refers_to, sha256))
        if offset is not None:
            return archive.read(self.job.warc, offset)
        kept = self.referred(exchange)
        return self.of(kept) if kept is not None and kept.sha256 == sha256 else None

    def of(self, capture: Capture) -> Exchange | None:
        """The archived answer of an earlier capture, or the one that its revisit stands for; None
        where the archive no longer has it."""
        try:
            found = archive.read(self.job.warc.parent / capture.warc, capture.warc_offset)
            if found.kind == "unchanged":
                return self._original(found)
        except ArchiveError as problem:
            logger.warning("%s", problem)
            return None
        return found if found.stored.sha256 == capture.sha256 else None

    def referred(self, exchange: Exchange) -> Capture | None:
        """The capture that a recorded revisit stands for."""
        url, fetched_at = exchange.refers_to
        return self.ledger.capture_at(self.source, url, fetched_at)

    @contextlib.contextmanager
    def _kept_safe(self) -> Iterator[None]:
        """A failure to write or read the archive stops the run: nobody reads what was not kept."""
        try:
            yield
        except (ArchiveError, LedgerError) as problem:
            self._stop(str(problem))
            raise IgnoreRequest(str(problem)) from problem

    def _open_recorder(self) -> Recorder:
        if self._recorder is None:
            raise ArchiveError("the archive is not open")
        return self._recorder


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in headers.items()
        for value in values
    ]
