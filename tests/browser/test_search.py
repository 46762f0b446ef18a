"""The search box and the list of departments: typed, mistyped, by keyboard, by ZIP code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from analysis import areas
from analysis.states import STATES
from maps.page import write_site
from tests import synthetic
from tests.browser.conftest import N, Opened

Visit = Callable[..., Opened]
TABLES = synthetic.tables(N)
AGENCIES = TABLES["agencies"]
DEPARTMENTS = AGENCIES[["name", "city", "state"]].to_dict("records")
NO_FINDING = "Nothing of that name in what we have; a department may take part all the same."
ASK = """(queries) => {
  const box = document.getElementById("search");
  return queries.map((query) => {
    box.value = query;
    box.dispatchEvent(new Event("input"));
    return [...document.querySelectorAll("#choices [role=option]")]
      .map((option) => [...option.children].map((part) => part.textContent));
  });
}"""


def offered(page: Page, *queries: str) -> list[list[tuple[str, str]]]:
    """For each query what is offered: its name, and what is said below it."""
    found = page.evaluate(ASK, list(queries))
    return [[tuple(option) for option in options] for options in found]


def where(agency: Mapping[Any, Any]) -> str:
    return f"{agency['city']}, {STATES[agency['state']].name}"


def test_every_department_is_the_first_for_its_name_and_state(site: Path, visit: Visit) -> None:
    page = visit(site).page
    found = offered(page, *(f"{agency['name']} {agency['state']}" for agency in DEPARTMENTS))
    for agency, options in zip(DEPARTMENTS, found, strict=True):
        label, hint = options[0]
        assert label == agency["name"]
        assert hint.startswith(where(agency))


def drop(word: str, at: int) -> str:
    return word[:at] + word[at + 1 :]


def swap(word: str, at: int) -> str:
    at = min(at, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def replace(word: str, at: int) -> str:
    return word[:at] + ("q" if word[at] != "q" else "z") + word[at + 1 :]


@pytest.mark.parametrize("slip", [drop, swap, replace])
def test_every_department_is_offered_in_spite_of_a_typo(
    slip: Callable[[str, int], str], site: Path, visit: Visit
) -> None:
    """A different word and letter each, the first one too; words of five letters or more."""
    page = visit(site).page
    queries = []
    for number, agency in enumerate(DEPARTMENTS):
        words = agency["name"].split()
        long = [at for at, word in enumerate(words) if len(word) > 4 and word.isalpha()] or [0]
        chosen = long[number % len(long)]
        words[chosen] = slip(words[chosen], number % len(words[chosen].split("-")[0]))
        queries.append(" ".join([*words, agency["state"]]))
    for agency, query, options in zip(DEPARTMENTS, queries, offered(page, *queries), strict=True):
        assert any(label == agency["name"] and where(agency) in hint for label, hint in options), (
            query
        )
        assert len(options) <= 8


def test_the_list_says_why_a_similar_name_is_offered(site: Path, visit: Visit) -> None:
    agency = AGENCIES[AGENCIES["type"].eq("police") & AGENCIES["city"].str.len().gt(8)].iloc[0]
    page = visit(site).page
    page.locator("#search").fill(
        f"{agency['city'][:3]}{agency['city'][4:]} xpolice {agency['state']}"
    )
    expect(page.locator("#found")).to_contain_text("No exact match; did you mean")
    expect(page.locator("#choices li", has_text=agency["name"]).first).to_contain_text(
        "similar name"
    )
    page.locator("#search").fill(f"{agency['name']} {agency['state']}")
    expect(page.locator("#found")).to_contain_text("1 match")
    expect(page.locator("#choices li").first).not_to_contain_text("similar name")


SPELLINGS = [
    ("St. Louis Police Department", "St. Louis", ["saint louis pd", "st louis police", "stlouis"]),
    ("Ste. Genevieve Police Dept", "Ste. Genevieve", ["sainte genevieve police department"]),
    ("Mount Vernon Police Department", "Mount Vernon", ["mt. vernon", "Mt vernon PD"]),
    ("Fort Worth Police Department", "Fort Worth", ["ft worth", "Ft. Worth police dept."]),
    ("DeKalb Police Department", "DeKalb", ["de kalb", "dekalb pd", "De-Kalb"]),
    ("La Plata Police Department", "La Plata", ["laplata", "la plata", "LaPlata PD"]),
    ("O'Fallon Police Department", "O'Fallon", ["ofallon", "o fallon", "O\u2019Fallon"]),
    ("Middletown Police Department", "Middletown", ["Department, Middletown Police"]),
    ("Española Police Department", "Española", ["espanola", "ESPAÑOLA pd"]),
    ("Winston-Salem Police Department", "Winston-Salem", ["winston salem", "winstonsalem"]),
    ("Green Bay Police Department", "Green Bay", ["greenbay", "green-bay pd", "gren bay"]),
    ("Upper Darby Township Police", "Upper Darby", ["upper darby twp", "upper darby twp. pd"]),
    (
        "Ventura County Sheriff's Office",
        "Ventura",
        ["ventura co so", "ventura sheriffs department"],
    ),
    ("University of Ames Police", "Ames", ["univ of ames", "ames university pd"]),
    ("East Lansing Police Department", "East Lansing", ["e lansing", "E. Lansing PD"]),
    ("Ogden PD", "Ogden", ["ogden police department", "ogden pd"]),
]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site whose first departments are called as ``SPELLINGS`` has it, no two in one place."""
    tables = synthetic.tables(60)
    agencies = tables["agencies"].astype("object")
    called = {name: agencies[name].tolist() for name in ("name", "city", "aliases", "state")}
    for row, (name, city, _) in enumerate(SPELLINGS):
        called["name"][row], called["city"][row] = name, city
    called["aliases"][20] = "Zyxwick Constabulary"
    called["city"][30] = called["city"][31] = "Twoforks"
    called["state"][31] = called["state"][30]
    agencies = tables["agencies"].assign(
        **{name: pd.Series(texts, dtype="string") for name, texts in called.items()}
    )
    folder = tmp_path_factory.mktemp("town")
    return write_site(tables | {"agencies": agencies}, folder).index


@pytest.mark.parametrize(("name", "queries"), [(name, typed) for name, _, typed in SPELLINGS])
def test_short_forms_and_spellings_lead_to_it(
    name: str, queries: list[str], town: Path, visit: Visit
) -> None:
    page = visit(town).page
    for query, options in zip(queries, offered(page, *queries), strict=True):
        labels = [label for label, _ in options]
        assert name in labels[:4], query


def test_other_names_and_ids_lead_to_it(town: Path, visit: Visit) -> None:
    agency = TABLES["agencies"].iloc[0]
    named = synthetic.tables(60)["agencies"].iloc[20]
    opened = visit(town)
    page = opened.page
    ((label, hint), *_) = offered(page, "zyxwick")[0]
    assert label == named["name"]
    assert "also: Zyxwick Constabulary" in hint
    ((label, _), *_) = offered(page, f" {named['agency_id'].upper()} ")[0]
    assert label == named["name"]
    assert agency["agency_id"] != named["agency_id"]
    opened.assert_clean()


def test_a_place_of_several_departments_is_offered_with_their_number(
    town: Path, visit: Visit
) -> None:
    opened = visit(town)
    page = opened.page
    options = offered(page, "twoforks")[0]
    assert ("place · 2 departments") in options[0][1]
    page.locator("#search").fill("twoforks")
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup .many button")).to_have_count(2)
    opened.assert_clean()


def test_states_and_counties_are_found(site: Path, visit: Visit) -> None:
    opened = visit(site)
    page = opened.page
    for query in ("wy", "WYOMING", "wyoming"):
        assert offered(page, query)[0][0][0] == "Wyoming"
    assert [hint for label, hint in offered(page, "dupage co")[0] if label == "DuPage County"] == [
        "county in Illinois · none listed in what we have"
    ]
    page.locator("#search").fill("wyoming")
    page.keyboard.press("Enter")
    mine = int((AGENCIES["state"] == "WY").sum())
    expect(page.locator("#count")).to_have_text(f"{mine} of {N} departments")
    page.locator("#search").fill("dupage county")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.includes('17043')")
    opened.assert_clean()


def test_departments_of_the_state_in_the_filter_come_first(site: Path, visit: Visit) -> None:
    last = AGENCIES["state"].iloc[-1]
    wanted = AGENCIES[AGENCIES["state"].eq(last)]
    page = visit(site, anchor=f"#{last}").page
    options = offered(page, "police")[0]
    state = STATES[last].name
    police = min(8, int(wanted["name"].str.contains("Police").sum()))
    assert police > 0
    assert all(hint.endswith(state) for _, hint in options[:police])


def test_the_keyboard_alone_chooses(site: Path, visit: Visit) -> None:
    opened = visit(site)
    page = opened.page
    box = page.locator("#search")
    box.focus()
    page.keyboard.type("county sheriff")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#found")).to_contain_text("matches, the first 8 are shown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    chosen = page.locator("#choices [aria-selected=true]")
    assert active == "choice-1" == chosen.get_attribute("id")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#choice-7")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#choices")).to_be_hidden()
    expect(box).to_have_value("county sheriff")
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    name = page.locator("#choice-0 .choice").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup h2")).to_have_text(name)
    expect(page.locator("#choices")).to_be_hidden()
    expect(page.locator("#found")).to_have_text("")
    opened.assert_clean()


@pytest.mark.parametrize("query", ["zzqqx", "🚓", "zz qq yy", "?!", "x" * 5000])
def test_nothing_found_is_no_finding(query: str, site: Path, visit: Visit) -> None:
    opened = visit(site)
    opened.page.locator("#search").fill(query)
    expect(opened.page.locator("#found")).to_have_text(NO_FINDING)
    expect(opened.page.locator("#choices")).to_be_hidden()
    opened.page.keyboard.press("Enter")
    expect(opened.page.locator(".leaflet-popup")).to_have_count(0)
    opened.assert_clean()


def test_hostile_names_are_found_and_show_as_text(hostile_site: Path, visit: Visit) -> None:
    opened = visit(hostile_site)
    page = opened.page
    for name, options in zip(synthetic.HOSTILE, offered(page, *synthetic.HOSTILE), strict=True):
        if any(letter.isalnum() for letter in name):
            assert any(name.split()[0] in label for label, _ in options), name
    assert page.locator("#choices img, #choices script, #choices svg").count() == 0
    opened.assert_clean()


@pytest.fixture(scope="module")
def postal(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A site with departments in a place of one ZIP code and two in one of several, and codes."""
    tables = synthetic.tables(200)
    state = str(tables["agencies"]["state"].value_counts().index[0])
    codes = areas.zips()
    mine = codes[codes["state"].eq(state) & ~codes["zip"].duplicated(keep=False)]
    sizes = mine["key"].value_counts()
    of_others = codes[codes["state"].eq(state) & ~codes["zip"].isin(mine["zip"])]
    apart = mine[~mine["key"].isin(of_others["key"])]
    alone, free = apart[apart["key"].map(sizes).eq(1)].head(2).to_dict("records")
    (large,) = mine[mine["key"].eq(str(sizes.index[0]))].head(1).to_dict("records")
    cities = iter([alone["place"], large["place"], large["place"]])
    called = [
        next(cities, "Nowhere at All") if code == state else city
        for code, city in zip(tables["agencies"]["state"], tables["agencies"]["city"], strict=True)
    ]
    assert called.count(large["place"]) == 2
    agencies = tables["agencies"].assign(city=pd.Series(called, dtype="string"))
    site = write_site(tables | {"agencies": agencies}, tmp_path_factory.mktemp("postal")).index
    return site, {
        "state": STATES[state].name,
        "name": agencies["name"].tolist()[called.index(alone["place"])],
        "alone": alone["zip"],
        "alone_place": alone["place"],
        "large": large["zip"],
        "large_place": large["place"],
        "free": free["zip"],
    }


def test_zip_codes_lead_to_places(postal: tuple[Path, dict[str, str]], visit: Visit) -> None:
    site, known = postal
    opened = visit(site)
    page = opened.page
    options = offered(page, known["alone"], f"{known['large']}-1234", known["large"][:4])
    assert options[0][0] == (
        f"{known['alone']}: {known['alone_place']}, {known['state']}",
        "place · 1 department",
    )
    assert options[1][0] == (
        f"{known['large']}: {known['large_place']}, {known['state']}",
        "place · 2 departments",
    )
    assert any(known["large_place"] in label for label, _ in options[2])
    page.locator("#search").fill(known["alone"])
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup h2")).to_have_text(known["name"])
    page.locator("#search").fill(f"{known['large_place']} {known['large']}")
    expect(page.locator("#choices li").first).to_contain_text("place · 2 departments")
    opened.assert_clean()


def test_an_unknown_zip_code_still_tells_its_state(
    postal: tuple[Path, dict[str, str]], visit: Visit
) -> None:
    site, known = postal
    opened = visit(site)
    page = opened.page
    page.locator("#search").fill(known["free"])
    expect(page.locator("#found")).to_contain_text(f"{known['free']}: a ZIP code of ")
    expect(page.locator("#found")).to_contain_text(
        "no department listed in its place in what we have."
    )
    shown = page.locator("#choices li", has_text=f"Show {known['state']}")
    shown.click()
    expect(page.locator("#filters select[name=state]")).not_to_have_value("")
    page.locator("#search").fill("00000")
    expect(page.locator("#found")).to_have_text(NO_FINDING)
    hint = page.locator("#search-hint")
    expect(hint).to_contain_text("not of what a department serves")
    expect(page.locator("#search")).to_have_attribute("aria-describedby", "search-hint")
    opened.assert_clean()


def test_results_are_all_departments_fifty_at_a_time(site: Path, visit: Visit) -> None:
    opened = visit(site)
    page = opened.page
    rows = page.locator("#results li button")
    expect(rows).to_have_count(50)
    more = page.locator("#results > button")
    expect(more).to_contain_text(f"{N - 50} not shown yet")
    more.press("Enter")
    expect(rows).to_have_count(100)
    expect(rows.nth(50)).to_be_focused()
    for _ in range(N // 50 - 2):
        more.press("Enter")
    expect(rows).to_have_count(N)
    expect(more).to_be_hidden()
    names = page.locator("#results li .choice").all_inner_texts()
    assert sorted(names) == sorted(AGENCIES["name"])
    page.locator("#results select").select_option("name")
    expect(rows).to_have_count(50)
    names = page.locator("#results li .choice").all_inner_texts()
    assert names == sorted(AGENCIES["name"], key=str.lower)[:50]
    opened.assert_clean()


def test_a_result_opens_its_department_and_is_marked(site: Path, visit: Visit) -> None:
    opened = visit(site)
    page = opened.page
    row = page.locator("#results li button").nth(3)
    name = row.locator(".choice").inner_text()
    row.press("Enter")
    expect(page.locator(".leaflet-popup h2")).to_have_text(name)
    expect(row).to_have_attribute("aria-current", "true")
    page.locator("#results li button").nth(5).press("Enter")
    expect(page.locator("#results [aria-current]")).to_have_count(1)
    expect(row).not_to_have_attribute("aria-current", "true")
    opened.assert_clean()


def test_results_follow_the_filters(site: Path, visit: Visit) -> None:
    state = str(AGENCIES["state"].iloc[0])
    mine = AGENCIES[AGENCIES["state"].eq(state)]
    assert len(mine) < 50
    opened = visit(site, anchor=f"#{state}")
    page = opened.page
    names = page.locator("#results li .choice")
    expect(names).to_have_count(len(mine))
    assert sorted(names.all_inner_texts()) == sorted(mine["name"])
    expect(page.locator("#results > button")).to_be_hidden()
    expect(page.locator("#results li").first).to_contain_text("Ring Neighbors Portal: L")
    page.evaluate("location.hash = '#kind=nothing-of-the-kind'")
    expect(names).to_have_count(0)
    expect(page.locator("#results")).to_contain_text("That is no finding")
    opened.assert_clean()


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2020-06-20", "Perhaps listed on that day"),
        ("2020-12-01", "Last seen listed before that day"),
    ],
)
def test_results_of_a_day_say_how_sure_they_are(
    day: str, words: str, site: Path, visit: Visit
) -> None:
    opened = visit(site, anchor=f"#at={day}")
    page = opened.page
    for _ in range(N // 50):
        if page.locator("#results > button").is_visible():
            page.locator("#results > button").click()
    rows = page.locator("#results li")
    unsure = rows.filter(has_text=words)
    assert 0 < unsure.count() <= rows.count()
    opened.assert_clean()


@pytest.mark.parametrize("which", ["site", "hostile_site"])
def test_on_a_phone_it_is_large_enough_and_the_list_is_below_the_map(
    which: str, visit: Visit, request: pytest.FixtureRequest
) -> None:
    opened = visit(request.getfixturevalue(which), width=390, height=844)
    page = opened.page
    page.locator("#search").fill("police")
    boxes = [row.bounding_box() for row in page.locator("#choices li").all()]
    assert boxes
    assert all(box and box["height"] >= 44 and box["x"] + box["width"] <= 390 for box in boxes)
    page.keyboard.press("Escape")
    rows = page.locator("#results li button").all()[:10]
    tall = [row.bounding_box() for row in rows]
    assert all(box and box["height"] >= 44 for box in tall)
    world, first = page.locator(".map").bounding_box(), tall[0]
    assert world
    assert first
    assert first["y"] > world["y"] + world["height"]
    assert opened.sideways() == 0
