"""The Census Bureau's estimates for places and for the townships and towns that govern."""

from __future__ import annotations

from collections.abc import Iterator

from spiders.platforms.census_table import code
from spiders.platforms.csv_table import Row
from spiders.platforms.estimates import FOLDER, Estimates
from spiders.platforms.rows import RowError
from spiders.records import Population

OTHERS = {
    "040": "states",
    "050": "counties",
    "071": "places within county subdivisions",
    "170": "consolidated cities, with the places inside them",
    "172": "places within consolidated cities",
}
"""Levels (SUMLEV) that would count somebody twice."""


class CensusPlacePopulations(Estimates):
    name = "census_place_populations"
    title = "Population estimates: places and county subdivisions"
    seeds = (f"{FOLDER}cities/totals/sub-est2024.csv",)
    # 81,400 rows in the vintages of this decade.
    expects = range(60_000, 120_000)
    fresh_days = 400
    columns = frozenset({"SUMLEV", "STATE", "COUNTY", "PLACE", "COUSUB", "NAME"})
    ignored = frozenset({"CONCIT", "PRIMGEO_FLAG", "FUNCSTAT", "STNAME"})
    row_name = "NAME"

    def read(self, row: Row) -> Iterator[Population]:
        """The residents of a place, of its part in a county, or of a county subdivision.

        Raises:
            RowError: a level nobody knows, or a code that is none.
        """
        cells = row.cells
        level = code(cells["SUMLEV"], 3, "SUMLEV")
        state = code(cells["STATE"], 2, "STATE")
        county = state + code(cells["COUNTY"], 3, "COUNTY")
        place = state + code(cells["PLACE"], 5, "PLACE")
        told = {"name": cells["NAME"].strip(), "position": row.position}
        if level == "162":
            yield from self.residents(cells, level="place", geoid=place, **told)
        elif level == "157":
            yield from self.residents(cells, level="place_part", geoid=place, county=county, **told)
        elif level == "061":
            geoid = county + code(cells["COUSUB"], 5, "COUSUB")
            yield from self.residents(cells, level="county_subdivision", geoid=geoid, **told)
        elif level in OTHERS:
            self._others[OTHERS[level]] += 1
        else:
            raise RowError(f"SUMLEV holds {level!r}, a level nobody knows")
