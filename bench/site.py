"""The whole site of 1,500 departments: built from nothing, unchanged, and after one changed.

Beside it the floor, a bare loop that writes the same bytes, and the way most sites are built: every
page rendered and written every time, whatever changed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pandas as pd

from bench.measure import MEGA, Clock, Figures, ratio, rounds, table

DEPARTMENTS = 1_500
ROUNDS = 3
FIRST, SAME, ONE = "**from nothing**", "**unchanged**", "**one department changed**"
RIVAL, FLOOR = "all rendered and written, in a loop", "floor: the same bytes written, in a loop"
BUDGETS = {FIRST: 10.0, ONE: 2.0}
"""Seconds (issue 4)."""


def report(_full: bool) -> Iterator[str]:
    """One table."""
    with tempfile.TemporaryDirectory() as folder:
        ours = str(Path(folder) / "site")
        runs = {
            FIRST: ("bench.site:built", ours, False, True),
            SAME: ("bench.site:built", ours),
            ONE: ("bench.site:built", ours, True),
            RIVAL: ("bench.site:rendered", str(Path(folder) / "rival")),
            FLOOR: ("bench.site:written", ours, str(Path(folder) / "floor")),
        }
        found = rounds(ROUNDS, runs)
    missed = [name for name, most in BUDGETS.items() if found[name]["seconds"] > most]
    yield f"{DEPARTMENTS:,} departments\n\n{_table(found)}"
    yield f"Over budget: {', '.join(missed)}." if missed else "All budgets are kept."


def _table(found: dict[str, Figures]) -> str:
    head = ["", "seconds", "files", "written", "MB in all", "peak MB", "times the floor's time"]
    rows = [
        [
            name,
            f"{figures['seconds']:.2f}",
            f"{figures['files']:,.0f}",
            f"{figures['written']:,.0f}",
            f"{figures['bytes'] / MEGA:.1f}",
            f"{figures['seconds MB']:.0f}",
            ratio(figures["seconds"], found[FLOOR]["seconds"]),
        ]
        for name, figures in found.items()
    ]
    return table(head, rows)


def built(folder: str, changed: bool = False, anew: bool = False) -> Figures:
    """Our site, over what an earlier build left there or, ``anew``, in an empty folder.

    Nothing is deleted for it: on ext4 without a journal a new file costs ten times as much for
    minutes after many were (0.04 and 0.6 ms, 2026-11-23).
    """
    from maps.page import write_site

    frames = _frames(changed=changed)
    if anew and (earlier := Path(folder)).exists():
        earlier.rename(earlier.with_name(f"site-{token_hex(4)}"))
    clock = Clock()
    with clock.timed("seconds"):
        site = write_site(frames, Path(folder))
    return clock.figures | {"files": site.files, "written": site.written, "bytes": site.bytes}


def rendered(folder: str) -> Figures:
    """The same pages, each rendered and written."""
    from maps.page import drafts

    frames = _frames(changed=False)
    clock, sizes = Clock(), []
    with clock.timed("seconds"):
        for draft in drafts(frames, Path(folder)):
            path = Path(folder) / draft.name
            path.parent.mkdir(parents=True, exist_ok=True)
            sizes.append(path.write_bytes(draft.render().encode()))
    return clock.figures | {"files": len(sizes), "written": len(sizes), "bytes": sum(sizes)}


def written(ours: str, folder: str) -> Figures:
    """The bytes of our files, written by a loop."""
    files = (path for path in Path(ours).rglob("*") if path.is_file())
    pages = {str(path.relative_to(ours)): path.read_bytes() for path in files}
    clock = Clock()
    with clock.timed("seconds"):
        for name, data in pages.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    size = sum(map(len, pages.values()))
    return clock.figures | {"files": len(pages), "written": len(pages), "bytes": size}


def _frames(*, changed: bool) -> dict[str, pd.DataFrame]:
    from tests.synthetic import tables

    frames = tables(DEPARTMENTS)
    if changed:
        agencies = frames["agencies"].copy()
        agencies.loc[agencies.index[DEPARTMENTS // 2], "population"] += 1
        frames["agencies"] = agencies
    return frames
