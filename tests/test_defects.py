"""The ten defects of the one earlier tracker, each a test that fails on code that has it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from spiders.records import Count, OtherRows, Record
from tests.histories import PROGRAMME, View, ledger_at, tables
from tests.replay import made, records, source_classes

A, B, C = "Arden Police Department", "Berwick Police Department", "Corwin Police Department"
DAYS = [f"2021-{month:02d}-01" for month in range(1, 13)]
Told = Callable[..., dict[str, pd.DataFrame]]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """The clean tables after some views."""

    def clean(*views: View, floor: float = 0.5) -> dict[str, pd.DataFrame]:
        ledger = ledger_at(tmp_path / "ledger.sqlite", views)
        try:
            return tables(ledger, floor=floor)
        finally:
            ledger.close()

    return clean


def spells(found: dict[str, pd.DataFrame], agency: str) -> pd.DataFrame:
    listed = found["participations"]
    return listed[listed["agency_id"].eq(agency)].reset_index(drop=True)


@pytest.mark.parametrize("verdict", ["failed", "incomplete"])
def test_1_a_failed_fetch_is_never_a_zero(told: Told, verdict: str) -> None:
    before = View(DAYS[0], (A, B), {A: "14", B: "0"})
    found = told(before, View(DAYS[1], (A,), {}, verdict))
    counts = found["footage_requests"].set_index("agency_id")
    assert counts["value"].to_dict() == {"oh-arden-police": 14, "oh-berwick-police": 0}
    assert counts["value_state"].to_dict() == {
        "oh-arden-police": "value",
        "oh-berwick-police": "zero_stated",
    }
    assert counts["last_observed"].unique().tolist() == [before.moment]


def test_2_six_categories_of_posts_are_six_metrics(told: Told) -> None:
    numbers = {"rfa": 3, "crime": 50, "safety": 20, "animals": 9, "environmental": 1}
    numbers["community"] = 7
    posts: tuple[Record, ...] = tuple(
        Count(
            programme=PROGRAMME,
            agency=A,
            city="Springfield",
            state="OH",
            metric=f"{category}_posts",
            label_text=category,
            value_text=str(number),
        )
        for category, number in numbers.items()
    )
    found = told(View(DAYS[0], (A,), more=posts))
    counts = found["footage_requests"].set_index("metric")["value"].to_dict()
    assert counts == {f"{category}_posts": number for category, number in numbers.items()}
    totals = found["footage_totals"]
    assert not totals["value"].isin([sum(numbers.values())]).any()
    assert set(totals["metric"]) <= {f"{category}_posts" for category in numbers}


def test_3_the_day_a_department_was_first_missed_never_moves(told: Told) -> None:
    shown = [View(DAYS[0], (A, B, C))]
    missing = [View(day, (A, B)) for day in DAYS[1:]]
    found = told(*shown, *missing)
    gone = spells(found, "oh-corwin-police").iloc[0]
    assert gone["first_missing"] == f"{DAYS[1]}T00:00:00Z"
    assert gone["last_observed"] == f"{DAYS[0]}T00:00:00Z"
    changes = found["changes"]
    assert changes["kind"].eq("delisted").sum() == 1
    assert changes.set_index("kind")["observed_at"]["delisted"] == f"{DAYS[2]}T00:00:00Z"


def test_4_a_return_is_seen_and_is_a_spell_of_its_own(told: Told) -> None:
    listed = [(A, B, C), (A, B), (A, B), (A, B, C)]
    found = told(*(View(day, names) for day, names in zip(DAYS, listed, strict=False)))
    both = spells(found, "oh-corwin-police")
    assert both["spell"].tolist() == [1, 2]
    assert both["valid_to_kind"].tolist() == ["delisted_observed", "unknown"]
    assert both["first_observed"].tolist() == [f"{day}T00:00:00Z" for day in (DAYS[0], DAYS[3])]
    assert found["changes"]["kind"].eq("relisted").sum() == 1


def test_5_a_revised_count_does_not_overwrite_the_earlier_one(told: Told) -> None:
    found = told(View(DAYS[0], (A,), {A: "14"}), View(DAYS[1], (A,), {A: "16"}))
    counts = found["footage_requests"].sort_values("observed_at")
    assert counts["value"].tolist() == [14, 16]
    assert counts["current"].tolist() == [False, True]
    assert counts["revises"].iloc[1] == counts["request_id"].iloc[0]
    assert counts["difference"].iloc[1] == 2
    assert found["changes"]["kind"].eq("count_revised").sum() == 1


def test_6_a_rename_is_a_rename(told: Told) -> None:
    profile = "https://agency.ring.com/agencies/0a1b2c3d-0000-4000-8000-000000000001"
    new = "Arden Department of Public Safety"
    found = told(
        View(DAYS[0], (A, B), profiles={A: profile}),
        View(DAYS[1], (new, B), profiles={new: profile}),
        View(DAYS[2], (new, B), profiles={new: profile}),
    )
    listed = found["participations"]
    assert listed["agency_id"].tolist() == ["oh-arden-police", "oh-berwick-police"]
    assert not listed["valid_to_kind"].eq("delisted_observed").any()
    kinds = found["changes"]["kind"].tolist()
    assert kinds.count("renamed") == 1
    assert "delisted" not in kinds
    aliases = found["agencies"].set_index("agency_id").loc["oh-arden-police"]
    assert {aliases["name"], *aliases["aliases"].split(" | ")} == {A, new}


def test_7_fields_are_read_by_name_in_any_order() -> None:
    fields = [
        '<Data name="Active Date"><value>6/11/2020</value></Data>',
        '<Data name="Video Requests Q3 2020"><value>14</value></Data>',
        '<Data name="Notes"><value>none</value></Data>',
    ]

    def read(order: list[str]) -> list[Record]:
        body = (
            '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
            f"<name>{A}</name><address>Arden, OH</address><ExtendedData>{''.join(order)}"
            "</ExtendedData></Placemark></Document></kml>"
        )
        kind = source_classes()["ring_agency_map"]
        return sorted(records(made(kind), body.encode()), key=lambda record: record.kind)

    first = read(fields)
    assert [record.kind for record in first] == ["count", "listing"]
    assert first == read(fields[::-1]) == read([fields[2], fields[0], fields[1]])


def test_8_a_tenth_of_the_list_is_refused_and_delists_nobody(told: Told) -> None:
    names = tuple(f"Town{number:02d} Police Department" for number in range(30))
    whole = [View(day, names) for day in DAYS[:2]]
    found = told(*whole, View(DAYS[2], names[:3]), View(DAYS[3], names[:3]))
    listed = found["participations"]
    assert len(listed) == 30
    assert listed["first_missing"].isna().all()
    assert not listed["valid_to_kind"].eq("delisted_observed").any()
    assert found["sources"].set_index("source").loc["ring_agency_map", "verdict"] == "failed"


def test_9_absence_is_never_called_an_end(told: Told) -> None:
    found = told(View(DAYS[0], (A, B)), View(DAYS[1], (A,)), View(DAYS[2], (A,)))
    gone = spells(found, "oh-berwick-police").iloc[0]
    assert gone["valid_to_kind"] == "delisted_observed"
    assert pd.isna(gone["valid_to"])
    event = found["changes"].set_index("kind").loc["delisted"]
    assert "ended" not in f"{event['before']} {event['after']}"


def test_9_a_retired_category_ends_nobodys_listing(told: Told) -> None:
    def rows(number: int) -> tuple[Record, ...]:
        return (OtherRows(category="Ring", rows=number, programme=PROGRAMME),)

    views = [View(DAYS[0], (A, B), more=rows(2))]
    views += [View(day, (), more=rows(0)) for day in DAYS[1:4]]
    found = told(*views, floor=0.0)
    assert found["participations"]["valid_to_kind"].tolist() == ["unknown", "unknown"]
    kinds = found["changes"]["kind"].tolist()
    assert kinds.count("category_retired") == 1
    assert "delisted" not in kinds


CHECKS = ("raises", "fail", "expect", "assert_")
"""What asserts besides ``assert``: pytest's, playwright's and pandas' own."""


def functions(pattern: str) -> list[tuple[str, ast.FunctionDef]]:
    return [
        (path.name, node)
        for path in sorted(Path(__file__).parent.rglob(pattern))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]


def asserts(function: ast.FunctionDef, checkers: set[str]) -> bool:
    """Does it assert, or hand the work to a function of the tests that does?"""
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    names = {getattr(called, "attr", getattr(called, "id", "")) for called in calls}
    return (
        any(isinstance(node, ast.Assert) for node in ast.walk(function))
        or any(name.startswith(CHECKS) for name in names)
        or bool(names & checkers)
    )


def test_10_every_test_asserts() -> None:
    checkers = {
        node.name
        for _, node in functions("*.py")
        if not node.name.startswith("test_") and asserts(node, set())
    }
    tests = [found for found in functions("test_*.py") if found[1].name.startswith("test_")]
    silent = [f"{name} {node.name}" for name, node in tests if not asserts(node, checkers)]
    assert len(tests) > 500
    assert silent == []
