"""Figures that others published, and what companies reported of legal demands."""

from __future__ import annotations

import pandas as pd

from analysis.dates import days
from analysis.names import agency_type
from analysis.observations import ids
from spiders.programmes import METRICS

COMPARABLE = frozenset(
    {
        "US departments",
        "US law-enforcement agencies",
        "US police and sheriff's departments",
        "US police departments",
    }
)
"""Populations (``Figure.population``) that our lists can be counted for. One that counts fire
departments as well, or one state, is none of them, and one nobody thought of is none either."""

OURS = ("agencies_listed", "agencies_joined")

FIGURE = [
    *("source", "publisher", "process", "metric", "period_start", "period_end"),
    *("value_state", "value", "low", "high", "bound", "source_url"),
]
"""What makes two sightings the same figure; titles and notes may be worded anew."""


def reported_figures(figures: pd.DataFrame, listings: pd.DataFrame) -> pd.DataFrame:
    """``figures`` with our_value, our_count and difference.

    ``listings`` is the table of that name. Our count is of the figure's programme, each department
    once, by the earliest start any list states for it; departments that are fire departments by
    their name are left out. For ``agencies_listed`` on a day it takes those that started by that
    day, for ``agencies_joined`` those that started in the period, and a start stated by month or
    year only where all of it lies so. There is none where the population is not ours
    (:data:`COMPARABLE`), and none for a time later than the newest look at a list with dates:
    nobody has looked yet.
    """
    dated = _dated(listings)
    looked = dated.sort_values("last_observed").groupby("programme")["last_observed"].last()
    starts = dated.sort_values(["last", "first"], kind="stable")
    starts = starts.drop_duplicates(["agency_id", "programme"])
    asked = pd.DataFrame(
        {
            "programme": figures["programme"],
            "first": figures["period_start"].where(figures["metric"].eq("agencies_joined"), ""),
            "last": figures["period_end"].where(
                figures["metric"].eq("agencies_joined"), figures["as_of"]
            ),
        },
        dtype="string",
    )
    ours = figures["metric"].isin(OURS) & figures["population"].isin(COMPARABLE)
    seen = asked["programme"].map(looked).astype("string").str[:10]
    answered = asked[ours & seen.ge(asked["last"]).fillna(False) & asked["first"].notna()]
    counts = {
        index: _between(starts[starts["programme"].eq(programme)], first, last)
        for index, programme, first, last in answered.itertuples(name=None)
    }
    words = {
        index: _in_words(first, last) for index, _, first, last in answered.itertuples(name=None)
    }
    our_value = pd.Series(counts, index=figures.index, dtype="Float64")
    return figures.assign(
        our_value=our_value,
        our_count=pd.Series(words, index=figures.index, dtype="string"),
        difference=our_value - figures["value"].astype("Float64"),
    )


def _between(starts: pd.DataFrame, first: str, last: str) -> int:
    return int((starts["first"].ge(first) & starts["last"].le(last)).sum())


def _in_words(first: str, last: str) -> str:
    when = f"from {first} to {last}" if first else f"on or before {last}"
    return f"departments listed with a stated start {when}, fire departments left out"


def _dated(listings: pd.DataFrame) -> pd.DataFrame:
    """Listings with a stated start, and the days (first, last) between which it lies."""
    columns = ["agency_id", "programme", "name_raw", "valid_from", "last_observed"]
    dated = listings.reindex(columns=columns).astype("string").dropna(subset="valid_from")
    names = pd.Series(dated["name_raw"].unique(), dtype="string")
    fire = names[agency_type(names, pd.Series("", index=names.index)).eq("fire")]
    return dated[~dated["name_raw"].isin(fire)].join(days(dated["valid_from"]))


def legal_process(demands: pd.DataFrame) -> pd.DataFrame:
    """The table ``legal_process``: each figure once, with the first look that showed it.

    ``demands`` are records of the kind ``legal_demand`` as they were seen. Figures that conflict
    stand side by side, a range keeps its ends, and a number that nobody gave is never made up.
    Beside the columns of the table there is capture_id: a row for each capture of the first and
    the last look that showed the figure.
    """
    numbers = {
        name: pd.to_numeric(demands[name]).astype("Float64") for name in ("value", "low", "high")
    }
    rows = demands.assign(
        **numbers,
        unit=demands["metric"].map({key: metric.unit for key, metric in METRICS.items()}),
        note=demands["note"].mask(demands["note"].eq("")),
    )
    given = pd.DataFrame(numbers).notna().any(axis="columns")
    state = rows["value_state"].astype("string")
    told = given.map({True: "value", False: "not_published"}).astype("string")
    told = told.mask(rows["value"].eq(0).fillna(False), "zero_stated")
    rows["value_state"] = state.fillna(told)
    rows = rows.sort_values(["observed_at", "capture_id", "record_id"], kind="stable")
    rows["demand_id"] = ids(rows, FIGURE)
    moments = rows.groupby("demand_id")["observed_at"]
    first, last = moments.transform("first"), moments.transform("last")
    ends = rows[rows["observed_at"].eq(first) | rows["observed_at"].eq(last)]
    newest = rows.drop_duplicates("demand_id", keep="last").set_index("demand_id")
    proofs = ends[["demand_id", "capture_id"]].drop_duplicates()
    told_last = newest.assign(observed_at=moments.first()).drop(columns="capture_id")
    return proofs.join(told_last, on="demand_id").reset_index(drop=True)
