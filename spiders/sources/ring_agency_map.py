"""Ring's Active Agency Map: the KML behind the Google My Maps page, or the archived page itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from scrapy.http import Response

from spiders.pages import page_kind
from spiders.platforms import my_maps
from spiders.platforms.cdx import Pattern
from spiders.platforms.kml import KmlSource, NetworkLink, Placemark
from spiders.platforms.rows import RowError
from spiders.records import Count, Listing, Record
from spiders.source import LayoutError

PROGRAMME = "neighbors_portal"
MID = "1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB"
LAYER = "yvtnOP7RJZU"
"""A layer's id of July 2020, as the earlier tracker asked for it."""
BEFORE_MID = {
    "kml": ("", "forcekml=1&", f"forcekml=1&lid={LAYER}&", "authuser=0&forcekml=1&", "hl=en&"),
    "viewer": ("", "femb=1&", "hl=en&", "hl=en_US&", "authuser=0&"),
    "embed": ("", "hl=en&", "authuser=0&"),
}
"""Parameters that may stand before ``mid``: the index sorts them by name and knows prefixes only,
and a prefix that ends before ``mid`` would be every map there is."""
ACTIVE_DATE = re.compile(
    r"(?i)\bactive[\s_-]*(?:date|since|on|from)\b|\b(?:date|since)[\s_-]*active\b"
)
PROFILE = re.compile(r"(?i)\bprofile")
PROFILE_URL = re.compile(r"(?i)https?://agency\.ring\.com/\S+")
QUARTER = re.compile(r"(?i)\bQ[1-4]\b|\b[1-4]Q|\bquarter\b")
REQUESTS = re.compile(r"(?i)\brequests?\b(?!\s+for\s+assistance)")


class RingAgencyMap(KmlSource):
    name = "ring_agency_map"
    title = "Ring Active Agency Map"
    publisher = "Ring (Amazon)"
    homepage = (
        "https://www.google.com/maps/d/viewer?mid=1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB&usp=sharing"
    )
    licence = "none stated (vendor-published facts)"
    attribution = "Ring, Active Agency Map (Google My Maps)"
    passes_on = "facts"  # the vendor's own list under no licence; who is listed is a fact
    seeds = (
        "https://www.google.com/maps/d/kml?mid=1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB&nl=1&forcekml=1",
    )
    archived = tuple(
        Pattern(f"google.com/maps/d/{folder}{page}?{before}mid={MID}", "prefix", since="2019-08-01")
        for page, befores in BEFORE_MID.items()
        for folder in ("", "u/0/")
        for before in befores
    )
    reads_shells = True
    # The map held 405 departments when it opened and some 3,300 at the last published count;
    # 20 tells a map that was emptied from the first weeks of 2018 or one layer of it.
    expects = range(20, 6000)
    fresh_days = 40
    caveat = (
        "The vendor's own list. Requests for footage through it ended in early 2024; the map is no "
        "longer kept up, so a department on it is one that Ring listed and no more."
    )

    def features(self, response: Response) -> Iterable[Placemark | NetworkLink]:
        """Those of the KML, or of the page that shows the map."""
        if my_maps.is_map_page(response.body):
            return my_maps.features(response.body, response.url)
        if page_kind(response) == "script_shell":
            raise LayoutError(
                f"sought a map in {response.url}, found a page that is empty without its scripts"
            )
        return super().features(response)

    def read(self, placemark: Placemark) -> Iterator[Record]:
        """One listing, and one count for each field that counts requests."""
        city, state = place(placemark)
        since: dict[str, str] = {}
        profile = ""
        for field, value in placemark.data:
            match kind_of(field, value):
                case "date":
                    since.setdefault(value, field)
                case "profile":
                    profile = profile or value
                case "count":
                    yield Count(
                        programme=PROGRAMME,
                        agency=placemark.name,
                        city=city,
                        state=state,
                        position=placemark.position,
                        metric="video_requests",
                        label_text=field,
                        value_text=value,
                    )
                case _:
                    self.note_unread([field])
        stated = [text for text in since if text] or [""]
        if len(stated) > 1:
            raise RowError(f"states {len(stated)} different active dates")
        yield Listing(
            programme=PROGRAMME,
            agency=placemark.name,
            city=city,
            state=state,
            position=placemark.position,
            since_text=stated[0],
            since_field=since.get(stated[0], ""),
            profile_url=profile,
        )


def place(placemark: Placemark) -> tuple[str, str]:
    """City and state as written: the address split at its last comma.

    Raises:
        RowError: name or address is blank, so nobody can be identified.
    """
    if not placemark.name:
        raise RowError("has no name")
    if not placemark.address:
        raise RowError("has no address, so its state is unknown")
    city, comma, state = placemark.address.rpartition(",")
    return (city.strip(), state.strip()) if comma else (placemark.address, "")


def kind_of(field: str, value: str) -> str:
    """``date``, ``profile`` or ``count``; empty for a field nobody knows.

    The third field was a count until 2021-06-14 and an address after it, so the value decides
    before the name does.
    """
    if PROFILE_URL.fullmatch(value):
        return "profile"
    named = _kind_by_name(field)
    if QUARTER.search(value) or (named == "profile" and value):
        return "count" if QUARTER.search(value) else ""
    return named


@lru_cache(maxsize=256)
def _kind_by_name(field: str) -> str:
    known = (("date", ACTIVE_DATE), ("profile", PROFILE), ("count", QUARTER), ("count", REQUESTS))
    return next((kind for kind, pattern in known if pattern.search(field)), "")
