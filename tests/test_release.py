"""Releases: whole, dated, never written again, the same bytes twice, and within every licence."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import re
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import frictionless
import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import yaml
from datasette.app import Datasette
from typer.testing import CliRunner

from analysis import workbook
from analysis.catalogue import QUERIES
from analysis.codebook import codebook
from analysis.comparison import compared
from analysis.exports import ExportError, write_exports, write_tables
from analysis.formats import read_csv, write_sqlite
from analysis.licences import Forbidden, handed_on
from analysis.tables import TABLES
from peephole.cli import app
from peephole.config import Config
from peephole.release import Surroundings, release, write_release
from peephole.release_notes import changelog, readme
from spiders import wacz
from spiders.archive import ArchiveError
from spiders.crawl import sources
from spiders.job import WrongInput
from spiders.ledger import Ledger
from spiders.source import Source
from spiders.sources.ring_agency_map import RingAgencyMap
from tests import command, histories, synthetic
from tests.histories import View

ATLAS, MAP, PROFILES = "atlas_of_surveillance", "ring_agency_map", "ring_agency_profiles"
"""A source of each kind: here the bytes of the first are handed on, nothing of the second (which
its class would allow), and the facts of the third."""
FIRST, SECOND = date(2026, 11, 1), date(2026, 11, 23)
SHARED = "Town 0 Police Department"
VEILED = tuple(f"Veiled {number} Police Department" for number in range(22))
SECRET_COUNT = 987_651
FORBIDDEN = View("2020-07-01", (*VEILED, SHARED), {SHARED: str(SECRET_COUNT)}, source=MAP)
TOLD = View("2022-03-01", ("Plainville Police Department",), source=PROFILES)
LATER = View("2022-04-01", ("Newtown Police Department",), source=PROFILES)


@dataclass(frozen=True)
class Made:
    """A data folder, the two releases made of it, and the second made again elsewhere."""

    config: Config
    first: Path
    second: Path
    again: Path

    def package(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.second / "datapackage.json").read_text("utf-8"))
        return found

    def resource(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(r for r in self.package()["resources"] if r["name"] == name)
        return found

    def tables(self) -> dict[str, pd.DataFrame]:
        folder = self.second / "exports"
        return {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    data = tmp_path_factory.mktemp("release") / "data"
    file = data.parent / "atlas.csv"
    file.write_bytes(command.atlas(command.towns(24)))
    command.take_in(data, file, "2020-10-07", ATLAS, "--no-build")
    config = Config(data, f"sqlite:///{data / 'ledger.sqlite'}", "you@example.org")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RingAgencyMap, "passes_on", "nothing")
        with closing(Ledger(config.db)) as ledger:
            histories.ingest(ledger, [FORBIDDEN, TOLD])
        first = release(config, FIRST).folder
        shutil.copytree(first / "site", config.site, copy_function=shutil.copyfile)
        with closing(Ledger(config.db)) as ledger:
            histories.ingest(ledger, [LATER])
        second = release(config, SECOND).folder
        elsewhere = data.parent / "elsewhere"
        shutil.copytree(first, elsewhere / first.name)
        made = Made(config, first, second, elsewhere / second.name)
        anew = Surroundings(config.archive, None, config.contact, left_out=[RingAgencyMap.title])
        write_release(made.tables(), elsewhere, SECOND, anew)
        yield made


def readable(name: str, body: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, and what is packed or pressed in it, as bytes in which text can be found."""
    if zipfile.is_zipfile(io.BytesIO(body)):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            for member in packed.namelist():
                yield from readable(f"{name}/{member}", packed.read(member))
    elif name.endswith(".gz"):
        yield name, gzip.decompress(body)
    elif name.endswith(".parquet"):
        yield name, pd.read_parquet(io.BytesIO(body)).to_csv().encode()
    else:
        yield name, body


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield from readable(path.relative_to(folder).as_posix(), path.read_bytes())


# The folder


def test_a_release_holds_what_a_stranger_needs(made: Made) -> None:
    top = {path.name for path in made.second.iterdir()}
    assert top == {
        *("exports", "site", "evidence", "deposit", "peephole.xlsx", "codebook.csv"),
        *("CODEBOOK.md", "README.md", "CHANGELOG.md", "CITATION.cff", "SHA256SUMS"),
        *("datapackage.json", "metadata.json"),
    }
    told = (made.second / "README.md").read_text("utf-8")
    for name in top - {"README.md"}:
        assert name in told
    assert (made.second / "site" / "index.html").stat().st_size > 100_000
    assert "../exports/agencies.csv" in (made.second / "site" / "about.html").read_text("utf-8")


def test_the_exports_of_a_release_are_what_export_writes(made: Made, tmp_path: Path) -> None:
    write_exports(made.tables(), tmp_path)
    assert command.files(made.second / "exports") == command.files(tmp_path)


def test_the_same_day_and_data_give_the_same_bytes(made: Made) -> None:
    """Also where no page of the site was written before, and at another time of the day."""
    assert command.files(made.second) == command.files(made.again)


def test_sha256sum_finds_every_file_whole(made: Made, tmp_path: Path) -> None:
    listed = (made.second / "SHA256SUMS").read_text("utf-8").splitlines()
    names = {line.split("  ", 1)[1] for line in listed}
    assert names == set(command.files(made.second)) - {"SHA256SUMS"}
    with zipfile.ZipFile(made.second / "deposit" / "peephole-2026-11-23.zip") as packed:
        packed.extractall(tmp_path)
    for folder in (made.second, tmp_path / "peephole-2026-11-23"):
        ran = subprocess.run(
            ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    packed_files = command.files(tmp_path / "peephole-2026-11-23")
    assert set(packed_files) == {n for n in names if not n.startswith("deposit/")} | {"SHA256SUMS"}


def test_nobody_writes_a_release_again(made: Made) -> None:
    before = command.files(made.second)
    modes = {path.stat().st_mode & 0o777 for path in made.second.rglob("*") if path.is_file()}
    assert modes == {0o444}
    said = asked(made.config.data, "2026-11-23")
    assert isinstance(said, WrongInput)
    assert "a release is never overwritten" in str(said)
    assert command.files(made.second) == before


@pytest.mark.parametrize("day", ["2017-12-31", "2999-01-01", "soon"])
def test_a_release_is_of_a_day_that_has_been(tmp_path: Path, day: str) -> None:
    said = asked(tmp_path, day)
    assert isinstance(said, WrongInput)
    assert day in str(said)
    assert list(tmp_path.iterdir()) == []


def asked(data: Path, day: str) -> BaseException | None:
    """What ``peephole release`` of a day ends with."""
    environment = {"PEEPHOLE_DATA": str(data)}
    done = CliRunner().invoke(app, ["release", "--version", day], env=environment)
    return done.exception


def test_a_release_that_cannot_carry_its_evidence_is_none(made: Made, tmp_path: Path) -> None:
    around = Surroundings(archive=tmp_path / "empty")
    with pytest.raises(ArchiveError, match=r"lacks atlas_of_surveillance\S+\.warc\.gz"):
        write_release(made.tables(), tmp_path / "releases", SECOND, around)
    assert list((tmp_path / "releases").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(made: Made, tmp_path: Path) -> None:
    (tmp_path / "releases").write_text("not a folder")
    with pytest.raises(ExportError, match="there is no release of 2026-11-23"):
        write_release(made.tables(), tmp_path / "releases", SECOND, Surroundings())


# Licences


def test_nothing_of_a_forbidden_source_is_anywhere(made: Made) -> None:
    forbidden = {
        *("Veiled", "veiled", str(SECRET_COUNT), f"{SECRET_COUNT:,}"),
        *(FORBIDDEN.capture, FORBIDDEN.sha256, FORBIDDEN.warc),
    }
    with closing(Ledger(made.config.db)) as ledger:
        assert ledger.last_look(MAP) is not None, "it was read"
    files = list(everything(made.second))
    assert len(files) > 200
    found = {
        (name, word)
        for name, body in files
        for word in forbidden
        if word.encode() in body or word.encode("utf-16-le") in body
    }
    assert found == set()
    for name, frame in made.tables().items():
        assert not any(
            frame[column].astype("string").str.contains(MAP).any()
            for column in ("source", "sources")
            if column in frame
        ), name


def test_what_others_say_of_the_same_department_stays(made: Made) -> None:
    tables = made.tables()
    agency = tables["agencies"].set_index("name").loc[SHARED]
    assert agency["first_observed"].startswith("2020-10-07"), "not the forbidden look of July"
    assert set(tables["participations"]["sources"]) == {ATLAS, PROFILES}
    assert len(tables["agencies"]) == 26
    for name, table in TABLES.items():
        for column, parent, key in table.references:
            assert tables[name][column].dropna().isin(tables[parent][key]).all(), name
    assert "Ring Active Agency Map was read and is left out" in (
        made.second / "README.md"
    ).read_text("utf-8")


def test_of_others_only_addresses_and_hashes_are_evidence(made: Made) -> None:
    packed = made.second / "evidence" / "archive.wacz"
    assert wacz.check(packed) == []
    with zipfile.ZipFile(packed) as members:
        warcs = {name for name in members.namelist() if name.endswith(".warc.gz")}
    captures = made.tables()["captures"]
    assert set(captures["source"]) == {ATLAS, PROFILES}
    ours = captures.loc[captures["source"].eq(ATLAS), "warc"]
    assert warcs == {f"archive/{name}" for name in ours}
    assert TOLD.sha256 in set(captures["sha256"])
    assert TOLD.warc not in {name.removeprefix("archive/") for name in warcs}


def test_every_resource_names_the_licences_of_the_sources_of_its_rows(made: Made) -> None:
    tables = made.tables()
    sources = tables["sources"].set_index("source")
    captured = tables["captures"].set_index("capture_id")["source"]
    proofs = tables["evidence"]
    for resource in made.package()["resources"]:
        name = resource["name"].partition("-")[0]
        if resource["format"] == "wacz":
            rests = {ATLAS}
        elif name == "peephole":
            rests = set(sources.index)
        elif name == "codebook":
            rests = set()
        elif "source" in tables[name]:
            rests = set(tables[name]["source"])
        else:
            of_table = proofs if name == "evidence" else proofs[proofs["table"].eq(name)]
            rests = set(of_table["capture_id"].map(captured))
        terms = {sources.loc[source, "licence"] for source in rests}
        assert {licence["title"] for licence in resource.get("licenses", [])} == terms
        asked = {sources.loc[source, "attribution"] for source in rests}
        assert asked <= {each["attribution"] for each in resource.get("sources", [])}
        assert len(resource.get("sources", [])) in (len(rests), len(rests) + 4), "or with places"


COPIES = {"passes_on": "copies"}


def test_every_source_says_what_may_be_handed_on() -> None:
    for name, spider in sources().items():
        said = [base for base in spider.__mro__ if "passes_on" in vars(base)]
        assert said[0] is not Source, f"{name} leaves it to the safe side and says nothing"
        if spider.passes_on == "bytes":
            assert not spider.licence.startswith("none stated"), name
    told = dict.fromkeys(("title", "publisher", "homepage", "licence", "attribution"), "x")
    with pytest.raises(TypeError, match="passes on 'copies', which nobody knows"):
        type("S", (Source,), told | {"name": "s", "seeds": (), "expects": range(1)} | COPIES)


def test_tables_that_hold_what_is_forbidden_are_refused(tmp_path: Path) -> None:
    tables = synthetic.tables(5)
    handed_on(tables)
    sources = tables["sources"]
    shut = sources["passes_on"].mask(
        sources["source"].eq(PROFILES.replace("profiles", "map")), "nothing"
    )
    closed = tables | {"sources": sources.assign(passes_on=shut)}
    with pytest.raises(ExportError, match="the terms of ring_agency_map allow nothing"):
        write_release(closed, tmp_path, SECOND, Surroundings())
    assert list(tmp_path.iterdir()) == []
    untold = tables | {"sources": sources[sources["source"].ne(MAP)]}
    with pytest.raises(Forbidden, match="on what terms ring_agency_map"):
        handed_on(untold)


# Formats


def test_frictionless_finds_no_fault_in_a_release(made: Made) -> None:
    """The descriptor whole, and the resources that exports alone do not have: tests/test_exports.py
    has the others read, which are the same bytes."""
    told, basepath = made.package(), str(made.second)
    assert told["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert told["version"] == "2026-11-23"
    whole = frictionless.Package.from_descriptor(told, basepath=basepath)
    assert {"agencies", "evidence-parquet", "peephole-sqlite"} < set(whole.resource_names)
    added = {"codebook", "peephole-xlsx", "peephole-wacz"}
    part = told | {"resources": [r for r in told["resources"] if r["name"] in {*added, "agencies"}]}
    report = frictionless.Package.from_descriptor(part, basepath=basepath).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])
    assert {task.name for task in report.tasks} == {*added, "agencies"}


def test_csv_comes_through_pandas_with_the_declared_dtypes(made: Made) -> None:
    tables = made.tables()
    for name, table in TABLES.items():
        told = made.resource(name)
        dtypes = {field["name"]: field["dtype"] for field in told["schema"]["fields"]}
        found = pd.read_csv(
            made.second / told["path"], dtype=dtypes, keep_default_na=False, na_values=[""]
        )
        assert {column: str(kind) for column, kind in found.dtypes.items()} == dtypes
        pd.testing.assert_frame_equal(found, table.typed(tables[name]))
    listed = read_csv(made.second / "codebook.csv", workbook.CODEBOOK)
    dtype = listed.set_index(["table", "column"])["dtype"]
    assert dtype["agencies", "population"] == "Int64"
    assert len(listed) == sum(len(table.columns) for table in TABLES.values())


def test_gis_programs_open_the_points(made: Made) -> None:
    exports = made.second / "exports"
    points = gpd.read_parquet(exports / "agencies.geo.parquet")
    assert pyogrio.read_info(exports / "agencies.gpkg")["features"] == len(points) > 0
    assert set(gpd.read_file(exports / "agencies.gpkg")["agency_id"]) == set(points["agency_id"])


def test_datasette_opens_the_database_and_its_queries_answer(made: Made) -> None:
    told = json.loads((made.second / "metadata.json").read_text("utf-8"))
    asked = {
        "find_departments": {"words": 'plainville "'},
        "listed_in_a_state": {"state": "OH"},
        "changes_since": {"day": "2020-01-01"},
        "bytes_behind_a_row": {"table": "agencies", "row_id": "oh-town-0-police"},
    }

    async def answers() -> dict[str, list[dict[str, Any]]]:
        database = str(made.second / "exports" / "peephole.sqlite")
        datasette = Datasette([], immutables=[database], metadata=told)
        await datasette.invoke_startup()
        for page in ("/", "/peephole", "/peephole/agencies?_search=plainville"):
            answer = await datasette.client.get(page)
            assert answer.status_code == 200, page
        assert "Plainville Police Department" in answer.text
        assert "Town 1 Police" not in answer.text
        assert TABLES["agencies"].meaning in answer.text
        found = {}
        for name in QUERIES:
            words = {"_shape": "array"} | asked.get(name, {})
            answer = await datasette.client.get(f"/peephole/{name}.json", params=words)
            assert answer.status_code == 200, answer.text
            found[name] = answer.json()
        return found

    with ThreadPoolExecutor(1) as thread:  # in this one a loop of the browser's may run
        found = thread.submit(asyncio.run, answers()).result()
    assert [row["name"] for row in found["find_departments"]] == ["Plainville Police Department"]
    assert {row["state"] for row in found["listed_by_state"]} == {"OH", "TX", "WI"}
    assert len(found["listed_in_a_state"]) == 10
    assert {row["kind"] for row in found["changes_since"]} >= {"added"}
    assert {row["passes_on"] for row in found["how_fresh"]} == {"bytes", "facts"}
    (proof, *_) = found["bytes_behind_a_row"]
    assert re.fullmatch("[0-9a-f]{64}", proof["sha256"])


def test_the_search_knows_names_places_and_documents(tmp_path: Path) -> None:
    tables = synthetic.tables(8)
    everybody = set(tables["agencies"]["agency_id"])
    path = tmp_path / "peephole.sqlite"
    write_sqlite(tables, path)
    sql = "SELECT agency_id FROM agencies_search WHERE agencies_search MATCH ?"
    with closing(sqlite3.connect(path)) as database:
        for words, found in (
            ("carbury nv", {"nv-carbury-police"}),
            ("CÁRBURY NV", {"nv-carbury-police"}),
            ("ring map", everybody),
            ("nowhere", set()),
        ):
            assert {row[0] for row in database.execute(sql, (words,))} == found, words
        same = database.execute(
            "SELECT s.agency_id FROM agencies JOIN agencies_search s ON s.rowid = agencies.rowid "
            "WHERE s.agency_id = agencies.agency_id"
        ).fetchall()
    assert {row[0] for row in same} == everybody


# Excel


def test_the_workbook_has_a_codebook_and_a_sheet_a_table(made: Made) -> None:
    book = openpyxl.load_workbook(made.second / "peephole.xlsx", read_only=True)
    assert book.sheetnames == ["read me", "codebook", *TABLES]
    tables = made.tables()
    for name in ("agencies", "captures", "participations"):
        head, *rows = book[name].iter_rows(values_only=True)
        assert list(head) == TABLES[name].names
        frame = tables[name].astype(object)
        cells = frame.where(frame.notna(), None).to_numpy().tolist()
        assert [list(row) for row in rows] == cells
    assert len(list(book["codebook"].iter_rows())) == 1 + len(codebook())


def test_hostile_text_stays_text_in_the_workbook(tmp_path: Path) -> None:
    evil = ["=1+1", "+1", "@A1", "a\x00b\x1fc\ufffe", "\ud7ff\U0001f6a8", "x" * 40_000]
    evil += ["http://e.example/" + "y" * 3000, "<b>&amp;", "\u202eecilop", "{=A1}"]
    tables = synthetic.tables(len(evil))
    tables["agencies"] = tables["agencies"].assign(name=pd.array(evil, "string"))
    workbook.write_workbook(tables, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    cells = [row[1] for row in book["agencies"].iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    told = dict(zip(evil, (cell.value for cell in cells), strict=True))
    cut = told.pop("x" * 40_000)
    assert len(cut) == workbook.CELL
    assert cut.endswith(workbook.CUT)
    assert told.pop("a\x00b\x1fc\ufffe") == "a\ufffdb\ufffdc\ufffd"
    assert all(value == text for text, value in told.items())


def test_a_table_too_long_for_a_sheet_is_named_and_not_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 20)
    tables = synthetic.tables(21)
    workbook.write_workbook(tables, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert "agencies" not in book.sheetnames
    assert "sources" in book.sheetnames
    told = {row[0].value: row[1].value for row in book["read me"].iter_rows()}
    assert told["agencies"].endswith("Too many for a sheet: read exports/agencies.csv or .parquet.")


# Words


def test_the_changelog_tells_rows_and_events_since_the_last_release(made: Made) -> None:
    first = (made.first / "CHANGELOG.md").read_text("utf-8")
    assert "It is the first" in first
    told = (made.second / "CHANGELOG.md").read_text("utf-8")
    assert "Compared with the release of 2026-11-01." in told
    assert "| `agencies` | 1 | 0 | 0 |  |" in told
    assert "| `listings` | 1 | 0 | 0 |  |" in told
    assert "# Events: 1\n" in told
    assert "* 2022-04-01 added: oh-newtown-police in neighbors\\_portal: listed" in told


def test_differences_are_told_apart_by_key_and_column(tmp_path: Path) -> None:
    before = synthetic.tables(9)
    write_tables(before, tmp_path)
    agencies = before["agencies"]
    changed = agencies.assign(
        population=agencies["population"].mask(agencies.index < 2, pd.NA),
        city=agencies["city"].mask(agencies.index == 0, "Elsewhere"),
    )
    after = before | {"agencies": changed.iloc[:-1], "captures": before["captures"].iloc[1:]}
    (tmp_path / "looks.parquet").unlink()
    found = {each.table: each for each in compared(tmp_path, after)}
    told = found["agencies"]
    assert (told.added, told.removed, told.changed) == (0, 1, 2)
    assert told.columns == {"city": 1, "population": 2}
    assert (found["captures"].removed, found["captures"].changed) == (1, 0)
    assert found["evidence"].columns == {}
    assert not found["looks"].known
    gone = agencies["agency_id"].iloc[-1]
    assert gone not in changelog(
        "2026-11-23", "2026-11-01", list(found.values()), before["changes"].head(0)
    )


def test_what_sources_wrote_is_no_markup_in_the_words_of_a_release() -> None:
    tables = synthetic.hostile()
    said = readme(tables, "2026-11-23", ["site/index.html"], ["<script>"], "")
    said += changelog("2026-11-23", "2026-11-01", [], tables["changes"])
    assert "<script" not in said
    assert "<img" not in said
    rows = [line for line in said.splitlines() if line.startswith("| ")]
    assert all(line.endswith(" |") for line in rows)
    assert "\u202e" not in said


def test_the_citation_is_valid_and_names_every_source(made: Made) -> None:
    told = yaml.safe_load((made.second / "CITATION.cff").read_text("utf-8"))
    sources = made.tables()["sources"]
    assert told["cff-version"] == "1.2.0"
    assert (told["type"], told["version"], told["date-released"]) == (
        "dataset",
        "2026-11-23",
        "2026-11-23",
    )
    assert told["message"]
    assert told["authors"] == [{"name": "The Peephole developers"}]
    used = sources[sources["source"].isin(made.tables()["captures"]["source"])]
    assert [each["title"] for each in told["references"]] == list(used["title"])
    assert all(each["type"] == "data" and each["authors"] for each in told["references"])


def test_the_deposit_is_ready_for_zenodo(made: Made) -> None:
    told = json.loads((made.second / "deposit" / "metadata.json").read_text("utf-8"))["metadata"]
    required = {"upload_type", "publication_date", "title", "creators", "description"}
    assert set(told) >= required | {"access_right", "license", "version"}
    assert (told["upload_type"], told["access_right"]) == ("dataset", "open")
    assert told["publication_date"] == told["version"] == "2026-11-23"
    assert told["license"] == "other-at", "several licences"
    sources = made.tables()["sources"].set_index("source")
    for name in (ATLAS, PROFILES):
        credit = f"{sources.loc[name, 'attribution']}: {sources.loc[name, 'licence']}"
        assert credit in unescape(told["description"])
    assert sources.loc["fbi_agencies", "attribution"] not in told["description"], "nothing was read"
    assert all(each["relation"] == "isDerivedFrom" for each in told["related_identifiers"])
    assert {path.name for path in (made.second / "deposit").iterdir()} == {
        "metadata.json",
        "peephole-2026-11-23.zip",
    }
