"""The page as a reader meets it: opened from disk, clicked, searched, filtered, read aloud."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import expect

from maps.page import write_site
from tests import synthetic
from tests.browser.conftest import N, Opened

Visit = Callable[..., Opened]
TABLES = synthetic.tables(N)


def test_it_opens_from_disk_with_the_network_cut(site: Path, visit: Visit) -> None:
    opened = visit(site)
    assert opened.page.locator("html").get_attribute("data-ready") == str(N)
    expect(opened.page.locator("#count")).to_have_text(f"{N} of {N} departments")
    opened.assert_clean()


def test_every_department_with_a_point_is_drawn_once(site: Path, visit: Visit) -> None:
    opened = visit(site, width=2400, height=2000)
    opened.page.locator(".leaflet-control-zoom-out").click(click_count=3, delay=400)
    opened.page.wait_for_timeout(600)
    drawn = sum(group["count"] for group in opened.groups())
    assert drawn == TABLES["agencies"]["latitude"].notna().sum()


def test_a_click_on_a_group_looks_closer(site: Path, visit: Visit) -> None:
    opened = visit(site)
    group = max(opened.groups(), key=lambda group: group["count"])
    opened.click_group(group)
    closer = opened.groups()
    assert max(found["count"] for found in closer) < group["count"]
    opened.assert_clean()


def test_departments_at_one_point_are_all_reachable(visit: Visit, tmp_path: Path) -> None:
    tables = synthetic.tables(40)
    agencies = tables["agencies"].assign(latitude=41.88, longitude=-87.63)
    opened = visit(write_site(tables | {"agencies": agencies}, tmp_path).index)
    (group,) = opened.groups()
    opened.click_group(group)
    names = opened.page.locator(".leaflet-popup .many button")
    expect(names).to_have_count(40)
    wanted = names.nth(7).inner_text()
    names.nth(7).click()
    expect(opened.page.locator(".leaflet-popup h2")).to_have_text(wanted)
    opened.page.get_by_role("button", name="Back to the list").click()
    expect(opened.page.locator(".leaflet-popup .many button")).to_have_count(40)


def test_a_popup_tells_programme_start_status_source_and_evidence(site: Path, visit: Visit) -> None:
    listed = TABLES["participations"].query("valid_from_precision == 'month'").iloc[0]
    agency = TABLES["agencies"].set_index("agency_id").loc[listed["agency_id"]]
    opened = visit(site)
    opened.page.locator("#search").fill(f"{agency['name']} {agency['state']}")
    opened.page.keyboard.press("Enter")
    popup = opened.page.locator(".leaflet-popup")
    expect(popup.locator("h2")).to_have_text(agency["name"])
    said = popup.inner_text()
    assert "Listed in Ring Neighbors Portal (later Neighbors Public Safety Service)" in said
    assert "(month; the day is not known)" in said
    assert "isted as of 7 October 2020" in said or "Last listed 7 October 2020" in said
    assert "sha256 " in said
    assert "captured 7 October 2020" in said
    assert popup.locator('a[href="https://atlas-of-surveillance.example/"]').count()
    opened.assert_clean()


def test_no_request_count_is_never_a_zero(site: Path, visit: Visit) -> None:
    counted = set(TABLES["footage_requests"]["agency_id"])
    agencies = TABLES["agencies"]
    agency = agencies[~agencies["agency_id"].isin(counted)].iloc[0]
    opened = visit(site)
    opened.page.locator("#search").fill(f"{agency['name']} {agency['state']}")
    opened.page.keyboard.press("Enter")
    expect(opened.page.locator(".leaflet-popup")).to_contain_text("No request counts published")


def found(opened: Opened, agency_ids: pd.Series) -> str:
    """What the popup of the first of these departments says that has a name of its own."""
    agencies = TABLES["agencies"]
    own = agencies[~agencies.duplicated(["name", "state"], keep=False)]
    agency = own[own["agency_id"].isin(agency_ids)].iloc[0]
    opened.page.locator("#search").fill(f"{agency['name']} {agency['state']}")
    opened.page.keyboard.press("Enter")
    expect(opened.page.locator(".leaflet-popup h2")).to_have_text(agency["name"])
    return opened.page.locator(".leaflet-popup").inner_text()


def test_a_popup_tells_the_spells_in_order(site: Path, visit: Visit) -> None:
    back = TABLES["participations"].query("spell == 2")["agency_id"]
    opened = visit(site)
    said = found(opened, back)
    gone = "no longer listed since 7 July 2020 (not listed on two later looks)"
    again = "Listed again as of 7 October 2020; no new start stated"
    assert 0 < said.index(gone) < said.index(again)
    assert "as of 7 October 2020 (not listed there)" in said
    assert "an archived copy of data.example" in said
    opened.assert_clean()


def test_a_popup_tells_counts_by_period_and_how_they_are_known(site: Path, visit: Visit) -> None:
    counts = TABLES["footage_requests"]
    revised = counts[counts["revises"].notna() & counts["metric"].eq("video_requests")]
    opened = visit(site)
    said = found(opened, revised["agency_id"])
    assert "Q2 2020, requests for footage: " in said
    assert ", earlier given as 12 (" in said
    said = found(opened, counts.loc[counts["basis"].eq("derived"), "agency_id"])
    assert "Assistance posts: 5 (derived: difference of two looks;" in said
    assert "So far, by 7 October 2020, Request for Assistance posts: 8, before that 3 by" in said
    apart = said.index("Other posts, none of which asks for footage")
    assert said.index("animals posts: 41") > apart
    assert said.index("crime posts: not published") > apart
    opened.assert_clean()


def test_a_popup_tells_former_names(site: Path, visit: Visit) -> None:
    renamed = TABLES["agencies"].dropna(subset="aliases")["agency_id"]
    opened = visit(site)
    said = found(opened, renamed)
    assert f"Other names: Old {said.splitlines()[0]} (until 11 June 2020 at the latest)" in said


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("which", ["site", "hostile_site"])
def test_the_past_is_drawn_and_told_without_javascript(
    which: str, width: int, visit: Visit, request: pytest.FixtureRequest
) -> None:
    opened = visit(request.getfixturevalue(which), width=width, script=False)
    page = opened.page
    chart = page.locator("#timeline svg.chart")
    expect(chart).to_be_visible()
    for summary in page.locator("#timeline summary, #history summary").all():
        summary.press("Enter")  # a click may miss: what opens above moves what is below
    expect(page.locator("#history details[open]")).to_have_count(4)
    assert page.locator("#timeline tbody tr").count() == 3
    for box in (chart.bounding_box(), page.locator("#history").bounding_box()):
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    wide = [table.bounding_box() for table in page.locator("table.facts").all()]
    assert all(box and box["x"] + box["width"] <= width for box in wide)
    opened.assert_clean()


def test_search_by_keyboard_alone(site: Path, visit: Visit) -> None:
    opened = visit(site)
    page = opened.page
    city = TABLES["agencies"]["city"].iloc[5]
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for _ in range(4):
        if page.evaluate("document.activeElement.id") == "search":
            break
        page.keyboard.press("Tab")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type(city.lower())
    expect(page.locator("#search")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    active = page.locator("#search").get_attribute("aria-activedescendant")
    assert active == page.locator("[aria-selected=true]").get_attribute("id")
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup")).to_be_visible()
    expect(page.locator("#choices")).to_be_hidden()
    opened.assert_clean()


def test_filters_combine_on_one_listing_and_reset(site: Path, visit: Visit) -> None:
    opened = visit(site)
    page = opened.page
    listed = TABLES["participations"]
    both = listed[
        (listed["programme"] == "camera_registry") & listed["valid_from"].str.startswith("2019")
    ]
    police = TABLES["agencies"].query("type == 'police'")["agency_id"]
    expected = len(set(both["agency_id"]) & set(police))
    assert 0 < expected < N
    page.locator("select[name=programme]").select_option("camera_registry")
    page.locator("select[name=year]").select_option("2019")
    page.locator("select[name=kind]").select_option("police")
    expect(page.locator("#count")).to_have_text(f"{expected} of {N} departments")
    rows = page.locator("#rows tr:not([hidden]) > td:first-child")
    assert rows.count() == expected
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#count")).to_have_text(f"{N} of {N} departments")
    assert page.locator("#rows tr:not([hidden]) > td:first-child").count() == N
    opened.assert_clean()


def test_the_address_opens_a_state(site: Path, visit: Visit) -> None:
    opened = visit(site, anchor="#IL")
    mine = int((TABLES["agencies"]["state"] == "IL").sum())
    expect(opened.page.locator("#count")).to_have_text(f"{mine} of {N} departments")
    expect(opened.page.locator("select[name=state]")).to_have_value("IL")


def test_a_state_without_departments_is_no_zero(visit: Visit, tmp_path: Path) -> None:
    middle = ["KS", "NE", "SD", "OK", "MO", "IA", "CO"]
    opened = visit(write_site(synthetic.without(synthetic.tables(200), middle), tmp_path).index)
    hatched = opened.page.locator('path[fill="url(#hatch)"]')
    assert hatched.count() >= 7
    box = opened.page.locator(".map").bounding_box()
    assert box is not None
    opened.page.mouse.click(box["x"] + box["width"] * 0.46, box["y"] + box["height"] * 0.5)
    popup = opened.page.locator(".leaflet-popup")
    expect(popup).to_contain_text("none listed in what we have")
    assert "0" not in popup.inner_text()


def test_without_javascript_the_list_is_whole(site: Path, visit: Visit) -> None:
    opened = visit(site, script=False)
    page = opened.page
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator("noscript")).to_be_visible()
    assert page.locator("#rows td:first-child").count() == N
    state = page.locator("#rows details").first
    state.locator("summary").press("Enter")
    expect(state.locator("td:first-child").first).to_be_visible()


def test_list_names_lead_to_the_map(site: Path, visit: Visit) -> None:
    opened = visit(site)
    state = opened.page.locator("#rows details").nth(3)
    state.locator("summary").press("Enter")
    name = state.locator("tbody button").first
    wanted = name.inner_text()
    name.click()
    expect(opened.page.locator(".leaflet-popup h2")).to_have_text(wanted)
    opened.assert_clean()


def test_hostile_text_shows_as_text(hostile_site: Path, visit: Visit) -> None:
    opened = visit(hostile_site)
    page = opened.page
    for name in synthetic.HOSTILE:
        page.locator("#search").fill(name[:60])
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    for details in page.locator("#rows details").all():
        details.locator("summary").press("Enter")
    shown = set(page.locator("#rows tbody button").all_inner_texts())
    for index in range(0, 60, 7):
        page.locator("#rows tbody button").nth(index).click()
        assert page.locator(".leaflet-popup a[href^='javascript' i]").count() == 0
    assert synthetic.HOSTILE[0] in shown
    assert synthetic.HOSTILE[3] in shown
    assert page.locator("a[href^='javascript' i], img[onerror], [onclick], [onload]").count() == 0
    opened.assert_clean()


@pytest.mark.parametrize("which", ["site", "hostile_site"])
def test_a_phone_never_scrolls_sideways(
    which: str, visit: Visit, request: pytest.FixtureRequest
) -> None:
    opened = visit(request.getfixturevalue(which), width=390, height=844)
    page = opened.page
    page.locator("#panel summary").click()
    for details in page.locator("#timeline details, #history details").all():
        details.locator("summary").press("Enter")
    for details in page.locator("#rows details").all()[:5]:
        details.locator("summary").press("Enter")
    page.locator("#rows tbody button").first.click()
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(over) == 0
    expect(page.locator(".leaflet-popup")).to_be_visible()
    opened.assert_clean()


def test_many_departments_have_a_list_of_their_own(visit: Visit, tmp_path: Path) -> None:
    site = write_site(synthetic.tables(5_100), tmp_path)
    opened = visit(site.index)
    assert opened.page.locator("html").get_attribute("data-ready") == "5100"
    assert opened.page.locator("#list td").count() == 0
    opened.page.locator("#list a").click()
    opened.page.wait_for_selector("#list details")
    assert opened.page.locator("td:first-child").count() == 5_100
    opened.assert_clean()
