"""The page about the site in Chromium: policy, charts, downloads, and no script needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opened

Visit = Callable[..., Opened]

OUTSIDE = """() => [...document.querySelectorAll("svg.chart")].flatMap((chart) => {
  const frame = chart.getBoundingClientRect();
  return [...chart.querySelectorAll("text, path, rect, circle")].filter((part) => {
    const box = part.getBoundingClientRect();
    return box.left < frame.left - 1 || box.right > frame.right + 1
      || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
  }).map((part) => part.outerHTML);
})"""

SIZES = """() => [...document.querySelectorAll("svg.chart text")].map((text) =>
  parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""

CROSSED = """() => [...document.querySelectorAll("svg.chart")].flatMap((chart) => {
  const texts = [...chart.querySelectorAll("text")].map((text) => text.getBoundingClientRect());
  return texts.filter((one, at) => texts.slice(0, at).some((other) =>
    one.left < other.right - 2 && other.left < one.right - 2
    && one.top < other.bottom - 4 && other.top < one.bottom - 4));
}).length"""


@pytest.mark.parametrize("width", [1280, 640, 390, 320])
@pytest.mark.parametrize("script", [True, False])
def test_it_opens_from_disk_and_needs_no_script(
    site: Path, visit: Visit, width: int, script: bool
) -> None:
    opened = visit(site.with_name("about.html"), width=width, script=script)
    page = opened.page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("svg.chart")).to_have_count(3)
    page.locator("section#charts summary").first.press("Enter")
    expect(page.locator("section#charts table").first).to_be_visible()
    if script:
        assert opened.sideways() == 0
    opened.assert_clean()


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_charts_are_styled_readable_and_whole(site: Path, visit: Visit, width: int) -> None:
    page = visit(site.with_name("about.html"), width=width).page
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(CROSSED) == 0
    assert min(page.evaluate(SIZES)) > (11 if width > 350 else 8.9)
    looks = page.locator("svg.chart .line path").evaluate_all(
        """(paths) => paths.map((path) => {
          const style = getComputedStyle(path);
          return [style.fill, style.strokeDasharray, style.stroke];
        })"""
    )
    assert {fill for fill, _, _ in looks} == {"none"}
    assert len({dash for _, dash, _ in looks}) == len(looks) > 1
    unknown = page.locator("svg.chart .unknown text").first
    expect(unknown).to_contain_text("unknown")
    assert unknown.evaluate("(text) => getComputedStyle(text).fontStyle") == "italic"


def test_a_link_to_a_source_opens_at_the_source(site: Path, visit: Visit) -> None:
    page = visit(site.with_name("about.html")).page
    link = page.locator("section#programmes a").first
    number = link.inner_text()
    link.press("Enter")
    page.wait_for_function(f"location.hash === '#source-{number}'")
    expect(page.locator(f"#source-{number}")).to_be_in_viewport()


def test_downloads_lie_where_the_links_lead(site: Path, visit: Visit) -> None:
    page = visit(site.with_name("about.html")).page
    links = page.locator("section#downloads a").evaluate_all(
        "(links) => links.map((link) => decodeURIComponent(new URL(link.href).pathname))"
    )
    assert len(links) > 28
    assert all(Path(link).is_file() for link in links)


def test_the_dictionary_is_closed_until_asked_for(site: Path, visit: Visit) -> None:
    page = visit(site.with_name("about.html")).page
    table = page.locator("#table-participations")
    expect(table.get_by_text("earliest stated start")).to_be_hidden()
    table.locator("summary").press("Enter")
    expect(table.get_by_text("earliest stated start")).to_be_visible()


def test_on_paper_the_contents_go_and_the_charts_stay(site: Path, visit: Visit) -> None:
    page = visit(site.with_name("about.html")).page
    page.emulate_media(media="print")
    expect(page.locator(".contents")).to_be_hidden()
    expect(page.locator("svg.chart").first).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_text_stays_text_and_stays_in_place(
    hostile_site: Path, visit: Visit, width: int
) -> None:
    opened = visit(hostile_site.with_name("about.html"), width=width)
    assert opened.page.evaluate(OUTSIDE) == []
    assert opened.sideways() == 0
    expect(opened.page.locator("main img, main script")).to_have_count(0)
    opened.assert_clean()
