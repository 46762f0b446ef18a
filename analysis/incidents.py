"""Events of no single department: what became of sources, pages, categories and programmes."""

from __future__ import annotations

import pandas as pd

from analysis.dates import days
from analysis.read import Facts

OUT_OF_REACH = ("unreachable", "error", "given_up")
"""Causes of ``spiders.verdict.LOST`` for which a page that was there before did not come."""

MISREAD = "LayoutError"
"""The name of ``spiders.source.LayoutError``, with which its sentence among the problems begins."""


def incidents(facts: Facts) -> list[pd.DataFrame]:
    """``category_retired``, ``source_unreachable``, ``layout_changed``, ``text_changed`` and the
    ``programme_`` events, a row for each capture that shows one: kind, observed_at, valid_at,
    programme, source, before, after, about, capture_id."""
    return [
        _retired(facts),
        _troubles(facts),
        _rewritten(facts.seen("page_text")),
        _programmes(facts),
    ]


def _retired(facts: Facts) -> pd.DataFrame:
    """A tracked category that stood in one whole look at a source and is absent from the next."""
    said = facts.seen("other_rows")
    whole = facts.looks.loc[facts.looks["whole"], "look_id"]
    tracked = said[said["programme"].ne("") & said["look_id"].isin(whole)]
    if tracked.empty:
        return pd.DataFrame()
    tracked = tracked.assign(rows=tracked["rows"].astype("Int64")).sort_values(
        ["source", "programme", "observed_at", "capture_id"], kind="stable"
    )
    before = tracked.groupby(["source", "programme"])["rows"].shift()
    gone = tracked["rows"].eq(0) & before.gt(0).fillna(False)
    told = before[gone].astype("string") + " rows"
    return tracked[gone].assign(kind="category_retired", before=told, after="category absent")


def _troubles(facts: Facts) -> pd.DataFrame:
    """A source that could be read and no longer can: one event for each change of its state."""
    looks = facts.looks.sort_values(
        ["source", "observed_at", "published", "parser_version", "finished_at", "look_id"],
        kind="stable",
    )
    # of several readings of one WARC the one that is published, else the newest, tells its state
    looks = looks.drop_duplicates(["source", "warc", "observed_at"], keep="last")
    state = pd.Series("", index=looks.index, dtype="string")
    failed = looks["verdict"].eq("failed")
    state[looks["published"]] = "read"
    lost = looks["lost"].map(lambda lost: any(lost.get(cause) for cause in OUT_OF_REACH))
    state[failed & lost.astype(bool)] = "source_unreachable"
    misread = looks["problems"].map(lambda told: any(t.startswith(MISREAD) for t in told))
    state[failed & misread.astype(bool)] = "layout_changed"
    looks = looks.assign(kind=state)
    by_source = looks.groupby("source")
    looks["before"] = by_source["kind"].shift()
    looks["since"] = looks["observed_at"].where(state.eq("read"))
    looks["since"] = by_source["since"].ffill()
    told = looks[
        looks["kind"].isin(["source_unreachable", "layout_changed"])
        & looks["kind"].ne(looks["before"].fillna(""))
        & looks["since"].notna()
    ]
    told = told.assign(
        before="last read " + told["since"].astype("string"),
        after=told["reason"],
        about=told["kind"],
    ).drop(columns="since")
    captures = facts.captures[["warc", "capture_id", "observed_at", "outcome", "fetched_at"]]
    # the same moment where a look over archived copies asked for several
    near = told.merge(captures, on="warc", suffixes=("", "_of_capture"))
    near = near.assign(apart=near["observed_at_of_capture"].ne(near["observed_at"]))
    near = near.sort_values(["apart", "fetched_at", "capture_id"], kind="stable")
    return near.drop_duplicates(["look_id"], keep="first")


def _rewritten(texts: pd.DataFrame) -> pd.DataFrame:
    """A watched page whose meaningful text is not that of the look before."""
    if texts.empty:
        return pd.DataFrame()
    order = ["source", "page", "observed_at", "capture_id"]
    texts = texts.sort_values(order, kind="stable").drop_duplicates(
        ["source", "page", "observed_at", "sha256"]
    )
    told = (
        texts["page"].astype("string")
        + ", "
        + texts["characters"].astype("Int64").astype("string")
        + " characters, SHA-256 "
        + texts["sha256"].astype("string").str[:16]
    )
    before = texts.assign(told=told).groupby(["source", "page"])[["sha256", "told", "capture_id"]]
    former = before.shift()
    new = former["sha256"].notna() & former["sha256"].ne(texts["sha256"])
    event = texts[new].assign(
        kind="text_changed", about=texts["page"], before=former["told"], after=told
    )
    return pd.concat([event, event.assign(capture_id=former["capture_id"])], ignore_index=True)


def _programmes(facts: Facts) -> pd.DataFrame:
    """What befell programmes and their tools, from the newest edition of each reviewed file.

    The file is read today and tells of other days: an event is told from the day on which it could
    be known, the last day that ``happened`` may mean.
    """
    events = facts.edition("programme_event")
    if events.empty:
        return pd.DataFrame()
    known = days(events["happened"])["last"]
    tool = events["tool"].astype("string")
    return events.assign(
        kind="programme_" + events["event"].astype("string"),
        observed_at=known + "T00:00:00Z",
        valid_at=events["happened"],
        about=tool,
        after=(tool + ": ").mask(tool.eq(""), "") + events["meaning"].astype("string"),
    )
