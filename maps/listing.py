"""The list of all departments as HTML, readable with JavaScript off, and the table of sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from maps import words
from maps.columns import web_address
from maps.layers import our_style, policy, templates

UNLISTED = "Not listed in any programme we know of"


@dataclass(slots=True)
class Section:
    """Departments of one state of which the same is said; a row is name, place and start."""

    said: list[str]
    rows: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """The departments of one state: ``first`` is the place of its first row in the whole list."""

    state: str
    name: str
    first: int
    count: int = 0
    sections: list[Section] = field(default_factory=list)


def ordered(tables: Mapping[str, pd.DataFrame], state_names: Mapping[str, str]) -> pd.DataFrame:
    """Agencies in the order of list and payload, with the columns state_name, said and since.

    The order is state, what is said of them (``said``: a line for each listing, so that it stands
    once above all of whom it is true), name and id. ``since`` holds a start for each line.
    """
    said, since = _lines(tables)
    agencies = tables["agencies"]
    ids = agencies["agency_id"].tolist()
    named = agencies.assign(
        state_name=agencies["state"].map(state_names).fillna(agencies["state"]),
        said=[said.get(agency, UNLISTED) for agency in ids],
        since=[since.get(agency, "") for agency in ids],
        folded=agencies["name"].str.casefold(),
    )
    named["lines"] = [text.count("\n") for text in named["said"].tolist()]
    order = ["state_name", "lines", "said", "folded", "agency_id"]
    return named.sort_values(order, ignore_index=True)


def groups(agencies: pd.DataFrame) -> list[Group]:
    """One group a state, in the order of ``agencies`` (see :func:`ordered`)."""
    found: list[Group] = []
    last = ("", "")
    columns = ["name", "city", "county", "state", "state_name", "said", "since"]
    rows = agencies[columns].astype("object").fillna("").to_numpy().tolist()
    for place, (name, city, county, state, state_name, said, since) in enumerate(rows):
        if not found or found[-1].state != state:
            found.append(Group(state, state_name, place))
        if last != (state, said):
            found[-1].sections.append(Section(said.split("\n")))
            last = (state, said)
        found[-1].count += 1
        found[-1].sections[-1].rows.append((name, city or county, since))
    return found


def _lines(tables: Mapping[str, pd.DataFrame]) -> tuple[dict[str, str], dict[str, str]]:
    """For each department: what is said of its listings, a line each, and their starts."""
    listed = tables["participations"].sort_values(["agency_id", "programme", "spell"])
    numbers = {name: str(place) for place, name in enumerate(tables["sources"]["source"], start=1)}
    columns = [
        "programme",
        "valid_to_kind",
        "last_observed",
        "first_missing",
        "valid_to",
        "sources",
    ]
    facts = listed[columns].astype("object").fillna("")
    known = facts.drop_duplicates()
    lines = {fact: _line(fact, numbers) for fact in known.itertuples(index=False, name=None)}
    said: dict[str, str] = {}
    since: dict[str, str] = {}
    starts = listed["valid_from"].astype("object").fillna("not stated")
    for agency, start, fact in zip(
        listed["agency_id"].tolist(), starts, facts.itertuples(index=False, name=None), strict=True
    ):
        more = agency in said
        said[agency] = f"{said[agency]}\n{lines[fact]}" if more else lines[fact]
        since[agency] = f"{since[agency]}; {start}" if more else start
    return said, since


def _line(fact: tuple[str, ...], numbers: Mapping[str, str]) -> str:
    programme, kind, last, missing, end, names = fact
    cited = [numbers.get(name, name) for name in names.split("; ")]
    noun = "Source" if len(cited) == 1 else "Sources"
    status = words.status(kind, last[:10], missing[:10], end)
    return f"{words.programme_name(programme)}: {status}. {noun} {', '.join(cited)}"


def sources(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Each source with its health in words, its last good look, and only web addresses as links."""
    rows = table.astype("object").where(table.notna(), "").to_dict("records")
    return [
        {str(column): value for column, value in row.items()}
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
    template = templates().get_template("list.html")
    return template.render(view, styles=styles, policy=policy([], styles))
