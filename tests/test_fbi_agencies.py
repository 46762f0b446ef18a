"""The FBI's register: its layouts, what is refused, and a key that nobody ever sees again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peephole import collecting
from peephole.config import Config
from spiders.job import Job
from spiders.platforms import json_page
from spiders.platforms.json_page import unpacked
from spiders.records import RegisteredAgency, Rejection
from spiders.source import LayoutError
from spiders.sources.fbi_agencies import API, FbiAgencies
from tests import command, warm
from tests.crawling import ROOT, environment
from tests.replay import made, records, stats
from tests.server import Answer, Server

KEY = "sEcReT-0123456789abcdefghijklmnopqrstuv"
STATE = {
    "FAIR": [
        {
            "ori": f"OH099{number:02}00",
            "agency_name": f"Fairtown {number} Police Department",
            "agency_type_name": "City",
            "counties": "FAIR",
            "state_abbr": "OH",
        }
        for number in range(25)
    ]
}
CRAWL = """
import json, logging, sys
from pathlib import Path
from spiders import crawl
from spiders.job import live
from spiders.sources import fbi_agencies
from tests.crawling import FAST
logging.basicConfig(level=logging.DEBUG)
fbi_agencies.API, folder, url = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
database = {"PEEPHOLE_ARCHIVE": f"{folder}/archive", "PEEPHOLE_DB": f"sqlite:///{folder}/l.sqlite"}
options = FAST | database | {"RETRY_TIMES": 1, "LOG_LEVEL": "DEBUG", "LOG_INSTALL_ROOT_HANDLER": 0}
(ended,) = crawl.run([live("fbi_agencies", folder / "archive", (url,))], options)
print(json.dumps([ended.verdict.state, ended.verdict.reason]))
"""


def crawled(folder: Path, server: Server, path: str, key: str = KEY) -> tuple[str, str, bytes]:
    """State and reason of a live crawl, and every byte it wrote or printed, unpacked."""
    words = [CRAWL, server.url("/cde/"), str(folder), server.url(path)]
    done = warm.run("-c", words, environment(folder, PEEPHOLE_FBI_KEY=key), ROOT)
    assert done.returncode == 0, done.stderr
    state, reason = json.loads(done.stdout.splitlines()[-1])
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert {"l.sqlite"} < {path.name for path in written}
    bodies = [path.read_bytes() for path in written]
    plain = [gzip.decompress(body) if body[:2] == json_page.GZIP else body for body in bodies]
    return state, reason, b"".join([*plain, done.stdout.encode(), done.stderr.encode()])


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer(json.dumps(STATE).encode()), "healthy"),
        (Answer(b'{"error": {"code": "API_KEY_INVALID"}}', 403), "failed"),
        (Answer(b'{"error": {"code": "OVER_RATE_LIMIT"}}'), "failed"),
        (Answer(b"[]"), "failed"),
        (Answer(fault="reset"), "failed"),
    ],
)
def test_the_key_is_sent_and_written_nowhere(answer: Answer, state: str, tmp_path: Path) -> None:
    with Server({"/cde/OH": answer}) as server:
        ended, reason, everything = crawled(tmp_path, server, "/cde/OH")
    sent = {asked.path: asked.headers.get("X-Api-Key") for asked in server.asked}
    assert sent == {"/robots.txt": None, "/cde/OH": KEY}
    assert ended == state, reason
    assert KEY.encode() not in everything
    assert b"/cde/OH" in everything, "the archive tells the address"


def test_the_key_follows_no_redirect_and_goes_to_no_other_place(tmp_path: Path) -> None:
    with Server({"/taken": Answer(json.dumps(STATE).encode())}) as thief:
        moved = Answer(status=302, headers={"Location": thief.url("/taken")})
        with Server({"/cde/OH": moved, "/other": Answer(b"[]")}) as server:
            state, reason, everything = crawled(tmp_path / "a", server, "/cde/OH")
            crawled(tmp_path / "b", server, "/other")
    assert thief.asked == []
    assert (state, reason.partition(";")[2]) == ("failed", " pages lost: 1 answered with an error")
    assert [a.headers.get("X-Api-Key") for a in server.asked if a.path == "/other"] == [None]
    assert KEY.encode() not in everything


def test_without_a_key_the_register_is_left_out_or_asked_for(tmp_path: Path) -> None:
    for key in ("", "with a blank", "line\nend", "short"):
        asked = command.peephole(
            tmp_path, "crawl", "--source", "fbi_agencies", status=2, PEEPHOLE_FBI_KEY=key
        )
        assert "PEEPHOLE_FBI_KEY" in asked.stderr
        assert "https://api.data.gov/signup/" in asked.stderr
        assert not key or key not in asked.stderr
        assert len(asked.stderr.splitlines()) == 1
    assert not list(tmp_path.rglob("*.warc.gz"))


def test_a_plain_run_leaves_the_register_out_in_one_line_until_there_is_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}", "https://example.org/x")
    asked: list[Job] = []

    def taken(_: Config, jobs: Sequence[Job], _if_runs: int | None) -> bool:
        asked.extend(jobs)
        return True

    monkeypatch.setattr(collecting, "read", taken)
    monkeypatch.delenv("PEEPHOLE_FBI_KEY", raising=False)
    assert collecting.collect(config, (), None, False, None)
    assert asked
    assert "fbi_agencies" not in {job.source for job in asked}
    said = [line for line in capsys.readouterr().out.splitlines() if "fbi_agencies" in line]
    assert len(said) == 1
    assert said[0].startswith("left out: fbi_agencies needs a key")
    assert "PEEPHOLE_FBI_KEY" in said[0]
    monkeypatch.setenv("PEEPHOLE_FBI_KEY", KEY)
    asked.clear()
    assert collecting.collect(config, ("fbi_agencies",), None, False, None)
    (job,) = asked
    assert len(job.session.seeds) == 51
    assert KEY not in repr(job) + repr(job.settings()) + capsys.readouterr().out


def test_an_address_that_holds_a_key_is_refused(tmp_path: Path) -> None:
    for address in (f"{API}OH?API_KEY={KEY}", f"https://user:{KEY}@api.usa.gov/x"):
        refused = command.peephole(
            *(tmp_path, "import", address, "--source", "fbi_agencies", "--as-of", "2026-01-01"),
            status=2,
            PEEPHOLE_CONTACT="https://example.org/peephole",
        )
        assert "holds a key" in refused.stderr
        assert KEY not in refused.stdout + refused.stderr
    assert not list(tmp_path.rglob("*.warc.gz"))


def of(told: Any, url: str = "peephole://import/0") -> list[RegisteredAgency | Rejection]:
    """What the source reads in an answer."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return records(made(FbiAgencies), body, url)  # type: ignore[return-value]


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"<html>sorry</html>",
        b'{"OH": {"OH09',
        b"[" * 100_000,
        b"3",
        b'"text"',
        b"null",
        b"[]",
        b"{}",
        b'{"OH": {}}',
        b'{"error": {"code": "API_KEY_MISSING", "message": "x"}}',
        b'{"OH": {"OH0990100": {}}, "FAIR": []}',
        gzip.compress(b'{"OH": {"OH0990100"', mtime=0)[:-3],
        gzip.compress(b"[]", mtime=0) + b"and more",
        b"\x1f\x8bno gzip",
    ],
)
def test_what_is_no_register_is_refused_with_what_was_found(told: bytes) -> None:
    with pytest.raises(LayoutError, match="sought"):
        of(told)


def test_a_packed_file_may_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_page, "LARGEST", 1000)
    assert unpacked(gzip.compress(b" " * 999, mtime=0), "x") == b" " * 999
    with pytest.raises(LayoutError, match="larger"):
        unpacked(gzip.compress(b" " * 1001, mtime=0), "x")


def test_the_state_is_where_it_is_filed_and_never_the_letters_of_the_ori() -> None:
    agency = {"agency_name": "Sample Police", "agency_type_name": "City", "primary_county": "X"}
    found = of({"NE": {"NB0990100": agency}, "GU": {"GM0990100": agency}})
    assert [record.state for record in found if isinstance(record, RegisteredAgency)] == [
        "NE",
        "GU",
    ]
    bare = [agency | {"ori": "NB0990100"}]
    (of_address,) = of(bare, f"{API}NE")
    assert isinstance(of_address, RegisteredAgency)
    assert of_address.state == "NE"
    (nowhere,) = of(bare)
    assert isinstance(nowhere, Rejection)
    assert nowhere.reason.startswith("state: ")


def test_seven_characters_are_those_of_nine_without_two_zeros() -> None:
    agency = {"agency_name": "Sample Police", "state_abbr": "OH"}
    oris = ["OH09901", "OH0990100", "OH099010", "oh0990100", "OH09901001", "", None]
    found = of([agency | {"ori": ori} for ori in oris])
    assert [record.kind for record in found] == ["registered_agency"] * 2 + ["rejection"] * 5
    assert found[0].model_dump(exclude={"position"}) == found[1].model_dump(exclude={"position"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ori", "agency_name", "counties", "state_abbr", "OH", "FAIR"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_json_breaks_the_source(told: Any) -> None:
    """Every row is an agency with an ORI, or set aside; or the whole is refused."""
    source = made(FbiAgencies)
    try:
        found = records(source, json.dumps(told).encode())
    except LayoutError:
        return
    assert len(found) == stats(source)["peephole/rows"]
    for record in found:
        assert isinstance(record, Rejection) or record.model_dump()["agency"].strip()
        json.dumps(record.content()).encode("utf-8")
