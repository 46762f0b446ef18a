"""The steps behind the commands: crawl, clean, export, map, each a function of configuration."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from peephole.config import Config
from spiders import archive, crawl, moment, wacz
from spiders.archive import ArchiveError
from spiders.job import Job, WrongInput, handed_in, history, live, replay
from spiders.ledger import TRUSTED, Ledger
from spiders.schema import RUNS
from spiders.source import Source

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
BUNDLED = Path(__file__).resolve().parents[1] / "spiders" / "sources"
FIRST_DAY = date(2018, 1, 1)
"""No list of a programme here is older."""
KEY_IN_ADDRESS = re.compile(r"(?i)[?&;](?:api[_-]?key|access[_-]?token|token|key)=|//[^/]*@")


def sources(names: Sequence[str] = ()) -> dict[str, type[Source]]:
    """The sources of those names, or all.

    Raises:
        WrongInput: one does not exist.
    """
    known = crawl.sources()
    for name in names:
        if name not in known:
            raise WrongInput(f"there is no source {name!r}; there are: {', '.join(known)}")
    return {name: known[name] for name in names} if names else known


def live_jobs(config: Config, names: Sequence[str]) -> list[Job]:
    """A job for each source that has an address, and one for each that ships as a file.

    Raises:
        WrongInput: nobody to be reached at, or no key for a source that is asked for by name.
    """
    asked = sources(names)
    shut = locked(asked)
    if names and shut:
        raise WrongInput("; ".join(shut.values()))
    crawled = [spider for name, spider in asked.items() if spider.seeds and name not in shut]
    if crawled:
        config.introduced()
    jobs = bundled_jobs(config, names)
    for spider in crawled:
        jobs.append(live(spider.name, config.archive, spider.seeds, operator=config.contact))
    if not jobs:
        raise WrongInput(f"nothing to crawl: {', '.join(names)} is only imported")
    return jobs


def locked(asked: Mapping[str, type[Source]]) -> dict[str, str]:
    """By name the sources that need a key of which the environment holds none that can be sent,
    and a sentence that says what to do."""
    return {
        name: f"{name} needs a key: get one at {spider.key_from} and set {spider.key_variable}"
        for name, spider in asked.items()
        if spider.key_variable
        and not re.fullmatch(r"[!-~]{8,200}", os.environ.get(spider.key_variable, "").strip())
    }


def history_jobs(config: Config, names: Sequence[str], since: str, until: str) -> list[Job]:
    """A job for each source whose archived copies tell its history, between two ISO dates (both
    included, either may be empty).

    Raises:
        WrongInput: no such source, or nobody to be reached at.
    """
    asked = sources(names)
    silent = [name for name, spider in asked.items() if not spider.archived]
    if silent and names:
        raise WrongInput(f"{', '.join(silent)} declares no archived copies to read")
    config.introduced()
    within = {
        name: [each for each in (p.within(since, until) for p in spider.archived) if each]
        for name, spider in asked.items()
    }
    jobs = [
        history(
            name,
            config.archive,
            patterns,
            server=config.wayback_server,
            delay=config.wayback_delay,
            operator=config.contact,
        )
        for name, patterns in within.items()
        if patterns
    ]
    if not jobs:
        days = f" between {since or 'the first day'} and {until or 'today'}"
        raise WrongInput(f"no source declares archived copies to read{days}")
    return jobs


def bundled_jobs(config: Config, names: Sequence[str] = ()) -> list[Job]:
    """A job for each source that is itself a reviewed file of the project."""
    return [
        handed_in(
            BUNDLED / spider.bundled,
            spider.name,
            config.archive,
            spider.bundled_as_of,
            mode="bundled",
        )
        for spider in sources(names).values()
        if spider.bundled
    ]


def sample_jobs(config: Config, names: Sequence[str] = ()) -> list[Job]:
    """The jobs of the sample that ships, and of the files that are sources themselves."""
    jobs = bundled_jobs(config, names)
    recorded = [name for name, spider in sources(names).items() if not spider.bundled]
    if recorded:
        jobs += replay_jobs(config, SAMPLES, recorded if names else ())
    return jobs


def replay_jobs(config: Config, path: Path, names: Sequence[str] = ()) -> list[Job]:
    """A job for each WARC at ``path`` (a WARC, a WACZ or a folder), oldest first.

    Raises:
        WrongInput: there is none, or it holds a source nobody knows.
        ArchiveError: one cannot be read.
    """
    known = sources(names)
    with _warcs(path) as warcs:
        jobs = [
            replay(warc, config.archive)
            for warc in warcs
            if not names or archive.session(warc).source in known
        ]
    for job in jobs:
        if job.source not in known:
            raise WrongInput(f"{job.warc.name} holds {job.source!r}, which is no source of ours")
    if not jobs:
        raise WrongInput(f"{path} holds no WARC" + (f" of {', '.join(names)}" if names else ""))
    return sorted(jobs, key=lambda job: (job.session.as_of, job.warc.name))


@contextmanager
def _warcs(path: Path) -> Iterator[list[Path]]:
    if path.is_dir():
        yield sorted(path.glob("*.warc.gz"))
    elif path.suffix == ".wacz":
        with tempfile.TemporaryDirectory() as folder:
            yield wacz.unpack(path, Path(folder))
    elif path.is_file():
        yield [path]
    else:
        raise WrongInput(f"there is no {path}")


def import_job(config: Config, what: str, source: str, as_of: str, notice: str) -> Job:
    """A job for a file, or for an address (which robots.txt may forbid), dated by the operator.

    Raises:
        WrongInput: the source, the date or the file cannot be used.
    """
    sources([source])
    # midnight has passed in Auckland half a day before it does in Greenwich
    spoken_for = day("--as-of", as_of, moment.now().date() + timedelta(days=1))
    if what.startswith(("http://", "https://")):
        if KEY_IN_ADDRESS.search(what):
            raise WrongInput(
                "the address holds a key, which would stand in the archive for ever; leave it out, "
                "and set the variable of a source that needs one"
            )
        config.introduced()
        return live(
            source,
            config.archive,
            (what,),
            as_of=spoken_for.isoformat(),
            notice=notice,
            operator=config.contact,
        )
    return handed_in(Path(what), source, config.archive, spoken_for.isoformat(), notice=notice)


def day(option: str, text: str, latest: date | None = None) -> date:
    """The day an option names; with ``latest`` it must lie between :data:`FIRST_DAY` and that.

    Raises:
        WrongInput: it is no such day.
    """
    try:
        found = date.fromisoformat(text)
    except ValueError as problem:
        raise WrongInput(f"{option} {text!r} is no date; write it as 2020-10-07") from problem
    if latest is not None and not FIRST_DAY <= found <= latest:
        raise WrongInput(f"{option} {found} is not a day between {FIRST_DAY} and today")
    return found


def span(since: str | None, until: str | None) -> tuple[date | None, date | None]:
    """The days that --since and --until name, both included.

    Raises:
        WrongInput: one is no day, or they lie the wrong way round.
    """
    first = day("--since", since) if since is not None else None
    last = day("--until", until) if until is not None else None
    if first and last and first > last:
        raise WrongInput(f"--since {first} is later than --until {last}")
    return first, last


def unread(config: Config, jobs: Sequence[Job]) -> tuple[list[Job], list[Job]]:
    """The jobs still to be done, and those whose WARC a trusted run has read before."""
    known = sources()
    ledger = Ledger(config.db)
    try:
        trusted = ledger.rows(
            sa.select(RUNS.c.warc, RUNS.c.parser_version).where(RUNS.c.verdict.in_(TRUSTED))
        )
    finally:
        ledger.close()
    read = {(row["warc"], row["parser_version"]) for row in trusted}
    done = [job for job in jobs if (job.warc.name, known[job.source].version) in read]
    return [job for job in jobs if job not in done], done


def run_jobs(
    config: Config, jobs: Sequence[Job], progress: Callable[[Job, int], None] | None = None
) -> list[crawl.Outcome]:
    """Run jobs; how each ended."""
    return crawl.run(jobs, config.scrapy(), progress)


def catalogue(fresh_days: Mapping[str, int] | None = None) -> pd.DataFrame:
    """What each source says of itself, for the table ``sources``, and what it expects of a look:
    least and most (rows), floor, retires_categories, fresh_days (its own, but for those handed
    in by source)."""
    expected = {name: spider.fresh_days for name, spider in crawl.sources().items()}
    expected |= fresh_days or {}
    columns = (
        *("title", "publisher", "homepage", "licence", "licence_url", "attribution"),
        *("passes_on", "caveat"),
    )
    return pd.DataFrame(
        [
            {"source": name, "least": spider.expects.start, "most": spider.expects.stop}
            | {"fresh_days": expected[name]}
            | {said: getattr(spider, said) for said in (*columns, "floor", "retires_categories")}
            for name, spider in crawl.sources().items()
        ]
    )


def cleaned(config: Config, db: str, known: pd.DataFrame | None = None) -> dict[str, pd.DataFrame]:
    """The clean tables from what trusted looks saw, as the ledger at ``db`` has it, up to
    ``config.as_of``; ``known`` are the rows of :func:`catalogue` that are to be there, else all."""
    from analysis import clean as cleaning
    from analysis import read

    known = catalogue(config.fresh_days) if known is None else known
    ledger = Ledger(db)
    try:
        facts = read.facts(ledger, known, config.as_of)
    finally:
        ledger.close()
    return cleaning.clean(facts, known)


def clean(config: Config) -> dict[str, pd.DataFrame]:
    """The clean tables from what trusted looks saw (up to ``config.as_of``), written as files."""
    from analysis import clean as cleaning

    tables = cleaned(config, config.db)
    cleaning.save(tables, config.clean)
    return tables


def tables(config: Config) -> dict[str, pd.DataFrame]:
    """The clean tables as they were last written."""
    from analysis import read

    return read.tables(config.clean)


def pack(config: Config, target: Path) -> int:
    """Pack the whole archive into a WACZ; the number of answers in it."""
    warcs = sorted(config.archive.glob("*.warc.gz"))
    if not warcs:
        raise ArchiveError(f"there is nothing to pack: {config.archive} holds no WARC")
    return wacz.pack(warcs, target)


def check(paths: Sequence[Path]) -> dict[Path, list[str]]:
    """What is wrong with each archive."""
    return {path: wacz.check(path) for path in paths}
