"""Finding one's way in ``peephole.sqlite``: the full-text search, and what Datasette is told of it.

Datasette: https://docs.datasette.io/en/stable/metadata.html and .../full_text_search.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from analysis.datapackage import DESCRIPTION, TITLE, attributions
from analysis.tables import TABLES, Column

DATABASE = "peephole"
"""The stem of the file, by which Datasette calls the database."""
SEARCH = "agencies_search"


class Query(NamedTuple):
    """A query in SQL, and what it tells."""

    title: str
    sql: str


INDEX = """
CREATE VIRTUAL TABLE agencies_search USING fts5(
    agency_id UNINDEXED, name, aliases, places, documents,
    tokenize = "unicode61 remove_diacritics 2"
);
INSERT INTO agencies_search (rowid, agency_id, name, aliases, places, documents)
WITH written AS (
    SELECT agency_id, group_concat(name_raw, ' | ') AS names
    FROM (SELECT DISTINCT agency_id, name_raw FROM listings ORDER BY agency_id, name_raw)
    GROUP BY agency_id
), filed AS (
    SELECT agency_id, group_concat(told, ' | ') AS names
    FROM (
        SELECT agency_id, place AS told FROM agency_places WHERE place IS NOT NULL
        UNION SELECT agency_id, county FROM agency_places WHERE county IS NOT NULL
        ORDER BY 1, 2
    )
    GROUP BY agency_id
), linked AS (
    SELECT agency_id, group_concat(told, ' | ') AS titles
    FROM (
        SELECT DISTINCT agency_id, coalesce(link.value ->> 'title', '') || ' ' ||
            coalesce(link.value ->> 'url', '') AS told
        FROM listings, json_each(listings.links) AS link
        WHERE json_valid(listings.links) AND link.type = 'object'
        ORDER BY 1, 2
    )
    GROUP BY agency_id
)
SELECT agencies.rowid, agency_id, name,
    coalesce(aliases || ' | ', '') || coalesce(written.names, ''),
    coalesce(city || ' | ', '') || coalesce(county || ' | ', '') || state
        || coalesce(' | ' || filed.names, ''),
    linked.titles
FROM agencies
LEFT JOIN written USING (agency_id)
LEFT JOIN filed USING (agency_id)
LEFT JOIN linked USING (agency_id)
ORDER BY agencies.rowid;
INSERT INTO agencies_search (agencies_search) VALUES ('optimize');
"""

QUERIES: dict[str, Query] = {
    "find_departments": Query(
        "Departments by words of their names, other names, places and documents",
        "SELECT agencies.agency_id, agencies.name, city, county, state FROM agencies_search "
        "JOIN agencies USING (agency_id) WHERE agencies_search MATCH escape_fts(:words) "
        "ORDER BY rank, agencies.agency_id LIMIT 100",
    ),
    "listed_in_a_state": Query(
        "Departments listed in a programme, by state (two letters), with what is known of start "
        "and end",
        "SELECT name, city, programme, valid_from, valid_from_precision, valid_to_kind, "
        "participations.first_observed, participations.last_observed, sources "
        "FROM participations JOIN agencies USING (agency_id) WHERE state = :state "
        "ORDER BY name, programme, spell",
    ),
    "listed_by_state": Query(
        "How many departments are listed in each programme, by state; of a state that is not here "
        "nothing is known",
        "SELECT state, programme, count(DISTINCT agency_id) AS departments "
        "FROM participations JOIN agencies USING (agency_id) "
        "GROUP BY state, programme ORDER BY state, programme",
    ),
    "known_requests": Query(
        "The newest published counts of requests for footage; where there is no row nobody "
        "published one, which is not zero",
        "SELECT agencies.name, state, metric, value, low, high, bound, unit, value_state, "
        "period_start, period_end, basis, source FROM footage_requests "
        "LEFT JOIN agencies USING (agency_id) WHERE current ORDER BY state, name, period_start",
    ),
    "changes_since": Query(
        "What came, went or was revised, seen on a day (2024-01-01) or later",
        "SELECT observed_at, kind, agency_id, programme, before, after, source FROM changes "
        "WHERE observed_at >= :day ORDER BY observed_at DESC, change_id",
    ),
    "bytes_behind_a_row": Query(
        "The captures a row rests on, by table and key: which bytes say so, and their SHA-256",
        "SELECT captures.source, url, original_url, observed_at, fetched_at, sha256, warc, "
        'warc_offset FROM evidence JOIN captures USING (capture_id) WHERE "table" = :table '
        "AND row_id = :row_id ORDER BY observed_at, capture_id",
    ),
    "how_fresh": Query(
        "How fresh each source is, on what terms it is published, and whether its newest look can "
        "be trusted",
        "SELECT title, verdict, reason, last_healthy, newest_fact, licence, passes_on, attribution "
        "FROM sources ORDER BY source",
    ),
}
"""Queries that ship with the database, by name."""

SHOWN_BY = {"agencies": "name", "sources": "title", "registered_agencies": "name"}
"""The column by which Datasette names a row that others point to."""


def add_search(connection: sqlite3.Connection) -> None:
    """The full-text index :data:`SEARCH` over what departments are called, where they are and what
    documents name them; ``rowid`` is that of ``agencies``.

    Raises:
        sqlite3.Error: the tables are not there, or the file cannot be written.
    """
    for statement in INDEX.split(";\n"):
        connection.execute(statement)


def metadata(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """What ``datasette serve peephole.sqlite --metadata metadata.json`` reads: titles, licences,
    meanings of tables and columns, units, and :data:`QUERIES`."""
    return {
        "title": TITLE,
        "description": DESCRIPTION,
        "license": "the licences of the sources, named in the table sources",
        "source": "; ".join(attributions(tables)),
        "databases": {
            DATABASE: {
                "queries": {name: query._asdict() for name, query in QUERIES.items()},
                "tables": {name: _told(name) for name in TABLES} | {SEARCH: {"hidden": True}},
            }
        },
    }


def _told(name: str) -> dict[str, Any]:
    table = TABLES[name]
    told: dict[str, Any] = {
        "title": name.replace("_", " "),
        "description": f"{table.meaning} One row is one {table.grain}.",
        "columns": {column.name: _meaning(column) for column in table.columns},
    }
    if name in SHOWN_BY:
        told["label_column"] = SHOWN_BY[name]
    if name == "agencies":
        told |= {"fts_table": SEARCH, "fts_pk": "rowid", "facets": ["state", "type"]}
    return told


def _meaning(column: Column) -> str:
    return f"{column.meaning} ({column.unit})" if column.unit else column.meaning
