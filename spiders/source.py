"""The one base class every source inherits, and the ways to select that say how many."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, ClassVar, TypeVar

import scrapy
from scrapy.http import Response

Selected = TypeVar("Selected")

UNREAD = "peephole/unread/"
"""How the stats of a run name a field nobody reads."""


class LayoutError(ValueError):
    """A page is not in any layout this source knows; the message says what was sought and found."""


class ChallengePage(scrapy.exceptions.IgnoreRequest):
    """A captcha or bot check stood where the page should be; we stop and a person decides."""


class Source(scrapy.Spider):
    """A public record that is crawled, imported or replayed.

    A source declares what it is and how many rows it expects, and yields
    :mod:`spiders.records` from ``parse``. It never stamps evidence, catches a failed fetch or
    decides whether its run can be trusted.
    """

    title: ClassVar[str]
    publisher: ClassVar[str]
    homepage: ClassVar[str]
    """Where a reader may look at the source."""
    licence: ClassVar[str]
    licence_url: ClassVar[str] = ""
    attribution: ClassVar[str]
    seeds: ClassVar[tuple[str, ...]]
    """The addresses a live crawl starts from; empty for a source that is only imported."""
    bundled: ClassVar[str] = ""
    """File under ``spiders/sources/`` that is the source itself, reviewed by hand."""
    bundled_as_of: ClassVar[str] = ""
    """ISO date on which the bundled file was last reviewed."""
    expects: ClassVar[range]
    """Rows in one healthy run; fewer fails it, more makes it incomplete."""
    floor: ClassVar[float] = 0.5
    """Share of the last healthy run's count below which a run fails."""
    retires_categories: ClassVar[bool] = False
    """May a whole category vanish by the publisher's decision (one event, no failure)?"""
    caveat: ClassVar[str] = ""
    """What a reader must know of this source, shown wherever it is cited."""
    version: ClassVar[int] = 1
    """Raised whenever ``parse`` would read the same bytes differently."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not getattr(cls, "name", None):
            return  # a platform base, not a source
        wanted = (
            "title",
            "publisher",
            "homepage",
            "licence",
            "attribution",
            "seeds",
            "expects",
        )
        missing = [attribute for attribute in wanted if not hasattr(cls, attribute)]
        if missing:
            raise TypeError(f"source {cls.name} must declare {', '.join(missing)}")

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the seeds: those of the job (an import, a replay), else the declared ones."""
        for url in self.settings.getlist("PEEPHOLE_SEEDS") or self.seeds:
            yield scrapy.Request(url, callback=self.parse, dont_filter=True)

    def parse(self, response: Response, **kwargs: Any) -> Any:
        raise NotImplementedError(f"source {self.name} must define parse")

    def count_rows(self, rows: int) -> None:
        """Say how many rows, of any category, the bytes held; the verdict's floor rests on it."""
        self._stat("peephole/rows", rows)

    def note_unread(self, fields: Iterable[str]) -> None:
        """Warn once a run of fields that stood in the bytes and that nobody reads."""
        for field in sorted(set(fields)):
            key = f"{UNREAD}{field}"
            if self.crawler.stats is not None and not self.crawler.stats.get_value(key):
                self.logger.warning("%s has a field nobody reads: %r", self.name, field)
            self._stat(key, 1)

    def _stat(self, key: str, by: int) -> None:
        if self.crawler.stats is not None:
            self.crawler.stats.inc_value(key, by)


def only(selected: Sequence[Selected], sought: str, where: str) -> Selected:
    """The single match.

    Raises:
        LayoutError: none or several were found.
    """
    if len(selected) != 1:
        raise LayoutError(f"sought one {sought} in {where}, found {len(selected)}")
    return selected[0]


def some(selected: Sequence[Selected], sought: str, where: str) -> Sequence[Selected]:
    """One match or more.

    Raises:
        LayoutError: none was found.
    """
    if not selected:
        raise LayoutError(f"sought {sought} in {where}, found none")
    return selected


def shown(body: bytes, length: int = 60) -> str:
    """The first characters of a body, fit for a one-line message."""
    return " ".join(body[: length * 4].decode("utf-8", "replace").split())[:length]
