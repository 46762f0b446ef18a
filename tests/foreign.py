"""Every parser of bytes that somebody else wrote, as the fuzzer and the kept corpus call it."""

from __future__ import annotations

import contextlib
import gzip
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "corpus"
"""What once broke a parser, a folder each."""


@dataclass(frozen=True)
class Parser:
    """What reads bytes, how it says that it will not, and what to begin with."""

    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    seeds: Callable[[], Iterable[bytes]]

    def __call__(self, body: bytes) -> None:
        """Read an input as it would be read for good; refusing it is no fault."""
        try:
            self.read(body)
        except self.refusals:
            return


def _saved(*sources: str) -> Callable[[], Iterator[bytes]]:
    def pages() -> Iterator[bytes]:
        for source in sources:
            for path in sorted((Path(__file__).parent / "sources" / source / "pages").iterdir()):
                if path.name != "pages.json":
                    yield path.read_bytes()

    return pages


@cache
def _source(name: str) -> Any:
    from tests.replay import made, source_classes

    return made(source_classes()[name])


def _read_by(name: str, url: str = "https://example.org/x") -> Callable[[bytes], object]:
    """All records of one page, as the source itself reads it."""

    def read(body: bytes) -> object:
        from scrapy.http import Request, Response

        from spiders.pages import page_kind

        source = _source(name)
        source.crawler.stats._stats.clear()
        response = Response(url, body=body, request=Request(url))
        page_kind(response)
        return [getattr(record, "identity", str)("x") for record in source.parse(response)]

    return read


def _statistics(body: bytes) -> object:
    """What a community says of its cameras."""
    from scrapy.http import Request, Response

    from spiders.records import Listing

    source = _source("community_connect")
    source.crawler.stats._stats.clear()
    listing = Listing(programme="community_connect", agency="Town", position=1)
    response = Response("https://example.org/", body=body, request=Request("https://example.org/"))
    return list(source.parse_stats(response, listing))


def _copy(body: bytes) -> object:
    """Where a redirect of a web archive leads, and how that address is judged."""
    from scrapy.http import Response

    from spiders import moment, reach
    from spiders.manners import retry_after
    from spiders.platforms import copies

    here = copies.Copy("https://web.archive.org", "20200101000000", "https://example.org/a")
    text = body.decode("latin-1")
    found = copies.target(Response(here.url, headers={"Location": body}), here)
    url = found.url if found else text
    scheme, host, _ = reach.origin(url)
    literal = reach.literal(host)
    return scheme, literal and reach.public(literal), retry_after(text, moment.now())


def _warc(body: bytes) -> object:
    """A WARC as bytes, or (first byte even) as the text of one record that is packed here."""
    from spiders import archive

    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        path = Path(folder, "x.warc.gz")
        whole = body[:1] >= b"\x80" or body[:2] == b"\x1f\x8b"
        path.write_bytes(body if whole else _packed(body))
        with contextlib.suppress(archive.ArchiveError):
            archive.session(path)
        found = list(archive.exchanges(path))
        return [archive.read(path, each.stored.offset) for each in found]


def _packed(text: bytes) -> bytes:
    """Each record a gzip member of its own, as a WARC has them."""
    return b"".join(
        gzip.compress(b"WARC/1.1" + part, 1, mtime=0) for part in text.split(b"WARC/1.1")[1:]
    )


def _wacz(body: bytes) -> object:
    from spiders import wacz

    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        path = Path(folder, "x.wacz")
        path.write_bytes(body)
        wacz.check(path)
        inside = Path(folder, "in")
        inside.mkdir()
        return wacz.unpack(path, inside)


def _list(body: bytes) -> object:
    """A list of departments that somebody wants linked."""
    import pandas as pd

    from analysis.matching import MATCHED
    from peephole.lists import DepartmentList

    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        path = Path(folder, "x.csv")
        path.write_bytes(body)
        read = DepartmentList(path, {"name": "Agency", "state": "State"})
        return read.written(pd.DataFrame({name: [""] * len(read.rows) for name in MATCHED}))


def _configuration(body: bytes) -> object:
    from peephole import config

    with tempfile.TemporaryDirectory(dir=_memory()) as folder, contextlib.chdir(folder):
        config.FILE.write_bytes(body)
        config.FILE.chmod(0o600)
        return config.load().scrapy()


def _release(name: str) -> Callable[[bytes], object]:
    """A release that somebody hands over, of which one file is these bytes."""

    def read(body: bytes) -> object:
        from peephole import sums

        with tempfile.TemporaryDirectory(dir=_memory()) as scratch:
            folder = Path(scratch)
            (folder / "README.md").write_text("x")
            (folder / name).write_bytes(body)
            if name == sums.SUMS:
                return list(sums.summed(folder, lambda *_: None))
            return list(sums.packaged(folder / name, folder))

    return read


def _zipped(body: bytes) -> object:
    from spiders.platforms import zipped

    return zipped.member(body, "x", "KMZ", (".kml", ".txt"), 1 << 20)


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _archives() -> Iterator[bytes]:
    """A WARC with a record of every kind, packed and as the text of its records."""
    from spiders.archive import Session
    from spiders.recorder import Recorder

    when, url, sha256 = datetime(2020, 1, 1, tzinfo=UTC), "https://example.org/map", "0" * 64
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.warc.gz")
        recorder = Recorder(path, Session("ring_agency_map", (url,), "2020-01-01", "a", "b"))
        recorder.exchange(url, [("A", "b")], 200, [("Content-Type", "text/xml")], b"<kml/>", when)
        recorder.not_modified(url, [], [], when, (url, "2020-01-01T00:00:00Z"), sha256, 6)
        recorder.unchanged(url, when, (url, "2020-01-01T00:00:00Z"), sha256, 6)
        recorder.failure(url, "no answer", when)
        recorder.close()
        yield path.read_bytes()
        yield gzip.decompress(path.read_bytes())


def _wholes() -> Iterator[bytes]:
    for body in _archives():
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("archive/x.warc.gz", body)
            packed.writestr("datapackage.json", b'{"resources": []}')
            packed.writestr("pages/pages.jsonl", b"{}\n")
            packed.writestr("indexes/index.cdxj", b"a 2020 {}\n")
        yield out.getvalue()


def _zips() -> Iterator[bytes]:
    for name, body in (("doc.kml", b"<kml/>"), ("../../x.txt", b"USPS\tGEOID\n")):
        for kind in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", kind) as packed:
                packed.writestr(name, body)
            yield out.getvalue()


def _gzipped(source: str) -> Callable[[], Iterator[bytes]]:
    def both() -> Iterator[bytes]:
        for body in _saved(source)():
            yield body
            yield gzip.compress(body, mtime=0)

    return both


def _texts(*texts: str) -> Callable[[], list[bytes]]:
    return lambda: [text.encode() for text in texts]


def parsers() -> Mapping[str, Parser]:
    """Every parser of bytes that somebody else wrote, by its name on the command line."""
    from scrapy.exceptions import NotSupported

    from spiders.archive import ArchiveError
    from spiders.job import WrongInput
    from spiders.platforms import cdx
    from spiders.source import LayoutError

    no = (LayoutError,)
    profile = "https://agency.ring.com/agencies/0a1b2c3d-0000-4000-8000-0123456789ab"
    census = ("census_places", "census_counties", "census_county_subdivisions")
    return {
        "kml": Parser(_read_by("ring_agency_map"), (*no, NotSupported), _saved("ring_agency_map")),
        "atlas": Parser(_read_by("atlas_of_surveillance"), no, _saved("atlas_of_surveillance")),
        "gazetteer": Parser(_read_by("census_places"), no, _saved(*census)),
        "estimates": Parser(
            _read_by("census_place_populations"), no, _saved("census_place_populations")
        ),
        "county_estimates": Parser(
            _read_by("census_county_populations"), no, _saved("census_county_populations")
        ),
        "zipped": Parser(_zipped, no, _zips),
        "fbi": Parser(_read_by("fbi_agencies"), no, _gzipped("fbi_agencies")),
        "communities": Parser(_read_by("community_connect"), no, _saved("community_connect")),
        "statistics": Parser(_statistics, no, _saved("community_connect")),
        "cdx": Parser(
            cdx.index,
            (),
            _texts(
                '[["urlkey","timestamp","original"],["a","20200101000000","http://a/"],[],["k"]]',
                "com,a)/ 20200101000000 http://a/ text/html 200 AAAA 12\n\nkey",
            ),
        ),
        "reports": Parser(
            _read_by("legal_reports", "https://ring.com/support/articles/oi8t6"),
            no,
            _saved("legal_reports"),
        ),
        "profiles": Parser(
            _read_by("ring_agency_profiles", profile), no, _saved("ring_agency_profiles")
        ),
        "copies": Parser(
            _copy,
            (),
            _texts(
                "/web/20200101000000id_/http://a/b",
                "https://[::1]:8/web/2020/x",
                "//0x7f.1/",
                "120",
                "Thu, 01 Jan 2026 12:02:00 GMT",
            ),
        ),
        "warc": Parser(_warc, (ArchiveError,), _archives),
        "wacz": Parser(_wacz, (ArchiveError,), _wholes),
        "list": Parser(_list, (WrongInput,), _texts("Agency,State\nTown Police,OH\n")),
        "sums": Parser(
            _release("SHA256SUMS"), (), _texts(f"{'0' * 64}  README.md\n{'1' * 64} *a/b\n")
        ),
        "package": Parser(
            _release("datapackage.json"),
            (),
            _texts(
                '{"resources": [{"name": "a", "path": "README.md", "hash": "sha256:00", '
                '"bytes": 1, "schema": {"fields": []}}]}'
            ),
        ),
        "configuration": Parser(
            _configuration,
            (WrongInput,),
            _texts(
                'contact = "a@b.org"\nwayback_delay = 4\ntiles = "https://a/{z}/{x}/{y}"\n',
                'db = "postgresql+psycopg://u:p@h/d"\nsite_address = "https://a.org"\n',
            ),
        ),
    }


def first_inputs(name: str) -> list[bytes]:
    """The seeds of a parser and what once broke it."""
    kept = sorted((CORPUS / name).glob("*")) if (CORPUS / name).is_dir() else []
    return [*(path.read_bytes() for path in kept), *parsers()[name].seeds()]
