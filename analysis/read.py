"""Reading: what the ledger may publish, as frames; nothing here decides anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from analysis.tables import TABLES
from spiders.ledger import CAPTURES, RECORDS, RUNS, SIGHTINGS, Ledger
from spiders.records import RECORD_KINDS

SEEN = ["record_id", "source", "capture_id", "run_id", "observed_at", "position", "row_key"]
"""Columns every frame of facts has, beside those of its kind of record."""


class NothingPublished(Exception):
    """There are no clean tables yet; the message says how to make them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Sightings of trusted runs by kind of record, with the runs and captures they rest on.

    ``runs`` holds every run that ended, trusted or not, with the column ``published``.
    """

    runs: pd.DataFrame
    captures: pd.DataFrame
    listing: pd.DataFrame
    count: pd.DataFrame
    figure: pd.DataFrame
    other_rows: pd.DataFrame
    rejection: pd.DataFrame


def facts(ledger: Ledger) -> Facts:
    """All that trusted runs saw. Of a WARC read by several parser versions, the newest counts."""
    published = ledger.published_runs()
    runs = _frame(
        ledger.rows(sa.select(RUNS).where(RUNS.c.finished_at.is_not(None))),
        [column.name for column in RUNS.columns],
    )
    trusted = {row["run_id"] for row in ledger.rows(sa.select(published.c.run_id))}
    runs["published"] = runs["run_id"].isin(trusted)
    warcs = sa.select(published.c.warc)
    # A page that a killed run had archived already is not entered again by the run that follows.
    rested_on = sa.select(SIGHTINGS.c.capture_id).join(
        published, published.c.run_id == SIGHTINGS.c.run_id
    )
    captures = _frame(
        ledger.rows(
            sa.select(CAPTURES).where(
                CAPTURES.c.warc.in_(warcs) | CAPTURES.c.capture_id.in_(rested_on)
            )
        ),
        [column.name for column in CAPTURES.columns],
    )
    kinds = {kind: _sightings(ledger, published, kind) for kind in RECORD_KINDS}
    return Facts(runs=runs, captures=captures, **kinds)


def _sightings(ledger: Ledger, published: sa.Subquery, kind: str) -> pd.DataFrame:
    rows = ledger.rows(
        sa.select(
            SIGHTINGS.c.record_id,
            RECORDS.c.source,
            SIGHTINGS.c.capture_id,
            SIGHTINGS.c.run_id,
            CAPTURES.c.observed_at,
            SIGHTINGS.c.position,
            SIGHTINGS.c.row_key,
            RECORDS.c.content,
        )
        .join(RECORDS, RECORDS.c.record_id == SIGHTINGS.c.record_id)
        .join(CAPTURES, CAPTURES.c.capture_id == SIGHTINGS.c.capture_id)
        .join(published, published.c.run_id == SIGHTINGS.c.run_id)
        .where(RECORDS.c.kind == kind)
        .order_by(CAPTURES.c.observed_at, SIGHTINGS.c.capture_id, SIGHTINGS.c.record_id)
    )
    model = RECORD_KINDS[kind]
    fields = {
        name: field.get_default()
        for name, field in model.model_fields.items()
        if name not in ("kind", "position", "row_key")
    }
    seen = _frame(rows, SEEN)
    content = pd.DataFrame([row["content"] for row in rows], columns=list(fields), dtype=object)
    for name, default in fields.items():
        if isinstance(default, str):
            content[name] = content[name].fillna(default)
    return pd.concat([seen, content], axis="columns")


def _frame(rows: Sequence[Mapping[str, Any]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame.from_records(
        [tuple(row[name] for name in columns) for row in rows], columns=columns
    )


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    """The clean tables that :func:`analysis.clean.save` wrote.

    Raises:
        NothingPublished: one is missing.
    """
    found = {}
    for name, table in TABLES.items():
        path = folder / f"{name}.parquet"
        if not path.exists():
            raise NothingPublished(f"there is no {path}; run `peephole clean` first")
        found[name] = table.typed(pd.read_parquet(path))
    return found
