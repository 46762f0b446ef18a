"""A headless Chromium whose network is cut, and sites of fictional departments: on disk, in a
sub-folder of a static host, and behind ``peephole serve``."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from analysis.exports import write_exports
from bench.chromium import CHROMIUM, FLAGS
from maps.page import write_site
from tests import command, synthetic

N = 400

WATCH = """addEventListener("drawn", (event) => { window.drawn = event.detail; }, true);"""
ELSEWHERE = re.compile(r"https?://(?!127\.0\.0\.1:)")
FRAMES = """new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"""
"""An animation of the map that was asked for has begun by then."""
READY = """() => document.readyState === "complete"
  && (document.documentElement.dataset.ready || !document.getElementById("records"))"""


@dataclass
class Opened:
    """An opened page with all it asked of the network, logged as errors, and said in dialogs."""

    page: Page
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def groups(self) -> list[dict[str, float]]:
        """What the map draws: x and y in the map's box, and how many departments."""
        found: list[dict[str, float]] = self.page.evaluate("window.drawn()")
        return found

    def click_group(self, group: dict[str, float]) -> None:
        box = self.page.locator(".map").bounding_box()
        assert box is not None
        self.page.mouse.click(box["x"] + group["x"], box["y"] + group["y"])
        self.at_rest()

    def at_rest(self) -> None:
        """Wait until the map neither zooms nor is panned: what moves is missed by a click."""
        self.page.evaluate(FRAMES)
        expect(self.page.locator(".leaflet-zoom-anim, .leaflet-pan-anim")).to_have_count(0)

    def ready(self) -> None:
        """Wait until the page stands, and what it does with its records."""
        try:
            self.page.wait_for_function(READY, timeout=15_000)
        except PlaywrightTimeout:
            pytest.fail(f"{self.page.url} is not ready: {self.errors}")

    def sideways(self) -> int:
        """By how many pixels the page can be scrolled sideways."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(width))

    def assert_clean(self) -> None:
        assert self.asked == []
        assert self.errors == []
        assert self.dialogs == []


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: install Debian's package chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The map of a whole site of ``N`` fictional departments, with its downloads beside it."""
    return _built(synthetic.tables(N), tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="session")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of departments whose every text was written by somebody who wishes the page ill."""
    return _built(synthetic.hostile(), tmp_path_factory.mktemp("hostile"))


def _built(tables: Mapping[str, pd.DataFrame], data: Path) -> Path:
    write_exports(tables, data / "exports")
    return write_site(tables, data / "site", contact="corrections@peephole.example").index


@pytest.fixture(scope="session")
def hosted(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site in a sub-folder of a static host."""
    root = tmp_path_factory.mktemp("host")
    (root / "some").mkdir()
    (root / "some" / "where").symlink_to(site.parents[1])
    handler = partial(_SilentHandler, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/some/where/site/"
        server.shutdown()
        thread.join()


class _SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass  # ``format`` is the base class's name for it


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[str]:
    """The address of the site as ``peephole serve`` shows it."""
    process = subprocess.Popen(
        command.command("serve", "--port", "0"),
        env=command.environment(site.parents[1], PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().split()[0]
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Open a file, or an address on this machine, with no other network; waits until it stands.

    ``anchor`` is what follows in the address; ``scale`` how many pixels of the screen one of the
    page takes; ``still`` asks for reduced motion; ``trusted`` lets a test put in scripts of its own
    that the page's policy would stop.
    """
    contexts: list[BrowserContext] = []

    def opened(
        place: Path | str,
        width: int = 1280,
        height: int = 900,
        script: bool = True,
        anchor: str = "",
        scale: float = 1,
        still: bool = False,
        trusted: bool = False,
    ) -> Opened:
        address = place.as_uri() if isinstance(place, Path) else place
        context = browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            device_scale_factor=scale,
            reduced_motion="reduce" if still else "no-preference",
            bypass_csp=trusted,
        )
        contexts.append(context)
        context.set_offline(address.startswith("file:"))
        context.route(ELSEWHERE, lambda route: route.abort())
        context.add_init_script(WATCH)
        seen = Opened(context.new_page())
        context.on("request", lambda sent: _note(seen, sent, address))
        context.on("page", lambda page: _listen(seen, page))
        _listen(seen, seen.page)
        seen.page.goto(address + anchor)
        if script:
            seen.ready()
        return seen

    yield opened
    for context in contexts:
        context.close()


def _note(seen: Opened, sent: Request, address: str) -> None:
    """A page may ask for nothing; only a reader's step leads to another page of the same site."""
    if sent.url.startswith(("data:", "blob:", "about:")):
        return
    ours, theirs = urlsplit(address), urlsplit(sent.url)
    here = (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)
    if not (here and sent.is_navigation_request()):
        seen.asked.append(sent.url)


def _listen(seen: Opened, page: Page) -> None:
    page.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("dialog", lambda dialog: _dismiss(seen, dialog))


def _dismiss(seen: Opened, dialog: Any) -> None:
    seen.dialogs.append(dialog.message)
    dialog.dismiss()
