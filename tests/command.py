"""The command line as a stranger meets it: a process of its own, and what it leaves behind."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from analysis.tables import TABLES, row_ids
from spiders import archive, moment
from spiders.archive import Exchange
from tests import warm

ROOT = Path(__file__).resolve().parents[1]
RING, REGISTRY = "Ring/Neighbors Partnership", "Camera Registry"
LINKS = [
    f"Link {n}{part}" for n in (1, 2, 3) for part in ("", " Snapshot", " Source", " Type", " Date")
]
COLUMNS = [
    *("AOSNUMBER", "City", "County", "State", "Agency", "Type of LEA", "Summary"),
    *("Type of Juris", "Technology", "Vendor", *LINKS),
]
"""The layout of the Atlas of 2020."""
COLUMNS_2026 = [
    *("AOSNUMBER", "NEWAOSNUMBER (ORI9)", *COLUMNS[1:9], "TECH ABV"),
    *("Vendor", *LINKS, "Other Links"),
]


def environment(data: Path, **more: str) -> dict[str, str]:
    """The environment of a command with its own data folder, and of nobody's configuration."""
    inherited = {key: value for key, value in os.environ.items() if "PEEPHOLE" not in key}
    return inherited | {"PEEPHOLE_DATA": str(data), "PYTHONPATH": str(ROOT)} | more


def command(*words: str | Path) -> list[str]:
    """The words of a command line."""
    return [sys.executable, "-m", "peephole", *map(str, words)]


def peephole(
    data: Path, *words: str | Path, status: int | None = 0, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; with ``status`` None any exit status will do."""
    done = warm.run("peephole", [*map(str, words)], environment(data, **more), data.parent)
    assert status is None or done.returncode == status, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def take_in(
    data: Path,
    file: Path,
    as_of: str = "2020-10-07",
    source: str = "atlas_of_surveillance",
    *more: str,
    status: int | None = 0,
) -> subprocess.CompletedProcess[str]:
    """``peephole import``."""
    return peephole(
        data, "import", file, "--source", source, "--as-of", as_of, *more, status=status
    )


def files(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file under a folder, by its path there."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def tables(data: Path) -> dict[str, pd.DataFrame]:
    """The clean tables of a data folder."""
    return {name: pd.read_parquet(data / "clean" / f"{name}.parquet") for name in TABLES}


def atlas(rows: Iterable[Mapping[str, str]], columns: list[str] = COLUMNS) -> bytes:
    """An Atlas export of fictional rows."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, quoting=csv.QUOTE_ALL, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def row(name: str, state: str = "OH", technology: str = RING, **cells: str) -> dict[str, str]:
    """A row of the Atlas about a fictional department."""
    return {
        "City": name.removesuffix(" Police Department"),
        "State": state,
        "Agency": name,
        "Type of LEA": "Police",
        "Type of Juris": "Municipal",
        "Technology": technology,
    } | cells


def towns(count: int, technology: str = RING) -> list[dict[str, str]]:
    """Rows of fictional departments with different dates."""
    return [
        row(
            f"Town {number} Police Department",
            ("OH", "TX", "WI")[number % 3],
            technology,
            **{
                "AOSNUMBER": f"AOS{number}",
                "Link 1": "https://www.google.com/maps/d/viewer?mid=x",
                "Link 1 Source": "Ring",
                "Link 1 Date": f"{number % 12 + 1}/{number % 28 + 1}/2019",
            },
        )
        for number in range(count)
    ]


def kml(departments: Iterable[tuple[str, str]], inside: str = "") -> bytes:
    """Ring's map of fictional departments: names and places."""
    marks = "".join(
        f"<Placemark><name><![CDATA[{name}]]></name><address>{place}</address><ExtendedData>"
        '<Data name="Active Date"><value>6/5/2019</value></Data>'
        f"{inside}</ExtendedData></Placemark>"
        for name, place in departments
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document>{marks}</Document></kml>"
    ).encode()


def referred(data: Path, revisit: Exchange) -> Exchange:
    """The answer kept before that a revisit stands for."""
    url, fetched_at = revisit.refers_to
    return next(
        exchange
        for warc in sorted((data / "archive").glob("*.warc.gz"))
        for exchange in archive.exchanges(warc)
        if exchange.kind == "response"
        and (exchange.url, moment.iso(exchange.fetched_at)) == (url, fetched_at)
        and exchange.stored.sha256 == revisit.stored.sha256
    )


def unproved(data: Path) -> list[str]:
    """Rows of published tables that evidence does not lead to bytes whose hash matches."""
    frames = tables(data)
    captures = frames["captures"].set_index("capture_id")
    hashes = {}
    for identity, capture in captures.iterrows():
        kept = archive.read(data / "archive" / capture["warc"], int(capture["warc_offset"]))
        if kept.kind in ("revisit", "unchanged"):
            kept = referred(data, kept)
        found = hashlib.sha256(kept.body).hexdigest()
        if found != capture["sha256"] or len(kept.body) != capture["bytes"]:
            hashes[identity] = f"{identity} does not match {capture['warc']}"
    wrong = list(hashes.values())
    evidence = frames["evidence"]
    for name, table in TABLES.items():
        if name == "evidence":
            continue
        frame = frames[name]
        if name == "sources":
            frame = frame[frame["verdict"].isin(["healthy", "incomplete"])]
        rows = row_ids(table, frame)
        led = evidence[evidence["table"].eq(name)]
        proved = led[led["capture_id"].isin(captures.index)]["row_id"]
        wrong += [f"{name} {row_id}" for row_id in rows[~rows.isin(proved)]]
        wrong += [
            f"{name} has no {row_id}"
            for row_id in led["row_id"][~led["row_id"].isin(row_ids(table, frames[name]))]
        ]
    return wrong
