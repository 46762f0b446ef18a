"""EFF's Atlas of Surveillance, in the three layouts of its CSV export."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from scrapy.http import Response

from spiders.platforms.cdx import Pattern
from spiders.platforms.csv_table import CsvSource, Row
from spiders.platforms.rows import RowError, web_address
from spiders.records import Link, Listing, OtherRows, Record
from spiders.source import LayoutError

RING, REGISTRY = "Ring/Neighbors Partnership", "Camera Registry"
PROGRAMMES = {RING: "neighbors_portal", REGISTRY: "camera_registry"}
SPELLINGS = {
    "ring/neighbors partnerships": RING,
    "ring/neighbors": RING,
    "ring neighbors partnership": RING,
    "camera registries": REGISTRY,
}
OTHERS = (
    "Automated License Plate Readers",
    "Body-worn Cameras",
    "Cell-site Simulator",
    "Drones",
    "Face Recognition",
    "Fusion Center",
    "Gunshot Detection",
    "Predictive Policing",
    "Real-Time Crime Center",
    "Third-party Investigative Platforms",
    "Video Analytics",
    "Video Analytics/Computer Vision",
)
CATEGORIES = {name.casefold(): name for name in (*PROGRAMMES, *OTHERS)} | SPELLINGS
NEW_CATEGORIES = 20
"""More unknown subjects than this and the column is no longer that of subjects."""
CATEGORY_SHAPE = re.compile(r"(?=.*[a-z])[A-Z][A-Za-z/&' -]{3,59}")
SHIFTED_STATE = re.compile(
    r"(?i)\d|://|\b(?:police|sheriff|county|parish|department|office|municipal)\b"
)
MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
WHEN = rf"((?:{MONTH},? )?(?:19|20)\d\d)\b"
JOINED = re.compile(rf"\bin {WHEN}")
SINCE = re.compile(rf"\bsince {WHEN}")
BEGAN = re.compile(r"\b(?:launched|began|started|created|established|introduced)\b")
REGISTRY_NAMED = re.compile(r"\bregist")
STATED_NAME = re.compile(r"\s*The (.{1,300}?) signed an agreement\b")


class AtlasOfSurveillance(CsvSource):
    name = "atlas_of_surveillance"
    title = "Atlas of Surveillance"
    publisher = "Electronic Frontier Foundation"
    homepage = "https://www.atlasofsurveillance.org/"
    licence = "CC BY 4.0"
    licence_url = "https://creativecommons.org/licenses/by/4.0/"
    attribution = (
        "Atlas of Surveillance, EFF and the Reynolds School of Journalism, "
        "University of Nevada, Reno (CC BY 4.0)"
    )
    passes_on = "bytes"  # CC BY 4.0 of the whole site: copies may be shared with the attribution
    seeds = ("https://www.atlasofsurveillance.org/download.csv",)
    # Whole exports only: one of a place or a vendor (``?location=``) would miss all the others.
    archived = (
        Pattern("atlasofsurveillance.org/download.csv", since="2020-07-01"),
        Pattern("atlasofsurveillance.org/download", since="2020-07-01"),
        Pattern("atlasofsurveillance.org/downloads/atlas-of-surveillance.csv", since="2020-07-01"),
        Pattern("kiosk.atlasofsurveillance.org/download.csv?location=&sort=state_desc"),
    )
    # 5,784 rows in 2020 and 15,185 in August 2026, but one place's export is small: 20 tells
    # an export from an error, and the floor tells a truncated one from the last healthy one.
    expects = range(20, 60_000)
    fresh_days = 10
    retires_categories = True
    caveat = (
        "Collected from public sources and not complete. Its Ring rows were taken from Ring's own "
        "map, and EFF retired that category in March 2024, which ended nobody's listing."
    )
    row_name = "Agency"
    columns = frozenset(
        {"AOSNUMBER", "City", "County", "State", "Agency", "Type of LEA", "Summary"}
        | {"Type of Juris", "Technology"}
        | {f"Link {n}{part}" for n in (1, 2, 3) for part in ("", " Source", " Date")}
    )
    ignored = frozenset(
        {"NEWAOSNUMBER (ORI9)", "TECH ABV", "Vendor", "Other Links"}
        | {f"Link {n} {part}" for n in (1, 2, 3) for part in ("Snapshot", "Type")}
    )

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Records of the export; see :class:`CsvSource`."""
        self._tracked: Counter[str] = Counter()
        self._other: Counter[str] = Counter()
        yield from super().parse(response, **kwargs)

    def read(self, row: Row) -> Iterator[Record]:
        """A listing for a row of a tracked category; rows of others are counted."""
        cells = row.cells
        if SHIFTED_STATE.search(cells["State"]):
            raise RowError(f"State holds {cells['State'][:60]!r}: the columns are shifted")
        category = self._category(cells["Technology"])
        programme = PROGRAMMES.get(category)
        if programme is None:
            self._other[category] += 1
            return
        self._tracked[category] += 1
        if not cells["Agency"].strip():
            raise RowError("Agency is blank")
        since_text, since_field = since(cells, category)
        stated = STATED_NAME.match(cells["Summary"]) if category == RING else None
        yield Listing(
            programme=programme,
            agency=cells["Agency"],
            state=cells["State"],
            city=cells["City"],
            county=cells["County"],
            agency_type=cells["Type of LEA"],
            jurisdiction=cells["Type of Juris"],
            stated_name=stated[1] if stated else "",
            since_text=since_text,
            since_field=since_field,
            links=tuple(self._links(cells)),
            position=row.position,
            row_key=cells["AOSNUMBER"] or cells.get("NEWAOSNUMBER (ORI9)"),
        )

    def summary(self) -> Iterator[OtherRows]:
        """Rows of each other category, and of the tracked ones even where they are none."""
        for category, programme in PROGRAMMES.items():
            yield OtherRows(category=category, rows=self._tracked[category], programme=programme)
        for category, rows in sorted(self._other.items()):
            yield OtherRows(category=category, rows=rows)

    def _category(self, technology: str) -> str:
        text = " ".join(technology.split())
        if not text:
            raise RowError("Technology is blank")
        known = CATEGORIES.get(text.casefold())
        if known is None and not CATEGORY_SHAPE.fullmatch(text):
            raise RowError(f"Technology holds {technology[:60]!r}, which is no category")
        if known is None:
            self.note_unread([f"Technology: {text}"])
        if len(self._other) > len(OTHERS) + NEW_CATEGORIES:
            raise LayoutError(
                f"sought known categories in the column Technology, found {len(self._other)} "
                f"different ones, such as {text!r}"
            )
        return known or text

    def _links(self, cells: dict[str, str]) -> Iterator[Link]:
        for n in (1, 2, 3):
            raw, title, date = (cells[f"Link {n}{part}"] for part in ("", " Source", " Date"))
            if url := web_address(raw):
                yield Link(url=url, title=title, date_text=date)
            elif raw.strip():
                self.note_unread([f"Link {n} that is no web address"])


def since(cells: dict[str, str], category: str) -> tuple[str, str]:
    """When the department joined, as written, and the field that says so; both empty if none does.

    The date of Link 1 is Ring's own active date where Link 1 is Ring's map. Dates of other
    documents are no dates of joining.
    """
    if category == RING and cells["Link 1 Date"].strip() and is_ring_map(cells):
        return cells["Link 1 Date"], "Link 1 Date"
    if category == RING:
        phrase = JOINED.search(cells["Summary"])
        when = phrase[1] if phrase else ""
    else:
        when = registry_began(cells["Summary"])
    return when, "Summary" if when else ""


def registry_began(summary: str) -> str:
    """When a registry began, where one sentence says so: that it was launched, created or the like
    *in* some month or year, or that there is one *since* then."""
    for sentence in re.split("[.;]", summary):
        ways = (
            _said(sentence, BEGAN, REGISTRY_NAMED, JOINED),
            _said(sentence, REGISTRY_NAMED, SINCE),
        )
        if found := [way for way in ways if way]:
            return min(found)[1]
    return ""


def _said(sentence: str, *parts: re.Pattern[str]) -> tuple[int, str] | None:
    """Where the first part stands and the moment the last one names, each behind the one before:
    one expression for all took seconds for a sentence of 10,000 characters (2026-11-23)."""
    began, at, when = -1, 0, ""
    for part in parts:
        found = part.search(sentence, at)
        if found is None:
            return None
        began = found.start() if began < 0 else began
        at, when = found.end(), found[found.re.groups]
    return began, when


def is_ring_map(cells: dict[str, str]) -> bool:
    """Is Link 1 Ring's map, or does its source name Ring?"""
    return "google.com/maps" in cells["Link 1"] or cells["Link 1 Source"].strip() == "Ring"
