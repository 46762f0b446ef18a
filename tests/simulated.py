"""A clock that many processes share and that only a driver moves, and processes forked from here.

It lets the real schedule run through weeks in minutes: time passes as fast as everybody who goes by
it waits for it.
"""

from __future__ import annotations

import mmap
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

SLOTS = 4
"""So many processes can go by the clock at once."""
BUSY, NOBODY = 0.0, -1.0
TICK = 0.001
"""Real seconds between two looks of one who waits."""


class SharedTime:
    """Simulated time in memory that forked processes share: seconds elapsed, which never jump, the
    time of day, which does, and until when the process in each slot waits."""

    def __init__(self, start: datetime) -> None:
        self._cells = memoryview(mmap.mmap(-1, 8 * (2 + SLOTS))).cast("d")
        self._cells[0] = 1.0
        self._cells[1] = start.timestamp()
        for slot in range(SLOTS):
            self.leave(slot)

    @property
    def elapsed(self) -> float:
        return self._cells[0]

    @property
    def offset(self) -> float:
        """The time of day less the seconds elapsed."""
        return self._cells[1]

    def now(self) -> datetime:
        return datetime.fromtimestamp(int(self.elapsed + self.offset), UTC)

    def jump(self, seconds: float) -> None:
        """Put the time of day forward or back."""
        self._cells[1] += seconds

    def enter(self, slot: int) -> None:
        self._cells[2 + slot] = BUSY

    def leave(self, slot: int) -> None:
        self._cells[2 + slot] = NOBODY

    def sleep_until(self, slot: int, moment: float) -> None:
        self._cells[2 + slot] = moment

    def waits(self) -> list[float]:
        """Until when each waits, or that it is busy."""
        return [cell for cell in self._cells[2:].tolist() if cell != NOBODY]

    def advance(self, longest: float) -> bool:
        """Let time pass until somebody's wait is over; False while somebody is busy."""
        step = min([wait - self.elapsed for wait in self.waits()] + [longest])
        if step <= 0:  # somebody is busy, or has not yet seen that his wait is over
            return False
        self._cells[0] += step
        return True


class SharedClock:
    """The clock of a process in a slot (a ``peephole.clocks.Clock``)."""

    def __init__(self, shared: SharedTime, slot: int) -> None:
        self.shared = shared
        self.slot = slot
        self.asked = 0
        signal.signal(signal.SIGTERM, self._stop)

    def now(self) -> datetime:
        return self.shared.now()

    def elapsed(self) -> float:
        return self.shared.elapsed

    def wait(self, seconds: float) -> None:
        asked, end = self.asked, self.shared.elapsed + max(seconds, 0.0)
        self.shared.sleep_until(self.slot, end)
        while self.shared.elapsed < end and self.asked == asked:
            time.sleep(TICK)
        self.shared.enter(self.slot)

    def _stop(self, _number: int, _frame: object) -> None:
        self.asked += 1


@dataclass
class Forked:
    """A process forked from this one."""

    pid: int
    status: int | None = field(default=None)

    def poll(self) -> int | None:
        if self.status is None:
            found, status = os.waitpid(self.pid, os.WNOHANG)
            if found:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def fork(deed: Callable[[], None], said: Path) -> Forked:
    """A process that does a deed, in a session of its own, and writes into a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Forked(pid)
    status = 70
    try:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        opened = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(opened, 1)
        os.dup2(opened, 2)
        deed()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # whatever it is, this process must not go on as a copy of its parent
        import traceback

        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)
    raise AssertionError("not reached")


def peephole(
    words: Sequence[str],
    shared: SharedTime,
    variables: Mapping[str, str],
    folder: Path,
    most_bytes: int = 0,
) -> None:
    """``peephole words`` in this process, by simulated time; with ``most_bytes`` no file can grow
    beyond that, as on a full disk."""
    from peephole import cli
    from spiders import moment

    os.environ.update(variables)
    os.chdir(folder)
    moment.now = shared.now
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    sys.argv = ["peephole", *words]
    cli.main()
