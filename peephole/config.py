"""Configuration: ``peephole.toml`` in the working folder, and the environment, which wins."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from peephole import __version__
from spiders.job import WAYBACK_DELAY, WrongInput
from spiders.platforms.cdx import SERVER, is_index

FILE = Path("peephole.toml")
KNOWN = {
    *("data", "db", "contact", "wayback_delay", "wayback_server"),
    *("site_address", "tiles", "tiles_attribution", "notify_file", "fresh_days", "schedule"),
}
CONTACT = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|https?://\S+")

PASSWORD = re.compile(r"(?i)@|pass|secret|token")
"""What an address with a password in it has."""

LONGEST_DELAY = 3600
"""Seconds."""

LONGEST_FRESH = 3660
"""Days."""


@dataclass(frozen=True, slots=True)
class Config:
    """Where data lie, and how we introduce ourselves.

    ``data`` is PEEPHOLE_DATA (default ``data/``), ``db`` an SQLAlchemy URL, PEEPHOLE_DB (default
    ``ledger.sqlite`` in the data folder), ``contact`` an e-mail or web address, PEEPHOLE_CONTACT.
    ``wayback_delay`` is the seconds between two requests to the Wayback Machine,
    PEEPHOLE_WAYBACK_DELAY, ``wayback_server`` the address of its index, PEEPHOLE_WAYBACK_SERVER.
    ``site_address`` is the web address the site will have, PEEPHOLE_SITE_ADDRESS, for citations and
    for the code that embeds the map. ``tiles`` is the template of street tiles under the map, with
    {z}, {x} and {y} in it, ``tiles_attribution`` what their owner asks to be said; without
    ``tiles`` the map asks nobody for anything.
    ``notify_file`` is a file of mode 600 with the addresses of those to be told of trouble, beside
    or in place of those in PEEPHOLE_NOTIFY; ``fresh_days`` by source the days after which its
    newest healthy look is stale, where other than the source itself says, 0 for never.
    ``schedule`` is the table of that name: for each source to be read regularly when, in cron's
    syntax, and ``timezone`` and ``jitter``; ``peephole.schedule`` reads it.
    ``as_of`` is the day to publish for, none for all there is; what is made for a day lies in a
    folder of its own, ``as-of/DAY`` in the data folder.
    """

    data: Path
    db: str
    contact: str
    as_of: date | None = None
    wayback_delay: float = WAYBACK_DELAY
    wayback_server: str = SERVER
    site_address: str = ""
    tiles: str = ""
    tiles_attribution: str = ""
    notify_file: Path | None = None
    fresh_days: Mapping[str, int] = field(default_factory=dict)
    schedule: Mapping[str, object] = field(default_factory=dict)

    @property
    def archive(self) -> Path:
        return self.data / "archive"

    @property
    def published(self) -> Path:
        return self.data / "as-of" / self.as_of.isoformat() if self.as_of else self.data

    @property
    def clean(self) -> Path:
        return self.published / "clean"

    @property
    def exports(self) -> Path:
        return self.published / "exports"

    @property
    def site(self) -> Path:
        return self.published / "site"

    def scrapy(self) -> dict[str, Any]:
        """The Scrapy settings that follow from it."""
        return {
            "PEEPHOLE_ARCHIVE": str(self.archive),
            "PEEPHOLE_DB": self.db,
            "USER_AGENT": f"Peephole/{__version__} (public record of police doorbell-camera "
            f"programmes; {self.contact})",
            "LOG_INSTALL_ROOT_HANDLER": False,
        }

    def introduced(self) -> None:
        """Refuse to crawl without an address at which we can be reached.

        Raises:
            WrongInput: none is set.
        """
        if not CONTACT.fullmatch(self.contact):
            raise WrongInput(
                'a live crawl must say who asks: put contact = "you@example.org" (an e-mail or '
                f"web address) into {FILE}, or set PEEPHOLE_CONTACT"
            )


def load() -> Config:
    """The configuration in force.

    Raises:
        WrongInput: ``peephole.toml`` cannot be read or holds a key nobody knows.
    """
    said: dict[str, Any] = {}
    if FILE.exists():
        try:
            said = tomllib.loads(FILE.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
            raise WrongInput(f"cannot read {FILE}: {problem}") from problem
    if unknown := sorted(set(said) - KNOWN):
        raise WrongInput(f"{FILE} holds {', '.join(unknown)}; known are {', '.join(sorted(KNOWN))}")
    if PASSWORD.search(str(said.get("db", ""))) and FILE.stat().st_mode & 0o077:
        raise WrongInput(
            f"{FILE} holds the password of a database and others may read it: `chmod 600 {FILE}`, "
            "or set PEEPHOLE_DB"
        )
    seconds = said.pop("wayback_delay", WAYBACK_DELAY)
    fresh_days = _days(said.pop("fresh_days", {}))
    schedule = said.pop("schedule", {})
    if not isinstance(schedule, dict):
        raise WrongInput(f"{FILE}: schedule must be a table, begun by a line [schedule]")
    if wrong := [key for key, value in said.items() if not isinstance(value, str)]:
        raise WrongInput(f"{FILE}: {wrong[0]} must be text in quotes")
    data = Path(os.environ.get("PEEPHOLE_DATA") or said.get("data", "data"))
    db = os.environ.get("PEEPHOLE_DB") or said.get("db", f"sqlite:///{data / 'ledger.sqlite'}")
    contact = os.environ.get("PEEPHOLE_CONTACT") or said.get("contact", "")
    return Config(
        data=data,
        db=db,
        contact=contact,
        wayback_delay=_seconds(os.environ.get("PEEPHOLE_WAYBACK_DELAY") or seconds),
        wayback_server=_index(
            os.environ.get("PEEPHOLE_WAYBACK_SERVER") or said.get("wayback_server", SERVER)
        ),
        site_address=_web_address(
            os.environ.get("PEEPHOLE_SITE_ADDRESS") or said.get("site_address", "")
        ),
        tiles=_tiles(said.get("tiles", ""), said.get("tiles_attribution", "")),
        tiles_attribution=said.get("tiles_attribution", ""),
        notify_file=Path(said["notify_file"]).expanduser() if said.get("notify_file") else None,
        fresh_days=fresh_days,
        schedule=schedule,
    )


def _days(said: Any) -> dict[str, int]:
    """By source a number of days; a name that is no source's is told when it is used."""
    right = isinstance(said, dict) and all(
        isinstance(days, int) and not isinstance(days, bool) and 0 <= days <= LONGEST_FRESH
        for days in said.values()
    )
    if not right:
        raise WrongInput(
            f"{FILE}: [fresh_days] must name sources with whole numbers of days up to "
            f"{LONGEST_FRESH}, as in atlas_of_surveillance = 10"
        )
    return dict(said)


def _web_address(said: str) -> str:
    if said and not re.fullmatch(r"https?://[^\s\"'<>?#@]+", said):
        raise WrongInput("site_address must be a web address without ?, # and @")
    return said.rstrip("/")


def _tiles(said: str, attribution: str) -> str:
    whole = re.fullmatch(r"https?://[A-Za-z0-9.:-]+/[^\s\"'<>;,]*", said)
    if said and not (whole and all(part in said for part in ("{z}", "{x}", "{y}"))):
        raise WrongInput(f"tiles must be a web address with {{z}}, {{x}} and {{y}} in it: {said!r}")
    if said and not attribution:
        raise WrongInput("tiles_attribution must say what the owner of the tiles asks to be said")
    return said


def _seconds(said: Any) -> float:
    try:
        seconds = float(said)
    except (TypeError, ValueError):
        seconds = -1.0
    if isinstance(said, bool) or not 0 <= seconds <= LONGEST_DELAY:
        raise WrongInput(
            f"wayback_delay must be a number of seconds up to {LONGEST_DELAY}, not {said!r}"
        )
    return seconds


def _index(said: str) -> str:
    if "@" in said:
        raise WrongInput("wayback_server holds a user name, which would stand in the archive")
    if not said.startswith(("http://", "https://")) or not is_index(f"{said}?url=x"):
        raise WrongInput(f"wayback_server must be an address that ends as {SERVER} does: {said!r}")
    return said
