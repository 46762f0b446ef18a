"""The page as bytes: the same each time, nothing from outside, every word escaped and careful."""

from __future__ import annotations

import base64
import doctest
import hashlib
import html
import json
import re
import shutil
import subprocess
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import maps.charts
import maps.columns
import maps.events
import maps.words
from analysis.tables import TABLES
from maps import layers
from maps.columns import coded, packed, parted, script_json, shared, web_address
from maps.folder import RECORD
from maps.page import Streets, drafts, write_site
from tests import synthetic
from tests.packing import told, unpacked

DEPARTMENTS = 1_500
BLOCKS = ("records", "shapes", "counties", "measures", "zips", "events")


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return synthetic.tables(DEPARTMENTS)


@pytest.fixture(scope="module")
def written(tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The map of the tables, without the pages beside it."""
    return next(drafts(tables, tmp_path_factory.mktemp("site"))).render()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    return next(drafts(synthetic.hostile(), tmp_path_factory.mktemp("hostile"))).render()


def block(text: str, name: str) -> Any:
    opening = f'<script type="application/json" id="{name}">'
    found = re.search(f"{opening}(.*?)</script>", text, re.DOTALL)
    assert found
    return json.loads(found[1])


def names(records: dict[str, Any]) -> list[str]:
    agencies, rows = records["agencies"], records["n"]
    stems = agencies["stem"] or [0] * rows
    cities, endings = told(agencies["city"], rows), told(agencies["ending"], rows)
    parts = zip(stems, cities, endings, strict=True)
    return [f"{city if stem == 0 else stem}{ending}" for stem, city, ending in parts]


def test_same_tables_same_bytes_in_any_order(tmp_path: Path) -> None:
    tables = synthetic.tables(60)
    shuffled = {
        name: frame if name == "sources" else frame.sample(frac=1, random_state=3)
        for name, frame in tables.items()
    }
    pages = {draft.name: draft.render() for draft in drafts(tables, tmp_path)}
    again = {draft.name: draft.render() for draft in drafts(shuffled, tmp_path)}
    assert len(pages) > 60
    assert [name for name in pages if again[name] != pages[name]] == []
    assert list(again) == list(pages)


def test_a_page_that_would_not_change_is_not_touched(tmp_path: Path) -> None:
    tables = synthetic.tables(20)
    first = write_site(tables, tmp_path)
    assert first.written == first.files
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != RECORD]
    before = {path: path.stat() for path in files}
    assert len(before) == first.files
    kinds = {path.suffix for path in before}
    assert kinds == {".html", ".atom", ".json", ".svg"}
    assert write_site(tables, tmp_path).written == 0
    assert {path: path.stat().st_mtime_ns for path in before} == {
        path: stat.st_mtime_ns for path, stat in before.items()
    }
    name = tables["agencies"]["name"]
    changed = tables["agencies"].assign(name=name.mask(name.index == 7, "Another Name"))
    some = write_site(tables | {"agencies": changed}, tmp_path).written
    assert 0 < some < first.files
    assert not list(tmp_path.rglob(".*"))


def test_other_maps_keep_their_libraries(tmp_path: Path) -> None:
    folium = pytest.importorskip("folium")
    write_site(synthetic.tables(5), tmp_path)
    assert folium.Map.default_js
    assert layers.OfflineMap.default_js == []


def test_nothing_is_fetched(written: str, hostile: str) -> None:
    for text in (written, hostile):
        assert not re.search(
            r"<(?:script|img|iframe|source|embed|object)[^>]*\ssrc\s*=", text, re.IGNORECASE
        )
        icon, *feeds = re.findall(r"<link[^>]*>", text)  # a browser fetches no feed of itself
        assert icon == '<link rel="icon" href="data:,">'
        assert [re.sub(r' (?:type|title)="[^"]*"', "", one) for one in feeds] == [
            '<link rel="alternate" href="feed.atom">',
            '<link rel="alternate" href="feed.json">',
        ]
        styles = "".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL))
        assert not re.search(r"@import|url\((?!data:|#)", styles)


def test_the_policy_allows_our_scripts_and_styles_by_hash_alone(written: str) -> None:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', written)
    assert found
    policy = html.unescape(found[1])
    assert "unsafe" not in policy
    assert "http" not in policy
    for rule in (
        "default-src 'none'",
        "img-src data:",
        "connect-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ):
        assert rule in policy
    for tag in ("script", "style"):
        allowed = set(re.findall(r"'(sha256-[^']+)'", policy.split(f"{tag}-src ")[1].split(";")[0]))
        inlined = re.findall(rf"<{tag}>(.*?)</{tag}>", written, re.DOTALL)
        assert allowed == {digest(text) for text in inlined}
    assert (
        written.index("charset")
        < written.index("Content-Security-Policy")
        < written.index("<style>")
    )


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_hostile_text_stays_text(hostile: str) -> None:
    scripts = re.findall(r"<script[^>]*>", hostile)
    assert sorted(scripts) == sorted(
        ["<script>"] * 3 + [f'<script type="application/json" id="{name}">' for name in BLOCKS]
    )
    assert "<img" not in hostile
    assert set(synthetic.HOSTILE) <= set(names(block(hostile, "records")))


def test_only_web_addresses_become_links(hostile: str) -> None:
    assert not re.search(
        r'href="(?!https?://|#|data:,|(?:index|list|states|about|health)\.html|feed\.(?:atom|json)")',
        hostile,
    )
    records = block(hostile, "records")
    assert all(not source["homepage"] for source in records["sources"])
    assert all(url.startswith("https://") for url, _ in records["listings"]["documents"])
    assert records["listings"]["captures"]["url"]["of"] in ([""], [])


def test_every_department_is_in_the_list_in_the_order_of_the_payload(tmp_path: Path) -> None:
    index = write_site(synthetic.tables(60), tmp_path).index
    rows = re.findall(
        r'<tr><th[^>]*><a href="agency/[^>]*>([^<]*)</a>',
        (tmp_path / "list.html").read_text("utf-8"),
    )
    listed = [html.unescape(name) for name in rows]
    assert listed == names(block(index.read_text("utf-8"), "records"))
    assert len(listed) == 60


def test_the_payload_says_what_the_tables_say(
    tables: dict[str, pd.DataFrame], written: str
) -> None:
    records = block(written, "records")
    listed = records["listings"]
    shown = pd.DataFrame(
        {
            "row": listed["agency"],
            "programme": told(listed["programme"], len(listed["agency"])),
            "valid_from": told(listed["from"], len(listed["agency"])),
        }
    )
    agencies = records["agencies"]
    shown["name"] = [names(records)[row] for row in shown["row"]]
    shown["state"] = [told(agencies["state"], DEPARTMENTS)[row] for row in shown["row"]]
    columns = ["state", "name", "programme", "valid_from"]
    wanted = tables["participations"].merge(tables["agencies"], on="agency_id")[columns].fillna("")
    assert sorted(shown[columns].to_numpy().tolist()) == sorted(wanted.to_numpy().tolist())


def test_an_unknown_number_is_never_zero(tables: dict[str, pd.DataFrame], written: str) -> None:
    requests = block(written, "records")["requests"]
    rows = len(requests["agency"])
    current = tables["footage_requests"].query("current and scope == 'agency'")
    shown = Counter(told(requests["amount"], rows))
    unknown = current["value_state"] == "not_published"
    zero = current["value_state"] == "zero_stated"
    assert shown["not published"] == unknown.sum() > 0
    assert shown["0, as the source itself says"] == zero.sum() > 0
    assert shown["0"] == 0
    numbers = Counter(f"{value:,.15g}" for value in current.loc[~unknown & ~zero, "value"])
    assert sum(numbers.values()) + unknown.sum() + zero.sum() == rows
    assert numbers <= shown


def test_words_are_careful(tmp_path: Path) -> None:
    pages = "".join(draft.render() for draft in drafts(synthetic.tables(200), tmp_path))
    text = re.sub(r"<(script|style).*?</\1>", "", pages, flags=re.DOTALL).lower()
    assert "partner" not in text
    assert "surveil" not in re.sub("atlas.of.surveillance", "", text)
    assert "listed as of 7 october 2020; nothing later is known" in text
    assert "no longer listed since 2 november 2020" in text
    assert "does not show that the department ever asked for footage" in text
    assert "never addresses" in text


def test_the_banner_tells_freshness_health_and_sample(written: str) -> None:
    top = written[written.index("<body>") : written.index("<main")]
    assert "Newest observation: <strong>7 October 2020</strong>" in top
    assert "Ring Active Agency Map</strong>: the last run failed" in top
    assert "last good look 6 October 2020" in top
    assert synthetic.NOTICE in top


def test_the_banner_and_the_title_say_for_which_day_the_page_speaks(
    written: str, tmp_path: Path
) -> None:
    site = write_site(synthetic.tables(20), tmp_path / "site", as_of=date(2020, 12, 31))
    for name, title in (
        ("index.html", "who is listed in camera programmes"),
        ("list.html", "all departments"),
        ("states.html", "the states in numbers"),
        ("state/oh.html", "Ohio"),
    ):
        text = (site.index.parent / name).read_text("utf-8")
        assert f"<title>Peephole: {title}, as of 31 December 2020</title>" in text
        top = text[text.index("<body>") : text.index("<main")]
        assert "As of 31 December 2020: what was known by that day." in top
    assert "what was known by that day" not in written
    assert "<title>Peephole: who is listed in camera programmes</title>" in written


def test_licences_and_attribution_are_told(tmp_path: Path) -> None:
    write_site(synthetic.tables(5), tmp_path)
    about = (tmp_path / "about.html").read_text("utf-8")
    for words in (
        "Atlas of Surveillance, EFF",
        "GeoNames",
        "CC BY 4.0",
        "Census Bureau",
        "Leaflet",
    ):
        assert words in about


def test_a_page_of_1500_keeps_its_budget(written: str) -> None:
    assert len(written.encode()) <= 900_000


def test_no_departments_at_all_is_still_a_site(tmp_path: Path) -> None:
    site = write_site({name: table.empty() for name, table in TABLES.items()}, tmp_path)
    assert site.departments == 0
    for page in tmp_path.rglob("*.html"):
        text = page.read_text("utf-8")
        assert "Nothing has been observed yet" in text or page.name == "embed.html"


def test_streets_are_asked_for_and_from_one_server_alone(written: str, tmp_path: Path) -> None:
    streets = Streets("https://tiles.example/{z}/{x}/{y}.png", "© <b>Tiles</b>")
    text = next(drafts(synthetic.tables(5), tmp_path, streets=streets)).render()
    assert "img-src data: https://tiles.example;" in text
    assert "https://tiles.example/{z}/{x}/{y}.png" in text
    assert "<b>Tiles" not in text
    assert "tiles.example" not in written
    assert "img-src data:;" in written


@given(st.recursive(st.text() | st.none() | st.integers(), st.lists, max_leaves=5))
def test_json_in_a_script_cannot_end_it(value: Any) -> None:
    text = script_json(value)
    assert not set("<>&\u2028\u2029") & set(text)
    text.encode("utf-8")
    lone = re.compile("[\ud800-\udfff]")
    assert json.loads(text) == json.loads(lone.sub("?", json.dumps(value, ensure_ascii=False)))


@given(st.lists(st.text(max_size=5)))
def test_a_dictionary_column_gives_back_its_text(values: list[str]) -> None:
    assert told(coded(pd.Series(values, dtype="object")), len(values)) == values


@given(st.lists(st.integers(-(2**31), 2**31 - 1)))
def test_packed_numbers_come_back(numbers: list[int]) -> None:
    text = packed(np.array(numbers, dtype="int64"))
    assert unpacked(text) == numbers
    assert json.loads(script_json(text)) == script_json(text)[1:-1]


@given(st.lists(st.text(alphabet="ab ", max_size=8)))
def test_a_text_in_parts_is_the_whole_text(values: list[str]) -> None:
    stems, endings = parted(pd.Series(values, dtype="object"))
    assert [stem + ending for stem, ending in zip(stems, endings, strict=True)] == values


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:9000"])
def test_a_capture_from_our_own_server_is_no_link(host: str, tmp_path: Path) -> None:
    tables = synthetic.tables(5)
    tables["captures"] = tables["captures"].assign(url=f"http://{host}/map.kml")
    text = write_site(tables, tmp_path).index.read_text("utf-8")
    assert host not in text
    assert block(text, "records")["listings"]["captures"]["sha256"]


def test_shared_values_stand_once() -> None:
    assert shared([3, 3, 3]) == 3
    assert shared([3, 4]) == [3, 4]
    assert shared([]) == 0


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " https://x", "data:text/html,x", "//x.example", "", "ftp://x"]
)
def test_other_addresses_are_no_links(url: str) -> None:
    assert web_address(url) == ""


def test_examples_in_docstrings_hold() -> None:
    for module in (maps.charts, maps.columns, maps.events, maps.words):
        assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    "script", sorted((layers.ROOM / "static").glob("*.js")), ids=lambda path: path.name
)
def test_a_script_is_whole(script: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not on this machine")
    told = subprocess.run([node, "--check", script], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
