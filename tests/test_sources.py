"""Every source still reads its saved pages, and says of itself what a source must say."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

import spiders.sources
from spiders.programmes import PROGRAMMES
from spiders.records import (
    Correction,
    Figure,
    LegalDemand,
    Listing,
    OtherRows,
    ProgrammeEvent,
    Record,
    Rejection,
)
from spiders.source import LayoutError
from tests.replay import (
    SAVED,
    as_told,
    made,
    records,
    replay,
    saved_pages,
    saved_walks,
    source_classes,
    stats,
)

SOURCES = source_classes()
FOLDER = Path(spiders.sources.__file__).parent
EMPTY_IS_A_STATE = {"corrections"}
"""Sources that may find nothing and be healthy: no decision has been made."""
REVIEWED = sorted(name for name, kind in SOURCES.items() if kind.bundled)


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_still_reads_its_saved_pages(name: str) -> None:
    walks, pages = saved_walks(name), saved_pages(name)
    found = {
        walk: [as_told(record) for record in replay(made(SOURCES[name]), seeds, pages)]
        for walk, seeds in walks.items()
    }
    assert found, "there is no walk through the saved pages"
    assert all(found.values()), "a walk through the saved pages yields nothing"
    golden = SAVED / name / "expected.json"
    if not golden.exists():
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=True) + "\n", "utf-8")
        pytest.fail(f"wrote {golden}; read it line by line, then commit it")
    assert found == json.loads(golden.read_text("utf-8"))


@pytest.mark.parametrize("name", SOURCES)
def test_content_type_and_class_of_the_response_change_nothing(name: str) -> None:
    pages = saved_pages(name)
    for seeds in saved_walks(name).values():
        plain = list(replay(made(SOURCES[name]), seeds, pages))
        assert plain == list(replay(made(SOURCES[name]), seeds, pages, typed=True))


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_counts_rows_and_declares_itself(name: str) -> None:
    kind = SOURCES[name]
    assert kind.seeds or kind.bundled or kind.archived
    if name in EMPTY_IS_A_STATE:
        assert kind.bundled, "what is fetched may not be empty"
    else:
        assert kind.expects.start >= 1, "a source that may find nothing cannot fail"
        assert not getattr(kind, "may_be_empty", False)
    assert not kind.licence_url or kind.licence_url.startswith("https://")
    if kind.bundled:
        assert (FOLDER / kind.bundled).is_file()
        assert date.fromisoformat(kind.bundled_as_of)
    for seeds in saved_walks(name).values():
        source = made(kind)
        assert list(replay(source, seeds, saved_pages(name)))
        assert stats(source)["peephole/rows"] >= 1


def test_every_saved_folder_belongs_to_a_source() -> None:
    assert {folder.name for folder in SAVED.iterdir() if folder.is_dir()} == set(SOURCES)


def bundled(name: str) -> list[Record]:
    """What the reviewed file of a source says."""
    kind = SOURCES[name]
    return records(made(kind), (FOLDER / kind.bundled).read_bytes())


@pytest.mark.parametrize("name", REVIEWED)
def test_every_row_of_a_reviewed_file_is_understood_and_none_stands_twice(name: str) -> None:
    found = bundled(name)
    assert not [record for record in found if isinstance(record, Rejection)]
    assert len(found) in SOURCES[name].expects
    assert len({record.identity(name) for record in found}) == len(found)


def test_each_bundled_figure_has_its_own_name_a_date_and_a_value() -> None:
    figures = [record for record in bundled("reported_figures") if isinstance(record, Figure)]
    assert not [name for name, times in Counter(f.figure for f in figures).items() if times > 1]
    for figure in figures:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", figure.figure)
        assert figure.source_url.startswith(("https://", "http://"))
        assert figure.as_of or (figure.period_start and figure.period_end)
        assert figure.value is not None


def test_no_figure_of_legal_process_is_told_in_two_tables() -> None:
    legal = {r.metric for r in bundled("legal_process") if isinstance(r, LegalDemand)}
    figures = {r.metric for r in bundled("reported_figures") if isinstance(r, Figure)}
    assert len(legal) == 6
    assert not legal & figures


def test_each_bundled_legal_demand_has_a_number_or_says_why_not() -> None:
    demands = [record for record in bundled("legal_process") if isinstance(record, LegalDemand)]
    for demand in demands:
        assert demand.period_start < demand.period_end
        assert demand.source_url.startswith(("https://", "http://"))
        ranged = demand.low is not None and demand.high is not None
        assert [demand.value is not None, ranged, bool(demand.value_state)].count(True) == 1
        assert not demand.metric.endswith("_share") or 0 <= (demand.value or 0) <= 100
    told = {(d.publisher, d.metric, d.period_start.year, d.value) for d in demands}
    assert {
        ("Ring", "legal_demands_content_share", 2019, 68),
        ("Ring", "legal_demands_content_share", 2019, 67),
        ("Ring", "legal_demands", 2020, 1900),
        ("Ring", "legal_demands_content_share", 2020, 57),
        ("Ring", "legal_demands", 2021, 3147),
        ("Ring", "legal_demands_warrant_share", 2021, 85),
        ("Ring", "legal_demands_content_share", 2021, 40),
        ("Ring", "users_notified", 2021, 648),
        ("Ring", "preservation_requests", 2021, 2774),
        ("Ring", "emergency_disclosures", 2022, 11),
        ("Amazon", "legal_demands", 2020, 27664),
        ("Amazon", "legal_demands", 2020, 3222),
        ("Amazon", "legal_demands", 2020, 3282),
    } <= told, "a figure or one side of a conflict is gone"
    assert [(d.low, d.high) for d in demands if d.process == "national_security"] == [(0, 249)]


def test_the_history_of_the_programmes_is_that_of_their_vocabulary() -> None:
    events = [r for r in bundled("programme_history") if isinstance(r, ProgrammeEvent)]
    assert all(
        not e.tool or e.tool in {t.key for t in PROGRAMMES[e.programme].tools} for e in events
    )
    told = {(e.programme, e.tool, e.event): e.happened for e in events if e.event != "announced"}
    assert len(told) == sum(1 for e in events if e.event != "announced"), "an event stands twice"
    known = {
        (programme.key, key, event): day.isoformat()
        for programme in PROGRAMMES.values()
        for key, began, ended, over in (
            ("", programme.began, programme.ended, "cancelled"),
            *((tool.key, tool.began, tool.ended, "ended") for tool in programme.tools),
        )
        for event, day in (("started", began), (over, ended))
        if day
    }
    assert len(known) == 6
    assert told == known


def test_no_correction_is_a_state_of_the_file_and_a_cut_file_is_none() -> None:
    header = (FOLDER / SOURCES["corrections"].bundled).read_bytes().split(b"\n")[0]
    source = made(SOURCES["corrections"])
    assert records(source, header + b"\n") == []
    assert stats(source)["peephole/rows"] == 0
    for body in (b"", b"<html></html>", header[:-12]):
        with pytest.raises(LayoutError, match="sought"):
            records(made(SOURCES["corrections"]), body)
    header = (FOLDER / SOURCES["legal_process"].bundled).read_bytes().split(b"\n")[0]
    with pytest.raises(LayoutError, match="nothing below it"):
        records(made(SOURCES["legal_process"]), header + b"\n")


def test_each_bundled_correction_says_why_and_who_may_be_asked() -> None:
    found = [record for record in bundled("corrections") if isinstance(record, Correction)]
    assert not [n for n, times in Counter(c.correction for c in found).items() if times > 1]
    for correction in found:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", correction.correction)
        assert correction.decided <= date.fromisoformat(SOURCES["corrections"].bundled_as_of)
        assert len(correction.reason) > 20
        assert "(see CONTRIBUTING.md)" in correction.asked
    pasco = next(c for c in found if c.correction == "pasco-county-city")
    assert (pasco.table, pasco.field, pasco.value) == ("agencies", "city", "Land O' Lakes")


@pytest.mark.parametrize("name", [n for n, kind in SOURCES.items() if kind.archived])
def test_archived_addresses_are_each_asked_for_once_and_narrowly(name: str) -> None:
    patterns = SOURCES[name].archived
    assert len({(p.url, p.match) for p in patterns}) == len(patterns)
    for pattern in patterns:
        assert pattern.match in ("exact", "prefix"), "a whole host is more than a source reads"
        assert not pattern.url.startswith("http"), "the index has one key for http and https"
        assert "www." not in pattern.url
        assert not pattern.collapse, "the index compares neighbouring lines, not pages"
    assert all("mid=1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB" in p.url for p in patterns) == (
        name == "ring_agency_map"
    )


def test_unread_fields_are_told_once() -> None:
    source = made(SOURCES["ring_agency_map"])
    walk = saved_walks("ring_agency_map")["quirks, Latin-1, no namespace"]
    list(replay(source, walk, saved_pages("ring_agency_map")))
    assert stats(source)["peephole/unread/Shoe size"] == 1


@pytest.mark.real
def test_every_row_of_the_real_atlas_is_a_listing_or_counted(real: Path) -> None:
    source = made(SOURCES["atlas_of_surveillance"])
    found = records(source, (real / "atlas" / "atlas-2020-10-07.csv").read_bytes())
    listings = [record for record in found if isinstance(record, Listing)]
    others = [record for record in found if isinstance(record, OtherRows)]
    assert len(listings) + len(others) == len(found), "no row may be set aside"
    assert Counter(listing.programme for listing in listings) == {
        "neighbors_portal": 1501,
        "camera_registry": 398,
    }
    assert sum(other.rows for other in others if not other.programme) == 5784 - 1501 - 398
    assert {o.category: o.rows for o in others if o.programme} == {
        "Ring/Neighbors Partnership": 1501,
        "Camera Registry": 398,
    }
    assert stats(source)["peephole/rows"] == 5784
    assert not [key for key in stats(source) if key.startswith("peephole/unread/")]
    assert len({listing.identity(source.name) for listing in listings}) == 1899


@pytest.mark.real
def test_dates_of_the_real_atlas_come_from_where_they_stand(real: Path) -> None:
    source = made(SOURCES["atlas_of_surveillance"])
    found = records(source, (real / "atlas" / "atlas-2020-10-07.csv").read_bytes())
    ring = [r for r in found if isinstance(r, Listing) and r.programme == "neighbors_portal"]
    dated = [r.since_text for r in ring if r.since_field == "Link 1 Date"]
    assert len([text for text in dated if re.fullmatch(r"\d+/\d+/\d\d", text)]) == 585
    assert len([text for text in dated if re.fullmatch(r"\d+/\d+/\d{4}", text)]) == 746
    assert Counter(r.since_text for r in ring if r.since_field == "Summary") == {
        "June 2020": 41,
        "July 2020": 57,
        "August 2020": 35,
        "September 2020": 37,
    }
    stated = {
        (r.agency, r.stated_name)
        for r in ring
        if r.city in {"Kalamazoo", "Madison"} and r.state in {"MI", "WI"}
    }
    assert {
        ("Kalamazoo Township Police Department", "Kalamazoo Department of Public Safety"),
        ("Kalamazoo Township Police Department", "Kalamazoo Township Police Department"),
        ("Madison Police Department", "Madison Police Department"),
        ("Madison Police Department", "Town of Madison Police Department"),
    } <= stated


@pytest.mark.real
def test_a_later_export_without_ring_rows_says_so(real: Path) -> None:
    found = records(
        made(SOURCES["atlas_of_surveillance"]),
        (real / "atlas" / "atlas-2024-sample.csv").read_bytes(),
    )
    others = [record for record in found if isinstance(record, OtherRows)]
    assert found == others
    assert {o.category: o.rows for o in others if o.programme == "neighbors_portal"} == {
        "Ring/Neighbors Partnership": 0
    }
    assert sum(other.rows for other in others) == 15
