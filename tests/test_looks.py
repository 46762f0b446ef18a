"""Runs over archived copies: a look for each, its own verdict, and nothing asked for twice."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from spiders import archive, wacz
from tests.crawling import Ended, crawl, started
from tests.server import INDEX, Answer, Server, copy, copy_path, digest, index, row
from tests.test_crawl import kml

MAP = "http://maps.example/map.kml"
QUESTION = f"{INDEX}?url=maps.example/map.kml"
LOGIN = (
    b"<!doctype html><html><head><title>Sign in</title></head><body><form>"
    b"<input type=password></form></body></html>"
)
SAME, LARGE, SMALL, LATER = kml(30), kml(300), kml(40), kml(310)
COPIES = {
    "20200101000000": copy(SAME),
    "20200201000000": copy(SAME),
    "20200301000000": copy(b"<!doctype html><html><body>Sorry, this page is gone</body></html>"),
    "20200401000000": copy(LOGIN),
    "20200501000000": copy(LARGE),
    "20200601000000": copy(SMALL),
    "20200701000000": copy(b"gone", status=404),
    "20200801000000": copy(LATER),
}
JUDGED = {
    "2020-01-01T00:00:00Z": ("healthy", "30 rows"),
    "2020-02-01T00:00:00Z": ("healthy", "30 rows"),
    "2020-03-01T00:00:00Z": ("failed", "LayoutError: sought a KML document"),
    "2020-04-01T00:00:00Z": ("failed", "a login page stood at http"),
    "2020-05-01T00:00:00Z": ("healthy", "300 rows"),
    "2020-06-01T00:00:00Z": (
        "failed",
        "40 listings in neighbors_portal, the last healthy run had 300: fewer",
    ),
    "2020-07-01T00:00:00Z": ("failed", "0 rows, expected 20 or more; pages lost: 1 answered"),
    "2020-08-01T00:00:00Z": ("healthy", "310 rows"),
}
"""The sixth is judged by the fifth, which the same run read."""
SCRIPT: dict[str, Answer | list[Answer]] = {
    QUESTION: index([row(stamp, MAP, answer.body) for stamp, answer in COPIES.items()]),
    **{copy_path(stamp, MAP): answer for stamp, answer in COPIES.items()},
}
ROBOTS = "/robots.txt"
LOOKS = "SELECT look_id, observed_at, verdict, reason, counts, account FROM looks ORDER BY look_id"
READ = (
    "SELECT observed_at, original_url, outcome, http_status, sheet_id, look_id"
    " FROM readings JOIN captures USING (capture_id) ORDER BY observed_at"
)


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as connection:
        return connection.execute(query).fetchall()


class History(NamedTuple):
    """A crawl of the archived copies."""

    folder: Path
    server: Server
    ended: Ended


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    folder = tmp_path_factory.mktemp("history")
    with Server(SCRIPT) as server:
        (ended,) = crawl(folder, [{"url": server.url(QUESTION)}])
        yield History(folder, server, ended)


def test_each_copy_is_a_look_with_a_verdict_of_its_own(history: History) -> None:
    looks = {row[1]: row for row in rows(history.folder, LOOKS)}
    assert list(looks) == list(JUDGED)
    run_id = history.ended.warc.name.removesuffix(".warc.gz") + "-v1"
    for moment, (state, reason) in JUDGED.items():
        look_id, _, verdict, told, _, account = looks[moment]
        digits = moment.translate(str.maketrans("", "", "-T:Z"))
        assert look_id == f"{run_id}@{digits}"
        assert verdict == state, told
        assert told.startswith(reason)
        assert json.loads(account)["finish_reason"] == "finished"
        assert bool(json.loads(account)["lost"]) == ("pages lost" in reason)
    assert json.loads(looks["2020-05-01T00:00:00Z"][4])["listing:neighbors_portal"] == 300


def test_the_run_is_incomplete_where_a_look_is_not_healthy(history: History) -> None:
    assert (history.ended.state, history.ended.reason) == (
        "incomplete",
        "8 looks: 4 healthy, 4 failed",
    )
    assert history.ended.counts["looks"] == 8
    assert history.ended.counts["rows"] == 30 + 30 + 300 + 40 + 310
    assert history.ended.counts["listing:neighbors_portal"] == 710


def test_a_reading_leads_to_the_copy_and_to_the_page_it_is_of(history: History) -> None:
    found = rows(history.folder, READ)
    assert [each[0][:7] for each in found] == [f"2020-0{month}" for month in (1, 2, 5, 6, 8)]
    assert {each[1] for each in found} == {MAP}
    assert [each[2] for each in found] == ["ok", "unchanged", "ok", "ok", "ok"]
    assert found[0][4] == found[1][4]
    assert len({each[4] for each in found}) == 4
    ((sightings,),) = rows(history.folder, "SELECT count(*) FROM sightings")
    assert sightings == 30 + 300 + 40 + 310


def test_a_copy_that_is_the_same_is_not_asked_for(history: History) -> None:
    asked = [ROBOTS, QUESTION, *(copy_path(stamp, MAP) for stamp in COPIES)]
    assert sorted(history.server.paths()) == sorted(set(asked) - {copy_path("20200201000000", MAP)})
    kept = [each for each in archive.exchanges(history.ended.warc) if each.kind == "unchanged"]
    (same,) = kept
    assert same.url == history.server.url(copy_path("20200201000000", MAP))
    assert same.refers_to[0] == history.server.url(copy_path("20200101000000", MAP))
    assert (same.body, same.status, same.headers) == (b"", None, ())
    assert digest(SAME) == digest(archive.read(history.ended.warc, _offset(history)).body)


def _offset(history: History) -> int:
    ((offset,),) = rows(
        history.folder, "SELECT warc_offset FROM captures WHERE observed_at LIKE '2020-01%'"
    )
    return int(offset)


def test_its_archive_packs_and_checks(history: History, tmp_path: Path) -> None:
    packed = tmp_path / "history.wacz"
    assert wacz.pack([history.ended.warc], packed) == 2 + len(COPIES)
    assert wacz.check(packed) == wacz.check(history.ended.warc) == []


def test_a_replay_into_an_empty_ledger_says_the_same(history: History, tmp_path: Path) -> None:
    (again,) = crawl(tmp_path, [{"warc": str(history.ended.warc)}], network=False)
    live = history.ended
    assert (again.state, again.reason, again.counts) == (live.state, live.reason, live.counts)
    captures = "SELECT * FROM captures ORDER BY capture_id"
    for query in (LOOKS, READ, captures):
        assert rows(tmp_path, query) == rows(history.folder, query)


def test_a_second_run_asks_for_no_copy_again(history: History, tmp_path: Path) -> None:
    with Server(SCRIPT) as server:
        first, second = (crawl(tmp_path, [{"url": server.url(QUESTION)}])[0] for _ in range(2))
        once = len(server.paths()) - 3
    assert (second.state, second.reason, second.counts) == (first.state, first.reason, first.counts)
    asked = server.paths()[-3:]
    assert asked == [ROBOTS, QUESTION, copy_path("20200701000000", MAP)]  # a 404 may be gone
    assert once == len(history.server.paths())
    ((captures,),) = rows(tmp_path, "SELECT count(*) FROM captures WHERE original_url != ''")
    assert captures == len(COPIES)
    assert rows(tmp_path, "SELECT count(*), count(DISTINCT sheet_id) FROM readings") == [(10, 4)]
    wacz.pack([first.warc, second.warc], tmp_path / "both.wacz")
    assert wacz.check(tmp_path / "both.wacz") == []
    alone, both = tmp_path / "alone", tmp_path / "together"
    (lacking,) = crawl(alone, [{"warc": str(second.warc)}], network=False)
    assert lacking.state == "failed"
    assert "lacks" in rows(alone, "SELECT reason FROM looks ORDER BY look_id")[0][0]
    ended = crawl(both, [{"warc": str(run.warc)} for run in (first, second)], network=False)
    assert [run.reason for run in ended] == [first.reason, second.reason]
    assert rows(both, LOOKS) == rows(tmp_path, LOOKS)
    assert rows(both, READ) == rows(tmp_path, READ)


def test_a_run_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    slow = copy_path("20200501000000", MAP)
    with Server(SCRIPT | {slow: copy(LARGE, after=30)}) as server:
        process = started(tmp_path, [{"url": server.url(QUESTION)}])
        deadline = time.monotonic() + 60
        while copy_path("20200401000000", MAP) not in server.paths():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        before = server.paths()
        assert rows(tmp_path, "SELECT count(*) FROM looks") == [(0,)]
        assert rows(tmp_path, "SELECT count(*) FROM readings") == [(2,)]
        server.script[slow] = [copy(LARGE)]
        (ended,) = crawl(tmp_path, [{"url": server.url(QUESTION)}])
        after = server.paths()[len(before) :]
    assert (ended.state, ended.reason) == ("incomplete", "8 looks: 4 healthy, 4 failed")
    assert not [path for path in after if path in before and path.startswith("/web/")]
    assert len([path for path in after if path.startswith("/web/")]) == 4
    assert rows(tmp_path, "SELECT count(*) FROM looks") == [(8,)]


def test_an_index_page_that_is_lost_makes_the_run_incomplete(tmp_path: Path) -> None:
    script: dict[str, Answer | list[Answer]] = {
        QUESTION: index([row("20200101000000", MAP, SAME)], "more"),
        copy_path("20200101000000", MAP): copy(SAME),
    }
    with Server(script) as server:
        (ended,) = crawl(tmp_path, [{"url": server.url(QUESTION)}])
    assert (ended.state, ended.reason) == (
        "incomplete",
        "1 look: 1 healthy; pages lost: 1 answered with an error",
    )
    assert [look[2] for look in rows(tmp_path, LOOKS)] == ["healthy"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (index([]), "0 rows, expected 20 or more"),
        (Answer(b"<html>Sorry</html>"), "LayoutError: sought an index of archived copies"),
        (Answer(status=500), "0 rows, expected 20 or more; pages lost: 1 answered with an error"),
    ],
)
def test_a_history_without_copies_is_a_failure(tmp_path: Path, answer: Answer, reason: str) -> None:
    with Server({QUESTION: answer}) as server:
        (ended,) = crawl(tmp_path, [{"url": server.url(QUESTION)}])
    assert ended.state == "failed"
    assert ended.reason.startswith(reason)
    assert [look[2] for look in rows(tmp_path, LOOKS)] == ["failed"]


def test_a_problem_of_the_whole_run_fails_all_its_looks(history: History, tmp_path: Path) -> None:
    torn = tmp_path / history.ended.warc.name
    torn.write_bytes(history.ended.warc.read_bytes() + b"\x1f\x8b\x08")
    (ended,) = crawl(tmp_path / "data", [{"warc": str(torn)}], network=False)
    assert ended.state == "failed"
    looks = rows(tmp_path / "data", LOOKS)
    assert len(looks) == len(COPIES)
    assert {look[2] for look in looks} == {"failed"}
    assert all("the run was cut off" in look[3] for look in looks)


def test_a_challenge_of_the_web_archive_stops_the_history_and_fails_all_its_looks(
    tmp_path: Path,
) -> None:
    challenge = b"<!DOCTYPE html><html><title>Just a moment...</title></html>"
    path = copy_path("20200501000000", MAP)
    with Server(SCRIPT | {path: Answer(challenge)}) as server:
        (ended,) = crawl(tmp_path, [{"url": server.url(QUESTION)}])
    assert ended.state == "failed"
    assert ended.reason.startswith("stopped at a challenge page")
    assert server.paths()[-1] == path
    assert {look[2] for look in rows(tmp_path, LOOKS)} == {"failed"}
