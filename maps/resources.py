"""The files of the API, declared once: schemas, descriptions and checks all come from here.

Rows of published tables have the columns that ``analysis.tables`` declares, others those declared
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.tables import TABLES, Column

NOTE = (
    "null is unknown or not published: it is never zero, and absence is never an ending. A listing "
    "does not show that a department ever asked for footage."
)
RIGHTS = ("source", "title", "publisher", "homepage", "licence", "licence_url", "attribution")
"""Columns of ``sources`` that say whose something is."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of objects, each of the named ``parts``; without ``many`` it is one of them."""

    meaning: str
    parts: Parts
    many: bool = True


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of texts."""

    meaning: str


Parts = Mapping[str, "Column | Rows | Texts"]


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of file: its path below ``api/v1/``, what it holds and its parts beside the common."""

    path: str
    meaning: str
    parts: Parts


def columns(
    table: str, only: tuple[str, ...] = (), without: tuple[str, ...] = ()
) -> dict[str, Column]:
    """Columns of a published table: those of ``only``, or all but those of ``without``."""
    declared = {column.name: column for column in TABLES[table].columns}
    return {name: declared[name] for name in only or declared if name not in without}


def told(*declared: Column) -> dict[str, Column]:
    """Columns by their names."""
    return {column.name: column for column in declared}


def _table(name: str, *without: str) -> Rows:
    return Rows(TABLES[name].meaning, columns(name, without=without))


def _way(name: str, meaning: str, required: bool = True) -> Column:
    return Column(name, "string", f"{meaning}, as an address from this file on", required)


COMMON: Parts = {
    "schema": _way("schema", "the JSON Schema of this file"),
    **told(
        Column("as_of", "date", "day asked for, or of the newest observation"),
        Column("note", "string", "how to read what is missing", True),
    ),
    "notices": Texts("what a reader must know of these data, e.g. that they are a sample"),
    "rights": Rows(
        "whose the data in this file are and how each source asks to be named",
        columns("sources", RIGHTS),
    ),
    "geography": Texts("how the sources of places, points and populations ask to be named"),
}
"""Stands in every file."""

LISTED = (
    *("programme", "spell", "valid_from", "valid_from_precision", "valid_to_kind"),
    *("first_observed", "last_observed"),
)
"""Columns of ``participations`` by which a list tells of a listing."""

PLACE = ("agency_id", "name", "type", "city", "county", "state", "county_geoid")
POINT = ("latitude", "longitude", "location_precision", "last_observed")
IN_LIST: Parts = {
    **columns("agencies", (*PLACE, *POINT)),
    "programmes": Rows("its listings", columns("participations", LISTED)),
    "file": _way("file", "its own file"),
}
"""What a list tells of a department."""

STATE: Parts = {
    **told(
        Column("state", "string", "USPS code", True, pattern="[A-Z]{2}"),
        Column("name", "string", "name", True),
        Column("departments", "integer", "departments listed in what we have", minimum=1),
        columns("camera_counts")["value_state"],
        Column(
            "departments_gone", "integer", "of these, no longer listed in any programme", minimum=0
        ),
        Column(
            "departments_counted",
            "integer",
            "of these, those of which any number of requests for footage is known",
            minimum=0,
        ),
        Column("newest", "date", "day on which one of them was last seen listed"),
        Column("residents", "integer", "residents", unit="residents", minimum=1),
        Column("residents_year", "integer", "year, on 1 July of which they were so many"),
    ),
    "file": _way("file", "its own file"),
}
DOCUMENTS = told(
    Column("url", "string", "web address", True),
    Column("title", "string", "title as the source gives it, else the address", True),
    Column("date_text", "string", "date as the source wrote it"),
    columns("listings")["source"],
)
CHANGED = _table("changes")

RESOURCES = {
    "index": Resource(
        "index.json",
        "What there is: start here.",
        {
            "title": Column("title", "string", "title", True),
            "description": Column("description", "string", "what it is", True),
            "version": Column("version", "integer", "version of this API", True, minimum=1),
            "departments": Column("departments", "integer", "departments", True, minimum=0),
            "resources": Rows(
                "kinds of files",
                told(
                    Column("name", "string", "name", True),
                    Column("path", "string", "path from here; {} stands for a name", True),
                    Column("meaning", "string", "what it holds", True),
                    _way("schema", "its JSON Schema"),
                ),
            ),
            "openapi": _way("openapi", "the OpenAPI description"),
            "atom": _way("atom", "the feed of changes, as Atom", False),
            "json_feed": _way("json_feed", "the same as JSON Feed", False),
        },
    ),
    "departments": Resource(
        "departments.json",
        "All departments, each with its listings in short.",
        {"departments": Rows("all departments, by state, name and id", IN_LIST)},
    ),
    "department": Resource(
        "departments/{department}.json",
        "All that the tables hold of one department, with the captures it rests on.",
        {
            "department": Rows("the department", columns("agencies"), many=False),
            "page": _way("page", "its page"),
            "atom": _way("atom", "the feed of its changes, as Atom", False),
            "json_feed": _way("json_feed", "the same as JSON Feed", False),
            **{name: _table(name) for name in ("participations", "footage_requests")},
            "listings": _table("listings", "links"),
            "documents": Rows("web addresses that sources name beside it", DOCUMENTS),
            **{
                name: _table(name)
                for name in (
                    *("camera_counts", "reported_figures", "agency_places", "agency_links"),
                    "changes",
                )
            },
            "evidence": _table("evidence"),
            "captures": _table("captures"),
            "captures_more": Column(
                "captures_more",
                "integer",
                "captures it rests on beside these; the exported table evidence names them",
                True,
                minimum=0,
            ),
        },
    ),
    "states": Resource(
        "states.json",
        "Every state and territory: departments, residents, newest observation.",
        {"states": Rows("states and territories by name", STATE)},
    ),
    "state": Resource(
        "states/{state}.json",
        "A state: known totals of requests, with how many are known of how many, its departments.",
        {
            "state": Rows("the state", STATE, many=False),
            "page": _way("page", "its page"),
            "atom": _way("atom", "the feed of its changes, as Atom", False),
            "json_feed": _way("json_feed", "the same as JSON Feed", False),
            "footage_totals": _table("footage_totals"),
            "departments": Rows("its departments, by name and id", IN_LIST),
        },
    ),
    "sources": Resource(
        "sources.json",
        "The sources: whose they are, how fresh, and whether their last run can be trusted.",
        {"sources": _table("sources")},
    ),
    "changes": Resource(
        "changes.json",
        "What changed, the newest first; earlier rows are in files of the same kind.",
        {"changes": CHANGED, "before": _way("before", "the file of what came before", False)},
    ),
    "earlier_changes": Resource(
        "changes/{number}.json",
        "Earlier changes, numbered from the oldest: such a file is full and stays as it is.",
        {"changes": CHANGED, "before": _way("before", "the file of what came before", False)},
    ),
}
"""Kinds of files by name."""
