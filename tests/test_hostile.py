"""Bad input: one clear sentence, an exit status, and nothing lost."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import resource
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from peephole import steps
from peephole.config import Config
from spiders.archive import ArchiveError
from spiders.job import MAX_FILE
from spiders.ledger import Ledger
from tests import command

RING, ATLAS = "ring_agency_map", "atlas_of_surveillance"
NAMES = [
    "<script>alert(1)</script>",
    "${alert(1)}",
    "O'Fallon Police Department",
    '=HYPERLINK("x")',
]
DEPARTMENTS = [(f"Town {number} Police Department", f"Town {number}, OH") for number in range(250)]
ROWS = [*command.towns(250), *(command.row(name) for name in NAMES)]
BATCH = """
import json, sys
from peephole import config, steps
from spiders.job import WrongInput
loaded, jobs, told = config.load(), {}, {}
for file, source, day in json.load(sys.stdin):
    try:
        jobs[file] = steps.import_job(loaded, file, source, day, "")
    except WrongInput as problem:
        told[file] = ["refused", str(problem), []]
for file, outcome in zip(jobs, steps.run_jobs(loaded, list(jobs.values()))):
    told[file] = [outcome.verdict.state, outcome.verdict.reason, list(outcome.warnings)]
print(json.dumps(told))
"""
"""Many imports in one process, for the reactor starts only once in each."""

Told = dict[str, tuple[str, str, list[str]]]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a healthy look at each of two sources, one of hostile names."""
    folder = tmp_path_factory.mktemp("good")
    (folder / "map.kml").write_bytes(command.kml(DEPARTMENTS))
    (folder / "atlas.csv").write_bytes(command.atlas(ROWS))
    data = folder / "data"
    command.take_in(data, folder / "map.kml", "2020-01-01", RING, "--no-build")
    command.take_in(data, folder / "atlas.csv", "2020-01-01", ATLAS)
    return data


@pytest.fixture
def copy(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "data"))


def zipped(name: str, body: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, body)
    return out.getvalue()


def bad_files(port: int) -> dict[str, tuple[str, bytes, str]]:
    """File name: source, body, and words of the sentence that must be said."""
    whole_kml, whole_csv = command.kml(DEPARTMENTS), command.atlas(ROWS)
    page = b"<!DOCTYPE html><html><body>Sorry, too many requests</body></html>"
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY l0 "lol">{lol}]>'
    away = (
        f'<?xml version="1.0"?><!DOCTYPE kml SYSTEM "http://127.0.0.1:{port}/k.dtd" '
        f'[<!ENTITY x SYSTEM "http://127.0.0.1:{port}/x">]>'
    )
    lacking = [column for column in command.COLUMNS if column != "Technology"]
    bare = [{key: cell for key, cell in row.items() if key in lacking} for row in ROWS]
    return {
        "empty.csv": (ATLAS, b"", "is empty"),
        "empty.kml": (RING, b"", "is empty"),
        "blank.csv": (ATLAS, b"\n\n  \n", "empty body"),
        "page.csv": (ATLAS, page, "HTML page"),
        "page.kml": (RING, page, "HTML page"),
        "cut.kml": (RING, whole_kml[: len(whole_kml) // 2], "truncated"),
        "cut.csv": (ATLAS, whole_csv[: len(whole_csv) // 2 + 7], "ends inside"),
        "tenth.kml": (
            RING,
            command.kml(DEPARTMENTS[:25]),
            "25 listings in neighbors_portal, the last healthy run had 250",
        ),
        "few.csv": (
            ATLAS,
            command.atlas(ROWS[:25]),
            "25 listings in neighbors_portal, the last healthy run had 254",
        ),
        "lacking.csv": (ATLAS, command.atlas(bare, lacking), "'Technology'"),
        "bomb.kmz": (RING, zipped("doc.kml", b"0" * 50_000_000), "KMZ"),
        "bomb.kml": (RING, f"{bomb}<kml>&l9;</kml>".encode(), "document type definition"),
        "away.kml": (RING, f"{away}<kml>&x;</kml>".encode(), "document type definition"),
        "other.kml": (RING, whole_csv, "KML"),
        "other.csv": (ATLAS, whole_kml, "HTML page"),
        "escape.csv": (ATLAS, b"\x1b[31mred\x07,\n" + b"x,\n" * 30, "column"),
        "noise.csv": (ATLAS, bytes(range(256)) * 20, "NUL bytes"),
        "noise.kmz": (RING, b"PK\x03\x04" + bytes(range(256)) * 20, "KMZ"),
    }


def good_files() -> dict[str, tuple[str, bytes]]:
    """Odd, and whole."""
    rows = [*ROWS, command.row("Doña Ana County Sheriff’s Office", "NM", City="Las Cruces")]
    more = [row | {"Mood": "fine"} for row in rows]
    text = command.atlas(rows).decode().replace("’", "'")
    return {
        "latin.csv": (ATLAS, text.encode("latin-1")),
        "windows.csv": (ATLAS, command.atlas(rows).decode().encode("cp1252")),
        "wide.csv": (ATLAS, command.atlas(rows).decode().encode("utf-16")),
        "marked.csv": (ATLAS, b"\xef\xbb\xbf" + command.atlas(rows)),
        "more.csv": (ATLAS, command.atlas(more, [*command.COLUMNS, "Mood"])),
        "more.kml": (RING, command.kml(DEPARTMENTS, '<Data name="Mood"><value>x</value></Data>')),
    }


@pytest.fixture(scope="module")
def calls() -> Iterator[list[int]]:
    """The calls that a listener on this machine got; its port comes first."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        got = [listener.getsockname()[1]]

        def listen() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, (_, port) = listener.accept()
                    connection.close()
                    got.append(port)

        threading.Thread(target=listen, daemon=True).start()
        yield got


@pytest.fixture(scope="module")
def after(
    good: Path, calls: list[int], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Told]:
    """A copy of the good data that all files were imported into, and what was said of each."""
    folder = tmp_path_factory.mktemp("hostile")
    data = Path(shutil.copytree(good, folder / "data"))
    asked = []
    for name, (source, body, _) in bad_files(calls[0]).items():
        (folder / name).write_bytes(body)
        asked.append((str(folder / name), source, "2020-06-01"))
    for number, (name, (source, body)) in enumerate(good_files().items(), 1):
        (folder / name).write_bytes(body)
        asked.append((str(folder / name), source, f"2020-07-{number:02}"))
    done = subprocess.run(
        [sys.executable, "-c", BATCH],
        input=json.dumps(asked),
        env=command.environment(data),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = {Path(file).name: tuple(said) for file, said in json.loads(done.stdout).items()}
    command.peephole(data, "clean")
    return data, told


@pytest.mark.parametrize("name", bad_files(0))
def test_bad_input_is_refused_in_one_sentence(name: str, after: tuple[Path, Told]) -> None:
    state, reason, _ = after[1][name]
    assert state in ("failed", "refused")
    assert bad_files(0)[name][2] in reason
    assert "Traceback" not in reason
    assert len(reason) < 700


def test_nothing_good_was_lost(good: Path, after: tuple[Path, Told]) -> None:
    before, now = command.tables(good), command.tables(after[0])
    kept = before["listings"]["listing_id"]
    assert kept.isin(now["listings"]["listing_id"]).all()
    assert set(now["agencies"]["agency_id"]) - set(before["agencies"]["agency_id"]) == {
        "nm-dona-ana-county-sheriff"
    }
    assert now["participations"]["first_missing"].isna().all()
    assert command.unproved(after[0]) == []


def test_no_entity_was_fetched(after: tuple[Path, Told], calls: list[int]) -> None:
    assert "away.kml" in after[1]
    assert len(calls) == 1


@pytest.mark.parametrize("name", good_files())
def test_odd_encodings_are_read(name: str, after: tuple[Path, Told]) -> None:
    state, reason, warnings = after[1][name]
    assert (state, reason) == ("healthy", "250 rows" if name.endswith("kml") else "255 rows")
    assert warnings == (["Mood"] if name.startswith("more") else [])


def test_an_added_column_is_a_warning_on_the_terminal(copy: Path, tmp_path: Path) -> None:
    columns = [*command.COLUMNS, *(f"Mood {n:02}" for n in range(12))]
    (tmp_path / "more.csv").write_bytes(command.atlas(ROWS, columns))
    said = command.take_in(copy, tmp_path / "more.csv", "2020-07-01", ATLAS, "--no-build")
    assert "warning: a field nobody reads: 'Mood 00'" in said.stderr
    assert "Mood 11" not in said.stderr
    assert "and 2 more fields" in said.stderr


def test_a_failed_import_leaves_the_published_data(copy: Path, tmp_path: Path) -> None:
    before = command.files(copy / "clean")
    (tmp_path / "page.csv").write_text("<html>\nsorry</html>")
    said = command.take_in(copy, tmp_path / "page.csv", "2020-06-01", status=1)
    assert said.stderr.count("\n") == 2
    assert f"{ATLAS}: failed: LayoutError: sought a CSV table" in said.stderr
    assert "the last good data stand" in said.stderr
    after = command.files(copy / "clean")
    assert {name for name in before | after if before.get(name) != after.get(name)} == {
        f"{name}.parquet" for name in ("captures", "changes", "evidence", "looks", "sources")
    }
    assert command.tables(copy)["changes"]["kind"].eq("layout_changed").sum() == 1
    page = (copy / "site" / "index.html").read_text("utf-8")
    assert "the last run failed" in page.lower()
    health = json.loads(command.peephole(copy, "sources", "--json", status=1).stdout)
    assert {row["source"]: row["verdict"] for row in health}[ATLAS] == "failed"


@pytest.mark.parametrize("name", ["broken.warc.gz", "broken.wacz"])
@pytest.mark.parametrize("body", [b"", b"no archive", b"\x1f\x8b\x08\x00garbage", b"PK\x03\x04"])
def test_a_broken_archive_is_told(tmp_path: Path, name: str, body: bytes) -> None:
    config = Config(tmp_path / "data", f"sqlite:///{tmp_path / 'ledger.sqlite'}", "")
    (tmp_path / name).write_bytes(body)
    with pytest.raises(ArchiveError, match=name) as told:
        steps.replay_jobs(config, tmp_path / name)
    assert "\n" not in str(told.value)
    assert not config.archive.exists()


def test_a_broken_archive_changes_nothing(copy: Path, tmp_path: Path) -> None:
    before = command.files(copy)
    (tmp_path / "broken.warc.gz").write_bytes(b"no archive")
    said = command.peephole(copy, "run", "--replay", tmp_path / "broken.warc.gz", status=1)
    assert len(said.stderr.strip().splitlines()) == 1, said.stderr
    assert command.files(copy) == before


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.csv"
    huge.write_bytes(command.atlas(ROWS))
    os.truncate(huge, 500 * 1024 * 1024)
    assert huge.stat().st_size > MAX_FILE
    words = ("import", huge, "--source", ATLAS, "--as-of", "2020-10-07")
    process = subprocess.Popen(
        command.command(*words),
        env=command.environment(tmp_path / "data"),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 2
    assert "huge.csv has 524 MB" in said
    assert len(said.strip().splitlines()) == 1
    assert usage.ru_maxrss < 1_000_000  # kilobytes


def test_a_full_disk_is_told_and_loses_nothing(copy: Path, tmp_path: Path) -> None:
    """No file may grow beyond the limit: first the archive, then the ledger, then an export."""
    (tmp_path / "later.csv").write_bytes(command.atlas([*ROWS, *command.towns(700)[250:]]))
    words = ("import", tmp_path / "later.csv", "--source", ATLAS, "--as-of", "2020-07-01")
    before = command.tables(copy)
    told = []
    for kilobytes in (1, 60, 300):
        limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (kilobytes * 1024,) * 2)
        done = subprocess.run(
            command.command(*words),
            env=command.environment(copy),
            preexec_fn=limit,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "a bug" not in done.stderr
        told.append(done.stderr)
        for name in ("agencies", "listings"):
            key = before[name].columns[0]
            assert before[name][key].isin(command.tables(copy)[name][key]).all()
    assert "archive" in told[0]
    assert "ledger" in told[1]
    command.peephole(copy, *words)
    assert len(command.tables(copy)["agencies"]) == len(before["agencies"]) + 450
    assert list(copy.rglob(".*")) == []


@contextlib.contextmanager
def unwritable(path: Path) -> Iterator[None]:
    """Nobody may write ``path``, not even root where the file system can say so."""
    mode = path.stat().st_mode
    path.chmod(mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    root = os.geteuid() == 0
    if root and subprocess.run(["chattr", "+i", path], capture_output=True).returncode:
        path.chmod(mode)
        pytest.skip("root writes everywhere and this file system knows no immutable files")
    try:
        yield
    finally:
        if root:
            subprocess.run(["chattr", "-i", path], check=True)
        path.chmod(mode)


def test_what_cannot_be_written_is_told(copy: Path, tmp_path: Path) -> None:
    """One part after the other; each try gets further than the one before."""
    (tmp_path / "later.csv").write_bytes(command.atlas([*ROWS, command.row("New Police")]))
    words = ("import", tmp_path / "later.csv", "--source", ATLAS, "--as-of", "2020-07-01")
    for part in ("archive", "ledger.sqlite", "clean", "exports", "site"):
        with unwritable(copy / part):
            said = command.peephole(copy, *words, status=1)
        assert len(said.stderr.strip().splitlines()) in (1, 2), said.stderr
        assert "a bug" not in said.stderr
        assert part in said.stderr
    command.peephole(copy, *words)
    assert "oh-new-police" in set(command.tables(copy)["agencies"]["agency_id"])


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no /proc on this machine")
def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "map.kml").write_bytes(command.kml(DEPARTMENTS))
    words = ("import", tmp_path / "map.kml", "--source", RING, "--as-of", "2020-10-07")
    data = tmp_path / "data"
    for more in ({"PEEPHOLE_DATA": "/proc/x"}, {"PEEPHOLE_DB": "sqlite:////proc/x.sqlite"}):
        said = command.peephole(data, *words, status=1, **more)
        assert len(said.stderr.strip().splitlines()) == 1, said.stderr
        assert "/proc/x" in said.stderr
        assert "a bug" not in said.stderr


def test_a_locked_ledger_is_told(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "later.csv").write_bytes(command.atlas(ROWS))
    impatient = (
        "import spiders.ledger as l; l.LOCK_SECONDS = 1; from peephole.cli import main; main()"
    )
    holder = sqlite3.connect(copy / "ledger.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            impatient,
            "import",
            str(tmp_path / "later.csv"),
            "--source",
            ATLAS,
            "--as-of",
            "2020-07-01",
        ],
        env=command.environment(copy),
        capture_output=True,
        text=True,
        timeout=120,
    )
    holder.execute("ROLLBACK")
    holder.close()
    assert done.returncode == 1
    assert "another process has held it for" in done.stderr
    assert "Traceback" not in done.stderr
    Ledger(f"sqlite:///{copy / 'ledger.sqlite'}").close()


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_stay_text(good: Path, name: str) -> None:
    exports = good / "exports"
    with (exports / "agencies.csv").open(encoding="utf-8-sig", newline="") as file:
        names = {row["name"] for row in csv.DictReader(file)}
    assert (f"'{name}" if name.startswith("=") else name) in names
    assert not [cell for cell in names if cell[0] in "=+-@\t\r"]
    points = json.loads((exports / "agencies.geojson").read_text("utf-8"))["features"]
    assert name in {point["properties"]["name"] for point in points}
    with contextlib.closing(sqlite3.connect(exports / "peephole.sqlite")) as database:
        found = database.execute("SELECT name FROM agencies WHERE name = ?", [name]).fetchall()
    assert found == [(name,)]
    assert name in set(pd.read_parquet(exports / "agencies.parquet")["name"])


def test_the_page_holds_no_tag_of_theirs(good: Path) -> None:
    pages = [path.read_text("utf-8") for path in (good / "site").glob("*.html")]
    assert pages
    for page in pages:
        assert "<script>alert" not in page
    together = "".join(pages)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in together
    assert "${alert(1)}" in together
    assert "O'Fallon" in together or "O&#39;Fallon" in together
