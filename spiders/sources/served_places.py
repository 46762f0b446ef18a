"""Places that departments serve beside the one they are named after, reviewed by hand."""

from __future__ import annotations

from spiders.platforms.reviewed_table import ReviewedTable
from spiders.records import ServedPlace


class ServedPlaces(ReviewedTable):
    name = "served_places"
    title = "Places served"
    homepage = "https://www.census.gov/programs-surveys/gus.html"
    bundled = "served_places.csv"
    bundled_as_of = "2026-11-23"
    expects = range(5, 5_000)
    caveat = (
        "A handful of departments that serve several places, each by a reviewed decision. Others "
        "serve several too: a place that is not named here may still be served."
    )
    record = ServedPlace
    row_name = "agency"
