"""Anybody's CSV of departments: read, linked and written again with what was found."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from spiders.job import MAX_FILE, WrongInput
from spiders.platforms.csv_table import BadRow, CsvTable
from spiders.source import LayoutError

LONGEST_NAME = 500
"""Characters of a cell that are compared; no department's name is longer."""

OUTCOMES = ("linked", "uncertain", "none")

NO_REGISTER = (
    "compared with our own departments alone, because no register was read "
    "(`peephole import FILE --source fbi_agencies --as-of DAY` brings one)"
)

Tables = Mapping[str, pd.DataFrame]
Columns = Mapping[str, str]
"""What is asked for (name, state, place, county, kind) by the column of the file that has it."""


class DepartmentList:
    """A CSV of departments, one a row, in any encoding.

    Raises:
        WrongInput: it is no whole CSV with such columns and a row, or already bears a column that
            is to be added; the sentence says which.
    """

    def __init__(self, file: Path, columns: Columns) -> None:
        from analysis.matching import MATCHED

        self.file = file
        try:
            table = CsvTable(_bytes(file), str(file))
            self.header = table.header
            lacking = [f"{said!r}" for said in columns.values() if said not in self.header]
            if lacking:
                raise WrongInput(
                    f"{file} has no column {', '.join(lacking)}; it has {', '.join(self.header)}"
                )
            if taken := [name for name in MATCHED if name in self.header]:
                raise WrongInput(
                    f"{file} already has the column {', '.join(taken)}: rename it, or link the "
                    "list as it was before"
                )
            self.rows: list[list[str]] = []
            for row in table:
                if isinstance(row, BadRow):
                    raise WrongInput(f"{file}, row {row.position}: {row.why}; nothing was linked")
                self.rows.append(list(row.cells.values()))
        except LayoutError as problem:
            raise WrongInput(str(problem)) from problem
        if not self.rows:
            raise WrongInput(f"{file} has a header and no row below it")
        place = {said: self.header.index(column) for said, column in columns.items()}
        self.asked = pd.DataFrame(
            {said: [row[at][:LONGEST_NAME] for row in self.rows] for said, at in place.items()},
            dtype="string",
        )

    def written(self, found: pd.DataFrame) -> str:
        """The same rows and columns with those of ``found`` after them, as CSV.

        Text that a spreadsheet would run gets an apostrophe before it, as in our exports; numbers
        do not.
        """
        from analysis.formats import defused
        from analysis.matching import MATCHED

        added = [_texts(found[name]) for name in MATCHED]
        columns = [list(cells) for cells in zip(*self.rows, strict=True)] + added
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(_safe([*self.header, *MATCHED], defused))
        writer.writerows(zip(*(_safe(cells, defused) for cells in columns), strict=True))
        return out.getvalue()


def link(file: Path, columns: Columns, target: Path | None, tables: Tables) -> str:
    """Link the list in ``file``, write it to ``target`` (None: standard output), and say how many
    rows were linked.

    Raises:
        WrongInput: the list cannot be used, nothing is known to link it to, or ``target`` is it.
    """
    from analysis.decisions import decisions
    from analysis.matching import matched

    if target is not None and target.exists() and target.samefile(file):
        raise WrongInput(f"--out {target} is the list itself; name another file")
    asked = DepartmentList(file, columns)
    registered = len(tables["registered_agencies"])
    if not registered and tables["agencies"].empty:
        raise WrongInput("no department is known to link to: `peephole run` brings them")
    found = matched(asked.asked, tables, decisions())
    text = asked.written(found)
    if target is None:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.flush()
    else:
        partial = target.with_name(f".{target.name}.partial")
        partial.write_text(text, encoding="utf-8", newline="")
        partial.replace(target)
    counted = found["outcome"].value_counts()
    told = ", ".join(f"{counted.get(outcome, 0):,} {outcome}" for outcome in OUTCOMES)
    return f"{len(found):,} rows: {told}" + ("" if registered else f"; {NO_REGISTER}")


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_FILE:
            raise WrongInput(
                f"{file} is larger than {MAX_FILE / 1e6:,.0f} MB, no list of departments"
            )
        return file.read_bytes()
    except OSError as problem:
        raise WrongInput(f"cannot read {file}: {problem.strerror}") from problem


def _texts(column: pd.Series) -> list[str]:
    if pd.api.types.is_numeric_dtype(column):
        return ["" if pd.isna(value) else f"{value:.0f}" for value in column]
    return [str(value) for value in column.fillna("")]


def _safe(cells: list[str], defused: Callable[[list[str]], list[str]]) -> list[str]:
    """Cells that no spreadsheet runs; numbers, and what has its apostrophe, as they are."""
    pairs = zip(cells, defused(cells), strict=True)
    return [cell if cell.startswith("'") or _number(cell) else safe for cell, safe in pairs]


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
