"""What is not known, counted: said beside what is, so that no silence is taken for an answer."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.tables import PROGRAMME_KEYS
from maps import words
from maps.columns import texts
from maps.counts import counted


def gaps(tables: Mapping[str, pd.DataFrame], unlisted: list[str]) -> list[str]:
    """A sentence for each kind of thing that is not known; ``unlisted`` are names of states."""
    return [
        sentence
        for sentence in (
            *_of_departments(tables),
            *_of_programmes(tables),
            _of_states(unlisted),
            *_of_sources(tables),
        )
        if sentence
    ]


def _of_departments(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    agencies, listed = tables["agencies"], tables["participations"]
    everybody = len(agencies)
    dated = agencies["agency_id"].isin(listed.loc[listed["valid_from"].notna(), "agency_id"])
    numbered = agencies["agency_id"].isin(counted(tables["footage_requests"]))
    located = agencies["latitude"].notna()
    open_ended = int(listed["valid_to_kind"].eq("unknown").sum())
    return [
        _of(int((~dated).sum()), everybody, "departments", "no source states a start."),
        _of(
            int((~numbered).sum()),
            everybody,
            "departments",
            "nobody published a number of requests for footage: unknown, not zero.",
        ),
        _of(
            open_ended,
            len(listed),
            "listings",
            "no later look at a source tells whether they still stand.",
        ),
        _of(int((~located).sum()), everybody, "departments", "no point on the map is known."),
        _of(
            int(agencies["population"].isna().sum()),
            everybody,
            "departments",
            "the number of residents of the place is not known.",
        ),
    ]


def _of_programmes(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    without = [
        words.programme_name(key)
        for key in PROGRAMME_KEYS
        if not tables["listings"]["programme"].eq(key).any()
    ]
    return [f"We have no list of departments of: {'; '.join(without)}."] if without else []


def _of_states(unlisted: list[str]) -> str:
    if not unlisted:
        return ""
    return (
        f"None listed in what we have: {', '.join(unlisted)}. "
        "That does not show that there is none."
    )


def _of_sources(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    sources = tables["sources"]
    said = []
    for verdict, sentence in (
        ("never_run", "Sources no run has read to its end"),
        ("incomplete", "Sources of which the last run lost pages"),
        ("failed", "Sources of which the last run failed, so that older data stand"),
    ):
        titles = texts(sources.loc[sources["verdict"].eq(verdict), "title"])
        if titles:
            said.append(f"{sentence}: {'; '.join(titles)}.")
    aside = tables["rejected"]["source"].value_counts().sort_index()
    if len(aside):
        titles_of = dict(zip(texts(sources["source"]), texts(sources["title"]), strict=True))
        by_source = "; ".join(
            f"{titles_of.get(str(name), str(name))} {words.number(number)}"
            for name, number in aside.items()
        )
        rows = int(aside.sum())
        said.append(
            f"{words.number(rows)} {'row' if rows == 1 else 'rows'} of the sources could not be "
            f"understood and {'was' if rows == 1 else 'were'} set aside by name, in the table "
            f"rejected: {by_source}."
        )
    return said


def _of(some: int, everything: int, what: str, unknown: str) -> str:
    if not some:
        return ""
    return f"Of {words.number(some)} of {words.number(everything)} {what} {unknown}"
