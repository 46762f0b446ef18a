"""What must hold after a soak, whatever happened in it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from peephole.due import LEAST
from peephole.runs import crawls_ended, live_runs
from spiders import wacz
from tests.aimed import PATHS

if TYPE_CHECKING:
    from tests.soak import Soak

MOST_REQUESTS = 8
"""Of one crawl: robots.txt and a page, each tried once and three times more."""
MOST_AN_HOUR = 6 * 2 * MOST_REQUESTS
"""Of two sources, each asked every ten minutes."""
FRESH = 3 * 3600
"""Seconds: both sources are due every other hour at the least."""


def violations(soak: Soak) -> list[str]:
    """A sentence on each thing that did not hold."""
    url = f"sqlite:///{soak.data / 'ledger.sqlite'}"
    return [
        *_manners(soak),
        *_rows(soak),
        *_archive(soak.data / "archive"),
        *_rest(soak, url),
        *_words(soak.said),
    ]


def _manners(soak: Soak) -> Iterator[str]:
    """No two crawls of a source at once, none soon after another, no storm."""
    asked: dict[int, list[float]] = defaultdict(list)
    for line in soak.asked.read_text().splitlines():
        pid, _, began, _ = json.loads(line)
        asked[pid].append(began)
    begun = [each for each in soak.begun if each.pid in asked]
    soak.told.counts["crawls that asked the server"] = len(begun)
    soak.told.counts["requests"] = sum(map(len, asked.values()))
    if stray := set(asked) - {each.pid for each in begun}:
        yield f"{len(stray)} processes asked that nobody began"
    hours = Counter(each.elapsed // 3600 for each in begun for _ in asked[each.pid])
    soak.told.counts["most requests in an hour"] = busiest = max(hours.values())
    if busiest > MOST_AN_HOUR:
        yield f"{busiest} requests in an hour"
    for each in begun:
        if len(asked[each.pid]) > MOST_REQUESTS:
            yield f"a crawl of {each.source} asked {len(asked[each.pid])} times"
    for source in {each.source for each in begun}:
        in_order = sorted(
            (each for each in begun if each.source == source), key=lambda each: min(asked[each.pid])
        )
        for one, two in pairwise(in_order):
            if min(asked[two.pid]) <= max(asked[one.pid]):
                yield f"two crawls of {source} at once, {one} and {two}"
            same_clock = abs(one.offset - two.offset) < 1
            near = two.elapsed - one.elapsed < LEAST.total_seconds() - 1
            if two.slot >= 0 and same_clock and near:
                yield f"{source} asked again after {two.elapsed - one.elapsed:.0f} s, {one}, {two}"


def _rows(soak: Soak) -> Iterator[str]:
    """Every row of every answer that a run read is in the ledger, once."""
    served = {
        hashlib.sha256(body).hexdigest(): sorted(names)
        for known in soak.known.values()
        for body, names in known.items()
    }
    with closing(sqlite3.connect(soak.data / "ledger.sqlite")) as ledger:
        for check in ("integrity_check", "foreign_key_check"):
            found = ledger.execute(f"PRAGMA {check}").fetchall()
            if found not in ([], [("ok",)]):
                yield f"{check}: {found[:3]}"
        ended = ledger.execute(
            "SELECT run_id, source, warc, verdict FROM runs WHERE finished_at IS NOT NULL "
            "AND mode = 'live'"
        ).fetchall()
        soak.told.counts["runs that ended"] = len(ended)
        for run_id, source, warc, verdict in ended:
            soak.told.counts[f"runs {verdict}"] += 1
            if not (soak.data / "archive" / warc).exists():
                yield f"{run_id} has no {warc}"
            if verdict != "healthy":
                continue
            rows = ledger.execute(
                "SELECT json_extract(content, '$.agency'), sha256 FROM readings "
                "JOIN sightings USING (sheet_id) JOIN records USING (record_id) "
                "JOIN captures USING (capture_id) WHERE run_id = ? AND records.kind = 'listing'",
                (run_id,),
            ).fetchall()
            read = sorted(name for name, _ in rows)
            if not rows or read != served[rows[0][1]]:
                yield f"{run_id} of {source} read {len(read)} rows, and not those that were served"
            soak.told.counts["rows read"] += len(read)


def _archive(folder: Path) -> Iterator[str]:
    """Every WARC is whole, but for the last record of a crawl that was killed; whoever was killed
    before the first leaves a draft that bears no WARC's name."""
    for path in sorted(folder.glob("*")):
        if path.match(".*.warc.gz.begun"):
            continue
        for sentence in wacz.check(path):
            yield f"{path.name}: {sentence}"


def _rest(soak: Soak, url: str) -> Iterator[str]:
    """After some quiet hours both sources are fresh, nothing is owed and nothing goes on."""
    for source, runs in live_runs(url, PATHS).items():
        age = (soak.shared.now() - runs[-1].began).total_seconds()
        if not runs[-1].ended:
            yield f"the newest run of {source} was cut off"
        if age > FRESH and runs[-1].began <= soak.shared.now():
            yield f"{source} was last read {age / 3600:.0f} hours before the end"
    noted = json.loads((soak.data / "schedule.json").read_text())["published"]
    if noted != crawls_ended(url):
        yield f"{noted} crawls were published, not {crawls_ended(url)}"
    alive = [each.pid for each in soak.begun if Path(f"/proc/{each.pid}").exists()]
    if alive:
        yield f"processes outlived the schedules: {alive}"


def _words(said: Path) -> Iterator[str]:
    """Troubles are told in sentences."""
    for line in said.read_text().splitlines():
        if line.startswith("Traceback") or "a bug:" in line:
            yield line
