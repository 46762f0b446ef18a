"""Where two sets of tables differ: which table, which row, which column, what each says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.tables import TABLES, Table, row_ids

Kind = Literal["cell", "missing", "extra", "table"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: ``cell`` in a row that both have, a row that the first lacks (``missing``) or
    has alone (``extra``), a ``table`` that has not the declared columns or whose keys repeat.

    ``row_id`` is the key by which ``evidence`` names the row, ``first`` and ``second`` are what the
    two sides say, None for unknown.
    """

    kind: Kind
    table: str
    row_id: str = ""
    column: str = ""
    first: object = None
    second: object = None


def differences(
    first: Mapping[str, pd.DataFrame], second: Mapping[str, pd.DataFrame]
) -> Iterator[Difference]:
    """How ``first`` differs from ``second`` in the tables that both hold, by table, row and column.

    ``second`` is as :meth:`analysis.tables.Table.typed` makes it; ``first`` may be anything that
    was read from a file.
    """
    for name, table in TABLES.items():
        if name in first and name in second:
            yield from _of_table(table, first[name], second[name])


def _of_table(table: Table, first: pd.DataFrame, second: pd.DataFrame) -> Iterator[Difference]:
    if list(first.columns) != table.names:
        odd = sorted(set(map(str, first.columns)) ^ set(table.names)) or ["their order"]
        yield Difference("table", table.name, column=", ".join(odd))
        return
    try:
        typed = table.typed(first)
    except (TypeError, ValueError) as problem:
        yield Difference("table", table.name, first=str(problem)[:200])
        return
    left, right = (frame.set_axis(_keys(table, frame), axis="index") for frame in (typed, second))
    for row_id in right.index[~right.index.isin(left.index)]:
        yield Difference("missing", table.name, row_id)
    for row_id in left.index[~left.index.isin(right.index)]:
        yield Difference("extra", table.name, row_id)
    both = left.index[left.index.isin(right.index)]
    left, right = left.loc[both], right.loc[both]
    places = {
        column: set(np.flatnonzero(_unlike(left[column], right[column])).tolist())
        for column in left
    }
    for place in sorted(set().union(*places.values())):
        for column, found in places.items():
            if place in found:
                said = (_plain(frame[column].iloc[place]) for frame in (left, right))
                yield Difference("cell", table.name, str(both[place]), str(column), *said)


def _keys(table: Table, frame: pd.DataFrame) -> pd.Index:
    """The row ids; where a damaged file repeats one, the later ones bear their number."""
    ids = row_ids(table, frame).fillna("")
    again = ids.groupby(ids).cumcount()
    named: pd.Index = pd.Index(ids.mask(again.gt(0), ids + " (" + (again + 1).astype(str) + ")"))
    return named


def _unlike(first: pd.Series, second: pd.Series) -> np.ndarray:
    """Both unknown are alike, one unknown is not."""
    unlike = (first.isna() != second.isna()) | first.ne(second).fillna(False)
    found: np.ndarray = unlike.to_numpy(dtype=bool)
    return found


def _plain(value: object) -> object:
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    return value.item() if isinstance(value, np.generic) else value
