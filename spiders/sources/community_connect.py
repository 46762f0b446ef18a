"""Axon Community Connect (Fusus): the communities and the camera counts each one publishes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scrapy.http import Response

from spiders.platforms.json_page import json_of
from spiders.platforms.rows import RowError, understood, web_address
from spiders.records import Count, Listing, Record
from spiders.source import LayoutError, Source

STATS = "https://api.fususone.com/api/public/organizations/{org}/stats/"
METRICS = {
    "totalRegisteredCameras": "registered_cameras",
    "totalIntegratedCameras": "integrated_cameras",
}
# Licences and ownership, not what the public may register or the police may see.
LEFT = {"totalOwnedCameras", "totalSharedCameras", "totalMaxCameras", "subscribedCameras"}
# The coordinates may come from the cameras; a community is placed by its city alone.
KNOWN = {"id", "title", "url", "location", "registry", "org", "image"}
KNOWN_PLACE = {"city", "state", "coords"}
ORG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


class CommunityConnect(Source):
    name = "community_connect"
    title = "Axon Community Connect"
    publisher = "Axon (Fusus)"
    homepage = "https://axoncommunityconnect.com/communities/"
    licence = "none stated (vendor-published facts)"
    attribution = "Axon Community Connect and the communities' public statistics"
    passes_on = "facts"  # no licence is stated, and the terms of use were not found
    seeds = ("https://axoncommunityconnect.com/locations.json",)
    # 321 communities on 2026-08-20.
    expects = range(100, 3000)
    fresh_days = 10
    caveat = (
        "The vendor's own list and counters. A community sees other communities' cameras, so the "
        "counts may not be added up; a stale entry answers 404, which says nothing of its cameras."
    )

    def parse(self, response: Response, **_kwargs: Any) -> Iterator[Any]:
        """A listing for each community and a request for its statistics.

        Raises:
            LayoutError: no JSON list of communities, as such or under ``locations``.
        """
        page = json_of(response.body, response.url)
        communities = page.get("locations") if isinstance(page, dict) else page
        if not isinstance(communities, list) or not communities:
            raise LayoutError(f"sought a list of communities in {response.url}, found none")
        self.count_rows(len(communities), response)
        for position, community in enumerate(communities, 1):
            name = str(community.get("title") or "") if isinstance(community, dict) else ""
            for record in understood(self._listing(community, position), name, position):
                yield record
                if isinstance(record, Listing):
                    yield response.follow(
                        STATS.format(org=community["org"]),
                        callback=self.parse_stats,
                        cb_kwargs={"listing": record},
                        meta={"handle_httpstatus_list": [404]},
                        dont_filter=True,  # two communities may share an organisation
                    )

    def parse_stats(self, response: Response, listing: Listing) -> Iterator[Record]:
        """The registered and the integrated cameras of one community; a 404 is *not found*.

        Raises:
            LayoutError: an answer that is no JSON object.
        """
        found = response.status != 404
        stats = json_of(response.body, response.url) if found else {}
        if not isinstance(stats, dict):
            raise LayoutError(f"sought an object of counters in {response.url}, found none")
        self.note_unread(set(stats) - set(METRICS) - LEFT)
        counts = self._counts(stats, listing, "not_published" if found else "not_found")
        yield from understood(counts, listing.agency, listing.position or 0, listing.row_key)

    def _listing(self, community: Any, position: int) -> Iterator[Listing]:
        if not isinstance(community, dict) or not isinstance(community.get("location"), dict):
            raise RowError("is no object with a location")
        place = community["location"]
        if not ORG.fullmatch(text_in(community, "org")):
            raise RowError("has no organisation code under which its statistics stand")
        self.note_unread(set(community) - KNOWN | set(place) - KNOWN_PLACE)
        yield Listing(
            programme="community_connect",
            agency=text_in(community, "title"),
            city=text_in(place, "city"),
            state=text_in(place, "state"),
            agency_type="community",
            profile_url=web_address(text_in(community, "url")),
            position=position,
            row_key=text_in(community, "id") or None,
        )

    def _counts(self, stats: dict[str, Any], listing: Listing, absent: str) -> Iterator[Count]:
        for key, metric in METRICS.items():
            value = text_in(stats, key)
            yield Count(
                programme=listing.programme,
                agency=listing.agency,
                city=listing.city,
                state=listing.state,
                agency_type=listing.agency_type,
                position=listing.position,
                row_key=listing.row_key,
                metric=metric,
                label_text=key,
                value_text=value,
                value_state=None if value else absent,
            )


def text_in(found: dict[str, Any], key: str) -> str:
    """The text or number under a key as it was written; empty where the key is absent or null.

    Raises:
        RowError: something else stands there.
    """
    value = found.get(key)
    if value is not None and not isinstance(value, str):
        raise RowError(f"{key} holds no text and no number")
    return value or ""
