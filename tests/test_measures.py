"""Shapes and measures as the map packs them: what comes out is what went in, unknown is no zero."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.areas import Topology, county_topology, populations
from maps.columns import plain, script_json
from maps.layers import static
from maps.measures import measures
from maps.shapes import DATE_LINE_WEST, SCALE, counties
from tests import synthetic
from tests.packing import told, unpacked

Ring = list[tuple[int, int]]
TABLES = synthetic.tables(400)


def decoded(block: dict[str, Any]) -> list[tuple[str, str, str, list[Ring]]]:
    """Code, name, state and rings of each county, as borders.js is to read them."""
    geoids = np.cumsum(unpacked(block["geoid"]))
    points = np.cumsum(np.reshape(unpacked(block["points"]), (-1, 2)), axis=0)
    lines = np.split(points, np.cumsum(unpacked(block["lengths"]))[:-1])
    steps = unpacked(block["arcs"])
    places = np.cumsum([step >> 1 for step in steps])
    sides = iter(
        [line if not step & 1 else ~line for line, step in zip(places, steps, strict=True)]
    )
    lengths = iter(unpacked(block["sides"]))
    stems, endings = (told(block[name], len(geoids)) for name in ("stem", "ending"))
    found = []
    for geoid, stem, ending, rings in zip(
        geoids, stems, endings, unpacked(block["rings"]), strict=True
    ):
        code = f"{geoid:05d}"
        own = [followed(lines, [next(sides) for _ in range(next(lengths))]) for _ in range(rings)]
        found.append((code, stem + ending, block["states"][code[:2]], own))
    assert next(sides, None) is None
    assert next(lengths, None) is None
    return found


def followed(arcs: list[np.ndarray], sides: list[int]) -> Ring:
    return [tuple(p) for s in sides for p in (arcs[s] if s >= 0 else arcs[~s][::-1]).tolist()]


def wanted(topology: Topology) -> list[tuple[str, str, str, list[Ring]]]:
    table = topology.counties
    columns = [table[name].tolist() for name in ("county_geoid", "name", "state", "rings")]
    return [
        (code, name, state, [[west(p) for p in followed(topology.arcs, ring)] for ring in rings])
        for code, name, state, rings in zip(*columns, strict=True)
    ]


def west(point: tuple[int, int]) -> tuple[int, int]:
    return (point[0] - 360 * SCALE * (point[0] > 0), point[1])


def test_counties_come_back_to_the_last_point_within_their_budget() -> None:
    topology = county_topology()
    block = counties(topology)
    assert decoded(block) == wanted(topology)
    assert len(script_json(block)) < 220_000
    eastern = {
        state
        for _, _, state, rings in wanted(topology)
        for ring in rings
        if min(longitude for longitude, _ in ring) < -180 * SCALE
    }
    assert eastern == DATE_LINE_WEST


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    point = st.tuples(st.integers(-180_000, 180_000), st.integers(-90_000, 90_000))
    arcs = draw(st.lists(st.lists(point, min_size=2, max_size=5), min_size=1, max_size=6))
    side = st.integers(0, len(arcs) - 1).flatmap(lambda arc: st.sampled_from([arc, ~arc]))
    rings = st.lists(st.lists(side, min_size=1, max_size=4), max_size=3)
    codes = draw(st.lists(st.integers(0, 99_999), min_size=1, max_size=5, unique=True))
    names = st.text("AbÑ <&", max_size=6).flatmap(
        lambda stem: st.sampled_from([stem, f"{stem} County", f"{stem} city"])
    )
    geoids = [f"{code:05d}" for code in sorted(codes)]
    found = [draw(rings) for _ in geoids]
    table = pd.DataFrame(
        {
            "county_geoid": pd.Series(geoids, dtype="string"),
            "name": pd.Series([draw(names) for _ in geoids], dtype="string"),
            "state": pd.Series([geoid[:2] for geoid in geoids], dtype="string"),
            "rings": [[[0], *found[0]], *found[1:]],
        }
    )
    return Topology([np.array(arc) for arc in arcs], table)


@given(topologies())
def test_any_counties_come_back(topology: Topology) -> None:
    assert decoded(json.loads(script_json(counties(topology)))) == wanted(topology)


def areas(block: dict[str, Any]) -> list[str]:
    return [*block["states"], *(f"{code:05d}" for code in np.cumsum(unpacked(block["counties"])))]


def test_residents_are_those_of_the_census_and_unknown_is_no_number() -> None:
    block = measures(TABLES, populations())
    codes = areas(block)
    known = populations().set_index("area")["population"]
    residents = dict(zip(codes, unpacked(block["population"]), strict=True))
    assert {code: count - 1 for code, count in residents.items() if count} == {
        code: known[code] for code in codes if code in known
    }
    assert {"AS", "GU", "MP", "PR", "VI"} <= {
        code for code, count in residents.items() if not count
    }
    years = dict(zip(codes, told(block["year"], len(codes)), strict=True))
    assert (years["IL"], years["GU"]) == ("2020", "")
    assert set(TABLES["agencies"]["county_geoid"].dropna()) <= set(codes)
    assert len(codes) == len(set(codes)) < 600


def rows(block: dict[str, Any], total: dict[str, Any]) -> dict[str, tuple[int, int, float | None]]:
    codes, values = areas(block), iter(total["values"])
    numbers = zip(
        np.cumsum(unpacked(total["areas"])),
        unpacked(total["n_known"]),
        unpacked(total["n_total"]),
        strict=True,
    )
    found = {codes[place]: (k, n, next(values) if k else None) for place, k, n in numbers}
    assert next(values, None) is None
    return found


def test_totals_are_those_of_the_table_and_none_without_a_known_count() -> None:
    block = measures(TABLES, populations())
    table = TABLES["footage_totals"]
    keys = [total["key"] for total in block["totals"]]
    assert keys == ["video_requests:2020-04-01:2020-06-30", "video_requests:2020-01-01:2020-03-31"]
    assert [total["name"] for total in block["totals"]] == [
        "requests for footage, April to June 2020",
        "requests for footage, January to March 2020",
    ]
    for total in block["totals"]:
        mine = table[table["period_start"].eq(total["key"].split(":")[1])]
        nation = mine[mine["scope"].eq("nation")].iloc[0]
        assert (total["known"], total["total"]) == (nation["n_known"], nation["n_total"])
        local = mine[~mine["scope"].eq("nation")]
        code = local["state"].fillna(local["county_geoid"])
        assert rows(block, total) == {
            area: (known, of_all, value)
            for area, known, of_all, value in zip(
                code, local["n_known"], local["n_total"], plain(local["value"]), strict=True
            )
        }
    states = rows(block, block["totals"][1])
    assert sum(value == 0 for _, _, value in states.values()) == 2  # a state and its county
    assert any(value is None for _, _, value in states.values())


def several(changes: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """The tables with national totals alone, each like the first but for ``changes``."""
    table = TABLES["footage_totals"]
    one = table[table["scope"].eq("nation") & table["n_known"].gt(0)].iloc[0].to_dict()
    frame = pd.DataFrame([one | change for change in changes]).astype(table.dtypes)
    return TABLES | {"footage_totals": frame}


def test_it_begins_with_the_total_most_departments_are_known_of_then_the_newest() -> None:
    older = {"period_start": "2019-01-01", "period_end": "2019-03-31", "n_known": 9}
    newer = {"period_start": "2019-04-01", "period_end": "2019-06-30", "n_known": 9}
    least = {"period_start": "2019-07-01", "period_end": "2019-09-30", "n_known": 8}
    for changes in ([older, newer, least], [least, newer, older]):
        block = measures(several(changes), populations())
        assert [total["key"][15:25] for total in block["totals"]] == [
            "2019-07-01",
            "2019-04-01",
            "2019-01-01",
        ]
        assert block["first"] == 1


def test_two_programmes_are_two_totals() -> None:
    block = measures(
        several([{"programme": "neighbors_portal"}, {"programme": "community_request_axon"}]),
        populations(),
    )
    assert [total["key"].count(":") for total in block["totals"]] == [3, 3]
    assert len({total["name"] for total in block["totals"]}) == 2


def test_without_departments_there_is_nothing_to_shade() -> None:
    empty = synthetic.checked({})
    block = measures(empty, populations())
    assert block["totals"] == []
    assert block["counties"] == ""


def lightness(colour: str) -> float:
    """L* of CIELAB, which is what a colour-blind reader, or a grey print, keeps of a colour."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    y = float(np.dot([0.2126, 0.7152, 0.0722], linear))
    return 116 * float(np.cbrt(y)) - 16 if y > 0.008856 else 903.3 * y


def test_classes_can_be_told_apart_without_their_hue() -> None:
    (listed,) = re.findall(r"const FILLS = \[(.*?)\]", static("measure.js"))
    fills = re.findall(r"#\w{6}", listed)
    assert len(fills) == 5
    assert all(one - next_ > 5 for one, next_ in pairwise(map(lightness, fills)))


@pytest.mark.parametrize("under", range(5))
def test_marks_stand_out_from_every_class(under: int) -> None:
    (listed,) = re.findall(r"const FILLS = \[(.*?)\]", static("measure.js"))
    (ink,) = re.findall(r'const INK = "(#\w{6})"', static("departments.js"))
    light, dark = (
        ((lightness(c) + 16) / 116) ** 3 for c in (re.findall(r"#\w{6}", listed)[under], ink)
    )
    assert (light + 0.05) / (dark + 0.05) > 3
