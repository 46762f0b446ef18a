"""Notices: told once, tried again, and never a secret in them. The services are real ones, on
127.0.0.1: a web server that Apprise's json:// posts to, a mail server, a dead man's switch."""

from __future__ import annotations

import json
import logging
import re
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from peephole import addresses, doctor, notices
from peephole.config import Config
from peephole.health import Health
from spiders.ledger import Ledger
from spiders.schema import Look, Run
from tests import command
from tests.server import Answer, Server

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ATLAS = Health(
    source="atlas_of_surveillance",
    title="Atlas of Surveillance",
    verdict="healthy",
    rows=5_784,
    last_run="2026-11-23T04:00:00Z",
    last_healthy="2026-11-23T04:00:00Z",
    reason="5784 rows",
    rows_least=20,
    rows_most=60_000,
    floor=0.5,
    fresh_days=10,
    age_days=0,
    stale=False,
    looks=(),
)
FAILED = replace(ATLAS, verdict="failed", reason="3 rows, expected 20 or more", age_days=4)
STALE = replace(ATLAS, stale=True, age_days=11, last_healthy="2026-11-12T04:00:00Z")
SECRET = "hunter2-of-the-newsroom"


def told(*seen: Health, heard: dict[str, tuple[str, bool]] | None = None) -> tuple[str, str, str]:
    message = notices.composed(seen, heard or {})
    return message.parts if message else ("", "", "")


def test_who_was_told_nothing_yet_is_told_only_what_is_amiss() -> None:
    assert told(ATLAS) == ("", "", "")
    title, body, grade = told(FAILED, replace(ATLAS, source="other"))
    assert title == "Peephole: atlas_of_surveillance amiss"
    assert body == (
        "Atlas of Surveillance (atlas_of_surveillance): failed: 3 rows, expected 20 or more "
        "(last healthy look 2026-11-23, 4 days ago)"
    )
    assert grade == "failure"


@pytest.mark.parametrize(
    ("now", "heard", "said", "grade"),
    [
        (FAILED, ("healthy", False), "failed: 3 rows", "failure"),
        (FAILED, ("incomplete", False), "failed: 3 rows", "failure"),
        (replace(FAILED, verdict="incomplete"), ("failed", False), "incomplete: 3", "warning"),
        (STALE, ("healthy", False), "stale: a healthy look is expected every 10 days", "warning"),
        (ATLAS, ("failed", False), "healthy again", "success"),
        (ATLAS, ("failed", True), "healthy again; no longer stale", "success"),
        (ATLAS, ("healthy", True), "no longer stale", "success"),
        (replace(FAILED, stale=True), ("failed", False), "stale: a healthy look", "failure"),
        (FAILED, ("failed", False), "", ""),
        (STALE, ("healthy", True), "", ""),
        (replace(FAILED, reason="another reason"), ("failed", False), "", ""),
    ],
)
def test_a_change_is_told_and_what_was_heard_is_not(
    now: Health, heard: tuple[str, bool], said: str, grade: str
) -> None:
    _, body, told_as = told(now, heard={ATLAS.source: heard})
    assert said in body
    assert bool(body) == bool(said)
    assert told_as == grade


def test_several_sources_are_one_message() -> None:
    others = [replace(FAILED, source=f"s{n}") for n in range(3)]
    title, body, _ = told(ATLAS, *others, heard={ATLAS.source: ("failed", False)})
    assert title == "Peephole: 3 sources amiss, atlas_of_surveillance better"
    assert len(body.splitlines()) == 4


def test_what_a_hostile_page_made_a_run_say_calls_nobody_and_breaks_no_line() -> None:
    evil = (
        "<!channel> @everyone \r\nBcc: all@example.org\n\x1b[31m <b>x</b> ://u:pw12@h/ " + "x" * 999
    )
    _, body, _ = told(replace(FAILED, reason=evil))
    assert len(body.splitlines()) == 1
    assert not set(body) & {"<", ">", "@", "\r", "\x1b"}
    assert "pw12" not in body
    assert len(body) < 600


# A file of addresses


def config(folder: Path, **more: Any) -> Config:
    return Config(folder, f"sqlite:///{folder / 'ledger.sqlite'}", "you@example.org", **more)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (addresses.NOTIFY, addresses.PING):
        monkeypatch.delenv(name, raising=False)


def test_addresses_come_from_the_environment_and_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "notify"
    file.write_text("# the desk\njson://b\n\njson://c json://a\n")
    file.chmod(0o600)
    monkeypatch.setenv(addresses.NOTIFY, " json://a\n\tjson://d ")
    known = addresses.addresses(config(tmp_path, notify_file=file))
    assert known == ["json://a", "json://d", "json://b", "json://c"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o777])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "notify"
    file.write_text(f"json://u:{SECRET}@127.0.0.1/")
    file.chmod(mode)
    (sentence,) = notices.tell(config(tmp_path, notify_file=file))
    assert f"chmod 600 {file}" in sentence
    assert SECRET not in sentence


@pytest.mark.parametrize("what", ["missing", "folder", "binary"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, what: str) -> None:
    file = tmp_path / "notify"
    if what == "folder":
        file.mkdir(mode=0o700)
    elif what == "binary":
        file.write_bytes(b"json://\xff\xfe")
        file.chmod(0o600)
    with pytest.raises(addresses.WrongNotices, match=re.escape(str(file))) as problem:
        addresses.addresses(config(tmp_path, notify_file=file))
    assert "xff" not in str(problem.value)


def test_which_addresses_apprise_can_use() -> None:
    assert addresses.usable("json://127.0.0.1:9/x")
    assert addresses.usable("mailto://u:p@example.org")
    for wrong in ("nonsense://x", "https://a.example/hook", "json://", "", "json:\ud800//"):
        assert not addresses.usable(wrong)


def test_the_doctor_tells_addresses_by_their_number_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = f"json://u:{SECRET}@127.0.0.1/"
    monkeypatch.setenv(addresses.NOTIFY, f"{good} nonsense://{SECRET} {good}2")
    monkeypatch.setenv(addresses.PING, f"https://hc.example/{SECRET} ftp://{SECRET}")
    here = config(tmp_path)
    told = {each.subject: each for each in doctor.findings(here, NOW)}
    known, pings = told["notices"], told["pings"]
    assert known.found == "of 3 addresses Apprise cannot use number 2"
    assert pings.found == "2 addresses; number 2 is none"
    assert not known.well
    assert not pings.well
    file = tmp_path / "notify"
    file.write_text(good)
    file.chmod(0o644)
    refused = list(doctor.findings(config(tmp_path, notify_file=file), NOW))
    assert any("chmod 600" in each.found and not each.well for each in refused)
    assert SECRET not in repr([told, refused])


# Real services


class Desk:
    """A web server that takes what Apprise's json:// posts; ``status`` is what it answers."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[dict[str, Any]] = []
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if desk.status < 300:
                    desk.got.append(json.loads(body))
                self.send_response(desk.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass  # ``format`` is the base class's name for it

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        return f"json://desk:{SECRET}@127.0.0.1:{self.http.server_port}/{SECRET}/"


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    made = Desk()
    made.thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    made.thread.join()


Saw = Callable[[str, str, str], None]


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[tuple[Config, Saw]]:
    """A data folder, and what makes its ledger see the Atlas on a day in a state for a reason."""
    here = config(tmp_path)
    ledger = Ledger(here.db)
    looks = iter(range(99))

    def saw(day: str, verdict: str, reason: str) -> None:
        at, run = f"{day}T04:00:00Z", f"run-{next(looks)}"
        ledger.begin(Run(run, ATLAS.source, "live", f"{run}.warc.gz", 1, at, at))
        look = Look(run, run, ATLAS.source, at, verdict, reason, {"rows": 30})
        ledger.finish(run, at, verdict, reason, {"rows": 30}, [look])

    yield here, saw
    ledger.close()


def test_a_failure_a_stale_source_and_a_recovery_are_told_once_each(
    newsroom: tuple[Config, Saw], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, saw = newsroom
    monkeypatch.setenv(addresses.NOTIFY, desk.address)
    monkeypatch.setenv("PEEPHOLE_FBI_KEY", "key-of-the-register")
    saw("2026-11-10", "healthy", "30 rows")
    assert notices.tell(here, datetime(2026, 11, 11, tzinfo=UTC)) == []
    assert desk.got == []

    saw("2026-11-12", "failed", f"it says {desk.address} and key-of-the-register and {SECRET}")
    for _ in range(2):
        assert notices.tell(here, datetime(2026, 11, 12, tzinfo=UTC)) == []
    (first,) = desk.got
    assert first["title"] == "Peephole: atlas_of_surveillance amiss"
    assert first["type"] == "failure"
    assert "failed: it says" in first["message"]
    assert "last healthy look 2026-11-10, 2 days ago" in first["message"]

    for _ in range(2):
        notices.tell(here, NOW)
    assert "stale: a healthy look is expected every 10 days" in desk.got[1]["message"]

    saw("2026-11-23", "healthy", "30 rows")
    for _ in range(2):
        notices.tell(here, NOW)
    assert "healthy again; no longer stale" in desk.got[2]["message"]
    assert desk.got[2]["type"] == "success"
    assert len(desk.got) == 3
    note = here.data / notices.FOLDER / notices.NOTE
    kept = note.read_text() + json.dumps(desk.got)
    for secret in (SECRET, "key-of-the-register", str(desk.http.server_port)):
        assert secret not in kept
    assert stat.S_IMODE(note.stat().st_mode) == 0o600


def test_what_a_service_did_not_take_is_tried_again_and_the_others_are_not_told_twice(
    newsroom: tuple[Config, Saw],
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    here, saw = newsroom
    caplog.set_level(logging.DEBUG)
    silent = f"json://x:{SECRET}@127.0.0.1:1/{SECRET}"
    monkeypatch.setenv(addresses.NOTIFY, f"{silent} {desk.address} nonsense://{SECRET}")
    saw("2026-11-23", "failed", "3 rows")
    desk.status = 503
    wrong = notices.tell(here, NOW)
    assert [re.sub("[^0-9]", "", sentence) for sentence in wrong] == ["13", "23", "33"]
    assert desk.got == []
    desk.status = 200
    for _ in range(2):
        wrong = notices.tell(here, NOW)
        assert len(wrong) == 2
    assert len(desk.got) == 1
    assert SECRET not in caplog.text + "".join(wrong)


@pytest.mark.parametrize("note", ["", "{", "[]", '{"a": 1}', "\ud800", '{"a": {"b": ["c"]}}'])
def test_a_spoiled_note_costs_one_more_telling(
    newsroom: tuple[Config, Saw], desk: Desk, monkeypatch: pytest.MonkeyPatch, note: str
) -> None:
    here, saw = newsroom
    monkeypatch.setenv(addresses.NOTIFY, desk.address)
    saw("2026-11-23", "failed", "3 rows")
    path = here.data / notices.FOLDER / notices.NOTE
    path.parent.mkdir()
    path.write_bytes(note.encode("utf-8", "surrogatepass"))
    for _ in range(2):
        assert notices.tell(here, NOW) == []
    assert len(desk.got) == 1


def test_of_several_at_once_one_tells(
    newsroom: tuple[Config, Saw], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, saw = newsroom
    monkeypatch.setenv(addresses.NOTIFY, desk.address)
    saw("2026-11-23", "failed", "3 rows")
    threads = [threading.Thread(target=notices.tell, args=(here, NOW)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.got) == 1


def test_a_service_that_never_answers_is_left_for_the_next_time(
    newsroom: tuple[Config, Saw], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, saw = newsroom
    saw("2026-11-23", "failed", "3 rows")
    monkeypatch.setattr(notices, "SECONDS", 0.3)
    with Server({"/slow/": Answer(b"x" * 50, fault="drip")}) as server:
        slow = f"form://127.0.0.1:{server.port}/slow/?method=get&rto=60"
        monkeypatch.setenv(addresses.NOTIFY, slow)
        (sentence,) = notices.tell(here, NOW)
    assert sentence == "address 1 of 1 for notices could not be reached"


class Post:
    """What a mail server takes in."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"


def test_by_mail_a_hostile_reason_adds_no_header_and_nobody(
    newsroom: tuple[Config, Saw], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, saw = newsroom
    post = Post()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        to = "from=us@example.org&to=desk@example.org&mode=insecure"
        monkeypatch.setenv(addresses.NOTIFY, f"mailto://127.0.0.1:{port}?{to}")
        saw("2026-11-23", "failed", "gone\r\nBcc: all@example.org\r\n\r\n<script>x</script>")
        assert notices.tell(here, NOW) == []
    finally:
        controller.stop()
    ((whom, letter),) = post.letters
    read = message_from_bytes(letter, policy=policy.default)
    assert whom == ["desk@example.org"]
    assert read["Subject"] == "Peephole: atlas_of_surveillance amiss"
    assert read["Bcc"] is None
    assert b"<script" not in letter


# A dead man's switch


def test_a_switch_is_told_of_the_beginning_and_of_either_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server({path: Answer(b"OK") for path in ("/k?a=1", "/k/start?a=1", "/k/fail?a=1")}) as it:
        monkeypatch.setenv(addresses.PING, it.url("/k?a=1"))
        assert notices.watched(config(tmp_path), lambda: True)
        assert not notices.watched(config(tmp_path), lambda: False)
        with pytest.raises(ZeroDivisionError):
            notices.watched(config(tmp_path), lambda: bool(1 / 0))
    begun = "/k/start?a=1"
    assert it.begun(6) == [begun, "/k?a=1", begun, "/k/fail?a=1", begun, "/k/fail?a=1"]
    assert it.asked[0].headers["User-Agent"].startswith("Peephole/")
    assert capsys.readouterr().err == ""


def test_a_switch_that_does_not_work_fails_nothing_and_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(addresses, "PING_SECONDS", 0.3)
    with Server({"/inside": Answer(b"secret")}) as inside:
        script = {
            f"/{SECRET}": Answer(status=302, headers={"Location": inside.url("/inside")}),
            "/slow": Answer(b"x" * 50, fault="drip"),
        }
        with Server(script) as it:
            wrong = [
                *(it.url(f"/{SECRET}"), it.url("/slow"), f"http://u:{SECRET}@127.0.0.1:1/"),
                *(f"file:///etc/{SECRET}", f"ftp://{SECRET}", f"http://[{SECRET}", SECRET),
                f"http://127.0.0.1:{SECRET}/\x01",
            ]
            monkeypatch.setenv(addresses.PING, " ".join(wrong))
            assert notices.watched(config(tmp_path), lambda: True)
    assert inside.paths() == []
    told = capsys.readouterr().err
    assert SECRET not in told
    assert "address 1 of PEEPHOLE_PING could not be pinged (success): it answered 302" in told
    ends = [line for line in told.splitlines() if "(success)" in line]
    assert len(ends) == len(wrong) - 1, "but for the slow one, whose status came in time"


def test_a_live_crawl_tells_and_ends_as_it_would_without(tmp_path: Path, desk: Desk) -> None:
    """No network: the source cannot be reached, which the desk is told, and only that."""
    nowhere = "http://127.0.0.1:1"
    with Server({"/k/start": Answer(), "/k/fail": Answer()}) as switch:
        said = command.peephole(
            *(tmp_path / "data", "crawl", "--source", "community_connect"),
            status=1,
            PEEPHOLE_CONTACT="you@example.org",
            PEEPHOLE_NOTIFY=f"{desk.address} json://u:{SECRET}@127.0.0.1:1/",
            PEEPHOLE_PING=switch.url("/k"),
            https_proxy=nowhere,
            no_proxy="127.0.0.1",
        )
    assert "community_connect: failed" in said.stderr
    assert "address 2 of 2 for notices could not be reached" in said.stderr
    assert SECRET not in said.stderr + said.stdout
    assert switch.begun(2) == ["/k/start", "/k/fail"]
    (heard,) = desk.got
    assert heard["title"] == "Peephole: community_connect amiss"
