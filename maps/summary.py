"""What is known of each state, in one line: departments, their rate, known requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from analysis.areas import populations
from analysis.states import STATES
from maps import words
from maps.columns import texts
from maps.counts import counted

FEW_DEPARTMENTS, FEW_RESIDENTS = 3, 20_000
"""Below these a rate rests on few: limits of our own, those of ``maps/static/measure.js``."""

GONE = ("delisted", "ended", "programme_ended")
"""Status groups of a listing that stands no more."""


class Summary(NamedTuple):
    """What is known of a state. A department counts once, in however many programmes it is.

    ``gone`` are those no longer listed in any of them, ``known`` those of which any number of
    requests is known; ``newest`` is the day (ISO) on which one was last seen listed, "" where none
    was. ``residents`` and their ``year`` are None where they are not known, and then ``rate`` is
    "". ``few`` says what makes the rate a small number, "" where nothing does.
    """

    code: str
    name: str
    departments: int
    gone: int
    known: int
    newest: str
    residents: int | None
    year: int | None
    rate: str
    few: str

    @property
    def last(self) -> str:
        """The day of ``newest`` in words."""
        return words.day(self.newest)


def summaries(tables: Mapping[str, pd.DataFrame], agencies: pd.DataFrame) -> list[Summary]:
    """A summary of every state and territory, by name."""
    listed = newest_spells(tables["participations"])
    left = listed["group"].isin(GONE).groupby(listed["agency_id"]).all()
    state = agencies["state"]
    everybody = Counter(texts(state))
    gone = Counter(texts(state[agencies["agency_id"].isin(left.index[left])]))
    known = Counter(texts(state[agencies["agency_id"].isin(counted(tables["footage_requests"]))]))
    last = agencies["agency_id"].map(listed.groupby("agency_id")["last_observed"].max())
    newest = last.astype("string").fillna("").groupby(state).max().str[:10].to_dict()
    people = populations(tables["area_populations"])
    people = people[people["area"].isin(STATES)]
    numbers = zip(people["population"].tolist(), people["year"].tolist(), strict=True)
    residents = dict(zip(texts(people["area"]), numbers, strict=True))
    names = {code: state.name for code, state in STATES.items()}
    names |= {code: code for code in everybody if code not in names}
    return [
        _summary(
            code,
            names[code],
            (everybody[code], gone[code], known[code]),
            newest.get(code, ""),
            *residents.get(code, (None, None)),
        )
        for code in sorted(names, key=lambda code: names[code])
    ]


def _summary(
    code: str,
    name: str,
    numbers: tuple[int, int, int],
    newest: str,
    residents: int | None,
    year: int | None,
) -> Summary:
    departments = numbers[0]
    told = rate(departments, residents) if departments and residents else ""
    few = [f"fewer than {FEW_DEPARTMENTS} departments"] if departments < FEW_DEPARTMENTS else []
    if residents is not None and residents < FEW_RESIDENTS:
        few.append(f"fewer than {words.number(FEW_RESIDENTS)} residents")
    return Summary(
        code, name, *numbers, newest, residents, year, told, " and ".join(few) if told else ""
    )


def rate(departments: int, residents: int) -> str:
    """Departments per 100,000 residents: two digits, or all of those before the point.

    >>> rate(212, 12_587_530), rate(30, 101_000), rate(3, 600_000)
    ('1.7', '30', '0.5')
    """
    found = departments * 100_000 / residents
    return words.number(float(f"{found:.2g}")) if found < 10 else words.number(round(found))


def newest_spells(listed: pd.DataFrame) -> pd.DataFrame:
    """The last spell of each department in each programme, with the group of its status.

    Column group is one of ``maps.words.GROUPS``.
    """
    last = listed.sort_values(["agency_id", "programme", "spell"]).drop_duplicates(
        ["agency_id", "programme"], keep="last"
    )
    return last.assign(group=last["valid_to_kind"].map(words.STATUS_GROUPS))
