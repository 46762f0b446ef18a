"""Clean tables from a ledger: only what trusted runs saw, each row once, each row proved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analysis.clean import clean
from analysis.read import NothingPublished, facts
from analysis.read import tables as saved_tables
from analysis.tables import TABLES, row_ids
from spiders.job import capture_id
from spiders.ledger import Ledger
from spiders.records import (
    Correction,
    Count,
    Figure,
    LegalDemand,
    Listing,
    OtherRows,
    ProgrammeEvent,
    Record,
    Rejection,
)
from spiders.schema import Capture, Content, Look, Run, Sighted
from tests.histories import PROBLEMS

CATALOGUE = pd.DataFrame(
    [
        {"source": source}
        | dict.fromkeys(("title", "publisher", "homepage", "licence", "attribution"), "x")
        | {"licence_url": "", "caveat": "", "least": 0, "most": 100, "floor": 0.0}
        | {"retires_categories": True, "passes_on": "facts", "fresh_days": 0}
        for source in (
            *("atlas_of_surveillance", "ring_agency_map", "ring_agency_profiles"),
            *("reported_figures", "corrections"),
        )
    ]
)
A = Listing(programme="neighbors_portal", agency="A Police Department", state="OH", position=1)
B = Listing(programme="neighbors_portal", agency="B Police Department", state="OH", position=2)
FOURTEEN = Count(
    programme="neighbors_portal",
    agency="A Police Department",
    state="OH",
    metric="video_requests",
    label_text="Video Requests",
    value_text="14 (Q2 2020)",
    position=1,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield opened
    opened.close()


def read(
    ledger: Ledger,
    *records: Record,
    warc: str = "w1",
    day: str = "2020-10-07",
    source: str = "ring_agency_map",
    verdict: str | None = "healthy",
    body: str = "00",
    version: int = 1,
    file: bool = False,
    notice: str = "",
) -> str:
    """Have a run see records in one capture, of a ``file`` handed in or a page; with ``verdict``
    None it is killed before its end."""
    run_id = f"{warc}-v{version}"
    observed_at = f"{day}T00:00:00Z"
    sha256 = body * 32
    capture = capture_id(source, "https://a.example/", observed_at, 200, sha256)
    began = (warc, version, observed_at, observed_at, notice)
    ledger.begin(Run(run_id, source, "import", *began))
    ledger.keep(
        [
            Capture(
                *(capture, source, "https://a.example/", observed_at, observed_at),
                *("imported" if file else "ok", None if file else 200),
                *(sha256, 1, warc, 0),
            )
        ],
        [Content(r.identity(source), source, r.kind, r.content()) for r in records],
    )
    rows = [Sighted(r.identity(source), r.position, r.row_key) for r in records]
    ledger.read(run_id, run_id, capture, rows)
    if verdict:
        counts = {"rows": len(records), "listing:neighbors_portal": len(records)}
        account = PROBLEMS[verdict]
        look = Look(run_id, run_id, source, observed_at, verdict, "said", counts, account)
        ledger.finish(run_id, f"{day}T01:00:00Z", verdict, "said", counts, [look])
    return capture


def tables(ledger: Ledger, as_of: str = "") -> dict[str, pd.DataFrame]:
    """The clean tables; every reference in them holds."""
    day = date.fromisoformat(as_of) if as_of else None
    made = clean(facts(ledger, CATALOGUE, day), CATALOGUE.copy())
    assert set(made) == set(TABLES)
    for name, table in TABLES.items():
        for column, other, key in table.references:
            assert set(made[name][column].dropna()) <= set(made[other][key]), (name, column)
    evidence = made["evidence"]
    for name in set(TABLES) - {"evidence", "sources"}:
        proved = set(evidence.loc[evidence["table"].eq(name), "row_id"])
        assert proved == set(row_ids(TABLES[name], made[name])), name
    return made


def test_an_empty_ledger_gives_empty_tables(ledger: Ledger) -> None:
    made = tables(ledger)
    assert set(made["sources"]["verdict"]) == {"never_run"}
    assert all(made[name].empty for name in TABLES if name != "sources")


@pytest.mark.parametrize("verdict", ["failed", None])
def test_what_no_trusted_run_saw_is_not_published(ledger: Ledger, verdict: str | None) -> None:
    read(ledger, A, warc="w1")
    read(ledger, A, B, FOURTEEN, warc="w2", day="2020-11-07", verdict=verdict)
    made = tables(ledger)
    assert made["agencies"]["agency_id"].tolist() == ["oh-a-police"]
    assert made["footage_requests"].empty
    told = ["w1", "w2"] if verdict else ["w1"]  # the bytes that made a run fail are shown as such
    assert made["captures"]["warc"].tolist() == told
    said = made["sources"].set_index("source").loc["ring_agency_map"]
    assert said["verdict"] == (verdict or "healthy")
    assert said["records"] == 1
    assert said["last_healthy"] == "2020-10-07T00:00:00Z"


def test_an_incomplete_run_publishes_and_marks_nothing_missing(ledger: Ledger) -> None:
    read(ledger, A, B, warc="w1")
    for n in (1, 2):
        read(ledger, B, warc=f"w{n + 1}", day=f"2021-0{n}-01", verdict="incomplete")
    listed = tables(ledger)["participations"]
    assert listed["first_missing"].isna().all()
    assert listed["last_observed"].tolist() == ["2020-10-07T00:00:00Z", "2021-02-01T00:00:00Z"]


def test_of_two_readings_of_one_archive_the_newer_parser_counts(ledger: Ledger) -> None:
    read(ledger, A, B, warc="w1", version=1)
    read(ledger, A, warc="w1", version=2)
    assert tables(ledger)["agencies"]["agency_id"].tolist() == ["oh-a-police"]


def test_a_page_archived_by_a_killed_run_still_proves_the_next(ledger: Ledger) -> None:
    """The same address and date imported again: the capture was entered by the run that died."""
    first = read(ledger, A, Rejection(name="x", reason="y"), warc="w1", verdict=None)
    second = read(ledger, A, Rejection(name="x", reason="y"), warc="w2")
    assert first == second
    made = tables(ledger)
    assert made["captures"]["warc"].tolist() == ["w1"]
    assert made["sources"].set_index("source").loc["ring_agency_map", "rejected"] == 1


def test_one_archive_under_two_names_is_read_once(ledger: Ledger) -> None:
    records = (A, FOURTEEN, Rejection(name="x", reason="y"), OtherRows(category="Drones", rows=5))
    for warc in ("w1", "copy"):
        read(ledger, *records, warc=warc)
    made = tables(ledger)
    for name in ("listings", "footage_requests", "rejected", "other_rows", "participations"):
        assert len(made[name]) == 1, name
    assert made["sources"].set_index("source").loc["ring_agency_map", "rejected"] == 1


def test_two_editions_of_one_day_are_one_observation_with_two_proofs(ledger: Ledger) -> None:
    captures = {
        read(ledger, A, FOURTEEN, warc=warc, body=body)
        for warc, body in (("w1", "aa"), ("w2", "bb"))
    }
    assert len(captures) == 2
    made = tables(ledger)
    assert len(made["footage_requests"]) == len(made["listings"]) == 1
    proofs = made["evidence"].query("table == 'footage_requests'")
    assert set(proofs["capture_id"]) == captures


def test_what_cannot_be_understood_is_set_aside_by_name(ledger: Ledger) -> None:
    nowhere = A.model_copy(update={"state": "Narnia", "position": 2})
    vague = FOURTEEN.model_copy(update={"value_text": "about 12", "position": 3})
    lost = Rejection(name="Town of", reason="row has 3 cells", position=4)
    read(ledger, A, nowhere, vague, lost)
    made = tables(ledger)
    reasons = dict(zip(made["rejected"]["position"], made["rejected"]["reason"], strict=True))
    assert reasons == {
        2: "state not understood: 'Narnia'",
        3: "holds no single count: 'about 12'",
        4: "row has 3 cells",
    }
    assert len(made["listings"]) == 1
    assert made["sources"].set_index("source").loc["ring_agency_map", "rejected"] == 3


@pytest.mark.parametrize("notice", ["", "Sample"])
def test_a_sample_is_not_held_against_what_others_published(ledger: Ledger, notice: str) -> None:
    dated = A.model_copy(update={"since_text": "6/1/2019", "since_field": "Active Date"})
    figure = Figure(
        figure="listed",
        metric="agencies_listed",
        programme="neighbors_portal",
        population="US law-enforcement agencies",
        value=405.0,
        as_of=date(2019, 8, 28),
        source_title="Paper",
        source_url="https://p.example/",
        seen="press_copy",
    )
    read(ledger, dated, notice=notice)
    read(ledger, figure, warc="w2", source="reported_figures")
    (beside,) = tables(ledger)["reported_figures"]["our_value"]
    assert beside is pd.NA if notice else beside == 1


def test_a_figure_about_a_department_joins_it(ledger: Ledger) -> None:
    figure = Figure(
        figure="a-2020",
        metric="video_requests",
        population="A Police Department",
        agency="A Police Dept.",
        state="OH",
        value=0.0,
        source_title="Paper",
        source_url="https://p.example/",
        seen="press_copy",
    )
    nation = figure.model_copy(update={"figure": "all", "agency": "", "state": "", "value": 405.0})
    read(ledger, A)
    read(ledger, figure, nation, warc="w2", source="reported_figures")
    made = tables(ledger)
    assert len(made["agencies"]) == 1
    requests = made["footage_requests"].set_index("scope")
    assert requests.loc["agency", "agency_id"] == "oh-a-police"
    assert requests.loc["agency", "value_state"] == "zero_stated"
    assert requests.loc["nation", "value"] == 405
    figures = made["reported_figures"].set_index("figure_id")
    assert figures.loc["a-2020", "agency_id"] == "oh-a-police"
    assert figures["agency_id"].isna().to_dict() == {"a-2020": False, "all": True}


def test_a_figure_taken_out_of_the_reviewed_file_is_withdrawn(ledger: Ledger) -> None:
    kept = Figure(
        figure="kept",
        metric="agencies_listed",
        population="departments",
        value=405.0,
        source_title="x",
        source_url="https://a.example/",
        seen="press_copy",
    )
    withdrawn = kept.model_copy(update={"figure": "withdrawn"})
    source = "reported_figures"
    read(ledger, kept, withdrawn, warc="w1", day="2026-11-01", source=source)
    read(ledger, kept, warc="w2", day="2026-11-23", source=source, body="01")
    assert tables(ledger)["reported_figures"]["figure_id"].tolist() == ["kept"]


def test_the_order_of_ingestion_does_not_matter(tmp_path: Path) -> None:
    editions = [
        ((A, B, FOURTEEN), "w1", "2020-10-07"),
        ((A,), "w2", "2021-01-01"),
        ((A, Rejection(name="x", reason="y")), "w3", "2021-02-01"),
    ]
    made = []
    for number, order in enumerate((editions, editions[::-1])):
        ledger = Ledger(f"sqlite:///{tmp_path / str(number)}.sqlite")
        for records, warc, day in order:
            read(ledger, *records, warc=warc, day=day)
        made.append(tables(ledger))
        ledger.close()
    for name in TABLES:
        pd.testing.assert_frame_equal(made[0][name], made[1][name])
    spell = made[0]["participations"].set_index("agency_id").loc["oh-b-police"]
    assert spell["valid_to_kind"] == "delisted_observed"


def test_as_of_a_day_later_looks_change_nothing(ledger: Ledger) -> None:
    read(ledger, A, B, FOURTEEN, warc="w1", day="2020-10-07")
    read(ledger, A, warc="w2", day="2021-01-01")
    then = tables(ledger, "2021-01-01")
    later = FOURTEEN.model_copy(update={"value_text": "16 (Q2 2020)"})
    read(ledger, A, later, warc="w3", day="2021-01-02")
    read(ledger, warc="w4", day="2021-02-01", verdict="failed")
    now = tables(ledger, "2021-01-01")
    for name in TABLES:
        pd.testing.assert_frame_equal(then[name], now[name], obj=name)
    assert len(tables(ledger)["footage_requests"]) == 2
    assert tables(ledger, "2020-01-01")["agencies"].empty


def test_evidence_is_the_first_and_the_last_look_and_those_without_it(ledger: Ledger) -> None:
    shown = [(A, B), (A, B), (A, B), (A,), (A,), (A,)]
    captures = [
        read(ledger, *records, warc=f"w{month}", day=f"2021-{month:02d}-01")
        for month, records in enumerate(shown, 1)
    ]
    proved = tables(ledger)["evidence"]

    def proofs(table: str, row_id: str) -> set[str]:
        rows = proved["table"].eq(table) & proved["row_id"].eq(row_id)
        return set(proved.loc[rows, "capture_id"])

    assert proofs("agencies", "oh-a-police") == {captures[0], captures[5]}
    assert proofs("participations", "oh-a-police:neighbors_portal:1") == {captures[0], captures[5]}
    gone = {captures[0], captures[2], captures[3], captures[4]}
    assert proofs("participations", "oh-b-police:neighbors_portal:1") == gone


def test_a_renamed_department_keeps_its_id_and_shows_its_new_name(ledger: Ledger) -> None:
    page = {"profile_url": "https://agency.example/1"}
    old, new = A.model_copy(update=page), B.model_copy(update=page)
    for month, records in enumerate([(old,), (old,), (new,)], 1):
        read(ledger, *records, warc=f"w{month}", day=f"2021-{month:02d}-01")
    made = tables(ledger)
    agency = made["agencies"].iloc[0]
    assert agency["agency_id"] == "oh-a-police"
    assert (agency["name"], agency["aliases"]) == ("B Police Department", "A Police Department")
    assert len(made["participations"]) == len(made["agencies"]) == 1
    assert made["changes"]["kind"].tolist().count("renamed") == 1


def test_a_reviewed_decision_joins_two_names(ledger: Ledger) -> None:
    read(ledger, A, warc="w1", day="2021-01-01")
    read(ledger, B, warc="w2", day="2021-02-01")
    decision = Correction(
        correction="a-is-b",
        decision="renamed",
        table="agencies",
        row_id="oh-b-police",
        value="oh-a-police",
        reason="a reader told us",
        asked="the department",
        decided=date(2021, 3, 1),
    )
    read(ledger, decision, warc="w3", day="2021-03-01", source="corrections")
    assert tables(ledger)["agencies"]["agency_id"].tolist() == ["oh-a-police"]
    assert len(tables(ledger, "2021-02-28")["agencies"]) == 2


def test_the_end_of_a_programme_closes_spells_and_that_of_a_tool_does_not(ledger: Ledger) -> None:
    read(ledger, A, warc="w1")
    event = ProgrammeEvent(
        programme="neighbors_portal",
        tool="rfa_post",
        event="ended",
        happened="2024-01-31",
        meaning="no new posts",
        source_title="x",
        source_url="https://a.example/",
        seen="press_copy",
    )
    read(ledger, event, warc="w2", day="2024-02-01", source="corrections")
    assert tables(ledger)["participations"]["valid_to_kind"].tolist() == ["unknown"]
    whole = event.model_copy(update={"tool": "", "happened": "2024-03"})
    read(ledger, event, whole, warc="w3", day="2024-03-20", source="corrections", body="01")
    assert tables(ledger, "2024-03-30")["participations"]["valid_to_kind"].tolist() == ["unknown"]
    ended = tables(ledger, "2024-03-31")["participations"].iloc[0]
    assert (ended["valid_to_kind"], ended["valid_to"]) == ("programme_ended", "2024-03")


def test_a_count_on_a_page_without_a_state_joins_the_department_of_the_page(
    ledger: Ledger,
) -> None:
    page = {"profile_url": "https://agency.example/1"}
    count = FOURTEEN.model_copy(update=page | {"state": ""})
    lost = count.model_copy(update={"profile_url": "https://agency.example/2", "position": 2})
    read(ledger, A.model_copy(update=page), warc="w1")
    read(ledger, count, lost, warc="w2", source="ring_agency_profiles")
    made = tables(ledger)
    assert made["footage_requests"]["agency_id"].tolist() == ["oh-a-police"]
    assert made["rejected"]["reason"].tolist() == ["names no state, and no listing bears its page"]


def test_a_demand_taken_out_of_the_reviewed_file_is_withdrawn(ledger: Ledger) -> None:
    demand = LegalDemand(
        publisher="Ring",
        process="all",
        metric="legal_demands",
        period_start=date(2020, 1, 1),
        period_end=date(2020, 12, 31),
        value=1900.0,
        source_title="x",
        source_url="https://a.example/",
        seen="press_copy",
    )
    other = demand.model_copy(update={"value": 2000.0})
    read(ledger, demand, other, warc="w1", day="2026-11-01", source="corrections", file=True)
    read(ledger, demand, warc="w2", day="2026-11-23", source="corrections", body="01", file=True)
    read(ledger, other, warc="w3", day="2026-11-01", source="ring_agency_map")
    read(ledger, demand, warc="w4", day="2026-11-23", source="ring_agency_map", body="01")
    found = tables(ledger)["legal_process"]
    assert set(zip(found["source"], found["value"], strict=True)) == {
        ("corrections", 1900),
        ("ring_agency_map", 1900),
        ("ring_agency_map", 2000),
    }


def test_tables_that_were_never_made_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match="run `peephole clean` first"):
        saved_tables(tmp_path)
