"""The command line. Exit status: 0 healthy, 1 something failed or is incomplete, 2 wrong use."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from peephole import (
    checking,
    collecting,
    events,
    health,
    lists,
    notices,
    open_questions,
    publishing,
    server,
    steps,
)
from peephole import config as configuration
from peephole import doctor as examination
from peephole.console import err, line, out, rows
from spiders import moment
from spiders.archive import ArchiveError
from spiders.job import WrongInput
from spiders.ledger import LedgerError

app = typer.Typer(
    help="Peephole: the public record of how US police use doorbell cameras, kept as evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
archive_app = typer.Typer(help="Pack and check the archive.", no_args_is_help=True)
app.add_typer(archive_app, name="archive")

SourceNames = Annotated[
    list[str] | None, typer.Option("--source", help="Only this source; may be given again.")
]
ReplayPath = Annotated[
    Path | None,
    typer.Option("--replay", help="Read a WARC, a WACZ or a folder of WARCs; no network."),
]
History = Annotated[
    bool, typer.Option("--history", help="Read the copies the Wayback Machine holds.")
]
Since = Annotated[
    str | None, typer.Option("--since", help="With --history: of this day or later, 2019-01-01.")
]
Until = Annotated[
    str | None, typer.Option("--until", help="With --history: of this day or earlier.")
]
IfRuns = Annotated[
    int | None,
    typer.Option("--if-runs", help="Only while so many live runs are known.", hidden=True),
]
"""What ``schedule`` asks for, so that two of them do not crawl a source one after the other."""
Sample = Annotated[bool, typer.Option("--sample", help="Read the sample that ships; no network.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="As it would have been published that day: 2021-06-30."),
]


@app.callback()
def _options(
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show the log, and tracebacks of bugs.")
    ] = False,
) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.CRITICAL, format="%(name)s: %(message)s"
    )
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.INFO if verbose else logging.CRITICAL)
    if verbose:
        os.environ["PEEPHOLE_VERBOSE"] = "1"


@app.command()
def run(
    source: SourceNames = None,
    replay: ReplayPath = None,
    sample: Sample = False,
    history: History = False,
    since: Since = None,
    until: Until = None,
) -> None:
    """Crawl, clean, export and map: everything, from public record to site."""
    config = configuration.load()
    healthy = collecting.collect(
        config, source or [], replay, sample, collecting.past(history, since, until)
    )
    publishing.publish(config)
    raise typer.Exit(0 if healthy else 1)


@app.command()
def crawl(
    source: SourceNames = None,
    replay: ReplayPath = None,
    sample: Sample = False,
    history: History = False,
    since: Since = None,
    until: Until = None,
    if_runs: IfRuns = None,
) -> None:
    """Collect from the sources, or read an archive again, and judge each run."""
    past = collecting.past(history, since, until)
    healthy = collecting.collect(configuration.load(), source or [], replay, sample, past, if_runs)
    raise typer.Exit(0 if healthy else 1)


@app.command(name="import")
def import_(
    file: Annotated[str, typer.Argument(help="A file, or an address (robots.txt is obeyed).")],
    source: Annotated[str, typer.Option("--source", help="What it is an edition of.")],
    as_of: Annotated[str, typer.Option("--as-of", help="The day it speaks for: 2020-10-07.")],
    notice: Annotated[str, typer.Option(help="A sentence shown wherever it is used.")] = "",
    build: Annotated[
        bool, typer.Option("--build/--no-build", help="Clean, export and map afterwards.")
    ] = True,
) -> None:
    """Take in a file that was saved earlier, and publish what it says."""
    config = configuration.load()
    job = steps.import_job(config, file, source, as_of, notice)
    todo, done = steps.unread(config, [job])
    if done:
        out.print(line(f"{file} as of {as_of} was imported before, byte for byte"))
    healthy = collecting.read(config, todo) if todo else True
    # also after an import that was read before, whose build may have been cut short, and after one
    # that failed, so that the page says so, where there is a page
    if build and (healthy is not None or (config.site / "index.html").exists()):
        publishing.publish(config)
    raise typer.Exit(0 if healthy else 1)


@app.command()
def clean(as_of: AsOf = None) -> None:
    """Make the clean tables from what trusted runs saw."""
    config = publishing.configured(as_of)
    tables = steps.clean(config)
    out.print(publishing.said(tables) + f"; tables in {config.clean}")


@app.command()
def export(as_of: AsOf = None) -> None:
    """Write the datasets: CSV, Parquet, GeoJSON, GeoPackage, SQLite, data package."""
    config = publishing.configured(as_of)
    publishing.export(config, publishing.tables(config))


@app.command()
def release(
    folder: Annotated[
        Path | None, typer.Option("--out", help="Folder of the releases; default: data/releases.")
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", help="Its day: 2026-11-23; default: today.")
    ] = None,
) -> None:
    """Write a release: a dated folder of datasets, site, evidence and citation, for ever."""
    from peephole import release as releases

    config = configuration.load()
    today = moment.now().date()
    asked = steps.day("--version", version, today) if version is not None else today
    made = releases.release(config, asked, folder)
    out.print(line(f"{made.folder}: {made.files:,} files, {made.bytes / 1e6:,.1f} MB"))


@app.command(name="map")
def map_(
    as_of: AsOf = None,
    tiles: Annotated[
        bool,
        typer.Option(
            "--tiles", help="With street tiles, which the page fetches from their server."
        ),
    ] = False,
) -> None:
    """Write the site: the map, a page for every department and state, the list."""
    config = publishing.configured(as_of)
    publishing.draw(config, publishing.tables(config), tiles=tiles)


@app.command()
def changes(
    since: Annotated[str | None, typer.Option(help="Seen on this day or later.")] = None,
    until: Annotated[str | None, typer.Option(help="Seen on this day or earlier.")] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="Of departments of this state, as IL; may be repeated.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Of this kind, as delisted; may be repeated.")
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """What came, went, was counted, revised or corrected, and when it was seen."""
    config = publishing.configured(as_of)
    wanted = events.asked(since, until, state or (), kind or ())
    found = events.chosen(publishing.tables(config), wanted)
    if as_json:
        out.print_json(json.dumps(events.objects(found)))
    else:
        rows(events.HEADS, events.lines(found))


@app.command()
def link(
    file: Annotated[Path, typer.Argument(help="A CSV of departments, one a row.")],
    name: Annotated[str, typer.Option(help="Column with the department's name.")],
    state: Annotated[str, typer.Option(help="Column with its state, in any form.")],
    place: Annotated[str | None, typer.Option(help="Column with its city or town.")] = None,
    county: Annotated[str | None, typer.Option(help="Column with its county.")] = None,
    kind: Annotated[str | None, typer.Option(help="Column with its kind, as Sheriff.")] = None,
    target: Annotated[
        Path | None, typer.Option("--out", help="File to write; default: standard output.")
    ] = None,
) -> None:
    """Link your own list of departments to ours and to the FBI's register."""
    named = {"name": name, "state": state, "place": place, "county": county, "kind": kind}
    columns = {said: column for said, column in named.items() if column is not None}
    told = lists.link(file, columns, target, publishing.tables(configuration.load()))
    (out if target else err).print(line(told))


@app.command()
def review(as_json: AsJson = False) -> None:
    """What a person must decide: departments that may be one, or may be none of the register."""
    found = open_questions.asked(publishing.tables(configuration.load()))
    if as_json:
        out.print_json(json.dumps(found))
    else:
        rows(open_questions.HEADS, open_questions.lines(found))
        err.print(line(open_questions.said(found)))


@app.command()
def sources(
    source: SourceNames = None,
    as_json: AsJson = False,
    notify: Annotated[
        bool, typer.Option("--notify", help="Tell those in PEEPHOLE_NOTIFY what is new to them.")
    ] = False,
) -> None:
    """How each source is: its last looks against what is expected, its age, how full it is."""
    config = configuration.load()
    found = health.health(config, source or (), full=as_json or bool(source))
    if as_json:
        out.print_json(json.dumps([one.object() for one in found]))
    else:
        rows(health.HEADS, health.lines(found))
        for one in found if source else ():
            rows(health.LOOK_HEADS, health.look_lines(one))
            rows(health.FIELD_HEADS, health.field_lines(one))
    untold = notices.tell(config) if notify else []
    for sentence in untold:
        err.print(line(sentence))
    bad = [one.source for one in found if one.verdict in ("failed", "incomplete")]
    raise typer.Exit(1 if bad or untold else 0)


@app.command()
def schedule(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Say what is due when, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Crawl each source at the times that peephole.toml says, publish, and go on until stopped."""
    from peephole import plan as planning
    from peephole.clocks import MachineClock
    from peephole.schedule import Schedule

    config, clock = configuration.load(), MachineClock()
    plan, left_out = planning.planned(config)
    if show or as_json:
        found = planning.outlook(config, plan, clock.now())
        if as_json:
            out.print_json(json.dumps(found))
        else:
            rows(planning.HEADS, [tuple(row.values()) for row in found])
        return
    for sentence in left_out:
        out.print(line(f"left out: {sentence}"))
    follower = Schedule(config, plan, clock)
    with clock.stoppable():
        if once:
            raise typer.Exit(0 if follower.once() else 1)
        follower.follow()


@app.command()
def serve(port: Annotated[int, typer.Option(help="Port on this machine.")] = 8000) -> None:
    """Show the page at http://127.0.0.1:PORT/ until Ctrl-C."""
    with server.listening(configuration.load(), port) as listener:
        out.print(f"http://127.0.0.1:{listener.server_port}/ (Ctrl-C ends it)")
        try:
            listener.serve_forever()
        except KeyboardInterrupt:
            out.print("ended")


@app.command()
def doctor(
    online: Annotated[
        bool, typer.Option("--online", help="Also ask each source whether it lets us in.")
    ] = False,
) -> None:
    """Say what is missing and how to mend it."""
    from peephole import reaching

    well = True
    config = configuration.load()
    online_too = reaching.findings(config) if online else ()
    for finding in chain(examination.findings(config), online_too):
        mark = ("well   ", "green") if finding.well else ("amiss  ", "red")
        out.print(Text.assemble(mark, line(f"{finding.subject}: {finding.found}")))
        if not finding.well:
            out.print(f"       {line(finding.mend)}")
            well = well and finding.subject == "contact"
    raise typer.Exit(0 if well else 1)


@app.command()
def verify(
    fact: Annotated[
        str | None,
        typer.Argument(help="A department, a capture or a row_id of evidence; default: all."),
    ] = None,
    table: Annotated[
        str | None, typer.Option("--table", help="With a fact: only in this table.")
    ] = None,
    release: Annotated[
        Path | None, typer.Option("--release", help="Check the release in this folder instead.")
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Check everything again, from the archived bytes to what is published; or prove one fact."""
    from peephole import verify as verifying

    if table is not None and fact is None:
        raise WrongInput("--table goes with the id of a fact")
    config = publishing.configured(as_of)
    if fact is not None:
        with verifying.facts(config, fact, table, release) as found:
            well = checking.proved(found, as_json)
    else:
        with checking.progress() as tell:
            well = checking.told(verifying.findings(config, release, tell), as_json)
    raise typer.Exit(0 if well else 1)


@archive_app.command(name="pack")
def archive_pack(
    target: Annotated[Path | None, typer.Option("--out", help="The WACZ to write.")] = None,
) -> None:
    """Pack all WARCs with an index into one WACZ, to hand over."""
    config = configuration.load()
    target = target or config.data / "peephole.wacz"
    answers = steps.pack(config, target)
    out.print(f"{target}: {answers} answers, {target.stat().st_size:,} bytes")


@archive_app.command(name="check")
def archive_check(
    path: Annotated[
        Path | None, typer.Argument(help="A WACZ, a WARC or a folder; default: the archive.")
    ] = None,
) -> None:
    """Hash every record again and say what does not match."""
    config = configuration.load()
    path = path or config.archive
    if not path.exists():
        raise WrongInput(f"there is no {path}")
    found = sorted(path.glob("*.warc.gz")) if path.is_dir() else [path]
    if not found:
        raise WrongInput(f"{path} holds no WARC")
    problems = {file: told for file, told in steps.check(found).items() if told}
    for file, told in problems.items():
        for sentence in told:
            err.print(line(f"{file.name}: {sentence}"))
    out.print(f"{len(found)} archives checked, {len(problems)} not as they should be")
    raise typer.Exit(1 if problems else 0)


EXPLAINED = ("ExportError", "NothingPublished", "WrongAsset", "WrongDecision")
"""Errors that say themselves what is wrong, by name: their modules are not imported for this."""


@contextmanager
def _explained() -> Iterator[None]:
    """Known troubles as one sentence and an exit status; a bug as one sentence too, with the
    traceback under --verbose."""
    try:
        yield
    except KeyboardInterrupt:
        err.print("stopped")
        sys.exit(1)
    except WrongInput as problem:
        err.print(line(str(problem)))
        sys.exit(2)
    except (ArchiveError, LedgerError) as problem:
        err.print(line(str(problem)))
        sys.exit(1)
    except Exception as problem:
        if os.environ.get("PEEPHOLE_VERBOSE"):
            raise
        if type(problem).__name__ in EXPLAINED:
            err.print(line(str(problem)))
        elif isinstance(problem, OSError):
            err.print(line(f"{problem.strerror or problem}: {problem.filename or ''}"))
        else:
            what = f"{type(problem).__name__}: {str(problem)[:200]}"
            err.print(line(f"a bug: {what} (--verbose shows where)"))
        sys.exit(1)


def main() -> None:
    """The entry point of ``peephole``."""
    with _explained():
        app()


if __name__ == "__main__":
    main()
