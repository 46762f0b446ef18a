"""Every column of every published table, declared once.

The checks (pandera), the dtypes, the data dictionary and the data package all come from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from spiders.programmes import METRICS, PROCESSES, PROGRAMMES, VALUE_STATES

if TYPE_CHECKING:
    # 0.2 s of every command that checks nothing (2026-11-23), so imported where it is used
    import pandera.pandas as pa

Kind = Literal["string", "integer", "number", "date", "datetime", "boolean"]

DTYPES: dict[Kind, str] = {
    "string": "string",
    "integer": "Int64",
    "number": "Float64",
    "date": "string",
    "datetime": "string",
    "boolean": "boolean",
}
"""Dates and times are ISO 8601 text: months and years have no day to invent, and text is the same
in CSV, Parquet and SQLite."""

DATE = r"\d{4}-\d{2}-\d{2}"
DATETIME = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type, what it means, its unit, whether it may be empty, what it may hold."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    allowed: Mapping[str, str] | None = None
    unit: str = ""
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None

    @property
    def dtype(self) -> str:
        return DTYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Table:
    """A published table: one row is one ``grain``."""

    name: str
    grain: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[tuple[str, str, str], ...] = ()
    """(column, table, column) that must exist there wherever the first is not empty."""

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def empty(self) -> pd.DataFrame:
        """The table with no row, its columns in order and of their dtypes."""
        return pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in self.columns})

    def typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """``frame`` with the declared columns in the declared order and dtypes, sorted by key.

        Raises:
            KeyError: a declared column is missing.
        """
        ordered = frame[self.names].astype({c.name: c.dtype for c in self.columns})
        return ordered.sort_values(list(self.key), kind="stable", ignore_index=True)

    def schema(self) -> pa.DataFrameSchema:
        """The pandera schema of a typed frame: nulls, allowed values, ranges, patterns, key."""
        import pandera.pandas as pa

        return pa.DataFrameSchema(
            {column.name: _checked(column) for column in self.columns},
            name=self.name,
            strict=True,
            ordered=True,
            unique=list(self.key),
        )

    def checked(self, frame: pd.DataFrame) -> pd.DataFrame:
        """``frame`` typed and checked.

        Raises:
            pandera.errors.SchemaErrors: with every row that breaks a rule.
        """
        return self.schema().validate(self.typed(frame), lazy=True)


def _checked(column: Column) -> pa.Column:
    import pandera.pandas as pa

    checks = []
    if column.allowed is not None:
        checks.append(pa.Check.isin(list(column.allowed)))
    pattern = {"date": DATE, "datetime": DATETIME}.get(column.kind, "")
    if column.pattern or pattern:
        checks.append(_fullmatch(column.pattern or pattern))
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum))
    return pa.Column(  # no dtype: it has been given one, and pandera's look takes half its time
        checks=checks,
        nullable=not column.required,
        required=True,
        title=column.name,
        description=column.meaning,
    )


def _fullmatch(pattern: str) -> pa.Check:
    """The whole text is of the pattern; pandera's own check lets a line end follow."""
    import pandera.pandas as pa

    return pa.Check(lambda texts: texts.str.fullmatch(pattern), name="fullmatch", error=pattern)


PROGRAMME_KEYS = {key: programme.title for key, programme in PROGRAMMES.items()}
METRIC_KEYS = {key: metric.meaning for key, metric in METRICS.items()}

AGENCY_TYPES = {
    "police": "municipal, township or county police department",
    "sheriff": "sheriff's office or department",
    "public_safety": "department of public safety that polices (often police and fire in one)",
    "constable": "constable's office",
    "marshal": "city or town marshal",
    "state_police": "state police, highway patrol or state agency with police powers",
    "prosecutor": "district attorney, county attorney or prosecutor",
    "campus_police": "university, college or school police",
    "transit_police": "transit, airport, port or rail police",
    "tribal_police": "police of a tribal nation",
    "fire": "fire department",
    "community": "a community site whose department is not named",
    "other": "another kind of public agency",
    "unknown": "no source tells",
}
JURISDICTIONS = {
    "municipal": "a city, town, township, village or borough",
    "county": "a county",
    "parish": "a parish of Louisiana",
    "regional": "several places together",
    "state": "a state",
    "federal": "the United States",
    "tribal": "a tribal nation",
    "university": "a university or college",
    "school_district": "a school district",
    "transit": "a transit system",
    "airport": "an airport",
    "port": "a port",
    "territory": "a territory of the United States",
    "unknown": "no source tells",
}
LOCATION_PRECISIONS = {
    "place_centroid": "the centre of the city or town; not the department's address",
    "county_centroid": "the centre of the county; the place is not known",
    "state": "the centre of the state; neither place nor county is known",
}
PLACE_ROLES = {
    "place_named": "a source names the place beside the department",
    "county_named": "a source names the county beside the department",
    "served": "a reviewed decision says that it serves the place",
}
AREA_LEVELS = {
    "state": "a state, the District of Columbia or a territory",
    "county": "a county or what stands in its place",
}
DATE_PRECISIONS = {
    "day": "the source gives the day",
    "month": "the source gives month and year",
    "year": "the source gives the year",
    "unknown": "no source gives a date",
}
FROM_KINDS = {
    "stated": "a source states the date",
    "unknown": "no source states a date; it was listed by first_observed at the latest",
}
TO_KINDS = {
    "ongoing": "listed at the newest trusted look at a source that is still kept up",
    "unknown": "no later look at a source tells; absence of news is not an ending",
    "ended_stated": "a source states the end",
    "delisted_observed": "two later trusted looks at the source no longer show it",
    "programme_ended": "the programme itself was ended or cancelled",
}
BOUNDS = {
    "exact": "the number itself",
    "at_least": "the number or more",
    "more_than": "more than the number",
    "about": "roughly the number",
    "at_most": "the number or fewer",
    "fewer_than": "fewer than the number",
}
VERDICTS = {
    "healthy": "the run can be trusted",
    "incomplete": "pages were lost: what came is published, nothing is marked missing",
    "failed": "the run is not published; the last good data stand",
    "never_run": "no run has ended yet",
}
LOOK_VERDICTS = {state: said for state, said in VERDICTS.items() if state != "never_run"}
BASES = {
    "stated": "the source gives this number for this period",
    "derived": "the difference of a running counter between two healthy looks",
}
PASSES_ON = {
    "bytes": "the archived bytes, and the facts in them",
    "facts": "the facts, with the addresses and hashes of the bytes they stand in",
    "nothing": "nothing: it is in no release",
}
OUTCOMES = {
    "ok": "an answer came (see http_status)",
    "not_modified": "the server said the earlier capture still holds",
    "imported": "a file handed in by an operator or shipped with the project",
    "unchanged": "an archive says that this copy has the bytes of the one kept here",
    "challenge": "a captcha or bot check stood in the page's place",
    "login": "a login page stood in the page's place",
    "script_shell": "a page without content, which only a script would fill",
    "unreachable": "no answer came",
}
LINK_OUTCOMES = {
    "linked": "it is that agency of the register",
    "uncertain": "it may be one of the candidates; a person must decide",
    "shared": "another department leads to the same agency; a person must decide",
    "none": "no agency of the register comes near",
}
DECIDED_BY = {
    "rule": "the rules of the linker",
    "decision": "a reviewed row of agency_decisions.csv",
}
SEEN = {
    "computed": "read or computed from a recorded file",
    "retrieved": "retrieved from the publisher by a third party",
    "press_copy": "seen in a stored page or press copy",
    "unverified": "not verified",
}
CHANGE_KINDS = {
    "added": "a source lists the department for the first time",
    "delisted": "two healthy looks at the source no longer show it; that is not an ending",
    "relisted": "the source lists it again after it was delisted",
    "renamed": "the same department under another name",
    "count_published": "a number nobody had published before",
    "count_revised": "another number for the same department, metric and period",
    "evidence_added": "the source names a document it did not name before",
    "category_retired": "a publisher stopped keeping a category; it ends nothing",
    "programme_started": "a programme, or one of its tools, began",
    "programme_announced": "a programme, or one of its tools, was announced",
    "programme_ended": "a programme, or one of its tools, ended; a tool's end ends no listing",
    "programme_cancelled": "a programme was cancelled before it began",
    "source_unreachable": "a source that could be read before could not be reached",
    "layout_changed": "a source that could be read before is no longer in a known layout",
    "text_changed": "a watched page says something else; a person must read it",
    "corrected": "a reviewed decision supersedes what a source said",
    "suppressed": "a reviewed decision withholds a row for privacy",
}
TABLE_NAMES = {
    name: name
    for name in (
        "agencies",
        "agency_links",
        "registered_agencies",
        "agency_places",
        "area_populations",
        "listings",
        "participations",
        "footage_requests",
        "footage_totals",
        "camera_counts",
        "legal_process",
        "reported_figures",
        "changes",
        "other_rows",
        "rejected",
        "sources",
        "looks",
        "fill_rates",
        "captures",
    )
}


def _agency(required: bool = True) -> Column:
    return Column("agency_id", "string", "department, see agencies", required, pattern=ID)


ORI = "[0-9A-Z]{9}"
PLACE = r"\d{7}|\d{10}"
ID = r"[a-z]{2}-[a-z0-9]+(?:-[a-z0-9]+)*"
HEX = r"[0-9a-f]{8,64}"


def _key(name: str, meaning: str) -> Column:
    return Column(name, "string", meaning, True, pattern=HEX)


def _programme(required: bool = True) -> Column:
    return Column("programme", "string", "programme it is listed in", required, PROGRAMME_KEYS)


def _source() -> Column:
    return Column("source", "string", "source, see sources", True)


FIRST = Column("first_observed", "datetime", "first trusted look that shows it (UTC)", True)
LAST = Column("last_observed", "datetime", "last trusted look that shows it (UTC)", True)

AGENCIES = Table(
    "agencies",
    "department",
    "The departments any source names, each once.",
    ("agency_id",),
    (
        _agency(),
        Column("name", "string", "name as the sources give it, tidied", True),
        Column("aliases", "string", "other names sources used, joined by ' | '"),
        Column("type", "string", "kind of agency", True, AGENCY_TYPES),
        Column("jurisdiction", "string", "kind of area it serves", True, JURISDICTIONS),
        Column("city", "string", "place the sources name"),
        Column("county", "string", "county or counties the sources name, joined by '; '"),
        Column("state", "string", "USPS code of the state or territory", True, pattern="[A-Z]{2}"),
        Column(
            "place_geoid",
            "string",
            "Census GEOID of the place (seven digits) or county subdivision (ten), where a "
            "gazetteer gives it",
            pattern=PLACE,
        ),
        Column("county_geoid", "string", "five-digit county FIPS code", pattern=r"\d{5}"),
        Column("ori", "string", "FBI ORI, where a register gives it", pattern=ORI),
        Column(
            "latitude",
            "number",
            "latitude of the labelled point",
            unit="degrees WGS 84",
            minimum=-90,
            maximum=90,
        ),
        Column(
            "longitude",
            "number",
            "longitude of the labelled point",
            unit="degrees WGS 84",
            minimum=-180,
            maximum=180,
        ),
        Column(
            "location_precision",
            "string",
            "what the point is: never an address",
            False,
            LOCATION_PRECISIONS,
        ),
        Column(
            "population",
            "integer",
            "residents of the place, not of the area served: the Census Bureau's estimate where "
            "population_year tells the year, else GeoNames' number of unknown date",
            unit="residents",
            minimum=0,
        ),
        Column(
            "population_year",
            "integer",
            "year (1 July) of the Census Bureau's estimate; empty where the number is GeoNames'",
        ),
        FIRST,
        LAST,
    ),
)

AGENCY_LINKS = Table(
    "agency_links",
    "department",
    "Which agency of the register each department is, or may be, and why. Empty where no register "
    "was read.",
    ("agency_id",),
    (
        _agency(),
        Column("ori", "string", "FBI ORI of the agency it is linked to", pattern=ORI),
        Column(
            "score",
            "number",
            "how near the best candidate comes, 100 for the same; empty where none comes near",
            unit="points",
            minimum=0,
            maximum=100,
        ),
        Column("outcome", "string", "what came of the search", True, LINK_OUTCOMES),
        Column("reason", "string", "why, in a sentence", True),
        Column("candidates", "string", "ORI, name and score of the nearest, joined by ' | '"),
        Column("decided_by", "string", "who decided", True, DECIDED_BY),
    ),
    (("agency_id", "agencies", "agency_id"), ("ori", "registered_agencies", "ori")),
)

REGISTERED_AGENCIES = Table(
    "registered_agencies",
    "ORI",
    "The agencies of a public register, as its newest edition that was read describes each. They "
    "need not be in any programme.",
    ("ori",),
    (
        Column("ori", "string", "FBI ORI, nine characters", True, pattern=ORI),
        Column("ori7", "string", "its first seven characters, by which older data know it", True),
        Column(
            "department_ori",
            "string",
            "ORI that stands for the department: the lowest of those that have one name, type, "
            "state and counties; most have one",
            True,
            pattern=ORI,
        ),
        Column("name", "string", "name as the register gives it, tidied", True),
        Column("state", "string", "USPS code of the state or territory", True, pattern="[A-Z]{2}"),
        Column("type", "string", "kind of agency", True, AGENCY_TYPES),
        Column("jurisdiction", "string", "kind of area it serves", True, JURISDICTIONS),
        Column("counties", "string", "counties the register names, joined by '; '"),
        Column(
            "county_geoids",
            "string",
            "five-digit FIPS codes of those that are known, joined by '; '",
            pattern=r"\d{5}(?:; \d{5})*",
        ),
        _source(),
        FIRST,
        LAST,
    ),
    (("source", "sources", "source"),),
)

AGENCY_PLACES = Table(
    "agency_places",
    "department x place or county",
    "The places and counties that a department serves or is filed under: every county of a cell, "
    "and what reviewed decisions add. A place that is not named here may still be served.",
    ("agency_place_id",),
    (
        _key("agency_place_id", "own id of the row"),
        _agency(),
        Column("role", "string", "how it comes to be named", True, PLACE_ROLES),
        Column("place", "string", "place, tidied"),
        Column("county", "string", "county, tidied"),
        Column(
            "place_geoid",
            "string",
            "Census GEOID of the place (seven digits) or county subdivision (ten), where a "
            "gazetteer gives it",
            pattern=PLACE,
        ),
        Column(
            "county_geoid",
            "string",
            "county FIPS code of 2017, of place or county",
            pattern=r"\d{5}",
        ),
        Column(
            "planning_region_geoid",
            "string",
            "in Connecticut the FIPS code of the planning region of the town, which the Census has "
            "in place of the county since vintage 2022",
            pattern=r"\d{5}",
        ),
        Column("reason", "string", "why, where it is a decision"),
        Column("told_by", "string", "where it is known from, where it is a decision"),
        Column("decided", "date", "day of the decision"),
        _source(),
    ),
    (("agency_id", "agencies", "agency_id"), ("source", "sources", "source")),
)

AREA_POPULATIONS = Table(
    "area_populations",
    "state or county",
    "Residents of states and counties by the newest estimates of the Census Bureau that were "
    "imported; empty where none were. Those of 2020 that ship stand for all others.",
    ("area",),
    (
        Column(
            "area",
            "string",
            "USPS code or five-digit FIPS code; Connecticut's planning regions beside its counties",
            True,
            pattern=r"[A-Z]{2}|\d{5}",
        ),
        Column("level", "string", "what it is", True, AREA_LEVELS),
        Column("name", "string", "name as the source gives it", True),
        Column("population", "integer", "residents", True, unit="residents", minimum=0),
        Column("year", "integer", "year, on 1 July of which they were so many", True),
        Column("series", "string", "which estimates: each vintage revises the last", True),
        _source(),
    ),
    (("source", "sources", "source"),),
)

LISTINGS = Table(
    "listings",
    "department x programme x source x stated date",
    "What each source says of a department: the claims that participations are made of.",
    ("listing_id",),
    (
        _key("listing_id", "own id of the claim"),
        _agency(),
        _programme(),
        _source(),
        Column("name_raw", "string", "department's name as the source wrote it", True),
        Column("city_raw", "string", "place as the source wrote it"),
        Column("county_raw", "string", "county as the source wrote it"),
        Column("state_raw", "string", "state as the source wrote it"),
        Column(
            "valid_from",
            "string",
            "stated start: YYYY-MM-DD, YYYY-MM or YYYY, as precise as stated",
            pattern=r"\d{4}(-\d{2}){0,2}",
        ),
        Column(
            "valid_from_precision",
            "string",
            "how precise the stated start is",
            True,
            DATE_PRECISIONS,
        ),
        Column("valid_from_text", "string", "the start as the source wrote it"),
        Column("profile_url", "string", "the department's page at the source"),
        Column("links", "string", "documents the row names: JSON list of {url, title, date_text}"),
        FIRST,
        LAST,
    ),
    (("agency_id", "agencies", "agency_id"), ("source", "sources", "source")),
)

PARTICIPATIONS = Table(
    "participations",
    "department x programme x spell",
    "Departments in programmes, from all sources together.",
    ("participation_id",),
    (
        Column("participation_id", "string", "agency_id, programme and spell, joined by ':'", True),
        _agency(),
        _programme(),
        Column("spell", "integer", "1 for the first time it was listed", True, minimum=1),
        Column(
            "valid_from",
            "string",
            "earliest stated start, as precise as stated",
            pattern=r"\d{4}(-\d{2}){0,2}",
        ),
        Column("valid_from_precision", "string", "how precise it is", True, DATE_PRECISIONS),
        Column("valid_from_kind", "string", "where the start comes from", True, FROM_KINDS),
        Column("valid_to", "string", "end, where one is stated"),
        Column("valid_to_kind", "string", "what is known of an end", True, TO_KINDS),
        FIRST,
        LAST,
        Column(
            "first_missing",
            "datetime",
            "first trusted look, after last_observed, that no longer shows it (UTC)",
        ),
        Column("claims", "integer", "listings it is made of", True, minimum=1),
        Column("sources", "string", "sources that list it, joined by '; '", True),
    ),
    (("agency_id", "agencies", "agency_id"),),
)

FOOTAGE_REQUESTS = Table(
    "footage_requests",
    "department or nation x metric x period x source x observation",
    "Published counts of requests for footage. No row means nobody published one.",
    ("request_id",),
    (
        _key("request_id", "own id of the count"),
        Column(
            "scope",
            "string",
            "whom it counts",
            True,
            {"agency": "one department", "nation": "all departments of the United States"},
        ),
        _agency(False),
        Column("metric", "string", "what is counted", True, METRIC_KEYS),
        Column("unit", "string", "unit; never summed across units", True),
        Column("value_state", "string", "is there a number, and if not why", True, VALUE_STATES),
        Column(
            "value",
            "number",
            "the number, only where value_state is value or zero_stated",
            minimum=0,
        ),
        Column("low", "number", "lower end, where a range is published", minimum=0),
        Column("high", "number", "upper end, where a range is published", minimum=0),
        Column("bound", "string", "how exact the publisher says it is", True, BOUNDS),
        Column("period_start", "date", "first day of the period"),
        Column("period_end", "date", "last day of the period"),
        Column("period_label", "string", "period as the source wrote it"),
        Column("label_raw", "string", "field the number stood in, as written"),
        Column("value_raw", "string", "the number as written"),
        Column("basis", "string", "where the number comes from", True, BASES),
        Column("observed_at", "datetime", "first trusted look in which it stood (UTC)", True),
        Column("last_observed", "datetime", "last of those in a row (UTC)", True),
        Column("current", "boolean", "is it the newest its source says of this period?", True),
        Column("revises", "string", "request_id of the number it took the place of", pattern=HEX),
        Column(
            "difference",
            "number",
            "value less the value it revises, where both are numbers",
        ),
        _source(),
    ),
    (("agency_id", "agencies", "agency_id"), ("source", "sources", "source")),
)

FOOTAGE_TOTALS = Table(
    "footage_totals",
    "nation, state or county x metric x period",
    "Known counts of single departments added up, with how many are known of how many listed. "
    "A lower bound and never an estimate: what is not known is not imputed. A county has a row "
    "only where a count of one of its departments is known for that period.",
    ("total_id",),
    (
        _key("total_id", "own id of the total"),
        Column(
            "scope",
            "string",
            "what is added up",
            True,
            {
                "nation": "all departments",
                "state": "the departments of one state",
                "county": "the departments of one county, where they are known to be in it",
            },
        ),
        Column("state", "string", "USPS code, where scope is state", pattern="[A-Z]{2}"),
        Column(
            "county_geoid",
            "string",
            "five-digit county FIPS code, where scope is county",
            pattern=r"\d{5}",
        ),
        _programme(),
        Column("metric", "string", "what is counted", True, METRIC_KEYS),
        Column("unit", "string", "unit; never summed across units", True),
        Column("period_start", "date", "first day of the period", True),
        Column("period_end", "date", "last day of the period", True),
        Column("value_state", "string", "is there a number, and if not why", True, VALUE_STATES),
        Column("value", "number", "sum of the known counts, each the newest stated", minimum=0),
        Column("n_known", "integer", "departments with a known count", True, minimum=0),
        Column(
            "n_total",
            "integer",
            "departments listed in the programme by the end of the period, or with a known count",
            True,
            minimum=0,
        ),
    ),
)

CAMERA_COUNTS = Table(
    "camera_counts",
    "department or community x metric x observation",
    "Cameras a community's public statistics state. Not additive: communities see each other's.",
    ("camera_count_id",),
    (
        _key("camera_count_id", "own id of the observation"),
        _agency(),
        _programme(),
        Column("metric", "string", "what is counted", True, METRIC_KEYS),
        Column("unit", "string", "unit", True),
        Column("additive", "boolean", "may it be summed over communities?", True),
        Column("value_state", "string", "is there a number, and if not why", True, VALUE_STATES),
        Column(
            "value",
            "number",
            "the number, only where value_state is value or zero_stated",
            minimum=0,
        ),
        Column("value_raw", "string", "the number as written"),
        Column("observed_at", "datetime", "first trusted look in which it stood (UTC)", True),
        Column("last_observed", "datetime", "last of those in a row (UTC)"),
        _source(),
    ),
    (("agency_id", "agencies", "agency_id"), ("source", "sources", "source")),
)

LEGAL_PROCESS = Table(
    "legal_process",
    "publisher x period x process x metric x source",
    "What companies reported of legal demands. National, of no single department; figures that "
    "conflict stand side by side.",
    ("demand_id",),
    (
        _key("demand_id", "own id of the figure"),
        Column("publisher", "string", "company whose demands are counted", True),
        Column("period_start", "date", "first day of the period", True),
        Column("period_end", "date", "last day of the period", True),
        Column("process", "string", "kind of legal process", True, PROCESSES),
        Column("metric", "string", "what is counted", True, METRIC_KEYS),
        Column("unit", "string", "unit; never summed across units", True),
        Column("value_state", "string", "is there a number, and if not why", True, VALUE_STATES),
        Column("value", "number", "the number", minimum=0),
        Column("low", "number", "lower end, where a range is published", minimum=0),
        Column("high", "number", "upper end, where a range is published", minimum=0),
        Column("bound", "string", "how exact the publisher says it is", True, BOUNDS),
        Column("source_title", "string", "who published it", True),
        Column("source_url", "string", "page it was seen on", True),
        Column("seen", "string", "how it was seen", True, SEEN),
        Column("note", "string", "what a reader must know"),
        Column("observed_at", "datetime", "first trusted look that shows it (UTC)", True),
        _source(),
    ),
    (("source", "sources", "source"),),
)

REPORTED_FIGURES = Table(
    "reported_figures",
    "claim",
    "Figures others published, kept side by side; conflicts are not reconciled.",
    ("figure_id",),
    (
        Column(
            "figure_id", "string", "own id of the claim", True, pattern=r"[a-z0-9]+(?:-[a-z0-9]+)*"
        ),
        Column("metric", "string", "what is counted", True, METRIC_KEYS),
        Column("unit", "string", "unit; never summed across units", True),
        Column("programme", "string", "programme it speaks of", False, PROGRAMME_KEYS),
        Column("population", "string", "whom it counts", True),
        _agency(False),
        Column("value", "number", "the number", minimum=0),
        Column("low", "number", "lower end, where a range is published", minimum=0),
        Column("high", "number", "upper end, where a range is published", minimum=0),
        Column("bound", "string", "how exact the publisher says it is", True, BOUNDS),
        Column("as_of", "date", "day it speaks for"),
        Column("period_start", "date", "first day of the period it counts"),
        Column("period_end", "date", "last day of the period it counts"),
        Column("source_title", "string", "who published it", True),
        Column("source_url", "string", "page it was seen on", True),
        Column("seen", "string", "how it was seen", True, SEEN),
        Column("note", "string", "what a reader must know"),
        Column(
            "our_value",
            "number",
            "our own count for the same population and date, where we have one",
            minimum=0,
        ),
        Column("our_count", "string", "what our_value counts, in words"),
        Column("difference", "number", "our_value less value"),
    ),
    (("agency_id", "agencies", "agency_id"),),
)

CHANGES = Table(
    "changes",
    "event",
    "What changed, when it was so and when it was seen: what came, what went, what was revised.",
    ("change_id",),
    (
        _key("change_id", "own id of the event"),
        Column("observed_at", "datetime", "the look that showed it (UTC)", True),
        Column(
            "valid_at",
            "string",
            "day, month or year it was so, where known",
            pattern=r"\d{4}(-\d{2}){0,2}",
        ),
        Column("kind", "string", "kind of event", True, CHANGE_KINDS),
        _agency(False),
        _programme(False),
        _source(),
        Column("before", "string", "state before"),
        Column("after", "string", "state after"),
    ),
    (("agency_id", "agencies", "agency_id"), ("source", "sources", "source")),
)

OTHER_ROWS = Table(
    "other_rows",
    "capture x category",
    "Rows of other subjects in a source's bytes, so that every row is accounted for.",
    ("capture_id", "category"),
    (
        _key("capture_id", "capture, see captures"),
        _source(),
        Column("category", "string", "the source's own name for the subject", True),
        Column("rows", "integer", "rows", True, unit="rows", minimum=0),
    ),
    (("capture_id", "captures", "capture_id"),),
)

REJECTED = Table(
    "rejected",
    "row that could not be understood",
    "Rows set aside by name with the reason; never guessed, never dropped silently.",
    ("rejected_id",),
    (
        _key("rejected_id", "own id"),
        _source(),
        _key("capture_id", "capture, see captures"),
        Column("position", "integer", "row or Placemark number in the bytes, from 1", minimum=1),
        Column("name", "string", "department or row as written"),
        Column("reason", "string", "why it could not be understood", True),
    ),
    (("capture_id", "captures", "capture_id"),),
)

SOURCES = Table(
    "sources",
    "source",
    "Where the records come from, how fresh they are and whether the last run could be trusted.",
    ("source",),
    (
        Column("source", "string", "own name of the source", True),
        Column("title", "string", "title", True),
        Column("publisher", "string", "publisher", True),
        Column("homepage", "string", "where a reader may look", True),
        Column("licence", "string", "licence of what it publishes", True),
        Column("licence_url", "string", "address of the licence"),
        Column("attribution", "string", "how it asks to be named", True),
        Column("passes_on", "string", "what of it a release hands on", True, PASSES_ON),
        Column("caveat", "string", "what a reader must know of it"),
        Column("notice", "string", "said of the runs that are published, e.g. that it is a sample"),
        Column("last_run", "datetime", "newest moment a run looked at it, trusted or not (UTC)"),
        Column("verdict", "string", "verdict of that look", True, VERDICTS),
        Column("reason", "string", "why"),
        Column("last_healthy", "datetime", "last observation by a healthy run (UTC)"),
        Column("rows", "integer", "rows read by the last trusted run", unit="rows", minimum=0),
        Column("records", "integer", "records of the last trusted run", unit="records", minimum=0),
        Column("rejected", "integer", "rows it set aside", unit="rows", minimum=0),
        Column("newest_fact", "string", "newest date any of its records states"),
        Column(
            "rows_least",
            "integer",
            "rows a look must hold: fewer fail it",
            unit="rows",
            minimum=0,
        ),
        Column(
            "rows_most",
            "integer",
            "rows a look must stay below: more make it incomplete",
            unit="rows",
            minimum=0,
        ),
        Column(
            "floor",
            "number",
            "share of what the last healthy look counted below which a look fails",
            minimum=0,
            maximum=1,
        ),
        Column(
            "fresh_days",
            "integer",
            "days for which a healthy look is expected to be the newest; empty where nobody "
            "expects another",
            unit="days",
            minimum=1,
        ),
    ),
)

LOOKS = Table(
    "looks",
    "look at a source",
    "How each look at a source ended, trusted or not. When a program ran is not told here: the "
    "same bytes read again give the same rows.",
    ("look_id",),
    (
        Column("look_id", "string", "own id of the look", True),
        _source(),
        Column("observed_at", "datetime", "the moment it speaks for (UTC)", True),
        Column("verdict", "string", "can it be trusted?", True, LOOK_VERDICTS),
        Column("reason", "string", "why", True),
        Column(
            "published",
            "boolean",
            "is it published? Of several readings of the same bytes the newest trusted one is",
            True,
        ),
        Column(
            "first_hand",
            "boolean",
            "were its bytes fetched at the moment it speaks for? No also where none is published",
            True,
        ),
        Column("notice", "string", "said of it, e.g. that it is a sample"),
        Column("parser_version", "integer", "version of the source's parser", True, minimum=1),
        Column("warc", "string", "file in the archive that it read", True),
        Column("rows", "integer", "rows of any category it counted", unit="rows", minimum=0),
        Column("records", "integer", "records it took", True, unit="records", minimum=0),
        Column("rejected", "integer", "rows it set aside", True, unit="rows", minimum=0),
        Column("pages_lost", "integer", "pages that were lost", True, unit="pages", minimum=0),
        Column("lost", "string", "how they were lost, in words"),
        Column(
            "unread_fields",
            "integer",
            "fields in the bytes of its run that nobody reads: the layout has changed",
            True,
            unit="fields",
            minimum=0,
        ),
        Column("unread", "string", "their names, joined by ' | '"),
    ),
    (("source", "sources", "source"),),
)

FILL_RATES = Table(
    "fill_rates",
    "source x kind of record x field",
    "In how many records of the newest published look at a source each field is filled, and in how "
    "many of the published look before: a field that empties tells of a layout that changed.",
    ("source", "kind", "field"),
    (
        _source(),
        Column("kind", "string", "kind of record", True),
        Column("field", "string", "field of that kind", True),
        Column("look_id", "string", "the newest published look, see looks", True),
        Column("observed_at", "datetime", "the moment it speaks for (UTC)", True),
        Column("records", "integer", "records of the kind", True, unit="records", minimum=1),
        Column("filled", "integer", "those that fill the field", True, unit="records", minimum=0),
        Column("share", "number", "filled of records", True, minimum=0, maximum=1),
        Column("records_before", "integer", "records of the look before", unit="records"),
        Column("filled_before", "integer", "those that filled the field", unit="records"),
    ),
    (("source", "sources", "source"), ("look_id", "looks", "look_id")),
)

CAPTURES = Table(
    "captures",
    "capture",
    "The bytes: each answer as it was archived.",
    ("capture_id",),
    (
        _key("capture_id", "own id"),
        _source(),
        Column("url", "string", "address asked, or urn of the file handed in", True),
        Column("original_url", "string", "address an archived copy was taken of"),
        Column("fetched_at", "datetime", "when the bytes came to us (UTC)", True),
        Column("observed_at", "datetime", "the moment they speak for (UTC)", True),
        Column("outcome", "string", "what came", True, OUTCOMES),
        Column("http_status", "integer", "status of the answer", minimum=100, maximum=599),
        Column("sha256", "string", "SHA-256 of the body as received", pattern="[0-9a-f]{64}"),
        Column("bytes", "integer", "length of the body as received", unit="bytes", minimum=0),
        Column("warc", "string", "file in the archive", True),
        Column(
            "warc_offset", "integer", "where in it the record begins", True, unit="bytes", minimum=0
        ),
    ),
    (("source", "sources", "source"),),
)

EVIDENCE = Table(
    "evidence",
    "fact x capture",
    "Which bytes each row rests on.",
    ("table", "row_id", "capture_id"),
    (
        Column("table", "string", "table of the fact", True, TABLE_NAMES),
        Column("row_id", "string", "key of the fact in that table (parts joined by ':')", True),
        _key("capture_id", "capture, see captures"),
    ),
    (("capture_id", "captures", "capture_id"),),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        AGENCIES,
        AGENCY_LINKS,
        REGISTERED_AGENCIES,
        AGENCY_PLACES,
        AREA_POPULATIONS,
        LISTINGS,
        PARTICIPATIONS,
        FOOTAGE_REQUESTS,
        FOOTAGE_TOTALS,
        CAMERA_COUNTS,
        LEGAL_PROCESS,
        REPORTED_FIGURES,
        CHANGES,
        OTHER_ROWS,
        REJECTED,
        SOURCES,
        LOOKS,
        FILL_RATES,
        CAPTURES,
        EVIDENCE,
    )
}


def row_ids(table: Table, frame: pd.DataFrame) -> pd.Series:
    """The ``row_id`` by which ``evidence`` names each row: its key parts joined by ':'."""
    first, *others = (frame[column].astype("string") for column in table.key)
    for part in others:
        first = first + ":" + part
    return first
