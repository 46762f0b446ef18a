"""Small histories of one source for tests: what it showed at each moment, put into a ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.clean import clean
from analysis.read import facts
from spiders.job import capture_id
from spiders.ledger import Ledger
from spiders.records import Count, Listing, Record
from spiders.schema import Capture, Content, Look, Run, Sighted

SOURCE = "ring_agency_map"
PROGRAMME = "neighbors_portal"
PROBLEMS: Mapping[str, dict[str, Any]] = {
    "healthy": {"finish_reason": "finished", "problems": [], "lost": {}},
    "incomplete": {"finish_reason": "finished", "problems": [], "lost": {"error": 1}},
    "failed": {"finish_reason": "finished", "problems": ["LayoutError: a test"], "lost": {}},
}


@dataclass(frozen=True)
class View:
    """What a source showed on a day: departments by name, and the text of a count for some."""

    day: str
    departments: tuple[str, ...] = ()
    counts: Mapping[str, str] = field(default_factory=dict)
    verdict: str = "healthy"
    profiles: Mapping[str, str] = field(default_factory=dict)
    metric: str = "video_requests"
    label: str = "Video Requests Q3 2020"
    more: tuple[Record, ...] = ()
    source: str = SOURCE

    @property
    def moment(self) -> str:
        return f"{self.day}T00:00:00Z"

    @property
    def warc(self) -> str:
        """A view is a WARC of its own, named by what stood in it."""
        told = repr((self.source, self.day, self.records(), self.verdict))
        return f"{self.source}-{self.day}-{hashlib.sha256(told.encode()).hexdigest()[:8]}.warc.gz"

    @property
    def capture(self) -> str:
        return capture_id(self.source, "https://a.example/", self.moment, 200, self.sha256)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.warc.encode()).hexdigest()

    def records(self) -> list[Record]:
        listed: list[Record] = [
            Listing(
                programme=PROGRAMME,
                agency=name,
                city="Springfield",
                state="OH",
                profile_url=self.profiles.get(name, ""),
                position=position,
            )
            for position, name in enumerate(self.departments, 1)
        ]
        counted = [
            Count(
                programme=PROGRAMME,
                agency=name,
                city="Springfield",
                state="OH",
                metric=self.metric,
                label_text=self.label,
                value_text=text,
                position=position,
            )
            for position, (name, text) in enumerate(sorted(self.counts.items()), 1000)
        ]
        return [*listed, *counted, *self.more]


def ingest(ledger: Ledger, views: Iterable[View]) -> None:
    """Have a run of its own see each view, in the order given."""
    for view in views:
        run_id = f"{view.warc.removesuffix('.warc.gz')}-v1"
        records = view.records()
        ledger.begin(Run(run_id, view.source, "live", view.warc, 1, view.moment, view.moment))
        ledger.keep(
            [
                Capture(
                    *(view.capture, view.source, "https://a.example/", view.moment, view.moment),
                    *("ok", 200, view.sha256, 1, view.warc, 0),
                )
            ],
            [Content(r.identity(view.source), view.source, r.kind, r.content()) for r in records],
        )
        rows = [Sighted(r.identity(view.source), r.position, r.row_key) for r in records]
        ledger.read(run_id, run_id, view.capture, rows)
        counts = {"rows": len(view.departments), f"listing:{PROGRAMME}": len(view.departments)}
        look = Look(
            *(run_id, run_id, view.source, view.moment, view.verdict, "said", counts),
            PROBLEMS[view.verdict],
        )
        ledger.finish(run_id, f"{view.day}T01:00:00Z", view.verdict, "said", counts, [look])


def catalogue(floor: float = 0.5, sources: Sequence[str] = (SOURCE,)) -> pd.DataFrame:
    """What the sources say of themselves; without a floor every verdict is the view's own."""
    words = ("title", "publisher", "homepage", "licence", "attribution")
    return pd.DataFrame(
        [
            {"source": source, "licence_url": "", "caveat": "", "least": 0, "most": 10_000}
            | {"floor": floor, "retires_categories": False, "passes_on": "facts"}
            | {"fresh_days": 0}
            | dict.fromkeys(words, "x")
            for source in sources
        ]
    )


def tables(
    ledger: Ledger, as_of: date | None = None, *, floor: float = 0.5
) -> dict[str, pd.DataFrame]:
    """The clean tables as of a day."""
    said = catalogue(floor, (SOURCE, "atlas_of_surveillance", "ring_agency_profiles"))
    return clean(facts(ledger, said, as_of), said)


def ledger_at(path: Path, views: Iterable[View]) -> Ledger:
    """A ledger at ``path`` with the views in it."""
    opened = Ledger(f"sqlite:///{path}")
    ingest(opened, views)
    return opened
