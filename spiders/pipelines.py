"""What happens to a record on its way to the ledger."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.logformatter import LogFormatter

from spiders.keeper import RunKeeper
from spiders.records import Sighting


class Unlogged(LogFormatter):
    """No line in the log for each record: making one took a tenth of a run (2026-11-23)."""

    def scraped(self, item: Any, response: Any, spider: Any) -> None:  # type: ignore[override]
        """Nothing, which Scrapy takes for "do not log"."""


class LedgerPipeline:
    """Hands every sighting to the run's keeper, which writes them in batches."""

    def __init__(self, keeper: RunKeeper) -> None:
        self.keeper = keeper

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(RunKeeper.of(crawler))

    def process_item(self, item: Sighting) -> Sighting:
        self.keeper.see(item)
        return item
