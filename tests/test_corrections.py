"""Reviewed decisions: they supersede, withhold, and never crash or overwrite what was said."""

from __future__ import annotations

import itertools
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.corrections import CORRECTED, Applied, applied, standing
from analysis.tables import REJECTED, TABLES

BEREA, AVON = "oh-berea-police", "oh-avon-police"
FIRST, SECOND, OTHER = "a" * 20, "b" * 20, "c" * 20


def tables() -> dict[str, pd.DataFrame]:
    """Two departments with listings and counts, as they are before they are typed."""
    agencies = pd.DataFrame(
        {
            "agency_id": [BEREA, AVON],
            "name": ["Berea Police", "Avon Police"],
            "type": "police",
            "state": "OH",
            "ori": [None, "OH0470100"],
            "population": [18_545, None],
            "latitude": [41.4, 41.5],
        }
    )
    listings = pd.DataFrame(
        {
            "listing_id": ["1" * 20, "2" * 20],
            "agency_id": [BEREA, AVON],
            "source": "ring_agency_map",
            "name_raw": ["Berea Police", "Avon Police"],
        }
    )
    participations = pd.DataFrame(
        {
            "participation_id": [f"{a}:neighbors_portal:1" for a in (BEREA, AVON)],
            "agency_id": [BEREA, AVON],
            "programme": "neighbors_portal",
            "spell": 1,
            "valid_from": ["2019-06-05", None],
        }
    )
    requests = pd.DataFrame(
        {
            # two captures show the first
            "request_id": [FIRST, FIRST, SECOND, OTHER],
            "agency_id": [BEREA, BEREA, BEREA, AVON],
            "value_state": "value",
            "value": [12.0, 12.0, 15.0, 7.0],
            "value_raw": ["12", "12", "15", "7"],
            "low": None,
            "high": None,
            "revises": [None, None, FIRST, None],
            "difference": [None, None, 3.0, None],
            "capture_id": ["d" * 20, "e" * 20, "f" * 20, "f" * 20],
        }
    )
    places = pd.DataFrame(
        {
            "agency_place_id": ["3" * 20, "4" * 20],
            "agency_id": [BEREA, AVON],
            "role": "place_named",
            "place": ["Berea", "Avon"],
        }
    )
    return {
        "agencies": agencies,
        "agency_places": places,
        "listings": listings,
        "participations": participations,
        "footage_requests": requests,
        "rejected": pd.DataFrame(),
    }


def decided(number: int = 1, decision: str = "correct", **cells: Any) -> dict[str, Any]:
    return {
        "record_id": f"r{number}",
        "source": "corrections",
        "capture_id": "9" * 20,
        "observed_at": "2026-11-01T00:00:00Z",
        "position": number,
        "correction": f"c-{number}",
        "decision": decision,
        "table": "agencies",
        "row_id": BEREA,
        "field": "",
        "value": "",
        "reason": "the register says so",
        "asked": "the maintainers",
        "decided": "2024-05-06",
        "source_url": "",
    } | cells


def after(*decisions: dict[str, Any], as_of: str = "") -> Applied:
    done = applied(tables(), pd.DataFrame(list(decisions)), as_of)
    if len(done.rejected):
        REJECTED.checked(done.rejected)
    return done


def cell(done: Applied, table: str, row_id: str, field: str) -> Any:
    frame = done.tables[table]
    found = frame.loc[frame[TABLES[table].key[0]].eq(row_id), field]
    assert len(found.drop_duplicates()) == 1
    return found.iloc[0]


def test_no_decisions_change_nothing() -> None:
    done = applied(tables(), pd.DataFrame())
    for name, frame in tables().items():
        pd.testing.assert_frame_equal(done.tables[name], frame)
    assert done.decisions.empty
    assert done.rejected.empty


@pytest.mark.parametrize(
    ("table", "row_id", "field", "value", "expected"),
    [
        ("agencies", BEREA, "ori", "OH0180100", "OH0180100"),
        ("agencies", BEREA, "population", "18600", 18_600),
        ("agencies", BEREA, "latitude", "41.366", 41.366),
        ("agencies", BEREA, "type", "sheriff", "sheriff"),
        ("participations", f"{BEREA}:neighbors_portal:1", "valid_from", "2019-06", "2019-06"),
        ("footage_requests", OTHER, "agency_id", BEREA, BEREA),
    ],
)
def test_a_cell_is_put_right_and_typed(
    table: str, row_id: str, field: str, value: str, expected: object
) -> None:
    done = after(decided(table=table, row_id=row_id, field=field, value=value))
    assert done.rejected.empty
    assert cell(done, table, row_id, field) == expected
    assert done.tables["listings"].equals(tables()["listings"])


def test_before_and_after_are_told_with_why_and_whom_to_ask() -> None:
    done = after(decided(field="ori", value="OH0180100"))
    event = done.decisions.iloc[0]
    assert event["before"] == "ori: (empty)"
    assert event["after"] == "ori: OH0180100 (the register says so; ask the maintainers)"
    assert event["observed_at"] == "2024-05-06T00:00:00Z"
    assert event["agency_id"] == BEREA


def test_an_empty_value_empties_a_cell_that_may_be_empty() -> None:
    done = after(decided(row_id=AVON, field="ori"))
    assert pd.isna(cell(done, "agencies", AVON, "ori"))
    assert done.decisions["after"].str.startswith("ori: (empty)").all()


def test_a_number_put_right_keeps_its_state_and_its_differences() -> None:
    done = after(decided(table="footage_requests", row_id=FIRST, field="value", value="0"))
    assert cell(done, "footage_requests", FIRST, "value") == 0
    assert cell(done, "footage_requests", FIRST, "value_state") == "zero_stated"
    assert cell(done, "footage_requests", SECOND, "difference") == 15
    assert cell(done, "footage_requests", FIRST, "value_raw") == "12"


def test_the_newest_decision_wins_in_any_order() -> None:
    decisions = [
        decided(1, field="ori", value="OH0000001", decided="2024-05-06"),
        decided(2, field="ori", value="OH0000002", decided="2025-01-01"),
        decided(3, field="ori", value="OH0000003", decided="2025-01-01"),
    ]
    for order in itertools.permutations(decisions):
        done = after(*order)
        assert cell(done, "agencies", BEREA, "ori") == "OH0000003"
        assert done.decisions["correction"].tolist() == ["c-1", "c-2", "c-3"]
        assert done.decisions["before"].tolist()[1:] == ["ori: OH0000001", "ori: OH0000002"]


def test_of_one_decision_the_newest_edition_counts() -> None:
    older = decided(field="ori", value="OH0000001")
    newer = decided(field="ori", value="OH0000002", observed_at="2026-12-01T00:00:00Z")
    for order in ([older, newer], [newer, older]):
        done = after(*order)
        assert cell(done, "agencies", BEREA, "ori") == "OH0000002"
        assert len(done.decisions) == 1


def test_what_is_decided_later_does_not_count_as_of_a_day() -> None:
    decisions = (
        decided(1, field="ori", value="OH0000001", decided="2024-05-06"),
        decided(2, field="ori", value="OH0000002", decided="2025-01-01"),
    )
    assert cell(after(*decisions, as_of="2024-12-31"), "agencies", BEREA, "ori") == "OH0000001"
    assert cell(after(*decisions, as_of="2025-01-01"), "agencies", BEREA, "ori") == "OH0000002"
    assert after(*decisions, as_of="2024-05-05").decisions.empty


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"table": "nonsense", "field": "ori"}, "no such table"),
        ({"field": "nonsense", "value": "x"}, "no such field"),
        ({"row_id": "oh-nowhere", "field": "ori", "value": "x"}, "no such row"),
        ({"table": "camera_counts", "row_id": FIRST, "field": "value"}, "follow from others"),
        ({"table": "rejected", "row_id": FIRST, "decision": "suppress"}, "no such row"),
        ({"table": "listings", "row_id": "1" * 20, "field": "name_raw", "value": "x"}, "source"),
        ({"table": "evidence", "field": "capture_id", "value": "x"}, "follow from others"),
        ({"table": "captures", "field": "sha256", "value": "0" * 64}, "follow from others"),
        ({"value": "x"}, "which field"),
        ({"field": "county_geoid", "value": "39035"}, "follows from others"),
        ({"field": "agency_id", "value": "oh-x-police"}, "says which row"),
        ({"field": "type", "value": "army"}, "allows police"),
        ({"field": "population", "value": "many"}, "no integer"),
        ({"field": "population", "value": "1.5"}, "no integer"),
        ({"field": "population", "value": "-1"}, "out of the range"),
        ({"field": "population", "value": "٣"}, "no integer"),
        ({"field": "latitude", "value": "91"}, "out of the range"),
        ({"field": "latitude", "value": "nan"}, "no number"),
        ({"field": "latitude", "value": "1e400"}, "no number"),
        ({"field": "name"}, "may not be empty"),
        ({"field": "name", "decision": "suppress"}, "withhold the row"),
        ({"field": "state", "value": "Ohio"}, "not written like"),
        (
            {
                "table": "participations",
                "row_id": f"{BEREA}:neighbors_portal:1",
                "field": "spell",
                "value": "2",
            },
            "says which row",
        ),
        (
            {
                "table": "participations",
                "row_id": f"{BEREA}:neighbors_portal:1",
                "field": "valid_from",
                "value": "June",
            },
            "not written like",
        ),
        (
            {
                "table": "footage_requests",
                "row_id": FIRST,
                "field": "agency_id",
                "value": "oh-x-police",
            },
            "no such row",
        ),
        ({"table": "footage_requests", "row_id": FIRST, "field": "value"}, "withhold it"),
    ],
)
def test_what_cannot_be_done_is_set_aside_with_the_reason(
    cells: dict[str, Any], reason: str
) -> None:
    done = after(decided(**cells))
    assert reason in done.rejected["reason"].iloc[0]
    assert done.rejected["name"].tolist() == ["c-1"]
    assert done.decisions.empty
    for name, frame in tables().items():
        pd.testing.assert_frame_equal(done.tables[name], frame)


def test_a_refused_suppression_quotes_nothing() -> None:
    done = after(decided(decision="suppress", row_id="oh-john-doe"))
    assert not done.rejected.astype(str).apply(lambda c: c.str.contains("doe")).any(axis=None)


def test_a_withheld_department_takes_along_all_that_refers_to_it() -> None:
    done = after(decided(decision="suppress"))
    for name in ("agencies", "listings", "participations", "footage_requests"):
        assert set(done.tables[name]["agency_id"]) == {AVON}
    event = done.decisions.iloc[0]
    assert event["after"] == "a row of agencies is withheld"
    assert pd.isna(event["agency_id"])
    assert event[["before", "after"]].astype(str).str.contains("erea").sum() == 0


def test_a_withheld_row_leaves_its_department() -> None:
    done = after(decided(decision="suppress", table="listings", row_id="1" * 20))
    assert done.tables["listings"]["agency_id"].tolist() == [AVON]
    assert len(done.tables["agencies"]) == 2


def test_a_place_can_be_withheld_and_its_department_stays() -> None:
    done = after(decided(decision="suppress", table="agency_places", row_id="3" * 20))
    assert done.tables["agency_places"]["place"].tolist() == ["Avon"]
    assert len(done.tables["agencies"]) == 2


def test_a_withheld_cell_is_empty() -> None:
    done = after(decided(decision="suppress", row_id=AVON, field="ori"))
    assert pd.isna(cell(done, "agencies", AVON, "ori"))
    assert "OH0470100" not in done.decisions.to_csv()


@pytest.mark.parametrize("field", ["", "value", "value_raw"])
def test_a_withheld_number_cannot_be_worked_out(field: str) -> None:
    done = after(decided(decision="suppress", table="footage_requests", row_id=FIRST, field=field))
    rows = done.tables["footage_requests"]
    assert "12" not in rows["value_raw"].dropna().tolist()
    assert 12 not in rows["value"].dropna().tolist()
    assert pd.isna(cell(done, "footage_requests", SECOND, "difference"))
    if field:
        assert cell(done, "footage_requests", FIRST, "value_state") == "redacted"
    else:
        assert FIRST not in rows["request_id"].tolist()


def test_what_was_corrected_and_then_withheld_is_told_no_more() -> None:
    put = decided(1, row_id=AVON, field="ori", value="OH0470199")
    hold = decided(2, "suppress", row_id=AVON, field="ori", decided="2025-01-01")
    done = after(put, hold)
    assert "OH04701" not in done.decisions.to_csv()
    assert len(done.decisions) == 2


def test_a_decision_on_a_row_that_is_withheld_is_set_aside() -> None:
    hold = decided(1, "suppress")
    put = decided(2, field="ori", value="OH0180100", decided="2025-01-01")
    done = after(hold, put)
    assert done.rejected["name"].tolist() == ["c-2"]


def test_renames_are_decided_elsewhere() -> None:
    done = after(decided(decision="renamed", value=AVON))
    assert done.decisions.empty
    assert done.rejected.empty


def test_evidence_of_what_is_withheld_goes_with_it() -> None:
    evidence = pd.DataFrame(
        {
            "table": ["agencies", "agencies", "footage_requests", "sources"],
            "row_id": [BEREA, AVON, FIRST, "nobody"],
            "capture_id": "9" * 20,
        }
    )
    left = standing(evidence, after(decided(decision="suppress")).tables)
    assert left["row_id"].tolist() == [AVON]
    assert standing(evidence, {"agencies": pd.DataFrame()}).empty


@given(
    st.lists(
        st.builds(
            lambda table, row_id, field, value, decision, day: {
                "table": table,
                "row_id": row_id,
                "field": field,
                "value": value,
                "decision": decision,
                "decided": f"2024-01-{day:02d}",
            },
            st.sampled_from([*TABLES, "nonsense"]),
            st.sampled_from([BEREA, AVON, FIRST, SECOND, "", f"{BEREA}:neighbors_portal:1"]),
            st.sampled_from(
                ["", "nonsense", *{c.name for name in CORRECTED for c in TABLES[name].columns}]
            ),
            st.text(max_size=20) | st.sampled_from(["1", "0", "-1", "2020-01-01", BEREA, "nan"]),
            st.sampled_from(["correct", "suppress"]),
            st.integers(1, 3),
        ),
        max_size=4,
    )
)
def test_no_decision_crashes_and_each_is_told_or_set_aside(rows: list[dict[str, Any]]) -> None:
    decisions = [decided(number, **row) for number, row in enumerate(rows)]
    done = applied(complete(), pd.DataFrame(decisions))
    assert len(done.decisions) + len(done.rejected) == len(rows)
    for name, frame in done.tables.items():
        if len(frame):
            TABLES[name].typed(frame)


def complete() -> dict[str, pd.DataFrame]:
    """The frames of :func:`tables` with every column that is declared."""
    return {
        name: frame.reindex(columns=list(dict.fromkeys([*frame.columns, *TABLES[name].names])))
        for name, frame in tables().items()
    }
