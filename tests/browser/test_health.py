"""The page of health in Chromium: on a telephone, without a script, to axe-core; and its badges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from maps import health
from maps.document import setting
from tests import synthetic
from tests.browser.conftest import Opened
from tests.browser.test_access import unfold, violations

Visit = Callable[..., Opened]


@pytest.fixture(scope="module", params=["plain", "hostile"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page and its badges, of fictional sources and of those that wish the page ill."""
    tables = synthetic.tables(5) if request.param == "plain" else synthetic.hostile()
    folder = tmp_path_factory.mktemp(request.param) / "site"
    (folder / "badge").mkdir(parents=True)
    for draft in health.drafts(tables, setting(tables, folder, None, "", "")):
        (folder / draft.name).write_text(draft.render(), "utf-8")
    badges = sorted(path.relative_to(folder) for path in folder.rglob("*.svg"))
    pictures = "".join(f'<img src="{badge}" alt="">' for badge in badges)
    (folder / "badges.html").write_text(f"<!doctype html>{pictures}", "utf-8")
    return folder / health.PAGE


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_and_axe_finds_nothing(page: Path, visit: Visit, width: int) -> None:
    opened = visit(page, width=width, trusted=True)
    unfold(opened.page)
    assert opened.sideways() == 0
    assert violations(opened.page) == []
    opened.assert_clean()


def test_it_needs_no_script(page: Path, visit: Visit) -> None:
    opened = visit(page, script=False)
    rates = opened.page.locator("details").first
    expect(rates.locator("table")).to_be_hidden()
    rates.locator("summary").press("Enter")
    expect(rates.locator("table")).to_be_visible()
    opened.page.locator("table.glance a").last.press("Enter")
    expect(opened.page.locator("section").last.locator("h2")).to_be_in_viewport()
    opened.assert_clean()


def test_badges_are_pictures_of_their_size(page: Path, visit: Visit) -> None:
    opened = visit(page.with_name("badges.html"), width=700)
    sizes = opened.page.locator("img").evaluate_all(
        "(all) => all.map((one) => [one.complete, one.naturalWidth, one.naturalHeight])"
    )
    assert len(sizes) == 4
    assert all(whole and 60 < width < 700 and height == 20 for whole, width, height in sizes)
    assert opened.errors == opened.dialogs == []
