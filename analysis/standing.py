"""What is known of a listing on a day: the rule of the map's slider."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from analysis.dates import days

STANDINGS = {
    "listed": "listed on that day for certain",
    "perhaps": "its start or end is not known to the day, and that day lies in between",
    "last_seen": "listed before; nobody has looked since, or no source is kept up",
    "no": "its start was later or its end before",
    "unknown": "no source states a start, and that day lies before the first look that shows it",
}


def listed_on(participations: pd.DataFrame, day: str) -> pd.Series:
    """Of each row of the table ``participations`` its standing on ``day``, one of STANDINGS.

    ``day`` is YYYY-MM-DD. All days count with their ends; of moments only the day counts, in UTC.

    * It started on a day from the first to the last that its stated start may mean, and by the day
      of ``first_observed`` where the stated start is not wholly later. Before the first it is
      ``no``, from then until before the last ``perhaps``. Without a stated start it is ``unknown``
      before the day of ``first_observed``.
    * It ended with the last day that ``valid_to`` may mean: later it is ``no``, whatever its start.
    * If sources stopped showing it (``delisted_observed``) it is listed up to the day of
      ``last_observed``, then ``perhaps``, and ``no`` from the day of ``first_missing`` on.
    * Otherwise it is ``last_seen`` after the day of ``last_observed``.

    Raises:
        ValueError: ``day`` is no day.
    """
    on = date.fromisoformat(day).isoformat()
    start = days(participations["valid_from"])
    first_seen, last_seen, first_missing = (
        participations[name].str[:10]
        for name in ("first_observed", "last_observed", "first_missing")
    )
    seen_within = first_seen.ge(start["first"]) & first_seen.lt(start["last"])
    certain = start["last"].mask(_so(seen_within), first_seen)
    delisted = participations["valid_to_kind"].eq("delisted_observed")
    later = _so(last_seen.lt(on))
    rules = [
        (_so(start["first"].gt(on)), "no"),
        (_so(days(participations["valid_to"])["last"].lt(on)), "no"),
        (delisted & later & _so(first_missing.le(on)), "no"),
        (start["first"].isna() & _so(first_seen.gt(on)), "unknown"),
        (_so(certain.gt(on)), "perhaps"),
        (delisted & later, "perhaps"),
        (later, "last_seen"),
    ]
    found = np.select(
        [holds.to_numpy(dtype=bool) for holds, _ in rules], [said for _, said in rules], "listed"
    )
    return pd.Series(found, index=participations.index, dtype="string", name="standing")


def _so(compared: pd.Series) -> pd.Series:
    """True only where the comparison holds; with a missing day none does."""
    return compared.fillna(False).astype(bool)
