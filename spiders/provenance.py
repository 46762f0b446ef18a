"""Provenance: every answer archived before it is read, every record kept with the answer it was
read from. Authors of sources never meet this."""

from __future__ import annotations

import asyncio
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

from spiders.archive import Exchange
from spiders.exchanges import NOT_RETRIED, FinalFailure, Kept, RecordedFailure
from spiders.keeper import BATCH, RunKeeper
from spiders.records import Record
from spiders.schema import Sighted

OUTCOMES = {
    "failure": "unreachable",
    "resource": "imported",
    "revisit": "not_modified",
    "unchanged": "unchanged",
}
"""What became of an answer by its kind in the archive; any other came as it should."""


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
        if not self.keeper.exchanges.replaying:
            return self._held(request)
        exchange = self.keeper.exchanges.recorded(request)
        outcome = OUTCOMES.get(exchange.kind, "ok")
        if exchange.kind == "unchanged":
            original = self.keeper.exchanges.original(request, exchange)
            stored = replace(exchange.stored, size=original.stored.size)
            request.meta["peephole_kept"] = Kept(stored, exchange.fetched_at, outcome, 200)
            return answer(original, request)
        kept = Kept(exchange.stored, exchange.fetched_at, outcome, exchange.status)
        request.meta["peephole_kept"] = kept
        if exchange.kind == "failure":
            self.keeper.enter(request, None, None)
            problem = exchange.body.decode("utf-8", "replace")
            final = problem.endswith(NOT_RETRIED)
            raise FinalFailure(problem) if final else RecordedFailure(problem)
        if exchange.kind == "revisit":
            request.meta["peephole_earlier"] = earlier = self.keeper.exchanges.referred(exchange)
            size = earlier.bytes or 0 if earlier else 0
            request.meta["peephole_kept"] = replace(kept, stored=replace(kept.stored, size=size))
        return answer(exchange, request)

    def _held(self, request: Request) -> Response | None:
        found = self.keeper.exchanges.held(request)
        if found is None:
            return None
        request.meta["peephole_kept"], exchange = found
        return answer(exchange, request)

    def process_response(self, request: Request, response: Response) -> Response:
        if "peephole_kept" not in request.meta:
            request.meta["peephole_kept"] = self.keeper.exchanges.record(request, response)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        if self.keeper.exchanges.replaying or isinstance(exception, IgnoreRequest):
            return
        problem = f"{type(exception).__name__}: {exception}"
        if not isinstance(exception, self.retried):
            problem += NOT_RETRIED
        request.meta["peephole_kept"] = self.keeper.exchanges.record_failure(request, problem)
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
    """Hands the records a source yields to the keeper, and when an answer has been read to its
    end, says what it held. An answer that could not be read to its end was not read."""

    def __init__(self, keeper: RunKeeper) -> None:
        self.keeper = keeper

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(RunKeeper.of(crawler))

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        try:
            async for request in start:
                yield request
        except Exception as problem:  # Scrapy would log it, and end as if it had asked for all
            self.keeper.looks.problems.append(f"{type(problem).__name__}: {problem}")
            raise

    async def process_spider_output(
        self, response: Response, result: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:
        asked: Request = response.request  # type: ignore[assignment] # set before it is read
        rows: list[Sighted] = []
        async for found in result:
            if isinstance(found, Record):
                rows.append(self.keeper.take(found, asked))
                if len(rows) % BATCH == 0:
                    await asyncio.sleep(0)  # the other crawls of this process have their turn
            elif isinstance(found, Request):
                if "peephole_look" in asked.meta:
                    found.meta.setdefault("peephole_look", asked.meta["peephole_look"])
                yield found
            else:
                raise TypeError(f"{self.keeper.source.name} yielded no record: {found!r}"[:200])
        if rows:
            self.keeper.read(asked, rows)


def answer(exchange: Exchange, request: Request) -> Response:
    """The archived answer as Scrapy's response to ``request``."""
    headers = Headers()
    for name, value in exchange.headers:
        headers.appendlist(name, value)
    made = responsetypes.from_args(headers=headers, url=request.url, body=exchange.body)
    return made(request.url, status=exchange.status or 200, headers=headers, body=exchange.body)
