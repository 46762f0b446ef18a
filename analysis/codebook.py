"""The codebook: every column of every table as a row of a table of its own."""

from __future__ import annotations

import pandas as pd

from analysis.tables import TABLES, Column, Table

CODEBOOK = Table(
    "codebook",
    "column of a table",
    "What every column of every table holds, and the type in which pandas reads it.",
    ("table", "position"),
    (
        Column("table", "string", "table", True),
        Column("position", "integer", "which column of it, from 1", True, minimum=1),
        Column("column", "string", "name of the column", True),
        Column("type", "string", "type, as a data package names it", True),
        Column("dtype", "string", "dtype in which pandas reads it", True),
        Column("unit", "string", "unit, where it has one"),
        Column("required", "boolean", "is no cell of it empty?", True),
        Column("allowed", "string", "all it may hold, each with its meaning, joined by ' | '"),
        Column("meaning", "string", "what it means", True),
    ),
)


def codebook() -> pd.DataFrame:
    """The rows of :data:`CODEBOOK`, in the order of the tables and their columns."""
    rows = [
        (
            *(table.name, position, column.name, column.kind, column.dtype, column.unit or None),
            *(column.required, _allowed(column), column.meaning),
        )
        for table in TABLES.values()
        for position, column in enumerate(table.columns, start=1)
    ]
    frame = pd.DataFrame(rows, columns=CODEBOOK.names)
    return frame.astype({column.name: column.dtype for column in CODEBOOK.columns})


def _allowed(column: Column) -> str | None:
    if column.allowed is None:
        return None
    return " | ".join(f"{value}: {meaning}" for value, meaning in column.allowed.items())
