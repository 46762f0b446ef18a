"""Measuring: every contestant in processes of its own, so that start-up and memory are its own.

    python -m bench.measure bench.kml:floor '["map.kml"]'

is what :func:`apart` starts.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MEGA = 1e6

Figures = dict[str, float]
"""What one run of a contestant gave: seconds, bytes, megabytes, counts."""


class Clock:
    """Seconds and peak memory (MB) by name; memory is read anew for each name."""

    def __init__(self) -> None:
        self.figures: Figures = {}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Measure what happens inside."""
        forget_peak()
        start = time.perf_counter()
        yield
        self.figures[name] = time.perf_counter() - start
        self.figures[f"{name} MB"] = peak()


def apart(contestant: str, *arguments: Any) -> Figures:
    """Run ``module:function`` in a new interpreter; the figures it returns and ``peak MB``.

    Raises:
        RuntimeError: it failed; the message ends with what it said.
    """
    command = [sys.executable, "-m", "bench.measure", contestant, json.dumps(arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{contestant} failed: {done.stderr[-2000:]}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def rounds(times: int, contestants: Mapping[str, Sequence[Any]]) -> dict[str, Figures]:
    """Median figures of each contestant, run in turn so that a busy moment falls on all alike."""
    runs: dict[str, list[Figures]] = {name: [] for name in contestants}
    for _ in range(times):
        for name, (contestant, *arguments) in contestants.items():
            print(f"  {name} ...", file=sys.stderr, flush=True)
            runs[name].append(apart(contestant, *arguments))
    return {name: medians(figures) for name, figures in runs.items()}


def medians(runs: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def peak() -> float:
    """Most memory (MB) this process held at once since it began or :func:`forget_peak`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / MEGA


def forget_peak() -> None:
    """Let :func:`peak` begin at what is held now."""
    Path("/proc/self/clear_refs").write_text("5")


def command(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Figures:
    """Run a command to its end: ``seconds``, ``peak MB`` and ``status`` (its exit status).

    To be run apart: Linux counts what the parent held before the command began as its own.
    """
    start = time.perf_counter()
    child = subprocess.Popen(
        arguments,
        cwd=ROOT,
        env=os.environ | dict(environment or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return {
        "seconds": time.perf_counter() - start,
        "peak MB": usage.ru_maxrss * 1024 / MEGA,
        "status": child.returncode,
    }


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ratio(figure: float, of: float) -> str:
    """``figure`` as a multiple of ``of``.

    >>> ratio(3, 2), ratio(1, 40)
    ('1.50', '0.03')
    """
    return f"{figure / of:.2f}"


def main() -> None:
    """Run the contestant named on the command line and print its figures as JSON."""
    module, _, function = sys.argv[1].partition(":")
    figures = getattr(import_module(module), function)(*json.loads(sys.argv[2]))
    print(json.dumps({"peak MB": peak()} | figures))


if __name__ == "__main__":
    main()
