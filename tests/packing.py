"""The inverse of what ``maps.columns`` packs, written for tests alone, digit by digit."""

from __future__ import annotations

from typing import Any

from maps.columns import DIGITS


def unpacked(text: str) -> list[int]:
    """The numbers that ``packed`` wrote, digit by digit."""
    numbers, bits, shift = [], 0, 0
    for digit in map(DIGITS.index, text):
        bits |= (digit & 31) << shift
        shift += 5
        if digit < 32:
            numbers.append((bits >> 1) ^ -(bits & 1))
            bits, shift = 0, 0
    return numbers


def told(column: dict[str, Any], rows: int) -> list[str]:
    """The text of each row of a dictionary column."""
    places = unpacked(column["is"]) if column["is"] else [0] * rows
    return [column["of"][place] for place in places]
