"""Ring's Active Agency Map, read from the KML behind the Google My Maps page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from spiders.platforms.kml import KmlSource, Placemark
from spiders.platforms.rows import RowError
from spiders.records import Count, Listing, Record

PROGRAMME = "neighbors_portal"
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
    seeds = (
        "https://www.google.com/maps/d/kml?mid=1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB&nl=1&forcekml=1",
    )
    # The map held 405 departments when it opened and some 3,300 at the last published count;
    # 20 tells a map that was emptied from the first weeks of 2018 or one layer of it.
    expects = range(20, 6000)
    caveat = (
        "The vendor's own list. Requests for footage through it ended in early 2024; the map is no "
        "longer kept up, so a department on it is one that Ring listed and no more."
    )

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
