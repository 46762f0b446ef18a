"""What a source may say: one frozen, checked model for each kind of fact, text kept as it came.

A record holds what the bytes say and nothing about how we came by them: that is the
:class:`Evidence` which provenance stamps on each :class:`Sighting`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from spiders.programmes import METRICS, PROGRAMMES, VALUE_STATES


def _known(vocabulary: Mapping[str, object], what: str) -> AfterValidator:
    def check(key: str) -> str:
        if key not in vocabulary:
            raise ValueError(f"{key!r} is no {what} of spiders/programmes.py")
        return key

    return AfterValidator(check)


ProgrammeKey = Annotated[str, _known(PROGRAMMES, "programme")]
MetricKey = Annotated[str, _known(METRICS, "metric")]
ValueState = Annotated[str, _known(VALUE_STATES, "value state")]
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


class Listing(Department):
    """A department listed in a programme.

    ``since_text`` is the raw date the source gives for its joining, ``since_field`` the field it
    stands in; a date taken out of a sentence is the phrase alone, never the sentence.
    """

    kind: Literal["listing"] = "listing"
    since_text: RawText = ""
    since_field: str = ""
    profile_url: Annotated[str, Field(max_length=2000)] = ""
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
    bound: Literal["exact", "at_least", "more_than", "about", "at_most", "fewer_than"] = "exact"
    as_of: date | None = None
    period_start: date | None = None
    period_end: date | None = None
    source_title: Name
    source_url: Name
    seen: Literal["computed", "retrieved", "press_copy", "unverified"]
    note: str = ""


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


class Evidence(BaseModel):
    """How we know: stamped by provenance, never typed by the author of a source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    url: str
    capture_id: str
    sha256: str
    fetched_at: datetime
    observed_at: datetime
    parser_version: int


class Sighting(BaseModel):
    """A record seen in a capture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record: Record
    evidence: Evidence


RECORD_KINDS: dict[str, type[Record]] = {
    "listing": Listing,
    "count": Count,
    "figure": Figure,
    "other_rows": OtherRows,
    "rejection": Rejection,
}
