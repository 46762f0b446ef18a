"""How tables become JSON: dictionary columns, shared values, and escapes no parser can mistake."""

from __future__ import annotations

import hashlib
import json
import string
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Column = Any
"""A list with one entry a row, or the one value that all rows share."""

DIGITS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
"""Those of URL-safe base64: neither JSON nor :func:`script_json` escapes any of them."""

ENDING_WORDS = 4
"""Words of the longest ending :func:`parted` looks for: Department of Public Safety."""

ESCAPED = tuple((character, f"\\u{ord(character):04x}") for character in "<>&\u2028\u2029")


def plain_json(value: Any) -> str:
    """``value`` as JSON on one line, in a file of its own.

    Raises:
        ValueError: there is a number in it that JSON has not.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def script_json(value: Any) -> str:
    """``value`` as JSON that no HTML or JavaScript parser can take for anything else."""
    text = plain_json(value)
    # where there are other letters than ASCII, eleven times faster than translate (2026-11-23)
    for character, escaped in ESCAPED:
        text = text.replace(character, escaped)
    return text.encode("utf-8", "replace").decode("utf-8")


def digest(content: bytes | str) -> str:
    """SHA-256 in hexadecimal digits, of text as UTF-8."""
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()


def web_address(url: str) -> str:
    """``url`` where it is an http or https address, else the empty string."""
    return url if url.lower().startswith(("http://", "https://")) else ""


def texts(text: pd.Series) -> list[str]:
    """Plain strings: iterating Arrow-backed text costs some 3 microseconds an item (2026-11)."""
    found: list[str] = text.to_numpy(dtype=object, na_value="").tolist()
    return found


def packed(numbers: npt.NDArray[np.int64]) -> str:
    """Whole numbers of 32 bits as text, by Google's encoded polyline algorithm but in our digits.

    The sign goes to the lowest bit; then five bits a digit (:data:`DIGITS`), the lowest first, and
    32 is added to each digit that another one of the same number follows.

    >>> packed(np.array([0, -1, 1, 15, -16, 16]))
    'ABCefgB'
    """
    bits = (numbers << 1) ^ (numbers >> 63)
    rest = bits[:, None] >> np.arange(0, 40, 5)
    values = (rest[:, :-1] & 31) + 32 * (rest[:, 1:] > 0)
    written = rest[:, :-1] > 0
    written[:, 0] = True
    return np.frombuffer(DIGITS.encode(), "uint8")[values[written]].tobytes().decode()


def coded(text: pd.Series) -> dict[str, Column]:
    """A dictionary column: sorted distinct values, and each row's place among them, packed.

    The places are left out where all rows hold the same value.
    """
    codes, values = pd.factorize(text.to_numpy(dtype=object, na_value=""), sort=True)
    return {"of": list(values), "is": packed(codes) if len(values) > 1 else ""}


def parted(text: pd.Series) -> tuple[list[str], pd.Series]:
    """Each text as a stem and an ending that several of the texts share, empty where none does.

    Of the endings that begin at a space, that one is taken which holds most letters in all.

    >>> stems, endings = parted(pd.Series(["Ames Police", "Boone Police", "Iowa State Patrol"]))
    >>> stems, list(endings)
    (['Ames', 'Boone', 'Iowa State Patrol'], [' Police', ' Police', ''])
    """
    whole = texts(text)
    times = Counter(ending for value in whole for ending in _endings(value))
    worth = {ending: len(ending) * number for ending, number in times.items() if number > 1}
    found = [max(_endings(value), key=lambda ending: worth.get(ending, 0)) for value in whole]
    stems = [value.removesuffix(ending) for value, ending in zip(whole, found, strict=True)]
    return stems, pd.Series(found, index=text.index, dtype="object")


def _endings(text: str) -> list[str]:
    words = text.rsplit(" ", ENDING_WORDS)
    return ["", *(" " + " ".join(words[first:]) for first in range(1, len(words)))]


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
    found: list[Any] = numbers.to_numpy(dtype=object, na_value=None).tolist()  # type: ignore[call-overload]  # the stubs know no None
    return found
