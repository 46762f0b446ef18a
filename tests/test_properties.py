"""What must hold of any history: of healthy, incomplete and failed looks, read in any order."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiders.ledger import Ledger
from tests.histories import View, ingest, tables

NAMES = tuple(f"{place} Police Department" for place in ("Arden", "Berwick", "Corwin", "Dunmore"))
FIRST = date(2021, 1, 1)
TEXTS = ("0", "3", "7", "", "n/a")
HELD = ("participations", "listings", "agencies", "footage_requests", "footage_totals")


@st.composite
def views(draw: st.DrawFn) -> list[View]:
    """Up to nine days, each with some departments, some counts and a verdict."""
    days = draw(st.lists(st.integers(0, 60), min_size=1, max_size=9, unique=True))
    found = []
    for day in sorted(days):
        shown = tuple(name for name in NAMES if draw(st.booleans()))
        counts = {name: draw(st.sampled_from(TEXTS)) for name in shown if draw(st.booleans())}
        verdict = draw(st.sampled_from(["healthy", "healthy", "healthy", "incomplete", "failed"]))
        moment = (FIRST + timedelta(days=day)).isoformat()
        found.append(View(moment, shown, counts, verdict))
    return found


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger to copy: making its tables takes most of the time of an example."""
    path = tmp_path_factory.mktemp("blank") / "ledger.sqlite"
    Ledger(f"sqlite:///{path}").close()
    return path


@contextmanager
def ledger_of(blank: Path, *histories: list[View]) -> Iterator[Ledger]:
    with TemporaryDirectory() as folder:
        path = Path(shutil.copy(blank, folder))
        ledger = Ledger(f"sqlite:///{path}")
        try:
            for history in histories:
                ingest(ledger, history)
            yield ledger
        finally:
            ledger.close()


def told(blank: Path, *histories: list[View], as_of: date | None = None) -> dict[str, pd.DataFrame]:
    with ledger_of(blank, *histories) as ledger:
        return tables(ledger, as_of, floor=0.0)


def same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame], *names: str) -> None:
    for name in names or one:
        pd.testing.assert_frame_equal(one[name], other[name], obj=name)


SLOW = settings(
    max_examples=int(os.environ.get("EXAMPLES", "8")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""An example cleans the tables twice, a second or more; ``EXAMPLES=200`` looks longer."""


@SLOW
@given(history=views(), order=st.randoms(use_true_random=False))
def test_neither_the_order_of_ingestion_nor_ingesting_twice_changes_the_tables(
    blank: Path, history: list[View], order: random.Random
) -> None:
    other = list(history)
    order.shuffle(other)
    first = told(blank, history)
    same(first, told(blank, other, history))
    assert not first["captures"]["capture_id"].duplicated().any()


@SLOW
@given(history=views())
def test_nothing_comes_of_a_failed_look_and_zeros_and_ends_are_proved(
    blank: Path, history: list[View]
) -> None:
    trusted = [view for view in history if view.verdict != "failed"]
    found = told(blank, history)
    same(found, told(blank, trusted), *HELD)
    assert set(found["participations"]["last_observed"]) <= {view.moment for view in trusted}
    assert_every_zero_was_said(found, trusted)
    assert_every_end_was_seen(found, trusted)


@SLOW
@given(history=views(), cut=st.integers(0, 60))
def test_as_of_an_earlier_date_never_changes_when_later_looks_arrive(
    blank: Path, history: list[View], cut: int
) -> None:
    day = FIRST + timedelta(days=cut)
    by_then = [view for view in history if view.day <= day.isoformat()]
    then, now = told(blank, by_then, as_of=day), told(blank, history, as_of=day)
    same(then, now)
    assert (now["captures"]["observed_at"].str[:10] <= day.isoformat()).all()


def assert_every_zero_was_said(found: dict[str, pd.DataFrame], trusted: list[View]) -> None:
    """Every capture a zero rests on is one that says zero of that department."""
    said = {
        (view.capture, f"oh-{name.split()[0].lower()}-police")
        for view in trusted
        for name, text in view.counts.items()
        if text == "0"
    }
    counts, evidence = found["footage_requests"], found["evidence"]
    zeros = counts[counts["value"].eq(0).fillna(False)]
    assert set(zeros["value_state"]) <= {"zero_stated"}
    for request, agency in zeros[["request_id", "agency_id"]].itertuples(index=False):
        captures = evidence.loc[evidence["row_id"].eq(request), "capture_id"]
        assert len(captures)
        assert {(capture, agency) for capture in captures} <= said
    totals = found["footage_totals"]
    assert totals.loc[totals["value_state"].eq("not_published"), "value"].isna().all()


def assert_every_end_was_seen(found: dict[str, pd.DataFrame], trusted: list[View]) -> None:
    """A spell ends only where two healthy looks, which are its evidence, lack the department."""
    by_capture = {view.capture: view for view in trusted}
    listed, evidence = found["participations"], found["evidence"]
    several = listed.groupby("agency_id")["spell"].transform("max") > listed["spell"]
    ended = listed[listed["valid_to_kind"].eq("delisted_observed")]
    assert set(listed.index[several]) <= set(ended.index), "only a delisting opens a new spell"
    for spell in ended.itertuples():
        rows = evidence[evidence["row_id"].eq(spell.participation_id)]
        after = [
            view
            for view in (by_capture[capture] for capture in rows["capture_id"])
            if view.moment > spell.last_observed
        ]
        assert len({view.moment for view in after}) >= 2
        assert {view.verdict for view in after} == {"healthy"}
        names = {name for view in after for name in view.departments}
        assert spell.agency_id not in {f"oh-{name.split()[0].lower()}-police" for name in names}
        assert min(view.moment for view in after) == spell.first_missing
