"""The page of a department as a reader meets it: on a telephone, from claim to bytes, on paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opened
from tests.test_agency import GOLDEN

Visit = Callable[..., Opened]


def page_of(index: Path, agency: str = GOLDEN) -> Path:
    return index.parent / "agency" / f"{agency}.html"


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_it_is_whole_without_javascript_and_fits(width: int, site: Path, visit: Visit) -> None:
    opened = visit(page_of(site), width=width, script=False)
    page = opened.page
    assert opened.sideways() == 0
    assert page.locator("script").count() == 0
    for name in (
        *("Name and place", "Programmes", "Requests by period", "Changes", "What is not known"),
        *("Ask for its records", "Correct, cite, download", "Evidence"),
    ):
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(page.locator("svg.spans")).to_be_visible()
    opened.assert_clean()


@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_text_stays_text_and_fits(width: int, hostile_site: Path, visit: Visit) -> None:
    for path in sorted((hostile_site.parent / "agency").glob("*.html"))[::7]:
        opened = visit(path, width=width)
        assert opened.sideways() == 0
        assert opened.page.locator("main script, main img").count() == 0
        opened.assert_clean()


def test_from_a_claim_to_its_bytes(site: Path, visit: Visit) -> None:
    opened = visit(page_of(site))
    page = opened.page
    page.locator("section", has=page.locator("#programmes")).get_by_role(
        "link", name="[e1]"
    ).first.click()
    assert page.url.endswith("#e1")
    row = page.locator("#e1")
    expect(row).to_be_in_viewport()
    expect(row.locator("code").first).to_have_text(
        "6eb24d6b8bfbfb497fdbf2d2a4fdcb0b4c2aa4084cfac7c104ab68b83ee4ee0f"
    )
    opened.assert_clean()


def test_a_number_is_as_long_as_it_is_large_and_none_is_hatched(site: Path, visit: Visit) -> None:
    page = visit(page_of(site), width=390).page
    rows = page.locator(".tally-table tbody tr")
    widths: dict[str, float] = {}
    for amount in ("8", "5"):
        row = rows.filter(has=page.locator(".amount", has_text=amount).first).filter(
            has_text="October 2020"
        )
        box = row.locator("rect.solid").first.bounding_box()
        assert box is not None
        widths[amount] = box["width"]
    assert widths["5"] / widths["8"] == pytest.approx(5 / 8, abs=0.02)
    unknown = rows.filter(has_text="nobody published a number")
    expect(unknown).to_have_count(1)
    box = unknown.locator("rect").bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(widths["8"], abs=1)
    fill = unknown.locator("rect").evaluate("(bar) => getComputedStyle(bar).fill")
    assert "#hatch" in fill


def test_the_letter_is_printed_alone_where_it_is_asked_for(site: Path, visit: Visit) -> None:
    page = visit(page_of(site)).page
    page.get_by_role("link", name="Print this letter alone").click()
    page.emulate_media(media="print")
    expect(page.locator("pre.letter")).to_be_visible()
    for other in ("header", "footer", "h1", "#letter-title", "#evidence", "#programmes", ".hint"):
        expect(page.locator(other).first).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Print the whole page").click()
    page.emulate_media(media="print")
    for part in ("h1", "#letter-title", "#evidence", "pre.letter", "svg.spans"):
        expect(page.locator(part).first).to_be_visible()


def test_the_map_and_the_state_and_the_list_are_a_step_away(site: Path, visit: Visit) -> None:
    page = visit(page_of(site)).page
    here = page.get_by_role("navigation", name="This department")
    targets = [link.get_attribute("href") or "" for link in here.get_by_role("link").all()]
    files = [target.split("#")[0] for target in targets if not target.startswith("#")]
    assert files == ["../index.html", "../state/al.html", "../list.html"]
    assert all((page_of(site).parent / file).resolve().is_file() for file in files)
    for anchor in (target for target in targets if target.startswith("#")):
        assert page.locator(anchor).count() == 1
