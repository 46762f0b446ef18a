"""Opening a page in a headless Chromium: when it can be used, and what it takes.

Usable is the second animation frame after ``document.documentElement.dataset.ready`` is set, in
seconds since the navigation began; our page sets it when the map stands, a rival's when all of
its markers are on the map. Memory is the anonymous memory of the largest renderer, at its highest.
What it does when used is in ``bench/use.js``; the time of its scripts is Chromium's own measure of
all that ran until :data:`REST_SECONDS` after the answer, whether it was late or early.
"""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from playwright.sync_api import CDPSession, Page, sync_playwright

from bench.measure import MEGA, ROOT, Figures

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
STEPS = 20
"""How often a page is filtered, searched and moved in time."""
REST_SECONDS = 0.25


def opened(path: str) -> Figures:
    """Seconds until usable, peak memory, JavaScript heap (MB) and departments of a page on disk.

    It is opened twice: what watches the memory takes a share of two cores, and with it the page was
    usable later (2026-11-23, 1,500 departments: 0.67 s for 0.52).

    Raises:
        RuntimeError: the page asked the network for something or logged an error.
    """
    with _page(path) as page:
        figures = {
            "usable": float(page.evaluate("document.documentElement.dataset.usable")) / 1000,
            "departments": float(page.evaluate("document.documentElement.dataset.ready")),
            "heap MB": page.evaluate("performance.memory.usedJSHeapSize") / MEGA,
        }
    with _memory() as samples, _page(path):
        pass
    return figures | {"renderer MB": max(samples)}


def used(path: str, searches: Sequence[str]) -> Figures:
    """Milliseconds of a filter's, a search's and a moment's answer, of the scripts alone, and the
    peak of the memory (MB) after :data:`STEPS` of each; a page without search has none.

    Raises:
        RuntimeError: the page asked the network for something, logged an error, or answered less
            than half of what it was asked.
    """
    with _memory() as samples, _page(path) as page:
        page.evaluate((ROOT / "bench" / "use.js").read_text("utf-8"))
        client = page.context.new_cdp_session(page)
        client.send("Performance.enable")
        figures = _answers(page, client, "filter", page.evaluate(f"use.filters({STEPS})"))
        if page.evaluate("Boolean(use.search)"):
            figures |= _answers(page, client, "search", searches)
        figures |= _answers(page, client, "moment", page.evaluate(f"use.moments({STEPS})"))
        return figures | {"used MB": max(samples)}


def _answers(page: Page, client: CDPSession, deed: str, what: Sequence[object]) -> Figures:
    answers, scripts = [], []
    for one in what:
        before = _script_seconds(client)
        answer = page.evaluate(f"(one) => use.{deed}(one)", one)
        page.wait_for_timeout(REST_SECONDS * 1000)
        if answer is not None:
            answers.append(answer)
            scripts.append((_script_seconds(client) - before) * 1000)
        if deed != "moment":
            page.evaluate("use.reset()")
            page.wait_for_timeout(REST_SECONDS * 1000)
    if len(answers) < len(what) / 2:
        raise RuntimeError(f"{deed}: {len(answers)} answers to {len(what)} questions")
    return {
        f"{deed} ms": statistics.median(answers),
        f"{deed} worst ms": max(answers),
        f"{deed} script ms": statistics.median(scripts),
    }


def _script_seconds(client: CDPSession) -> float:
    metrics = client.send("Performance.getMetrics")["metrics"]
    return next(float(metric["value"]) for metric in metrics if metric["name"] == "ScriptDuration")


@contextmanager
def _page(path: str) -> Iterator[Page]:
    """A page on disk that can be used."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.append(request.url))
        page.add_init_script(WATCH)
        page.goto("about:blank")
        page.goto(Path(path).as_uri(), wait_until="commit", timeout=PATIENCE)
        page.wait_for_selector("html[data-usable]", state="attached", timeout=PATIENCE)
        yield page
        browser.close()
    if troubles:
        raise RuntimeError(f"{path}: {troubles[0][:500]}")


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
