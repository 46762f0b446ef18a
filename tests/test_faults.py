"""A server that fails in every way a server can, asked live and asked for archived copies: the
verdict is the right one, what came is kept, and nobody is pestered."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from spiders import archive
from spiders.platforms.cdx import Pattern, next_query
from tests.crawling import Ended, answers, crawl
from tests.server import INDEX, Answer, Server, copy, copy_path, digest, elsewhere, index, row
from tests.test_crawl import CLOUDFLARE, PAGE, kml

MAP = "https://www.google.com/maps/d/kml?mid=1eYV"
OTHER = "https://www.google.com/maps/d/kml?mid=2fZW"
OPTIONS = {"DOWNLOAD_TIMEOUT": 1.5, "RETRY_AFTER_MAX": 60}
BEFORE, HERE, AFTER = "20200101000000", "20200201000000", "20200301000000"
EARLIER, LATER = "2020-01-01T00:00:00Z", "2020-03-01T00:00:00Z"
MOMENT = "2020-02-01T00:00:00Z"
WELL = ("healthy", "30 rows")
ASKED = Pattern(MAP).query(INDEX)
PLACE = copy_path(HERE, MAP)
THREE = [row(BEFORE, MAP, kml(30)), row(HERE, MAP, b"here"), row(AFTER, MAP, b"after")]
SIGN_IN = (
    b"<!doctype html><html><head><title>Sign in</title></head><body><form "
    b"action='https://accounts.google.com/v3/signin'><input type=password></form></body></html>"
)
BUSY = Answer(b"", 429)
SOON = Answer(b"", 429, {"Retry-After": "1"})


@dataclass(frozen=True)
class Case:
    """What goes wrong, how the run and the look at :data:`MOMENT` end, and how often the faulty
    address (by default the copy of that moment) is asked for at most."""

    script: dict[str, Answer | list[Answer]]
    state: str
    reason: str
    looks: dict[str, tuple[str, str]] = field(default_factory=dict)
    times: int = 1
    where: str = PLACE
    patterns: tuple[Pattern, ...] = (Pattern(MAP),)


def look(state: str, reason: str) -> dict[str, tuple[str, str]]:
    return {EARLIER: WELL, MOMENT: (state, reason), LATER: WELL}


def past(answer: Answer | list[Answer], **more: Answer | list[Answer]) -> dict[str, Any]:
    """Three copies, the middle of which is ``answer``."""
    around = {copy_path(BEFORE, MAP): copy(kml(30)), copy_path(AFTER, MAP): copy(kml(30, "B {}"))}
    return {ASKED: index(THREE), **around, PLACE: answer, **more}


def lost(answer: Answer, cause: str, times: int, **more: Answer | list[Answer]) -> Case:
    """The copy is lost: its look fails, the others stand, and the run says that one is missing."""
    reason = f"0 rows, expected 20 or more; pages lost: 1 {cause}"
    told = "3 looks: 2 healthy, 1 failed"
    return Case(past(answer, **more), "incomplete", told, look("failed", reason), times)


def unread(answer: Answer, reason: str) -> Case:
    """The copy came and cannot be read."""
    told = "3 looks: 2 healthy, 1 failed"
    return Case(past(answer), "incomplete", told, look("failed", reason), 1)


def recovers(*answers: Answer) -> Case:
    script = past([*answers, copy(kml(30, "A {}"))])
    return Case(script, "healthy", "3 looks: 3 healthy", look(*WELL), len(answers) + 1)


def listed(answer: Answer | list[Answer], state: str, reason: str, times: int, **more: Any) -> Case:
    """The index itself fails."""
    return Case(past(copy(kml(30, "A {}"))) | {ASKED: answer}, state, reason, times=times,
                where=ASKED, **more)  # fmt: skip


ALL = look(*WELL)
TWO = (Pattern(MAP), Pattern(OTHER))
HOPS = [f"202002{day:02d}000000" for day in range(1, 9)]
COPIES = {
    "429 that names a time": recovers(SOON),
    "429 that names none": recovers(BUSY),
    "429 for ever": lost(BUSY, "answered with an error", 4),
    "429 for hours": lost(Answer(b"", 429, {"Retry-After": "9999"}), "given up", 1),
    "503 once": recovers(Answer(b"", 503)),
    "503 for ever": lost(Answer(b"", 503), "answered with an error", 4),
    "not there": lost(Answer(b"", 404), "answered with an error", 1),
    "Content-Length too long": lost(copy(kml(30), fault="truncate"), "not reachable", 4),
    "slow drip": lost(copy(kml(30), fault="drip"), "not reachable", 4),
    "reset": lost(Answer(fault="reset"), "not reachable", 4),
    "reset once": recovers(Answer(fault="reset")),
    "closed": lost(Answer(fault="close"), "not reachable", 4),
    "leads to itself": lost(elsewhere(HERE, MAP), "given up", 1),
    "leads nowhere": lost(Answer(status=302), "given up", 1),
    # nothing can be cut off in the digest's sight: the XML ends in its middle
    "Content-Length too short": unread(copy(kml(30), fault="short"), r"LayoutError: .*truncated.*"),
    "empty": unread(copy(b""), r"LayoutError: .*found an empty body"),
    "half a map": unread(copy(kml(10)), "10 rows, expected 20 or more"),
    "a page that says sorry": unread(
        copy(b"<!doctype html><html><body>" + b"Sorry, we are down. " * 9 + b"</body></html>"),
        r"LayoutError: .*found an HTML page.*",
    ),
    # put to the archive's crawler in its day, not to us: one look fails, and the crawl goes on
    "an archived captcha": unread(copy(CLOUDFLARE), r"a challenge page stood at \S+"),
    "an archived sign-in": unread(copy(SIGN_IN), r"a \S+ page stood at \S+"),
    "a captcha of the archive's own": Case(
        past(Answer(CLOUDFLARE)),
        "failed",
        r"stopped at a challenge page at \S+; a person must look",
    ),
    "a circle of copies": Case(
        past(elsewhere(HOPS[1], MAP), **{copy_path(HOPS[1], MAP): elsewhere(HERE, MAP)}),
        "incomplete",
        "3 looks: 2 healthy, 1 failed",
        {
            EARLIER: WELL,
            "2020-02-02T00:00:00Z": (
                "failed",
                "0 rows, expected 20 or more; pages lost: 1 given up",
            ),
            LATER: WELL,
        },
    ),
    "copies without end": Case(
        past(
            elsewhere(HOPS[1], MAP),
            **{copy_path(one, MAP): elsewhere(two, MAP) for one, two in pairwise(HOPS[1:])},
        ),
        "incomplete",
        "3 looks: 2 healthy, 1 failed",
        where=copy_path(HOPS[6], MAP),
        times=0,
    ),
    # a layer of another moment would make of two halves a whole that never was
    "a layer of another moment": Case(
        past(
            copy(kml(30, "A {}", links=[OTHER])),
            **{
                copy_path(HERE, OTHER): elsewhere(AFTER, OTHER),
                copy_path(AFTER, OTHER): copy(kml(30, "C {}")),
            },
        ),
        "incomplete",
        "3 looks: 2 healthy, 1 incomplete",
        look("incomplete", "30 rows; pages lost: 1 given up"),
        where=copy_path(AFTER, OTHER),
        times=0,
    ),
    "the index asks to wait": listed(
        [SOON, index(THREE)], "healthy", "3 looks: 3 healthy", 2, looks=ALL
    ),
    "the index is busy": listed(
        [BUSY, index(THREE)], "healthy", "3 looks: 3 healthy", 2, looks=ALL
    ),
    "the index is busy for ever": listed(
        BUSY, "failed", "0 rows, expected 20 or more; pages lost: 1 answered with an error", 4
    ),
    "the index resets": listed(
        Answer(fault="reset"), "failed", "0 rows, .*; pages lost: 1 not reachable", 4
    ),
    "the index breaks off": listed(
        Answer(index(THREE).body[:-40]), "failed", "LayoutError: sought an index of archived.*", 1
    ),
    "the index says sorry": listed(
        Answer(b"<html><body>" + b"Sorry, try again. " * 9 + b"</body></html>"),
        "failed",
        "LayoutError: sought an index of archived copies in .*Sorry.*",
        1,
    ),
    "the index asks for a person": listed(
        Answer(CLOUDFLARE), "failed", r"stopped at a challenge page at \S+; a person must look", 1
    ),
    "the index holds nothing": listed(index([]), "failed", "0 rows, expected 20 or more", 1),
    "the index goes round": Case(
        past(copy(kml(30, "A {}")))
        | {ASKED: index(THREE, "key"), next_query(ASKED, "key"): index(THREE, "key")},
        "failed",
        "LayoutError: sought the rest of the index, found .* once more",
        ALL,
        where=next_query(ASKED, "key"),
    ),
    "one address is barred": Case(
        past(copy(kml(30, "A {}")))
        | {TWO[1].query(INDEX): Answer(b"AdministrativeAccessControlException", 403)},
        "incomplete",
        "3 looks: 3 healthy; pages lost: 1 answered with an error",
        ALL,
        where=TWO[1].query(INDEX),
        patterns=TWO,
    ),
}

SAME = [row(BEFORE, MAP, kml(30)), row(HERE, MAP, kml(30)), row(AFTER, MAP, kml(30))]
PACKED = gzip.compress(kml(30), mtime=0)
REPEATS: dict[str, tuple[dict[str, Answer], list[str]]] = {
    "the first is what the index says": (
        {copy_path(BEFORE, MAP): copy(kml(30))},
        [BEFORE],
    ),
    "the first is packed": (
        {copy_path(BEFORE, MAP): Answer(PACKED, headers={"Content-Encoding": "gzip"})},
        [BEFORE],
    ),
    "the first is something else": (
        {copy_path(at, MAP): copy(kml(30, "D {}")) for at in (BEFORE, HERE, AFTER)},
        [BEFORE, HERE, AFTER],
    ),
    "the first is lost": ({copy_path(HERE, MAP): copy(kml(30))}, [BEFORE, HERE]),
    "the first is elsewhere": (
        {
            copy_path(BEFORE, MAP): elsewhere(AFTER, MAP),
            copy_path(HERE, MAP): copy(kml(30)),
            copy_path(AFTER, MAP): copy(kml(30)),
        },
        [BEFORE, HERE, AFTER],
    ),
}
"""Three copies of one digest, and the moments at which they are asked for all the same."""

LIVE = {
    "Content-Length too short": Case(
        {PAGE: Answer(kml(30), fault="short")}, "failed", r"LayoutError: .*truncated.*", where=PAGE
    ),
    "429 that names no time": Case({PAGE: [BUSY, Answer(kml(30))]}, *WELL, times=2, where=PAGE),
    "pages that lead to each other": Case(
        {
            PAGE: Answer(status=302, headers={"Location": "/b"}),
            "/b": Answer(status=302, headers={"Location": PAGE}),
        },
        "failed",
        "0 rows, expected 20 or more; pages lost: 1 given up",
        times=3,
        where=PAGE,
    ),
    "pages without end": Case(
        {
            PAGE: Answer(status=302, headers={"Location": "/0"}),
            **{f"/{n}": Answer(status=302, headers={"Location": f"/{n + 1}"}) for n in range(9)},
        },
        "failed",
        "0 rows, expected 20 or more; pages lost: 1 given up",
        times=0,
        where="/6",
    ),
}


@dataclass(frozen=True)
class Gone:
    """A case as it went."""

    case: Case
    server: Server
    ended: Ended
    folder: Path

    def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        return answers(self.folder, query, *arguments)

    def looks(self) -> dict[str, tuple[str, str]]:
        run = self.ended.warc.name.removesuffix(".warc.gz") + "-v%"
        found = self.rows("SELECT observed_at, verdict, reason FROM looks WHERE run_id LIKE ?", run)
        return {moment: (state, reason) for moment, state, reason in found}


def job(server: Server, case: Case) -> dict[str, Any]:
    if case.where == PAGE or PAGE in case.script:
        return {"url": server.url(PAGE), "as_of": "2019-01-01"}
    return {"patterns": [asdict(each) for each in case.patterns], "server": server.url(INDEX)}


CASES = {
    **{f"live: {name}": case for name, case in LIVE.items()},
    **{f"copy: {name}": case for name, case in COPIES.items()},
    **{
        f"same: {name}": Case({ASKED: index(SAME), **script}, "", "")
        for name, (script, _) in REPEATS.items()
    },
}
CASES["same: the first is packed"].script[ASKED] = index(
    [[*each[:5], digest(PACKED), each[6]] for each in SAME]
)


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Gone]]:
    folder = tmp_path_factory.mktemp("faults")
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(case.script)) for case in CASES.values()]
        jobs = [job(*each) for each in zip(servers, CASES.values(), strict=True)]
        ended = crawl(folder, jobs, OPTIONS)
        each = zip(CASES.items(), servers, ended, strict=True)
        yield {name: Gone(case, server, end, folder) for (name, case), server, end in each}


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("same")])
def test_ends_in_the_right_verdict(name: str, gone: dict[str, Gone]) -> None:
    each = gone[name]
    assert each.ended.state == each.case.state, each.ended.reason
    assert re.fullmatch(each.case.reason, each.ended.reason, re.DOTALL), each.ended.reason
    looks = each.looks()
    for moment, (state, reason) in each.case.looks.items():
        assert looks[moment][0] == state, looks
        assert re.fullmatch(reason, looks[moment][1], re.DOTALL), looks
    if each.case.looks:
        assert set(looks) - set(each.case.looks) <= {m for m in looks if m > "2021"}


@pytest.mark.parametrize("name", CASES)
def test_nobody_is_pestered(name: str, gone: dict[str, Gone]) -> None:
    each = gone[name]
    asked = Counter(each.server.paths())
    if not name.startswith("same"):
        assert asked[each.case.where] == each.case.times
    assert max(asked.values()) <= 4  # one try and three more
    assert sum(asked.values()) <= 12


@pytest.mark.parametrize("name", CASES)
def test_what_came_is_kept(name: str, gone: dict[str, Gone]) -> None:
    each = gone[name]
    kept = list(archive.exchanges(each.ended.warc))
    fetched = [one.url for one in kept if one.kind != "unchanged"]
    assert Counter(fetched) == Counter(map(each.server.url, each.server.paths()))
    entered = each.rows(
        "SELECT url, http_status, sha256 FROM captures WHERE warc = ?", each.ended.warc.name
    )
    # a storm of one answer within a second is one capture
    assert set(entered) == {
        (one.url, one.status or (200 if one.kind == "unchanged" else None), one.stored.sha256)
        for one in kept
    }


@pytest.mark.parametrize("name", REPEATS)
def test_a_copy_of_the_same_digest_is_fetched_only_where_it_must(
    name: str, gone: dict[str, Gone]
) -> None:
    each = gone[f"same: {name}"]
    asked = [path.split("/")[2][:14] for path in each.server.paths() if path.startswith("/web/")]
    assert asked == REPEATS[name][1]
    looks = each.looks()
    moments = [MOMENT, LATER] if "lost" in name or "elsewhere" in name else [EARLIER, MOMENT, LATER]
    assert {moment for moment, end in looks.items() if end == WELL} == set(moments)


def test_a_replay_ends_as_the_crawls_did(
    gone: dict[str, Gone], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("again")
    jobs = [{"warc": str(each.ended.warc)} for each in gone.values()]
    ended = crawl(folder, jobs, OPTIONS, network=False)
    for (name, live), end in zip(gone.items(), ended, strict=True):
        again = Gone(live.case, live.server, end, folder)
        assert (name, end.state, end.reason) == (name, live.ended.state, live.ended.reason)
        assert (name, end.counts) == (name, live.ended.counts)
        past = {moment: told for moment, told in live.looks().items() if moment < "2021"}
        assert (name, {m: told for m, told in again.looks().items() if m < "2021"}) == (name, past)
