"""The FBI's register of law-enforcement agencies, with the ORI by which it knows each."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy.http import Response

from spiders.platforms.json_page import json_of, unpacked
from spiders.platforms.rows import RowError, understood
from spiders.records import RegisteredAgency
from spiders.source import LayoutError, Source, shown

API = "https://api.usa.gov/crime/fbi/cde/agency/byStateAbbr/"
STATES = (
    *("AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN"),
    *("IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH"),
    *("NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT"),
    *("VT", "VA", "WA", "WV", "WI", "WY"),
)
"""Asked for live. The territories have 5 agencies in the edition of 2018, and it is not known
whether the API answers for them."""
READ = {"ori", "agency_name", "agency_type_name", "state_abbr", "counties", "primary_county"}
STATE = re.compile("[A-Z]{2}")
ORI7 = re.compile("[0-9A-Z]{7}")

Fields = dict[str, Any]


class FbiAgencies(Source):
    name = "fbi_agencies"
    title = "FBI Crime Data Explorer: agencies"
    publisher = "Federal Bureau of Investigation"
    homepage = "https://cde.ucr.cjis.gov/"
    licence = "US government work (CC0 1.0)"
    licence_url = "https://creativecommons.org/publicdomain/zero/1.0/"
    attribution = "FBI Crime Data Explorer"
    passes_on = "bytes"  # a work of the United States government: 17 U.S.C. 105
    key_variable = "PEEPHOLE_FBI_KEY"
    key_from = "https://api.data.gov/signup/"
    seeds = tuple(API + state for state in STATES)
    # 23,243 in the edition of 2018, some 18,500 in that of 2020; a small state has some 50.
    expects = range(20, 40_000)
    fresh_days = 100
    floor = 0.7
    caveat = (
        "Agencies that report, or once reported, crime to the FBI: one that is missing may exist, "
        "and one that is there may be closed. The register's points are mostly those of counties "
        "and are not used."
    )
    ignored = frozenset(
        {"icpsr_lat", "icpsr_lng", "latitude", "longitude", "is_nibrs", "nibrs_start_date"}
        | {"months_reported", "nibrs_months_reported", "past_10_years_reported", "state_name"}
    )

    async def start(self) -> AsyncIterator[Any]:
        """The seeds, with the key as a header for the register alone, wherever it redirects to."""
        key = os.environ.get(self.key_variable, "").strip()
        async for request in super().start():
            if key.isascii() and key.isprintable() and key and request.url.startswith(API):
                request.headers["X-Api-Key"] = key
                request.meta["dont_redirect"] = True
            yield request

    def parse(self, response: Response, **_kwargs: Any) -> Iterator[Any]:
        """A record of each agency; one that a live answer names under several counties is one.

        Raises:
            LayoutError: no JSON in one of the layouts, or no agency.
        """
        rows = 0
        unread: set[str] = set()
        for fields in agencies(response):
            rows += 1
            unread |= fields.keys() - READ - self.ignored
            name = str(fields.get("agency_name") or fields.get("ori") or "")
            yield from understood(read(fields, rows), name, rows)
        if not rows:
            raise LayoutError(f"sought agencies in {response.url}, found none")
        self.note_unread(unread)
        self.count_rows(rows, response)


def agencies(response: Response) -> Iterator[Fields]:
    """The agencies of an answer, with ori, state_abbr and counties where the layout puts them.

    The layouts: ``{state: {ORI: agency}}`` (the edition of 2018), ``{county: [agency]}`` and
    ``[agency]`` (the API, one state an answer). What is no agency is an empty one.

    Raises:
        LayoutError: none of them.
    """
    where = response.url
    told = json_of(unpacked(response.body, where), where)
    groups = told if isinstance(told, dict) else {"": told}
    if all(isinstance(group, list) for group in groups.values()):
        state = where.removeprefix(API) if STATE.fullmatch(where.removeprefix(API)) else ""
        for county, group in groups.items():
            for fields in map(_fields, group):
                yield {"state_abbr": state, "counties": county} | _told(fields)
    elif all(isinstance(group, dict) for group in groups.values()) and all(
        STATE.fullmatch(state) for state in groups
    ):
        for state, group in groups.items():
            for ori, fields in group.items():
                yield _fields(fields) | {"state_abbr": state, "ori": ori}
    else:
        found = shown(unpacked(response.body, where))
        raise LayoutError(f"sought lists of agencies or states in {where}, found '{found}'")


def read(fields: Fields, position: int) -> Iterator[RegisteredAgency]:
    """The record of one agency; an ORI of 7 characters is that of 9 without its last two zeros.

    Raises:
        RowError: it has no name, or a field that is no text.
    """
    ori = _text(fields, "ori").strip()
    if not _text(fields, "agency_name").strip():
        raise RowError("agency_name is blank")
    yield RegisteredAgency(
        ori=f"{ori}00" if ORI7.fullmatch(ori) else ori,
        agency=_text(fields, "agency_name"),
        state=_text(fields, "state_abbr"),
        agency_type=_text(fields, "agency_type_name"),
        counties=_text(fields, "counties") or _text(fields, "primary_county"),
        position=position,
    )


def _fields(told: Any) -> Fields:
    return told if isinstance(told, dict) else {}


def _told(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise RowError(f"{name} is no text")
    return value or ""
