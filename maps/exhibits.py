"""The captures on which the claims of a department rest, each once and numbered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.tables import TABLES, row_ids
from maps import words
from maps.columns import texts
from maps.payload import public_address

SHOWN = 25
"""Captures a page names; a daily crawl sees one listing hundreds of times."""

CITED = 3
"""Newest captures that stand behind one claim."""

FACTS = ("participations", "listings", "footage_requests", "camera_counts", "agency_links")
"""Tables of the claims."""

CAPTURE = [
    *("capture_id", "source", "url", "original_url", "fetched_at", "observed_at", "sha256"),
    *("warc", "warc_offset"),
]


@dataclass(slots=True)
class Exhibits:
    """The captures of one department, the newest first.

    ``rows`` hold them in words, numbered from 1; ``more`` is how many are not shown;
    ``numbers`` those that each fact (table, row id) rests on, ``days`` the day of each.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    more: int = 0
    numbers: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    days: list[str] = field(default_factory=list)

    def of(self, table: str, row_id: str) -> list[int]:
        """Numbers of the captures behind a fact; none where they are not among those shown."""
        return self.numbers.get((table, row_id), [])


def exhibits(tables: Mapping[str, pd.DataFrame]) -> dict[str, Exhibits]:
    """By department what its claims rest on.

    The newest capture of each fact comes first, then the next of each, until a page has
    :data:`SHOWN`.
    """
    facts = _facts(tables)
    totals = facts.drop_duplicates(["agency_id", "capture_id"]).groupby("agency_id").size()
    newest = facts[facts["rank"] < CITED].sort_values(["agency_id", "rank"], kind="stable")
    cited: dict[str, list[tuple[str, str, str]]] = {}
    columns = (texts(newest[name]) for name in ("agency_id", "table", "row_id", "capture_id"))
    for agency, *fact in zip(*columns, strict=True):
        cited.setdefault(agency, []).append((fact[0], fact[1], fact[2]))
    captures = _captures(tables["captures"], set(texts(newest["capture_id"])))
    return {
        agency: _numbered(mine, captures, int(totals[agency])) for agency, mine in cited.items()
    }


def _facts(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Each fact of a department with its captures: agency_id, table, row_id, capture_id, rank."""
    evidence = tables["evidence"]
    parts = []
    for name in FACTS:
        frame = tables[name]
        keys = texts(row_ids(TABLES[name], frame))
        owner = dict(zip(keys, texts(frame["agency_id"]), strict=True))
        part = evidence.loc[evidence["table"] == name, ["table", "row_id", "capture_id"]]
        part = part.assign(agency_id=[owner.get(key, "") for key in texts(part["row_id"])])
        parts.append(part[part["agency_id"] != ""])
    facts = pd.concat(parts, ignore_index=True)
    when = tables["captures"][["capture_id", "observed_at", "fetched_at"]]
    facts = facts.merge(when, on="capture_id").sort_values(
        ["table", "row_id", "observed_at", "fetched_at", "capture_id"],
        ascending=[True, True, False, False, True],
    )
    return facts.assign(rank=facts.groupby(["table", "row_id"]).cumcount())


def _captures(table: pd.DataFrame, wanted: set[str]) -> dict[str, dict[str, Any]]:
    """The wanted captures in words, by their id."""
    kept = table.loc[table["capture_id"].isin(wanted), CAPTURE]
    offsets = kept["warc_offset"].astype("int64").tolist()
    cells = (texts(kept[name]) for name in CAPTURE[:-1])
    found = {}
    for capture, source, url, original, fetched, observed, digest, warc, offset in zip(
        *cells, offsets, strict=True
    ):
        found[capture] = {
            "id": capture,
            "source": source,
            "url": url,
            "link": public_address(url),
            "original": original,
            "original_link": public_address(original),
            "fetched": words.day(fetched),
            "observed": words.day(observed),
            "moment": observed,
            "sha256": digest,
            "place": f"{warc} at {offset}",
        }
    return found


def _numbered(
    cited: list[tuple[str, str, str]], captures: Mapping[str, dict[str, Any]], total: int
) -> Exhibits:
    chosen = list(dict.fromkeys(capture for _, _, capture in cited))[:SHOWN]
    chosen.sort(key=lambda capture: (captures[capture]["moment"], capture), reverse=True)
    number = {capture: place for place, capture in enumerate(chosen, start=1)}
    found = Exhibits([captures[capture] for capture in chosen], total - len(chosen))
    found.days = [captures[capture]["moment"][:10] for capture in chosen]
    for table, row_id, capture in cited:
        if capture in number:
            found.numbers.setdefault((table, row_id), []).append(number[capture])
    for numbers in found.numbers.values():
        numbers.sort()
    return found
