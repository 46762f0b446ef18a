"""The clock that the schedule goes by, and how it is told to stop."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event
from typing import Protocol

from spiders import moment

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Clock(Protocol):
    """Tells the time and waits; ``asked`` counts how often somebody asked to stop."""

    asked: int

    def now(self) -> datetime:
        """The time of day, which may jump."""

    def elapsed(self) -> float:
        """Seconds since some moment, which never jump."""

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than until somebody asks to stop."""


class MachineClock:
    """The clock of this machine, stopped by SIGTERM or SIGINT."""

    def __init__(self) -> None:
        self.asked = 0
        self._asked = Event()

    def now(self) -> datetime:
        return moment.now()

    def elapsed(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        self._asked.wait(max(seconds, 0))
        self._asked.clear()

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Until the end of the block the signals ask to stop, and do no more; who has been asked
        ends, and what comes after that is not heard: his exit status says how it went."""
        before = [signal.signal(number, self._stop) for number in SIGNALS]
        try:
            yield
        finally:
            for number, handler in zip(SIGNALS, before, strict=True):
                signal.signal(number, signal.SIG_IGN if self.asked else handler)

    def _stop(self, _number: int, _frame: object) -> None:
        self.asked += 1
        self._asked.set()
