"""The page of many departments: built, stored, opened, and held in memory.

Ours against folium's ``Marker`` in a ``MarkerCluster`` and against ``FastMarkerCluster`` over the
same departments, with popups of the same sentences (``bench/popups.py``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import MEGA, Clock, Figures, apart, medians, ratio, rounds, table

SIZES = {1_500: (3, 5), 15_000: (1, 3), 100_000: (1, 3)}
"""Departments, and how often each page is built and opened."""
LOOP_UP_TO = 15_000
"""The loop over 100,000 markers takes minutes and gigabytes: with ``--full`` only, once."""
OURS, LOOP, FAST = "**ours**", "Marker + MarkerCluster", "FastMarkerCluster"
BUILDERS = {OURS: "ours", LOOP: "marker_loop", FAST: "fast"}
HEAD = [
    *("", "build s", "build peak MB", "page MB", "without libraries MB", "usable s", "renderer MB"),
    *("bytes / ours", "usable / ours"),
]


def report(full: bool) -> Iterator[str]:
    """A table for each number of departments."""
    with tempfile.TemporaryDirectory() as folder:
        for n, (builds, openings) in SIZES.items():
            once = n > LOOP_UP_TO
            names = [name for name in BUILDERS if not (once and name == LOOP)]
            found = rounds(builds, {name: _build(name, n, folder) for name in names})
            pages = {name: ("bench.chromium:opened", _page(folder, name)) for name in names}
            for name, figures in rounds(openings, pages).items():
                found[name] |= figures
            if once and full:
                found[LOOP] = apart(*_build(LOOP, n, folder))
                found[LOOP] |= medians([apart("bench.chromium:opened", _page(folder, LOOP))])
            yield f"{n:,} departments\n\n{_table(found)}\n\n{_beside(found[OURS])}"


def _build(name: str, n: int, folder: str) -> tuple[str, int, str]:
    return f"bench.page:{BUILDERS[name]}", n, str(Path(folder) / BUILDERS[name])


def _page(folder: str, name: str) -> str:
    return str(Path(folder) / BUILDERS[name] / "index.html")


def _table(found: dict[str, Figures]) -> str:
    ours = found[OURS]
    rows = []
    for name in (name for name in BUILDERS if name in found):
        figures = found[name]
        rows.append(
            [
                name,
                f"{figures['build']:.2f}",
                f"{figures['build MB']:.0f}",
                f"{figures['page'] / MEGA:.2f}",
                f"{(figures['page'] - figures['libraries']) / MEGA:.2f}",
                f"{figures['usable']:.2f}",
                f"{figures['renderer MB']:.0f}",
                ratio(figures["page"] - figures["libraries"], ours["page"] - ours["libraries"]),
                ratio(figures["usable"], ours["usable"]),
            ]
        )
    return table(HEAD, rows)


def _beside(ours: Figures) -> str:
    if not ours["list"]:
        return "The readable list stands in our page."
    return (
        f"Our readable list is a page of its own: {ours['list'] / MEGA:.2f} MB, opened on request."
    )


def ours(n: int, folder: str) -> Figures:
    """Build our page with its list."""
    from maps.layers import leaflet_script, leaflet_style
    from maps.page import LIST_PAGE, write_site
    from tests.synthetic import tables

    frames = tables(n)
    clock = Clock()
    with clock.timed("build"):
        site = write_site(frames, Path(folder))
    listed = site.index.with_name(LIST_PAGE)
    return clock.figures | {
        "page": site.index.stat().st_size,
        "list": listed.stat().st_size if listed.exists() else 0,
        "libraries": len(leaflet_script().encode()) + len(leaflet_style().encode()),
    }


def marker_loop(n: int, folder: str) -> Figures:
    """Build the page of ``folium.Marker`` and ``MarkerCluster``."""
    return _rival("marker_cluster", n, folder, jquery=True)


def fast(n: int, folder: str) -> Figures:
    """Build the page of ``FastMarkerCluster``."""
    return _rival("fast_marker_cluster", n, folder, jquery=False)


def _rival(kind: str, n: int, folder: str, *, jquery: bool) -> Figures:
    """The texts of the popups are made before the clock starts: ours must make its own."""
    from bench import rivals
    from bench.popups import popups
    from maps.layers import Raw
    from tests.synthetic import tables

    rows = popups(tables(n))
    assets = rivals.libraries(jquery=jquery)
    index = Path(folder) / "index.html"
    index.parent.mkdir(parents=True, exist_ok=True)
    clock = Clock()
    with clock.timed("build"):
        page = getattr(rivals, kind)(rows)
        page.get_root().header.add_child(Raw(assets), name="libraries")
        page.save(str(index))
    return clock.figures | {
        "page": index.stat().st_size,
        "list": 0,
        "libraries": len(assets.encode()),
        "popup": rows["html"].str.len().mean(),
    }
