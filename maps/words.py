"""What the page says of dates, listings, freshness and points: one place for every sentence.

The list is written with these words at build time; the popups get the same sentences in the
payload, so that both always say the same.
"""

from __future__ import annotations

from functools import cache

from analysis.tables import AGENCY_TYPES, PROGRAMME_KEYS

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
    "delisted_observed": "Last listed {last}; no longer listed since {missing}",
    "ended_stated": "Listed as of {last}; a source states that it ended {to}",
    "programme_ended": "Listed as of {last}; the programme itself ended {to}",
}
"""Said of a listing, by ``valid_to_kind``; {last}, {missing} and {to} are dates in words."""

SINCE = {
    "day": "since {from} (day)",
    "month": "since {from} (month; the day is not known)",
    "year": "since {from} (year; month and day are not known)",
    "unknown": "start not stated; listed by {first} at the latest",
}
"""Said of a start, by ``valid_from_precision``; {from} and {first} are dates in words."""

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
    "registered_cameras": "registered cameras",
    "integrated_cameras": "integrated cameras",
}
"""Short names of what is counted."""

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

if missing := set(AGENCY_TYPES) - set(KINDS):
    raise ImportError(f"maps/words.py has no short name for the kinds {sorted(missing)}")


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
