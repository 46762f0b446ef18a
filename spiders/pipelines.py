"""What happens to a record on its way to the ledger."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler

from spiders.provenance import RunKeeper
from spiders.records import Sighting


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
