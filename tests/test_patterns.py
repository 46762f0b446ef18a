"""No text, however it is made, keeps a regular expression busy: ReDoS."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from analysis import decisions
from analysis.agencies import SLUG_WORDS
from analysis.names import JURISDICTION_IN_NAME, TYPE_IN_NAME
from analysis.tables import TABLES
from spiders.pages import LONGEST_ADDRESS
from spiders.platforms import demand_table
from tests.patterns import Expression, attacks, expressions

LENGTH = 6_000
SQUARE = re.compile(r"\s*\(city\)$")
"""What takes the square of the length of a text, where that is spaces."""
HOPELESS = 0.3
"""Seconds after which a search is given up."""
BOUNDED = {"SIGN_IN_ADDRESS": LONGEST_ADDRESS}
"""Expressions that meet no longer texts than these, by words of their place."""
MADE_LATER = {
    "spiders/platforms/census_table.py:f'[0-9]{{1,{width}}}'",
    "spiders/platforms/demand_table.py:f'(?i){known}'",
    "analysis/agencies.py:keys",
    "analysis/corrections.py:pattern",
    "analysis/decisions.py:target",
    "analysis/designators.py:pattern",
    "analysis/names.py:pattern",
    "analysis/tables.py:pattern",
}
"""Places whose expressions are made of the lists below when the code runs."""


def listed() -> Iterator[Expression]:
    """The expressions that stand in lists."""
    known = demand_table.PROCESSES | demand_table.COLUMNS
    for name, text in known.items():
        yield made(f"demand_table {name}", f"(?i){text}", "fullmatch")
    for kind, text in TYPE_IN_NAME:
        yield made(f"names {kind}", text, "search")
    for text, _ in SLUG_WORDS:
        yield made("agencies", text, "sub")
    for kind, text in JURISDICTION_IN_NAME:
        yield made(f"names {kind}", text, "search")
    for kind, (text, _) in decisions.KINDS.items():
        yield made(f"decisions {kind}", text, "fullmatch")
    for table in TABLES.values():
        for column in table.columns:
            if column.pattern:
                yield made(f"tables {column.name}", column.pattern, "fullmatch")


def made(where: str, text: str, method: str) -> Expression:
    return Expression(where, re.compile(text), frozenset({method}))


def deed(expression: Expression, method: str, text: str | bytes) -> None:
    """Do with a text what the code does."""
    call = getattr(expression.pattern, method)
    found = call(type(text)(), text) if method in ("sub", "subn") else call(text)
    if method == "finditer":
        list(found)


@cache
def too_long() -> float:
    """Seconds of a core: a third of what the square of ``LENGTH`` takes on this machine. What takes
    less than the square took a fiftieth of that (2026-11-23)."""
    spent = []
    for _ in range(3):
        began = time.thread_time()
        SQUARE.search(" " * LENGTH)
        spent.append(time.thread_time() - began)
    return min(spent) / 3


def slowed(expression: Expression, length: int) -> Any:
    """How a text of that length begins and ends which takes too long; None where none does."""
    for text in attacks(expression.pattern, length):
        for method in expression.methods:
            try:
                tries = (spent(expression, method, text) > too_long() for _ in range(3))
                slow = all(tries)  # the first may have met Python's own collecting of garbage
            except InterruptedError:
                slow = True
            if slow:
                return method, text[:60], text[-5:]
    return None


def spent(expression: Expression, method: str, text: str | bytes) -> float:
    """Seconds of a core."""
    began = time.thread_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, HOPELESS)
    try:
        deed(expression, method, text)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.thread_time() - began


@pytest.fixture
def _given_up() -> Iterator[None]:
    """A search that goes on for too long is interrupted."""

    def give_up(*_: object) -> None:
        raise InterruptedError

    before = signal.signal(signal.SIGVTALRM, give_up)
    yield
    signal.signal(signal.SIGVTALRM, before)


def longest(expression: Expression) -> int:
    return min([LENGTH, *(most for name, most in BOUNDED.items() if name in expression.where)])


@pytest.mark.usefixtures("_given_up")
def test_no_expression_takes_more_than_time_in_proportion() -> None:
    found, _ = expressions()
    every = [*found, *listed()]
    assert len(every) > 150
    slow = {
        f"{expression.where} {expression.pattern.pattern!r:.80}": text
        for expression in every
        if (text := slowed(expression, longest(expression)))
    }
    assert slow == {}


def test_every_expression_is_known() -> None:
    """One whose text is made when the code runs must stand in a list that is tried above."""
    _, unknown = expressions()
    assert {place for place in unknown if not place.startswith("analysis/corrections.py:'-?")} == (
        MADE_LATER
    )


@pytest.mark.usefixtures("_given_up")
@pytest.mark.parametrize(
    "text",
    [
        r"(a+)+$",
        r"(?:a|a)+b",
        r"\s*\(city\)$",
        r"(?:<!--.*?-->\s*)*<html",
        r"\d+\.\d+",
        r"x[^.]*y.*z",
    ],
)
def test_a_slow_expression_is_found(text: str) -> None:
    assert slowed(made("here", text, "search"), LENGTH)
