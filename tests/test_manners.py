"""Manners that need no server: what a Retry-After asks for, and what is a challenge."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Response

from spiders import settings
from spiders.manners import retry_after
from spiders.pages import page_kind

PRESENT = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("Thu, 01 Jan 2026 12:02:00 GMT", 120),
        ("Thursday, 01-Jan-26 12:02:00 GMT", 120),
        ("Thu, 01 Jan 2026 14:02:00 +0200", 120),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0),
        ("Wed, 31 Dec 1969 23:59:59 GMT", 0),
        ("Thu, 01 Jan 2026 12:02:00", None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u00b2", None),
        ("\u0663", None),
        ("1e3", None),
        ("Thu, 99 Jan 2026 12:02:00 GMT", None),
        ("Thu, 01 Jan 99999 12:02:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(value, PRESENT) == seconds


@given(st.text(max_size=60) | st.from_regex(r"[0-9]{1,400}") | st.datetimes().map(str))
def test_no_retry_after_whatever_breaks_us_or_asks_for_less_than_nothing(value: str) -> None:
    asked = retry_after(value, PRESENT)
    assert asked is None or asked >= 0
    assert f"{asked or 0:.0f}"


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_any_date_is_read_to_the_second(moment: datetime) -> None:
    until = moment.replace(microsecond=0, tzinfo=UTC)
    asked = retry_after(format_datetime(until, usegmt=True), PRESENT)
    assert asked is not None
    assert math.isclose(asked, max(0.0, (until - PRESENT).total_seconds()))


def answer(body: bytes, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response("https://example.org/", status=status, headers=named, body=body)


HTML = b"<!DOCTYPE html>\n<html lang=en><head><title>%s</title></head><body>%s</body></html>"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (HTML % (b"Just a moment...", b""), 403),
        (HTML % (b"Just a moment...", b""), 200),
        (HTML % (b"Attention Required! | Cloudflare", b""), 403),
        (HTML % (b"x", b"<script>window._cf_chl_opt={}</script>"), 503),
        (
            HTML
            % (b"x", b"<script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'>"),
            403,
        ),
        (HTML % (b"https://www.google.com/maps", b"<form action=/sorry/index>"), 429),
        (HTML % (b"x", b"Our systems have detected unusual traffic from your computer"), 429),
        (HTML % (b"x", b"<div class=g-recaptcha>"), 200),
        (HTML % (b"x", b"<script src=https://js.hcaptcha.com/1/api.js>"), 200),
        (HTML % (b"Pardon Our Interruption", b""), 200),
        (HTML % (b"x", b"<div id=px-captcha>"), 403),
        (HTML % (b"x", b"<iframe src=/_Incapsula_Resource?x>"), 200),
        (HTML % (b"x", b"<script src=https://ct.captcha-delivery.com/c.js>"), 403),
        (b"\n\n  <html><head><title>Just a moment...</title>", 403),
        (b"\xef\xbb\xbf<html><title>Just a moment...</title>", 403),
        (b"<!-- a --> <!-- b\n -->\n<html><title>Just a moment...</title>", 403),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x"><html><title>Just a moment...', 403),
        (HTML % (b"x", b" " * 60_000 + b"<div class=h-captcha>"), 200),
    ],
)
def test_a_bot_check_is_known_for_one(body: bytes, status: int) -> None:
    assert page_kind(answer(body, status)) == "challenge"


def test_a_header_alone_tells_a_challenge() -> None:
    assert page_kind(answer(b"", 403, cf_mitigated="challenge")) == "challenge"
    assert page_kind(answer(b"", 403, cf_mitigated="block")) is None


MARKS = b"captcha g-recaptcha h-captcha hcaptcha.com verify you are human <title>Just a moment"
KML = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
    b"<Document><description><![CDATA[<!DOCTYPE html><html>%s</html>]]></description></Document>"
    b"</kml>"
)


@pytest.mark.parametrize(
    "body",
    [
        KML % MARKS,
        b"AOSNUMBER,Agency,Summary\r\nAOS1,Town Police,<html>" + MARKS + b"</html>\r\n",
        b'{"name": "<html>' + MARKS + b'"}',
        b"PK\x03\x04<html>" + MARKS,
        MARKS,
        b"",
        b"<htmlish>" + MARKS,
        HTML % (b"A department", b"This town bought a camera. Its captcha is broken."),
        HTML
        % (
            b"An ordinary page behind Cloudflare",
            b"<script src='/cdn-cgi/challenge-platform/h/b/scripts/jsd/abc/main.js'></script>",
        ),
        HTML % (b"x", b"<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>"),
    ],
    ids=["kml", "csv", "json", "kmz", "text", "empty", "htmlish", "html", "jsd old", "jsd"],
)
def test_data_and_ordinary_pages_are_no_challenge(body: bytes) -> None:
    assert page_kind(answer(body)) != "challenge"


@pytest.mark.parametrize("status", [404, 410])
def test_a_missing_page_with_a_form_is_no_challenge(status: int) -> None:
    assert page_kind(answer(HTML % (b"Not found", b"<div class=g-recaptcha>"), status)) is None


def test_the_settings_are_mannered() -> None:
    assert settings.ROBOTSTXT_OBEY
    assert settings.CONCURRENT_REQUESTS == 1
    assert settings.DOWNLOAD_DELAY >= 2
    assert settings.AUTOTHROTTLE_ENABLED
    assert not settings.COOKIES_ENABLED
    assert not settings.TELNETCONSOLE_ENABLED
