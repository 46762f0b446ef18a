"""A job: one source to be read once, live or from an archive."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from w3lib.url import safe_url_string

from spiders import archive, moment
from spiders.archive import ArchiveError, Session
from spiders.platforms.cdx import SERVER, Pattern, is_index
from spiders.recorder import Recorder

Mode = Literal["live", "replay", "import", "bundled"]

MAX_FILE = archive.LARGEST
"""Bytes. The largest real export (Atlas, 2026) is some 8 MB; a body larger than this is no list
of departments, and reading it would take more than the 1 GB of memory we promise to stay below."""


class WrongInput(ValueError):
    """What the operator handed in cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to read: ``warc`` is the file of the archive to write (live) or to read (else)."""

    source: str
    mode: Mode
    warc: Path
    session: Session
    delay: float | None = None
    """Seconds between two requests, where other than usual."""

    @property
    def history(self) -> bool:
        """Does it ask the index of a web archive, and then for what that names?"""
        return any(map(is_index, self.session.seeds))

    @property
    def observed_at(self) -> datetime | None:
        """The moment the whole content speaks for, where the operator or the file gives it."""
        day = self.session.as_of
        return moment.midnight(date.fromisoformat(day)) if day else None

    def settings(self) -> dict[str, Any]:
        """The Scrapy settings that carry the job to the crawl."""
        return {
            "PEEPHOLE_JOB": {
                "source": self.source,
                "mode": self.mode,
                "warc": str(self.warc),
                "seeds": list(self.session.seeds),
                "as_of": self.session.as_of,
                "notice": self.session.notice,
                "operator": self.session.operator,
            },
            "PEEPHOLE_SEEDS": list(self.session.seeds),
        } | self._pace()

    def _pace(self) -> dict[str, Any]:
        if self.mode == "live":
            return {} if self.delay is None else {"DOWNLOAD_DELAY": self.delay}
        handed_in = all(seed.startswith(NAMED) for seed in self.session.seeds)
        return REPLAY_SETTINGS | ({"ROBOTSTXT_OBEY": False} if handed_in else {})

    @classmethod
    def from_settings(cls, fields: Mapping[str, Any]) -> Job:
        """The job that :meth:`settings` wrote."""
        return cls(
            source=fields["source"],
            mode=fields["mode"],
            warc=Path(fields["warc"]),
            session=Session(
                source=fields["source"],
                seeds=tuple(fields["seeds"]),
                as_of=fields["as_of"],
                notice=fields["notice"],
                operator=fields["operator"],
            ),
        )


WAYBACK_DELAY = 4.0
"""Seconds between two requests to the Wayback Machine: 15 a minute. Its index refuses more than 24
a minute (release notes 0.5.1 of the package ``wayback``, 2026-06-19; 60 before, says its issue 137
of 2023-11-01), and whoever goes on for a minute after a 429 is shut out for an hour."""

NAMED = "ni://peephole/sha-256;"

REPLAY_SETTINGS: dict[str, Any] = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "RETRY_AFTER_ENABLED": False,
}
"""An archive need not be spared; everything else is as it is live."""


def live(
    source: str,
    folder: Path,
    seeds: tuple[str, ...],
    *,
    as_of: str = "",
    notice: str = "",
    operator: str = "",
) -> Job:
    """A crawl of the live source, to be recorded in a WARC of its own.

    The names of a source's WARCs sort as its crawls began, those of one second by its millionths:
    what a 304 stands for is read before it when they are read again.
    """
    began = datetime.now(UTC)
    part = f"{began.microsecond:05x}{secrets.randbelow(16):x}"
    name = f"{source}-{began:%Y%m%dT%H%M%SZ}-{part}.warc.gz"
    asked = tuple(safe_url_string(seed) for seed in seeds)
    return Job(source, "live", folder / name, Session(source, asked, as_of, notice, operator))


def history(
    source: str,
    folder: Path,
    patterns: Sequence[Pattern],
    *,
    server: str = SERVER,
    delay: float = WAYBACK_DELAY,
    notice: str = "",
    operator: str = "",
) -> Job:
    """A crawl of every archived copy of a source that ``patterns`` name, as ``server`` knows them.

    It is a live crawl whose seeds ask the index; the copies lie on the host of the index.
    """
    seeds = tuple(pattern.query(server) for pattern in patterns)
    return replace(live(source, folder, seeds, notice=notice, operator=operator), delay=delay)


def replay(warc: Path, folder: Path) -> Job:
    """A reading of a WARC, which is copied into the archive first.

    Raises:
        ArchiveError: it is no WARC of ours, or cannot be copied.
    """
    session = archive.session(warc)
    if not session.source:
        raise ArchiveError(f"{warc} does not say which source it holds (isPartOf)")
    return Job(session.source, "replay", archive.adopt(warc, folder), session)


def handed_in(
    file: Path,
    source: str,
    folder: Path,
    as_of: str,
    *,
    mode: Literal["import", "bundled"] = "import",
    notice: str = "",
    operator: str = "",
) -> Job:
    """A file put into the archive as it is, to be read from there.

    Same bytes, source and date give the same WARC name, so that a second import is recognised.

    Raises:
        WrongInput: the file is missing, empty or larger than :data:`MAX_FILE`.
        ArchiveError: the archive cannot be written.
    """
    try:
        size = file.stat().st_size
        if not file.is_file():
            raise WrongInput(f"{file} is not a file")
        if size == 0:
            raise WrongInput(f"{file} is empty; nothing was imported")
        if size > MAX_FILE:
            raise WrongInput(
                f"{file} has {size / 1e6:,.0f} MB, and a list of departments has a few; "
                f"files above {MAX_FILE / 1e6:,.0f} MB are not read"
            )
        sha256 = archive.hashed(file)
    except OSError as problem:
        raise WrongInput(f"cannot read {file}: {problem.strerror}") from problem
    url = named_information(sha256)
    warc = folder / f"{source}-{as_of}-{sha256[:16]}.warc.gz"
    session = Session(source, (url,), as_of, notice, operator)
    with archive.sole_writer(folder):
        partial = warc.with_name(f".{warc.name}.partial")
        partial.unlink(missing_ok=True)
        if not warc.exists():
            recorder = Recorder(partial, session)
            try:
                recorder.resource(url, file, sha256, moment.now())
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
            finally:
                recorder.close()
            partial.replace(warc)
    return Job(source, mode, warc, session)


def named_information(sha256: str) -> str:
    """The RFC 6920 name of a file that has no address, e.g. ``ni://peephole/sha-256;f4OxZX_x...``."""
    return NAMED + base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")


def run_id(warc: Path, parser_version: int) -> str:
    """The id of a reading: of which WARC, by which version of the parser."""
    return f"{warc.name.removesuffix('.warc.gz')}-v{parser_version}"


def capture_id(source: str, url: str, observed_at: str, status: int | None, sha256: str) -> str:
    """20 hex digits that name a capture: same answer at the same moment, same id."""
    text = "\n".join((source, url, observed_at, str(status or ""), sha256))
    return hashlib.sha256(text.encode()).hexdigest()[:20]
