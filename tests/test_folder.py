"""The folder of a site: what is written, what is left alone, and what a broken record costs."""

from __future__ import annotations

import json
import resource
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.folder import RECORD, Draft, SiteFolder, replace

PAGES = {"index.html": "map", "agency/il-naperville-police.html": "one", "state/il.html": "two"}
State = dict[str, tuple[int, int, bytes]]


class Press:
    """Builds sites and knows which of their pages it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []

    def build(self, pages: Mapping[str, str], common: str = "") -> SiteFolder:
        site = SiteFolder(self.folder, common)
        for name, source in pages.items():
            site.put(Draft(name, source, lambda name=name, source=source: self._page(name, source)))
        site.finish()
        return site

    def _page(self, name: str, source: str) -> str:
        self.asked.append(name)
        return f"<p>{source}</p>"


@pytest.fixture
def press(tmp_path: Path) -> Press:
    built = Press(tmp_path / "site")
    built.build(PAGES)
    built.asked.clear()
    return built


def state(folder: Path) -> State:
    """Inode, moment of writing and bytes of every file."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_ino,
            path.stat().st_mtime_ns,
            path.read_bytes(),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def changed(before: State, after: State) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_pages_are_whole_files_that_anybody_may_read(press: Press) -> None:
    assert set(state(press.folder)) == {*PAGES, RECORD}
    for name, source in PAGES.items():
        path = press.folder / name
        assert path.read_text("utf-8") == f"<p>{source}</p>"
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_the_same_again_renders_nothing_and_writes_nothing(press: Press) -> None:
    before = state(press.folder)
    site = press.build(PAGES)
    assert press.asked == []
    assert site.written == 0
    assert site.bytes == sum(len(f"<p>{source}</p>") for source in PAGES.values())
    assert state(press.folder) == before


def test_only_the_page_that_changed_is_rendered_and_written(press: Press) -> None:
    before = state(press.folder)
    site = press.build(PAGES | {"state/il.html": "three"})
    assert press.asked == ["state/il.html"]
    assert site.written == 1
    assert changed(before, state(press.folder)) == {"state/il.html", RECORD}


def test_what_all_pages_share_renders_all_but_writes_only_what_differs(press: Press) -> None:
    before = state(press.folder)
    site = press.build(PAGES, common="another style")
    assert sorted(press.asked) == sorted(PAGES)
    assert site.written == 0
    assert changed(before, state(press.folder)) == {RECORD}


def test_a_page_is_written_anew_in_one_step(press: Press) -> None:
    index = press.folder / "index.html"
    with index.open() as reader:
        press.build(PAGES | {"index.html": "new"})
        assert reader.read() == "<p>map</p>"
    assert index.read_text() == "<p>new</p>"


@pytest.mark.parametrize("harm", [b"", b"<p>ma", b"<p>map</p><script>", b"\x00" * 10])
def test_a_page_that_somebody_spoiled_is_written_anew(press: Press, harm: bytes) -> None:
    before = state(press.folder)
    index = press.folder / "index.html"
    index.write_bytes(harm)
    press.build(PAGES)
    assert press.asked == ["index.html"]
    assert index.read_text() == "<p>map</p>"
    assert changed(before, state(press.folder)) == {"index.html"}


def test_a_page_that_somebody_took_away_is_back(press: Press) -> None:
    (press.folder / "index.html").unlink()
    press.build(PAGES)
    assert (press.folder / "index.html").read_text() == "<p>map</p>"


def test_a_page_of_another_source_is_rendered_and_not_written_where_it_is_the_same(
    press: Press,
) -> None:
    record = json.loads((press.folder / RECORD).read_text())
    record["index.html"][0] = "0" * 64
    (press.folder / RECORD).write_text(json.dumps(record))
    before = state(press.folder)
    press.build(PAGES)
    assert press.asked == ["index.html"]
    assert changed(before, state(press.folder)) == {RECORD}


def test_what_an_earlier_build_wrote_and_this_one_did_not_goes(press: Press) -> None:
    press.build({"index.html": "map"})
    assert set(state(press.folder)) == {"index.html", RECORD}


def test_what_others_put_into_the_folder_stays(press: Press) -> None:
    foreign = ["CNAME", "notes.html", "agency/mine.html", "fonts/a.woff", ".nojekyll"]
    for name in foreign:
        (press.folder / name).parent.mkdir(exist_ok=True)
        (press.folder / name).write_text("not ours")
    press.build({"index.html": "map"})
    assert set(state(press.folder)) == {"index.html", RECORD, *foreign}


def test_a_link_to_a_file_elsewhere_is_replaced_and_not_followed(press: Press) -> None:
    elsewhere = press.folder.parent / "elsewhere.html"
    elsewhere.write_text("mine")
    index = press.folder / "index.html"
    index.unlink()
    index.symlink_to(elsewhere)
    press.build(PAGES)
    assert elsewhere.read_text() == "mine"
    assert not index.is_symlink()
    assert index.read_text() == "<p>map</p>"


BROKEN = [
    b"",
    b"{",
    b"\xff\xfe\x00",
    b"null",
    b"[]",
    b'"index.html"',
    b"1e999",
    b"[" * 50_000_000,
    b'{"a":' * 100_000,
    b'{"index.html": "' + b"x" * 50_000_000 + b'"}',
    b'{"index.html": ["", ""], "state/il.html": [{}, []], "agency/x.html": null}',
    b'{"index.html": [1, 2, 3], "state/il.html": [null, null], "x.html": {"0": 1, "1": 2}}',
    b'{"": ["", ""], ".": ["", ""], "agency": ["", ""], "agency/": ["", ""], "/": ["", ""]}',
    b'{"a\\u0000b.html": ["", ""], "\\ud800.html": ["", ""], "' + b"n" * 5_000 + b'.html": []}',
    b'{"index.html/x.html": ["", ""], "state": ["", ""], "pages.json": ["", ""]}',
]


@pytest.mark.parametrize("record", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_record_costs_a_rendering_and_nothing_else(press: Press, record: bytes) -> None:
    before = state(press.folder)
    (press.folder / RECORD).write_bytes(record)
    press.build(PAGES)
    assert sorted(press.asked) == sorted(PAGES)
    after = state(press.folder)
    assert changed(before, after) == {RECORD}  # another file of the same bytes
    assert after[RECORD][2] == before[RECORD][2]


def test_a_hostile_record_reaches_nothing_outside(press: Press, tmp_path: Path) -> None:
    outside = tmp_path / "x.html"
    outside.write_text("not in the site")
    names = [
        *("../x.html", "agency/../../x.html", "agency//../../x.html", "./../x.html"),
        *(str(outside), f"/{outside}", "..\\x.html", "state/../../x.html", "../x"),
    ]
    (press.folder / RECORD).write_text(json.dumps({name: ["", ""] for name in names}))
    press.build(PAGES)
    assert outside.read_text() == "not in the site"
    assert set(state(press.folder)) == {*PAGES, RECORD}


WORDS = st.one_of(
    st.text(max_size=20),
    st.lists(st.sampled_from(["..", ".", "", "agency", "x.html", "~"])).map("/".join),
)
VALUES = st.recursive(st.one_of(st.none(), st.integers(), st.text()), st.lists, max_leaves=4)


@given(st.dictionaries(WORDS, VALUES, max_size=6))
def test_no_record_reaches_outside_or_stops_a_build(record: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        outside = Path(folder, "x.html")
        outside.write_text("not in the site")
        press = Press(Path(folder, "site"))
        press.folder.mkdir()
        (press.folder / RECORD).write_text(json.dumps(record))
        press.build(PAGES)
        assert outside.read_text() == "not in the site"
        assert set(state(press.folder)) == {*PAGES, RECORD}


@pytest.mark.parametrize(
    "name",
    [
        "../x.html",
        "/x.html",
        "agency/../x.html",
        "a/b/c/d/e.html",
        "api/v1/../x.json",
        "api/v1/departments/../../../../x.json",
        "api//v1.json",
        "badge/..svg",
        "badge/.svg",
        "badge/x.svg/",
        "badge\\x.svg",
        "feed.atom\n",
        "feed.atom.html/x.json",
        "feed.js",
        "feed.JSON",
        "x",
        "",
        ".html",
        RECORD,
        "a\0.html",
    ],
)
def test_a_page_has_a_name_inside_the_folder(press: Press, name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a page"):
        press.build({name: "x"})
    assert press.asked == []


FILES = [
    *("health.json", "badge.svg", "badge/atlas_of_surveillance.svg", "feed.atom", "feed.json"),
    *("state/il.atom", "agency/il-naperville-police.atom", "agency/il-naperville-police.json"),
    *("api/v1/departments/il-naperville-police.json", "api/v1/openapi.json"),
    *("api/v1/departments.schema.json", "api/v1/states/il.json"),
]


def test_feeds_badges_and_data_stand_beside_pages_and_go_as_they_do(press: Press) -> None:
    before = state(press.folder)
    press.build(PAGES | dict.fromkeys(FILES, "data"))
    assert changed(before, state(press.folder)) == {*FILES, RECORD}
    press.build(PAGES)
    assert state(press.folder).keys() == {*PAGES, RECORD}


def test_two_pages_of_one_name_are_refused(tmp_path: Path) -> None:
    site = SiteFolder(tmp_path, "")
    site.put(Draft("index.html", "one", lambda: "one"))
    with pytest.raises(ValueError, match=r"'index\.html' is no name of a page, or that of two"):
        site.put(Draft("index.html", "two", lambda: "two"))


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond 1,000 bytes: writing one fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_page_and_names_the_new(press: Press, full_disk: None) -> None:
    before = state(press.folder)
    with pytest.raises(OSError, match="File too large") as told:
        press.build(PAGES | {"state/il.html": "long" * 1_000})
    assert told.value.filename == str(press.folder / "state/il.html")
    assert state(press.folder) == before


def test_after_a_build_that_broke_off_the_next_is_whole(press: Press) -> None:
    def broken() -> str:
        raise RuntimeError("half-way")

    site = SiteFolder(press.folder, "")
    site.put(Draft("index.html", "half", lambda: "<p>half</p>"))
    with pytest.raises(RuntimeError):
        site.put(Draft("state/il.html", "half", broken))
    assert set(state(press.folder)) == {*PAGES, RECORD}
    press.build(PAGES)
    assert press.asked == ["index.html"]
    assert (press.folder / "index.html").read_text() == "<p>map</p>"


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("a file")
    with pytest.raises(OSError, match="File exists"):
        SiteFolder(tmp_path / "site", "")


def test_text_that_utf8_has_no_bytes_for_is_written(tmp_path: Path) -> None:
    site = SiteFolder(tmp_path, "")
    site.put(Draft("index.html", "\ud800", lambda: "half a letter: \ud800"))
    site.finish()
    assert (tmp_path / "index.html").read_text("utf-8") == "half a letter: ?"


def test_nothing_is_left_where_a_file_could_not_be_put(tmp_path: Path) -> None:
    (tmp_path / "a.html").mkdir()
    with pytest.raises(IsADirectoryError) as told:
        replace(tmp_path / "a.html", b"x")
    assert told.value.filename == str(tmp_path / "a.html")
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
