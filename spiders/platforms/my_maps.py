"""The page on which Google My Maps shows a map: its Placemarks stand in a script as ``_pageData``.

The layout is that of some ten public programs that read such pages (2020 to 2026): a list whose
second item is the map, ``["mf.map", id, title, ...]``; its layers at 6, their groups at 12, each
group's features at 13, 0; of a feature, at 5, ``[name, description, media, fields]``, where name,
description and every field are ``[label, values, n]`` and ``values[n - 1]`` is what is shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from spiders.pages import HTML
from spiders.platforms.json_page import json_of
from spiders.platforms.kml import KML_BYTES, Placemark
from spiders.source import LayoutError, shown

PAGE_DATA = re.compile(rb'\b_pageData\s*=\s*("(?:[^"\\]++|\\.)*+")', re.DOTALL)
ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
ADDRESS = re.compile(r"(?i)(?:full )?address|location|city,? ?(?:and |& ?)?state")
"""Labels of the column a map is placed by; KML has an element of its own for it."""
EMPTY = "null"
"""How the page writes an empty cell of a column of texts."""


def is_map_page(body: bytes) -> bool:
    """Is this the page that shows a map, with its content?"""
    return b"_pageData" in body and HTML.match(body[:4096]) is not None


def features(body: bytes, where: str) -> Iterator[Placemark]:
    """Every Placemark of every layer, in the order of the page.

    Raises:
        LayoutError: there is no whole ``_pageData``, or it is not in the layout above.
    """
    position = 0
    for layer in _list(_map(body, where), 6, "layers", where):
        for group in _list(layer, 12, "groups of a layer", where):
            shelf = _list(group, 13, "features of a group", where)
            for feature in _list(shelf, 0, "features of a group", where):
                position += 1
                yield _placemark(feature, position, where)


def _map(body: bytes, where: str) -> Any:
    found = PAGE_DATA.search(body[:KML_BYTES])
    if found is None:
        raise LayoutError(
            f"sought _pageData in {where}, found a page beginning '{shown(body)}' without it"
        )
    try:
        text = json.loads(ESCAPE.sub(_as_json, found[1].decode("utf-8")))
    except ValueError as error:
        raise LayoutError(f"sought _pageData as text in {where}, found {error}") from error
    page = json_of(text.encode("utf-8", "replace"), f"_pageData of {where}")
    for part in page if isinstance(page, list) else ():
        if isinstance(part, list) and part and part[0] == "mf.map":
            return part
    raise LayoutError(f"sought the map in _pageData of {where}, found no list that begins mf.map")


def _as_json(escape: re.Match[str]) -> str:
    """The escapes of a script that JSON has not: ``\\x27`` and ``\\'``."""
    if escape[1]:
        return f"\\u00{escape[1]}"
    return escape[0] if escape[2] in '"\\/bfnrtu' else escape[2]


def _list(holder: Any, index: int, what: str, where: str) -> list[Any]:
    """The list at an index; empty where null stands there.

    Raises:
        LayoutError: neither a list nor null stands there.
    """
    whole = isinstance(holder, list) and len(holder) > index
    found = holder[index] if whole else f"only {str(holder)[:60]}"
    if found is not None and not isinstance(found, list):
        raise LayoutError(
            f"sought the {what} in _pageData of {where}, found {str(found)[:80]!r} "
            f"where item {index} should be a list"
        )
    return found or []


def _placemark(feature: Any, position: int, where: str) -> Placemark:
    info = _list(feature, 5, "texts of a feature", where)
    name = _shown(info[0], where)[1] if info and info[0] is not None else ""
    fields = _list(info, 3, "fields of a feature", where) if len(info) > 3 else []
    data = [_shown(field, where) for field in fields]
    addresses = {value for label, value in data if ADDRESS.fullmatch(label)} - {""}
    address = addresses.pop() if len(addresses) == 1 else ""
    rest = tuple(pair for pair in data if not ADDRESS.fullmatch(pair[0]))
    return Placemark(position, name, address, rest)


def _shown(field: Any, where: str) -> tuple[str, str]:
    """Label and shown value of a field, as written."""
    if isinstance(field, list) and len(field) == 3:
        label, values, number = field
        if isinstance(label, str) and isinstance(values, list) and str(number).isdecimal():
            value = values[int(number) - 1] if 0 < int(number) <= len(values) else None
            if value is None or value == EMPTY:
                return label.strip(), ""
            if isinstance(value, str):
                return label.strip(), value.strip()
    raise LayoutError(
        f"sought [label, values, number] for a field in _pageData of {where}, "
        f"found {str(field)[:100]!r}"
    )
