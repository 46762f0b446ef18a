"""The payload as the page's own script reads it: what the tables say, to the letter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from analysis.places import state_shapes
from maps.layers import ROOM
from maps.page import write_site
from maps.shapes import DATE_LINE_WEST
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


def test_rings_are_those_of_the_states(site: Path, visit: Visit) -> None:
    opened = visit(site, script=False)
    read_all = (
        'Object.entries(readBlock("shapes").shapes)'
        ".map(([state, {rings}]) => [state, rings.map(unrolled)])"
    )
    found = dict(read(opened, "records.js states.js", read_all))
    for state, geometry in state_shapes()[["state", "geometry"]].itertuples(index=False):
        rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(geometry.geoms)]
        assert len(found[state]) == len(rings)
        for latitudes_longitudes, wanted in zip(found[state], rings, strict=True):
            latitude, longitude = np.array(latitudes_longitudes).T
            np.testing.assert_allclose(latitude, wanted[:, 1], atol=6e-4)
            if state in DATE_LINE_WEST:
                assert (longitude < 0).all()
            np.testing.assert_allclose(longitude % 360, wanted[:, 0] % 360, atol=6e-4)
