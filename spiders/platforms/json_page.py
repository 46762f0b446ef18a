"""JSON as it comes from the web: numbers kept as they were written, hostile input refused."""

from __future__ import annotations

import json
import zlib
from typing import Any

from spiders.source import LayoutError, shown

GZIP = b"\x1f\x8b"
LARGEST = 200 * 1024 * 1024
"""Bytes to which a packed body may grow: the same as a file that is handed in may have."""
ITEMS = 8_000_000
"""Commas and brackets in a body; the register of 23,243 agencies has some 400,000. As many
numbers take 0.6 GB (2026-11-23)."""


def unpacked(body: bytes, where: str) -> bytes:
    """What a body packed with gzip holds; any other body as it is.

    Raises:
        LayoutError: it is cut off, damaged, followed by something else or larger than
            :data:`LARGEST`.
    """
    if not body.startswith(GZIP):
        return body
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, LARGEST)
    except zlib.error as error:
        raise LayoutError(f"sought whole gzip in {where}, found damage ({error})") from error
    if not stream.eof or stream.unused_data:
        raise LayoutError(
            f"sought one whole gzip member of at most {LARGEST / 1e6:,.0f} MB in {where}, found "
            "one that is cut off, larger or followed by something else"
        )
    return plain


def json_of(body: bytes, where: str) -> Any:
    """The value in a body of UTF-8, UTF-16 or UTF-32, every number as the text that stood there.

    Raises:
        LayoutError: the body is empty, no JSON, truncated, nested too deep or of more parts than
            any honest one.
    """
    if not body.strip():
        raise LayoutError(f"sought JSON in {where}, found an empty body")
    if (parts := sum(map(body.count, (b",", b"[", b"{")))) > ITEMS:
        raise LayoutError(f"sought JSON in {where}, found {parts:,} parts, more than {ITEMS:,}")
    try:
        return json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise LayoutError(
            f"sought whole JSON in {where}, found a body beginning '{shown(body)}' "
            f"({type(error).__name__}: {error})"
        ) from error
