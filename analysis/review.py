"""What a person must decide: who is which department, with a row ready for each decision."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from analysis.decisions import COLUMNS, Decision
from analysis.designations import designations
from analysis.names import fold

Row = Mapping[str, Any]

WHY = "[why, and where that stands]"
"""Stands in a ready row for what only a person can say."""

ALIKE = ("core", "kind", "form", "number")
"""Parts of a name that two spellings of one department share."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to decide.

    kind: ``uncertain`` (candidates come near), ``none`` (nothing does), ``shared`` (several of our
    departments lead to one agency of the register) or ``alike`` (two of our ids are likely one).
    departments: our ids; names: theirs; candidates: as in ``agency_links``; rows: for
    ``analysis/reference/agency_decisions.csv``, one of which answers the question.
    """

    kind: str
    state: str
    departments: tuple[str, ...]
    names: tuple[str, ...]
    why: str
    candidates: tuple[str, ...]
    rows: tuple[str, ...]


def questions(
    tables: Mapping[str, pd.DataFrame], decided: Iterable[Decision], day: str
) -> list[Question]:
    """All that is open, by state and id; ``day`` (ISO) is written into the rows."""
    agencies = tables["agencies"]
    folded = pd.DataFrame({"state": agencies["state"], "folded": fold(agencies["name"])})
    namesakes = folded.duplicated(keep=False)
    people = {
        row["agency_id"]: row
        for row in _rows(folded.assign(namesakes=namesakes).join(agencies.drop(columns="state")))
    }
    found = [*_links(_rows(tables["agency_links"]), people, day)]
    found += _alike(agencies, people, tuple(decided), day)
    return sorted(found, key=lambda each: (each.state, each.departments, each.kind))


def decision(whom: Row, what: str, target: str, day: str) -> str:
    """A row for ``agency_decisions.csv`` that wants nothing but the reason; place and county stand
    in it only where another department of the state bears the name."""
    row = dict.fromkeys(COLUMNS, "") | {
        "decision": what,
        "state": whom["state"],
        "name": whom["name"],
        "place": whom["city"] if whom["namesakes"] else "",
        "county": whom["county"] if whom["namesakes"] else "",
        "target": target,
        "reason": WHY,
        "decided": day,
    }
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(row.values())
    return out.getvalue()


def _links(links: Iterable[Row], people: Mapping[str, Row], day: str) -> Iterator[Question]:
    """A question for each department that is not linked; those that lead to one agency make one."""
    together: dict[tuple[str, str], list[Row]] = {}
    for row in links:
        if row["outcome"] != "linked":
            alone = "" if row["outcome"] == "shared" else row["agency_id"]
            together.setdefault((row["reason"], alone), []).append(row)
    for rows in together.values():
        near = list(dict.fromkeys(part for row in rows for part in _parts(row["candidates"])))
        asked = [people[row["agency_id"]] for row in rows]
        ready = [decision(whom, "same", each.split(" ")[0], day) for whom in asked for each in near]
        ready = ready or [decision(whom, "alias", whom["name"], day) for whom in asked]
        yield _question(rows[0]["outcome"], asked, rows[0]["reason"], near, ready)


def _alike(
    agencies: pd.DataFrame, people: Mapping[str, Row], decided: tuple[Decision, ...], day: str
) -> Iterator[Question]:
    """Pairs of our ids whose names read the same, in no two counties and not led to two ORIs."""
    parts = designations(agencies["name"], agencies["state"]).assign(
        state=agencies["state"], agency_id=agencies["agency_id"]
    )
    parts = parts[agencies["type"].ne("community") & parts["core"].ne("")]
    settled = _settled(decided)
    for (state, *_), ids in parts.groupby(["state", *ALIKE], sort=True)["agency_id"]:
        for pair in combinations(sorted(ids), 2):
            one, other = (people[agency_id] for agency_id in pair)
            told = {(state, people[a]["folded"], b) for a, b in (pair, pair[::-1])}
            if _apart(one, other) or told & settled:
                continue
            why = (
                f"{one['name']} and {other['name']} read the same; if they are one, a decision "
                "`renamed` in corrections.csv joins their records"
            )
            rows = [decision(one, what, pair[1], day) for what in ("same", "not_same")]
            yield _question("alike", [one, other], why, [], rows)


def _apart(one: Row, other: Row) -> bool:
    return any(
        one[column] and other[column] and one[column] != other[column]
        for column in ("county_geoid", "ori")
    )


def _settled(decided: tuple[Decision, ...]) -> set[tuple[str, str, str]]:
    """State, folded name and target of the decisions on who is who."""
    told = [each for each in decided if each.decision in ("same", "not_same")]
    names = fold(pd.Series([each.name for each in told], dtype="string"))
    return {(each.state, str(name), each.target) for each, name in zip(told, names, strict=True)}


def _question(kind: str, asked: list[Row], why: str, near: list[str], rows: list[str]) -> Question:
    return Question(
        kind,
        asked[0]["state"],
        tuple(whom["agency_id"] for whom in asked),
        tuple(whom["name"] for whom in asked),
        why,
        tuple(near),
        tuple(dict.fromkeys(rows)),
    )


def _parts(candidates: str) -> list[str]:
    return candidates.split(" | ") if candidates else []


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as mappings, missing text empty."""
    cells = frame.astype(object).where(frame.notna(), "")
    return [{str(key): value for key, value in row.items()} for row in cells.to_dict("records")]
