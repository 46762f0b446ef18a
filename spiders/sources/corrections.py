"""Reviewed decisions that supersede what a source said, or withhold it for privacy."""

from __future__ import annotations

from spiders.platforms.reviewed_table import ReviewedTable
from spiders.records import Correction


class Corrections(ReviewedTable):
    name = "corrections"
    title = "Corrections and suppressions"
    homepage = "https://www.atlasofsurveillance.org/"
    bundled = "corrections.csv"
    bundled_as_of = "2026-11-23"
    # No decision is a state and no failure, and one that is withdrawn leaves fewer.
    may_be_empty = True
    expects = range(100_000)
    floor = 0.0
    caveat = (
        "A correction supersedes what a source said and never overwrites it: the source's own "
        "words stay in the table of listings. Each names an office that may be asked."
    )
    record = Correction
    row_name = "correction"
