"""Provenance: every answer archived before it is read, every record stamped with its evidence.
Authors of sources never meet this."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from scrapy.utils.misc import load_object

from spiders import moment
from spiders.archive import Exchange
from spiders.keeper import NOT_RETRIED, FinalFailure, Kept, RecordedFailure, RunKeeper
from spiders.ledger import Capture
from spiders.records import Evidence, Record, Sighting


class CaptureMiddleware:
    """Stands next to the network: records what comes from it, or plays back what once came."""

    def __init__(self, keeper: RunKeeper, retried: tuple[type[Exception], ...]) -> None:
        self.keeper = keeper
        self.retried = retried

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        retried = tuple(load_object(name) for name in crawler.settings["RETRY_EXCEPTIONS"])
        return cls(RunKeeper.of(crawler), retried)

    def process_request(self, request: Request) -> Response | None:
        if request.method != "GET":
            raise IgnoreRequest(f"the archive keeps GET requests, not {request.method}")
        if self.keeper.stopped:
            raise IgnoreRequest("the run was stopped")
        if not self.keeper.replaying:
            return None
        exchange = self.keeper.recorded(request.url)
        outcomes = {"failure": "unreachable", "resource": "imported", "revisit": "not_modified"}
        kept = Kept(
            exchange.stored,
            exchange.fetched_at,
            outcomes.get(exchange.kind, "ok"),
            exchange.status,
        )
        request.meta["peephole_kept"] = kept
        if exchange.kind == "failure":
            self.keeper.enter(request, None, None)
            problem = exchange.body.decode("utf-8", "replace")
            final = problem.endswith(NOT_RETRIED)
            raise FinalFailure(problem) if final else RecordedFailure(problem)
        if exchange.kind == "revisit":
            request.meta["peephole_earlier"] = earlier = self.keeper.referred(exchange)
            size = earlier.bytes or 0 if earlier else 0
            request.meta["peephole_kept"] = replace(kept, stored=replace(kept.stored, size=size))
        return answer(exchange, request)

    def process_response(self, request: Request, response: Response) -> Response:
        if not self.keeper.replaying:
            request.meta["peephole_kept"] = self.keeper.record(request, response)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        if self.keeper.replaying or isinstance(exception, IgnoreRequest):
            return
        problem = f"{type(exception).__name__}: {exception}"
        if not isinstance(exception, self.retried):
            problem += NOT_RETRIED
        request.meta["peephole_kept"] = self.keeper.record_failure(request, problem)
        self.keeper.enter(request, None, None)


class DecodingMiddleware(HttpCompressionMiddleware):
    """Undoes Content-Encoding; a body that cannot be decoded is entered before it is given up."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler=crawler)
        self.keeper = RunKeeper.of(crawler)

    def process_response(  # type: ignore[override] # Scrapy's ``spider`` argument is on its way out
        self, request: Request, response: Response
    ) -> Request | Response:
        try:
            return super().process_response(request, response)
        except Exception as problem:  # each of the decoders raises errors of its own
            self.keeper.enter(request, response, None)
            raise IgnoreRequest(f"cannot decode {request.url}: {problem}") from problem


class EvidenceMiddleware:
    """Stamps every record a source yields with the capture it was read from."""

    def __init__(self, keeper: RunKeeper) -> None:
        self.keeper = keeper

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(RunKeeper.of(crawler))

    async def process_spider_output(
        self, response: Response, result: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:
        evidence: Evidence | None = None
        async for found in result:
            if not isinstance(found, Record):
                yield found
                continue
            if evidence is None:
                evidence = self._evidence(response)
            yield Sighting.model_construct(record=found, evidence=evidence)

    def _evidence(self, response: Response) -> Evidence:
        capture: Capture = response.meta["peephole_capture"]
        return Evidence(
            source=capture.source,
            url=capture.url,
            capture_id=capture.capture_id,
            sha256=capture.sha256 or "",
            fetched_at=moment.parsed(capture.fetched_at),
            observed_at=moment.parsed(capture.observed_at),
            parser_version=self.keeper.source.version,
        )


def answer(exchange: Exchange, request: Request) -> Response:
    """The archived answer as Scrapy's response to ``request``."""
    headers = Headers()
    for name, value in exchange.headers:
        headers.appendlist(name, value)
    made = responsetypes.from_args(headers=headers, url=request.url, body=exchange.body)
    return made(request.url, status=exchange.status or 200, headers=headers, body=exchange.body)
