"""What is marked along the slider: every event of programmes and categories once, by date."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis import read
from maps.columns import script_json
from maps.moments import events
from tests import command, synthetic

PORTAL = "Ring Neighbors Portal"


def test_events_are_told_once_by_date_and_only_those_of_programmes_and_categories() -> None:
    found = events(synthetic.tables(30))
    mails, posts, flock = (
        f"{PORTAL}, private video requests by e-mail",
        f"{PORTAL}, public Request for Assistance posts",
        "Ring Community Requests through Flock Safety",
    )
    retired = "the publisher no longer keeps the category; it ends nothing"
    assert [(date, words) for date, words, _ in found] == [
        ("2018-03-22", f"{PORTAL}: began (Neighbors Portal: the first pilot)"),
        ("2019-08", f"{PORTAL}: was announced (the map of departments)"),
        ("2020", f"{flock}: was cancelled before it began (it never went live)"),
        ("2020-06-04", f"{mails}: ended, which ends no listing (e-mails stopped)"),
        ("2020-06-05", f"{posts}: began (public posts began)"),
        ("2020-10-05", f"{PORTAL}: {retired} (category absent)"),
    ]
    assert [source for *_, source in found] == ["2", "2", "2", "2", "2", "1"]


def test_the_order_of_the_table_and_repetition_change_nothing() -> None:
    tables = synthetic.tables(30)
    changes = pd.concat([tables["changes"], tables["changes"]]).sample(frac=1, random_state=1)
    assert events(tables | {"changes": changes}) == events(tables)


def test_a_source_that_is_not_listed_has_no_number() -> None:
    tables = synthetic.tables(30)
    changes = tables["changes"].assign(source="nobody")
    assert {source for *_, source in events(tables | {"changes": changes})} == {""}


def test_no_event_is_no_error() -> None:
    assert events(synthetic.checked({})) == []


def test_hostile_words_stay_text() -> None:
    block = script_json(events(synthetic.hostile()))
    assert "alert(1)" in block
    assert "<" not in block


def test_the_reviewed_history_has_all_that_the_slider_must_mark(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command.peephole(data, "crawl", "--sample", "--source", "programme_history")
    command.peephole(data, "clean")
    marked = events(read.tables(data / "clean"))
    found = {date: words for date, words, _ in marked}
    assert len(marked) == len(found) == 11
    for date, part in {
        "2019-08-28": "405 of them that day",
        "2021-06-06": "private video requests by e-mail: ended",
        "2021-06-07": "public Request for Assistance posts: began",
        "2024-01-31": "public Request for Assistance posts: ended",
        "2025-04": ": was announced",
        "2025-09-30": ": began",
        "2025-10-16": "Flock Safety: was announced",
        "2026-02-12": "Flock Safety: was cancelled before it began",
    }.items():
        assert part in found[date], date
