"""When sources are to be read: cron's five fields in a time zone, and a jitter.

APScheduler's trigger knows the calendar. Where it and cron differ, cron is right: weekdays count
from Sunday, a day of the month and a weekday are either of them, and an hour that summer time
repeats comes once where it is named.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spiders.job import WrongInput

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

JITTER = 300
"""Seconds."""
LONGEST_JITTER = 6 * 3600
"""Seconds."""
SETTINGS = ("timezone", "jitter")
"""Names in the table ``[schedule]`` that are none of a source."""
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
PART = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?")
BACK = [timedelta(days=days) for days in (1 / 24, 1, 8, 32, 367, 8 * 366 + 1)]
"""How far the newest time is sought; eight years lie between two of 29 February around 2100."""
TICK = timedelta(microseconds=1)
ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""Cron has no years: what comes after one day comes after any."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """The times of one source; all moments are in UTC.

    ``jitter`` is the most seconds by which a time is put off. By how much is told by the time and
    by ``salt``, so that it is the same however often one asks and other for another operator.
    """

    source: str
    expression: str
    zone: ZoneInfo
    jitter: int
    salt: str
    triggers: tuple[CronTrigger, ...]

    def after(self, moment: datetime) -> datetime | None:
        """The first time later than ``moment``."""
        every_hour = self.expression.split()[1].startswith("*")
        while True:
            found = [
                time
                for trigger in self.triggers
                if (time := trigger.get_next_fire_time(None, moment.astimezone(UTC) + TICK))
            ]
            if not found:
                return None
            moment = min(found, key=lambda time: time.astimezone(UTC))
            if every_hour or not moment.fold:
                return moment.astimezone(UTC)

    def begins(self, time: datetime) -> datetime:
        """``time`` with its jitter."""
        said = f"{self.salt} {self.source} {time.isoformat()}".encode()
        number = int.from_bytes(hashlib.sha256(said).digest()[:8])
        return time + timedelta(seconds=number % (self.jitter + 1))

    def latest(self, now: datetime) -> datetime | None:
        """The newest time that, with its jitter, is not later than ``now``."""
        for back in BACK:
            newest = None
            for time in self.between(now - back, now):
                if self.begins(time) <= now:
                    newest = time
            if newest:
                return newest
        return None

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The times later than ``start`` and not later than ``end``."""
        time = self.after(start)
        while time and time <= end:
            yield time
            time = self.after(time)


def timetables(said: Mapping[str, object], salt: str = "") -> list[Timetable]:
    """The times of each source in the table ``[schedule]``, in its order.

    Raises:
        WrongInput: a time zone, jitter or expression is none.
    """
    zone, jitter = _zone(said.get("timezone", "UTC")), _jitter(said.get("jitter", JITTER))
    return [
        Timetable(source, str(said[source]), zone, jitter, salt, _triggers(source, times, zone))
        for source, times in said.items()
        if source not in SETTINGS
    ]


def _zone(said: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(said))
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise WrongInput(
            f'[schedule] timezone = "{said}" is no time zone; write it as "America/Chicago"'
        ) from problem


def _jitter(said: object) -> int:
    if isinstance(said, bool) or not isinstance(said, int) or not 0 <= said <= LONGEST_JITTER:
        raise WrongInput(
            f"[schedule] jitter must be whole seconds from 0 to {LONGEST_JITTER}, not {said!r}"
        )
    return said


def _triggers(source: str, said: object, zone: ZoneInfo) -> tuple[CronTrigger, ...]:
    from apscheduler.triggers.cron import CronTrigger

    words = said.split() if isinstance(said, str) else []
    try:
        if len(words) != 5:
            raise ValueError("it must have five fields")
        minute, hour, day, month, weekday = (word.lower() for word in words)
        weekday = _weekdays(weekday)
        either = "*" not in (day[:1], weekday[:1])
        triggers = tuple(
            CronTrigger(
                minute=minute,
                hour=hour,
                day=day_of_month,
                month=month,
                day_of_week=day_of_week,
                timezone=zone,
            )
            for day_of_month, day_of_week in (
                ((day, "*"), ("*", weekday)) if either else ((day, weekday),)
            )
        )
        if all(trigger.get_next_fire_time(None, ANY_DAY) is None for trigger in triggers):
            raise ValueError("no such day ever comes")
    except ValueError as problem:
        raise WrongInput(
            f'[schedule] {source} = "{said}" is no cron time: {problem}; minute, hour, day of the '
            'month, month and weekday are written as "17 4 * * 1", at 4:17 on Mondays'
        ) from problem
    return triggers


def _weekdays(said: str) -> str:
    """Cron's weekdays by their names: the trigger's numbers begin with Monday, cron's with Sunday,
    and a star with a step counts from there too.

    >>> _weekdays("1-5"), _weekdays("*/3"), _weekdays("sat-sun,3")
    ('mon,tue,wed,thu,fri', 'sun,wed,sat', 'sat,sun,wed')
    """
    if said == "*":
        return said
    named: list[str] = []
    for part in said.split(","):
        match = PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no weekday")
        star, first, last, step = match.groups()
        if star:
            start, end = 0, 6
        else:
            start = _weekday(first)
            end = _weekday(last) if last else 6 if step else start
        if last in ("sun", "0") and start:
            end = 7
        if start > end or step == "0":
            raise ValueError(f"{part!r} is no range of weekdays")
        named += WEEKDAYS[start : end + 1 : int(step or 1)]
    return ",".join(dict.fromkeys(named))


def _weekday(said: str) -> int:
    if said in WEEKDAYS:
        return WEEKDAYS.index(said)
    if not re.fullmatch("[0-7]", said):
        raise ValueError(f"{said!r} is no weekday")
    return int(said)
