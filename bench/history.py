"""Hundreds of looks at one list: taken into the ledger, cleaned, asked as of a day, and stored.

The list has 2,500 departments, made here. From one look to the next one row in a hundred changes: a
department gives its place on the list to another, or takes it back, so that spells begin and end,
and the newcomer's start is a day that stood in no row before, so that no look shows what an earlier
one showed.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from bench.measure import MEGA, Clock, Figures, ratio, rounds, table
from spiders.job import capture_id
from spiders.ledger import Ledger
from spiders.records import Listing
from spiders.schema import Capture, Content, Look, Run, Sighted

LOOKS = (300, 600)
DEPARTMENTS = 2_500
CHANGING = 100
"""One row in so many changes."""
TIMES = 1
"""Each takes minutes."""
SOURCE, PROGRAMME = "ring_agency_map", "neighbors_portal"
STATES = ("AL", "CA", "FL", "GA", "IL", "NJ", "OH", "TX", "WA", "WI")
FIRST = date(2020, 1, 1)
UNCHANGED = 30
"""Looks added to tell what one costs."""
BUDGET = 5.0
"""Times the floor's time that taking it in may need."""


def report(_full: bool) -> Iterator[str]:
    """A table of both lengths, ours beside the floor, and what one more look costs."""
    with tempfile.TemporaryDirectory() as folder:
        contestants: dict[str, tuple[str, int, str]] = {}
        for looks in LOOKS:
            contestants[f"floor {looks}"] = ("bench.history:floor", looks, folder)
            contestants[f"ours {looks}"] = ("bench.history:ours", looks, folder)
        found = rounds(TIMES, contestants)
        yield _lengths(found)
        yield _one_more(rounds(1, {"ours": ("bench.history:one_more", folder)})["ours"])


def _lengths(found: dict[str, Figures]) -> str:
    short, long = (found[f"ours {looks}"] for looks in LOOKS)
    rows = []
    for title, key, unit in (
        ("into the ledger", "ingest", "s"),
        ("clean tables", "tables", "s"),
        ("clean tables as of the middle", "as of", "s"),
        ("database", "bytes", "MB"),
        ("memory while cleaning", "tables MB", "MB"),
    ):
        scale = MEGA if key == "bytes" else 1
        rows.append(
            [
                title,
                f"{short[key] / scale:.1f} {unit}",
                f"{long[key] / scale:.1f} {unit}",
                ratio(long[key], short[key]),
            ]
        )
    for looks, ours in zip(LOOKS, (short, long), strict=True):
        floor = found[f"floor {looks}"]
        rows.append(
            [
                f"floor, {looks} looks: hash and insert, in a bare loop",
                f"{floor['ingest']:.1f} s",
                f"{floor['bytes'] / MEGA:.1f} MB",
                f"ours {ratio(ours['ingest'], floor['ingest'])} x its time (at most {BUDGET:g})",
            ]
        )
    head = [f"{DEPARTMENTS:,} departments", *(f"{looks} looks" for looks in LOOKS), "ratio"]
    sightings = " and ".join(f"{looks * DEPARTMENTS:,}" for looks in LOOKS)
    return f"{sightings} sightings\n\n{table(head, rows)}"


def _one_more(found: Figures) -> str:
    changed, unchanged = found["changed"], found["unchanged"]
    return (
        f"One more look costs {changed:,.0f} bytes where one row in {CHANGING} changed and "
        f"{unchanged:,.0f} bytes where none did: {unchanged / changed:.1%}"
    )


Row = tuple[str, str, str]
"""Name, state and stated start."""


def listed(looks: int) -> Iterator[list[Row]]:
    """The rows of the list at each look."""
    came = [(False, FIRST)] * DEPARTMENTS
    for look in range(looks):
        for slot in range(look % CHANGING, DEPARTMENTS, CHANGING):
            came[slot] = (not came[slot][0], FIRST + timedelta(days=look))
        yield [
            (
                f"{'New' if swapped else 'Old'} Town {slot} Police Department",
                STATES[slot % len(STATES)],
                since.isoformat(),
            )
            for slot, (swapped, since) in enumerate(came)
        ]


def floor(looks: int, folder: str) -> Figures:
    """A bare loop: each row as JSON, hashed, and inserted with its look."""
    path = Path(folder) / f"floor-{looks}.sqlite"
    path.unlink(missing_ok=True)
    clock = Clock()
    with clock.timed("ingest"):
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE rows (look INTEGER, hash TEXT, content TEXT)")
        for look, rows in enumerate(listed(looks)):
            told = []
            for name, state, since in rows:
                fields = {"agency": name, "state": state, "since_text": since}
                text = json.dumps(fields | {"programme": PROGRAMME})
                told.append((look, hashlib.sha256(text.encode()).hexdigest()[:32], text))
            database.executemany("INSERT INTO rows VALUES (?, ?, ?)", told)
            database.commit()
        database.close()
    return clock.figures | {"bytes": path.stat().st_size}


def ours(looks: int, folder: str) -> Figures:
    """The ledger, the clean tables, and those as of the middle of the time."""
    from analysis.clean import clean
    from analysis.read import facts
    from peephole.steps import catalogue

    path = Path(folder) / f"ours-{looks}.sqlite"
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    clock = Clock()
    with clock.timed("ingest"):
        ledger = Ledger(f"sqlite:///{path}")
        _take_in(ledger, list(enumerate(listed(looks))), "run")
        ledger.close()
    ledger = Ledger(f"sqlite:///{path}")
    sources = catalogue()
    with clock.timed("tables"):
        tables = clean(facts(ledger, sources), sources.copy())
    middle = FIRST + timedelta(days=looks // 2)
    with clock.timed("as of"):
        clean(facts(ledger, sources, middle), sources.copy())
    ledger.close()
    return clock.figures | {
        "bytes": _size(path),
        "participations": float(len(tables["participations"])),
    }


def one_more(folder: str) -> Figures:
    """Bytes that a further look adds: a changed one, and one that shows the same."""
    path = Path(folder) / "more.sqlite"
    ledger = Ledger(f"sqlite:///{path}")
    all_looks = list(enumerate(listed(3 * UNCHANGED)))
    _take_in(ledger, all_looks[:UNCHANGED], "first")
    sizes = [_size(path)]
    _take_in(ledger, all_looks[UNCHANGED : 2 * UNCHANGED], "changed")
    sizes.append(_size(path))
    last = all_looks[2 * UNCHANGED - 1][1]
    same = [(2 * UNCHANGED + number, last) for number in range(UNCHANGED)]
    _take_in(ledger, same, "unchanged")
    sizes.append(_size(path))
    ledger.close()
    return {
        "changed": (sizes[1] - sizes[0]) / UNCHANGED,
        "unchanged": (sizes[2] - sizes[1]) / UNCHANGED,
    }


def _take_in(ledger: Ledger, looks: list[tuple[int, list[Row]]], run_id: str) -> None:
    """One run over archived copies, as the keeper of a run brings it to the ledger."""
    moments = [f"{FIRST + timedelta(days=look)}T00:00:00Z" for look, _ in looks]
    warc = f"{run_id}.warc.gz"
    ledger.begin(Run(run_id, SOURCE, "live", warc, 1, moments[-1], moments[-1]))
    ended = []
    for (number, rows), moment in zip(looks, moments, strict=True):
        look_id = f"{run_id}@{number:014d}"
        sha256 = hashlib.sha256(repr(rows).encode()).hexdigest()
        url = f"http://127.0.0.1/web/{number:014d}id_/map.kml"
        capture = capture_id(SOURCE, url, moment, 200, sha256)
        contents, sighted = [], []
        for position, (name, state, since) in enumerate(rows, 1):
            record = Listing(
                programme=PROGRAMME,
                agency=name,
                state=state,
                since_text=since,
                since_field="Active Date",
                position=position,
            )
            content = record.content()
            record_id = record.identity(SOURCE, content)
            contents.append(Content(record_id, SOURCE, record.kind, content))
            sighted.append(Sighted(record_id, position))
        kept = Capture(
            *(capture, SOURCE, url, moment, moment, "ok", 200, sha256, 1, warc, 0),
            original_url="http://127.0.0.1/map.kml",
        )
        ledger.keep([kept], contents)
        ledger.read(run_id, look_id, capture, sighted)
        counts = {"rows": len(rows), f"listing:{PROGRAMME}": len(rows)}
        account = {"finish_reason": "finished", "problems": [], "lost": {}}
        ended.append(Look(look_id, run_id, SOURCE, moment, "healthy", "said", counts, account))
    ledger.finish(run_id, moments[-1], "healthy", "said", {}, ended)


def _size(path: Path) -> int:
    """Bytes of the database with its log brought in."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path.stat().st_size
