"""Running jobs: Scrapy's crawlers in one process, each judged by its own account."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader
from twisted.internet.error import ReactorNotRunning

from spiders import settings as defaults
from spiders.job import Job
from spiders.keeper import RunKeeper
from spiders.source import Source, unread
from spiders.verdict import Verdict

logger = logging.getLogger(__name__)

Progress = Callable[[Job, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended; ``warnings`` are the fields that stood in the bytes and nobody reads."""

    job: Job
    verdict: Verdict
    counts: Mapping[str, int]
    warnings: tuple[str, ...] = ()


def sources() -> dict[str, type[Source]]:
    """The sources by name, as Scrapy finds them under ``spiders/sources/``."""
    loader = SpiderLoader.from_settings(_settings({}))
    found = {name: loader.load(name) for name in sorted(loader.list())}
    return {name: spider for name, spider in found.items() if issubclass(spider, Source)}


def run(
    jobs: Sequence[Job], options: Mapping[str, Any], progress: Progress | None = None
) -> list[Outcome]:
    """Run jobs and say how each ended, in their order. Once a process: Twisted's reactor does not
    start twice.

    Live jobs of different sources run side by side, but for histories, which ask one host;
    readings of archives run one after another, oldest first, because each is judged by the healthy
    one before it.
    """
    process = AsyncCrawlerProcess(_settings(options))
    outcomes: dict[int, Outcome] = {}

    async def one(number: int, job: Job) -> None:
        crawler = process.create_crawler(sources()[job.source])
        for name, value in job.settings().items():
            crawler.settings.set(name, value, priority="cmdline")
        if progress is not None:
            _report(crawler, job, progress)
        try:
            await crawler.crawl_async()
        except Exception as problem:  # a job that cannot start must not take the others along
            logger.debug("the crawl of %s could not start", job.source, exc_info=True)
            outcomes[number] = Outcome(job, Verdict("failed", str(problem)), {})
            return
        keeper = crawler.get_extension(RunKeeper)
        verdict = keeper.verdict if keeper is not None else None
        outcomes[number] = Outcome(
            job,
            verdict or Verdict("failed", "the run did not end"),
            dict(keeper.counts) if keeper is not None else {},
            unread(crawler.stats.get_stats() if crawler.stats is not None else {}),
        )

    async def one_by_one(numbered: Sequence[tuple[int, Job]]) -> None:
        for number, job in numbered:
            await one(number, job)

    async def all_jobs() -> None:
        numbered = list(enumerate(jobs))
        live = [(number, job) for number, job in numbered if job.mode == "live"]
        await one_by_one([each for each in numbered if each[1].mode != "live"])
        await asyncio.gather(
            one_by_one([each for each in live if each[1].history]),
            *(one(number, job) for number, job in live if not job.history),
        )

    loop = asyncio.get_event_loop()
    task = loop.create_task(all_jobs())
    task.add_done_callback(_stop_reactor)
    process.start(stop_after_crawl=False)
    if task.done() and not task.cancelled() and (problem := task.exception()):
        raise problem
    stopped = Verdict("failed", "stopped by a signal before it ended; run it again")
    return [outcomes.get(number, Outcome(job, stopped, {})) for number, job in enumerate(jobs)]


def _stop_reactor(_: asyncio.Task[None]) -> None:
    from twisted.internet import reactor  # not before the process has installed its own

    with contextlib.suppress(ReactorNotRunning):
        reactor.stop()  # type: ignore[misc]


def _settings(options: Mapping[str, Any]) -> Settings:
    settings = Settings()
    settings.setmodule(defaults, priority="project")
    settings.update(dict(options), priority="cmdline")
    return settings


def _report(crawler: Crawler, job: Job, progress: Progress) -> None:
    seen = 0

    def another(**_: Any) -> None:
        nonlocal seen
        seen += 1
        progress(job, seen)

    crawler.signals.connect(another, signals.response_received, weak=False)
