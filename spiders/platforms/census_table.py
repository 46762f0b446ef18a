"""Tables of the Census Bureau: zipped or not, tabs, bars or commas, padded cells, title lines."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from scrapy.http import Response

from spiders.platforms import zipped
from spiders.platforms.csv_table import CsvSource, CsvTable, Layout
from spiders.platforms.rows import RowError
from spiders.source import LayoutError, shown

LARGEST = 64 * 1024 * 1024
"""Bytes; the largest of the tables, of all governmental units, has some 8 MB."""
TITLE_LINES = 5
"""Lines that may stand above the header; those of the USDA's copy are two."""
DELIMITERS = "\t|,"
HEADER_BYTES = 64 * 1024
VINTAGE = re.compile(r"(?<!\d)((?:19|20)\d\d)_gaz", re.IGNORECASE)
NUMBER = re.compile(r"\d+|\d{1,3}(?:,\d{3})+")
DEGREES = re.compile(r"[+-]?\d{1,3}(?:\.\d{1,15})?")


class CensusTable(CsvSource):
    """A source whose table the Census Bureau made; see :class:`CsvSource`."""

    publisher = "U.S. Census Bureau"
    licence = "public domain (work of the United States government)"
    attribution = "U.S. Census Bureau"
    passes_on = "bytes"  # works of the United States government: 17 U.S.C. 105
    renamed: ClassVar[dict[str, str]] = {}
    """What columns are called in other editions, and what they are called here."""
    headless: ClassVar[tuple[str, ...]] = ()
    """The columns of a copy that has lost its header."""
    vintage = ""

    def table(self, response: Response) -> CsvTable:
        """The table, its columns named without padding and as this source names them.

        Raises:
            LayoutError: no such table, or an archive that is broken or a bomb.
        """
        body, name = response.body, response.url
        if body.startswith(zipped.MAGIC):
            name, body = zipped.member(body, name, "zipped table", (".txt", ".csv"), LARGEST)
        if len(body) > LARGEST:
            raise LayoutError(
                f"sought a table of at most {LARGEST / 1e6:,.0f} MB in {response.url}, found "
                f"{len(body) / 1e6:,.0f} MB"
            )
        year = VINTAGE.search(name)
        self.vintage = year[1] if year else ""
        return CsvTable(body, response.url, self._layout(body, response.url))

    def named(self, column: str) -> str:
        """A column as this source names it."""
        return self.renamed.get(column, column)

    def _layout(self, body: bytes, where: str) -> Layout:
        lines = body[:HEADER_BYTES].removeprefix(codecs.BOM_UTF8).split(b"\n", TITLE_LINES + 1)
        for number, line in enumerate(lines[: TITLE_LINES + 1]):
            text = line.decode("latin-1").strip("\r")
            for delimiter in DELIMITERS:
                try:
                    cells = next(csv.reader([text], delimiter=delimiter), [])
                except csv.Error:
                    continue
                header = tuple(self.named(cell.strip()) for cell in cells)
                if self.columns <= set(header):
                    return Layout(delimiter, header, number + 1)
                if not number and self.headless and self._is_row(cells):
                    return Layout(delimiter, self.headless)
        raise LayoutError(
            f"sought a table with the columns {', '.join(sorted(self.columns))} in {where}, "
            f"found one that begins '{shown(body)}'"
        )

    def _is_row(self, cells: list[str]) -> bool:
        return len(cells) == len(self.headless) and cells[1].strip().isdigit()

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Records of the table.

        Raises:
            LayoutError: as :class:`CsvSource`, and where not one row is of this source's kind.
        """
        understood = 0
        for record in super().parse(response, **kwargs):
            understood += record.kind not in {"rejection", "other_rows"}
            yield record
        if not understood:
            raise LayoutError(
                f"sought {self.title} in {response.url}, found a table of which no row is of that "
                "kind; another of the Census sources reads it"
            )


def whole(text: str, column: str) -> int | None:
    """A number of residents, with or without commas between thousands; None where nothing stands.

    >>> whole(" 1,234 ", "POP"), whole("", "POP")
    (1234, None)

    Raises:
        RowError: it is no such number.
    """
    text = text.strip()
    if not text:
        return None
    if not NUMBER.fullmatch(text) or not text.isascii() or len(text) > 15:
        raise RowError(f"{column} holds {text[:40]!r}, which is no number of residents")
    return int(text.replace(",", ""))


def degrees(text: str, column: str) -> float:
    """Degrees of latitude or longitude, whatever stands around them.

    Raises:
        RowError: they are none.
    """
    text = text.strip()
    if not DEGREES.fullmatch(text) or not text.isascii():
        raise RowError(f"{column} holds {text[:40]!r}, which is no number of degrees")
    return float(text)


def code(text: str, width: int, column: str) -> str:
    """A code of digits, with the zeros before it that spreadsheets drop.

    Raises:
        RowError: it has other characters, or too many.
    """
    text = text.strip()
    if not re.fullmatch(rf"[0-9]{{1,{width}}}", text):
        raise RowError(f"{column} holds {text[:40]!r}, which is no code of {width} digits")
    return text.zfill(width)
