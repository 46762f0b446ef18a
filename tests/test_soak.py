"""The short form of the soak; ``python -m tests.soak --runs 500`` is the long one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.crawling import ROOT, environment


def test_a_schedule_survives_whatever_happens_to_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--runs", "16", "--seed", "4", "--brief"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=280,
    )
    told = json.loads(done.stdout)
    assert told["wrong"] == [], done.stderr
    assert done.returncode == 0
    counts = told["counts"]
    assert counts["crawl begun by a schedule"] >= 16
    assert counts["crawls that asked the server"] >= counts["runs that ended"] >= 5
    assert counts["rows read"] >= 30 * counts["runs healthy"] >= 90
    assert counts["clock jumps"] >= 1  # to the night before summer time begins
    assert counts["schedules stopped"] >= 2
