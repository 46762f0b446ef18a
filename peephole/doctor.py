"""What is missing, and how to mend it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from peephole.config import CONTACT, FILE, Config
from peephole.steps import SAMPLES
from spiders.ledger import Ledger, LedgerError

PACKAGES = (
    "scrapy",
    "pandas",
    "geopandas",
    "folium",
    "warcio",
    "sqlalchemy",
    "xstatic.pkg.leaflet",
)
FREE_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``mend`` says what to do where it is not well."""

    subject: str
    well: bool
    found: str
    mend: str = ""


def findings(config: Config) -> Iterator[Finding]:
    """Look at everything the commands need."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")
    missing = [name for name in PACKAGES if not _importable(name)]
    yield Finding(
        "packages",
        not missing,
        f"missing: {', '.join(missing)}" if missing else "all there",
        "run `make map`, which installs them",
    )
    yield _writable(config.data)
    yield _free(config.data)
    yield _ledger(config)
    contact = config.contact
    yield Finding(
        "contact",
        bool(CONTACT.fullmatch(contact)),
        contact or "not set",
        f'put contact = "you@example.org" into {FILE} or set PEEPHOLE_CONTACT; only live crawls '
        "need it",
    )
    warcs = sorted(SAMPLES.glob("*.warc.gz"))
    yield Finding(
        "sample", bool(warcs), f"{len(warcs)} archives in {SAMPLES}", "clone the repository anew"
    )


def _importable(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _existing(folder: Path) -> Path:
    return next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())


def _writable(folder: Path) -> Finding:
    place = _existing(folder)
    return Finding(
        "data folder",
        os.access(place, os.W_OK),
        str(folder),
        f"give this user the right to write {place}, or set PEEPHOLE_DATA",
    )


def _free(folder: Path) -> Finding:
    free = shutil.disk_usage(_existing(folder)).free
    return Finding("disk", free >= FREE_BYTES, f"{free / 1e9:.1f} GB free", "free at least 0.5 GB")


def _ledger(config: Config) -> Finding:
    database = make_url(config.db).database if config.db.startswith("sqlite") else None
    if database and not Path(database).exists():
        return Finding("ledger", True, f"{database} is not there yet; the first run makes it")
    try:
        Ledger(config.db).close()
    except LedgerError as problem:
        return Finding("ledger", False, str(problem), "see the sentence above")
    return Finding("ledger", True, "opens, and its schema is the newest")
