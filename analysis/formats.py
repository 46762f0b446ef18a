"""The file formats tables are published in: CSV, Parquet, GeoJSON, GeoPackage, SQLite.

Each writer takes its path last, writes one whole file, and gives the same bytes for the same rows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet
import pyogrio

from analysis.catalogue import add_search
from analysis.tables import AGENCIES, TABLES, Kind, Table

ARROW_TYPES: dict[Kind, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "date": pa.string(),
    "datetime": pa.string(),
    "boolean": pa.bool_(),
}
SQL_TYPES: dict[Kind, str] = {
    "string": "TEXT",
    "integer": "INTEGER",
    "number": "REAL",
    "date": "TEXT",
    "datetime": "TEXT",
    "boolean": "BOOLEAN",
}
INDEXED = ("agency_id", "source", "capture_id")
COORDINATES = ["latitude", "longitude"]

FORMULA = r"^(['\p{Cc}]|[\p{Z}\p{Cc}\p{Cf}]*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}])"
"""Text a spreadsheet may run: OWASP's CSV Injection list (= + - @, tab, CR, LF, full-width forms),
also behind blanks and invisible characters, which some programs trim, and any control character.
A leading apostrophe is on the list so that :func:`read_csv` can take exactly one away."""


def write_csv(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """Write one table as CSV: UTF-8, LF, header, text in quotes, an empty cell for unknown.

    Text that a spreadsheet might run as a formula gets a leading apostrophe; numbers never do.
    """
    arrow = _arrow(table, frame)
    for position, column in enumerate(table.columns):
        if ARROW_TYPES[column.kind] == pa.string():
            arrow = arrow.set_column(position, column.name, _defused(arrow[column.name]))
    pa.csv.write_csv(arrow, path, pa.csv.WriteOptions(quoting_header="none"))


def defused(texts: list[str]) -> list[str]:
    """Texts as :func:`write_csv` writes them: an apostrophe before what a spreadsheet may run."""
    safe: list[str] = _defused(pa.array(texts, pa.string())).to_pylist()
    return safe


def _defused(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    return pa.compute.replace_substring_regex(texts, FORMULA, r"'\1", max_replacements=1)


def read_csv(path: Path, table: Table) -> pd.DataFrame:
    """A CSV written here, typed and sorted as declared, the apostrophes taken away again.

    Raises:
        KeyError: a declared column is missing.
        pyarrow.ArrowInvalid: the file is no such CSV.
    """
    arrow = pa.csv.read_csv(
        path,
        read_options=pa.csv.ReadOptions(block_size=1 << 24),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types={column.name: ARROW_TYPES[column.kind] for column in table.columns},
            null_values=[""],
            true_values=["true"],
            false_values=["false"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    for position, field in enumerate(arrow.schema):
        if field.type == pa.string():
            raw = pa.compute.replace_substring_regex(
                arrow[field.name], "^'", "", max_replacements=1
            )
            arrow = arrow.set_column(position, field.name, raw)
    nullable = {
        pa.string(): pd.StringDtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.float64(): pd.Float64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    return table.typed(arrow.to_pandas(types_mapper=nullable.get))


def _arrow(table: Table, frame: pd.DataFrame) -> pa.Table:
    fields = [
        pa.field(
            column.name,
            ARROW_TYPES[column.kind],
            metadata={"description": column.meaning, "unit": column.unit},
        )
        for column in table.columns
    ]
    arrow = pa.Table.from_pandas(frame, schema=pa.schema(fields), preserve_index=False)
    return arrow.combine_chunks()  # a frame put together from many would be read piece by piece


def write_parquet(table: Table, frame: pd.DataFrame, path: Path) -> None:
    pa.parquet.write_table(_arrow(table, frame), path)


def write_json(content: object, path: Path) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def write_geojson(located: pd.DataFrame, credit: list[str], path: Path) -> None:
    """RFC 7946: longitude first, WGS 84 unsaid, one feature a line, the credit a foreign member."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    names = [name for name in AGENCIES.names if name not in COORDINATES]
    columns = [_cells(located, name) for name in [*reversed(COORDINATES), *names]]
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(
            f'{{"type": "FeatureCollection", "attribution": {encode(credit)}, "features": ['
        )
        for number, (longitude, latitude, *values) in enumerate(zip(*columns, strict=True)):
            feature = {
                "type": "Feature",
                "id": values[0],
                "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
                "properties": dict(zip(names, values, strict=True)),
            }
            stream.write((",\n" if number else "\n") + encode(feature))
        stream.write("\n]}\n")


def write_geopackage(points: gpd.GeoDataFrame, changed: str, path: Path) -> None:
    """GDAL ends text at a NUL and stamps the clock: the one is replaced, the other set. How often
    its threads write to the file stands in its header, but not in that of a copy."""
    written = path.with_stem(f"{path.stem}.written")
    text: list[str] = list(points.select_dtypes("string").columns)
    pyogrio.write_dataframe(
        points.assign(**{name: points[name].str.replace("\0", "\ufffd") for name in text}),
        written,
        driver="GPKG",
        layer=AGENCIES.name,
        geometry_type="Point",
        layer_options={"DESCRIPTION": AGENCIES.meaning},
    )
    with closing(sqlite3.connect(written, isolation_level=None)) as connection:
        connection.execute("UPDATE gpkg_contents SET last_change = ?", (changed,))
        path.unlink(missing_ok=True)
        connection.execute("VACUUM INTO ?", (str(path),))
        (rows,) = connection.execute("SELECT count(*) FROM agencies").fetchone()
    written.unlink()
    if rows != len(points):
        raise OSError(f"{rows} of {len(points)} departments were written")


def write_sqlite(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size = 4096")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for table in TABLES.values():
            connection.execute(_create_table(table))
            marks = ", ".join("?" for _ in table.columns)
            columns = [_cells(frames[table.name], name) for name in table.names]
            connection.executemany(
                f'INSERT INTO "{table.name}" VALUES ({marks})',  # noqa: S608 (declared names)
                zip(*columns, strict=True),
            )
            for name in INDEXED:
                if name in table.names and table.key != (name,):
                    connection.execute(
                        f'CREATE INDEX "{table.name}_{name}" ON "{table.name}" ("{name}")'
                    )
        add_search(connection)
        connection.execute("COMMIT")
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            child, _, parent, _ = broken[0]
            raise sqlite3.IntegrityError(
                f"{len(broken)} rows point to missing rows, the first from {child} to {parent}"
            )
        connection.execute("VACUUM")


def _create_table(table: Table) -> str:
    parts = [
        f'"{column.name}" {SQL_TYPES[column.kind]}{" NOT NULL" if column.required else ""}'
        for column in table.columns
    ]
    parts.append("PRIMARY KEY ({})".format(", ".join(f'"{name}"' for name in table.key)))
    parts.extend(
        f'FOREIGN KEY ("{name}") REFERENCES "{parent}" ("{key}")'
        for name, parent, key in table.references
    )
    return f'CREATE TABLE "{table.name}" ({", ".join(parts)})'


def _cells(frame: pd.DataFrame, name: str) -> list[object]:
    """A column as Python values, None for unknown."""
    values: list[object] = pa.Array.from_pandas(frame[name]).to_pylist()
    return values
