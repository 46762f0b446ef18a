"""The queue of decisions about departments, for the reader of a terminal and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from spiders import moment

HEADS = ("question", "state", "departments", "why", "candidates", "a row for agency_decisions.csv")


def asked(tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """An object a question, as :class:`analysis.review.Question` has it."""
    from analysis.decisions import decisions
    from analysis.review import questions

    day = moment.now().date().isoformat()
    return [asdict(each) for each in questions(tables, decisions(), day)]


def lines(found: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """The cells under :data:`HEADS`, a line for each row that may be taken over."""
    for each in found:
        names = "; ".join(
            f"{name} ({key})" for key, name in zip(each["departments"], each["names"], strict=True)
        )
        near = "; ".join(each["candidates"])
        for number, row in enumerate(each["rows"]):
            told = (each["kind"], each["state"], names, each["why"], near)
            yield (*(("",) * len(told) if number else told), row)


def said(found: list[dict[str, Any]]) -> str:
    """How much is open, in a sentence."""
    kinds = Counter(each["kind"] for each in found)
    told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    return f"{len(found):,} to decide" + (f": {told}" if told else "")
