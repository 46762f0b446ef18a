"""How each source is now: its looks as the ledger has them, against what is expected of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from peephole import steps
from peephole.config import FILE, Config
from spiders import moment
from spiders.job import WrongInput
from spiders.ledger import Ledger
from spiders.schema import LOOKS, RUNS

LAST = 10
"""So many looks at each source are told, the newest first."""

HEADS = ("source", "verdict", "rows", "expected", "last run", "last healthy look", "age", "why")
LOOK_HEADS = ("look", "mode", "begun", "ended", "verdict", "rows", "set aside", "unread", "why")
FIELD_HEADS = ("kind", "field", "filled", "records", "filled before", "records before")


@dataclass(frozen=True, slots=True)
class Seen:
    """A look, and the run it belongs to: ``started_at`` and ``finished_at`` are when that read it,
    ``observed_at`` is the moment it speaks for; ``unread`` are fields that nobody reads."""

    look_id: str
    observed_at: str
    mode: str
    started_at: str
    finished_at: str | None
    verdict: str
    reason: str
    rows: int | None
    rejected: int
    lost: Mapping[str, int]
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """A source as it is at a moment.

    ``age_days`` is how many days ago the last healthy look was, ``stale`` whether that is more
    than the source (or the configuration) expects, None where nobody expects another or where no
    look was healthy yet. ``newest_fact`` and ``fields`` come from the tables that were last made,
    and are empty before.
    """

    source: str
    title: str
    verdict: str
    rows: int | None
    last_run: str | None
    last_healthy: str | None
    reason: str | None
    rows_least: int
    rows_most: int
    floor: float
    fresh_days: int | None
    age_days: int | None
    stale: bool | None
    looks: tuple[Seen, ...]
    newest_fact: str | None = None
    fields: tuple[Mapping[str, Any], ...] = ()

    def object(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def health(
    config: Config, names: Sequence[str] = (), now: datetime | None = None, *, full: bool = False
) -> list[Health]:
    """The sources of those names, or all, as they are ``now``; ``full`` with the newest fact and
    how full the fields are.

    Raises:
        WrongInput: there is no such source, or the configuration names one that is not.
        LedgerError: the ledger cannot be read.
    """
    asked, known = steps.sources(names), steps.sources()
    if strange := sorted(set(config.fresh_days) - set(known)):
        raise WrongInput(f"{FILE}: [fresh_days] names {strange[0]}, which is no source")
    today = (now or moment.now()).date()
    ledger = Ledger(config.db)
    try:
        seen = _looks(ledger)
        healthy = {name: ledger.last_healthy_look(name) for name in asked}
    finally:
        ledger.close()
    dates, fields = _published(config) if full else ({}, {})
    found = []
    for name, spider in asked.items():
        looks, good = seen.get(name, ()), healthy[name]
        last = looks[0] if looks else None
        age = (today - date.fromisoformat(good[:10])).days if good else None
        fresh = config.fresh_days.get(name, spider.fresh_days) or None
        found.append(
            Health(
                source=name,
                title=spider.title,
                verdict=last.verdict if last else "never_run",
                rows=last.rows if last else None,
                last_run=last.finished_at if last else None,
                last_healthy=good,
                reason=last.reason if last else None,
                rows_least=spider.expects.start,
                rows_most=spider.expects.stop,
                floor=spider.floor,
                fresh_days=fresh,
                age_days=age,
                stale=age > fresh if age is not None and fresh else None,
                looks=tuple(looks),
                newest_fact=dates.get(name),
                fields=tuple(fields.get(name, ())),
            )
        )
    return found


def _looks(ledger: Ledger) -> dict[str, list[Seen]]:
    """By source its last looks, the newest first."""
    order = (LOOKS.c.observed_at.desc(), RUNS.c.finished_at.desc(), LOOKS.c.look_id.desc())
    place = sa.func.row_number().over(partition_by=LOOKS.c.source, order_by=order).label("place")
    of_run = (RUNS.c.mode, RUNS.c.started_at, RUNS.c.finished_at)
    numbered = sa.select(LOOKS, *of_run, place).join(RUNS, RUNS.c.run_id == LOOKS.c.run_id)
    part = numbered.subquery()
    found: dict[str, list[Seen]] = {}
    wanted = sa.select(part).where(part.c.place <= LAST).order_by(part.c.source, part.c.place)
    for row in ledger.rows(wanted):
        told = {name: row[name] for name in ("look_id", "observed_at", "verdict", "reason")}
        account, counts = row["account"], row["counts"]
        found.setdefault(row["source"], []).append(
            Seen(
                **told,
                **{column.name: row[column.name] for column in of_run},
                rows=counts.get("rows"),
                rejected=counts.get("rejection", 0),
                lost={cause: n for cause, n in account.get("lost", {}).items() if n},
                unread=tuple(account.get("unread", ())),
            )
        )
    return found


def _published(config: Config) -> tuple[dict[str, str], dict[str, list[dict[str, Any]]]]:
    """By source the newest date it states and how full its fields are, where tables were made."""
    from analysis.read import NothingPublished, table

    try:
        sources, rates = (table(config.clean, name) for name in ("sources", "fill_rates"))
    except NothingPublished:
        return {}, {}
    dated = sources.dropna(subset="newest_fact")
    dates = dict(zip(dated["source"], dated["newest_fact"], strict=True))
    columns = ["kind", "field", "filled", "records", "filled_before", "records_before"]
    cells = rates.astype(object).where(rates.notna(), None)
    fields = {
        str(source): [dict(zip(columns, row, strict=True)) for row in part[columns].to_numpy()]
        for source, part in cells.groupby("source")
    }
    return dates, fields


def lines(found: Sequence[Health]) -> Iterator[tuple[object, ...]]:
    """For people: the cells under :data:`HEADS`."""
    for one in found:
        age = "" if one.age_days is None else f"{one.age_days} days"
        yield (
            *(one.source, one.verdict, one.rows, f"{one.rows_least} to {one.rows_most - 1}"),
            *(one.last_run, one.last_healthy, f"{age}, stale" if one.stale else age, one.reason),
        )


def look_lines(one: Health) -> Iterator[tuple[object, ...]]:
    """For people: the cells under :data:`LOOK_HEADS`."""
    for look in one.looks:
        yield (
            *(look.observed_at, look.mode, look.started_at, look.finished_at, look.verdict),
            *(look.rows, look.rejected, ", ".join(look.unread), look.reason),
        )


def field_lines(one: Health) -> Iterator[tuple[object, ...]]:
    """For people: the cells under :data:`FIELD_HEADS`."""
    for field in one.fields:
        yield tuple(field.values())
