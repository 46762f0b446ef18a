"""Every source still reads its saved pages, and says of itself what a source must say."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

import spiders.sources
from spiders.records import Figure, Listing, OtherRows, Rejection
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
    assert kind.seeds or kind.bundled
    assert kind.expects.start >= 1, "a source that may find nothing cannot fail"
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


def test_the_bundled_figures_are_all_understood_and_each_has_its_own_name() -> None:
    kind = SOURCES["reported_figures"]
    found = records(made(kind), (FOLDER / kind.bundled).read_bytes())
    figures = [record for record in found if isinstance(record, Figure)]
    assert figures == found, [record for record in found if isinstance(record, Rejection)]
    assert len(figures) in kind.expects
    assert not [name for name, times in Counter(f.figure for f in figures).items() if times > 1]
    for figure in figures:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", figure.figure)
        assert figure.source_url.startswith(("https://", "http://"))
        assert figure.as_of or (figure.period_start and figure.period_end)
        assert figure.value is not None


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
