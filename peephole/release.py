"""A release: a dated folder that is never written again, with all a stranger needs."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd

from analysis.catalogue import metadata
from analysis.codebook import CODEBOOK, codebook
from analysis.comparison import compared, new_changes
from analysis.datapackage import DESCRIPTION, TITLE, describe
from analysis.dictionary import data_dictionary
from analysis.exports import WRITE_ERRORS, ExportError, staged, staging, write_exports
from analysis.formats import write_csv, write_json
from analysis.licences import Forbidden, handed_on
from analysis.read import NothingPublished
from analysis.workbook import write_workbook
from maps.page import Streets, write_site
from peephole import steps
from peephole.config import Config
from peephole.deposit import bundle, citation, deposit, sums
from peephole.release_notes import changelog, readme
from spiders import wacz
from spiders.archive import ArchiveError, hashed
from spiders.job import WrongInput
from spiders.ledger import Ledger

Tables = Mapping[str, pd.DataFrame]

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
SUMS, DEPOSIT = "SHA256SUMS", "deposit"
LARGEST_SITE = 25_000
"""Departments; more than the register of the FBI knows. A site of more takes minutes and hundreds
of thousands of files, so it is left out, and the README says so."""
SMALL = 1 << 20
"""Bytes up to which a file is read whole to be hashed."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was made: its folder, its files and their bytes."""

    folder: Path
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a release takes from beside its tables.

    ``archive`` is the folder of the WARCs (none: the release carries no evidence), ``site`` a site
    whose pages are taken over where they are the same; ``contact``, ``address`` and ``streets`` as
    :func:`maps.page.write_site` takes them; ``left_out`` the titles of sources that were read and
    that no release may hold.
    """

    archive: Path | None = None
    site: Path | None = None
    contact: str = ""
    address: str = ""
    streets: Streets | None = None
    left_out: Sequence[str] = field(default_factory=tuple)


def release(config: Config, version: date, folder: Path | None = None) -> Release:
    """Make the release of a day from what the ledger holds.

    The tables are made anew, without the sources that pass nothing on: as though those had never
    been read.

    Raises:
        WrongInput: there is one of that day already.
        NothingPublished: no run has brought anything that may be handed on.
        ArchiveError: a WARC that it must carry is missing or broken.
        ExportError: a file cannot be written; then no release was made.
    """
    folder = folder or config.data / "releases"
    _unmade(folder, version)
    known = steps.catalogue(config.fresh_days)
    shut = known["passes_on"].eq("nothing")
    tables = steps.cleaned(config, config.db, known[~shut])
    if tables["captures"].empty:
        raise NothingPublished("there is nothing to release yet; run `peephole run` first")
    ledger = Ledger(config.db)
    try:
        seen = [name for name in known.loc[shut, "source"] if ledger.last_look(name) is not None]
    finally:
        ledger.close()
    titles = known.set_index("source")["title"]
    return write_release(
        tables,
        folder,
        version,
        Surroundings(
            archive=config.archive,
            site=config.site,
            contact=config.contact,
            address=config.site_address,
            streets=Streets(config.tiles, config.tiles_attribution) if config.tiles else None,
            left_out=[titles[name] for name in seen],
        ),
    )


def write_release(tables: Tables, folder: Path, version: date, around: Surroundings) -> Release:
    """Write the release of ``tables`` as ``folder/VERSION``, whole or not at all.

    It is compared with the newest earlier release in ``folder``. The same tables, day and
    surroundings, after the same release, give the same bytes.

    Raises:
        WrongInput: there is one of that day already.
        ArchiveError: a WARC that it must carry is missing or broken.
        ExportError: the tables hold what may not be handed on, or a file cannot be written.
    """
    target = _unmade(folder, version)
    with _explained(target), staging(folder) as drafts:
        handed_on(tables)
        here = drafts / target.name
        here.mkdir()
        before = _last_before(folder, version)
        exports = write_exports(tables, here / "exports")
        exports = [each for each in exports if each.table or each.format == "sqlite"]
        write = partial(staged, here, here)
        exports.append(write("peephole.xlsx", partial(write_workbook, tables)))
        exports.append(write("codebook.csv", partial(write_csv, CODEBOOK, codebook())))
        if around.archive and (warcs := _handed_on_bytes(tables, around.archive)):
            pack = partial(wacz.pack, warcs)
            exports.append(write("evidence/archive.wacz", pack))
        write("datapackage.json", partial(write_json, describe(tables, exports, here, target.name)))
        write("metadata.json", partial(write_json, metadata(tables)))
        if len(tables["agencies"]) <= LARGEST_SITE:
            _write_site(tables, here / "site", around)
        _write_words(tables, here, version, before, around)
        _seal(tables, here, target.name, around)
        here.replace(target)
    files = [path for path in target.rglob("*") if path.is_file()]
    return Release(target, len(files), sum(path.stat().st_size for path in files))


def _unmade(folder: Path, version: date) -> Path:
    target = folder / version.isoformat()
    if target.exists():
        raise WrongInput(
            f"there is a release of {version} in {target}, and a release is never overwritten; "
            "give the new one another day with --version, or another folder with --out"
        )
    return target


@contextmanager
def _explained(target: Path) -> Iterator[None]:
    try:
        yield
    except ExportError as problem:
        raise ExportError(f"{problem}; there is no release of {target.name}") from problem
    except Forbidden as problem:
        raise ExportError(f"{problem}: there is no release of {target.name}") from problem
    except WRITE_ERRORS as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        what = getattr(problem, "filename", None) or target
        raise ExportError(
            f"cannot write {what}: {reason}; there is no release of {target.name}"
        ) from problem


def _last_before(folder: Path, version: date) -> Path | None:
    """The newest release of an earlier day."""
    days = [path for path in folder.iterdir() if DAY.fullmatch(path.name)]
    earlier = [path for path in days if path.name < version.isoformat()]
    return max(earlier, default=None)


def _handed_on_bytes(tables: Tables, archive: Path) -> list[Path]:
    """The WARCs of the sources whose terms allow their bytes to be handed on."""
    sources, captures = tables["sources"], tables["captures"]
    free = sources.loc[sources["passes_on"].eq("bytes"), "source"]
    names = captures.loc[captures["source"].isin(free), "warc"].drop_duplicates().sort_values()
    missing = [name for name in names if not (archive / name).is_file()]
    if missing:
        raise ArchiveError(
            f"{archive} lacks {missing[0]}, on which rows of the tables rest; put it back, or a "
            "release cannot carry its evidence"
        )
    return [archive / name for name in names]


def _write_site(tables: Tables, folder: Path, around: Surroundings) -> None:
    """The site of the tables; pages that an earlier build has written already are copied."""
    if around.site and around.site.is_dir():
        shutil.copytree(around.site, folder, copy_function=shutil.copyfile)
    write_site(tables, folder, None, around.contact, around.address, around.streets)


def _write_words(
    tables: Tables, here: Path, version: date, before: Path | None, around: Surroundings
) -> None:
    found = compared(before / "exports", tables) if before else []
    events = new_changes(before / "exports", tables) if before else tables["changes"].head(0)
    words = {
        "CODEBOOK.md": data_dictionary(),
        "CHANGELOG.md": changelog(
            version.isoformat(), before.name if before else "", found, events
        ),
        "CITATION.cff": citation(
            version.isoformat(), TITLE, DESCRIPTION, _used(tables), around.address
        ),
    }
    files = [*_names(here), *words, SUMS, f"{DEPOSIT}/"]
    words["README.md"] = readme(tables, version.isoformat(), files, around.left_out, around.contact)
    for name, text in words.items():
        (here / name).write_text(text, encoding="utf-8", newline="\n")


def _seal(tables: Tables, here: Path, version: str, around: Surroundings) -> None:
    """Hash everything, pack it for deposit, and let nobody write it again.

    The zip has a ``SHA256SUMS`` of its own, of what is in it; that of the folder names the zip too.
    """
    names = _names(here)
    digests = [(name, _digest(here / name)) for name in names]
    (here / DEPOSIT).mkdir()
    packed = here / DEPOSIT / f"peephole-{version}.zip"
    bundle(packed, here, names, {SUMS: sums(digests).encode()})
    write_json(
        deposit(version, TITLE, DESCRIPTION, _used(tables), around.address),
        here / DEPOSIT / "metadata.json",
    )
    digests += [
        (f"{DEPOSIT}/{path.name}", _digest(path)) for path in sorted((here / DEPOSIT).iterdir())
    ]
    (here / SUMS).write_text(sums(digests), encoding="utf-8", newline="\n")
    for name in _names(here):
        (here / name).chmod(0o444)


def _used(tables: Tables) -> pd.DataFrame:
    """The sources that something in the tables rests on."""
    sources = tables["sources"]
    return sources[sources["source"].isin(tables["captures"]["source"])]


def _names(here: Path) -> list[str]:
    return sorted(path.relative_to(here).as_posix() for path in here.rglob("*") if path.is_file())


def _digest(path: Path) -> str:
    if path.stat().st_size > SMALL:
        return hashed(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()
