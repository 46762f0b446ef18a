"""The archive: whatever happens to a file, what is read from it is what was written."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import re
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker
from warcio.warcwriter import WARCWriter

from spiders import archive
from spiders.archive import ArchiveError, Exchange, Session, Stored
from spiders.job import live
from spiders.recorder import DROPPED_HEADERS, Recorder
from tests import warm
from tests.crawling import ROOT, environment

WHEN = datetime(2020, 10, 7, 12, 30, 15, tzinfo=UTC)
SESSION = Session("ring_agency_map", ("https://example.org/map",), "2020-10-07", "A notice", "me")
URL = "https://example.org/map?x=1&y=2"

names = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1
)
values = st.binary(max_size=60).map(lambda raw: raw.decode("latin-1"))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A WARC with one record of each kind."""
    path = tmp_path / "one.warc.gz"
    handed_in = tmp_path / "handed-in.csv"
    handed_in.write_bytes(b"a,b\r\n1,2\r\n")
    recorder = Recorder(path, SESSION)
    stored = recorder.exchange(
        URL, [("Accept", "*/*")], 200, [("Content-Type", "text/plain")], b"hello" * 50, WHEN
    )
    recorder.exchange("https://example.org/gone", [], 404, [], b"", WHEN)
    refers_to = (URL, "2020-10-07T12:30:15Z")
    recorder.not_modified(URL, [], [("ETag", '"1"')], WHEN, refers_to, stored.sha256, stored.size)
    recorder.failure("https://example.org/down", "ConnectionRefused: no", WHEN)
    recorder.resource("ni://peephole/x", handed_in, archive.hashed(handed_in), WHEN)
    recorder.close()
    return path


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """A WARC small enough to look at each of its bytes."""
    path = tmp_path / "short.warc.gz"
    recorder = Recorder(path, Session("x"))
    recorder.exchange(URL, [], 200, [], b"hello", WHEN)
    recorder.failure(URL, "no", WHEN)
    recorder.close()
    return path


def boundaries(path: Path) -> list[int]:
    """The first byte of each record, and the size of the file."""
    with path.open("rb") as file:
        iterator = ArchiveIterator(file)
        found = [iterator.get_record_offset() for _ in iterator]
    return [*found, path.stat().st_size]


def told(path: Path) -> tuple[list[Exchange], list[str]]:
    torn: list[str] = []
    return list(archive.exchanges(path, torn=torn)), torn


def read_or_told(path: Path) -> tuple[list[Exchange], list[str], str]:
    """The answers and what is torn, or the sentence that says what is broken."""
    try:
        return *told(path), ""
    except ArchiveError as problem:
        return [], [], str(problem)


def test_every_kind_of_answer_reads_back_as_it_was_written(written: Path) -> None:
    found, torn = told(written)
    assert torn == []
    assert [(each.kind, each.status, each.body) for each in found] == [
        ("response", 200, b"hello" * 50),
        ("response", 404, b""),
        ("revisit", 304, b""),
        ("failure", None, b"ConnectionRefused: no"),
        ("resource", None, b"a,b\r\n1,2\r\n"),
    ]
    assert {each.fetched_at for each in found} == {WHEN}
    assert found[0].url == URL
    assert found[0].headers == (("Content-Type", "text/plain"),)
    assert found[0].stored.sha256 == hashlib.sha256(b"hello" * 50).hexdigest()
    assert found[2].stored.sha256 == found[0].stored.sha256
    assert found[2].refers_to == (URL, "2020-10-07T12:30:15Z")


def test_each_answer_is_read_from_the_offset_it_was_stored_at(written: Path) -> None:
    for each in told(written)[0]:
        assert archive.read(written, each.stored.offset) == each
        assert each.end in boundaries(written)


@pytest.mark.parametrize("offset", [0, 1, 100_000_000])
def test_an_offset_where_no_answer_begins_is_an_error(written: Path, offset: int) -> None:
    with pytest.raises(ArchiveError, match=r"one\.warc\.gz"):
        archive.read(written, offset)


def test_the_session_reads_back(written: Path) -> None:
    assert archive.session(written) == SESSION


def test_a_notice_of_several_lines_adds_no_field(tmp_path: Path) -> None:
    said = Session("ring_agency_map", notice="one\r\npeephole-as-of: 1999-01-01\u2028isPartOf: x")
    Recorder(tmp_path / "a.warc.gz", said).close()
    read = archive.session(tmp_path / "a.warc.gz")
    assert (read.source, read.as_of) == ("ring_agency_map", "")
    assert read.notice == "one peephole-as-of: 1999-01-01 isPartOf: x"


def test_a_file_cut_at_any_byte_reads_to_its_last_whole_record(short: Path, tmp_path: Path) -> None:
    whole = short.read_bytes()
    answers, _ = told(short)
    edges = boundaries(short)
    cut = tmp_path / "cut.warc.gz"
    for length in range(1, len(whole)):
        cut.write_bytes(whole[:length])
        found, torn = told(cut)
        expected = [each for each in answers if each.end <= length]
        assert [each.body for each in found] == [each.body for each in expected], length
        last = max(edge for edge in edges if edge <= length)
        said = [] if length in edges else [f"cut.warc.gz breaks off after byte {last} of {length}"]
        assert torn == said, length


def test_a_cut_large_record_is_torn_even_where_its_bytes_look_like_a_record(tmp_path: Path) -> None:
    path = tmp_path / "zip.warc.gz"
    recorder = Recorder(path, SESSION)
    noise = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(200))
    stored = recorder.exchange(URL, [], 200, [], noise + gzip.compress(b"x" * 99) + noise, WHEN)
    recorder.close()
    assert b"\x1f\x8b\x08" in path.read_bytes()[stored.offset + 3 :]
    path.write_bytes(path.read_bytes()[:-700])
    assert told(path) == (
        [],
        [f"zip.warc.gz breaks off after byte {stored.offset} of {path.stat().st_size}"],
    )


def test_an_empty_file_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "empty.warc.gz"
    path.touch()
    for look in (lambda: told(path), lambda: archive.session(path)):
        with pytest.raises(ArchiveError, match=r"empty\.warc\.gz is empty"):
            look()


def test_a_flipped_byte_never_gives_other_bytes(short: Path, tmp_path: Path) -> None:
    """Each byte of every record but the last, flipped: an error that names file and place, or
    (in the parts of gzip's header that mean nothing) the very same answers."""
    whole = short.read_bytes()
    before, _ = told(short)
    edges = boundaries(short)
    hurt = tmp_path / "hurt.warc.gz"
    harmless = {start + at for start in edges for at in (3, 4, 5, 6, 7, 8, 9)}
    for at in range(edges[-2]):
        hurt.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        record = max(edge for edge in edges if edge <= at)
        found, torn, said = read_or_told(hurt)
        if said:
            assert "hurt.warc.gz" in said, at
            assert f"byte {record}" in said or "no gzipped WARC" in said, at
        else:
            same = [each.body for each in found] == [each.body for each in before]
            assert torn or (same and at in harmless), at


def test_a_flipped_byte_is_found_when_one_answer_is_read(written: Path) -> None:
    first = told(written)[0][0]
    whole = bytearray(written.read_bytes())
    whole[(first.stored.offset + first.end) // 2] ^= 1
    written.write_bytes(whole)
    with pytest.raises(ArchiveError, match=r"one\.warc\.gz"):
        archive.read(written, first.stored.offset)


def test_a_body_that_was_exchanged_does_not_match_its_digest(written: Path) -> None:
    first = told(written)[0][0]
    whole = written.read_bytes()
    record = gzip.decompress(whole[first.stored.offset : first.end])
    forged = gzip.compress(record.replace(b"hello", b"hullo"))
    written.write_bytes(whole[: first.stored.offset] + forged + whole[first.end :])
    with pytest.raises(ArchiveError, match=r"byte \d+: the body of https://example\.org/map"):
        told(written)


def test_warcio_accepts_the_file(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Command:
        inputs = (str(written),)
        verbose = True

    checker = Checker(Command())
    checker.process_all()
    assert checker.exit_value == 0
    printed = capsys.readouterr().out
    assert printed.count("digest pass") >= 5
    assert "fail" not in printed


def test_the_archive_keeps_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret.warc.gz"
    recorder = Recorder(path, SESSION)
    secret = "s3cr3t-t0k3n"
    names = ("Cookie", "AUTHORIZATION", "Proxy-Authorization", "set-cookie", "Set-Cookie ")
    headers = [(name, secret) for name in names]
    recorder.exchange(URL, headers, 200, headers, b"body", WHEN)
    recorder.not_modified(URL, headers, headers, WHEN, (URL, ""), "0" * 64, 0)
    recorder.close()
    assert secret.encode() not in gzip.decompress(path.read_bytes())


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\n\r\n", "\u0085", "\0\n"])
def test_a_header_cannot_end_its_line(tmp_path: Path, end: str) -> None:
    path = tmp_path / "split.warc.gz"
    recorder = Recorder(path, SESSION)
    hostile = [("X-A", f"one{end}Set-Cookie: s3cr3t{end}{end}<html>"), (f"X-B{end}X-C: 1", "two")]
    recorder.exchange(URL, hostile, 200, hostile, b"the body", WHEN)
    recorder.close()
    (found,) = archive.exchanges(path)
    assert found.body == b"the body"
    assert [name.lower() for name, _ in found.headers if "cookie" in name.lower()] == []
    assert len(found.headers) == 2


@given(
    headers=st.lists(st.tuples(names, values), max_size=6),
    body=st.binary(max_size=2000),
    status=st.integers(100, 599),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_answer_reads_back(
    tmp_path: Path, headers: list[tuple[str, str]], body: bytes, status: int
) -> None:
    path = tmp_path / "any.warc.gz"
    path.unlink(missing_ok=True)
    recorder = Recorder(path, SESSION)
    stored = recorder.exchange(URL, headers, status, headers, body, WHEN)
    recorder.close()
    (found,) = archive.exchanges(path)
    assert (found.status, found.body, found.stored) == (status, body, stored)
    kept = [name for name, _ in headers if name.lower() not in DROPPED_HEADERS]
    assert [name for name, _ in found.headers] == kept
    sent = [value for name, value in headers if name.lower() not in DROPPED_HEADERS]
    for (_, read), raw in zip(found.headers, sent, strict=True):
        assert read.isascii()
        if raw.isascii() and raw.isprintable():
            assert read == " ".join(raw.split())


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("https://example.org/a?b=c;d#e%20f", "https://example.org/a?b=c;d#e%20f"),
        ("/caf\u00c3\u00a9", "/caf%C3%A9"),  # UTF-8 as HTTP gives it, byte by byte
        ("/caf\u00e9", "/caf%E9"),
        ('W/"abc"', 'W/"abc"'),
    ],
)
def test_a_header_keeps_what_a_redirect_needs(tmp_path: Path, sent: str, kept: str) -> None:
    path = tmp_path / "location.warc.gz"
    recorder = Recorder(path, SESSION)
    recorder.exchange(URL, [], 302, [("Location", sent)], b"", WHEN)
    recorder.close()
    (found,) = archive.exchanges(path)
    assert found.headers == (("Location", kept),)


def test_a_large_body_reads_back(tmp_path: Path) -> None:
    body = hashlib.sha256(b"seed").digest() * 150_000  # 4.8 MB
    path = tmp_path / "large.warc.gz"
    recorder = Recorder(path, SESSION)
    recorder.exchange(URL, [], 200, [], body, WHEN)
    recorder.exchange(URL, [], 200, [], b"after", WHEN)
    recorder.close()
    first, second = archive.exchanges(path)
    assert first.body == body
    assert second.body == b"after"


def other_software(path: Path, digest: bool) -> None:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        writer.write_record(writer.create_warcinfo_record("x", {"software": "Wget/1.21"}))
        payload = io.BytesIO(b"hello")
        more = {} if digest else {"WARC-Payload-Digest": ""}
        writer.write_record(
            writer.create_warc_record(
                URL, "resource", payload=payload, length=5, warc_headers_dict=more
            )
        )


def test_a_warc_of_other_software_is_refused_with_a_sentence(tmp_path: Path) -> None:
    from spiders.job import replay

    path = tmp_path / "wget.warc.gz"
    other_software(path, digest=True)
    with pytest.raises(ArchiveError, match="does not say which source it holds"):
        replay(path, tmp_path / "archive")
    with pytest.raises(ArchiveError, match="of other software, with the digest 'sha1:"):
        told(path)
    assert not (tmp_path / "archive").exists()


def no_warcinfo() -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    record = writer.create_warc_record(URL, "resource", payload=io.BytesIO(b"x"), length=1)
    writer.write_record(record)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<!doctype html><title>Sorry</title>", "is no gzipped WARC"),
        (gzip.compress(b"<!doctype html>"), "no"),
        (b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n", "is no gzipped WARC"),
        (b"PK\x03\x04" + bytes(60), "is no gzipped WARC"),
        (bytes(512), "is no gzipped WARC"),
        (gzip.compress(b"WARC/1.0\r\nWARC-Type: warcinfo\r\n")[:12], "breaks off"),
        (no_warcinfo(), "does not begin with a warcinfo record"),
    ],
    ids=["html", "gzipped html", "plain warc", "zip", "zeros", "cut", "no warcinfo"],
)
def test_what_is_no_warc_of_ours_is_refused_with_one_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "odd.warc.gz"
    path.write_bytes(content)
    with pytest.raises(ArchiveError) as caught:
        archive.session(path)
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.binary(min_size=1, max_size=300), st.booleans())
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_whatever_break_the_reader(tmp_path: Path, content: bytes, zipped: bool) -> None:
    path = tmp_path / "noise.warc.gz"
    path.write_bytes(gzip.compress(b"WARC/1.1\r\n" + content) if zipped else content)
    for look in (lambda: list(archive.exchanges(path)), lambda: archive.session(path)):
        found: object = None
        with contextlib.suppress(ArchiveError):
            found = look()
        assert found is None or isinstance(found, list | archive.Session)


def test_a_missing_file_is_an_archive_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="No such file"):
        archive.session(tmp_path / "none.warc.gz")
    with pytest.raises(ArchiveError, match="directory"):
        archive.session(tmp_path)


def test_a_recorder_never_writes_over_a_file(written: Path) -> None:
    before = written.read_bytes()
    with pytest.raises(ArchiveError, match="File exists"):
        Recorder(written, SESSION)
    assert written.read_bytes() == before


@pytest.fixture
def small_disk(request: pytest.FixtureRequest) -> Iterator[int]:
    """Files may grow to so many bytes (20,000) and no further; writing more is an OSError."""
    import resource

    room: int = getattr(request, "param", 20_000)
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, was[1]))
    yield room
    resource.setrlimit(resource.RLIMIT_FSIZE, was)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("small_disk", [10], indirect=True)
def test_a_disk_without_room_for_a_record_keeps_no_file(tmp_path: Path, small_disk: int) -> None:
    with pytest.raises(ArchiveError, match=r"cannot write to the archive .* free some space"):
        Recorder(tmp_path / "full.warc.gz", SESSION)
    assert list(tmp_path.iterdir()) == []


def test_a_process_killed_before_its_first_record_leaves_no_archive(tmp_path: Path) -> None:
    """Its file is found by nobody; one that was left is written over."""
    path = tmp_path / "a.warc.gz"
    deed = (
        "import os, signal\n"
        "from spiders import recorder\n"
        "from spiders.archive import Session\n"
        "from pathlib import Path\n"
        "recorder.WARCWriter.write_record = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"recorder.Recorder(Path({str(path)!r}), Session('ring_agency_map'))"
    )
    assert warm.run("-c", [deed], environment(tmp_path), ROOT).returncode == -signal.SIGKILL
    assert [each.stat().st_size for each in tmp_path.iterdir()] == [0]
    assert list(tmp_path.glob("*.warc.gz")) == []
    Recorder(path, SESSION).close()
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_whole_records_and_a_sentence(tmp_path: Path, small_disk: int) -> None:
    path = tmp_path / "full.warc.gz"
    recorder = Recorder(path, SESSION)
    kept = recorder.exchange(URL, [], 200, [], b"kept", WHEN)
    noise = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(256)) * 4
    incompressible = b"".join(
        hashlib.sha256(noise[n : n + 9]).digest() for n in range(0, 20_000, 9)
    )
    with pytest.raises(ArchiveError, match=r"cannot write to the archive .* free some space"):
        recorder.exchange(URL, [], 200, [], incompressible, WHEN)
    with pytest.raises(ArchiveError, match="is closed"):
        recorder.exchange(URL, [], 200, [], b"later", WHEN)
    recorder.close()
    found, torn = told(path)
    assert torn == []
    assert [each.stored for each in found] == [kept]


def test_a_copy_of_a_warc_is_found_again_and_never_overwritten(
    written: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "archive"
    copy = archive.adopt(written, folder)
    assert copy.read_bytes() == written.read_bytes()
    assert archive.adopt(written, folder) == copy
    assert archive.adopt(copy, folder) == copy
    (tmp_path / "other").mkdir()
    Recorder(tmp_path / "other" / written.name, Session("ring_agency_map")).close()
    with pytest.raises(ArchiveError, match="exists and differs"):
        archive.adopt(tmp_path / "other" / written.name, folder)
    assert copy.read_bytes() == written.read_bytes()
    assert [each.name for each in folder.iterdir()] == [written.name]


def test_an_archive_folder_that_cannot_be_made_is_an_archive_error(
    written: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    for attempt in (
        lambda: Recorder(tmp_path / "file" / "a.warc.gz", SESSION),
        lambda: archive.adopt(written, tmp_path / "file"),
    ):
        with pytest.raises(ArchiveError, match="cannot"):
            attempt()


def test_stored_says_where_and_what(written: Path) -> None:
    first = told(written)[0][0]
    assert isinstance(first.stored, Stored)
    assert first.stored.warc == "one.warc.gz"
    assert first.stored.size == len(first.body)


def test_the_archives_of_a_source_sort_as_its_crawls_began(tmp_path: Path) -> None:
    """Also those of one second."""
    names = [live("ring_agency_map", tmp_path, ()).warc.name for _ in range(200)]
    assert names == sorted(names)
    assert len(set(names)) == len(names)
    assert re.fullmatch(r"ring_agency_map-\d{8}T\d{6}Z-[0-9a-f]{6}\.warc\.gz", names[0])
