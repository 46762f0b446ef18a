"""Shaded areas and their legend: every shade and sentence against the tables, unknown no zero."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import log, pi, tan
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from playwright.sync_api import Locator, expect

from analysis.areas import county_topology, populations
from analysis.places import state_shapes
from maps.page import write_site
from maps.shapes import DATE_LINE_WEST
from tests import synthetic
from tests.browser.conftest import N, Opened

Visit = Callable[..., Opened]
TABLES = synthetic.tables(N)
AGENCIES = TABLES["agencies"]
LISTED = AGENCIES["state"].value_counts().to_dict()
RESIDENTS = dict(zip(populations()["area"], populations()["population"], strict=True))
NAMES = dict(zip(state_shapes()["state"], state_shapes()["name"], strict=True))
FIRST = TABLES["footage_totals"].query("period_start == '2020-04-01'")

WATCH = """() => addEventListener("shaded", (event) => { window.shaded = event.detail; }, true)"""
COLOUR = """([x, y]) => {
  const canvas = document.querySelector(".areas-canvas");
  const box = canvas.getBoundingClientRect();
  const map = document.querySelector(".map").getBoundingClientRect();
  const scale = canvas.width / box.width;
  const [left, top] = [(x + map.left - box.left) * scale, (y + map.top - box.top) * scale];
  const corner = [Math.round(left) - 6, Math.round(top) - 6];
  const {data} = canvas.getContext("2d").getImageData(...corner, 12, 12);
  const digits = (part) => part.toString(16).padStart(2, "0");
  const found = new Set();
  for (let i = 0; i < data.length; i += 4) {
    found.add("#" + Array.from(data.slice(i, i + 3), digits).join(""));
  }
  return [...found];
}"""
INKED = """() => {
  const canvas = document.querySelector(".areas-canvas");
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let inked = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] < 150 && data[i + 2] < 160 && data[i + 3] === 255) inked += 1;
  }
  return inked;
}"""


@dataclass
class Shaded:
    """A page whose map tells what it has drawn: levels and boxes of areas, by code."""

    opened: Opened

    @property
    def areas(self) -> dict[str, dict[str, Any]]:
        return {area["code"]: area for area in self.opened.page.evaluate("window.shaded()")}

    @property
    def legend(self) -> Locator:
        return self.opened.page.locator("#legend")

    @property
    def classes(self) -> list[str]:
        return self.legend.locator(".classes li").all_inner_texts()

    def choose(self, measure: str) -> None:
        self.legend.get_by_label("Shade areas by").select_option(measure)
        self.opened.page.wait_for_function("() => window.shaded")

    def place(self, code: str, spot: tuple[float, float]) -> tuple[float, float]:
        """Where in the map's box a point of an area is, of which the box on the ground is known."""
        area, (west, south, east, north) = self.areas[code], ground(code)
        across = (spot[0] - west) / (east - west)
        down = (mercator(north) - mercator(spot[1])) / (mercator(north) - mercator(south))
        return (
            area["left"] + across * (area["right"] - area["left"]),
            area["top"] + down * (area["bottom"] - area["top"]),
        )


def mercator(latitude: float) -> float:
    return log(tan(pi / 4 + latitude * pi / 360))


@cache
def outlines() -> dict[str, Any]:
    shapes = state_shapes()
    return dict(zip(shapes["state"], shapes.geometry, strict=True))


def ground(code: str) -> tuple[float, float, float, float]:
    west, south, east, north = outlines()[code].bounds
    return (west, south, east, north)


@pytest.fixture
def shaded(visit: Visit) -> Callable[..., Shaded]:
    def opened(site: Path, measure: str = "rate", **how: Any) -> Shaded:
        """``measure`` is chosen once the page listens, so that it hears what is drawn."""
        seen = Shaded(visit(site, **how))
        seen.opened.page.evaluate(WATCH)
        if measure == "departments":
            seen.choose("rate")
        seen.choose(measure)
        return seen

    return opened


def breaks(largest: float, whole: bool) -> list[float]:
    """The rule of the classes, told once more: round parts of the largest value."""
    found: list[float] = [1 if whole else 0]
    for share in (20, 6, 2):
        part = largest / share
        step = round(part) if whole and part < 10 else float(f"{part:.0e}")
        if step > found[-1]:
            found.append(step)
    return found


def level(value: float | None, limits: list[float]) -> int:
    if value is None:
        return -1
    return sum(value >= limit for limit in [0, *limits[1:]]) if value else 0


def test_states_are_shaded_by_the_departments_listed(
    site: Path, shaded: Callable[..., Shaded]
) -> None:
    page = shaded(site, "departments")
    limits = breaks(max(LISTED.values()), whole=True)
    areas = page.areas
    assert len(areas) >= 49
    assert {code: area["level"] for code, area in areas.items()} == {
        code: level(LISTED.get(code), limits) for code in areas
    }
    assert not any(area["small"] for area in areas.values())
    expect(page.legend.locator("h3.measured")).to_have_text("Departments shown, by state")
    ends = [f"{next_ - 1:.0f}" for next_ in limits[1:]]
    words = [
        end if end == f"{low:.0f}" else f"{low:.0f} to {end}"
        for low, end in zip(limits, ends, strict=False)
    ]
    assert page.classes == [
        "Listed, but none match the filters",
        *words,
        f"{limits[-1]:.0f} or more",
        "None listed in what we have",
    ]
    page.opened.assert_clean()


def test_what_is_drawn_is_the_colour_in_the_legend_and_unknown_is_hatched(
    visit: Visit, shaded: Callable[..., Shaded], tmp_path: Path
) -> None:
    middle = ["KS", "NE", "SD"]
    tables = synthetic.without(synthetic.tables(200), middle)
    page = shaded(write_site(tables, tmp_path).index, "departments")
    swatches = page.legend.locator(".classes .swatch").evaluate_all(
        "all => all.map((patch) => getComputedStyle(patch).backgroundColor)"
    )
    plain = ["#" + "".join(f"{int(p):02x}" for p in rgb[4:-1].split(",")) for rgb in swatches[:-1]]
    assert len(set(plain)) == len(plain)
    drawn = [code for code in ("TX", "CO", "IA", "MT", "NM") if page.areas[code]["level"] > 0]
    assert len(drawn) > 2
    for code in drawn:
        found = page.opened.page.evaluate(COLOUR, page.place(code, centre(code)))
        assert found == [plain[page.areas[code]["level"]]]
    for code in middle:
        found = page.opened.page.evaluate(COLOUR, page.place(code, centre(code)))
        assert page.areas[code]["level"] == -1
        assert len(found) > 2
        assert not set(found) & set(plain)


def centre(code: str) -> tuple[float, float]:
    point = outlines()[code].representative_point()
    return (point.x, point.y)


def said(page: Shaded, code: str) -> str:
    """What the map tells where the mouse rests on an area, away from all departments."""
    groups = page.opened.groups()
    shape = outlines()[code]
    west, south, east, north = shape.bounds
    grid = [(west + (east - west) * i / 12, south + (north - south) * j / 12)
            for i in range(1, 12) for j in range(1, 12)]  # fmt: skip
    for spot in grid:
        if not shape.buffer(-0.15).contains(shapely.Point(spot)):
            continue
        x, y = page.place(code, spot)
        if all(abs(x - g["x"]) > 30 or abs(y - g["y"]) > 30 for g in groups):
            box = page.opened.page.locator(".map").bounding_box()
            assert box is not None
            page.opened.page.mouse.move(box["x"] + x - 3, box["y"] + y)
            page.opened.page.mouse.move(box["x"] + x, box["y"] + y)
            tip = page.opened.page.locator(".leaflet-tooltip")
            expect(tip).to_contain_text(NAMES[code])
            return tip.inner_text()
    raise AssertionError(f"no free spot in {code}")


def test_a_rate_names_its_residents_and_their_year(
    site: Path, shaded: Callable[..., Shaded]
) -> None:
    page = shaded(site, "rate", height=1400)
    rates = {
        code: count / RESIDENTS[code] * 1e5 for code, count in LISTED.items() if code in RESIDENTS
    }
    few = {code for code in rates if LISTED[code] < 3 or RESIDENTS[code] < 20_000}
    limits = breaks(max(rate for code, rate in rates.items() if code not in few), whole=False)
    areas = page.areas
    assert {code: (area["level"], area["small"]) for code, area in areas.items()} == {
        code: (level(rates.get(code), limits), code in few) for code in areas
    }
    for code in ("NV", "MT", "TX"):
        rate = f"{rates[code]:.2g}" if rates[code] < 10 else f"{rates[code]:.0f}"
        assert said(page, code) == (
            f"{NAMES[code]}: {LISTED[code]} departments listed; {float(rate):g} per 100,000 of "
            f"{RESIDENTS[code]:,} residents (2020)"
        )
    expect(page.legend.locator(".note")).to_contain_text("estimates of 1 July 2020")
    expect(page.legend).to_contain_text(
        "Small number: rests on fewer than 3 departments or 20,000 residents (limits we chose)"
    )
    page.opened.assert_clean()


def test_where_residents_are_not_known_there_is_no_rate(
    site: Path, shaded: Callable[..., Shaded]
) -> None:
    page = shaded(site, "departments", width=1600, height=1200)
    for _ in range(8):
        page.opened.page.locator(".leaflet-control-zoom-out").press("Enter")
        page.opened.page.wait_for_timeout(300)
    territories = ["GU", "PR", "VI", "AS", "MP"]
    assert all(page.areas[code]["level"] > 0 for code in territories)
    page.choose("rate")
    assert [page.areas[code]["level"] for code in territories] == [-1] * 5
    assert not any(page.areas[code]["small"] for code in territories)


def test_few_are_marked_by_dashes_not_by_colour(
    visit: Visit, shaded: Callable[..., Shaded], tmp_path: Path
) -> None:
    agencies = TABLES["agencies"]
    spare = agencies[agencies["state"].eq("MT")]["agency_id"].iloc[2:]
    tables = {
        name: frame[~frame["agency_id"].isin(spare)] if "agency_id" in frame else frame
        for name, frame in TABLES.items()
    }
    page = shaded(write_site(tables, tmp_path).index, "departments")
    before = page.opened.page.evaluate(INKED)
    page.choose("rate")
    marked = [code for code, area in page.areas.items() if area["small"]]
    assert "MT" in marked
    assert page.opened.page.evaluate(INKED) > before + 20
    assert said(page, "MT").endswith("residents (2020) (small number)")


def test_known_requests_name_of_how_many_they_are_known(
    site: Path, shaded: Callable[..., Shaded]
) -> None:
    page = shaded(site, "requests", height=1400)
    states = FIRST[FIRST["scope"].eq("state")].set_index("state")
    value = {code: None if pd.isna(v) else float(v) for code, v in states["value"].items()}
    known = states["n_known"].to_dict()
    few = {code for code, v in value.items() if v is not None and known[code] < 3}
    sure = [v for code, v in value.items() if v is not None and code not in few]
    limits = breaks(max(sure or [v for v in value.values() if v is not None]), whole=True)
    assert {code: (area["level"], area["small"]) for code, area in page.areas.items()} == {
        code: (level(value[code], limits), code in few) for code in page.areas
    }
    what = "requests for footage, April to June 2020"
    code = next(code for code in ("AZ", "WY", "WI", "NM", "MN") if value[code])
    total = int(states["n_total"][code])
    small = " (small number)" if code in few else ""
    noun = "department" if total == 1 else "departments"
    assert said(page, code) == (
        f"{NAMES[code]}: at least {value[code]:,.0f} {what}; known of {known[code]} of {total} "
        f"{noun}{small}"
    )
    silent = next(code for code in ("TX", "NV", "KS", "CO", "WY") if value[code] is None)
    assert said(page, silent) == (
        f"{NAMES[silent]}: {what}: known of none of {int(states['n_total'][silent])} departments"
    )
    nation = FIRST[FIRST["scope"].eq("nation")].iloc[0]
    expect(page.legend.locator(".note")).to_contain_text(
        f"known of {nation['n_known']} of {nation['n_total']} departments in all"
    )
    page.opened.assert_clean()


def test_another_period_is_chosen_and_stays_in_the_address(
    site: Path, shaded: Callable[..., Shaded]
) -> None:
    page = shaded(site, "requests")
    period = page.legend.get_by_label("Period and count")
    expect(period.locator("option")).to_have_text(
        ["Requests for footage, April to June 2020", "Requests for footage, January to March 2020"]
    )
    period.select_option("video_requests:2020-01-01:2020-03-31")
    zero = TABLES["footage_totals"].query("period_start == '2020-01-01' and value == 0")
    states = set(zero["state"].dropna())
    assert {code for code, area in page.areas.items() if area["level"] == 0} == states & set(
        page.areas
    )
    assert all(area["level"] <= 0 for area in page.areas.values())
    address = page.opened.page.url
    assert "measure=requests&period=video_requests" in address
    page.opened.page.reload()
    expect(page.legend.get_by_label("Shade areas by")).to_have_value("requests")
    expect(period).to_have_value("video_requests:2020-01-01:2020-03-31")
    page.legend.get_by_label("Shade areas by").select_option("departments")
    expect(period).to_be_hidden()
    page.opened.page.go_back()
    expect(period).to_have_value("video_requests:2020-01-01:2020-03-31")


def test_a_stated_zero_is_said_as_a_zero(site: Path, shaded: Callable[..., Shaded]) -> None:
    zero = TABLES["footage_totals"].query("period_start == '2020-01-01' and value == 0")
    geoid = zero["county_geoid"].dropna().iloc[0]
    period = "&measure=requests&period=video_requests:2020-01-01:2020-03-31"
    page = shaded(site, "requests", anchor=f"#{geoid}{period}")
    page.legend.get_by_label("Period and count").select_option(
        "video_requests:2020-01-01:2020-03-31"
    )
    assert page.areas[geoid]["level"] == 0
    others = {code: area["level"] for code, area in page.areas.items() if code != geoid}
    assert set(others.values()) == {-1}
    expect(page.legend.locator(".classes li").first).to_have_text("0, as stated")


def counties() -> dict[str, int]:
    found = AGENCIES["county_geoid"].value_counts()
    return {str(code): int(count) for code, count in found.items()}


def test_counties_are_shaded_when_near(site: Path, shaded: Callable[..., Shaded]) -> None:
    there = counties()
    geoid = max(there, key=lambda code: (there[code], code))
    page = shaded(site, "departments", anchor=f"#{geoid}")
    limits = breaks(max(there.values()), whole=True)
    assert geoid in page.areas
    assert all(len(code) == 5 for code in page.areas)
    assert {code: area["level"] for code, area in page.areas.items()} == {
        code: level(there.get(code), limits) for code in page.areas
    }
    expect(page.legend.locator("h3.measured")).to_have_text("Departments shown, by county")
    nowhere = AGENCIES["county_geoid"].isna().sum()
    expect(page.legend.locator(".note")).to_have_text(
        f"{nowhere} departments shown are in none: the county is not known."
    )
    box = page.opened.page.locator(".map").bounding_box()
    area = page.areas[geoid]
    assert box is not None
    assert area["left"] >= 0
    assert area["top"] >= 0
    assert area["right"] <= box["width"]
    assert area["bottom"] <= box["height"]
    page.opened.assert_clean()


def test_a_click_on_a_county_names_it_and_its_state(
    site: Path, shaded: Callable[..., Shaded]
) -> None:
    table = county_topology().counties.set_index("county_geoid")
    code = next(  # one without departments, round and far from the coast
        code for code in ("20045", "31109", "29019", "19153") if code not in counties()
    )
    page = shaded(site, "departments", anchor=f"#{code}")
    area = page.areas[code]
    box = page.opened.page.locator(".map").bounding_box()
    assert box is not None
    page.opened.page.mouse.click(
        box["x"] + (area["left"] + area["right"]) / 2, box["y"] + (area["top"] + area["bottom"]) / 2
    )
    name = f"{table['name'][code]!s}, {NAMES[table['state'][code]]}"
    expect(page.opened.page.locator(".leaflet-popup h2")).to_have_text(
        f"{name}: none listed in what we have"
    )
    assert "0" not in page.opened.page.locator(".leaflet-popup").inner_text()


def test_what_the_filters_leave_out_is_neither_unknown_nor_a_class(
    site: Path, shaded: Callable[..., Shaded]
) -> None:
    page = shaded(site, "departments", anchor="#programme=camera_registry")
    listed = TABLES["participations"].query("programme == 'camera_registry'")["agency_id"]
    left = AGENCIES[AGENCIES["agency_id"].isin(listed)]["state"].value_counts().to_dict()
    limits = breaks(max(left.values()), whole=True)
    assert {code: area["level"] for code, area in page.areas.items()} == {
        code: level(left.get(code, 0), limits) for code in page.areas
    }
    code = next(code for code in ("TX", "NV", "CO", "NE", "MT") if left.get(code, 0) > 0)
    assert said(page, code) == (
        f"{NAMES[code]}: {left[code]} of {LISTED[code]} departments match the filters"
    )


def test_the_classes_stay_while_time_runs(site: Path, shaded: Callable[..., Shaded]) -> None:
    page = shaded(site, "departments")
    before = page.classes
    page.opened.page.evaluate("location.hash = 'at=2018-08-28'")
    expect(page.legend.locator(".note")).to_contain_text("last seen before it all count")
    assert page.classes == before
    assert sum(area["level"] == 0 for area in page.areas.values()) > 0


def test_an_unknown_measure_in_the_address_is_none(site: Path, visit: Visit) -> None:
    for measure in ("constructor", "__proto__", "<b>"):
        opened = visit(site, anchor=f"#measure={measure}&period=toString")
        expect(opened.page.get_by_label("Shade areas by")).to_have_value("departments")
        opened.assert_clean()


def test_the_legend_works_by_keyboard_and_fits_a_phone(site: Path, visit: Visit) -> None:
    opened = visit(site, width=390, height=800)
    opened.page.get_by_label("Shade areas by").focus()
    opened.page.keyboard.press("ArrowDown")
    expect(opened.page.locator("#legend h3.measured")).to_have_text(
        "Departments shown per 100,000 residents, by state"
    )
    opened.page.keyboard.press("ArrowDown")
    expect(opened.page.get_by_label("Period and count")).to_be_visible()
    assert opened.sideways() == 0
    opened.assert_clean()


def test_states_beyond_the_date_line_are_found_beside_the_rest(site: Path, visit: Visit) -> None:
    for code in sorted(DATE_LINE_WEST):
        opened = visit(site, anchor=f"#{code}")
        opened.page.evaluate(WATCH)
        opened.page.get_by_label("Shade areas by").select_option("rate")
        width = opened.page.locator(".map").evaluate("map => map.clientWidth")
        drawn = opened.page.evaluate("window.shaded()")
        assert drawn
        assert any(area["right"] > 0 and area["left"] < width for area in drawn)
        assert all(area["right"] - area["left"] < 2 * width for area in drawn)
