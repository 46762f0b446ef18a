"""CDX: what the index of a web archive is asked, and how its answers read. Pure, no network.

The index is that of the Wayback Machine (https://github.com/internetarchive/wayback, folder
``wayback-cdx-server``, README): a line a copy, as text or as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

SERVER = "https://web.archive.org/cdx/search/cdx"
PATH = urlsplit(SERVER).path
FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
LIMIT = 1000
"""Rows in one answer; a resume key leads to the next."""
LARGEST = 8 * 1024 * 1024
"""Bytes or characters of an answer: 1000 rows have some 0.2 MB, so many empty lines take 0.5 GB."""
DIGITS = re.compile(r"[0-9]{14}")
NAMED = 20
"""So many rows that cannot be understood are named; the rest are counted."""

Match = Literal["exact", "prefix", "host", "domain"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Addresses whose archived copies a source reads.

    ``since`` and ``until`` are ISO dates, both included; ``status`` the statuses a copy may have
    (a revisit states none and is always included); ``collapse`` as the index server has it
    (``digest``, ``timestamp:8``), which drops copies that show that nothing had changed.
    """

    url: str
    match: Match = "exact"
    since: str = ""
    until: str = ""
    status: tuple[str, ...] = ("200",)
    collapse: str = ""

    def within(self, since: str, until: str) -> Pattern | None:
        """The same addresses between two ISO dates (empty: no end); None where that leaves no day
        of its own."""
        first, last = max(self.since, since), min(self.until or until, until or self.until)
        return None if last and first > last else replace(self, since=first, until=last)

    def query(self, server: str = SERVER) -> str:
        """The address at which the index is asked for it."""
        asked = [("url", self.url), ("matchType", self.match), ("output", "json")]
        asked += [("fl", ",".join(FIELDS)), ("limit", str(LIMIT)), ("showResumeKey", "true")]
        if self.since:
            asked.append(("from", self.since.replace("-", "") + "000000"))
        if self.until:
            asked.append(("to", self.until.replace("-", "") + "235959"))
        if self.status:
            asked.append(("filter", f"statuscode:({'|'.join(self.status)}|-)"))
        if self.collapse:
            asked.append(("collapse", self.collapse))
        return f"{server}?{urlencode(asked)}"


class Row(NamedTuple):
    """A copy as the index has it; what it leaves out (``-``) is None.

    ``timestamp`` is the text the copy is filed under, ``moment`` what that says.
    """

    urlkey: str | None
    timestamp: str
    moment: datetime
    original: str
    mimetype: str | None
    status: int | None
    digest: str | None
    length: int | None


@dataclass(frozen=True, slots=True)
class Index:
    """An answer of the index: ``skipped`` are sentences on rows that cannot be understood, the
    first :data:`NAMED` of them; ``malformed`` is how many there were."""

    rows: tuple[Row, ...]
    resume_key: str = ""
    malformed: int = 0
    skipped: tuple[str, ...] = ()


class _Unreadable(ValueError):
    """A row of the index cannot be understood; the message says why."""


def is_index(url: str) -> bool:
    """Is this the address of a question to an index?"""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.path == PATH and any(name == "url" for name, _ in parse_qsl(parts.query))


def next_query(url: str, resume_key: str) -> str:
    """The address that continues the answer to ``url``.

    The key is encoded once more although it comes encoded; that is how the recorded answers that
    continue one another were asked for (python package ``wayback``, 2023).
    """
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    asked = [(name, value) for name, value in pairs if name != "resumeKey"]
    return parts._replace(query=urlencode([*asked, ("resumeKey", resume_key)])).geturl()


def index(body: bytes | str) -> Index:
    """Read an answer, text or JSON; whatever stands there, nothing is raised."""
    if len(body) > LARGEST:
        return Index((), malformed=1, skipped=(f"{len(body):,} bytes are no answer of ours",))
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    text = text.removeprefix("\ufeff")
    lines = _json_lines(text) if text.lstrip()[:1] == "[" else None
    if lines is None:
        # only these end a line of the index; an address may hold other separators
        return _read([line.split() for line in re.split(r"\r?\n", text)], FIELDS)
    named = bool(lines) and {"timestamp", "original"} <= set(lines[0])
    return _read(lines[1:], lines[0]) if named else _read(lines, FIELDS)


def moment_of(timestamp: str) -> datetime:
    """The moment (UTC) a timestamp of 14 digits says.

    Some crawls of the year 2000 were filed with ``00`` put in before the month or the day, which
    pushed the seconds out: ``2000000824173151`` became ``20000008241731``. The digits are taken
    out again and the seconds read as 0, as the Internet Archive explained it to the authors of
    the package ``wayback`` (its ``_utils.parse_timestamp``).

    Raises:
        ValueError: it says none.
    """
    if not DIGITS.fullmatch(timestamp) or not timestamp.isascii():
        raise ValueError(f"{timestamp[:30]!r} is no timestamp of 14 digits")
    if timestamp[4:6] == "00":
        timestamp = f"{timestamp[:4]}{timestamp[6:]}00"
    elif timestamp[6:8] == "00":
        timestamp = f"{timestamp[:6]}{timestamp[8:]}00"
    return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _json_lines(text: str) -> list[list[str]] | None:
    """The rows of a JSON answer as texts; None where it is no list of lists."""
    try:
        found: Any = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(line, list) for line in found):
        return None
    return [["-" if cell is None else str(cell) for cell in line] for line in found]


def _read(lines: list[list[str]], names: Sequence[str]) -> Index:
    while lines and not lines[-1]:
        lines.pop()
    key = lines.pop()[0] if len(lines) > 1 and not lines[-2] and len(lines[-1]) == 1 else ""
    rows: list[Row] = []
    skipped: list[str] = []
    for number, line in enumerate(lines, start=1):
        try:
            if line:
                rows.append(_row(line, names))
        except _Unreadable as problem:
            skipped.append(f"row {number}: {problem}")
    return Index(tuple(rows), key, len(skipped), tuple(skipped[:NAMED]))


def _row(line: Sequence[str], names: Sequence[str]) -> Row:
    if len(line) != len(names):
        raise _Unreadable(f"{len(line)} fields where {len(names)} stand: {' '.join(line)[:60]!r}")
    said = {name: None if cell == "-" else cell for name, cell in zip(names, line, strict=True)}
    timestamp, original = said.get("timestamp") or "", said.get("original") or ""
    try:
        moment = moment_of(timestamp)
    except ValueError as problem:
        raise _Unreadable(str(problem)) from problem
    return Row(
        urlkey=said.get("urlkey"),
        timestamp=timestamp,
        moment=moment,
        original=_page(original),
        mimetype=said.get("mimetype"),
        status=_number(said.get("statuscode"), "status"),
        digest=said.get("digest"),
        length=_number(said.get("length"), "length"),
    )


def _page(original: str) -> str:
    """``original``, if it is the address of a page; a user name in it is an e-mail address that a
    crawler took for a link."""
    try:
        parts = urlsplit(original)
        wrong = parts.scheme.lower() not in ("http", "https") or not parts.hostname
    except ValueError:
        wrong = True
    if wrong:
        raise _Unreadable(f"no web address: {original[:60]!r}")
    if "@" in parts.netloc:
        raise _Unreadable(f"an address with a user name at {parts.hostname}")
    return original


def _number(text: str | None, what: str) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise _Unreadable(f"the {what} is {text[:30]!r}")
    return int(text)


def oldest_first(rows: Iterable[Row]) -> Iterator[Row]:
    """Each copy once, in the order of time."""
    seen: set[tuple[str, str]] = set()
    for row in sorted(rows, key=lambda row: (row.moment, row.original)):
        if (key := (row.timestamp, row.original)) not in seen:
            seen.add(key)
            yield row
