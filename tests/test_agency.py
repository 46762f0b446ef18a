"""The page of a department: all that the tables hold of it, of nobody else, and what is missing."""

from __future__ import annotations

import doctest
import html
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import maps.agency
import maps.spans
import maps.tallies
import maps.unknowns
from analysis.places import state_shapes
from maps import agency, spans, words
from maps.document import Setting, setting
from maps.dossier import dossiers
from maps.folder import Draft
from maps.listing import ordered
from tests import synthetic

Tables = dict[str, pd.DataFrame]
GOLDEN = "al-dunderbury-sheriff"


def site(tables: Tables, folder: Path, contact: str = "", address: str = "") -> Setting:
    return setting(tables, folder / "site", None, contact, address)


def drafts(tables: Tables, frame: Setting) -> dict[str, Draft]:
    """The pages by the id of their department."""
    outlines = state_shapes()
    names = dict(zip(outlines["state"], outlines["name"], strict=True))
    agencies = ordered(tables, names)
    page = agency.pages(tables, frame)
    return {one.agency["agency_id"]: page(one, repr(one)) for one in dossiers(tables, agencies)}


def said(page: str) -> str:
    """What a page says in its own part, without markup."""
    return plain(page[page.index("<main") : page.index("</main>")])


def plain(part: str) -> str:
    """The words of a part of a page."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", part)).split())


def section(page: str, name: str) -> str:
    return page[page.index(f'id="{name}"') :].split("</section>")[0]


def rows(part: str) -> list[list[str]]:
    """The cells of the table rows in a part of a page, without markup."""
    body = part.split("<tbody>")[1].split("</tbody>")[0]
    cells = (re.split(r"<t[hd][^>]*>", row)[1:] for row in body.split("<tr")[1:])
    return [[" ".join(re.sub("<[^>]*>", " ", cell).split()) for cell in row] for row in cells]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return synthetic.tables(400)


@pytest.fixture(scope="module")
def golden(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> str:
    frame = site(
        tables, tmp_path_factory.mktemp("golden"), "fix@example.org", "https://watch.example/ring/"
    )
    return drafts(tables, frame)[GOLDEN].render()


@pytest.mark.parametrize("module", [maps.agency, maps.spans, maps.tallies, maps.unknowns])
def test_examples_in_the_documentation(module: Any) -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed


@pytest.mark.parametrize(
    "sentence",
    [
        "Dunderbury County Sheriff's Office Dunderbury, Dunder County, Alabama.",
        "Kind Sheriff Place Dunderbury County Dunder County State Alabama",
        "centre of the state; neither place nor county is known (32.576, -86.714)",
        "Residents of the place 45,974, of an unknown year (GeoNames)",
        "Our id al-dunderbury-sheriff FBI ORI not known: no register we read tells",
        (
            "Since January 2019 (month; the day is not known). Listed as of 7 October 2020; "
            "nothing later is known. Source 1 . Shown in [e1] [e6] ."
        ),
        (
            "Ring Neighbors Portal (later Neighbors Public Safety Service) Since 28 November 2018 "
            "(day). Listed as of 7 October 2020; nothing later is known."
        ),
        "Source 1 al-dunderbury-sheriff 28 November 2018 11 June 2020 to 7 October 2020 [e1] [e6]",
        "A listing never proves that a tool was used. 22 March 2018: Ring Neighbors Portal: began",
        (
            "4 June 2020: Ring Neighbors Portal, private video requests by e-mail: ended, which "
            "ends no listing (e-mails stopped). Source 2"
        ),
        "Registered cameras: 516 (as of 7 October 2020). Source 2 [e3] [e5]",
        "Not additive: communities see each other's cameras",
        "1 September 2020: another number for the same period (12 requests). Source 3",
        "11 June 2020: Camera registry: first seen listed. Source 1",
        "The department's page at the source . Source 1 Ring map . Source 1",
        "On which day it joined Camera registry: only the month is stated, January 2019.",
        "Whether it was listed in Ring Neighbors Portal after 7 October 2020: nothing later is",
        "How often it asked for footage in July to September 2020: nobody published a number.",
        "How often it asked for footage in Q2 2020 (not published).",
        "Its FBI ORI: no source or register we read gives it.",
        "Which tools of Camera registry and Ring Neighbors Portal it used, if any",
        "Write to fix@example.org . We need the id al-dunderbury-sheriff",
        (
            "Peephole: Dunderbury County Sheriff's Office, Alabama, listed in Camera registry as "
            "of 7 October 2020; in Ring Neighbors Portal as of 7 October 2020, record "
            "al-dunderbury-sheriff, https://watch.example/ring/agency/al-dunderbury-sheriff.html, "
            "retrieved [DATE]"
        ),
        (
            "e6 Source 1 , as of 11 June 2020, captured 5 October 2020: "
            "https://archive.example/web/20200611id_/https://data.example/atlas_of_surveillance , "
            "an archived copy of https://data.example/atlas_of_surveillance "
            "4acb2baf3442a6c5a09eca51e6a197286f675c51fc55df785e1e568a331078a5 SHA-256. Capture "
            "4acb2baf3442a6c5a09eca51e6a19728 , fictional.warc.gz at 0"
        ),
    ],
)
def test_a_page_read_by_hand(golden: str, sentence: str) -> None:
    assert sentence in said(golden)


def test_requests_read_by_hand(golden: str) -> None:
    parts = section(golden, "requests").split("<h3>")
    assert [part.split("</h3>")[0] for part in parts[1:]] == [
        "Requests for footage",
        "Request for Assistance posts",
        "Other posts, none of which asks for footage",
        "Crime posts",
        "Animals posts",
    ]
    known = "Source&nbsp; 3 , as of 7 October 2020 [e2] [e4]"
    assert rows(parts[1]) == [
        ["Q2 2020", "not published Earlier given as 12 by 1 September 2020", known],
        ["July to September 2020", "unknown: nobody published a number", "No source"],
    ]
    assert rows(parts[2]) == [
        ["So far, by 7 October 2020", "8 Before that 3 by 11 June 2020", known],
        ["12 June 2020 to 7 October 2020", "5", f"Derived: difference of two looks. {known}"],
    ]
    assert 'class="solid" width="62.5%"' in parts[2]  # 5 of 8


def test_the_drawing_read_by_hand(golden: str) -> None:
    drawn = golden[golden.index('<svg class="spans"') :].split("</svg>")[0]
    assert re.findall(r'<text x="[\d.]+" y="134">(\d+)</text>', drawn) == ["2018", "2019", "2020"]
    month, known = re.findall(r'class="(perhaps|known)" x="([\d.]+)"', drawn)[:2]
    january = 4 + 365 / 1096 * 632
    assert month == ("perhaps", f"{january:.1f}")
    assert known == ("known", f"{4 + 395 / 1096 * 632:.1f}")
    assert drawn.count('class="open"') == 2


def test_links_lead_to_the_map_the_state_the_list_and_the_sources(golden: str) -> None:
    for link in (
        f"../index.html#{GOLDEN}",
        "../state/al.html",
        "../list.html",
        "../about.html#source-3",
        f"mailto:fix@example.org?subject=Correction%3A%20{GOLDEN}",
    ):
        assert f'href="{link}"' in golden


def test_no_script_and_all_numbers_lead_to_an_exhibit(golden: str) -> None:
    assert "<script" not in golden
    cited = set(re.findall(r'href="#(e\d+)"', golden))
    assert cited
    assert cited <= set(re.findall(r'<tr id="(e\d+)"', golden))


def marked(tables: Tables) -> Tables:
    """Tables in which every row of a department bears a text of its own."""
    listings, changes = tables["listings"], tables["changes"]
    counts, cameras = tables["footage_requests"], tables["camera_counts"]
    links = [
        json.dumps([{"url": f"https://doc.example/{key}", "title": f"paper {key}"}])
        for key in listings["listing_id"]
    ]
    events = "event " + changes["change_id"]
    numbers = pd.Series(range(len(cameras)), dtype="Float64") + 1_000_001
    return tables | {
        "listings": listings.assign(name_raw="claim " + listings["listing_id"], links=links),
        "footage_requests": counts.assign(period_label="period " + counts["request_id"]),
        "camera_counts": cameras.assign(value=numbers, value_state="value"),
        "changes": changes.assign(before=events, after=events),
    }


def test_every_row_is_on_the_page_of_its_department_and_only_there(tmp_path: Path) -> None:
    whole = marked(synthetic.tables(150))
    pages = {key: said(page.render()) for key, page in drafts(whole, site(whole, tmp_path)).items()}
    assert list(pages) != []
    owners: list[tuple[str, str]] = []
    for table, token in (
        ("listings", whole["listings"]["name_raw"]),
        ("listings", "paper " + whole["listings"]["listing_id"]),
        ("footage_requests", whole["footage_requests"]["period_label"]),
        ("camera_counts", whole["camera_counts"]["value"].map("{:,.0f}".format)),
        ("changes", whole["changes"]["after"]),
    ):
        rows = whole[table]
        mine = rows["agency_id"].notna()
        if table == "footage_requests":
            mine &= rows["current"]
        owners += zip(rows.loc[mine, "agency_id"], token[mine], strict=True)
    assert len(owners) > 400
    everything = "\n".join(pages.values())
    for owner, token in owners:
        assert token in pages[owner]
        assert everything.count(token) == pages[owner].count(token)


def test_every_spell_is_told_as_words_tell_it(tables: Tables, tmp_path: Path) -> None:
    pages = drafts(tables, site(tables, tmp_path))
    listed = tables["participations"].set_index("participation_id")
    odd = listed[listed["spell"].eq(2) | listed["valid_to_kind"].ne("unknown")]
    assert set(odd["valid_to_kind"]) == {"ongoing", "delisted_observed", "unknown"}
    for row in odd.iloc[:60].fillna("").itertuples():
        ends = (row.last_observed, row.first_missing, row.valid_to)
        told = plain(section(pages[row.agency_id].render(), "programmes"))
        assert words.status(row.valid_to_kind, *ends) in told
        assert ("Listed again." in told) >= (row.spell == 2)


def test_every_count_before_the_newest_is_told(tables: Tables, tmp_path: Path) -> None:
    pages = drafts(tables, site(tables, tmp_path))
    counts = tables["footage_requests"]
    before = counts[counts["request_id"].isin(counts["revises"])]
    assert set(before["metric"]) == {"video_requests", "rfa_posts"}
    for row in before.itertuples():
        told = f"{row.value:.0f} by {words.day(row.last_observed)}"
        assert told in said(pages[row.agency_id].render())


def test_a_former_name_is_told(tables: Tables, tmp_path: Path) -> None:
    pages = drafts(tables, site(tables, tmp_path))
    renamed = tables["agencies"].dropna(subset="aliases")
    assert len(renamed)
    for row in renamed.itertuples():
        told = f"Other names {row.aliases} (until 11 June 2020 at the latest)"
        assert told in said(pages[row.agency_id].render())


def test_what_is_unknown_is_never_a_zero(tables: Tables, tmp_path: Path) -> None:
    counts = tables["footage_requests"]
    silent = counts.loc[counts["value_state"].eq("not_published"), "agency_id"].unique()
    unasked = sorted(set(tables["agencies"]["agency_id"]) - set(counts["agency_id"].dropna()))
    pages = drafts(tables, site(tables, tmp_path))
    assert len(silent)
    for key in [*unasked[:40], *silent]:
        part = section(pages[key].render(), "requests")
        amounts = re.findall(r'class="amount">([^<]*)<', part)
        assert amounts
        assert not [amount for amount in amounts if amount.startswith("0")]
        bands = part.count('class="hatched" width="100%"')
        assert bands == sum(not amount[0].isdigit() for amount in amounts)


def test_a_zero_is_told_where_a_source_says_so(tables: Tables, tmp_path: Path) -> None:
    counts = tables["footage_requests"]
    mine = counts["agency_id"].eq(GOLDEN) & counts["current"] & counts["metric"].eq("rfa_posts")
    zero = counts[mine].assign(value=0.0, value_state="zero_stated", revises=None)
    whole = tables | {"footage_requests": zero}
    part = section(drafts(whole, site(whole, tmp_path))[GOLDEN].render(), "requests")
    posts = part[part.index("Request for Assistance posts</h3>") :]
    assert "0, as the source itself says" in posts
    assert 'class="solid" width="0%"' in posts
    assert "hatched" not in posts


def test_quarters_nobody_gave_a_number_for(tables: Tables, tmp_path: Path) -> None:
    later = {"last_observed": "2021-12-01T00:00:00Z"}
    counts = tables["footage_requests"].copy()
    counts = counts[counts["metric"].eq("video_requests") & counts["agency_id"].eq(GOLDEN)]
    counts = counts[counts["current"]].assign(value_state="value", value=7.0, period_label=None)
    far = counts.assign(
        request_id="f" * 32, period_start="2021-07-01", period_end="2021-09-30", revises=None
    )
    whole = tables | {
        "participations": tables["participations"].assign(**later),
        "footage_requests": pd.concat([counts, far], ignore_index=True),
    }
    pages = drafts(whole, site(whole, tmp_path))
    told = [row[:2] for row in rows(section(pages[GOLDEN].render(), "requests"))]
    nobody = "unknown: nobody published a number"
    assert [row[0] for row in told] == [
        "April to June 2020",
        "July to September 2020",
        "October to December 2020",
        "January to March 2021",
        "April to June 2021",
        "July to September 2021",
    ]
    assert [row[1].startswith("7") for row in told] == [True, *[False] * 4, True]
    assert {row[1] for row in told[1:5]} == {nobody}


@pytest.mark.parametrize(
    ("change", "quarters"),
    [
        ({"valid_from": "2020-12"}, ["October to December 2020", "January to March 2021"]),
        ({"valid_from": "2021-04-01"}, []),
        ({"valid_from": None}, 4),
        ({"valid_to_kind": "delisted_observed", "first_missing": "2020-08-01T00:00:00Z"}, 2),
        ({"valid_to_kind": "ended_stated", "valid_to": "2020"}, 3),
        ({"programme": "camera_registry"}, []),
    ],
)
def test_quarters_only_while_it_may_have_been_listed(
    change: dict[str, Any], quarters: Any, tables: Tables, tmp_path: Path
) -> None:
    listed = tables["participations"]
    one = listed[listed["agency_id"].eq(GOLDEN) & listed["programme"].eq("neighbors_portal")]
    one = one.assign(valid_from="2019-01-01", last_observed="2021-12-01T00:00:00Z")
    whole = tables | {
        "participations": one.assign(**change),
        "footage_requests": tables["footage_requests"].iloc[:0],
    }
    part = section(drafts(whole, site(whole, tmp_path))[GOLDEN].render(), "requests")
    found = [row[0] for row in rows(part)] if "<tbody>" in part else []
    assert (len(found) if isinstance(quarters, int) else found) == quarters


@pytest.mark.parametrize(
    ("ori", "link", "sentence"),
    [
        (
            "AL0990100",
            {"ori": "AL0990100", "outcome": "linked", "reason": "name and state agree"},
            (
                "AL0990100, as the FBI's register has it: linked to <b>Dunder & Co</b> because "
                "name and state agree . Source 3 [e"
            ),
        ),
        (
            None,
            {"outcome": "none", "reason": "nothing comes near"},
            "not known: nothing comes near",
        ),
        (
            "AL0990900",
            {"outcome": "none", "reason": "x"},
            "AL0990900, as a reviewed decision has it",
        ),
        ("AL0990900", None, "AL0990900, as a reviewed decision has it"),
        (None, {"ori": "AL0990100", "outcome": "linked", "reason": "x"}, "not known: withheld"),
    ],
)
def test_the_ori_with_its_reason_and_its_source(
    ori: str | None, link: dict[str, Any] | None, sentence: str, tables: Tables, tmp_path: Path
) -> None:
    source, moment = {"source": "fbi_agencies"}, "2018-12-31T00:00:00Z"
    agency_row = {"ori": "AL0990100", "ori7": "AL09901", "name": "<b>Dunder & Co</b>"}
    agency_row |= {"department_ori": "AL0990100"}
    agency_row |= {"state": "AL", "type": "sheriff", "jurisdiction": "county"} | source
    agency_row |= dict.fromkeys(("first_observed", "last_observed"), moment)
    row = {"agency_id": GOLDEN, "score": 90.0, "decided_by": "rule"} | (link or {})
    said_of_it = tables["sources"].iloc[:1].assign(**source, title="The register", notice=None)
    capture = (
        tables["captures"]
        .iloc[:1]
        .assign(
            capture_id="f" * 20, observed_at=moment, fetched_at="2026-11-23T04:05:06Z", **source
        )
    )
    proof = {"table": "agency_links", "row_id": GOLDEN, "capture_id": "f" * 20}
    agencies = tables["agencies"]
    of_it = agencies["agency_id"].eq(GOLDEN)
    more = {
        "sources": pd.concat([tables["sources"], said_of_it]),
        "captures": pd.concat([tables["captures"], capture]),
        "evidence": pd.concat([tables["evidence"], pd.DataFrame([proof])]),
        "agencies": agencies.assign(ori=agencies["ori"].mask(of_it, ori)),
        "registered_agencies": pd.DataFrame([agency_row]),
    }
    if link is not None:
        more["agency_links"] = pd.DataFrame([row])
    whole = synthetic.checked(tables | more)
    page = drafts(whole, site(whole, tmp_path))[GOLDEN].render()
    assert sentence in said(page)
    assert "<b>Dunder" not in page


def test_a_page_of_hostile_text(tmp_path: Path) -> None:
    whole = synthetic.hostile()
    whole["agencies"] = whole["agencies"].assign(ori="<b>ORI</b>")
    pages = [page.render() for page in drafts(whole, site(whole, tmp_path)).values()]
    for page in pages:
        body = page[page.index("<body>") :]
        for evil in ("<script", "<img", "<svg/", "<b>", "<b onclick"):
            assert evil not in body
        feed = r"[a-z0-9-]+\.(?:atom|json)\""
        assert not re.search(rf"href=\"(?!\.\./|\.\./\.\./|#|https?://|mailto:|{feed})", body)
        assert "javascript:alert" not in "".join(re.findall(r'href="[^"]*"', body))
    together = "".join(pages)
    for evil in synthetic.HOSTILE:
        assert html.escape(evil).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in together


def test_nothing_but_a_department(tables: Tables, tmp_path: Path) -> None:
    bare = {name: frame.iloc[:0] for name, frame in tables.items()}
    unknown = ["city", "county", "latitude", "longitude", "location_precision", "population"]
    one = tables["agencies"].iloc[:1].assign(**dict.fromkeys(unknown), type="unknown")
    bare = synthetic.checked(bare | {"agencies": one})
    (page,) = drafts(bare, site(bare, tmp_path)).values()
    told = said(page.render())
    assert "It is listed in no programme we know of." in told
    assert "Nobody published how often it asked for footage. That is unknown, not zero." in told
    assert "Its place, county and FBI ORI: no source or register we read gives it." in told
    assert "Where it is: it has no point on the map." in told
    assert "What kind of agency it is." in told
    assert "listed in no programme we know of, record" in told


def test_thousands_of_captures_and_every_fact_keeps_one(tables: Tables, tmp_path: Path) -> None:
    one = tables["captures"].iloc[:1]
    moments = pd.date_range("2021-01-01", periods=3_000, freq="D").strftime("%Y-%m-%dT00:00:00Z")
    many = one.loc[one.index.repeat(len(moments))].assign(
        capture_id=[f"{number:032x}" for number in range(len(moments))], observed_at=moments
    )
    listed = tables["participations"]
    rows = listed.loc[listed["agency_id"].eq(GOLDEN), "participation_id"]
    evidence = pd.DataFrame({"table": "participations", "row_id": rows}).merge(
        many[["capture_id"]], how="cross"
    )
    whole = tables | {
        "captures": pd.concat([tables["captures"], many], ignore_index=True),
        "evidence": pd.concat([tables["evidence"], evidence], ignore_index=True),
    }
    page = drafts(whole, site(whole, tmp_path))[GOLDEN].render()
    shown = page.count('<tr id="e')
    assert shown <= 25
    assert f"And {3_006 - shown:d} more in the table" in page
    for part in ("programmes", "requests", "cameras"):
        assert 'href="#e' in section(page, part)


def test_a_capture_from_a_server_of_our_own_is_no_link(tables: Tables, tmp_path: Path) -> None:
    own = tables["captures"].assign(url="http://127.0.0.1:8000/list.csv", original_url=None)
    whole = tables | {"captures": own}
    page = drafts(whole, site(whole, tmp_path))[GOLDEN].render()
    assert "http://127.0.0.1:8000/list.csv" in page
    assert 'href="http://127' not in page


def test_names_of_files() -> None:
    long, other = "il-" + "a" * 160, "il-" + "a" * 161
    assert agency.file_name("il-" + "a" * 147) == "il-" + "a" * 147 + ".html"
    assert len(agency.file_name(long)) == 120 + 1 + 12 + 5
    assert agency.file_name(long) != agency.file_name(other)


def test_the_same_source_from_the_same_tables_in_any_order(tables: Tables, tmp_path: Path) -> None:
    frame = site(tables, tmp_path)
    mixed = {name: rows.sample(frac=1, random_state=3) for name, rows in tables.items()}
    mixed["sources"] = tables["sources"]
    first, second = drafts(tables, frame), drafts(mixed, frame)
    for key, page in first.items():
        assert page.source == second[key].source
    assert first[GOLDEN].render() == second[GOLDEN].render()


def test_another_source_text_where_a_fact_is_another(tables: Tables, tmp_path: Path) -> None:
    frame = site(tables, tmp_path)
    cameras = tables["camera_counts"].copy()
    cameras.loc[cameras["agency_id"] == GOLDEN, "value"] = 517.0
    first, second = drafts(tables, frame), drafts(tables | {"camera_counts": cameras}, frame)
    assert [key for key in first if first[key].source != second[key].source] == [GOLDEN]


def test_a_typical_page_is_small(tables: Tables, tmp_path: Path) -> None:
    pages = list(drafts(tables, site(tables, tmp_path)).values())
    sizes = sorted(len(page.render().encode()) for page in pages[::8])
    assert sizes[len(sizes) // 2] < 25_000


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("fix@example.org", "mailto:fix@example.org?subject=Correction%3A%20"),
        ("https://example.org/fix?a=1&b=2", "https://example.org/fix?a=1&amp;b=2"),
        ("javascript:alert(1)", ""),
        ('"><script>@evil', ""),
        ("", ""),
    ],
)
def test_where_a_correction_goes(contact: str, link: str, tables: Tables, tmp_path: Path) -> None:
    page = drafts(tables, site(tables, tmp_path, contact))[GOLDEN].render()
    part = section(page, "use").split("</p>")[0]
    assert part.count("<a ") == bool(link)
    assert f'href="{link}' in part or not link
    assert "<script" not in part


def test_downloads_are_those_that_stand_there(tables: Tables, tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "agencies.csv").touch()
    part = section(drafts(tables, site(tables, tmp_path))[GOLDEN].render(), "use")
    assert re.findall(r'href="([^"]*exports[^"]*)"', part) == ["../../exports/agencies.csv"]


DAYS = st.dates(pd.Timestamp("2015-01-01").date(), pd.Timestamp("2030-12-31").date())


@st.composite
def spell(draw: Callable[..., Any]) -> dict[str, Any]:
    first, last, missing = sorted(draw(st.tuples(DAYS, DAYS, DAYS)))
    length = draw(st.sampled_from([0, 4, 7, 10]))
    kind = draw(st.sampled_from(sorted(words.STATUS)))
    gone = kind == "delisted_observed" or draw(st.booleans())
    ended = kind in ("ended_stated", "programme_ended")
    return {
        "programme": draw(st.sampled_from(["neighbors_portal", "camera_registry"])),
        "valid_from": draw(DAYS).isoformat()[:length],
        "valid_to": draw(DAYS).isoformat()[: draw(st.sampled_from([4, 7, 10]))] if ended else "",
        "valid_to_kind": kind,
        "first_observed": f"{first}T00:00:00Z",
        "last_observed": f"{last}T00:00:00Z",
        "first_missing": f"{missing}T00:00:00Z" if gone else "",
    }


@given(st.lists(spell(), min_size=1, max_size=5), DAYS)
def test_every_spell_is_drawn_inside_the_axis(found: list[dict[str, Any]], newest: Any) -> None:
    drawn = spans.drawing(found, newest.isoformat())
    bars = [bar for row in drawn["rows"] for bar in row["bars"]]
    assert sum(bar["kind"] == "known" for bar in bars) == len(found)
    for bar in bars:
        assert bar["width"] > 0
        assert bar["x"] >= spans.LEFT
        assert bar["x"] + bar["width"] <= spans.RIGHT + 0.05
    for mark in (mark for row in drawn["rows"] for mark in row["marks"]):
        assert spans.LEFT <= mark["x"] <= spans.RIGHT
    kinds = {bar["kind"] for bar in bars} | {
        mark["kind"] for row in drawn["rows"] for mark in row["marks"]
    }
    assert {kind for kind, _ in drawn["legend"]} == kinds
    years = [x for x, _ in drawn["years"]]
    assert all(after - before > 60 for before, after in pairwise(years))


@given(spell())
def test_a_start_is_certain_only_when_stated_to_the_day_or_seen(found: dict[str, Any]) -> None:
    (row,) = spans.drawing([found], "2030-12-31")["rows"]
    known = next(bar for bar in row["bars"] if bar["kind"] == "known")
    if found["valid_from"] or found["first_observed"] > "2018-01-02":
        axis = spans.Axis(2030, "2030-12-31")
        first = found["first_observed"][:10]
        latest = spans.latest(found["valid_from"]) if found["valid_from"] else first
        certain = min(max(first, spans.earliest(found["valid_from"] or first)), latest)
        last = found["last_observed"][:10]
        assert known["x"] == pytest.approx(
            min(axis.place(min(certain, last)), spans.RIGHT - known["width"])
        )
