"""What stands where a page should be: a challenge, a sign-in, an empty shell, or the page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import lxml.html
from lxml import etree
from scrapy.http import Response

PageKind = Literal["challenge", "login", "script_shell"]

HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?>.*?-->)\s*+)*+"
    rb"<(?:!doctype\s+html|html|head|title|meta|script|body)\b",
    re.IGNORECASE | re.DOTALL,
)
CHALLENGE_MARKS = re.compile(
    rb"_cf_chl_opt|cf-chl-|challenge-platform/[^\"'\s]{0,80}orchestrate|<title>just a moment|"
    rb"<title>attention required|g-recaptcha|h-captcha|hcaptcha\.com|/sorry/index|"
    rb"our systems have detected unusual traffic|px-captcha|<title>pardon our interruption|"
    rb"verify (?:that )?you are (?:a )?human|_incapsula_resource|captcha-delivery\.com|"
    rb"awswafcaptcha",
    re.IGNORECASE,
)
"""What Cloudflare, Google, PerimeterX, Imperva, DataDome and AWS write on such pages. Cloudflare
puts ``challenge-platform/scripts/jsd`` on ordinary pages too, so its orchestrator is sought."""
HTML_BYTES, HTML_TAGS = 64 * 1024 * 1024, 300_000
"""A page of 300,000 empty elements takes 0.04 GB as a tree (2026-11-23)."""
MISSING = (404, 410)
"""Not how a challenge answers; an ordinary page of this kind may hold a form with a captcha."""

SIGN_IN_ADDRESS = re.compile(
    r"(?i)(?:https?://\S+/\d{14}(?:id_)?/)?https?://"
    r"(?:accounts\.google\.com/(?:\S*signin|ServiceLogin|InteractiveLogin)|consent\.google\.com/)"
)
"""Where Google sends who must sign in or agree to terms first; we do neither."""
LONGEST_ADDRESS = 2083
"""Characters; Scrapy asks for no longer one."""
SIGN_IN = re.compile(r"(?i)\b(?:sign|log)[\s-]?(?:in|on)\b|\bpassword\b")
SIGN_IN_TEXT = 3000
"""Characters. A page with more text than this has another purpose."""
SHELL_TEXT = 80
"""Characters: room for a title bar and "Loading", too few for a department and its counters."""
TAKEN_OUT = "taken-out"
UNSEEN = ("script", "style", "noscript", "template", "svg", "head", "iframe", "object")


def page_kind(response: Response) -> PageKind | None:
    """What stands in the place of the page that was asked for; None for a page like any other.

    Only HTML is looked at: a data file is never any of them. A sign-in is an address or a form of
    Google's, or a page that names itself so and has a password field; a shell loads scripts and
    says next to nothing without them.
    """
    if (response.headers.get(b"cf-mitigated") or b"").lower() == b"challenge":
        return "challenge"
    if response.status in MISSING or not HTML.match(response.body[:4096]):
        return None
    if CHALLENGE_MARKS.search(response.body[:65536]):
        return "challenge"
    if response.status != 200:
        return None
    if SIGN_IN_ADDRESS.match(response.url):
        return "login"
    tree = tree_of(response.body)
    if tree is None:
        return None
    scripts = next(tree.iter("script"), None) is not None
    sign_in = _asks_to_sign_in(tree)
    text = visible_text(tree)
    if sign_in and len(text) <= SIGN_IN_TEXT:
        return "login"
    return "script_shell" if scripts and len(text) <= SHELL_TEXT else None


def tree_of(body: bytes) -> lxml.html.HtmlElement | None:
    """The page as a tree, read as UTF-8 where it is that, else as it declares; None if it is empty
    or larger than any honest page."""
    if len(body) > HTML_BYTES or body.count(b"<") > HTML_TAGS:
        return None
    try:
        body.decode("utf-8")
        parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    except UnicodeDecodeError:
        parser = lxml.html.HTMLParser(remove_comments=True, remove_pis=True)
    try:
        return lxml.html.document_fromstring(body, parser=parser)
    except etree.ParserError:
        return None


def visible_text(tree: lxml.html.HtmlElement) -> str:
    """What a reader without scripts sees, white space normalised; the rest leaves the tree."""
    taken_out(tree, tree.xpath("//body//*[@hidden]"))
    etree.strip_elements(tree, *UNSEEN, with_tail=False)
    return spaced(" ".join(tree.itertext()))


def taken_out(tree: lxml.html.HtmlElement, elements: Iterable[lxml.html.HtmlElement]) -> None:
    """Take elements out of a tree and leave the text behind each; lxml's own ``drop_tree`` raises
    ValueError where that text holds a control character."""
    for element in elements:
        element.tag = TAKEN_OUT
    etree.strip_elements(tree, TAKEN_OUT, with_tail=False)


def spaced(text: str) -> str:
    """The text with every run of white space, no-break spaces too, as one space."""
    return " ".join(text.split())


def _asks_to_sign_in(tree: lxml.html.HtmlElement) -> bool:
    """Has it a form to Google's sign-in, or a password field under a title that says so?"""
    actions = ((form.get("action") or "")[:LONGEST_ADDRESS] for form in tree.iter("form"))
    if any(map(SIGN_IN_ADDRESS.match, actions)):
        return True
    titles = " ".join(title.text_content() for title in tree.iter("title", "h1", "h2"))
    fields = (field.get("type") or "" for field in tree.iter("input"))
    return any(kind.lower() == "password" for kind in fields) and bool(SIGN_IN.search(titles))
