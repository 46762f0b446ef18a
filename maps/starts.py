"""Stated starts: how many departments a programme had by the end of each month, as sources tell it.

Months are whole numbers (year times 12 plus month, from 0).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from maps import words
from maps.columns import texts

FIRST_MONTH = 2018 * 12
"""January 2018: the first programme began in March of that year."""

ANSWERED = ("ok", "not_modified", "imported", "unchanged")
"""Outcomes of a capture that holds a copy of a list, trusted or not."""

NO_COPY = r"/robots\.txt$|/cdx/search/cdx\?"
"""Addresses of answers that show no list: manners, and an archive's index of its copies."""

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Growth:
    """Departments of a programme by stated start: ``steps`` are (month, number from it on).

    ``last`` is the month of the newest look at a list that states starts; of ``later`` departments
    a start after it is stated, of ``undated`` none. ``by_year`` holds the number by the end of each
    year or by ``last``, None where nobody looked.
    """

    programme: str
    steps: tuple[tuple[int, int], ...]
    number: int
    last: int
    undated: int
    later: int
    by_year: tuple[int | None, ...]

    @property
    def until(self) -> str:
        """The month of the newest look, in words."""
        return words.day(f"{self.last // 12}-{self.last % 12 + 1:02}")


def newest_month(tables: Tables) -> int | None:
    """The month of the newest observation, December 2018 at the least; None where nobody looked."""
    seen = [tables["participations"]["last_observed"], tables["changes"]["observed_at"]]
    moments = [str(moments.max()) for moments in seen if moments.notna().any()]
    return max(*map(month, moments), FIRST_MONTH + 11) if moments else None


def growth(tables: Tables, end: int) -> list[Growth]:
    """How each programme grew until the month ``end``, the largest first.

    A start stated by day or month counts from that month on; one stated by year from December, or
    from the month in which the department was first seen listed, if that was in the same year.
    A department counts once in each programme, by its first spell with a stated start; nobody is
    taken off again.
    """
    return _grown(tables, end, {}).get("", [])


def growth_by_state(tables: Tables, end: int) -> dict[str, list[Growth]]:
    """The same of the departments of each state, by its USPS code, where any start is stated."""
    agencies = tables["agencies"]
    states = zip(texts(agencies["agency_id"]), texts(agencies["state"]), strict=True)
    return _grown(tables, end, dict(states))


def _grown(tables: Tables, end: int, areas: Mapping[str, str]) -> dict[str, list[Growth]]:
    """How each programme grew in each area; ``areas`` has those of departments by their ids."""
    listed, claims = tables["participations"], tables["listings"]
    looked = claims[claims["valid_from"].notna()].groupby("programme")["last_observed"].max()
    pairs = set(zip(texts(listed["agency_id"]), texts(listed["programme"]), strict=True))
    everybody = Counter((areas.get(agency, ""), programme) for agency, programme in pairs)
    months: dict[str, dict[str, list[int]]] = {}
    started = starts(listed)
    columns = (texts(started["programme"]), texts(started["agency_id"]), started["month"])
    for programme, agency, at in zip(*columns, strict=True):
        months.setdefault(areas.get(agency, ""), {}).setdefault(programme, []).append(at)
    return {
        area: [
            _growth(
                name,
                found[name],
                month(looked[name]) if name in looked else end,
                end,
                everybody[area, name],
            )
            for name in sorted(found, key=lambda name: (-len(found[name]), name))
        ]
        for area, found in months.items()
    }


def month(text: str) -> int:
    """The number of an ISO month or day.

    >>> month("2018-01"), month("2018-03-22")
    (24216, 24218)
    """
    return int(text[:4]) * 12 + int(text[5:7]) - 1


def starts(participations: pd.DataFrame) -> pd.DataFrame:
    """Columns programme, agency_id and month: the first stated start of each in each programme."""
    columns = ["programme", "agency_id", "valid_from", "first_observed"]
    rows = participations.loc[participations["valid_from"].notna(), columns].astype("object")
    dates, seen = texts(rows["valid_from"]), texts(rows["first_observed"])
    known = {pair: _month_of(*pair) for pair in set(zip(dates, seen, strict=True))}
    rows["month"] = [known[pair] for pair in zip(dates, seen, strict=True)]
    rows = rows.sort_values(["programme", "agency_id", "month"], kind="stable")
    rows = rows.drop_duplicates(["programme", "agency_id"])
    return rows[["programme", "agency_id", "month"]].reset_index(drop=True)


def looks(tables: Tables) -> list[str]:
    """Of which list we have copies, of how many days and between which, in words."""
    sources = tables["sources"]
    lists = set(tables["listings"]["source"])
    captures = tables["captures"]
    good = captures["outcome"].isin(ANSWERED) & captures["http_status"].fillna(200).lt(400)
    good &= ~captures["url"].str.contains(NO_COPY)
    days = captures.loc[good, ["source", "observed_at"]]
    days = days.assign(day=days["observed_at"].str[:10])
    found: list[str] = []
    for name, title in zip(texts(sources["source"]), texts(sources["title"]), strict=True):
        mine = sorted(set(texts(days.loc[days["source"] == name, "day"])))
        if name not in lists or not mine:
            continue
        months = len({day[:7] for day in mine})
        ends = f"{words.day(mine[0])} to {words.day(mine[-1])}" if mine[1:] else words.day(mine[0])
        found.append(
            f"{title}: copies of {words.number(len(mine))} {'day' if len(mine) == 1 else 'days'} "
            f"in {words.number(months)} {'month' if months == 1 else 'months'}, {ends}"
        )
    return found


def _month_of(start: str, first_observed: str) -> int:
    if len(start) > 4:
        return month(start)
    december = month(f"{start}-12")
    return min(december, month(first_observed)) if first_observed[:4] == start else december


def _growth(
    programme: str, started: Sequence[int], looked: int, end: int, everybody: int
) -> Growth:
    last = min(max(looked, FIRST_MONTH), end)
    months = np.sort(np.array(started, dtype=np.int64))
    number = int((months <= last).sum())
    places = sorted({FIRST_MONTH, *(max(place, FIRST_MONTH) for place in months[:number].tolist())})
    totals = np.searchsorted(months, places, side="right").tolist()
    until = [min(12 * year + 11, last) for year in range(FIRST_MONTH // 12, last // 12 + 1)]
    by_year = np.searchsorted(months, until, side="right").tolist()
    return Growth(
        words.programme_name(programme),
        tuple(zip(places, totals, strict=True)),
        number,
        last,
        everybody - len(months),
        len(months) - number,
        (*by_year, *[None] * (end // 12 - last // 12)),
    )
