"""When each source listed a department, and which looks show that it did not.

Only a healthy look at a programme shows that a department is missing. Two distinct moments without
it end a spell; a later sighting opens the next. Sightings of incomplete looks count as presence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.agencies import numbers
from analysis.names import fold

LIST = ["source", "programme"]
"""Columns that tell one list of departments from another."""

SPELL = ["source", "agency_id", "programme"]
MISSED = [
    *("missing", "first_missing", "first_missing_look"),
    *("second_missing", "second_missing_look"),
]


def programme_looks(
    looks: pd.DataFrame, listing: pd.DataFrame, other_rows: pd.DataFrame
) -> pd.DataFrame:
    """Whole looks at each programme of each source: look_id, source, programme, observed_at,
    first_hand.

    A look in which a source says that it holds no row of a tracked category is no look at the
    programme: the category is absent, the departments are not.
    """
    whole = looks.loc[looks["whole"], ["look_id", "source", "observed_at", "first_hand"]]
    asked = whole.merge(listing[LIST].drop_duplicates(), on="source")
    tracked = other_rows[other_rows["programme"].ne("")]
    counted = tracked.groupby(["look_id", "programme"])["rows"].sum()
    absent = counted.index[counted.eq(0)]
    return asked[~pd.MultiIndex.from_frame(asked[["look_id", "programme"]]).isin(absent)]


@dataclass(frozen=True, slots=True)
class Absences:
    """The distinct moments of whole looks at each list, numbered through, one list after another,
    and those that tell nothing of a department because a row of its name was set aside.

    ``moments``: source, programme, observed_at, look_id, in order; ``lists`` and ``times`` their
    distinct values; ``places`` their numbers (list x times + time); ``unsure`` departments and
    moments as one number (see :meth:`_at`).
    """

    moments: pd.DataFrame
    lists: pd.MultiIndex
    times: np.ndarray
    places: np.ndarray
    agencies: pd.Index
    unsure: np.ndarray

    @classmethod
    def of(cls, seen: pd.DataFrame, looks: pd.DataFrame, set_aside: pd.DataFrame) -> Absences:
        """From listings (agency_id, name), :func:`programme_looks` and rows nobody could
        understand (look_id, name): a department of that name may stand there."""
        ordered = looks.sort_values([*LIST, "observed_at", "look_id"], kind="stable")
        moments = ordered.drop_duplicates([*LIST, "observed_at"]).reset_index(drop=True)
        lists = pd.MultiIndex.from_frame(moments[LIST].drop_duplicates())
        times = np.unique(moments["observed_at"].to_numpy(dtype=object))
        which = lists.get_indexer(pd.MultiIndex.from_frame(moments[LIST]))
        places = which * len(times) + np.searchsorted(times, moments["observed_at"])
        agencies = pd.Index(seen["agency_id"].unique())
        numbers = pd.MultiIndex.from_frame(moments[[*LIST, "observed_at"]])
        doubts = _doubts(seen, set_aside).merge(looks, on="look_id")
        doubted = numbers.get_indexer(pd.MultiIndex.from_frame(doubts[[*LIST, "observed_at"]]))
        unsure = agencies.get_indexer(pd.Index(doubts["agency_id"])) * (len(moments) + 2) + doubted
        return cls(moments, lists, times, places, agencies, np.unique(unsure))

    def missed(self, spans: pd.DataFrame) -> pd.DataFrame:
        """What looks strictly between ``after`` and ``before`` (missing: for ever) did not show.

        ``spans``: source, programme, agency_id, after, before, where nobody saw the department in
        between. Gives, with its index, :data:`MISSED`: the number of moments, and the first two of
        them with a look each.
        """
        which = self.lists.get_indexer(pd.MultiIndex.from_frame(spans[LIST]))
        agency = self.agencies.get_indexer(pd.Index(spans["agency_id"]))
        low = self._place(which, spans["after"], "right")
        high = self._place(which, spans["before"], "left")
        high = np.where(spans["before"].isna(), self._place(which + 1), high)
        high = np.where(which < 0, low, np.maximum(low, high))
        unsure = np.searchsorted(self.unsure, [self._at(agency, low), self._at(agency, high)])
        first = self._sure(agency, low)
        second = self._sure(agency, first + 1)
        found = {"missing": high - low - (unsure[1] - unsure[0])}
        for name, place in (("first", first), ("second", second)):
            rows = self.moments.reindex(np.where(place < high, place, -1))
            found[f"{name}_missing"] = rows["observed_at"].to_numpy(dtype=object)
            found[f"{name}_missing_look"] = rows["look_id"].to_numpy(dtype=object)
        return pd.DataFrame(found, index=spans.index)[MISSED]

    def _place(
        self, which: np.ndarray, moments: pd.Series | None = None, side: str = "left"
    ) -> np.ndarray:
        """The number of the first moment of a list at (left) or after (right) a moment."""
        time = np.zeros(len(which), dtype="int64")
        if moments is not None:
            codes, distinct = pd.factorize(moments.astype(object))
            times = np.searchsorted(self.times, distinct.astype(object), side=side)  # type: ignore[call-overload]
            time = np.append(times, 0).astype("int64")[codes]
        found: np.ndarray = np.searchsorted(self.places, which * len(self.times) + time)
        return found

    def _at(self, agency: np.ndarray, place: np.ndarray) -> np.ndarray:
        number: np.ndarray = agency * (len(self.moments) + 2) + place
        return number

    def _sure(self, agency: np.ndarray, place: np.ndarray) -> np.ndarray:
        """``place``, or the first after it that is not unsure."""
        while (doubted := np.isin(self._at(agency, place), self.unsure)).any():
            place = place + doubted
        return place


def _doubts(seen: pd.DataFrame, set_aside: pd.DataFrame) -> pd.DataFrame:
    """Columns agency_id and look_id: which department may stand in a row that was set aside."""
    aside = set_aside[["look_id", "name"]].drop_duplicates()
    aside = aside.assign(key=fold(aside["name"]))[["look_id", "key"]].dropna()
    names = (
        seen[["agency_id", "name"]].drop_duplicates()
        if len(aside)
        else seen[["agency_id", "name"]][:0]
    )
    keyed = names.assign(key=fold(names["name"]))[["agency_id", "key"]].drop_duplicates()
    return keyed.merge(aside, on="key")[["agency_id", "look_id"]].drop_duplicates()


def source_spells(seen: pd.DataFrame, absences: Absences) -> pd.DataFrame:
    """The spells of each department in each programme of each source.

    ``seen``, in order of observed_at: listings with source, agency_id, programme, look_id,
    observed_at. Gives source, agency_id, programme, spell (from 1), first_observed,
    last_observed, first_look, last_look, and :data:`MISSED`: the moments after
    last_observed, up to the next spell, that did not show it.
    """
    about = numbers(seen, SPELL)
    moments = pd.factorize(seen["observed_at"], sort=True)[0]
    at = np.unique(about * (len(seen) + 1) + moments, return_index=True)[1]
    shown = seen[[*SPELL, "observed_at", "look_id"]].iloc[at].reset_index(drop=True)
    same = pd.Series(about[at]).eq(pd.Series(about[at]).shift(-1))
    following = shown["observed_at"].shift(-1)
    spans = shown[SPELL].assign(after=shown["observed_at"], before=following.where(same))
    missed = absences.missed(spans)
    last = ~same | missed["missing"].ge(2)
    first = last.shift(1, fill_value=True)
    ends = shown[last].reset_index(drop=True)
    frame = ends[SPELL].assign(
        spell=ends.groupby(SPELL).cumcount() + 1,
        first_observed=shown.loc[first, "observed_at"].to_numpy(),
        last_observed=ends["observed_at"],
        first_look=shown.loc[first, "look_id"].to_numpy(),
        last_look=ends["look_id"],
    )
    return frame.join(missed[last].reset_index(drop=True))
