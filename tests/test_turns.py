"""A source is crawled by one process at a time: whoever comes second leaves it alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from peephole import collecting
from peephole.config import Config
from spiders import turns
from spiders.job import Job, WrongInput, history, live
from spiders.ledger import Ledger, LedgerError
from spiders.platforms.cdx import Pattern
from spiders.schema import Run
from tests.crawling import CONTACT, ROOT

HOLDER = """
import sys, time
from spiders import turns
with turns.taken(sys.argv[1], sys.argv[2:]) as ours:
    print(*sorted(ours), flush=True)
    time.sleep(60)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


def held_elsewhere(url: str, *names: str) -> subprocess.Popen[str]:
    """Another process, which has the turns of ``names`` that it could take."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url, *names],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ) | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline().split() == sorted(names)
    return process


def taken(url: str, *names: str) -> set[str]:
    with turns.taken(url, names) as ours:
        return set(ours)


def test_a_turn_is_had_by_one_and_given_back(url: str) -> None:
    with turns.taken(url, ["a", "b"]) as ours:
        assert ours == {"a", "b"}
        assert taken(url, "b", "c") == {"c"}
        assert taken(url.replace("ledger", "another"), "a") == {"a"}
    assert taken(url, "a", "b") == {"a", "b"}


def test_a_turn_ends_with_its_process_however_it_ends(url: str) -> None:
    process = held_elsewhere(url, "a")
    assert taken(url, "a", "b") == {"b"}
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert taken(url, "a") == {"a"}
    assert process.stdout is not None
    process.stdout.close()


def test_a_ledger_is_the_same_by_whatever_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    with turns.taken("sqlite:///ledger.sqlite", ["a"]):
        assert taken(f"sqlite:///{tmp_path}/ledger.sqlite?timeout=5", "a") == set()
        assert taken(f"sqlite:///{tmp_path}/link/ledger.sqlite", "a") == set()


def test_of_many_at_once_one_has_it(url: str) -> None:
    had: list[str] = []
    starting = threading.Barrier(8)

    def contender() -> None:
        for _ in range(50):
            starting.wait()
            with turns.taken(url, ["a"]) as ours:
                had.extend(ours)
                starting.wait()

    threads = [threading.Thread(target=contender) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert had == ["a"] * 50


def test_a_ledger_in_memory_needs_no_turns() -> None:
    with turns.taken("sqlite://", ["a"]):
        assert taken("sqlite:///:memory:", "a") == {"a"}


@pytest.mark.parametrize(
    ("url", "because"),
    [
        ("no address", "no database address"),
        ("oracle://x", "cannot take turns at the ledger"),
        ("postgresql+psycopg://someone:secret@127.0.0.1:1/none", "cannot take turns at the ledger"),
    ],
)
def test_where_no_turn_can_be_taken_is_told(url: str, because: str) -> None:
    with pytest.raises(LedgerError, match=because) as problem:
        taken(url, "a")
    assert "secret" not in str(problem.value)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match=r"cannot take the turn of a at .*Not a directory"):
        taken(f"sqlite:///{tmp_path / 'file' / 'ledger.sqlite'}", "a")


@pytest.fixture
def config(tmp_path: Path, url: str) -> Config:
    return Config(tmp_path, url, CONTACT)


@pytest.fixture
def jobs(config: Config) -> list[Job]:
    one, two = (live(name, config.archive, ("http://127.0.0.1:1/",)) for name in ("one", "two"))
    pattern = [Pattern("example.org/")]
    return [one, two, *(history(name, config.archive, pattern) for name in ("one", "two"))]


@pytest.fixture
def crawled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Job]]:
    """The jobs that were run; none of them in truth."""
    found: list[Job] = []
    monkeypatch.setattr(collecting, "_run", lambda _, jobs: found.extend(jobs) or [])
    return found


def test_a_crawl_leaves_alone_what_another_crawls(
    config: Config, jobs: list[Job], crawled: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    with turns.taken(config.db, ["one"]):
        assert collecting.read(config, jobs) is True
    assert crawled == jobs[1:]
    assert capsys.readouterr().err == "one: another process is crawling it; left alone\n"
    crawled.clear()
    with turns.taken(config.db, [collecting.WEB_ARCHIVE]):
        assert collecting.read(config, jobs) is True
    assert crawled == jobs[:2]
    assert capsys.readouterr().err.count("another process is crawling the web archive") == 2


def test_an_import_that_is_left_alone_was_not_imported(config: Config, crawled: list[Job]) -> None:
    job = live("one", config.archive, ("http://127.0.0.1:1/",), as_of="2020-10-07")
    with turns.taken(config.db, ["one"]):
        assert collecting.read(config, [job]) is None
    assert crawled == []
    assert collecting.read(config, [job]) is True
    assert crawled == [job]


def test_a_crawl_that_another_has_done_meanwhile_is_left_alone(
    config: Config, jobs: list[Job], crawled: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    assert collecting.read(config, jobs[:1], if_runs=1) is True
    assert crawled == []
    assert "has crawled it meanwhile; left alone" in capsys.readouterr().err
    ledger = Ledger(config.db)
    at = "2026-11-23T00:00:00Z"
    ledger.begin(Run("x", "one", "live", "x.warc.gz", 1, at, at))
    ledger.close()
    assert collecting.read(config, jobs[:1], if_runs=1) is True
    assert crawled == jobs[:1]


def test_if_runs_goes_with_one_source(config: Config) -> None:
    for names, sample in (([], False), (["a", "b"], False), (["a"], True)):
        with pytest.raises(WrongInput, match="--if-runs goes with one --source"):
            collecting.collect(config, names, None, sample, None, if_runs=0)


def test_a_turn_is_held_while_the_crawl_goes_on(
    config: Config, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(
        collecting, "_run", lambda *_: seen.append(taken(config.db, "one", "two")) or []
    )
    began = time.monotonic()
    collecting.read(config, jobs[:1])
    assert seen == [{"two"}]
    assert taken(config.db, "one") == {"one"}
    assert time.monotonic() - began < 30
