"""The clean tables made anew from an archive that was read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import sqlalchemy as sa

from peephole.books import Books, Row
from peephole.rereading import Pairing
from spiders.ledger import Ledger
from spiders.schema import CAPTURES, LOOKS, READINGS, RECORDS, RUNS, SIGHTINGS

CLOCK = ("mode", "parser_version", "started_at", "finished_at")
"""Columns of a run that tell how, when and by which parser it read."""
TOGETHER = 500
"""Keys asked for in one query; SQLite takes 999 of old."""


def complete(fresh: Ledger, old: Ledger, books: Books, pairing: Pairing) -> None:
    """Tell the ledger made anew what bytes cannot tell: which runs were cut off, which failed and
    why, and all that rests on WARCs that could not be read again."""
    fresh_runs = pairing.fresh.runs
    again = {kept["run_id"] for kept in pairing.kept.values() if kept}
    read = {run["warc"] for run in fresh_runs.values()}
    unread = [run for run in books.runs.values() if run["warc"] not in read]
    others = [
        run
        for run in books.runs.values()
        if run["warc"] in read and run["run_id"] not in again and run["finished_at"] is not None
    ]
    with fresh.engine.begin() as connection:
        for run_id, kept in pairing.kept.items():
            if kept is None:
                connection.execute(LOOKS.delete().where(LOOKS.c.run_id == run_id))
                cut_off = RUNS.update().where(RUNS.c.run_id == run_id).values(finished_at=None)
                connection.execute(cut_off)
            else:
                _as_it_ended(connection, books, run_id, kept)
        for run in (*others, *unread):
            _put(connection, RUNS, [run])
            _put(connection, LOOKS, books.looks_of(run["run_id"]).values())
        _carry(connection, old, books, {run["run_id"] for run in unread})


def _as_it_ended(connection: sa.Connection, books: Books, run_id: str, kept: Row) -> None:
    name = kept["run_id"]
    if name != run_id:
        _rename(connection, run_id, name)
    told = {column: kept[column] for column in CLOCK}
    connection.execute(RUNS.update().where(RUNS.c.run_id == name).values(**told))
    if kept["verdict"] == "failed":
        connection.execute(LOOKS.delete().where(LOOKS.c.run_id == name))
    for look_id, account in connection.execute(
        sa.select(LOOKS.c.look_id, LOOKS.c.account).where(LOOKS.c.run_id == name)
    ).all():
        if was := books.looks.get(look_id):  # later versions tell more
            same = {key: value for key, value in account.items() if key in was["account"]}
            connection.execute(
                LOOKS.update().where(LOOKS.c.look_id == look_id).values(account=same)
            )
    failed = [look for look in books.looks_of(name).values() if look["verdict"] == "failed"]
    for look in failed:
        connection.execute(LOOKS.delete().where(LOOKS.c.look_id == look["look_id"]))
    _put(connection, LOOKS, failed)


def _rename(connection: sa.Connection, run_id: str, name: str) -> None:
    named = [sa.literal(name) if column.name == "run_id" else column for column in RUNS.columns]
    connection.execute(
        RUNS.insert().from_select(
            RUNS.columns.keys(), sa.select(*named).where(RUNS.c.run_id == run_id)
        )
    )
    for table in (LOOKS, READINGS):
        connection.execute(
            table.update()
            .where(table.c.run_id == run_id)
            .values(
                run_id=name,
                look_id=sa.literal(name) + sa.func.substr(table.c.look_id, len(run_id) + 1),
            )
        )
    connection.execute(RUNS.delete().where(RUNS.c.run_id == run_id))


def _put(connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    if added := [dict(row) for row in rows]:
        connection.execute(table.insert().prefix_with("OR IGNORE"), added)


def _carry(connection: sa.Connection, old: Ledger, books: Books, runs: set[str]) -> None:
    """All that ``runs`` saw, as the ledger has it."""
    warcs = {books.runs[run_id]["warc"] for run_id in runs}
    readings = [row for row in books.readings.values() if row["run_id"] in runs]
    seen = {row["capture_id"] for row in readings}
    captures = (row for key, row in books.captures.items() if row["warc"] in warcs or key in seen)
    sheets = sorted({row["sheet_id"] for row in readings})
    for some in _batches(sheets):
        sightings = old.rows(sa.select(SIGHTINGS).where(SIGHTINGS.c.sheet_id.in_(some)))
        for records in _batches(sorted({row["record_id"] for row in sightings})):
            held = old.rows(sa.select(RECORDS).where(RECORDS.c.record_id.in_(records)))
            _put(connection, RECORDS, held)
        _put(connection, SIGHTINGS, sightings)
    _put(connection, CAPTURES, captures)
    _put(connection, READINGS, readings)


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    left = iter(keys)
    while some := list(islice(left, TOGETHER)):
        yield some
