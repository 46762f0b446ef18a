"""Killed at ten different moments, the next run ends as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from peephole import steps
from peephole.config import Config
from tests import command, warm

pytestmark = pytest.mark.timeout(900)  # a busy machine took 250 s for all (2026-11-23)

ROWS = 3_000
"""So many that the records are kept in several parts."""
FEWER = 600
"""Where a kill meets the tables and what follows, which is all made anew, for a site of thousands
takes 20 s (2026-11-24)."""
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


def rows(moment: str) -> int:
    """Of the edition whose import is killed at a moment."""
    return ROWS if moment in BEFORE_THE_TABLES else FEWER


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """By their numbers of rows."""
    folder = tmp_path_factory.mktemp("editions")
    files = {count: folder / f"atlas-{count}.csv" for count in (ROWS, FEWER)}
    for count, file in files.items():
        file.write_bytes(command.atlas(command.towns(count)))
    return files


def words(edition: Path) -> list[str]:
    return ["import", str(edition), "--source", "atlas_of_surveillance", "--as-of", "2020-10-07"]


def killed(line: Sequence[str], data: Path, moment: Moment, limit: float = 60) -> bool:
    """Start a command and kill it at a moment; was it still running then?"""

    def came() -> bool:
        try:
            return moment(data)
        except OSError:  # a file went away between being listed and being measured
            return False

    return warm.killed("peephole", line, command.environment(data), data.parent, came, limit)


def made(data: Path) -> None:
    """Make the clean tables in this process, without what follows."""
    steps.clean(Config(data, f"sqlite:///{data / 'ledger.sqlite'}", ""))


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
def undisturbed(
    editions: dict[int, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[int, dict[str, pd.DataFrame]]:
    """The tables of each edition, by its number of rows."""
    found = {}
    for count, edition in editions.items():
        data = tmp_path_factory.mktemp("undisturbed") / "data"
        command.peephole(data, *words(edition), *(["--no-build"] if count == ROWS else []))
        if count == ROWS:
            made(data)
        found[count] = told(data)
        assert len(found[count]["agencies"]) == len(found[count]["listings"]) == count
    return found


@pytest.fixture(scope="module")
def survivors(
    editions: dict[int, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[bool, Path]]:
    """For each moment: whether the signal met a running import, and the folder after the next."""
    found = {}
    for name, moment in MOMENTS.items():
        data = tmp_path_factory.mktemp("killed") / "data"
        line = words(editions[rows(name)])
        met = killed(line, data, moment)
        command.peephole(data, *line, *(["--no-build"] if name in BEFORE_THE_TABLES else []))
        found[name] = met, data
    return found


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_run_after_a_kill_ends_as_if_nothing_had_happened(
    moment: str,
    survivors: dict[str, tuple[bool, Path]],
    undisturbed: dict[int, dict[str, pd.DataFrame]],
) -> None:
    _, data = survivors[moment]
    if moment in BEFORE_THE_TABLES:
        made(data)
    assert differences(data, undisturbed[rows(moment)]) == []


def test_ten_moments_met_a_running_import(survivors: dict[str, tuple[bool, Path]]) -> None:
    """The shortest of them may be over before it is seen."""
    assert sum(met for met, _ in survivors.values()) >= 10


def test_the_sample_killed_again_and_again_is_whole_in_the_end(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    words = ("run", "--sample")
    whole = tmp_path / "whole"
    data = tmp_path / "data"
    command.peephole(whole, *words)
    moments = (
        stands("archive/ring*"),
        grown("ledger.sqlite-wal", 100_000),
        stands("clean/agencies.parquet"),
        stands("exports/.staging/agencies.gpkg"),
    )
    assert sum(killed(words, data, moment, 20) for moment in moments) >= 3
    command.peephole(data, *words)
    assert differences(data, told(whole)) == []
