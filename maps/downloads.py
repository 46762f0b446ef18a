"""The files of the datasets, as they stand beside the site: size, SHA-256, and what is in each."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from analysis.tables import TABLES

NAME = re.compile(r"[\w-]+(?:\.[\w-]+)+")
"""Names of datasets; files that a run is still writing begin with a dot."""

FORMATS = {
    "csv": "CSV",
    "parquet": "Parquet",
    "geo.parquet": "GeoParquet, with points",
    "geojson": "GeoJSON, with points",
    "gpkg": "GeoPackage, with points",
    "sqlite": "SQLite, with all tables",
    "json": "The description of all files, for programs (Data Package)",
}


@dataclass(frozen=True, slots=True)
class Download:
    """A file: its ``name``, what it holds, its length in bytes and its SHA-256 in hex."""

    name: str
    holds: str
    bytes: int
    sha256: str

    @property
    def size(self) -> str:
        """The length as a reader would say it.

        >>> Download("a.csv", "", 999, "").size, Download("a.csv", "", 1_250_000, "").size
        ('999 bytes', '1.2 MB')
        """
        if self.bytes < 1000:
            return f"{self.bytes} bytes"
        return f"{self.bytes / 1e3:.0f} kB" if self.bytes < 1e6 else f"{self.bytes / 1e6:,.1f} MB"


def downloads(folder: Path) -> list[Download]:
    """Every dataset that stands in ``folder``, by name; none where there is no such folder.

    Raises:
        OSError: a file cannot be read.
    """
    if not folder.is_dir():
        return []
    paths = [path for path in folder.iterdir() if NAME.fullmatch(path.name) and path.is_file()]
    return [_download(path) for path in sorted(paths)]


def _download(path: Path) -> Download:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    stem, _, kind = path.name.partition(".")
    holds = f"{FORMATS.get(kind, kind)}."
    if stem in TABLES:
        holds = f"{TABLES[stem].meaning} {holds}"
    return Download(path.name, holds, path.stat().st_size, digest)
