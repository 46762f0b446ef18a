"""``peephole serve`` as anybody who reaches its port may ask it: bytes over a socket."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from peephole.config import Config
from peephole.server import listening
from spiders.job import WrongInput

SECRET = b"the ledger of this machine"
FILES = {
    "site/index.html": b"<p>map",
    "site/list.html": b"<p>list",
    "site/agency/il-naperville-police.html": b"<p>one",
    "site/state/il.html": b"<p>state",
    "site/empty/.keep": b"",
    "exports/agencies.csv": b"agency_id\r\n",
    "exports/schemas/agencies.json": b"{}",
    "exports-of-others/x.csv": SECRET,
    "sitemap/x.html": SECRET,
    "ledger.sqlite": SECRET,
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("served")
    for name, content in FILES.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return data


@pytest.fixture(scope="module")
def port(served: Path) -> Iterator[int]:
    with listening(Config(data=served, db="", contact=""), 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def said(port: int, request: bytes) -> bytes:
    """All that the server answers to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65_536), b""))


def asked(port: int, path: bytes, method: bytes = b"GET") -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of an answer."""
    answer = said(
        port, b"%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % (method, path)
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    headers = dict(line.lower().split(b": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        (b"/", "site/index.html", b"text/html"),
        (b"/index.html", "site/index.html", b"text/html"),
        (b"/list.html?x=1", "site/list.html", b"text/html"),
        (
            b"/agency/il-naperville-police.html",
            "site/agency/il-naperville-police.html",
            b"text/html",
        ),
        (b"/state/il.html", "site/state/il.html", b"text/html"),
        (b"/exports/agencies.csv", "exports/agencies.csv", b"text/csv"),
        (b"/exports/schemas/agencies.json", "exports/schemas/agencies.json", b"application/json"),
    ],
)
def test_pages_and_downloads_come_as_what_they_are(
    port: int, path: bytes, name: str, kind: bytes
) -> None:
    status, headers, body = asked(port, path)
    assert status == 200
    assert headers[b"content-type"] == kind
    assert body == FILES[name]
    assert asked(port, path, b"HEAD")[2] == b""


@pytest.mark.parametrize(
    "path", [b"/", b"/agency/il-naperville-police.html", b"/nothing", b"/empty/"]
)
def test_every_answer_says_how_it_may_be_used(port: int, path: bytes) -> None:
    _, headers, _ = asked(port, path)
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"referrer-policy"] == b"no-referrer"
    assert headers[b"cache-control"] == b"no-cache"
    assert headers[b"content-security-policy"] == b"frame-ancestors 'self'"
    assert headers[b"cross-origin-opener-policy"] == b"same-origin"
    assert headers[b"cross-origin-resource-policy"] == b"same-origin"
    assert headers[b"server"] == b"peephole"


def test_only_the_embedded_map_may_stand_in_a_frame_of_others(port: int) -> None:
    for path in (b"/embed.html", b"/embed.html?x#IL"):
        assert asked(port, path)[1][b"content-security-policy"] == b"frame-ancestors *"
    for path in (b"/list.html?/embed.html", b"/embed.html/", b"/agency/embed.html.html"):
        assert asked(port, path)[1][b"content-security-policy"] == b"frame-ancestors 'self'"


def hosted(port: int, *hosts: bytes) -> int:
    """Status of an answer to a request that names these hosts."""
    lines = b"".join(b"Host: %s\r\n" % host for host in hosts)
    answer = said(port, b"GET / HTTP/1.1\r\n%sConnection: close\r\n\r\n" % lines)
    return int(answer.split()[1])


@pytest.mark.parametrize(
    "host", [b"127.0.0.1", b"127.0.0.1:8000", b"localhost", b"LOCALHOST:1", b"[::1]:8000"]
)
def test_it_answers_to_its_own_names(port: int, host: bytes) -> None:
    assert hosted(port, host) == 200


@pytest.mark.parametrize(
    "host",
    [
        b"evil.example",
        b"127.0.0.1.evil.example",
        b"localhost.evil.example:8000",
        b"evil.example@127.0.0.1.nip.example",
        b"10.0.0.1",
        b"0.0.0.0",
        b"[::1",
        b"",
    ],
)
def test_a_name_of_others_that_means_this_machine_is_not_answered(port: int, host: bytes) -> None:
    """DNS rebinding: the browser believes that it speaks with its own site."""
    assert hosted(port, host) == 421
    assert hosted(port, b"127.0.0.1", host) == 421


@pytest.mark.parametrize("place", ["site", "exports"])
def test_a_link_does_not_lead_outside(port: int, served: Path, place: str) -> None:
    folder = served / place
    for name, target in (("file", "../ledger.sqlite"), ("folder", ".."), ("loop", "loop")):
        (folder / name).symlink_to(target)
    (folder / "index").mkdir()
    (folder / "index" / "index.html").symlink_to("../../ledger.sqlite")
    before = b"/exports" if place == "exports" else b""
    for name in (b"file", b"folder/ledger.sqlite", b"folder", b"loop", b"index/", b"index"):
        status, _, body = asked(port, before + b"/" + name)
        assert status in (301, 404)
        assert SECRET not in body


@pytest.mark.parametrize(
    "path", [b"/agency/", b"/empty/", b"/state/?x", b"/exports/", b"/exports/schemas/", b"/nothing"]
)
def test_folders_are_not_listed(port: int, path: bytes) -> None:
    status, _, body = asked(port, path)
    assert status == 404
    assert b"href" not in body


@pytest.mark.parametrize(
    "path",
    [
        b"/../ledger.sqlite",
        b"/..%2fledger.sqlite",
        b"/%2e%2e/ledger.sqlite",
        b"/%2e%2e%2fledger.sqlite",
        b"/agency/../../ledger.sqlite",
        b"/agency/..%2f..%2fledger.sqlite",
        b"/..%5cledger.sqlite",
        b"/..%255c..%252fledger.sqlite",
        b"/exports/../ledger.sqlite",
        b"/exports/..%2f..%2fledger.sqlite",
        b"/exports/%2e%2e/%2e%2e/ledger.sqlite",
        b"/exports-of-others/x.csv",
        b"/..map/x.html",
        b"/../sitemap/x.html",
        b"//etc/passwd",
        b"/exports//etc/passwd",
        b"/exports/%2fetc/passwd",
        b"file:///etc/passwd",
        b"/etc/passwd%00.html",
        b"/index.html%00",
        b"/exports/\xff\xfe",
        b"/" + b"a" * 5_000,
        b"/" + b"a/" * 5_000,
    ],
)
def test_nothing_else_is_reached(port: int, path: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    status, _, body = asked(port, path)
    assert status == 404
    assert SECRET not in body
    assert b"root:" not in body
    assert "Traceback" not in capfd.readouterr().err


def test_a_folder_is_never_a_way_to_another_host(port: int) -> None:
    for path in (b"/agency", b"//agency", b"//evil.example/..", b"//evil.example/%2e%2e/agency"):
        status, headers, _ = asked(port, path)
        assert status in (200, 301, 404)
        assert not headers.get(b"location", b"").startswith((b"//", b"http"))


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"NONSENSE"])
def test_it_only_shows(port: int, method: bytes) -> None:
    assert asked(port, b"/index.html", method)[0] == 501


@pytest.mark.parametrize(
    "request_",
    [b"", b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n"],
)
def test_nonsense_does_not_stop_it(port: int, request_: bytes) -> None:
    said(port, request_)
    assert asked(port, b"/")[0] == 200


def test_what_is_asked_goes_to_the_log_and_not_to_the_terminal(
    port: int, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "peephole.server"):
        asked(port, b"/list.html")
    assert "/list.html" in caplog.text
    assert capfd.readouterr() == ("", "")


def test_without_a_site_there_is_nothing_to_serve(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="run `peephole run` or `make map`"):
        listening(Config(data=tmp_path, db="", contact=""), 0)


def test_a_port_that_is_taken_is_told(port: int, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("x")
    with pytest.raises(WrongInput, match=f"cannot listen on port {port}"):
        listening(Config(data=tmp_path, db="", contact=""), port)
