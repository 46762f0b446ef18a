"""Going through the months: the rule of the script is that of the analysis, the slider shows it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from analysis.places import state_shapes
from analysis.standing import listed_on
from maps import listing, payload
from maps.columns import script_json
from maps.layers import static
from maps.page import write_site
from tests import synthetic
from tests.browser.conftest import N, Opened

Visit = Callable[..., Opened]
TABLES = synthetic.tables(N)
CODES = {"listed": 1, "perhaps": 2, "last_seen": 3, "no": 0, "unknown": 0}
CERTAIN, PERHAPS, BEFORE = 1, 2, 3


# The rule -----------------------------------------------------------------------------------------

STARTS = [None, "2019", "2019-08", "2019-08-15", "2020-06", "2021"]
FIRST_SEEN = ["2019-07-01", "2019-08-01", "2019-08-20", "2019-08-31", "2019-12-31", "2020-02-29"]
ENDS = [
    ("unknown", None, "2020-10-07", None),
    ("unknown", None, None, "2020-11-02"),
    ("ongoing", None, "2020-06-30", None),
    ("delisted_observed", None, "2020-10-07", "2020-11-02"),
    ("delisted_observed", None, None, "2020-06-11"),
    ("delisted_observed", None, "2020-10-07", "2020-10-07"),
    ("ended_stated", "2020", "2020-03-01", None),
    ("ended_stated", "2020-08", "2020-10-07", None),
    ("programme_ended", "2019-08-20", None, None),
]
"""Kind, stated end, day last seen (None: the day first seen) and first day without it."""


def spells() -> pd.DataFrame:
    """Every start with every first look and every end, a department each."""
    rows = [
        (start, first, kind, end, last or first, missing)
        for start, first, (kind, end, last, missing) in itertools.product(STARTS, FIRST_SEEN, ENDS)
    ]
    names = ["valid_from", "first_observed", "valid_to_kind", "valid_to", "last_observed"]
    frame = pd.DataFrame(rows, columns=[*names, "first_missing"])
    for name, hour in (("first", "03"), ("last", "05")):
        frame[f"{name}_observed"] += f"T{hour}:00:00Z"
    frame["first_missing"] += "T07:00:00Z"
    precisions = {0: "unknown", 4: "year", 7: "month", 10: "day"}
    return frame.assign(
        valid_from_precision=frame["valid_from"].fillna("").str.len().map(precisions)
    )


def with_spells(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables of as many departments, each listed once, as ``frame`` has it."""
    tables = synthetic.tables(len(frame))
    listed = tables["participations"].query("spell == 1").drop_duplicates("agency_id")
    listed = listed.reset_index(drop=True).assign(**{str(name): frame[name] for name in frame})
    return synthetic.checked(tables | {"participations": listed})


def judged(
    browser: Browser, tables: dict[str, pd.DataFrame], days: list[str], ask: str = "at"
) -> tuple[pd.DataFrame, list[list[int]]]:
    """Listings in the order of the payload, and what moments.js says of them on each day."""
    shapes = state_shapes()
    names = dict(zip(shapes["state"], shapes["name"], strict=True))
    agencies = listing.ordered(tables, names)
    listed = tables["participations"].set_index("agency_id").loc[agencies["agency_id"]]
    page = browser.new_page()
    records = script_json(payload.departments(tables, agencies, names))
    page.set_content(f'<script type="application/json" id="records">{records}</script>')
    script = static("records.js") + static("moments.js")
    asked = f"(days) => {{ {script}; const moments = new Moments(readRecords());"
    found = page.evaluate(f"{asked} return days.map((day) => [...moments.{ask}(day)]); }}", days)
    page.close()
    return listed.reset_index(), found


def test_the_script_and_the_analysis_judge_every_listing_alike(browser: Browser) -> None:
    frame = spells()
    edges = {
        str(value)[:10]
        for name in ("valid_from", "first_observed", "last_observed", "first_missing", "valid_to")
        for value in frame[name].dropna()
        if len(str(value)) >= 10
    } | {f"{year}-{day}" for year in range(2018, 2023) for day in ("01-01", "08-01", "09-01")}
    days = sorted(
        {
            (date.fromisoformat(edge) + timedelta(days=step)).isoformat()
            for edge in edges
            for step in (-1, 0, 1)
        }
    )
    listed, found = judged(browser, with_spells(frame), days)
    _, undated = judged(browser, with_spells(frame), days, "undated")
    told = set()
    for day, codes, open_then in zip(days, found, undated, strict=True):
        standing = listed_on(listed, day)
        told |= set(standing)
        apart = listed.assign(said=codes, standing=standing)[
            standing.map(CODES).ne(pd.Series(codes))
        ]
        assert apart.empty, f"{day}\n{apart.head().to_string()}"
        assert [word == "unknown" for word in standing] == [bool(mark) for mark in open_then], day
    assert told == set(CODES)


@pytest.mark.parametrize(
    ("start", "first", "end", "day", "expected"),
    [
        ("2019-08-15", "2020-06-11", ENDS[0], "2019-08-14", 0),
        ("2019-08-15", "2020-06-11", ENDS[0], "2019-08-15", CERTAIN),
        ("2019-08", "2020-06-11", ENDS[0], "2019-07-31", 0),
        ("2019-08", "2020-06-11", ENDS[0], "2019-08-01", PERHAPS),
        ("2019-08", "2020-06-11", ENDS[0], "2019-08-30", PERHAPS),
        ("2019-08", "2020-06-11", ENDS[0], "2019-08", CERTAIN),
        ("2019-08", "2019-08-20", ENDS[0], "2019-08-19", PERHAPS),
        ("2019-08", "2019-08-20", ENDS[0], "2019-08-20", CERTAIN),
        ("2019", "2020-06-11", ENDS[0], "2019-11", PERHAPS),
        ("2019", "2020-06-11", ENDS[0], "2019-12", CERTAIN),
        (None, "2020-06-11", ENDS[0], "2020-06-10", 0),
        (None, "2020-06-11", ENDS[0], "2020-06", CERTAIN),
        ("2019-08-15", "2020-06-11", ENDS[0], "2020-10-07", CERTAIN),
        ("2019-08-15", "2020-06-11", ENDS[0], "2020-10-08", BEFORE),
        ("2019-08-15", "2020-06-11", ENDS[0], "2026-02", BEFORE),
        ("2019-08-15", "2020-06-11", ENDS[3], "2020-10-07", CERTAIN),
        ("2019-08-15", "2020-06-11", ENDS[3], "2020-11-01", PERHAPS),
        ("2019-08-15", "2020-06-11", ENDS[3], "2020-11-02", 0),
        ("2019-08-15", "2019-09-01", ENDS[6], "2020-03-02", BEFORE),
        ("2019-08-15", "2019-09-01", ENDS[6], "2020-12-31", BEFORE),
        ("2019-08-15", "2019-09-01", ENDS[6], "2021-01-01", 0),
    ],
)
def test_what_is_known_of_a_day_told_by_hand(
    browser: Browser,
    start: str | None,
    first: str,
    end: tuple[str, str | None, str | None, str | None],
    day: str,
    expected: int,
) -> None:
    kind, stated, last, missing = end
    moment = "T00:00:00Z"
    frame = pd.DataFrame(
        {
            "valid_from": [start],
            "valid_from_precision": {0: "unknown", 4: "year", 7: "month", 10: "day"}[
                len(start or "")
            ],
            "first_observed": first + moment,
            "last_observed": (last or first) + moment,
            "first_missing": missing and missing + moment,
            "valid_to": stated,
            "valid_to_kind": kind,
        }
    )
    _, found = judged(browser, with_spells(frame), [day])
    assert found == [[expected]]


def test_no_day_and_no_date_choose_nothing(browser: Browser) -> None:
    page = browser.new_page()
    records = {"listings": {"last": {"of": ["2020-10-07", "2019-01-01"]}}}
    script = f"(records) => {{ {static('moments.js')}; const moments = new Moments(records);"
    texts = ["", "2019", "2019-13", "2019-02-29", "2019-8-1", "2019-08-28T00", "x", "٢٠١٩-٠٨"]
    asked = "return [moments.first, moments.last, ...texts.map((text) => moments.at(text))]; }"
    found = page.evaluate(f"{script} const texts = {texts!r}; {asked}", records)
    page.close()
    assert found == ["2018-01", "2020-10", *[None] * len(texts)]


# The slider ---------------------------------------------------------------------------------------


def tally(day: str, rows: pd.Series | None = None) -> list[int]:
    """Departments listed for certain, perhaps and last seen earlier, and of those not listed so how
    many have no stated start, counted from the tables alone."""
    listed = TABLES["participations"]
    standing = listed_on(listed, day)
    keep = pd.Series(True, listed.index) if rows is None else rows
    code = standing.map(CODES)[keep & standing.map(CODES).gt(0)]
    best = code.groupby(listed["agency_id"]).min()
    unknown = listed["agency_id"][keep & standing.eq("unknown") & listed["spell"].eq(1)]
    undated = len(set(unknown) - set(best.index))
    return [*(int(best.eq(kind).sum()) for kind in (CERTAIN, PERHAPS, BEFORE)), undated]


def said(page: Page) -> list[int]:
    """The same numbers as the page tells them."""
    words = page.locator("#time-said").inner_text()
    parts = [r"([\d,]+) departments? listed for certain", r"([\d,]+) perhaps"]
    parts += [r"([\d,]+) last seen listed earlier", r"([\d,]+) more have no stated start"]
    found = [re.search(part, words) for part in parts]
    return [int(one[1].replace(",", "")) if one else 0 for one in found]


def month(page: Page) -> int:
    return int(page.locator("#time-month").input_value())


def address(page: Page) -> str:
    return page.url.partition("#")[2]


def test_the_day_in_the_address_shows_the_count_of_that_day(site: Path, visit: Visit) -> None:
    opened = visit(site, anchor="#at=2019-08-28")
    page = opened.page
    expected = tally("2019-08-28")
    assert all(expected[at] for at in (0, 1, 3))
    expect(page.locator("#time-said")).to_contain_text("28 August 2019: ")
    assert said(page) == expected
    expect(page.locator("#count")).to_have_text(f"{sum(expected[:3])} of {N} departments")
    assert sum(group["count"] for group in opened.groups()) <= sum(expected[:3])
    assert month(page) == 19
    expect(page.locator("#time-month")).to_have_attribute("aria-valuetext", "28 August 2019")
    expect(page.locator("#time-day")).to_have_value("2019-08-28")
    opened.assert_clean()


def test_a_month_means_its_last_day(site: Path, visit: Visit) -> None:
    page = visit(site, anchor="#at=2020-02").page
    expect(page.locator("#time-said")).to_contain_text("End of February 2020: ")
    assert said(page) == tally("2020-02-29")
    expect(page.locator("#time-day")).to_have_value("")


def test_long_after_the_last_look_nobody_is_listed_for_certain(site: Path, visit: Visit) -> None:
    page = visit(site, anchor="#at=2031-01").page
    certain, perhaps, before, undated = tally("2031-01-31")
    assert (certain, perhaps, undated) == (0, 0, 0)
    expect(page.locator("#time-said")).to_contain_text("no department listed for certain")
    assert said(page) == [0, 0, before, 0]


def test_an_exact_day_goes_with_the_other_filters(site: Path, visit: Visit) -> None:
    opened = visit(site, anchor="#programme=camera_registry")
    page = opened.page
    page.locator("#time-day").fill("2019-08-28")
    rows = TABLES["participations"]["programme"].eq("camera_registry")
    expect(page.locator("#time-said")).to_contain_text("28 August 2019: ")
    assert said(page) == tally("2019-08-28", rows)
    assert "programme=camera_registry" in address(page)
    assert "at=2019-08-28" in address(page)
    page.get_by_role("button", name="All times").click()
    assert "at=" not in address(page)
    expect(page.locator("#time-said")).to_contain_text("No day is chosen")
    opened.assert_clean()


def test_a_day_outside_the_years_is_not_chosen(site: Path, visit: Visit) -> None:
    page = visit(site).page
    page.locator("#time-day").fill("1998-01-01")
    page.locator("#time-day").blur()
    assert address(page) == ""


@pytest.mark.parametrize("said_at", ["2019-08-15", "2019-08", "2026-02"])
def test_starts_known_by_month_are_perhaps_within_it_and_drawn_so(
    visit: Visit, tmp_path: Path, said_at: str
) -> None:
    listed = TABLES["participations"].query("spell == 1")
    known = listed.assign(
        valid_from="2019-08",
        valid_from_precision="month",
        valid_from_kind="stated",
        valid_to_kind="unknown",
        first_missing=None,
    )
    tables = synthetic.checked(TABLES | {"participations": known})
    opened = visit(write_site(tables, tmp_path).index, anchor=f"#at={said_at}")
    expected = {"2019-08-15": [0, N, 0, 0], "2019-08": [N, 0, 0, 0], "2026-02": [0, 0, N, 0]}
    assert said(opened.page) == expected[said_at]
    fill, ring = drawn(opened)
    if said_at == "2019-08-15":
        assert fill == "#ffffff"
        assert 0.3 < ring < 0.9
    elif said_at == "2019-08":
        assert fill == "#7c2d12"
    else:
        assert fill == "#efd0bf"
        assert ring == 1


def drawn(opened: Opened) -> tuple[str, float]:
    """The fill of the group that lies on top, and how much of its ring is dark."""
    script = """(group) => {
      const canvas = document.querySelector(".departments-canvas");
      const [map, own] = [document.querySelector(".map"), canvas].map((element) =>
        element.getBoundingClientRect());
      const pen = canvas.getContext("2d");
      const radius = 10 + 4.5 * Math.log10(group.count * 2);
      const colour = (turn, far) => [...pen.getImageData(
        Math.round(group.x + map.x - own.x + far * Math.cos(turn)),
        Math.round(group.y + map.y - own.y + far * Math.sin(turn)), 1, 1).data.slice(0, 3)];
      const turns = [...Array(72).keys()].map((step) => (step * Math.PI) / 36);
      const dark = (turn) => [-1, -0.5, 0, 0.5].some((off) => colour(turn, radius + off)[1] < 120);
      return [colour(Math.PI / 2, radius - 4), turns.filter(dark).length / turns.length];
    }"""
    fill, ring = opened.page.evaluate(script, opened.groups()[0])
    return "#" + "".join(f"{part:02x}" for part in fill), ring


def test_the_keyboard_moves_through_the_months(site: Path, visit: Visit) -> None:
    opened = visit(site)
    page = opened.page
    slider = page.locator("#time-month")
    last = month(page)
    slider.focus()
    slider.press("ArrowLeft")
    assert month(page) == last - 1
    assert "at=2020-" in address(page)
    slider.press("Home")
    assert address(page) == "at=2018-01"
    expect(page.locator("#time-said")).to_contain_text("End of January 2018: ")
    expect(slider).to_have_attribute("aria-valuetext", "End of January 2018")
    following = page.get_by_role("button", name="Next month")
    following.press("Enter")
    following.press("Enter")
    assert address(page) == "at=2018-03"
    page.get_by_role("button", name="Previous month").press("Enter")
    assert address(page) == "at=2018-02"
    assert said(page) == tally("2018-02-28")
    opened.assert_clean()


def test_months_end_where_the_facts_do(site: Path, visit: Visit) -> None:
    page = visit(site).page
    newest = TABLES["participations"]["last_observed"].max()[:7]
    page.get_by_role("button", name="Previous month").press("Enter")
    assert address(page) == f"at={newest}"
    following = page.get_by_role("button", name="Next month")
    expect(following).to_have_attribute("aria-disabled", "true")
    following.press("Enter")
    assert address(page) == f"at={newest}"


def test_one_drag_is_one_step_back(site: Path, visit: Visit) -> None:
    opened = visit(site, anchor="#kind=police")
    page = opened.page
    slider = page.locator("#time-month")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.3, middle)
    page.mouse.down()
    for part in (0.4, 0.5, 0.6):
        page.mouse.move(box["x"] + box["width"] * part, middle, steps=3)
    page.mouse.up()
    assert re.fullmatch(r"kind=police&at=2019-\d\d", address(page))
    page.go_back()
    expect(page.locator("#time-said")).to_contain_text("No day is chosen")
    assert address(page) == "kind=police"
    page.go_forward()
    expect(page.locator("#time-said")).to_contain_text(" 2019: ")
    opened.assert_clean()


def test_playing_goes_on_month_by_month_until_paused(site: Path, visit: Visit) -> None:
    opened = visit(site)
    page = opened.page
    page.get_by_role("button", name="Play").click()
    slider = "document.getElementById('time-month')"  # at its end until the first month is shown
    page.wait_for_function(
        f"() => Number({slider}.value) >= 4 && Number({slider}.value) < Number({slider}.max)"
    )
    expect(page.locator("#time-said")).to_have_attribute("aria-live", "off")
    page.get_by_role("button", name="Pause").click()
    reached = month(page)
    assert 4 <= reached < month_count(page)
    page.wait_for_timeout(500)
    assert month(page) == reached
    day = f"{2018 + reached // 12}-{reached % 12 + 1:02}"
    assert address(page) == f"at={day}"
    assert said(page) == tally(f"{pd.Period(day).end_time:%Y-%m-%d}")
    page.go_back()
    expect(page.locator("#time-said")).to_contain_text("No day is chosen")
    opened.assert_clean()


def month_count(page: Page) -> int:
    return int(page.locator("#time-month").get_attribute("max") or 0) + 1


def test_playing_ends_with_the_last_month(site: Path, visit: Visit) -> None:
    page = visit(site, anchor="#at=2020-07-15").page
    page.get_by_role("button", name="Play").press("Enter")
    slider = "document.getElementById('time-month')"
    page.wait_for_function(f"() => {slider}.value === {slider}.max")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert month(page) == month_count(page) - 1
    assert address(page) == "at=2020-10"


STOPS: dict[str, Callable[[Page], Any]] = {
    "the slider": lambda page: page.locator("#time-month").press("ArrowRight"),
    "a mark": lambda page: page.locator(".marks button").first.click(),
    "all times": lambda page: page.get_by_role("button", name="All times").press("Enter"),
    "another page in front": lambda page: page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    ),
    "the back button": lambda page: page.go_back(),
}


@pytest.mark.parametrize("stop", STOPS)
def test_playing_stops_at_any_touch(site: Path, visit: Visit, stop: str) -> None:
    opened = visit(site)
    page = opened.page
    page.get_by_role("button", name="Play").press("Enter")
    page.wait_for_function("() => Number(document.getElementById('time-month').value) === 2")
    STOPS[stop](page)
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    reached = month(page)
    page.wait_for_timeout(400)
    assert month(page) == reached
    opened.assert_clean()


def test_with_reduced_motion_a_month_takes_a_second(site: Path, visit: Visit) -> None:
    page = visit(site, still=True).page
    script = """() => new Promise((done) => {
      const slider = document.getElementById("time-month");
      const moments = [];
      const watch = (now) => {
        if (Number(slider.value) === moments.length) moments.push(now);
        if (moments.length < 3) requestAnimationFrame(watch);
        else done(moments);
      };
      document.querySelector(".play").click();
      requestAnimationFrame(watch);
    })"""
    first, second, third = page.evaluate(script)
    assert second - first > 900
    assert third - second > 900


def test_marks_lead_to_their_day_and_tell_what_befell(site: Path, visit: Visit) -> None:
    opened = visit(site)
    page = opened.page
    marks = page.locator(".marks button")
    expected = ["2018-03-22", "2019-08", "2020-06-04", "2020-06-05", "2020-10-05"]
    assert marks.count() == len(expected)
    for number, day in enumerate(expected):
        mark = marks.nth(number)
        box = mark.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
        mark.press("Enter")
        assert address(page) == f"at={day}"
        expect(mark).to_have_attribute("aria-current", "date")
        expect(mark).to_have_accessible_name(re.compile(rf"^{number + 1}: .+: .+ "))
    assert page.locator(".marks [aria-current]").count() == 1
    of_month = page.locator(".marks .month")
    assert of_month.count() == 1
    expect(of_month).to_have_accessible_name(
        "2: August 2019 (no source states the day): Ring Neighbors Portal: was announced "
        "(the map of departments)"
    )
    page.locator("#time summary").press("Enter")
    told = page.locator("#time .events li").all_inner_texts()
    assert len(told) == len(expected) + 1
    assert told[2].startswith("2020 (no source states the day): Ring Community Requests")
    assert [text[0] for at, text in enumerate(told) if at != 2] == list("12345")
    source = page.locator("#time .events a").first
    expect(source).to_have_attribute("href", "about.html#source-2")
    opened.assert_clean()


@pytest.mark.parametrize("width", [1280, 390])
def test_marks_stay_apart_and_in_order_at_any_width(site: Path, visit: Visit, width: int) -> None:
    opened = visit(site, width=width, anchor="#at=2019-08-28")
    page = opened.page
    boxes = [mark.bounding_box() for mark in page.locator(".marks button").all()]
    places = [box for box in boxes if box]
    assert len(places) == 5
    middles = [box["x"] + box["width"] / 2 for box in places]
    assert middles == sorted(middles)
    for one, other in itertools.combinations(places, 2):
        aside = one["x"] + one["width"] <= other["x"] + 1
        below = one["y"] + one["height"] <= other["y"] + 1
        assert aside or below
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in places)
    assert opened.sideways() == 0


def test_the_thumb_stands_over_the_mark_of_its_month(site: Path, visit: Visit) -> None:
    """A day stands left of the end of its month, and no further than that month is wide."""
    page = visit(site, anchor="#at=2018-03").page
    line = page.locator("#time-month").bounding_box()
    mark = page.locator(".marks button").first.bounding_box()
    assert line is not None
    assert mark is not None
    wide = (line["width"] - 24) / (month_count(page) - 1)
    thumb = line["x"] + 12 + 2 * wide
    middle = mark["x"] + mark["width"] / 2
    assert thumb - wide < middle < thumb


def test_hostile_words_of_events_are_words(hostile_site: Path, visit: Visit) -> None:
    opened = visit(hostile_site, anchor="#at=2019-08-28")
    page = opened.page
    page.locator("#time summary").press("Enter")
    told = page.locator("#time .events").inner_text()
    assert any(text in told for text in synthetic.HOSTILE[:4])
    assert page.locator("#time .events script, #time .events img").count() == 0
    opened.assert_clean()


def test_without_any_fact_there_is_nothing_to_mark(visit: Visit, tmp_path: Path) -> None:
    opened = visit(write_site(synthetic.checked({}), tmp_path).index, anchor="#at=2019-08-28")
    page = opened.page
    expect(page.locator("#time-said")).to_have_text(
        "28 August 2019: no department listed for certain"
    )
    expect(page.locator("#time details")).to_be_hidden()
    opened.assert_clean()
