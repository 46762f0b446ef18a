"""The published files: safe, whole, the same bytes twice, and readable by those they are for."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import frictionless
import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.datapackage import CSV_NOTE, newest_observation
from analysis.dictionary import data_dictionary
from analysis.exports import ExportError, write_exports
from analysis.formats import read_csv, write_csv, write_geopackage
from analysis.places import ATTRIBUTIONS
from analysis.tables import TABLES
from tests import synthetic

ROOT = Path(__file__).resolve().parents[1]
SEEN = "2020-10-07T00:00:00Z"
LATER = "2020-10-08T12:30:00.25Z"
CAPTURE = "a" * 32
OTHER_CAPTURE = "b" * 32

HOSTILE = [
    '=HYPERLINK("http://192.0.2.1","x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\x00",
    "\x7f",
    "\x9d",
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    "'s-Hertogenbosch",
    "''",
    "'=1",
    "O'Fallon",
    'a,"b"\r\nc;d|e',
    "<script>alert(1)</script>",
    "${alert(1)}",
    "",
    " ",
    "NA",
    "null",
    "true",
    "06111",
    "1e5",
    "naïve Ünïcode 警察 \U0001f6a8 \u202eabc",
]


def frame(table: str, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Rows of a table, what they leave out unknown, as an analysis would hand it over."""
    declared = TABLES[table]
    blank = dict.fromkeys(declared.names, pd.NA)
    return declared.typed(pd.DataFrame([{**blank, **row} for row in rows], columns=declared.names))


def agency(number: int, **changes: object) -> dict[str, object]:
    return {
        "agency_id": f"ca-town-{number}-police",
        "name": f"Town {number} Police Department",
        "type": "police",
        "jurisdiction": "municipal",
        "city": f"Town {number}",
        "state": "CA",
        "county_geoid": "06111",
        "latitude": 34.123456789,
        "longitude": -119.000004,
        "location_precision": "place_centroid",
        "population": 1000 + number,
        "first_observed": SEEN,
        "last_observed": SEEN,
        **changes,
    }


def source(name: str, licence: str, url: object = pd.NA) -> dict[str, object]:
    return {
        "source": name,
        "title": f"Title of {name}",
        "publisher": f"Publisher of {name}",
        "homepage": f"https://{name.replace('_', '-')}.example/",
        "licence": licence,
        "licence_url": url,
        "attribution": f"Credit to {name}",
        "passes_on": "facts",
        "verdict": "healthy",
        "last_run": "2031-01-01T00:00:00Z",
    }


def capture(capture_id: str, name: str, observed_at: str = SEEN) -> dict[str, object]:
    return {
        "capture_id": capture_id,
        "source": name,
        "url": "https://source.example/",
        "fetched_at": "2031-01-01T00:00:00Z",
        "observed_at": observed_at,
        "outcome": "imported",
        "sha256": "c" * 64,
        "bytes": 12,
        "warc": "x.warc.gz",
        "warc_offset": 0,
    }


def listing(number: int, name: str = "first_source", **changes: object) -> dict[str, object]:
    return {
        "listing_id": f"{number:032x}",
        "agency_id": f"ca-town-{number}-police",
        "programme": "neighbors_portal",
        "source": name,
        "name_raw": f"Town {number} PD",
        "valid_from": "2019-07",
        "valid_from_precision": "month",
        "first_observed": SEEN,
        "last_observed": SEEN,
        **changes,
    }


def tables(agencies: int = 4, /, **replaced: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All tables: ``agencies`` departments, the last of them (from three on) without a point."""
    rows = [agency(number) for number in range(agencies)]
    if agencies > 2:
        nowhere = {"latitude": pd.NA, "longitude": pd.NA, "location_precision": pd.NA}
        rows[-1] = agency(agencies - 1, **nowhere)
    made = {name: table.empty() for name, table in TABLES.items()}
    made["agencies"] = frame("agencies", rows)
    made["listings"] = frame("listings", [listing(number) for number in range(agencies)])
    made["sources"] = frame(
        "sources",
        [
            source(
                "first_source",
                "CC BY 4.0",
                "https://creativecommons.org/licenses/by/4.0/",
            ),
            source("second_source", "facts only"),
        ],
    )
    made["captures"] = frame(
        "captures",
        [
            capture(CAPTURE, "first_source"),
            capture(OTHER_CAPTURE, "second_source", LATER),
        ],
    )
    made["other_rows"] = frame(
        "other_rows",
        [
            {
                "capture_id": CAPTURE,
                "source": "first_source",
                "category": "Drones",
                "rows": 5,
            }
        ],
    )
    made["reported_figures"] = frame(
        "reported_figures",
        [
            {
                "figure_id": "count-2019",
                "metric": "agencies_listed",
                "unit": "departments",
                "population": "US departments",
                "value": 405,
                "bound": "exact",
                "as_of": "2019-08-28",
                "source_title": "A page",
                "source_url": "https://page.example/",
                "seen": "press_copy",
            }
        ],
    )
    made["evidence"] = frame(
        "evidence",
        [{"table": "agencies", "row_id": row["agency_id"], "capture_id": CAPTURE} for row in rows]
        + [
            {
                "table": "reported_figures",
                "row_id": "count-2019",
                "capture_id": OTHER_CAPTURE,
            }
        ],
    )
    return {**made, **replaced}


def contents(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file below a folder, hidden ones too, with its hash and its time of change."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    write_exports(tables(), folder)
    return folder


@pytest.fixture(scope="module")
def package(exported: Path) -> dict[str, object]:
    descriptor: dict[str, object] = json.loads((exported / "datapackage.json").read_text("utf-8"))
    return descriptor


# Files and bytes


def test_every_table_is_written_in_every_format_and_reported_truly(
    tmp_path: Path,
) -> None:
    exports = write_exports(tables(), tmp_path / "deep" / "exports")
    expected = {f"{name}.{suffix}" for name in TABLES for suffix in ("csv", "parquet")} | {
        "agencies.geojson",
        "agencies.geo.parquet",
        "agencies.gpkg",
        "peephole.sqlite",
        "datapackage.json",
    }
    assert {path.name for path in (tmp_path / "deep" / "exports").iterdir()} == expected
    assert {export.path.name for export in exports} == expected
    for export in exports:
        body = export.path.read_bytes()
        assert (export.bytes, export.sha256) == (
            len(body),
            hashlib.sha256(body).hexdigest(),
        )
        name = export.path.name
        assert (export.table or name.partition(".")[0], export.format) == (
            name.partition(".")[0],
            name.partition(".")[2],
        )


def test_a_second_export_touches_nothing(tmp_path: Path) -> None:
    write_exports(tables(), tmp_path)
    before = contents(tmp_path)
    write_exports(tables(), tmp_path)
    assert contents(tmp_path) == before


def test_the_same_tables_give_the_same_bytes_in_another_process_at_another_time(
    tmp_path: Path,
) -> None:
    write_exports(tables(), tmp_path / "here")
    script = (
        "import sys; from pathlib import Path; from tests.test_exports import *; "
        "t = tables(); t['agencies'] = t['agencies'].iloc[::-1]; "
        "write_exports(t, Path(sys.argv[1]))"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "7",
        "TZ": "Pacific/Apia",
        "LC_ALL": "C",
    }
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "there")],
        check=True,
        cwd=ROOT,
        env=environment,
    )
    here, there = contents(tmp_path / "here"), contents(tmp_path / "there")
    assert {name: found[0] for name, found in here.items()} == {
        name: found[0] for name, found in there.items()
    }


def test_only_the_files_that_differ_are_replaced(tmp_path: Path) -> None:
    write_exports(tables(), tmp_path)
    before = contents(tmp_path)
    write_exports(tables(changes=frame("changes", [change()])), tmp_path)
    after = contents(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {
        "changes.csv",
        "changes.parquet",
        "peephole.sqlite",
        "datapackage.json",
    }


def change() -> dict[str, object]:
    return {
        "change_id": "d" * 32,
        "observed_at": SEEN,
        "kind": "category_retired",
        "source": "first_source",
    }


def test_empty_tables_are_exported(tmp_path: Path) -> None:
    write_exports({name: table.empty() for name, table in TABLES.items()}, tmp_path)
    assert len(pyogrio.read_dataframe(tmp_path / "agencies.gpkg")) == 0
    assert len(gpd.read_parquet(tmp_path / "agencies.geo.parquet")) == 0
    assert json.loads((tmp_path / "agencies.geojson").read_text("utf-8"))["features"] == []
    for name, table in TABLES.items():
        pd.testing.assert_frame_equal(read_csv(tmp_path / f"{name}.csv", table), table.empty())
    assert "created" not in json.loads((tmp_path / "datapackage.json").read_text("utf-8"))


# Failure


@pytest.fixture
def file_size_limit() -> Iterator[None]:
    """What a full disk does: a write past the limit fails (Python ignores the signal)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("limit", [0, 3_000, 60_000, 130_000, 400_000])
@pytest.mark.usefixtures("file_size_limit")
def test_a_full_disk_is_one_clear_error_and_leaves_the_earlier_exports(
    tmp_path: Path, limit: int
) -> None:
    write_exports(tables(), tmp_path)
    before = contents(tmp_path)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    many = tables(3000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    with pytest.raises(ExportError, match=re.escape(f"cannot write {tmp_path}/")) as caught:
        write_exports(many, tmp_path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert "\n" not in str(caught.value)
    assert "the earlier exports stand" in str(caught.value)
    assert contents(tmp_path) == before
    assert not (tmp_path / ".staging").exists()


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """A folder this process may read and not write, also where the tests run as root."""
    parent = Path(tempfile.mkdtemp())
    parent.chmod(0o755)
    folder = parent / "exports"
    write_exports(tables(), folder)
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield folder
    if user == 0:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(parent)


def test_a_read_only_folder_is_one_clear_error(read_only_folder: Path) -> None:
    before = contents(read_only_folder)
    with pytest.raises(ExportError, match="Permission denied") as caught:
        write_exports(tables(5), read_only_folder)
    assert str(read_only_folder) in str(caught.value)
    assert contents(read_only_folder) == before


def test_a_file_in_the_folder_s_place_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("not a folder")
    with pytest.raises(ExportError, match="exports: File exists"):
        write_exports(tables(), tmp_path / "exports")


def test_a_row_that_points_to_nothing_is_not_published(tmp_path: Path) -> None:
    write_exports(tables(), tmp_path)
    before = contents(tmp_path)
    orphan = tables(listings=frame("listings", [listing(99)]))
    with pytest.raises(ExportError, match=r"1 rows point to missing rows.*listings to agencies"):
        write_exports(orphan, tmp_path)
    assert contents(tmp_path) == before


def test_what_a_killed_export_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / ".staging").mkdir()
    (tmp_path / ".staging" / "agencies.csv").write_text("half a ta")
    write_exports(tables(), tmp_path)
    assert not (tmp_path / ".staging").exists()


def test_two_exports_into_one_folder_take_turns(tmp_path: Path) -> None:
    write_exports(tables(5), tmp_path / "alone")
    with ThreadPoolExecutor(max_workers=3) as pool:
        running = [
            pool.submit(write_exports, tables(count), tmp_path / "shared") for count in (3, 4, 6)
        ]
        files = 2 * len(TABLES) + len(("geojson", "geoparquet", "gpkg", "sqlite", "datapackage"))
        assert [len(future.result()) for future in running] == [files] * 3
    write_exports(tables(5), tmp_path / "shared")
    alone, shared = contents(tmp_path / "alone"), contents(tmp_path / "shared")
    assert {name: found[0] for name, found in alone.items()} == {
        name: found[0] for name, found in shared.items()
    }


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    partial = tables()
    del partial["evidence"]
    with pytest.raises(KeyError, match="evidence"):
        write_exports(partial, tmp_path)
    assert list(tmp_path.iterdir()) == []


# CSV


def spreadsheet_runs(cell: str) -> bool:
    """The doubter's own rule, written apart from the exporter's."""
    if cell[:1] and unicodedata.category(cell[0]) == "Cc":
        return True
    visible = cell.lstrip().lstrip("\u200b\u2060\ufeff\u200e\u200f").lstrip()
    return unicodedata.normalize("NFKC", visible[:1]) in ("=", "+", "-", "@") and (
        visible[:1] in "=+-@\uff1d\uff0b\uff0d\uff20"
    )


def raw_cells(path: Path) -> list[list[str]]:
    """The cells as a plain reader of RFC 4180 sees them."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


texts = st.one_of(
    st.text(),
    st.sampled_from(HOSTILE),
    st.builds(
        "".join,
        st.lists(st.sampled_from([*"=+-@' \t\r\n\0,\"", "\u200b", "\uff1d", "a"])),
    ),
)


@settings(deadline=None, max_examples=60)
@given(values=st.lists(st.none() | texts, min_size=1, max_size=6))
def test_any_text_survives_a_csv_and_no_cell_is_dangerous(
    values: list[str | None],
) -> None:
    table = TABLES["listings"]
    made = frame(
        "listings",
        [
            listing(number, name_raw="x" if value is None else value, city_raw=value)
            for number, value in enumerate(values)
        ],
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "listings.csv"
        write_csv(table, made, path)
        pd.testing.assert_frame_equal(read_csv(path, table), made)
        header, *rows = raw_cells(path)
    assert header == table.names
    assert len(rows) == len(values)
    assert [cell for row in rows for cell in row if spreadsheet_runs(cell)] == []


@pytest.mark.parametrize("text", [text for text in HOSTILE if spreadsheet_runs(text)])
def test_a_formula_gets_an_apostrophe_and_nothing_else_is_changed(
    tmp_path: Path, text: str
) -> None:
    write_csv(
        TABLES["agencies"],
        frame("agencies", [agency(1, name=text)]),
        tmp_path / "agencies.csv",
    )
    row = dict(zip(*raw_cells(tmp_path / "agencies.csv"), strict=True))
    assert row["name"] == f"'{text}"
    assert row["city"] == "Town 1"
    assert row["longitude"] == "-119.000004"


def test_only_csv_carries_the_apostrophe(tmp_path: Path) -> None:
    made = tables(agencies=frame("agencies", [agency(n, name="=1+1") for n in range(4)]))
    write_exports(made, tmp_path)
    assert set(pd.read_parquet(tmp_path / "agencies.parquet")["name"]) == {"=1+1"}
    assert set(gpd.read_file(tmp_path / "agencies.gpkg")["name"]) == {"=1+1"}
    assert set(gpd.read_file(tmp_path / "agencies.geojson")["name"]) == {"=1+1"}
    with closing(sqlite3.connect(tmp_path / "peephole.sqlite")) as connection:
        assert set(connection.execute("SELECT name FROM agencies")) == {("=1+1",)}
    assert "'=1+1" in (tmp_path / "agencies.csv").read_text("utf-8")


def test_csv_is_plain(exported: Path) -> None:
    body = (exported / "agencies.csv").read_bytes()
    header, first, *_ = body.decode("utf-8").split("\n")
    assert b"\r" not in body
    assert body.endswith(b"\n")
    assert header == ",".join(TABLES["agencies"].names)
    assert first == (
        '"ca-town-0-police","Town 0 Police Department",,"police","municipal","Town 0",,"CA",,'
        '"06111",,34.12346,-119,"place_centroid",1000,,"2020-10-07T00:00:00Z",'
        '"2020-10-07T00:00:00Z"'
    )
    assert ",405,,," in (exported / "reported_figures.csv").read_text("utf-8")


def test_booleans_are_true_and_false(tmp_path: Path) -> None:
    table = TABLES["camera_counts"]
    made = frame(
        "camera_counts",
        [
            {
                "camera_count_id": f"{number:032x}",
                "agency_id": "ca-a",
                "programme": "community_connect",
                "metric": "registered_cameras",
                "unit": "cameras",
                "additive": additive,
                "value_state": "value",
                "value": 1.5,
                "observed_at": SEEN,
                "source": "s",
            }
            for number, additive in enumerate([True, False, pd.NA])
        ],
    )
    write_csv(table, made, tmp_path / "c.csv")
    cells = [row[table.names.index("additive")] for row in raw_cells(tmp_path / "c.csv")[1:]]
    assert cells == ["true", "false", ""]
    pd.testing.assert_frame_equal(read_csv(tmp_path / "c.csv", table), made)


@pytest.mark.parametrize("name", TABLES)
def test_every_csv_and_parquet_has_the_declared_types_and_the_same_rows(
    exported: Path, name: str
) -> None:
    declared = {column.name: column.dtype for column in TABLES[name].columns}
    from_csv = read_csv(exported / f"{name}.csv", TABLES[name])
    from_parquet = pd.read_parquet(exported / f"{name}.parquet")
    assert from_csv.dtypes.astype("str").to_dict() == declared
    pd.testing.assert_frame_equal(from_csv, TABLES[name].typed(from_parquet))
    pd.testing.assert_frame_equal(
        from_csv.drop(columns=["latitude", "longitude"], errors="ignore"),
        tables()[name].drop(columns=["latitude", "longitude"], errors="ignore"),
    )


# Points


def test_geojson_follows_rfc_7946_and_labels_every_point(exported: Path) -> None:
    collection = json.loads((exported / "agencies.geojson").read_text("utf-8"))
    assert collection["type"] == "FeatureCollection"
    assert "crs" not in collection
    assert collection["attribution"] == [
        "Credit to first_source",
        "Credit to second_source",
        *ATTRIBUTIONS,
    ]
    assert [feature["id"] for feature in collection["features"]] == [
        f"ca-town-{number}-police" for number in range(3)
    ]
    for feature in collection["features"]:
        assert feature["geometry"] == {
            "type": "Point",
            "coordinates": [-119.0, 34.12346],
        }
        assert feature["properties"]["location_precision"] == "place_centroid"
        assert feature["properties"]["county"] is None


@pytest.mark.parametrize("missing", ["latitude", "longitude", "location_precision"])
def test_half_a_point_or_one_without_label_is_in_no_map_file(tmp_path: Path, missing: str) -> None:
    rows = [agency(n, **({missing: pd.NA} if n == 1 else {})) for n in range(4)]
    write_exports(tables(agencies=frame("agencies", rows)), tmp_path)
    for name in ("agencies.geojson", "agencies.gpkg"):
        assert "ca-town-1-police" not in set(gpd.read_file(tmp_path / name)["agency_id"])
    assert len(gpd.read_parquet(tmp_path / "agencies.geo.parquet")) == 3
    assert len(read_csv(tmp_path / "agencies.csv", TABLES["agencies"])) == 4


@pytest.mark.parametrize("name", ["agencies.gpkg", "agencies.geo.parquet", "agencies.geojson"])
def test_gis_programs_read_the_points(exported: Path, name: str) -> None:
    path = exported / name
    points = gpd.read_parquet(path) if name.endswith("parquet") else gpd.read_file(path)
    assert points.crs is not None
    assert points.crs.to_epsg() == 4326
    assert len(points) == 3
    assert set(points.geometry.x) == {-119.0}
    assert set(points.geometry.y) == {34.12346}
    assert points["location_precision"].notna().all()
    assert list(points["county_geoid"]) == ["06111"] * 3


def test_the_geopackage_is_dated_by_the_newest_observation(exported: Path) -> None:
    assert pyogrio.list_layers(exported / "agencies.gpkg").tolist() == [["agencies", "Point"]]
    with closing(sqlite3.connect(exported / "agencies.gpkg")) as connection:
        assert connection.execute("SELECT last_change FROM gpkg_contents").fetchall() == [
            ("2020-10-08T12:30:00.250Z",)
        ]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA application_id").fetchone() == (0x47504B47,)


def test_the_geopackage_is_the_same_bytes_each_time(exported: Path, tmp_path: Path) -> None:
    """Two or three in twenty differed in a counter, by which thread of GDAL was first."""
    points = gpd.read_file(exported / "agencies.gpkg")
    found = set()
    for number in range(40):
        path = tmp_path / f"{number}.gpkg"
        write_geopackage(points, "2020-10-08T12:30:00Z", path)
        found.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(found) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{number}.gpkg" for number in range(40)
    )


def test_hostile_names_reach_every_format_whole(tmp_path: Path) -> None:
    names = [text for text in HOSTILE if "\0" not in text]
    rows = [agency(number, name=name) for number, name in enumerate(names)]
    write_exports(tables(len(names), agencies=frame("agencies", rows)), tmp_path)
    expected = {str(row["agency_id"]): row["name"] for row in rows}
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        "agencies.gpkg": gpd.read_file,
        "agencies.geojson": gpd.read_file,
        "agencies.geo.parquet": gpd.read_parquet,
        "agencies.parquet": pd.read_parquet,
    }
    for file_name, read in readers.items():
        found = read(tmp_path / file_name)
        assert dict(zip(found["agency_id"], found["name"], strict=True)) == expected, file_name


def test_a_nul_does_not_cut_a_name_short_in_the_geopackage(tmp_path: Path) -> None:
    rows = [agency(number, name="Town\0 Police") for number in range(4)]
    write_exports(tables(agencies=frame("agencies", rows)), tmp_path)
    assert set(gpd.read_file(tmp_path / "agencies.gpkg")["name"]) == {"Town\ufffd Police"}


# SQLite


def test_sqlite_holds_every_row_with_keys_and_indexes(exported: Path) -> None:
    with closing(sqlite3.connect(exported / "peephole.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        indexed = {
            (table, row[2])
            for (table, index) in connection.execute(
                "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            ).fetchall()
            for row in connection.execute(f'PRAGMA index_info("{index}")')
        }
        for name, table in TABLES.items():
            columns = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
            assert [column[1] for column in columns] == table.names
            assert [bool(column[3]) for column in columns] == [c.required for c in table.columns]
            assert {column[1] for column in columns if column[5]} == set(table.key)
            (rows,) = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
            assert rows == len(tables()[name])
            keys = connection.execute(f'PRAGMA foreign_key_list("{name}")').fetchall()
            assert {(key[3], key[2], key[4]) for key in keys} == set(table.references)
            wanted = {"agency_id", "source", "capture_id"} & set(table.names)
            assert {(name, column) for column in wanted if table.key != (column,)} <= indexed
        unknown = connection.execute(
            "SELECT latitude FROM agencies WHERE agency_id = 'ca-town-3-police'"
        ).fetchone()
        assert unknown == (None,)


# Data package and dictionary


def test_frictionless_finds_no_fault(exported: Path) -> None:
    report = frictionless.validate(str(exported / "datapackage.json"))
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])
    assert {task.name for task in report.tasks} >= {
        "agencies",
        "agencies-parquet",
        "evidence",
    }


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("agencies.csv", '"police"', '"polite"'),
        ("agencies.csv", "34.12346", "94.12346"),
        ("listings.csv", "ca-town-2-police", "ca-town-7-police"),
    ],
)
def test_frictionless_finds_a_planted_fault(
    exported: Path, tmp_path: Path, file: str, old: str, new: str
) -> None:
    shutil.copytree(exported, tmp_path / "copy")
    path = tmp_path / "copy" / file
    path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8", newline="")
    assert not frictionless.validate(str(tmp_path / "copy" / "datapackage.json")).valid


def test_what_hostile_sources_say_is_exported_and_valid(tmp_path: Path) -> None:
    hostile = synthetic.hostile()
    write_exports(hostile, tmp_path)
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])
    for name, table in TABLES.items():
        header, *rows = raw_cells(tmp_path / f"{name}.csv")
        numeric = {c.name for c in table.columns if c.kind in ("integer", "number")}
        texts = [position for position, column in enumerate(header) if column not in numeric]
        assert [row[at] for row in rows for at in texts if spreadsheet_runs(row[at])] == []
        found = read_csv(tmp_path / f"{name}.csv", table)
        pd.testing.assert_frame_equal(found, table.typed(hostile[name]))
    descriptor = (tmp_path / "datapackage.json").read_text("utf-8")
    assert not re.search(r'"path": "javascript', descriptor, re.IGNORECASE)


def test_history_and_demands_are_exported_whole_and_have_no_point(tmp_path: Path) -> None:
    made = synthetic.tables(60)
    written = write_exports(made, tmp_path)
    for name in ("footage_requests", "footage_totals", "legal_process", "changes", "captures"):
        assert len(made[name])
        back = read_csv(tmp_path / f"{name}.csv", TABLES[name])
        pd.testing.assert_frame_equal(back, TABLES[name].typed(made[name]))
        formats = {export.format for export in written if export.table == name}
        assert formats == {"csv", "parquet"}
    kept = read_csv(tmp_path / "footage_requests.csv", TABLES["footage_requests"])
    assert set(kept["basis"]) == {"stated", "derived"}
    assert set(kept["current"]) == {True, False}
    assert kept.loc[kept["value_state"].eq("not_published"), "value"].isna().all()
    with closing(sqlite3.connect(tmp_path / "peephole.sqlite")) as database:
        (count,) = database.execute("SELECT count(*) FROM legal_process").fetchone()
    assert count == len(made["legal_process"])


def test_ten_thousand_departments_are_exported_whole(tmp_path: Path) -> None:
    many = synthetic.tables(10_000, seed=3)
    write_exports(many, tmp_path)
    pointed = many["agencies"]["location_precision"].notna().sum()
    assert pyogrio.read_info(tmp_path / "agencies.gpkg")["features"] == pointed < 10_000
    for name, table in TABLES.items():
        from_csv = read_csv(tmp_path / f"{name}.csv", table)
        pd.testing.assert_frame_equal(from_csv, table.typed(many[name]))


def test_the_package_names_every_file_with_its_size_and_hash(
    exported: Path, package: dict[str, object]
) -> None:
    resources = package["resources"]
    assert isinstance(resources, list)
    assert {found["path"] for found in resources} == {path.name for path in exported.iterdir()} - {
        "datapackage.json"
    }
    assert len({found["name"] for found in resources}) == len(resources)
    for found in resources:
        body = (exported / found["path"]).read_bytes()
        assert found.get("bytes", len(body)) == len(body)
        assert ("bytes" in found) == (found["format"] != "parquet")
        assert found["hash"] == "sha256:" + hashlib.sha256(body).hexdigest()
        if found["format"] == "csv":
            assert CSV_NOTE in found["description"]


def test_the_package_is_dated_by_what_was_seen_and_not_by_a_clock(
    package: dict[str, object],
) -> None:
    assert package["created"] == "2020-10-08T12:30:00.250Z"


def test_the_newest_observation_is_a_moment_and_not_the_greatest_text() -> None:
    observed = ["2020-10-07T00:00:00Z", "2020-10-07T00:00:00.5Z"]
    captures = frame("captures", [capture(f"{n:032x}", "s", at) for n, at in enumerate(observed)])
    assert newest_observation({"captures": captures}) == "2020-10-07T00:00:00.500Z"


def test_licences_are_compartments(package: dict[str, object]) -> None:
    resources = package["resources"]
    assert isinstance(resources, list)
    by_name = {found["name"]: found for found in resources}
    free = {
        "title": "CC BY 4.0",
        "path": "https://creativecommons.org/licenses/by/4.0/",
    }
    facts = {"name": "facts-only", "title": "facts only"}
    assert by_name["listings"]["licenses"] == [free]
    assert by_name["agencies-gpkg"]["licenses"] == [free]
    assert by_name["reported_figures-parquet"]["licenses"] == [facts]
    assert [found["attribution"] for found in by_name["reported_figures"]["sources"]] == [
        "Credit to second_source"
    ]
    assert [found["attribution"] for found in by_name["agencies"]["sources"]] == [
        "Credit to first_source",
        *ATTRIBUTIONS,
    ]
    assert by_name["peephole-sqlite"]["licenses"] == package["licenses"] == [free, facts]


def test_the_package_describes_every_column(package: dict[str, object]) -> None:
    resources = package["resources"]
    assert isinstance(resources, list)
    by_name = {found["name"]: found for found in resources}
    for name, table in TABLES.items():
        for resource_name, suffix in ((name, ""), (f"{name}-parquet", "-parquet")):
            schema = by_name[resource_name]["schema"]
            assert [field["name"] for field in schema["fields"]] == table.names
            assert all(field["description"] and field["title"] for field in schema["fields"])
            assert schema["primaryKey"] == list(table.key)
            assert {key["reference"]["resource"] for key in schema.get("foreignKeys", [])} == {
                parent + suffix for _, parent, _ in table.references
            }
    latitude = by_name["agencies"]["schema"]["fields"][11]
    assert latitude["unit"] == "degrees WGS 84"
    assert latitude["constraints"] == {"minimum": -90, "maximum": 90}


def test_the_data_dictionary_is_up_to_date() -> None:
    kept = (ROOT / "docs" / "data-dictionary.md").read_text("utf-8")
    assert kept == data_dictionary(), "run: python -m analysis.dictionary > docs/data-dictionary.md"


def test_the_data_dictionary_tells_of_every_column_value_and_the_apostrophe() -> None:
    text = data_dictionary()
    assert CSV_NOTE in text
    for table in TABLES.values():
        section = text.split(f"\n## {table.name}\n")[1].split("\n## ")[0]
        for column in table.columns:
            assert f"| `{column.name}` |" in section
            for value in column.allowed or ():
                assert f"| `{value}` |" in text
