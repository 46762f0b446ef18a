"""The Wayback Machine: every archived copy of a source's pages, read as the source reads them live.

A source becomes historical by declaring ``archived`` patterns. The index is asked first; each copy
is then asked for once, oldest first, and handed to the source's own ``parse`` under its original
address. What that asks for is asked for at the same moment of the past.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.misc import arg_to_iter
from twisted.python.failure import Failure

from spiders import moment
from spiders.keeper import RunKeeper
from spiders.platforms import cdx, copies
from spiders.platforms.copies import Copy
from spiders.schema import CAPTURES, RUNS
from spiders.source import LayoutError, Source, shown

logger = logging.getLogger(__name__)

REDIRECTS = (301, 302, 303, 307, 308)
INDEX_AGE = timedelta(days=1)
"""A run that was killed goes on with the index it had, if that is not older."""

Parse = Callable[..., Any]


def index_requests(source: Source, url: str) -> Iterator[Request]:
    """Ask the index at ``url``; what it names, and what follows from that, is asked for after."""
    history: History = vars(source).setdefault("_history", History(source))
    yield from history.ask(url)


@dataclass(slots=True)
class Group:
    """Copies that the index says have the same digest: the first is fetched, the others wait.

    ``settled`` once the first has been read; ``first`` is its address if it is what the index
    says, so that the others need not be fetched.
    """

    waiting: list[Copy] = field(default_factory=list)
    settled: bool = False
    first: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A copy that is asked for, and what is to read it.

    ``digest`` is that of the group whose first it is; ``whole`` says that nothing but this page
    makes up its look, so that a copy of another moment in its place is a look at that moment;
    ``way`` are the copies that led to it.
    """

    copy: Copy
    parse: Parse
    digest: str = ""
    whole: bool = True
    way: tuple[Copy, ...] = ()


class History:
    """One source's way through its archived copies."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._indexes: set[str] = set()
        self._asked: set[str] = set()
        self._groups: dict[str, Group] = {}

    @property
    def _keeper(self) -> RunKeeper:
        return RunKeeper.of(self.source.crawler)

    def ask(self, url: str) -> Iterator[Request]:
        """Ask for a page of the index.

        Raises:
            LayoutError: it was asked for before, so the index goes round in a circle.
        """
        held = (url,) if self._left_by_a_killed_run(url) else ()
        request = Request(
            url,
            callback=self.read_index,
            priority=1,  # before any copy, so that these come in the order of time
            dont_filter=True,
            meta={"peephole_held": held},
        )
        if request.url in self._indexes:
            raise LayoutError(f"sought the rest of the index, found {url} once more")
        self._indexes.add(request.url)
        yield request

    def _left_by_a_killed_run(self, url: str) -> bool:
        since = moment.iso(moment.now() - INDEX_AGE)
        unfinished = (
            sa.select(CAPTURES.c.capture_id)
            .join(RUNS, RUNS.c.warc == CAPTURES.c.warc)
            .where(
                CAPTURES.c.source == self.source.name,
                CAPTURES.c.url == url,
                CAPTURES.c.http_status == 200,
                CAPTURES.c.fetched_at >= since,
                RUNS.c.finished_at.is_(None),
                RUNS.c.run_id != self._keeper.run_id,
            )
            .limit(1)
        )
        return bool(self._keeper.ledger.rows(unfinished))

    def read_index(self, response: Response) -> Iterator[Request]:
        """Requests for the copies a page of the index names, and for the page after it.

        Raises:
            LayoutError: it is no index, or goes round in a circle.
        """
        found = cdx.index(response.body)
        for sentence in found.skipped:
            logger.warning("%s: %s", response.url, sentence)
        if self.source.crawler.stats is not None:
            self.source.crawler.stats.inc_value("peephole/index/malformed", found.malformed)
        if not found.rows and (found.malformed or found.resume_key):
            raise LayoutError(
                f"sought an index of archived copies in {response.url}, "
                f"found '{shown(response.body)}'"
            )
        for row in cdx.oldest_first(found.rows):
            yield from self._copy(copies.copy_of(row, response.url), row.digest or "")
        if found.resume_key:
            yield from self.ask(cdx.next_query(response.url, found.resume_key))

    def _copy(self, copy: Copy, digest: str) -> Iterator[Request]:
        asked = Asked(copy, self.source.callback_for(copy.original))
        group = self._groups.get(digest)
        if not digest:
            yield from self._request(asked)
        elif group is None:
            for request in self._request(replace(asked, digest=digest)):
                self._groups[digest] = Group()
                yield request
        elif group.settled:
            yield from self._request(asked, same_as=group.first)
        else:
            group.waiting.append(copy)

    def _request(
        self, asked: Asked, template: Request | None = None, *, same_as: str = ""
    ) -> Iterator[Request]:
        """The request for a copy, unless it has been made before."""
        copy = asked.copy
        request = (template or Request(copy.url)).replace(
            url=copy.url,
            callback=partial(self.read_copy, asked),
            dont_filter=True,
            priority=-int(copy.moment.timestamp()),
        )
        if request.url in self._asked:
            return
        self._asked.add(request.url)
        if asked.digest:
            request.errback = partial(self._first_lost, asked.digest)
        request.meta.update(
            peephole_look=moment.iso(copy.moment),
            peephole_original=copy.original,
            peephole_held=tuple(dict.fromkeys(filter(None, (request.url, same_as)))),
            dont_redirect=True,
            handle_httpstatus_list=list(REDIRECTS),
        )
        yield request

    def read_copy(self, asked: Asked, response: Response, /, **kwargs: Any) -> Iterator[Any]:
        """What the source reads in a copy, as if it had been fetched at that moment."""
        if asked.digest:
            yield from self._repeats(response, asked.digest)
        if response.status in REDIRECTS:
            yield from self._moved(asked, response, kwargs)
            return
        followed: list[Request] = []
        whole = asked.whole
        page = response.replace(url=asked.copy.original)
        read: Iterable[Any] = arg_to_iter(asked.parse(page, **kwargs))
        for found in read:
            if isinstance(found, Request):
                followed.append(found)
            else:
                whole = False
                yield found
        if whole := whole and len(followed) == 1:
            self._keeper.looks.pass_on(response.meta["peephole_look"])
        for request in followed:
            part = Asked(
                asked.copy._replace(original=request.url),
                request.callback or self.source.callback_for(request.url),
                whole=whole,
            )
            yield from self._request(part, request)

    def _repeats(self, response: Response, digest: str) -> Iterator[Request]:
        """Requests for the copies that waited for the first of their digest."""
        if response.status != 200:
            yield from self._another_first(digest)
            return
        group = self._groups[digest]
        group.settled = True
        if self._is(response, digest):
            group.first = response.url
        waiting, group.waiting = group.waiting, []
        for copy in waiting:
            yield from self._copy(copy, digest)

    def _another_first(self, digest: str) -> Iterator[Request]:
        for copy in self._groups.pop(digest).waiting:
            yield from self._copy(copy, digest)

    def _first_lost(self, digest: str, failure: Failure, /) -> Iterator[Request]:
        self._keeper.page_lost(failure)
        yield from self._another_first(digest)

    def _is(self, response: Response, digest: str) -> bool:
        """Is the kept body what the index says? Its digest is of the bytes as they were received,
        which Scrapy may have unpacked."""
        if copies.digest_of(response.body) == digest:
            return True
        exchange = self._keeper.exchanges.of(response.meta["peephole_capture"])
        return exchange is not None and copies.digest_of(exchange.body) == digest

    def _moved(self, asked: Asked, response: Response, kwargs: dict[str, Any]) -> Iterator[Request]:
        """The request for the copy that stands in the place of the one asked for.

        It speaks for its own moment, never for the one that was asked for. Where a page is made
        of several, one of another moment is no part of it and is given up.
        """
        way = (*asked.way, asked.copy)
        target = copies.target(response, asked.copy)
        if target is None:
            self._give_up(response, "leads to no copy")
        elif target in way or len(way) > self.source.settings.getint("REDIRECT_MAX_TIMES"):
            self._give_up(response, "leads from one copy to another without end")
        elif not asked.whole and target.moment != asked.copy.moment:
            self._give_up(response, "was not archived with the page it belongs to")
        else:
            there = replace(asked, copy=target, digest="", way=way)
            yield from self._request(there, Request(target.url, cb_kwargs=kwargs))

    def _give_up(self, response: Response, why: str) -> None:
        problem = IgnoreRequest(f"{response.url} {why}")
        failure = Failure(problem)  # type: ignore[no-untyped-call]
        failure.request = response.request  # type: ignore[attr-defined] # as Scrapy does
        self._keeper.page_lost(failure)
