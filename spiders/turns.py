"""Turns: a source is crawled by one process at a time, on this machine or any other.

The turns at a ledger in SQLite are locks on files beside it, those at one in PostgreSQL are its
advisory locks. Both end with the process that holds them, so that no clock decides.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from spiders.ledger import LedgerError

ALIVE = {"tcp_keepalives_idle": 60, "tcp_keepalives_interval": 15, "tcp_keepalives_count": 4}
"""PostgreSQL gives back the turns of a machine that vanished after two minutes, not two hours; and
a crawl of hours keeps its connection, which carries nothing else, through a firewall."""


@contextlib.contextmanager
def taken(url: str, names: Iterable[str]) -> Iterator[frozenset[str]]:
    """Take the turn of each of ``names`` that nobody else has at the ledger at ``url``; those taken
    are ours until the block ends.

    Raises:
        LedgerError: no turn can be taken there.
    """
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError as problem:
        raise LedgerError(f"{url!r} is no database address (PEEPHOLE_DB)") from problem
    take = _files if address.get_backend_name() == "sqlite" else _advisory
    with ExitStack() as until:
        yield frozenset(take(address, sorted(set(names)), until))


def _files(address: sa.URL, names: list[str], until: ExitStack) -> Iterator[str]:
    if not address.database or address.database == ":memory:":
        yield from names  # a ledger that no other process sees
        return
    ledger = Path(address.database).resolve()
    folder = ledger.with_name(f"{ledger.name}.turns")
    for name in names:
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as problem:
            raise LedgerError(
                f"cannot take the turn of {name} at {path}: {problem.strerror}; crawls of one "
                "source would not know of each other"
            ) from problem
        until.callback(os.close, lock)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield name


def _advisory(address: sa.URL, names: list[str], until: ExitStack) -> Iterator[str]:
    try:
        engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        connection = until.enter_context(engine.connect())
        for setting, value in ALIVE.items():
            connection.execute(sa.text(f"SET {setting} = {value}"))
        for name in names:
            if connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_number(name)))):
                yield name
    except (DBAPIError, NoSuchModuleError, ModuleNotFoundError) as problem:
        reason = problem.orig if isinstance(problem, DBAPIError) else problem
        raise LedgerError(
            f"cannot take turns at the ledger {address.render_as_string()}: {reason}"
        ) from problem


def _number(name: str) -> int:
    """The 64 bits by which PostgreSQL knows a turn."""
    digest = hashlib.sha256(f"peephole turn {name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
