"""Reading: what the ledger may publish as of a day, as frames; nothing here says what it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from analysis.tables import TABLES
from spiders.ledger import Ledger
from spiders.records import RECORD_KINDS
from spiders.schema import CAPTURES, LOOKS, READINGS, RECORDS, RUNS, SIGHTINGS
from spiders.verdict import Account, judge

LOOK = [
    *("look_id", "run_id", "source", "mode", "warc", "parser_version", "observed_at"),
    *("finished_at", "notice", "counts", "account", "verdict", "reason"),
]
SEEN = [
    *("record_id", "source", "look_id", "run_id", "capture_id", "sheet_id", "observed_at"),
    *("position", "row_key"),
]
"""Columns every frame of :meth:`Facts.seen` has, beside those of its kind of record."""

BATCH = 20_000
"""Rows fetched at once, so that 750,000 sightings are never held as a list of rows."""

OWN_DATES = ("programme_event", "correction")
"""Kinds of record that bear the day from which they count. The reviewed files they stand in are
read whatever the day asked for, or no earlier day could be told of them."""


class NothingPublished(Exception):
    """There are no clean tables yet; the message says how to make them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What looks of ended runs told, up to a day.

    ``looks``: every one of them: look_id, run_id, source, mode, warc, parser_version, observed_at,
    finished_at, notice, counts, problems, lost, unread (fields nobody reads), verdict and reason
    (judged in the order of observed_at), published (trusted, and the newest trusted reading of its
    bytes), whole (also healthy and without a notice: it can show that something is missing),
    first_hand (fetched at the moment it speaks for).
    ``readings`` (look_id, capture_id, sheet_id) are those of published looks, ``sightings``
    (sheet_id, record_id, position, row_key) those of their sheets, ``records`` by kind those they
    hold (record_id, source and the fields), ``captures`` those that any of it rests on.
    ``as_of`` is the day (ISO), empty for all there is.
    """

    looks: pd.DataFrame
    captures: pd.DataFrame
    readings: pd.DataFrame
    sightings: pd.DataFrame
    records: Mapping[str, pd.DataFrame]
    as_of: str = ""

    def sighted(self, kind: str) -> pd.DataFrame:
        """A row for each sheet and record of it: sheet_id, position, row_key, source, fields."""
        records = self.records[kind]
        if records.empty:
            rows = np.full(len(self.sightings), -1)
        else:
            rows = pd.Index(records["record_id"]).get_indexer(self.sightings["record_id"])
        of_kind = self.sightings[rows >= 0].reset_index(drop=True)
        content = records.drop(columns="record_id").take(rows[rows >= 0])
        return pd.concat([of_kind, content.reset_index(drop=True)], axis="columns")

    def seen(self, kind: str) -> pd.DataFrame:
        """A row for each reading of a record: :data:`SEEN` and the fields of the kind, in the
        order of observed_at, capture_id, record_id. ``observed_at`` is the look's."""
        return self.spread(self.sighted(kind))

    def spread(self, sighted: pd.DataFrame) -> pd.DataFrame:
        """Rows of sheets as rows of every reading of those sheets."""
        looks = self.looks.set_index("look_id")[["run_id", "observed_at"]]
        readings = self.readings.join(looks, on="look_id").sort_values(
            ["observed_at", "capture_id", "look_id"], kind="stable"
        )
        readings = readings.astype(object)  # to repeat a reference and not a text
        sheet, sheets = pd.factorize(sighted["sheet_id"])
        order = np.lexsort((pd.factorize(sighted["record_id"], sort=True)[0], sheet))
        sizes = np.append(np.bincount(sheet, minlength=len(sheets)), 0)
        which = pd.Index(sheets, dtype=object).get_indexer(readings["sheet_id"])
        times = sizes[which]
        first = ((sizes.cumsum() - sizes)[which] - times.cumsum() + times).repeat(times)
        rows = order[first + np.arange(times.sum())]
        reading = np.arange(len(readings)).repeat(times)
        # column by column: as one frame, what is taken and what is reordered stand side by side
        told = {
            str(name): part[name].take(places).reset_index(drop=True)
            for part, places in ((readings, reading), (sighted, rows))
            for name in part.columns
        }
        names = dict.fromkeys([*SEEN, *told])
        return pd.DataFrame({name: told[name] for name in names}, copy=False)

    def edition(self, kind: str) -> pd.DataFrame:
        """The rows of :meth:`seen` that the newest published look of each source shows: of a
        reviewed file, what was taken out of it is withdrawn."""
        seen = self.seen(kind)
        published = self.looks[self.looks["published"]]
        return seen[
            seen["look_id"].isin(published.drop_duplicates("source", keep="last")["look_id"])
        ]


def facts(ledger: Ledger, expectations: pd.DataFrame, as_of: date | None = None) -> Facts:
    """What the ledger holds as of a day: of looks that speak for a moment up to its end (UTC), and
    of reviewed files of :data:`OWN_DATES`.

    ``expectations`` has a row for each source: source, least and most (rows), floor,
    retires_categories. Looks at sources that are not among them are left out. Every look is
    judged anew in the order of ``observed_at``, whatever the order they were read in.
    """
    before = (as_of + timedelta(days=1)).isoformat() if as_of else "9999"
    with ledger.engine.connect() as connection:
        reviewed = list(
            connection.scalars(
                sa.select(RECORDS.c.source).where(RECORDS.c.kind.in_(OWN_DATES)).distinct()
            )
        )
        looks = _looks(connection, before, reviewed)
        looks = _judged(looks[looks["source"].isin(expectations["source"])], expectations)
        published = looks[looks["published"]]
        readings = _of(connection, READINGS, ["look_id", "capture_id", "sheet_id"])
        readings = readings[readings["look_id"].isin(published["look_id"])]
        captures = _of(connection, CAPTURES, [column.name for column in CAPTURES.columns])
        # robots.txt and errors are read by no look; what made a look fail is told too; a page that
        # a killed run had archived already is not entered again by the run that follows
        rests = captures["warc"].isin(looks["warc"]) & captures["source"].isin(
            expectations["source"]
        )
        rests |= captures["capture_id"].isin(readings["capture_id"])
        timely = captures["observed_at"].lt(before) | captures["source"].isin(reviewed)
        captures = captures[rests & timely]
        sightings = _sightings(connection, set(readings["sheet_id"]))
        records = _records(connection, set(sightings["record_id"].unique()))
    dated = captures.set_index("capture_id")
    direct = dated["fetched_at"].eq(dated["observed_at"]).reindex(readings["capture_id"])
    first_hand = direct.eq(True).groupby(readings["look_id"].to_numpy()).all()
    return Facts(
        looks=looks.assign(first_hand=looks["look_id"].map(first_hand).eq(True)),
        captures=captures.reset_index(drop=True),
        readings=readings.reset_index(drop=True),
        sightings=sightings,
        records=records,
        as_of=as_of.isoformat() if as_of else "",
    )


def _looks(connection: sa.Connection, before: str, reviewed: list[str]) -> pd.DataFrame:
    tables = dict.fromkeys(("mode", "warc", "parser_version", "finished_at", "notice"), RUNS)
    rows = connection.execute(
        sa.select(*(tables.get(name, LOOKS).c[name] for name in LOOK))
        .join(RUNS, RUNS.c.run_id == LOOKS.c.run_id)
        .where(
            RUNS.c.finished_at.is_not(None),
            (LOOKS.c.observed_at < before) | LOOKS.c.source.in_(reviewed),
        )
        .order_by(LOOKS.c.observed_at, RUNS.c.warc, RUNS.c.parser_version.desc(), LOOKS.c.look_id)
    )
    return _frame(rows.all(), LOOK)


def _judged(looks: pd.DataFrame, expectations: pd.DataFrame) -> pd.DataFrame:
    """``looks`` (in order) with verdict, reason, published and whole.

    A look by an older parser version at bytes a newer one could read is not published, and what it
    counted is no measure for those that follow.
    """
    expected = expectations.set_index("source").to_dict("index")
    counted: dict[str, Mapping[str, int]] = {}
    read: set[tuple[str, str, str]] = set()
    rows = []
    for look in looks.to_dict("records"):
        source, account, counts = look["source"], look["account"], look["counts"]
        wanted = expected[source]
        problems, lost = tuple(account.get("problems", ())), dict(account.get("lost", {}))
        verdict = judge(
            Account(account.get("finish_reason", "finished"), problems, lost, counts),
            range(int(wanted["least"]), int(wanted["most"])),
            floor=float(wanted["floor"]),
            last_healthy=counted.get(source, {}),
            retires_categories=bool(wanted["retires_categories"]),
        )
        view = (source, look["warc"], look["look_id"].removeprefix(look["run_id"]))
        published = verdict.state != "failed" and view not in read
        if published:
            read.add(view)
            if verdict.state == "healthy":
                counted[source] = counts
        unread = tuple(account.get("unread", ()))
        rows.append((problems, lost, unread, verdict.state, verdict.reason, published))
    columns = ["problems", "lost", "unread", "verdict", "reason", "published"]
    told = pd.DataFrame(rows, columns=columns, index=looks.index)
    told["published"] = told["published"].astype(bool)
    judged = looks.drop(columns=["account", "verdict", "reason"]).join(told)
    whole = judged["published"] & judged["verdict"].eq("healthy") & judged["notice"].eq("")
    return judged.assign(whole=whole).reset_index(drop=True)


def _of(connection: sa.Connection, table: sa.Table, columns: Sequence[str]) -> pd.DataFrame:
    return _frame(
        connection.execute(sa.select(*(table.c[name] for name in columns))).all(), columns
    )


def _sightings(connection: sa.Connection, sheets: set[str]) -> pd.DataFrame:
    """The rows of ``sheets``; each name is kept in memory once, however often it stands there."""
    columns = ["sheet_id", "record_id", "position", "row_key"]
    result = connection.execution_options(stream_results=True).execute(
        sa.select(*(SIGHTINGS.c[name] for name in columns))
    )
    known: dict[Any, Any] = {}
    parts = [
        pd.DataFrame(
            {
                name: pd.array([known.setdefault(v, v) for v in values], dtype=object)
                for name, values in zip(columns, zip(*batch, strict=True), strict=True)
            }
        )
        for batch in result.partitions(BATCH)
    ]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return found[found["sheet_id"].isin(sheets)].reset_index(drop=True)


def _records(connection: sa.Connection, wanted: set[str]) -> dict[str, pd.DataFrame]:
    rows = connection.execute(
        sa.select(RECORDS.c.record_id, RECORDS.c.source, RECORDS.c.kind, RECORDS.c.content)
    )
    by_kind: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {k: [] for k in RECORD_KINDS}
    for record_id, source, kind, content in chain.from_iterable(rows.partitions(BATCH)):
        if record_id in wanted:
            by_kind[kind].append((record_id, source, content))
    return {kind: _content(kind, found) for kind, found in by_kind.items()}


def _content(kind: str, rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> pd.DataFrame:
    fields = {
        name: field.get_default()
        for name, field in RECORD_KINDS[kind].model_fields.items()
        if name not in ("kind", "position", "row_key")
    }
    told = _frame([(record_id, source) for record_id, source, _ in rows], ["record_id", "source"])
    for name, default in fields.items():
        blank = default if isinstance(default, str) else None
        values = [content.get(name, blank) for _, _, content in rows]
        told[name] = pd.Series(values, dtype=object)
    return told


def _frame(rows: Iterable[Sequence[Any]], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame.from_records([tuple(row) for row in rows], columns=list(columns))


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    """The clean tables that :func:`analysis.clean.save` wrote.

    Raises:
        NothingPublished: one is missing.
    """
    return {name: table(folder, name) for name in TABLES}


def table(folder: Path, name: str) -> pd.DataFrame:
    """One of the clean tables.

    Raises:
        NothingPublished: it is missing.
    """
    path = folder / f"{name}.parquet"
    if not path.exists():
        raise NothingPublished(f"there is no {path}; run `peephole clean` first")
    return TABLES[name].typed(pd.read_parquet(path))
