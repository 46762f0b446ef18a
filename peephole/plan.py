"""The plan: which sources peephole.toml has read when, and when each is to be read next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from peephole import steps
from peephole.config import FILE, Config
from peephole.cron import SETTINGS, Timetable, timetables
from peephole.due import beginning
from peephole.runs import live_runs
from spiders import moment
from spiders.job import WrongInput

HEADS = ("source", "times", "time zone", "last begun", "next")


def planned(config: Config) -> tuple[list[Timetable], list[str]]:
    """The times of the sources that ``peephole.toml`` schedules; and sentences on those of them
    that lack a key.

    Raises:
        WrongInput: none is scheduled, or one cannot be.
    """
    names = [name for name in config.schedule if name not in SETTINGS]
    if not names:
        raise WrongInput(
            f"{FILE} schedules nothing: write a table [schedule] with a line for each source, as "
            'atlas_of_surveillance = "17 4 * * 1"'
        )
    asked = steps.sources(names)
    if silent := [name for name, spider in asked.items() if not spider.seeds]:
        raise WrongInput(
            f"[schedule] {silent[0]} has no address to be crawled at: it is imported, or ships "
            "with Peephole and is read whenever something is published"
        )
    config.introduced()
    shut = steps.locked(asked)
    if len(shut) == len(names):
        raise WrongInput("; ".join(shut.values()))
    plan = timetables(config.schedule, config.contact)
    return [times for times in plan if times.source not in shut], list(shut.values())


def outlook(
    config: Config, plan: Sequence[Timetable], now: datetime
) -> list[dict[str, str | None]]:
    """A row a source: its times, when it was last begun and when it is to be begun next.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    runs = live_runs(config.db, [times.source for times in plan])
    return [
        {
            "source": times.source,
            "times": times.expression,
            "timezone": str(times.zone),
            "last_begun": moment.iso(runs[times.source][-1].began) if runs[times.source] else None,
            "next": said(beginning(times, runs[times.source], now), now),
        }
        for times in plan
    ]


def said(begins: datetime | None, now: datetime) -> str:
    """When something begins, in words."""
    if begins is None:
        return "never"
    return "now" if begins <= now else moment.iso(begins)
