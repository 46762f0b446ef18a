"""The same ledger in PostgreSQL: a real server, started here, told apart by its address alone."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from peephole.runs import LiveRun, crawls_ended, live_runs
from spiders import turns
from spiders.ledger import Ledger, LedgerError
from tests import command
from tests.test_ledger import first_schema, migrated_as_it_must
from tests.test_schedule import at, enter
from tests.test_turns import held_elsewhere, taken

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
TOLD_BY_THE_CLOCK = ["fetched_at", "last_run", "warc_offset"]
"""Of the file that ships with the project: archived when it is read, so its dates differ."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty database; PostgreSQL refuses to run as root, so postgres runs it."""
    if not BINARIES:
        pytest.skip("PostgreSQL's server is not on this machine (sought /usr/lib/postgresql)")
    folder = Path(f"/tmp/peephole-postgresql-{os.getpid()}")
    folder.mkdir(mode=0o700)
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def control(*words: str) -> None:
        subprocess.run(
            words, user=user, cwd="/tmp", check=True, stdout=subprocess.DEVNULL, timeout=120
        )

    data, tool = str(folder / "data"), str(BINARIES[-1] / "pg_ctl")
    listen = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    try:
        control(str(BINARIES[-1] / "initdb"), "-D", data, "-A", "trust", "-U", "peephole")
        control(tool, "-D", data, "-o", listen, "-l", str(folder / "log"), "-w", "start")
        yield f"postgresql+psycopg://peephole@127.0.0.1:{port}/postgres"
        control(tool, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """The address of an empty database beside the other."""
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE another"))
    yield f"{server.rpartition('/')[0]}/another"
    with engine.connect() as connection:
        connection.execute(sa.text("DROP DATABASE another WITH (FORCE)"))
    engine.dispose()


def test_a_ledger_of_the_first_schema_is_brought_to_the_newest(database: str) -> None:
    first_schema(database)
    migrated_as_it_must(database)


def test_a_newer_schema_is_refused_and_left_as_it_is(database: str) -> None:
    first_schema(database)
    engine = sa.create_engine(database)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0099'"))
    with pytest.raises(LedgerError, match=r"was written by a newer Peephole \(schema 0099\)"):
        Ledger(database)
    assert "looks" not in sa.inspect(engine).get_table_names()
    engine.dispose()


def test_the_tables_are_those_of_sqlite(server: str, tmp_path: Path) -> None:
    command.peephole(tmp_path / "lite", "run", "--sample")
    command.peephole(tmp_path / "server", "run", "--sample", PEEPHOLE_DB=server)
    assert not (tmp_path / "server" / "ledger.sqlite").exists()
    for path in sorted((tmp_path / "lite" / "clean").glob("*.parquet")):
        lite, other = (
            pd.read_parquet(tmp_path / name / "clean" / path.name).drop(
                columns=TOLD_BY_THE_CLOCK, errors="ignore"
            )
            for name in ("lite", "server")
        )
        pd.testing.assert_frame_equal(lite, other)
    again = command.peephole(tmp_path / "server", "run", "--sample", PEEPHOLE_DB=server)
    read = list((tmp_path / "server" / "archive").glob("*.warc.gz"))
    assert again.stdout.count("was read before") == len(read) >= 4


def test_a_source_is_crawled_by_one_machine_at_a_time(server: str) -> None:
    with turns.taken(server, ["ring_agency_map", "served_places"]) as ours:
        assert ours == {"ring_agency_map", "served_places"}
        assert taken(server, "ring_agency_map", "community_connect") == {"community_connect"}
    other = held_elsewhere(server, "ring_agency_map")
    assert taken(server, "ring_agency_map") == set()
    other.kill()
    other.communicate()
    end = time.monotonic() + 30
    while not (ours := taken(server, "ring_agency_map")) and time.monotonic() < end:
        time.sleep(0.05)  # the server has yet to notice
    assert ours == {"ring_agency_map"}


def test_the_schedule_reads_what_was_done(database: str) -> None:
    enter(database, "ring_agency_map", at("2026-11-23T08:00"), "shutdown", at("2026-11-23T08:01"))
    enter(database, "ring_agency_map", at("2026-11-23T09:00"), "failed", at("2026-11-23T09:01"))
    assert live_runs(database, ["ring_agency_map"]) == {
        "ring_agency_map": [
            LiveRun(at("2026-11-23T08:00"), False),
            LiveRun(at("2026-11-23T09:00"), True),
        ]
    }
    assert crawls_ended(database) == 2
