"""Opening a page in a headless Chromium: when it can be used, and what it takes.

Usable is the second animation frame after ``document.documentElement.dataset.ready`` is set, in
seconds since the navigation began; our page sets it when the map stands, a rival's when all of
its markers are on the map. Memory is the anonymous memory of the largest renderer, at its highest.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from playwright.sync_api import sync_playwright

from bench.measure import MEGA, Figures

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WATCH = """
(function watch() {
  const page = document.documentElement;
  const note = () => { page.dataset.usable = performance.now(); };
  if (!page?.dataset.ready) requestAnimationFrame(watch);
  else requestAnimationFrame(() => requestAnimationFrame(note));
})();
"""
SAMPLE_SECONDS = 0.02
PATIENCE = 180_000
"""Milliseconds; the largest rival takes some 16 s on an idle machine."""


def opened(path: str) -> Figures:
    """Seconds until usable, peak memory, JavaScript heap (MB) and departments of a page on disk.

    Raises:
        RuntimeError: the page asked the network for something or logged an error.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.append(request.url))
        page.add_init_script(WATCH)
        page.goto("about:blank")
        with _memory() as samples:
            page.goto(Path(path).as_uri(), wait_until="commit", timeout=PATIENCE)
            page.wait_for_selector("html[data-usable]", state="attached", timeout=PATIENCE)
        figures = {
            "usable": float(page.evaluate("document.documentElement.dataset.usable")) / 1000,
            "departments": float(page.evaluate("document.documentElement.dataset.ready")),
            "heap MB": page.evaluate("performance.memory.usedJSHeapSize") / MEGA,
            "renderer MB": max(samples),
        }
        browser.close()
    if troubles:
        raise RuntimeError(f"{path}: {troubles[0][:500]}")
    return figures


@contextmanager
def _memory() -> Iterator[list[float]]:
    """Samples of the largest renderer's anonymous memory (MB) while inside."""
    samples = [0.0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLE_SECONDS):
            samples.append(max((_anonymous(pid) for pid in _renderers()), default=0.0))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield samples
    finally:
        over.set()
        watcher.join()


def _renderers() -> list[int]:
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "--type=renderer" in process.cmdline():
                found.append(process.pid)
        except psutil.NoSuchProcess:
            continue
    return found


def _anonymous(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    held = [line for line in lines if line.startswith("RssAnon")]
    return int(held[0].split()[1]) * 1024 / MEGA if held else 0.0
