"""The pages on which Ring and Amazon report legal demands, watched for what they say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lxml.html import HtmlElement
from scrapy.http import Response

from spiders.pages import spaced, tree_of
from spiders.platforms.cdx import Pattern
from spiders.platforms.demand_table import Cell, amount, demand_table, period
from spiders.platforms.readable import meaningful_part, meaningful_text
from spiders.platforms.rows import RowError, set_aside, understood
from spiders.records import LegalDemand, PageText, Record
from spiders.source import LayoutError, Source, shown

PUBLISHERS = {"ring.com": "Ring", "amazon.com": "Amazon"}
NEWEST = re.compile(r"(?i)(?:our )?law enforcement information requests(?: page)?")
"""How Ring's report of 2020 names the page of the newest reports, whose address it links to."""
NOWHERE = [404, 410]

Period = tuple[date, date]
"""First and last day."""


class LegalReports(Source):
    name = "legal_reports"
    title = "Reports on legal demands"
    publisher = "Ring and Amazon"
    homepage = "https://blog.ring.com/2021/01/20/law-enforcement-information-requests-in-2020"
    licence = "none stated (vendor-published facts)"
    attribution = "Ring and Amazon, reports on law-enforcement information requests"
    passes_on = "facts"  # the companies' own pages, under no licence
    seeds = (
        "https://blog.ring.com/2021/01/20/law-enforcement-information-requests-in-2020",
        "https://ring.com/support/articles/oi8t6/Learn-About-Ring-Law-Enforcement-Guidelines",
        "https://aws.amazon.com/compliance/amazon-information-requests/",
    )
    # amazon.com's own page stands here alone: a bot check there would stop a live run for all.
    archived = (
        Pattern("blog.ring.com/2021/01/20/law-enforcement-information-requests-in-2020"),
        Pattern("ring.com/support/articles/oi8t6", "prefix"),
        Pattern("support.ring.com/hc/en-us/articles/360001318523", "prefix"),
        Pattern("support.ring.com/hc/en-us/articles/360037954771", "prefix"),
        Pattern("aws.amazon.com/compliance/amazon-information-requests/"),
        Pattern("amazon.com/gp/help/customer/display.html?nodeId=GYSDRGWQ2C2CRYEF", "prefix"),
    )
    # A page is a row; an archived copy is a look at one page, a live run at all of them.
    expects = range(1, 100)
    fresh_days = 40
    floor = 0.0
    caveat = (
        "What the pages say, as a digest that changes when their text does, and the numbers of "
        "tables whose words are known. National figures, of no single department."
    )

    def parse(self, response: Response, **_kwargs: Any) -> Iterator[Any]:
        """What the page says as a digest, and a demand for each number of a table it knows.

        Raises:
            LayoutError: no page of Ring's or Amazon's, or one without a word.
        """
        if response.status in NOWHERE:
            return
        tree = tree_of(response.body)
        publisher = publisher_of(response.url)
        if tree is None or not publisher:
            raise LayoutError(
                f"sought a page of Ring's or Amazon's in {response.url}, "
                f"found '{shown(response.body)}'"
            )
        title = spaced(" ".join(each.text_content() for each in tree.iter("title")))
        links = [link for link in tree.iter("a") if NEWEST.fullmatch(_text(link))]
        part = meaningful_part(tree)
        text = meaningful_text(part)
        if not text:
            raise LayoutError(f"sought something to read in {response.url}, found nothing")
        self.count_rows(1, response)
        page = page_of(response.url)
        yield PageText(
            page=page,
            title=title[:500],
            sha256=hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
            characters=len(text),
        )
        inside = set(part.iter("table"))
        for table, told in periods(tree):
            if table in inside:
                yield from self._demands(table, told, publisher, title or page, page)
        if "peephole_look" not in response.meta:
            for link in links[:1]:
                yield from self._newest(response, link.get("href") or "")

    def _newest(self, response: Response, link: str) -> Iterator[Any]:
        try:
            url = response.urljoin(link)
        except ValueError:  # brackets that hold no address
            return
        if publisher_of(url) == "Ring" and page_of(url) != page_of(response.url):
            meta = {"handle_httpstatus_list": NOWHERE}
            yield response.follow(url, callback=self.parse, meta=meta)

    def _demands(
        self, table: HtmlElement, told: Period | None, publisher: str, title: str, page: str
    ) -> Iterator[Record]:
        found = demand_table(table)
        if found is None:
            self.note_unread([f"table: {_text(table)[:60]}"])
            return
        self.note_unread(found.unknown)
        if told is None:
            yield set_aside(_text(table), "the period of the table is not stated", 1)
            return
        for position, cell in enumerate(found.cells, 1):
            fields = {
                "publisher": publisher,
                "period_start": told[0],
                "period_end": told[1],
                "source_title": title[:500],
                "source_url": page,
                "position": position,
            }
            name = f"{cell.process}: {cell.text}"
            yield from understood(_demand(cell, fields), name, position)


def _demand(cell: Cell, fields: dict[str, Any]) -> Iterator[LegalDemand]:
    told = {"process": cell.process, "metric": cell.metric, "seen": "retrieved"}
    if cell.text.endswith("%") and not cell.metric.endswith("_share"):
        raise RowError(f"{cell.text[:60]!r} is a share")
    yield LegalDemand.model_validate(fields | told | amount(cell.text))


def periods(tree: HtmlElement) -> Iterator[tuple[HtmlElement, Period | None]]:
    """Each table with the period it is of: that its caption names, else the nearest heading above
    that names one."""
    above: Period | None = None
    for element in tree.iter("table", "h1", "h2", "h3", "h4"):
        if element.tag == "table":
            captions = (period(_text(caption)) for caption in element.iter("caption"))
            yield element, next(filter(None, captions), above)
        else:
            above = period(_text(element)) or above


def publisher_of(url: str) -> str:
    """Whose page an address is; empty for anybody else's."""
    host = urlsplit(url).hostname or ""
    return next((p for d, p in PUBLISHERS.items() if host == d or host.endswith(f".{d}")), "")


def page_of(url: str) -> str:
    """One address for a page however it was asked for."""
    parts = urlsplit(url)
    node = parse_qs(parts.query).get("nodeId", [])
    query = f"?nodeId={node[0]}" if node else ""
    return f"https://{parts.hostname}{parts.path.rstrip('/')}{query}"


def _text(element: HtmlElement) -> str:
    return spaced(" ".join(element.itertext()))
