"""Whom to tell: Apprise URLs and the web addresses of dead man's switches, both full of secrets.

Nothing here ever writes one down, in a sentence, in a log or in what is sent to another.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import sqlalchemy as sa

from peephole import __version__, steps
from peephole.asking import ask
from peephole.config import Config
from peephole.console import err

NOTIFY, PING = "PEEPHOLE_NOTIFY", "PEEPHOLE_PING"

PING_SECONDS = 5.0
"""How long a dead man's switch may take."""

LARGEST = 64 * 1024
"""Bytes of a file of addresses."""

SHORTEST = 8
"""Letters of a text that is taken for a secret, where it is a part of an address."""

AGENT = f"Peephole/{__version__}"
Stage = Literal["start", "success", "fail"]


class WrongNotices(Exception):
    """Addresses cannot be used; the message says why and never what they are."""


def addresses(config: Config) -> list[str]:
    """The addresses in PEEPHOLE_NOTIFY and in the file that ``notify_file`` names, each once.

    Raises:
        WrongNotices: the file cannot be read, or others than its owner may read it.
    """
    found = os.environ.get(NOTIFY, "").split()
    if config.notify_file is not None:
        found += _kept(config.notify_file)
    return list(dict.fromkeys(found))


def _kept(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            owned = os.fstat(file.fileno())
            if stat.S_IMODE(owned.st_mode) & 0o077 or owned.st_uid not in (0, os.getuid()):
                raise WrongNotices(
                    f"{path} holds secrets that others may read; run: chmod 600 {path} (and own it)"
                )
            text = file.read(LARGEST).decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        why = getattr(problem, "strerror", None) or "it is no text in UTF-8"
        raise WrongNotices(f"cannot read {path} (notify_file): {why}") from None
    told = (each.strip() for each in text.splitlines())
    return [word for each in told if not each.startswith("#") for word in each.split()]


def pings() -> list[str]:
    """The web addresses in PEEPHOLE_PING."""
    return os.environ.get(PING, "").split()


def usable(address: str) -> bool:
    """Does Apprise know what to do with an address?"""
    from apprise import Apprise

    with _hushed():
        try:
            return Apprise.instantiate(address, suppress_exceptions=True) is not None
        except Exception:  # any of 130 services
            return False


def ping(stage: Stage) -> None:
    """Tell a dead man's switch, as healthchecks.io has it: ADDRESS/start, ADDRESS, ADDRESS/fail."""
    for number, address in enumerate(pings(), start=1):
        answer = ask(_staged(address, stage), AGENT, seconds=PING_SECONDS)
        if answer is None or not 200 <= answer.status < 300:
            why = f"it answered {answer.status}" if answer else "no answer came"
            err.print(f"address {number} of {PING} could not be pinged ({stage}): {why}")


def _staged(address: str, stage: Stage) -> str:
    if stage == "success":
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{stage}"))


def send(address: str, title: str, body: str, grade: str) -> None:
    """Send a message; ``grade`` is Apprise's failure, warning or success.

    Raises:
        WrongNotices: it could not be sent.
    """
    from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

    with _hushed():
        asset = AppriseAsset(app_id="Peephole", app_desc="Peephole", async_mode=False)
        service = Apprise(asset=asset)
        sent = service.add(address) and service.notify(
            body=body,
            title=title,
            notify_type=NotifyType(grade),
            body_format=NotifyFormat.TEXT,
        )
    if not sent:
        raise WrongNotices("a service did not take a notice")


def secrets(config: Config, known: Iterable[str]) -> Iterator[str]:
    """Texts that no message may hold, long ones first."""
    names = {spider.key_variable for spider in steps.sources().values()} - {""}
    found = [*known, *pings(), *(os.environ.get(name, "").strip() for name in sorted(names))]
    with_password = sa.make_url(config.db).password
    found.append(str(with_password or ""))
    for address in (*known, *pings()):
        found += re.split(r"[/:@?&=]+", address)[1:]
    yield from sorted(
        {text for text in found if len(text) >= SHORTEST}, key=lambda text: (-len(text), text)
    )


@contextmanager
def _hushed() -> Iterator[None]:
    """What others log of a request names its address; nothing of that is written, whatever the
    level asked for."""
    loggers = [logging.getLogger(name) for name in ("apprise", "requests", "urllib3")]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
