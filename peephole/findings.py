"""What a check found, in a sentence for people and in fields for programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Grade = Literal["damage", "difference", "reading", "note"]

GRADES: dict[Grade, str] = {
    "damage": "bytes or rows are not what was kept",
    "difference": "what is published is not what the archive gives",
    "reading": "today's parser or today's rules read the same bytes differently",
    "note": "as it should be, but to be known",
}
"""All but a note make a check end with status 1."""

Tell = Callable[[str, int, int], None]
"""Progress: of a stage so much is done of so much."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: ``where`` is the file, or ``ledger``; ``row`` is the key of a row of
    ``table`` (published, or of the ledger) and ``captures`` the bytes it rests on."""

    grade: Grade
    where: str
    said: str
    table: str = ""
    row: str = ""
    column: str = ""
    captures: tuple[str, ...] = ()

    @property
    def amiss(self) -> bool:
        return self.grade != "note"


def untold(_stage: str, _done: int, _total: int) -> None:
    """For whoever does not want to see how far it is."""
