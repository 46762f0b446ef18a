"""Figures that others published about the programme, kept as a small file reviewed by hand."""

from __future__ import annotations

from spiders.platforms.reviewed_table import ReviewedTable
from spiders.records import Figure


class ReportedFigures(ReviewedTable):
    name = "reported_figures"
    title = "Published figures"
    homepage = "https://blog.ring.com/2019/08/28/working-together-for-safer-neighborhoods-introducing-the-neighbors-active-law-enforcement-map"
    bundled = "reported_figures.csv"
    bundled_as_of = "2026-11-23"
    expects = range(20, 1000)
    caveat = (
        "Claims of their publishers, counted in different ways at different times. Conflicting "
        "figures are kept side by side and none is merged with our own counts."
    )
    record = Figure
    row_name = "figure"
