"""The Census Bureau's estimates for states and counties, as it and as the USDA publish them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from scrapy.http import Response

from spiders.platforms.census_table import code
from spiders.platforms.csv_table import CsvTable, Row
from spiders.platforms.estimates import FOLDER, Estimates
from spiders.records import Population
from spiders.source import LayoutError


class CensusCountyPopulations(Estimates):
    name = "census_county_populations"
    title = "Population estimates: states and counties"
    seeds = (f"{FOLDER}counties/totals/co-est2024-alldata.csv",)
    # 3,195 rows: 51 of states; 3,275 in the USDA's copy of 2018, with Puerto Rico and the nation.
    expects = range(3_100, 3_500)
    fresh_days = 400
    columns = frozenset({"CTYNAME"})
    ignored = frozenset(
        {"STATE", "COUNTY", "SUMLEV", "REGION", "DIVISION", "STNAME", "FIPS", "State"}
    )
    renamed: ClassVar[dict[str, str]] = {"Area_Name": "CTYNAME"}
    row_name = "CTYNAME"

    def table(self, response: Response) -> CsvTable:
        """The table; see :class:`Estimates`.

        Raises:
            LayoutError: it has neither FIPS codes nor those of state and county.
        """
        table = super().table(response)
        if "FIPS" not in table.header and not {"STATE", "COUNTY"} <= set(table.header):
            raise LayoutError(
                f"sought the columns STATE and COUNTY, or FIPS, in {response.url}, "
                f"found {', '.join(table.header)[:300]}"
            )
        return table

    def read(self, row: Row) -> Iterator[Population]:
        """The residents of a state or a county; the nation is left aside.

        Raises:
            RowError: a code that is none.
        """
        cells = row.cells
        if not any(cells.values()):
            self._others["blank"] += 1
            return
        if "FIPS" in cells:
            fips = code(cells["FIPS"], 5, "FIPS")
        else:
            fips = code(cells["STATE"], 2, "STATE") + code(cells["COUNTY"], 3, "COUNTY")
        told = {"name": cells["CTYNAME"].strip(), "position": row.position}
        if fips == "00000":
            self._others["nation"] += 1
        elif fips.endswith("000"):
            yield from self.residents(cells, level="state", geoid=fips[:2], **told)
        else:
            yield from self.residents(cells, level="county", geoid=fips, **told)
