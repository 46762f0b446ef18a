"""Our elements for folium: a page that needs no network, the state shapes, the departments.

folium builds the tree and the Leaflet map; everything it would fetch from a CDN is inlined from
installed packages instead. branca's ``MacroElement`` parses rendered text as a template a second
time, so data are added as :class:`Raw`, whose text is never parsed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import folium
import jinja2
from branca.element import Element, Figure, MacroElement
from folium.template import Environment, Template
from markupsafe import escape

from maps.columns import script_json

ROOM = Path(__file__).parent
OPENING = 'document.documentElement.dataset.script = "on";'
"""Says that scripts run, before anything is drawn, so that what needs them may show."""

SHARED = (
    "records.js",
    "choice.js",
    "moments.js",
    "filters.js",
    "form.js",
)
"""Our own JavaScript that map and list share, in the order in which it is inlined."""

SCRIPTS = (
    *SHARED,
    "canvas.js",
    "clusters.js",
    "departments.js",
    "details.js",
    "measure.js",
    "borders.js",
    "areas.js",
    "names.js",
    "search.js",
    "results.js",
    "time.js",
    "main.js",
)
"""That of the map."""

STYLES = ("base.css", "map.css", "find.css", "time.css", "legend.css")
"""Our style sheets of the map."""


@cache
def templates() -> jinja2.Environment:
    """The environment of ``maps/templates``: everything escaped, unknown names are errors."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        undefined=jinja2.StrictUndefined,
    )


ASSETS = {
    "leaflet.css": "90b693d86392a4779c861b28cf307e7e59c3fb35328c4d8b95f58f814d38c722",
    "leaflet.js": "5819285cec137b229c94e1ee5ad73e8b6b84345a4367d60f75fe477fe0fb7b03",
}
"""SHA-256 of the code of others that stands in our pages: of XStatic-Leaflet 1.9.3.0 as it was read
and tried (2026-11-23)."""


PICTURES = re.compile(r"(?<!\s)\s*background-image: url\(images/[a-z0-9-]+\.png\);")


class WrongAsset(ValueError):
    """Code of others is not what it was when it was read; the message names the file."""


@cache
def leaflet() -> Path:
    """Folder of Leaflet's own files, in the installed package XStatic-Leaflet."""
    import xstatic.pkg.leaflet as package

    return Path(package.BASE_DIR)


def asset(name: str) -> str:
    """A file of Leaflet's to be inlined.

    Raises:
        WrongAsset: it is not the one of :data:`ASSETS`.
    """
    content = (leaflet() / name).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != ASSETS[name]:
        raise WrongAsset(
            f"{leaflet() / name} is not the file that was checked (SHA-256 {found[:16]}..., not "
            f"{ASSETS[name][:16]}...) and is not put into a page; install the packages anew with "
            "`make clean; rm -rf .venv; make map`"
        )
    return content.decode("utf-8").replace("\r\n", "\n")


def leaflet_style() -> str:
    """Leaflet's style sheet without its pictures, which a page on its own could not fetch.

    They are the marker and the button of the layers control. We show neither, and inlined they
    would take 4.6 kB.
    """
    return PICTURES.sub("", asset("leaflet.css"))


def leaflet_script() -> str:
    """Leaflet itself, without the address of a source map that nobody could fetch."""
    return asset("leaflet.js").split("//# sourceMappingURL")[0].strip()


@cache
def static(name: str) -> str:
    """A file of ``maps/static``."""
    return (ROOM / "static" / name).read_text("utf-8")


def our_scripts(names: Sequence[str] = SCRIPTS) -> str:
    """Files of ``maps/static`` as one script that leaves no name behind."""
    return "\n".join(static(name) for name in names)


class Raw(Element):
    """Text that stands in the page exactly as given."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Raw"
        self.text = text


class Page(Figure):
    """A page round a map: ``template`` with ``view``, and its Content-Security-Policy.

    The policy allows the inlined scripts and styles by their SHA-256 alone, and pictures from
    ``pictures`` (``https://tiles.example``) where there is one.
    """

    def __init__(self, template: str, view: Mapping[str, Any], pictures: str = "") -> None:
        super().__init__()
        self.page, self.view, self.pictures = template, view, pictures

    def render(self, **kwargs: Any) -> str:
        for child in self._children.values():
            child.render(**kwargs)
        scripts = [
            OPENING,
            leaflet_script(),
            f'(() => {{\n"use strict";\n{our_scripts()}\n{self.script.render()}\n}})();',
        ]
        styles = [leaflet_style(), *map(static, STYLES)]
        for text in scripts + styles:
            if re.search(r"</(script|style)|<!--", text, re.IGNORECASE):
                raise ValueError("an inlined script or style would end its own element")
        return (
            templates()
            .get_template(self.page)
            .render(
                self.view,
                policy=policy(scripts, styles, self.pictures),
                styles=styles,
                scripts=scripts,
                map=self.html.render(),
            )
        )


def policy(scripts: Sequence[str], styles: Sequence[str], pictures: str = "") -> str:
    """The Content-Security-Policy under which only these scripts and styles run, and pictures
    come from ``pictures`` alone."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_allowed(scripts)}",
            f"style-src {_allowed(styles)}",
            f"img-src data: {pictures}".rstrip(),
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

    def __init__(self, *, attribution: bool = False) -> None:
        super().__init__(
            location=[39.0, -97.0],
            zoom_start=4,
            tiles=None,
            zoom_control="topright",
            attributionControl=attribution,
            maxZoom=14,
            minZoom=2,
            zoomSnap=0.25,
            worldCopyJump=False,
        )
        self._id = "departments"
        source = (ROOM / "templates" / "map.js.j2").read_text("utf-8")
        self._template = Environment().from_string(source)  # type: ignore[no-untyped-call]


class Tiles(folium.TileLayer):
    """Street tiles, for those who ask for them: the page then fetches pictures from their server.

    ``address`` is a template with {z}, {x} and {y}, ``attribution`` what its owner asks to be said.
    """

    def __init__(self, address: str, attribution: str) -> None:
        super().__init__(address, attr=escape(attribution), name="Streets", overlay=True)
        self._id = "tiles"


class Block(MacroElement):
    """Data of the page as JSON, which its script reads by ``name`` when it needs them."""

    def __init__(self, name: str, data: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "Block", name
        self.data = data

    def render(self, **_: Any) -> str:
        text = f'<script type="application/json" id="{self._id}">{script_json(self.data)}</script>'
        _figure(self).html.add_child(Raw(text), name=self._id)
        return ""


class Start(MacroElement):
    """Starts our script on ``frame``; ``part`` says which page it is part of: map or embed."""

    def __init__(self, frame: OfflineMap, part: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "Start", "start"
        self.frame, self.part = frame, part

    def render(self, **_: Any) -> str:
        call = f"start({self.frame.get_name()}, {json.dumps(self.part)});"
        _figure(self).script.add_child(Raw(call), name=self.get_name())
        return ""


def _figure(element: MacroElement) -> Figure:
    figure = element.get_root()
    if not isinstance(figure, Figure):
        raise TypeError(f"{element.get_name()} is rendered in a page only, found {figure!r}")
    return figure
