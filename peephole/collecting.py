"""Crawling and reading archives, with what is said while it goes on and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from peephole import steps
from peephole.config import Config
from peephole.console import err, line, out
from spiders.crawl import Outcome
from spiders.job import Job, WrongInput

COUNTED = ("listing", "count", "figure", "registered_agency", "rejection")
"""Kinds of record of which the report of a run tells the number."""

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
) -> bool:
    """Run what was asked for, of archived copies those between two ``days``; is all healthy?"""
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
    return read(config, todo) is True if todo else True


def read(config: Config, jobs: Sequence[Job]) -> bool | None:
    """Run jobs and say how each ended. True: all healthy; False: some not; None: nothing can be
    used."""
    return _report(_run(config, jobs))


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
