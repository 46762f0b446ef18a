"""Run jobs in a process of their own (Twisted's reactor starts once): JSON in, JSON out.

``python -m tests.crawling JSON`` takes {"folder", "jobs", "options", "network"}; a job is a live
crawl of ``url``, the history of ``patterns`` as the index at ``server`` knows it, or the replay of
``warc``. Without ``network`` no socket may be connected.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import warm

ROOT = Path(__file__).resolve().parents[1]
CONTACT = "https://example.org/peephole"
FAST = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "RETRY_AFTER_DEFAULT": 0.2,
    "USER_AGENT": f"Peephole/0 ({CONTACT})",
}


@dataclass(frozen=True)
class Ended:
    """How a job ended."""

    warc: Path
    state: str
    reason: str
    counts: Mapping[str, int]


def crawl(
    folder: Path,
    jobs: Sequence[Mapping[str, Any]],
    options: Mapping[str, Any] | None = None,
    *,
    network: bool = True,
) -> list[Ended]:
    """Run jobs on the ledger and the archive in ``folder``; how each ended."""
    words = _asked(folder, jobs, options, network=network)
    done = warm.run("tests.crawling", [words], environment(folder), ROOT)
    assert done.returncode == 0, done.stderr
    return read(done.stdout)


def started(
    folder: Path,
    jobs: Sequence[Mapping[str, Any]],
    options: Mapping[str, Any] | None = None,
    *,
    network: bool = True,
) -> subprocess.Popen[str]:
    """The process that runs jobs; it prints what :func:`read` understands."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crawling", _asked(folder, jobs, options, network=network)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(folder),
    )


def _asked(
    folder: Path,
    jobs: Sequence[Mapping[str, Any]],
    options: Mapping[str, Any] | None,
    *,
    network: bool,
) -> str:
    told = {"folder": str(folder), "jobs": list(jobs), "options": dict(options or {})}
    return json.dumps(told | {"network": network})


def read(printed: str) -> list[Ended]:
    """How each job ended."""
    return [
        Ended(Path(end["warc"]), end["state"], end["reason"], end["counts"])
        for end in json.loads(printed.splitlines()[-1])
    ]


def answers(folder: Path, query: str, *arguments: object) -> list[tuple[Any, ...]]:
    """What the ledger in ``folder`` answers to a query."""
    connection = sqlite3.connect(folder / "ledger.sqlite")
    try:
        return connection.execute(query, arguments).fetchall()
    finally:
        connection.close()


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a command that keeps its data in ``folder``."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("PEEPHOLE_") and not key.lower().endswith("_proxy")
    }
    return kept | {"PEEPHOLE_DATA": str(folder), "PEEPHOLE_CONTACT": CONTACT} | more


def _cut_the_network() -> None:
    import socket

    def refused(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a replay reached for the network")

    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, refused)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        setattr(socket, name, refused)


def _main() -> None:
    told = json.loads(sys.argv[1])
    if not told["network"]:
        _cut_the_network()

    from spiders import crawl as crawling
    from spiders.job import history, live, replay
    from spiders.platforms.cdx import Pattern

    folder = Path(told["folder"])
    archive = folder / "archive"
    jobs = []
    for job in told["jobs"]:
        source = job.get("source", "ring_agency_map")
        if "warc" in job:
            jobs.append(replay(Path(job["warc"]), archive))
        elif "patterns" in job:
            asked = [Pattern(**each) for each in job["patterns"]]
            pace = {"server": job["server"], "delay": job.get("delay", 0)}
            jobs.append(history(source, archive, asked, operator=CONTACT, **pace))
        else:
            as_of = job.get("as_of", "")
            jobs.append(live(source, archive, (job["url"],), as_of=as_of, operator=CONTACT))
    database = {
        "PEEPHOLE_ARCHIVE": str(archive),
        "PEEPHOLE_DB": f"sqlite:///{folder}/ledger.sqlite",
    }
    outcomes = crawling.run(jobs, FAST | database | told["options"])
    ended = [
        {
            "warc": str(outcome.job.warc),
            "state": outcome.verdict.state,
            "reason": outcome.verdict.reason,
            "counts": dict(outcome.counts),
        }
        for outcome in outcomes
    ]
    sys.stdout.write(json.dumps(ended) + "\n")


if __name__ == "__main__":
    _main()
