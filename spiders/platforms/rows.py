"""One row at a time: understood whole, or set aside by name with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from spiders.records import Record, Rejection

NAME_LENGTH = 200
WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]{1,1900}")


class RowError(ValueError):
    """A row that cannot be understood; the message says why and is published with the row."""


def understood(
    records: Iterable[Record], name: str, position: int, row_key: str | None = None
) -> Iterator[Record]:
    """The records of one row, or one Rejection in their place; never a part of a row."""
    try:
        yield from tuple(records)
    except (RowError, ValidationError) as error:
        yield set_aside(name, reason(error), position, row_key)


def set_aside(name: str, why: str, position: int, row_key: str | None = None) -> Rejection:
    """A row set aside; lone surrogates, which no database takes, become question marks."""
    return Rejection(
        name=_storable(name)[:NAME_LENGTH],
        reason=_storable(why),
        position=position,
        row_key=row_key,
    )


def reason(error: RowError | ValidationError) -> str:
    """Why a row was set aside, in one sentence without the row's own text."""
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        )
    return str(error)


def web_address(text: str) -> str:
    """The text where it is an http or https address fit for a link, else nothing."""
    return text.strip() if WEB_ADDRESS.fullmatch(text.strip()) else ""


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
