"""ZIP codes as the search box reads them: which place of departments, else which state.

The block is packed as ``maps.columns.packed`` does and read by ``maps/static/names.js``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.places import place_keys
from maps.columns import packed, texts

PREFIXES = 1000
"""Of three digits each."""


def zips(agencies: pd.DataFrame, zips: pd.DataFrame) -> dict[str, Any]:
    """The ZIP codes of the places of ``agencies`` (rows as ``maps.listing.ordered`` gives them).

    ``zips`` has columns zip (five digits), state, place and key, as ``analysis.areas.zips`` gives
    them; a department is at the places of its state whose key is that of its city. The block has

    * ``places``: for each place how many departments are there, and their rows, each as what it is
      more than the one before it;
    * ``runs``: for each run of ZIP codes of one place by how much its first is more than that of
      the run before, how many codes follow that one, and by how much the place's number is more;
    * ``prefixes``: from 000 to 999, for each run of prefixes its length and its place in
      ``states``, where the states of a prefix stand with a space between them, that of most of its
      codes first, and the empty text for none.
    """
    placed = _placed(agencies)
    codes = zips.loc[zips["key"].isin(placed["key"]), ["zip", "state", "key"]].drop_duplicates()
    found = codes.merge(placed[["state", "key"]].drop_duplicates(), on=["state", "key"])
    found = found.sort_values(["zip", "state", "key"], ignore_index=True)
    found["place"] = found.groupby(["state", "key"], sort=False).ngroup()
    states, prefixes = _prefixes(zips)
    return {
        "places": packed(_members(placed, found)),
        "runs": packed(_runs(found)),
        "states": states,
        "prefixes": packed(prefixes),
    }


def _placed(agencies: pd.DataFrame) -> pd.DataFrame:
    """Columns state, key and row of the departments whose city is told."""
    keys = place_keys(agencies["city"])
    frame = {"state": agencies["state"], "key": keys, "row": np.arange(len(agencies))}
    return pd.DataFrame(frame).dropna()


def _members(placed: pd.DataFrame, found: pd.DataFrame) -> npt.NDArray[np.int64]:
    numbered = found[["state", "key", "place"]].drop_duplicates()
    rows = placed.merge(numbered, on=["state", "key"]).sort_values(["place", "row"])
    groups = rows.groupby("place")["row"]
    steps = groups.diff().fillna(rows["row"]).to_numpy("int64")
    counts = groups.size().to_numpy("int64")
    return np.insert(steps, np.cumsum(counts) - counts, counts)


def _runs(found: pd.DataFrame) -> npt.NDArray[np.int64]:
    number = found["zip"].astype("int64")
    rows = pd.DataFrame({"number": number, "place": found["place"]}).sort_values(
        ["place", "number"]
    )
    new = rows["place"].diff().ne(0) | rows["number"].diff().ne(1)
    runs = rows.groupby(new.cumsum()).agg(
        first=("number", "first"), more=("number", "size"), place=("place", "first")
    )
    runs["more"] -= 1
    runs = runs.sort_values(["first", "place"])
    for column in ("first", "place"):
        runs[column] = np.diff(runs[column].to_numpy("int64"), prepend=0)
    return runs[["first", "more", "place"]].to_numpy("int64").ravel()


def _prefixes(zips: pd.DataFrame) -> tuple[list[str], npt.NDArray[np.int64]]:
    codes = zips[["zip", "state"]].drop_duplicates()
    counts = codes.groupby([codes["zip"].str[:3].astype("int64"), "state"]).size()
    order = counts.rename("codes").reset_index()
    order = order.sort_values(["zip", "codes", "state"], ascending=[True, False, True])
    told = [""] * PREFIXES
    for prefix, state in zip(order["zip"], texts(order["state"]), strict=True):
        told[prefix] = f"{told[prefix]} {state}".lstrip()
    place, states = pd.factorize(np.array(told, dtype=object), sort=True)
    first = np.flatnonzero(np.diff(place, prepend=-1))
    lengths = np.diff(first, append=PREFIXES)
    return list(states), np.column_stack([lengths, place[first]]).astype("int64").ravel()
