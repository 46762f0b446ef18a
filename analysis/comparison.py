"""What one release holds that the one before it did not: rows added, removed and changed, counted.

Columns and tables may have come since; :mod:`analysis.differences` tells single cells of two sets
that are meant to be the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.tables import TABLES, Table


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the rows of a table differ from those of an earlier release, told apart by their key.

    ``columns``: of those in both releases, in how many of the ``changed`` rows each differs.
    ``known`` is false where the earlier release had no such table.
    """

    table: str
    added: int
    removed: int
    changed: int
    columns: Mapping[str, int]
    known: bool = True


def compared(before: Path, tables: Mapping[str, pd.DataFrame]) -> list[Comparison]:
    """How ``tables`` differ from the Parquet files in the folder ``before``, table by table.

    Raises:
        OSError: a file cannot be read.
        pyarrow.ArrowException: a file is no Parquet.
    """
    return [_of_table(before, table, tables[name]) for name, table in TABLES.items()]


def new_changes(before: Path, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of ``changes`` that the release whose tables lie in ``before`` did not have."""
    told = pd.read_parquet(before / "changes.parquet", columns=["change_id"])["change_id"]
    changes = tables["changes"]
    fresh = changes[~changes["change_id"].isin(told)]
    return fresh.sort_values(["observed_at", "change_id"], kind="stable", ignore_index=True)


def _of_table(before: Path, table: Table, frame: pd.DataFrame) -> Comparison:
    path = before / f"{table.name}.parquet"
    if not path.exists():
        return Comparison(table.name, len(frame), 0, 0, {}, known=False)
    key = list(table.key)
    earlier = pd.read_parquet(path)
    shared = [name for name in table.names if name in earlier.columns and name not in key]
    now, then = (
        rows.drop_duplicates(key).set_index(key)[shared].astype("string")
        for rows in (frame, earlier)
    )
    both = now.index.intersection(then.index)
    left, right = now.loc[both], then.loc[both]
    differs = left.fillna("").ne(right.fillna("")) | left.isna().ne(right.isna())
    counts = differs.sum()
    return Comparison(
        table.name,
        added=len(now) - len(both),
        removed=len(then) - len(both),
        changed=int(differs.any(axis="columns").sum()),
        columns={str(name): int(number) for name, number in counts.items() if number},
    )
