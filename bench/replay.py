"""An archive of 2,000 pages read again, beside what ``scrapy bench`` reaches on this machine."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.kml import scrapy_bench
from bench.measure import Figures, rounds, table

PAGES = 2_000
TIMES = 3
SEED = "https://axoncommunityconnect.com/locations.json"
STATS = "https://api.fususone.com/api/public/organizations/{}/stats/"
FETCHED = datetime(2026, 8, 20, tzinfo=UTC)


def report(_full: bool) -> Iterator[str]:
    """Pages a minute: the crawl alone, and with the start of the interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        warc = archive(Path(folder) / "community_connect-pages.warc.gz")
        found = rounds(TIMES, {"ours": ("bench.replay:replayed", str(warc))})["ours"]
        floor = scrapy_bench()
        ours = found["pages"] / found["seconds"] * 60
        rows = [
            [
                "`scrapy bench`: links followed on a local server, nothing kept",
                f"{floor:,}",
                "1.00",
            ],
            [
                f"**ours: replay of {PAGES:,} pages into the ledger**",
                f"{ours:,.0f}",
                f"{ours / floor:.2f}",
            ],
        ]
        head = ["", "pages a minute", "of `scrapy bench`"]
        yield f"{warc.stat().st_size / 1e6:.1f} MB of WARC\n\n{table(head, rows)}"


def archive(path: Path) -> Path:
    """A WARC of a list of communities and the statistics of each, as the recorder writes it."""
    from spiders.archive import Session
    from spiders.recorder import Recorder

    communities = [
        {
            "id": str(number),
            "title": f"Connect Town {number}",
            "url": f"https://town{number}.example/",
            "location": {"city": f"Town {number}", "state": "OH"},
            "org": f"town{number}",
        }
        for number in range(PAGES)
    ]
    recorder = Recorder(path, Session("community_connect", (SEED,), "2026-08-20"))
    pages = {
        "https://axoncommunityconnect.com/robots.txt": b"User-agent: *\nAllow: /\n",
        SEED: json.dumps(communities).encode(),
        "https://api.fususone.com/robots.txt": b"User-agent: *\nAllow: /\n",
    }
    for number in range(PAGES):
        counters = {"totalRegisteredCameras": number, "totalIntegratedCameras": 2 * number}
        pages[STATS.format(f"town{number}")] = json.dumps(counters).encode()
    for url, body in pages.items():
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        recorder.exchange(url, [("User-Agent", "Peephole")], 200, headers, body, FETCHED)
    recorder.close()
    return path


def replayed(warc: str) -> Figures:
    """Read the archive into a fresh ledger.

    Raises:
        RuntimeError: the run was not healthy.
    """
    from spiders.crawl import run
    from spiders.job import replay

    with tempfile.TemporaryDirectory() as folder:
        job = replay(Path(warc), Path(folder) / "archive")
        start = time.perf_counter()
        (outcome,) = run(
            [job],
            {
                "PEEPHOLE_ARCHIVE": str(Path(folder) / "archive"),
                "PEEPHOLE_DB": f"sqlite:///{folder}/ledger.sqlite",
            },
        )
        seconds = time.perf_counter() - start
    if outcome.verdict.state != "healthy":
        raise RuntimeError(f"the replay was {outcome.verdict.state}: {outcome.verdict.reason}")
    return {"seconds": seconds, "pages": float(PAGES + 1)}
