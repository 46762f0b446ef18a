"""Little that grows into much: refused in one sentence, before it takes the memory."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from backports import zstd
from scrapy.http import Request, Response

from spiders import archive, wacz
from spiders.archive import ArchiveError, Session
from spiders.manners import ROBOTS_BYTES
from spiders.pages import HTML_TAGS, page_kind, tree_of
from spiders.platforms import cdx, csv_table, json_page
from spiders.platforms.csv_table import CsvTable
from spiders.recorder import Recorder
from spiders.source import MOST_UNREAD, LayoutError, unread
from tests.command import ROOT
from tests.crawling import crawl
from tests.replay import made, source_classes, stats
from tests.server import Answer, Server
from tests.test_crawl import AS_OF, PAGE, kml

LIMIT = 300_000
GROWN = kml(1) + bytes(3_000_000)


def deflated(body: bytes) -> bytes:
    return zlib.compress(body, 9)


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": deflated,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def test_an_answer_that_grows_is_given_up_in_every_encoding(tmp_path: Path) -> None:
    bodies = {
        name: Answer(pack(GROWN), headers={"Content-Encoding": name})
        for name, pack in PACKED.items()
    }
    twice = gzip.compress(gzip.compress(GROWN))
    bodies["gzip, gzip"] = Answer(twice, headers={"Content-Encoding": "gzip, gzip"})
    whole = Answer(brotli.compress(kml(30)), headers={"Content-Encoding": "br"})
    script = {f"/{n}.kml": answer for n, answer in enumerate([*bodies.values(), whole])}
    with Server(script) as server:
        jobs = [{"url": server.url(path), "as_of": AS_OF} for path in script]
        *grown, read = crawl(tmp_path, jobs, {"DOWNLOAD_MAXSIZE": LIMIT})
    assert {ended.reason for ended in grown} == {
        "0 rows, expected 20 or more; pages lost: 1 given up"
    }
    assert read.state == "healthy"
    assert max(len(answer.body) for answer in bodies.values()) < LIMIT / 10


@pytest.mark.parametrize("line", [b"\n", b"[],", b"a b\n"])
def test_an_index_that_is_larger_than_we_asked_for_is_none(line: bytes) -> None:
    found = cdx.index(b"[" * (line == b"[],") + line * (cdx.LARGEST // len(line) + 1))
    assert (found.rows, found.malformed, len(found.skipped)) == ((), 1, 1)


def test_a_robots_txt_without_end_is_read_up_to_a_whole_line(tmp_path: Path) -> None:
    """The rule behind the limit is not read, and none is read by half: ``Allow: /`` allows all."""
    rules = b"User-agent: *\nDisallow: /\n" + b"# remark\n" * 70_000
    half = rules[: ROBOTS_BYTES - 8].rpartition(b"\n")[0] + b"\n"
    half += b"#" * (ROBOTS_BYTES - len(half) - 9) + b"\nAllow: /nothing\n" + b"#" * 1000
    assert half[:ROBOTS_BYTES].endswith(b"\nAllow: /")
    allowed = Answer(kml(30))
    with Server({"/robots.txt": Answer(half), PAGE: allowed}) as server:
        (ended,) = crawl(tmp_path, [{"url": server.url(PAGE)}], {"DOWNLOAD_MAXSIZE": 1 << 20})
    assert ended.reason.endswith("1 forbidden by robots.txt")
    assert server.paths() == ["/robots.txt"]


def html_of(tags: int) -> bytes:
    return b"<html><body>" + b"<p>" * (tags - 2)


def test_a_page_of_too_many_elements_is_no_tree() -> None:
    assert tree_of(html_of(1_000)) is not None
    assert tree_of(html_of(HTML_TAGS + 1)) is None
    assert page_kind(Response("https://example.org/", body=html_of(HTML_TAGS + 1))) is None


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("legal_reports", "https://ring.com/x"),
        ("ring_agency_profiles", f"https://agency.ring.com/agencies/{'0' * 36}"),
    ],
)
def test_sources_of_pages_refuse_such_a_page(name: str, url: str) -> None:
    source = made(source_classes()[name])
    response = Response(url, body=html_of(HTML_TAGS + 1), request=Request(url))
    with pytest.raises(LayoutError, match="sought"):
        list(source.parse(response))


def banners(count: int) -> bytes:
    one = b"<i class=cookie>a</i><table><tr><td><td>total<tr><td>total<td>1</table><h2>2020</h2>"
    return b"<html><body><p>" + b"word " * 1_000 + one * count


def test_a_page_takes_time_in_proportion() -> None:
    """Each banner was once measured against the whole page, each table asked all headings."""
    source = made(source_classes()["legal_reports"])
    spent: dict[int, list[float]] = {250: [], 2_000: []}
    for count in [*spent] * 3:
        url = "https://ring.com/x"
        began = time.process_time()
        found = list(source.parse(Response(url, body=banners(count), request=Request(url))))
        spent[count].append(time.process_time() - began)
        assert len(found) == 1 + count
    assert min(spent[2_000]) < 8 * 3 * min(spent[250])


@pytest.mark.parametrize("part", [b"[],", b"1,", b"{},"])
def test_json_of_too_many_parts_is_refused(part: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_page, "ITEMS", 10_000)
    body = b"[" + part * 10_001 + b"0]"
    with pytest.raises(LayoutError, match="parts, more than 10,000"):
        json_page.json_of(body, "x")
    assert json_page.json_of(b"[" + part * 1_000 + b"0]", "x")


@pytest.mark.parametrize(
    "row",
    [b"," * 30_000, b'"a\n",' * 6_000, b'"\n' + b"a" * 30_000],
    ids=["cells", "cells of two lines", "cell"],
)
def test_a_row_without_end_is_refused(row: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "LONGEST_ROW", 20_000)
    with pytest.raises(LayoutError, match=r"found one of more than 20,000 characters near line"):
        list(CsvTable(b"a,b\n1,2\n" + row + b"\n3,4\n", "x"))
    many = CsvTable(b"a,b\n" + b"1,2\n" * 20_000, "x")
    assert sum(1 for _ in many) == 20_000


def test_fields_without_end_are_told_up_to_a_number() -> None:
    source = made(source_classes()["community_connect"])
    source.note_unread(f"{number}" + "x" * 10_000 for number in range(MOST_UNREAD + 500))
    told = unread(stats(source))
    assert len(told) == MOST_UNREAD
    assert max(map(len, told)) <= 200


def test_a_record_that_grows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.warc.gz"
    recorder = Recorder(path, Session("ring_agency_map"))
    recorder.close()
    with path.open("ab") as file:
        file.write(gzip.compress(b"WARC/1.1\r\nX: " + bytes(3_000_000)))
    monkeypatch.setattr(archive, "RECORD_BYTES", 2_000_000)
    with pytest.raises(ArchiveError, match=r"bomb\.warc\.gz at byte \d+: a record unpacks to more"):
        list(archive.exchanges(path))


MEASURED = """
import sys
from pathlib import Path
from spiders import archive
try:
    list(archive.exchanges(Path(sys.argv[1])))
except archive.ArchiveError as problem:
    print(problem)
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(peak) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc on this machine")
def test_a_real_bomb_in_a_warc_takes_little_memory(tmp_path: Path) -> None:
    """300 MB in 0.3 MB, where a header should be."""
    path = tmp_path / "bomb.warc.gz"
    packer = zlib.compressobj(9, wbits=31)
    with path.open("wb") as file:
        file.write(packer.compress(b"WARC/1.1\r\nWARC-Type: "))
        for _ in range(300):
            file.write(packer.compress(bytes(1 << 20)))
        file.write(packer.flush())
    assert path.stat().st_size < 350_000
    words = [sys.executable, "-c", MEASURED, str(path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    sentence, megabytes = done.stdout.splitlines()
    assert "a record unpacks to more than" in sentence
    assert int(megabytes) < 150


@pytest.mark.parametrize("name", ["archive/x.warc.gz", "indexes/index.cdxj", "datapackage.json"])
def test_a_member_of_a_wacz_that_grows_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.wacz"
    members = {"archive/x.warc.gz": b"x", "indexes/index.cdxj": b"", "pages/pages.jsonl": b""}
    members["datapackage.json"] = json.dumps({"resources": []}).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for member, body in (members | {name: bytes(20_000_000)}).items():
            packed.writestr(member, body)
    (told,) = wacz.check(path)
    assert told.startswith(f"{name} has ")
    assert told.endswith("would unpack to 20,000,000: a zip bomb")
    if name.startswith("archive/"):
        with pytest.raises(
            ArchiveError, match=r"bomb\.wacz: archive/x\.warc\.gz has .* a zip bomb"
        ):
            wacz.unpack(path, tmp_path)
        assert list(tmp_path.iterdir()) == [path]


def test_a_package_that_names_one_file_without_end_is_read_once(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("pages/pages.jsonl", b"x" * 1_000_000)
        package = {"resources": [{"path": "pages/pages.jsonl", "hash": "x"}] * 20_000}
        packed.writestr("datapackage.json", json.dumps(package))
    path = tmp_path / "again.wacz"
    path.write_bytes(out.getvalue())
    began = time.process_time()
    assert wacz.check(path)
    assert time.process_time() - began < 5
