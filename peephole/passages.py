"""Which of the records in some bytes are those that a published row speaks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Stood:
    """A record as it stood in a capture: ``position`` is its row there, from 1, ``row_key`` the
    source's own key, ``content`` the fields as they came, ``agency_id`` what the rules of identity
    make of it, empty where it speaks of no department."""

    sheet_id: str
    record_id: str
    position: int | None
    row_key: str | None
    source: str
    kind: str
    content: Mapping[str, Any]
    agency_id: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """How a row of a table is found among records: of these ``kinds``, of the row's department
    (``department``), with these cells in these fields (``same``); ``near`` tells records further
    apart where they can be."""

    kinds: tuple[str, ...]
    department: bool = False
    same: Mapping[str, str] = field(default_factory=dict)
    near: Mapping[str, str] = field(default_factory=dict)


PEOPLE = ("listing", "count", "figure")
LISTED = {"programme": "programme", "valid_from_text": "since_text"}
COUNTED = {"metric": "metric", "label_raw": "label_text", "value_raw": "value_text"}
PERIOD = {"period_start": "period_start", "period_end": "period_end"}

MATCHES: Mapping[str, tuple[Match, ...]] = {
    "agencies": (Match(PEOPLE, True), Match(("census_area",), same={"place_geoid": "geoid"})),
    "agency_links": (
        Match(PEOPLE, True),
        Match(("registered_agency",), same={"ori": "ori"}),
    ),
    "agency_places": (
        Match((*PEOPLE, "served_place"), True),
        Match(("census_area",), same={"place_geoid": "geoid"}),
    ),
    "registered_agencies": (Match(("registered_agency",), same={"ori": "ori"}),),
    "area_populations": (Match(("population",), same={"name": "name", "year": "year"}),),
    "listings": (Match(("listing",), True, near=LISTED | {"name_raw": "agency"}),),
    "participations": (Match(("listing",), True, same={"programme": "programme"}),),
    "footage_requests": (
        Match(("count", "figure"), True, same={"metric": "metric"}, near=COUNTED | PERIOD),
        Match(("figure",), same={"metric": "metric", **PERIOD}, near={"value": "value"}),
    ),
    "footage_totals": (Match(("count", "figure"), same={"metric": "metric"}),),
    "camera_counts": (Match(("count",), True, same={"metric": "metric"}, near=COUNTED),),
    "legal_process": (
        Match(
            ("legal_demand",),
            same={"publisher": "publisher", "process": "process", "metric": "metric", **PERIOD},
            near={"source_url": "source_url", "value": "value"},
        ),
    ),
    "reported_figures": (Match(("figure",), same={"figure_id": "figure"}),),
    "changes": (
        Match((*PEOPLE, "correction"), True),
        Match(("programme_event",), same={"programme": "programme", "valid_at": "happened"}),
    ),
    "other_rows": (Match(("other_rows",), same={"category": "category"}),),
    "rejected": (
        Match(("rejection",), same={"name": "name", "reason": "reason"}),
        Match(PEOPLE, same={"name": "agency"}),
    ),
}
"""Of the tables that are not here a row speaks of a capture or of a source as a whole."""


def standing(
    tables: Tables, table: str, cells: Mapping[str, Any], rows: Sequence[Stood]
) -> list[Stood]:
    """The records among ``rows`` (of one capture) that a row of a table speaks of; none where it
    speaks of the capture as a whole, or of what is not in it."""
    for match in MATCHES.get(table, ()):
        if match.department and "agency_id" not in cells:
            continue
        found = [row for row in rows if row.kind in match.kinds and _same(match.same, cells, row)]
        if match.department:
            found = _of_department(tables, str(cells["agency_id"]), found)
        if table == "rejected":
            found = [row for row in found if row.position in (None, cells.get("position"))]
        for column, name in match.near.items():
            nearer = [row for row in found if _same({column: name}, cells, row)]
            found = nearer or found
        if found:
            return found
    return []


def _same(pairs: Mapping[str, str], cells: Mapping[str, Any], row: Stood) -> bool:
    """A cell that is empty stands for a field that is empty."""
    said = ((cells.get(column, ""), row.content.get(name, "")) for column, name in pairs.items())
    return all(str(cell) == str(field) for cell, field in said)


def identified(rows: Sequence[Stood]) -> list[Stood]:
    """``rows`` (of one capture) with the departments that the rules of identity give them to."""
    from analysis import agencies

    people = [row for row in rows if row.kind in PEOPLE]
    if not people:
        return list(rows)
    wanted = [*agencies.IDENTITY, "programme"]
    told = pd.DataFrame(
        [{name: row.content.get(name, "") for name in wanted} for row in people], columns=wanted
    ).assign(source=[row.source for row in people], sheet_id=[row.sheet_id for row in people])
    ids = agencies.identified(told)["agency_id"].fillna("")
    named = {
        row.record_id: replace(row, agency_id=str(agency_id))
        for row, agency_id in zip(people, ids, strict=True)
    }
    return [named.get(row.record_id, row) for row in rows]


def _of_department(tables: Tables, agency_id: str, rows: Sequence[Stood]) -> list[Stood]:
    """Those that the rules of identity give to a department, or whose words are those of one of
    its listings: a department that was renamed has the id of its first name."""
    from analysis.names import tidy

    listed = tables["listings"]
    words = listed.loc[listed["agency_id"].eq(agency_id), ["name_raw", "state_raw"]]
    spelt = set(words.fillna("").itertuples(index=False, name=None))
    agency = tables["agencies"]
    known = agency.loc[agency["agency_id"].eq(agency_id), ["name", "aliases"]].fillna("")
    said = [" | ".join(cells) for cells in known.itertuples(index=False)]
    names = {name for cell in said for name in cell.split(" | ") if name}
    tidied = tidy(pd.Series([row.content.get("agency", "") for row in rows], dtype="string"))
    states = {state for _, state in spelt}
    found = []
    for row, name in zip(rows, tidied, strict=True):
        own = (row.content.get("agency", ""), row.content.get("state", ""))
        alias = name in names and own[1] in states
        if agency_id == row.agency_id or own in spelt or alias:
            found.append(row)
    return found
