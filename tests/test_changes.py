"""Events: each kind of change is told once, with its evidence, and nothing else is a change."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pytest

from analysis.changes import changes
from analysis.corrections import TOLD
from analysis.read import Facts
from analysis.tables import CHANGES
from spiders.records import RECORD_KINDS

SOURCE, PROGRAMME = "ring_agency_map", "neighbors_portal"
BEREA, AVON = "oh-berea-police", "oh-avon-police"
EMPTY = pd.DataFrame()
UNTOLD = pd.DataFrame(columns=TOLD)


def day(number: int) -> str:
    """The moment of look ``number``."""
    return f"2021-01-{number + 1:02d}T00:00:00Z"


def capture(look: int) -> str:
    return f"{look:020x}"


def look(number: int, verdict: str = "healthy", **cells: Any) -> dict[str, Any]:
    return {
        "look_id": f"l{number}",
        "run_id": f"l{number}",
        "source": SOURCE,
        "warc": f"w{number}",
        "parser_version": 1,
        "observed_at": day(number),
        "finished_at": day(number),
        "notice": "",
        "problems": (),
        "lost": {},
        "verdict": verdict,
        "reason": verdict,
        "published": verdict != "failed",
        "whole": verdict == "healthy",
    } | cells


def facts(
    looks: Sequence[Mapping[str, Any]],
    kind: str = "listing",
    said: Sequence[Sequence[Mapping[str, Any]]] = (),
    as_of: str = "",
) -> Facts:
    """What looks told: ``said`` are the records of ``kind`` each look shows in its capture."""
    frame = pd.DataFrame(looks)
    records: dict[str, Mapping[str, Any]] = {}
    sightings = []
    for number, rows in enumerate(said):
        for row in rows:
            found = f"r{len(records)}"
            records[found] = {"record_id": found, "source": SOURCE} | dict(row)
            sightings.append((f"s{number}", found, 1, None))
    numbers = [int(row["look_id"].lstrip("l")) for row in looks]
    return Facts(
        looks=frame,
        captures=pd.DataFrame(
            {
                "capture_id": [capture(number) for number in numbers],
                "warc": frame["warc"],
                "observed_at": frame["observed_at"],
                "fetched_at": frame["observed_at"],
                "outcome": "ok",
            }
        ),
        readings=pd.DataFrame(
            [
                (row["look_id"], capture(number), f"s{place}")
                for place, (row, number) in enumerate(zip(looks, numbers, strict=True))
                if row["published"]
            ],
            columns=["look_id", "capture_id", "sheet_id"],
        ),
        sightings=pd.DataFrame(sightings, columns=["sheet_id", "record_id", "position", "row_key"]),
        records={
            name: pd.DataFrame(
                list(records.values()) if name == kind else [],
                columns=["record_id", "source", *(f for f in model.model_fields if f != "kind")],
            ).drop(columns=["position", "row_key"])
            for name, model in RECORD_KINDS.items()
        },
        as_of=as_of,
    )


def events(
    told: Facts,
    spells: pd.DataFrame = EMPTY,
    renames: pd.DataFrame = EMPTY,
    listings: pd.DataFrame = EMPTY,
    requests: pd.DataFrame = EMPTY,
    decisions: pd.DataFrame = UNTOLD,
) -> pd.DataFrame:
    """The changes, as checked as a published table is."""
    found = changes(told, spells, renames, listings, requests, decisions)
    CHANGES.checked(found.drop_duplicates("change_id"))
    assert found["capture_id"].notna().all()
    return found


def spell(agency: str = BEREA, **cells: Any) -> dict[str, Any]:
    return {
        "source": SOURCE,
        "agency_id": agency,
        "programme": PROGRAMME,
        "spell": 1,
        "first_observed": day(0),
        "last_observed": day(0),
        "first_look": "l0",
        "last_look": "l0",
        "missing": 0,
        "first_missing": None,
        "second_missing": None,
        "first_missing_look": None,
        "second_missing_look": None,
    } | cells


def shown(look: int, agency: str = BEREA, links: Any = None, since: Any = None) -> dict[str, Any]:
    return {
        "record_id": f"{agency}-{links}",
        "listing_id": f"{agency}-listing",
        "source": SOURCE,
        "agency_id": agency,
        "programme": PROGRAMME,
        "look_id": f"l{look}",
        "capture_id": capture(look),
        "observed_at": day(look),
        "valid_from": since,
        "links": links,
    }


def request(number: int, value: float | None, **cells: Any) -> dict[str, Any]:
    return {
        "request_id": f"{number:020x}",
        "scope": "agency",
        "agency_id": BEREA,
        "programme": None,
        "metric": "video_requests",
        "unit": "requests",
        "value_state": "not_published" if value is None else "value" if value else "zero_stated",
        "value": value,
        "low": None,
        "high": None,
        "bound": "exact",
        "period_start": "2020-07-01",
        "period_end": "2020-09-30",
        "basis": "stated",
        "observed_at": day(number),
        "seen_at": day(number),
        "revises": None,
        "source": SOURCE,
        "capture_id": capture(number),
    } | cells


def frame(*rows: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows))


LOOKS = [look(number) for number in range(4)]
GONE: dict[str, Any] = {
    "first_missing": day(1),
    "second_missing": day(2),
    "first_missing_look": "l1",
    "second_missing_look": "l2",
    "missing": 2,
}


def test_added_when_a_source_first_lists_it() -> None:
    spells = frame(spell(), spell(AVON, first_observed=day(1), first_look="l1"))
    listings = frame(shown(0, since="2019-06"), shown(1), shown(1, AVON))
    found = events(facts(LOOKS), spells, listings=listings).set_index("agency_id")
    assert found["kind"].tolist() == ["added", "added"]
    assert found["observed_at"].to_dict() == {BEREA: day(0), AVON: day(1)}
    assert found["valid_at"].fillna("").to_dict() == {BEREA: "2019-06", AVON: ""}
    assert found["after"].to_dict() == {
        BEREA: "listed, in the first look at the source",
        AVON: "listed",
    }
    assert found["capture_id"].to_dict() == {BEREA: capture(0), AVON: capture(1)}


def test_of_several_starts_the_one_that_must_be_earliest_stands() -> None:
    listings = frame(shown(0, since="2020"), shown(0, since="2020-06-05"))
    found = events(facts(LOOKS), frame(spell()), listings=listings)
    assert found["valid_at"].tolist() == ["2020-06-05"]


def test_delisted_by_two_looks_with_both_as_evidence() -> None:
    listings = frame(shown(0), shown(0, AVON), shown(1, AVON), shown(2, AVON))
    found = events(facts(LOOKS), frame(spell(**GONE)), listings=listings)
    gone = found[found["kind"].eq("delisted")]
    assert gone["change_id"].nunique() == 1
    assert set(gone["capture_id"]) == {capture(1), capture(2)}
    event = gone.iloc[0]
    assert event["observed_at"] == day(2)
    assert event["before"] == f"last listed {day(0)}"
    assert event["after"] == f"not listed on {day(1)} and {day(2)}"
    assert pd.isna(event["valid_at"])


def test_a_look_that_read_no_listing_is_evidence_too() -> None:
    found = events(facts(LOOKS), frame(spell(**GONE)), listings=frame(shown(0)))
    gone = found[found["kind"].eq("delisted")]
    assert set(gone["capture_id"]) == {capture(1), capture(2)}


def test_missing_once_is_no_change() -> None:
    once = spell(first_missing=day(1), first_missing_look="l1", missing=1)
    found = events(facts(LOOKS), frame(once), listings=frame(shown(0)))
    assert found["kind"].tolist() == ["added"]


def test_relisted_after_it_was_delisted() -> None:
    again = spell(spell=2, first_observed=day(3), first_look="l3")
    spells = frame(again, spell(**GONE))
    found = events(facts(LOOKS), spells, listings=frame(shown(0), shown(3)))
    assert sorted(found["kind"].unique()) == ["added", "delisted", "relisted"]
    back = found.set_index("kind").loc["relisted"]
    assert (back["observed_at"], back["before"]) == (day(3), f"not listed since {day(1)}")
    assert back["capture_id"] == capture(3)


def test_renamed_with_both_names() -> None:
    rename = {"agency_id": BEREA, "former": "Berea Police", "name": "Berea Safety"}
    seen = {"observed_at": day(1), "source": SOURCE, "capture_id": capture(1)}
    found = events(facts(LOOKS), renames=frame(rename | seen))
    row = found.iloc[0]
    assert (row["kind"], row["before"], row["after"]) == (
        "renamed",
        "Berea Police",
        "Berea Safety",
    )


def test_count_published_where_there_was_no_number() -> None:
    blank = request(0, None)
    first = request(1, 12, revises=blank["request_id"])
    found = events(facts(LOOKS), requests=frame(blank, first))
    assert found["kind"].tolist() == ["count_published"]
    assert found["after"].tolist() == ["12 requests (video_requests, 2020-07-01 to 2020-09-30)"]
    assert found["capture_id"].tolist() == [capture(1)]


def test_a_zero_that_was_stated_is_a_number() -> None:
    found = events(facts(LOOKS), requests=frame(request(0, 0)))
    assert found["after"].str.startswith("0 requests").tolist() == [True]


@pytest.mark.parametrize("state", ["not_published", "not_found", "fetch_failed", "redacted"])
def test_what_is_no_number_is_no_change(state: str) -> None:
    assert events(facts(LOOKS), requests=frame(request(0, None, value_state=state))).empty


def test_count_revised_with_both_numbers() -> None:
    first = request(0, 12)
    second = request(1, 1500, revises=first["request_id"])
    found = events(facts(LOOKS), requests=frame(second, first)).set_index("kind")
    assert found["after"].str.split(" ").str[0].to_dict() == {
        "count_published": "12",
        "count_revised": "1,500",
    }
    assert str(found.loc["count_revised", "before"]).startswith("12 requests")


def test_a_number_after_a_blank_revises_the_number_before_it() -> None:
    first = request(0, 12)
    blank = request(1, None, revises=first["request_id"])
    third = request(2, 13, revises=blank["request_id"])
    found = events(facts(LOOKS), requests=frame(first, blank, third))
    assert found["kind"].tolist() == ["count_published", "count_revised"]
    same = events(facts(LOOKS), requests=frame(first, blank, third | {"value": 12}))
    assert same["kind"].tolist() == ["count_published"]


def test_a_derived_number_was_published_by_nobody() -> None:
    assert events(facts(LOOKS), requests=frame(request(0, 3, basis="derived"))).empty


def test_a_running_counter_that_counts_on_revises_nothing() -> None:
    running = {"metric": "rfa_posts", "unit": "posts", "period_start": None, "period_end": None}
    first = request(0, 3, **running)
    found = events(
        facts(LOOKS),
        requests=frame(first, request(1, 5, revises=first["request_id"], **running)),
    )
    assert found["kind"].tolist() == ["count_published", "count_published"]
    assert found["before"].fillna("").tolist() == ["", "3 posts (rfa_posts)"]


def test_only_the_look_that_showed_a_number_first_is_its_evidence() -> None:
    """The last look that shows it moves with every look that follows."""
    later = request(0, 12, seen_at=day(3), capture_id=capture(3))
    found = events(facts(LOOKS), requests=frame(request(0, 12), later))
    assert found["capture_id"].tolist() == [capture(0)]


LINK = {"url": "https://a.example/memo", "title": "Memo"}


def test_evidence_added_for_a_department_that_was_listed_without() -> None:
    listings = frame(shown(0), shown(1, links=[LINK]), shown(2, links=[LINK]))
    found = events(facts(LOOKS), frame(spell()), listings=listings)
    added = found[found["kind"].eq("evidence_added")]
    assert added["after"].tolist() == ["Memo: https://a.example/memo"]
    assert added["observed_at"].tolist() == [day(1)]
    assert added["capture_id"].tolist() == [capture(1)]


def test_a_document_that_came_with_the_department_is_no_event() -> None:
    listings = frame(shown(0, links=[LINK]), shown(1), shown(2, links=[LINK]))
    found = events(facts(LOOKS), frame(spell()), listings=listings)
    assert found["kind"].tolist() == ["added"]


def retired(*rows: int, programme: str = PROGRAMME, **cells: Any) -> pd.DataFrame:
    looks = [look(number, **cells) for number in range(len(rows))] or LOOKS
    said = [[{"category": "Ring", "rows": count, "programme": programme}] for count in rows]
    return events(facts(looks, "other_rows", said))


def test_category_retired_once() -> None:
    event = retired(1501, 1490, 0, 0, 0)
    assert event["kind"].tolist() == ["category_retired"]
    assert event["observed_at"].tolist() == [day(2)]
    assert event["before"].tolist() == ["1490 rows"]
    assert event["capture_id"].tolist() == [capture(2)]
    assert event["agency_id"].isna().all()


def test_a_category_that_never_stood_is_not_retired() -> None:
    assert retired(0, 0).empty
    assert retired(0, 5).empty
    assert retired(5, 0, programme="").empty


def test_a_category_that_returns_and_vanishes_again_is_two_events() -> None:
    assert retired(5, 0, 5, 0)["change_id"].nunique() == 2


def test_only_whole_looks_show_that_a_category_is_retired() -> None:
    assert retired(5, 0, whole=False).empty


def failed(number: int, lost: str = "", problem: str = "") -> dict[str, Any]:
    return look(
        number,
        "failed",
        lost={lost: 1} if lost else {},
        problems=(problem,) if problem else (),
    )


def test_source_unreachable_once_for_each_time_it_goes() -> None:
    looks = [look(0), failed(1, "unreachable"), failed(2, "unreachable")]
    looks += [look(3), failed(4, "error"), look(5)]
    found = events(facts(looks))
    assert found["kind"].tolist() == ["source_unreachable"] * 2
    assert found["observed_at"].tolist() == [day(1), day(4)]
    assert found["before"].tolist() == [f"last read {day(0)}", f"last read {day(3)}"]
    assert found["capture_id"].tolist() == [capture(1), capture(4)]


def test_layout_changed_where_the_layout_is_not_known() -> None:
    looks = [look(0), failed(1, problem="LayoutError: no column Agency"), look(2)]
    found = events(facts(looks))
    assert found["kind"].tolist() == ["layout_changed"]


def test_out_of_reach_and_then_unknown_are_two_states() -> None:
    looks = [look(0), failed(1, "unreachable"), failed(2, problem="LayoutError: x")]
    assert events(facts(looks))["kind"].tolist() == ["source_unreachable", "layout_changed"]


@pytest.mark.parametrize(
    "looks",
    [
        [failed(0, "unreachable"), failed(1, "unreachable")],
        [look(0), failed(1, problem="KeyError: x")],
        [look(0), failed(1)],
        [look(0), look(1, "incomplete", lost={"unreachable": 1})],
        [look(0), look(1)],
    ],
)
def test_other_looks_say_nothing_of_a_source(looks: list[dict[str, Any]]) -> None:
    assert events(facts(looks)).empty


def test_a_parser_that_learned_the_layout_takes_the_event_back() -> None:
    old = failed(1, problem="LayoutError: x") | {"parser_version": 1}
    new = look(1, look_id="l1", parser_version=2)
    assert events(facts([look(0), new, old])).empty


def page(sha256: str) -> dict[str, Any]:
    return {"page": "https://a.example/le", "title": "", "sha256": sha256 * 64, "characters": 9}


def test_text_changed_only_where_the_page_says_something_else() -> None:
    told = facts(LOOKS, "page_text", [[page("a")], [page("a")], [page("b")], [page("b")]])
    found = events(told)
    assert found["kind"].unique().tolist() == ["text_changed"]
    assert found["change_id"].nunique() == 1
    assert found["observed_at"].tolist() == [day(2)] * 2
    assert set(found["capture_id"]) == {capture(1), capture(2)}
    assert found["before"].str.endswith("a" * 16).all()


def befell(happened: str, event: str = "ended", tool: str = "rfa_post") -> dict[str, Any]:
    return {
        "programme": PROGRAMME,
        "tool": tool,
        "event": event,
        "happened": happened,
        "meaning": "No new posts.",
        "source_title": "x",
        "source_url": "https://a.example/",
        "seen": "retrieved",
    }


@pytest.mark.parametrize(
    ("happened", "known"),
    [("2024-01-31", "2024-01-31"), ("2024-02", "2024-02-29"), ("2023", "2023-12-31")],
)
@pytest.mark.parametrize("event", ["started", "announced", "ended", "cancelled"])
def test_programme_events_from_the_day_they_could_be_known(
    happened: str, known: str, event: str
) -> None:
    said = [[befell(happened, event)]]
    row = events(facts(LOOKS[:1], "programme_event", said)).iloc[0]
    assert row["kind"] == f"programme_{event}"
    assert (row["observed_at"], row["valid_at"]) == (f"{known}T00:00:00Z", happened)
    assert row["after"] == "rfa_post: No new posts."
    assert len(events(facts(LOOKS[:1], "programme_event", said, as_of=known))) == 1
    assert events(facts(LOOKS[:1], "programme_event", said, as_of="2023-12-30")).empty


def test_a_programme_event_taken_out_of_its_file_is_withdrawn() -> None:
    said = [[befell("2020"), befell("2021")], [befell("2020")]]
    assert len(events(facts(LOOKS[:2], "programme_event", said))) == 1


def decision(kind: str = "correct", **cells: Any) -> dict[str, Any]:
    return {
        "correction": "c-1",
        "decision": kind,
        "table": "agencies",
        "row_id": BEREA,
        "field": "ori",
        "source": "corrections",
        "agency_id": BEREA,
        "programme": None,
        "observed_at": day(9),
        "capture_id": capture(9),
        "before": "ori: (empty)",
        "after": "ori: OH0180100",
    } | cells


def test_corrected_and_suppressed() -> None:
    rows = frame(decision(), decision("suppress", correction="c-2", before=None, after="withheld"))
    found = events(facts(LOOKS), decisions=rows)
    assert found["kind"].tolist() == ["corrected", "suppressed"]
    assert found["before"].fillna("").tolist() == ["ori: (empty)", ""]


def test_nothing_is_told_of_a_department_that_is_withheld() -> None:
    whole = decision("suppress", field="", agency_id=None, before=None, after="withheld")
    rename = {"agency_id": BEREA, "former": "Berea Police", "name": "Berea Safety"}
    seen = {"observed_at": day(1), "source": SOURCE, "capture_id": capture(1)}
    found = events(
        facts(LOOKS),
        frame(spell(**GONE)),
        frame(rename | seen),
        frame(shown(0), shown(1, links=[LINK])),
        frame(request(0, 5)),
        frame(whole),
    )
    assert found["kind"].tolist() == ["suppressed"]
    assert not found.astype("string").apply(lambda c: c.str.contains("erea")).any(axis=None)


@pytest.mark.parametrize(
    ("table", "row", "field", "kinds"),
    [
        ("listings", f"{BEREA}-listing", "", {"delisted", "renamed"}),
        ("listings", f"{BEREA}-listing", "links", {"added", "delisted", "renamed"}),
        ("participations", f"{BEREA}:{PROGRAMME}:1", "", {"evidence_added", "renamed"}),
        ("agencies", BEREA, "aliases", {"added", "delisted", "evidence_added"}),
    ],
)
def test_no_event_repeats_what_is_withheld(
    table: str, row: str, field: str, kinds: set[str]
) -> None:
    held = decision("suppress", table=table, row_id=row, field=field, before=None, after="x")
    rename = {"agency_id": BEREA, "former": "Berea Police", "name": "Berea Safety"}
    seen = {"observed_at": day(1), "source": SOURCE, "capture_id": capture(1)}
    found = events(
        facts(LOOKS),
        frame(spell(**GONE)),
        frame(rename | seen),
        frame(shown(0), shown(1, links=[LINK])),
        decisions=frame(held),
    )
    assert set(found["kind"]) == kinds | {"suppressed"}


def test_nothing_seen_is_no_change() -> None:
    assert events(facts(LOOKS)).empty


def test_order_does_not_matter() -> None:
    rows = [spell(**GONE), spell(spell=2, first_observed=day(3), first_look="l3"), spell(AVON)]
    listings = frame(shown(0), shown(0, AVON), shown(3, links=[LINK]))
    requests = [request(0, 5), request(1, 6, revises=f"{0:020x}")]
    found = [
        events(
            facts(list(looks)),
            frame(*spells),
            listings=listings.sample(frac=1, random_state=len(seen)),
            requests=frame(*seen),
        )
        .sort_values(["change_id", "capture_id"], ignore_index=True)
        .to_csv()
        for looks, spells, seen in zip(
            itertools.permutations([look(0), failed(1, "error"), look(2), look(3)]),
            itertools.cycle(itertools.permutations(rows)),
            itertools.cycle(itertools.permutations(requests)),
            strict=False,
        )
    ]
    assert len(set(found)) == 1
    assert found[0].count("\n") > 7


def test_later_looks_change_no_earlier_event() -> None:
    """The events of the first looks stand among those of all, word for word."""
    listings = frame(shown(0), shown(0, AVON), shown(1, AVON), shown(2, AVON))
    early = events(facts(LOOKS[:3]), frame(spell(**GONE), spell(AVON)), listings=listings)
    back = spell(spell=2, first_observed=day(3), first_look="l3")
    late = events(
        facts(LOOKS),
        frame(spell(**GONE), spell(AVON), back),
        listings=pd.concat([listings, frame(shown(3), shown(3, AVON, links=[LINK]))]),
    )
    merged = early.merge(late, how="inner")
    assert len(merged) == len(early) > 3
    assert len(late) > len(early)
