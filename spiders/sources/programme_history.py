"""What happened to the programmes and their tools, kept as a small file reviewed by hand."""

from __future__ import annotations

from spiders.platforms.reviewed_table import ReviewedTable
from spiders.records import ProgrammeEvent


class ProgrammeHistory(ReviewedTable):
    name = "programme_history"
    title = "History of the programmes"
    homepage = "https://www.protocol.com/ring-police-public"
    bundled = "programme_history.csv"
    bundled_as_of = "2026-11-23"
    expects = range(8, 1000)
    caveat = (
        "Dated events of the programmes as a whole. The end of a tool or of a programme's feature "
        "says nothing of any department's listing."
    )
    record = ProgrammeEvent
    row_name = "programme"
