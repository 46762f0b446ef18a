"""Archived copies: where an archive keeps them, and where a copy leads to."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from scrapy.http import Response

from spiders.platforms.cdx import Row, moment_of

STAMP = re.compile(r"(?P<stamp>[0-9]{4,14})(?:[a-z]{2}_)?")


class Copy(NamedTuple):
    """The address of an archived copy, taken apart."""

    place: str
    """What stands before ``/web/``."""
    timestamp: str
    original: str

    @property
    def url(self) -> str:
        """Its address; ``id_`` asks for the bytes as they were archived."""
        return f"{self.place}/web/{self.timestamp}id_/{self.original}"

    @property
    def moment(self) -> datetime:
        """The moment it was taken.

        Raises:
            ValueError: its timestamp says none.
        """
        return moment_of(self.timestamp)


def copy_of(row: Row, index_url: str) -> Copy:
    """The copy a row of the index at ``index_url`` tells of."""
    return Copy(_place(index_url), row.timestamp, row.original)


def copied(url: str) -> Copy | None:
    """The copy at an address; None where it is no copy's address."""
    place, web, rest = url.partition("/web/")
    stamp, slash, original = rest.partition("/")
    found = STAMP.fullmatch(stamp)
    if not (web and slash and found and original) or place != _place(url):
        return None
    return Copy(place, found["stamp"], original)


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def target(response: Response, here: Copy) -> Copy | None:
    """The copy a redirect leads to: one of another moment, or what the page itself led to then;
    None where that is no address."""
    location = (response.headers.get(b"Location") or b"").decode("latin-1")
    try:
        found = copied(urljoin(response.url, location)) or here._replace(
            original=urljoin(here.original, location)
        )
        return found if found.moment else None
    except ValueError:
        return None


def digest_of(body: bytes) -> str:
    """SHA-1 in base32, as the index writes it."""
    return base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()
