"""The page about the site: all that the data can say of themselves, counted, linked and escaped."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from lxml import html

from analysis.exports import write_exports
from analysis.places import ATTRIBUTIONS, state_shapes
from analysis.tables import TABLES
from maps import about, barcharts, charts, gaps, listing, words
from maps.document import setting
from maps.folder import Draft
from tests import synthetic

Tables = dict[str, pd.DataFrame]
Element = html.HtmlElement


@pytest.fixture(scope="module")
def tables() -> Tables:
    return synthetic.tables(400)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data without any datasets."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def page(tables: Tables, folder: Path) -> Element:
    return html.document_fromstring(drafted(tables, folder).render())


def drafted(
    tables: Tables, folder: Path, contact: str = "", address: str = "", as_of: date | None = None
) -> Draft:
    shapes = state_shapes()
    names = dict(zip(shapes["state"], shapes["name"], strict=True))
    frame = setting(tables, folder / "site", as_of, contact, address)
    (draft,) = about.drafts(tables, listing.ordered(tables, names), frame)
    return draft


def section(page: Element, name: str) -> str:
    """The words of a section, those of each cell and line apart."""
    (found,) = page.xpath("//section[@id=$name]", name=name)
    apart = re.sub(
        r"<(?=(?:td|th|li|p|div|small|h\d)\b)", " <", html.tostring(found, encoding="unicode")
    )
    return " ".join(html.fromstring(apart).text_content().split())


def test_every_section_is_in_the_contents_and_the_other_way_round(page: Element) -> None:
    linked = page.xpath("//nav[@aria-label='On this page']//a/@href")
    named = page.xpath("//main/section/@id")
    assert [link.removeprefix("#") for link in linked] == named
    for name in named:
        (title,) = page.xpath("//section[@id=$name]/h2", name=name)
        assert title.get("id") == f"{name}-title"
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_links_within_the_page_lead_somewhere(page: Element) -> None:
    for link in page.xpath("//a/@href"):
        if link.startswith(("#", "about.html#")):
            assert page.xpath("//*[@id=$name]", name=link.partition("#")[2]), link


def test_it_runs_no_script_and_has_no_inline_style(page: Element) -> None:
    assert page.xpath("//script | //@style | //style[ancestor::main]") == []
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert "script-src 'none'" in policy
    assert page.xpath("//main//*[@src]") == []


def test_the_charts_stand_in_it_with_their_tables(page: Element, tables: Tables) -> None:
    drawings = page.xpath("//section[@id='charts']//figure")
    made = [
        charts.listed_over_time(tables),
        barcharts.requests_by_quarter(tables),
        barcharts.demands_by_half_year(tables),
    ]
    for drawing, chart in zip(drawings, made, strict=True):
        assert drawing.xpath("figcaption")[0].text == chart.title
        assert len(drawing.xpath("svg[@role='img']")) == 1
        rows = drawing.xpath("details//tbody/tr")
        cells = [[cell.text_content().strip() for cell in row.xpath("th|td")] for row in rows]
        assert cells == chart.rows
        assert [head.text_content() for head in drawing.xpath("details//thead//th")] == chart.head
    said = section(page, "charts")
    assert "copies of 3 days in 3 months, 11 June 2020 to 7 October 2020" in said
    assert "Nobody is taken off when no longer listed" in said


def test_the_past_is_told_word_for_word(page: Element, tables: Tables) -> None:
    befell = section(page, "programmes")
    assert "22 March 2018: Ring Neighbors Portal: began" in befell
    assert "private video requests by e-mail: ended, which ends no listing" in befell
    assert "2020: Ring Community Requests through Flock Safety: was cancelled" in befell
    assert "the publisher no longer keeps the category; it ends nothing" in befell
    changed = section(page, "history")
    gone = tables["changes"][tables["changes"]["kind"] == "delisted"].iloc[0]
    assert tables["agencies"].set_index("agency_id").loc[gone["agency_id"], "name"] in changed
    assert "no longer listed; that shows no ending" in changed
    assert re.search(r"\d more are in the table changes", changed)
    assert "listings that the first look at a source showed are left out" in changed
    requests = section(page, "requests")
    assert "October to December 2019 requests for footage not published 0 of 400" in requests
    assert "2020 incidents for which footage was asked more than 22,335 3" in requests
    demands = section(page, "demands")
    assert "about 1,900: A newspaper" in demands
    assert "These differ." in demands
    figures = section(page, "figures")
    assert "405 407 (2 more) departments listed with a stated start" in figures
    assert "at least 2,161 no count" in figures
    assert "reviewed decision supersedes" in section(page, "corrections")


def test_every_source_has_its_anchor_health_and_licence(page: Element, tables: Tables) -> None:
    for place, source in enumerate(tables["sources"].itertuples(index=False), start=1):
        (item,) = page.xpath("//li[@id=$name]", name=f"source-{place}")
        said = " ".join(item.text_content().split())
        assert source.title in said
        assert words.VERDICTS[source.verdict] in said
        assert f"Licence: {source.licence}" in said
        assert source.attribution in said
    licences = section(page, "licences")
    assert all(text in licences for text in [*ATTRIBUTIONS, "Leaflet (BSD-2-Clause)", "pygal"])


def test_what_is_not_known_is_counted(tables: Tables) -> None:
    agencies, listed = tables["agencies"], tables["participations"]
    undated = set(agencies["agency_id"]) - set(listed.dropna(subset="valid_from")["agency_id"])
    counts = tables["footage_requests"].query("metric in ['video_requests', 'rfa_posts']")
    counted = set(counts[counts["value_state"].isin(["value", "zero_stated"])]["agency_id"])
    rejected = pd.DataFrame(
        {
            "rejected_id": [f"{number:08x}" for number in range(1200)],
            "source": ["ring_agency_map"] * 1199 + ["community_connect"],
            "capture_id": "0" * 32,
            "reason": "no name",
        }
    ).reindex(columns=TABLES["rejected"].names)
    said = gaps.gaps(tables | {"rejected": rejected}, ["Guam", "Ohio"])
    open_ended = int(listed["valid_to_kind"].eq("unknown").sum())
    assert said[0] == f"Of {len(undated)} of 400 departments no source states a start."
    assert f"Of {400 - len(counted)} of 400 departments nobody published a number" in said[1]
    assert said[2].startswith(f"Of {open_ended} of {len(listed)} listings no later look")
    assert "Of 6 of 400 departments no point on the map is known." in said
    told = "\n".join(said)
    assert "no list of departments of: Ring Community Requests through Axon;" in told
    assert "None listed in what we have: Guam, Ohio. That does not show that there is none." in told
    assert "Sources no run has read to its end: Axon Community Connect." in told
    assert "1,200 rows of the sources could not be understood and were set aside" in told
    assert "Axon Community Connect 1; Ring Active Agency Map 1,199." in told


def test_what_is_known_of_all_is_not_called_unknown(tables: Tables) -> None:
    known = tables["agencies"].assign(latitude=40.0)
    said = gaps.gaps(tables | {"agencies": known}, [])
    assert not [sentence for sentence in said if "point" in sentence or "None listed" in sentence]


def test_downloads_are_told_with_their_true_size_and_hash(tables: Tables, tmp_path: Path) -> None:
    write_exports(tables, tmp_path / "exports")
    (tmp_path / "exports" / ".csv.partial").write_text("half")
    (tmp_path / "exports" / "folder.csv").mkdir()
    page = html.document_fromstring(drafted(tables, tmp_path).render())
    rows = page.xpath("//section[@id='downloads']//tbody/tr")
    files = {path.name: path for path in (tmp_path / "exports").glob("[!.]*") if path.is_file()}
    assert len(rows) == len(files) > 28
    for row in rows:
        (link,) = row.xpath("th/a/@href")
        path = files[link.removeprefix("../exports/")]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert [code.text for code in row.xpath(".//code")] == [digest]
        assert row.xpath(".//span/@title") == [f"{path.stat().st_size:,} bytes"]
    assert "must lie side by side" in section(page, "downloads")


def test_without_datasets_the_page_says_so(page: Element) -> None:
    said = section(page, "downloads")
    assert "No dataset lay beside this site when it was built" in said
    assert page.xpath("//section[@id='downloads']//a") == []


def test_a_changed_dataset_changes_what_the_page_is_made_from(
    tables: Tables, tmp_path: Path
) -> None:
    (tmp_path / "exports").mkdir()
    path = tmp_path / "exports" / "agencies.csv"
    path.write_text("one")
    before = drafted(tables, tmp_path).source
    assert drafted(tables, tmp_path).source == before
    path.write_text("two")
    assert drafted(tables, tmp_path).source != before


def test_the_dictionary_has_every_table_column_unit_and_allowed_value(page: Element) -> None:
    for name, table in TABLES.items():
        (found,) = page.xpath("//details[@id=$name]", name=f"table-{name}")
        assert found.get("open") is None
        assert table.meaning in found.text_content()
        rows = found.xpath("table/tbody/tr")
        assert [row.xpath("th")[0].text_content().strip() for row in rows] == table.names
        for row, column in zip(rows, table.columns, strict=True):
            kind, meaning = (cell.text_content() for cell in row.xpath("td"))
            assert column.kind in kind
            assert column.unit in kind
            assert ("always filled" in kind) == column.required
            assert column.meaning in meaning
            values = [code.text for code in row.xpath(".//li/code")]
            assert values == list(column.allowed or {})


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("desk@example.org", "mailto:desk@example.org"),
        ("https://example.org/contact?a=1&b=2", "https://example.org/contact?a=1&b=2"),
        ("the office on Main Street", None),
        ("javascript:alert(1)", None),
        ("javascript:alert(1)//@x", "mailto:javascript%3Aalert%281%29%2F%2F@x"),
        ("<b>a@b</b>", None),
    ],
)
def test_how_to_send_a_correction(
    contact: str, link: str | None, tables: Tables, folder: Path
) -> None:
    page = html.document_fromstring(drafted(tables, folder, contact).render())
    assert f"Write to {contact}, name the department" in section(page, "corrections")
    links = page.xpath("//section[@id='corrections']/p[1]//a/@href")
    assert links == ([link] if link else [])


def test_who_gave_no_contact_is_said_to_have_given_none(page: Element) -> None:
    assert "has not said how to be reached" in section(page, "corrections")


def test_the_code_to_embed_is_text_and_whole(tables: Tables, folder: Path, page: Element) -> None:
    assert "ADDRESS-OF-THE-SITE/embed.html#IL" in section(page, "embed")
    assert "In place of ADDRESS-OF-THE-SITE goes the address" in section(page, "embed")
    evil = 'https://example.org/"><script>alert(1)</script>/'
    for address in ("https://example.org/peephole/", evil):
        known = html.document_fromstring(drafted(tables, folder, address=address).render())
        assert known.xpath("//iframe | //script") == []
        (code,) = known.xpath("//section[@id='embed']//pre/code")
        (frame,) = html.fragments_fromstring(code.text)
        assert frame.get("src") == f"{address.rstrip('/')}/embed.html#IL"
        assert frame.get("title")
        assert frame.get("loading") == "lazy"
        assert "In place of" not in section(known, "embed")
        assert address in section(known, "cite")


def test_the_citation_names_the_newest_day_and_the_day_it_was_made_for(
    tables: Tables, folder: Path, page: Element
) -> None:
    assert "(newest observation 7 October 2020)." in section(page, "cite")
    past = html.document_fromstring(drafted(tables, folder, as_of=date(2020, 9, 30)).render())
    assert "newest observation 7 October 2020, as of 30 September 2020" in section(past, "cite")


def test_hostile_text_stays_text(folder: Path) -> None:
    text = drafted(synthetic.hostile(), folder).render()
    page = html.document_fromstring(text)
    assert page.xpath("//script | //main//img | //@style | //@onclick | //@onerror") == []
    hrefs = page.xpath("//a/@href")
    allowed = re.compile(r"https?://|#|(about|health|index|list|states)\.html|(feed|api/v1)[./]")
    assert all(allowed.match(href) for href in hrefs)
    said = " ".join(page.xpath("//main")[0].text_content().split())
    for evil in synthetic.HOSTILE[:6]:
        assert " ".join(evil.split()) in said
    assert "<script>alert(1)</script>" not in text
    assert "onerror=alert(1)&gt;" in text


def test_the_same_data_give_the_same_bytes(tables: Tables, folder: Path) -> None:
    one, other = drafted(tables, folder), drafted(synthetic.tables(400), folder)
    assert one.source == other.source
    assert one.render() == other.render()
    assert json.loads(one.source)["here"] == "about"


def test_a_past_without_anything_is_still_told(folder: Path) -> None:
    empty = {name: table.empty() for name, table in TABLES.items()}
    page = html.document_fromstring(drafted(empty, folder).render())
    assert "No start is stated in what we have" in section(page, "charts")
    assert "No number of any quarter is known" in section(page, "charts")
    assert "Nothing changed between the looks we have" in section(page, "history")
    assert "No correction has been made" in section(page, "corrections")
    assert "No event is known" in section(page, "programmes")
    for name in ("charts", "requests", "demands", "figures", "history", "unknown"):
        assert not re.search(r"\b0\b(?!\.)", section(page, name)), name
