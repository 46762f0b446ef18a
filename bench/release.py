"""A release of 2,500 departments with its site, and of 10,000 and 100,000 without one.

Beside it the floor: the same bytes read once and hashed. The site of more than 25,000 departments
is no part of a release; that of 10,000 is left out so that the two can be compared.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bench.measure import MEGA, Clock, Figures, apart, ratio, table

WITH_SITE, SMALLER, LARGER = 2_500, 10_000, 100_000
DAY = date(2026, 11, 23)
SECONDS, MEGABYTES = 60, 2_000
"""For 100,000 departments (issue 6)."""
CHUNK = 1 << 20


def report(_full: bool) -> Iterator[str]:
    """One table; one run each, as the larger takes a minute."""
    found = {}
    for departments in (WITH_SITE, SMALLER, LARGER):
        with tempfile.TemporaryDirectory() as folder:
            ours = apart("bench.release:written", folder, departments, departments == WITH_SITE)
            found[departments] = (ours, apart("bench.release:hashed", folder))
    head = [
        "departments",
        "seconds",
        "peak MB",
        "files",
        "MB",
        "floor, s",
        "times the floor's time",
    ]
    rows = [
        [
            f"{departments:,}, {'with its site' if departments == WITH_SITE else 'without a site'}",
            f"{ours['seconds']:.1f}",
            f"{ours['seconds MB']:.0f}",
            f"{ours['files']:,.0f}",
            f"{ours['bytes'] / MEGA:.0f}",
            f"{floor['seconds']:.2f}",
            ratio(ours["seconds"], floor["seconds"]),
        ]
        for departments, (ours, floor) in found.items()
    ]
    yield table(head, rows)
    few, many = found[SMALLER][0], found[LARGER][0]
    kept = many["seconds"] <= SECONDS and many["seconds MB"] <= MEGABYTES
    yield (
        f"{LARGER // SMALLER} times the departments took "
        f"{ratio(many['seconds'], few['seconds'])} times the time. "
        f"{LARGER:,} within {SECONDS} s and {MEGABYTES:,} MB: {'yes' if kept else 'no'}."
    )


def written(folder: str, departments: int, with_site: bool) -> Figures:
    """The release of so many departments, without an archive."""
    from peephole import release
    from tests.synthetic import tables

    frames = tables(departments)
    if not with_site:
        release.LARGEST_SITE = 0
    clock = Clock()
    with clock.timed("seconds"):
        made = release.write_release(frames, Path(folder), DAY, release.Surroundings())
    return clock.figures | {"files": made.files, "bytes": made.bytes}


def hashed(folder: str) -> Figures:
    """Every file of the release read once with SHA-256."""
    clock, size = Clock(), 0
    with clock.timed("seconds"):
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                digest = hashlib.sha256()
                with path.open("rb") as file:
                    while chunk := file.read(CHUNK):
                        digest.update(chunk)
                        size += len(chunk)
    return clock.figures | {"bytes": size}
