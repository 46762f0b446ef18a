"""Axon Community Connect (Fusus): the communities and the camera counts each one publishes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scrapy.http import Response

from spiders.platforms.json_page import JsonObject, json_of, text_of
from spiders.platforms.rows import RowError, understood
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
    seeds = ("https://axoncommunityconnect.com/locations.json",)
    # 321 communities on 2026-08-20.
    expects = range(100, 3000)
    caveat = (
        "The vendor's own list and counters. A community sees other communities' cameras, so the "
        "counts may not be added up; a stale entry answers 404, which says nothing of its cameras."
    )
    custom_settings = {"HTTPERROR_ALLOWED_CODES": [404]}

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """A listing for each community and a request for its statistics.

        Raises:
            LayoutError: no JSON list of communities, as such or under ``locations``.
        """
        if response.status == 404:
            raise LayoutError(f"sought the list of communities in {response.url}, found a 404")
        page = json_of(response.body, response.url)
        communities = page.get("locations") if isinstance(page, dict) else page
        if not isinstance(communities, list) or not communities:
            raise LayoutError(f"sought a list of communities in {response.url}, found none")
        self.count_rows(len(communities))
        for position, community in enumerate(communities, 1):
            title = community.get("title") if isinstance(community, dict) else None
            for listing in understood(self._listing(community, position), text_of(title), position):
                yield listing
                if isinstance(listing, Listing):
                    yield response.follow(
                        STATS.format(org=community["org"]),
                        callback=self.parse_stats,
                        cb_kwargs={"listing": listing},
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
            raise LayoutError(f"sought an object of counters in {response.url}, found a list")
        self.note_unread(set(stats) - set(METRICS) - LEFT)
        for key, metric in METRICS.items():
            value = text_of(stats.get(key))
            missing = "not_published" if found else "not_found"
            yield Count(
                agency=listing.agency,
                state=listing.state,
                city=listing.city,
                agency_type=listing.agency_type,
                programme=listing.programme,
                position=listing.position,
                row_key=listing.row_key,
                metric=metric,
                label_text=key,
                value_text=value,
                value_state=None if value else missing,
            )

    def _listing(self, community: JsonObject, position: int) -> Iterator[Record]:
        if not isinstance(community, dict) or not isinstance(community.get("location"), dict):
            raise RowError("is no object with a location")
        place = community["location"]
        if not ORG.fullmatch(text_of(community.get("org"))):
            raise RowError("has no organisation code under which its statistics stand")
        self.note_unread(set(community) - KNOWN | set(place) - KNOWN_PLACE)
        yield Listing(
            programme="community_connect",
            agency=text_of(community.get("title")),
            city=text_of(place.get("city")),
            state=text_of(place.get("state")),
            agency_type="community",
            profile_url=text_of(community.get("url")),
            position=position,
            row_key=text_of(community.get("id")) or None,
        )
