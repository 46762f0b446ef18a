"""What a source may say: one frozen, checked model for each kind of fact, text kept as it came.

A record holds what the bytes say and nothing about how we came by them: that is for provenance,
which notes the capture that each was read from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from spiders.programmes import METRICS, PROCESSES, PROGRAMMES, VALUE_STATES


def _known(vocabulary: Mapping[str, object], what: str) -> AfterValidator:
    def check(key: str) -> str:
        if key not in vocabulary:
            raise ValueError(f"{key!r} is no {what} of spiders/programmes.py")
        return key

    return AfterValidator(check)


ProgrammeKey = Annotated[str, _known(PROGRAMMES, "programme")]
MetricKey = Annotated[str, _known(METRICS, "metric")]
ProcessKey = Annotated[str, _known(PROCESSES, "legal process")]
ValueState = Annotated[str, _known(VALUE_STATES, "value state")]
Bound = Literal["exact", "at_least", "more_than", "about", "at_most", "fewer_than"]
Seen = Literal["computed", "retrieved", "press_copy", "unverified"]
RawText = Annotated[str, Field(max_length=4000)]
Name = Annotated[str, Field(min_length=1, max_length=500)]


class Record(BaseModel):
    """A fact as a source gave it.

    ``position`` (row or Placemark number, from 1) and ``row_key`` (the source's own key, e.g.
    AOSNUMBER) say where in the bytes it stands; they are kept with the sighting and are no part
    of the record's identity, because both change from one edition of a source to the next.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: str
    position: int | None = Field(default=None, exclude=True)
    row_key: str | None = Field(default=None, exclude=True)

    def content(self) -> dict[str, Any]:
        """The fact as JSON-ready data, without ``kind`` and without where it stood."""
        return self.model_dump(mode="json", exclude={"kind"}, exclude_defaults=True)

    def identity(self, source: str, content: Mapping[str, Any] | None = None) -> str:
        """32 hex digits of the SHA-256 of source, kind and content: same fact, same identity.

        ``content`` spares making it again where the caller has it.
        """
        content = self.content() if content is None else content
        text = json.dumps([source, self.kind, content], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Link(BaseModel):
    """A document a row points to."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    title: str = ""
    date_text: str = ""


class Department(Record):
    """The part all facts about one department share, every field raw."""

    agency: Name
    state: Annotated[str, Field(max_length=200)] = ""
    city: Annotated[str, Field(max_length=500)] = ""
    county: Annotated[str, Field(max_length=1000)] = ""
    agency_type: str = ""
    jurisdiction: str = ""
    stated_name: Annotated[str, Field(max_length=500)] = ""
    """The department's name where the same row also gives it in a sentence."""
    programme: ProgrammeKey
    profile_url: Annotated[str, Field(max_length=2000)] = ""
    """The department's own page at the source, where the source gives one."""


class Listing(Department):
    """A department listed in a programme.

    ``since_text`` is the raw date the source gives for its joining, ``since_field`` the field it
    stands in; a date taken out of a sentence is the phrase alone, never the sentence.
    """

    kind: Literal["listing"] = "listing"
    since_text: RawText = ""
    since_field: str = ""
    links: tuple[Link, ...] = ()


class Count(Department):
    """A number a source gives for one department; parsed by analysis, so kept as text here."""

    kind: Literal["count"] = "count"
    metric: MetricKey
    label_text: RawText = ""
    value_text: RawText = ""
    value_state: ValueState | None = None
    """Set only where no number can be read, e.g. ``not_found`` for a 404."""


class Figure(Record):
    """A figure somebody published, with the page it was seen on; never merged with our counts."""

    kind: Literal["figure"] = "figure"
    figure: Name
    metric: MetricKey
    programme: str = ""
    population: Name
    """Whom the figure counts, in words (``US law-enforcement agencies``)."""
    agency: str = ""
    state: str = ""
    city: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    bound: Bound = "exact"
    as_of: date | None = None
    period_start: date | None = None
    period_end: date | None = None
    source_title: Name
    source_url: Name
    seen: Seen
    note: str = ""


class LegalDemand(Record):
    """A number about legal demands that a company received in a period, as somebody gave it."""

    kind: Literal["legal_demand"] = "legal_demand"
    publisher: Name
    """The company whose demands are counted."""
    process: ProcessKey
    metric: MetricKey
    period_start: date
    period_end: date
    value: float | None = None
    low: float | None = None
    high: float | None = None
    bound: Bound = "exact"
    value_state: ValueState | None = None
    """Set only where there is no number, e.g. ``not_published``."""
    source_title: Name
    source_url: Name
    seen: Seen
    note: str = ""


class PageText(Record):
    """What a watched page says, as the digest of its meaningful text: a person reads the change."""

    kind: Literal["page_text"] = "page_text"
    page: Name
    """The original address of the page."""
    title: str = ""
    sha256: Annotated[str, Field(pattern="[0-9a-f]{64}")]
    characters: Annotated[int, Field(ge=0)]


class ProgrammeEvent(Record):
    """Something that happened to a programme or to one of its tools, with the page it stands on."""

    kind: Literal["programme_event"] = "programme_event"
    programme: ProgrammeKey
    tool: str = ""
    """A key of ``PROGRAMMES[programme].tools``; empty where the programme itself is meant."""
    event: Literal["started", "ended", "cancelled", "announced"]
    happened: Annotated[str, Field(pattern=r"\d{4}(-\d{2}){0,2}")]
    """The day, month or year, as precise as it is known."""
    meaning: Name
    source_title: Name
    source_url: Name
    seen: Seen


class Correction(Record):
    """A reviewed decision that supersedes what a source said; what it said stays in ``listings``.

    ``correct`` puts ``value`` into ``field`` of the row ``row_id`` of ``table``; ``suppress``
    withholds the row (or, with a ``field``, that cell) for privacy; ``renamed`` says that the
    department ``row_id`` and the department ``value`` are one.
    """

    kind: Literal["correction"] = "correction"
    correction: Name
    decision: Literal["correct", "suppress", "renamed"]
    table: Name
    row_id: Name
    field: str = ""
    value: str = ""
    reason: Name
    asked: Name
    """Who may be asked about it: an office, never a person."""
    decided: date
    source_url: str = ""


class RegisteredAgency(Record):
    """An agency as a public register of agencies describes it.

    It bears no coordinates: those of a register are mostly the county's internal point.
    """

    kind: Literal["registered_agency"] = "registered_agency"
    ori: Annotated[str, Field(pattern="^[0-9A-Z]{9}$")]
    agency: Name
    state: Annotated[str, Field(min_length=1, max_length=200)]
    """As the register files it: the letters an ORI begins with are not always the state's."""
    agency_type: Annotated[str, Field(max_length=200)] = ""
    counties: Annotated[str, Field(max_length=1000)] = ""


class CensusArea(Record):
    """A place, a county subdivision or a county in the Census Bureau's gazetteer of a year.

    The point is one inside the area: never that of a department.
    """

    kind: Literal["census_area"] = "census_area"
    level: Literal["place", "county_subdivision", "county"]
    geoid: Annotated[str, Field(pattern=r"^(?:\d{5}|\d{7}|\d{10})$")]
    name: Name
    """With what kind of area it is: ``Exampleville township``."""
    state: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    lsad: Annotated[str, Field(max_length=10)] = ""
    """The bureau's code of the kind of area, where the file gives it."""
    funcstat: Annotated[str, Field(max_length=10)] = ""
    """The bureau's code of what the area's government does, where the file gives it."""
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    vintage: Annotated[str, Field(pattern=r"^(?:\d{4})?$")] = ""
    """The year of the gazetteer, where the file's name tells it."""


class Population(Record):
    """Residents of an area on 1 July of a year, as the Census Bureau estimated them.

    ``place_part`` is the part of a place that lies in one ``county``.
    """

    kind: Literal["population"] = "population"
    level: Literal["state", "county", "place", "place_part", "county_subdivision"]
    geoid: Annotated[str, Field(pattern=r"^(?:\d{2}|\d{5}|\d{7}|\d{10})$")]
    county: Annotated[str, Field(pattern=r"^(?:\d{5})?$")] = ""
    name: Name
    year: Annotated[int, Field(ge=1900, le=2100)]
    value: Annotated[int, Field(ge=0)]
    series: Name
    """Which estimates (``Population estimates, vintage 2023``): each vintage revises the last."""


class ServedPlace(Record):
    """A place that a department serves, by a reviewed decision: one row for each place."""

    kind: Literal["served_place"] = "served_place"
    agency: Name
    state: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    place: Name
    county: Name
    reason: Name
    told_by: Name
    """Where it is known from; "own knowledge" says so."""
    decided: date


class OtherRows(Record):
    """Rows of the same bytes that belong to other subjects, counted by the source's own category.

    A category that is tracked (``programme`` set) and has 0 rows here is *absent*, not ended.
    """

    kind: Literal["other_rows"] = "other_rows"
    category: str
    rows: Annotated[int, Field(ge=0)]
    programme: str = ""


class Rejection(Record):
    """A row that cannot be understood: set aside by name with the reason, never guessed."""

    kind: Literal["rejection"] = "rejection"
    name: str
    reason: Name


RECORD_KINDS: dict[str, type[Record]] = {
    "listing": Listing,
    "count": Count,
    "figure": Figure,
    "legal_demand": LegalDemand,
    "page_text": PageText,
    "programme_event": ProgrammeEvent,
    "correction": Correction,
    "registered_agency": RegisteredAgency,
    "census_area": CensusArea,
    "population": Population,
    "served_place": ServedPlace,
    "other_rows": OtherRows,
    "rejection": Rejection,
}
