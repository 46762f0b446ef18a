"""Everything checked again, beside reading the same bytes once with sha256."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bench.measure import ROOT, Clock, Figures, apart, table

SIZES = (100, 400)
"""Editions of a list, each a capture."""
DEPARTMENTS = 250
CHANGED = 100
"""One in so many departments changes its name's spelling from edition to edition."""


def report(_full: bool) -> Iterator[str]:
    """Seconds to check, to make all tables and files anew, and to write a release, at two sizes."""
    with tempfile.TemporaryDirectory() as folder:
        found = {size: apart("bench.verify:checked", folder, size) for size in SIZES}
    small, large = (found[size] for size in SIZES)
    names = ["floor", "verify", "rebuild", "release"]
    rows = [
        [
            name,
            *(f"{each[name]:.2f} s" for each in (small, large)),
            f"{large[name] / small[name]:.2f}",
            f"{large[name] / large['floor']:,.0f}",
        ]
        for name in names
    ]
    rows += [
        ["peak of verify", *(f"{each['verify MB']:.0f} MB" for each in (small, large)), "", ""],
        ["archive and ledger", *(f"{each['MB']:.1f} MB" for each in (small, large)), "", ""],
    ]
    head = ["", *(f"{size} captures" for size in SIZES), "ratio", "times the floor"]
    yield (
        f"{DEPARTMENTS} departments in each capture, {SIZES[1] / SIZES[0]:.0f} times the captures; "
        f"the floor reads archive, ledger and published files once with sha256\n\n"
        f"{table(head, rows)}"
    )


def checked(folder: str, size: int) -> Figures:
    """A data folder of so many captures, checked, built anew and released.

    Raises:
        RuntimeError: verify found something amiss.
    """
    from analysis.exports import write_exports
    from peephole import steps
    from peephole.config import Config
    from peephole.release import release

    data = Path(folder) / str(size)
    config = Config(data, f"sqlite:///{data / 'ledger.sqlite'}", "")
    _command(data, "bench.verify", str(size))
    clock = Clock()
    with clock.timed("rebuild"):
        write_exports(steps.clean(config), config.exports)
    paths = [path for path in data.rglob("*") if path.is_file()]
    with clock.timed("floor"):
        for path in paths:
            with path.open("rb") as file:
                hashlib.file_digest(file, "sha256").hexdigest()
    before = time.perf_counter()
    clock.figures["verify MB"] = _command(data, "peephole", "verify")
    clock.figures["verify"] = time.perf_counter() - before
    clock.figures["MB"] = sum(path.stat().st_size for path in paths) / 1e6
    with clock.timed("release"):
        release(config, date(2026, 11, 23), data / "releases")
    return clock.figures


def _command(data: Path, *words: str) -> float:
    """Run a command on a data folder in a process of its own; its peak memory in MB."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        env=dict(os.environ) | {"PEEPHOLE_DATA": str(data), "PYTHONPATH": str(ROOT)},
        cwd=data.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(words)} on {data}: {said[-2000:]}")
    return usage.ru_maxrss / 1024


def _collect(data: Path, size: int) -> None:
    """An archive of so many editions of a list, read into the ledger by one run each."""
    from peephole import steps
    from peephole.config import Config
    from tests.command import atlas, towns

    config = Config(data, f"sqlite:///{data / 'ledger.sqlite'}", "")
    jobs = []
    first = date(2019, 1, 1).toordinal()
    for number in range(size):
        rows = towns(DEPARTMENTS)
        for row in rows[number % CHANGED :: CHANGED]:
            row["Link 1 Date"] = f"{number % 12 + 1}/{number % 28 + 1}/2018"
        file = data / "edition.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(atlas(rows))
        day = date.fromordinal(first + number * 5).isoformat()
        jobs.append(steps.import_job(config, str(file), "atlas_of_surveillance", day, ""))
        file.unlink()
    steps.run_jobs(config, jobs)


if __name__ == "__main__":
    _collect(Path(os.environ["PEEPHOLE_DATA"]), int(sys.argv[1]))
