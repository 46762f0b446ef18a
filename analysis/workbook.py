"""The tables as an Excel workbook: a sheet that explains, the codebook, and a sheet a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute

from analysis.codebook import CODEBOOK, codebook
from analysis.datapackage import DESCRIPTION, POINT_NOTE, TITLE, attributions
from analysis.tables import DTYPES, TABLES, Column, Table

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MADE = datetime(1980, 1, 1)  # noqa: DTZ001 (a property of the file, without a zone)
"""Creation time told to Excel: the earliest a zip knows, so that the same tables give the same
bytes."""
SHEET_ROWS = 50_000
"""A longer table has no sheet: 100,000 cells are written a second (2026-11-23), a spreadsheet is
slow with more, and Excel ends at 1,048,576 rows. A table is whole or not there, never cut."""
CELL = 32_767
"""Characters of a cell, as Excel counts them (UTF-16)."""
CUT = " [cut, see the CSV file]"
NOT_XML = r"[^\t\n\r\x{20}-\x{d7ff}\x{e000}-\x{fffd}\x{10000}-\x{10ffff}]"
"""Characters no XML 1.0 may hold: https://www.w3.org/TR/xml/#charsets"""
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
TEXT_NOTE = (
    "Every cell of text is text: what begins with = + - or @ is what a source wrote and is never "
    "run. Codes such as 06111 are text. Dates and times are ISO 8601 text (UTC)."
)
CODEBOOK_NOTE = "The sheet codebook tells what every column means and what it may hold."
NOTES = (DESCRIPTION, POINT_NOTE, TEXT_NOTE, CODEBOOK_NOTE)


def write_workbook(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write ``tables`` (all of :data:`analysis.tables.TABLES`, typed) as one workbook.

    A character that XML does not know becomes U+FFFD; text longer than a cell is cut and says so.

    Raises:
        OSError: the file cannot be written.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    book = Workbook(path, OPTIONS)
    book.set_properties({"title": TITLE, "created": MADE})
    _front(book, tables)
    _sheet(book, CODEBOOK, codebook())
    for table in TABLES.values():
        _sheet(book, table, tables[table.name])
    try:
        book.close()
    except FileCreateError as problem:
        raise OSError(*problem.args) from problem


def _front(book: Workbook, tables: Mapping[str, pd.DataFrame]) -> None:
    sheet = book.add_worksheet("read me")
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 110, book.add_format({"text_wrap": True, "valign": "top"}))
    lines = [("subject", "told"), ("about", TITLE), *(("", note) for note in NOTES)]
    lines += [(name, _held(table, len(tables[name]))) for name, table in TABLES.items()]
    lines += [("attribution", text) for text in attributions(tables)]
    heads, told = (_texts(list(texts)) for texts in zip(*lines, strict=True))
    for row, cells in enumerate(zip(heads, told, strict=True)):
        for place, text in enumerate(cells):
            sheet.write_string(row, place, text)


def _held(table: Table, rows: int) -> str:
    told = f"{table.meaning} {rows:,} rows, one a {table.grain}."
    if rows > SHEET_ROWS:
        return f"{told} Too many for a sheet: read exports/{table.name}.csv or .parquet."
    return told


def _sheet(book: Workbook, table: Table, frame: pd.DataFrame) -> None:
    if len(frame) > SHEET_ROWS:
        return
    sheet = book.add_worksheet(table.name)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(frame), len(table.columns) - 1)
    bold = book.add_format({"bold": True})
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, 18 if column.kind == "string" else 14)
        sheet.write_string(0, place, column.name, bold)
    writers = [_writer(sheet, column) for column in table.columns]
    columns = [_cells(frame[column.name], column) for column in table.columns]
    for row, cells in enumerate(zip(*columns, strict=True), start=1):
        for place, (write, cell) in enumerate(zip(writers, cells, strict=True)):
            if cell is not None:
                write(row, place, cell)


def _writer(sheet: Worksheet, column: Column) -> Callable[..., object]:
    writers: defaultdict[str, Callable[..., object]] = defaultdict(
        lambda: sheet.write_string,
        boolean=sheet.write_boolean,
        integer=sheet.write_number,
        number=sheet.write_number,
    )
    return writers[column.kind]


def _cells(values: pd.Series, column: Column) -> list[object]:
    """A column as what goes into its cells, None for unknown."""
    cells: list[object] = pa.Array.from_pandas(values).to_pylist()
    return _texts(cells) if DTYPES[column.kind] == "string" else cells


def _texts(texts: list[Any]) -> list[Any]:
    """Texts as cells may hold them, None as it is."""
    clean = pa.compute.replace_substring_regex(pa.array(texts, pa.string()), NOT_XML, "\ufffd")
    return [
        text if text is None or len(text) * 2 <= CELL else _cut(text) for text in clean.to_pylist()
    ]


def _cut(text: str) -> str:
    units = text.encode("utf-16-le")
    if len(units) <= CELL * 2:
        return text
    return units[: (CELL - len(CUT)) * 2].decode("utf-16-le", "ignore") + CUT
