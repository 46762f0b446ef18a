"""Which bytes each published row rests on.

What stands in hundreds of looks is proved by the first and the last of each source that showed it,
and what is missing by the looks that showed it missing: that is enough to check every claim.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis.agencies import numbers
from analysis.read import Facts


def pairs(table: str, rows: pd.Series, captures: pd.Series) -> pd.DataFrame:
    """Rows of the table ``evidence``: each row of ``table`` with the capture beside it."""
    told = {"table": table, "row_id": rows.to_numpy(), "capture_id": captures.to_numpy()}
    return pd.DataFrame(told).drop_duplicates()


def ends(table: str, rows: pd.Series, seen: pd.DataFrame) -> pd.DataFrame:
    """:func:`pairs` of the first and the last moment at which each source showed a row.

    ``seen`` (source, observed_at, capture_id) is in the order of observed_at.
    """
    about = numbers(seen.assign(row_id=rows), ["row_id", "source"])
    moment = pd.Series(pd.factorize(seen["observed_at"])[0])
    of_row = moment.groupby(about)
    at_end = moment.eq(of_row.transform("min")) | moment.eq(of_row.transform("max"))
    return pairs(table, rows[at_end.to_numpy()], seen.loc[at_end.to_numpy(), "capture_id"])


def missing(listed: pd.DataFrame, claims: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """:func:`pairs` of participations and the looks that showed them missing: the captures in which
    such a look read listings, and all it read where it read none."""
    looks = pd.concat(
        [
            listed[["participation_id", look]].set_axis(["row_id", "look_id"], axis="columns")
            for look in ("first_missing_look", "second_missing_look")
        ]
    ).dropna()
    asked = facts.readings[facts.readings["look_id"].isin(looks["look_id"].unique())]
    read = asked["capture_id"].isin(claims["capture_id"].unique())
    some = read.groupby(asked["look_id"]).transform("any")
    rests = looks.merge(asked.loc[read | ~some, ["look_id", "capture_id"]], on="look_id")
    return pairs("participations", rests["row_id"], rests["capture_id"])


def evidence(parts: Iterable[pd.DataFrame], captures: pd.DataFrame) -> pd.DataFrame:
    """The table ``evidence``: ``parts``, each capture for itself, and of each source the newest."""
    ordered = captures.sort_values(["fetched_at", "capture_id"], kind="stable")
    newest = ordered.drop_duplicates("source", keep="last")
    own = pairs("captures", captures["capture_id"], captures["capture_id"])
    found = [own, pairs("sources", newest["source"], newest["capture_id"]), *parts]
    return pd.concat(found, ignore_index=True).drop_duplicates()
