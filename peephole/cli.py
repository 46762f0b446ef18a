"""The command line. Exit status: 0 healthy, 1 something failed or is incomplete, 2 wrong use."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from peephole import config as configuration
from peephole import doctor as examination
from peephole import steps
from peephole.config import Config
from spiders.archive import ArchiveError
from spiders.crawl import Outcome
from spiders.job import Job, WrongInput
from spiders.ledger import LedgerError

app = typer.Typer(
    help="Peephole: the public record of how US police use doorbell cameras, kept as evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
archive_app = typer.Typer(help="Pack and check the archive.", no_args_is_help=True)
app.add_typer(archive_app, name="archive")

out = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)

WARNINGS = 10
"""So many unread fields are named; the log has them all."""

SourceNames = Annotated[
    list[str] | None, typer.Option("--source", help="Only this source; may be given again.")
]
ReplayPath = Annotated[
    Path | None,
    typer.Option("--replay", help="Read a WARC, a WACZ or a folder of WARCs; no network."),
]
Sample = Annotated[bool, typer.Option("--sample", help="Read the sample that ships; no network.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


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
def run(source: SourceNames = None, replay: ReplayPath = None, sample: Sample = False) -> None:
    """Crawl, clean, export and map: everything, from public record to page."""
    config = configuration.load()
    healthy = _crawl(config, source or [], replay, sample)
    _publish(config)
    raise typer.Exit(0 if healthy else 1)


@app.command()
def crawl(source: SourceNames = None, replay: ReplayPath = None, sample: Sample = False) -> None:
    """Collect from the sources, or read an archive again, and judge each run."""
    healthy = _crawl(configuration.load(), source or [], replay, sample)
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
        out.print(_line(f"{file} as of {as_of} was imported before, byte for byte"))
    healthy = _report(_run(config, todo)) if todo else True
    # also after an import that was read before, whose build may have been cut short, and after one
    # that failed, so that the page says so, where there is a page
    if build and (healthy is not None or (config.site / "index.html").exists()):
        _publish(config)
    raise typer.Exit(0 if healthy else 1)


@app.command()
def clean() -> None:
    """Make the clean tables from what trusted runs saw."""
    config = configuration.load()
    tables = steps.clean(config)
    out.print(_said(tables) + f"; tables in {config.clean}")


@app.command()
def export() -> None:
    """Write the datasets: CSV, Parquet, GeoJSON, GeoPackage, SQLite, data package."""
    config = configuration.load()
    _export(config, steps.tables(config))


@app.command(name="map")
def map_() -> None:
    """Write the page."""
    config = configuration.load()
    _map(config, steps.tables(config))


@app.command()
def sources(as_json: AsJson = False) -> None:
    """Where records come from, how fresh they are, whether the last run can be trusted."""
    config = configuration.load()
    rows = steps.health(config)
    if as_json:
        out.print_json(json.dumps(rows))
    else:
        heads = ("source", "verdict", "rows", "last run", "last healthy look", "why")
        cells = [
            [_line("" if cell is None else str(cell)) for cell in row.values()] for row in rows
        ]
        if out.is_terminal:
            table = Table(*heads)
            for line in cells:
                table.add_row(*line)
            out.print(table)
        else:
            for words in (heads, *cells):
                out.print("\t".join(words))
    bad = [row["source"] for row in rows if row["verdict"] in ("failed", "incomplete")]
    raise typer.Exit(1 if bad else 0)


@app.command()
def serve(port: Annotated[int, typer.Option(help="Port on this machine.")] = 8000) -> None:
    """Show the page at http://127.0.0.1:PORT/ until Ctrl-C."""
    config = configuration.load()
    page = config.site / "index.html"
    if not page.exists():
        raise WrongInput(f"there is no {page}; run `peephole run` or `make map`")
    handler = partial(_QuietHandler, directory=str(config.site), exports=config.exports)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as problem:
        raise WrongInput(f"cannot listen on port {port}: {problem.strerror}") from problem
    with server:
        out.print(f"http://127.0.0.1:{server.server_port}/ (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            out.print("ended")


class _QuietHandler(SimpleHTTPRequestHandler):
    """The site, and under /exports/ the downloads it links to beside itself."""

    def __init__(self, *args: Any, directory: str, exports: Path) -> None:
        self.exports = exports
        super().__init__(*args, directory=directory)

    def translate_path(self, path: str) -> str:
        inside = Path(super().translate_path(path)).relative_to(Path(self.directory).absolute())
        if inside.parts[:1] == ("exports",):
            return str(self.exports.joinpath(*inside.parts[1:]))
        return super().translate_path(path)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        logging.getLogger(__name__).info(format, *args)

    def list_directory(self, path: str | os.PathLike[str]) -> None:
        self.send_error(404, "there is no list of this folder")


@app.command()
def doctor() -> None:
    """Say what is missing and how to mend it."""
    well = True
    for finding in examination.findings(configuration.load()):
        mark = ("well   ", "green") if finding.well else ("amiss  ", "red")
        out.print(Text.assemble(mark, _line(f"{finding.subject}: {finding.found}")))
        if not finding.well:
            out.print(f"       {_line(finding.mend)}")
            well = well and finding.subject == "contact"
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
            err.print(_line(f"{file.name}: {sentence}"))
    out.print(f"{len(found)} archives checked, {len(problems)} not as they should be")
    raise typer.Exit(1 if problems else 0)


def _crawl(config: Config, names: Sequence[str], replay: Path | None, sample: bool) -> bool:
    """Run what was asked for; is every run healthy?"""
    if replay and sample:
        raise WrongInput("--replay and --sample exclude each other")
    if sample:
        jobs = steps.sample_jobs(config, names)
    elif replay:
        jobs = steps.replay_jobs(config, replay, names)
    else:
        jobs = steps.live_jobs(config, names)
    todo, done = steps.unread(config, jobs)
    for job in done:
        out.print(f"{job.source}: {job.warc.name} was read before; nothing changed")
    return _report(_run(config, todo)) is True if todo else True


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
    """Say how each run ended. True: all healthy; False: some not; None: nothing can be used."""
    for outcome in outcomes:
        verdict = outcome.verdict
        line = f"{outcome.job.source}: {verdict.state}: {verdict.reason}"
        if outcome.counts and verdict.state != "failed":
            line += _counted(outcome)
        (out if verdict.state == "healthy" else err).print(_line(line))
        for field in outcome.warnings[:WARNINGS]:
            err.print(_line(f"{outcome.job.source}: warning: a field nobody reads: {field!r}"))
        if len(outcome.warnings) > WARNINGS:
            more = len(outcome.warnings) - WARNINGS
            err.print(f"{outcome.job.source}: warning: and {more} more fields")
    states = {outcome.verdict.state for outcome in outcomes}
    if states == {"failed"}:
        err.print("nothing of this is published; the last good data stand")
        return None
    return states <= {"healthy"}


def _line(text: str) -> str:
    """``text`` on one line, without what a terminal would obey: it may quote a hostile file."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


def _counted(outcome: Outcome) -> str:
    parts = [
        f"{number:,} {kind}{' in ' + programme if programme else ''}"
        for key, number in sorted(outcome.counts.items())
        for kind, _, programme in [key.partition(":")]
        if kind in ("listing", "count", "figure", "rejection") and number
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _publish(config: Config) -> None:
    tables = steps.clean(config)
    out.print(_said(tables))
    _export(config, tables)
    _map(config, tables)


def _said(tables: dict[str, Any]) -> str:
    agencies = tables["agencies"]
    return (
        f"{len(agencies):,} departments in {agencies['state'].nunique()} states and territories, "
        f"{len(tables['participations']):,} participations, "
        f"{len(tables['rejected']):,} rows set aside"
    )


def _export(config: Config, tables: dict[str, Any]) -> None:
    from analysis.exports import write_exports

    exports = write_exports(tables, config.exports)
    out.print(f"{len(exports)} files in {config.exports}")


def _map(config: Config, tables: dict[str, Any]) -> None:
    from maps.page import write_site

    site = write_site(tables, config.site)
    out.print(f"{site.index} ({site.departments:,} departments, {site.bytes / 1e6:.1f} MB)")


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
        err.print(_line(str(problem)))
        sys.exit(2)
    except (ArchiveError, LedgerError) as problem:
        err.print(_line(str(problem)))
        sys.exit(1)
    except Exception as problem:
        if os.environ.get("PEEPHOLE_VERBOSE"):
            raise
        if type(problem).__name__ in ("ExportError", "NothingPublished"):
            err.print(_line(str(problem)))
        elif isinstance(problem, OSError):
            err.print(_line(f"{problem.strerror or problem}: {problem.filename or ''}"))
        else:
            what = f"{type(problem).__name__}: {str(problem)[:200]}"
            err.print(_line(f"a bug: {what} (--verbose shows where)"))
        sys.exit(1)


def main() -> None:
    """The entry point of ``peephole``."""
    with _explained():
        app()


if __name__ == "__main__":
    main()
