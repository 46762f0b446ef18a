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
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiders.ledger import (
    CAPTURES,
    METADATA,
    RECORDS,
    RUNS,
    SIGHTINGS,
    Capture,
    Ledger,
    LedgerError,
    Run,
    Seen,
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


def seen(number: int, capture: int = 0) -> Seen:
    content = {"agency": f"Town {number}", "programme": "neighbors_portal"}
    name = f"record-{number}"
    return Seen(
        name, "ring_agency_map", "listing", content, f"capture-{capture}", number, str(number)
    )


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
        assert list(made) == [column.name for column in table.columns]
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
    if "CREATE TABLE sightings" in statement:
        os.kill(os.getpid(), signal.SIGKILL)
Ledger(sys.argv[1])
"""


def test_a_migration_that_is_killed_begins_anew(url: str, tmp_path: Path) -> None:
    process = started(KILLED_MIGRATION, url)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert (tmp_path / "ledger.sqlite").exists()
    ledger = Ledger(url)
    ledger.begin(run_of("run-v1"))
    assert [counted(ledger, table) for table in METADATA.tables.values()].count(0) == 3
    ledger.close()


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
    ledger.keep("run-v1", [capture_of(at)], [seen(number, at) for number in range(at, at + 5)])
ledger.finish("run-v1", "2026-01-01T00:00:01Z", "healthy", "fine", {"rows": 1})
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
    assert counted(ledger, SIGHTINGS) == 225 * 5
    ledger.close()


@given(batches=st.lists(st.lists(st.integers(0, 8), max_size=6), min_size=1, max_size=6))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_repetition_give_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]]
) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path_factory.mktemp('order')}/ledger.sqlite")
    for batch in [*batches, *batches]:
        ledger.begin(run_of("run-v1"))
        ledger.keep("run-v1", [capture_of(0)], [seen(number) for number in batch])
    wanted = sorted({f"record-{number}" for batch in batches for number in batch})
    rows = ledger.rows(sa.select(SIGHTINGS, RECORDS.c.content).join(RECORDS).order_by("record_id"))
    assert [row["record_id"] for row in rows] == wanted
    assert all(row["content"]["agency"] == f"Town {row['position']}" for row in rows)
    assert (counted(ledger, RUNS), counted(ledger, RECORDS)) == (1, len(wanted))
    ledger.close()


KILLED = """
import os, signal
from spiders import ledger as module
ledger = Ledger(sys.argv[1])
ledger.begin(run_of("run-v1"))
ledger.keep("run-v1", [capture_of(0)], [seen(1), seen(2)])
insert = Ledger._insert
def killed(self, table):
    if table is module.SIGHTINGS:
        os.kill(os.getpid(), signal.SIGKILL)
    return insert(self, table)
Ledger._insert = killed
ledger.keep("run-v1", [capture_of(1)], [seen(3, 1), seen(4, 1)])
"""


def test_a_writer_that_is_killed_leaves_no_part_of_a_batch(url: str) -> None:
    process = started(KILLED, url)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    ledger = Ledger(url)
    assert [counted(ledger, table) for table in (CAPTURES, RECORDS, SIGHTINGS)] == [1, 2, 2]
    assert ledger.run("run-v1")["finished_at"] is None  # type: ignore[index]
    ledger.keep("run-v1", [capture_of(1)], [seen(3, 1), seen(4, 1)])
    assert [counted(ledger, table) for table in (CAPTURES, RECORDS, SIGHTINGS)] == [2, 4, 4]
    ledger.close()


def test_a_sighting_of_a_capture_that_is_not_there_is_refused(ledger: Ledger) -> None:
    ledger.begin(run_of("run-v1"))
    with pytest.raises(LedgerError, match="FOREIGN KEY"):
        ledger.keep("run-v1", [], [seen(1, 99)])
    assert counted(ledger, RECORDS) == 0


def test_a_run_ends_once(ledger: Ledger) -> None:
    ledger.begin(run_of("run-v1"))
    ledger.finish("run-v1", "2026-01-01T00:00:01Z", "failed", "first", {})
    ledger.finish("run-v1", "2026-01-01T00:00:02Z", "healthy", "second", {"rows": 9})
    ledger.begin(run_of("run-v1"))
    row = ledger.run("run-v1")
    assert row is not None
    assert (row["verdict"], row["reason"], row["counts"]) == ("failed", "first", {})
    assert ledger.run("another") is None


def ended(ledger: Ledger, run: Run, verdict: str, rows: int = 1) -> None:
    ledger.begin(run)
    ledger.finish(run.run_id, "2026-01-01T00:00:01Z", verdict, "so", {"rows": rows})


def test_the_last_healthy_run_is_the_newest_before_a_moment(ledger: Ledger) -> None:
    ended(ledger, run_of("a-v1", "2019-01-01T00:00:00Z"), "healthy", 1)
    ended(ledger, run_of("b-v1", "2020-01-01T00:00:00Z"), "healthy", 2)
    ended(ledger, run_of("c-v1", "2020-06-01T00:00:00Z"), "incomplete", 3)
    ended(ledger, run_of("d-v1", "2020-07-01T00:00:00Z"), "failed", 4)
    ended(ledger, run_of("e-v1", "2021-01-01T00:00:00Z"), "healthy", 5)
    assert ledger.last_healthy("ring_agency_map", "2020-12-01T00:00:00Z") == {"rows": 2}
    assert ledger.last_healthy("ring_agency_map", "2020-01-01T00:00:00Z") == {"rows": 1}
    assert ledger.last_healthy("ring_agency_map", "2019-01-01T00:00:00Z") == {}
    assert ledger.last_healthy("atlas_of_surveillance", "2030-01-01T00:00:00Z") == {}
    assert ledger.last_healthy_look("ring_agency_map") == "2021-01-01T00:00:00Z"
    assert ledger.last_healthy_look("atlas_of_surveillance") is None


def test_one_trusted_run_of_each_warc_is_published(ledger: Ledger) -> None:
    ended(ledger, run_of("a-v1", version=1), "healthy")
    ended(ledger, run_of("a-v2", version=2), "incomplete")
    ended(ledger, run_of("a-v3", version=3), "failed")
    ended(ledger, run_of("b-v1"), "failed")
    ended(ledger, run_of("c-v1"), "healthy")
    ended(ledger, run_of("c-v1-try2"), "healthy")
    ledger.begin(run_of("d-v1"))
    rows = ledger.rows(sa.select(ledger.published_runs().c.run_id))
    assert sorted(row["run_id"] for row in rows) == ["a-v2", "c-v1"]


def test_only_a_whole_answer_of_a_trusted_run_is_asked_after(ledger: Ledger) -> None:
    ended(ledger, run_of("good-v1"), "healthy")
    ended(ledger, run_of("bad-v1"), "failed")
    ledger.keep(
        "good-v1",
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
    ledger.keep("run-v1", [capture_of(0)], [seen(number) for number in range(2000)])
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
