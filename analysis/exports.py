"""The published files: every table as CSV, Parquet and SQLite, departments also as points.

The same tables give the same bytes. A failed export leaves the earlier files as they were.
"""

from __future__ import annotations

import fcntl
import filecmp
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio

from analysis.datapackage import DESCRIBED, attributions, describe, newest_observation
from analysis.formats import (
    COORDINATES,
    write_csv,
    write_geojson,
    write_geopackage,
    write_json,
    write_parquet,
    write_sqlite,
)
from analysis.tables import AGENCIES, TABLES, Table

DECIMALS = 5
"""Five decimals of a degree are about a metre; a centroid means no more."""

WITHOUT_OBSERVATION = "1970-01-01T00:00:00.000Z"
"""GeoPackage demands a date of change; empty tables have none."""

WRITE_ERRORS = (
    OSError,
    sqlite3.Error,
    pa.ArrowException,
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
)


Writer = Callable[[Path], object]
"""Writes one whole file at the path given."""


class ExportError(Exception):
    """A file could not be written; the message names it and the reason."""


@dataclass(frozen=True, slots=True)
class Export:
    """A published file; ``table`` is empty where it holds all of them, ``sha256`` is hex."""

    table: str
    format: str
    path: Path
    bytes: int
    sha256: str


def write_exports(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[Export]:
    """Write every published file to ``folder``; one whose bytes are the same is not touched.

    Files: ``NAME.csv`` and ``NAME.parquet`` of each table, ``agencies.geojson``,
    ``agencies.geo.parquet`` and ``agencies.gpkg`` with the departments that have a labelled point,
    ``peephole.sqlite`` and ``datapackage.json``.

    Args:
        tables: all frames of :data:`analysis.tables.TABLES`, typed as declared there.
        folder: made where it is missing; two exports into one folder take turns.

    Raises:
        KeyError: a table is missing.
        ExportError: a file cannot be written, or a row points to one that does not exist; all
            earlier files stand.
    """
    frames = {name: _publishable(table, tables[name]) for name, table in TABLES.items()}
    with staging(folder) as drafts:
        exports = [staged(drafts, folder, name, write) for name, write in _writers(frames)]
        package = partial(write_json, describe(frames, exports, folder))
        exports.append(staged(drafts, folder, "datapackage.json", package))
        for export in exports:
            _publish(drafts / export.path.name, export.path)
    return exports


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write the clean tables alone, ``NAME.parquet`` each, for the steps that follow.

    Raises:
        ExportError: a file cannot be written; all earlier files stand.
    """
    with staging(folder) as drafts:
        written = [
            staged(drafts, folder, f"{name}.parquet", partial(write_parquet, table, tables[name]))
            for name, table in TABLES.items()
        ]
        for export in written:
            _publish(drafts / export.path.name, export.path)


def _publishable(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    typed = table.typed(frame)
    if table is AGENCIES:
        typed[COORDINATES] = typed[COORDINATES].round(DECIMALS)
    return typed


def _writers(frames: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, Writer]]:
    for table in TABLES.values():
        frame = frames[table.name]
        yield f"{table.name}.csv", partial(write_csv, table, frame)
        yield f"{table.name}.parquet", partial(write_parquet, table, frame)
    agencies = frames["agencies"]
    located = agencies[agencies[[*COORDINATES, "location_precision"]].notna().all(axis="columns")]
    points = gpd.GeoDataFrame(
        located,
        geometry=gpd.points_from_xy(located["longitude"], located["latitude"]),
        crs="EPSG:4326",
    )
    changed = newest_observation(frames) or WITHOUT_OBSERVATION
    yield "agencies.geojson", partial(write_geojson, located, attributions(frames))
    yield "agencies.geo.parquet", partial(points.to_parquet, index=False)
    yield "agencies.gpkg", partial(write_geopackage, points, changed)
    yield "peephole.sqlite", partial(write_sqlite, frames)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except WRITE_ERRORS as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ExportError(
            f"cannot write {path}: {reason}; the earlier exports stand as they were"
        ) from error


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """An empty folder in ``folder``, gone afterwards, with what a killed writer left there.

    The lock is on the folder itself: it ends with the process and leaves no file.

    Raises:
        ExportError: it cannot be made.
    """
    drafts = folder / ".staging"
    with _named(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
    try:
        with _named(folder):
            fcntl.flock(lock, fcntl.LOCK_EX)
            shutil.rmtree(drafts, ignore_errors=True)
            drafts.mkdir()
        yield drafts
    finally:
        shutil.rmtree(drafts, ignore_errors=True)
        os.close(lock)


def staged(drafts: Path, folder: Path, name: str, write: Writer) -> Export:
    """The file ``name`` of ``folder``, written in ``drafts`` for now.

    Raises:
        ExportError: it cannot be written.
    """
    path = drafts / name
    with _named(folder / name):
        path.parent.mkdir(exist_ok=True)
        write(path)
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        size = path.stat().st_size
    stem, _, file_format = path.name.partition(".")
    return Export(stem if stem in DESCRIBED else "", file_format, folder / name, size, digest)


def _publish(staged: Path, published: Path) -> None:
    with _named(published):
        if not (published.is_file() and filecmp.cmp(staged, published, shallow=False)):
            staged.replace(published)
