"""The ledger: nothing lost, nothing doubled, whoever writes, whenever they are stopped."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiders.ledger import Ledger, LedgerError
from spiders.schema import (
    CAPTURES,
    LOOKS,
    METADATA,
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

ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65534


def run_of(run_id: str, observed_at: str = "2020-01-01T00:00:00Z", version: int = 1) -> Run:
    source, warc = "ring_agency_map", f"{run_id.partition('-v')[0]}.warc.gz"
    return Run(run_id, source, "import", warc, version, observed_at, "2026-01-01T00:00:00Z")


def capture_of(number: int, **more: object) -> Capture:
    fields: dict[str, object] = {
        "capture_id": f"capture-{number}",
        "source": "ring_agency_map",
        "url": "https://example.org/map",
        "fetched_at": f"2020-01-01T00:00:{number:02d}Z",
        "observed_at": "2020-01-01T00:00:00Z",
        "outcome": "ok",
        "http_status": 200,
        "sha256": "0" * 64,
        "bytes": 1,
        "warc": "run.warc.gz",
        "warc_offset": number,
    }
    return Capture(**(fields | more))  # type: ignore[arg-type]


def content(number: int) -> Content:
    fields = {"agency": f"Town {number}", "programme": "neighbors_portal"}
    return Content(f"record-{number}", "ring_agency_map", "listing", fields)


def seen(number: int) -> Sighted:
    return Sighted(f"record-{number}", number, str(number))


def read(ledger: Ledger, numbers: Sequence[int], capture: int = 0, look: str = "run-v1") -> None:
    """A page is kept, its records after it, and in the end that it was read."""
    ledger.keep([capture_of(capture)], [])
    ledger.keep([], [content(number) for number in numbers])
    rows = [seen(number) for number in numbers]
    ledger.read(look.partition("@")[0], look, f"capture-{capture}", rows)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.sqlite?timeout=1"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = Ledger(url)
    yield opened
    opened.close()


def counted(ledger: Ledger, table: sa.Table) -> int:
    found: int = ledger.rows(sa.select(sa.func.count().label("n")).select_from(table))[0]["n"]
    return found


def started(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Python in a process of its own, with this module's names at hand."""
    whole = "import sys\nfrom tests.test_ledger import *\n" + script
    return subprocess.Popen(
        [sys.executable, "-c", whole, *arguments],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_migrations_make_the_tables_that_are_declared(ledger: Ledger) -> None:
    inspector = sa.inspect(ledger.engine)
    for name, table in METADATA.tables.items():
        made = {column["name"]: column for column in inspector.get_columns(name)}
        assert set(made) == {column.name for column in table.columns}
        for column in table.columns:
            assert made[column.name]["nullable"] == column.nullable, f"{name}.{column.name}"
        keys = inspector.get_pk_constraint(name)["constrained_columns"]
        assert keys == [column.name for column in table.primary_key]
    assert set(inspector.get_table_names()) == {*METADATA.tables, "alembic_version"}


def test_a_ledger_opens_again_with_what_it_held(url: str) -> None:
    first = Ledger(url)
    first.begin(run_of("run-v1"))
    first.close()
    second = Ledger(url)
    assert counted(second, RUNS) == 1
    second.close()


KILLED_MIGRATION = """
import os, signal, sqlalchemy
@sqlalchemy.event.listens_for(sqlalchemy.Engine, "before_cursor_execute")
def killed(connection, cursor, statement, *_):
    if sys.argv[2] in statement:
        os.kill(os.getpid(), signal.SIGKILL)
Ledger(sys.argv[1])
"""


@pytest.mark.parametrize("last", ["CREATE TABLE sightings", "CREATE TABLE looks"])
def test_a_migration_that_is_killed_begins_anew(url: str, tmp_path: Path, last: str) -> None:
    process = started(KILLED_MIGRATION, url, last)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert (tmp_path / "ledger.sqlite").exists()
    ledger = Ledger(url)
    ledger.begin(run_of("run-v1"))
    assert [counted(ledger, table) for table in METADATA.tables.values()].count(0) == 5
    ledger.close()


def first_schema(url: str) -> None:
    """A ledger as the first schema had it: a run that was healthy, one that found less and was
    incomplete, one that failed, and one that was killed in the middle of a page."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(ROOT / "spiders" / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        tables = sa.MetaData()
        tables.reflect(connection)

        def insert(name: str, rows: Sequence[Mapping[str, object]]) -> None:
            connection.execute(sa.insert(tables.tables[name]), rows)

        ends = {"a": "healthy", "b": "incomplete", "c": "failed", "d": None}
        insert(
            "runs",
            [
                {
                    "run_id": f"{name}-v1",
                    "source": "ring_agency_map",
                    "mode": "live",
                    "warc": f"{name}.warc.gz",
                    "parser_version": 1,
                    "observed_at": f"2020-01-0{day}T00:00:00Z",
                    "started_at": f"2020-01-0{day}T00:00:00Z",
                    "finished_at": verdict and f"2020-01-0{day}T00:10:00Z",
                    "verdict": verdict,
                    "reason": verdict and f"{verdict} for a reason",
                    "counts": {"rows": day},
                }
                for day, (name, verdict) in enumerate(ends.items(), 1)
            ],
        )
        insert(
            "captures",
            [
                {
                    name: value
                    for name, value in asdict(capture_of(number)).items()
                    if name != "original_url"
                }
                | {"observed_at": f"2020-01-0{number}T00:05:00Z"}
                for number in range(1, 5)
            ],
        )
        insert("records", [asdict(content(number)) for number in range(5)])
        insert(
            "sightings",
            [
                {"run_id": f"{run}-v1", "capture_id": f"capture-{capture}"} | seen(number)._asdict()
                for run, capture, numbers in (
                    ("a", 1, range(5)),
                    ("a", 2, range(2)),
                    ("b", 2, range(5)),
                    ("d", 4, range(3)),
                )
                for number in numbers
            ],
        )
        connection.commit()
    engine.dispose()


def migrated_as_it_must(url: str) -> None:
    """Does the ledger that :func:`first_schema` made say the same in the newest schema?"""
    ledger = Ledger(url)
    looks = {row["look_id"]: row for row in ledger.rows(sa.select(LOOKS))}
    told = {
        name: (row["verdict"], row["observed_at"], row["counts"]) for name, row in looks.items()
    }
    assert told == {
        "a-v1": ("healthy", "2020-01-02T00:05:00Z", {"rows": 1}),
        "b-v1": ("incomplete", "2020-01-02T00:05:00Z", {"rows": 2}),
        "c-v1": ("failed", "2020-01-03T00:00:00Z", {"rows": 3}),
    }
    assert looks["a-v1"]["account"] == {"finish_reason": "finished", "problems": [], "lost": {}}
    assert looks["b-v1"]["account"]["lost"] == {"given_up": 1}
    assert looks["c-v1"]["account"]["problems"] == ["failed for a reason"]
    whole, part = (sheet_id([seen(number) for number in numbers]) for numbers in (range(5), (0, 1)))
    readings = ledger.rows(sa.select(READINGS).order_by("look_id", "capture_id"))
    assert [(row["look_id"], row["capture_id"], row["sheet_id"]) for row in readings] == [
        ("a-v1", "capture-1", whole),
        ("a-v1", "capture-2", part),
        ("b-v1", "capture-2", whole),
    ]
    assert counted(ledger, SIGHTINGS) == 7
    assert [row["original_url"] for row in ledger.rows(sa.select(CAPTURES))] == [""] * 4
    read(ledger, range(5), 4, "d-v1")  # the run that was killed begins anew
    (again,) = ledger.rows(sa.select(READINGS).where(READINGS.c.look_id == "d-v1"))
    assert again["sheet_id"] == whole
    assert counted(ledger, SIGHTINGS) == 7
    ledger.close()


def test_a_ledger_of_the_first_schema_is_brought_to_the_newest(url: str) -> None:
    first_schema(url.partition("?")[0])
    migrated_as_it_must(url)


@pytest.mark.parametrize("last", ["CREATE TABLE sightings", "INSERT INTO read", "DROP TABLE old_"])
def test_a_migration_of_data_that_is_killed_loses_nothing(url: str, last: str) -> None:
    first_schema(url.partition("?")[0])
    process = started(KILLED_MIGRATION, url, last)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    migrated_as_it_must(url)


def test_four_processes_may_open_a_new_ledger_at_once(tmp_path: Path) -> None:
    script = (
        "import time\n"
        "time.sleep(max(0, float(sys.argv[2]) - time.time()))\n"
        "ledger = Ledger(sys.argv[1])\n"
        "ledger.begin(run_of(f'run{sys.argv[3]}-v1'))\n"
    )
    url = f"sqlite:///{tmp_path}/new.sqlite"
    at_once = str(time.time() + 3)
    processes = [started(script, url, at_once, str(number)) for number in range(4)]
    assert [(each.communicate(timeout=60)[1], each.returncode) for each in processes] == [
        ("", 0)
    ] * 4
    ledger = Ledger(url)
    assert counted(ledger, RUNS) == 4
    ledger.close()


WRITER = """
ledger = Ledger(sys.argv[1])
first = int(sys.argv[2])
ledger.begin(run_of("run-v1"))
for at in range(first, first + 150):
    read(ledger, range(at, at + 5), at)
look = Look("run-v1", "run-v1", "ring_agency_map", "2026-01-01T00:00:01Z", "healthy", "fine")
ledger.finish("run-v1", "2026-01-01T00:00:01Z", "healthy", "fine", {"rows": 1}, [look])
"""


def test_two_processes_write_the_same_and_different_rows(url: str) -> None:
    url = url.partition("?")[0]
    processes = [started(WRITER, url, first) for first in ("0", "75")]
    for process in processes:
        _, told = process.communicate(timeout=60)
        assert (told, process.returncode) == ("", 0)
    ledger = Ledger(url)
    assert counted(ledger, RUNS) == 1
    assert counted(ledger, CAPTURES) == 225
    assert counted(ledger, RECORDS) == 229
    assert counted(ledger, READINGS) == 225
    assert counted(ledger, SIGHTINGS) == 225 * 5
    assert counted(ledger, LOOKS) == 1
    ledger.close()


@given(batches=st.lists(st.lists(st.integers(0, 8), max_size=6), min_size=1, max_size=6))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_repetition_give_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]]
) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path_factory.mktemp('order')}/ledger.sqlite")
    for batch in [*batches, *batches]:
        ledger.begin(run_of("run-v1"))
        read(ledger, batch, batches.index(batch))
    rows = ledger.rows(
        sa.select(READINGS.c.capture_id, SIGHTINGS, RECORDS.c.content)
        .join(SIGHTINGS, SIGHTINGS.c.sheet_id == READINGS.c.sheet_id)
        .join(RECORDS, RECORDS.c.record_id == SIGHTINGS.c.record_id)
    )
    assert {(row["capture_id"], row["record_id"]) for row in rows} == {
        (f"capture-{batches.index(batch)}", f"record-{number}")
        for batch in batches
        for number in batch
    }
    assert all(row["content"]["agency"] == f"Town {row['position']}" for row in rows)
    assert counted(ledger, RUNS) == 1
    assert counted(ledger, RECORDS) == len({number for batch in batches for number in batch})
    sheets = {frozenset(batch) for batch in batches if batch}
    assert counted(ledger, SIGHTINGS) == sum(map(len, sheets))
    ledger.close()


def test_a_record_that_stands_twice_is_seen_where_it_stood_first(ledger: Ledger) -> None:
    ledger.begin(run_of("run-v1"))
    ledger.keep([capture_of(0)], [content(1), content(1), content(2)])
    rows = [Sighted("record-1", 7, "a"), Sighted("record-2", 8, "b"), Sighted("record-1", 9, "c")]
    ledger.read("run-v1", "run-v1", "capture-0", rows)
    found = ledger.rows(sa.select(SIGHTINGS).order_by("record_id"))
    assert [(row["record_id"], row["position"], row["row_key"]) for row in found] == [
        ("record-1", 7, "a"),
        ("record-2", 8, "b"),
    ]


def test_a_page_without_records_is_read_all_the_same(ledger: Ledger) -> None:
    ledger.begin(run_of("run-v1"))
    read(ledger, [])
    assert (counted(ledger, READINGS), counted(ledger, SIGHTINGS)) == (1, 0)


@given(
    st.lists(
        st.tuples(st.text(max_size=3), st.none() | st.integers(), st.none() | st.text(max_size=3)),
        unique_by=lambda row: row[0],
        max_size=5,
    ),
    st.randoms(),
)
def test_a_sheet_is_named_by_its_rows_in_any_order(
    rows: list[tuple[str, int | None, str | None]], random: Random
) -> None:
    sighted = [Sighted(*row) for row in rows]
    shuffled = random.sample(sighted, len(sighted))
    assert sheet_id(sighted) == sheet_id(shuffled)
    if rows:
        assert sheet_id(sighted[1:]) != sheet_id(sighted)
        moved = sighted[0]._replace(position=(sighted[0].position or 0) + 1)
        assert sheet_id([moved, *sighted[1:]]) != sheet_id(sighted)


def test_an_unchanged_page_costs_less_than_a_tenth_of_a_changed_one(
    ledger: Ledger, tmp_path: Path
) -> None:
    def size() -> int:
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (tmp_path / "ledger.sqlite").stat().st_size

    ledger.begin(run_of("run-v1"))
    read(ledger, range(2500), 0, "run-v1@0")
    first = size()
    for look in range(1, 40):
        read(ledger, range(2500), look % 60, f"run-v1@{look}")
    unchanged = (size() - first) / 39
    before = size()
    for look in range(40, 50):  # one row in a hundred is another in each
        read(ledger, range(25 * (look - 39), 2500 + 25 * (look - 39)), look, f"run-v1@{look}")
    changed = (size() - before) / 10
    assert unchanged < changed / 10
    assert counted(ledger, READINGS) == 50
    assert counted(ledger, SIGHTINGS) == 11 * 2500


KILLED = """
import os, signal
ledger = Ledger(sys.argv[1])
ledger.begin(run_of("run-v1"))
read(ledger, [1, 2])
insert = Ledger._insert
def killed(self, table):
    if table.name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
    return insert(self, table)
Ledger._insert = killed
read(ledger, [3, 4], 1)
look = Look("run-v1", "run-v1", "ring_agency_map", "2026-01-01T00:00:01Z", "healthy", "fine")
ledger.finish("run-v1", "2026-01-01T00:00:01Z", "healthy", "fine", {"rows": 1}, [look])
"""
ALL = (CAPTURES, RECORDS, SIGHTINGS, READINGS, LOOKS)


@pytest.mark.parametrize(
    ("table", "left"),
    [
        ("records", [2, 2, 2, 1, 0]),
        ("sightings", [2, 4, 2, 1, 0]),
        ("readings", [2, 4, 2, 1, 0]),
        ("looks", [2, 4, 4, 2, 0]),
    ],
)
def test_a_writer_that_is_killed_leaves_no_part_of_a_reading(
    url: str, table: str, left: list[int]
) -> None:
    process = started(KILLED, url, table)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    ledger = Ledger(url)
    assert [counted(ledger, each) for each in ALL] == left
    assert ledger.run("run-v1")["finished_at"] is None  # type: ignore[index]
    read(ledger, [3, 4], 1)
    assert [counted(ledger, each) for each in ALL] == [2, 4, 4, 2, 0]
    ledger.close()


def test_a_reading_of_what_is_not_there_is_refused(ledger: Ledger) -> None:
    ledger.begin(run_of("run-v1"))
    ledger.keep([capture_of(0)], [content(1)])
    for run_id, capture_id, number in (
        ("run-v1", "capture-99", 1),
        ("run-v9", "capture-0", 1),
        ("run-v1", "capture-0", 99),
    ):
        with pytest.raises(LedgerError, match="FOREIGN KEY"):
            ledger.read(run_id, run_id, capture_id, [seen(number)])
    assert [counted(ledger, each) for each in ALL] == [1, 1, 0, 0, 0]


def test_a_run_ends_once(ledger: Ledger) -> None:
    ledger.begin(run_of("run-v1"))
    look = Look("run-v1@2", "run-v1", "ring_agency_map", "2026-01-01T00:00:01Z", "healthy", "fine")
    ledger.finish("run-v1", "2026-01-01T00:00:01Z", "failed", "first", {}, [])
    ledger.finish("run-v1", "2026-01-01T00:00:02Z", "healthy", "second", {"rows": 9}, [look])
    assert counted(ledger, LOOKS) == 0
    ledger.begin(run_of("run-v1"))
    row = ledger.run("run-v1")
    assert row is not None
    assert (row["verdict"], row["reason"], row["counts"]) == ("failed", "first", {})
    assert ledger.run("another") is None


@pytest.mark.parametrize(
    ("now", "finished"),
    [
        ("2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:09Z", "2026-01-01T00:00:09Z"),
    ],
)
def test_no_run_ends_before_it_began_whatever_the_clock_does(
    ledger: Ledger, now: str, finished: str
) -> None:
    ledger.begin(run_of("run-v1"))
    ledger.finish("run-v1", now, "healthy", "so", {"rows": 1}, [])
    row = ledger.run("run-v1")
    assert row is not None
    assert row["finished_at"] == finished


def ended(ledger: Ledger, run: Run, verdict: str, rows: int = 1) -> None:
    ledger.begin(run)
    counts = {"rows": rows}
    look = Look(run.run_id, run.run_id, run.source, run.observed_at, verdict, "so", counts)
    ledger.finish(run.run_id, "2026-01-01T00:00:01Z", verdict, "so", counts, [look])


def test_the_last_healthy_run_is_the_newest_before_a_moment(ledger: Ledger) -> None:
    ended(ledger, run_of("a-v1", "2019-01-01T00:00:00Z"), "healthy", 1)
    ended(ledger, run_of("b-v1", "2020-01-01T00:00:00Z"), "healthy", 2)
    ended(ledger, run_of("c-v1", "2020-06-01T00:00:00Z"), "incomplete", 3)
    ended(ledger, run_of("d-v1", "2020-07-01T00:00:00Z"), "failed", 4)
    ended(ledger, run_of("e-v1", "2021-01-01T00:00:00Z"), "healthy", 5)
    for before, counts in {"2020-12-01": {"rows": 2}, "2020-01-01": {"rows": 1}}.items():
        look = ledger.last_healthy("ring_agency_map", f"{before}T00:00:00Z")
        assert look is not None
        assert look.counts == counts
    assert ledger.last_healthy("ring_agency_map", "2019-01-01T00:00:00Z") is None
    assert ledger.last_healthy("atlas_of_surveillance", "2030-01-01T00:00:00Z") is None
    assert ledger.last_healthy_look("ring_agency_map") == "2021-01-01T00:00:00Z"
    assert ledger.last_healthy_look("atlas_of_surveillance") is None


def test_only_a_whole_answer_of_a_trusted_run_is_asked_after(ledger: Ledger) -> None:
    ended(ledger, run_of("good-v1"), "healthy")
    ended(ledger, run_of("bad-v1"), "failed")
    ledger.keep(
        [
            capture_of(1, warc="good.warc.gz"),
            capture_of(2, warc="good.warc.gz", outcome="not_modified", http_status=304),
            capture_of(3, warc="good.warc.gz", http_status=500),
            capture_of(4, warc="good.warc.gz", outcome="challenge"),
            capture_of(5, warc="good.warc.gz", url="https://example.org/other"),
            capture_of(6, warc="bad.warc.gz"),
        ],
        [],
    )
    found = ledger.last_capture("ring_agency_map", "https://example.org/map")
    assert found is not None
    assert found.capture_id == "capture-1"
    assert ledger.last_capture("ring_agency_map", "https://example.org/none") is None
    assert ledger.last_capture("atlas_of_surveillance", "https://example.org/map") is None


def test_any_run_may_have_kept_an_answer(ledger: Ledger) -> None:
    ledger.keep(
        [
            capture_of(1),
            capture_of(2, outcome="unchanged", url="https://example.org/other"),
            capture_of(3, http_status=500),
            capture_of(4, outcome="not_modified", http_status=304),
            capture_of(5, outcome="challenge"),
            capture_of(6, outcome="login"),
            capture_of(7, url="https://example.org/none"),
            capture_of(8, source="atlas_of_surveillance"),
        ],
        [],
    )
    urls = ["https://example.org/map", "https://example.org/other"]
    found = ledger.answers("ring_agency_map", urls)
    assert [capture.capture_id for capture in found] == ["capture-6", "capture-2", "capture-1"]
    assert ledger.answers("ring_agency_map", []) == []
    for number in (1, 6):
        held = ledger.capture_at("ring_agency_map", urls[0], f"2020-01-01T00:00:0{number}Z")
        assert held == capture_of(number, outcome="login" if number == 6 else "ok")
    for number in (2, 3, 4, 5):
        assert ledger.capture_at("ring_agency_map", urls[0], f"2020-01-01T00:00:0{number}Z") is None


def sentence(problem: pytest.ExceptionInfo[LedgerError]) -> str:
    told = str(problem.value)
    assert "\n" not in told
    assert "sqlalche" not in told
    return told


def test_a_newer_schema_is_refused(url: str, tmp_path: Path) -> None:
    Ledger(url).close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError) as problem:
        Ledger(url)
    told = sentence(problem)
    assert "was written by a newer Peephole (schema 9999); install that version" in told
    assert str(tmp_path / "ledger.sqlite") in told


def test_a_locked_ledger_is_told_after_the_wait(ledger: Ledger, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(LedgerError) as problem:
        ledger.begin(run_of("run-v1"))
    assert 0.9 < time.monotonic() - began < 10
    assert "another process has held it for 1 s; try again when it is done" in sentence(problem)
    assert ledger.run("run-v1") is None  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    ledger.begin(run_of("run-v1"))
    assert ledger.run("run-v1") is not None


def test_a_lock_that_ends_in_time_is_waited_for(ledger: Ledger, tmp_path: Path) -> None:
    from threading import Timer

    other = sqlite3.connect(
        tmp_path / "ledger.sqlite", isolation_level=None, check_same_thread=False
    )
    other.execute("BEGIN IMMEDIATE")
    Timer(0.3, other.execute, ["COMMIT"]).start()
    ledger.begin(run_of("run-v1"))
    assert ledger.run("run-v1") is not None


@pytest.mark.parametrize(
    "content",
    [b"<!doctype html>" * 100, b"PK\x03\x04" + bytes(2000), b"SQLite format 3\0garbage" * 99],
)
def test_a_file_that_is_no_database_is_a_sentence(url: str, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(content)
    with pytest.raises(LedgerError, match=r"cannot open the ledger .*ledger\.sqlite") as problem:
        Ledger(url)
    sentence(problem)
    assert (tmp_path / "ledger.sqlite").read_bytes() == content


def test_a_damaged_ledger_is_a_sentence(url: str, tmp_path: Path) -> None:
    ledger = Ledger(url)
    ledger.begin(run_of("run-v1"))
    read(ledger, range(2000))
    ledger.close()
    file = tmp_path / "ledger.sqlite"
    whole = file.read_bytes()
    half = len(whole) // 8192 * 4096
    file.write_bytes(whole[:half] + b"\xff" * (len(whole) - half))
    hurt = Ledger(url)
    with pytest.raises(LedgerError) as problem:
        hurt.rows(sa.select(RECORDS))
    assert "ledger.sqlite" in sentence(problem)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("nonsense", "is no database address"),
        ("nonsense://x", "cannot open the ledger"),
        ("sqlite:////proc/none/ledger.sqlite", "cannot open the ledger"),
        ("sqlite:////dev/null/ledger.sqlite", "cannot open the ledger"),
        ("sqlite:///x.sqlite?timeout=soon", "timeout must be a number of seconds"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_sentence(address: str, told: str) -> None:
    with pytest.raises(LedgerError, match=told) as problem:
        Ledger(address)
    sentence(problem)


def test_a_folder_where_the_ledger_should_be_is_a_sentence(url: str, tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(LedgerError, match="it cannot be made or opened there") as problem:
        Ledger(url)
    sentence(problem)


@pytest.fixture
def powerless() -> Iterator[Path]:
    """A folder of root's, and no right but to read while the test looks at it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        if os.getuid() == 0:
            os.seteuid(0)
        folder.chmod(0o755)


def give_up_rights(folder: Path, kept: Sequence[Path] = ()) -> None:
    for path in (folder, *kept):
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    if os.getuid() == 0:
        os.seteuid(NOBODY)


def test_a_ledger_that_may_not_be_written_is_a_sentence(powerless: Path) -> None:
    url = f"sqlite:///{powerless}/ledger.sqlite"
    Ledger(url).close()
    give_up_rights(powerless, [powerless / "ledger.sqlite"])
    with pytest.raises(LedgerError, match=r"read-only|cannot be made or opened") as problem:
        Ledger(url).begin(run_of("run-v1"))
    assert str(powerless) in sentence(problem)


@pytest.mark.parametrize("name", ["ledger.sqlite", "new/ledger.sqlite"])
def test_a_folder_that_may_not_be_written_is_a_sentence(powerless: Path, name: str) -> None:
    give_up_rights(powerless)
    with pytest.raises(LedgerError, match=r"cannot be made or opened|Permission denied") as problem:
        Ledger(f"sqlite:///{powerless}/{name}")
    assert str(powerless) in sentence(problem)
    assert list(powerless.iterdir()) == []
