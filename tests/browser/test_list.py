"""The list and the states as a reader meets them: sorted, filtered, printed, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from maps import listing, words
from maps.columns import texts
from maps.folder import SiteFolder
from tests import synthetic
from tests.browser.conftest import N, Opened
from tests.test_listing import NAMES, Tables, drafts

Visit = Callable[..., Opened]
TABLES = synthetic.tables(N)
AGENCIES = listing.ordered(TABLES, NAMES)
LISTED = TABLES["participations"]
ROWS = ".departments tbody tr"
PAGES = ("list.html", "states.html", "state/tx.html")


def written(tables: Tables, folder: Path) -> Path:
    """The list, the states, and the pages of two states."""
    site = SiteFolder(folder, "")
    for name, draft in drafts(tables, folder).items():
        if name in (*PAGES, "state/al.html"):
            site.put(draft)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(TABLES, tmp_path_factory.mktemp("list"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(synthetic.hostile(), tmp_path_factory.mktemp("hostile list"))


def shown(page: Page) -> list[str]:
    """The ids of the departments shown, in their order."""
    links: list[str] = page.locator(f"{ROWS} > th a").evaluate_all(
        "(links) => links.map((link) => link.getAttribute('href'))"
    )
    return [link.removeprefix("agency/").removesuffix(".html") for link in links]


def head(page: Page, name: str) -> str | None:
    return page.locator(f"[data-sort={name}]").get_attribute("aria-sort")


def button(page: Page, words: str) -> None:
    page.locator("thead").get_by_role("button", name=words, exact=True).click()


def by(values: pd.Series, down: bool = False) -> list[str]:
    """Ids by a value of each, those without one last, equal ones in the order of the list."""
    keys = {key: value for key, value in zip(values.index, texts(values), strict=True) if value}
    ids = list(AGENCIES["agency_id"])
    known = sorted((key for key in ids if key in keys), key=keys.__getitem__, reverse=False)
    if down:
        place = {key: number for number, key in enumerate(ids)}
        values_down = sorted({keys[key] for key in known}, reverse=True)
        rank = {value: number for number, value in enumerate(values_down)}
        known.sort(key=lambda key: (rank[keys[key]], place[key]))
    return known + [key for key in ids if key not in keys]


def test_as_it_comes_it_is_by_state_and_name(folder: Path, visit: Visit) -> None:
    opened = visit(folder / "list.html")
    assert shown(opened.page) == list(AGENCIES["agency_id"])
    assert head(opened.page, "state") == "ascending"
    expect(opened.page.locator("#count")).to_have_text(f"{N} of {N} departments")
    expect(opened.page.locator("#in-force")).to_be_hidden()
    opened.assert_clean()


def test_a_head_sorts_up_and_down_with_unknown_dates_last(folder: Path, visit: Visit) -> None:
    opened = visit(folder / "list.html")
    page = opened.page
    first = LISTED.groupby("agency_id")["valid_from"].min().fillna("")
    assert 0 < (first == "").sum() < N
    button(page, "Since")
    assert shown(page) == by(first)
    assert head(page, "since") == "ascending"
    assert head(page, "state") is None
    assert page.url.endswith("list.html#sort=since")
    button(page, "Since")
    assert shown(page) == by(first, down=True)
    assert head(page, "since") == "descending"
    assert page.url.endswith("#sort=-since")
    page.reload()
    opened.ready()
    assert shown(page) == by(first, down=True)
    page.go_back()
    expect(page.locator("[data-sort=since]")).to_have_attribute("aria-sort", "ascending")
    assert shown(page) == by(first)
    button(page, "State")
    assert shown(page) == list(AGENCIES["agency_id"])
    assert "sort" not in page.url
    opened.assert_clean()


@pytest.mark.parametrize(
    ("name", "column"), [("name", "name"), ("place", "city"), ("county", "county")]
)
@pytest.mark.parametrize("down", [False, True])
def test_texts_sort_as_they_are_compared(
    name: str, column: str, down: bool, folder: Path, visit: Visit
) -> None:
    opened = visit(folder / "list.html", anchor=f"#sort={'-' * down}{name}")
    values = AGENCIES.set_index("agency_id")[column].str.lower()
    assert shown(opened.page) == by(values, down)


def test_status_and_counts_sort_by_what_they_mean(folder: Path, visit: Visit) -> None:
    order = {"ongoing": "0", "unknown": "1", "delisted_observed": "2"}
    best = LISTED["valid_to_kind"].map(order).groupby(LISTED["agency_id"]).min()
    assert shown(visit(folder / "list.html", anchor="#sort=status").page) == by(best)
    page = visit(folder / "list.html", anchor="#sort=counts").page
    cells = page.locator(f"{ROWS}:has(th) > td:nth-child(6)").all_text_contents()
    known = cells.count("known")
    assert 0 < known < N
    assert cells[:known] == ["known"] * known


def test_what_belongs_to_a_department_goes_with_it(folder: Path, visit: Visit) -> None:
    page = visit(folder / "list.html", anchor="#sort=-name").page
    several = LISTED["agency_id"].value_counts()
    found = page.evaluate(
        """() => { const found = {}; let id;
          for (const row of document.querySelectorAll(".departments tbody tr")) {
            const link = row.querySelector("th a");
            if (link) id = link.getAttribute("href").slice(7, -5);
            found[id] = (found[id] || 0) + 1;
          }
          return found; }"""
    )
    assert found == several.to_dict()
    assert max(found.values()) > 1


def test_sorting_by_keyboard_keeps_the_focus(folder: Path, visit: Visit) -> None:
    opened = visit(folder / "list.html")
    page = opened.page
    page.locator("select[name=documents]").focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Department":
            break
    page.keyboard.press("Enter")
    assert head(page, "name") == "ascending"
    page.keyboard.press("Space")
    assert head(page, "name") == "descending"
    assert page.evaluate("document.activeElement.textContent") == "Department"
    opened.assert_clean()


def passing(**chosen: str) -> list[str]:
    """The departments that pass, computed from the tables: one listing passes together."""
    listed = LISTED
    if "programme" in chosen:
        listed = listed[listed["programme"] == chosen["programme"]]
    if "status" in chosen:
        listed = listed[listed["valid_to_kind"].map(words.STATUS_GROUPS) == chosen["status"]]
    if "year" in chosen:
        listed = listed[listed["valid_from"].str[:4].fillna("unknown") == chosen["year"]]
    found = AGENCIES[AGENCIES["agency_id"].isin(listed["agency_id"])]
    for name, column in (("state", "state"), ("kind", "type")):
        if name in chosen:
            found = found[found[column] == chosen[name]]
    counts = TABLES["footage_requests"]
    counts = counts[counts["current"] & counts["metric"].isin(words.ASKING)]
    counted = counts.loc[counts["value"].notna(), "agency_id"]
    if "counts" in chosen:
        found = found[found["agency_id"].isin(counted) == (chosen["counts"] == "yes")]
    return list(found["agency_id"])


@pytest.mark.parametrize(
    "chosen",
    [
        {"state": "TX"},
        {"programme": "camera_registry", "year": "2019"},
        {"status": "delisted"},
        {"year": "unknown", "kind": "police"},
        {"counts": "yes"},
        {"counts": "no", "kind": "sheriff", "programme": "neighbors_portal"},
        {"status": "listed", "programme": "camera_registry", "state": "CA"},
    ],
    ids=str,
)
def test_filters_show_what_the_tables_say(
    chosen: dict[str, str], folder: Path, visit: Visit
) -> None:
    opened = visit(folder / "list.html")
    page = opened.page
    for name, value in chosen.items():
        page.locator(f"select[name={name}]").select_option(value)
    wanted = passing(**chosen)
    assert len(wanted) < N
    expect(page.locator("#count")).to_have_text(f"{len(wanted)} of {N} departments")
    assert shown(page) == wanted
    again = visit(folder / "list.html", anchor=page.url.partition("list.html")[2])
    assert shown(again.page) == wanted
    expect(page.locator("#none")).to_be_visible(visible=not wanted)
    page.get_by_role("button", name="Reset").click()
    assert shown(page) == list(AGENCIES["agency_id"])
    opened.assert_clean()


def test_words_filter_together_with_the_rest(folder: Path, visit: Visit) -> None:
    opened = visit(folder / "list.html", anchor="#kind=police")
    page = opened.page
    town = AGENCIES.loc[AGENCIES["type"] == "police", "city"].iloc[7]
    found = AGENCIES[(AGENCIES["type"] == "police") & (AGENCIES["city"] == town)]
    page.locator("#words").fill(f"  DEPART {town.upper()} ")
    expect(page.locator("#count")).to_have_text(f"{len(found)} of {N} departments")
    assert shown(page) == list(found["agency_id"])
    assert page.url.endswith("list.html#kind=police")
    page.locator("#words").fill("nowhere at all")
    expect(page.locator("#none")).to_contain_text("That is no finding")
    expect(page.locator("#count")).to_have_text(f"0 of {N} departments")
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#words")).to_have_value("")
    assert len(shown(page)) == N
    expect(page.get_by_role("button", name="Reset")).to_be_hidden()
    opened.assert_clean()


def test_the_way_to_the_map_keeps_what_is_chosen(folder: Path, visit: Visit) -> None:
    page = visit(folder / "list.html", anchor="#IL&year=2019").page
    link = page.locator("#same-map")
    expect(link).to_have_attribute("href", re.compile(r"\bindex\.html#IL&year=2019$"))
    page.locator("select[name=year]").select_option("")
    expect(link).to_have_attribute("href", re.compile(r"\bindex\.html#IL$"))


def test_paper_gets_the_table_and_the_filters_in_a_line(folder: Path, visit: Visit) -> None:
    opened = visit(folder / "list.html", anchor="#TX&status=unknown&sort=-since")
    page = opened.page
    page.locator("#words").fill("o")
    wanted = len(passing(state="TX", status="unknown"))
    page.emulate_media(media="print")
    line = page.locator("#in-force")
    expect(line).to_contain_text(f" of {N} departments. State: Texas; ")
    expect(line).to_contain_text("Status: Nothing later is known; Words: o.")
    expect(line).to_be_visible()
    for name in ("#filters", "#same-map", "nav", ".skip"):
        expect(page.locator(name)).to_be_hidden()
    styles = page.evaluate(
        """() => ["thead", "tbody", "tbody tr"].map((name) =>
          getComputedStyle(document.querySelector(`.departments ${name}`)).display)"""
    )
    assert styles == ["table-header-group", "table-row-group", "table-row"]
    assert 0 < len(shown(page)) <= wanted
    assert page.locator(f"{ROWS} > th >> visible=true").count() == len(shown(page))
    assert opened.sideways() == 0
    page.emulate_media(media="screen")
    expect(line).to_be_hidden()


def test_without_javascript_all_is_there(folder: Path, visit: Visit) -> None:
    opened = visit(folder / "list.html", script=False)
    page = opened.page
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator("thead button")).to_have_count(0)
    expect(page.locator(".departments tbody th a")).to_have_count(N)
    summary = page.locator(".key summary")
    summary.press("Enter")
    expect(page.locator(".key")).to_contain_text("that is no ending")
    for name in PAGES[1:]:
        opened = visit(folder / name, script=False)
        expect(opened.page.locator("tbody th").first).to_be_visible()
        opened.assert_clean()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("which", ["folder", "hostile"])
def test_no_page_scrolls_sideways(
    which: str, name: str, visit: Visit, request: pytest.FixtureRequest
) -> None:
    opened = visit(request.getfixturevalue(which) / name, width=390, height=844)
    for summary in opened.page.locator("main summary:visible").all():
        summary.press("Enter")
    opened.page.keyboard.press("End")
    for width in (390, 640, 1000, 1280):
        opened.page.set_viewport_size({"width": width, "height": 844})
        assert opened.sideways() == 0, width
    opened.assert_clean()


def test_on_a_phone_a_department_is_a_few_lines(folder: Path, visit: Visit) -> None:
    opened = visit(folder / "list.html", width=390, height=844)
    page = opened.page
    expect(page.locator("#panel")).not_to_have_attribute("open", "")
    page.locator("#panel summary").press("Enter")
    page.locator("select[name=state]").select_option("TX")
    button(page, "Since")
    row = page.locator(f"{ROWS}:has(th)").first
    row.scroll_into_view_if_needed()
    name, cells = row.locator("th"), row.locator("td")
    boxes = [cell.bounding_box() for cell in [name, *cells.all()]]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    small = page.locator("thead button").evaluate_all(
        """(buttons) => buttons.map((one) => one.getBoundingClientRect())
          .filter(({width, height}) => width < 24 || height < 24).length"""
    )
    assert small == 0
    opened.assert_clean()


def test_hostile_text_is_shown_to_the_letter(hostile: Path, visit: Visit) -> None:
    opened = visit(hostile / "list.html", anchor="#sort=name")
    page = opened.page
    names = page.locator(".departments tbody th").all_text_contents()
    wanted = synthetic.hostile()["agencies"]["name"]
    assert sorted(names) == sorted(wanted)
    for text in synthetic.HOSTILE:
        page.locator("#words").fill(text)
        page.wait_for_function(
            "(text) => document.getElementById('in-force').textContent.includes(text)",
            arg=text.replace("\u2028", "").replace("\u2029", "").strip()[:40],
        )
        assert page.locator("#count").inner_text() != "60 of 60 departments"
        assert page.locator("img, [onclick], [onerror], [onload], a[href^=javascript]").count() == 0
    opened.assert_clean()


def test_states_sort_by_their_numbers(folder: Path, visit: Visit) -> None:
    opened = visit(folder / "states.html")
    page = opened.page
    rows = page.locator(".sorted tbody tr")
    expect(page.locator("[data-sort=name] button")).to_be_visible()
    assert [row.split("\t")[0] for row in rows.all_inner_texts()] == sorted(NAMES.values())
    button(page, "Departments")
    button(page, "Departments")
    assert page.url.endswith("#sort=-departments")
    numbers = rows.locator("td:nth-child(2)").all_inner_texts()
    counted = AGENCIES["state"].value_counts()
    told = [int(text) for text in numbers if text.isdigit()]
    assert told == sorted(counted, reverse=True)
    assert set(numbers[len(told) :]) <= {"None listed in what we have"}
    button(page, "Per 100,000 residents")
    rates = rows.locator("td:nth-child(3)").evaluate_all(
        "(cells) => cells.map((cell) => cell.dataset.value)"
    )
    known = [float(rate) for rate in rates if rate]
    assert known == sorted(known)
    assert rates[len(known) :] == [""] * (len(rates) - len(known))
    assert len(known) < len(rates)
    opened.assert_clean()


def test_the_states_scroll_in_a_box_of_their_own(folder: Path, visit: Visit) -> None:
    opened = visit(folder / "states.html", width=390, height=844)
    box = opened.page.locator(".box")
    wide, there = box.evaluate("(box) => [box.scrollWidth, box.clientWidth]")
    assert wide > there
    box.focus()
    opened.page.keyboard.press("ArrowRight")
    opened.page.wait_for_function("() => document.querySelector('.box').scrollLeft > 0")
    assert opened.sideways() == 0


def test_a_state_page_needs_no_script(folder: Path, visit: Visit) -> None:
    opened = visit(folder / "state" / "tx.html")
    page = opened.page
    mine = AGENCIES[AGENCIES["state"] == "TX"]
    expect(page.locator("h1")).to_have_text("Texas")
    assert page.locator("script").count() == 0
    assert page.locator(".departments tbody th a").count() == len(mine)
    expect(page.locator("figure svg.chart").first).to_be_visible()
    assert page.locator("main a[href='../index.html#TX']").count() == 1
    opened.assert_clean()
