"""The page of many departments: built, stored, opened, used, and held in memory.

Ours against folium's ``Marker`` in a ``MarkerCluster`` and against ``FastMarkerCluster`` over the
same departments, with popups of the same sentences (``bench/popups.py``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.measure import MEGA, Clock, Figures, apart, ratio, rounds, table
from maps.folder import Draft

SIZES = {1_500: (3, 5, 3), 15_000: (1, 3, 2), 100_000: (1, 3, 1)}
"""Departments, and how often each page is built, opened and used."""
LOOP_UP_TO = 15_000
"""The loop over 100,000 markers takes minutes and gigabytes: with ``--full`` only, once."""
OURS, LOOP, FAST = "**ours**", "Marker + MarkerCluster", "FastMarkerCluster"
BUILDERS = {OURS: "ours", LOOP: "marker_loop", FAST: "fast"}
HEAD = [
    *("", "build s", "build peak MB", "page MB", "without libraries MB", "usable s", "renderer MB"),
    *("bytes / ours", "usable / ours"),
]
DEEDS = {"filter": "filter", "search": "search", "moment": "slider"}
USED = [
    "",
    *(f"{name} {what}" for name in DEEDS.values() for what in ("ms", "worst ms", "scripts ms")),
    "renderer MB after use",
]
SEARCHES = [
    *("al", "bren", "ca", "dun", "elm", "fair pd", "glen", "har so", "iron", "police"),
    *("alburry", "brenafeild pd", "carberdal", "dunderford police dpt", "elmenhma", "fariringbury"),
    *("glenmordael so", "harroham", "irnosterfield", "jaswodhaven"),
]
"""What is typed: beginnings, and fictional names with a slip each."""
BUDGETS = {
    1_500: {
        "page": 0.9 * MEGA,
        "usable": 0.6,
        "filter ms": 50.0,
        "search ms": 50.0,
        "moment ms": 50.0,
    },
    15_000: {"page": 4 * MEGA, "usable": 0.8},
    100_000: {"page": 20 * MEGA, "usable": 2.0, "renderer MB": 300.0, "used MB": 300.0},
}
"""What ours may take at most (issue 4)."""


def report(full: bool) -> Iterator[str]:
    """A table for each number of departments."""
    with tempfile.TemporaryDirectory() as folder:
        for n, (builds, openings, uses) in SIZES.items():
            once = n > LOOP_UP_TO
            names = [name for name in BUILDERS if not (once and name == LOOP)]
            found = rounds(builds, {name: _build(name, n, folder) for name in names})
            pages = {name: ("bench.chromium:opened", _page(folder, name)) for name in names}
            in_use = {
                name: ("bench.chromium:used", _page(folder, name), SEARCHES) for name in names
            }
            for runs in (rounds(openings, pages), rounds(uses, in_use)):
                for name, figures in runs.items():
                    found[name] |= figures
            if once and full:
                found[LOOP] = apart(*_build(LOOP, n, folder))
                found[LOOP] |= apart("bench.chromium:opened", _page(folder, LOOP))
                found[LOOP] |= apart("bench.chromium:used", _page(folder, LOOP), SEARCHES)
            yield f"{n:,} departments\n\n{_table(found)}\n\n{_beside(found[OURS])}"
            yield f"In use\n\n{_use(found)}\n\n{_held(found[OURS], BUDGETS[n])}"


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


def _use(found: Mapping[str, Figures]) -> str:
    keys = [f"{deed} {what}" for deed in DEEDS for what in ("ms", "worst ms", "script ms")]
    return table(
        USED,
        [
            [
                name,
                *(f"{figures[key]:.0f}" if key in figures else "none" for key in keys),
                f"{figures['used MB']:.0f}",
            ]
            for name, figures in found.items()
        ],
    )


def _held(ours: Figures, budget: Figures) -> str:
    missed = [
        f"{key} {ours[key]:.4g} (at most {most:.4g})"
        for key, most in budget.items()
        if ours[key] > most
    ]
    return f"Over budget: {'; '.join(missed)}." if missed else "All budgets are kept."


def _beside(ours: Figures) -> str:
    return f"Our readable list is a page of its own: {ours['list'] / MEGA:.2f} MB."


def ours(n: int, folder: str) -> Figures:
    """Build our page and its list; all other pages are for ``bench/site.py``."""
    from maps.layers import leaflet_script, leaflet_style
    from maps.page import drafts
    from tests.synthetic import tables

    frames = tables(n)
    pages = drafts(frames, Path(folder))
    clock = Clock()
    index = _drafted(pages, "index.html", clock)
    listed = _drafted(pages, "list.html", Clock())
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / "index.html").write_text(index, "utf-8")
    return clock.figures | {
        "page": len(index.encode()),
        "list": len(listed.encode()),
        "libraries": len(leaflet_script().encode()) + len(leaflet_style().encode()),
    }


def _drafted(pages: Iterator[Draft], name: str, clock: Clock) -> str:
    with clock.timed("build"):
        return next(page for page in pages if page.name == name).render()


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
