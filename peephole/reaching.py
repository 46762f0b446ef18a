"""Can each source be reached, and does its robots.txt let us in? Asked for by name only, paced,
with our name on every question; nothing of it is a look, and nothing goes into the archive."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from protego import Protego

from peephole import steps
from peephole.asking import Answer, ask
from peephole.config import Config
from peephole.doctor import Finding
from spiders import moment
from spiders.settings import DOWNLOAD_DELAY, ROBOTSTXT_USER_AGENT

SECONDS = 20.0
"""How long a server may take."""

LONGEST_ROBOTS = 512 * 1024
"""Bytes: RFC 9309 section 2.5 asks for 500 KiB at least."""

APART = 120
"""Seconds by which our clock and a server's may differ."""

SET_CLOCK = "set it and have it kept (timedatectl set-ntp true), unless that server is wrong"
LATER = "look again later; a run that meets this keeps the last good data"


@dataclass(slots=True)
class Round:
    """One walk from source to source; hosts are asked ``pace`` seconds apart."""

    agent: str
    pace: float = DOWNLOAD_DELAY
    asked: dict[str, float] = field(default_factory=dict)
    robots: dict[str, Answer | None] = field(default_factory=dict)
    apart: float | None = None

    def ask(self, address: str, most: int) -> Answer | None:
        """The answer of a host that was left alone for long enough."""
        host = urlsplit(address).netloc
        wait = self.asked.get(host, -self.pace) + self.pace - time.monotonic()
        time.sleep(max(0.0, wait))
        answer = ask(address, self.agent, seconds=SECONDS, most=most)
        self.asked[host] = time.monotonic()
        if answer is not None and self.apart is None:
            self.apart = _apart(answer.date, moment.now())
        return answer


def findings(
    config: Config, seeds: Mapping[str, tuple[str, ...]] | None = None, pace: float = DOWNLOAD_DELAY
) -> Iterator[Finding]:
    """A finding for each source and host it begins at; ``seeds`` are by default those of the
    sources. One page a host is asked for, after its robots.txt, and only where that allows it.

    Raises:
        WrongInput: nobody to be reached at.
    """
    config.introduced()
    walk = Round(str(config.scrapy()["USER_AGENT"]), pace)
    if seeds is None:
        shut = steps.locked(steps.sources())
        seeds = {name: s.seeds for name, s in steps.sources().items() if name not in shut}
    for source, addresses in seeds.items():
        first: dict[str, str] = {}
        for address in addresses:
            first.setdefault(urlsplit(address).netloc, address)
        for host, address in first.items():
            yield _reached(f"{source} at {host}", address, walk)
    if walk.apart is not None:
        yield _clock(walk.apart)


def _clock(apart: float) -> Finding:
    side = "behind" if apart > 0 else "ahead of"
    found = f"it is {abs(apart):.0f} s {side} a server's"
    return Finding("clock", abs(apart) <= APART, found, SET_CLOCK)


def _reached(subject: str, address: str, walk: Round) -> Finding:
    parts = urlsplit(address)
    host = f"{parts.scheme}://{parts.netloc}"
    if host not in walk.robots:
        walk.robots[host] = walk.ask(f"{host}/robots.txt", LONGEST_ROBOTS)
    rules = walk.robots[host]
    if rules is None:
        return Finding(subject, False, "no answer to robots.txt, which forbids all", LATER)
    if rules.status >= 500 or rules.status == 429:
        found = f"robots.txt answers {rules.status}, which forbids all (RFC 9309)"
        return Finding(subject, False, found, LATER)
    if rules.status == 200 and not _allowed(rules.body, address):
        mend = "the source is not crawled; ask its publisher, or import a file by hand"
        return Finding(subject, False, f"robots.txt forbids {parts.path or '/'}", mend)
    answer = walk.ask(address, 0)
    if answer is None:
        return Finding(subject, False, "robots.txt allows us, but no answer came", LATER)
    if answer.status >= 400:
        mend = "open it in a browser: if it has moved, the source needs its new address"
        return Finding(subject, False, f"it answers {answer.status}", mend)
    return Finding(subject, True, f"robots.txt allows us; it answers {answer.status}")


def _allowed(robots: bytes, address: str) -> bool:
    rules = Protego.parse(robots.decode("utf-8", "replace"))
    return bool(rules.can_fetch(address, ROBOTSTXT_USER_AGENT))


def _apart(date: str, now: datetime) -> float | None:
    """Seconds by which a server's clock is ahead of ours; None where it does not tell."""
    try:
        there = parsedate_to_datetime(date)
        return (there - now).total_seconds()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
