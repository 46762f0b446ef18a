"""Events between looks at a source, and which looks may show that something is missing."""

from __future__ import annotations

import hashlib

import pandas as pd


def looks(
    runs: pd.DataFrame, captures: pd.DataFrame, listing: pd.DataFrame, other_rows: pd.DataFrame
) -> pd.DataFrame:
    """Healthy looks at each programme of each source: source, programme, observed_at, first_hand.

    A look in which a source says that it holds no row of a tracked category is no look at the
    programme: the category is absent, the departments are not.
    """
    healthy = runs[runs["published"] & runs["verdict"].eq("healthy")]
    programmes = listing[["source", "programme"]].drop_duplicates()
    seen = healthy[["run_id", "source", "observed_at", "warc"]].merge(programmes, on="source")
    absent = _tracked(other_rows).query("rows == 0")[["run_id", "programme"]].drop_duplicates()
    seen = seen.merge(absent, on=["run_id", "programme"], how="left", indicator=True)
    seen = seen[seen["_merge"] == "left_only"]
    first_hand = captures.assign(
        first_hand=captures["fetched_at"].eq(captures["observed_at"])
    ).groupby("warc")["first_hand"]
    return seen.assign(first_hand=seen["warc"].map(first_hand.all()).fillna(False).astype(bool))[
        ["source", "programme", "observed_at", "first_hand"]
    ].drop_duplicates(ignore_index=True)


def changes(other_rows: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The table ``changes``: a ``category_retired`` event for each tracked category that stood in
    one healthy look at a source and is absent from the next. ``capture_id`` leads to the look
    that showed it."""
    healthy = runs[runs["published"] & runs["verdict"].eq("healthy")]
    tracked = _tracked(other_rows)
    tracked = tracked[tracked["run_id"].isin(healthy["run_id"])].sort_values(
        ["source", "programme", "observed_at", "capture_id"], kind="stable"
    )
    before = tracked.groupby(["source", "programme"])["rows"].shift()
    gone = tracked[tracked["rows"].eq(0) & before.gt(0)].copy()
    gone["before"] = before[gone.index].astype("Int64").astype("string") + " rows"
    gone["after"] = "category absent"
    gone["kind"] = "category_retired"
    gone["valid_at"] = pd.NA
    gone["agency_id"] = pd.NA
    gone["change_id"] = [
        hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:20]
        for parts in zip(
            gone["kind"], gone["source"], gone["programme"], gone["observed_at"], strict=True
        )
    ]
    return gone


def _tracked(other_rows: pd.DataFrame) -> pd.DataFrame:
    rows = other_rows[other_rows["programme"].ne("")]
    return rows.assign(rows=rows["rows"].astype("Int64"))
