"""The page Ring gave each department from June 2021, read from archived copies: its counters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from lxml.html import HtmlElement
from scrapy.http import Response

from spiders.pages import spaced, tree_of, visible_text
from spiders.platforms.cdx import Pattern
from spiders.records import Count
from spiders.source import LayoutError, Source, only, shown

ADDRESS = re.compile(
    r"(?i)https?://agency\.ring\.com(?::\d+)?/agencies/([0-9a-f-]{36})/?(?:[?#].*)?"
)
TOTAL = {"total video requests": "video_requests_to_date"}
CATEGORIES = {
    "request for assistance": "rfa_posts",
    "crime": "crime_posts",
    "safety": "safety_posts",
    "animals": "animals_posts",
    "environmental": "environmental_posts",
    "community": "community_posts",
}
"""The counters of June 2021 and those of December 2021; each is a metric of its own."""
LABEL = "|".join(map(re.escape, TOTAL | CATEGORIES))
DIGITS = r"\d[\d.,]*[km+]?"
COUNTER = re.compile(rf"(?i)({LABEL})(?: posts)? ?:? ?({DIGITS})?|({DIGITS}) ?({LABEL})(?: posts)?")
NUMBER = re.compile(rf"(?i){DIGITS}")
LONGEST_COUNTER = 60
"""Characters of a label and its number."""
LONGEST_NAME = 500
TITLE = re.compile(r"(?i)neighbors ?[-|] ?(.+)")


class Counter(NamedTuple):
    """A label of the vocabularies above, as it is and as written, with its number as written."""

    label: str
    told: str
    value: str
    element: HtmlElement


class RingAgencyProfiles(Source):
    name = "ring_agency_profiles"
    title = "Ring agency profiles"
    publisher = "Ring (Amazon)"
    homepage = "https://agency.ring.com/"
    licence = "none stated (vendor-published facts)"
    attribution = "Ring, agency profile pages (archived copies)"
    passes_on = "facts"  # the vendor's own pages, under no licence; the counts are facts
    seeds = ()
    # Not collapsed: the index compares neighbouring lines, so one agency would hide the next.
    archived = (Pattern("agency.ring.com/agencies/", "prefix", since="2021-06-01"),)
    # A copy is a look at one department; copies of the same second share a look.
    expects = range(1, 1000)
    floor = 0.0
    caveat = (
        "Counters since a page was opened, as far as archived copies show them; most copies are "
        "empty without their scripts. Only posts of the category Request for Assistance ask for "
        "footage. A department without a copy is one of which nothing is known."
    )

    def parse(self, response: Response, **_kwargs: Any) -> Iterator[Count]:
        """One count for each counter of the layout the page is in.

        Raises:
            LayoutError: no profile, one in neither layout, or numbers that belong to no counter.
        """
        address = ADDRESS.fullmatch(response.url)
        tree = tree_of(response.body)
        if address is None or tree is None:
            raise LayoutError(
                f"sought an agency profile in {response.url}, found '{shown(response.body)}'"
            )
        name = agency(tree, response.url)
        visible_text(tree)  # scripts and the like leave the tree
        found = counters(tree)
        labels = {counter.label for counter in found}
        layout = TOTAL if labels & TOTAL.keys() else CATEGORIES
        found = [counter for counter in found if counter.label in layout]
        if layout is CATEGORIES and not any(counter.value for counter in found):
            raise LayoutError(
                f"sought the total of June 2021 or the categories of December 2021 in "
                f"{response.url}, found {sorted(labels) or 'neither'} and no number"
            )
        by_label = {label: one_of(found, label, response.url) for label in layout}
        check_loose(tree, found, filter(None, by_label.values()), response.url)
        self.count_rows(1, response)
        for label, metric in layout.items():
            told = by_label[label]
            yield Count(
                programme="neighbors_portal",
                agency=name,
                profile_url=f"https://agency.ring.com/agencies/{address[1].lower()}",
                metric=metric,
                label_text=told.told if told else "",
                value_text=told.value if told else "",
                value_state=None if told and told.value else "not_published",
            )


def agency(tree: HtmlElement, where: str) -> str:
    """The department's name: the page's one main heading, else its title after the service's.

    Raises:
        LayoutError: there is neither, or several headings.
    """
    headings = [text for h1 in tree.iter("h1") if (text := spaced(h1.text_content()))]
    titles = [TITLE.fullmatch(spaced(title.text_content())) for title in tree.iter("title")]
    name = only(headings or [match[1] for match in titles if match], "name of a department", where)
    if len(name) > LONGEST_NAME:
        raise LayoutError(
            f"sought the name of a department in {where}, found {len(name):,} characters"
        )
    return name


def counters(tree: HtmlElement) -> list[Counter]:
    """Every label, with the number that belongs to it: the two, and nothing else, are in one
    element; empty where the label stands alone."""
    found = []
    for element in tree.iter():
        text = spaced(" ".join(islice(element.itertext(), LONGEST_COUNTER)))
        match = COUNTER.fullmatch(text) if len(text) < LONGEST_COUNTER else None
        if match:
            told = match[1] or match[4]
            found.append(Counter(told.lower(), told, match[2] or match[3] or "", element))
    return found


def one_of(found: list[Counter], label: str, where: str) -> Counter | None:
    """What the page says under a label, wherever it says so; None where it has no such label.

    Raises:
        LayoutError: it says two numbers.
    """
    same = [counter for counter in found if counter.label == label]
    numbers = {counter.value: counter for counter in same if counter.value}
    if len(numbers) > 1:
        raise LayoutError(
            f"sought one number for {same[0].told} in {where}, found {', '.join(numbers)}"
        )
    return next(iter([*numbers.values(), *same]), None)


def check_loose(
    tree: HtmlElement, found: list[Counter], told: Iterable[Counter], where: str
) -> None:
    """See that a number that a label lacks is lacking on the page.

    Raises:
        LayoutError: there are numbers without a label beside labels without a number, so that
            nobody can say what belongs to what.
    """
    bare = [counter.told for counter in told if counter.told and not counter.value]
    paired = {
        part for counter in found if counter.element is not None for part in counter.element.iter()
    }
    loose = [
        element
        for element in tree.iter()
        if bare and not len(element) and NUMBER.fullmatch(spaced(element.text or ""))
        if element not in paired
    ]
    if loose:
        raise LayoutError(
            f"sought the number of {', '.join(bare)} in {where}, "
            f"found {len(loose)} numbers that stand with no label"
        )
