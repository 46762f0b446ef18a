"""What is missing or amiss on this machine, and how to mend it. Nothing is changed by looking."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config as MigrationConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from packaging.requirements import Requirement
from sqlalchemy.exc import SQLAlchemyError

import spiders
from peephole import addresses, steps
from peephole.config import CONTACT, FILE, Config
from spiders import archive, moment
from spiders.archive import ArchiveError
from spiders.ledger import Ledger, LedgerError
from spiders.schema import CAPTURES, RUNS

FREE_BYTES = 500 * 1024 * 1024
NAMED = 3
"""So many of many are named."""

AHEAD = timedelta(minutes=5)
"""So far may the ledger be ahead of the clock: machines differ by seconds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``mend`` says what to do where it is not well."""

    subject: str
    well: bool
    found: str
    mend: str = ""


def findings(config: Config, now: datetime | None = None) -> Iterator[Finding]:
    """Look at everything the commands need, but for the network."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), python, "install Python 3.11 or newer")
    yield _packages()
    yield _writable(config.data)
    yield _free(config.data)
    yield from _ledger(config, now or moment.now())
    yield from _configured(config)
    yield from _telling(config)
    warcs = sorted(steps.SAMPLES.glob("*.warc.gz"))
    yield Finding(
        "sample", bool(warcs), f"{len(warcs)} archives in {steps.SAMPLES}", "clone it anew"
    )


def _packages() -> Finding:
    mend = "run `make map`, which installs them"
    try:
        wanted = [Requirement(text) for text in requires("peephole") or ()]
    except PackageNotFoundError:
        return Finding("packages", False, "Peephole itself is not installed", mend)
    needed = [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    amiss = [trouble for each in needed if (trouble := _trouble(each))]
    found = "; ".join(amiss) or f"{len(needed)} there, none older or newer than it may be"
    return Finding("packages", not amiss, found, mend)


def _trouble(wanted: Requirement) -> str:
    try:
        there = version(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is missing"
    fits = wanted.specifier.contains(there, prereleases=True)
    return "" if fits else f"{wanted.name} {there} is there, and {wanted.specifier} is needed"


def _existing(folder: Path) -> Path:
    return next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())


def _writable(folder: Path) -> Finding:
    place = _existing(folder)
    return Finding(
        "data folder",
        place.is_dir() and os.access(place, os.W_OK),
        str(folder),
        f"give this user the right to write {place}, or set PEEPHOLE_DATA",
    )


def _free(folder: Path) -> Finding:
    free = shutil.disk_usage(_existing(folder)).free
    return Finding("disk", free >= FREE_BYTES, f"{free / 1e9:.1f} GB free", "free at least 0.5 GB")


def _ledger(config: Config, now: datetime) -> Iterator[Finding]:
    """The ledger and, where it can be read, what it says of clock, runs and archive."""
    url = sa.make_url(config.db)
    file = url.database if url.get_backend_name() == "sqlite" else None
    if file and not Path(file).exists():
        yield Finding("ledger", True, f"{file} is not there yet; the first run makes it")
        return
    try:
        schema, newest = _schemas(url)
    except (SQLAlchemyError, ModuleNotFoundError) as problem:
        why = str(getattr(problem, "orig", "") or problem).splitlines()[0]
        mend = "bring it back from a backup, or make it anew from the archive: `peephole crawl "
        yield Finding("ledger", False, f"cannot read it: {why}", f"{mend}--replay`")
        return
    if schema != newest:
        yield _migration(schema, newest)
        return
    try:
        ledger = Ledger(config.db)
    except LedgerError as problem:
        yield Finding("ledger", False, str(problem), "see the sentence above")
        return
    try:
        yield _whole(ledger, file)
        yield _clock(ledger, now)
        yield _runs(ledger)
        yield from _archive(ledger, config.archive)
    finally:
        ledger.close()


def _schemas(url: sa.URL) -> tuple[str, str]:
    """The schema of a ledger, empty where it has none yet, and the newest; nothing is migrated."""
    scripts = MigrationConfig()
    folder = Path(str(spiders.__file__)).parent / "migrations"
    scripts.set_main_option("script_location", str(folder))
    scripts.set_main_option("path_separator", "os")
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            heads = MigrationContext.configure(connection).get_current_heads()
    finally:
        engine.dispose()
    newest = ScriptDirectory.from_config(scripts).get_heads()
    return ", ".join(heads), ", ".join(newest)


def _migration(schema: str, newest: str) -> Finding:
    if not schema or schema < newest:
        found = f"its schema is {schema or 'none yet'}; the next command brings it to {newest}"
        return Finding("ledger", True, found)
    found = f"it was written by a newer Peephole: schema {schema}, and this one knows {newest}"
    return Finding("ledger", False, found, "install that version; this one leaves it alone")


def _whole(ledger: Ledger, file: str | None) -> Finding:
    if file:
        with ledger.engine.connect() as connection:
            told = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if told != "ok":
            mend = "bring it back from a backup; `peephole verify` says what is lost"
            return Finding("ledger", False, f"its file is damaged: {told}", mend)
    return Finding("ledger", True, "opens, is whole, and its schema is the newest")


def _clock(ledger: Ledger, now: datetime) -> Finding:
    """A clock that stands before what was already fetched is wrong, or was."""
    newest = [
        str(row["newest"])
        for column in (RUNS.c.started_at, CAPTURES.c.fetched_at)
        for row in ledger.rows(sa.select(sa.func.max(column).label("newest")))
        if row["newest"]
    ]
    last = max(newest, default="")
    if last and moment.parsed(last) > now + AHEAD:
        return Finding(
            "clock",
            False,
            f"it says {moment.iso(now)}, and the ledger holds what was fetched at {last}",
            "set the clock and have it kept (timedatectl set-ntp true); what was fetched while it "
            "was wrong is dated wrongly",
        )
    return Finding("clock", True, f"{moment.iso(now)}, later than all that was fetched")


def _runs(ledger: Ledger) -> Finding:
    query = sa.select(RUNS.c.run_id).where(RUNS.c.finished_at.is_(None)).order_by(RUNS.c.started_at)
    cut = [str(row["run_id"]) for row in ledger.rows(query)]
    if not cut:
        return Finding("runs", True, "every run that began has ended")
    found = f"{len(cut)} under way or cut short, never published: {_some(cut)}"
    return Finding("runs", True, found)


def _archive(ledger: Ledger, folder: Path) -> Iterator[Finding]:
    """Is each file there, and the last record the ledger knows of each whole? `verify` reads all
    of them."""
    last = sa.select(CAPTURES.c.warc, sa.func.max(CAPTURES.c.warc_offset).label("offset"))
    known = {
        str(row["warc"]): int(row["offset"])
        for row in ledger.rows(last.group_by(CAPTURES.c.warc).order_by(CAPTURES.c.warc))
    }
    there = {path.name for path in folder.glob("*.warc.gz")}
    if missing := sorted(known.keys() - there):
        yield Finding(
            "archive",
            False,
            f"{len(missing)} of {len(known)} files are not in {folder}: {_some(missing)}",
            "bring them back from a backup: what is published rests on them",
        )
    torn = []
    for name in sorted(known.keys() & there):
        try:
            archive.read(folder / name, known[name])
        except ArchiveError as problem:
            torn.append(str(problem))
    if torn:
        mend = "bring them back from a backup; `peephole verify` says what rests on them"
        yield Finding("archive", False, f"{len(torn)} files are damaged: {_some(torn)}", mend)
    elif not missing:
        yield Finding(
            "archive", True, f"{len(known)} files, each whole up to its last known record"
        )
    read = {str(row["warc"]) for row in ledger.rows(sa.select(RUNS.c.warc).distinct())}
    if unread := sorted(there - read):
        yield Finding("archive", True, f"{len(unread)} files that no run read: {_some(unread)}")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _configured(config: Config) -> Iterator[Finding]:
    yield Finding(
        "contact",
        bool(CONTACT.fullmatch(config.contact)),
        config.contact or "not set",
        f'put contact = "you@example.org" into {FILE} or set PEEPHOLE_CONTACT; only live crawls '
        "need it",
    )
    known = steps.sources()
    if strange := sorted(set(config.fresh_days) - set(known)):
        found = f"[fresh_days] names what is no source: {_some(strange)}"
        yield Finding("configuration", False, found, f"there are: {', '.join(known)}")
    else:
        told = str(FILE.resolve()) if FILE.exists() else f"no {FILE} here, which is well"
        yield Finding("configuration", True, told)
    for sentence in steps.locked(known).values():
        yield Finding("key", True, f"{sentence}; without it that source is left out")


def _telling(config: Config) -> Iterator[Finding]:
    """Whom to tell; no address is ever shown."""
    try:
        known = addresses.addresses(config)
    except addresses.WrongNotices as problem:
        yield Finding("notices", False, str(problem), "until then nobody is told of trouble")
        return
    bad = [str(number) for number, each in enumerate(known, 1) if not addresses.usable(each)]
    if bad:
        yield Finding(
            "notices",
            False,
            f"of {len(known)} addresses Apprise cannot use number {', '.join(bad)}",
            "write it as https://github.com/caronc/apprise/wiki shows for its service",
        )
    else:
        told = f"{len(known)} addresses" if known else f"nobody is told; {addresses.NOTIFY} may say"
        yield Finding("notices", True, told)
    pings = addresses.pings()
    wrong = [str(n) for n, each in enumerate(pings, 1) if not each.startswith(("http://", "https"))]
    mend = f"{addresses.PING} holds web addresses with blanks between them"
    if pings:
        found = f"{len(pings)} addresses" + (f"; number {_some(wrong)} is none" if wrong else "")
        yield Finding("pings", not wrong, found, mend)
