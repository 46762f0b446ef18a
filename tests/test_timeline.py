"""What the page says of the past: the drawing, the changes, the counts, word for word."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.tables import TABLES
from maps import charts, counts, events, history, words
from maps.page import write_site
from spiders.programmes import FOOTAGE_METRICS, METRICS, PROGRAMMES
from tests import synthetic
from tests.test_maps import block, told

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return synthetic.tables(400)


@pytest.fixture(scope="module")
def written(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_site(tables, tmp_path_factory.mktemp("site")).index.read_text("utf-8")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    site = write_site(synthetic.hostile(), tmp_path_factory.mktemp("hostile"))
    return site.index.read_text("utf-8")


def section(text: str, name: str) -> str:
    return text[text.index(f'<section id="{name}"') :].split("</section>")[0]


def words_of(markup: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", markup)).split())


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


def test_the_drawing_counts_what_the_tables_state(tables: Tables) -> None:
    drawn = charts.timeline(tables)
    listed = tables["participations"]
    for line in drawn.lines:
        mine = listed[listed["programme"].map(words.programme_name) == line.programme]
        dated = mine.dropna(subset="valid_from").drop_duplicates("agency_id")
        assert line.number == len(dated) > 0
        assert line.undated == mine["agency_id"].nunique() - len(dated) > 0
        assert line.later == 0
        exact = dated[dated["valid_from"].str.len() > 4]["valid_from"].str[:4]
        years = dated[dated["valid_from"].str.len() == 4]["valid_from"]
        wanted = [int((exact <= year).sum() + (years <= year).sum()) for year in drawn.table_years]
        assert line.by_year == wanted
        assert line.last == "October 2020"


def test_a_line_steps_only_where_a_start_is_stated() -> None:
    tables = synthetic.tables(4)
    listed = tables["participations"]
    listed = listed.query("programme == 'neighbors_portal' and spell == 1").iloc[:4]
    listed = listed.reset_index(drop=True)
    start = ["2018-01-05", "2019-06", "2019", None]
    listed = listed.assign(valid_from=pd.Series(start, dtype="string"))
    listings = tables["listings"].assign(valid_from="2018", programme="neighbors_portal")
    (line,) = charts.timeline(
        tables | {"participations": listed, "listings": listings, "changes": tables["changes"][:0]}
    ).lines
    assert re.findall(r"V([\d.]+)", line.path) == ["136.7", "73.3", "10"]
    assert line.by_year == [1, 3, 3]
    assert (line.number, line.undated) == (3, 1)


def test_nothing_is_drawn_of_a_time_nobody_looked_at(tables: Tables) -> None:
    later = (
        tables["changes"]
        .iloc[:1]
        .assign(kind="programme_ended", valid_at="2024-01-31", observed_at="2024-01-31T00:00:00Z")
    )
    drawn = charts.timeline(tables | {"changes": later})
    assert drawn.table_years[-1] == "2024"
    for line in drawn.lines:
        assert line.by_year[2] == line.number
        assert line.by_year[3:] == [None] * 4
        end = float(line.path.rpartition("H")[2])
        assert end < charts.LEFT + (charts.RIGHT - charts.LEFT) / 2
    (mark,) = drawn.marks
    assert mark.x > 600


def test_only_copies_of_a_list_are_looks_at_it(tables: Tables) -> None:
    captures = tables["captures"]
    late = captures[captures["source"].eq("atlas_of_surveillance")].assign(
        observed_at="2026-11-23T00:00:00Z"
    )
    others = pd.concat(
        [
            late.assign(url="https://data.example/robots.txt"),
            late.assign(outcome="challenge"),
            late.assign(http_status=404),
        ]
    )
    (before,) = charts.timeline(tables).lanes
    (after,) = charts.timeline(tables | {"captures": pd.concat([captures, others])}).lanes
    assert after == before
    (more,) = charts.timeline(tables | {"captures": pd.concat([captures, late])}).lanes
    assert (more.looks, more.last) == (before.looks + 1, "23 November 2026")


def test_the_page_draws_and_tells_the_timeline(written: str, tables: Tables) -> None:
    markup = section(written, "timeline")
    assert "<svg" in markup
    assert 'role="img"' in markup
    said = words_of(markup)
    for line in charts.timeline(tables).lines:
        assert (
            f"{line.programme}: {line.number} by October 2020; {line.undated} more without" in said
        )
        assert f'd="{line.path}"' in markup
        assert f"{line.number} (by October 2020)" in said
    assert (
        "which we have copies of Atlas of Surveillance; 3 days, 11 June 2020 to 7 October" in said
    )
    assert "22 March 2018: Ring Neighbors Portal: began" in said
    assert "private video requests by e-mail: ended, which ends no listing" in said
    assert "2020: Ring Community Requests through Flock Safety: was cancelled" in said
    assert "the publisher no longer keeps the category; it ends nothing" in said


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.dates().map(str) | st.sampled_from(["2019", "1999", "9999", "2020-02"]), max_size=9)
)
def test_marks_never_overlap_and_stay_in_the_drawing(dates: list[str]) -> None:
    tables = {name: table.empty() for name, table in TABLES.items()}
    tables["changes"] = pd.DataFrame(
        {
            "change_id": [f"{number:08x}" for number in range(len(dates))],
            "observed_at": "2021-01-01T00:00:00Z",
            "valid_at": dates,
            "kind": "programme_started",
            "programme": "neighbors_portal",
            "source": "x",
            "after": "",
        }
    ).reindex(columns=TABLES["changes"].names)
    drawn = charts.timeline(tables)
    marked = [mark for mark in drawn.marks if mark.number]
    assert len(drawn.marks) == len(dates)
    assert [mark.number for mark in marked] == [str(n + 1) for n in range(len(marked))]
    for at, mark in enumerate(marked):
        assert charts.LEFT < mark.x < charts.RIGHT
        assert mark.y < drawn.top
        for other in marked[:at]:
            assert mark.y != other.y or abs(mark.x - other.x) >= charts.ROW


def test_newest_changes_first_and_first_looks_left_out(tables: Tables, written: str) -> None:
    (rows, more), first = events.newest(tables, {})
    table = tables["changes"]
    assert len(rows) == events.CHANGES_SHOWN
    assert len(rows) + more + first == len(table)
    assert first > 0
    said = words_of(section(written, "history"))
    assert f"{more:,} more are in the table changes" in said
    gone = table[table["kind"] == "delisted"].iloc[0]
    name = tables["agencies"].set_index("agency_id").loc[gone["agency_id"], "name"]
    assert name in said
    assert "no longer listed; that shows no ending" in said
    assert "not listed on 2 November 2020 and 20 November 2020" in said


def test_totals_are_lower_bounds_with_how_many_are_known(tables: Tables, written: str) -> None:
    total = tables["footage_totals"].query("value_state == 'value'").iloc[0]
    said = words_of(section(written, "history"))
    wanted = f"at least {total['value']:,.0f} {total['n_known']} of {total['n_total']}"
    assert f"April to June 2020 requests for footage {wanted}" in said
    assert "October to December 2019 requests for footage not published 0 of 400" in said
    assert "2020 incidents for which footage was asked more than 22,335" in said


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


def test_long_sections_say_what_they_leave_out(tables: Tables, tmp_path: Path) -> None:
    many = pd.concat([tables["reported_figures"]] * 40, ignore_index=True)
    text = write_site(tables | {"reported_figures": many}, tmp_path).index.read_text("utf-8")
    assert "80 more are in the table reported_figures" in words_of(section(text, "history"))


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


def test_hostile_history_stays_text(hostile: str) -> None:
    for name in ("timeline", "history"):
        markup = section(hostile, name)
        assert not re.search(
            r"<(?!/?(?:section|h2|h3|p|svg|path|text|circle|ul|li|span|a|details|"
            r"summary|table|thead|tbody|tr|th|td|small|strong|div|code)[ >])",
            markup,
        )
        assert not re.search(r'href="(?!https?://|#)', markup)
    assert "onerror=alert(1)&gt;" in section(hostile, "history")
    for text in synthetic.HOSTILE[:6]:
        assert " ".join(text.split()) in words_of(section(hostile, "history"))
    former = "\n".join(block(hostile, "records")["former"].values())
    assert all(text in former for text in synthetic.HOSTILE)


def test_another_name_is_told_with_when_it_went(written: str, tables: Tables) -> None:
    former = block(written, "records")["former"]
    old = tables["agencies"]["aliases"].dropna()
    assert set(former.values()) == {f"{name} (until 11 June 2020 at the latest)" for name in old}


def test_a_past_without_anything_is_still_told(tmp_path: Path) -> None:
    empty = {name: table.empty() for name, table in TABLES.items()}
    text = write_site(empty, tmp_path).index.read_text("utf-8")
    assert "No start is stated in what we have" in section(text, "timeline")
    assert "Nothing changed between the looks we have" in section(text, "history")
    assert " 0" not in words_of(section(text, "timeline"))
