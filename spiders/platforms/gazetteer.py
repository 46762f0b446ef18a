"""The Census Bureau's gazetteers: what places there are, with a point inside each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from spiders.platforms.census_table import CensusTable, degrees
from spiders.platforms.csv_table import Row
from spiders.platforms.rows import RowError
from spiders.records import CensusArea

FOLDER = "https://www2.census.gov/geo/docs/maps-data/data/gazetteer/2024_Gazetteer/"


class Gazetteer(CensusTable):
    """A gazetteer of one kind of area, of any year since 2010."""

    level: ClassVar[Literal["place", "county_subdivision", "county"]]
    digits: ClassVar[int]
    """Of a GEOID of this level."""
    homepage = (
        "https://www.census.gov/geographies/reference-files/time-series/geo/gazetteer-files.html"
    )
    columns = frozenset({"USPS", "GEOID", "NAME", "INTPTLAT", "INTPTLONG"})
    ignored = frozenset(
        {"GEOIDFQ", "ANSICODE", "POP10", "HU10", "ALAND", "AWATER", "ALAND_SQMI", "AWATER_SQMI"}
        | {"LSAD", "FUNCSTAT"}
    )
    renamed: ClassVar[dict[str, str]] = {"STUSPS": "USPS", "FUNCSTAT10": "FUNCSTAT"}
    row_name = "NAME"
    floor = 0.9
    caveat = (
        "Points lie inside the area and are nobody's address. Names and areas are those of the "
        "gazetteer's year; the island areas are not in it."
    )

    def read(self, row: Row) -> Iterator[CensusArea]:
        """The area of one row.

        Raises:
            RowError: its GEOID is of another level, or its point no point.
        """
        cells = {name: cell.strip() for name, cell in row.cells.items()}
        geoid = cells["GEOID"]
        if len(geoid) != self.digits:
            raise RowError(f"GEOID holds {geoid[:40]!r}, which has not {self.digits} digits")
        yield CensusArea(
            level=self.level,
            geoid=geoid,
            name=cells["NAME"],
            state=cells["USPS"],
            lsad=cells.get("LSAD", ""),
            funcstat=cells.get("FUNCSTAT", ""),
            latitude=degrees(cells["INTPTLAT"], "INTPTLAT"),
            longitude=degrees(cells["INTPTLONG"], "INTPTLONG"),
            vintage=self.vintage,
            position=row.position,
            row_key=geoid,
        )
