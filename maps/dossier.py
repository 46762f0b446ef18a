"""All that the tables hold of one department: every table is gone through once, for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.tables import TABLES
from maps import counts, exhibits
from maps.columns import looked_up, plain, texts
from maps.payload import former_names

Row = dict[str, Any]
Tables = Mapping[str, pd.DataFrame]

AGENCY = (*TABLES["agencies"].names, "state_name")
SPELL = tuple(TABLES["participations"].names)
CLAIM = tuple(TABLES["listings"].names)
COUNT = (*TABLES["footage_requests"].names, "amount", "period")
CAMERA = (*TABLES["camera_counts"].names, "amount")
PLACE = tuple(TABLES["agency_places"].names)
LINK = (*TABLES["agency_links"].names, "registered", "source")
CHANGE = tuple(TABLES["changes"].names)
FIGURE = (*TABLES["reported_figures"].names, "amount")


@dataclass(frozen=True, slots=True)
class Dossier:
    """A department and the rows that tables hold of it, each a mapping of all its columns.

    Missing text is empty, a missing number None. ``former`` are its other names in words;
    ``spells`` rows of ``participations`` in their order, ``claims`` of ``listings``, ``counts`` of
    ``footage_requests`` (with ``amount`` and ``period`` in words), ``cameras``, ``changes`` the
    newest first, ``figures`` what others reported, ``links`` what came of the search in a register
    (one row, with the name there and the source, or none), ``places`` those it serves or is filed
    under; ``exhibits`` the captures they rest on.
    """

    agency: Row
    former: str
    spells: list[Row]
    claims: list[Row]
    counts: list[Row]
    cameras: list[Row]
    changes: list[Row]
    figures: list[Row]
    links: list[Row]
    places: list[Row]
    exhibits: exhibits.Exhibits


def dossiers(tables: Tables, agencies: pd.DataFrame) -> Iterator[Dossier]:
    """One for each of ``agencies``, in their order (see :func:`maps.listing.ordered`)."""
    former = former_names(tables, agencies)
    requests = tables["footage_requests"]
    requests = requests[requests["agency_id"].notna()]
    requests = requests.assign(amount=counts.amounts(requests), period=counts.periods(requests))
    stated = tables["camera_counts"]
    reported = tables["reported_figures"].assign(value_state="value")
    parts = [
        grouped(tables["participations"], SPELL, ["programme", "spell"]),
        grouped(tables["listings"], CLAIM, ["programme", "source", "valid_from", "listing_id"]),
        grouped(requests, COUNT, ["period_end", "period_start", "source", "request_id"]),
        grouped(
            stated.assign(amount=counts.amounts(stated)),
            CAMERA,
            ["metric", "source", "observed_at", "camera_count_id"],
        ),
        grouped(
            tables["changes"], CHANGE, ["observed_at", "kind", "change_id"], [False, True, True]
        ),
        grouped(reported.assign(amount=counts.amounts(reported)), FIGURE, ["figure_id"]),
        grouped(_linked(tables), LINK, ["agency_id"]),
        grouped(
            tables["agency_places"], PLACE, ["role", "place", "county", "source", "agency_place_id"]
        ),
    ]
    shown = exhibits.exhibits(tables)
    nothing = exhibits.Exhibits()
    for place, agency in enumerate(rows(agencies, AGENCY)):
        key = agency["agency_id"]
        spells, claims, counted, *others = (part.get(key, []) for part in parts)
        cameras, changes, figures, links, places = others
        yield Dossier(
            agency,
            former.get(place, ""),
            spells,
            claims,
            counted,
            cameras,
            changes,
            figures,
            links,
            places,
            shown.get(key, nothing),
        )


def _linked(tables: Tables) -> pd.DataFrame:
    links, register = tables["agency_links"], tables["registered_agencies"]
    found = {
        name: looked_up(
            links["ori"], dict(zip(texts(register["ori"]), texts(register[column]), strict=True))
        )
        for name, column in (("registered", "name"), ("source", "source"))
    }
    return links.assign(**found)


def grouped(
    frame: pd.DataFrame,
    columns: Sequence[str],
    order: list[str],
    ascending: bool | list[bool] = True,
) -> dict[str, list[Row]]:
    """The rows of each department in an order, as mappings of ``columns``."""
    mine = frame[frame["agency_id"].notna()].sort_values(order, ascending=ascending, kind="stable")
    found: dict[str, list[Row]] = {}
    for key, row in zip(texts(mine["agency_id"]), rows(mine, columns), strict=True):
        found.setdefault(key, []).append(row)
    return found


def rows(frame: pd.DataFrame, columns: Sequence[str]) -> list[Row]:
    """Each row as a mapping of ``columns``: missing text is empty, a missing number None."""
    cells = (_cells(frame[name]) for name in columns)
    return [dict(zip(columns, row, strict=True)) for row in zip(*cells, strict=True)]


def _cells(column: pd.Series) -> list[Any]:
    if pd.api.types.is_bool_dtype(column):
        return column.fillna(False).tolist()
    return plain(column) if pd.api.types.is_numeric_dtype(column) else texts(column)
