"""The schedule: what is due is crawled, one source after another, and then all is published.

What has been done is read from the ledger, so that a schedule that was killed, started twice or
moved to another machine goes on where the last one was. Each crawl is a process of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from peephole import steps
from peephole.children import Start, ended, started
from peephole.clocks import Clock
from peephole.config import Config
from peephole.console import line, out
from peephole.cron import Timetable
from peephole.due import AHEAD, LEAST, beginning, distance
from peephole.plan import said
from peephole.runs import LiveRun, crawls_ended, live_runs
from spiders import moment, turns
from spiders.ledger import LedgerError

GLANCE = 60.0
"""Seconds after which the clock is looked at again: it may have jumped, or the machine slept."""
DAY = 86_400.0
PUBLISHING, ACCOUNT = "publishing", "account"
NOTE = "schedule.json"
"""In the data folder: how many crawls had ended when all was last published."""


@dataclass(frozen=True, slots=True)
class Tries:
    """How often in a row something could not be done, and when (by the clock that never jumps) it
    was last begun, or ended where it failed. The process remembers it, the ledger what matters."""

    failed: int
    last: float


class Schedule:
    """Follows timetables by a clock."""

    def __init__(
        self, config: Config, plan: Sequence[Timetable], clock: Clock, start: Start = started
    ) -> None:
        self.config = config
        self.plan = {times.source: times for times in plan}
        self.clock = clock
        self.start = start
        self.runs: Mapping[str, list[LiveRun]] = {}
        self._tries: dict[str, Tries] = {}
        self._said: dict[str, str] = {}
        self._accounted = clock.elapsed()
        self._published: int | None = None

    def follow(self) -> None:
        """Do what is due when it is, until the clock is asked to stop. A ledger that cannot be read
        is waited for."""
        begun = False
        while not self.clock.asked:
            try:
                if not begun:
                    self.look()
                    self._tell_next()
                    begun = True
                if self.round() is not None:
                    self._tell_next()
                pause = self.next_in()
            except LedgerError as problem:
                pause = LEAST.total_seconds()
                self._tell(f"{problem}; tried again in {pause / 60:.0f} minutes")
            self._wait(min(pause, self._accounted + DAY - self.clock.elapsed()))
            if not self.clock.asked and self.clock.elapsed() >= self._accounted + DAY:
                self._account()
        self._tell("stopped, as asked")

    def once(self) -> bool:
        """Do what is due now; did all of it go well?

        Raises:
            LedgerError: the ledger cannot be read.
        """
        self.look()
        well = self.round()
        self._tell_next()
        return well is not False

    def look(self) -> None:
        """See what the ledger holds.

        Raises:
            LedgerError: it cannot be read.
        """
        self.runs = live_runs(self.config.db, self.plan)

    def next(self) -> dict[str, datetime | None]:
        """When each source is to be read next, as far as was seen at the last look."""
        now = self.clock.now()
        return {name: beginning(self.plan[name], self.runs[name], now) for name in self.plan}

    def next_in(self) -> float:
        """Seconds until something is due."""
        now = self.clock.now()
        if now.date() < steps.FIRST_DAY:
            return GLANCE
        waits = [
            max((begins - now).total_seconds(), self._rest(name))
            for name, begins in self.next().items()
            if begins is not None
        ]
        if self._owed():
            waits.append(self._rest(PUBLISHING))
        return max(min(waits, default=GLANCE), 1.0)

    def round(self) -> bool | None:
        """Do what is due. None: nothing is; else whether all of it went well.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        well: list[bool] = []
        if self.clock.now().date() < steps.FIRST_DAY:
            self._once(
                "clock", f"the clock says {self.clock.now():%Y-%m-%d}: nothing is begun by it"
            )
            return None
        while not self.clock.asked and (source := self._due()):
            well.append(self._crawl(source))
        if not self.clock.asked and self._owed() and self._rest(PUBLISHING) <= 0:
            well.append(self._publish())
        return all(well) if well else None

    def _due(self) -> str | None:
        """Of the sources that are due the one that was left alone for longest. The ledger is looked
        at before one is."""
        for looked in (False, True):
            now = self.clock.now()
            ready = [
                (self._tries[name].last if name in self._tries else 0.0, begins, name)
                for name, begins in self.next().items()
                if begins is not None and begins <= now and self._rest(name) <= 0
            ]
            if not ready:
                return None
            if not looked:
                self.look()
        return min(ready)[2]

    def _crawl(self, source: str) -> bool:
        before = self.runs[source]
        if any(run.began > self.clock.now() + AHEAD for run in before):
            told = f"{source}: the ledger holds a run of a later day; was the clock wrong?"
            self._once("clock", told)
        with turns.taken(self.config.db, [source]) as ours:
            pass
        if not ours:
            self._once(source, f"{source}: due, and being crawled by another process; left alone")
            self._tries[source] = Tries(1, self.clock.elapsed())
            return True
        self._said.pop(source, None)
        cut_off = bool(before) and not before[-1].ended
        self._tell(f"{source}: {'taken up again' if cut_off else 'begun'}")
        words = ["crawl", "--source", source, "--if-runs", str(len(before))]
        status = self._done(source, words)
        self.look()
        known, now = (sum(run.ended for run in runs) for runs in (before, self.runs[source]))
        self._tried(source, well=known < now)
        return status == 0

    def _publish(self) -> bool:
        with turns.taken(self.config.db, [PUBLISHING]) as ours:
            if not ours or not self._owed():
                self._tries[PUBLISHING] = Tries(1, self.clock.elapsed())
                return True
            crawls = crawls_ended(self.config.db)
            shipped = [name for name, spider in steps.sources().items() if spider.bundled]
            words = ["run", *(word for name in shipped for word in ("--source", name))]
            well = self._done(PUBLISHING, words) == 0
            self._tried(PUBLISHING, well=well)
            if well:
                self._note(crawls)
            return well

    def _account(self) -> None:
        """Once a day say how all sources are, and tell those who want to know: a source of which
        no crawl so much as begins goes stale without a word."""
        self._accounted = self.clock.elapsed()
        self._done(ACCOUNT, ["sources", "--notify"])

    def _owed(self) -> bool:
        """Has a crawl ended since the last publishing that went well?"""
        crawls = crawls_ended(self.config.db)
        return bool(crawls) and crawls not in (self._published, self._noted())

    @property
    def _note_file(self) -> Path:
        return self.config.data / NOTE

    def _noted(self) -> int | None:
        try:
            found = json.loads(self._note_file.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found.get("published") if isinstance(found, dict) else None

    def _note(self, crawls: int) -> None:
        self._published = crawls
        draft = self._note_file.with_suffix(".partial")
        try:
            draft.write_text(json.dumps({"published": crawls}) + "\n", "utf-8")
            draft.replace(self._note_file)
        except OSError as problem:
            told = f"cannot write {self._note_file}: {problem.strerror}"
            self._tell(f"{told}; whoever comes next publishes once more")

    def _done(self, subject: str, words: Sequence[str]) -> int:
        self._tries[subject] = Tries(self._failed(subject), self.clock.elapsed())
        return ended(words, self.start, self.clock, lambda text: self._tell(f"{subject}: {text}"))

    def _failed(self, subject: str) -> int:
        return self._tries[subject].failed if subject in self._tries else 0

    def _tried(self, subject: str, *, well: bool) -> None:
        failed = 0 if well else self._failed(subject) + 1
        last = self._tries[subject].last if well else self.clock.elapsed()
        self._tries[subject] = Tries(failed, last)

    def _rest(self, subject: str) -> float:
        """Seconds for which something just tried is left in peace."""
        tries = self._tries.get(subject)
        if tries is None or (subject == PUBLISHING and not tries.failed):
            return 0.0
        return tries.last + distance(tries.failed).total_seconds() - self.clock.elapsed()

    def _wait(self, seconds: float) -> None:
        end = self.clock.elapsed() + seconds
        jumped = self.clock.now() - timedelta(seconds=self.clock.elapsed())
        while not self.clock.asked and (left := end - self.clock.elapsed()) > 0:
            self.clock.wait(min(left, GLANCE))
            drift = self.clock.now() - timedelta(seconds=self.clock.elapsed()) - jumped
            if abs(drift.total_seconds()) > GLANCE:
                self._tell(f"the clock jumped by {drift}")
                return

    def _tell_next(self) -> None:
        for name, begins in self.next().items():
            self._tell(f"{name}: next {said(begins, self.clock.now())}")

    def _once(self, subject: str, text: str) -> None:
        if self._said.get(subject) != text:
            self._said[subject] = text
            self._tell(text)

    def _tell(self, text: str) -> None:
        out.print(line(f"{moment.iso(self.clock.now())} {text}"))
