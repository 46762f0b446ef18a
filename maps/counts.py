"""Published counts of single departments, in the words and order in which popups tell them."""

from __future__ import annotations

import pandas as pd

from maps import words
from maps.columns import Column, coded, plain, shared, texts

KNOWN = ("value", "zero_stated")
"""Value states of a number that somebody stated."""

EARLIER_SHOWN = 3
"""Earlier numbers told beside the newest; a running counter has one for every look."""


def requests(table: pd.DataFrame, order: pd.Series, sources: list[str]) -> dict[str, Column]:
    """What each source says last of each department, metric and period; before it, what it said.

    ``order`` gives the row of each agency_id, ``sources`` the order of the sources.
    """
    mine = table[table["agency_id"].isin(order.index)]
    mine = mine.assign(row=mine["agency_id"].map(order), amount=amounts(mine))
    earlier = _earlier(mine)
    current = mine[mine["current"]].sort_values(
        ["row", "metric", "period_start", "period_end", "period_label", "source", "request_id"]
    )
    current = current.assign(period=periods(current))
    timed = current["basis"].eq("derived") | current["period"].str.startswith("so far")
    metric = current["metric"].map(words.METRICS).astype("object")
    current["what"] = metric.mask(timed.astype(bool), metric.str.removesuffix(words.SO_FAR))
    return _numbers(current, sources) | {
        "period": coded(current["period"]),
        "known": shared(current["value_state"].isin(KNOWN).astype(int).tolist()),
        "asks": shared(current["metric"].isin(words.ASKING).astype(int).tolist()),
        "basis": coded(current["basis"].map(words.BASES).fillna("")),
        "earlier": coded(current["request_id"].map(earlier)),
    }


def cameras(table: pd.DataFrame, order: pd.Series, sources: list[str]) -> dict[str, Column]:
    """The newest number of each department, metric and source."""
    mine = table.assign(row=table["agency_id"].map(order)).sort_values(
        ["row", "metric", "source", "observed_at", "camera_count_id"]
    )
    newest = mine.drop_duplicates(["row", "metric", "source"], keep="last")
    newest = newest.assign(amount=amounts(newest), what=newest["metric"].map(words.METRICS))
    return _numbers(newest, sources) | {"additive": shared(newest["additive"].tolist())}


def asking(table: pd.DataFrame) -> pd.DataFrame:
    """What is said last of requests for footage, rows of ``footage_requests``."""
    return table[table["current"].fillna(False) & table["metric"].isin(words.ASKING)]


def counted(table: pd.DataFrame) -> pd.Series:
    """The departments of which a number of requests is known, from ``footage_requests``."""
    rows = asking(table)
    return rows.loc[rows["value_state"].isin(KNOWN), "agency_id"].dropna()


def amounts(table: pd.DataFrame) -> pd.Series:
    """The number of each row in words; where there is none, why."""
    numbers = [plain(table[name]) if name in table else [None] * len(table) for name in RANGE]
    bounds = texts(table["bound"]) if "bound" in table else ["exact"] * len(table)
    told = map(words.amount, texts(table["value_state"]), bounds, *numbers)
    return pd.Series(list(told), index=table.index, dtype="object")


RANGE = ("value", "low", "high")


def periods(table: pd.DataFrame) -> pd.Series:
    """The period as the source wrote it, else in words."""
    days = [
        words.span(start, end)
        for start, end in zip(texts(table["period_start"]), texts(table["period_end"]), strict=True)
    ]
    return table["period_label"].astype("object").fillna(pd.Series(days, table.index))


def _earlier(table: pd.DataFrame) -> dict[str, str]:
    """What is told of the numbers before each current one: revisions, or how a counter ran."""
    columns = ("request_id", "revises", "metric", "amount", "last_observed")
    rows = {key: row for key, *row in zip(*(texts(table[name]) for name in columns), strict=True)}
    found: dict[str, str] = {}
    for key in texts(table.loc[table["current"], "request_id"]):
        before, metric = rows[key][:2]
        running = words.METRICS[metric].endswith(words.SO_FAR)
        said: list[str] = []
        while before in rows and len(said) < EARLIER_SHOWN:
            before, _, amount, seen = rows[before]
            said.append(f"{amount} by {words.day(seen)}" if running else amount)
        lead = "before that " if running else "earlier given as "
        more = ", and others earlier" if before in rows else ""
        found[key] = f"{lead}{', '.join(said)}{more}" if said else ""
    return found


def _numbers(frame: pd.DataFrame, sources: list[str]) -> dict[str, Column]:
    return {
        "agency": frame["row"].tolist(),
        "what": coded(frame["what"]),
        "amount": coded(frame["amount"]),
        "observed": coded(frame["last_observed"].fillna(frame["observed_at"]).str[:10]),
        "source": shared([sources.index(name) for name in frame["source"]]),
    }
