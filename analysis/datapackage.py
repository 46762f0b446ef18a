"""What the exports are, told to programs: the descriptor ``datapackage.json`` (Data Package)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.places import ATTRIBUTIONS
from analysis.tables import AGENCIES, TABLES, Column, Table

if TYPE_CHECKING:
    from analysis.exports import Export

NAME = "peephole"
TITLE = "Departments listed in police camera programmes"
DESCRIPTION = (
    "United States law-enforcement and public-safety departments that public records list in "
    "programmes through which police can ask for private footage, with the published counts, the "
    "sources and the captured bytes each row rests on. A listing does not show that a department "
    "ever asked for footage. An empty cell is unknown: it is never zero, and absence from a source "
    "is never an ending."
)
CSV_NOTE = (
    "In the CSV files, and only there, a text cell gets a leading apostrophe when it begins with "
    "= + - @ (also their full-width forms, also behind blanks or invisible characters), with a "
    "tab, line break or other control character, or with an apostrophe, so that no spreadsheet "
    "runs it as a formula. Take one leading apostrophe away to have the text as it is; "
    "`analysis.formats.read_csv` does. Numbers are left alone."
)
POINT_NOTE = (
    "A point is the centre of the place, county or state that location_precision names, never a "
    "department's address. Departments without a labelled point are in the other formats only."
)
MEDIA_TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "geo.parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "sqlite": "application/vnd.sqlite3",
}
RIGHTS = ["title", "publisher", "homepage", "licence", "licence_url", "attribution"]
OBSERVATIONS = ("observed_at", "last_observed")
"""Columns that say when something was seen; the newest of them dates the whole package."""


def newest_observation(tables: Mapping[str, pd.DataFrame]) -> str | None:
    """The newest moment any row was observed (UTC, milliseconds), None where nothing was."""
    seen = [frame[name] for frame in tables.values() for name in OBSERVATIONS if name in frame]
    moments = pd.to_datetime(pd.concat(seen).dropna().drop_duplicates(), format="ISO8601", utc=True)
    if moments.empty:
        return None
    return f"{moments.max().tz_localize(None).isoformat(timespec='milliseconds')}Z"


def attributions(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """How every source the tables rest on asks to be named, geography last, once each."""
    return list(dict.fromkeys([*tables["sources"]["attribution"], *ATTRIBUTIONS]))


def describe(tables: Mapping[str, pd.DataFrame], exports: Sequence[Export]) -> dict[str, Any]:
    """The Data Package descriptor of the files written from ``tables``.

    Licences are compartments: each resource names the sources its rows rest on and theirs.
    """
    everything = set(tables["sources"]["source"])
    by_table = {"": everything, **_sources_by_table(tables)}
    package: dict[str, Any] = {
        "profile": "data-package",
        "name": NAME,
        "title": TITLE,
        "description": f"{DESCRIPTION}\n\n{CSV_NOTE}\n\n{POINT_NOTE}",
        "contributors": [{"title": "The Peephole project", "role": "wrangler"}],
        **_rights(tables["sources"], everything, places=True),
        "resources": [
            _resource(export, tables, by_table.get(export.table, set())) for export in exports
        ],
    }
    created = newest_observation(tables)
    if created:
        package["created"] = created
    return package


def _sources_by_table(tables: Mapping[str, pd.DataFrame]) -> dict[str, set[str]]:
    """The sources the rows of each table rest on: as they say, else as their evidence says."""
    pairs = tables["evidence"][["table", "capture_id"]].drop_duplicates()
    proofs = pairs.merge(tables["captures"][["capture_id", "source"]], on="capture_id")
    found = {str(name): set(group) for name, group in proofs.groupby("table")["source"]}
    found["evidence"] = set(proofs["source"])
    found |= {name: set(frame["source"]) for name, frame in tables.items() if "source" in frame}
    return found


def _rights(sources: pd.DataFrame, wanted: set[str], places: bool) -> dict[str, Any]:
    """``licenses`` and ``sources`` of a package or resource; left out where there are none."""
    chosen = sources.loc[sources["source"].isin(wanted), RIGHTS].fillna("")
    named = [
        {key: value for key, value in row.items() if key != "licence_url" and value}
        | ({"path": row["homepage"]} if _is_web(row["homepage"]) else {})
        for row in chosen.to_dict("records")
    ]
    if places:
        named += [{"title": text.partition(":")[0], "attribution": text} for text in ATTRIBUTIONS]
    terms = chosen[["licence", "licence_url"]].drop_duplicates()
    licences = [
        {"title": title, "path": url}
        if _is_web(url)
        else {"title": title, "name": re.sub(r"[^A-Za-z0-9.]+", "-", title).strip("-") or "none"}
        for title, url in terms.itertuples(index=False, name=None)
    ]
    return {key: value for key, value in (("licenses", licences), ("sources", named)) if value}


def _is_web(address: str) -> bool:
    return address.startswith(("https://", "http://"))


def _resource(
    export: Export, tables: Mapping[str, pd.DataFrame], sources: set[str]
) -> dict[str, Any]:
    table = TABLES.get(export.table)
    suffix = "" if export.format == "csv" else "-" + export.format.replace(".", "-")
    resource: dict[str, Any] = {
        "name": (export.table or NAME) + suffix,
        "path": export.path.name,
        "title": f"{export.table or 'all tables'} ({export.format})",
        "description": _resource_note(export, table),
        "format": export.format.rpartition(".")[2],
        "mediatype": MEDIA_TYPES[export.format],
        "hash": f"sha256:{export.sha256}",
        **_rights(tables["sources"], sources, places=export.table in ("", AGENCIES.name)),
    }
    if resource["format"] != "parquet":  # frictionless 5.21 finds no bytes in Parquet: a fault
        resource["bytes"] = export.bytes
    if table is not None and export.format in ("csv", "parquet"):
        resource["profile"] = "tabular-data-resource"
        resource["schema"] = table_schema(table, suffix)
    return resource


def _resource_note(export: Export, table: Table | None) -> str:
    if table is None:
        return "All tables in one SQLite file, with keys and indexes."
    note = f"{table.meaning} One row is one {table.grain}."
    if export.format == "csv":
        return f"{note} {CSV_NOTE}"
    return note if export.format == "parquet" else f"{note} {POINT_NOTE}"


def table_schema(table: Table, suffix: str = "") -> dict[str, Any]:
    """The Table Schema of a table; ``suffix`` names the resources its foreign keys point to."""
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in table.columns],
        "missingValues": [""],
        "primaryKey": list(table.key),
    }
    if table.references:
        schema["foreignKeys"] = [
            {
                "fields": [name],
                "reference": {"resource": parent + suffix, "fields": [key]},
            }
            for name, parent, key in table.references
        ]
    return schema


def _field(column: Column) -> dict[str, Any]:
    constraints = {
        "required": column.required or None,
        "enum": list(column.allowed) if column.allowed is not None else None,
        "pattern": column.pattern or None,
        "minimum": column.minimum,
        "maximum": column.maximum,
    }
    field = {
        "name": column.name,
        "type": column.kind,
        "title": column.name.replace("_", " "),
        "description": column.meaning,
        "unit": column.unit or None,
        "enumLabels": dict(column.allowed) if column.allowed is not None else None,
        "constraints": {key: value for key, value in constraints.items() if value is not None},
    }
    return {key: value for key, value in field.items() if value}
