"""The Census Bureau's estimates of population: the newest year of a table, one row an area."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from scrapy.http import Response

from spiders.platforms.census_table import CensusTable, whole
from spiders.platforms.csv_table import CsvTable
from spiders.records import OtherRows, Population
from spiders.source import LayoutError

FOLDER = "https://www2.census.gov/programs-surveys/popest/datasets/2020-2024/"
ESTIMATE = re.compile(r"POP_?ESTIMATE_?((?:19|20)\d\d)")


class Estimates(CensusTable):
    """A table of estimates: a column for each year, of which the newest is taken."""

    homepage = "https://www.census.gov/programs-surveys/popest.html"
    floor = 0.9
    caveat = (
        "Estimates of residents on 1 July, revised with each vintage: the newest year of the "
        "table is taken. They count who lives there, not whom a department serves."
    )

    def table(self, response: Response) -> CsvTable:
        """The table; see :class:`CensusTable`.

        Raises:
            LayoutError: it has no column of estimates.
        """
        table = super().table(response)
        years = {
            int(found[1]): name for name in table.header if (found := ESTIMATE.fullmatch(name))
        }
        if not years:
            raise LayoutError(
                f"sought a column such as POPESTIMATE2023 in {response.url}, "
                f"found {', '.join(table.header)[:300]}"
            )
        self._year = max(years)
        self._column = years[self._year]
        return table

    def note_unread(self, fields: Any) -> None:
        """Other years and what they are made of (births, rates) are left aside on purpose."""
        super().note_unread(name for name in fields if not re.search(r"\d{4}", name))

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Records of the table, then how many rows are of levels that nobody asks for."""
        self._others: Counter[str] = Counter()
        yield from super().parse(response, **kwargs)

    def summary(self) -> Iterator[OtherRows]:
        """How many rows there are of each level that is not read."""
        for category, rows in sorted(self._others.items()):
            yield OtherRows(category=category, rows=rows)

    def residents(self, cells: dict[str, str], **told: Any) -> Iterator[Population]:
        """The record of an area; none where its number is left out, which is no zero."""
        value = whole(cells[self._column], self._column)
        if value is None:
            self._others["without a number"] += 1
        else:
            series = f"Population estimates, vintage {self._year}"
            yield Population(year=self._year, value=value, series=series, **told)
