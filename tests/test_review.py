"""``peephole review``: what a person must decide, and a row that decides it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from analysis import decisions
from analysis.decisions import COLUMNS, Decision
from analysis.review import WHY, Question, questions
from peephole import open_questions
from tests import synthetic
from tests.test_link_command import agency, department

DAY = "2026-11-23"
COUNTY = "Franklin, of all counties"
NAMES: tuple[tuple[str, dict[str, str]], ...] = (
    ("Elmbury Police Department", {"city": "Elmbury", "county": "Franklin"}),
    ("Elmbury Township Police Department", {}),
    ("Dunham Police Department", {"ori": "OH0990200"}),
    ("Karston Police Department", {"county_geoid": "39049"}),
    ("Karston Police Dept", {"city": "Karston", "county": COUNTY}),
    ("Karston PD", {"county_geoid": "39041"}),
    ("Nowhere Community", {"type": "community"}),
    ("Nowhere  Community", {"type": "community", "agency_id": "oh-nowhere-community-2"}),
)


def link(agency_id: str, outcome: str, reason: str, candidates: str | None) -> dict[str, object]:
    row = {"agency_id": agency_id, "outcome": outcome, "reason": reason, "candidates": candidates}
    return row | {"score": 90.0 if candidates else None, "decided_by": "rule"}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    one = "OH0990100 Elmbury Township Police Department (96)"
    two = "OH0990300 Karston Police Department (80) | OH0990400 Karston Village Police (79)"
    shared = "these lead to one agency of the register, OH0990100"
    return synthetic.checked(
        {
            "agencies": pd.DataFrame([department(name, **told) for name, told in NAMES]),
            "registered_agencies": pd.DataFrame([agency("OH0990200", "Dunham Police")]),
            "agency_links": pd.DataFrame(
                [
                    link("oh-elmbury-police-department", "shared", shared, one),
                    link("oh-elmbury-township-police-department", "shared", shared, one),
                    link("oh-dunham-police-department", "linked", "all agrees", one)
                    | {"ori": "OH0990200"},
                    link("oh-karston-police-department", "uncertain", "2 come near", two),
                    link("oh-nowhere-community", "none", "nothing comes near", None),
                ]
            ),
        }
    )


@pytest.fixture(scope="module")
def found(tables: dict[str, pd.DataFrame]) -> list[Question]:
    return questions(tables, (), DAY)


def of(found: list[Question], kind: str) -> list[Question]:
    return [question for question in found if question.kind == kind]


def test_what_is_linked_is_no_question_and_all_else_is(found: list[Question]) -> None:
    kinds = [question.kind for question in found]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "shared": 1,
        "uncertain": 1,
        "none": 1,
        "alike": 2,
    }
    assert not [q for q in found if "oh-dunham-police-department" in q.departments]
    assert found == sorted(found, key=lambda q: (q.state, q.departments, q.kind))


def test_departments_that_lead_to_one_agency_make_one_question(found: list[Question]) -> None:
    (shared,) = of(found, "shared")
    assert shared.departments == (
        "oh-elmbury-police-department",
        "oh-elmbury-township-police-department",
    )
    assert shared.why.endswith("OH0990100")
    assert shared.candidates == ("OH0990100 Elmbury Township Police Department (96)",)
    assert len(shared.rows) == 2, "either may be the one"


def test_ids_that_read_the_same_are_asked_about_unless_counties_part_them(
    found: list[Question],
) -> None:
    """The two whose counties are known and differ are two; communities are no departments."""
    pairs = {question.departments for question in of(found, "alike")}
    assert pairs == {
        ("oh-karston-police-department", "oh-karston-police-dept"),
        ("oh-karston-pd", "oh-karston-police-dept"),
    }


def test_a_decision_closes_the_question(tables: dict[str, pd.DataFrame]) -> None:
    """Names are compared folded: what is said of the department is said of the PD."""
    other = ("oh-karston-pd", "oh-karston-police-dept")
    for what, target, left in (
        ("same", "oh-karston-police-dept", []),
        ("not_same", "oh-karston-police-department", [other]),
    ):
        row = Decision(what, "OH", "KARSTON POLICE DEPT.", "", "", target, "x", DAY, "a test")
        found = of(questions(tables, (row,), DAY), "alike")
        assert [question.departments for question in found] == left
    elsewhere = Decision("same", "MI", "Karston PD", "", "", "oh-karston-police-dept", "x", DAY, "")
    assert len(of(questions(tables, (elsewhere,), DAY), "alike")) == 2


def test_every_row_is_one_that_the_file_of_decisions_takes(
    found: list[Question], tmp_path: Path
) -> None:
    for question in found:
        assert question.rows
        for row in question.rows:
            (cells,) = csv.reader(io.StringIO(row))
            told = dict(zip(COLUMNS, cells, strict=True))
            assert told["reason"] == WHY
            assert told["decided"] == DAY
            assert told["state"] == question.state == "OH"
            file = tmp_path / "agency_decisions.csv"
            file.write_text(",".join(COLUMNS) + f"\n{row}\n", "utf-8")
            (read,) = decisions.read(file)
            assert read.name in question.names
            assert (read.county in ("", COUNTY)) if "Karston" in read.name else not read.county
    (shared,) = of(found, "shared")
    assert shared.rows[0].startswith("same,OH,Elmbury Police Department,,,OH0990100,")


def test_it_is_told_to_people_and_to_programs(
    tables: Mapping[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.decisions.decisions", lambda: ())
    told = open_questions.asked(tables)
    assert json.loads(json.dumps(told))[0].keys() == {
        *("kind", "state", "departments", "names", "why", "candidates", "rows")
    }
    lines = list(open_questions.lines(told))
    assert {len(line) for line in lines} == {len(open_questions.HEADS)}
    assert len(lines) == sum(len(question["rows"]) for question in told)
    assert open_questions.said(told) == "5 to decide: 2 alike, 1 none, 1 shared, 1 uncertain"
    assert open_questions.said([]) == "0 to decide"


def test_without_a_register_only_our_own_ids_are_asked_about(
    tables: dict[str, pd.DataFrame],
) -> None:
    bare = {name: frame.iloc[:0] for name, frame in tables.items()}
    assert questions(bare, (), DAY) == []
    alone = questions(bare | {"agencies": tables["agencies"]}, (), DAY)
    assert {question.kind for question in alone} == {"alike"}
