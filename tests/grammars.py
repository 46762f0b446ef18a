"""The rules of the feeds' formats, written for tests: what RFC 4287, RFC 5005 and JSON Feed ask."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
TEXT = '<ref name="text"/>'
RULES = {
    "feed": "author+ category* contributor* generator? icon? id link* logo? rights? subtitle? "
    "title updated archive? entry*",
    "entry": "author* category* content? contributor* id link* published? rights? source? summary? "
    "title updated",
    "author": "name uri? email?",
    "contributor": "name uri? email?",
    "source": "author* category* contributor* generator? icon? id? link* logo? rights? subtitle? "
    "title? updated?",
}
"""What stands in an element, in any order (RFC 4287, 4.1 and 4.2): once, or as often as the sign
says. Of authors each of our feeds has one, so that its entries need none."""
TEXTS = {
    **dict.fromkeys(("rights", "subtitle", "title", "summary", "content"), TEXT),
    **dict.fromkeys(("id", "icon", "logo", "uri"), '<data type="anyURI"/>'),
    **dict.fromkeys(("updated", "published"), '<ref name="moment"/>'),
    "name": "<text/>",
    "email": '<data type="string"><param name="pattern">.+@.+</param></data>',
    "generator": "<optional><attribute name='uri'/></optional>"
    "<optional><attribute name='version'/></optional><text/>",
    "category": "<attribute name='term'/><optional><attribute name='scheme'/></optional>"
    "<optional><attribute name='label'/></optional><empty/>",
    "link": "<attribute name='href'><data type='anyURI'/></attribute>"
    "<optional><attribute name='rel'><data type='NMTOKEN'/></attribute></optional>"
    "<optional><attribute name='type'><data type='string'>"
    "<param name='pattern'>.+/.+</param></data></attribute></optional>"
    "<optional><attribute name='hreflang'><data type='language'/></attribute></optional>"
    "<optional><attribute name='title'/></optional><empty/>",
}
SIGNS = {"+": "oneOrMore", "*": "zeroOrMore", "?": "optional"}


@cache
def atom_grammar() -> etree.RelaxNG:
    """RELAX NG of a feed document."""
    defined = [_defined(name, _interleaved(parts)) for name, parts in RULES.items()]
    defined += [_defined(name, content) for name, content in TEXTS.items()]
    grammar = f"""
    <grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="{ATOM[1:-1]}"
      datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
      <start><ref name="feed"/></start>
      {"".join(defined)}
      <define name="archive">
        <element ns="{HISTORY[1:-1]}" name="archive"><empty/></element></define>
      <define name="text"><optional><attribute name="type">
        <choice><value>text</value><value>html</value></choice></attribute></optional><text/></define>
      <define name="moment"><data type="dateTime">
        <param name="pattern">.+T.+(Z|[+\\-]\\d\\d:\\d\\d)</param></data></define>
      <define name="common">
        <optional><attribute name="xml:lang"><data type="language"/></attribute></optional>
        <optional><attribute name="xml:base"><data type="anyURI"/></attribute></optional>
      </define>
    </grammar>"""
    return etree.RelaxNG(etree.fromstring(grammar))


def _defined(name: str, content: str) -> str:
    return (
        f'<define name="{name}"><element name="{name}"><ref name="common"/>{content}</element>'
        "</define>"
    )


def _interleaved(parts: str) -> str:
    found = []
    for part in parts.split():
        ref = f'<ref name="{part.rstrip("+*?")}"/>'
        sign = SIGNS.get(part[-1])
        found.append(f"<{sign}>{ref}</{sign}>" if sign else ref)
    return f"<interleave>{''.join(found)}</interleave>"


def atom_faults(document: str) -> list[str]:
    """What is wrong with a feed as Atom, RFC 5005's rules and those no grammar tells among it."""
    top = etree.fromstring(document.encode())
    grammar = atom_grammar()
    faults = [] if grammar.validate(top) else [str(error) for error in grammar.error_log]
    entries = top.findall(f"{ATOM}entry")
    ids = [top.findtext(f"{ATOM}id"), *(entry.findtext(f"{ATOM}id") for entry in entries)]
    faults += [f"{name} twice" for name, times in Counter(ids).items() if times > 1]
    for element in (top, *entries):
        found = element.findall(f"{ATOM}link")
        links = Counter((link.get("rel", "alternate"), link.get("type")) for link in found)
        faults += [f"{link} twice" for link, times in links.items() if times > 1]
    for entry in entries:
        if not entry.findtext(f"{ATOM}title"):
            faults.append("an entry without a title")
        alternate = entry.findall(f"{ATOM}link[@rel='alternate']")
        if entry.find(f"{ATOM}content") is None and not alternate:
            faults.append("an entry with neither content nor alternate")
    rels = {link.get("rel") for link in top.findall(f"{ATOM}link")}
    if (top.find(f"{HISTORY}archive") is not None) != ("current" in rels):
        faults.append("an archive leads to its feed, and nothing else does")
    return faults


ADDRESS = {"type": "string", "pattern": "^https?://[^\\s]+$"}
WORDS = {"type": "string", "minLength": 1}
AUTHOR = {
    "type": "object",
    "properties": {"name": WORDS, "url": ADDRESS, "avatar": ADDRESS},
    "minProperties": 1,
    "additionalProperties": False,
}
EXTENSIONS = {"^_[A-Za-z][^.]*$": {"type": "object"}}
JSON_FEED: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["version", "title", "items"],
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": WORDS,
        "home_page_url": ADDRESS,
        "feed_url": ADDRESS,
        "description": {"type": "string"},
        "user_comment": {"type": "string"},
        "next_url": ADDRESS,
        "icon": ADDRESS,
        "favicon": ADDRESS,
        "authors": {"type": "array", "items": AUTHOR},
        "language": {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]+)*$"},
        "expired": {"type": "boolean"},
        "hubs": {"type": "array"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id"],
                "anyOf": [{"required": ["content_text"]}, {"required": ["content_html"]}],
                "properties": {
                    "id": WORDS,
                    "url": ADDRESS,
                    "external_url": ADDRESS,
                    "title": {"type": "string"},
                    "content_text": {"type": "string"},
                    "content_html": {"type": "string"},
                    "summary": {"type": "string"},
                    "image": ADDRESS,
                    "banner_image": ADDRESS,
                    "date_published": {
                        "type": "string",
                        "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?"
                        "(Z|[+-]\\d\\d:\\d\\d)$",
                    },
                    "date_modified": {"type": "string"},
                    "authors": {"type": "array", "items": AUTHOR},
                    "tags": {"type": "array", "items": WORDS},
                    "language": {"type": "string"},
                    "attachments": {"type": "array"},
                },
                "patternProperties": EXTENSIONS,
                "additionalProperties": False,
            },
        },
    },
    "patternProperties": EXTENSIONS,
    "additionalProperties": False,
}
"""https://www.jsonfeed.org/version/1.1/, seen in 2026-11, as JSON Schema."""
