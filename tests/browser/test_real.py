"""The recorded Atlas export of 2020-10-07, from import to the opened page."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opened


@pytest.mark.real
def test_the_old_atlas_export_shows_1500_departments_of_the_portal(
    real: Path, visit: Callable[..., Opened], tmp_path: Path
) -> None:
    export = real / "atlas" / "atlas-2020-10-07.csv"
    command = ["import", str(export), "--source", "atlas_of_surveillance", "--as-of", "2020-10-07"]
    subprocess.run(
        [sys.executable, "-m", "peephole", *command],
        env=os.environ | {"PEEPHOLE_DATA": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    opened = visit(tmp_path / "site" / "index.html")
    page = opened.page
    page.locator("select[name=programme]").select_option("neighbors_portal")
    expect(page.locator("#count")).to_contain_text("1,500 of ")
    page.locator("#same-list").click()
    opened.ready()
    expect(page.locator(".departments tbody th:visible")).to_have_count(1_500)
    page.locator("#same-map").click()
    opened.ready()
    page.locator("select[name=state]").select_option("MT")
    expect(page.locator("#count")).to_contain_text("0 of ")
    page.get_by_role("button", name="Reset").click()
    page.locator("#search").fill("greenfield pd wi")
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup")).to_contain_text("Since 22 March 2018 (day)")
    opened.assert_clean()
