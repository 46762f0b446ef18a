"""Figures that others published about the programme, kept as a small file reviewed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from spiders.platforms.csv_table import CsvSource, Row
from spiders.platforms.rows import RowError
from spiders.records import Figure

TEXTS = ("metric", "programme", "population", "agency", "state", "city")
NUMBERS = ("value", "low", "high")
DATES = ("as_of", "period_start", "period_end")


class ReportedFigures(CsvSource):
    name = "reported_figures"
    title = "Published figures"
    publisher = "Peephole (reviewed by hand)"
    homepage = "https://blog.ring.com/2019/08/28/working-together-for-safer-neighborhoods-introducing-the-neighbors-active-law-enforcement-map"
    licence = "facts, each with the page it was seen on"
    attribution = "the publisher named with each figure"
    seeds = ()
    bundled = "reported_figures.csv"
    bundled_as_of = "2026-11-23"
    expects = range(20, 1000)
    caveat = (
        "Claims of their publishers, counted in different ways at different times. Conflicting "
        "figures are kept side by side and none is merged with our own counts."
    )
    row_name = "figure"
    columns = frozenset(
        {"figure", *TEXTS, *NUMBERS, *DATES, "bound", "source_title", "source_url", "seen", "note"}
    )

    def read(self, row: Row) -> Iterator[Figure]:
        """The figure of one row."""
        cells = row.cells
        try:
            numbers = {name: float(cells[name]) for name in NUMBERS if cells[name]}
            dates = {name: date.fromisoformat(cells[name]) for name in DATES if cells[name]}
        except ValueError as error:
            raise RowError(str(error)) from error
        texts = {n: t for n, t in cells.items() if n not in (*NUMBERS, *DATES)}
        yield Figure.model_validate(texts | numbers | dates | {"position": row.position})
