"""Archived copies: what an index says, and a source's way through its own past."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peephole import steps
from peephole.config import load
from spiders.job import WrongInput
from spiders.platforms import cdx
from spiders.platforms.cdx import Pattern
from spiders.platforms.copies import copied
from spiders.sources.ring_agency_map import RingAgencyMap
from tests import warm
from tests.crawling import Ended, crawl, environment, started
from tests.server import INDEX, Server, copy, copy_path, elsewhere, index, row

MAP = "https://www.google.com/maps/d/kml?mid=1eYV&nl=1&forcekml=1"
LAYER = "https://www.google.com/maps/d/kml?mid=1eYV&lid=zX"
WHOLE = Pattern(MAP, "prefix")


# What the index says.


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "rows", "malformed", "key"),
    [
        # counted by hand in the files: an address with an e-mail in it and one that is no address
        ("malformed_cdx.txt", 3, 2, ""),
        ("bad_timestamp_cdx.txt", 5, 0, ""),
        ("zero_length_cdx.txt", 5, 0, ""),
        ("test_search.00.txt", 3, 0, ""),
        ("test_search_does_not_repeat_results.00.txt", 15, 0, ""),
        ("test_search_with_filter.00.txt", 10, 0, "gov%2Cnasa%29%2F+20220101013953"),
        ("test_search_with_filter_list.01.txt", 6, 0, ""),
        ("test_search_multipage.00.txt", 25, 0, "com%2Ccnn%29%2F+2001041400593%3A"),
        # counted with awk 'NF==7' and grep: 1,000 lines, one of them "http://info@zew.de/"
        ("test_search_rate_limits.00.txt", 999, 1, "de%2Czew%29%2F+20220908205958"),
        ("test_search_with_date.02.txt", 245, 0, ""),
        ("test_search_raises_for_blocked_urls.00.txt", 0, 1, ""),
    ],
)
def test_recorded_answers_read_to_the_rows_counted_by_hand(
    real: Path, name: str, rows: int, malformed: int, key: str
) -> None:
    found = cdx.index((real / "wayback_cdx" / name).read_bytes())
    assert (len(found.rows), found.malformed, found.resume_key) == (rows, malformed, key)
    assert len(found.skipped) == malformed


@pytest.mark.real
def test_recorded_answers_continue_one_another_as_they_were_asked(real: Path) -> None:
    """The addresses are those the package ``wayback`` asked; ours resume at the same place."""
    folder = real / "wayback_cdx"
    told = json.loads((folder / "INDEX.json").read_text())
    asked = {each["file"]: each["uri"] for each in told if "multipage" in each["file"]}
    pages = sorted(asked)
    assert len(pages) == 6
    for page, after in pairwise(pages):
        found = cdx.index((folder / page).read_bytes())
        ours = parse_qs(urlsplit(cdx.next_query(asked[page], found.resume_key)).query)
        theirs = parse_qs(urlsplit(asked[after]).query)
        assert ours["resumeKey"] == theirs["resumeKey"]
        assert cdx.is_index(asked[after])
        last = found.rows[-1].moment
        assert cdx.index((folder / after).read_bytes()).rows[0].moment >= last


@pytest.mark.real
def test_a_revisit_has_no_status_and_an_unknown_length_is_none(real: Path) -> None:
    folder = real / "wayback_cdx"
    rows = cdx.index((folder / "test_search_does_not_repeat_results.00.txt").read_bytes()).rows
    revisits = [each for each in rows if each.mimetype == "warc/revisit"]
    assert [each.status for each in revisits] == [None, None, None]
    assert {each.status for each in rows if each.mimetype != "warc/revisit"} == {200, 301}
    assert cdx.index((folder / "zero_length_cdx.txt").read_bytes()).rows[-1].length is None
    same = cdx.index((folder / "test_search.00.txt").read_bytes()).rows
    assert len(list(cdx.oldest_first(same))) == 1


@pytest.mark.parametrize(
    ("timestamp", "moment"),
    [
        ("20200701123456", datetime(2020, 7, 1, 12, 34, 56, tzinfo=UTC)),
        ("20000008241731", datetime(2000, 8, 24, 17, 31, tzinfo=UTC)),
        ("20000800241623", datetime(2000, 8, 24, 16, 23, tzinfo=UTC)),
        ("20000012170449", datetime(2000, 12, 17, 4, 49, tzinfo=UTC)),
    ],
)
def test_zeros_that_were_put_into_a_timestamp_are_taken_out(
    timestamp: str, moment: datetime
) -> None:
    assert cdx.moment_of(timestamp) == moment


@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        "2020",
        "20201301000000",
        "20200230000000",
        "20200101250000",
        "2020010100000x",
        "\u0662" * 14,
        "00000000000000",
    ],
)
def test_what_is_no_timestamp_says_no_moment(timestamp: str) -> None:
    with pytest.raises(ValueError, match=r"timestamp|match|range|remains"):
        cdx.moment_of(timestamp)
    found = cdx.index(json.dumps([list(cdx.FIELDS), row(timestamp, MAP)]))
    assert (found.rows, found.malformed) == ((), 1)


LINES = st.lists(
    st.sampled_from(["a", "-", "", "20200101000000", "http://x/", "200", "text/html", "\x85", "[]"])
    | st.text(max_size=12),
    max_size=9,
)


@given(
    st.text(max_size=300)
    | st.lists(LINES).map(json.dumps)
    | st.lists(LINES.map(" ".join)).map("\n".join)
)
def test_no_answer_whatever_breaks_the_reader(text: str) -> None:
    for found in (cdx.index(text), cdx.index(text.encode("utf-8", "surrogatepass"))):
        assert len(found.skipped) == min(found.malformed, cdx.NAMED)
        assert all(each.moment.tzinfo is UTC for each in found.rows)


@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_reader(body: bytes) -> None:
    assert cdx.index(body).malformed >= 0


GOOD = st.builds(
    row,
    st.datetimes(datetime(1996, 1, 1), datetime(2030, 1, 1)).map("{:%Y%m%d%H%M%S}".format),  # noqa: DTZ001
    st.sampled_from([MAP, LAYER, "http://example.org:80/", "https://x.org/%20a?b=[c]"]),
    st.binary(max_size=3),
    revisit=st.booleans(),
)
BAD = st.sampled_from(
    [
        ["a"],
        ["a b"] * 7,
        ["k", "2020", MAP, "t", "200", "D", "1"],
        ["k", "20200101000000", "mailto:a@b", "t", "200", "D", "1"],
        ["k", "20200101000000", "http://me@b/", "t", "200", "D", "1"],
        ["k", "20200101000000", "http://[x/", "t", "200", "D", "1"],
        ["k", "20200101000000", MAP, "t", "OK", "D", "1"],
        ["k", "20200101000000", MAP, "t", "200", "D", "1", "more"],
    ]
)


@given(
    st.lists(GOOD | BAD, max_size=30),
    st.sampled_from(["", "com%2Ccnn%29%2F+20200101"]),
    st.booleans(),
)
def test_good_rows_are_read_and_the_others_counted(
    rows: list[list[str]], key: str, text: bool
) -> None:
    found = cdx.index(index(rows, key, text=text).body)
    good = [each for each in rows if len(each) == 7 and each[0] == "com,example)/"]
    assert [each.timestamp for each in found.rows] == [each[1] for each in good]
    assert [each.original for each in found.rows] == [each[2] for each in good]
    assert (found.malformed, found.resume_key) == (len(rows) - len(good), key)


def test_columns_are_read_by_their_names() -> None:
    names = ["digest", "original", "timestamp"]
    found = cdx.index(json.dumps([names, ["ABC", MAP, "20200701000000"]]))
    (only,) = found.rows
    assert (only.digest, only.original, only.status) == ("ABC", MAP, None)


@pytest.mark.parametrize("body", ["", "[]", "\n", "[[]]", json.dumps([list(cdx.FIELDS)])])
def test_an_index_may_hold_nothing(body: str) -> None:
    assert cdx.index(body) == cdx.Index(())


def test_a_pattern_says_what_it_asks_for() -> None:
    pattern = Pattern("a.com/b?c", "prefix", "2020-01-01", "2021-06-30", ("200", "203"), "digest")
    asked = parse_qs(urlsplit(pattern.query()).query)
    assert pattern.query().startswith("https://web.archive.org/cdx/search/cdx?url=a.com%2Fb%3Fc&")
    assert asked == {
        "url": ["a.com/b?c"],
        "matchType": ["prefix"],
        "output": ["json"],
        "fl": ["urlkey,timestamp,original,mimetype,statuscode,digest,length"],
        "limit": ["1000"],
        "showResumeKey": ["true"],
        "from": ["20200101000000"],
        "to": ["20210630235959"],
        "filter": ["statuscode:(200|203|-)"],
        "collapse": ["digest"],
    }
    assert cdx.is_index(pattern.query("http://127.0.0.1:8000/cdx/search/cdx"))


@pytest.mark.parametrize(
    ("own", "asked", "left"),
    [
        (("", ""), ("", ""), ("", "")),
        (("2020-01-01", ""), ("", "2021-01-01"), ("2020-01-01", "2021-01-01")),
        (("2020-01-01", "2022-01-01"), ("2021-01-01", "2021-02-01"), ("2021-01-01", "2021-02-01")),
        (("2020-01-01", "2021-01-01"), ("2019-01-01", "2029-01-01"), ("2020-01-01", "2021-01-01")),
        (("", "2021-01-01"), ("2021-01-02", ""), None),
        (("2021-01-01", ""), ("2021-01-01", "2021-01-01"), ("2021-01-01", "2021-01-01")),
    ],
)
def test_days_are_narrowed_and_never_widened(
    own: tuple[str, str], asked: tuple[str, str], left: tuple[str, str] | None
) -> None:
    narrowed = Pattern(MAP, "exact", *own).within(*asked)
    assert (narrowed and (narrowed.since, narrowed.until)) == left


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("https://web.archive.org/cdx/search/cdx?url=x", True),
        ("https://web.archive.org/cdx/search/cdx", False),
        ("https://web.archive.org/web/2020/cdx/search/cdx?url=x", False),
        ("https://example.org/?url=https://web.archive.org/cdx/search/cdx?url=x", False),
        ("ni://peephole/sha-256;abc", False),
        ("http://[", False),
    ],
)
def test_an_index_is_known_by_its_address(url: str, known: bool) -> None:
    assert cdx.is_index(url) is known


@pytest.mark.parametrize(
    ("url", "timestamp", "original"),
    [
        (f"https://web.archive.org/web/20200701000000id_/{MAP}", "20200701000000", MAP),
        (f"https://web.archive.org/web/20200701000000/{MAP}", "20200701000000", MAP),
        ("http://127.0.0.1:1/web/2020id_/http://a/web/1999/b", "2020", "http://a/web/1999/b"),
    ],
)
def test_a_copy_is_known_by_its_address(url: str, timestamp: str, original: str) -> None:
    found = copied(url)
    assert found is not None
    assert (found.timestamp, found.original) == (timestamp, original)


@pytest.mark.parametrize(
    "url",
    [
        MAP,
        "https://web.archive.org/web/",
        "https://web.archive.org/web/2020id_/",
        "https://web.archive.org/save/web/20200701000000id_/x",
        "https://a.org/web/x/y",
        "/web/2020/x",
    ],
)
def test_no_other_address_is_taken_for_a_copy(url: str) -> None:
    assert copied(url) is None


# A source's way through its own past.

KML = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
T = {name: f"20{name}01120000" for name in ("2007", "2010", "2101", "2107", "2110", "2201", "2204")}
SECOND = "20200701120003"
"""When the layer was archived that the copy of July 2020 leads to."""


def old(rows: int) -> bytes:
    """The map as it was in 2020: a count with its quarter."""
    return _kml(rows, '<Data name="Video Requests"><value>Q2 2020: 3</value></Data>')


def new(rows: int) -> bytes:
    """The map as it was from June 2021: an address in the place of the count."""
    profile = "https://agency.ring.com/agencies/00000000-0000-0000-0000-{:012d}"
    return _kml(rows, f'<Data name="Agency Profile"><value>{profile}</value></Data>')


def _kml(rows: int, data: str) -> bytes:
    marks = "".join(
        f"<Placemark><name>Town {n} Police Department</name><address>Town {n}, Ohio</address>"
        f'<ExtendedData><Data name="Active Date"><value>6/1/2019</value></Data>{data.format(n)}'
        "</ExtendedData></Placemark>"
        for n in range(rows)
    )
    return f"{KML}{marks}</Document></kml>".encode()


LINK = f"<NetworkLink><Link><href><![CDATA[{LAYER}]]></href></Link></NetworkLink>"
WRAPPER = f"{KML}{LINK}</Document></kml>".encode()
FIRST = WHOLE.query(INDEX)
PAST = {
    FIRST: index(
        [
            row(T["2007"], MAP, WRAPPER),
            row(T["2010"], MAP, old(31)),
            row(T["2101"], MAP, old(31)),
            ["a row", "that", "is none"],
            row(T["2107"], MAP, new(40)),
        ],
        "com%2Cgoogle%29%2F+2021",
    ),
    cdx.next_query(FIRST, "com%2Cgoogle%29%2F+2021"): index(
        [
            row(T["2110"], MAP, new(40), revisit=True),
            row(T["2201"], MAP, new(41)),
            row(T["2204"], MAP, new(42)),
            row(T["2204"], MAP, new(42)),
        ],
        text=True,
    ),
    copy_path(T["2007"], MAP): copy(WRAPPER),
    copy_path(T["2007"], LAYER): elsewhere(SECOND, LAYER),
    copy_path(SECOND, LAYER): copy(old(30)),
    copy_path(T["2010"], MAP): copy(old(31)),
    copy_path(T["2107"], MAP): copy(new(40)),
    copy_path(T["2201"], MAP): elsewhere(T["2204"], MAP),
    copy_path(T["2204"], MAP): copy(new(42)),
}
"""Seven copies that the index knows. The first is a page that leads to another; the third and the
fifth are the same as the one before; the sixth is not there, the seventh stands in its place."""
LOOKS = {
    "2020-07-01T12:00:03Z": ("healthy", "30 rows"),
    "2020-10-01T12:00:00Z": ("healthy", "31 rows"),
    "2021-01-01T12:00:00Z": ("healthy", "31 rows"),
    "2021-07-01T12:00:00Z": ("healthy", "40 rows"),
    "2021-10-01T12:00:00Z": ("healthy", "40 rows"),
    "2022-04-01T12:00:00Z": ("healthy", "42 rows"),
}


@dataclass(frozen=True)
class Kept:
    """A ledger, and how the run went that wrote it."""

    folder: Path
    ended: Ended

    def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.folder / "ledger.sqlite")
        try:
            return connection.execute(query, arguments).fetchall()
        finally:
            connection.close()

    @property
    def run_id(self) -> str:
        return self.ended.warc.name.removesuffix(".warc.gz") + "-v%"

    def looks(self) -> dict[str, tuple[str, str]]:
        found = self.rows(
            "SELECT observed_at, verdict, reason FROM looks WHERE run_id LIKE ? ORDER BY 1",
            self.run_id,
        )
        return {moment: (verdict, reason) for moment, verdict, reason in found}

    def read(self) -> set[tuple[Any, ...]]:
        """What was read, to the last record: look, capture and record."""
        return set(
            self.rows(
                "SELECT look_id, capture_id, record_id, position FROM readings"
                " JOIN sightings USING (sheet_id) WHERE run_id LIKE ?",
                self.run_id,
            )
        )


def history(server: Server, *patterns: Pattern) -> dict[str, Any]:
    fields = [asdict(each) for each in patterns or (WHOLE,)]
    return {"patterns": fields, "server": server.url(INDEX)}


def copies(server: Server) -> list[str]:
    """The copies asked for, in order."""
    return [path for path in server.paths() if path.startswith("/web/")]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Kept, list[str]]]:
    folder = tmp_path_factory.mktemp("past")
    with Server(PAST) as server:
        (ended,) = crawl(folder, [history(server)])
        yield server, Kept(folder, ended), server.paths()


def test_each_copy_is_a_look_at_its_own_moment(past: tuple[Server, Kept, list[str]]) -> None:
    _, kept, _ = past
    assert kept.looks() == LOOKS
    assert (kept.ended.state, kept.ended.reason) == ("healthy", "6 looks: 6 healthy")


def test_each_copy_is_asked_for_once_and_the_oldest_first(
    past: tuple[Server, Kept, list[str]],
) -> None:
    _, _, asked = past
    assert asked[0] == "/robots.txt"
    assert asked[1:3] == [path for path in PAST if path.startswith(INDEX)]
    assert sorted(asked[3:]) == sorted(path for path in PAST if path.startswith("/web/"))
    named = [path for path in asked if path.endswith(MAP)]
    assert named == sorted(named)


def test_archived_and_original_address_are_kept(past: tuple[Server, Kept, list[str]]) -> None:
    server, kept, _ = past
    found = kept.rows(
        "SELECT url, original_url, observed_at, outcome FROM captures WHERE original_url != ''"
    )
    told = {url: rest for url, *rest in found}
    at = "2021-10-01T12:00:00Z"
    assert told[server.url(copy_path(T["2110"], MAP))] == [MAP, at, "unchanged"]
    moved = told[server.url(copy_path(SECOND, LAYER))]
    assert moved == [LAYER, "2020-07-01T12:00:03Z", "ok"]
    assert len(told) == len(found) == 9


def test_both_layouts_are_read_by_the_sources_own_parser(
    past: tuple[Server, Kept, list[str]],
) -> None:
    _, kept, _ = past
    kinds = kept.rows(
        "SELECT substr(look_id, -14), kind, count(*) FROM readings JOIN sightings USING (sheet_id)"
        " JOIN records USING (record_id) GROUP BY 1, 2"
    )
    assert {(at, kind): number for at, kind, number in kinds} == {
        (SECOND, "listing"): 30,
        (SECOND, "count"): 30,
        (T["2010"], "listing"): 31,
        (T["2010"], "count"): 31,
        (T["2101"], "listing"): 31,
        (T["2101"], "count"): 31,
        (T["2107"], "listing"): 40,
        (T["2110"], "listing"): 40,
        (T["2204"], "listing"): 42,
    }


def test_a_replay_ends_as_the_crawl_did(
    past: tuple[Server, Kept, list[str]], tmp_path: Path
) -> None:
    _, kept, _ = past
    (ended,) = crawl(tmp_path, [{"warc": str(kept.ended.warc)}], network=False)
    again = Kept(tmp_path, ended)
    assert (ended.state, ended.reason, ended.counts) == (
        kept.ended.state,
        kept.ended.reason,
        kept.ended.counts,
    )
    assert again.looks() == kept.looks()
    assert again.read() == kept.read()
    assert len(again.read()) == 30 * 2 + 31 * 2 * 2 + 40 * 2 + 42


def test_a_later_run_asks_for_no_copy_that_is_kept(
    past: tuple[Server, Kept, list[str]],
) -> None:
    server, kept, asked = past
    (ended,) = crawl(kept.folder, [history(server)])
    later = server.paths()[len(asked) :]
    # what was not there may be there by now
    gone = [copy_path(T["2007"], LAYER), copy_path(T["2201"], MAP)]
    assert later == [*asked[:3], *gone]
    again = Kept(kept.folder, ended)
    assert again.looks() == LOOKS
    assert {row[2:] for row in again.read()} == {row[2:] for row in kept.read()}


def test_a_run_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    slow = copy_path(T["2107"], MAP)
    with Server(PAST | {slow: [copy(new(40), after=30), copy(new(40))]}) as server:
        process = started(tmp_path, [history(server)])
        end = time.monotonic() + 60
        while copy_path(T["2010"], MAP) not in server.paths() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.7)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        before = server.paths()
        (ended,) = crawl(tmp_path, [history(server)])
        after = server.paths()[len(before) :]
    assert copy_path(T["2010"], MAP) in before
    assert after[0] == "/robots.txt"
    wanted = [copy_path(T["2007"], LAYER), slow, *(copy_path(T[n], MAP) for n in ("2201", "2204"))]
    assert sorted(after[1:]) == sorted(wanted)
    assert (ended.state, Kept(tmp_path, ended).looks()) == ("healthy", LOOKS)


def test_histories_of_several_sources_ask_one_after_another(tmp_path: Path) -> None:
    slow = {path: replace(answer, after=0.1) for path, answer in PAST.items()}
    other = Pattern(LAYER)
    known = index([row(SECOND, LAYER, old(30))])
    with Server({**slow, other.query(INDEX): known}) as server:
        ended = crawl(tmp_path, [history(server), history(server, other)])
        asked = sorted(server.asked, key=lambda each: each.began)
    assert [each.state for each in ended] == ["healthy", "healthy"]
    assert len(asked) > 10
    for one, after in pairwise(asked):
        assert one.ended <= after.began + 0.02


# The command.


def command(folder: Path, server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "PEEPHOLE_WAYBACK_SERVER": server.url(INDEX),
        "PEEPHOLE_WAYBACK_DELAY": "0",
    }
    return warm.run("peephole", ["crawl", *words], environment(folder, **settings), folder)


def test_the_command_asks_for_the_declared_addresses_between_two_days(tmp_path: Path) -> None:
    narrowed = [each.within("2020-08-01", "2021-01-31") for each in RingAgencyMap.archived]
    asked = [each.query(INDEX) for each in narrowed if each]
    assert len(asked) == len(narrowed) > 0
    script = {path: index([]) for path in asked}
    script[asked[0]] = index([row(T["2010"], MAP, old(31)), row(T["2101"], MAP, old(31))])
    script[copy_path(T["2010"], MAP)] = copy(old(31))
    days = ["--since", "2020-08-01", "--until", "2021-01-31"]
    with Server(script) as server:
        ran = command(tmp_path, server, "--history", "--source", "ring_agency_map", *days)
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.startswith("ring_agency_map: healthy: 2 looks: 2 healthy")
        assert server.paths() == ["/robots.txt", *asked, copy_path(T["2010"], MAP)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--history", "--sample"], "--replay, --sample and --history exclude one another"),
        (["--history", "--replay", "x"], "--replay, --sample and --history exclude one another"),
        (["--since", "2020-01-01"], "--since and --until go with --history"),
        (["--history", "--since", "May"], "--since 'May' is no date; write it as 2020-10-07"),
        (
            ["--history", "--since", "2021-01-02", "--until", "2021-01-01"],
            "--since 2021-01-02 is later than --until 2021-01-01",
        ),
        (
            ["--history", "--source", "community_connect"],
            "community_connect declares no archived copies to read",
        ),
        (
            ["--history", "--source", "ring_agency_map", "--until", "2001-01-01"],
            "no source declares archived copies to read between the first day and 2001-01-01",
        ),
    ],
)
def test_what_cannot_be_asked_for_is_one_sentence(
    tmp_path: Path, words: list[str], sentence: str
) -> None:
    with Server({}) as server:
        ran = command(tmp_path, server, *words)
        assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"{sentence}\n")
        assert server.asked == []


def test_the_wayback_machine_is_asked_slower_than_it_bears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CONTACT", "WAYBACK_DELAY", "WAYBACK_SERVER"):
        monkeypatch.delenv(f"PEEPHOLE_{name}", raising=False)
    Path("peephole.toml").write_text('contact = "me@example.org"\n')
    (job,) = steps.history_jobs(load(), ["ring_agency_map"], "", "")
    assert job.settings()["DOWNLOAD_DELAY"] >= 60 / 24
    assert all(map(cdx.is_index, job.session.seeds))
    Path("peephole.toml").write_text('contact = "me@example.org"\nwayback_delay = 9.5\n')
    (job,) = steps.history_jobs(load(), ["ring_agency_map"], "", "")
    assert job.settings()["DOWNLOAD_DELAY"] == 9.5
    monkeypatch.setenv("PEEPHOLE_WAYBACK_DELAY", "12")
    assert load().wayback_delay == 12


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wayback_delay", "true"),
        ("wayback_delay", "-1"),
        ("wayback_delay", "nan"),
        ("wayback_delay", "1e9"),
        ("wayback_delay", '"soon"'),
        ("wayback_delay", "[4]"),
        ("wayback_server", '"web.archive.org"'),
        ("wayback_server", '"https://web.archive.org/web/"'),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("peephole.toml").write_text(f"{name} = {value}\n")
    with pytest.raises(WrongInput, match=name):
        load()
