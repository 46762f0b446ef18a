"""Crawls of a real server, live and replayed: what is kept, how we behave, what can be trusted."""

from __future__ import annotations

import gzip
import hashlib
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from spiders import archive
from spiders.archive import Exchange
from spiders.ledger import Ledger
from spiders.schema import LOOKS
from tests import command, warm
from tests.crawling import CONTACT, ROOT, Ended, answers, crawl, environment, read, started
from tests.server import Answer, Server

AS_OF = "2020-01-01"
"""All scenarios speak for one day, so that none is the other's last healthy run."""
OPTIONS = {"DOWNLOAD_TIMEOUT": 2, "RETRY_AFTER_MAX": 60, "DOWNLOAD_MAXSIZE": 300_000}
PAGE = "/map.kml"
KML = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
CLOUDFLARE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
    b"<body><script>window._cf_chl_opt={cvId:'3'}</script></body></html>"
)


def kml(rows: int, name: str = "Town {} Police Department", links: Sequence[str] = ()) -> bytes:
    marks = "".join(
        f"<Placemark><name>{name.format(n)}</name><address>Town {n}, Ohio</address></Placemark>"
        for n in range(rows)
    )
    followed = "".join(
        f"<NetworkLink><Link><href><![CDATA[{link}]]></href></Link></NetworkLink>" for link in links
    )
    return f"{KML}{followed}{marks}</Document></kml>".encode()


@dataclass(frozen=True)
class Scenario:
    """What a server answers and how a crawl of ``/map.kml`` there must end."""

    script: dict[str, Answer | list[Answer]]
    state: str
    reason: str
    asked: list[str] | None = None
    """Every path in order of asking, where it is sure."""


def refused(robots: Answer, times: int = 1) -> Scenario:
    reason = "0 rows, expected 20 or more; pages lost: 1 forbidden by robots.txt"
    asked = ["/robots.txt"] * times
    return Scenario({"/robots.txt": robots, PAGE: Answer(kml(30))}, "failed", reason, asked)


def lost(answer: Answer, cause: str, times: int) -> Scenario:
    reason = f"0 rows, expected 20 or more; pages lost: 1 {cause}"
    return Scenario({PAGE: answer}, "failed", reason, ["/robots.txt", *[PAGE] * times])


def well(script: dict[str, Answer | list[Answer]], *asked: str, rows: int = 30) -> Scenario:
    return Scenario(script, "healthy", f"{rows} rows", ["/robots.txt", *asked] if asked else None)


def robots(text: str) -> Answer:
    return Answer(text.encode(), headers={"Content-Type": "text/plain"})


def layers(one: Answer) -> dict[str, Answer | list[Answer]]:
    """A page that links to a whole layer and to ``one``."""
    links = kml(0, links=["layers/good.kml", "/layers/one.kml"])
    return {PAGE: Answer(links), "/layers/good.kml": Answer(kml(30)), "/layers/one.kml": one}


GZIPPED = gzip.compress(kml(30), mtime=0)
SCENARIOS = {
    "plain": well({PAGE: Answer(kml(30))}, PAGE),
    "gzip": well({PAGE: Answer(GZIPPED, headers={"Content-Encoding": "gzip"})}, PAGE),
    "redirect": well(
        {PAGE: Answer(status=302, headers={"Location": "/new"}), "/new": Answer(kml(30))},
        PAGE,
        "/new",
    ),
    "redirect beyond ASCII": well(
        {
            PAGE: Answer(status=301, headers={"Location": "/caf\u00c3\u00a9?a=b:c"}),
            "/caf%C3%A9?a=b:c": Answer(kml(30)),
        },
        PAGE,
        "/caf%C3%A9?a=b:c",
    ),
    "redirect loop": lost(Answer(status=302, headers={"Location": PAGE}), "given up", 6),
    "missing": lost(Answer(b"<h1>Not found</h1>", 404), "answered with an error", 1),
    "forbidden": lost(Answer(b"no", 403), "answered with an error", 1),
    "broken": lost(Answer(b"oops", 500), "answered with an error", 4),
    "flaky": well({PAGE: [Answer(status=503), Answer(kml(30))]}, PAGE, PAGE),
    "reset": lost(Answer(fault="reset"), "not reachable", 4),
    "closed": lost(Answer(fault="close"), "not reachable", 4),
    "reset once": well({PAGE: [Answer(fault="reset"), Answer(kml(30))]}, PAGE, PAGE),
    "cut body": lost(Answer(kml(30), fault="truncate"), "not reachable", 4),
    "slow drip": lost(Answer(kml(30), fault="drip"), "not reachable", 4),
    "broken gzip": lost(
        Answer(b"\x1f\x8b\x08broken", headers={"Content-Encoding": "gzip"}), "given up", 1
    ),
    "too large": lost(Answer(kml(4000)), "not reachable", 1),
    "gzip bomb": lost(
        Answer(
            gzip.compress(kml(1) + bytes(3_000_000), mtime=0), headers={"Content-Encoding": "gzip"}
        ),
        "given up",
        1,
    ),
    "page that says sorry": Scenario(
        {PAGE: Answer(b"<!doctype html><html><body>Sorry!</body></html>")},
        "failed",
        r"LayoutError: sought a KML document in \S+, found an HTML page beginning .*Sorry!.*",
        ["/robots.txt", PAGE],
    ),
    "half a KML": Scenario(
        {PAGE: Answer(kml(30)[:900])}, "failed", r"LayoutError: sought a whole KML.*"
    ),
    "too few": Scenario({PAGE: Answer(kml(19))}, "failed", "19 rows, expected 20 or more"),
    "challenge with 200": Scenario(
        {PAGE: Answer(CLOUDFLARE)},
        "failed",
        r"stopped at a challenge page at \S+/map\.kml; a person must look",
        ["/robots.txt", PAGE],
    ),
    "challenge with 403": Scenario(
        {PAGE: Answer(b"denied", 403, {"cf-mitigated": "challenge"})},
        "failed",
        r"stopped at a challenge page at \S+/map\.kml; a person must look",
        ["/robots.txt", PAGE],
    ),
    "challenge in the middle": Scenario(
        {
            PAGE: Answer(kml(30, links=[f"/layer{n}" for n in range(5)])),
            **{f"/layer{n}": Answer(CLOUDFLARE, 503) for n in range(5)},
        },
        "failed",
        r"stopped at a challenge page at \S+/layer\d; a person must look",
    ),
    "challenge for robots.txt": Scenario(
        {"/robots.txt": Answer(CLOUDFLARE, 403), PAGE: Answer(kml(30))},
        "failed",
        r"stopped at a challenge page at \S+/robots\.txt; a person must look",
        ["/robots.txt"],
    ),
    "the word captcha": well(
        {PAGE: Answer(kml(30, "Captcha {} g-recaptcha &lt;html&gt; verify you are human"))}, PAGE
    ),
    "robots.txt disallows": refused(robots("User-agent: *\nDisallow: /map")),
    "robots.txt names us": refused(robots("User-agent: peephole\nDisallow: /\n\nUser-agent: *\n")),
    "robots.txt names another": well(
        {"/robots.txt": robots("User-agent: example\nDisallow: /"), PAGE: Answer(kml(30))}, PAGE
    ),
    "robots.txt fails": refused(Answer(b"oops", 500), times=4),
    "robots.txt out of reach": refused(Answer(fault="reset"), times=4),
    "robots.txt says later": refused(Answer(b"", 429, {"Retry-After": "3600"})),
    "robots.txt missing": well(
        {"/robots.txt": Answer(b"<html>Disallow: /</html>", 404), PAGE: Answer(kml(30))}, PAGE
    ),
    "robots.txt forbids the target of a redirect": Scenario(
        {
            "/robots.txt": robots("User-agent: *\nDisallow: /new"),
            PAGE: Answer(status=302, headers={"Location": "/new"}),
            "/new": Answer(kml(30)),
        },
        "failed",
        "0 rows, expected 20 or more; pages lost: 1 forbidden by robots.txt",
        ["/robots.txt", PAGE],
    ),
    "wait in seconds": well(
        {PAGE: [Answer(b"", 503, {"Retry-After": "1"}), Answer(kml(30))]}, PAGE, PAGE
    ),
    "wait until a date": well(
        {PAGE: [Answer(b"", 429, retry_date=2.0), Answer(kml(30))]}, PAGE, PAGE
    ),
    "wait too long": lost(Answer(b"", 503, {"Retry-After": "3600"}), "given up", 1),
    "wait too long by date": lost(Answer(b"", 503, retry_date=3600), "given up", 1),
    "wait for nonsense": well(
        {PAGE: [Answer(b"", 503, {"Retry-After": "\u00b2"}), Answer(kml(30))]}, PAGE, PAGE
    ),
    "storm of 429": lost(Answer(b"", 429), "answered with an error", 4),
    "layers": well(
        {
            PAGE: Answer(kml(0, links=["layers/a.kml", "/layers/b.kml?x=1"])),
            "/layers/a.kml": Answer(kml(15, "Sheriff {}"), after=0.2),
            "/layers/b.kml?x=1": Answer(kml(15), after=0.2),
        },
        rows=30,
    ),
    "one layer missing": Scenario(
        layers(Answer(status=404)), "incomplete", "30 rows; pages lost: 1 answered with an error"
    ),
    "one layer in a loop": Scenario(
        layers(Answer(status=302, headers={"Location": "/layers/one.kml"})),
        "incomplete",
        "30 rows; pages lost: 1 given up",
    ),
    "one layer undecodable": Scenario(
        layers(Answer(b"no gzip", headers={"Content-Encoding": "gzip"})),
        "incomplete",
        "30 rows; pages lost: 1 given up",
    ),
    "one layer out of reach": Scenario(
        layers(Answer(fault="close")), "incomplete", "30 rows; pages lost: 1 not reachable"
    ),
    "one layer is HTML": Scenario(
        layers(Answer(b"<html>hello</html>")), "failed", r"LayoutError: .*found an HTML page.*"
    ),
}

CAPTURES = "SELECT capture_id, url, outcome, http_status, sha256, bytes, etag FROM captures"
RECORDS = (
    "SELECT record_id, capture_id, position FROM readings JOIN sightings USING (sheet_id)"
    " WHERE run_id LIKE ?"
)
TRUSTED = "SELECT look_id FROM looks WHERE verdict != 'failed'"


@dataclass(frozen=True)
class Walk:
    """One scenario as it went."""

    scenario: Scenario
    server: Server
    ended: Ended
    folder: Path

    def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        return answers(self.folder, query, *arguments)

    def captures(self) -> set[tuple[Any, ...]]:
        return set(
            self.rows(CAPTURES + " WHERE url LIKE ?", f"http://127.0.0.1:{self.server.port}/%")
        )

    def records(self) -> set[tuple[Any, ...]]:
        return set(self.rows(RECORDS, self.run_id + "%"))

    @property
    def run_id(self) -> str:
        return self.ended.warc.name.removesuffix(".warc.gz")

    def exchanges(self) -> list[Exchange]:
        torn: list[str] = []
        found = list(archive.exchanges(self.folder / "archive" / self.ended.warc.name, torn=torn))
        assert torn == []
        return found


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Walk]]:
    """All scenarios, crawled side by side in one process."""
    folder = tmp_path_factory.mktemp("live")
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(each.script)) for each in SCENARIOS.values()]
        jobs = [{"url": server.url(PAGE), "as_of": AS_OF} for server in servers]
        ended = crawl(folder, jobs, OPTIONS)
        each = zip(SCENARIOS, servers, ended, strict=True)
        yield {name: Walk(SCENARIOS[name], server, end, folder) for name, server, end in each}


@pytest.fixture(scope="module")
def replays(walks: dict[str, Walk], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Walk]:
    """The same, read again from the archive into an empty ledger, with no network to reach for."""
    folder = tmp_path_factory.mktemp("replay")
    jobs = [{"warc": str(walk.ended.warc)} for walk in walks.values()]
    ended = crawl(folder, jobs, OPTIONS, network=False)
    each = zip(walks.items(), ended, strict=True)
    return {name: Walk(walk.scenario, walk.server, end, folder) for (name, walk), end in each}


@pytest.fixture(params=SCENARIOS)
def walk(request: pytest.FixtureRequest, walks: dict[str, Walk]) -> Walk:
    return walks[request.param]


def test_ends_as_it_must(walk: Walk) -> None:
    expected = walk.scenario.reason
    assert walk.ended.state == walk.scenario.state, walk.ended.reason
    assert walk.ended.reason == expected or re.fullmatch(expected, walk.ended.reason, re.DOTALL)
    ((verdict, reason, ended),) = walk.rows(
        "SELECT verdict, reason, finished_at FROM runs WHERE run_id LIKE ?", walk.run_id + "%"
    )
    assert (verdict, reason) == (walk.ended.state, walk.ended.reason)
    assert ended


def test_asks_for_no_more_than_it_must(walk: Walk) -> None:
    asked = walk.server.paths()
    assert asked[0] == "/robots.txt"
    if walk.scenario.asked is not None:
        assert asked == walk.scenario.asked


def test_every_answer_is_in_the_archive_and_in_the_ledger(walk: Walk) -> None:
    kept = walk.exchanges()
    assert [each.url for each in kept] == [walk.server.url(path) for path in walk.server.paths()]
    entered = {(row[1], row[3], row[4]) for row in walk.captures()}
    assert {(each.url, each.status, each.stored.sha256) for each in kept} == entered
    failures = {each.url for each in kept if each.kind == "failure"}
    assert {row[1] for row in walk.captures() if row[2] == "unreachable"} == failures


def test_every_request_says_who_asks_and_carries_no_cookie(walk: Walk) -> None:
    for asked in walk.server.asked:
        assert asked.headers["User-Agent"] == f"Peephole/0 ({CONTACT})"
        assert "Cookie" not in asked.headers


def test_one_request_at_a_time(walk: Walk) -> None:
    """The tries of a crawler that went away may outlive it at the server; these are left out."""
    if "drip" not in {each.fault for each in walk.server.script.get(PAGE, [])}:
        ordered = sorted(walk.server.asked, key=lambda asked: asked.began)
        for one, next_one in pairwise(ordered):
            assert one.ended <= next_one.began + 0.02


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_replay_ends_as_the_crawl_did(
    name: str, walks: dict[str, Walk], replays: dict[str, Walk]
) -> None:
    live, again = walks[name], replays[name]
    assert (again.ended.state, again.ended.reason) == (live.ended.state, live.ended.reason)
    assert again.ended.counts == live.ended.counts
    assert again.captures() == live.captures()
    assert again.records() == live.records()


def test_records_lead_to_bytes_that_hold_them(walks: dict[str, Walk]) -> None:
    plain = walks["plain"]
    assert len(plain.records()) == 30
    for record_id, capture_id, position in plain.records():
        ((warc, offset, sha256),) = plain.rows(
            "SELECT warc, warc_offset, sha256 FROM captures WHERE capture_id = ?", capture_id
        )
        ((content,),) = plain.rows("SELECT content FROM records WHERE record_id = ?", record_id)
        body = archive.read(plain.folder / "archive" / warc, offset).body
        assert hashlib.sha256(body).hexdigest() == sha256
        assert f"Town {position - 1} Police Department" in content
        assert f"Town {position - 1} Police Department".encode() in body


def test_the_archive_keeps_a_body_as_it_was_sent(walks: dict[str, Walk]) -> None:
    (page,) = (each for each in walks["gzip"].exchanges() if each.url.endswith(PAGE))
    assert page.body == GZIPPED
    assert len(walks["gzip"].records()) == 30


def test_a_challenge_is_entered_as_one_and_ends_the_crawl(walks: dict[str, Walk]) -> None:
    for name in ("challenge with 200", "challenge with 403", "challenge in the middle"):
        outcomes = sorted(row[2] for row in walks[name].captures())
        assert outcomes.count("challenge") == 1, name
    asked = walks["challenge in the middle"].server.paths()
    assert len([path for path in asked if path.startswith("/layer")]) == 1


def waited(walk: Walk) -> float:
    first, second = (asked for asked in walk.server.asked if asked.path == PAGE)
    return second.began - first.ended


def test_a_wait_that_is_asked_for_is_kept(walks: dict[str, Walk]) -> None:
    assert waited(walks["wait in seconds"]) > 0.95
    assert waited(walks["wait until a date"]) > 0.95  # a date has whole seconds


def test_a_failed_run_publishes_nothing(walks: dict[str, Walk]) -> None:
    published = {look_id.removesuffix("-v1") for (look_id,) in walks["plain"].rows(TRUSTED)}
    assert published == {walk.run_id for walk in walks.values() if walk.ended.state != "failed"}


@pytest.fixture(scope="module")
def damaged(walks: dict[str, Walk], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """Replays of archives that lack something."""
    folder = tmp_path_factory.mktemp("damaged")
    made = {}
    for name in ("layers", "plain"):
        walk = walks[name]
        whole = walk.ended.warc.read_bytes()
        last = walk.exchanges()[-1]
        made[f"{name} without its last page"] = whole[: last.stored.offset] + whole[last.end :]
        made[f"{name} cut off"] = whole[: last.stored.offset + 20]
        made[f"{name} with a flipped byte"] = (
            whole[: last.stored.offset + 60]
            + bytes([whole[last.stored.offset + 60] ^ 0xFF])
            + whole[last.stored.offset + 61 :]
        )
        first = walk.exchanges()[0]
        made[f"{name} without robots.txt"] = whole[: first.stored.offset] + whole[first.end :]
    paths = [folder / f"{name.replace(' ', '-')}.warc.gz" for name in made]
    for path, content in zip(paths, made.values(), strict=True):
        path.write_bytes(content)
    ended = crawl(folder, [{"warc": str(path)} for path in paths], network=False)
    return dict(zip(made, ended, strict=True))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("layers without its last page", r"\S+ lacks http://\S+/layers/\S+"),
        ("plain without its last page", r"\S+ lacks http://\S+/map\.kml"),
        ("plain without robots.txt", r"\S+ lacks http://\S+/robots\.txt"),
        ("plain cut off", r"\S+ breaks off after byte \d+ of \d+; the run was cut off.*"),
        ("layers cut off", r"\S+ breaks off after byte \d+ of \d+; the run was cut off.*"),
        ("plain with a flipped byte", r"\S+ is broken after byte \d+: a record is damaged"),
    ],
)
def test_an_archive_that_lacks_something_is_never_trusted(
    damaged: dict[str, Ended], name: str, reason: str
) -> None:
    assert damaged[name].state == "failed"
    assert re.fullmatch(reason, damaged[name].reason), damaged[name].reason


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Walk]]:
    """A map that is unchanged and one that has shrunk to a tenth, each crawled twice."""
    folder = tmp_path_factory.mktemp("later")
    same = Scenario({PAGE: Answer(kml(30), etag='"v1"')}, "healthy", "30 rows")
    shrunk = Scenario({PAGE: [Answer(kml(300)), Answer(kml(30))]}, "failed", "")
    moved = Answer(status=302, headers={"Location": "/new"})
    away = Scenario({PAGE: [Answer(kml(30), etag='"old"'), moved], "/new": Answer(kml(30))}, "", "")
    with Server(same.script) as one, Server(shrunk.script) as two, Server(away.script) as three:
        rounds = [
            crawl(
                folder,
                [
                    {"url": one.url(PAGE), "as_of": f"2019-0{month}-01"},
                    {"url": two.url(PAGE), "as_of": f"2020-0{month}-01"},
                    {"url": three.url(PAGE), "as_of": f"2018-0{month}-01"},
                ],
            )
            for month in (1, 2)
        ]
        (first, large, _), (second, small, elsewhere) = rounds
        yield {
            "first": Walk(same, one, first, folder),
            "second": Walk(same, one, second, folder),
            "large": Walk(shrunk, two, large, folder),
            "small": Walk(shrunk, two, small, folder),
            "elsewhere": Walk(away, three, elsewhere, folder),
        }


def test_an_unchanged_page_is_not_sent_twice(later: dict[str, Walk]) -> None:
    first, second = (asked for asked in later["second"].server.asked if asked.path == PAGE)
    assert "If-None-Match" not in first.headers
    assert second.headers["If-None-Match"] == '"v1"'
    assert (later["second"].ended.state, later["second"].ended.reason) == ("healthy", "30 rows")


def test_an_unchanged_page_is_seen_again_with_evidence(later: dict[str, Walk]) -> None:
    first, second = later["first"], later["second"]
    assert {row[0] for row in second.records()} == {row[0] for row in first.records()}
    assert len(second.records()) == 30
    ((capture_id,),) = {(row[1],) for row in second.records()}
    ((outcome, status, sha256, size, warc, offset, fetched_at),) = second.rows(
        "SELECT outcome, http_status, sha256, bytes, warc, warc_offset, fetched_at FROM captures"
        " WHERE capture_id = ?",
        capture_id,
    )
    assert (outcome, status, size) == ("not_modified", 304, len(kml(30)))
    assert warc == second.ended.warc.name
    revisit = archive.read(second.folder / "archive" / warc, offset)
    assert (revisit.kind, revisit.status) == ("revisit", 304)
    assert revisit.stored.sha256 == sha256
    assert revisit.fetched_at.strftime("%Y-%m-%dT%H:%M:%SZ") == fetched_at
    ledger = Ledger(f"sqlite:///{second.folder}/ledger.sqlite")
    earlier = ledger.capture_at("ring_agency_map", *revisit.refers_to)
    ledger.close()
    assert earlier is not None
    body = archive.read(second.folder / "archive" / earlier.warc, earlier.warc_offset).body
    assert hashlib.sha256(body).hexdigest() == sha256 == earlier.sha256
    assert body == kml(30)


def test_validators_do_not_follow_a_redirect(later: dict[str, Walk]) -> None:
    (asked,) = (asked for asked in later["elsewhere"].server.asked if asked.path == "/new")
    assert "If-None-Match" not in asked.headers
    assert later["elsewhere"].ended.state == "healthy"


@pytest.mark.parametrize(
    "later", ["fetched_at = '2999-01-01T00:00:00Z'", "warc = replace(warc, '-20', '-29')"]
)
def test_after_the_clock_was_put_back_the_page_is_asked_for_whole(
    tmp_path: Path, later: str
) -> None:
    """A 304 would refer to a capture that in a replay by the order of moments has not come yet."""
    with Server({PAGE: Answer(kml(30), etag='"v1"')}) as server:
        job = {"url": server.url(PAGE)}
        crawl(tmp_path, [job])
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as ledger:
            ledger.execute(f"UPDATE captures SET {later}")
            ledger.commit()
        (ended,) = crawl(tmp_path, [job])
    asked = [asked.headers for asked in server.asked if asked.path == PAGE]
    assert ["If-None-Match" in headers for headers in asked] == [False, False]
    assert (ended.state, ended.reason) == ("healthy", "30 rows")


def test_a_tenth_of_the_last_healthy_number_is_a_failure(later: dict[str, Walk]) -> None:
    small, large = later["small"], later["large"]
    assert (large.ended.state, large.ended.reason) == ("healthy", "300 rows")
    assert small.ended.state == "failed"
    assert "the last healthy run had 300: fewer than 50% of it" in small.ended.reason
    published = {look_id for (look_id,) in small.rows(TRUSTED)}
    assert f"{large.run_id}-v1" in published
    assert f"{small.run_id}-v1" not in published


def test_an_unchanged_page_replays(later: dict[str, Walk], tmp_path: Path) -> None:
    pair = [later["first"], later["second"]]
    ended = crawl(tmp_path, [{"warc": str(walk.ended.warc)} for walk in pair], network=False)
    assert [end.state for end in ended] == ["healthy", "healthy"]
    for walk, end in zip(pair, ended, strict=True):
        again = Walk(walk.scenario, walk.server, end, tmp_path)
        assert again.records() == walk.records()
        assert again.captures() == walk.captures()


def test_an_unchanged_page_without_the_page_is_not_trusted(
    later: dict[str, Walk], tmp_path: Path
) -> None:
    (ended,) = crawl(tmp_path, [{"warc": str(later["second"].ended.warc)}], network=False)
    assert (ended.state, ended.reason) == (
        "failed",
        "0 rows, expected 20 or more; pages lost: 1 answered with an error",
    )


def peephole(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return warm.run("peephole", arguments, environment(folder, **(env or {})), folder)


def imported(server: Server) -> list[str]:
    return ["import", server.url(PAGE), "--source", "ring_agency_map", "--as-of", AS_OF]


def test_without_a_contact_nobody_is_asked(tmp_path: Path) -> None:
    with Server({PAGE: Answer(kml(30))}) as server:
        ran = peephole(tmp_path, *imported(server), env={"PEEPHOLE_CONTACT": "nobody"})
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.startswith("a live crawl must say who asks: put contact = ")
        assert ran.stderr.count("\n") == 1
        assert server.asked == []


def test_scrapy_crawl_too_must_say_who_asks(tmp_path: Path) -> None:
    env = environment(tmp_path, PEEPHOLE_CONTACT="")
    ran = subprocess.run(
        [sys.executable, "-m", "scrapy", "crawl", "ring_agency_map"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode != 0
    assert "a live crawl must say who asks" in ran.stderr
    assert not (tmp_path / "archive").exists()


def test_a_full_disk_is_one_sentence_and_nothing_half_kept(tmp_path: Path) -> None:
    digests = (hashlib.sha256(str(n).encode()).hexdigest() for n in range(12_000))
    noisy = KML + "".join(f"<Placemark><name>{digest}</name></Placemark>" for digest in digests)

    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    with Server({PAGE: Answer(f"{noisy}</Document></kml>".encode())}) as server:
        ran = subprocess.run(
            command.command(*imported(server)),
            cwd=tmp_path,
            env=environment(tmp_path, PYTHONPATH=str(ROOT)),
            capture_output=True,
            text=True,
            timeout=120,
            preexec_fn=small_disk,
        )
    assert ran.returncode == 1
    told = ran.stderr.splitlines()
    assert re.fullmatch(
        r"ring_agency_map: failed: cannot write to the archive \S+: File too large; free some "
        r"space and run again, what was kept before is whole",
        told[0],
    ), ran.stderr
    assert told[1:] == ["nothing of this is published; the last good data stand"]
    (warc,) = (tmp_path / "archive").glob("*.warc.gz")
    torn: list[str] = []
    kept = list(archive.exchanges(warc, torn=torn))
    assert ([each.url for each in kept], torn) == ([server.url("/robots.txt")], [])
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    assert connection.execute("SELECT verdict FROM runs").fetchall() == [("failed",)]
    assert connection.execute("SELECT url FROM captures").fetchall() == [
        (server.url("/robots.txt"),)
    ]
    assert connection.execute("SELECT count(*) FROM records").fetchone() == (0,)
    connection.close()


def test_an_archive_that_cannot_be_made_asks_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "archive").touch()
    with Server({PAGE: Answer(kml(30))}) as server:
        (ended,) = crawl(tmp_path, [{"url": server.url(PAGE)}])
        assert ended.state == "failed"
        assert ended.reason.startswith("cannot write the archive")
        assert server.asked == []


def test_a_ledger_that_stays_locked_fails_the_run(tmp_path: Path) -> None:
    Ledger(f"sqlite:///{tmp_path}/ledger.sqlite").close()
    url = f"sqlite:///{tmp_path}/ledger.sqlite?timeout=0.5"
    released = threading.Event()

    def lock(server: Server) -> None:
        while not server.asked:
            time.sleep(0.02)
        other = sqlite3.connect(tmp_path / "ledger.sqlite", timeout=30, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        released.wait(60)
        other.close()

    with Server({PAGE: Answer(kml(30), after=0.3)}) as server:
        locking = threading.Thread(target=lock, args=[server])
        locking.start()
        (ended,) = crawl(tmp_path, [{"url": server.url(PAGE)}], {"PEEPHOLE_DB": url})
        released.set()
        locking.join()
    assert ended.state == "failed"
    assert re.fullmatch(
        r"cannot write to the ledger \S+: another process has held it for 0\.5 s; .*", ended.reason
    )
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    assert connection.execute("SELECT count(*) FROM runs WHERE verdict != 'failed'").fetchone() == (
        0,
    )
    assert connection.execute("SELECT count(*) FROM sightings").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_leaves_a_readable_archive_and_is_not_published(
    tmp_path: Path, how: signal.Signals
) -> None:
    script = {PAGE: Answer(kml(30, links=["/slow"])), "/slow": Answer(kml(30), after=30)}
    with Server(script) as server:
        process = started(tmp_path, [{"url": server.url(PAGE)}])
        deadline = time.monotonic() + 60
        while PAGE not in server.paths() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(how)
        printed, _ = process.communicate(timeout=60)
    if how == signal.SIGKILL:
        assert process.returncode == -how
    else:
        (ended,) = read(printed)
        assert ended.state == "failed"
        assert ended.reason == "stopped by a signal before it ended; run it again"
    (warc,) = (tmp_path / "archive").glob("*.warc.gz")
    urls = [each.url for each in archive.exchanges(warc)]
    assert urls == [server.url("/robots.txt"), server.url(PAGE)]
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    assert ledger.rows(sa.select(LOOKS)) == []
    assert ledger.last_look("ring_agency_map") is None
    ledger.close()
    (ended,) = crawl(tmp_path, [{"warc": str(warc)}], network=False)
    assert (ended.state, ended.reason) == ("failed", f"{warc.name} lacks {server.url('/slow')}")
