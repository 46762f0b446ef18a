"""What a source said, look after look: as long as it says the same, that is one observation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

ORDER = ["observed_at", "capture_id", "record_id"]


def observations(
    rows: pd.DataFrame, key: str, subject: Sequence[str], statement: Sequence[str]
) -> pd.DataFrame:
    """``rows`` as observations, each named in ``key``.

    ``subject`` are the columns that say what a row speaks of, ``statement`` those that say what it
    tells. Consecutive looks that tell the same of a subject are one observation: observed_at is
    the first of them, last_observed the last. What comes back after something else is an
    observation of its own, and of several things told at one moment each stands beside the others.
    ``current`` marks what the newest look at the subject tells, ``revises`` names the observation
    whose place one took, where each of the two stood alone, and ``difference`` is its value less
    that one's, where both are numbers.

    An observation has a row for each capture of its first and its last look, in capture_id, and in
    seen_at the moment of that look; all else is as the first capture has it.
    """
    rows = rows.sort_values(ORDER, kind="stable", ignore_index=True)
    about = rows.groupby(list(subject), dropna=False, sort=False).ngroup().to_numpy()
    told = rows.groupby([*subject, *statement], dropna=False, sort=False).ngroup().to_numpy()
    look = _looks(about, rows["observed_at"])
    order = np.lexsort((look, told))
    opens = _changes(told[order]) | (np.diff(look[order], prepend=-1) > 1)
    spell = np.empty(len(rows), dtype=np.int64)
    spell[order] = np.cumsum(opens) - 1
    first, last = order[opens], order[np.append(opens[1:], True)[: len(order)]]

    found = rows.iloc[first].reset_index(drop=True)
    found[key] = ids(found, [*subject, *statement, "observed_at"])
    found["last_observed"] = rows["observed_at"].to_numpy()[last]
    newest = np.zeros(len(rows), dtype=np.int64)
    np.maximum.at(newest, about, look)
    found["current"] = look[last] == newest[about[last]]
    before = _before(about, look, spell)[first]
    found["revises"] = found[key].reindex(before).to_numpy()
    value = found["value"].astype("Float64")
    found["difference"] = value - value.reindex(before).set_axis(value.index)

    ends = (look == look[first][spell]) | (look == look[last][spell])
    proofs = pd.DataFrame(
        {"capture_id": rows["capture_id"], "seen_at": rows["observed_at"], "spell": spell}
    )[ends].drop_duplicates()
    whole: pd.DataFrame = (
        found.drop(columns="capture_id").loc[proofs["spell"]].reset_index(drop=True)
    )
    whole["capture_id"] = proofs["capture_id"].to_numpy()
    whole["seen_at"] = proofs["seen_at"].to_numpy()
    return whole


def risen(rows: pd.DataFrame, subject: Sequence[str]) -> pd.DataFrame:
    """How much running counters rose between two days: a row for each rise.

    Only healthy looks count (``look_healthy``), of several on one day the last, and of what they
    tell only a number that stands alone. A page that could not be fetched is skipped like a look
    that failed; a healthy look without a number is not: between it and the next nothing is
    derived. Nor is it where a counter fell (it was reset or revised) or stood still (nobody
    stated a zero). Columns: those of the later row, value (the rise), period_start (the day after
    the earlier look's), period_end (the later look's day), and before, the earlier capture.
    """
    usable = rows[rows["look_healthy"] & rows["value_state"].ne("fetch_failed")]
    usable = usable.sort_values(ORDER, kind="stable")
    usable = usable.assign(period_end=usable["observed_at"].str[:10])
    daily = [*subject, "period_end"]
    moment = usable.groupby(daily, dropna=False)["observed_at"].transform("last")
    told = usable[usable["observed_at"].eq(moment)].drop_duplicates(
        [*daily, "value_state", "value"]
    )
    several = told.duplicated(daily, keep=False)
    told = told.assign(value=told["value"].mask(several)).drop_duplicates(daily)
    earlier = told.groupby(list(subject), dropna=False)[["value", "period_end", "capture_id"]]
    before = earlier.shift()
    rise = told["value"] - before["value"]
    up = rise.gt(0).fillna(False).astype(bool)
    start = pd.to_datetime(before.loc[up, "period_end"]) + pd.Timedelta(days=1)
    return told[up].assign(
        value=rise[up],
        period_start=start.dt.strftime("%Y-%m-%d"),
        before=before.loc[up, "capture_id"],
    )


def ids(rows: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """An own id for each row, 20 hex digits made of the texts in ``columns``."""
    joined = map("\n".join, rows[list(columns)].astype("string").fillna("").itertuples(index=False))
    return [hashlib.sha256(text.encode()).hexdigest()[:20] for text in joined]


def _looks(about: np.ndarray, moments: pd.Series) -> np.ndarray:
    """A number for each subject and moment: looks at one subject follow each other without gap."""
    moment = moments.factorize(sort=True)[0]
    order = np.lexsort((moment, about))
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(_changes(about[order]) | _changes(moment[order]))
    return numbers


def _before(about: np.ndarray, look: np.ndarray, spell: np.ndarray) -> np.ndarray:
    """For each row the one observation at the look before, -1 where there is none or several."""
    size = look.max(initial=0) + 1
    pairs = pd.DataFrame({"look": look, "spell": spell, "about": about}).drop_duplicates()
    alone = pairs[~pairs.duplicated("look", keep=False)]
    only, whose = np.full(size, -1), np.full(size, -1)
    only[alone["look"]], whose[alone["look"]] = alone["spell"], alone["about"]
    known = (only[look] >= 0) & (whose[look - 1] == about)
    return np.where(known, only[look - 1], -1)


def _changes(codes: np.ndarray) -> np.ndarray:
    return np.append(True, codes[1:] != codes[:-1])[: len(codes)]
