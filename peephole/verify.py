"""Everything checked again: the archive, the ledger, and all that was published from them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from peephole import books as ledgers
from peephole import holdings, published, publishing, rebuilding, rereading, steps
from peephole.books import Books
from peephole.config import Config
from peephole.findings import Finding, Tell
from peephole.holdings import Holding
from peephole.proof import Fact, Shelf, named, proved
from peephole.rereading import Pairing
from spiders.job import WrongInput
from spiders.ledger import TRUSTED, Ledger, LedgerError


def findings(config: Config, release: Path | None, tell: Tell) -> Iterator[Finding]:
    """What is to be told of the data folder, or of a release."""
    if release is None:
        return verify(config, tell)
    from peephole import handed_over

    return handed_over.verify(release, config, tell)


@contextmanager
def facts(
    config: Config, fact_id: str, table: str | None, release: Path | None
) -> Iterator[Iterator[Fact]]:
    """The facts that go by an id, each with the chain to its bytes.

    Raises:
        WrongInput: there is no such fact.
        NothingPublished: there are no tables yet.
    """
    if release is not None:
        from peephole import handed_over

        with handed_over.opened(release, config) as (tables, shelf):
            yield proved(tables, named(tables, fact_id, table), shelf)
        return
    tables = publishing.tables(config)
    chosen = named(tables, fact_id, table)
    kept = _opened(config.db)
    try:
        yield proved(tables, chosen, Shelf(config.archive, tables["captures"], kept))
    finally:
        kept.close()


def verify(config: Config, tell: Tell) -> Iterator[Finding]:
    """Check everything, from the bytes in the archive to the pages of the site; offline, and only
    once a process, because the whole archive is read again through the same crawl.

    Nothing is written but in a temporary folder.

    Raises:
        WrongInput: there is neither archive nor ledger.
    """
    if not config.archive.is_dir() and not config.data.is_dir():
        raise WrongInput(f"there is no {config.data}, so there is nothing to check")
    held = holdings.held(config.archive, tell)
    old, flaws = ledger(config.db, tell)
    yield from flaws
    yield from archived(held, old)
    with tempfile.TemporaryDirectory(prefix="peephole-verify-") as folder:
        fresh, pairing = _again(config, held, old, Path(folder), tell)
        if old.whole:
            yield from rereading.unlike(old, pairing, held)
            yield from ledgers.misjudged(old, expectations())
        if not (config.clean.is_dir() or config.exports.is_dir()):
            yield Finding("note", str(config.clean), "nothing is published yet")
            return
        yield from _rebuilt(config, fresh, old, pairing, Path(folder), tell)
    yield from published.pages(config.site)


def ledger(db: str, tell: Tell) -> tuple[Books, list[Finding]]:
    """The rows of the ledger, and what is wrong with them by themselves."""
    try:
        opened = _opened(db)
    except LedgerError as problem:
        return Books(whole=False), [Finding("damage", "ledger", str(problem))]
    try:
        return ledgers.books(opened, tell)
    finally:
        opened.close()


def _opened(db: str) -> Ledger:
    """The ledger; what is only looked at is not made where it is missing."""
    url = make_url(db)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise LedgerError(f"there is no ledger {url.database}")
    return Ledger(db)


def archived(held: Mapping[str, Holding], old: Books) -> Iterator[Finding]:
    """The archive by itself, and beside the captures that the ledger tells of."""
    ended = {
        row["warc"]
        for row in old.runs.values()
        if row["finished_at"] is not None and row["verdict"] in TRUSTED
    }
    closed = {row["warc"] for row in old.runs.values() if row["finished_at"] is not None}
    answers = old.answers
    for name, holding in held.items():
        if holding.damage:
            said = f"{holding.damage}; what rests on it was not read again"
            yield Finding("damage", name, said)
        if holding.torn and name in closed and not _known_torn(old, name):
            yield Finding("damage", name, f"{holding.torn}, and it was whole when its run ended")
        elif holding.torn:
            yield Finding("note", name, f"{holding.torn}: the run that wrote it was cut off")
        for offset in holding.reset:
            said = f"{name}: the record at byte {offset} is not as it was compressed"
            yield Finding("damage", name, f"{said}; what it says is the same")
        if old.whole and name in ended and (odd := holdings.unentered(holding, answers)):
            said = f"{name}: the ledger has no capture of the answer at byte {odd[0]}"
            yield Finding("damage", name, f"{said} ({len(odd)} in all)")
    yield from holdings.compared(held, old.captures)


def _known_torn(old: Books, name: str) -> bool:
    """Did a run that read it again say that it breaks off?"""
    runs = {row["run_id"] for row in old.runs.values() if row["warc"] == name}
    problems = [
        problem
        for look in old.looks.values()
        if look["run_id"] in runs
        for problem in look["account"].get("problems", ())
    ]
    return any(problem.startswith(f"{name} breaks off") for problem in problems)


def _again(
    config: Config, held: Mapping[str, Holding], old: Books, folder: Path, tell: Tell
) -> tuple[str, Pairing]:
    """Where a ledger is that was made anew, and its runs beside those of the old one."""
    db = f"sqlite:///{folder / 'ledger.sqlite'}"
    known = steps.sources()
    readable = [
        holding
        for holding in held.values()
        if holding.readable and holding.session and holding.session.source in known
    ]
    rereading.reread(readable, old, config.scrapy(), db, tell)
    fresh, _ = ledger(db, tell)
    return db, Pairing.of(old, fresh)


def _rebuilt(
    config: Config, db: str, old: Books, pairing: Pairing, folder: Path, tell: Tell
) -> Iterator[Finding]:
    """The published files beside those that the archive gives today."""
    from analysis.exports import write_exports, write_tables

    tell("making the tables anew", 0, 3)
    fresh = Ledger(db)
    try:
        if old.whole:
            kept = Ledger(config.db)
            try:
                rebuilding.complete(fresh, kept, old, pairing)
            finally:
                kept.close()
    finally:
        fresh.close()
    tables = steps.cleaned(config, db)
    tell("making the tables anew", 1, 3)
    changed = _changed(pairing)
    if config.clean.is_dir():
        write_tables(tables, folder / "clean")
        yield from published.files(config.clean, folder / "clean", tables, changed)
    tell("making the tables anew", 2, 3)
    if config.exports.is_dir():
        write_exports(tables, folder / "exports")
        yield from published.files(config.exports, folder / "exports", tables, changed)
    tell("making the tables anew", 3, 3)


def _changed(pairing: Pairing) -> set[str]:
    """Sources of which something was last read by another version of the parser."""
    fresh = pairing.fresh.runs
    return {
        kept["source"]
        for run_id, kept in pairing.kept.items()
        if kept and kept["parser_version"] != fresh[run_id]["parser_version"]
    }


def expectations() -> dict[str, dict[str, Any]]:
    return {
        name: {
            "least": spider.expects.start,
            "most": spider.expects.stop,
            "floor": spider.floor,
            "retires_categories": spider.retires_categories,
        }
        for name, spider in steps.sources().items()
    }
