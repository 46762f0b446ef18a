"""The part of a page that says something, so that a change of it is a change of what is said."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from spiders.pages import spaced, taken_out, visible_text

AROUND = ("nav", "aside", "form", "button", "dialog", "select", "input")
AROUND_ALL = ("header", "footer")
"""Of the whole page; an article's own header says what it is about."""
FRAME = ("html", "body", "main", "article")
BANNER = re.compile(r"(?i)cookie|consent|onetrust|gdpr|breadcrumb|share-|social-|newsletter")
INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
DAY = (
    r"(?:[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{1,2} [A-Z][a-z]{2,8} \d{4}|\d{4}-\d\d-\d\d)"
    r"(?:[ T,]{1,2}(?:at )?\d{1,2}:\d\d(?::\d\d)?"
    r"(?: ?(?:[AaPp]\.?[Mm]\.?|UTC|GMT|[EPCM][SD]?T|Z))*)?"
)
RENDERED = re.compile(
    rf"(?:[Pp]age )?\b(?:[Rr]endered|[Gg]enerated|[Pp]rinted|[Rr]etrieved|[Aa]ccessed|[Vv]iewed)"
    rf"(?: on| at)?:? {DAY}|\b(?:\d+|an?) (?:second|minute|hour|day|week|month|year)s? ago\b"
)
"""Days on which a page was made up for its reader, which say nothing."""


def meaningful_part(tree: HtmlElement) -> HtmlElement:
    """The one ``main`` or ``article``, else the body, without what stands around it.

    What a reader without scripts does not see leaves the tree first.
    """
    visible_text(tree)
    parts = [part for name in ("main", "article") for part in tree.iter(name)]
    known = set(parts)
    whole = [part for part in parts if not any(up in known for up in part.iterancestors())]
    part = whole[0] if len(whole) == 1 else tree
    taken_out(part, _around(part, tree))
    return part


def meaningful_text(part: HtmlElement) -> str:
    """Its text: white space as one space, without invisible characters and days of rendering."""
    text = INVISIBLE.sub("", spaced(" ".join(part.itertext())))
    return spaced(RENDERED.sub("", text))


def _around(part: HtmlElement, tree: HtmlElement) -> list[HtmlElement]:
    """What is not the part itself, in the order of the page; nothing of what stands inside it."""
    found: list[HtmlElement] = []
    inside: set[HtmlElement] = set()
    left = len(part.text_content())
    for element in part.iter():
        if element.getparent() in inside:
            inside.add(element)
        elif (
            element is not part
            and element.tag not in FRAME
            and _stands_around(element, left, whole=part is tree)
        ):
            left -= len(element.text_content())
            inside.add(element)
            found.append(element)
    return found


def _stands_around(element: HtmlElement, left: int, *, whole: bool) -> bool:
    if element.tag in AROUND or (element.tag in AROUND_ALL and whole):
        return True
    if not BANNER.search(f"{element.get('id') or ''} {element.get('class') or ''}"):
        return False
    # a class of that name may also mark what the banner lies over
    return 2 * len(element.text_content()) <= left
