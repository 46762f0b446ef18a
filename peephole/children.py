"""A command in a process of its own: begun, waited for, told to stop when we are."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from peephole.clocks import Clock

POLL = 0.2
"""Seconds between two looks at a child."""
LONGEST = 6 * 3600.0
"""Seconds after which it is told to stop."""
PATIENCE = 75.0
"""Seconds it is given to stop: a page may take 60, and systemd waits for 90."""
NOT_BEGUN = 1


class Child(Protocol):
    """A process that runs one of our commands."""

    def poll(self) -> int | None:
        """Its exit status, negative where a signal ended it; None while it runs."""

    def send_signal(self, number: int) -> None:
        """Send it a signal; nothing where it has ended."""


Start = Callable[[Sequence[str]], Child]


def started(words: Sequence[str]) -> Child:
    """A command that writes where we write. It is in a session of its own, so that Ctrl-C reaches
    us alone: a crawl that is told to stop twice does not wait for its last answer."""
    return subprocess.Popen(  # noqa: S603 (our own command)
        [sys.executable, "-P", "-m", "peephole", *words],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def ended(words: Sequence[str], start: Start, clock: Clock, tell: Callable[[str], None]) -> int:
    """The exit status of a command, run to its end or until it stopped because the clock was asked
    to, or because it took too long; who asks twice, or is not heeded, has it killed."""
    try:
        child = start(words)
    except OSError as problem:
        tell(f"cannot be begun: {problem.strerror}")
        return NOT_BEGUN
    limit, told = clock.elapsed() + LONGEST, 0
    while (status := child.poll()) is None:
        late = clock.elapsed() > limit
        if not told and (clock.asked or late):
            tell("told to stop" if clock.asked else f"told to stop after {LONGEST / 3600:.0f} h")
            child.send_signal(signal.SIGTERM)
            limit, told = clock.elapsed() + PATIENCE, 1
        elif told == 1 and (clock.asked > 1 or late):
            tell("did not stop: killed")
            child.send_signal(signal.SIGKILL)
            told = 2
        clock.wait(POLL)
    how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"status {status}"
    tell(f"ended, {how}")
    return status
