"""What stands where a page should be: told apart, and an ordinary page never taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Response

from spiders.pages import SHELL_TEXT, page_kind, tree_of, visible_text

PROFILE = "https://agency.ring.com/agencies/0"
SCRIPT = '<script src="/static/main.js"></script>'
REPORT = "<p>Ring received 12 demands between January and June.</p>" * 20


def answer(body: str | bytes, url: str = PROFILE, status: int = 200, **headers: str) -> Response:
    body = body.encode() if isinstance(body, str) else body
    return Response(url, status, {k.replace("_", "-"): v for k, v in headers.items()}, body)


def html(content: str, head: str = "") -> str:
    return f"<!doctype html><html><head>{head}</head><body>{content}</body></html>"


SHELLS = {
    "an empty root": html(f'<div id="root"></div>{SCRIPT}'),
    "a root and a noscript": html(
        "<noscript>You need to enable JavaScript to run this app. "
        f"{'Please do. ' * 40}</noscript><div id=app></div>{SCRIPT}"
    ),
    "a title and a spinner": html(
        f"<style>{'a{color:red}' * 99}</style><h1>Neighbors</h1><p>Loading...</p>{SCRIPT}",
        "<title>Neighbors - agency profile, a title that is long but in the head alone</title>",
    ),
    "all its data in a script": html(f"<div id=map></div><script>{'var a = 1;' * 999}</script>"),
    "text that is hidden": html(f"<div hidden>{REPORT}</div>{SCRIPT}"),
    "text in comments": html(f"<!--{REPORT}--><div id=root></div>{SCRIPT}"),
    "no head, no body": f"<html>{SCRIPT}<div></div></html>",
}
LOGINS = {
    "a form of Google's": html(
        "<h1>Sign in</h1><p>to continue to My Maps</p>"
        '<form action="https://accounts.google.com/v3/signin/identifier"><input type=email></form>'
        + SCRIPT
    ),
    "the older form": html(
        '<form action="https://accounts.google.com/ServiceLoginAuth"><input name=Email></form>'
    ),
    "terms to agree to": html(
        "<p>Before you continue to Google</p>"
        '<form action="https://consent.google.com/save"><button>I agree</button></form>'
    ),
    "a password and a title": html(
        '<form><input name=u><input TYPE="Password" name=p></form>', "<title>Log in - Ring</title>"
    ),
    "a password and a heading": html("<h1>Please sign in</h1><input type=password>"),
}
PAGES = {
    "a report": html(f"<main>{REPORT}</main>{SCRIPT}"),
    "a report that may be signed in to": html(
        f"<h2>Sign in</h2><form><input type=password></form><main>{REPORT * 5}</main>{SCRIPT}"
    ),
    "a link to sign in": html(
        f'<a href="https://accounts.google.com/ServiceLogin">Sign in</a>{REPORT}'
    ),
    "a password field without a word": html(f"<form><input type=password></form>{REPORT}"),
    "little text and no script": html("<p>Moved.</p>"),
    "an empty page": html(""),
    "frames": "<html><frameset><frame src=a></frameset></html>",
}


@pytest.mark.parametrize("what", SHELLS)
def test_a_page_that_says_nothing_without_scripts_is_a_shell(what: str) -> None:
    assert page_kind(answer(SHELLS[what])) == "script_shell"


@pytest.mark.parametrize("what", LOGINS)
def test_a_sign_in_is_a_login(what: str) -> None:
    assert page_kind(answer(LOGINS[what])) == "login"


@pytest.mark.parametrize(
    "url",
    [
        "https://accounts.google.com/ServiceLogin?continue=https://www.google.com/maps/d/kml",
        "https://accounts.google.com/v3/signin/identifier?continue=x",
        "https://consent.google.com/ml?continue=x",
        "https://web.archive.org/web/20200101000000id_/https://accounts.google.com/ServiceLogin",
    ],
)
def test_where_google_sends_who_must_sign_in_is_a_login(url: str) -> None:
    assert page_kind(answer(html(REPORT), url)) == "login"


def test_an_address_that_only_speaks_of_a_sign_in_is_none() -> None:
    url = "https://example.org/?from=https://accounts.google.com/ServiceLogin"
    assert page_kind(answer(html(REPORT), url)) is None


@pytest.mark.parametrize("what", PAGES)
def test_an_ordinary_page_is_none_of_them(what: str) -> None:
    assert page_kind(answer(PAGES[what])) is None


@pytest.mark.parametrize(
    "body",
    [
        html("<form id='challenge-form'></form>", "<title>Just a moment...</title>"),
        html("<p>Our systems have detected unusual traffic from your computer network.</p>"),
        html("<div class='h-captcha'></div><form><input type=password></form>"),
        "\ufeff<!-- a --><!-- b -->" + html("<div id='px-captcha'></div>"),
    ],
)
def test_a_challenge_is_a_challenge_first(body: str) -> None:
    for status in (200, 403, 429, 503):
        assert page_kind(answer(body, status=status)) == "challenge"
    assert page_kind(answer(body, status=404)) is None


def test_a_challenge_may_stand_in_the_headers_alone() -> None:
    assert page_kind(answer("", cf_mitigated="challenge", status=403)) == "challenge"


@pytest.mark.parametrize("status", [404, 403, 500, 503])
def test_an_error_is_an_error_whatever_it_looks_like(status: int) -> None:
    assert page_kind(answer(SHELLS["an empty root"], status=status)) is None
    assert page_kind(answer(LOGINS["a password and a title"], status=status)) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n ",
        b"\x00\x01\x02",
        b"PK\x03\x04",
        b"<?xml version='1.0'?><kml><Document><script/></Document></kml>",
        b'{"html": "<html><script></script></html>"}',
        b"Agency,State\n<script>,NC\n",
    ],
)
def test_a_data_file_is_none_of_them(body: bytes) -> None:
    assert page_kind(answer(body)) is None


@pytest.mark.parametrize(
    "body",
    [
        "<html hidden><body hidden><p>x</p>" + SCRIPT,
        "<html><script>" + "<!--" * 1000,
        "<html><body>\x00\x00" + SCRIPT,
        "<html>&#0;&#x110000;&nosuch;" + SCRIPT,
        "<!doctype html [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><html>&b;" + SCRIPT,
    ],
)
def test_a_hostile_page_is_looked_at_all_the_same(body: str) -> None:
    assert page_kind(answer(body)) == "script_shell"


def test_what_is_nested_too_deep_to_be_read_is_left_to_the_source() -> None:
    assert page_kind(answer("<html>" + "<div>" * 20_000 + SCRIPT)) is None


@given(st.binary(max_size=300))
def test_no_bytes_break_it(body: bytes) -> None:
    for page in (b"<html>" + body, body):
        assert page_kind(answer(page)) in {None, "challenge", "login", "script_shell"}


def test_the_text_of_a_shell_may_be_no_longer_than_this() -> None:
    assert page_kind(answer(html("a" * SHELL_TEXT + SCRIPT))) == "script_shell"
    assert page_kind(answer(html("a" * SHELL_TEXT + "a" + SCRIPT))) is None


def test_the_visible_text_is_what_a_reader_without_scripts_sees() -> None:
    tree = tree_of(
        html(
            "<p>Q1\u00a0 2021</p>\n<style>x</style><script>y</script>tail<svg><text>z</text></svg>"
            "<template>t</template><p>caf\u00e9</p>"
        ).encode()
    )
    assert tree is not None
    assert visible_text(tree) == "Q1 2021 tail caf\u00e9"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"<meta charset=iso-8859-1><p>caf\xe9", "caf\u00e9"),
        (b"<meta charset=iso-8859-1><p>caf\xc3\xa9", "caf\u00e9"),
        (b"<p>caf\xc3\xa9", "caf\u00e9"),
    ],
)
def test_text_is_read_as_what_it_is(body: bytes, text: str) -> None:
    tree = tree_of(body)
    assert tree is not None
    assert visible_text(tree) == text


def test_an_empty_body_has_no_tree() -> None:
    assert tree_of(b"") is None
    assert tree_of(b" \n") is None
