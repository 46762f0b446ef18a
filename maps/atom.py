"""A feed as Atom (RFC 4287), its archives as RFC 5005 has them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING

from lxml import etree

from maps.columns import web_address
from maps.document import MAIL, Setting

if TYPE_CHECKING:
    from maps.feeds import Entry, Feed

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
HISTORY = "http://purl.org/syndication/history/1.0"
SPACES = {None: ATOM, "fh": HISTORY}

ABOUT = (
    "What changed in the sources we read, by the day of the look that showed it. Listed does not "
    "mean used, no longer listed is no ending, and what is not known is not zero."
)
"""Said of every feed."""

PUBLISHER = "Peephole"

ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for: https://www.w3.org/TR/xml/#charsets"""


def atom(feed: Feed, entries: Sequence[Entry], setting: Setting) -> str:
    """The document of ``feed`` with its ``entries``.

    Its addresses are absolute where ``setting`` says where the site is.
    """
    root = address(feed, setting)
    top = deepcopy(_blank_feed(setting.base, setting.contact, setting.notices))
    for part, text in zip(top[:3], (feed.id, feed.title, feed.updated), strict=True):
        part.text = legal(text)
    _link(top, "self", f"{root}{feed.name}.atom", MEDIA_TYPE)
    _link(top, "alternate", f"{root}{feed.page}", "text/html")
    if feed.of:
        etree.SubElement(top, f"{{{HISTORY}}}archive")
        _link(top, "current", f"{root}{feed.of}.atom", MEDIA_TYPE)
    if feed.before:
        _link(top, "prev-archive", f"{root}{feed.before}.atom", MEDIA_TYPE)
    if rights := " ".join(dict.fromkeys(f"{entry.rights}." for entry in entries)):
        _add(top, "rights", rights)
    top.extend(_entry(entry, root) for entry in entries)
    written: bytes = etree.tostring(top, encoding="utf-8", xml_declaration=True)
    return written.decode()


def address(feed: Feed, setting: Setting) -> str:
    """What leads from a feed's file to the folder of the site."""
    return f"{setting.base}/" if setting.base else "../" * feed.name.count("/")


def legal(text: str) -> str:
    """``text`` with a mark in the place of what no XML may hold."""
    return ILLEGAL.sub("\ufffd", text)


@cache
def _blank_feed(base: str, contact: str, notices: tuple[str, ...]) -> etree._Element:
    """A feed of this publisher without an entry: to copy one is five times faster than to make one
    (2026-11-23)."""
    top = etree.Element(f"{{{ATOM}}}feed", nsmap=SPACES)
    top.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    for name in ("id", "title", "updated"):
        _add(top, name, "")
    _add(top, "subtitle", " ".join([ABOUT, *notices]))
    author = etree.SubElement(top, f"{{{ATOM}}}author")
    _add(author, "name", PUBLISHER)
    if uri := base or web_address(contact):
        _add(author, "uri", uri)
    if MAIL.fullmatch(contact):
        _add(author, "email", contact)
    _add(top, "generator", PUBLISHER)
    return top


@cache
def _blank_entry() -> etree._Element:
    entry = etree.Element(f"{{{ATOM}}}entry", nsmap=SPACES)
    for name in ("id", "title", "updated", "content", "rights"):
        _add(entry, name, "")
    etree.SubElement(entry, f"{{{ATOM}}}category")
    _link(entry, "alternate", "", "text/html")
    return entry


def _entry(told: Entry, root: str) -> etree._Element:
    entry = deepcopy(_blank_entry())
    texts = (told.id, told.title, told.row["observed_at"], told.text, told.rights)
    for part, text in zip(entry[:5], texts, strict=True):
        part.text = legal(text)
    entry[5].set("term", told.row["kind"])
    entry[6].set("href", f"{root}{told.page}")
    if not told.rights:
        entry.remove(entry[4])
    return entry


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = legal(text)


def _link(parent: etree._Element, rel: str, href: str, kind: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", rel=rel, href=href, type=kind)
