"""The page at ``data/site/index.html``: one file that opens from disk and fetches nothing."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.places import state_shapes
from maps import charts, history, listing, palette, payload, shapes, words
from maps.columns import texts
from maps.layers import Departments, OfflineMap, Page, StateShapes

LIST_WITHIN = 5_000
"""Up to so many departments the list stands in the page; more are a page of their own, because a
closed ``details`` still costs its nodes (measured in ``bench/``)."""

LIST_PAGE = "list.html"


@dataclass(frozen=True, slots=True)
class Site:
    """What was written: the page, how many departments it shows, bytes of all its files."""

    index: Path
    departments: int
    bytes: int


def write_site(tables: Mapping[str, pd.DataFrame], folder: Path, as_of: date | None = None) -> Site:
    """Write the page for ``tables`` (all of ``analysis.tables.TABLES``, typed) into ``folder``.

    ``as_of`` is the day the tables were made for, where that is not all there is: the page says so.
    The same tables give the same bytes, and a file whose bytes would not change is not touched.
    Above :data:`LIST_WITHIN` departments the list becomes ``list.html`` beside the page. Downloads
    are linked where ``../exports/`` stands beside ``folder``.

    Raises:
        OSError: the folder cannot be written.
    """
    outlines = state_shapes()
    names = dict(zip(outlines["state"], outlines["name"], strict=True))
    agencies = listing.ordered(tables, names)
    counts = agencies["state"].value_counts()
    breaks = palette.breaks(int(counts.max()) if len(counts) else 0)
    apart = len(agencies) > LIST_WITHIN
    groups = listing.groups(agencies)
    view = _view(tables, agencies, names) | {
        "groups": [] if apart else groups,
        "list_page": LIST_PAGE if apart else "",
        "classes": _classes(breaks),
        "downloads": _downloads(folder),
        "as_of": words.day(as_of.isoformat()) if as_of else "",
    }
    page = Page(view)
    frame = OfflineMap()
    page.add_child(frame)
    frame.add_child(StateShapes(shapes.encoded(outlines), breaks, palette.BLUES))
    frame.add_child(Departments(payload.departments(tables, agencies, names), frame))
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "index.html"
    files = [_write(index, page.render())]
    if apart:
        files.append(_write(folder / LIST_PAGE, listing.page(view | {"groups": groups})))
    else:
        (folder / LIST_PAGE).unlink(missing_ok=True)
    return Site(index, len(agencies), sum(files))


def _view(
    tables: Mapping[str, pd.DataFrame], agencies: pd.DataFrame, names: Mapping[str, str]
) -> dict[str, Any]:
    listed = tables["participations"]
    newest = listed["last_observed"].max() if len(listed) else ""
    states = Counter(zip(texts(agencies["state_name"]), texts(agencies["state"]), strict=True))
    programmes = Counter(texts(listed["programme"]))
    starts = listed["valid_from"].str[:4].dropna()
    return {
        "departments": len(agencies),
        "newest": words.day(newest) if newest else "",
        "states": [(code, name, number) for (name, code), number in sorted(states.items())],
        "unlisted": sorted(set(names.values()) - set(agencies["state_name"])),
        "kinds": [
            (kind, words.KINDS[kind]) for kind in words.KINDS if (agencies["type"] == kind).any()
        ],
        "programmes": [
            (key, words.programme_name(key), words.programme_title(key), number)
            for key, number in sorted(programmes.items())
        ],
        "years": sorted(starts.unique()),
        "undated": bool(listed["valid_from"].isna().any()),
        "sources": listing.sources(tables["sources"]),
        "notices": sorted(set(texts(tables["sources"]["notice"])) - {""}),
        "rejected": len(tables["rejected"]),
        "timeline": charts.timeline(tables),
        "history": history.sections(tables),
    }


def _classes(breaks: list[int]) -> list[tuple[str, str]]:
    """Colour and words of each class of the legend."""
    ends = [str(following - 1) for following in breaks[1:]] + [""]
    return [
        (fill, f"{low} or more" if not end else str(low) if str(low) == end else f"{low} to {end}")
        for fill, low, end in zip(palette.BLUES, breaks, ends, strict=False)
    ]


def _downloads(folder: Path) -> list[tuple[str, str]]:
    exports = folder.parent / "exports"
    return [
        (f"../exports/{name}", name)
        for name in (
            *("agencies.csv", "participations.csv", "footage_requests.csv", "changes.csv"),
            *("datapackage.json", "peephole.sqlite"),
        )
        if (exports / name).is_file()
    ]


def _write(path: Path, text: str) -> int:
    """Put ``text`` at ``path`` in one step, unless it stands there already; its length in bytes."""
    data = text.encode("utf-8", "replace")
    if path.is_file() and path.read_bytes() == data:
        return len(data)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return len(data)
