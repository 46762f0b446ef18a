"""The ledger: which look saw which record in which capture; only ever added to.

SQLite (write-ahead log) by default, PostgreSQL by URL. Every write is idempotent: keys come from
the content, and a key that is there already is left as it stands.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError

from spiders.schema import (
    CAPTURES,
    LOOKS,
    READINGS,
    RECORDS,
    RUNS,
    SIGHTINGS,
    Capture,
    Content,
    Look,
    Run,
    Sighted,
    sheet_id,
)

TRUSTED = ("healthy", "incomplete")
WHOLE = ("ok", "login", "script_shell")
"""Outcomes of an answer whose bytes are in the archive as they came."""
OPENS = re.compile(r"(?i)pass|secret|token|key")
"""What stands in the names of options that open a database."""
LOCK_SECONDS = 30
"""How long a writer waits for another before it gives up; ``?timeout=`` in the URL says other."""


class LedgerError(Exception):
    """The ledger cannot be opened, read or written; the message says which, why and what to do."""


def _configure(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


class Ledger:
    """An open ledger, brought to the newest schema.

    Raises:
        LedgerError: it cannot be opened, is locked, or was written by a newer Peephole.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url = sa.make_url(url)
        except sa.exc.ArgumentError as problem:
            raise LedgerError(f"{_open(url)!r} is no database address (PEEPHOLE_DB)") from problem
        self._sqlite = self.url.get_backend_name() == "sqlite"
        self.patience = _patience(self.url)
        self._known: set[str] = set()
        with self._explained("open"):
            if self._sqlite and self.url.database and self.url.database != ":memory:":
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            waits = {"timeout": self.patience} if self._sqlite else {}
            self.engine = sa.create_engine(self.url, connect_args=waits)
            if self._sqlite:
                sa.event.listen(self.engine, "connect", _configure)
            self._migrate()

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        scripts = ScriptDirectory.from_config(config)
        with self.engine.connect() as connection:
            if MigrationContext.configure(connection).get_current_heads() == tuple(
                scripts.get_heads()
            ):
                return
        with self._writing() as connection:
            known = {script.revision for script in scripts.walk_revisions()}
            for revision in MigrationContext.configure(connection).get_current_heads():
                if revision not in known:
                    raise LedgerError(
                        f"the ledger {self._name()} was written by a newer Peephole "
                        f"(schema {revision}); install that version to use it"
                    )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def begin(self, run: Run) -> None:
        """Note that a run has begun; one that was killed under the same id begins anew."""
        with self._explained("write to"), self._writing() as connection:
            connection.execute(self._insert(RUNS), [asdict(run) | {"counts": {}}])

    def finish(
        self,
        run_id: str,
        finished_at: str,
        verdict: str,
        reason: str,
        counts: Mapping[str, int],
        looks: Sequence[Look],
    ) -> None:
        """Note how a run and its looks ended. Only from here on can they be published.

        A run whose clock was put back meanwhile ends when it began.
        """
        began = RUNS.c.started_at
        with self._explained("write to"), self._writing() as connection:
            ended = connection.execute(
                RUNS.update()
                .where(RUNS.c.run_id == run_id, RUNS.c.finished_at.is_(None))
                .values(
                    finished_at=sa.case((began > finished_at, began), else_=finished_at),
                    verdict=verdict,
                    reason=reason,
                    counts=dict(counts),
                )
            )
            if ended.rowcount and looks:
                connection.execute(
                    self._insert(LOOKS),
                    [
                        asdict(look) | {"counts": dict(look.counts), "account": dict(look.account)}
                        for look in looks
                    ],
                )

    def keep(self, captures: Sequence[Capture], records: Sequence[Content]) -> None:
        """Add captures and records; what is there already stays as it is.

        Records this object has added before are not offered again: of 2,500 departments in 100
        looks 1 % changed from one to the next; copying and offering all took 24 s, this 9 s, both
        on a loaded machine (2026-11-23). Rows go in by
        their keys: two writers that met each other's rows in different orders would wait for
        each other for ever in PostgreSQL.
        """
        by_key = sorted(captures, key=lambda capture: capture.capture_id)
        rows = {
            record.record_id: {
                "record_id": record.record_id,
                "source": record.source,
                "kind": record.kind,
                "content": dict(record.content),
            }
            for record in records
            if record.record_id not in self._known
        }
        if not captures and not rows:
            return
        with self._explained("write to"), self._writing() as connection:
            for table, added in (
                (CAPTURES, [asdict(capture) for capture in by_key]),
                (RECORDS, [rows[key] for key in sorted(rows)]),
            ):
                if added:
                    connection.execute(self._insert(table), added)
        self._known.update(rows)

    def read(self, run_id: str, look_id: str, capture_id: str, rows: Sequence[Sighted]) -> None:
        """Note what a look read in a capture, all at once; its records must be there already.

        A record that stands in a capture twice is seen once, where it stood first.
        """
        first = {row.record_id: row for row in reversed(rows)}
        sheet = sheet_id(first.values())
        reading = {"look_id": look_id, "capture_id": capture_id, "run_id": run_id}
        with self._explained("write to"), self._writing() as connection:
            known = sa.select(SIGHTINGS.c.sheet_id).where(SIGHTINGS.c.sheet_id == sheet).limit(1)
            if first and connection.execute(known).first() is None:
                connection.execute(
                    self._insert(SIGHTINGS),
                    [{"sheet_id": sheet} | first[key]._asdict() for key in sorted(first)],
                )
            connection.execute(self._insert(READINGS), [reading | {"sheet_id": sheet}])

    def run(self, run_id: str) -> Mapping[str, Any] | None:
        """The row of ``runs``, or None."""
        rows = self.rows(sa.select(RUNS).where(RUNS.c.run_id == run_id))
        return rows[0] if rows else None

    def last_healthy(self, source: str, before: str) -> Look | None:
        """The newest healthy look observed before a moment."""
        rows = self.rows(
            sa.select(LOOKS)
            .join(RUNS, RUNS.c.run_id == LOOKS.c.run_id)
            .where(
                LOOKS.c.source == source,
                LOOKS.c.verdict == "healthy",
                LOOKS.c.observed_at < before,
            )
            .order_by(LOOKS.c.observed_at.desc(), RUNS.c.parser_version.desc(), LOOKS.c.look_id)
            .limit(1)
        )
        return Look(**rows[0]) if rows else None

    def last_look(self, source: str) -> Mapping[str, Any] | None:
        """The newest look at a source, trusted or not: its verdict, reason and counts, and when its
        run ended. A run over archived copies does not hide a later look at the live page."""
        rows = self.rows(
            sa.select(LOOKS.c.verdict, LOOKS.c.reason, LOOKS.c.counts, RUNS.c.finished_at)
            .join(RUNS, RUNS.c.run_id == LOOKS.c.run_id)
            .where(LOOKS.c.source == source)
            .order_by(LOOKS.c.observed_at.desc(), RUNS.c.finished_at.desc(), LOOKS.c.look_id.desc())
            .limit(1)
        )
        return rows[0] if rows else None

    def last_healthy_look(self, source: str) -> str | None:
        """The newest moment a healthy look at a source speaks for."""
        newest = sa.func.max(LOOKS.c.observed_at).label("newest")
        rows = self.rows(
            sa.select(newest).where(LOOKS.c.source == source, LOOKS.c.verdict == "healthy")
        )
        found: str | None = rows[0]["newest"]
        return found

    def last_capture(self, source: str, url: str) -> Capture | None:
        """The newest whole answer (200) of an address that a trusted run has read."""
        trusted = sa.select(RUNS.c.warc).where(RUNS.c.verdict.in_(TRUSTED))
        return self._capture(
            CAPTURES.c.source == source,
            CAPTURES.c.url == url,
            CAPTURES.c.outcome == "ok",
            CAPTURES.c.http_status == 200,
            CAPTURES.c.warc.in_(trusted),
        )

    def capture_at(self, source: str, url: str, fetched_at: str) -> Capture | None:
        """The whole answer (200) of an address at a moment."""
        return self._capture(
            CAPTURES.c.source == source,
            CAPTURES.c.url == url,
            CAPTURES.c.fetched_at == fetched_at,
            CAPTURES.c.outcome.in_(WHOLE),
            CAPTURES.c.http_status == 200,
        )

    def answers(self, source: str, urls: Sequence[str]) -> list[Capture]:
        """The whole answers (200) of some addresses that any run kept, trusted or not, the
        newest first."""
        rows = self.rows(
            sa.select(CAPTURES)
            .where(
                CAPTURES.c.source == source,
                CAPTURES.c.url.in_(urls),
                CAPTURES.c.outcome.in_((*WHOLE, "unchanged")),
                CAPTURES.c.http_status == 200,
            )
            .order_by(CAPTURES.c.fetched_at.desc(), CAPTURES.c.capture_id)
        )
        return [Capture(**row) for row in rows]

    def _capture(self, *conditions: sa.ColumnElement[bool]) -> Capture | None:
        newest = sa.select(CAPTURES).where(*conditions).order_by(CAPTURES.c.fetched_at.desc())
        rows = self.rows(newest.limit(1))
        return Capture(**rows[0]) if rows else None

    def rows(self, statement: sa.Select[Any]) -> Sequence[Mapping[str, Any]]:
        """The rows a query gives, as mappings."""
        with self._explained("read"), self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def _insert(self, table: sa.Table) -> Any:
        insert = sqlite.insert(table) if self._sqlite else postgresql.insert(table)
        return insert.on_conflict_do_nothing()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its first statement on."""
        with self.engine.connect() as connection:
            if self._sqlite:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                connection.rollback()
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    @contextlib.contextmanager
    def _explained(self, deed: str) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, OSError, sa.exc.NoSuchModuleError, ModuleNotFoundError) as problem:
            raise LedgerError(
                f"cannot {deed} the ledger {self._name()}: {_why(problem, self.patience)}"
            ) from problem

    def _name(self) -> str:
        return self.url.database or "" if self._sqlite else _open(self.url.render_as_string())


def _open(url: str) -> str:
    """The address of a database without what opens it, fit to be shown; it need not be one."""
    told, at, place = url.rpartition("@")
    scheme, slashes, _ = told.rpartition("://")
    kept = f"{scheme}{slashes}***{at}{place}" if at else url
    address, mark, query = kept.partition("?")
    options = (option.partition("=") for option in query.split("&"))
    shown = [
        f"{name}{equals}{'***' if OPENS.search(name) else value}" for name, equals, value in options
    ]
    return f"{address}{mark}{'&'.join(shown)}"


def _patience(url: sa.URL) -> float:
    said = url.query.get("timeout", LOCK_SECONDS)
    try:
        return float(str(said))
    except ValueError as problem:
        raise LedgerError(
            f"{_open(url.render_as_string())!r}: timeout must be a number of seconds (PEEPHOLE_DB)"
        ) from problem


def _why(problem: Exception, patience: float) -> str:
    if isinstance(problem, OperationalError):
        text = str(problem.orig)
        if "locked" in text:
            return f"another process has held it for {patience:g} s; try again when it is done"
        if "readonly" in text:
            return "it is read-only; give this user the right to write it"
        if "unable to open" in text:
            return "it cannot be made or opened there; check the folder and its rights"
        if "full" in text:
            return "the disk is full; free some space and run again"
        if "disk I/O" in text:
            return "the disk could not be written or read; is it full, or failing?"
        return text
    if isinstance(problem, DBAPIError):
        return str(problem.orig)
    if isinstance(problem, sa.exc.NoSuchModuleError):
        return "there is no such kind of database; use sqlite:/// or postgresql+psycopg://"
    if isinstance(problem, OSError):
        return problem.strerror or str(problem)
    return str(problem)
