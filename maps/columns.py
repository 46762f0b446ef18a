"""How tables become JSON: dictionary columns, shared values, and escapes no parser can mistake."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

Column = Any
"""A list with one entry a row, or the one value that all rows share."""

ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def script_json(value: Any) -> str:
    """``value`` as JSON that no HTML or JavaScript parser can take for anything else."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(ESCAPES).encode("utf-8", "replace").decode("utf-8")


def web_address(url: str) -> str:
    """``url`` where it is an http or https address, else the empty string."""
    return url if url.lower().startswith(("http://", "https://")) else ""


def texts(text: pd.Series) -> list[str]:
    """Plain strings: iterating Arrow-backed text costs some 3 microseconds an item (2026-11)."""
    found: list[str] = text.to_numpy(dtype=object, na_value="").tolist()
    return found


def coded(text: pd.Series) -> dict[str, Column]:
    """A dictionary column: sorted distinct values and each row's place among them."""
    codes, values = pd.factorize(text.to_numpy(dtype=object, na_value=""), sort=True)
    return {"of": list(values), "is": shared(codes.tolist())}


def shared(values: list[Any]) -> Column:
    """``values``, or the one value that all of them equal."""
    first = values[0] if values else 0
    return first if all(value == first for value in values) else values


def looked_up(keys: pd.Series, found: Mapping[str, str]) -> pd.Series:
    """What ``found`` has for each key, empty where it has nothing."""
    return pd.Series([found.get(key, "") for key in texts(keys)], index=keys.index, dtype="object")


def plain(numbers: pd.Series) -> list[int | float | None]:
    """Numbers, whole ones as integers; None where there is none."""
    return [
        None if value is None else int(value) if float(value).is_integer() else float(value)
        for value in _objects(numbers)
    ]


def degrees(angles: pd.Series) -> list[int | None]:
    """Ten-thousandths of a degree (some 11 m: the points are centres of places)."""
    return [None if value is None else round(value * 1e4) for value in _objects(angles)]


def joined(numbers: Iterable[int]) -> str:
    """Numbers with a space between them, so that a combination is one text in a dictionary."""
    return " ".join(map(str, numbers))


def _objects(numbers: pd.Series) -> list[Any]:
    return numbers.astype("object").where(numbers.notna(), None).tolist()
