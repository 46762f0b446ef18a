"""What the exports are, told to programs: the descriptor ``datapackage.json`` (Data Package)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.codebook import CODEBOOK
from analysis.licences import Rights, sources_by_table
from analysis.places import ATTRIBUTIONS
from analysis.tables import AGENCIES, TABLES, Column, Table

if TYPE_CHECKING:
    from analysis.exports import Export

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
SCHEMA_PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
"""What the descriptor and its schemas follow: Data Package, version 2."""
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
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "wacz": "application/wacz",
}
WHOLE = {
    "sqlite": "All tables in one SQLite file, with keys, indexes and a full-text search.",
    "xlsx": "The codebook and the tables, a sheet each, for reading in a spreadsheet.",
    "wacz": (
        "The archived bytes of the sources that allow it to be handed on, WARC in one WACZ; of the "
        "others the table captures has the addresses and hashes."
    ),
}
DESCRIBED = {**TABLES, CODEBOOK.name: CODEBOOK}
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


def describe(
    tables: Mapping[str, pd.DataFrame],
    exports: Sequence[Export],
    folder: Path,
    version: str = "",
) -> dict[str, Any]:
    """The Data Package descriptor, to lie in ``folder``, of the files written from ``tables``;
    ``version`` is that of a release.

    Licences are compartments: each resource names the sources its rows rest on and theirs.
    """
    sources, of_table = tables["sources"], sources_by_table(tables)
    of_table[CODEBOOK.name] = set()
    rights = Rights(sources)
    archived = set(sources.loc[sources["passes_on"].eq("bytes"), "source"])
    of_bytes = archived & of_table["captures"]
    package: dict[str, Any] = {
        "$schema": PROFILE,
        "name": NAME,
        "title": TITLE,
        "description": f"{DESCRIPTION}\n\n{CSV_NOTE}\n\n{POINT_NOTE}",
        "contributors": [{"title": "The Peephole project", "roles": ["wrangler"]}],
        **rights.of(of_table[""], places=True),
        "resources": [
            _resource(
                export,
                folder,
                rights,
                of_bytes if export.format == "wacz" else of_table[export.table],
            )
            for export in exports
        ],
    }
    created = newest_observation(tables)
    said = {"version": version, "created": created}
    return package | {key: value for key, value in said.items() if value}


def _resource(export: Export, folder: Path, rights: Rights, wanted: set[str]) -> dict[str, Any]:
    table = DESCRIBED.get(export.table)
    suffix = "" if export.format == "csv" else "-" + export.format.replace(".", "-")
    resource: dict[str, Any] = {
        "name": (export.table or NAME) + suffix,
        "path": export.path.relative_to(folder).as_posix(),
        "title": f"{export.table or 'all tables'} ({export.format})",
        "description": _resource_note(export, table),
        "format": export.format.rpartition(".")[2],
        "mediatype": MEDIA_TYPES[export.format],
        "hash": f"sha256:{export.sha256}",
        **rights.of(wanted, places=export.table in ("", AGENCIES.name) and export.format != "wacz"),
    }
    if resource["format"] != "parquet":  # frictionless 5.21 finds no bytes in Parquet: a fault
        resource["bytes"] = export.bytes
    if table is not None and export.format in ("csv", "parquet"):
        resource["type"] = "table"
        resource["schema"] = table_schema(table, suffix)
    return resource


def _resource_note(export: Export, table: Table | None) -> str:
    if table is None:
        return WHOLE[export.format]
    note = f"{table.meaning} One row is one {table.grain}."
    if export.format == "csv":
        return f"{note} {CSV_NOTE}"
    return note if export.format == "parquet" else f"{note} {POINT_NOTE}"


def table_schema(table: Table, suffix: str = "") -> dict[str, Any]:
    """The Table Schema of a table; ``suffix`` names the resources its foreign keys point to."""
    schema: dict[str, Any] = {
        "$schema": SCHEMA_PROFILE,
        "fields": [_field(column) for column in table.columns],
        "fieldsMatch": "exact",
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
        "dtype": column.dtype,
        "categories": [
            {"value": value, "label": label} for value, label in (column.allowed or {}).items()
        ],
        "constraints": {key: value for key, value in constraints.items() if value is not None},
    }
    return {key: value for key, value in field.items() if value}
