"""What Ring and Amazon said of legal demands, kept as a small file reviewed by hand."""

from __future__ import annotations

from spiders.platforms.reviewed_table import ReviewedTable
from spiders.records import LegalDemand


class LegalProcess(ReviewedTable):
    name = "legal_process"
    title = "Published figures on legal demands"
    homepage = "https://blog.ring.com/2021/01/20/law-enforcement-information-requests-in-2020"
    bundled = "legal_process.csv"
    bundled_as_of = "2026-11-23"
    expects = range(10, 1000)
    caveat = (
        "National figures of the companies, as their reports or the press gave them; no figure is "
        "of one department. From the second half of 2020 Amazon's total holds Ring's devices. "
        "Conflicting figures stand side by side; Ring's figures after 2021 were not found."
    )
    record = LegalDemand
    row_name = "publisher"
