"""What the exports are, told to readers: ``docs/data-dictionary.md``, made from the declarations.

``python -m analysis.dictionary > docs/data-dictionary.md`` brings it up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping

from analysis.datapackage import CSV_NOTE, POINT_NOTE
from analysis.tables import TABLES, Column, Table

HEAD_NOTE = (
    "Made from `analysis/tables.py` by `python -m analysis.dictionary > docs/data-dictionary.md`; "
    "do not edit it by hand."
)
FORMATS_NOTE = (
    "Every table is published as CSV and Parquet and in `peephole.sqlite`; departments with a "
    "labelled point also as GeoJSON, GeoParquet and GeoPackage. `datapackage.json` says the same "
    "as this page to programs."
)


def data_dictionary() -> str:
    """The data dictionary as Markdown: every table, every column, every allowed value."""
    lines = [
        "# Data dictionary",
        "",
        HEAD_NOTE,
        "",
        FORMATS_NOTE,
        "",
        "* An empty cell is unknown. It is never zero, and absence is never an ending.",
        "* Dates are ISO 8601, times are UTC. Files are UTF-8 with LF line ends.",
        f"* {POINT_NOTE}",
        f"* {CSV_NOTE}",
        "* Codes such as 06111 are text: a spreadsheet that reads them as numbers drops the zero.",
    ]
    for table in TABLES.values():
        lines += ["", f"## {table.name}", "", table.meaning, ""]
        lines += [f"One row is one {table.grain}. Key: {_codes(table.key)}.", ""]
        lines += [
            "| column | type | unit | empty | rule | meaning |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_row(table, column) for column in table.columns]
    lines += ["", "# Closed vocabularies"]
    for columns, allowed in _vocabularies():
        lines += ["", f"## {_codes(columns)}", "", "| value | meaning |", "|---|---|"]
        lines += [f"| `{value}` | {_escaped(meaning)} |" for value, meaning in allowed.items()]
    return "\n".join(lines) + "\n"


def _row(table: Table, column: Column) -> str:
    cells = (
        f"`{column.name}`",
        column.kind,
        column.unit,
        "no" if column.required else "may be",
        "; ".join(_rules(table, column)),
        column.meaning,
    )
    return f"| {' | '.join(_escaped(cell) for cell in cells)} |"


def _rules(table: Table, column: Column) -> Iterator[str]:
    if column.allowed is not None:
        yield "closed vocabulary"
    if column.pattern:
        yield f"`{column.pattern}`"
    if column.minimum is not None:
        yield f"at least {column.minimum:g}"
    if column.maximum is not None:
        yield f"at most {column.maximum:g}"
    for name, parent, key in table.references:
        if name == column.name:
            yield f"in `{parent}.{key}`"


def _vocabularies() -> list[tuple[list[str], Mapping[str, str]]]:
    """Each set of allowed values once, with the columns that use it."""
    found: list[tuple[list[str], Mapping[str, str]]] = []
    for table in TABLES.values():
        for column in table.columns:
            if column.allowed is None:
                continue
            users = next((users for users, values in found if values == column.allowed), None)
            if users is None:
                users = []
                found.append((users, column.allowed))
            users.append(f"{table.name}.{column.name}")
    return found


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _escaped(cell: str) -> str:
    return cell.replace("|", r"\|")


if __name__ == "__main__":
    sys.stdout.write(data_dictionary())
