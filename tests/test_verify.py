"""Everything is checked again: what is sound is told as sound, a flipped byte found and named."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis import read
from analysis.differences import differences
from analysis.exports import write_exports, write_tables
from peephole import books, holdings, published, rereading, sums, verify
from peephole.config import Config
from peephole.findings import Finding, untold
from peephole.proof import Shelf, named, proved
from peephole.rereading import Pairing
from spiders import archive
from spiders.job import WrongInput
from spiders.ledger import Ledger
from tests import command
from tests.crawling import crawl
from tests.server import Answer, Server

PAGE = "/map.kml"
ATLAS = "atlas_of_surveillance"
PUBLISHED = (
    *("clean/agencies.parquet", "clean/evidence.parquet", "exports/listings.csv"),
    *("exports/listings.parquet", "exports/agencies.geo.parquet", "exports/agencies.geojson"),
    *("exports/agencies.gpkg", "exports/peephole.sqlite", "exports/datapackage.json"),
)
BIT = (1, 2, 4, 8, 16, 32, 64, 128)


@dataclass(frozen=True)
class World:
    """A data folder in which all is sound, and the ledger that reading its archive again gives."""

    data: Path
    fresh: Path

    @property
    def config(self) -> Config:
        return Config(self.data, f"sqlite:///{self.data / 'ledger.sqlite'}", "")

    def again(self) -> books.Books:
        found, flaws = verify.ledger(f"sqlite:///{self.fresh}", untold)
        assert flaws == []
        return found


def towns(count: int) -> bytes:
    return command.kml([(f"Town {n} Police Department", f"Town {n}, Ohio") for n in range(count)])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two looks at a page, the second of which it answers with 304; a page that is gone; a retry;
    an import."""
    folder = tmp_path_factory.mktemp("world")
    data = folder / "data"
    pages = {
        PAGE: Answer(towns(30), etag='"1"'),
        "/late.kml": [Answer(status=503), Answer(towns(31))],
    }
    with Server(pages) as server:
        for path in (PAGE, PAGE, "/gone.kml", "/late.kml"):
            (ended,) = crawl(data, [{"url": server.url(path)}])
            assert ended.state == ("failed" if path == "/gone.kml" else "healthy"), ended
    file = folder / "atlas.csv"
    file.write_bytes(command.atlas(command.towns(60)))
    command.take_in(data, file, "2020-10-07", ATLAS, "--no-build")
    config = Config(data, f"sqlite:///{data / 'ledger.sqlite'}", "")
    tables = verify.steps.clean(config)
    write_exports(tables, config.exports)
    runs = sorted(_rows(data / "ledger.sqlite", "SELECT started_at, warc FROM runs"))
    again = folder / "again"
    crawl(again, [{"warc": str(data / "archive" / warc)} for _, warc in runs], network=False)
    return World(data, again / "ledger.sqlite")


def _rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def copied(world: World, tmp_path: Path) -> World:
    """A world of one's own, to be damaged."""
    shutil.copytree(world.data, tmp_path / "data")
    return World(tmp_path / "data", world.fresh)


@pytest.fixture
def kept(world: World, tmp_path: Path) -> World:
    """The same without what is published."""
    shutil.copytree(world.data / "archive", tmp_path / "data" / "archive")
    shutil.copy(world.data / "ledger.sqlite", tmp_path / "data")
    return World(tmp_path / "data", world.fresh)


def looked(world: World, again: books.Books | None = None) -> list[Finding]:
    """What is found in archive and ledger."""
    held = holdings.held(world.config.archive, untold)
    old, flaws = verify.ledger(world.config.db, untold)
    found = [*flaws, *verify.archived(held, old)]
    if old.whole:
        pairing = Pairing.of(old, again or world.again())
        found += rereading.unlike(old, pairing, held)
        found += books.misjudged(old, verify.expectations())
    return [finding for finding in found if finding.amiss]


def flipped(path: Path, times: int) -> Iterator[tuple[int, Path]]:
    """``path`` with one bit of one byte turned, at places spread over all of it, then as it was;
    another bit each time."""
    whole = path.read_bytes()
    for number in range(times):
        at = len(whole) * (2 * number + 1) // (2 * times)
        turned = whole[at] ^ BIT[number % 8]
        path.write_bytes(whole[:at] + bytes([turned]) + whole[at + 1 :])
        yield at, path
    path.write_bytes(whole)


def test_what_was_kept_is_told_as_sound_and_nothing_is_written(world: World) -> None:
    before = command.files(world.data)
    done = command.peephole(world.data, "verify", "--json")
    assert [each for each in json.loads(done.stdout) if each["grade"] != "note"] == []
    assert command.files(world.data) == before


def test_a_flipped_byte_in_the_archive_is_found_and_named(kept: World) -> None:
    old, flaws = verify.ledger(kept.config.db, untold)
    assert flaws == []
    tried = 0
    for warc in sorted(kept.config.archive.glob("*.warc.gz")):
        for at, path in flipped(warc, 60):
            held = {path.name: holdings.holding(path)}
            mine = {k: row for k, row in old.captures.items() if row["warc"] == path.name}
            found = [f for f in verify.archived(held, old) if f.amiss]
            found = [f for f in found if f.where == path.name]
            assert found, f"{path.name} at {at}"
            hurt = [k for k, row in mine.items() if row["warc_offset"] == _member(path, at, held)]
            told = {capture for finding in found for capture in finding.captures}
            whole = all("what it says is the same" in finding.said for finding in found)
            assert whole or set(hurt) <= told, f"{path.name} at {at}"
            tried += 1
    assert tried > 250


def _member(path: Path, at: int, held: dict[str, holdings.Holding]) -> int:
    """First byte of the record that a byte is of, as the undamaged answers before it tell."""
    ends = [each.end for each in held[path.name].answers.values() if each.end <= at]
    return max(ends, default=0)


@pytest.mark.parametrize("bit", [0, 7])
def test_bits_that_no_reader_reads_are_found(kept: World, bit: int) -> None:
    """A gzip member has a time, a system and padding that no checksum covers."""
    warc = next(kept.config.archive.glob("ring*.warc.gz"))
    whole = bytearray(warc.read_bytes())
    whole[4] ^= 1 << bit
    warc.write_bytes(whole)
    list(archive.exchanges(warc))
    assert holdings.reset(warc) == [0]


def contents(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of a ledger but the moments between which a run ran."""
    left_out = {"runs": ("started_at", "finished_at")}
    found = {}
    for name in ("runs", "looks", "captures", "readings", "records", "sightings"):
        columns = [row[1] for row in _rows(database, f"PRAGMA table_info({name})")]
        kept = ", ".join(c for c in columns if c not in left_out.get(name, ()))
        found[name] = _rows(database, f"SELECT {kept} FROM {name} NOT INDEXED")
    return found


def test_a_flipped_byte_in_the_ledger_is_found_or_is_of_no_row(kept: World) -> None:
    database = kept.data / "ledger.sqlite"
    again = kept.again()
    before = contents(database)
    counted = {"found": 0, "of no row": 0}
    for at, path in flipped(database, 120):
        found = looked(kept, again)
        if found:
            assert "ledger" in {finding.where for finding in found}, (at, found)
            counted["found"] += 1
        else:
            assert contents(path) == before, f"byte {at}"
            counted["of no row"] += 1
    assert counted["found"] > 40, counted


CELLS = [
    ("runs", "source", "'fbi_agencies'"),
    ("runs", "mode", "'livf'"),
    ("runs", "warc", "'x.warc.gz'"),
    ("runs", "parser_version", "9"),
    ("runs", "observed_at", "'2020-01-01T00:00:01Z'"),
    ("runs", "verdict", "'incomplete'"),
    ("runs", "reason", "'31 rows'"),
    ("runs", "notice", "'a sample'"),
    ("runs", "counts", "'{\"rows\": 29}'"),
    ("looks", "source", "'fbi_agencies'"),
    ("looks", "observed_at", "'2020-01-01T00:00:00Z'"),
    ("looks", "verdict", "'incomplete'"),
    ("looks", "reason", "'31 rows'"),
    ("looks", "counts", "'{\"rows\": 29}'"),
    ("looks", "account", "replace(account, 'finished', 'finisher')"),
    ("captures", "source", "'fbi_agencies'"),
    ("captures", "url", "'http://127.0.0.1/'"),
    ("captures", "original_url", "'http://example.org/'"),
    ("captures", "fetched_at", "'2020-01-01T00:00:00Z'"),
    ("captures", "observed_at", "'2020-01-01T00:00:00Z'"),
    ("captures", "outcome", "'unchanged'"),
    ("captures", "http_status", "201"),
    ("captures", "sha256", "upper(sha256)"),
    ("captures", "bytes", "bytes + 1"),
    ("captures", "warc", "'x.warc.gz'"),
    ("captures", "warc_offset", "warc_offset + 1"),
    ("captures", "etag", "'W/1'"),
    ("captures", "last_modified", "'now'"),
    ("readings", "sheet_id", "'00000000000000000000'"),
    ("records", "source", "'fbi_agencies'"),
    ("records", "kind", "'count'"),
    ("records", "content", "replace(content, 'Town 7 ', 'Town 8 ')"),
    ("sightings", "position", "position + 1"),
    ("sightings", "row_key", "'AOS'"),
]


@pytest.mark.parametrize(("table", "column", "value"), CELLS)
def test_a_changed_cell_of_the_ledger_is_found_and_its_row_named(
    kept: World, table: str, column: str, value: str
) -> None:
    database = kept.data / "ledger.sqlite"
    key = {"runs": "run_id", "looks": "look_id", "records": "record_id"}.get(table, "capture_id")
    key = "sheet_id" if table == "sightings" else key
    where = {"records": "content LIKE '%Town 7 %'", "captures": "http_status = 200"}.get(table, "1")
    with closing(sqlite3.connect(database)) as connection:
        query = f"SELECT {key} FROM {table} WHERE {where} ORDER BY {key} LIMIT 1"
        (row,) = connection.execute(query).fetchone()
        connection.execute(f"UPDATE {table} SET {column} = {value} WHERE {key} = ?", [row])
        connection.commit()
    found = looked(kept)
    assert any(row in finding.row or row in finding.said for finding in found), found


@pytest.mark.parametrize("table", ["captures", "looks", "readings", "records", "runs", "sightings"])
def test_a_row_that_is_missing_from_the_ledger_is_found(kept: World, table: str) -> None:
    with closing(sqlite3.connect(kept.data / "ledger.sqlite")) as connection:
        key = {"sightings": "sheet_id", "readings": "look_id"}.get(table, "rowid")
        query = f"DELETE FROM {table} WHERE {key} = (SELECT min({key}) FROM {table})"
        connection.execute(query)
        connection.commit()
    assert looked(kept) != [] or table == "runs"


def test_rows_that_nothing_accounts_for_are_found(kept: World) -> None:
    content = {"agency": "Nowhere Police Department", "state": "OH"}
    text = json.dumps([ATLAS, "listing", content], sort_keys=True, separators=(",", ":"))
    record = hashlib.sha256(text.encode()).hexdigest()[:32]
    with closing(sqlite3.connect(kept.data / "ledger.sqlite")) as connection:
        values = (record, ATLAS, "listing", json.dumps(content))
        connection.execute("INSERT INTO records VALUES (?, ?, ?, ?)", values)
        connection.commit()
    (found,) = looked(kept)
    assert (found.table, found.row) == ("records", record)


@pytest.mark.parametrize("look", [0, 1])
def test_a_run_that_was_killed_is_no_damage(copied: World, look: int) -> None:
    """Its archive breaks off, and the ledger has no end of it; of the first look the second still
    has the bytes, to which its 304 refers, though both may have begun in one second."""
    warc = sorted(copied.config.archive.glob("ring*.warc.gz"))[look]
    with closing(sqlite3.connect(copied.data / "ledger.sqlite")) as connection:
        run = connection.execute("SELECT run_id FROM runs WHERE warc = ?", [warc.name]).fetchone()
        connection.execute("DELETE FROM looks WHERE run_id = ?", run)
        connection.execute(
            "UPDATE runs SET finished_at = NULL, verdict = NULL, reason = NULL WHERE run_id = ?",
            run,
        )
        connection.commit()
    last = max(holdings.holding(warc).answers.values(), key=lambda each: each.end)
    warc.write_bytes(warc.read_bytes()[: last.end + 40])
    shutil.rmtree(copied.data / "clean")
    shutil.rmtree(copied.data / "exports")
    verify.steps.clean(copied.config)
    done = command.peephole(copied.data, "verify")
    assert f"{warc.name} breaks off after byte {last.end}" in done.stdout
    assert "the run that wrote it was cut off" in done.stdout


def test_an_earlier_parser_is_told_as_such(kept: World) -> None:
    with closing(sqlite3.connect(kept.data / "ledger.sqlite")) as connection:
        (run,) = connection.execute("SELECT run_id FROM runs WHERE source = ?", [ATLAS]).fetchone()
        former = run.rpartition("-v")[0] + "-v0"
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(
            "UPDATE runs SET run_id = ?, parser_version = 0 WHERE run_id = ?", [former, run]
        )
        for table in ("looks", "readings"):
            connection.execute(
                f"UPDATE {table} SET run_id = ?, look_id = ? WHERE run_id = ?",
                [former, former, run],
            )
        connection.commit()
    assert looked(kept) == []
    with closing(sqlite3.connect(kept.data / "ledger.sqlite")) as connection:
        connection.execute("DELETE FROM readings WHERE run_id = ?", [former])
        connection.commit()
    found = [finding for finding in looked(kept) if finding.grade == "reading"]
    assert "today's version" in found[0].said
    assert len(found[0].captures) == 1


@pytest.fixture(scope="module")
def made(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The published files as they are made today, and their tables."""
    folder = tmp_path_factory.mktemp("made")
    tables = read.tables(world.config.clean)
    write_tables(tables, folder / "clean")
    write_exports(tables, folder / "exports")
    return folder, tables


@pytest.mark.parametrize("file", PUBLISHED)
def test_a_flipped_byte_in_a_published_file_is_found_and_named(
    copied: World, made: tuple[Path, dict[str, Any]], file: str
) -> None:
    folder, tables = made
    path = copied.data / file
    for at, _ in flipped(path, 4 if path.suffix == ".sqlite" else 8):
        files = published.files(path.parent, (folder / file).parent, tables, set())
        where = {finding.where for finding in files if finding.amiss}
        assert file in where, f"{file} at {at}: {where}"


def test_published_files_that_are_made_again_are_the_same(
    world: World, made: tuple[Path, dict[str, Any]]
) -> None:
    folder, tables = made
    for name in ("clean", "exports"):
        assert list(published.files(world.data / name, folder / name, tables, set())) == []


def test_a_changed_cell_is_named_with_table_row_column_and_capture(
    copied: World, made: tuple[Path, dict[str, Any]]
) -> None:
    folder, tables = made
    path = copied.data / "exports" / "listings.csv"
    path.write_bytes(path.read_bytes().replace(b"Town 7 Police", b"Town 8 Police", 1))
    found = list(published.files(path.parent, folder / "exports", tables, set()))
    (cell,) = [finding for finding in found if finding.column]
    row = tables["listings"].set_index("listing_id").loc[cell.row]
    assert (cell.table, cell.column, cell.grade) == ("listings", "name_raw", "damage")
    assert row["name_raw"] == "Town 7 Police Department"
    assert cell.captures
    assert "'Town 8 Police Department'" in cell.said


def test_tables_differ_in_cells_rows_and_columns() -> None:
    from analysis.tables import TABLES

    columns = TABLES["other_rows"].names
    rows = [("ab" * 8, "a", "x", 1), ("cd" * 8, "a", "y", None)]
    left = TABLES["other_rows"].typed(pd.DataFrame(rows, columns=columns))
    right = TABLES["other_rows"].typed(
        pd.DataFrame([("ab" * 8, "a", "x", 2), ("ef" * 8, "a", "z", 3)], columns=columns)
    )
    told = [
        (each.kind, each.row_id, each.column, each.first, each.second)
        for each in differences({"other_rows": left}, {"other_rows": right})
    ]
    assert told == [
        ("missing", f"{'ef' * 8}:z", "", None, None),
        ("extra", f"{'cd' * 8}:y", "", None, None),
        ("cell", f"{'ab' * 8}:x", "rows", 1, 2),
    ]
    assert list(differences({"other_rows": left}, {"other_rows": left.copy()})) == []
    (odd,) = differences({"other_rows": left.drop(columns="rows")}, {"other_rows": right})
    assert (odd.kind, odd.column) == ("table", "rows")


def test_damage_is_told_by_the_command_and_ends_it_with_1(copied: World) -> None:
    """A changed record, and a damaged WARC: what rests on that is taken as the ledger has it."""
    database = copied.data / "ledger.sqlite"
    warc = max(copied.config.archive.glob("ring*.warc.gz"))
    whole = bytearray(warc.read_bytes())
    whole[-300] ^= 1
    warc.write_bytes(whole)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "UPDATE records SET content = replace(content, 'Town 7 ', 'Town 8 ') "
            "WHERE content LIKE '%\"Town 7 Police%'"
        )
        connection.commit()
    verify.steps.clean(copied.config)
    done = command.peephole(copied.data, "verify", "--json", status=1)
    told = json.loads(done.stdout)
    assert {each["where"] for each in told if each["grade"] == "damage"} == {"ledger", warc.name}
    assert [each for each in told if "town-30" in each["row"]] == []  # only that WARC tells of it
    assert "oh-town-30-police" in set(read.tables(copied.config.clean)["agencies"]["agency_id"])
    rows = {(each["table"], each["where"]) for each in told if each["grade"] == "difference"}
    assert ("listings", "clean/listings.parquet") in rows
    assert any(each["captures"] for each in told if each["table"] == "listings")


@pytest.fixture(scope="module")
def shelf(world: World) -> Iterator[tuple[dict[str, pd.DataFrame], Shelf]]:
    tables = read.tables(world.config.clean)
    ledger = Ledger(world.config.db)
    yield tables, Shelf(world.config.archive, tables["captures"], ledger)
    ledger.close()


def test_a_fact_leads_to_the_row_in_the_bytes(
    shelf: tuple[dict[str, pd.DataFrame], Shelf],
) -> None:
    tables, bytes_ = shelf
    wanted = "oh-town-6-police:neighbors_portal:1"
    (fact,) = proved(tables, named(tables, wanted, None), bytes_)
    assert fact.table == "participations"
    assert fact.well
    assert fact.cells["agency_id"] == "oh-town-6-police"
    places = {
        (proof.capture["source"], row.position, row.content["agency"])
        for proof in fact.proofs
        for row in proof.rows
    }
    assert places == {
        (ATLAS, 7, "Town 6 Police Department"),
        ("ring_agency_map", 7, "Town 6 Police Department"),
    }


def test_facts_of_every_table_are_proved(
    shelf: tuple[dict[str, pd.DataFrame], Shelf],
) -> None:
    tables, bytes_ = shelf
    ids = tables["evidence"][["table", "row_id"]].drop_duplicates().groupby("table").head(5)
    facts = list(proved(tables, list(ids.itertuples(index=False, name=None)), bytes_))
    assert len(facts) > 40
    assert [fact for fact in facts if not fact.well] == []
    of_rows = ("agencies", "listings", "participations", "other_rows", "rejected")
    assert [fact for fact in facts if fact.table in of_rows and not fact.proofs[0].rows] == []


def test_a_department_names_all_its_facts_and_a_table_narrows_them(
    shelf: tuple[dict[str, pd.DataFrame], Shelf],
) -> None:
    tables, _ = shelf
    found = {table for table, _ in named(tables, "oh-town-6-police", None)}
    assert found >= {"agencies", "listings", "participations", "changes"}
    assert {t for t, _ in named(tables, "oh-town-6-police", "listings")} == {"listings"}


@pytest.mark.parametrize(
    ("fact", "table", "told"),
    [("nonsense", None, "no fact 'nonsense'"), ("oh-town-6-police", "x", "no table 'x'")],
)
def test_what_is_not_there_is_told(
    shelf: tuple[dict[str, pd.DataFrame], Shelf], fact: str, table: str | None, told: str
) -> None:
    with pytest.raises(WrongInput, match=told):
        named(shelf[0], fact, table)


def test_the_chain_breaks_where_the_bytes_do(copied: World) -> None:
    warc = next(copied.config.archive.glob(f"{ATLAS}*"))
    whole = bytearray(warc.read_bytes())
    whole[-200] ^= 1
    warc.write_bytes(whole)
    fact = "oh-town-6-police:neighbors_portal:1"
    done = command.peephole(copied.data, "verify", fact, status=1)
    assert "NOT WELL" in done.stdout
    assert warc.name in done.stdout
    assert "the same" in done.stdout  # of the other source


@pytest.fixture(scope="module")
def handed(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the world."""
    from peephole.release import Surroundings, write_release

    folder = tmp_path_factory.mktemp("releases")
    tables = read.tables(world.config.clean)
    write_release(tables, folder, date(2026, 11, 23), Surroundings(archive=world.config.archive))
    return folder / "2026-11-23"


def test_a_stranger_checks_a_release(handed: Path, tmp_path: Path) -> None:
    done = command.peephole(tmp_path / "none", "verify", "--release", handed)
    assert "were made anew from the bytes in this release" in done.stdout
    assert not (tmp_path / "none").exists()


def test_a_stranger_proves_a_fact_of_a_release(handed: Path, tmp_path: Path) -> None:
    fact = "tx-town-31-police:neighbors_portal:1"
    done = command.peephole(tmp_path / "none", "verify", fact, "--release", handed, "--json")
    (told,) = json.loads(done.stdout)
    (proof,) = told["proofs"]
    assert proof["sha256"] == proof["capture"]["sha256"]
    assert proof["rows"][0]["content"]["agency"] == "Town 31 Police Department"


@pytest.fixture
def released(handed: Path, tmp_path: Path) -> Path:
    shutil.copytree(handed, tmp_path / "release", copy_function=shutil.copyfile)
    return tmp_path / "release"


def hashed(folder: Path) -> set[str]:
    return {finding.where for finding in sums.summed(folder, untold) if finding.amiss}


def test_a_flipped_byte_in_a_release_is_found_and_named(released: Path) -> None:
    assert hashed(released) == set()
    every = sorted(path for path in released.rglob("*") if path.is_file())
    kinds = {(path.relative_to(released).parts[0], path.suffix): path for path in every}
    assert len(kinds) > 12
    for path in {*kinds.values(), released / sums.SUMS}:
        name = path.relative_to(released).as_posix()
        for at, _ in flipped(path, 12 if name == sums.SUMS else 1):
            found = hashed(released)
            assert name in found or (name == sums.SUMS and found), f"{name} at {at}"


def change_sums(change: Callable[[str], str]) -> Callable[[Path], None]:
    def changed(folder: Path) -> None:
        path = folder / sums.SUMS
        path.write_text(change(path.read_text()))

    return changed


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda folder: (folder / "more.csv").write_text("x"), "more.csv is not told of"),
        (lambda folder: (folder / "CITATION.cff").unlink(), "CITATION.cff is missing"),
        (
            change_sums(lambda text: text + "0" * 64 + "  ../../etc/passwd\n"),
            "names no file of the release",
        ),
        (change_sums(lambda text: text + text.splitlines()[0] + "\n"), "names no file"),
        (change_sums(lambda text: text.replace("  ", " *", 1)), "not as sha256sum writes it"),
        (change_sums(lambda text: text[:-1]), "not as sha256sum writes it"),
    ],
)
def test_what_the_sums_do_not_say_is_told(
    released: Path, change: Callable[[Path], None], told: str
) -> None:
    change(released)
    assert any(told in finding.said for finding in sums.summed(released, untold))


def test_a_folder_without_sums_is_no_release(tmp_path: Path) -> None:
    from peephole import handed_over

    config = Config(tmp_path, "sqlite://", "")
    with pytest.raises(WrongInput, match="is no release"):
        list(handed_over.verify(tmp_path, config, untold))
