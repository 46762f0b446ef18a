"""When a source is due: from its times, its live runs and the time of day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from peephole.cron import Timetable
from peephole.runs import LiveRun

LEAST = timedelta(minutes=10)
"""Between two beginnings of one source, whatever happens."""
LONGEST = timedelta(hours=6)
"""To this the distance grows while crawls are cut off or cannot even begin, doubled each time."""
AHEAD = timedelta(days=1)
"""A run that began later than this after now was begun by a wrong clock: it holds up nothing."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def distance(cut_off: int) -> timedelta:
    """The least time between two beginnings when so many runs in a row were cut off."""
    return min(LEAST * (1 << min(max(cut_off - 1, 0), 10)), LONGEST)


def beginning(times: Timetable, runs: Sequence[LiveRun], now: datetime) -> datetime | None:
    """When a source is to be read next; it is due when that has passed. ``runs`` are its live runs
    by their beginning.

    A source that was never read, or whose newest run was cut off, is due at once; else it is due
    if no run served the newest of its times, however many older ones were missed. The run that
    served a time began after it and before the next: so none is served twice after the clock was
    put back, and none waits for runs of a clock that was wrong.
    """
    known = [run for run in runs if run.began <= now + AHEAD]
    earliest = EPOCH
    if known:
        trailing = list(reversed(known))
        ended = [number for number, run in enumerate(trailing) if run.ended]
        cut_off = ended[0] if ended else len(trailing)
        earliest = known[-1].began + distance(cut_off)
        if cut_off:
            return earliest
    elif not runs:
        return EPOCH
    time = times.latest(now) or times.after(now)
    while time is not None:
        following = times.after(time)
        if not any(
            run.ended and time <= run.began and (following is None or run.began < following)
            for run in runs
        ):
            return max(times.begins(time), earliest)
        time = following
    return None
