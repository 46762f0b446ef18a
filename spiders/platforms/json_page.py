"""JSON as it comes from the web: numbers kept as they were written, hostile input refused."""

from __future__ import annotations

import json
from typing import Any

from spiders.source import LayoutError, shown


def json_of(body: bytes, where: str) -> Any:
    """The value in a body of UTF-8, UTF-16 or UTF-32, every number as the text that stood there.

    Raises:
        LayoutError: the body is empty, no JSON, truncated or nested too deep.
    """
    if not body.strip():
        raise LayoutError(f"sought JSON in {where}, found an empty body")
    try:
        return json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise LayoutError(
            f"sought whole JSON in {where}, found a body beginning '{shown(body)}' "
            f"({type(error).__name__}: {error})"
        ) from error
