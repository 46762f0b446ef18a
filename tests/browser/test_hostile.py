"""Text of people who wish the pages ill, from every field, and in the address: it stays text."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import html
from playwright.sync_api import expect

from tests import synthetic
from tests.browser.conftest import Opened

Visit = Callable[..., Opened]
AGENCIES = synthetic.hostile()["agencies"].set_index("agency_id")
NAMES = {name: str(AGENCIES.index[AGENCIES["name"] == name][0]) for name in synthetic.HOSTILE}
"""One department of each name."""
FORMULA = '=HYPERLINK("x")'
OURS = {
    *(
        "bdi",
        "html",
        "head",
        "meta",
        "title",
        "link",
        "style",
        "script",
        "noscript",
        "body",
        "header",
    ),
    *("main", "footer", "nav", "section", "article", "aside", "div", "span", "p", "h1", "h2", "h3"),
    *("h4", "ul", "ol", "li", "dl", "dt", "dd", "a", "abbr", "b", "br", "code", "em", "strong"),
    *("small", "time", "blockquote", "pre", "q", "cite", "details", "summary", "figure"),
    *("figcaption", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "form"),
    *("fieldset", "legend", "label", "input", "select", "option", "optgroup", "textarea", "button"),
    *("output", "canvas", "svg", "defs", "pattern", "g", "path", "rect", "circle", "line", "text"),
    *("tspan", "use", "desc", "polyline", "polygon", "clippath", "symbol", "sup", "sub"),
}
"""Elements that our templates and scripts make."""


def pages(site: Path) -> list[Path]:
    return sorted(site.parent.rglob("*.html"))


def marks(opened: Opened) -> list[str]:
    """Elements and attributes that nobody but a hostile text would put into a page."""
    found: list[str] = opened.page.evaluate(
        """(ours) => [...document.querySelectorAll("*")].filter((element) =>
          !ours.includes(element.localName.toLowerCase())
          || [...element.attributes].some(({name, value}) => /^on/i.test(name)
            || /^(javascript|vbscript|data:text)/i.test(value.trim()) && name !== "content"))
          .map((element) => element.outerHTML.slice(0, 200))""",
        sorted(OURS),
    )
    return found


def test_no_page_holds_an_element_that_a_text_made(hostile_site: Path) -> None:
    for path in pages(hostile_site):
        page = html.document_fromstring(path.read_text("utf-8"))
        for element in page.iter():
            if isinstance(element.tag, str):
                assert element.tag in OURS, (path.name, element.tag)
                assert not [name for name in element.attrib if name.startswith("on")], path.name
        links = [*page.xpath("//@href"), *page.xpath("//@src"), *page.xpath("//@action")]
        assert not [link for link in links if "script:" in link.lower()], path.name
        assert "49" not in page.findtext(".//title")  # {{7*7}}


def test_every_kind_of_page_runs_nothing_of_it(hostile_site: Path, visit: Visit) -> None:
    folder = hostile_site.parent
    names = ["index.html", "list.html", "states.html", "about.html", "embed.html"]
    state = next(iter(sorted((folder / "state").glob("*.html"))))
    for path in [*(folder / name for name in names), state]:
        opened = visit(path)
        opened.page.evaluate(
            "document.querySelectorAll('details').forEach((e) => { e.open = true; })"
        )
        assert marks(opened) == [], path.name
        opened.assert_clean()


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_department_is_text_in_popup_results_and_page(
    name: str, hostile_site: Path, visit: Visit
) -> None:
    opened = visit(hostile_site, anchor=f"#{NAMES[name]}")
    page = opened.page
    popup = page.locator(".leaflet-popup")
    assert popup.locator("h2").text_content() == name
    assert marks(opened) == []
    link = popup.locator("a[href^='agency/']")
    page.goto(f"{hostile_site.parent.as_uri()}/{link.get_attribute('href')}")
    assert page.locator("h1").text_content() == name
    page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
    assert marks(opened) == []
    opened.assert_clean()


def test_search_and_results_show_text(hostile_site: Path, visit: Visit) -> None:
    opened = visit(hostile_site)
    page = opened.page
    for name in synthetic.HOSTILE:
        page.locator("#search").fill(name[:80])
        page.keyboard.press("ArrowDown")
        assert marks(opened) == []
    page.locator("#search").fill("")
    assert page.locator("#results").text_content() is not None
    page.locator("#search").fill(synthetic.HOSTILE[4])
    expect(page.locator("#choices [role=option]").first).to_contain_text(synthetic.HOSTILE[4])
    opened.assert_clean()


def test_the_list_shows_every_name_to_the_letter(hostile_site: Path, visit: Visit) -> None:
    opened = visit(hostile_site.parent / "list.html")
    names = opened.page.locator(".departments tbody th").all_text_contents()
    assert sorted(names) == sorted(AGENCIES["name"])
    opened.page.locator("#words").fill("<script>alert(1)")
    expect(opened.page.locator("#in-force")).to_contain_text("<script>alert(1)")
    assert marks(opened) == []
    opened.assert_clean()


def test_about_shows_titles_and_notes_to_the_letter(hostile_site: Path, visit: Visit) -> None:
    tables = synthetic.hostile()
    opened = visit(hostile_site.parent / "about.html")
    said = opened.page.locator("main").text_content() or ""
    for text in (
        *tables["sources"]["title"],
        *tables["legal_process"]["source_title"],
        *tables["reported_figures"]["source_title"],
    ):
        assert text in said
    assert opened.page.locator("main a[href*='javascript' i]").count() == 0
    opened.assert_clean()


def test_downloads_hold_the_texts_as_texts(hostile_site: Path) -> None:
    exports = hostile_site.parents[1] / "exports"
    with (exports / "agencies.csv").open(encoding="utf-8-sig", newline="") as file:
        names = sorted(row["name"] for row in csv.DictReader(file))
    assert names == sorted(AGENCIES["name"].replace(FORMULA, f"'{FORMULA}"))  # as spreadsheets ask
    points = json.loads((exports / "agencies.geojson").read_text("utf-8"))
    told = {feature["properties"]["name"] for feature in points["features"]}
    assert told <= set(AGENCIES["name"])
    assert json.loads((exports / "datapackage.json").read_text("utf-8"))["resources"]


COUNTED = re.compile(r"\d+ of 60 departments")
FRAGMENTS = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "%",
    "%E0%A4%A",
    "%00",
    "%ff%fe",
    "${alert(1)}",
    "javascript:alert(1)",
    "at=9999-99-99",
    "at=0000-01",
    "at=2019-02-31",
    "at=-1",
    "at=2019-08-28T00:00",
    "at=275760-09",
    "state=__proto__",
    "state=constructor&kind=toString&programme=__proto__&status=valueOf&year=hasOwnProperty",
    "__proto__=1&constructor=2",
    "il-__proto__",
    "il-nowhere-police",
    "zz",
    "99999",
    "17043&at=2019-08&at=2020-01",
    "measure=__proto__&period=constructor",
    "measure=requests&period=video_requests:0:9",
    "measure=requests&period=:::",
    "sort=__proto__",
    "sort=-",
    "year=NaN&counts=<b>&documents=&",
    "IL&IL&state=TX&state=IL",
    "&=&=&&==",
    "state=" + "I" * 10_000,
    "a" * 1_000_000,
    "&year=2019" * 50_000,
]


@pytest.mark.parametrize("place", range(3))
def test_no_address_breaks_a_page(place: int, hostile_site: Path, visit: Visit) -> None:
    name = ("index.html", "list.html", "embed.html")[place]
    opened = visit(hostile_site.parent / name)
    for fragment in FRAGMENTS[place::3]:
        opened.page.goto("about:blank")
        opened.page.goto(f"{(hostile_site.parent / name).as_uri()}#{fragment}")
        opened.ready()
        assert COUNTED.match(opened.page.locator("#count").inner_text()), fragment[:80]
        assert marks(opened) == [], fragment[:80]
        opened.assert_clean()


def test_an_address_that_changes_breaks_nothing(site: Path, visit: Visit) -> None:
    opened = visit(site)
    for fragment in FRAGMENTS:
        opened.page.evaluate("(fragment) => { location.hash = fragment; }", fragment)
        opened.page.evaluate("new Promise((done) => setTimeout(done, 50))")
        assert marks(opened) == [], fragment[:80]
    opened.page.evaluate("location.hash = ''")
    expect(opened.page.locator("#count")).to_have_text("400 of 400 departments")
    opened.assert_clean()


def test_a_choice_that_nobody_offers_hides_nothing_in_silence(site: Path, visit: Visit) -> None:
    for fragment in ("#state=__proto__", "#kind=toString", "#programme=constructor", "#zz"):
        opened = visit(site, anchor=fragment)
        said = opened.page.locator("#count").inner_text()
        if said != "400 of 400 departments":
            assert opened.page.locator("#filters.filtered").count() == 1, fragment
            opened.page.get_by_role("button", name="Reset").click()
            expect(opened.page.locator("#count")).to_have_text("400 of 400 departments")
        opened.assert_clean()
