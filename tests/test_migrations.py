"""Ledgers of every schema there ever was: made in the SQL of their time, read with today's code."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from alembic import command as alembic
from alembic.config import Config
from alembic.script import ScriptDirectory

from analysis.read import Facts, facts
from peephole import steps
from spiders.ledger import Ledger, LedgerError
from spiders.schema import READINGS, SIGHTINGS, Capture, Content, Look, Run, Sighted, sheet_id
from tests import command

MIGRATIONS = Path(__file__).resolve().parents[1] / "spiders" / "migrations"
SOURCE, TOWNS = "ring_agency_map", 30
RUNS = (("a", "healthy", 30, "01"), ("b", "healthy", 28, "02"), ("c", "failed", 0, "03"))
"""Runs that ended: name, verdict, towns read, day of January 2020; a fourth, d, was killed."""

FIRST = """
CREATE TABLE runs (run_id VARCHAR NOT NULL PRIMARY KEY, source VARCHAR NOT NULL,
  mode VARCHAR NOT NULL, warc VARCHAR NOT NULL, parser_version INTEGER NOT NULL,
  observed_at VARCHAR NOT NULL, started_at VARCHAR NOT NULL, finished_at VARCHAR, verdict VARCHAR,
  reason VARCHAR, notice VARCHAR DEFAULT '' NOT NULL, counts JSON NOT NULL);
CREATE INDEX ix_runs_source ON runs (source);
CREATE TABLE captures (capture_id VARCHAR NOT NULL PRIMARY KEY, source VARCHAR NOT NULL,
  url VARCHAR NOT NULL, fetched_at VARCHAR NOT NULL, observed_at VARCHAR NOT NULL,
  outcome VARCHAR NOT NULL, http_status INTEGER, sha256 VARCHAR, bytes INTEGER,
  warc VARCHAR NOT NULL, warc_offset BIGINT NOT NULL, etag VARCHAR DEFAULT '' NOT NULL,
  last_modified VARCHAR DEFAULT '' NOT NULL);
CREATE INDEX ix_captures_url ON captures (url);
CREATE TABLE records (record_id VARCHAR NOT NULL PRIMARY KEY, source VARCHAR NOT NULL,
  kind VARCHAR NOT NULL, content JSON NOT NULL);
CREATE INDEX ix_records_source ON records (source);
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
"""
SCHEMAS = {
    "0001": f"""{FIRST}
CREATE TABLE sightings (run_id VARCHAR NOT NULL REFERENCES runs (run_id),
  capture_id VARCHAR NOT NULL REFERENCES captures (capture_id),
  record_id VARCHAR NOT NULL REFERENCES records (record_id), position INTEGER, row_key VARCHAR,
  PRIMARY KEY (run_id, capture_id, record_id)) WITHOUT ROWID;
INSERT INTO alembic_version VALUES ('0001');
""",
    "0002": f"""{FIRST}
ALTER TABLE captures ADD COLUMN original_url VARCHAR DEFAULT '' NOT NULL;
CREATE TABLE looks (look_id VARCHAR NOT NULL PRIMARY KEY,
  run_id VARCHAR NOT NULL REFERENCES runs (run_id), source VARCHAR NOT NULL,
  observed_at VARCHAR NOT NULL, verdict VARCHAR NOT NULL, reason VARCHAR NOT NULL,
  counts JSON NOT NULL, account JSON NOT NULL);
CREATE INDEX ix_looks_run_id ON looks (run_id);
CREATE INDEX ix_looks_source ON looks (source);
CREATE TABLE readings (look_id VARCHAR NOT NULL,
  capture_id VARCHAR NOT NULL REFERENCES captures (capture_id), sheet_id VARCHAR NOT NULL,
  run_id VARCHAR NOT NULL REFERENCES runs (run_id),
  PRIMARY KEY (look_id, capture_id)) WITHOUT ROWID;
CREATE INDEX ix_readings_sheet_id ON readings (sheet_id);
CREATE INDEX ix_readings_run_id ON readings (run_id);
CREATE TABLE sightings (sheet_id VARCHAR NOT NULL,
  record_id VARCHAR NOT NULL REFERENCES records (record_id), position INTEGER, row_key VARCHAR,
  PRIMARY KEY (sheet_id, record_id)) WITHOUT ROWID;
INSERT INTO alembic_version VALUES ('0002');
""",
}
"""What each schema was when ledgers were written in it. It never changes: a new one is added."""

RUN = "INSERT INTO runs VALUES (?, ?, 'live', ?, 1, ?, ?, ?, ?, ?, '', ?)"
CAPTURE = (
    "INSERT INTO captures (capture_id, source, url, fetched_at, observed_at, outcome, http_status,"
    " sha256, bytes, warc, warc_offset) VALUES (?, ?, 'https://example.org/map', ?, ?, 'ok', 200,"
    " ?, 1, ?, 0)"
)
RECORD = "INSERT INTO records VALUES (?, ?, 'listing', ?)"


def town(number: int) -> dict[str, str]:
    return {"agency": f"Town {number} Police Department", "programme": "neighbors_portal"} | {
        "state": "OH"
    }


def at(day: str, minute: int = 0) -> str:
    return f"2020-01-{day}T00:{minute:02}:00Z"


def counts(read: int) -> dict[str, int]:
    return {"rows": read, "listing:neighbors_portal": read}


def account(verdict: str) -> dict[str, Any]:
    failed = ["failed for a reason"] if verdict == "failed" else []
    return {"finish_reason": "finished", "problems": failed, "lost": {}}


def seen(numbers: range) -> list[Sighted]:
    return [Sighted(f"record-{number}", number, f"key {number}") for number in numbers]


def written(revision: str, path: Path) -> None:
    """A ledger of that schema with three runs that ended and one that was killed in a page."""
    with closing(sqlite3.connect(path)) as ledger:
        ledger.executescript(SCHEMAS[revision])
        for number in range(TOWNS):
            ledger.execute(RECORD, (f"record-{number}", SOURCE, json.dumps(town(number))))
        for name, verdict, read, day in (*RUNS, ("d", None, 3, "04")):
            reason = verdict and f"{verdict} for a reason"
            end = verdict and at(day, 9)
            told = json.dumps(counts(read) if verdict else {})
            warc, run = f"{name}.warc.gz", f"{name}-v1"
            ledger.execute(RUN, (run, SOURCE, warc, at(day), at(day), end, verdict, reason, told))
            ledger.execute(
                CAPTURE, (f"capture-{name}", SOURCE, at(day, 5), at(day, 5), name * 64, warc)
            )
            if revision == "0001":
                _sighted(ledger, run, f"capture-{name}", range(read))
            elif verdict is not None:
                look = (run, run, SOURCE, at(day, 5) if read else at(day), verdict, reason, told)
                ledger.execute(
                    "INSERT INTO looks VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (*look, json.dumps(account(verdict))),
                )
                _read(ledger, run, f"capture-{name}", range(read))
        ledger.commit()


def _sighted(ledger: sqlite3.Connection, run: str, capture: str, numbers: range) -> None:
    ledger.executemany(
        "INSERT INTO sightings VALUES (?, ?, ?, ?, ?)",
        [(run, capture, *row) for row in seen(numbers)],
    )


def _read(ledger: sqlite3.Connection, run: str, capture: str, numbers: range) -> None:
    if numbers:
        sheet = sheet_id(seen(numbers))
        ledger.execute("INSERT INTO readings VALUES (?, ?, ?, ?)", (run, capture, sheet, run))
        ledger.executemany(
            "INSERT INTO sightings VALUES (?, ?, ?, ?)", [(sheet, *row) for row in seen(numbers)]
        )


def today(path: Path) -> None:
    """The same as today's code writes it."""
    ledger = Ledger(f"sqlite:///{path}")
    ledger.keep([], [Content(f"record-{n}", SOURCE, "listing", town(n)) for n in range(TOWNS)])
    for name, verdict, read, day in (*RUNS, ("d", "", 0, "04")):
        run, warc = f"{name}-v1", f"{name}.warc.gz"
        ledger.begin(Run(run, SOURCE, "live", warc, 1, at(day), at(day)))
        url, when = "https://example.org/map", (at(day, 5), at(day, 5))
        ledger.keep(
            [Capture(f"capture-{name}", SOURCE, url, *when, "ok", 200, name * 64, 1, warc, 0)], []
        )
        if read:
            ledger.read(run, run, f"capture-{name}", seen(range(read)))
        if verdict:
            reason, when_seen = f"{verdict} for a reason", at(day, 5) if read else at(day)
            look = Look(
                run, run, SOURCE, when_seen, verdict, reason, counts(read), account(verdict)
            )
            ledger.finish(run, at(day, 9), verdict, reason, counts(read), [look])
    ledger.close()


def told(path: Path) -> dict[str, pd.DataFrame]:
    """All that analysis learns from a ledger, in an order of its own."""
    ledger = Ledger(f"sqlite:///{path}")
    found = facts(ledger, steps.catalogue())
    ledger.close()
    return {field.name: _sorted(getattr(found, field.name)) for field in fields(Facts)}


def _sorted(value: object) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(each) for key, each in value.items()}
    if isinstance(value, pd.DataFrame):
        texts = value.astype(str)
        return texts.sort_values([*texts.columns], ignore_index=True)
    return value


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one.equals(other)) if isinstance(one, pd.DataFrame) else bool(one == other)


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as ledger:
        names = [
            name
            for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {name: sorted(ledger.execute(f"SELECT * FROM {name}"), key=str) for name in names}


def shape(path: Path) -> dict[str, Any]:
    """Tables, columns, keys and indexes, however their SQL is written."""
    engine = sa.create_engine(f"sqlite:///{path}")
    inspector = sa.inspect(engine)
    found = {
        name: (
            [
                (c["name"], str(c["type"]), c["nullable"], c["default"])
                for c in inspector.get_columns(name)
            ],
            inspector.get_pk_constraint(name)["constrained_columns"],
            sorted(
                (key["constrained_columns"], key["referred_table"])
                for key in inspector.get_foreign_keys(name)
            ),
            sorted(index["name"] for index in inspector.get_indexes(name)),
        )
        for name in inspector.get_table_names()
    }
    engine.dispose()
    return found


def revisions() -> list[str]:
    """Every schema, the first one first."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def moved(path: Path, revision: str, *, down: bool = False) -> None:
    """Bring a ledger to a schema, as a developer would by hand."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            (alembic.downgrade if down else alembic.upgrade)(config, revision)
    finally:
        engine.dispose()


def test_every_schema_is_tried_and_none_was_changed_afterwards(tmp_path: Path) -> None:
    assert list(SCHEMAS) == revisions(), "a new schema is written down here, with data in it"
    for revision in SCHEMAS:
        written(revision, tmp_path / f"old-{revision}")
        moved(tmp_path / f"made-{revision}", revision)
        assert shape(tmp_path / f"old-{revision}") == shape(tmp_path / f"made-{revision}")


@pytest.mark.parametrize("revision", SCHEMAS)
def test_a_ledger_of_any_schema_says_today_what_it_said(revision: str, tmp_path: Path) -> None:
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    written(revision, old)
    before = rows(old)
    today(new)
    migrated, fresh = told(old), told(new)
    assert same(migrated, fresh), [name for name in fresh if not same(migrated[name], fresh[name])]
    looks = migrated["looks"].set_index("look_id")
    assert looks["verdict"].to_dict() == {"a-v1": "healthy", "b-v1": "healthy", "c-v1": "failed"}
    after = rows(old)
    assert after["records"] == before["records"]
    assert after["runs"] == before["runs"]
    assert [row[:13] for row in after["captures"]] == [row[:13] for row in before["captures"]]
    with closing(sqlite3.connect(old)) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert ledger.execute("PRAGMA foreign_key_check").fetchall() == []
    assert after["alembic_version"] == [(revisions()[-1],)]
    assert shape(old) == shape(new)


@pytest.mark.parametrize("revision", SCHEMAS)
def test_a_run_that_was_killed_under_an_old_schema_begins_anew(
    revision: str, tmp_path: Path
) -> None:
    written(revision, tmp_path / "old.sqlite")
    ledger = Ledger(f"sqlite:///{tmp_path / 'old.sqlite'}")
    run = ledger.run("d-v1")
    assert run is not None
    assert run["finished_at"] is None
    ledger.read("d-v1", "d-v1", "capture-d", seen(range(TOWNS)))
    (reading,) = ledger.rows(sa.select(READINGS).where(READINGS.c.run_id == "d-v1"))
    whole = sa.select(SIGHTINGS).where(SIGHTINGS.c.sheet_id == reading["sheet_id"])
    assert len(ledger.rows(whole)) == TOWNS
    ledger.close()


def test_looks_cannot_be_told_in_the_tables_before_them(tmp_path: Path) -> None:
    """No way down is promised from 0002, and whoever tries loses nothing."""
    path = tmp_path / "ledger.sqlite"
    written("0002", path)
    before = rows(path)
    with pytest.raises(NotImplementedError, match="cannot be told in the tables before them"):
        moved(path, "0001", down=True)
    assert rows(path) == before


def test_the_first_schema_can_be_taken_down_to_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    written("0001", path)
    moved(path, "base", down=True)
    assert {name: found for name, found in rows(path).items() if found} == {}
    assert set(rows(path)) == {"alembic_version"}


def test_a_ledger_of_a_newer_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    path = data / "ledger.sqlite"
    written("0002", path)
    with closing(sqlite3.connect(path)) as ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '0099'")
        ledger.commit()
    before = rows(path)
    for word in ("sources", "clean"):
        said = command.peephole(data, word, status=1)
        assert said.stderr.split("\n")[1:] == [""]
        assert "was written by a newer Peephole (schema 0099); install that version" in said.stderr
    assert rows(path) == before
    with pytest.raises(LedgerError, match="schema 0099"):
        Ledger(f"sqlite:///{path}")
