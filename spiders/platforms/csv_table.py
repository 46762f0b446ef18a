"""CSV tables as they come from the web: any encoding, read row by row, checked by column name."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

from scrapy.http import Response

from spiders.platforms.rows import set_aside, understood
from spiders.records import Record
from spiders.source import LayoutError, Source, shown

CHUNK = 1024 * 1024
HTML = re.compile(rb"(?i)\s*<(?:!doctype|html|head|body|\?xml)\b")
NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")

LONGEST_CELL = 131_072
"""Characters; Python's own default, set again because it is shared by all that read CSV here. A
longer cell is a quote that never closes."""


LONGEST_ROW = 8 * 1024 * 1024
"""Characters from one row to the next. A cell may span lines, and a row have any number of cells:
as many empty ones as fit into a file would take 2 GB."""


class Row(NamedTuple):
    """A row of the right width: number of the data row from 1, cells by column name, as written."""

    position: int
    cells: dict[str, str]


class BadRow(NamedTuple):
    """A row that cannot be laid over the header, and why."""

    position: int
    start: str
    why: str


class Layout(NamedTuple):
    """How a table is written, where it is not plain CSV.

    ``header`` are the names of its columns where they are to be read otherwise than they stand, or
    do not stand there at all; ``skipped`` counts the lines above the first row of data then.
    """

    delimiter: str = ","
    header: tuple[str, ...] = ()
    skipped: int = 0


class CsvSource(Source):
    """A source in CSV: checks the header and hands each row to ``read``."""

    columns: ClassVar[frozenset[str]]
    """Columns ``read`` takes; a file that lacks one is another file."""
    ignored: ClassVar[frozenset[str]] = frozenset()
    """Columns known and left aside on purpose."""
    row_name: ClassVar[str]
    """The column by which a row is named when it is set aside."""
    may_be_empty: ClassVar[bool] = False
    """Is a header with no row below it a state of the table, and no failure?"""

    def parse(self, response: Response, **_kwargs: Any) -> Iterator[Any]:
        """Records of every row, then those of the whole table.

        Raises:
            LayoutError: no whole CSV table with the declared columns and, unless it may be empty,
            at least one row.
        """
        table = self.table(response)
        missing = sorted(self.columns - set(table.header))
        if missing:
            raise LayoutError(
                f"sought the column {', '.join(map(repr, missing))} in {response.url}, "
                f"found {', '.join(table.header)[:300]}"
            )
        self.note_unread(set(table.header) - self.columns - self.ignored)
        position = 0
        for row in table:
            position = row.position
            if isinstance(row, BadRow):
                yield set_aside(row.start, row.why, position)
            else:
                yield from understood(self.read(row), row.cells[self.row_name], position)
        if not position and not self.may_be_empty:
            raise LayoutError(f"sought rows in {response.url}, found a header and nothing below it")
        self.count_rows(position, response)
        yield from self.summary()

    def table(self, response: Response) -> CsvTable:
        """The table in a response; a source whose table comes packed or laid out otherwise says so
        here."""
        return CsvTable(response.body, response.url)

    def read(self, row: Row) -> Iterable[Record]:
        """Records of one row.

        Raises:
            RowError: the row cannot be understood.
        """
        raise NotImplementedError(f"source {self.name} must define read")

    def summary(self) -> Iterable[Record]:
        """What is known only when all rows are read."""
        return ()


class CsvTable:
    """The table in some bytes; iterating reads it once, in flat memory.

    Raises:
        LayoutError: on making, the bytes are empty, HTML or have no usable header; on iterating,
            they end inside a row or a quoted cell.
    """

    def __init__(self, body: bytes, where: str, layout: Layout | None = None) -> None:
        layout = layout or Layout()
        self._where = where
        self._ends_line = body.endswith((b"\n", b"\r", b"\n\0", b"\r\0"))
        if not body[:CHUNK].strip():
            raise LayoutError(f"sought a CSV table in {where}, found an empty body")
        if HTML.match(body[:1024].removeprefix(codecs.BOM_UTF8)):
            raise LayoutError(
                f"sought a CSV table in {where}, found an HTML page beginning '{shown(body)}'"
            )
        text = io.TextIOWrapper(io.BytesIO(body), encoding_of(body, where), newline="")
        csv.field_size_limit(LONGEST_CELL)
        try:
            for _ in range(layout.skipped):
                text.readline()
        except UnicodeDecodeError as error:
            raise LayoutError(
                f"sought text in {where}, found bytes that are no {error.encoding} at its beginning"
            ) from error
        self._spent = 0
        self._lines = csv.reader(self._told(text), strict=True, delimiter=layout.delimiter)
        first = None if layout.header else next(self._cells(), None)
        told = list(layout.header) if first is None else first
        self.header = [] if isinstance(told, str) else told
        if len(set(self.header)) != len(self.header) or not any(self.header):
            raise LayoutError(
                f"sought a header of distinct columns in {where}, found '{shown(body)}'"
            )

    def __iter__(self) -> Iterator[Row | BadRow]:
        width = len(self.header)
        position = 0
        short: BadRow | None = None
        for cells in self._cells():
            if short is not None:
                yield short
                short = None
            if not cells:
                continue
            position += 1
            if isinstance(cells, str):
                yield BadRow(position, "", cells)
            elif len(cells) == width:
                yield Row(position, dict(zip(self.header, cells, strict=True)))
            else:
                short = BadRow(
                    position,
                    ", ".join(cells),
                    f"row has {len(cells)} cells, the header {width}",
                )
        if short is not None and not self._ends_line:
            raise LayoutError(
                f"sought a whole CSV table in {self._where}, found one that ends inside "
                f"row {position}: {short.why}"
            )
        if short is not None:
            yield short

    def _told(self, text: io.TextIOWrapper) -> Iterator[str]:
        """The lines of the table, as long as they make up rows of an honest length."""
        while line := text.readline(LONGEST_ROW + 1):
            self._spent += len(line)
            if self._spent > LONGEST_ROW:
                raise LayoutError(
                    f"sought rows in {self._where}, found one of more than {LONGEST_ROW:,} "
                    f"characters near line {self._lines.line_num + 1:,}"
                )
            yield line

    def _cells(self) -> Iterator[list[str] | str]:
        """Cells of each line, or what is wrong with the quotes of one."""
        while True:
            self._spent = 0
            try:
                yield next(self._lines)
            except StopIteration:
                return
            except UnicodeDecodeError as error:
                raise LayoutError(
                    f"sought text in {self._where}, found bytes that are no {error.encoding} "
                    f"near line {self._lines.line_num}"
                ) from error
            except csv.Error as error:
                if "expected after" not in str(error):
                    raise LayoutError(
                        f"sought a whole CSV table in {self._where}, found one that ends inside "
                        f"a quoted cell or never closes it, at line {self._lines.line_num}: {error}"
                    ) from error
                yield f"text follows a closing quote at line {self._lines.line_num}"


def encoding_of(body: bytes, where: str) -> str:
    """The encoding of a whole body: by byte order mark, else UTF-8 if it is that throughout,
    else Windows-1252, else Latin-1.

    Raises:
        LayoutError: UTF-8 that is damaged or cut inside a character, or NUL bytes.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in body:
        raise LayoutError(
            f"sought text in {where}, found NUL bytes (a binary file, a damaged one, or UTF-16 "
            "without its byte order mark)"
        )
    decoder = codecs.getincrementaldecoder("utf-8")()
    beyond_ascii = False
    view = memoryview(body)
    for start in range(0, len(body), CHUNK):
        try:
            text = decoder.decode(view[start : start + CHUNK], start + CHUNK >= len(body))
        except UnicodeDecodeError as error:
            before = bytes(error.object[: error.start])
            if beyond_ascii or not before.isascii():
                raise LayoutError(
                    f"sought text in {where}, found UTF-8 that is damaged or cut inside a "
                    f"character near byte {start + error.start:,}"
                ) from error
            return "latin-1" if NOT_IN_CP1252.search(body) else "cp1252"
        beyond_ascii = beyond_ascii or not text.isascii()
    return "utf-8-sig"
