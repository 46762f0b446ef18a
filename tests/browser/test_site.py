"""The site as a reader meets it, from page to page: searched, filtered, shaded, followed, embedded.

What single parts do in detail is tested beside them: search, time, areas, list, department, about.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import FrameLocator, Page, expect

from maps.page import write_site
from tests import synthetic
from tests.browser.conftest import N, Opened

Visit = Callable[..., Opened]
TABLES = synthetic.tables(N)
AGENCIES = TABLES["agencies"].set_index("agency_id")
OWN = AGENCIES[~AGENCIES.duplicated(["name", "state"], keep=False) & AGENCIES["latitude"].notna()]
"""Departments that have a name of their own in their state, and a point."""


def count(page: Page | FrameLocator) -> tuple[int, int]:
    """How many departments the page says it shows, and of how many."""
    shown, of = (
        page.locator("#count").inner_text().replace(",", "").split(" departments")[0].split(" of ")
    )
    return int(shown), int(of)


def popup_of(visit: Visit, site: Path, agency_ids: pd.Series) -> tuple[Opened, str]:
    """The popup of the first of these departments, and what it says."""
    agency_id = next(key for key in agency_ids if key in OWN.index)
    opened = visit(site, anchor=f"#{agency_id}")
    popup = opened.page.locator(".leaflet-popup")
    expect(popup.locator("h2")).to_have_text(OWN.loc[agency_id, "name"])
    return opened, popup.inner_text()


def test_it_opens_from_disk_with_the_network_cut(site: Path, visit: Visit) -> None:
    opened = visit(site)
    assert opened.page.locator("html").get_attribute("data-ready") == str(N)
    assert count(opened.page) == (N, N)
    opened.assert_clean()


def test_every_department_with_a_point_is_drawn_once(site: Path, visit: Visit) -> None:
    opened = visit(site, width=2400, height=2000, still=True)
    opened.page.locator(".leaflet-control-zoom-out").click(click_count=3, delay=400)
    everyone = TABLES["agencies"]["latitude"].notna().sum()
    opened.page.wait_for_function(
        "(all) => window.drawn().reduce((sum, group) => sum + group.count, 0) === all",
        arg=int(everyone),
    )
    assert sum(group["count"] for group in opened.groups()) == everyone


def test_a_click_on_a_group_looks_closer(site: Path, visit: Visit) -> None:
    opened = visit(site, still=True)
    group = max(opened.groups(), key=lambda group: group["count"])
    opened.click_group(group)
    assert max(found["count"] for found in opened.groups()) < group["count"]
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
    listed = TABLES["participations"].query("valid_from_precision == 'month'")
    opened, said = popup_of(visit, site, listed["agency_id"])
    assert "Listed in Ring Neighbors Portal (later Neighbors Public Safety Service)" in said
    assert "(month; the day is not known)" in said
    assert "isted as of 7 October 2020" in said or "Last listed 7 October 2020" in said
    assert "sha256 " in said
    assert "captured 7 October 2020" in said
    popup = opened.page.locator(".leaflet-popup")
    assert popup.locator('a[href="https://atlas-of-surveillance.example/"]').count()
    opened.assert_clean()


def test_no_request_count_is_never_a_zero(site: Path, visit: Visit) -> None:
    counted = set(TABLES["footage_requests"]["agency_id"])
    _, said = popup_of(visit, site, OWN.index[~OWN.index.isin(counted)])
    assert "No request counts published" in said


def test_a_popup_tells_the_spells_in_order(site: Path, visit: Visit) -> None:
    _, said = popup_of(visit, site, TABLES["participations"].query("spell == 2")["agency_id"])
    gone = "no longer listed since 7 July 2020 (not listed on two later looks)"
    again = "Listed again as of 7 October 2020; no new start stated"
    assert 0 < said.index(gone) < said.index(again)
    assert "as of 7 October 2020 (not listed there)" in said
    assert "an archived copy of data.example" in said


def test_a_popup_tells_counts_by_period_and_how_they_are_known(site: Path, visit: Visit) -> None:
    counts = TABLES["footage_requests"]
    revised = counts[counts["revises"].notna() & counts["metric"].eq("video_requests")]
    _, said = popup_of(visit, site, revised["agency_id"])
    assert "Q2 2020, requests for footage: " in said
    assert ", earlier given as 12 (" in said
    _, said = popup_of(visit, site, counts.loc[counts["basis"].eq("derived"), "agency_id"])
    assert "Assistance posts: 5 (derived: difference of two looks;" in said
    assert "So far, by 7 October 2020, Request for Assistance posts: 8, before that 3 by" in said
    apart = said.index("Other posts, none of which asks for footage")
    assert said.index("animals posts: 41") > apart
    assert said.index("crime posts: not published") > apart


def test_a_popup_tells_former_names(site: Path, visit: Visit) -> None:
    _, said = popup_of(visit, site, TABLES["agencies"].dropna(subset="aliases")["agency_id"])
    assert "Other names: Old " in said
    assert "(until 11 June 2020 at the latest)" in said


def test_from_a_slip_of_the_pen_to_the_bytes(site: Path, visit: Visit) -> None:
    """Search, popup, department page, evidence, source: each one step from the last."""
    agency = OWN[OWN["type"].eq("police") & OWN["name"].str.len().gt(24)].iloc[0]
    town = agency["city"]
    opened = visit(site)
    page = opened.page
    page.locator("#search").fill(f"{town[:2]}{town[3:]} pd {agency['state'].lower()}")
    choice = page.locator("#choices [role=option]", has_text=agency["name"]).first
    expect(choice).to_be_visible()
    choice.click()
    popup = page.locator(".leaflet-popup")
    expect(popup.locator("h2")).to_have_text(agency["name"])
    opened.at_rest()
    popup.get_by_role("link", name="All about this department").click()
    page.wait_for_url(f"**/agency/{agency.name}.html")
    opened.ready()
    expect(page.locator("h1")).to_have_text(agency["name"])
    proof = page.locator("main a[href^='#e']").filter(has_text="e1").first
    proof.click()
    row = page.locator("#e1")
    expect(row).to_be_in_viewport()
    sha256 = TABLES["captures"]["sha256"]
    assert any(digest in row.inner_text() for digest in sha256)
    row.locator("a[href*='about.html#source-']").first.click()
    opened.ready()
    source = page.locator(":target")
    expect(source).to_be_in_viewport()
    expect(source).to_contain_text("Atlas of Surveillance")
    opened.assert_clean()


def test_filters_combine_count_and_reset(site: Path, visit: Visit) -> None:
    opened = visit(site)
    page = opened.page
    listed = TABLES["participations"]
    both = listed[
        (listed["programme"] == "camera_registry") & listed["valid_from"].str.startswith("2019")
    ]
    police = AGENCIES.index[AGENCIES["type"] == "police"]
    expected = len(set(both["agency_id"]) & set(police))
    assert 0 < expected < N
    page.locator("select[name=programme]").select_option("camera_registry")
    page.locator("select[name=year]").select_option("2019")
    page.locator("select[name=kind]").select_option("police")
    assert count(page) == (expected, N)
    option = page.locator("select[name=kind] option[value=police]")
    expect(option).to_contain_text(f"({expected})")
    assert "programme=camera_registry" in page.url
    assert "kind=police" in page.url
    page.get_by_role("button", name="Reset").click()
    assert count(page) == (N, N)
    assert "#" not in page.url
    opened.assert_clean()


@pytest.mark.parametrize(
    ("choices", "wanted"),
    [
        ({"status": "delisted"}, lambda rows, _: rows["valid_to_kind"].eq("delisted_observed")),
        ({"year": "unknown"}, lambda rows, _: rows["valid_from"].isna()),
        (
            {"status": "listed", "programme": "neighbors_portal", "year": "2019"},
            lambda rows, _: (
                rows["valid_to_kind"].eq("ongoing")
                & rows["programme"].eq("neighbors_portal")
                & rows["valid_from"].str.startswith("2019").fillna(False)
            ),
        ),
        (
            {"state": "TX", "kind": "sheriff"},
            lambda rows, who: (
                rows["agency_id"].map(who["state"]).eq("TX")
                & rows["agency_id"].map(who["type"]).eq("sheriff")
            ),
        ),
    ],
    ids=["delisted", "undated", "listed of 2019", "sheriffs of a state"],
)
def test_map_list_and_embed_show_the_same_of_one_address(
    choices: dict[str, str],
    wanted: Callable[[pd.DataFrame, pd.DataFrame], pd.Series],
    site: Path,
    visit: Visit,
) -> None:
    rows = TABLES["participations"]
    expected = rows.loc[wanted(rows, AGENCIES), "agency_id"].nunique()
    anchor = "#" + "&".join(f"{name}={value}" for name, value in choices.items())
    for name in ("index.html", "list.html", "embed.html"):
        opened = visit(site.parent / name, anchor=anchor)
        assert count(opened.page) == (expected, N), name
        opened.assert_clean()
    listed = visit(site.parent / "list.html", anchor=anchor).page
    assert listed.locator(".departments tbody th:visible").count() == expected


def test_the_list_of_what_the_map_shows_and_back(site: Path, visit: Visit) -> None:
    opened = visit(site, anchor="#TX&year=2019")
    page = opened.page
    shown = count(page)
    assert 0 < shown[0] < N
    page.locator("#same-list").click()
    opened.ready()
    assert count(page) == shown
    page.locator("#same-map").click()
    opened.ready()
    assert page.url.endswith("index.html#TX&year=2019")
    assert count(page) == shown
    page.locator("#same-list").click()
    opened.ready()
    name = page.locator(".departments tbody th:visible a").first
    wanted = name.inner_text()
    name.click()
    expect(page.locator("h1")).to_have_text(wanted)
    page.get_by_role("link", name="Open on the map").click()
    opened.ready()
    expect(page.locator(".leaflet-popup h2")).to_have_text(wanted)
    opened.assert_clean()


@pytest.mark.parametrize("anchor", ["#il", "#IL", "#state=IL"])
def test_an_address_opens_a_state(anchor: str, site: Path, visit: Visit) -> None:
    opened = visit(site, anchor=anchor)
    assert count(opened.page) == (int((AGENCIES["state"] == "IL").sum()), N)
    expect(opened.page.locator("select[name=state]")).to_have_value("IL")


def test_an_address_opens_a_county(site: Path, visit: Visit) -> None:
    whole = visit(site, still=True)
    county = visit(site, anchor="#17043", still=True)  # DuPage, Illinois
    assert count(county.page) == (N, N)
    assert len(county.groups()) < len(whole.groups())
    legend = county.page.locator("#legend .measured")
    expect(legend).to_contain_text("by county")
    county.assert_clean()


def test_an_address_opens_a_department(site: Path, visit: Visit) -> None:
    agency_id = OWN.index[20]
    opened = visit(site, anchor=f"#{agency_id}&state={OWN.iloc[20]['state']}")
    expect(opened.page.locator(".leaflet-popup h2")).to_have_text(OWN.iloc[20]["name"])
    opened.page.locator(".leaflet-popup-close-button").click()
    expect(opened.page.locator(".leaflet-popup")).to_have_count(0)
    assert agency_id not in opened.page.url
    opened.assert_clean()


def test_back_and_forward_lead_through_what_was_chosen(site: Path, visit: Visit) -> None:
    opened = visit(site)
    page = opened.page
    steps = [count(page)]
    for name, value in (("state", "TX"), ("kind", "police"), ("programme", "camera_registry")):
        page.locator(f"select[name={name}]").select_option(value)
        steps.append(count(page))
    assert len(set(steps)) == 4
    for wanted in steps[-2::-1]:
        page.go_back()
        page.wait_for_function(
            "(n) => document.getElementById('count').textContent.startsWith(`${n} of`)",
            arg=wanted[0],
        )
    expect(page.locator("select[name=state]")).to_have_value("")
    for wanted in steps[1:]:
        page.go_forward()
        page.wait_for_function(
            "(n) => document.getElementById('count').textContent.startsWith(`${n} of`)",
            arg=wanted[0],
        )
    expect(page.locator("select[name=kind]")).to_have_value("police")
    opened.assert_clean()


def test_a_day_with_filters_on_map_list_and_embed(site: Path, visit: Visit) -> None:
    found = []
    for name in ("index.html", "list.html", "embed.html"):
        opened = visit(site.parent / name, anchor="#at=2019-08-28&kind=police")
        found.append(count(opened.page))
        opened.assert_clean()
    assert len(set(found)) == 1
    assert 0 < found[0][0] < N


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        ("departments", "Departments shown, by state"),
        ("rate", "per 100,000 residents, by state"),
        ("requests", "Known requests, by state"),
    ],
)
def test_states_are_shaded_by_each_measure(
    measure: str, words: str, site: Path, visit: Visit
) -> None:
    opened = visit(site, still=True)
    page = opened.page
    page.locator("select[name=measure]").select_option(measure)
    expect(page.locator("#legend .measured")).to_contain_text(words)
    assert page.locator("#legend .classes li").count() >= 3
    hatched = page.locator("#legend .classes li", has=page.locator(".unknown"))
    expect(hatched).to_have_count(1)
    assert " 0" not in f" {hatched.inner_text()}"
    if measure != "departments":
        assert f"measure={measure}" in page.url
    if measure == "requests":
        assert "known of " in page.locator("#legend .note").inner_text()
    opened.assert_clean()


def test_a_site_shown_in_the_page_of_another(hosted: str, visit: Visit, tmp_path: Path) -> None:
    host = tmp_path / "newspaper.html"
    address = f"{hosted}embed.html#IL"
    host.write_text(
        "<!doctype html><title>A newspaper</title><h1>Doorbells</h1>"
        f'<iframe src="{address}" width="600" height="450" title="Map"></iframe>'
    )
    opened = visit(hosted)
    opened.page.goto(host.as_uri())
    frame = opened.page.frame_locator("iframe")
    expect(frame.locator("#count")).to_contain_text(f"of {N} departments")
    assert count(frame) == (int((AGENCIES["state"] == "IL").sum()), N)
    with opened.page.context.expect_page() as shown:
        frame.locator("#whole").click()
    whole = shown.value
    whole.wait_for_selector("html[data-ready]")
    assert whole.url == f"{hosted}index.html#IL"
    expect(whole.locator("select[name=state]")).to_have_value("IL")
    assert opened.errors == []
    assert opened.dialogs == []


def test_the_embed_code_of_about_is_a_frame_that_works(hosted: str, visit: Visit) -> None:
    opened = visit(f"{hosted}about.html")
    said = opened.page.locator("main").inner_text()
    assert "<iframe" in said
    assert "embed.html" in said


def test_downloads_arrive_as_they_are(site: Path, hosted: str, visit: Visit) -> None:
    page = visit(f"{hosted}about.html").page
    link = page.locator("a[href$='exports/agencies.csv']").first
    with page.expect_download() as got:
        link.evaluate("(link) => { link.download = ''; link.click(); }")
    with Path(got.value.path()).open(encoding="utf-8-sig", newline="") as file:
        assert {row["agency_id"] for row in csv.DictReader(file)} == set(AGENCIES.index)


def test_without_javascript_every_page_leads_on(site: Path, visit: Visit) -> None:
    opened = visit(site, script=False)
    page = opened.page
    expect(page.locator("#filters")).to_be_hidden()
    page.locator("noscript a[href='list.html']").click()
    expect(page.locator(".departments tbody th a")).to_have_count(N)
    page.locator(".departments tbody th a").nth(3).click()
    page.locator("main a[href^='../state/']").first.click()
    expect(page.locator("main a[href^='../agency/']").first).to_be_visible()
    opened.assert_clean()
