"""Events between looks at a source, and which looks may show that something is missing."""

from __future__ import annotations

import hashlib

import pandas as pd


def looks(
    runs: pd.DataFrame, captures: pd.DataFrame, listing: pd.DataFrame, other_rows: pd.DataFrame
) -> pd.DataFrame:
    """Healthy looks at each programme of each source: run_id, source, programme, observed_at,
    first_hand.

    A look in which a source says that it holds no row of a tracked category is no look at the
    programme: the category is absent, the departments are not. ``observed_at`` is the newest
    moment of what the run read, the same whether it was read live or again from the archive.
    """
    programmes = listing[["source", "programme"]].drop_duplicates()
    moments = pd.concat([listing, other_rows]).groupby("run_id")["observed_at"].max()
    healthy = _whole(runs)
    healthy = healthy.assign(
        observed_at=healthy["run_id"].map(moments).astype("string").fillna(healthy["observed_at"])
    )
    seen = healthy[["run_id", "source", "observed_at", "warc"]].merge(programmes, on="source")
    absent = _tracked(other_rows).query("rows == 0")[["run_id", "programme"]].drop_duplicates()
    seen = seen.merge(absent, on=["run_id", "programme"], how="left", indicator=True)
    seen = seen[seen["_merge"] == "left_only"]
    first_hand = captures.assign(
        first_hand=captures["fetched_at"].eq(captures["observed_at"])
    ).groupby("warc")["first_hand"]
    return seen.assign(first_hand=seen["warc"].map(first_hand.all()).eq(True))[
        ["run_id", "source", "programme", "observed_at", "first_hand"]
    ]


def changes(other_rows: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The table ``changes``: a ``category_retired`` event for each tracked category that stood in
    one healthy look at a source and is absent from the next. ``capture_id`` leads to the look
    that showed it."""
    tracked = _tracked(other_rows)
    tracked = tracked[tracked["run_id"].isin(_whole(runs)["run_id"])].sort_values(
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
    return gone.drop_duplicates("change_id")


def _whole(runs: pd.DataFrame) -> pd.DataFrame:
    """Published runs that can show that something is missing: healthy, and without a notice, which
    says that what was read is a sample or otherwise not the whole."""
    return runs[runs["published"] & runs["verdict"].eq("healthy") & runs["notice"].eq("")]


def _tracked(other_rows: pd.DataFrame) -> pd.DataFrame:
    rows = other_rows[other_rows["programme"].ne("")]
    return rows.assign(rows=rows["rows"].astype("Int64"))
