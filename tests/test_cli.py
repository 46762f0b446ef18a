"""Every command, on the sample, as the README promises it."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from analysis.tables import TABLES
from peephole import console, events, steps
from peephole.cli import app
from spiders.ledger import Ledger
from spiders.schema import RUNS
from tests import command

SECRET = "canary-of-the-operator-1d2e"
COMMANDS = [
    *("run", "crawl", "import", "clean", "export", "release", "map", "changes", "link", "review"),
    *("sources", "schedule", "serve", "doctor", "verify"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "data"
    said = command.peephole(folder, "run", "--sample", PEEPHOLE_FBI_KEY=SECRET)
    assert "64 departments in 9 states" in said.stdout
    assert SECRET not in said.stdout + said.stderr
    return folder


@pytest.fixture
def copy(data: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(data, tmp_path / "data"))


def test_the_sample_leaves_all_that_is_promised(data: Path) -> None:
    for name in ("ledger.sqlite", "exports/datapackage.json", "exports/agencies.csv"):
        assert (data / name).stat().st_size > 0
    page = (data / "site" / "index.html").read_text("utf-8")
    assert "Sample: departments dated 2018 and a few others, not the full list" in page


def test_no_file_holds_the_key_of_the_operator(data: Path) -> None:
    files = [path for path in data.rglob("*") if path.is_file()]
    assert len(files) > 100
    for path in files:
        body = path.read_bytes()
        plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        assert SECRET.encode() not in plain, path


def test_every_published_row_of_the_sample_leads_to_bytes(data: Path) -> None:
    assert command.unproved(data) == []


def test_the_sample_read_again_is_recognised_and_changes_nothing(data: Path) -> None:
    before = command.files(data)
    said = command.peephole(data, "run", "--sample", PYTHONHASHSEED="3", TZ="Asia/Tokyo", LANG="C")
    assert said.stdout.count("was read before; nothing changed") == 9
    assert command.files(data) == before


@pytest.mark.parametrize("step", ["clean", "export", "map"])
def test_a_step_made_again_changes_nothing(data: Path, step: str) -> None:
    before = command.files(data)
    command.peephole(data, step)
    assert command.files(data) == before


def test_one_source_of_the_sample(tmp_path: Path) -> None:
    """Also one that ships as a file and has no archive among the samples."""
    data = tmp_path / "data"
    said = command.peephole(data, "crawl", "--sample", "--source", "reported_figures")
    assert "reported_figures: healthy" in said.stdout
    assert "ring_agency_map" not in said.stdout


def test_sources_in_words_and_for_programs(data: Path) -> None:
    words = command.peephole(data, "sources").stdout
    rows = json.loads(command.peephole(data, "sources", "--json").stdout)
    assert {row["source"] for row in rows} == set(steps.sources())
    for row in rows:
        assert row["source"] in words
        assert row["verdict"] in ("healthy", "never_run")
    ring = next(row for row in rows if row["source"] == "ring_agency_map")
    assert (ring["rows"], ring["last_healthy"]) == (65, "2020-10-07T00:00:00Z")


def test_doctor_says_what_is_missing_and_how_to_mend_it(data: Path) -> None:
    said = command.peephole(data, "doctor").stdout
    assert "contact: not set" in said
    assert "PEEPHOLE_CONTACT" in said
    well = command.peephole(data, "doctor", PEEPHOLE_CONTACT="you@example.org").stdout
    assert "amiss" not in well


def test_the_archive_is_packed_and_replayed_from_the_pack(copy: Path, tmp_path: Path) -> None:
    pack = tmp_path / "hand-over.wacz"
    command.peephole(copy, "archive", "pack", "--out", pack)
    assert "1 archives checked, 0 not" in command.peephole(copy, "archive", "check", pack).stdout
    assert "9 archives checked, 0 not" in command.peephole(copy, "archive", "check").stdout
    other = tmp_path / "other"
    command.peephole(other, "run", "--replay", pack)
    for name, frame in command.tables(other).items():
        if name not in ("sources", "captures"):
            assert frame.equals(command.tables(copy)[name]), name


def test_a_damaged_archive_is_told(copy: Path) -> None:
    warc = min((copy / "archive").glob("ring*.warc.gz"))
    body = bytearray(warc.read_bytes())
    body[len(body) // 2] ^= 0xFF
    warc.write_bytes(body)
    said = command.peephole(copy, "archive", "check", status=1)
    assert warc.name in said.stderr
    assert "1 not as they should be" in said.stdout


@pytest.mark.parametrize(
    "words", [[], *([name] for name in COMMANDS), ["archive", "pack"], ["archive", "check"]]
)
def test_help(words: list[str]) -> None:
    done = CliRunner().invoke(app, [*words, "--help"])
    assert done.exit_code == 0
    assert "Usage" in done.output


def test_every_command_is_known_here() -> None:
    group = typer.main.get_command(app)
    assert set(group.commands) == {*COMMANDS, "archive"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["crawl", "--source", "nonsense"], "there is no source 'nonsense'; there are: "),
        (["run", "--sample", "--source", "nonsense"], "there is no source 'nonsense'"),
        (["run", "--sample", "--replay", "x"], "--sample and --history exclude one another"),
        (["run", "--replay", "nowhere.warc.gz"], "there is no nowhere.warc.gz"),
        (["import", "x.csv", "--source", "nonsense", "--as-of", "2020-10-07"], "no source"),
        (["import", "x.csv", "--source", "ring_agency_map", "--as-of", "7.10.2020"], "is no date"),
        (["import", "x.csv", "--source", "ring_agency_map", "--as-of", "2999-01-01"], "and today"),
        (["import", "x.csv", "--source", "ring_agency_map", "--as-of", "0001-01-01"], "and today"),
        (["import", "x.csv", "--source", "ring_agency_map", "--as-of", "2020-10-07"], "x.csv"),
        (["import", ".", "--source", "ring_agency_map", "--as-of", "2020-10-07"], "not a file"),
        (["crawl"], "a live crawl must say who asks"),
        (["serve"], "run `peephole run`"),
        (["clean", "--as-of", "2999-01-01"], "--as-of 2999-01-01 is not a day between 2018-01-01"),
        (["export", "--as-of", "2017-12-31"], "is not a day between 2018-01-01 and today"),
        (["map", "--as-of", "yesterday"], "is no date"),
        (["changes", "--as-of", ""], "is no date"),
        (["changes", "--since", "2021-13-01"], "--since '2021-13-01' is no date"),
        (["changes", "--until", "soon"], "--until 'soon' is no date"),
        (["changes", "--since", "2021-02-01", "--until", "2021-01-01"], "is later than --until"),
        (["changes", "--state", "XX"], "--state 'XX' is no state or territory"),
        (["changes", "--state", "Illinois"], "write its two letters, as in IL"),
        (["changes", "--kind", "ended"], "there is no kind of change 'ended'; there are: added, "),
        (["archive", "check", "nowhere"], "there is no nowhere"),
    ],
)
def test_wrong_use_is_told_in_one_sentence(
    words: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _alone(tmp_path, monkeypatch)
    problem = CliRunner().invoke(app, words).exception
    assert type(problem).__name__ == "WrongInput"
    assert sentence in str(problem)
    assert "\n" not in str(problem)
    assert not (tmp_path / "data" / "archive").exists() or not list(
        (tmp_path / "data").rglob("*.gz")
    )


@pytest.mark.parametrize(
    "words", [["nonsense"], ["run", "--nonsense"], ["import"], ["archive", "x"]]
)
def test_unknown_words_are_wrong_use(words: list[str]) -> None:
    assert CliRunner().invoke(app, words).exit_code == 2


@pytest.mark.parametrize(
    "told", ["data = 5", 'nonsense = "x"', "data = ", "\udcff", 'contact = ["a@b.cd"]']
)
def test_a_broken_configuration_is_told(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _alone(tmp_path, monkeypatch)
    (tmp_path / "peephole.toml").write_bytes(told.encode("utf-8", "surrogateescape"))
    problem = CliRunner().invoke(app, ["sources"]).exception
    assert type(problem).__name__ == "WrongInput"
    assert "peephole.toml" in str(problem)


def test_the_exit_status_reaches_the_shell(tmp_path: Path) -> None:
    said = command.peephole(tmp_path / "data", "crawl", "--source", "nonsense", status=2)
    assert len(said.stderr.strip().splitlines()) == 1
    told = command.peephole(tmp_path / "data", "export", status=1)
    assert "run `peephole clean` first" in told.stderr


def test_an_import_whose_build_was_cut_is_built_by_the_next(copy: Path) -> None:
    """The run had ended and the tables were not yet made when the machine went down."""
    edition = copy.parent / "atlas.csv"
    edition.write_bytes(command.atlas(command.towns(70)))
    command.take_in(copy, edition, "2020-12-01", "atlas_of_surveillance", "--no-build")
    said = command.take_in(copy, edition, "2020-12-01")
    assert "was imported before" in said.stdout
    assert len(command.tables(copy)["agencies"]) == 64 + 70


def test_a_run_that_failed_first_is_recognised_once_it_was_read(copy: Path) -> None:
    ledger = Ledger(f"sqlite:///{copy / 'ledger.sqlite'}")
    with ledger.engine.begin() as connection:
        connection.execute(
            RUNS.update().where(RUNS.c.source == "atlas_of_surveillance").values(verdict="failed")
        )
    ledger.close()
    words = ("crawl", "--sample", "--source", "atlas_of_surveillance")
    assert "healthy" in command.peephole(copy, *words).stdout
    assert "was read before" in command.peephole(copy, *words).stdout


def test_when_all_runs_fail_the_exit_status_says_so(copy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "archives"
    folder.mkdir()
    warc = next((copy / "archive").glob("ring*.warc.gz"))
    (folder / "torn.warc.gz").write_bytes(warc.read_bytes()[: warc.stat().st_size // 2])
    said = command.peephole(tmp_path / "other", "crawl", "--replay", folder, status=1)
    assert "failed" in said.stderr
    assert "the last good data stand" in said.stderr


def test_lines_hold_nothing_a_terminal_obeys() -> None:
    assert console.line("a\x1b[31m\nb\x07 \u202ec [bold]") == "a\ufffd[31m b\ufffd \ufffdc [bold]"


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four looks at a list of 60 towns: one leaves it at the second, another comes at the last."""
    folder = tmp_path_factory.mktemp("history")
    rows = command.towns(61)
    for day, shown in (
        ("2020-01-01", rows[:60]),
        ("2020-06-01", rows[1:60]),
        ("2020-09-01", rows[1:60]),
        ("2021-01-01", rows[1:61]),
    ):
        edition = folder / f"{day}.csv"
        edition.write_bytes(command.atlas(shown))
        command.take_in(folder / "data", edition, day, "atlas_of_surveillance", "--no-build")
    command.peephole(folder / "data", "clean")
    return folder / "data"


def told(data: Path, *words: str) -> list[dict[str, str | None]]:
    """``peephole changes --json``."""
    found: list[dict[str, str | None]] = json.loads(
        command.peephole(data, "changes", "--json", *words).stdout
    )
    return found


def test_changes_for_programs(history: Path) -> None:
    rows = told(history)
    assert set(rows[0]) == {*TABLES["changes"].names, "name", "state"}
    assert rows == sorted(rows, key=lambda row: str(row["observed_at"]))
    (gone,) = told(history, "--kind", "delisted")
    assert gone["agency_id"] == "oh-town-0-police"
    assert gone["observed_at"] == "2020-09-01T00:00:00Z"
    assert gone["before"] == "last listed 2020-01-01T00:00:00Z"
    assert gone["valid_at"] is None


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ((), 62),
        (("--kind", "added"), 61),
        (("--kind", "added", "--kind", "delisted"), 62),
        (("--since", "2020-01-02"), 2),
        (("--since", "2020-09-01", "--until", "2020-09-01"), 1),
        (("--until", "2019-12-31"), 0),
        (("--state", "oh", "--since", "2020-01-02"), 2),
        (("--state", "TX", "--state", "WI"), 40),
        (("--state", "IL"), 0),
        (("--as-of", "2020-08-31"), 60),
    ],
)
def test_changes_are_chosen(history: Path, words: tuple[str, ...], number: int) -> None:
    assert len(told(history, *words)) == number


def test_changes_in_words(history: Path) -> None:
    said = command.peephole(history, "changes", "--since", "2020-01-02").stdout.splitlines()
    assert said[0].split("\t") == list(events.HEADS)
    gone = said[1].split("\t")
    assert gone[:5] == [
        "2020-09-01",
        "delisted",
        "Town 0 Police Department, OH",
        "atlas_of_surveillance",
        "neighbors_portal",
    ]
    assert "that shows no ending" in gone[5]
    assert said[2].split("\t")[1] == "added"
    assert len(said) == 3


def test_hostile_changes_are_one_line_each_and_nothing_a_terminal_obeys(copy: Path) -> None:
    path = copy / "clean" / "changes.parquet"
    agencies = copy / "clean" / "agencies.parquet"
    rows = pd.read_parquet(path)
    names = pd.read_parquet(agencies)
    bad = "\x1b]0;owned\x07\x9b31m\r\n\u202e\tTAB\u2028[bold]"
    rows.assign(before=bad, after=bad).to_parquet(path)
    names.assign(name=bad + names["name"]).to_parquet(agencies)
    said = command.peephole(copy, "changes").stdout
    assert all(c.isprintable() or c in "\n\t" for c in said)
    lines = said.splitlines()
    assert len(lines) == len(rows) + 1
    assert all(len(line.split("\t")) == len(events.HEADS) for line in lines)
    assert "[bold]" in said
    assert len(told(copy)) == len(rows)


def test_changes_before_there_are_tables(tmp_path: Path) -> None:
    said = command.peephole(tmp_path / "data", "changes", status=1)
    assert "run `peephole clean` first" in said.stderr


def test_as_of_a_day_is_made_anew_and_the_same_whenever_asked(history: Path) -> None:
    """Also when later looks have come since, and whatever yesterday's tables say."""
    data = Path(shutil.copytree(history, history.parent / "as-of-a-day"))
    now = command.files(data / "clean")
    for step in ("clean", "export", "map"):
        command.peephole(data, step, "--as-of", "2020-06-30")
    folder = data / "as-of" / "2020-06-30"
    first = command.files(folder)
    assert {name.split("/")[0] for name in first} == {"clean", "exports", "site"}
    assert len(pd.read_csv(folder / "exports" / "agencies.csv")) == 60
    assert command.files(data / "clean") == now
    edition = data.parent / "later.csv"
    edition.write_bytes(command.atlas(command.towns(70)))
    command.take_in(data, edition, "2022-01-01", "atlas_of_surveillance", "--no-build")
    for name in ("agencies", "changes"):
        (folder / "clean" / f"{name}.parquet").write_bytes(b"not a table")
    for step in ("map", "export", "clean"):
        command.peephole(data, step, "--as-of", "2020-06-30", PYTHONHASHSEED="5", TZ="Asia/Tokyo")
    assert command.files(folder) == first
    listed = pd.read_parquet(folder / "clean" / "participations.parquet")
    assert set(listed["valid_to_kind"]) == {"unknown"}


def test_every_row_of_a_day_leads_to_bytes(history: Path) -> None:
    assert command.unproved(history) == []


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[str]:
    (data / "site" / "empty").mkdir()
    process = subprocess.Popen(
        command.command("serve", "--port", "0"),
        env=command.environment(data, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        text=True,
        # a shell starts what it runs in the background with Ctrl-C ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    yield process.stdout.readline().split()[0]
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    (data / "site" / "empty").rmdir()


def test_serve_shows_the_page_and_nothing_else(served: str, data: Path) -> None:
    with urllib.request.urlopen(served, timeout=10) as answer:
        assert answer.read() == (data / "site" / "index.html").read_bytes()
    for path in ("empty/", "../ledger.sqlite", "%2e%2e/ledger.sqlite", "nothing"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(served + path, timeout=10)


def test_serve_listens_on_this_machine_alone(served: str) -> None:
    port = int(served.rstrip("/").rpartition(":")[2])
    assert served.startswith("http://127.0.0.1:")
    with socket.socket() as outside, pytest.raises(OSError, match="refused"):
        outside.connect(("127.0.0.2", port))


def _alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for key in [key for key in os.environ if key.startswith("PEEPHOLE_")]:
        monkeypatch.delenv(key)
