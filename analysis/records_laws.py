"""The public records law of each state by name and citation: what a request for records names."""

from __future__ import annotations

import csv
from functools import cache
from typing import NamedTuple

from analysis.places import REFERENCE


class Law(NamedTuple):
    """A public records law: its name, where it stands, and the code that it was taken from."""

    name: str
    citation: str
    source: str


@cache
def laws() -> dict[str, Law]:
    """The law of each state, by USPS code; a state of which we are not sure is not in it.

    From ``analysis/reference/records_laws.csv``; its README.md tells how they are known.
    """
    with (REFERENCE / "records_laws.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["state"]: Law(row["law"], row["citation"], row["source"])
            for row in csv.DictReader(file)
        }
