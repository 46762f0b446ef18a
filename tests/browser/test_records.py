"""The payload as the page's own script reads it: what the tables say, to the letter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from analysis.areas import county_topology
from analysis.places import state_shapes
from maps.layers import ROOM
from maps.page import write_site
from maps.shapes import DATE_LINE_WEST, SCALE
from tests import synthetic
from tests.browser.conftest import N, Opened

Visit = Callable[..., Opened]


def read(opened: Opened, script: str, expression: str) -> Any:
    """An expression of the page's own functions, in a page whose scripts did not run."""
    functions = "\n".join((ROOM / "static" / name).read_text("utf-8") for name in script.split())
    return opened.page.evaluate(f"() => {{ {functions}\nreturn {expression}; }}")


def shortened() -> dict[str, pd.DataFrame]:
    """Names whose stem is but the beginning of a word of the id, or folds to other letters."""
    tables = synthetic.tables(N)
    agencies = tables["agencies"]
    stem = agencies["city"].str[:3].where(agencies.index % 2 == 0, "\u0130" + agencies["city"])
    nowhere = agencies["city"].mask(agencies.index % 5 == 0)
    return tables | {"agencies": agencies.assign(name=stem + " Police Department", city=nowhere)}


@pytest.mark.parametrize(
    "tables",
    [synthetic.tables(N), synthetic.hostile(), shortened()],
    ids=["usual", "hostile", "odd"],
)
def test_ids_and_names_are_those_of_the_tables(
    tables: dict[str, pd.DataFrame], visit: Visit, tmp_path: Path
) -> None:
    opened = visit(write_site(tables, tmp_path).index, script=False)
    read_all = (
        "(({agencies, n}) => Array.from({length: n}, (_, i) =>"
        " [idOf(agencies, i), agencies.name[i], agencies.city.text(i)]))(readRecords())"
    )
    wanted = tables["agencies"][["agency_id", "name", "city"]].fillna("").to_numpy().tolist()
    assert sorted(read(opened, "records.js", read_all)) == sorted(wanted)


def rings(opened: Opened, areas: str) -> dict[str, list[np.ndarray]]:
    """By code the rings of ``areas`` as the page reads them, in longitudes and latitudes."""
    read_all = (
        f"Array.from({areas}, ([code, {{lines, rings}}]) => [code, rings.map((ring) =>"
        " Array.from(ring, (side) => [side & 1, Array.from(lines[side >> 1])]))])"
    )
    return {
        code: [
            np.concatenate([degrees(line)[:: -1 if back else 1] for back, line in ring])
            for ring in found
        ]
        for code, found in read(opened, "records.js measure.js borders.js", read_all)
    }


def degrees(line: list[float]) -> np.ndarray:
    east, south = (np.reshape(line, (-1, 2)) / 2**20).T
    latitude = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * south))))
    return np.column_stack([(east - 0.5) * 360, latitude])


def test_rings_are_those_of_the_states(site: Path, visit: Visit) -> None:
    found = rings(visit(site, script=False), "readStates()")
    for state, geometry in state_shapes()[["state", "geometry"]].itertuples(index=False):
        wanted = [shapely.get_coordinates(ring) for ring in shapely.get_rings(geometry.geoms)]
        for ring, own in zip(found[state], wanted, strict=True):
            if state in DATE_LINE_WEST:
                assert (ring[:, 0] < 0).all()
            own[:, 0] -= 360 * ((own[:, 0] > 0) & (state in DATE_LINE_WEST))
            np.testing.assert_allclose(ring, own, atol=6e-4)


def test_rings_are_those_of_the_counties(site: Path, visit: Visit) -> None:
    found = rings(visit(site, script=False), "readCounties().areas")
    topology = county_topology()
    assert list(found) == topology.counties["county_geoid"].tolist()
    for own, numbers in zip(found.values(), topology.counties["rings"], strict=True):
        for ring, sides in zip(own, numbers, strict=True):
            arcs = [topology.arcs[i] if i >= 0 else topology.arcs[~i][::-1] for i in sides]
            wanted = np.concatenate(arcs) / SCALE
            wanted[:, 0] -= 360 * (wanted[:, 0] > 0)
            np.testing.assert_allclose(ring, wanted, atol=1e-7)
