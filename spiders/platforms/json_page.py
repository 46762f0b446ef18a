"""JSON as it comes from the web: numbers kept as they were written, hostile input refused."""

from __future__ import annotations

import codecs
import json
from typing import Any

from spiders.source import LayoutError, shown

JsonObject = Any
"""Whatever JSON held; each reader checks what it takes."""


def json_of(body: bytes, where: str) -> JsonObject:
    """The value in a body of UTF-8 or UTF-16, every number as the text that stood there.

    Raises:
        LayoutError: the body is empty, no JSON, truncated or nested too deep.
    """
    if not body.strip():
        raise LayoutError(f"sought JSON in {where}, found an empty body")
    try:
        text = body.removeprefix(codecs.BOM_UTF8).decode(json.detect_encoding(body))
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise LayoutError(
            f"sought whole JSON in {where}, found a body beginning '{shown(body)}' "
            f"({type(error).__name__})"
        ) from error


def text_of(value: JsonObject) -> str:
    """The text of a string or number; empty for null, and for what is neither."""
    return value if isinstance(value, str) else ""
