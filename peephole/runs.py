"""Live runs as the ledger has them: when each began, and whether it was cut off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from spiders import moment
from spiders.ledger import Ledger
from spiders.schema import LOOKS, RUNS

CUT_OFF = "shutdown"
"""Scrapy's word for a crawl that a signal ended."""


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A crawl of a live source; ``ended`` says that it was judged by what it found: False where it
    was stopped, killed, or goes on."""

    began: datetime
    ended: bool


def live_runs(url: str, sources: Iterable[str]) -> dict[str, list[LiveRun]]:
    """The live runs of each of ``sources`` in the ledger at ``url``, by their beginning.

    Neither a look into a web archive nor a file fetched for an earlier day is one.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    found: dict[str, list[LiveRun]] = {source: [] for source in sources}
    reason = LOOKS.c.account["finish_reason"].as_string().label("finish_reason")
    ledger = Ledger(url)
    try:
        rows = ledger.rows(
            sa.select(RUNS.c.source, RUNS.c.started_at, RUNS.c.finished_at, reason)
            .join(LOOKS, LOOKS.c.look_id == RUNS.c.run_id, isouter=True)
            .where(
                RUNS.c.mode == "live",
                RUNS.c.observed_at == RUNS.c.started_at,
                RUNS.c.source.in_(list(found)),
            )
            .order_by(RUNS.c.started_at, RUNS.c.run_id)
        )
    finally:
        ledger.close()
    for row in rows:
        ended = row["finished_at"] is not None and row["finish_reason"] != CUT_OFF
        found[row["source"]].append(LiveRun(moment.parsed(row["started_at"]), ended))
    return found


def crawls_ended(url: str) -> int:
    """How many crawls the ledger knows the end of.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    ledger = Ledger(url)
    try:
        [row] = ledger.rows(
            sa.select(sa.func.count().label("crawls")).where(
                RUNS.c.finished_at.is_not(None), RUNS.c.mode.in_(("live", "history"))
            )
        )
    finally:
        ledger.close()
    return int(row["crawls"])
