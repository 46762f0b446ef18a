"""The verdict: when a run can be trusted, and in which words it is told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spiders.verdict import LOST, Account, Verdict, judge

EXPECTS = range(100, 1000)
BEFORE = {"rows": 400, "listing:neighbors_portal": 300, "listing:camera_registry": 100}


def account(
    rows: int = 400,
    *,
    problems: tuple[str, ...] = (),
    finish_reason: str = "finished",
    lost: Mapping[str, int] | None = None,
    **counts: int,
) -> Account:
    named = {key.replace("__", ":"): number for key, number in counts.items()}
    return Account(finish_reason, problems, lost or {}, {"rows": rows} | named)


def judged(told: Account, last: Mapping[str, int] | None = None, retires: bool = False) -> Verdict:
    return judge(told, EXPECTS, floor=0.5, last_healthy=last or {}, retires_categories=retires)


@pytest.mark.parametrize(
    ("told", "state", "reason"),
    [
        (account(), "healthy", "400 rows"),
        (account(100), "healthy", "100 rows"),
        (account(99), "failed", "99 rows, expected 100 or more"),
        (account(0), "failed", "0 rows, expected 100 or more"),
        (
            account(0, lost={"forbidden": 1}),
            "failed",
            "0 rows, expected 100 or more; pages lost: 1 forbidden by robots.txt",
        ),
        (account(999), "healthy", "999 rows"),
        (account(1000), "incomplete", "1000 rows, expected fewer than 1000"),
        (account(problems=("a page broke",)), "failed", "a page broke"),
        (account(problems=("a", "b", "c")), "failed", "a (and 2 more)"),
        (
            account(finish_reason="shutdown"),
            "failed",
            "stopped before the end: shutdown",
        ),
        (
            account(lost={"error": 2, "unreachable": 1, "given_up": 0}),
            "incomplete",
            "400 rows; pages lost: 2 answered with an error, 1 not reachable",
        ),
        (account(lost={"given_up": 1}), "incomplete", "400 rows; pages lost: 1 given up"),
        (account(rejection=40), "healthy", "400 rows"),
        (account(rejection=41), "incomplete", "41 of 400 rows could not be understood"),
    ],
)
def test_state_and_sentence(told: Account, state: str, reason: str) -> None:
    assert judged(told) == Verdict(state, reason)  # type: ignore[arg-type]


def test_a_problem_weighs_more_than_lost_pages_and_these_more_than_rejected_rows() -> None:
    everything = account(problems=("broke",), lost={"error": 1}, rejection=400)
    assert judged(everything).reason == "broke"
    assert "pages lost" in judged(account(lost={"error": 1}, rejection=400)).reason


@pytest.mark.parametrize(
    ("counts", "state", "reason"),
    [
        ({"rows": 400, "listing:neighbors_portal": 300, "listing:camera_registry": 100}, "healthy",
         "400 rows"),
        ({"rows": 200, "listing:neighbors_portal": 150, "listing:camera_registry": 50}, "healthy",
         "200 rows"),
        ({"rows": 199, "listing:neighbors_portal": 150, "listing:camera_registry": 50}, "failed",
         "199 rows, the last healthy run had 400: fewer than 50% of it"),
        ({"rows": 400, "listing:neighbors_portal": 149, "listing:camera_registry": 251}, "failed",
         "149 listings in neighbors_portal, the last healthy run had 300: fewer than 50% of it"),
        ({"rows": 400, "listing:neighbors_portal": 400}, "failed",
         "0 listings in camera_registry, the last healthy run had 100: fewer than 50% of it"),
        ({"rows": 100, "listing:neighbors_portal": 100}, "failed",
         "100 rows, the last healthy run had 400: fewer than 50% of it"),
    ],
)  # fmt: skip
def test_the_last_healthy_run_is_a_floor_for_all_and_for_each_category(
    counts: dict[str, int], state: str, reason: str
) -> None:
    told = Account("finished", (), {}, counts)
    assert judged(told, BEFORE) == Verdict(state, reason)  # type: ignore[arg-type]


def test_a_category_may_be_absent_only_where_it_may_be_retired() -> None:
    retired = account(300, listing__neighbors_portal=300)
    assert judged(retired, BEFORE).state == "failed"
    assert judged(retired, BEFORE, retires=True).state == "healthy"


def test_a_category_that_shrinks_is_no_retired_one() -> None:
    shrunk = account(300, listing__neighbors_portal=300, listing__camera_registry=1)
    assert judged(shrunk, BEFORE, retires=True).state == "failed"


def test_all_rows_gone_is_never_a_retired_category() -> None:
    told = Account("finished", (), {}, {"rows": 0})
    verdict = judge(told, range(1000), floor=0.5, last_healthy=BEFORE, retires_categories=True)
    assert verdict.state == "failed"


def test_counts_of_other_kinds_are_no_floor() -> None:
    before = {"rows": 400, "rejection": 100, "count:neighbors_portal": 900, "other_rows": 50}
    assert judged(account(), before).state == "healthy"


def test_a_first_run_has_no_floor() -> None:
    assert judged(account(100), {}).state == "healthy"


numbers = st.integers(0, 2000)
keys = st.sampled_from(["rows", "listing:neighbors_portal", "listing:camera_registry", "rejection"])


@given(
    counts=st.dictionaries(keys, numbers),
    last=st.dictionaries(keys, numbers),
    problems=st.lists(st.text(min_size=1).filter(str.strip), max_size=2),
    lost=st.dictionaries(st.sampled_from(sorted(LOST)), st.integers(0, 3)),
    reason=st.sampled_from(["finished", "stopped", "shutdown", "cancelled", ""]),
    retires=st.booleans(),
)
@example(
    counts={"rows": 500}, last={}, problems=[], lost={}, reason="finished", retires=False
)  # so that the healthy branch is surely met
def test_healthy_only_where_nothing_speaks_against_it(
    counts: dict[str, int],
    last: dict[str, int],
    problems: list[str],
    lost: dict[str, int],
    reason: str,
    retires: bool,
) -> None:
    verdict = judged(Account(reason, tuple(problems), lost, counts), last, retires)
    rows = counts.get("rows", 0)
    against = [
        bool(problems),
        reason != "finished",
        sum(lost.values()) > 0,
        rows not in EXPECTS,
        rows < 0.5 * last.get("rows", 0),
    ]
    if verdict.state == "healthy":
        assert not any(against)
    if problems or reason != "finished" or rows < EXPECTS.start:
        assert verdict.state == "failed"
    assert verdict.reason.strip()
    if not any(against) and not last and not counts.get("rejection"):
        assert verdict.state == "healthy"
