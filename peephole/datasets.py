"""Datasets as they lie on a disk: their tables, and the hashes a data package tells of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from peephole.findings import Finding

UNREADABLE = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, ArithmeticError),
    *(MemoryError, sqlite3.Error, pa.ArrowException),
)
"""What readers raise where a file is damaged; GDAL's errors are RuntimeErrors."""


def read(path: Path) -> dict[str, pd.DataFrame]:
    """The tables that a dataset holds, by name; none of a format that is not read here."""
    from analysis import formats
    from analysis.tables import AGENCIES, TABLES

    stem, _, kind = path.name.partition(".")
    if kind == "sqlite":
        return _database(path)
    if kind == "gpkg":
        import pyogrio

        frame = pyogrio.read_dataframe(path, read_geometry=False)
        return {AGENCIES.name: frame.reindex(columns=AGENCIES.names)}
    if kind == "geojson":
        features = json.loads(path.read_text("utf-8"))["features"]
        rows = [
            {**dict(zip(("longitude", "latitude"), each["geometry"]["coordinates"], strict=True))}
            | each["properties"]
            for each in features
        ]
        return {AGENCIES.name: pd.DataFrame(rows, columns=AGENCIES.names, dtype=object)}
    if kind in ("parquet", "geo.parquet"):
        frame = pd.read_parquet(path)
        return {stem: frame.drop(columns="geometry", errors="ignore")}
    return {stem: formats.read_csv(path, TABLES[stem])} if kind == "csv" else {}


def _database(path: Path) -> dict[str, pd.DataFrame]:
    from analysis.tables import TABLES

    found = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        for name, table in TABLES.items():
            columns = ", ".join(f'"{column}"' for column in table.names)
            rows = connection.execute(f'SELECT {columns} FROM "{name}"')  # noqa: S608 (declared)
            frame = pd.DataFrame(rows.fetchall(), columns=table.names, dtype=object)
            for column in table.columns:
                if column.kind == "boolean":
                    frame[column.name] = frame[column.name].map({0: False, 1: True})
            found[name] = frame
    return found


def hashes(path: Path) -> tuple[dict[str, str], list[Finding]]:
    """The SHA-256 that a data package tells of its files."""
    where = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        return {}, []
    try:
        package = json.loads(path.read_text("utf-8"))
        resources = package["resources"]
        told = {str(each["path"]): str(each.get("hash", "")) for each in resources}
    except UNREADABLE as problem:
        return {}, [Finding("damage", where, f"{where} cannot be read: {problem}"[:300])]
    hashes = {
        name: said.removeprefix("sha256:")
        for name, said in told.items()
        if said.startswith("sha256:") and Path(name).name == name
    }
    odd = sorted(told.keys() - hashes.keys())
    return hashes, [
        Finding("damage", where, f"{where} tells no SHA-256 of {name!r}") for name in odd
    ]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a JSON text by their path; a resource is named by its file, not its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            name = inner.get("path", number) if isinstance(inner, dict) else number
            yield from leaves(inner, f"{path}/{name}")
    else:
        yield path, value
