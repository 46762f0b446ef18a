"""Tables that people keep by hand: a column for each field of one kind of record."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar, get_args

from spiders.platforms.csv_table import CsvSource, Row
from spiders.platforms.rows import RowError
from spiders.records import Record

NO_COLUMN = {"kind", "position", "row_key"}


class ReviewedTable(CsvSource):
    """A source that is a file of the project, each row a record as it stands.

    An empty cell says nothing: it is left out where the field need not be given, and refused
    where it must be.
    """

    record: ClassVar[type[Record]]
    publisher = "Peephole (reviewed by hand)"
    licence = "facts, each with the page it was seen on"
    attribution = "the publisher named with each row"
    passes_on = "bytes"  # files of this project, written here
    seeds = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if hasattr(cls, "record"):
            cls.columns = frozenset(cls.record.model_fields) - NO_COLUMN
        super().__init_subclass__(**kwargs)

    def read(self, row: Row) -> Iterator[Record]:
        """The record of one row.

        Raises:
            RowError: a number or a date cannot be read as one.
        """
        told: dict[str, Any] = {"position": row.position}
        for name in self.columns:
            text, field = row.cells[name], self.record.model_fields[name]
            if text or field.default is not None:
                told[name] = _typed(text, {field.annotation, *get_args(field.annotation)}, name)
        yield self.record.model_validate(told)


def _typed(text: str, types: set[Any], name: str) -> str | float | date:
    try:
        if date in types:
            return date.fromisoformat(text)
        number = float(text) if float in types else None
    except ValueError as error:
        raise RowError(f"{name}: {error}") from error
    if number is not None and not math.isfinite(number):
        raise RowError(f"{name}: {text!r} is no number that can be counted with")
    return text if number is None else number
