"""Our elements for folium: a page that needs no network, the state shapes, the departments.

folium builds the tree and the Leaflet map; everything it would fetch from a CDN is inlined from
installed packages instead. branca's ``MacroElement`` parses rendered text as a template a second
time, so data are added as :class:`Raw`, whose text is never parsed.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import folium
import jinja2
from branca.element import Element, Figure, MacroElement
from folium.template import Environment, Template

from maps.columns import script_json

ROOM = Path(__file__).parent
SCRIPTS = (
    "records.js",
    "clusters.js",
    "departments.js",
    "states.js",
    "details.js",
    "filters.js",
    "search.js",
    "list.js",
    "main.js",
)
"""Our own JavaScript, in the order in which it is inlined."""


@cache
def templates() -> jinja2.Environment:
    """The environment of ``maps/templates``: everything escaped, unknown names are errors."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


@cache
def leaflet() -> Path:
    """Folder of Leaflet's own files, in the installed package XStatic-Leaflet."""
    import xstatic.pkg.leaflet as package

    return Path(package.BASE_DIR)


def leaflet_style() -> str:
    """Leaflet's style sheet without its pictures, which a page on its own could not fetch.

    They are the marker and the button of the layers control. We show neither, and inlined they
    would take 4.6 kB.
    """
    style = (leaflet() / "leaflet.css").read_text("utf-8")
    return re.sub(r"\s*background-image: url\(images/[a-z0-9-]+\.png\);", "", style)


def leaflet_script() -> str:
    """Leaflet itself, without the address of a source map that nobody could fetch."""
    script = (leaflet() / "leaflet.js").read_text("utf-8")
    return script.split("//# sourceMappingURL")[0].strip()


def our_style() -> str:
    return (ROOM / "static" / "style.css").read_text("utf-8")


def our_scripts() -> str:
    return "\n".join((ROOM / "static" / name).read_text("utf-8") for name in SCRIPTS)


class Raw(Element):
    """Text that stands in the page exactly as given."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Raw"
        self.text = text


class Page(Figure):
    """The document: landmarks, controls, list and sources around the map, and its policy.

    The Content-Security-Policy allows the inlined scripts and styles by their SHA-256 alone.
    """

    def __init__(self, view: dict[str, Any]) -> None:
        super().__init__()
        self.view = view

    def render(self, **kwargs: Any) -> str:
        for child in self._children.values():
            child.render(**kwargs)
        scripts = [
            'document.documentElement.dataset.script = "on";',
            leaflet_script(),
            f'(() => {{\n"use strict";\n{our_scripts()}\n{self.script.render()}\n}})();',
        ]
        styles = [leaflet_style(), our_style()]
        for text in scripts + styles:
            if re.search(r"</(script|style)|<!--", text, re.IGNORECASE):
                raise ValueError("an inlined script or style would end its own element")
        return (
            templates()
            .get_template("page.html")
            .render(
                self.view,
                policy=policy(scripts, styles),
                styles=styles,
                scripts=scripts,
                map=self.html.render(),
            )
        )


def policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """The Content-Security-Policy under which only these scripts and styles run."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_allowed(scripts)}",
            f"style-src {_allowed(styles)}",
            "img-src data:",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _allowed(texts: Sequence[str]) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return (
        " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests) or "'none'"
    )


class OfflineMap(folium.Map):
    """folium's map with a fixed name, no tiles, no CDN, and a page that may be zoomed by hand."""

    default_js: list[tuple[str, str]] = []
    default_css: list[tuple[str, str]] = []

    def __init__(self) -> None:
        super().__init__(
            location=[39.0, -97.0],
            zoom_start=4,
            tiles=None,
            zoom_control="topright",
            attributionControl=False,
            maxZoom=14,
            minZoom=2,
            zoomSnap=0.25,
            worldCopyJump=False,
        )
        self._id = "departments"
        source = (ROOM / "templates" / "map.js.j2").read_text("utf-8")
        self._template = Environment().from_string(source)  # type: ignore[no-untyped-call]


class StateShapes(MacroElement):
    """The state shapes, shaded by how many departments are listed there.

    ``shapes`` as :func:`maps.shapes.encoded` gives them; ``breaks`` the lowest number of each
    class and ``fills`` its colour.
    """

    def __init__(self, shapes: dict[str, Any], breaks: Sequence[int], fills: Sequence[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "StateShapes", "shapes"
        self.data = {"shapes": shapes, "breaks": list(breaks), "fills": list(fills)}

    def render(self, **_: Any) -> str:
        return _add_data(self, self._id, self.data)


class Departments(MacroElement):
    """All departments: the columnar ``payload`` and the script that shows it on ``frame``."""

    def __init__(self, payload: dict[str, Any], frame: OfflineMap) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "Departments", "records"
        self.payload = payload
        self.frame = frame

    def render(self, **_: Any) -> str:
        figure = _figure(self)
        figure.script.add_child(Raw(f"start({self.frame.get_name()});"), name=self.get_name())
        return _add_data(self, self._id, self.payload)


def _figure(element: MacroElement) -> Figure:
    figure = element.get_root()
    if not isinstance(figure, Figure):
        raise TypeError(f"{element.get_name()} is rendered in a page only, found {figure!r}")
    return figure


def _add_data(element: MacroElement, name: str, data: Any) -> str:
    block = f'<script type="application/json" id="{name}">{script_json(data)}</script>'
    _figure(element).html.add_child(Raw(block), name=name)
    return ""
