"""Notices: who can act is told, once, of a source that is amiss, has gone stale or recovered."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from peephole.addresses import WrongNotices, addresses, ping, secrets, send
from peephole.asking import within
from peephole.config import Config
from peephole.console import err, line
from peephole.health import Health, health
from spiders.archive import ArchiveError, sole_writer
from spiders.job import WrongInput
from spiders.ledger import LedgerError

FOLDER, NOTE = "notices", "told.json"
"""In the data folder: what each address was told last, under a name that does not give it away."""

SECONDS = 30.0
"""How long a service may take before it is left for the next time."""

LONGEST = 300
"""Letters of a reason."""

Told = tuple[str, bool]
"""What was told of a source: its verdict, and whether it was stale."""

WELL: Told = ("healthy", False)
"""What an address that was told nothing yet takes a source to be."""

DISARMED = str.maketrans({"<": "‹", ">": "›", "@": "(at)"})
"""A reason may quote a foreign page: nobody is called by it, and no mark-up begins."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one address is told at a time; ``grade`` is Apprise's failure, warning or success."""

    title: str
    body: str
    grade: str

    @property
    def parts(self) -> tuple[str, str, str]:
        return self.title, self.body, self.grade


def watched(config: Config, deed: Callable[[], bool]) -> bool:
    """Crawl by ``deed``, and tell of it: the pings when it begins and how it ends, the notices
    afterwards. Whatever goes wrong in telling is a sentence and never fails the crawl."""
    ping("start")
    try:
        well = deed()
    except BaseException:
        ping("fail")
        raise
    ping("success" if well else "fail")
    for sentence in tell(config):
        err.print(line(sentence))
    return well


def tell(config: Config, now: datetime | None = None) -> list[str]:
    """Tell each address what it has not been told of; sentences on what could not be told, which
    is tried again the next time."""
    try:
        known = addresses(config)
        if not known:
            return []
        with sole_writer(config.data / FOLDER):
            return _told(config, known, health(config, now=now))
    except (WrongNotices, WrongInput, ArchiveError, LedgerError) as problem:
        return [f"nobody was told how the sources are: {problem}"]


def _told(config: Config, known: Sequence[str], found: Sequence[Health]) -> list[str]:
    path = config.data / FOLDER / NOTE
    before = _noted(path)
    seen = [one for one in found if one.verdict != "never_run"]
    present: dict[str, Told] = {one.source: (one.verdict, bool(one.stale)) for one in seen}
    hidden = list(secrets(config, known))
    after, failed = {}, []
    for number, address in enumerate(known, start=1):
        name = hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()[:16]
        heard = before.get(name, {})
        message = composed(seen, heard, hidden)
        if message is None or within(SECONDS, partial(send, address, *message.parts)):
            after[name] = present
        else:
            failed.append(f"address {number} of {len(known)} for notices could not be reached")
            if name in before:
                after[name] = heard
    if after != before:
        try:
            _note(path, after)
        except OSError as problem:
            failed.append(
                f"cannot note in {path} who was told: {problem.strerror}; it will be told again"
            )
    return failed


def composed(
    found: Sequence[Health], heard: Mapping[str, Told], hidden: Sequence[str] = ()
) -> Message | None:
    """What is new to whoever ``heard`` of sources before, none where nothing is; what is
    ``hidden`` does not stand in it."""
    amiss: list[tuple[Health, Told]] = []
    better: list[tuple[Health, Told]] = []
    for one in found:
        told = heard.get(one.source, WELL)
        now = (one.verdict, bool(one.stale))
        if now != told:
            worse = (now[0] != told[0] and now[0] != "healthy") or (now[1] and not told[1])
            (amiss if worse else better).append((one, told))
    if not amiss and not better:
        return None
    parts = [f"{_names(amiss)} amiss" if amiss else "", f"{_names(better)} better" * bool(better)]
    body = "\n".join(_sentence(one, told, hidden) for one, told in (*amiss, *better))
    grade = "success" if not amiss else "warning"
    if any(one.verdict == "failed" for one, _ in amiss):
        grade = "failure"
    return Message("Peephole: " + ", ".join(filter(None, parts)), body, grade)


def _names(news: Sequence[tuple[Health, Told]]) -> str:
    return news[0][0].source if len(news) == 1 else f"{len(news)} sources"


def _sentence(one: Health, told: Told, hidden: Sequence[str]) -> str:
    parts = []
    if one.verdict != told[0]:
        if one.verdict == "healthy":
            parts.append("healthy again")
        else:
            reason = _clean(one.reason or "", hidden)
            parts.append(f"{one.verdict}: {reason}" if reason else one.verdict)
    if one.stale and not told[1]:
        parts.append(f"stale: a healthy look is expected every {one.fresh_days} days")
    elif told[1] and not one.stale:
        parts.append("no longer stale")
    good = f"last healthy look {one.last_healthy[:10]}" if one.last_healthy else "no healthy look"
    age = f", {one.age_days} days ago" if one.age_days else ""
    return f"{one.title} ({one.source}): {'; '.join(parts)} ({good}{age})"


def _clean(reason: str, hidden: Sequence[str]) -> str:
    for secret in hidden:
        reason = reason.replace(secret, "...")
    reason = re.sub(r"//[^/@\s]*@", "//", reason)
    return line(reason)[:LONGEST].translate(DISARMED)


def _noted(path: Path) -> dict[str, dict[str, Told]]:
    """What was noted; nothing where there is no note or somebody spoiled it: then what is amiss is
    told once more."""
    try:
        found = json.loads(path.read_text("utf-8"))
        return {
            str(name): {str(source): (str(v), bool(stale)) for source, (v, stale) in told.items()}
            for name, told in found.items()
        }
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _note(path: Path, told: Mapping[str, Mapping[str, Told]]) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(told, file, sort_keys=True)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
