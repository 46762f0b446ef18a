"""The same ledger in PostgreSQL: a real server, started here, told apart by its address alone."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from tests import command
from tests.test_ledger import first_schema, migrated_as_it_must

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
