"""A headless Chromium whose network is cut, and pages built from fictional departments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from bench.chromium import CHROMIUM, FLAGS
from maps.page import write_site
from tests import synthetic

N = 400

WATCH = """addEventListener("drawn", (event) => { window.drawn = event.detail; }, true);"""


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
        self.page.wait_for_timeout(450)

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
    """A page of ``N`` fictional departments."""
    return write_site(synthetic.tables(N), tmp_path_factory.mktemp("site")).index


@pytest.fixture(scope="session")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(synthetic.hostile(), tmp_path_factory.mktemp("hostile")).index


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Open a file with no network at all; waits until the map is ready where scripts run."""
    contexts = []

    def opened(
        path: Path, width: int = 1280, height: int = 900, script: bool = True, anchor: str = ""
    ) -> Opened:
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=script
        )
        contexts.append(context)
        context.set_offline(True)
        context.add_init_script(WATCH)
        page = context.new_page()
        seen = Opened(page)
        local = ("file:", "data:", "blob:", "about:")
        page.on(
            "request",
            lambda sent: None if sent.url.startswith(local) else seen.asked.append(sent.url),
        )
        page.on(
            "console", lambda said: seen.errors.append(said.text) if said.type == "error" else None
        )
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("dialog", lambda dialog: _dismiss(seen, dialog))
        page.goto(path.as_uri() + anchor)
        if script:
            page.wait_for_selector("html[data-ready]")
        return seen

    yield opened
    for context in contexts:
        context.close()


def _dismiss(seen: Opened, dialog: Any) -> None:
    seen.dialogs.append(dialog.message)
    dialog.dismiss()
