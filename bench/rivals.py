"""folium's own clusters of markers as pages that open without a network.

Only what the markers need is inlined: Leaflet, Leaflet.markercluster and, for ``folium.Popup``,
jQuery, all from installed packages. Bootstrap, Font Awesome and Awesome Markers, which folium would
also load and these pages do not use, are left out, and so are tiles and state shapes.
"""

from __future__ import annotations

import base64
from pathlib import Path

import folium
import pandas as pd
from branca.element import Element, Figure
from folium.plugins import FastMarkerCluster, MarkerCluster

from maps.layers import Raw, leaflet, leaflet_script, leaflet_style

CALLBACK = "function (row) { return L.marker([row[0], row[1]]).bindPopup(row[2]); }"


def marker_cluster(rows: pd.DataFrame) -> folium.Map:
    """A ``folium.Marker`` with a ``folium.Popup`` for each row, as folium's guide has it."""
    page = _map()
    cluster = MarkerCluster()  # type: ignore[no-untyped-call]
    cluster.default_js, cluster.default_css = [], []
    cluster.add_to(page)
    for latitude, longitude, html in rows.itertuples(index=False):
        folium.Marker([latitude, longitude], popup=folium.Popup(html, max_width=340)).add_to(
            cluster
        )
    return _ready(page, len(rows))


def fast_marker_cluster(rows: pd.DataFrame) -> folium.Map:
    """``FastMarkerCluster``: rows as JSON and a callback that makes each marker and its popup."""
    page = _map()
    data = rows.to_numpy().tolist()
    cluster = FastMarkerCluster(data, callback=CALLBACK)  # type: ignore[no-untyped-call]
    cluster.default_js, cluster.default_css = [], []
    cluster.add_to(page)
    return _ready(page, len(rows))


def libraries(*, jquery: bool) -> str:
    """The libraries as they stand in the page."""
    import xstatic.pkg.jquery as jquery_files
    import xstatic.pkg.leaflet_markercluster as cluster_files

    clusters = Path(cluster_files.BASE_DIR)
    styles = ("MarkerCluster.css", "MarkerCluster.Default.css")
    style = "\n".join([leaflet_style(), *((clusters / name).read_text("utf-8") for name in styles)])
    scripts = [leaflet_script(), _icon(), _script(clusters / "leaflet.markercluster.js")]
    if jquery:
        scripts.append(_script(Path(jquery_files.BASE_DIR) / "jquery.slim.min.js"))
    return f"<style>{style}</style>" + "".join(f"<script>{text}</script>" for text in scripts)


def _script(path: Path) -> str:
    return path.read_text("utf-8").split("//# sourceMappingURL")[0].strip()


def _icon() -> str:
    """Leaflet looks for its marker beside the style sheet's file, which an inlined one has not."""
    parts = {"iconUrl": "marker-icon.png", "shadowUrl": "marker-shadow.png"}
    options = ", ".join(
        f"{option}: 'data:image/png;base64,"
        f"{base64.b64encode((leaflet() / 'images' / name).read_bytes()).decode()}'"
        for option, name in parts.items()
    )
    return (
        "delete L.Icon.Default.prototype._getIconUrl; "
        f"L.Icon.Default.mergeOptions({{{options}, iconRetinaUrl: null}});"
    )


def _map() -> folium.Map:
    page = folium.Map([39.0, -97.0], zoom_start=4, tiles=None, maxZoom=14)
    page.default_js, page.default_css = [], []
    return page


def _ready(page: folium.Map, markers: int) -> folium.Map:
    """The page says that it is ready once folium's own script has run to its end."""
    figure = page.get_root()
    if not isinstance(figure, Figure):
        raise TypeError(f"folium put its map into {figure!r}")
    figure.add_child(Last(f"document.documentElement.dataset.ready = '{markers}';"))
    return page


class Last(Element):
    """A statement behind all others of the page's script."""

    def __init__(self, statement: str) -> None:
        super().__init__()
        self.statement = statement

    def render(self, **_: object) -> str:
        figure = self.get_root()
        if not isinstance(figure, Figure):
            raise TypeError(f"rendered in a page only, found {figure!r}")
        figure.script.add_child(Raw(self.statement), name="last")
        return ""
