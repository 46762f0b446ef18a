"""The past in words: closed vocabularies, changes, counts and figures, never more than seen."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.places import state_shapes
from analysis.tables import TABLES
from maps import counts, events, history, listing, payload, words
from spiders.programmes import FOOTAGE_METRICS, METRICS, PROGRAMMES
from tests import synthetic
from tests.test_maps import told

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return synthetic.tables(400)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (("footage_requests", "metric"), words.METRICS),
        (("footage_requests", "bound"), words.BOUNDS),
        (("participations", "valid_to_kind"), words.STATUS),
        (("participations", "valid_from_precision"), words.SINCE),
        (("legal_process", "process"), words.PROCESS_NAMES),
        (("changes", "kind"), events.CHANGES),
        (("sources", "verdict"), words.VERDICTS),
        (("footage_requests", "value_state"), words.VALUE_STATES | {"value": ""}),
        (("footage_requests", "basis"), words.BASES | {"stated": ""}),
    ],
)
def test_every_word_of_a_closed_vocabulary_has_ours(
    column: tuple[str, str], said: dict[str, str]
) -> None:
    name, wanted = column
    (allowed,) = [column.allowed for column in TABLES[name].columns if column.name == wanted]
    assert allowed
    assert set(allowed) <= set(said)


def test_metrics_and_tools_are_told_for_what_they_are() -> None:
    assert set(words.ASKING) == set(FOOTAGE_METRICS)
    running = {key for key, metric in METRICS.items() if metric.running}
    assert {key for key, name in words.METRICS.items() if name.endswith(words.SO_FAR)} == running
    tools = {tool.key for programme in PROGRAMMES.values() for tool in programme.tools}
    assert set(words.TOOLS) == tools


def test_newest_changes_first_and_first_looks_left_out(tables: Tables) -> None:
    (rows, more), first = events.newest(tables, {"atlas_of_surveillance": "1"})
    table = tables["changes"]
    assert len(rows) == events.CHANGES_SHOWN
    assert len(rows) + more + first == len(table)
    assert first > 0
    gone = table[table["kind"] == "delisted"]
    named = tables["agencies"].set_index("agency_id").loc[gone["agency_id"]]
    newest = rows[: len(gone)]
    assert {row[1] for row in newest} == set(named["name"] + ", " + named["state"])
    assert newest[0][0] == "20 November 2020"
    assert "no longer listed; that shows no ending" in newest[0][2]
    assert "not listed on 2 November 2020 and 20 November 2020" in newest[0][2]
    assert newest[0][3] == "1"


def test_totals_are_lower_bounds_with_how_many_are_known(tables: Tables) -> None:
    totals = tables["footage_totals"].query("scope == 'nation'")
    total = totals.query("value_state == 'value'").iloc[0]
    assert history.totals(tables["footage_totals"]).shown == [
        (
            "April to June 2020",
            "requests for footage",
            f"at least {total['value']:,.0f}",
            f"{total['n_known']} of {total['n_total']}",
        ),
        (
            "January to March 2020",
            "requests for footage",
            "0, as the source itself says",
            "1 of 400",
        ),
        ("October to December 2019", "requests for footage", "not published", "0 of 400"),
    ]
    assert history.national(tables["footage_requests"], {}).shown == [
        ("2020", "incidents for which footage was asked", "more than 22,335", "ring_agency_map")
    ]


def test_conflicts_stand_side_by_side_and_differences_are_told(tables: Tables) -> None:
    both = history.demands(tables["legal_process"]).shown[0]
    assert [figure.amount for figure in both[3]] == ["about 1,900", "1,888"]
    assert both[4]
    shown = history.figures(tables["reported_figures"]).shown
    assert [(row[3].amount, row[4][:2]) for row in shown] == [
        ("405", ("407", "2 more")),
        ("703", ("703", "the same")),
        ("at least 2,161", ("", "not to be compared")),
    ]


def test_decisions_of_people_are_told_apart_from_what_sources_said(tables: Tables) -> None:
    decided = history.corrections(tables, {})
    assert [row[2] for row in decided.shown] == [
        "a reviewed decision supersedes what a source said (a number → another number)",
        "a reviewed decision withholds something for privacy (withheld)",
    ]
    assert decided.more == 0
    undecided = tables["changes"][~tables["changes"]["kind"].isin(history.DECIDED)]
    assert history.corrections(tables | {"changes": undecided}, {}).shown == []


def test_long_sections_know_what_they_leave_out(tables: Tables) -> None:
    figures = pd.concat([tables["reported_figures"]] * 40, ignore_index=True)
    assert history.figures(figures).more == 80
    totals = pd.concat([tables["footage_totals"].query("scope == 'nation'")] * 20)
    assert history.totals(totals).more == 20


def test_revisions_counters_and_differences_of_looks_are_told_apart(tables: Tables) -> None:
    order = pd.Series(range(400), index=tables["agencies"]["agency_id"])
    found = counts.requests(tables["footage_requests"], order, list(tables["sources"]["source"]))
    size = len(found["agency"])
    columns = ("what", "period", "amount", "basis", "earlier")
    rows = set(zip(*(told(found[name], size) for name in columns), strict=True))
    posts, now = "Request for Assistance posts", "so far, by 7 October 2020"
    assert (posts, now, "8", "", "before that 3 by 11 June 2020") in rows
    period = "12 June 2020 to 7 October 2020"
    assert (posts, period, "5", "derived: difference of two looks", "") in rows
    assert ("crime posts", now, "not published", "", "") in rows
    assert {row[4] for row in rows if row[1] == "Q2 2020"} == {"", "earlier given as 12"}
    for asks, what in zip(found["asks"], told(found["what"], size), strict=True):
        assert asks == (what in ("requests for footage", posts))


def test_former_names_are_told_with_when_they_went_and_stay_text(tables: Tables) -> None:
    shapes = state_shapes()
    names = dict(zip(shapes["state"], shapes["name"], strict=True))
    former = payload.departments(tables, listing.ordered(tables, names), names)["former"]
    old = tables["agencies"]["aliases"].dropna()
    assert set(former.values()) == {f"{name} (until 11 June 2020 at the latest)" for name in old}
    evil = synthetic.hostile()
    former = payload.departments(evil, listing.ordered(evil, names), names)["former"]
    assert all(text in "\n".join(former.values()) for text in synthetic.HOSTILE)
