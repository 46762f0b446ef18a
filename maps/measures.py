"""What areas are shaded by beside the departments themselves: residents, and known requests.

JavaScript reads it in ``maps/static/measure.js``; ``tests/browser/test_areas.py`` keeps the two in
step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.areas import population_source
from maps import words
from maps.columns import coded, packed, plain, texts

PERIOD = ["metric", "period_start", "period_end"]
TOTAL = [*PERIOD, "programme"]


def measures(tables: Mapping[str, pd.DataFrame], populations: pd.DataFrame) -> dict[str, Any]:
    """Residents of the states and of counties with departments, and every total of requests.

    Takes ``analysis.areas.populations`` (columns area, population, year). ``states`` are USPS codes
    and ``counties`` five-digit FIPS codes as steps; an area's number is its place in both together.
    ``population`` holds the residents of each area plus one, 0 where they are not known, and
    ``year`` when that was. ``totals`` are those of ``footage_totals`` by what they count, the
    newest first, and ``first`` the number of the one to begin with: that with most departments
    known, of several the newest. Counties without departments have no rate and are left out.
    """
    totals = _by_area(tables["footage_totals"])
    known = populations.set_index("area")
    named = {*texts(totals["area"]), *known.index[known.index.str.len() == 2]}
    for column in ("state", "county_geoid"):
        named |= set(texts(tables["agencies"][column]))
    counties = sorted(area for area in named if area.isdigit())
    areas = pd.Index([*sorted(named - {*counties, ""}), *counties])
    residents = known.reindex(areas)
    national = _national(tables["footage_totals"])
    several = national.duplicated(PERIOD, keep=False)
    return {
        "states": list(areas[: len(areas) - len(counties)]),
        "counties": packed(np.diff([0, *map(int, counties)])),
        "population": packed(_whole(residents["population"] + 1)),
        "year": coded(residents["year"].astype("string")),
        "source": population_source(tables["area_populations"]),
        "first": _first(national),
        "totals": [
            _named(total, shared)
            | {"known": int(total["n_known"]), "total": int(total["n_total"])}
            | _columns(totals[totals[TOTAL].eq(total[TOTAL]).all(axis="columns")], areas)
            for (_, total), shared in zip(national.iterrows(), several, strict=True)
        ],
    }


def _by_area(totals: pd.DataFrame) -> pd.DataFrame:
    """The totals of states and counties, with the code of each in column area."""
    rows = totals[totals["scope"].isin(["state", "county"])]
    area = rows["county_geoid"].where(rows["scope"].eq("county"), rows["state"])
    return rows.assign(area=area).dropna(subset="area")


def _national(totals: pd.DataFrame) -> pd.DataFrame:
    """The totals of the nation that know of one department at least, in the order of the choice."""
    rows = totals[totals["scope"].eq("nation") & totals["n_known"].gt(0)]
    order = ["metric", "period_end", "period_start", "programme"]
    return rows.sort_values(order, ascending=[True, False, False, True], ignore_index=True)


def _first(national: pd.DataFrame) -> int:
    best = ["n_known", "period_end", "period_start"]
    order = national.sort_values(best, ascending=False, kind="stable").index
    return int(order[0]) if len(order) else 0


def _named(total: pd.Series, several: bool) -> dict[str, str]:
    """The words of a total, and the key under which the address of the page names it.

    Two programmes may count the same of the same period; they are never added up, so that then the
    programme is part of key and name.
    """
    metric, start, end, programme = total[TOTAL]
    name = f"{words.METRICS[metric]}, {words.span(start, end)}"
    if several:
        name += f", {words.programme_name(programme)}"
    key = ":".join([metric, start, end, *([programme] if several else [])])
    return {"key": key, "name": name}


def _columns(rows: pd.DataFrame, areas: pd.Index) -> dict[str, Any]:
    """By area: numbers of areas as steps, of how many departments of how many the count is known,
    and the sums of those of which any is."""
    rows = rows.assign(number=areas.get_indexer(pd.Index(rows["area"]))).sort_values("number")
    return {
        "areas": packed(np.diff(rows["number"].to_numpy(dtype=np.int64), prepend=[0])),
        "n_known": packed(_whole(rows["n_known"])),
        "n_total": packed(_whole(rows["n_total"])),
        "values": plain(rows.loc[rows["n_known"].gt(0), "value"]),
    }


def _whole(numbers: pd.Series) -> npt.NDArray[np.int64]:
    return numbers.fillna(0).to_numpy(dtype=np.int64)
