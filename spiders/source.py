"""The one base class every source inherits, and the ways to select that say how many."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeVar, get_args

import scrapy
from scrapy.http import Response

from spiders.platforms.cdx import Pattern, is_index

Selected = TypeVar("Selected")

PassesOn = Literal["bytes", "facts", "nothing"]
"""What a release may hand on of a source: the archived bytes, the facts that stand in them (with
the address and the hash of the bytes), or nothing at all."""

ROWS = "peephole/rows"
"""How the stats of a run name its rows; those of a look at a moment stand at ``ROWS@moment``."""
UNREAD = "peephole/unread/"
"""How the stats of a run name a field nobody reads."""
MOST_UNREAD, LONGEST_UNREAD = 200, 200
"""Fields of which a run tells that nobody reads them, and characters of their names: a hostile page
may have any number of any length."""


class LayoutError(ValueError):
    """A page is not in any layout this source knows; the message says what was sought and found."""


class ChallengePage(scrapy.exceptions.IgnoreRequest):
    """A captcha or bot check stood where the page should be; we stop and a person decides."""


class PageWithoutContent(scrapy.exceptions.IgnoreRequest):
    """A sign-in or an empty shell stood where the page should be: nothing can be read from it, and
    it is no empty list."""


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
    passes_on: ClassVar[PassesOn] = "facts"
    """The most that its terms allow a release to hand on; where they are not known, facts are free
    and the bytes are not ours to give."""
    seeds: ClassVar[tuple[str, ...]]
    """The addresses a live crawl starts from; empty for a source that is only imported."""
    key_variable: ClassVar[str] = ""
    """Environment variable with the key that a live crawl needs; empty where none is needed."""
    key_from: ClassVar[str] = ""
    """Where such a key is to be had."""
    archived: ClassVar[tuple[Pattern, ...]] = ()
    """Addresses of the source, now and then, whose archived copies tell its history."""
    reads_shells: ClassVar[bool] = False
    """Can ``parse`` read HTML that shows next to nothing without its scripts?"""
    bundled: ClassVar[str] = ""
    """File under ``spiders/sources/`` that is the source itself, reviewed by hand."""
    bundled_as_of: ClassVar[str] = ""
    """ISO date on which the bundled file was last reviewed."""
    expects: ClassVar[range]
    """Rows in one healthy run; fewer fails it, more makes it incomplete."""
    floor: ClassVar[float] = 0.5
    """Share of the last healthy run's count below which a run fails."""
    fresh_days: ClassVar[int] = 0
    """Days after which the newest healthy look is stale; 0 where nobody expects another."""
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
        if cls.passes_on not in get_args(PassesOn):
            raise TypeError(f"source {cls.name} passes on {cls.passes_on!r}, which nobody knows")

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the seeds: those of the job (an import, a replay), else the declared ones.

        A seed that asks the index of a web archive leads to every copy the index knows.
        """
        for url in self.settings.getlist("PEEPHOLE_SEEDS") or self.seeds:
            if is_index(url):
                from spiders.platforms import wayback  # itself in need of this module

                for request in wayback.index_requests(self, url):
                    yield request
            else:
                yield scrapy.Request(url, callback=self.callback_for(url), dont_filter=True)

    def callback_for(self, url: str) -> Callable[..., Any]:
        """What reads the answer of an address; a source with pages of several kinds tells them
        apart here."""
        return self.parse

    def parse(self, response: Response, **kwargs: Any) -> Any:
        raise NotImplementedError(f"source {self.name} must define parse")

    def count_rows(self, rows: int, response: Response) -> None:
        """Say how many rows, of any category, a response held; the verdict's floor rests on it."""
        self._stat(rows_key(response.meta.get("peephole_look", "")), rows)

    def note_unread(self, fields: Iterable[str]) -> None:
        """Warn once a run of fields that stood in the bytes and that nobody reads."""
        for field in sorted({field[:LONGEST_UNREAD] for field in fields}):
            key = f"{UNREAD}{field}"
            if self.crawler.stats is not None and not self.crawler.stats.get_value(key):
                if len(unread(self.crawler.stats.get_stats())) >= MOST_UNREAD:
                    continue
                self.logger.warning("%s has a field nobody reads: %r", self.name, field)
            self._stat(key, 1)

    def _stat(self, key: str, by: int) -> None:
        if self.crawler.stats is not None:
            self.crawler.stats.inc_value(key, by)


def unread(stats: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields nobody reads, as the stats of a run name them."""
    return tuple(sorted(key.removeprefix(UNREAD) for key in stats if key.startswith(UNREAD)))


def rows_key(moment: str) -> str:
    """Where the stats keep the rows of the look at a moment, or (empty) of the run's own."""
    return f"{ROWS}@{moment}" if moment else ROWS


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
