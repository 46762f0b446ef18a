"""The programmes, their tools and the metrics a source may speak of: closed vocabularies.

A department is *listed in* a programme. What the programme let police ask is its tools, and a
listing never proves that a tool was used. Dates are those of the pages named in ``source_url``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Tool:
    """Something a programme let police do; ``ended`` is the last day it could be started."""

    key: str
    title: str
    began: date | None
    ended: date | None
    note: str
    source_url: str


@dataclass(frozen=True, slots=True)
class Programme:
    """A scheme departments are listed in; ``status`` is active, cancelled or various."""

    key: str
    title: str
    operator: str
    status: Literal["active", "cancelled", "various"]
    began: date | None
    ended: date | None
    meaning: str
    source_url: str
    list_kept_up: bool
    """Is there a list of its departments that somebody still keeps up?"""
    tools: tuple[Tool, ...] = ()


PROGRAMMES: dict[str, Programme] = {
    programme.key: programme
    for programme in (
        Programme(
            "neighbors_portal",
            "Ring Neighbors Portal (later Neighbors Public Safety Service)",
            "Ring (Amazon)",
            "active",
            date(2018, 3, 22),
            None,
            "The department had an account with Ring's service for public agencies. "
            "Being listed does not show that it ever asked for footage.",
            "https://blog.ring.com/2019/08/28/working-together-for-safer-neighborhoods-introducing-the-neighbors-active-law-enforcement-map",
            False,
            (
                Tool(
                    "video_request",
                    "Private video requests by e-mail",
                    None,
                    date(2021, 6, 6),
                    "Sent to residents near an incident; replaced by public posts.",
                    "https://www.protocol.com/ring-police-public",
                ),
                Tool(
                    "rfa_post",
                    "Public Request for Assistance posts",
                    date(2021, 6, 7),
                    date(2024, 1, 31),
                    "No new posts from 2024-01-31; replies to old ones until 2024-02-29.",
                    "https://text.npr.org/1226942087",
                ),
            ),
        ),
        Programme(
            "community_request_axon",
            "Ring Community Requests through Axon",
            "Ring (Amazon) with Axon",
            "active",
            date(2025, 9, 30),
            None,
            "Requests made in Axon Evidence and shown in the Neighbors feed; "
            "no list of departments has been published.",
            "https://ring.com/support/verified-help/articles/5t05p/Community-Request",
            False,
        ),
        Programme(
            "community_request_flock",
            "Ring Community Requests through Flock Safety",
            "Ring (Amazon) with Flock Safety",
            "cancelled",
            None,
            date(2026, 2, 12),
            "Announced 2025-10-16 and cancelled 2026-02-12; it never went live.",
            "https://www.markey.senate.gov/news/press-releases/markey-statement-on-end-of-amazon-ring-and-flock-partnership",
            False,
        ),
        Programme(
            "camera_registry",
            "Camera registry",
            "the department itself",
            "various",
            None,
            None,
            "The department keeps a list of private cameras whose owners registered them.",
            "https://www.atlasofsurveillance.org/glossary",
            True,
        ),
        Programme(
            "community_connect",
            "Axon Community Connect (Fusus)",
            "Axon",
            "active",
            None,
            None,
            "The community runs a Community Connect site to register or share cameras.",
            "https://axoncommunityconnect.com/",
            True,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number counts. ``additive``: may it be summed over departments? ``running``: is it a
    counter since the page was opened, so that only differences belong to a period?"""

    key: str
    unit: str
    additive: bool
    meaning: str
    running: bool = False


METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            "video_requests",
            "requests",
            True,
            "Requests for footage in a period, as Ring's map or a profile page gave them.",
        ),
        Metric(
            "video_request_incidents",
            "incidents",
            True,
            "Incidents for which footage was asked; one incident may bring many requests.",
        ),
        Metric(
            "video_requests_to_date",
            "requests",
            True,
            "All requests for footage so far, as a profile page gave them from June 2021.",
            True,
        ),
        Metric(
            "rfa_posts",
            "posts",
            True,
            "Request for Assistance posts so far, as a profile page gave them from December 2021: "
            "the only category of posts that asks for footage.",
            True,
        ),
        *(
            Metric(
                f"{category}_posts",
                "posts",
                True,
                f"Posts of the category {title} so far on a profile page; none asks for footage.",
                True,
            )
            for category, title in (
                ("crime", "Crime"),
                ("safety", "Safety"),
                ("animals", "Animals"),
                ("environmental", "Environmental"),
                ("community", "Community"),
            )
        ),
        Metric(
            "registered_cameras",
            "cameras",
            False,
            "Cameras registered with a community. Not additive: communities see each other's.",
        ),
        Metric(
            "integrated_cameras",
            "cameras",
            False,
            "Cameras whose live picture a community can see. Not additive: they are shared.",
        ),
        Metric(
            "agencies_listed",
            "departments",
            True,
            "Departments in the programme on a date, as a publisher counted them.",
        ),
        Metric(
            "agencies_joined",
            "departments",
            True,
            "Departments that joined in a period, as a publisher counted them.",
        ),
        Metric(
            "fire_departments_listed",
            "fire departments",
            True,
            "Fire departments in the programme on a date, as a publisher counted them.",
        ),
        Metric(
            "legal_demands",
            "demands",
            True,
            "Warrants, subpoenas and other legal demands received.",
        ),
        Metric(
            "legal_demands_content_share",
            "percent of demands",
            False,
            "Share of legal demands answered with content or data.",
        ),
        Metric(
            "legal_demands_warrant_share",
            "percent of demands",
            False,
            "Share of legal demands that were search warrants.",
        ),
        Metric("preservation_requests", "requests", True, "Requests to preserve data."),
        Metric("users_notified", "users", True, "Users told of a demand for their data."),
        Metric(
            "emergency_disclosures",
            "disclosures",
            True,
            "Disclosures of footage to police without the user's consent or a warrant.",
        ),
        Metric(
            "data_points_removed",
            "rows",
            True,
            "Rows a publisher removed from its data when it retired a category.",
        ),
    )
}

VALUE_STATES: dict[str, str] = {
    "value": "a number was published",
    "zero_stated": "the source itself says zero",
    "not_published": "the source has the field and left it empty",
    "not_found": "the page for it does not exist (404); it says nothing about the number",
    "fetch_failed": "the page could not be fetched",
    "redacted": "the number was blacked out",
    "not_applicable": "the question does not apply",
    "not_collected": "nobody counted",
}

FOOTAGE_METRICS = (
    "video_requests",
    "video_request_incidents",
    "video_requests_to_date",
    "rfa_posts",
)
"""The metrics that count requests for footage; each keeps its own unit."""

PROCESSES: dict[str, str] = {
    "all": "every kind of legal demand together",
    "search_warrant": "search warrants",
    "subpoena": "subpoenas",
    "court_order": "court orders other than warrants and subpoenas",
    "national_security": "national security requests, published as ranges",
    "preservation": "requests to preserve data",
    "emergency": "emergency requests, without warrant or consent",
    "not_broken_out": "the publisher does not say which kinds",
}
