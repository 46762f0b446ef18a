"""Everybody gets in: axe-core, the keyboard alone, large text, paper, forced colours, no motion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from maps.page import write_site
from tests import synthetic
from tests.browser.conftest import Opened

Visit = Callable[..., Opened]
TABLES = synthetic.tables(30)
AGENCIES = TABLES["agencies"]
DEPARTMENT = AGENCIES["agency_id"].iloc[5]
STATE = AGENCIES["state"].value_counts().idxmax()
VIEWS = {
    "the map as it opens": "index.html",
    "a department opened": f"index.html#{DEPARTMENT}",
    "a state with filters": f"index.html#{STATE}&programme=neighbors_portal&year=2019",
    "a month": "index.html#at=2019-08",
    "a day by rate": "index.html#at=2019-08-28&measure=rate",
    "by requests": "index.html#measure=requests",
    "nothing found": "index.html#kind=community&year=2018&counts=yes&documents=no",
    "the list": "list.html",
    "the list filtered": f"list.html#{STATE}&year=2019",
    "the states": "states.html",
    "a state": f"state/{STATE.lower()}.html",
    "a department": f"agency/{DEPARTMENT}.html",
    "about": "about.html",
    "the map in another page": f"embed.html#{STATE}",
}
WIDTHS = (1280, 640, 390, 320)
"""A window, that window at 200 % and at 400 %, and a telephone."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASKED = Path(__file__).with_name("access.js").read_text("utf-8")


def ask(page: Page, question: str) -> Any:
    """The answer of a page to a function of ``access.js``."""
    return page.evaluate(f"{ASKED}.{question}()")


def shorten(page: Page) -> None:
    """Leave three of the published tables' columns told: one macro writes them all, and axe-core
    looks at their thousands of cells for half a minute."""
    page.evaluate(
        "[...document.querySelectorAll('details[id^=table-]')].slice(3).forEach((e) => e.remove())"
    )


def unfold(page: Page) -> None:
    """Open whatever is folded up: it is part of the page as well."""
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA and good practice, a line each."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        "(rules) => axe.run({runOnly: rules, resultTypes: ['violations']})", RULES
    )
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def opened_at(visit: Visit, village: Path, view: str, **more: Any) -> Opened:
    name, _, anchor = view.partition("#")
    return visit(village.parent / name, anchor=anchor and f"#{anchor}", still=True, **more)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The map of a small site: axe-core looks at each element for long."""
    return write_site(TABLES, tmp_path_factory.mktemp("village") / "site").index


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_axe_finds_nothing(view: str, village: Path, visit: Visit) -> None:
    opened = opened_at(visit, village, view, trusted=True)
    shorten(opened.page)
    unfold(opened.page)
    assert violations(opened.page)[:10] == []
    opened.page.set_viewport_size({"width": 390, "height": 844})
    assert violations(opened.page)[:10] == []


def test_axe_finds_nothing_while_somebody_searches(village: Path, visit: Visit) -> None:
    opened = opened_at(visit, village, "index.html", trusted=True)
    opened.page.locator("#search").fill(AGENCIES["city"].iloc[5].lower())
    expect(opened.page.locator("#choices [role=option]").first).to_be_visible()
    assert violations(opened.page) == []


def test_axe_finds_nothing_in_hostile_text(hostile_site: Path, visit: Visit) -> None:
    folder = hostile_site.parent
    for path in [folder / "list.html", *sorted((folder / "agency").glob("*.html"))[::25]]:
        opened = visit(path, width=390, still=True, trusted=True)
        assert violations(opened.page)[:10] == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    "view",
    [
        "index.html",
        f"index.html#{DEPARTMENT}",
        "states.html",
        f"agency/{DEPARTMENT}.html",
        "about.html",
    ],
)
def test_the_keyboard_alone_reaches_everything(
    view: str, width: int, village: Path, visit: Visit
) -> None:
    page = opened_at(visit, village, view, width=width).page
    page.evaluate("document.activeElement.blur()")
    for _ in range(1_000):
        page.keyboard.press("Tab")
        stop = ask(page, "stop")
        if stop is None:
            continue  # from the end of the page to its beginning
        if stop["again"]:
            break
        assert stop["named"], stop
        assert stop["outlined"], stop
        assert stop["seen"], stop
    assert ask(page, "left") == []  # nothing was left out, nothing held the focus


def test_the_way_in_skips_to_the_content(village: Path, visit: Visit) -> None:
    for name in ("index.html", "list.html", "about.html", f"agency/{DEPARTMENT}.html"):
        page = visit(village.parent / name).page
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_it_fits_and_can_be_touched(view: str, village: Path, visit: Visit) -> None:
    opened = opened_at(visit, village, view)
    unfold(opened.page)
    for width in WIDTHS:
        opened.page.set_viewport_size({"width": width, "height": 800})
        assert opened.sideways() == 0, width
        assert ask(opened.page, "small") == [], width
    opened.assert_clean()


def test_nothing_hostile_is_scrolled_sideways(hostile_site: Path, visit: Visit) -> None:
    folder = hostile_site.parent
    names = ["index.html", "list.html", "states.html", "about.html", "embed.html"]
    states = sorted((folder / "state").glob("*.html"))[::20]
    agencies = sorted((folder / "agency").glob("*.html"))[::12]
    for path in [*(folder / name for name in names), *states, *agencies]:
        opened = visit(path, width=390, height=844)
        assert opened.sideways() == 0, path.name
        opened.assert_clean()


def test_large_text_of_the_reader_is_followed(village: Path, visit: Visit) -> None:
    for name in ("index.html", "list.html", f"agency/{DEPARTMENT}.html", "about.html"):
        opened = visit(village.parent / name, width=1280)
        before = opened.page.locator("main p:visible").first.evaluate(
            "e => getComputedStyle(e).fontSize"
        )
        opened.page.evaluate("document.documentElement.style.fontSize = '200%'")
        after = opened.page.locator("main p:visible").first.evaluate(
            "e => getComputedStyle(e).fontSize"
        )
        assert float(after[:-2]) == pytest.approx(2 * float(before[:-2]), rel=0.05)
        assert opened.sideways() == 0, name


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "list.html",
        "states.html",
        f"state/{STATE.lower()}.html",
        f"agency/{DEPARTMENT}.html",
        "about.html",
    ],
)
def test_paper_shows_what_the_page_says(name: str, village: Path, visit: Visit) -> None:
    page = visit(village.parent / name).page
    page.emulate_media(media="print")
    assert len(page.locator("main").inner_text()) > 200
    expect(page.locator("header nav")).to_be_hidden()
    expect(page.locator(".skip")).to_be_hidden()
    for control in ("form", "button:not(th button)", "select", "input"):
        expect(page.locator(f"{control}:visible")).to_have_count(0)


def test_a_department_is_printed_whole(village: Path, visit: Visit) -> None:
    page = visit(village.parent / "agency" / f"{DEPARTMENT}.html").page
    screen = page.locator("main").inner_text()
    page.emulate_media(media="print")
    paper = page.locator("main").inner_text()
    assert AGENCIES["name"].iloc[5] in paper
    assert any(digest in paper for digest in TABLES["captures"]["sha256"])
    assert len(paper) > 0.8 * len(screen)


def test_no_motion_where_none_is_wanted(village: Path, visit: Visit) -> None:
    page = visit(village, still=True).page
    assert ask(page, "moving") == []
    page.locator("select[name=state]").select_option(STATE)
    assert (
        page.evaluate("document.querySelectorAll('.leaflet-zoom-anim, .leaflet-pan-anim').length")
        == 0
    )


@pytest.mark.parametrize(
    "view", ["index.html#at=2019-08", "list.html", f"agency/{DEPARTMENT}.html"]
)
def test_forced_colours_keep_edges_and_focus(view: str, village: Path, visit: Visit) -> None:
    page = opened_at(visit, village, view).page
    page.emulate_media(forced_colors="active")
    assert ask(page, "bare") == []
    for _ in range(6):
        page.keyboard.press("Tab")
        assert ask(page, "stop")["outlined"]
