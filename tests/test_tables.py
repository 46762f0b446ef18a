"""The declarations of the published tables: complete, consistent, and refusing what they must."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd
import pandera.errors
import pytest

from analysis.tables import AGENCIES, DTYPES, TABLES, Column, Table, row_ids

SEEN = "2020-10-07T00:00:00Z"

PAIRS = [(table, column) for table in TABLES.values() for column in table.columns]
COLUMNS = [pytest.param(table, column, id=f"{table.name}.{column.name}") for table, column in PAIRS]


def good(column: Column, number: int = 1) -> object:
    """A value the column allows."""
    if column.allowed is not None:
        return list(column.allowed)[number % len(column.allowed)]
    if column.pattern == r"\d{7}|\d{10}":
        return f"{number:07d}"
    if column.pattern in (r"\d{5}", r"[A-Z]{2}|\d{5}"):
        return f"{number:05d}"
    if column.pattern == "[0-9A-Z]{9}":
        return f"WI{number:07d}"
    if column.pattern == r"\d{5}(?:; \d{5})*":
        return f"{number:05d}; {number:05d}"
    if column.name in ("valid_from", "valid_at"):
        return "2019-07"
    if column.pattern == "[A-Z]{2}":
        return "WI"
    if column.pattern.startswith("[a-z]{2}-"):
        return f"wi-town-{number}-police"
    if column.pattern.startswith("[a-z0-9]+"):
        return f"figure-{number}"
    if column.pattern:
        return f"{number:064x}"
    return {
        "string": f"text {number}",
        "integer": 200 + number,
        "number": 1.5 if column.maximum is None else min(1.5, column.maximum),
        "date": "2020-02-29",
        "datetime": SEEN,
        "boolean": True,
    }[column.kind]


def rows(table: Table, count: int) -> pd.DataFrame:
    return pd.DataFrame(
        [{column.name: good(column, n) for column in table.columns} for n in range(count)],
        columns=table.names,
    )


def complaints(table: Table, frame: pd.DataFrame) -> set[tuple[str, str, str]]:
    """What the schema says against a frame: (column, check, value)."""
    try:
        table.checked(frame)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases[["column", "check", "failure_case"]]
        return set(cases.astype("str").itertuples(index=False, name=None))
    return set()


def with_values(table: Table, values: Sequence[tuple[str, object]]) -> pd.DataFrame:
    """A good row, and one for each value, put in the place of the column it is for."""
    frame = rows(table, 1 + len(values)).astype("object")
    for row, (name, value) in enumerate(values, 1):
        frame.loc[row, name] = value
    return frame


# The declarations


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_column_says_what_it_means_in_a_phrase(table: Table, column: Column) -> None:
    assert re.fullmatch(r"[^\s.].*[^\s.,;:]", column.meaning), "a phrase, with no full stop"
    assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
    assert column.kind in DTYPES
    for value, meaning in (column.allowed or {}).items():
        assert all((value, meaning)), (
            f"{table.name}.{column.name} allows {value!r} without a meaning"
        )


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_rules_stand_on_the_kinds_they_are_for(table: Table, column: Column) -> None:
    if column.allowed is not None or column.pattern:
        assert column.kind == "string"
    if column.minimum is not None or column.maximum is not None:
        assert column.kind in ("integer", "number")
    re.compile(column.pattern)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_says_what_it_means_in_a_sentence(table: Table) -> None:
    assert re.fullmatch(r"[A-Z].*[^\s.]\.", table.meaning, re.DOTALL)
    assert re.fullmatch(r".*[^.]", table.grain)
    assert len(set(table.names)) == len(table.names)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_key_is_made_of_required_columns(table: Table) -> None:
    required = {column.name for column in table.columns if column.required}
    assert table.key
    assert set(table.key) <= required


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_reference_leads_to_the_key_of_a_table_and_keeps_its_kind(table: Table) -> None:
    kinds = {column.name: column.kind for column in table.columns}
    for name, parent, key in table.references:
        assert TABLES[parent].key == (key,)
        assert kinds[name] == next(c.kind for c in TABLES[parent].columns if c.name == key)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_of_facts_names_its_agencies_sources_and_captures_by_reference(
    table: Table,
) -> None:
    parents = {"agency_id": "agencies", "source": "sources", "capture_id": "captures"}
    referred = {name for name, _, _ in table.references}
    missing = {name for name in parents if name in table.names and name not in referred} - set(
        table.key
    )
    # a row with a capture has its source through the capture
    assert missing <= ({"source"} if "capture_id" in referred else set())


def test_a_column_of_one_name_means_one_kind_everywhere() -> None:
    kinds: dict[str, set[str]] = {}
    for table in TABLES.values():
        for column in table.columns:
            kinds.setdefault(column.name, set()).add(column.kind)
    differing = {name for name, found in kinds.items() if len(found) > 1}
    assert differing == {"population"}, "residents of a place, and whom a published figure counts"


# Types, order, rows


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_an_empty_table_passes_and_has_the_declared_types(table: Table) -> None:
    checked = table.checked(table.empty())
    assert list(checked.columns) == table.names
    assert checked.dtypes.astype("str").to_dict() == {c.name: c.dtype for c in table.columns}
    assert len(checked) == 0


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_good_rows_pass(table: Table) -> None:
    assert complaints(table, rows(table, 2)) == set()
    assert len(table.checked(rows(table, 2))) == 2


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_typed_restores_columns_order_and_types_whatever_came(table: Table) -> None:
    good_rows = rows(table, 3)
    expected = table.typed(good_rows)
    shuffled = good_rows.astype("object").iloc[[2, 0, 1], ::-1].assign(extra="dropped")
    pd.testing.assert_frame_equal(table.typed(shuffled), expected)
    assert list(expected.columns) == table.names
    assert list(expected.index) == [0, 1, 2]
    keys = list(expected[list(table.key)].itertuples(index=False, name=None))
    assert keys == sorted(keys)


def test_typed_refuses_a_missing_column() -> None:
    with pytest.raises(KeyError, match="longitude"):
        AGENCIES.typed(rows(AGENCIES, 1).drop(columns="longitude"))


def test_typed_leaves_the_frame_it_was_given() -> None:
    given = rows(AGENCIES, 3).iloc[::-1]
    before = given.copy(deep=True)
    AGENCIES.typed(given)
    pd.testing.assert_frame_equal(given, before)


# What the schema refuses


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_unknown_is_allowed_only_where_the_declaration_says(table: Table) -> None:
    found = complaints(table, with_values(table, [(name, pd.NA) for name in table.names]))
    required = {column.name for column in table.columns if column.required}
    assert {(name, check) for name, check, _ in found} == {(n, "not_nullable") for n in required}


def bad_values(column: Column) -> list[object]:
    bad: list[object] = []
    if column.allowed is not None:
        bad += ["no such value", "", next(iter(column.allowed)).upper() + " "]
    if column.pattern:
        bad += ["!", "", f" {good(column)}"]
    if column.kind in ("date", "datetime"):
        bad += ["10/7/2020", "2020-10", "", "2020-10-07 00:00:00"]
    if column.kind == "datetime":
        bad += ["2020-10-07T00:00:00", "2020-10-07T00:00:00+02:00"]
    if column.pattern or "date" in column.kind:
        bad += [f"{good(column)}\n"]
    if column.minimum is not None:
        bad += [column.minimum - 1]
    if column.maximum is not None:
        bad += [column.maximum + 1]
    return bad


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_bad_value_is_refused_by_name(table: Table) -> None:
    bad = [(column.name, value) for column in table.columns for value in bad_values(column)]
    assert bad
    found = {(name, value) for name, _, value in complaints(table, with_values(table, bad))}
    kinds = {column.name: column.kind for column in table.columns}
    told = {(n, str(float(str(v))) if kinds[n] == "number" else str(v)) for n, v in bad}
    assert found == told


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_two_rows_of_one_key_are_refused(table: Table) -> None:
    twice = pd.concat([rows(table, 1), rows(table, 1)], ignore_index=True)
    found = complaints(table, twice)
    assert found
    assert {check for _, check, _ in found} == {"multiple_fields_uniqueness"}


def test_an_undeclared_column_is_refused() -> None:
    with pytest.raises(pandera.errors.SchemaErrors, match="column_in_schema"):
        AGENCIES.schema().validate(AGENCIES.typed(rows(AGENCIES, 1)).assign(officer="x"), lazy=True)


@pytest.mark.parametrize(
    ("name", "value"), [("latitude", "north"), ("population", "many"), ("population", 1.5)]
)
def test_text_or_a_fraction_where_a_number_belongs_is_refused(name: str, value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        AGENCIES.checked(rows(AGENCIES, 2).astype({name: "object"}).assign(**{name: value}))


# Names of rows


def test_row_ids_are_the_key_or_its_parts_joined() -> None:
    captures, others = rows(TABLES["captures"], 2), rows(TABLES["other_rows"], 2)
    assert list(row_ids(TABLES["captures"], captures)) == list(captures["capture_id"])
    assert list(row_ids(TABLES["other_rows"], others)) == [
        f"{row.capture_id}:{row.category}" for row in others.itertuples()
    ]
