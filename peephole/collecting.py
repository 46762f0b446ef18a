"""Crawling and reading archives, with what is said while it goes on and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from peephole import notices, steps
from peephole.config import Config
from peephole.console import err, line, out
from peephole.runs import live_runs
from spiders import turns
from spiders.crawl import Outcome
from spiders.job import Job, WrongInput

COUNTED = ("listing", "count", "figure", "registered_agency", "rejection")
"""Kinds of record of which the report of a run tells the number."""

WEB_ARCHIVE = "web-archive"
"""The turn of all histories: whatever the source, the copies lie on one host, which is asked one
page at a time."""

WARNINGS = 10
"""So many unread fields are named; the log has them all."""


def past(history: bool, since: str | None, until: str | None) -> tuple[str, str] | None:
    """The days between which archived copies are wanted; None where none are."""
    if not history:
        if since or until:
            raise WrongInput("--since and --until go with --history")
        return None
    first, last = steps.span(since, until)
    return (first.isoformat() if first else "", last.isoformat() if last else "")


def collect(
    config: Config,
    names: Sequence[str],
    replay: Path | None,
    sample: bool,
    days: tuple[str, str] | None,
    if_runs: int | None = None,
) -> bool:
    """Run what was asked for, of archived copies those between two ``days``; is all healthy?

    With ``if_runs`` the one source is crawled only while the ledger holds so many live runs of it.
    """
    if if_runs is not None and (len(names) != 1 or replay or sample or days):
        raise WrongInput("--if-runs goes with one --source, crawled live")
    if sum(map(bool, (replay, sample, days))) > 1:
        raise WrongInput("--replay, --sample and --history exclude one another")
    if days:
        jobs = steps.history_jobs(config, names, *days)
    elif sample:
        jobs = steps.sample_jobs(config, names)
    elif replay:
        jobs = steps.replay_jobs(config, replay, names)
    else:
        jobs = steps.live_jobs(config, names)
        for sentence in steps.locked(steps.sources(names)).values():
            out.print(line(f"left out: {sentence}"))
    todo, done = steps.unread(config, jobs)
    for job in done:
        out.print(f"{job.source}: {job.warc.name} was read before; nothing changed")
    if any(job.mode == "live" for job in todo):
        return notices.watched(config, lambda: read(config, todo, if_runs) is True)
    return read(config, todo, if_runs) is True if todo else True


def read(config: Config, jobs: Sequence[Job], if_runs: int | None = None) -> bool | None:
    """Run jobs and say how each ended. True: all healthy; False: some not; None: nothing can be
    used.

    A source that another process is crawling is left alone, which is no failure but of an import.
    """
    with turns.taken(config.db, filter(None, map(_turn, jobs))) as ours:
        left = [job for job in jobs if _turn(job) not in ("", *ours)]
        for job in left:
            err.print(line(f"{job.source}: another process is crawling {_whom(job)}; left alone"))
        todo = [job for job in jobs if job not in left]
        if if_runs is not None and todo:
            [(source, known)] = live_runs(config.db, {job.source for job in todo}).items()
            if len(known) != if_runs:
                err.print(f"{source}: another process has crawled it meanwhile; left alone")
                return True
        healthy = _report(_run(config, todo)) if todo else True
    return None if any(job.session.as_of for job in left) else healthy


def _turn(job: Job) -> str:
    """The turn that a job needs; empty where it asks nobody."""
    if job.mode != "live":
        return ""
    return WEB_ARCHIVE if job.history else job.source


def _whom(job: Job) -> str:
    return "the web archive" if job.history else "it"


def _run(config: Config, jobs: Sequence[Job]) -> list[Outcome]:
    if not err.is_terminal:
        return steps.run_jobs(config, jobs)
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err
    ) as bar:
        tasks = {job: bar.add_task(job.source, total=None) for job in jobs}

        def told(job: Job, pages: int) -> None:
            bar.update(tasks[job], description=f"{job.source}: {pages} pages")

        return steps.run_jobs(config, jobs, told)


def _report(outcomes: Sequence[Outcome]) -> bool | None:
    for outcome in outcomes:
        verdict = outcome.verdict
        told = f"{outcome.job.source}: {verdict.state}: {verdict.reason}"
        if outcome.counts and verdict.state != "failed":
            told += _counted(outcome)
        (out if verdict.state == "healthy" else err).print(line(told))
        for field in outcome.warnings[:WARNINGS]:
            err.print(line(f"{outcome.job.source}: warning: a field nobody reads: {field!r}"))
        if len(outcome.warnings) > WARNINGS:
            more = len(outcome.warnings) - WARNINGS
            err.print(f"{outcome.job.source}: warning: and {more} more fields")
    states = {outcome.verdict.state for outcome in outcomes}
    if states == {"failed"}:
        err.print("nothing of this is published; the last good data stand")
        return None
    return states <= {"healthy"}


def _counted(outcome: Outcome) -> str:
    parts = [
        f"{number:,} {kind}{' in ' + programme if programme else ''}"
        for key, number in sorted(outcome.counts.items())
        for kind, _, programme in [key.partition(":")]
        if kind in COUNTED and number
    ]
    return f" ({', '.join(parts)})" if parts else ""
