"""A release, checked by whoever has it and no more: its hashes, its bytes, its tables."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from peephole import datasets, holdings, published, rereading, steps, sums
from peephole.books import Books
from peephole.config import Config
from peephole.findings import Finding, Tell, untold
from peephole.holdings import Holding
from peephole.proof import Shelf
from spiders import wacz
from spiders.archive import ArchiveError
from spiders.job import WrongInput
from spiders.ledger import Ledger
from spiders.schema import LOOKS, RUNS

EXPORTS = "exports"
OWN = (
    *("registered_agencies", "area_populations", "listings", "footage_requests", "camera_counts"),
    *("legal_process", "other_rows", "rejected", "captures"),
)
"""Tables whose rows speak of what one source says: they can be made anew from its bytes alone."""

Tables = dict[str, pd.DataFrame]


def verify(folder: Path, config: Config, tell: Tell) -> Iterator[Finding]:
    """Check a release: every file against its sums, packages, pages and index; then the archive in
    it is read again, and what it says is compared with the tables. Once a process.

    Raises:
        WrongInput: the folder holds no release.
    """
    if not (folder / sums.SUMS).is_file():
        raise WrongInput(f"{folder} is no release: there is no {sums.SUMS} in it")
    yield from sums.summed(folder, tell)
    for path in sorted(folder.rglob("datapackage.json")):
        yield from sums.packaged(path, folder)
    yield from published.pages(folder / "site")
    tables, flaws = tables_of(folder)
    yield from flaws
    with tempfile.TemporaryDirectory(prefix="peephole-verify-") as scratch:
        shipped = Path(scratch) / "archive"
        yield from unpacked(folder, shipped)
        held = holdings.held(shipped, tell)
        yield from _archived(held, tables.get("captures"))
        if tables:
            yield from _again(config, held, tables, Path(scratch), tell)


def _damage(where: str, said: str) -> Finding:
    return Finding("damage", where, said)


def tables_of(folder: Path) -> tuple[Tables, list[Finding]]:
    """The tables of a release, from its Parquet files, and how its other datasets differ."""
    from analysis.differences import differences
    from analysis.tables import TABLES

    tables: Tables = {}
    flaws: list[Finding] = []
    exports = folder / EXPORTS
    for name, table in TABLES.items():
        where = f"{EXPORTS}/{name}.parquet"
        try:
            tables[name] = table.typed(pd.read_parquet(folder / where))
        except datasets.UNREADABLE as problem:
            flaws.append(_damage(where, f"{where} cannot be read: {problem}"[:300]))
    if flaws:
        return {}, flaws
    located = tables["agencies"].dropna(subset=["latitude", "longitude", "location_precision"])
    points = ("agencies.gpkg", "agencies.geojson", "agencies.geo.parquet")
    for path in sorted(exports.iterdir() if exports.is_dir() else ()):
        second = {**tables, "agencies": located} if path.name in points else tables
        try:
            found = list(differences(datasets.read(path), second))
        except datasets.UNREADABLE as problem:
            flaws.append(_damage(path.name, f"{EXPORTS}/{path.name}: {problem}"[:300]))
            continue
        for each in found:
            where = f"{EXPORTS}/{path.name}"
            said = published.sentence(each, where, f"{each.table}.parquet")
            flaws.append(Finding("difference", where, said, each.table, each.row_id, each.column))
    return tables, flaws


def unpacked(folder: Path, target: Path) -> Iterator[Finding]:
    """The WARCs of a release, copied out of its WACZs into ``target``, each WACZ checked."""
    target.mkdir()
    found = sorted(folder.rglob("*.wacz"))
    for path in found:
        where = path.relative_to(folder).as_posix()
        for sentence in wacz.check(path):
            yield _damage(where, f"{where}: {sentence}")
        try:
            wacz.unpack(path, target)
        except ArchiveError as problem:
            yield _damage(where, str(problem))
    if not found:
        yield Finding("note", str(folder), "no archived bytes come with this release")


def _archived(held: Mapping[str, Holding], captures: pd.DataFrame | None) -> Iterator[Finding]:
    for name, holding in held.items():
        for said in (holding.damage, holding.torn):
            if said:
                yield _damage(name, f"{name}: {said}")
        for offset in holding.reset:
            yield _damage(name, f"{name}: the record at byte {offset} is not as it was compressed")
    if captures is None:
        return
    objects = captures.astype(object).where(captures.notna(), None)
    rows: dict[str, Any] = {row["capture_id"]: row for row in objects.to_dict("records")}
    here = {key: row for key, row in rows.items() if row["warc"] in held}
    yield from holdings.compared(held, here)
    if away := sorted({row["source"] for key, row in rows.items() if key not in here}):
        said = (
            f"the bytes of {len(rows) - len(here):,} of {len(rows):,} captures are not in this "
            f"release ({', '.join(away)}): of those only address, moment and hash are told"
        )
        yield Finding("note", "captures", said)


def _again(
    config: Config, held: Mapping[str, Holding], tables: Tables, folder: Path, tell: Tell
) -> Iterator[Finding]:
    """The tables beside those made anew from the bytes that the release carries."""
    from analysis.differences import differences

    db = f"sqlite:///{folder / 'ledger.sqlite'}"
    _reread(config, held, tables, db, tell)
    made = steps.cleaned(config, db)
    captures = tables["captures"]
    shipped = set(captures.loc[captures["warc"].isin(held.keys()), "capture_id"])
    whole = len(shipped) == len(captures)
    evidence = tables["evidence"]
    away = evidence.loc[~evidence["capture_id"].isin(shipped), ["table", "row_id"]]
    unproved = set(away.itertuples(index=False, name=None))
    facts = evidence[["table", "row_id"]].drop_duplicates().itertuples(index=False, name=None)
    provable = {fact for fact in facts if fact not in unproved}
    again = 0
    for name in tables if whole else OWN:
        ids = {row_id for table, row_id in provable if table == name}
        again += len(ids)
        for each in differences({name: tables[name]}, {name: made[name]}):
            if not whole and each.row_id not in ids:
                continue
            proofs = evidence.loc[
                evidence["table"].eq(name) & evidence["row_id"].eq(each.row_id), "capture_id"
            ]
            said = published.sentence(each, name, "the archive")
            yield Finding("difference", name, said, name, each.row_id, each.column, tuple(proofs))
    said = f"{again:,} rows were made anew from the bytes in this release"
    yield Finding("note", str(folder.name), said)


def _reread(
    config: Config, held: Mapping[str, Holding], tables: Tables, db: str, tell: Tell
) -> None:
    """Read the archive again; what no published look read is no part of what is published."""
    known = steps.sources()
    readable = [
        holding
        for holding in held.values()
        if holding.readable and holding.session and holding.session.source in known
    ]
    rereading.reread(readable, Books(), config.scrapy(), db, tell)
    looks = tables["looks"]
    trusted = set(looks.loc[looks["published"].fillna(False), "warc"])
    fresh = Ledger(db)
    try:
        with fresh.engine.begin() as connection:
            for name in held.keys() - trusted:
                runs = [
                    row.run_id
                    for row in connection.execute(RUNS.select().where(RUNS.c.warc == name))
                ]
                connection.execute(LOOKS.delete().where(LOOKS.c.run_id.in_(runs)))
                connection.execute(
                    RUNS.update().where(RUNS.c.run_id.in_(runs)).values(finished_at=None)
                )
    finally:
        fresh.close()


@contextmanager
def opened(folder: Path, config: Config) -> Iterator[tuple[Tables, Shelf]]:
    """The tables of a release, and a shelf with its bytes and what is read in them now. Once a
    process.

    Raises:
        WrongInput: the folder holds no release that can be read.
    """
    tables, flaws = tables_of(folder)
    if not tables:
        raise WrongInput(f"{folder} holds no readable release: {flaws[0].said}")
    with tempfile.TemporaryDirectory(prefix="peephole-verify-") as scratch:
        shipped = Path(scratch) / "archive"
        for flaw in unpacked(folder, shipped):
            if flaw.amiss:
                raise WrongInput(flaw.said)
        held = holdings.held(shipped, untold)
        db = f"sqlite:///{Path(scratch) / 'ledger.sqlite'}"
        _reread(config, held, tables, db, untold)
        ledger = Ledger(db)
        try:
            yield tables, Shelf(shipped, tables["captures"], ledger)
        finally:
            ledger.close()
