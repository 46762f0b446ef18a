"""The charts: their numbers read back from the drawing, their words, what they leave undrawn."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from analysis.tables import TABLES
from maps import barcharts, charts, drawing, starts, words
from maps.charts import Chart
from maps.layers import templates
from tests import synthetic

Tables = dict[str, pd.DataFrame]
Points = list[tuple[float, float]]

MAKERS = (charts.listed_over_time, barcharts.requests_by_quarter, barcharts.demands_by_half_year)


@pytest.fixture(scope="module")
def tables() -> Tables:
    return synthetic.tables(400)


@pytest.fixture(scope="module")
def empty() -> Tables:
    return {name: table.empty() for name, table in TABLES.items()}


def parsed(chart: Chart) -> etree._Element:
    return etree.fromstring(chart.svg)


def inside(root: etree._Element, name: str, tag: str) -> Iterator[etree._Element]:
    """The elements ``tag`` of the series whose class is ``name``."""
    for group in root.iter("g"):
        if group.get("class") == name:
            yield from group.iter(tag)


def points(path: etree._Element) -> Points:
    numbers = list(map(float, re.findall(r"-?[\d.]+", path.get("d", ""))))
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def scale(root: etree._Element, axis: str) -> dict[str, float]:
    """Where the labels of an axis stand, by their text."""
    found = {}
    for group in root.iter("g"):
        if group.get("class", "").split()[:2] == ["axis", axis]:
            for guides in group.iter("g"):
                text, path = guides.find("text"), guides.find("path")
                if text is not None and path is not None:
                    at = points_of_guide(path)
                    found[str(text.text)] = at[0] if axis == "x" else at[1]
    return found


def points_of_guide(path: etree._Element) -> tuple[float, float]:
    x, y = re.findall(r"-?[\d.]+", path.get("d", ""))[:2]
    return float(x), float(y)


def drawn_bars(chart: Chart) -> dict[str, list[tuple[float, float]]]:
    """Begin and length of every bar, by the class of its series, from the top to the bottom."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for name in ("below", "whole", "part", "range", "unknown"):
        for rect in inside(parsed(chart), name, "rect"):
            y, x, width = (float(rect.attrib[key]) for key in ("y", "x", "width"))
            found.setdefault(name, []).append((y, x, width))
    return {name: [(x, width) for _, x, width in sorted(bars)] for name, bars in found.items()}


def drawn_words(chart: Chart) -> list[tuple[str, str]]:
    """What is told beside each bar and the class of its series, from the top to the bottom."""
    told = [
        (float(text.attrib["y"]), name, str(text.text))
        for name in ("whole", "part", "range", "unknown")
        for text in inside(parsed(chart), name, "text")
    ]
    return [(name, text) for _, name, text in sorted(told)]


def test_the_lines_and_the_table_count_what_the_tables_state(tables: Tables) -> None:
    chart = charts.listed_over_time(tables)
    listed = tables["participations"]
    assert chart.head[0] == "By the end of"
    for place, programme in enumerate(chart.head[1:]):
        mine = listed[listed["programme"].map(words.programme_name) == programme]
        dated = mine.dropna(subset="valid_from").drop_duplicates("agency_id")
        undated = mine["agency_id"].nunique() - len(dated)
        assert undated > 0
        exact = dated[dated["valid_from"].str.len() > 4]["valid_from"].str[:4]
        years = dated[dated["valid_from"].str.len() == 4]["valid_from"]
        by_year = [f"{(exact <= row[0]).sum() + (years <= row[0]).sum():,}" for row in chart.rows]
        assert [row[place + 1] for row in chart.rows[:-1]] == by_year[:-1]
        assert chart.rows[-1][place + 1] == f"{len(dated)} (by October 2020)"
        assert chart.key[place].said == (
            f"{programme}: {len(dated)} by October 2020; {undated} more without a stated start"
        )


def test_the_lines_are_drawn_where_the_table_says(tables: Tables) -> None:
    chart = charts.listed_over_time(tables)
    root = parsed(chart)
    up, across = scale(root, "y"), scale(root, "x")
    unit = (up["100"] - up["0"]) / 100
    year = across["2019"] - across["2018"]
    for place in range(1, len(chart.head)):
        (path,) = inside(root, f"line l{place}", "path")
        line = points(path)
        assert line == sorted(line, key=lambda point: (point[0], -point[1]))
        for row, following in zip(chart.rows, [2019, 2020, 2021], strict=True):
            until = across["2018"] + (following - 2018) * year
            before = [y for x, y in line if x < until - 0.1]
            wanted = int(row[place].split(" (")[0])
            assert (before[-1] - up["0"]) / unit == pytest.approx(wanted, abs=0.2)
        assert line[-1][0] == pytest.approx(across["2018"] + year * (2 + 10 / 12), abs=0.2)


def test_a_line_steps_only_where_a_start_is_stated(tables: Tables) -> None:
    listed = tables["participations"]
    listed = listed.query("programme == 'neighbors_portal' and spell == 1").iloc[:4]
    start = ["2018-01-05", "2019-06", "2019", None]
    listed = listed.assign(valid_from=pd.Series(start, listed.index, dtype="string"))
    chosen = tables | {
        "participations": listed,
        "listings": tables["listings"].assign(valid_from="2018", programme="neighbors_portal"),
    }
    (found,) = starts.growth(chosen, starts.month("2020-10"))
    june, december = starts.month("2019-06"), starts.month("2019-12")
    assert found.steps == ((starts.FIRST_MONTH, 1), (june, 2), (december, 3))
    assert found.by_year == (1, 3, 3)
    assert (found.number, found.undated, found.later) == (3, 1, 0)


def test_a_start_after_the_newest_look_is_told_and_not_drawn(tables: Tables) -> None:
    listed = tables["participations"].query("programme == 'camera_registry' and spell == 1")
    listed = listed.iloc[:3].assign(
        valid_from=pd.Series(["2019-01", "2023-05-06", "2017-02"], dtype="string").array
    )
    chosen = tables | {"participations": listed}
    (found,) = starts.growth(chosen, starts.month("2024-01"))
    assert (found.number, found.later, found.until) == (2, 1, "October 2020")
    assert found.steps[0] == (starts.FIRST_MONTH, 1)
    (key,) = charts.listed_over_time(chosen).key
    assert key.said == ("Camera registry: 2 by October 2020; 1 with a start stated for later")


def test_letters_of_lines_that_end_together_stand_apart(tables: Tables) -> None:
    listed = tables["participations"]
    same = listed[listed["programme"] == "camera_registry"].assign(programme="community_connect")
    looked = tables["listings"].iloc[:1].assign(programme="community_connect", valid_from="2019")
    for last, together in (("2020-10-07T00:00:00Z", True), ("2019-06-01T00:00:00Z", False)):
        looks = pd.concat([tables["listings"], looked.assign(last_observed=last)])
        looks = looks[looks["programme"].ne("neighbors_portal")]
        chart = charts.listed_over_time(
            tables | {"participations": pd.concat([listed, same]), "listings": looks}
        )
        ends = {
            str(text.text): (float(text.attrib["x"]), float(text.attrib["y"]))
            for text in inside(parsed(chart), "letter", "text")
        }
        assert list(ends) == ["A", "B", "C"]
        assert (abs(ends["B"][0] - ends["C"][0]) < 5) == together
        heights = [
            points(path)[-1][1]
            for place in (1, 2, 3)
            for path in inside(parsed(chart), f"line l{place}", "path")
        ]
        if together:
            assert abs(ends["B"][1] - ends["C"][1]) >= 12
        else:
            assert [y for _, y in ends.values()] == pytest.approx(heights, abs=0.2)


def test_nothing_is_drawn_of_a_time_nobody_looked_at(tables: Tables) -> None:
    later = (
        tables["changes"]
        .iloc[:1]
        .assign(kind="programme_ended", valid_at="2024-01-31", observed_at="2024-01-31T00:00:00Z")
    )
    chart = charts.listed_over_time(tables | {"changes": later})
    assert [row[0] for row in chart.rows] == [str(year) for year in range(2018, 2025)]
    assert {cell for row in chart.rows[3:] for cell in row[1:]} == {"no look"}
    root = parsed(chart)
    across = scale(root, "x")
    for place in range(1, len(chart.head)):
        (path,) = inside(root, f"line l{place}", "path")
        assert points(path)[-1][0] < (across["2018"] + across["2024"]) / 2
    (event,) = chart.events
    (circle,) = inside(root, "event", "circle")
    assert event.number == "1"
    assert float(circle.attrib["cx"]) > across["2024"]


def test_the_chart_of_a_state_counts_its_departments_alone(tables: Tables) -> None:
    agencies, listed = tables["agencies"], tables["participations"]
    state = agencies["state"].value_counts().idxmax()
    mine = listed["agency_id"].isin(agencies.loc[agencies["state"] == state, "agency_id"])
    dated = listed[mine & listed["valid_from"].notna()]
    charted = charts.listed_by_state(tables)
    chart = charted(state)
    wanted = dated.groupby("programme")["agency_id"].nunique()
    assert [row.split(" (")[0] for row in chart.rows[-1][1:]] == [
        str(wanted[name]) for name in wanted.sort_values(ascending=False, kind="stable").index
    ]
    assert not chart.looks
    assert not charted("XX").svg


def test_only_copies_of_a_list_are_looks_at_it(tables: Tables) -> None:
    captures = tables["captures"]
    late = captures[captures["source"].eq("atlas_of_surveillance")].assign(
        observed_at="2026-11-23T00:00:00Z"
    )
    others = [
        late.assign(url="https://data.example/robots.txt"),
        late.assign(outcome="challenge"),
        late.assign(http_status=404),
    ]
    (before,) = starts.looks(tables)
    assert before == (
        "Atlas of Surveillance: copies of 3 days in 3 months, 11 June 2020 to 7 October 2020"
    )
    assert starts.looks(tables | {"captures": pd.concat([captures, *others])}) == [before]
    (after,) = starts.looks(tables | {"captures": pd.concat([captures, late])})
    assert "4 days in 4 months, 11 June 2020 to 23 November 2026" in after


def test_the_programmes_own_events_are_numbered_and_told(tables: Tables) -> None:
    chart = charts.listed_over_time(tables)
    told = [(event.number, event.when, event.said) for event in chart.events]
    assert told[0] == (
        "1",
        "22 March 2018",
        "Ring Neighbors Portal: began (Neighbors Portal: the first pilot)",
    )
    assert ("", "2020") in [row[:2] for row in told]
    assert any(
        "private video requests by e-mail: ended, which ends no listing" in row[2] for row in told
    )
    numbers = [text.text for text in inside(parsed(chart), "event", "text")]
    assert numbers == [row[0] for row in told if row[0]]
    said = str(templates().get_template("chart.html").module.chart(chart))
    for number, when, what in told:
        assert (f"{when}: {what}" in said) == bool(number)
    assert [event.said for event in charts.befell(tables)] == [row[2] for row in told]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.dates().map(str) | st.sampled_from(["2019", "1999", "9999", "2020-02"]), max_size=9)
)
def test_marks_never_overlap_and_stay_in_the_drawing(dates: list[str]) -> None:
    tables = synthetic_of_events(dates)
    chart = charts.listed_over_time(tables)
    assert len(chart.events) == len(dates)
    circles = [
        (float(circle.attrib["cx"]), float(circle.attrib["cy"]))
        for circle in inside(parsed(chart), "event", "circle")
    ]
    numbered = [event.number for event in chart.events if event.number]
    assert numbered == [str(number + 1) for number in range(len(circles))]
    top = min(scale(parsed(chart), "y").values())
    for at, (x, y) in enumerate(circles):
        assert 0 < x < drawing.WIDTH - 40
        assert 10 <= y < top
        for other in circles[:at]:
            assert abs(x - other[0]) >= 20 or abs(y - other[1]) >= 20


def synthetic_of_events(dates: list[str]) -> Tables:
    events = pd.DataFrame(
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
    return SMALL | {"changes": events}


SMALL = synthetic.tables(20)


def test_requests_are_bars_with_how_many_are_known(tables: Tables) -> None:
    totals = tables["footage_totals"].query("scope == 'nation'")
    later = totals[totals["value_state"] == "value"].assign(
        period_start="2021-01-01", period_end="2021-03-31", value=936.0, total_id="0" * 32
    )
    chart = barcharts.requests_by_quarter(
        tables | {"footage_totals": pd.concat([tables["footage_totals"], later])}
    )
    value = totals["value"].max()
    few = int(totals.loc[totals["value"] == value, "n_known"].iloc[0])
    assert chart.rows == [
        ["Q4 2019", "not published", "0 of 400"],
        ["Q1 2020", "0, as the source itself says", "1 of 400"],
        ["Q2 2020", f"at least {value:,.0f}", f"{few} of 400"],
        ["Q3 2020", "unknown", "unknown"],
        ["Q4 2020", "unknown", "unknown"],
        ["Q1 2021", "at least 936", f"{few} of 400"],
    ]
    assert drawn_words(chart) == [
        ("unknown", "unknown, 0 of 400"),
        ("whole", "0 stated, 1 of 400"),
        ("whole", f"at least {value:,.0f}, {few} of 400"),
        ("unknown", "unknown"),
        ("unknown", "unknown"),
        ("whole", f"at least 936, {few} of 400"),
    ]
    bars = drawn_bars(chart)
    assert list(bars) == ["whole"]
    first, second = bars["whole"]
    assert first[1] / second[1] == pytest.approx(value / 936, abs=0.01)
    assert "unknown, not zero" in chart.note


def test_another_metric_is_never_put_on_the_same_axis(tables: Tables) -> None:
    totals = tables["footage_totals"]
    incidents = totals.query("scope == 'nation' and value_state == 'value'").assign(
        metric="video_request_incidents", unit="incidents", value=totals["value"] + 9000
    )
    both = pd.concat([totals, incidents])
    chart = barcharts.requests_by_quarter(tables | {"footage_totals": both})
    assert chart.rows == barcharts.requests_by_quarter(tables).rows
    assert "not drawn here: incidents for which footage was asked" in chart.note
    years = totals.assign(period_start="2020-01-01", period_end="2020-12-31")
    assert not barcharts.requests_by_quarter(tables | {"footage_totals": years}).svg


def test_demands_that_conflict_stand_side_by_side_and_ranges_as_ranges(tables: Tables) -> None:
    rows = tables["legal_process"]
    year = rows[rows["value"] == 1_888].assign(
        demand_id="0" * 32, period_start="2022-01-01", period_end="2022-12-31", value=3_776.0
    )
    middle = rows[rows["high"] == 249].assign(demand_id="1" * 32, low=250.0, high=499.0)
    chart = barcharts.demands_by_half_year(
        tables | {"legal_process": pd.concat([rows, year, middle])}
    )
    half, all_ = "January to June 2020", "every kind together"
    assert chart.rows == [
        ["Ring", half, all_, "1,888", "The company's report"],
        ["Ring", half, all_, "about 1,900", "A newspaper"],
        ["Ring", half, "national security requests", "0 to 249", "A report"],
        ["Ring", half, "national security requests", "250 to 499", "A report"],
        ["Ring", half, "search warrants", "1,510", "A report"],
        ["Ring", "Jul 2020–Dec 2021", all_, "unknown", "none"],
        ["Ring", "2022", all_, "3,776", "The company's report"],
    ]
    bars = drawn_bars(chart)
    assert "unknown" not in bars
    unit = bars["whole"][0][1] / 1_888
    assert [round(width / unit, -1) for _, width in bars["whole"]] == [1890, 1900, 3780]
    assert bars["part"][0][1] / unit == pytest.approx(1_510, abs=5)
    zero = bars["whole"][0][0]
    ends = [((x - zero) / unit, width / unit) for x, width in bars["range"]]
    assert ends[0] == pytest.approx((0, 249), abs=5)
    assert ends[1] == pytest.approx((250, 249), abs=5)
    assert ("unknown", "unknown") in drawn_words(chart)
    assert ("range", "0 to 249: national security") in drawn_words(chart)
    assert all("44" not in told for _, told in drawn_words(chart)), (
        "a share is no number of demands"
    )


def test_of_many_figures_the_newest_are_drawn_and_the_chart_says_so(tables: Tables) -> None:
    row = tables["legal_process"].iloc[:1]
    many = pd.concat(
        [
            row.assign(
                demand_id=f"{year:08x}", period_start=f"{year}-01-01", period_end=f"{year}-12-31"
            )
            for year in range(1980, 2020)
        ]
    )
    chart = barcharts.demands_by_half_year(tables | {"legal_process": many})
    assert [line[1] for line in chart.rows] == [str(year) for year in range(1990, 2020)]
    assert "The newest 30 of 40 are drawn." in chart.note


def test_a_chart_is_svg_without_styles_scripts_or_remarks(tables: Tables) -> None:
    for make in MAKERS:
        chart = make(tables)
        root = parsed(chart)
        assert root.get("role") == "img"
        assert root.get("aria-label")
        assert {element.tag for element in root.iter()} <= {
            *("svg", "g", "path", "rect", "text", "circle")
        }
        names = {name for element in root.iter() for name in element.attrib}
        assert not names & {"style", "id", "onload", "href"}
        assert "pygal" not in chart.svg
        assert len(chart.svg) < 8_000


def test_the_same_tables_give_the_same_bytes_in_any_order(tables: Tables) -> None:
    mixed = {name: table.sample(frac=1, random_state=1) for name, table in tables.items()}
    mixed["sources"] = tables["sources"]
    for make in MAKERS:
        assert make(mixed) == make(tables)


def test_hostile_text_in_a_chart_stays_text() -> None:
    chart = barcharts.demands_by_half_year(synthetic.hostile())
    assert "<script" not in chart.svg
    said = parsed(chart).get("aria-label", "")
    publishers = {row[0] for row in chart.rows}
    assert publishers & set(synthetic.HOSTILE)
    assert all(publisher[:4] in said for publisher in publishers)
    strange = drawing.bars([drawing.Bar("a\x00\ud800b", "c\x0b", 1)], "\ufffe")
    assert "a\ufffd\ufffdb" in strange
    (text,) = [
        text
        for text in etree.fromstring(drawing.bars([drawing.Bar("L" * 300, "x", 1)], "")).iter(
            "text"
        )
        if "L" in str(text.text)
    ]
    assert len(str(text.text)) == drawing.NAMED


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1e7, allow_subnormal=False), st.text("abc 1,", max_size=40)),
        min_size=1,
        max_size=9,
    )
)
def test_what_is_told_beside_a_bar_ends_inside_the_drawing(rows: list[tuple[float, str]]) -> None:
    bars = [drawing.Bar("Jan–Jun 2020", told, value) for value, told in rows]
    root = etree.fromstring(drawing.bars(bars, "x"))
    left = float(re.findall(r"translate\((\d+)", etree.tostring(root).decode())[0])
    for text in inside(root, "whole", "text"):
        end = left + float(text.attrib["x"]) + 6 + len(str(text.text)) * drawing.LETTER
        assert end <= drawing.WIDTH


def test_where_there_is_nothing_there_is_a_sentence_and_no_chart(empty: Tables) -> None:
    for make in MAKERS:
        chart = make(empty)
        assert not chart.svg
        assert not chart.rows
        assert chart.note.startswith("No ")
        said = str(templates().get_template("chart.html").module.chart(chart))
        assert "<svg" not in said
        assert "<table" not in said
        assert chart.note in said
        assert not re.search(r"\b0\b", re.sub("<[^>]*>", "", said))
