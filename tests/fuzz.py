"""Fuzzing of every parser of foreign bytes: ``python -m tests.fuzz PARSER ... [--minutes 10]``.

Outside the suite, with what ``uv pip install atheris`` brings (libFuzzer, guided by coverage).
Each parser runs in a process of its own that is watched from here. Its first inputs are the saved
pages of the sources and ``tests/corpus/PARSER/``, where what broke it once is kept; a new find is
written there too and ends the run. A find is an exception that is not the parser's way of refusing,
an input that takes longer than 5 s, or one that takes more than 1 GB.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.foreign import CORPUS, first_inputs, parsers

SECONDS, MEGABYTES, LONGEST = 5, 1024, 65_536
"""What one input may take, and how long it may be."""
WATCH = 5.0
"""Seconds between two looks at a parser's memory."""


def _fuzz(name: str, folder: Path, seconds: int) -> None:
    """Never returns: libFuzzer ends the process."""
    import logging

    import atheris

    logging.disable(logging.CRITICAL)
    with atheris.instrument_imports(include=["spiders", "analysis", "peephole"]):
        read = parsers()[name]
        for body in first_inputs(name):
            read(body)
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={SECONDS}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-malloc_limit_mb={MEGABYTES}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
        str(folder / "inputs"),
    ]
    atheris.Setup([sys.argv[0], *options], read)
    atheris.Fuzz()


def _watched(name: str, minutes: float) -> bool:
    """Run one parser's fuzzing and print a line on it; is nothing found?"""
    import psutil

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "inputs").mkdir()
        for number, body in enumerate(first_inputs(name)):
            (folder / "inputs" / f"seed-{number}").write_bytes(body)
        words = [sys.executable, "-m", "tests.fuzz", name, "--within", scratch]
        with (folder / "log").open("wb") as log:
            child = subprocess.Popen(
                [*words, "--minutes", str(minutes)], stdout=log, stderr=subprocess.STDOUT
            )
            seen: list[int] = []
            began = time.monotonic()
            while child.poll() is None:
                time.sleep(WATCH)
                try:
                    if held := psutil.Process(child.pid).memory_info().rss:
                        seen.append(held)
                except psutil.NoSuchProcess:
                    break
            child.wait()
        said = (folder / "log").read_text("utf-8", "replace")
        finds = [p for kind in ("crash", "timeout", "oom") for p in folder.glob(f"{kind}-*")]
        for find in finds:
            (CORPUS / name).mkdir(parents=True, exist_ok=True)
            (CORPUS / name / find.name[:20]).write_bytes(find.read_bytes())
        runs = next((w for w in said.splitlines() if "number_of_executed_units" in w), "")
        quarter = max(1, len(seen) // 4)
        then, now = seen[quarter : 2 * quarter] or seen, seen[-quarter:]
        grown = (sum(now) / max(1, len(now)) - sum(then) / max(1, len(then))) / 1e6
        sys.stdout.write(
            f"{name}: {(time.monotonic() - began) / 60:.1f} min, {runs.rpartition(' ')[2]} inputs, "
            f"{max(seen, default=0) / 1e6:.0f} MB at most, {grown:+.1f} MB from the second quarter "
            f"to the last, found: {', '.join(find.name[:20] for find in finds) or 'nothing'}\n"
        )
        if finds or child.returncode:
            sys.stdout.write("\n".join(said.splitlines()[-40:]) + "\n")
        sys.stdout.flush()
        return not finds and not child.returncode


def _main() -> None:
    asked = argparse.ArgumentParser(description="Fuzz parsers of foreign bytes.")
    asked.add_argument("parser", nargs="+", help="one of them, or all")
    asked.add_argument("--minutes", type=float, default=10)
    asked.add_argument("--within", help=argparse.SUPPRESS)
    told = asked.parse_args()
    if told.within:  # before anything of ours is imported, so that its coverage is seen
        _fuzz(told.parser[0], Path(told.within), round(told.minutes * 60))
        return
    if unknown := set(told.parser) - {*parsers(), "all"}:
        asked.error(f"no parser {', '.join(unknown)}; there are {', '.join(parsers())}, all")
    names = [*parsers()] if "all" in told.parser else told.parser
    well = [_watched(name, told.minutes) for name in names]
    sys.exit(0 if all(well) else 1)


if __name__ == "__main__":
    _main()
