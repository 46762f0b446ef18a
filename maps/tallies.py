"""Requests by period of one department: a table a metric, what is unknown in it as what is known.

Nothing is added up, and where nobody published a number there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

from maps import words
from maps.counts import KNOWN
from maps.dossier import Dossier, Row
from maps.spans import earliest, latest

ASKED_FROM, ASKED_TO = 4 * 2020 + 1, 4 * 2021
"""Second quarter of 2020, the first of which Ring's map gave numbers, and first of 2021, the last
one before 6 June 2021, when private requests ended (``spiders/programmes.py``)."""

EARLIER_SHOWN = 12
"""Earlier numbers told beside the newest; a running counter has one for every look."""

NOBODY = "unknown: nobody published a number"


def metrics(dossier: Dossier, newest: str) -> list[dict[str, Any]]:
    """A table for each metric the department has a row of, in the order of ``words.METRICS``.

    Requests in the months of Ring's map stand there also where no number is known. ``newest`` is
    the newest day of the site.
    """
    by_id = {row["request_id"]: row for row in dossier.counts}
    current: dict[str, list[Row]] = {}
    for row in dossier.counts:
        if row["current"]:
            current.setdefault(row["metric"], []).append(row)
    missing = {
        name: quarters(dossier, name, newest)
        for name in words.METRICS
        if name in current or name == "video_requests"
    }
    return [
        _metric(dossier, name, current.get(name, []), quarter, by_id)
        for name, quarter in missing.items()
        if name in current or quarter
    ]


def quarters(dossier: Dossier, metric: str, newest: str) -> list[int]:
    """Quarters of which nobody published a number, as four times the year plus 0 to 3: those that
    lie between two known ones, and for ``video_requests`` those in which Ring's map gave numbers
    and the department may have been listed.
    """
    if words.METRICS[metric].endswith(words.SO_FAR):
        return []
    told = [
        (row["period_start"], row["period_end"])
        for row in dossier.counts
        if row["current"] and row["metric"] == metric and row["period_start"] and row["period_end"]
    ]
    known = {_quarter(start) for start, end in told if (start, end) == _days(_quarter(start))}
    asked = set(range(min(known), max(known) + 1)) if known else set()
    if metric == "video_requests":
        lives = _lives(dossier.spells)
        for quarter in range(ASKED_FROM, ASKED_TO + 1):
            start, end = _days(quarter)
            if end <= newest and any(came <= end and left >= start for came, left in lives):
                asked.add(quarter)
    return [
        quarter
        for quarter in sorted(asked)
        if not any(start <= _days(quarter)[0] and _days(quarter)[1] <= end for start, end in told)
    ]


@cache
def named(quarter: int) -> str:
    """A quarter in words.

    >>> named(4 * 2020 + 1)
    'April to June 2020'
    """
    return words.span(*_days(quarter))


def _lives(spells: Sequence[Row]) -> list[tuple[str, str]]:
    """First and last day on which each listing in Ring's programme may have held."""
    found = []
    for place, spell in enumerate(spells):
        if spell["programme"] != "neighbors_portal":
            continue
        came = earliest(spell["valid_from"]) if spell["valid_from"] else ""
        if not came and spell["spell"] > 1:
            before = spells[place - 1]
            came = before["first_missing"] or before["last_observed"]
        left = spell["first_missing"] if spell["valid_to_kind"] == "delisted_observed" else ""
        left = latest(spell["valid_to"]) if spell["valid_to"] else left
        found.append((came[:10], left[:10] or "9999-12-31"))
    return found


def _quarter(day: str) -> int:
    return 4 * int(day[:4]) + (int(day[5:7]) - 1) // 3


@cache
def _days(quarter: int) -> tuple[str, str]:
    year, place = divmod(quarter, 4)
    after = date(year + place // 3, (place * 3 + 3) % 12 + 1, 1)
    return f"{year}-{place * 3 + 1:02}-01", (after - timedelta(days=1)).isoformat()


def _metric(
    dossier: Dossier, name: str, current: list[Row], missing: list[int], by_id: dict[str, Row]
) -> dict[str, Any]:
    ends = [row[part] for row in current for part in ("value", "low", "high")]
    most = max((end for end in ends if end is not None), default=0)
    told = [
        ((row["period_end"], row["period_start"]), _row(dossier, row, most, by_id))
        for row in current
    ]
    told += [(_days(quarter)[::-1], _unknown(quarter)) for quarter in missing]
    told.sort(key=lambda row: row[0])
    title = words.METRICS[name]
    return {
        "title": title[0].upper() + title[1:].removesuffix(words.SO_FAR),
        "asks": name in words.ASKING,
        "rows": [row for _, row in told],
    }


def _row(dossier: Dossier, row: Row, most: float, by_id: dict[str, Row]) -> dict[str, Any]:
    known = row["value_state"] in KNOWN
    solid = row["value"] if row["value"] is not None else row["low"]
    high = row["high"] if row["value"] is None else None
    return {
        "period": row["period_label"] or row["period"][:1].upper() + row["period"][1:],
        "amount": row["amount"],
        "known": known,
        "solid": _share(solid, most) if known else 0,
        "open": round(_share(high, most) - _share(solid, most), 1) if known and high else 0,
        "basis": words.BASES.get(row["basis"], ""),
        "source": row["source"],
        "as_of": words.day(row["last_observed"] or row["observed_at"]),
        "cited": dossier.exhibits.of("footage_requests", row["request_id"]),
        **_earlier(row, by_id),
    }


def _earlier(row: Row, by_id: dict[str, Row]) -> dict[str, Any]:
    """What was said before, the newest first, and how many more there are."""
    found = []
    running = words.METRICS[row["metric"]].endswith(words.SO_FAR)
    seen = {row["request_id"]}
    while (row := by_id.get(row["revises"], {})) and row["request_id"] not in seen:
        seen.add(row["request_id"])
        found.append(f"{row['amount']} by {words.day(row['last_observed'] or row['observed_at'])}")
    return {
        "earlier": found[:EARLIER_SHOWN],
        "earlier_more": len(found[EARLIER_SHOWN:]),
        "running": running,
    }


def _share(value: float | None, most: float) -> float:
    return round(100 * value / most, 1) if value and most else 0


def _unknown(quarter: int) -> dict[str, Any]:
    return {
        "period": named(quarter),
        "amount": NOBODY,
        "known": False,
        "solid": 0,
        "open": 0,
        "basis": "",
        "source": "",
        "as_of": "",
        "cited": [],
        "earlier": [],
        "earlier_more": 0,
        "running": False,
    }
