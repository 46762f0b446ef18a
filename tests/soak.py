"""A soak: the real schedule runs for simulated weeks against a faulty server, twice at once, while
processes are killed, the disk fills up or cannot be written, and the clock jumps.

``python -m tests.soak --runs 500 --seed 1`` says what happened and what did not hold; exit status
1 where something did not. Each crawl is the real command in a process of its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests import holding, warm
from tests.aimed import PATHS, point
from tests.command import atlas, row
from tests.server import Answer, Asked, Server
from tests.simulated import TICK, Forked, SharedClock, SharedTime, fork, peephole
from tests.test_crawl import kml

CONTACT = "https://example.org/soak"
PLAN = {
    "timezone": "America/Chicago",
    "jitter": 120,
    "ring_agency_map": "17 * * * *",
    "atlas_of_surveillance": "41 1-23/2 * * 0-6",
}
START = datetime(2026, 10, 31, 17, tzinfo=UTC)
"""Summer time ends in the following night."""
TO_SPRING = datetime(2027, 3, 13, 20, tzinfo=UTC)
"""To here the clock jumps in the middle of the soak: summer time begins in the following night."""
HOUR, DAY = 3600.0, 86400.0
MEGABYTE = 1 << 20
QUIET = 9 * HOUR
"""In the end, so that all comes to rest: the longest distance between two tries, and some more."""
PACE = 0.004
"""Real seconds for each look at a child: 0.2 simulated ones."""


@dataclass
class Told:
    """What the soak counts: ``wrong`` are sentences on what did not hold."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Begun:
    """A command that a schedule (or, from slot -1, a person) began."""

    pid: int
    words: list[str]
    elapsed: float
    offset: float
    slot: int

    @property
    def source(self) -> str:
        return self.words[2] if self.words[0] == "crawl" else ""


class Log(list[Asked]):
    """A server's log in a file: who asked for what when."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def append(self, asked: Asked) -> None:
        pid = int(asked.headers["User-Agent"].rpartition("/")[2].rstrip(")"))
        with self.file.open("a") as file:
            file.write(json.dumps([pid, asked.path, asked.began, asked.ended]) + "\n")


def answers(chance: random.Random, bodies: Sequence[bytes], count: int) -> list[Answer]:
    """Bodies that change from time to time, with a fault now and then."""
    found = []
    version = 0
    for _ in range(count):
        version = min(version + (chance.random() < 0.2), len(bodies) - 1)
        whole = Answer(bodies[version], etag=f'"{version}"')
        bad = chance.choice(
            [
                Answer(status=503),
                Answer(status=429, headers={"Retry-After": "1"}),
                Answer(fault="reset"),
                Answer(fault="close"),
                Answer(bodies[version], fault="truncate"),
                Answer(b"<html><body>" + b"Sorry, we are down. " * 9 + b"</body></html>"),
                Answer(bodies[version], after=0.4),
            ]
        )
        found.append(bad if chance.random() < 0.12 else whole)
    return found


def bodies() -> dict[str, dict[bytes, set[str]]]:
    """What each source may answer, with the names of the departments in it."""
    found: dict[str, dict[bytes, set[str]]] = {name: {} for name in PATHS}
    for version in range(40):
        rows = range(30 + version)
        name = f"Town {{}} of {version // 8} Police Department"
        names = {name.format(n) for n in rows}
        found["ring_agency_map"][kml(len(rows), name)] = names
        found["atlas_of_surveillance"][atlas(row(each) for each in sorted(names))] = names
    return found


class Soak:
    """One soak in a folder."""

    def __init__(self, folder: Path, runs: int, seed: int, disk: bool, brief: bool) -> None:
        self.folder = folder
        self.wanted = runs
        self.brief = brief
        self.chance = random.Random(seed)
        self.shared = SharedTime(START)
        self.told = Told()
        self.data = folder / "data"
        self.data.mkdir()
        self.disk = disk
        if disk:
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=96m", "soak", str(self.data)], check=True
            )
        self.said, self.asked, self.full = (
            folder / name for name in ("said.log", "asked.log", "full")
        )
        self.schedules: dict[int, Forked] = {}
        self.again: dict[int, float] = {}
        self.hands: list[Forked] = []
        self.begun: list[Begun] = []
        self.strikes: list[tuple[float, int, int]] = []
        self.ill = ""
        self.calm = self.whole = False
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        schedule = "\n".join(f"{name} = {json.dumps(said)}" for name, said in PLAN.items())
        (folder / "peephole.toml").write_text(f"[schedule]\n{schedule}\n")
        self.known = bodies()
        self.server = self._serve()

    def _serve(self) -> Forked:
        script: dict[str, Any] = {
            path: answers(self.chance, list(self.known[name]), self.wanted * 3)
            for name, path in PATHS.items()
        }
        ports, told = os.pipe()

        def deed() -> None:
            server = Server(script)
            server.asked = Log(self.asked)
            with server:
                os.write(told, f"{server.port}\n".encode())
                signal.pause()

        server = fork(deed, self.said)
        port = int(os.read(ports, 20))
        self.seeds = {name: f"http://127.0.0.1:{port}{path}" for name, path in PATHS.items()}
        return server

    def begin(self, words: Sequence[str], slot: int) -> Forked:
        """Fork a command, with little room on the disk where it is full, and note that it began."""
        most = 0
        if self.full.exists():
            most = random.choice((20_000, 200_000))
        published = words[0] == "run"
        seldom = random.random()

        def deed() -> None:
            if (
                published and seldom > 0.02 and not self.whole
            ):  # datasets and site take seconds of a core
                from peephole import publishing, steps

                publishing.publish = lambda config: (
                    None if seldom > 0.1 else steps.clean(config) and None
                )
            point(self.seeds)
            variables = {
                "PEEPHOLE_CONTACT": f"{CONTACT}/{os.getpid()}",
                "PEEPHOLE_DATA": str(self.data),
            }
            peephole(words, self.shared, variables, self.folder, most)

        child = fork(deed, self.said)
        noted = [child.pid, list(words), self.shared.elapsed, self.shared.offset, slot]
        os.write(self._write, (json.dumps(noted) + "\n").encode())
        return child

    def schedule(self, slot: int) -> None:
        """Begin a schedule."""

        def deed() -> None:
            from peephole import config as configuration
            from peephole.plan import planned
            from peephole.schedule import Schedule

            os.chdir(self.folder)
            os.environ.update({"PEEPHOLE_CONTACT": CONTACT, "PEEPHOLE_DATA": str(self.data)})
            random.seed(os.getpid())
            config = configuration.load()
            plan, _ = planned(config)
            clock = SharedClock(self.shared, slot)
            Schedule(config, plan, clock, lambda words: self.begin(words, slot)).follow()

        self.shared.enter(slot)
        self.schedules[slot] = fork(deed, self.said)
        self.told.counts["schedules begun"] += 1

    def run(self) -> None:
        """Soak until so many crawls have been begun, then let all come to rest."""
        events: list[tuple[float, Callable[[], None]]] = [
            (5 * HOUR, self._jump),
            (7 * HOUR, self._fall_ill),
        ]
        due = [self.shared.elapsed + self.chance.expovariate(1 / each) for each, _ in events]
        sprung = False
        for slot in (0, 1):
            self.schedule(slot)
        while len(self.begun) < self.wanted:
            self._go_on(min(due))
            for number, (each, event) in enumerate(events):
                if self.shared.elapsed >= due[number]:
                    event()
                    due[number] = self.shared.elapsed + self.chance.expovariate(1 / each)
            if not sprung and len(self.begun) > self.wanted / 2:
                sprung = True
                self._jump((TO_SPRING - self.shared.now()).total_seconds())
        self._recover()
        self.strikes.clear()
        self.calm = True
        end = self.shared.elapsed + (2 * HOUR if self.brief else QUIET)
        while self.shared.elapsed < end:
            self._go_on(end)
        for slot in self.schedules:
            self.schedules[slot].send_signal(signal.SIGTERM)
        while self.schedules:
            self._go_on(self.shared.elapsed + HOUR)
            self.again.clear()
        for child in self.hands:
            while child.poll() is None:
                time.sleep(0.01)
        self.told.counts["simulated hours"] = round(self.shared.elapsed / HOUR)
        self.server.send_signal(signal.SIGKILL)

    def check(self) -> None:
        """Publish once more, with all there is to it, and have the commands check all."""
        self.whole = True
        all_told = [["run", "--source", "corrections"], ["archive", "check"], ["verify"]]
        for words in all_told[1:2] if self.brief else all_told:
            child = self.begin(words, -1)
            while child.poll() is None:
                time.sleep(0.01)
            if child.status:
                lines = self.said.read_text().splitlines()[-100:]
                said = [line for line in lines if not line.startswith("note:")][-9:]
                self.told.wrong.append(f"{' '.join(words)}: status {child.status}: {said}")

    def _go_on(self, until: float) -> None:
        """Look after the processes and let some time pass, up to a moment."""
        self._hear()
        self._strike()
        self._reap()
        for slot, moment in list(self.again.items()):
            if self.shared.elapsed >= moment:
                del self.again[slot]
                self.schedule(slot)
        polling = any(wait - self.shared.elapsed < 1 for wait in self.shared.waits())
        longest = min([until, *self.again.values()]) - self.shared.elapsed
        self.shared.advance(max(longest, 0.001))
        time.sleep(PACE if polling or self.strikes else TICK)

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            for line in os.read(self._read, 1 << 16).decode().splitlines():
                begun = Begun(*json.loads(line))
                if begun.source:
                    self.begun.append(begun)
                who = "by hand" if begun.slot < 0 else "by a schedule"
                self.told.counts[f"{begun.words[0]} begun {who}"] += 1
                self._plot(begun)

    def _plot(self, begun: Begun) -> None:
        """Perhaps strike the new child or its schedule in a moment, or crawl by hand meanwhile."""
        if self.calm:
            return
        now = time.monotonic() + self.chance.uniform(0, 0.6)
        what = self.chance.random()
        number = self.chance.choice((signal.SIGKILL, signal.SIGTERM))
        if what < 0.14:
            self.strikes.append((now, begun.pid, number))
        elif what < 0.20 and begun.slot in self.schedules:
            self.strikes.append((now, self.schedules[begun.slot].pid, number))
        elif what < 0.30 and begun.source and begun.slot >= 0:
            self.hands.append(self.begin(["crawl", "--source", begun.source], -1))

    def _strike(self) -> None:
        now = time.monotonic()
        for strike in [each for each in self.strikes if each[0] <= now]:
            self.strikes.remove(strike)
            _, pid, number = strike
            ours = [child.pid for child in self.schedules.values()]
            kind = "schedule" if pid in ours else "child"
            with suppress(ProcessLookupError):
                os.kill(pid, number)
                self.told.counts[f"{signal.Signals(number).name} to a {kind}"] += 1

    def _reap(self) -> None:
        self.hands = [child for child in self.hands if child.poll() is None]
        for slot, child in list(self.schedules.items()):
            status = child.poll()
            if status is None:
                continue
            del self.schedules[slot]
            self.shared.leave(slot)
            self.again[slot] = self.shared.elapsed + self.chance.uniform(1, 600)
            if status not in (0, -signal.SIGKILL):
                self.told.wrong.append(f"a schedule ended with status {status}")
            if not self.ill and status == 0:
                self.told.counts["schedules stopped"] += 1

    def _jump(self, seconds: float | None = None) -> None:
        far = self.chance.choice((90.0, HOUR, 5 * HOUR, DAY, 3 * DAY))
        self.shared.jump(seconds or self.chance.choice((-1, 1)) * far)
        self.told.counts["clock jumps"] += 1

    def _fall_ill(self) -> None:
        if self.ill:
            self._recover()
            return
        self.ill = self.chance.choice(("full", "read-only") if self.disk else ("full",))
        filler = self.data / "filler"
        if self.disk and self.ill == "full":
            with suppress(OSError), filler.open("wb") as file:
                while True:
                    file.write(bytes(MEGABYTE))
        elif self.ill == "read-only" and not self._mounted("ro"):
            self.ill = ""
            return
        elif not self.disk:
            self.full.touch()
        self.told.counts[f"disk {self.ill}"] += 1

    def _recover(self) -> None:
        while self.ill == "read-only" and not self._mounted("rw"):
            time.sleep(0.01)
        (self.data / "filler").unlink(missing_ok=True)
        self.full.unlink(missing_ok=True)
        self.ill = ""

    def _mounted(self, how: str) -> bool:
        return not subprocess.run(
            ["mount", "-o", f"remount,{how}", str(self.data)], capture_output=True
        ).returncode


def soaked(soak: Soak) -> Told:
    """What happened in a soak, and what did not hold."""
    try:
        soak.run()
        soak.check()
        soak.told.wrong += holding.violations(soak)
    finally:
        for child in (soak.server, *soak.schedules.values()):
            child.send_signal(signal.SIGKILL)
        if soak.disk:
            shutil.copytree(soak.data, soak.folder / "kept")
            subprocess.run(["umount", "--lazy", str(soak.data)], check=True)
    return soak.told


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500, help="crawls to be begun")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder to work in, which stays")
    parser.add_argument("--brief", action="store_true", help="neither a long rest nor verify")
    parser.add_argument("--disk", action="store_true", help="on a disk of its own (set by itself)")
    asked = parser.parse_args()
    if not asked.disk and _mounts():
        # in a name space of its own, so that nothing stays mounted whatever happens
        words = [sys.executable, "-m", "tests.soak", *sys.argv[1:], "--disk"]
        os.execvp("unshare", ["unshare", "--mount", *words])
    began = time.monotonic()
    warm.imported()  # here, not in each child
    gc.freeze()  # a child that collects would copy all pages of this process: 0.2 s of a core
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        told = soaked(Soak(folder, asked.runs, asked.seed, asked.disk, asked.brief))
    told.counts["seconds"] = round(time.monotonic() - began)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    told.counts["seconds of a core"] = round(sum(each.ru_utime + each.ru_stime for each in used))
    json.dump({"counts": told.counts, "wrong": told.wrong}, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 1 if told.wrong else 0


def _mounts() -> bool:
    """May this user mount a file system of his own?"""
    with suppress(OSError):
        words = ["unshare", "--mount", "mount", "-t", "tmpfs", "soak", "/tmp"]
        return not subprocess.run(words, capture_output=True).returncode
    return False


if __name__ == "__main__":
    sys.exit(_main())
