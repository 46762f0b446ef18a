"""Street tiles: only where asked for, and from one server alone, which is one of this machine."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, expect

from maps.page import Streets, write_site
from tests import synthetic

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A PNG of one pixel."""


class Tile(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(DOT)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


def test_streets_lie_under_the_map_and_come_from_one_server(
    browser: Browser, tmp_path: Path
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Tile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.server_port}"
        streets = Streets(f"http://{host}/{{z}}/{{x}}/{{y}}.png", "Tiles of <b>this</b> machine")
        site = write_site(synthetic.tables(40), tmp_path / "site", streets=streets)
        context = browser.new_context()
        page = context.new_page()
        asked: set[str] = set()
        errors: list[str] = []
        page.on("request", lambda sent: asked.add(urlsplit(sent.url).netloc))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(site.index.as_uri())
        page.wait_for_selector("html[data-ready]")
        expect(page.locator("img.leaflet-tile-loaded").first).to_be_visible()
        expect(page.locator(".leaflet-control-attribution")).to_contain_text(
            "Tiles of <b>this</b> machine"
        )
        context.close()
        server.shutdown()
    assert asked == {"", host}
    assert errors == []
