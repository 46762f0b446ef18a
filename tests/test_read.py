"""What may be published of a ledger: judged anew, in the order of what looks speak for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analysis.read import Facts, facts
from spiders.ledger import Ledger
from spiders.records import RECORD_KINDS, Listing
from spiders.schema import Capture, Content, Look, Run, Sighted

SOURCE, PORTAL = "ring_agency_map", "neighbors_portal"
EXPECTED = pd.DataFrame(
    [{"source": SOURCE, "least": 1, "most": 100, "floor": 0.5, "retires_categories": False}]
)
FINE = {"finish_reason": "finished", "problems": [], "lost": {}}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield opened
    opened.close()


def town(name: str) -> Listing:
    return Listing(programme=PORTAL, agency=f"{name} Police Department", state="OH", position=1)


def take_in(
    ledger: Ledger,
    day: str,
    *names: str,
    warc: str = "",
    version: int = 1,
    account: dict[str, object] = FINE,
    notice: str = "",
    fetched: str = "",
    at: str = "",
) -> None:
    """A run that sees departments in one capture; ``at`` makes it a look at an archived copy."""
    moment = f"{day}T00:00:00Z"
    warc = warc or day
    run_id, capture = f"{warc}-v{version}", f"{day}-{'-'.join(names)}"
    look_id = f"{run_id}@{at}" if at else run_id
    ledger.begin(Run(run_id, SOURCE, "live", warc, version, moment, moment, notice))
    records = [town(name) for name in names]
    kept = Capture(
        *(capture, SOURCE, "https://a.example/", fetched or moment, moment, "ok", 200),
        *("00" * 32, 1, warc, 0),
    )
    contents = [Content(r.identity(SOURCE), SOURCE, r.kind, r.content()) for r in records]
    ledger.keep([kept], contents)
    ledger.read(run_id, look_id, capture, [Sighted(r.identity(SOURCE), 1) for r in records])
    counts = {"rows": len(names)}
    look = Look(look_id, run_id, SOURCE, moment, "healthy", "said", counts, account)
    ledger.finish(run_id, moment, "healthy", "said", counts, [look])


def verdicts(found: Facts) -> dict[str, str]:
    return dict(zip(found.looks["observed_at"].str[:10], found.looks["verdict"], strict=True))


def names(found: Facts) -> list[str]:
    """In the order of looks, and by name in each."""
    seen = found.seen("listing").sort_values(["observed_at", "agency"])
    return [name.split()[0] for name in seen["agency"]]


FOUR = ("Arden", "Berwick", "Corwin", "Dunmore")


def test_looks_are_judged_in_the_order_of_what_they_speak_for(tmp_path: Path) -> None:
    days = {"2021-01-01": FOUR, "2021-02-01": FOUR[:1], "2021-03-01": FOUR[:3]}
    for number, order in enumerate(itertools.permutations(days)):
        ledger = Ledger(f"sqlite:///{tmp_path / str(number)}.sqlite")
        for day in order:
            take_in(ledger, day, *days[day])
        found = facts(ledger, EXPECTED)
        ledger.close()
        assert verdicts(found) == {
            "2021-01-01": "healthy",
            "2021-02-01": "failed",
            "2021-03-01": "healthy",
        }
        assert names(found) == [*FOUR, *FOUR[:3]]


def test_as_of_a_day_later_looks_are_unknown(ledger: Ledger) -> None:
    for day, shown in (("2021-03-01", FOUR), ("2021-01-01", FOUR[:2]), ("2021-02-01", FOUR[:3])):
        take_in(ledger, day, *shown)
    found = facts(ledger, EXPECTED, date(2021, 2, 1))
    assert list(verdicts(found)) == ["2021-01-01", "2021-02-01"]
    assert found.captures["observed_at"].max() == "2021-02-01T00:00:00Z"
    assert set(names(found)) == set(FOUR[:3])
    assert found.as_of == "2021-02-01"
    assert facts(ledger, EXPECTED, date(2020, 12, 31)).looks.empty


def test_of_one_warc_the_newest_parser_that_can_read_it_counts(ledger: Ledger) -> None:
    problem = FINE | {"problems": ["LayoutError: sought rows"]}
    take_in(ledger, "2021-01-01", *FOUR, warc="w")
    take_in(ledger, "2021-01-01", *FOUR[:2], warc="w", version=2)
    take_in(ledger, "2021-01-01", "Elm", warc="w", version=3, account=problem)
    found = facts(ledger, EXPECTED)
    assert names(found) == list(FOUR[:2])
    published = found.looks.set_index("parser_version")["published"]
    assert published.to_dict() == {3: False, 2: True, 1: False}


def test_looks_of_one_warc_at_several_moments_are_all_published(ledger: Ledger) -> None:
    for day in ("2019-01-01", "2020-01-01"):
        take_in(ledger, day, *FOUR, warc="w", at=day, version=int(day[:4]))
    assert facts(ledger, EXPECTED).looks["published"].tolist() == [True, True]


def test_what_an_unpublished_reading_counted_is_no_measure(ledger: Ledger) -> None:
    take_in(ledger, "2021-01-01", *FOUR, warc="w")
    take_in(ledger, "2021-01-01", "Arden", warc="w", version=2)
    take_in(ledger, "2021-02-01", "Arden")
    published = facts(ledger, EXPECTED).looks.query("published")
    assert published["parser_version"].tolist() == [2, 1]
    assert published["verdict"].tolist() == ["healthy", "healthy"]


@pytest.mark.parametrize(
    ("account", "notice", "whole", "published"),
    [
        (FINE, "", True, True),
        (FINE, "Sample", False, True),
        (FINE | {"lost": {"error": 1}}, "", False, True),
        (FINE | {"problems": ["broken"]}, "", False, False),
        (FINE | {"finish_reason": "shutdown"}, "", False, False),
    ],
)
def test_only_a_healthy_look_without_a_notice_is_whole(
    ledger: Ledger, account: dict[str, object], notice: str, whole: bool, published: bool
) -> None:
    take_in(ledger, "2021-01-01", *FOUR, account=account, notice=notice)
    look = facts(ledger, EXPECTED).looks.iloc[0]
    assert (look["whole"], look["published"]) == (whole, published)


def test_first_hand_is_what_was_fetched_when_it_was_so(ledger: Ledger) -> None:
    take_in(ledger, "2021-01-01", *FOUR)
    take_in(ledger, "2021-02-01", *FOUR, fetched="2026-01-01T00:00:00Z")
    assert facts(ledger, EXPECTED).looks["first_hand"].tolist() == [True, False]


def test_an_unchanged_sheet_is_seen_by_every_look(ledger: Ledger) -> None:
    for day in ("2021-01-01", "2021-02-01", "2021-03-01"):
        take_in(ledger, day, *FOUR)
    found = facts(ledger, EXPECTED)
    assert found.sightings.shape[0] == len(FOUR)
    seen = found.seen("listing")
    assert len(seen) == 3 * len(FOUR)
    assert seen["observed_at"].is_monotonic_increasing
    assert seen.groupby("look_id")["agency"].nunique().tolist() == [4, 4, 4]
    newest = found.edition("listing")
    assert set(newest["observed_at"]) == {"2021-03-01T00:00:00Z"}


def test_a_source_nobody_knows_any_more_is_left_out(ledger: Ledger) -> None:
    take_in(ledger, "2021-01-01", *FOUR)
    found = facts(ledger, EXPECTED.assign(source="another"))
    assert found.looks.empty
    assert found.captures.empty
    assert found.seen("listing").empty


@pytest.mark.parametrize("kind", RECORD_KINDS)
def test_an_empty_ledger_has_frames_of_every_kind(ledger: Ledger, kind: str) -> None:
    found = facts(ledger, EXPECTED)
    fields = set(RECORD_KINDS[kind].model_fields) - {"kind"}
    assert fields <= set(found.seen(kind).columns)
    assert found.seen(kind).empty
    assert found.edition(kind).empty
