"""What the page says of dates, listings, freshness and points: one place for every sentence.

The list is written with these words at build time; the popups get the same sentences in the
payload, so that both always say the same.
"""

from __future__ import annotations

from calendar import monthrange
from functools import cache

import pandas as pd

from analysis.tables import AGENCY_TYPES, METRIC_KEYS, PROGRAMME_KEYS

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

STATUS = {
    "ongoing": "Listed as of {last}",
    "unknown": "Listed as of {last}; nothing later is known",
    "delisted_observed": "Last listed {last}; no longer listed since {missing} "
    "(not listed on two later looks)",
    "ended_stated": "Listed as of {last}; a source states that it ended {to}",
    "programme_ended": "Listed as of {last}; the programme itself ended {to}",
}
"""Said of a listing, by ``valid_to_kind``; {last}, {missing} and {to} are dates in words."""

STATUS_GROUPS = {
    "ongoing": "listed",
    "unknown": "unknown",
    "delisted_observed": "delisted",
    "ended_stated": "ended",
    "programme_ended": "programme_ended",
}
"""The value of the filter of statuses, by ``valid_to_kind``."""

GROUPS = {
    "listed": "Listed at the last look",
    "delisted": "No longer listed",
    "ended": "Ended, as a source states",
    "programme_ended": "The programme ended",
    "unknown": "Nothing later is known",
}
"""Said of the values of the filter of statuses."""

SINCE = {
    "day": "since {from} (day)",
    "month": "since {from} (month; the day is not known)",
    "year": "since {from} (year; month and day are not known)",
    "unknown": "start not stated; listed by {first} at the latest",
    "again": "listed again as of {first}; no new start stated",
}
"""Said of a start, by ``valid_from_precision``; {from} and {first} are dates in words. ``again`` is
said of a later spell whose start nobody stated."""

POINTS = {
    "place_centroid": "Point: centre of the city or town, not the department's address",
    "county_centroid": "Point: centre of the county; the place is not known",
    "state": "Point: centre of the state; neither place nor county is known",
    "": "No point on the map: neither place, county nor state could be located",
}
"""Said of a point, by ``location_precision``."""

VERDICTS = {
    "healthy": "The last run can be trusted",
    "incomplete": "The last run lost pages: what came is shown, nothing is marked missing",
    "failed": "The last run failed: the last good data stand",
    "never_run": "No run has ended yet",
}
"""Said of a source, by ``verdict``."""

VALUE_STATES = {
    "zero_stated": "0, as the source itself says",
    "not_published": "not published",
    "not_found": "the page for it was not found; the number is unknown",
    "fetch_failed": "the page could not be fetched; the number is unknown",
    "redacted": "blacked out",
    "not_applicable": "does not apply",
    "not_collected": "not collected",
}
"""Said where there is no number to show, by ``value_state``."""

BOUNDS = {
    "exact": "",
    "at_least": "at least ",
    "more_than": "more than ",
    "about": "about ",
    "at_most": "at most ",
    "fewer_than": "fewer than ",
}
"""Said before a number, by ``bound``."""

METRICS = {
    "video_requests": "requests for footage",
    "video_request_incidents": "incidents for which footage was asked",
    "video_requests_to_date": "requests for footage so far",
    "rfa_posts": "Request for Assistance posts so far",
    "crime_posts": "crime posts so far",
    "safety_posts": "safety posts so far",
    "animals_posts": "animals posts so far",
    "environmental_posts": "environmental posts so far",
    "community_posts": "community posts so far",
    "registered_cameras": "registered cameras",
    "integrated_cameras": "integrated cameras",
    "agencies_listed": "departments listed",
    "agencies_joined": "departments that joined",
    "fire_departments_listed": "fire departments listed",
    "legal_demands": "legal demands",
    "legal_demands_content_share": "share of demands answered with content or data",
    "legal_demands_warrant_share": "share of demands that were search warrants",
    "preservation_requests": "requests to preserve data",
    "users_notified": "users told of a demand",
    "emergency_disclosures": "disclosures without consent or warrant",
    "data_points_removed": "rows removed by the publisher",
}
"""Short names of what is counted."""

TOOLS = {
    "video_request": "private video requests by e-mail",
    "rfa_post": "public Request for Assistance posts",
}
"""Names of the tools of programmes."""

ASKING = ("video_requests", "video_request_incidents", "video_requests_to_date", "rfa_posts")
"""Metrics that count requests for footage; other counts of posts stand apart from them."""

SO_FAR = " so far"
"""Ends the short name of a running counter; what it rose by in a period is told without."""

BASES = {"derived": "derived: difference of two looks"}
"""Said of a number nobody stated, by ``basis``."""

PROCESS_NAMES = {
    "all": "every kind together",
    "search_warrant": "search warrants",
    "subpoena": "subpoenas",
    "court_order": "other court orders",
    "national_security": "national security requests",
    "preservation": "requests to preserve data",
    "emergency": "emergency requests, without warrant or consent",
    "not_broken_out": "kind not told",
}
"""Short names of the kinds of legal process."""

KINDS = {
    "police": "Police",
    "sheriff": "Sheriff",
    "public_safety": "Public safety",
    "constable": "Constable",
    "marshal": "Marshal",
    "state_police": "State police",
    "prosecutor": "Prosecutor",
    "campus_police": "Campus police",
    "transit_police": "Transit police",
    "tribal_police": "Tribal police",
    "fire": "Fire",
    "community": "Community, department not named",
    "other": "Other agency",
    "unknown": "Kind not known",
}
"""Short names of the kinds of agency."""

for known, said in ((AGENCY_TYPES, KINDS), (METRIC_KEYS, METRICS)):
    if missing := set(known) - set(said):
        raise ImportError(f"maps/words.py has no words for {sorted(missing)}")


def programme_title(key: str) -> str:
    """Full title of a programme; the key itself where analysis does not know it."""
    return PROGRAMME_KEYS.get(key, key)


def programme_name(key: str) -> str:
    """Title of a programme without what stands in brackets.

    >>> programme_name("neighbors_portal")
    'Ring Neighbors Portal'
    """
    return programme_title(key).split(" (")[0]


@cache
def day(text: str) -> str:
    """An ISO date or time in words, as precise as it is.

    >>> day("2019-06-05"), day("2020-06"), day("2019"), day("2020-10-07T00:00:00Z"), day("")
    ('5 June 2019', 'June 2020', '2019', '7 October 2020', 'not stated')
    """
    parts = text[:10].split("-") if text else []
    match parts:
        case [year, month, date]:
            return f"{int(date)} {MONTHS[int(month) - 1]} {year}"
        case [year, month]:
            return f"{MONTHS[int(month) - 1]} {year}"
        case [year]:
            return year
    return "not stated"


@cache
def status(kind: str, last: str, missing: str, to: str) -> str:
    """What may be said of a listing: ``kind`` is its ``valid_to_kind``, the rest ISO dates."""
    return STATUS[kind].format(last=day(last), missing=day(missing), to=day(to))


@cache
def span(start: str, end: str) -> str:
    """The period from one ISO day to another in words, by months and years where it has whole ones.

    >>> span("2020-04-01", "2020-06-30"), span("2020-01-01", "2020-12-31")
    ('April to June 2020', '2020')
    >>> span("2020-02-01", "2020-02-29"), span("2020-06-12", "2020-10-07"), span("", "2020-10-07")
    ('February 2020', '12 June 2020 to 7 October 2020', 'so far, by 7 October 2020')
    """
    if not (start and end):
        return f"so far, by {day(end)}" if end else "period not stated"
    year, month = int(end[:4]), int(end[5:7])
    if not (start.endswith("-01") and int(end[8:]) == monthrange(year, month)[1]):
        return f"{day(start)} to {day(end)}"
    if start[:7] == end[:7]:
        return day(end[:7])
    if start[:4] != end[:4]:
        return f"{day(start[:7])} to {day(end[:7])}"
    if start[5:7] == "01" and month == 12:
        return end[:4]
    return f"{MONTHS[int(start[5:7]) - 1]} to {day(end[:7])}"


def number(value: float) -> str:
    """A number with commas, and with a fraction only where it has one.

    >>> number(22335.0), number(44.5)
    ('22,335', '44.5')
    """
    return f"{value:,.15g}"


def amount(
    state: str, bound: str, value: float | None, low: float | None, high: float | None
) -> str:
    """A published number in words; where there is none, why.

    >>> amount("value", "about", 1900, None, None), amount("value", "exact", None, 0, 249)
    ('about 1,900', '0 to 249')
    >>> amount("not_published", "exact", None, None, None)
    'not published'
    """
    if state != "value":
        return VALUE_STATES[state]
    if value is not None:
        return BOUNDS[bound] + number(value)
    ends = [number(end) for end in (low, high) if end is not None]
    if len(ends) == 2:
        return " to ".join(ends)
    return ("at least " if low is not None else "at most ") + ends[0] if ends else "not published"


def difference(apart: float) -> str:
    """How far our count is from another.

    >>> difference(2.0), difference(-1.0), difference(0.0)
    ('2 more', '1 fewer', 'the same')
    """
    if pd.isna(apart):
        return "not to be compared"
    return f"{number(abs(apart))} {'more' if apart > 0 else 'fewer'}" if apart else "the same"
