"""Feeds of what changed: of everything, of each state, of each department.

Each is written as Atom (:mod:`maps.atom`) and as JSON Feed (:mod:`maps.json_feed`). A feed tells
what its page tells: those of everything and of a state leave out what the first look at a source
showed, that of a department has all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID, uuid5

import pandas as pd

from analysis.states import STATES
from analysis.tables import CHANGE_KINDS, CHANGES
from maps import agency, events, words
from maps.atom import atom
from maps.columns import texts
from maps.document import Setting
from maps.dossier import Dossier, Row, Tables, rows
from maps.folder import Draft
from maps.json_feed import json_feed

NAMES = UUID("8e079a21-23ed-4c77-be33-7410ece07a11")
"""The name space of our ids, drawn once: they come from ``change_id``, ``state`` and ``agency_id``,
so that neither the address of a site nor a title is in them."""

ENTRIES = 100
"""Entries of an archive. A feed has the newest, at least as many, and the archives the others."""

HOME = "about.html#history"
"""Where the pages tell of changes that are of no department."""

BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of text."""


class Entry(NamedTuple):
    """What changed, in words. ``page`` leads to what tells of it from the folder of the site,
    ``rights`` says whose it is and how that asks to be named; ``row`` is that of ``changes``."""

    id: str
    title: str
    text: str
    page: str
    rights: str
    row: Row


class Feed(NamedTuple):
    """A feed, or an archive of one: ``name`` is its place in the site without the file's ending,
    ``subject`` what it is a feed of.

    ``updated`` is the moment of its newest change, and where it has none that of the first look;
    ``changes`` are rows of ``changes``, the newest first. ``before`` is the name of the archive of
    what came before, empty where nothing did; ``of`` the name of the feed whose archive it is,
    empty where it is none.
    """

    name: str
    subject: str
    title: str
    page: str
    updated: str
    changes: Sequence[Row]
    before: str = ""
    of: str = ""

    @property
    def id(self) -> str:
        """The same for a feed and its archives."""
        return identity(f"feed of {self.subject}")


class Teller:
    """Tells changes in words, each once; ``agencies`` and ``setting`` are those of the site."""

    def __init__(self, agencies: pd.DataFrame, setting: Setting) -> None:
        columns = (texts(agencies[name]) for name in ("agency_id", "name", "state"))
        self.names = {key: f"{name}, {state}" for key, name, state in zip(*columns, strict=True)}
        self.setting = setting
        self.sources = {source["source"]: source for source in setting.sources}
        self.told: dict[str, Entry] = {}

    def entries(self, feed: Feed) -> list[Entry]:
        """The entries of ``feed``, in the order of its changes."""
        return [self._entry(row) for row in feed.changes]

    def _entry(self, row: Row) -> Entry:
        change = row["change_id"]
        if change not in self.told:
            key, source = row["agency_id"], self.sources.get(row["source"])
            what = events.event(row["kind"], row["programme"], row["before"], row["after"])
            who = self.names.get(key, "")
            self.told[change] = Entry(
                id=identity(f"change {change}"),
                title=f"{isolated(who)}: {isolated(what)}" if who else isolated(what),
                text=_text(row, source),
                page=f"agency/{agency.file_name(key)}#changes" if who else HOME,
                rights=f"{source['attribution']}. Licence: {source['licence']}" if source else "",
                row={name: cell for name, cell in row.items() if cell},
            )
        return self.told[change]


def drafts(tables: Tables, agencies: pd.DataFrame, teller: Teller) -> Iterator[Draft]:
    """The feed of everything and those of the states; none where nothing has been observed yet."""
    if not teller.setting.newest:
        return
    for feed in _feeds(tables, agencies, teller.setting):
        told = repr([feed, [teller.names.get(row["agency_id"]) for row in feed.changes]])
        yield from _written(feed, told, teller)


def of_department(dossier: Dossier, told: str, teller: Teller) -> Iterator[Draft]:
    """The feed of a department; ``told`` is a digest of its ``dossier``."""
    if teller.setting.newest:
        yield from _written(_of_department(dossier, teller.setting), told, teller)


def _written(feed: Feed, told: str, teller: Teller) -> Iterator[Draft]:
    for part in parted(feed):
        source = f"{part.name} {part.before} {told}"
        for ending, form in (("atom", atom), ("json", json_feed)):
            yield Draft(f"{part.name}.{ending}", source, partial(_rendered, form, part, teller))


def _rendered(form: Callable[[Feed, list[Entry], Setting], str], feed: Feed, teller: Teller) -> str:
    return form(feed, teller.entries(feed), teller.setting)


def _feeds(tables: Tables, agencies: pd.DataFrame, setting: Setting) -> Iterator[Feed]:
    fresh = rows(events.fresh(tables["changes"]), CHANGES.names)
    first = min(texts(agencies["first_observed"]))
    yield _feed(setting, "feed", "everything", "Peephole: what changed", HOME, first, fresh)
    state_of = dict(zip(texts(agencies["agency_id"]), texts(agencies["state"]), strict=True))
    by_state: dict[str, list[Row]] = {}
    for row in fresh:
        by_state.setdefault(state_of.get(row["agency_id"], ""), []).append(row)
    began = agencies.groupby("state")["first_observed"].min().to_dict()
    names = {code: state.name for code, state in STATES.items()}
    for code in sorted({*names, *state_of.values()}):
        name, title = f"state/{code.lower()}", f"Peephole: what changed in {names.get(code, code)}"
        page, mine = f"{name}.html", by_state.get(code, [])
        yield _feed(setting, name, f"state {code}", title, page, began.get(code, first), mine)


def _of_department(dossier: Dossier, setting: Setting) -> Feed:
    row = dossier.agency
    page = f"agency/{agency.file_name(row['agency_id'])}"
    return _feed(
        setting,
        page.removesuffix(".html"),
        f"department {row['agency_id']}",
        f"Peephole: what changed, {isolated(row['name'])}, {row['state']}",
        page,
        row["first_observed"],
        dossier.changes,
    )


def _feed(
    setting: Setting, name: str, subject: str, title: str, page: str, first: str, told: list[Row]
) -> Feed:
    return Feed(
        name=name,
        subject=subject,
        title=f"{title}, as of {setting.as_of}" if setting.as_of else title,
        page=page,
        updated=told[0]["observed_at"] if told else first,
        changes=told,
    )


def parted(feed: Feed) -> Iterator[Feed]:
    """``feed`` with its newest changes, then archives with the others, numbered from the oldest."""
    newest, *others = events.parted(feed.changes, ENTRIES)
    if not others:
        yield feed
        return
    stem = f"past/{feed.name.rpartition('/')[2]}"
    names = [f"{stem}-{number}" for number in range(len(others), 0, -1)]
    yield feed._replace(changes=newest, before=names[0])
    for name, before, mine in zip(names, [*names[1:], ""], others, strict=True):
        moment = mine[0]["observed_at"]
        yield feed._replace(name=name, updated=moment, changes=mine, before=before, of=feed.name)


def identity(name: str) -> str:
    """The id of a feed or an entry: the same for ever, wherever it is published (RFC 9562).

    >>> identity("change 00ff")
    'urn:uuid:d7da074e-3f81-5262-963c-2c68e84374cb'
    """
    return uuid5(NAMES, name).urn


def isolated(text: str) -> str:
    """``text`` so that characters in it that turn its direction turn nothing behind it.

    >>> ascii(isolated("Ames" + chr(0x202E)))
    "'\\\\u2068Ames\\\\u202e\\\\u2069'"
    """
    if not BIDI.search(text):
        return text
    ends = 1 + text.count("\u2069")
    return f"{ends * chr(0x2068)}{text}{ends * chr(0x2069)}"


def _text(row: Row, source: Mapping[str, str] | None) -> str:
    """What is said of a change beside its title: when it was seen, what it means, who says so."""
    seen = f"Seen {words.day(row['observed_at'])}"
    if row["valid_at"]:
        seen += f"; it speaks of {words.day(row['valid_at'])}"
    meaning = CHANGE_KINDS[row["kind"]]
    by = row["source"]
    if source:
        by = f"{isolated(source['title'])}, {isolated(source['publisher'])}"
    return f"{seen}. {meaning[0].upper()}{meaning[1:]}. Source: {by}."
