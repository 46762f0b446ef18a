"""The list of all departments as HTML, readable with JavaScript off, and the table of sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from maps import words
from maps.layers import our_style, policy, templates
from maps.payload import web_address

EMPTY = ("not listed in any programme", "", "", "")


@dataclass(frozen=True, slots=True)
class Group:
    """The departments of one state; a row is name, place and its (programme, since, status, sources)."""

    state: str
    name: str
    rows: list[tuple[str, str, list[tuple[str, str, str, str]]]]


def groups(tables: Mapping[str, pd.DataFrame], agencies: pd.DataFrame) -> list[Group]:
    """One group a state, in the order of ``agencies`` (see ``maps.payload.ordered_agencies``)."""
    lines = _lines(tables)
    together: dict[str, Group] = {}
    columns = agencies[["agency_id", "name", "city", "county", "state", "state_name"]].fillna("")
    for agency, name, city, county, state, state_name in columns.itertuples(index=False):
        group = together.setdefault(state, Group(state, state_name, []))
        group.rows.append((name, city or county, lines.get(agency, [EMPTY])))
    return list(together.values())


def _lines(tables: Mapping[str, pd.DataFrame]) -> dict[str, list[tuple[str, str, str, str]]]:
    listed = tables["participations"].sort_values(["agency_id", "programme", "spell"])
    listed = listed.fillna({"valid_from": "not stated", "first_missing": "", "valid_to": ""})
    numbers = {name: str(place) for place, name in enumerate(tables["sources"]["source"], start=1)}
    programmes = {key: words.programme_name(key) for key in listed["programme"].unique()}
    cited = {
        names: ", ".join(numbers.get(name, name) for name in names.split("; "))
        for names in listed["sources"].unique()
    }
    columns = [
        "agency_id",
        "programme",
        "valid_from",
        "valid_to_kind",
        "last_observed",
        "first_missing",
        "valid_to",
        "sources",
    ]
    together: dict[str, list[tuple[str, str, str, str]]] = {}
    for agency, key, since, kind, last, missing, end, names in listed[columns].itertuples(
        index=False
    ):
        said = words.status(kind, last[:10], missing[:10], end)
        together.setdefault(agency, []).append((programmes[key], since, said, cited[names]))
    return together


def sources(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Each source with its health in words, its last good look, and only web addresses as links."""
    rows: Iterable[dict[str, Any]] = (
        table.astype("object").where(table.notna(), "").to_dict("records")
    )
    return [
        row
        | {
            "homepage": web_address(row["homepage"]),
            "licence_url": web_address(row["licence_url"]),
            "said": words.VERDICTS[row["verdict"]],
            "good": words.day(row["last_healthy"]) if row["last_healthy"] else "",
        }
        for row in rows
    ]


def page(view: dict[str, Any]) -> str:
    """The list as a page of its own, without any script."""
    styles = [our_style()]
    return (
        templates().get_template("list.html").render(view, styles=styles, policy=policy([], styles))
    )
