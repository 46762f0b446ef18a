"""All departments as one table, complete with JavaScript off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from maps import agency, document, filters, payload, words
from maps.columns import script_json, texts
from maps.counts import KNOWN, asking
from maps.folder import Draft
from maps.layers import SHARED, our_scripts

Tables = Mapping[str, pd.DataFrame]

TABLE_WITHIN = 20_000
"""Up to so many departments ``list.html`` holds them all; of more it leads to the states."""

COLUMNS = {
    "name": "Department",
    "kind": "Kind",
    "place": "Place",
    "county": "County",
    "state": "State",
    "counts": "Request counts",
    "programme": "Programme",
    "since": "Since",
    "status": "Status",
    "last": "Last seen listed",
}
"""Heads of the table, by the name by which the address sorts (``maps/static/list.js``)."""

COUNTS = {2: "known", 1: "a source gives no number", 0: "not published"}
"""Said of a department's request counts: is a number known, was one looked for, or nothing told?"""

STATUS = {
    "ongoing": "listed at the last look",
    "unknown": "nothing later is known",
    "delisted_observed": "no longer listed since {missing}",
    "ended_stated": "ended {to}, as a source states",
    "programme_ended": "the programme ended {to}",
}
"""Said of a listing beside the day it was last seen, by ``valid_to_kind``."""

DOUBTED = "; not found on {missing}, which alone ends nothing"


class Line(NamedTuple):
    """A listing in words: programme, start, status, and the day it was last seen listed."""

    programme: str
    since: str
    status: str
    last: str


UNLISTED = Line("not listed in any we know of", "", "", "")


class Row(NamedTuple):
    """A department in words; ``file`` is its page below ``agency/``, ``counts`` of requests."""

    name: str
    file: str
    kind: str
    place: str
    county: str
    state: str
    counts: str
    lines: tuple[Line, ...]


def ordered(tables: Tables, state_names: Mapping[str, str]) -> pd.DataFrame:
    """Agencies in the order of list and payload: by name of the state, name and id.

    Beside the columns of the table there are state_name, and folded, the name as it is compared.
    """
    agencies = tables["agencies"]
    named = agencies.assign(
        state_name=agencies["state"].map(state_names).fillna(agencies["state"]),
        folded=agencies["name"].str.casefold(),
    )
    return named.sort_values(["state_name", "folded", "agency_id"], ignore_index=True)


def rows(tables: Tables, agencies: pd.DataFrame) -> list[Row]:
    """The rows of the table for ``agencies`` as :func:`ordered` gives them, one a department."""
    lines = _lines(tables["participations"])
    counts = _counts(tables["footage_requests"])
    columns = ("agency_id", "name", "type", "city", "county", "state_name")
    return [
        Row(
            name,
            agency.file_name(key),
            words.KINDS[kind],
            place,
            county,
            state,
            COUNTS[counts.get(key, 0)],
            tuple(lines.get(key, [UNLISTED])),
        )
        for key, name, kind, place, county, state in zip(
            *(texts(agencies[column]) for column in columns), strict=True
        )
    ]


def _lines(table: pd.DataFrame) -> dict[str, list[Line]]:
    """The listings of each department, a line for every spell."""
    listed = table.sort_values(["agency_id", "programme", "spell"])
    starts = ("valid_from", "valid_from_precision", "first_observed")
    ends = ("valid_to_kind", "last_observed", "first_missing", "valid_to")
    columns = ("agency_id", "programme", *starts, *ends)
    found: dict[str, list[Line]] = {}
    for key, programme, start, precision, first, kind, last, missing, to in zip(
        *(texts(listed[column]) for column in columns), strict=True
    ):
        line = Line(
            words.programme_name(programme),
            _since(start, precision, first),
            _status(kind, missing, to),
            words.day(last[:10]),
        )
        found.setdefault(key, []).append(line)
    return found


def _since(start: str, precision: str, first: str) -> str:
    if precision == "unknown" or not start:
        return f"not stated; by {words.day(first[:10])}"
    return words.day(start)


def _status(kind: str, missing: str, to: str) -> str:
    doubt = DOUBTED if missing and kind != "delisted_observed" else ""
    return (STATUS[kind] + doubt).format(missing=words.day(missing[:10]), to=words.day(to))


def _counts(table: pd.DataFrame) -> dict[str, int]:
    """The key of :data:`COUNTS` for each department of which a source tells of requests."""
    told = asking(table)
    known = told["value_state"].isin(KNOWN).astype(int)
    silent = told["value_state"].ne("not_published").astype(int)
    best = (known + silent).groupby(told["agency_id"]).max()
    return {str(key): int(rank) for key, rank in best.items() if rank}


def drafts(
    tables: Tables,
    agencies: pd.DataFrame,
    found: list[Row],
    records: Mapping[str, Any],
    setting: document.Setting,
) -> Iterator[Draft]:
    """``list.html``, for ``agencies`` as :func:`ordered` gives them; ``found`` are their
    :func:`rows`, ``records`` the payload of the map."""
    found = found if len(found) <= TABLE_WITHIN else []
    states = Counter(zip(texts(agencies["state_name"]), texts(agencies["state"]), strict=True))
    view = {
        "here": "list",
        "columns": COLUMNS,
        "rows": found,
        "options": filters.options(tables, agencies),
        "states": [(name, code.lower(), size) for (name, code), size in sorted(states.items())],
    }
    facets = script_json(payload.facets(records)) if found else ""

    def render() -> str:
        shown = view | {"records": Markup(facets)}  # noqa: S704, script_json escapes it
        scripts = [script()] if found else []
        return document.document("list.html", setting, shown, styles=["list.css"], scripts=scripts)

    yield Draft("list.html", script_json([view, facets]), render)


def script() -> str:
    """The JavaScript of ``list.html``."""
    return f'(() => {{\n"use strict";\n{our_scripts([*SHARED, "list.js"])}\nstartList();\n}})();'
