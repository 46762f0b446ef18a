"""The ledger: which run saw which record in which capture; only ever added to.

SQLite (write-ahead log) by default, PostgreSQL by URL. Every write is idempotent: keys come from
the content, and a key that is there already is left as it stands.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError

METADATA = sa.MetaData()

RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False, index=True),
    sa.Column("mode", sa.String, nullable=False),
    sa.Column("warc", sa.String, nullable=False),
    sa.Column("parser_version", sa.Integer, nullable=False),
    sa.Column("observed_at", sa.String, nullable=False),
    sa.Column("started_at", sa.String, nullable=False),
    sa.Column("finished_at", sa.String),
    sa.Column("verdict", sa.String),
    sa.Column("reason", sa.String),
    sa.Column("notice", sa.String, nullable=False, server_default=""),
    sa.Column("counts", sa.JSON, nullable=False),
)
"""One (run, source). ``finished_at`` is empty while it runs and for ever if it was killed."""

CAPTURES = sa.Table(
    "captures",
    METADATA,
    sa.Column("capture_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("url", sa.String, nullable=False, index=True),
    sa.Column("fetched_at", sa.String, nullable=False),
    sa.Column("observed_at", sa.String, nullable=False),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("http_status", sa.Integer),
    sa.Column("sha256", sa.String),
    sa.Column("bytes", sa.Integer),
    sa.Column("warc", sa.String, nullable=False),
    sa.Column("warc_offset", sa.BigInteger, nullable=False),
    sa.Column("etag", sa.String, nullable=False, server_default=""),
    sa.Column("last_modified", sa.String, nullable=False, server_default=""),
)

RECORDS = sa.Table(
    "records",
    METADATA,
    sa.Column("record_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
)

SIGHTINGS = sa.Table(
    "sightings",
    METADATA,
    sa.Column("run_id", sa.String, sa.ForeignKey("runs.run_id"), primary_key=True),
    sa.Column("capture_id", sa.String, sa.ForeignKey("captures.capture_id"), primary_key=True),
    sa.Column("record_id", sa.String, sa.ForeignKey("records.record_id"), primary_key=True),
    sa.Column("position", sa.Integer),
    sa.Column("row_key", sa.String),
    sqlite_with_rowid=False,
)
"""A record seen in a capture by a run, with where it stood in the bytes."""

TRUSTED = ("healthy", "incomplete")
LOCK_SECONDS = 30
"""How long a writer waits for another before it gives up; ``?timeout=`` in the URL says other."""


class LedgerError(Exception):
    """The ledger cannot be opened, read or written; the message says which, why and what to do."""


@dataclass(frozen=True, slots=True)
class Run:
    """A row of ``runs`` as it begins."""

    run_id: str
    source: str
    mode: str
    warc: str
    parser_version: int
    observed_at: str
    started_at: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """A row of ``captures``."""

    capture_id: str
    source: str
    url: str
    fetched_at: str
    observed_at: str
    outcome: str
    http_status: int | None
    sha256: str | None
    bytes: int | None
    warc: str
    warc_offset: int
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A record with where it was seen: a row of ``records`` and one of ``sightings``."""

    record_id: str
    source: str
    kind: str
    content: Mapping[str, Any]
    capture_id: str
    position: int | None = None
    row_key: str | None = None


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
            raise LedgerError(f"{url!r} is no database address (PEEPHOLE_DB)") from problem
        self._sqlite = self.url.get_backend_name() == "sqlite"
        self.patience = _patience(self.url)
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
        self, run_id: str, finished_at: str, verdict: str, reason: str, counts: Mapping[str, int]
    ) -> None:
        """Note how a run ended. Only from here on can it be published."""
        with self._explained("write to"), self._writing() as connection:
            connection.execute(
                RUNS.update()
                .where(RUNS.c.run_id == run_id, RUNS.c.finished_at.is_(None))
                .values(
                    finished_at=finished_at, verdict=verdict, reason=reason, counts=dict(counts)
                )
            )

    def keep(self, run_id: str, captures: Sequence[Capture], seen: Sequence[Seen]) -> None:
        """Add captures, records and sightings; what is there already stays as it is."""
        if not captures and not seen:
            return
        records = {
            row.record_id: {
                "record_id": row.record_id,
                "source": row.source,
                "kind": row.kind,
                "content": dict(row.content),
            }
            for row in seen
        }
        sightings = [
            {
                "run_id": run_id,
                "capture_id": row.capture_id,
                "record_id": row.record_id,
                "position": row.position,
                "row_key": row.row_key,
            }
            for row in seen
        ]
        with self._explained("write to"), self._writing() as connection:
            for table, rows in (
                (CAPTURES, [asdict(capture) for capture in captures]),
                (RECORDS, list(records.values())),
                (SIGHTINGS, sightings),
            ):
                if rows:
                    connection.execute(self._insert(table), rows)

    def run(self, run_id: str) -> Mapping[str, Any] | None:
        """The row of ``runs``, or None."""
        rows = self.rows(sa.select(RUNS).where(RUNS.c.run_id == run_id))
        return rows[0] if rows else None

    def last_healthy(self, source: str, before: str) -> Mapping[str, int]:
        """The counts of the newest healthy run observed before a moment; empty if none."""
        rows = self.rows(
            sa.select(RUNS.c.counts)
            .where(
                RUNS.c.source == source,
                RUNS.c.verdict == "healthy",
                RUNS.c.observed_at < before,
            )
            .order_by(RUNS.c.observed_at.desc(), RUNS.c.parser_version.desc())
            .limit(1)
        )
        return dict(rows[0]["counts"]) if rows else {}

    def last_run(self, source: str) -> Mapping[str, Any] | None:
        """The row of the run of a source that ended last."""
        rows = self.rows(
            sa.select(RUNS)
            .where(RUNS.c.source == source, RUNS.c.finished_at.is_not(None))
            .order_by(RUNS.c.finished_at.desc(), RUNS.c.run_id.desc())
            .limit(1)
        )
        return rows[0] if rows else None

    def last_healthy_look(self, source: str) -> str | None:
        """The newest moment a healthy run of a source speaks for."""
        newest = sa.func.max(RUNS.c.observed_at).label("newest")
        rows = self.rows(
            sa.select(newest).where(RUNS.c.source == source, RUNS.c.verdict == "healthy")
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
        """The capture of an address at a moment."""
        return self._capture(
            CAPTURES.c.source == source,
            CAPTURES.c.url == url,
            CAPTURES.c.fetched_at == fetched_at,
            CAPTURES.c.outcome == "ok",
        )

    def _capture(self, *conditions: sa.ColumnElement[bool]) -> Capture | None:
        newest = sa.select(CAPTURES).where(*conditions).order_by(CAPTURES.c.fetched_at.desc())
        rows = self.rows(newest.limit(1))
        return Capture(**rows[0]) if rows else None

    def rows(self, statement: sa.Select[Any]) -> Sequence[Mapping[str, Any]]:
        """The rows a query gives, as mappings."""
        with self._explained("read"), self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def published_runs(self) -> sa.Subquery:
        """Of each WARC's trusted runs the one with the newest parser: what may be published."""
        ranked = (
            sa.select(
                RUNS,
                sa.func.row_number()
                .over(
                    partition_by=RUNS.c.warc,
                    order_by=(RUNS.c.parser_version.desc(), RUNS.c.run_id),
                )
                .label("rank"),
            )
            .where(RUNS.c.verdict.in_(TRUSTED))
            .subquery()
        )
        return sa.select(ranked).where(ranked.c.rank == 1).subquery("published_runs")

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
        return self.url.database or "" if self._sqlite else self.url.render_as_string()


def _patience(url: sa.URL) -> float:
    said = url.query.get("timeout", LOCK_SECONDS)
    try:
        return float(str(said))
    except ValueError as problem:
        raise LedgerError(
            f"{url.render_as_string()!r}: timeout must be a number of seconds (PEEPHOLE_DB)"
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
        return text
    if isinstance(problem, DBAPIError):
        return str(problem.orig)
    if isinstance(problem, sa.exc.NoSuchModuleError):
        return "there is no such kind of database; use sqlite:/// or postgresql+psycopg://"
    if isinstance(problem, OSError):
        return problem.strerror or str(problem)
    return str(problem)
