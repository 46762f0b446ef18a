"""The doctor: what is amiss is found and named with its mending, and nothing is touched by looking.
Each source is asked on 127.0.0.1, by a real server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from peephole import addresses, doctor, reaching
from peephole.config import Config
from peephole.doctor import Finding
from spiders.archive import Session
from spiders.job import WrongInput
from spiders.ledger import Ledger
from spiders.recorder import Recorder
from spiders.schema import Capture, Run
from tests import command
from tests.server import Answer, Server

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
THEN = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (addresses.NOTIFY, addresses.PING, "PEEPHOLE_FBI_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def config(folder: Path, **more: Any) -> Config:
    return Config(folder, f"sqlite:///{folder / 'ledger.sqlite'}", "you@example.org", **more)


def found(here: Config, subject: str, now: datetime = NOW) -> list[Finding]:
    return [each for each in doctor.findings(here, now) if each.subject == subject]


def one(here: Config, subject: str, now: datetime = NOW) -> Finding:
    (finding,) = found(here, subject, now)
    return finding


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder: two answers in one WARC, entered by a run that ended."""
    folder = tmp_path / "data"
    warc = folder / "archive" / "atlas.warc.gz"
    recorder = Recorder(warc, Session("atlas_of_surveillance"))
    kept = [
        recorder.exchange(f"https://a.example/{n}", (), 200, (), b"body" * 100, THEN)
        for n in range(2)
    ]
    recorder.close()
    ledger = Ledger(config(folder).db)
    at = "2026-11-20T04:00:00Z"
    ledger.begin(Run("run", "atlas_of_surveillance", "live", warc.name, 1, at, at))
    ledger.keep(
        [
            Capture(
                *(f"{n:020}", "atlas_of_surveillance", f"https://a.example/{n}", at, at, "ok"),
                *(200, stored.sha256, stored.size, stored.warc, stored.offset),
            )
            for n, stored in enumerate(kept)
        ],
        [],
    )
    ledger.finish("run", at, "healthy", "said", {"rows": 2}, [])
    ledger.close()
    return folder


def test_a_folder_that_is_well_is_well_and_is_left_as_it_was(data: Path) -> None:
    before = command.files(data)
    amiss = [each for each in doctor.findings(config(data), NOW) if not each.well]
    assert amiss == []
    subjects = [each.subject for each in doctor.findings(config(data), NOW)]
    assert subjects == [
        *("Python", "packages", "data folder", "disk", "ledger", "clock", "runs", "archive"),
        *("contact", "configuration", "key", "notices", "sample"),
    ]
    assert command.files(data) == before


def test_before_the_first_run_nothing_is_made(tmp_path: Path) -> None:
    assert all(each.well for each in doctor.findings(config(tmp_path / "data"), NOW))
    assert list(tmp_path.iterdir()) == []


def test_packages_are_held_against_what_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["typer>=0.20", "nonsense-of-ours>=1", "rich>=999", 'pandas<1; extra == "dev"']
    monkeypatch.setattr(doctor, "requires", lambda _: asked)
    finding = one(config(tmp_path), "packages")
    assert not finding.well
    assert finding.found.startswith("nonsense-of-ours is missing; rich ")
    assert finding.found.endswith(" is there, and >=999 is needed")
    assert "make map" in finding.mend


def test_a_file_in_place_of_the_data_folder_and_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").write_text("a file")
    here = config(tmp_path / "data" / "of" / "ours", notify_file=None)
    assert not one(here, "data folder").well
    usage = shutil.disk_usage(tmp_path)._replace(free=10_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert one(here, "disk") == Finding("disk", False, "0.0 GB free", "free at least 0.5 GB")


def execute(data: Path, statement: str) -> None:
    engine = sa.create_engine(config(data).db)
    with engine.begin() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


def test_a_ledger_of_a_newer_schema_is_refused_and_of_an_older_only_told(data: Path) -> None:
    execute(data, "UPDATE alembic_version SET version_num = '9999'")
    newer = one(config(data), "ledger")
    assert (newer.well, newer.mend) == (False, "install that version; this one leaves it alone")
    assert "schema 9999" in newer.found
    execute(data, "UPDATE alembic_version SET version_num = '0001'")
    before = command.files(data)
    older = one(config(data), "ledger")
    assert older.well
    assert older.found.startswith("its schema is 0001; the next command brings it to 0002")
    assert command.files(data) == before


def test_a_ledger_that_is_none_or_is_damaged(data: Path) -> None:
    file = data / "ledger.sqlite"
    whole = bytearray(file.read_bytes())
    middle = len(whole) // 4096 // 2 * 4096
    whole[middle : middle + 4096] = b"\xff" * 4096
    file.write_bytes(whole)
    for wal in data.glob("ledger.sqlite-*"):
        wal.unlink()
    damaged = one(config(data), "ledger")
    assert not damaged.well
    assert "backup" in damaged.mend
    file.write_bytes(b"no database at all" * 999)
    none = one(config(data), "ledger")
    assert (none.well, none.found) == (False, "cannot read it: file is not a database")


def test_a_clock_that_stands_before_what_was_fetched(data: Path) -> None:
    early = one(config(data), "clock", datetime(2019, 1, 1, tzinfo=UTC))
    assert not early.well
    assert early.found == (
        "it says 2019-01-01T00:00:00Z, and the ledger holds what was fetched at "
        "2026-11-20T04:00:00Z"
    )
    assert one(config(data), "clock", THEN).well


def test_a_run_that_was_cut_short_is_told(data: Path) -> None:
    execute(data, "UPDATE runs SET finished_at = NULL")
    assert one(config(data), "runs").found == "1 under way or cut short, never published: run"


def test_files_that_are_gone_torn_or_unknown(data: Path) -> None:
    warc = data / "archive" / "atlas.warc.gz"
    shutil.copy(warc, warc.with_name("other.warc.gz"))
    well, unknown = found(config(data), "archive")
    assert well.well
    assert unknown == Finding("archive", True, "1 files that no run read: other.warc.gz")
    os.truncate(warc, warc.stat().st_size * 2 // 3)
    torn = found(config(data), "archive")[0]
    assert not torn.well
    assert "atlas.warc.gz" in torn.found
    assert "peephole verify" in torn.mend
    warc.unlink()
    gone = found(config(data), "archive")[0]
    assert not gone.well
    assert gone.found.startswith("1 of 1 files are not in ")
    assert gone.found.endswith("atlas.warc.gz")


def test_a_configuration_that_names_no_source(tmp_path: Path) -> None:
    finding = one(config(tmp_path, fresh_days={"nonsense": 1}), "configuration")
    assert not finding.well
    assert "nonsense" in finding.found
    assert "atlas_of_surveillance" in finding.mend


# Online


@pytest.fixture
def pages() -> Iterator[Server]:
    script = {
        "/robots.txt": Answer(b"User-agent: *\nDisallow: /private\n"),
        "/list.csv": Answer(b"x" * 100_000),
        "/moved": Answer(status=302, headers={"Location": "/elsewhere"}),
        "/private/list": Answer(b"x"),
    }
    with Server(script) as server:
        yield server


def walked(here: Config, seeds: dict[str, tuple[str, ...]]) -> list[Finding]:
    return list(reaching.findings(here, seeds, pace=0.05))


def test_each_source_is_asked_once_by_name_and_as_robots_allow(
    pages: Server, tmp_path: Path
) -> None:
    seeds = {
        "one": (pages.url("/list.csv"), pages.url("/second.csv")),
        "two": (pages.url("/private/list"),),
        "three": (pages.url("/gone"),),
        "four": (pages.url("/moved"),),
    }
    told = walked(config(tmp_path), seeds)
    assert [(each.subject.split()[0], each.well) for each in told] == [
        *(("one", True), ("two", False), ("three", False), ("four", True), ("clock", True)),
    ]
    assert told[0].found == "robots.txt allows us; it answers 200"
    assert told[1].found == "robots.txt forbids /private/list"
    assert told[2].found == "it answers 404"
    assert told[3].found == "robots.txt allows us; it answers 302"
    assert all(each.mend for each in told if not each.well)
    assert pages.begun(4) == ["/robots.txt", "/list.csv", "/gone", "/moved"]
    for asked in pages.asked:
        assert "you@example.org" in asked.headers["User-Agent"]
    begun = sorted(asked.began for asked in pages.asked)
    assert all(later - earlier >= 0.045 for earlier, later in pairwise(begun))
    assert list(tmp_path.iterdir()) == [], "nothing is kept"


@pytest.mark.parametrize(
    ("robots", "well", "said"),
    [
        (Answer(status=500), False, "robots.txt answers 500, which forbids all"),
        (Answer(status=429), False, "robots.txt answers 429, which forbids all"),
        (Answer(status=404), True, "it answers 200"),
        (Answer(fault="reset"), False, "no answer to robots.txt, which forbids all"),
        (Answer(b"User-agent: Peephole\nDisallow: /\n"), False, "robots.txt forbids /list.csv"),
        (Answer(b"\xff\x00<html>" * 99), True, "it answers 200"),
    ],
)
def test_robots_that_cannot_be_read_forbid(
    robots: Answer, well: bool, said: str, tmp_path: Path
) -> None:
    with Server({"/robots.txt": robots, "/list.csv": Answer(b"x")}) as server:
        finding = walked(config(tmp_path), {"one": (server.url("/list.csv"),)})[0]
    assert (finding.well, said in finding.found) == (well, True), finding
    assert ("/list.csv" in server.paths()) == well


def test_a_redirect_leads_nowhere_and_a_dead_host_is_told(pages: Server, tmp_path: Path) -> None:
    away = {"Location": pages.url("/private/list")}
    with Server({"/robots.txt": Answer(status=301, headers=away), "/x": Answer(b"x")}) as server:
        told = walked(
            config(tmp_path), {"one": (server.url("/x"),), "two": ("http://127.0.0.1:1/x",)}
        )
    assert told[1].found == "no answer to robots.txt, which forbids all"
    assert pages.paths() == []


def test_a_servers_clock_far_from_ours_is_told(tmp_path: Path) -> None:
    date = format_datetime(datetime(2001, 1, 1, tzinfo=UTC), usegmt=True)
    assert reaching._apart(date, datetime(2001, 1, 1, 0, 5, tzinfo=UTC)) == -300
    for wrong in ("", "yesterday", "Mon, 99 Foo 2001 00:00:00 GMT", "x" * 999):
        assert reaching._apart(wrong, NOW) is None
    assert reaching._clock(-120).well
    assert reaching._clock(4_000) == Finding(
        "clock", False, "it is 4000 s behind a server's", reaching.SET_CLOCK
    )


def test_nobody_is_asked_by_nobody(tmp_path: Path) -> None:
    nameless = Config(tmp_path, f"sqlite:///{tmp_path / 'x.sqlite'}", "")
    with pytest.raises(WrongInput, match="must say who asks"):
        walked(nameless, {"one": ("http://127.0.0.1:1/",)})
