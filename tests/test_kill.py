"""Killed at ten different moments, the next run ends as if nothing had happened."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from peephole import steps
from peephole.config import Config
from tests import command

pytestmark = pytest.mark.timeout(900)  # a busy machine took 250 s for all (2026-11-23)

ROWS = 3_000
OF_THE_CLOCK = {"fetched_at", "last_run", "bytes", "warc", "warc_offset"}
"""Columns that tell when and where it was read, in which two runs differ."""

Moment = Callable[[Path], bool]


def stands(pattern: str) -> Moment:
    return lambda data: any(data.glob(pattern))


def grown(pattern: str, size: int) -> Moment:
    return lambda data: any(path.stat().st_size >= size for path in data.glob(pattern))


MOMENTS: dict[str, Moment] = {
    "the file is being archived": stands("archive/.*"),
    "the file is archived": stands("archive/atlas*"),
    "the ledger is made": stands("ledger.sqlite"),
    "the first records are kept": grown("ledger.sqlite-wal", 700_000),
    "half of the records are kept": grown("ledger.sqlite-wal", 1_500_000),
    "the tables are being written": stands("clean/.staging"),
    "some tables are written": stands("clean/listings.parquet"),
    "the exports are being written": stands("exports/.staging/agencies.*"),
    "the database is being written": stands("exports/.staging/peephole.sqlite"),
    "some exports are written": stands("exports/agencies.csv"),
    "the page is being written": stands("site"),
}
"""What stands in the data folder when the signal is sent, in the order in which it comes."""
BEFORE_THE_TABLES = list(MOMENTS)[:5]
"""After these the next run is compared by its tables alone, which saves half a minute."""


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("edition") / "atlas.csv"
    file.write_bytes(command.atlas(command.towns(ROWS)))
    return file


def words(edition: Path) -> list[str]:
    return command.command(
        "import", edition, "--source", "atlas_of_surveillance", "--as-of", "2020-10-07"
    )


def killed(line: list[str], data: Path, moment: Moment, limit: float = 60) -> bool:
    """Start a command and kill it at a moment; was it still running then?"""
    process = subprocess.Popen(
        line,
        env=command.environment(data),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + limit
    while process.poll() is None and time.monotonic() < end:
        try:
            if moment(data):
                break
        except OSError:  # a file went away between being listed and being measured
            continue
        time.sleep(0.002)
    process.kill()
    return process.wait() == -9


def finished(line: list[str], data: Path) -> None:
    done = subprocess.run(
        line, env=command.environment(data), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def told(data: Path) -> dict[str, pd.DataFrame]:
    """The clean tables without what tells of the clock."""
    return {
        name: frame.drop(columns=[c for c in frame if c in OF_THE_CLOCK])
        for name, frame in command.tables(data).items()
    }


def differences(data: Path, expected: dict[str, pd.DataFrame]) -> list[str]:
    """What is not as it is after an undisturbed run."""
    wrong = [name for name, frame in told(data).items() if not frame.equals(expected[name])]
    wrong += [str(path) for path in data.rglob("*") if path.name.startswith(".")]
    wrong += [str(path) for path in data.rglob("*") if "partial" in path.name]
    return wrong + command.unproved(data)[:3]


@pytest.fixture(scope="module")
def undisturbed(edition: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    data = tmp_path_factory.mktemp("undisturbed") / "data"
    finished(words(edition), data)
    expected = told(data)
    assert len(expected["agencies"]) == len(expected["listings"]) == ROWS
    return expected


@pytest.fixture(scope="module")
def survivors(
    edition: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[bool, Path]]:
    """For each moment: whether the signal met a running import, and the folder after the next."""

    def survive(name: str) -> tuple[bool, Path]:
        data = tmp_path_factory.mktemp("killed") / "data"
        met = killed(words(edition), data, MOMENTS[name])
        finished([*words(edition), *(["--no-build"] if name in BEFORE_THE_TABLES else [])], data)
        return met, data

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(MOMENTS, pool.map(survive, MOMENTS), strict=True))


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_run_after_a_kill_ends_as_if_nothing_had_happened(
    moment: str,
    survivors: dict[str, tuple[bool, Path]],
    undisturbed: dict[str, pd.DataFrame],
) -> None:
    _, data = survivors[moment]
    if moment in BEFORE_THE_TABLES:
        steps.clean(Config(data, f"sqlite:///{data / 'ledger.sqlite'}", ""))
    assert differences(data, undisturbed) == []


def test_ten_moments_met_a_running_import(survivors: dict[str, tuple[bool, Path]]) -> None:
    """The shortest of them may be over before it is seen."""
    assert sum(met for met, _ in survivors.values()) >= 10


def test_the_sample_killed_again_and_again_is_whole_in_the_end(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    line = command.command("run", "--sample")
    whole = tmp_path / "whole"
    data = tmp_path / "data"
    finished(line, whole)
    moments = (
        stands("archive/ring*"),
        grown("ledger.sqlite-wal", 100_000),
        stands("clean/agencies.parquet"),
        stands("exports/.staging/agencies.gpkg"),
    )
    assert sum(killed(line, data, moment, 20) for moment in moments) >= 3
    finished(line, data)
    assert differences(data, told(whole)) == []
