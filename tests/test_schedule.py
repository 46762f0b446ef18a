"""When a source is due, by any clock; and the schedule that follows, by one that is not this
machine's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from peephole import config as configuration
from peephole import cron
from peephole.children import LONGEST as LONGEST_RUN
from peephole.children import PATIENCE
from peephole.config import Config
from peephole.due import AHEAD, LEAST, LONGEST, beginning, distance
from peephole.plan import planned
from peephole.runs import LiveRun, crawls_ended, live_runs
from peephole.schedule import Schedule
from spiders import moment, turns
from spiders.job import WrongInput
from spiders.ledger import Ledger
from spiders.schema import Look, Run
from tests import command
from tests.aimed import PATHS, aim
from tests.crawling import CONTACT, ROOT, answers
from tests.server import Answer, Server
from tests.test_crawl import kml

NEVER: list[LiveRun] = []
CONFIGURED = 'contact = "https://example.org/x"\n[schedule]\n'


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(expression: str, zone: str = "UTC", jitter: int = 0, salt: str = "") -> cron.Timetable:
    [table] = cron.timetables(
        {"timezone": zone, "jitter": jitter, "ring_agency_map": expression}, salt
    )
    return table


def first(table: cron.Timetable, start: str, count: int) -> list[str]:
    found = table.between(at(start), at(start) + timedelta(days=4000))
    return [f"{time:%Y-%m-%dT%H:%M}" for time in islice(found, count)]


def ran(*begun: str, cut_off: Sequence[str] = ()) -> list[LiveRun]:
    runs = [LiveRun(at(each), ended=each not in cut_off) for each in begun]
    return sorted(runs, key=lambda run: run.began)


# 2026-11-23 is a Monday
@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", "sun"),
        ("7", "sun"),
        ("1", "mon"),
        ("SUN", "sun"),
        ("1-5", "mon tue wed thu fri"),
        ("0-6", "sun mon tue wed thu fri sat"),
        ("5-7", "sun fri sat"),
        ("sat-sun", "sun sat"),
        ("1,3,5-6", "mon wed fri sat"),
        ("*/2", "sun tue thu sat"),
        ("0-6/3", "sun wed sat"),
        ("1/2", "mon wed fri"),
        ("*", "sun mon tue wed thu fri sat"),
    ],
)
def test_weekdays_are_those_of_cron(field: str, days: str) -> None:
    week = times(f"0 12 * * {field}").between(at("2026-11-22T00:00"), at("2026-11-28T23:59"))
    assert " ".join(f"{time:%a}".lower() for time in week) == days


@pytest.mark.parametrize(
    ("expression", "zone", "start", "expected"),
    [
        ("17 4 * * 1", "UTC", "2026-11-23T04:17", ["2026-11-30T04:17", "2026-12-07T04:17"]),
        # a day of the month or a weekday, as cron has it where both are named
        ("0 0 13 * 5", "UTC", "2026-11-12T12:00", ["2026-11-13T00:00", "2026-11-20T00:00"]),
        ("0 0 1 * *", "UTC", "2026-11-23T00:00", ["2026-12-01T00:00", "2027-01-01T00:00"]),
        ("0 0 29 2 *", "UTC", "2026-11-23T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("0 9 * * *", "America/Chicago", "2026-10-31T20:00", ["2026-11-01T15:00"]),
        # the hour that comes twice: once where it is named, each time where all hours are
        (
            "30 1 * * *",
            "America/Chicago",
            "2026-10-31T12:00",
            ["2026-11-01T06:30", "2026-11-02T07:30"],
        ),
        (
            "30 * * * *",
            "America/Chicago",
            "2026-11-01T06:00",
            ["2026-11-01T06:30", "2026-11-01T07:30", "2026-11-01T08:30"],
        ),
        # the hour that does not come: a time in it is not left out
        (
            "30 2 * * *",
            "America/Chicago",
            "2027-03-13T12:00",
            ["2027-03-14T08:30", "2027-03-15T07:30"],
        ),
    ],
)
def test_times_are_those_of_cron_where_the_source_is(
    expression: str, zone: str, start: str, expected: list[str]
) -> None:
    assert first(times(expression, zone), start, len(expected)) == expected


@pytest.mark.parametrize(
    ("said", "because"),
    [
        ({"ring_agency_map": "17 4 * *"}, "it must have five fields"),
        ({"ring_agency_map": "@daily"}, "it must have five fields"),
        ({"ring_agency_map": 17}, "it must have five fields"),
        ({"ring_agency_map": "61 4 * * 1"}, "61"),
        ({"ring_agency_map": "x 4 * * 1"}, "x"),
        ({"ring_agency_map": "17 4 * * 8"}, "'8' is no weekday"),
        ({"ring_agency_map": "17 4 * * fri-mon"}, "no range of weekdays"),
        ({"ring_agency_map": "17 4 * * 1-x"}, "'x' is no weekday"),
        ({"ring_agency_map": "17 4 * * */0"}, "no range of weekdays"),
        ({"ring_agency_map": "17 4 31 2 *"}, "no such day ever comes"),
        ({"ring_agency_map": "17 4 * * 1", "timezone": "Mars/Olympus"}, "no time zone"),
        ({"ring_agency_map": "17 4 * * 1", "timezone": "../etc/passwd"}, "no time zone"),
        ({"ring_agency_map": "17 4 * * 1", "timezone": 5}, "no time zone"),
        ({"ring_agency_map": "17 4 * * 1", "jitter": -1}, "jitter must be whole seconds"),
        ({"ring_agency_map": "17 4 * * 1", "jitter": True}, "jitter must be whole seconds"),
        ({"ring_agency_map": "17 4 * * 1", "jitter": "5"}, "jitter must be whole seconds"),
    ],
)
def test_what_is_no_time_is_told_in_a_sentence(said: dict[str, object], because: str) -> None:
    with pytest.raises(WrongInput, match=r"\[schedule\]") as problem:
        cron.timetables(said)
    assert because in str(problem.value)


def test_a_jitter_is_the_same_whenever_asked_and_another_for_others() -> None:
    mine, others = (times("0 * * * *", jitter=300, salt=salt) for salt in ("a", "b"))
    hours = list(mine.between(at("2026-11-23T00:00"), at("2026-11-25T00:00")))
    put_off = [(mine.begins(time) - time).total_seconds() for time in hours]
    assert 0 <= min(put_off) < 60 < 240 < max(put_off) <= 300
    assert put_off == [(mine.begins(time) - time).total_seconds() for time in hours]
    assert put_off != [(others.begins(time) - time).total_seconds() for time in hours]
    assert all(mine.latest(mine.begins(time)) == time for time in hours)
    assert all(
        mine.latest(mine.begins(two) - timedelta(seconds=1)) == one for one, two in pairwise(hours)
    )


WEEKLY, HOURLY = times("17 4 * * 1"), times("17 * * * *")
NOW = "2026-11-25T12:00"


@pytest.mark.parametrize(
    ("table", "runs", "begins"),
    [
        # never read: at once
        (WEEKLY, NEVER, None),
        # served: the next time
        (WEEKLY, ran("2026-11-23T04:18"), "2026-11-30T04:17"),
        (WEEKLY, ran("2026-11-24T20:00"), "2026-11-30T04:17"),
        # missed, once or often: made up for once
        (WEEKLY, ran("2026-11-16T04:18"), "2026-11-23T04:17"),
        (WEEKLY, ran("2026-08-03T04:18"), "2026-11-23T04:17"),
        (HOURLY, ran("2026-11-25T03:17"), "2026-11-25T11:17"),
        # begun by hand a minute before a time: that time is kept, but not at once
        (HOURLY, ran("2026-11-25T11:16"), "2026-11-25T11:26"),
        # cut off: at once, but not sooner than some minutes after it began
        (WEEKLY, ran("2026-11-23T04:18", cut_off=["2026-11-23T04:18"]), "2026-11-23T04:28"),
        (WEEKLY, ran("2026-11-23T04:18", "2026-11-25T11:55", cut_off=["2026-11-25T11:55"]),
         "2026-11-25T12:05"),
        # cut off again and again: ever later, up to a limit
        (WEEKLY, ran("2026-11-25T11:00", "2026-11-25T11:30",
                     cut_off=["2026-11-25T11:00", "2026-11-25T11:30"]), "2026-11-25T11:50"),
        (WEEKLY, ran(*(moments := [f"2026-11-25T{n:02d}:00" for n in range(12)]), cut_off=moments),
         "2026-11-25T17:00"),
        # cut off, then read well: nothing to take up
        (WEEKLY, ran("2026-11-23T04:18", "2026-11-23T05:00", cut_off=["2026-11-23T04:18"]),
         "2026-11-30T04:17"),
        # the clock was put back by six hours: what it served then is not served again
        (HOURLY, ran(*(f"2026-11-25T{n:02d}:18" for n in range(4, 18))), "2026-11-25T18:17"),
        # it was years ahead: that holds up nothing
        (HOURLY, ran("2031-01-01T00:17"), "2026-11-25T11:17"),
        (HOURLY, ran("2026-11-25T11:18", "2031-01-01T00:17"), "2026-11-25T12:17"),
        (HOURLY, ran("2026-11-25T11:18", "2031-01-01T00:17", cut_off=["2031-01-01T00:17"]),
         "2026-11-25T12:17"),
        # it was some hours ahead when a crawl was killed: not before the clock is there again
        (WEEKLY, ran("2026-11-25T15:00", cut_off=["2026-11-25T15:00"]), "2026-11-25T15:10"),
    ],
)  # fmt: skip
def test_a_source_is_due(table: cron.Timetable, runs: list[LiveRun], begins: str | None) -> None:
    found = beginning(table, runs, at(NOW))
    assert found == (at(begins) if begins else at("1970-01-01"))


def test_distances_grow_to_a_limit() -> None:
    assert [distance(n) for n in (0, 1, 2, 3)] == [LEAST, LEAST, 2 * LEAST, 4 * LEAST]
    assert distance(7) == distance(10_000) == LONGEST


class Clock:
    """A clock that passes when it is waited for; ``events`` happen at moments on the way."""

    def __init__(self, start: str) -> None:
        self.present, self.passed, self.asked = at(start), 0.0, 0
        self.events: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> datetime:
        return self.present.replace(microsecond=0)

    def elapsed(self) -> float:
        return self.passed

    def wait(self, seconds: float) -> None:
        assert seconds >= 0
        self.passed += seconds
        self.present += timedelta(seconds=seconds)
        for event in [event for event in self.events if event[0] <= self.passed]:
            self.events.remove(event)
            event[1]()

    def jump(self, hours: float) -> None:
        self.present += timedelta(hours=hours)

    def stop(self) -> None:
        self.asked += 1


@dataclass
class Made:
    """A child of the tests: it takes some seconds, and heeds a signal or does not."""

    clock: Clock
    seconds: float
    status: int
    deed: Callable[[Made], None]
    heeds: Sequence[int] = (signal.SIGTERM, signal.SIGKILL)
    told: list[int] = field(default_factory=list)
    end: float = 0.0

    def __post_init__(self) -> None:
        self.end = self.clock.passed + self.seconds

    def poll(self) -> int | None:
        if any(number in self.heeds for number in self.told):
            return -self.told[-1] if self.status != 3 else 1
        if self.clock.passed < self.end:
            return None
        self.deed(self)
        self.deed = lambda _: None
        return self.status

    def send_signal(self, number: int) -> None:
        self.told.append(number)


class Village:
    """A schedule of two sources whose crawls are made up: each enters its run into the ledger."""

    def __init__(self, folder: Path, start: str, ring: str = "17 * * * *") -> None:
        self.clock = Clock(start)
        self.begun: list[tuple[str, str]] = []
        self.children: list[Made] = []
        self.heeds: Sequence[int] = (signal.SIGTERM, signal.SIGKILL)
        self.seconds = 60.0
        self.fate = "healthy"
        self.config = Config(folder, f"sqlite:///{folder / 'ledger.sqlite'}", CONTACT)
        self.plan = cron.timetables(
            {"ring_agency_map": ring, "atlas_of_surveillance": "41 5 * * *", "jitter": 0}
        )
        self.schedule = Schedule(self.config, self.plan, self.clock, self.start)

    def start(self, words: Sequence[str]) -> Made:
        source = words[2] if words[0] == "crawl" else words[0]
        self.begun.append((f"{self.clock.now():%dT%H:%M}", source))
        fate, began = self.fate, self.clock.now()

        def deed(_: Made) -> None:
            if words[0] == "crawl" and fate != "nothing":
                enter(self.config.db, source, began, fate, self.clock.now())

        status = 0 if fate == "healthy" else 1 if fate == "failed" else -9
        made = Made(self.clock, self.seconds, status, deed, self.heeds)
        self.children.append(made)
        return made

    def after(self, hours: float, *deeds: Callable[[], None]) -> None:
        """Have the schedule stop after some hours, at the latest of which deeds are done."""
        for deed in deeds:
            self.clock.events.append((hours * 3600, deed))

    def crawls(self, source: str = "ring_agency_map") -> list[str]:
        return [when for when, what in self.begun if what == source]

    def follow(self, hours: float) -> list[str]:
        self.after(hours, self.clock.stop)
        self.schedule.follow()
        return self.crawls()


def enter(url: str, source: str, began: datetime, fate: str, ended: datetime) -> None:
    ledger = Ledger(url)
    iso = moment.iso(began)
    run_id = f"{source}-{iso}-{time.monotonic_ns()}"
    ledger.begin(Run(run_id, source, "live", f"{run_id}.warc.gz", 1, iso, iso))
    if fate in ("healthy", "failed", "shutdown"):
        account = {"finish_reason": "shutdown" if fate == "shutdown" else "finished"}
        verdict = "healthy" if fate == "healthy" else "failed"
        look = Look(run_id, run_id, source, iso, verdict, "made", {"rows": 30}, account)
        ledger.finish(run_id, moment.iso(ended), verdict, "made", {}, [look])
    ledger.close()


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path, "2026-11-23T12:00")


def test_each_time_is_served_once_and_published_once(village: Village) -> None:
    village.clock.present = at("2026-11-23T05:00")
    assert village.follow(3.5) == [
        "23T05:01",  # never read before, as the Atlas a minute earlier
        *(f"23T{hour:02d}:17" for hour in range(5, 9)),
    ]
    assert village.crawls("atlas_of_surveillance") == ["23T05:00", "23T05:41"]
    assert len(village.crawls("run")) == 1 + 4 + 1  # the first two are published together
    assert village.children[0].told == []


def test_a_time_missed_is_made_up_for_once(village: Village) -> None:
    village.after(2, lambda: village.clock.jump(50))
    begun = village.follow(4)
    assert begun[:3] == ["23T12:01", "23T12:17", "23T13:17"]
    assert begun[3:] == ["25T16:01", "25T16:17", "25T17:17"]


def test_a_clock_put_back_serves_nothing_twice(village: Village) -> None:
    village.after(5, lambda: village.clock.jump(-3))
    assert village.follow(9.4) == [
        *("23T12:01", "23T12:17", "23T13:17", "23T14:17", "23T15:17", "23T16:17"),
        *("23T17:17", "23T18:17"),  # 14:17 to 16:17 came again
    ]


def test_a_crawl_that_is_cut_off_is_taken_up_again_ever_later(village: Village) -> None:
    village.fate = "killed"
    village.after(3.2, lambda: setattr(village, "fate", "healthy"))
    begun = village.follow(6)
    assert begun == [
        *("23T12:01", "23T12:12", "23T12:33", "23T13:14", "23T14:35"),
        "23T17:17",
    ]
    [runs] = live_runs(village.config.db, ["ring_agency_map"]).values()
    assert [run.ended for run in runs] == [False] * 5 + [True]


def test_a_crawl_that_cannot_begin_is_tried_ever_later(village: Village) -> None:
    village.fate = "nothing"
    begun = [at(f"2026-11-{each}") for each in village.follow(20)]
    gaps = [(two - one).total_seconds() / 60 for one, two in pairwise(begun)]
    assert gaps[:4] == pytest.approx([10, 20, 40, 80], abs=1.1)
    assert max(gaps) <= 361
    assert len(begun) < 10
    assert "run" not in {what for _, what in village.begun}


def test_a_failed_crawl_waits_for_its_next_time(village: Village) -> None:
    village.fate = "failed"
    assert village.follow(2) == ["23T12:01", "23T12:17", "23T13:17"]


def test_what_another_schedule_did_is_not_done_again(village: Village, tmp_path: Path) -> None:
    """Both know of the same time; the ledger is looked at before either begins."""
    other = Village(tmp_path, "2026-11-23T12:00")
    when = at("2026-11-23T13:17")
    village.after(1, lambda: enter(village.config.db, "ring_agency_map", when, "healthy", when))
    assert village.follow(1.5) == ["23T12:01", "23T12:17"]
    assert other.follow(1.5) == []


def test_a_source_that_another_crawls_is_left_alone(
    village: Village, capsys: pytest.CaptureFixture[str]
) -> None:
    with turns.taken(village.config.db, ["ring_agency_map"]):
        assert village.follow(1) == []
    told = [each for each in capsys.readouterr().out.splitlines() if "left alone" in each]
    due = "2026-11-23T12:01:00Z ring_agency_map: due, and "
    assert told == [f"{due}being crawled by another process; left alone"]
    assert len(village.crawls("atlas_of_surveillance")) == 1


def test_publishing_is_tried_again_and_remembered(village: Village, tmp_path: Path) -> None:
    (tmp_path / "schedule.json").mkdir()  # so that the note cannot be written
    village.follow(0.25)
    assert village.crawls("run") == ["23T12:02"]
    (tmp_path / "schedule.json").rmdir()
    again = Village(tmp_path, "2026-11-23T12:15:30")
    again.follow(0.02)
    assert again.crawls("run") == ["23T12:15"]
    assert Village(tmp_path, "2026-11-23T12:16:30").follow(0.002) == []
    assert crawls_ended(village.config.db) == 2


def test_a_clock_of_another_age_begins_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    village = Village(tmp_path, "1970-01-01T00:00")
    assert village.follow(1) == []
    assert capsys.readouterr().out.count("the clock says 1970-01-01: nothing is begun by it") == 1


@pytest.mark.parametrize(
    ("heeds", "asked", "told"),
    [
        ([signal.SIGTERM], 1, [signal.SIGTERM]),
        ([signal.SIGKILL], 1, [signal.SIGTERM, signal.SIGKILL]),
        ([signal.SIGKILL], 2, [signal.SIGTERM, signal.SIGKILL]),
    ],
)
def test_who_stops_the_schedule_stops_its_child(
    village: Village, heeds: list[int], asked: int, told: list[int]
) -> None:
    village.heeds = heeds
    village.seconds = 10_000
    for number in range(asked):
        village.clock.events.append((30 + number, village.clock.stop))
    village.schedule.follow()
    [child] = village.children
    assert child.told == told
    limit = 30 if heeds == [signal.SIGTERM] else 31 if asked == 2 else 30 + PATIENCE
    assert village.clock.passed == pytest.approx(limit, abs=2)


def test_a_crawl_without_end_is_stopped_and_the_others_go_on(village: Village) -> None:
    village.seconds = 10 * LONGEST_RUN
    village.after(1, lambda: setattr(village, "seconds", 60.0))
    village.follow(LONGEST_RUN / 3600 + 0.1)
    assert village.children[0].told == [signal.SIGTERM]
    assert village.begun[1][1] == "ring_agency_map"


def test_only_crawls_of_the_live_source_count(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    ledger = Ledger(url)
    for number, (mode, observed) in enumerate(
        [("live", "T05:00:00Z"), ("history", "T06:00:00Z"), ("replay", "T07:00:00Z")]
    ):
        at_ = f"2026-11-23{observed}"
        ledger.begin(Run(str(number), "ring_agency_map", mode, "x", 1, at_, at_))
    # a file fetched for an earlier day
    ledger.begin(Run("9", "ring_agency_map", "live", "x", 1, "2020-10-07T00:00:00Z", at_))
    ledger.close()
    enter(url, "ring_agency_map", at("2026-11-23T08:00"), "shutdown", at("2026-11-23T08:01"))
    enter(url, "ring_agency_map", at("2026-11-23T09:00"), "failed", at("2026-11-23T09:01"))
    found = live_runs(url, ["ring_agency_map", "atlas_of_surveillance"])
    assert found == {
        "ring_agency_map": [
            LiveRun(at("2026-11-23T05:00"), False),
            LiveRun(at("2026-11-23T08:00"), False),
            LiveRun(at("2026-11-23T09:00"), True),
        ],
        "atlas_of_surveillance": [],
    }
    assert crawls_ended(url) == 2
    assert AHEAD > LONGEST > LEAST


def schedule(folder: Path, server: Server, *words: str) -> subprocess.Popen[str]:
    """The real command, whose source lies on our server."""
    aimed = aim(folder / "aimed", {"ring_agency_map": server.url(PATHS["ring_agency_map"])})
    (folder / "peephole.toml").write_text(f'{CONFIGURED}ring_agency_map = "17 4 * * *"\n')
    return subprocess.Popen(
        [sys.executable, "-m", "peephole", "schedule", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=command.environment(folder / "data", PYTHONPATH=f"{aimed}{os.pathsep}{ROOT}"),
    )


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with Server({PATHS["ring_agency_map"]: [Answer(kml(30), after=60), Answer(kml(30))]}) as server:
        yield server


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory, served: Server) -> tuple[Path, str, float]:
    """A schedule that was told to stop while a source was answering slowly: its folder, what it
    said, and how long it took to stop."""
    folder = tmp_path_factory.mktemp("stopped")
    process = schedule(folder, served)
    assert process.stdout is not None
    end = time.monotonic() + 120
    while PATHS["ring_agency_map"] not in served.came and time.monotonic() < end:
        time.sleep(0.05)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    said = ""
    for text in process.stdout:
        said += text
        if "told to stop" in text:  # the page takes longer than a test may
            process.send_signal(signal.SIGTERM)
        if "stopped, as asked" in text:  # who is ending does not hear it
            process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0, said
    return folder, said, time.monotonic() - began


def test_a_schedule_that_is_told_to_stop_stops_its_crawl(
    stopped: tuple[Path, str, float],
) -> None:
    folder, said, seconds = stopped
    assert seconds < 30
    parts = ["next now", "begun", "told to stop", "did not stop: killed", "stopped, as asked"]
    places = [said.index(part) for part in parts]
    assert places == sorted(places)
    assert "Traceback" not in said
    assert answers(folder / "data", "SELECT finished_at FROM runs") == [(None,)]


def test_the_next_schedule_takes_up_what_was_cut_off(
    stopped: tuple[Path, str, float], served: Server
) -> None:
    folder, _, _ = stopped
    data = folder / "data"
    query = "SELECT finished_at IS NULL FROM runs WHERE mode = 'live' ORDER BY started_at"
    ledger = sa.create_engine(f"sqlite:///{data / 'ledger.sqlite'}")
    with ledger.begin() as connection:  # as if it had been ten minutes ago
        past = {"then": moment.iso(moment.now() - LEAST)}
        connection.execute(sa.text("UPDATE runs SET started_at = :then, observed_at = :then"), past)
    late = schedule(folder, served, "--once")
    said = late.communicate(timeout=120)[0]
    assert late.returncode == 0, said
    assert "ring_agency_map: taken up again" in said
    assert "ring_agency_map: healthy: 30 rows" in said
    assert answers(data, query) == [(1,), (0,)]
    assert (data / "site" / "index.html").exists()
    assert (data / "schedule.json").read_text() == '{"published": 1}\n'


@pytest.mark.parametrize(
    ("table", "because"),
    [
        ("", "schedules nothing"),
        ("[schedule]\ntimezone = 'UTC'", "schedules nothing"),
        ("schedule = 'daily'", "must be a table"),
        ("[schedule]\nnobody = '17 4 * * 1'", "there is no source 'nobody'"),
        ("[schedule]\ncorrections = '17 4 * * 1'", "has no address to be crawled at"),
        ("[schedule]\nfbi_agencies = '17 4 * * 1'", "needs a key"),
        ("[schedule]\nring_agency_map = 'daily'", "is no cron time"),
        ("[schedule]\njitter = -5\nring_agency_map = '17 4 * * 1'", "whole seconds"),
        ("[schedule]\ntimezone = 'Mars'\nring_agency_map = '17 4 * * 1'", "is no time zone"),
    ],
)
def test_a_schedule_that_cannot_be_followed_is_refused(
    table: str, because: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PEEPHOLE_FBI_KEY", raising=False)
    Path("peephole.toml").write_text(f'contact = "https://example.org/x"\n{table}\n')
    with pytest.raises(WrongInput, match=r"schedule|there is no source|needs a key") as problem:
        planned(configuration.load())
    assert because in str(problem.value)
    assert "\n" not in str(problem.value)


def test_whoever_does_not_say_who_asks_schedules_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PEEPHOLE_CONTACT", raising=False)
    Path("peephole.toml").write_text("[schedule]\nring_agency_map = '17 4 * * 1'\n")
    with pytest.raises(WrongInput, match="must say who asks"):
        planned(configuration.load())


def test_a_source_without_its_key_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PEEPHOLE_FBI_KEY", raising=False)
    lines = "ring_agency_map = '17 4 * * 1'\nfbi_agencies = '17 4 1 * *'\n"
    Path("peephole.toml").write_text(CONFIGURED + lines)
    plan, left_out = planned(configuration.load())
    assert [each.source for each in plan] == ["ring_agency_map"]
    assert len(left_out) == 1
    assert "fbi_agencies needs a key" in left_out[0]


def test_what_is_due_when_is_shown(tmp_path: Path) -> None:
    (tmp_path / "peephole.toml").write_text(f'{CONFIGURED}ring_agency_map = "17 4 * * *"\n')
    [row] = json.loads(command.peephole(tmp_path / "data", "schedule", "--json").stdout)
    assert row == {
        "source": "ring_agency_map",
        "times": "17 4 * * *",
        "timezone": "UTC",
        "last_begun": None,
        "next": "now",
    }
