"""Hostile and odd bytes: refused with one sentence, or read as they are."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import socket
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Response

from spiders.pages import tree_of
from spiders.platforms import kml
from spiders.platforms.csv_table import BadRow, CsvTable, Row, encoding_of
from spiders.platforms.demand_table import amount, period
from spiders.platforms.json_page import json_of
from spiders.platforms.kml import NetworkLink, Placemark, features
from spiders.platforms.readable import meaningful_part, meaningful_text
from spiders.platforms.rows import RowError, web_address
from spiders.records import Count, Listing, OtherRows, Record, Rejection
from spiders.source import LayoutError
from spiders.sources.atlas_of_surveillance import AtlasOfSurveillance
from spiders.sources.community_connect import CommunityConnect
from spiders.sources.legal_reports import LegalReports
from spiders.sources.ring_agency_map import RingAgencyMap, kind_of
from spiders.sources.ring_agency_profiles import RingAgencyProfiles
from tests.replay import MissingPageError, Page, made, records, replay, saved_pages, stats

HTML = b"\n<!doctype html>\n<html><head><title>Sorry</title></head><body>Try later</body></html>"
NAMES = [
    "<script>alert(1)</script>",
    "${alert(1)}",
    "O'Fallon",
    '=HYPERLINK("x")',
    "a\u200bb\u00a0c",
]
HEADER_2020 = saved_pages("atlas_of_surveillance")["https://example.org/2020.csv"].body.split(
    b"\n"
)[0]
COLUMNS = next(csv.reader([HEADER_2020.decode()]))


def document(*placemarks: str, head: str = "") -> bytes:
    return (
        f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{"".join(placemarks)}'
        "</Document></kml>"
    ).encode()


def placemark(name: str, address: str = "Exampleville, NC", date: str = "1/2/2020") -> str:
    return (
        f"<Placemark><name>{escape(name)}</name><address>{escape(address)}</address><ExtendedData>"
        f'<Data name="Active Date"><value>{date}</value></Data></ExtendedData></Placemark>'
    )


def kmz(*files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue()


def atlas(*rows: dict[str, str], encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, restval="", quoting=csv.QUOTE_ALL)
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode(encoding)


def ring_row(agency: str = "Exampleville Police Department", **cells: str) -> dict[str, str]:
    row = {"Agency": agency, "State": "NC", "City": "Exampleville"}
    return row | {"Technology": "Ring/Neighbors Partnership"} | cells


def listings(found: list[Record]) -> list[Listing]:
    return [record for record in found if isinstance(record, Listing)]


def refused(source: type, body: bytes) -> str:
    """The sentence with which a body is refused."""
    with pytest.raises(LayoutError) as caught:
        records(made(source), body)
    sentence = str(caught.value)
    assert "sought" in sentence
    assert "found" in sentence
    assert "\n" not in sentence
    return sentence


# KML


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty body"),
        (b" \n\t", "empty body"),
        (HTML, "an HTML page beginning '<!doctype html> <html>"),
        (b"<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>", "an HTML page"),
        (b"<?xml version='1.0'?><html><body/></html>", "found <html>"),
        (b"<?xml version='1.0'?><rss><Placemark/></rss>", "found <rss>"),
        (b"Sorry, unavailable", "beginning 'Sorry, unavailable'"),
        (document(placemark("A Police Department"))[:-30], "malformed or truncated"),
        (document(placemark("A"))[:-1], "malformed or truncated"),
        (document("<name>no departments</name>"), "without either"),
        (document("<NetworkLink><Link/></NetworkLink>"), "sought Link/href"),
        (document("<NetworkLink><Link><href> </href></Link></NetworkLink>"), "sought Link/href"),
        ("<kml><name>caf\u00e9</name></kml>".encode("latin-1"), "malformed"),
        (b"<?xml version='1.0' encoding='no-such'?><kml/>", "malformed"),
        (b"PK\x03\x04 and no more", "truncated zip"),
        (kmz(("doc.kml", document(placemark("A"))))[:-40], "truncated zip"),
        (kmz(("readme.txt", b"x")), "sought a .kml"),
        (kmz(("doc.kml", HTML)), "an HTML page"),
    ],
)
def test_what_is_no_kml_is_refused(body: bytes, says: str) -> None:
    assert says in refused(RingAgencyMap, body)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/a.kml", "doc.kml"])
def test_only_web_addresses_are_followed(target: str) -> None:
    link = document(f"<NetworkLink><Link><href>{target}</href></Link></NetworkLink>")
    assert "not followed" in refused(RingAgencyMap, link)


def test_a_link_relative_to_a_web_page_is_followed() -> None:
    link = document(
        "<NetworkLink><Link><href>\n <![CDATA[b.kml?a=1&b=2]]> </href></Link></NetworkLink>"
    )
    pages = {
        "https://example.org/maps/a.kml": Page(link),
        "https://example.org/maps/b.kml?a=1&b=2": Page(document(placemark("A Police Department"))),
    }
    found = list(replay(made(RingAgencyMap), ["https://example.org/maps/a.kml"], pages))
    assert [listing.agency for listing in listings(found)] == ["A Police Department"]


def test_wrappers_that_wrap_each_other_end() -> None:
    def link(target: str) -> Page:
        return Page(document(f"<NetworkLink><Link><href>{target}</href></Link></NetworkLink>"))

    pages = {
        "https://example.org/a": link("https://example.org/b"),
        "https://example.org/b": link("https://example.org/a"),
    }
    with pytest.raises(LayoutError, match="in a row"):
        list(replay(made(RingAgencyMap), ["https://example.org/a"], pages))


def test_a_page_that_was_not_saved_is_never_made_up() -> None:
    link = document("<NetworkLink><Link><href>https://example.org/b</href></Link></NetworkLink>")
    with pytest.raises(MissingPageError):
        list(replay(made(RingAgencyMap), ["https://a.example"], {"https://a.example": Page(link)}))


def test_an_entity_bomb_is_refused_before_it_grows() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 30))
    bomb = document(
        placemark("A").replace(">A<", ">&e29;<"),
        head=f'<!DOCTYPE kml [<!ENTITY e0 "boom">{entities}]>',
    )
    tracemalloc.start()
    assert "document type definition" in refused(RingAgencyMap, bomb)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("kind", ["general", "parameter", "subset", "attribute"])
def test_an_external_entity_is_refused_and_nothing_is_fetched(tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("<!ENTITY e 'secret'>")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        web = f"http://127.0.0.1:{server.getsockname()[1]}/x.dtd"
        for target in (secret.as_uri(), web):
            head = {
                "general": f'<!DOCTYPE kml [<!ENTITY e SYSTEM "{target}">]>',
                "parameter": f'<!DOCTYPE kml [<!ENTITY % p SYSTEM "{target}"> %p;]>',
                "subset": f'<!DOCTYPE kml SYSTEM "{target}">',
                "attribute": f'<!DOCTYPE kml [<!ENTITY e SYSTEM "{target}">]>',
            }[kind]
            text = "<Placemark id='&e;'>" if kind == "attribute" else "<Placemark>"
            body = document(f"{text}<name>&e;</name></Placemark>", head=head)
            assert "secret" not in refused(RingAgencyMap, body).replace(target, "")
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_zip_bomb_is_refused_with_little_memory() -> None:
    bomb = kmz(("doc.kml", b"<kml>" + b" " * 150_000_000))
    tracemalloc.start()
    assert "zip bomb" in refused(RingAgencyMap, bomb)
    assert tracemalloc.get_traced_memory()[1] < 2 * kml.KML_BYTES
    tracemalloc.stop()


def test_a_kmz_of_very_many_files_is_refused() -> None:
    many = kmz(*((f"{n}.txt", b"") for n in range(6000)), ("doc.kml", document(placemark("A"))))
    assert "too many files" in refused(RingAgencyMap, many)


def test_a_kml_larger_than_any_honest_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kml, "KML_BYTES", 1000)
    honest = kmz(("doc.kml", document(*[placemark(f"A{n}") for n in range(50)])))
    assert "zip bomb" in refused(RingAgencyMap, honest)


def test_a_flood_of_empty_elements_is_refused_before_it_is_a_tree() -> None:
    flood = b"<kml>" + b"<a/>" * (kml.KML_TAGS + 1) + b"</kml>"
    tracemalloc.start()
    assert "tags" in refused(RingAgencyMap, flood)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_one_broken_byte_in_a_kmz_is_noticed() -> None:
    whole = bytearray(kmz(("doc.kml", document(placemark("A Police Department")))))
    whole[60] ^= 0xFF
    assert "broken archive" in refused(RingAgencyMap, bytes(whole))


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("latin-1", "ISO-8859-1"), ("utf-16", "UTF-16"), ("utf-8-sig", "UTF-8"), ("cp1252", "cp1252")],
)
def test_a_declared_encoding_is_read(encoding: str, declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>' + document(placemark("Cañon")).decode()
    assert listings(records(made(RingAgencyMap), text.encode(encoding)))[0].agency == "Cañon"


def test_folders_in_folders_and_no_namespace_are_read() -> None:
    inner = f"<Folder><Folder>{placemark('B')}</Folder></Folder><Folder>{placemark('C')}</Folder>"
    body = document(placemark("A"), inner).replace(b' xmlns="http://www.opengis.net/kml/2.2"', b"")
    found = listings(records(made(RingAgencyMap), body))
    assert [(listing.position, listing.agency) for listing in found] == [
        (1, "A"),
        (2, "B"),
        (3, "C"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_kept_as_they_came(name: str) -> None:
    plain = records(made(RingAgencyMap), document(placemark(name, f"{name}, NC")))
    cdata = placemark("@", "@, NC").replace("@", f"<![CDATA[{name}]]>")
    assert plain == records(made(RingAgencyMap), document(cdata))
    assert listings(plain)[0].agency == listings(plain)[0].city == name
    table = records(made(AtlasOfSurveillance), atlas(ring_row(name)))
    assert listings(table)[0].agency == name


def test_a_name_too_long_to_be_one_is_set_aside_and_the_rest_goes_on() -> None:
    found = records(made(RingAgencyMap), document(placemark("x" * 9000), placemark("B")))
    assert isinstance(found[0], Rejection)
    assert "agency" in found[0].reason
    assert len(found[0].name) == 200
    assert listings(found)[0].agency == "B"


def test_a_placemark_set_aside_leaves_no_part_behind() -> None:
    twice = placemark("A").replace(
        "</ExtendedData>",
        '<Data name="Video Requests Q3 2020"><value>4</value></Data>'
        '<Data name="Active Date"><value>9/9/2021</value></Data></ExtendedData>',
    )
    assert [record.kind for record in records(made(RingAgencyMap), document(twice))] == [
        "rejection"
    ]


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("Active Date", "3/22/2018", "date"),
        ("ACTIVE_DATE", "", "date"),
        ("Active since", "2018", "date"),
        ("Agency Profile", "https://agency.ring.com/agencies/1", "profile"),
        ("Agency Profile", "", "profile"),
        ("Video Requests", "https://agency.ring.com/agencies/1", "profile"),
        ("Agency Profile", "12 (Q1 2021)", "count"),
        ("Agency Profile", "ask us", ""),
        ("Video Requests", "12", "count"),
        ("Q3 2020", "7", "count"),
        ("Field 3", "7, Q3 2020", "count"),
        ("Request for Assistance posts", "7", ""),
        ("Interactive updates", "1", ""),
        ("", "", ""),
    ],
)
def test_a_field_is_known_by_its_name_or_its_value(field: str, value: str, kind: str) -> None:
    assert kind_of(field, value) == kind


XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40
)


@given(st.lists(st.tuples(XML_TEXT, XML_TEXT, XML_TEXT), min_size=1, max_size=6), st.booleans())
def test_kml_written_from_any_text_is_read_back(
    rows: list[tuple[str, str, str]], cdata: bool
) -> None:
    def written(text: str) -> str:
        return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>" if cdata else escape(text)

    body = document(
        *(
            f"<Placemark><name>{written(name)}</name><address>{written(address)}</address>"
            f'<ExtendedData><Data name="d"><value>{written(value)}</value></Data></ExtendedData>'
            "</Placemark>"
            for name, address, value in rows
        )
    )
    assert list(features(body, "test")) == [
        Placemark(n, name.strip(), address.strip(), (("d", value.strip()),))
        for n, (name, address, value) in enumerate(rows, 1)
    ]


@given(st.binary(max_size=300))
def test_any_bytes_are_kml_or_refused(body: bytes) -> None:
    for start in (b"", b"<kml>", b"PK\x03\x04"):
        try:
            found = list(features(start + body, "test"))
        except LayoutError:
            continue
        assert all(isinstance(each, Placemark | NetworkLink) for each in found)


# CSV


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty body"),
        (b"\r\n \n", "empty body"),
        (HTML, "an HTML page"),
        (b"Sorry", "sought the column"),
        (atlas(), "nothing below it"),
        (atlas(ring_row()).replace(b'"Technology"', b'"Tech"'), "sought the column 'Technology'"),
        (atlas(ring_row()).replace(b'"County"', b'"City"'), "distinct columns"),
        (atlas(ring_row(), ring_row())[:-40], "ends inside row 2"),
        (atlas(ring_row(), ring_row())[:-3], "ends inside a quoted cell"),
        (atlas(ring_row(Summary="A\x00B")), "NUL bytes"),
        (atlas(ring_row(), encoding="utf-16-le"), "NUL bytes"),
        (atlas(ring_row(Summary="caf\u00e9"))[:-1] + b"\xc3", "cut inside a character"),
        (atlas(ring_row(Summary="x" * 200_000)), "never closes"),
        (atlas(ring_row(), encoding="utf-16")[:-1], "bytes that are no utf-16"),
    ],
)
def test_what_is_no_whole_table_is_refused(body: bytes, says: str) -> None:
    assert says in refused(AtlasOfSurveillance, body)


def test_an_added_column_is_a_warning() -> None:
    source = made(AtlasOfSurveillance)
    body = b"\r\n".join(
        line + end
        for line, end in zip(atlas(ring_row()).splitlines(), (b',"Mood"', b',"sunny"'), strict=True)
    )
    assert listings(records(source, body))
    assert stats(source)["peephole/unread/Mood"] == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_every_encoding_gives_the_same_records(encoding: str) -> None:
    rows = [ring_row("Cañon Police Department", Summary="A\nB"), ring_row("Peña")]
    found = records(made(AtlasOfSurveillance), atlas(*rows, encoding=encoding))
    assert found == records(made(AtlasOfSurveillance), atlas(*rows))
    assert [listing.agency for listing in listings(found)] == ["Cañon Police Department", "Peña"]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"plain", "utf-8-sig"),
        ("O\u2019Fallon".encode(), "utf-8-sig"),
        ("O\u2019Fallon".encode("cp1252"), "cp1252"),
        (b"caf\xe9 \x81", "latin-1"),
        (b"x" * (1024 * 1024 - 1) + "\u2019".encode(), "utf-8-sig"),
    ],
)
def test_an_encoding_is_told_by_the_whole_body(body: bytes, encoding: str) -> None:
    assert encoding_of(body, "test") == encoding


def test_a_row_of_the_wrong_width_is_set_aside_with_its_place() -> None:
    lines = atlas(ring_row("A"), ring_row("B"), ring_row("C")).splitlines(keepends=True)
    lines[2] = b'"AOS2","Exampleville"\r\n'
    found = records(made(AtlasOfSurveillance), b"".join(lines))
    assert [listing.position for listing in listings(found)] == [1, 3]
    (rejection,) = [record for record in found if isinstance(record, Rejection)]
    assert (rejection.position, rejection.reason) == (2, "row has 2 cells, the header 25")


def test_a_stray_quote_sets_one_row_aside() -> None:
    lines = atlas(ring_row("A"), ring_row("B"), ring_row("C")).splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"B"', b'"B" or "D"')
    found = records(made(AtlasOfSurveillance), b"".join(lines))
    assert [listing.agency for listing in listings(found)] == ["A", "C"]
    (rejection,) = [record for record in found if isinstance(record, Rejection)]
    assert "closing quote" in rejection.reason


def test_every_row_is_accounted_for() -> None:
    rows = [
        ring_row(),
        ring_row(Technology="camera registry "),
        ring_row(Technology="Drones"),
        ring_row(Technology="Robot Dogs"),
        ring_row(Technology=""),
        ring_row(Technology="FRT"),
        ring_row(State="Sample County"),
        ring_row(""),
    ]
    source = made(AtlasOfSurveillance)
    found = records(source, atlas(*rows))
    others = [r.rows for r in found if isinstance(r, OtherRows) and not r.programme]
    rejected = [record for record in found if isinstance(record, Rejection)]
    assert len(listings(found)) + sum(others) + len(rejected) == len(rows)
    assert stats(source)["peephole/rows"] == len(rows)
    assert stats(source)["peephole/unread/Technology: Robot Dogs"] == 1


def test_a_column_that_is_no_longer_that_of_subjects_is_refused() -> None:
    rows = [
        ring_row(Technology=f"Subject {'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ'[n]}")
        for n in range(36)
    ]
    assert "known categories" in refused(AtlasOfSurveillance, atlas(*rows))


def test_two_exports_read_by_one_source_are_counted_apart() -> None:
    source = made(AtlasOfSurveillance)
    body = atlas(ring_row(), ring_row(Technology="Drones"))
    assert records(source, body) == records(source, body)


@pytest.mark.parametrize(
    ("summary", "since_text"),
    [
        ("The X signed an agreement with Ring in June 2020 to join.", "June 2020"),
        ("The X signed an agreement with Ring in 2019. In July 2020 it left.", "2019"),
        ("The X signed an agreement with Ring.", ""),
        ("The X was founded in 1853 and in 20201 more.", ""),
    ],
)
def test_only_the_phrase_of_a_date_is_taken_from_a_sentence(summary: str, since_text: str) -> None:
    (listing,) = listings(records(made(AtlasOfSurveillance), atlas(ring_row(Summary=summary))))
    assert (listing.since_text, listing.since_field) == (
        since_text,
        "Summary" if since_text else "",
    )


@pytest.mark.parametrize(
    ("summary", "since_text"),
    [
        ("The X launched a camera registry in May 2018.", "May 2018"),
        ("The X has kept a registry of cameras since 2015.", "2015"),
        ("The X began using drones in 2017. It keeps a registry.", ""),
        ("The X keeps a camera registry, a report said in 2019.", ""),
        ("In 2019 the X had a camera registry.", ""),
    ],
)
def test_a_registry_begins_only_where_a_sentence_says_so(summary: str, since_text: str) -> None:
    row = ring_row(Technology="Camera Registry", Summary=summary, **{"Link 1 Date": "1/2/2020"})
    (listing,) = listings(records(made(AtlasOfSurveillance), atlas(row)))
    assert listing.since_text == since_text


def test_memory_stays_flat_on_a_long_table() -> None:
    body = atlas(*[ring_row(Technology="Drones", Summary="x" * 400)] * 40_000)
    tracemalloc.start()
    for _ in CsvTable(body, "test"):
        pass
    assert tracemalloc.get_traced_memory()[1] < len(body) / 4
    tracemalloc.stop()


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=8), st.booleans())
def test_a_table_written_from_any_text_is_read_back(rows: list[list[str]], bom: bool) -> None:
    text = io.StringIO(newline="")
    table = csv.writer(text, quoting=csv.QUOTE_ALL)
    table.writerows([["a", "b"], *rows])
    body = text.getvalue().encode("utf-8-sig" if bom else "utf-8")
    assert list(CsvTable(body, "test")) == [
        Row(n, {"a": a, "b": b}) for n, (a, b) in enumerate(rows, 1)
    ]


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(body: bytes) -> None:
    try:
        rows = list(CsvTable(b"a,b\n" + body, "test"))
    except LayoutError:
        return
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert all(isinstance(row, Row | BadRow) for row in rows)


# JSON


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty body"),
        (HTML, "beginning '<!doctype html>"),
        (b'[{"id": "a"', "JSONDecodeError"),
        (b"[" * 100_000, "RecursionError"),
        (b'"\xff"', "UnicodeDecodeError"),
        (b"[]", "found none"),
        (b"{}", "found none"),
        (b"3", "found none"),
    ],
)
def test_what_is_no_list_of_communities_is_refused(body: bytes, says: str) -> None:
    assert says in refused(CommunityConnect, body)


def test_numbers_are_kept_as_they_were_written() -> None:
    assert json_of(b'{"n": 1e3, "big": 00 }'.replace(b"00", b"9" * 5000), "t")["n"] == "1e3"


def community_counts(stats_page: Page) -> list[Count]:
    locations = saved_pages("community_connect")["https://example.org/wrapped.json"]
    pages = {
        "https://example.org/wrapped.json": locations,
        "https://api.fususone.com/api/public/organizations/exampleville/stats/": stats_page,
    }
    found = replay(made(CommunityConnect), ["https://example.org/wrapped.json"], pages)
    return [record for record in found if isinstance(record, Count)]


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (
            Page(b'{"totalRegisteredCameras": 0, "totalIntegratedCameras": null}'),
            [("0", None), ("", "not_published")],
        ),
        (Page(b"{}"), [("", "not_published"), ("", "not_published")]),
        (Page(b"<html>", 404), [("", "not_found"), ("", "not_found")]),
        (Page(b'{"totalRegisteredCameras": true}'), []),
    ],
)
def test_what_is_unknown_is_never_zero(page: Page, told: list[tuple[str, str | None]]) -> None:
    assert [(count.value_text, count.value_state) for count in community_counts(page)] == told


def test_a_lone_surrogate_is_set_aside() -> None:
    body = b'[{"title": "\\ud800 Police", "org": "a", "location": {"city": "B", "state": "NC"}}]'
    (rejection,) = records(made(CommunityConnect), body)
    assert isinstance(rejection, Rejection)
    assert rejection.name == "? Police"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" https://example.org/a?b=c ", "https://example.org/a?b=c"),
        ("javascript:alert(1)", ""),
        ("https://example.org/<script>", ""),
        ("https://example.org/" + "a" * 3000, ""),
        ("//example.org", ""),
    ],
)
def test_only_web_addresses_become_links(text: str, kept: str) -> None:
    assert web_address(text) == kept


def walk(body: bytes) -> Iterator[Record]:
    """Kept apart so that the test below can take the first record only."""
    source = made(RingAgencyMap)
    return replay(source, ["https://a.example"], {"https://a.example": Page(body)})


def test_placemarks_are_read_one_by_one() -> None:
    body = document(*[placemark(f"A{n}") for n in range(2000)])[:-20]
    assert next(walk(body)).kind == "listing"
    with pytest.raises(LayoutError, match="truncated"):
        list(walk(body))


# The page that shows a map


def feature(*fields: Any, name: Any = "Exampleville Police Department") -> list[Any]:
    named = [["Agency", [name], 1], None, None, list(fields)]
    return ["1A", [[[35.0, -79.0]]], None, None, 0, named]


PLACED = ["Address", ["Exampleville, NC"], 1]
DATED = ["Active Date", ["1/2/2020"], 1]


def map_page(
    layers: Any, *, first: str = "mf.map", before: str = "var ", after: str = ";"
) -> bytes:
    data = json.dumps(json.dumps([None, [first, "mid", "Map", "", [], None, layers]]))
    return f"<!DOCTYPE html><script>var _pageData = {data};</script><div>".encode()


def layer(*features: Any, groups: Any = ...) -> list[Any]:
    one = [None] * 13 + [[list(features), []]]
    return [None] * 12 + [[one] if groups is ... else groups]


def test_the_page_of_a_map_says_what_its_kml_says() -> None:
    url = "https://example.org/a"
    page = map_page([layer(feature(PLACED, DATED))])
    shown = records(made(RingAgencyMap), page, url)
    assert shown == records(
        made(RingAgencyMap), document(placemark("Exampleville Police Department")), url
    )
    assert listings(shown)[0].since_text == "1/2/2020"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (map_page([layer(feature(PLACED))], first="mf.other"), "no list that begins mf.map"),
        (map_page("layers"), "sought the layers"),
        (map_page([[1, 2, 3]]), "sought the groups of a layer"),
        (map_page([layer(groups="none")]), "sought the groups of a layer"),
        (map_page([layer(groups=[[]])]), "sought the features of a group"),
        (map_page([layer(["1A", []])]), "sought the texts of a feature"),
        (map_page([layer(feature(["Address", "Exampleville, NC"]))]), "sought [label, values"),
        (map_page([layer(feature(["Address", "Exampleville, NC", 1]))]), "sought [label, values"),
        (map_page([layer(feature([["Address"], ["x"], 1]))]), "sought [label, values"),
        (map_page([layer(feature(["Address", [["x"]], 1]))]), "sought [label, values"),
        (map_page([layer(feature({"Address": "x"}))]), "sought [label, values"),
        (map_page([layer(feature(name=["x"]))]), "sought [label, values"),
        (map_page([layer()]), "without either"),
        (map_page([]), "without either"),
        (map_page(None), "without either"),
        (map_page([layer(feature(PLACED))])[:-40], "without it"),
        (b"<!doctype html><script>var _pageData = null;</script>", "without it"),
        (b'<!doctype html><script>var _pageData = "[[[[";</script>', "whole JSON"),
        (b'<!doctype html><script>var _pageData = "\xff";</script>', "as text"),
        (b'<!doctype html><script>var _pageData = "' + b"[" * 99_999 + b'";', "whole JSON"),
        (b"<!doctype html><div id=map></div><script>var page;</script>", "empty without its scr"),
    ],
)
def test_a_map_page_in_no_known_layout_is_refused(body: bytes, says: str) -> None:
    assert says in refused(RingAgencyMap, body)


def test_an_unended_string_in_a_script_is_given_up_in_good_time() -> None:
    body = b'<!doctype html><script>var _pageData = "' + b"a\\\\" * 2_000_000
    begun = time.perf_counter()
    assert "without it" in refused(RingAgencyMap, body)
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("name", [*NAMES, "\u2019\u201d\\\"/'", "\U0001f6a8 Police", "</script>"])
def test_names_of_a_map_page_are_kept_as_they_came(name: str) -> None:
    page = map_page([layer(feature(PLACED, DATED, name=name))])
    assert [listing.agency for listing in listings(records(made(RingAgencyMap), page))] == [name]


def test_the_escapes_of_a_script_are_read() -> None:
    page = map_page([layer(feature(PLACED, name="Q"))])
    page = page.replace(b'\\"Q\\"', rb"\"O\x27Fallon \u0026 \'Q\' \/\"")
    assert [r.agency for r in listings(records(made(RingAgencyMap), page))] == ["O'Fallon & 'Q' /"]


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=30))
def test_any_page_data_is_a_map_or_refused(layers: Any) -> None:
    with contextlib.suppress(LayoutError):
        assert {r.kind for r in records(made(RingAgencyMap), map_page(layers))} <= {"rejection"}


# Profile pages

PROFILE = "https://agency.ring.com/agencies/00000000-0000-4000-8000-000000000001"
HEADING = "<!doctype html><title>Neighbors - A</title><h1>A Police Department</h1>"


def profile(content: str, url: str = PROFILE) -> dict[str, tuple[str, str | None]]:
    found = records(made(RingAgencyProfiles), (HEADING + content).encode(), url)
    assert all(isinstance(record, Count) for record in found)
    return {r.metric: (r.value_text, r.value_state) for r in found if isinstance(r, Count)}


def test_six_categories_are_six_metrics_and_no_sum() -> None:
    told = ("Request For Assistance", "Crime", "Safety", "Animals", "Environmental", "Community")
    rows = "".join(f"<li><b>{n}</b> <i>{label}</i></li>" for n, label in enumerate(told, 1))
    assert profile(f"<ul>{rows}</ul>") == {
        "rfa_posts": ("1", None),
        "crime_posts": ("2", None),
        "safety_posts": ("3", None),
        "animals_posts": ("4", None),
        "environmental_posts": ("5", None),
        "community_posts": ("6", None),
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<p>Total Video Requests: 0</p>", ("0", None)),
        ("<p>Total Video Requests: </p>", ("", "not_published")),
        ("<p>Total Video Requests: \u2013</p>", None),
        ("<p><span>Total video requests:</span> <span>1.2K</span></p>", ("1.2K", None)),
        ("<p>TOTAL VIDEO REQUESTS 7</p><p>Crime</p><p>3 days</p>", ("7", None)),
        ("<p>Total Video Requests: 7</p><i>Total Video Requests: 7</i>", ("7", None)),
    ],
)
def test_a_total_is_what_stands_with_its_words(content: str, told: tuple[str, str] | None) -> None:
    if told is None:
        with pytest.raises(LayoutError, match="sought the total"):
            profile(content)
    else:
        assert profile(content) == {"video_requests_to_date": told}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("<p>Welcome to Neighbors</p>", "neither"),
        ("<nav>Community</nav><p>Crime</p>", "no number"),
        ("<script>'Crime: 3'</script><p>Crime</p>", "no number"),
        ("<p>Crime: 3</p><p>Crime: 4</p>", "one number for Crime"),
        ("<div>Crime</div><div>5</div><div>Safety</div><div>6</div>", "no number"),
        ("<p>Crime: 3</p><div>Safety</div><div>6</div>", "stand with no label"),
        ("<p>Total Video Requests</p><b>12</b>", "stand with no label"),
        ("<h1>Another</h1><p>Crime: 3</p>", "sought one name of a department"),
    ],
)
def test_a_profile_that_must_be_guessed_is_refused(content: str, says: str) -> None:
    with pytest.raises(LayoutError, match="sought") as caught:
        profile(content)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://agency.ring.com/",
        "https://agency.ring.com/agencies/",
        "https://agency.ring.com/agencies/1/posts",
        "https://agency.ring.com.example.org/agencies/00000000-0000-4000-8000-000000000001",
        "peephole://import/0",
    ],
)
def test_a_page_that_is_no_profile_is_refused(url: str) -> None:
    with pytest.raises(LayoutError, match="sought an agency profile"):
        profile("<p>Total Video Requests: 7</p>", url)


def test_a_profile_is_known_by_one_address_however_it_was_asked_for() -> None:
    body = (HEADING + "<p>Total Video Requests: 7</p>").encode()
    for url in (PROFILE, PROFILE.replace("https://agency.ring.com", "http://agency.ring.com:80")):
        (count,) = records(made(RingAgencyProfiles), body, url)
        assert isinstance(count, Count)
        assert count.profile_url == PROFILE


def test_numbers_without_end_are_given_up_in_good_time() -> None:
    begun = time.perf_counter()
    with pytest.raises(LayoutError, match="20000 numbers"):
        profile("<p>Crime: 3</p><p>Safety</p>" + "<div><b>1</b></div>" * 20_000)
    assert time.perf_counter() - begun < 10


# Report pages


def read(content: str) -> str:
    tree = tree_of(f"<!doctype html><html><body>{content}</body></html>".encode())
    assert tree is not None
    return meaningful_text(meaningful_part(tree))


SAID = "<h1>Requests</h1><p>Ring received 12 demands in 2021, of which some were warrants.</p>"


@pytest.mark.parametrize(
    "around",
    [
        "<nav>Shop</nav>{}<footer>(c) 2026</footer>",
        "<header>Free shipping</header><main>{}</main><aside>Read next</aside>",
        "<div id='onetrust-consent-sdk'>We use cookies</div><article>{}</article>",
        "<main>{}<form>Your e-mail <input></form><script>var now = 1</script></main>",
        "<main>{}<p>Page generated on November 1, 2026 at 10:15 PM UTC</p></main>",
        "<main>{}<p>retrieved: 2026-11-01T22:15:00Z</p><i>3 minutes ago</i></main>",
        "<div class='has-cookie-banner'>{}</div>",
        "\n\n <section>\u200b{}\u00a0</section><p hidden>Draft</p>",
    ],
)
def test_a_page_says_the_same_whatever_stands_around_it(around: str) -> None:
    assert read(around.format(SAID)) == read(SAID)


@pytest.mark.parametrize(
    "change", [("12", "13"), ("2021", "2022"), ("some", "none"), ("</p>", "</p><p>More.</p>")]
)
def test_a_page_that_says_something_else_says_so(change: tuple[str, str]) -> None:
    assert read(SAID.replace(*change)) != read(SAID)


def test_the_header_of_an_article_is_part_of_what_it_says() -> None:
    said = read("<article><header><h1>In 2021</h1></header><p>12 demands</p></article>")
    assert said == "In 2021 12 demands"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("January 1, 2021 - June 30, 2021", ("2021-01-01", "2021-06-30")),
        ("Requests, July 1 \u2013 December 31, 2021", ("2021-07-01", "2021-12-31")),
        ("July to December 2020", ("2020-07-01", "2020-12-31")),
        ("January through December 2020", ("2020-01-01", "2020-12-31")),
        ("H2 2022", ("2022-07-01", "2022-12-31")),
        ("the first half of 2022", ("2022-01-01", "2022-06-30")),
        ("Law Enforcement Information Requests in 2020", ("2020-01-01", "2020-12-31")),
        ("2020", ("2020-01-01", "2020-12-31")),
        ("By Ring on January 20, 2021", None),
        ("Updated March 2024", None),
        ("H1 2021 and H2 2021", None),
        ("in 2020 and in 2021", None),
        ("July 2021 - June 2021", None),
        ("", None),
    ],
)
def test_the_period_of_a_table_is_one_that_is_named(
    text: str, span: tuple[str, str] | None
) -> None:
    found = period(text)
    assert (found and tuple(day.isoformat() for day in found)) == span


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1,234", {"value": 1234.0, "bound": "exact"}),
        ("0", {"value": 0.0, "bound": "exact"}),
        ("0-249", {"low": 0.0, "high": 249.0}),
        ("250 \u2013 499", {"low": 250.0, "high": 499.0}),
        ("57%", {"value": 57.0, "bound": "exact"}),
        ("More than 85%", {"value": 85.0, "bound": "more_than"}),
        ("< 10", {"value": 10.0, "bound": "fewer_than"}),
        ("about 1,900", {"value": 1900.0, "bound": "about"}),
        ("", {"value_state": "not_published"}),
        ("\u2014", {"value_state": "not_published"}),
        ("N/A", {"value_state": "not_published"}),
    ],
)
def test_an_amount_is_read_as_it_stands(text: str, told: dict[str, Any]) -> None:
    assert amount(text) == told


@pytest.mark.parametrize("text", ["see above", "12 of 13", "1.2.3", "-5", "0x10", "\u0661\u0662?"])
def test_an_amount_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(RowError, match="no number"):
        amount(text)


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", b"<html><body><nav>Shop</nav><script>1</script></body></html>"]
)
def test_a_report_page_without_a_word_is_refused(body: bytes) -> None:
    with pytest.raises(LayoutError, match="sought"):
        records(made(LegalReports), body, "https://ring.com/report")


def test_a_page_of_another_publisher_is_refused() -> None:
    for url in ("https://example.org/ring.com", "https://notring.com/", "peephole://import/0"):
        with pytest.raises(LayoutError, match="Ring's or Amazon's"):
            records(made(LegalReports), SAID.encode(), url)


def test_the_newest_report_is_followed_today_and_not_in_the_past() -> None:
    body = b"<p>See our <a href='/newest'>Law Enforcement Information Requests</a> page</p>"
    url = "https://blog.ring.com/report"
    response = Response(url, body=body, request=Request(url))
    found = list(made(LegalReports).parse(response))
    assert [f.url for f in found if isinstance(f, Request)] == ["https://blog.ring.com/newest"]
    response.meta["peephole_look"] = "2021-02-01T00:00:00Z"
    found = list(made(LegalReports).parse(response))
    assert [type(f).__name__ for f in found] == ["PageText"]
