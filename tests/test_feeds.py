"""The feeds: valid, the same for ever, whole, in order, and text whatever a source wrote."""

from __future__ import annotations

import doctest
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import jsonschema
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

import maps.events
import maps.feeds
from analysis.states import STATES
from analysis.tables import TABLES
from maps import events
from maps.agency import file_name
from maps.atom import legal
from maps.columns import texts
from maps.document import setting
from maps.dossier import dossiers
from maps.feeds import BIDI, Teller, isolated, of_department
from maps.feeds import drafts as feeds_of
from maps.folder import Draft
from maps.listing import ordered
from maps.page import drafts
from tests import synthetic
from tests.grammars import ATOM, HISTORY, JSON_FEED, atom_faults

Tables = dict[str, pd.DataFrame]
ADDRESS = "https://watch.example/ring/"
ENTRIES = 20
STATE_NAMES = {code: state.name for code, state in STATES.items()}
CHECKED = jsonschema.Draft202012Validator(JSON_FEED)


class Entry(NamedTuple):
    """What a reader has of an entry in either format."""

    id: str
    title: str
    text: str
    moment: str
    link: str


def site(tables: Tables, address: str = "", contact: str = "", day: date | None = None) -> Any:
    """All feeds of a site by the name of their file."""
    frame = setting(tables, Path("/nowhere/site"), day, contact, address)
    agencies = ordered(tables, STATE_NAMES)
    teller = Teller(agencies, frame)
    found = list(feeds_of(tables, agencies, teller))
    for dossier in dossiers(tables, agencies):
        found += of_department(dossier, repr(dossier), teller)
    return {draft.name: draft.render() for draft in found}


def read(feeds: dict[str, str], name: str) -> list[Entry]:
    """The entries of a feed, from its file."""
    if name.endswith(".json"):
        items = json.loads(feeds[name])["items"]
        keys = ("id", "title", "content_text", "date_published", "url")
        return [Entry(*(item.get(key, "") for key in keys)) for item in items]
    return [
        Entry(
            *(entry.findtext(f"{ATOM}{part}") for part in ("id", "title", "content", "updated")),
            entry.find(f"{ATOM}link").get("href"),
        )
        for entry in etree.fromstring(feeds[name].encode()).findall(f"{ATOM}entry")
    ]


def link(document: str, rel: str) -> str:
    """Where a feed's link of a kind leads, empty where it has none."""
    found = etree.fromstring(document.encode()).find(f"{ATOM}link[@rel='{rel}']")
    return "" if found is None else found.get("href")


def bare(text: str) -> str:
    return re.sub("[\u2068\u2069]", "", text)


@pytest.fixture(scope="module", autouse=True)
def few_entries() -> Iterator[None]:
    """An archive holds fewer than it would, so that a small site has several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("maps.feeds.ENTRIES", ENTRIES)
        yield


@pytest.fixture(scope="module")
def tables() -> Tables:
    return synthetic.tables(200)


@pytest.fixture(scope="module")
def made(tables: Tables) -> dict[str, Draft]:
    """All files of the site that are to be."""
    return {draft.name: draft for draft in drafts(tables, Path("/nowhere/site"))}


@pytest.fixture(scope="module")
def local(tables: Tables) -> dict[str, str]:
    """The feeds of a site of which nobody knows where it will be."""
    return site(tables)


@pytest.fixture(scope="module")
def public(tables: Tables) -> dict[str, str]:
    return site(tables, f"{ADDRESS}index.html", "us@example.org")


@pytest.fixture(scope="module")
def hostile() -> dict[str, str]:
    return site(synthetic.hostile(), ADDRESS, '<b> "us"@example.org')


@pytest.mark.parametrize("module", [maps.feeds, maps.events])
def test_examples_in_the_documentation(module: Any) -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed


@pytest.mark.parametrize("which", ["local", "public", "hostile"])
def test_every_feed_is_valid(which: str, request: pytest.FixtureRequest) -> None:
    feeds = request.getfixturevalue(which)
    assert len(feeds) > 200
    faults = {name: atom_faults(text) for name, text in feeds.items() if name.endswith(".atom")}
    faults |= {
        name: [error.message for error in CHECKED.iter_errors(json.loads(text))]
        for name, text in feeds.items()
        if name.endswith(".json")
    }
    assert {name: found for name, found in faults.items() if found} == {}


BROKEN = {
    "no id": ("<id>urn:uuid:[^<]*</id>", ""),
    "no author": ("<author>.*?</author>", ""),
    "a day in place of a moment": ("<updated>[^<]*", "<updated>2020-10-07"),
    "two titles": ("(<title>[^<]*</title>)", r"\1\1"),
    "a link without an address": ('rel="self" href="[^"]*"', 'rel="self"'),
    "an element nobody knows": ("<generator>", "<b/><generator>"),
    "the same entry twice": ("(<entry>.*?</entry>)", r"\1\1"),
    "an archive that leads nowhere": ("<rights>", f'<archive xmlns="{HISTORY[1:-1]}"/><rights>'),
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_rules_find_what_is_wrong(what: str, local: dict[str, str]) -> None:
    broken = re.sub(*BROKEN[what], local["feed.atom"], count=1)
    assert broken != local["feed.atom"]
    assert atom_faults(broken)


def test_there_is_one_of_everything_each_state_and_each_department(
    local: dict[str, str], tables: Tables
) -> None:
    names = {name for name in local if not name.startswith("past/")}
    stems = [file_name(key).removesuffix(".html") for key in tables["agencies"]["agency_id"]]
    states = {name.removeprefix("state/")[:2] for name in names if name.startswith("state/")}
    assert len(states) == 56
    expected = {"feed", *(f"state/{code}" for code in states), *(f"agency/{one}" for one in stems)}
    assert names == {f"{name}.{ending}" for name in expected for ending in ("atom", "json")}


def test_both_formats_say_the_same(public: dict[str, str]) -> None:
    for name in public:
        if name.endswith(".atom"):
            same = name.replace(".atom", ".json")
            assert read(public, name) == read(public, same), name


def test_a_reader_that_many_use_understands_them(public: dict[str, str]) -> None:
    feedparser = pytest.importorskip("feedparser")
    found = feedparser.parse(public["feed.atom"].encode())
    assert not found.bozo, found.bozo_exception
    assert found.version == "atom10"
    assert found.feed.author_detail == {
        "name": "Peephole",
        "href": ADDRESS.rstrip("/"),
        "email": "us@example.org",
    }
    assert [
        Entry(one.id, one.title, one.content[0].value, one.updated, one.link)
        for one in found.entries
    ] == read(public, "feed.atom")
    assert {one.content[0].type for one in found.entries} == {"text/plain"}


def test_newest_first_dated_by_the_looks_that_showed_them(
    local: dict[str, str], tables: Tables
) -> None:
    changes = tables["changes"].set_index("change_id")
    for name, text in local.items():
        found = read(local, name)
        moments = [entry.moment for entry in found]
        assert moments == sorted(moments, reverse=True)
        if name.endswith(".json"):
            rows = [item["_peephole"]["change_id"] for item in json.loads(text)["items"]]
            assert moments == changes.loc[rows, "observed_at"].tolist()
        elif found:
            assert etree.fromstring(text.encode()).findtext(f"{ATOM}updated") == moments[0]


def test_a_feed_without_an_entry_is_dated_by_the_first_look(tables: Tables) -> None:
    silent = tables | {"changes": TABLES["changes"].empty()}
    feeds = site(silent)
    columns = tables["agencies"][["agency_id", "first_observed"]]
    first = dict(columns.itertuples(index=False, name=None))
    assert not any(read(feeds, name) for name in feeds)
    for key, moment in list(first.items())[::20]:
        text = feeds[f"agency/{key}.atom"]
        assert atom_faults(text) == []
        assert f"<updated>{moment}</updated>" in text


def followed(feeds: dict[str, str], name: str) -> list[str]:
    """The names of a feed's files: its own, then its archives as each leads to the one before."""
    names = [name]
    while before := link(feeds[names[-1]], "prev-archive"):
        names.append(urljoin(names[-1], before))
    return names


def test_a_feed_and_its_archives_hold_each_change_once(
    local: dict[str, str], tables: Tables
) -> None:
    names = followed(local, "feed.atom")
    assert len(names) > 2
    parts = [read(local, name) for name in names]
    assert {len(part) for part in parts[1:]} == {ENTRIES}
    assert ENTRIES <= len(parts[0]) < 2 * ENTRIES
    ids = [entry.id for part in parts for entry in part]
    fresh = texts(events.fresh(tables["changes"])["change_id"])
    assert ids == [maps.feeds.identity(f"change {change}") for change in fresh]
    for name in names[1:]:
        assert urljoin(name, link(local[name], "current")) == "feed.atom"
        assert urljoin(name, link(local[name], "self")) == name
    tops = [etree.fromstring(local[name].encode()) for name in names]
    assert [top.find(f"{HISTORY}archive") is not None for top in tops] == [
        False,
        *[True] * len(names[1:]),
    ]
    assert len({top.findtext(f"{ATOM}id") for top in tops}) == 1
    assert all(name in names for name in local if name.endswith(".atom") and "/feed-" in name)


def test_json_feeds_lead_to_the_same_archives(public: dict[str, str]) -> None:
    name, found = "feed.json", []
    while name:
        document = json.loads(public[name])
        found += [item["id"] for item in document["items"]]
        name = document.get("next_url", "").removeprefix(ADDRESS)
    names = followed(public_local(public), "feed.atom")
    everything = [entry.id for name in names for entry in read(public, name)]
    assert found == everything


def public_local(feeds: dict[str, str]) -> dict[str, str]:
    """The same feeds with their addresses taken from the folder of the site."""
    up = {name: "../" * name.count("/") for name in feeds}
    return {name: text.replace(ADDRESS, up[name]) for name, text in feeds.items()}


def test_what_comes_later_leaves_archives_and_other_feeds_alone(
    local: dict[str, str], tables: Tables
) -> None:
    changes = tables["changes"]
    one = changes[changes["kind"].eq("delisted")].head(1)
    later = one.assign(change_id="0f" * 16, observed_at="2020-12-01T00:00:00Z", kind="relisted")
    key = one["agency_id"].item()
    state = tables["agencies"].set_index("agency_id")["state"][key].lower()
    after = site(tables | {"changes": pd.concat([changes, later], ignore_index=True)})
    changed = {name for name in local if after[name] != local[name]}
    assert changed == {
        f"{name}.{ending}"
        for name in ("feed", f"state/{state}", f"agency/{key}")
        for ending in ("atom", "json")
    }
    assert read(after, "feed.atom")[1:] == read(local, "feed.atom")


def test_ids_are_of_the_facts_and_not_of_names_addresses_or_days(tables: Tables) -> None:
    few = synthetic.tables(20)
    before = site(few)
    renamed = few | {"agencies": few["agencies"].assign(name="Another Name", city=None)}
    after = site(renamed, "https://elsewhere.example/x", "us@example.org", date(2021, 1, 1))
    assert before.keys() == after.keys()
    for name, text in before.items():
        assert [one.id for one in read(before, name)] == [one.id for one in read(after, name)]
        ids = re.findall(r"urn:uuid:[0-9a-f-]{36}", text)
        assert ids == re.findall(r"urn:uuid:[0-9a-f-]{36}", after[name])
        assert after[name] != text
    assert ", as of 1 January 2021" in json.loads(after["feed.json"])["title"]
    ids = [json.loads(text)["_peephole"]["id"] for name, text in before.items() if ".json" in name]
    assert len(ids) == len(set(ids))


def test_a_change_is_the_same_entry_in_every_feed(public: dict[str, str]) -> None:
    seen: dict[str, Entry] = {}
    times = 0
    for name in public:
        for entry in read(public, name):
            assert seen.setdefault(entry.id, entry) == entry
            times += 1
    assert times > 2 * len(seen)


def test_without_an_address_links_lead_from_where_the_feed_lies(
    local: dict[str, str], made: dict[str, Draft]
) -> None:
    for name, text in local.items():
        if name.endswith(".json"):
            assert not re.search(r'"(?:url|feed_url|next_url|home_page_url)"', text)
            continue
        for found in re.findall(r'<link [^>]*href="([^"]*)"', text):
            assert not urlsplit(found).scheme
            assert urljoin(name, found).partition("#")[0] in made, (name, found)


def test_with_an_address_links_are_absolute(public: dict[str, str]) -> None:
    for name, text in public.items():
        for found in re.findall(r'(?:href="|"[a-z_]*url":")([^"]*)', text):
            assert found.startswith(ADDRESS.rstrip("/")), (name, found)
        assert f"{ADDRESS}{name}" in text


def test_each_entry_says_whose_it_is_and_what_it_means(local: dict[str, str]) -> None:
    item = next(
        one for one in json.loads(local["feed.json"])["items"] if one["tags"] == ["delisted"]
    )
    assert "no longer listed; that shows no ending" in item["title"]
    assert item["content_text"] == (
        "Seen 20 November 2020. Two healthy looks at the source no longer show it; that is not an "
        "ending. Source: Atlas of Surveillance, EFF."
    )
    assert "<rights>Atlas of Surveillance, EFF. Licence: CC BY 4.0</rights>" in local["feed.atom"]
    assert synthetic.NOTICE in local["feed.atom"]
    assert synthetic.NOTICE in json.loads(local["feed.json"])["description"]


def test_hostile_text_stays_text(hostile: dict[str, str]) -> None:
    names = set()
    for name, text in hostile.items():
        if name.endswith(".json"):
            assert "content_html" not in text
            continue
        top = etree.fromstring(text.encode())
        assert {element.tag.partition("}")[0] + "}" for element in top.iter()} <= {ATOM, HISTORY}
        assert b"<!" not in etree.tostring(top)
        assert not re.search(r'(?:href|uri)="?(?:javascript|data):', text, re.IGNORECASE)
        assert not re.search(r"\btype=.(?:x?html)\b", text)
        names |= {bare(entry.title) for entry in read(hostile, name)}
    for text in synthetic.HOSTILE:
        assert any(title.startswith(f"{bare(text)}, ") for title in names), text


def test_a_title_turns_nothing_behind_a_name(hostile: dict[str, str]) -> None:
    turned = [entry.title for entry in read(hostile, "feed.atom") if "\u202e" in entry.title]
    assert turned
    for title in turned:
        for part in re.findall("[^\u2068\u2069]*\u202e[^\u2069]*", title):
            before = title[: title.index(part)] + part[: part.index("\u202e")]
            assert before.count("\u2068") > before.count("\u2069")


@given(st.text(alphabet=st.sampled_from("a\u2066\u2067\u2068\u2069\u202a\u202e\u202c\u200f")))
def test_whatever_turns_text_ends_with_it(text: str) -> None:
    depth, safe = 0, isolated(text)
    for character in safe[: len(safe) - text.count("\u2069") - 1]:
        depth += (character in "\u2066\u2067\u2068") - (character == "\u2069")
        assert depth > 0 or not BIDI.search(text)
    assert bare(safe) == bare(text)
    assert (safe == text) == (BIDI.search(text) is None)


@given(st.text() | st.text(st.characters(max_codepoint=0x9F)) | st.just("\x00\ud800\ufffe\x0b"))
def test_whatever_a_text_holds_xml_can_hold_it(text: str) -> None:
    element = etree.Element("x")
    element.text = legal(text)
    assert len(element.text) == len(text)
    read_back = etree.fromstring(etree.tostring(element)).text or ""
    assert read_back == element.text


def test_control_characters_break_no_feed() -> None:
    few = synthetic.tables(5)
    evil = "a\x00\x01\x0b\x1f\ufffe\ufeffb\x85\r\n\tc"
    agencies = few["agencies"].assign(name=evil)
    changes = few["changes"].assign(before=evil, after=evil)
    feeds = site(few | {"agencies": agencies, "changes": changes})
    assert len(feeds) > 100
    for name, text in feeds.items():
        data = text.encode("utf-8", "replace")
        if name.endswith(".json"):
            json.loads(data)
        else:
            assert atom_faults(data.decode()) == []
    assert "a\ufffd\ufffd\ufffd\ufffd\ufffd\ufeffb\x85" in read(feeds, "feed.atom")[0].title


def test_where_nothing_was_observed_there_is_no_feed_and_no_link_to_one() -> None:
    empty = {name: table.empty() for name, table in TABLES.items()}
    assert site(empty) == {}
    for draft in drafts(empty, Path("/nowhere/site")):
        if draft.name in ("about.html", "list.html", "state/il.html"):
            assert 'rel="alternate"' not in draft.render()


@pytest.mark.parametrize(
    "name", ["index.html", "list.html", "about.html", "state/al.html", "agency/"]
)
def test_pages_name_their_feeds_in_their_heads(name: str, made: dict[str, Draft]) -> None:
    name = next(each for each in made if each.startswith(name) and each.endswith(".html"))
    page = html.document_fromstring(made[name].render())
    found = [
        (urljoin(name, one.get("href")), one.get("type"), one.get("title"))
        for one in page.xpath("//head/link[@rel='alternate']")
    ]
    kinds = {"atom": "application/atom+xml", "json": "application/feed+json"}
    own = name.removesuffix(".html") if "/" in name else ""
    assert [(address, kind) for address, kind, _ in found] == [
        (f"{stem}.{ending}", kind)
        for stem in (own, "feed")
        if stem
        for ending, kind in kinds.items()
    ]
    assert all(address in made for address, _, _ in found)
    if own:
        assert {urljoin(name, each) for each in page.xpath("//main//@href")} >= {
            f"{own}.atom",
            f"{own}.json",
        }
