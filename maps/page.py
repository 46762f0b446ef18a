"""The site at ``data/site``: the map and the pages beside it, which open from disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from analysis.areas import county_topology, populations, zips
from analysis.places import REFERENCE, state_shapes
from maps import (
    about,
    agency,
    api,
    feeds,
    filters,
    health,
    listing,
    measures,
    moments,
    payload,
    shapes,
    state,
)
from maps import zips as postal
from maps.columns import digest
from maps.document import Setting, setting
from maps.dossier import dossiers
from maps.folder import Draft, SiteFolder
from maps.layers import ROOM, Block, OfflineMap, Page, Start, Tiles, leaflet_script, leaflet_style
from maps.summary import summaries

OPENSTREETMAP = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
OPENSTREETMAP_ASKS = "© OpenStreetMap contributors"
"""https://osmfoundation.org/wiki/Licence/Attribution_Guidelines, seen in 2026-11."""


@dataclass(frozen=True, slots=True)
class Streets:
    """Street tiles: the template of their address, and what their owner asks to be said."""

    address: str = OPENSTREETMAP
    attribution: str = OPENSTREETMAP_ASKS

    @property
    def host(self) -> str:
        """The origin the page may fetch pictures from."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Site:
    """What was written: the map, how many departments it shows, all files, those that changed."""

    index: Path
    departments: int
    files: int
    written: int
    bytes: int


def write_site(
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    as_of: date | None = None,
    contact: str = "",
    address: str = "",
    streets: Streets | None = None,
) -> Site:
    """Write the site of ``tables`` (all of ``analysis.tables.TABLES``, typed) into ``folder``.

    ``as_of`` is the day the tables were made for, where that is not all there is: every page says
    so. ``contact`` is how to reach whoever publishes, ``address`` where the site will stand;
    ``streets`` puts street tiles under the map, which it then fetches. The same arguments give the
    same bytes; a page whose content would not change is not touched, and one of an earlier build
    that is no more is taken away. Datasets are linked where ``../exports/`` stands beside
    ``folder``.

    Raises:
        OSError: the folder cannot be written.
    """
    frame = setting(tables, folder, as_of, contact, address)
    site = SiteFolder(folder, _common(frame))
    for draft in _drafts(tables, frame, streets):
        site.put(draft)
    site.finish()
    return Site(
        folder / "index.html",
        len(tables["agencies"]),
        len(site.now),
        site.written,
        site.bytes,
    )


def drafts(
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    as_of: date | None = None,
    contact: str = "",
    address: str = "",
    streets: Streets | None = None,
) -> Iterator[Draft]:
    """Every page that :func:`write_site` writes, the map first, each made when it is asked for."""
    yield from _drafts(tables, setting(tables, folder, as_of, contact, address), streets)


def _drafts(
    tables: Mapping[str, pd.DataFrame], frame: Setting, streets: Streets | None
) -> Iterator[Draft]:
    outlines = state_shapes()
    names = dict(zip(outlines["state"], outlines["name"], strict=True))
    agencies = listing.ordered(tables, names)
    records = payload.departments(tables, agencies, names)
    yield from _maps(tables, agencies, names, records, frame, streets)
    rows = listing.rows(tables, agencies)
    yield from listing.drafts(tables, agencies, rows, records, frame)
    found = summaries(tables, agencies)
    yield from state.drafts(tables, agencies, rows, found, frame)
    teller = feeds.Teller(agencies, frame)
    yield from _departments(tables, agencies, frame, teller)
    yield from about.drafts(tables, agencies, frame)
    yield from feeds.drafts(tables, agencies, teller)
    yield from api.drafts(tables, agencies, found, frame)
    yield from health.drafts(tables, frame)


def _departments(
    tables: Mapping[str, pd.DataFrame],
    agencies: pd.DataFrame,
    frame: Setting,
    teller: feeds.Teller,
) -> Iterator[Draft]:
    """The page of each department, the same for programs, and its feed."""
    page, record = agency.pages(tables, frame), api.records(tables, frame)
    for dossier in dossiers(tables, agencies):
        told = digest(repr(dossier))
        yield page(dossier, told)
        yield record(dossier, told)
        yield from feeds.of_department(dossier, told, teller)


def _maps(
    tables: Mapping[str, pd.DataFrame],
    agencies: pd.DataFrame,
    names: Mapping[str, str],
    records: Mapping[str, Any],
    frame: Setting,
    streets: Streets | None,
) -> Iterator[Draft]:
    """The map, and the same for other pages to embed."""
    told = {
        "records": {**records, "files": _files(agencies)},
        "measures": measures.measures(tables, populations(tables["area_populations"])),
        "events": moments.events(tables),
    }

    @cache
    def blocks() -> dict[str, Any]:
        """All data of the page: of our own those that are told, and areas for where they are."""
        return {
            "records": told["records"],
            "shapes": shapes.encoded(state_shapes()),
            "counties": shapes.counties(county_topology()),
            "measures": told["measures"],
            "zips": postal.zips(agencies, zips()),
            "events": told["events"],
        }

    view = {
        "setting": frame,
        "root": "",
        "here": "map",
        "options": filters.options(tables, agencies),
        "unlisted": sorted(set(names.values()) - set(agencies["state_name"])),
        "referrer": "strict-origin-when-cross-origin" if streets else "no-referrer",
    }
    source = json.dumps([told, view | {"setting": None}, repr(streets)], default=str)
    for template, part in (("index.html", "map"), ("embed.html", "embed")):
        yield Draft(template, source, partial(_map, template, part, view, blocks, streets))


def _map(
    template: str,
    part: str,
    view: Mapping[str, Any],
    blocks: Callable[[], Mapping[str, Any]],
    streets: Streets | None,
) -> str:
    page = Page(template, view, streets.host if streets else "")
    frame = OfflineMap(attribution=streets is not None)
    page.add_child(frame)
    if streets:
        frame.add_child(Tiles(streets.address, streets.attribution))
    for name, data in blocks().items():
        frame.add_child(Block(name, data))
    frame.add_child(Start(frame, part))
    return page.render()


def _files(agencies: pd.DataFrame) -> dict[int, str]:
    """By row, the names of the departments' pages that are not simply those of their ids."""
    named = ((row, key, agency.file_name(key)) for row, key in enumerate(agencies["agency_id"]))
    return {row: name for row, key, name in named if name != f"{key}.html"}


def _common(frame: Setting) -> str:
    """All that every page is made from beside its own data, wherever the folders are."""
    parts = sorted([*(ROOM / "templates").iterdir(), *(ROOM / "static").iterdir()])
    code = [part.read_text("utf-8") for part in [*parts, *_code(ROOM), *_code(REFERENCE.parent)]]
    known = [digest(part.read_bytes()) for part in sorted(REFERENCE.iterdir()) if part.is_file()]
    made_by = [f"{name} {version(name)}" for name in ("folium", "pygal")]
    said = repr(replace(frame, exports=Path()))
    return "\n".join([said, *made_by, leaflet_style(), leaflet_script(), *code, *known])


def _code(room: Path) -> list[Path]:
    return sorted(room.glob("*.py"))
