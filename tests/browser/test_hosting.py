"""Every page from disk, from ``peephole serve`` and from a sub-folder of a static host."""

from __future__ import annotations

import base64
import hashlib
import re
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from lxml import html

from maps.agency import file_name
from tests.browser.conftest import Opened

Visit = Callable[..., Opened]
KINDS = {
    *("index.html", "list.html", "states.html", "about.html", "embed.html"),
    *("state/il.html", "agency/"),
}
"""One page of each kind; of departments the first."""
POLICY = {
    "default-src": "'none'",
    "img-src": "data:",
    "connect-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
}


def pages(site: Path) -> list[str]:
    """The names of all pages of a site."""
    folder = site.parent
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.html"))


def kinds(site: Path) -> list[str]:
    """One page of each kind."""
    return [next(name for name in pages(site) if name.startswith(kind)) for kind in sorted(KINDS)]


@cache
def parsed(path: Path) -> html.HtmlElement:
    return html.document_fromstring(
        path.read_bytes(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True)
    )


def links(path: Path) -> list[str]:
    """All that a page leads to or fetches, as the browser resolves it."""
    found = [
        element.get(name)
        for element in parsed(path).iter()
        if isinstance(element.tag, str)
        for name in ("href", "src", "srcset", "action", "poster", "data", "xlink:href")
        if element.get(name)
    ]
    return [urljoin(path.as_uri(), link) for link in found]


@pytest.mark.parametrize("where", ["disk", "served", "hosted"])
def test_every_kind_of_page_opens_wherever_it_lies(
    where: str, site: Path, visit: Visit, request: pytest.FixtureRequest
) -> None:
    root = f"{site.parent.as_uri()}/" if where == "disk" else request.getfixturevalue(where)
    for name in kinds(site):
        opened = visit(root + name)
        opened.page.wait_for_load_state("networkidle")
        assert opened.page.locator("main").inner_text().strip(), name
        opened.assert_clean()


@pytest.mark.parametrize("where", ["served", "hosted"])
def test_the_folder_itself_shows_the_map(
    where: str, visit: Visit, request: pytest.FixtureRequest
) -> None:
    opened = visit(request.getfixturevalue(where))
    assert opened.page.locator("#count").inner_text()
    opened.assert_clean()


@pytest.mark.parametrize("which", ["site", "hostile_site"])
def test_every_link_inside_leads_to_what_there_is(
    which: str, request: pytest.FixtureRequest
) -> None:
    site: Path = request.getfixturevalue(which)
    missing = {
        (name, link)
        for name in pages(site)
        for link in links(site.parent / name)
        if link.startswith("file:") and not _leads(link, site.parents[1])
    }
    assert sorted(missing)[:20] == []


def _leads(link: str, data: Path) -> bool:
    """Whether there is the file, and in it the element or the department or area, of a link."""
    address, anchor = urldefrag(link)
    path = Path(unquote(urlsplit(address).path))
    if not path.is_file() or not path.is_relative_to(data):
        return False
    if not anchor or unquote(anchor) in _anchors(path):
        return True
    subject = unquote(anchor).split("&")[0]
    return path.name in ("index.html", "list.html", "embed.html") and (
        "=" in subject
        or re.fullmatch(r"[A-Za-z]{2}|\d{5}", subject) is not None
        or (data / "site" / "agency" / file_name(subject)).is_file()
    )


@cache
def _anchors(path: Path) -> frozenset[str]:
    return frozenset(parsed(path).xpath("//@id"))


@pytest.mark.parametrize("which", ["site", "hostile_site"])
def test_links_outside_are_plain_web_addresses_that_learn_nothing(
    which: str, request: pytest.FixtureRequest
) -> None:
    site: Path = request.getfixturevalue(which)
    for name in pages(site):
        page = parsed(site.parent / name)
        schemes = {urlsplit(link).scheme.lower() for link in links(site.parent / name)}
        assert schemes <= {"file", "data", "https", "http", "mailto"}, name
        assert page.xpath("//meta[@name='referrer']/@content") == ["no-referrer"], name
        for link in page.xpath("//a[starts-with(@href, 'http')]"):
            assert "noopener" in (link.get("rel") or ""), (name, link.get("href"))
        for link in page.xpath("//*[@src]"):
            assert link.get("src").startswith("data:"), name


@pytest.mark.parametrize("which", ["site", "hostile_site"])
def test_the_policy_allows_the_inlined_scripts_and_styles_and_nothing_else(
    which: str, request: pytest.FixtureRequest
) -> None:
    site: Path = request.getfixturevalue(which)
    for name in pages(site):
        page = parsed(site.parent / name)
        (content,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        said = dict(part.split(" ", 1) for part in content.split("; "))
        scripts = said.pop("script-src").split()
        styles = said.pop("style-src").split()
        assert said == POLICY, name
        runs = page.xpath("//script[not(@type) or @type='text/javascript']")
        assert scripts == ([_digest(run.text) for run in runs] or ["'none'"]), name
        assert styles == [_digest(style.text or "") for style in page.xpath("//style")], name
        assert not page.xpath("//@style"), name
        assert not [key for key in set(page.xpath("//@*/..")) if _handles(key)], name
        kinds_of_data = set(page.xpath("//script/@type")) - {"text/javascript"}
        assert kinds_of_data <= {"application/json"}, name


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _handles(element: html.HtmlElement) -> bool:
    return any(re.match("on[a-z]+$", key) for key in element.attrib)


def test_pages_say_where_they_belong_and_what_they_are(site: Path) -> None:
    titles = {name: parsed(site.parent / name).findtext(".//title") for name in pages(site)}
    assert len({title for name, title in titles.items() if "agency/" not in name}) == (
        sum("agency/" not in name for name in titles) - 1  # map and embed are one
    )
    for name, title in titles.items():
        page = parsed(site.parent / name)
        assert "Peephole" in (title or ""), name
        assert page.get("lang") == "en", name
        assert len(page.xpath("//h1")) == 1, name
        assert len(page.xpath("//main")) == 1, name
        assert page.xpath("//meta[@name='viewport']"), name


def test_downloads_are_served_as_they_lie(site: Path, served: str, hosted: str) -> None:
    csv = (site.parents[1] / "exports" / "agencies.csv").read_bytes()
    for root in (served, hosted):
        link = urljoin(urljoin(root, "about.html"), "../exports/agencies.csv")
        with urllib.request.urlopen(link, timeout=10) as answer:
            assert answer.read() == csv
