"""Walk a source over its saved pages: no network, no reactor, nothing but requests and bytes."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from scrapy import Request
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.test import get_crawler

from spiders.records import Record
from spiders.source import Source

SPIDERS = {"SPIDER_MODULES": ["spiders.sources"]}
SAVED = Path(__file__).parent / "sources"


class Page(NamedTuple):
    """A saved answer."""

    body: bytes
    status: int = 200
    content_type: str = ""


class MissingPageError(LookupError):
    """A source asked for a page that was not saved."""


def source_classes() -> dict[str, type[Source]]:
    """Every source Scrapy itself would find, by name."""
    loader = SpiderLoader.from_settings(Settings(SPIDERS))
    return {name: cast("type[Source]", loader.load(name)) for name in loader.list()}


def made(kind: type[Source]) -> Source:
    """A source with a crawler of its own, and so with stats."""
    return kind.from_crawler(get_crawler(kind, SPIDERS))


def stats(source: Source) -> dict[str, Any]:
    """What the source told of its run."""
    assert source.crawler.stats is not None
    return source.crawler.stats.get_stats()


def records(source: Source, body: bytes, url: str = "peephole://import/0") -> list[Record]:
    """The records of one page, served as an import serves it."""
    return list(replay(source, [url], {url: Page(body)}))


def replay(
    source: Source, seeds: list[str], pages: dict[str, Page], *, typed: bool = False
) -> Iterator[Record]:
    """Records in the order of the walk; ``typed`` answers as the web would, with a Content-Type.

    Raises:
        MissingPageError: a request for a page that is not among ``pages``.
        AssertionError: a status the request did not say it can take.
    """
    todo = deque(Request(url, callback=source.parse) for url in seeds)
    while todo:
        request = todo.popleft()
        if request.url not in pages:
            raise MissingPageError(request.url)
        page = pages[request.url]
        assert page.status == 200 or page.status in request.meta["handle_httpstatus_list"]
        assert request.callback is not None
        response = _response(page, request, typed=typed)
        for found in request.callback(response, **request.cb_kwargs) or ():
            if isinstance(found, Request):
                todo.append(found)
            else:
                yield found


def saved_walks(name: str) -> dict[str, list[str]]:
    """The seeds of each walk through a source's saved pages, by what the walk shows."""
    return cast("dict[str, list[str]]", _index(name)["walks"])


def saved_pages(name: str) -> dict[str, Page]:
    """A source's saved pages by address."""
    return {
        url: Page(
            (SAVED / name / "pages" / page["file"]).read_bytes(),
            page.get("status", 200),
            page["type"],
        )
        for url, page in _index(name)["pages"].items()
    }


def as_told(record: Record) -> dict[str, Any]:
    """A record as a golden file keeps it: kind, place in the bytes, content."""
    place = {"position": record.position, "row_key": record.row_key}
    told = {"kind": record.kind, **{k: v for k, v in place.items() if v is not None}}
    return told | record.content()


def _index(name: str) -> dict[str, Any]:
    index: dict[str, Any] = json.loads((SAVED / name / "pages" / "pages.json").read_text("utf-8"))
    return index


def _response(page: Page, request: Request, *, typed: bool) -> Response:
    headers = Headers({"Content-Type": page.content_type} if typed else {})
    kind = (
        responsetypes.from_args(headers=headers, url=request.url, body=page.body)
        if typed
        else Response
    )
    return kind(request.url, page.status, headers, page.body, request=request)
