"""Looks at sources: how each ended, and how full the records of the newest trusted one are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.evidence import pairs
from analysis.read import Facts
from spiders.verdict import LOST

RECORDS = (
    *("listing", "count", "figure", "registered_agency"),
    *("census_area", "population", "served_place"),
)
"""Kinds of record that are counted as records of a look; the others are of the whole source."""

ASIDE = ("rejection", "other_rows")
"""Kinds of record that tell what was not read: of their fields nobody asks how full they are."""

RATED = ["source", "kind", "field"]


def looks(facts: Facts) -> pd.DataFrame:
    """The table ``looks``: a row for each look of a run that ended, trusted or not, up to the day
    the facts are told for. Nothing in it comes from the clock of whoever read the bytes."""
    found = facts.looks
    if facts.as_of:
        found = found[found["observed_at"].str[:10].le(facts.as_of)]
    columns = ["look_id", "source", "observed_at", "verdict", "reason", "published", "first_hand"]
    lost = [{cause: n for cause, n in each.items() if n} for each in found["lost"]]
    unread = found["unread"].map(" | ".join)
    return found[[*columns, "parser_version", "warc"]].assign(
        notice=found["notice"].mask(found["notice"].eq("")),
        rows=[counts.get("rows") for counts in found["counts"]],
        records=[counted(counts) for counts in found["counts"]],
        rejected=[counts.get("rejection", 0) for counts in found["counts"]],
        pages_lost=[sum(each.values()) for each in lost],
        lost=pd.Series([_in_words(each) for each in lost], found.index, dtype=object),
        unread_fields=[len(fields) for fields in found["unread"]],
        unread=unread.mask(unread.eq("")),
    )


def counted(counts: Mapping[str, int]) -> int:
    """How many records a look counted."""
    return sum(number for key, number in counts.items() if key.partition(":")[0] in RECORDS)


def _in_words(lost: Mapping[str, int]) -> str | None:
    return ", ".join(f"{n} {LOST[cause]}" for cause, n in sorted(lost.items())) or None


def fill_rates(facts: Facts, told: pd.DataFrame) -> pd.DataFrame:
    """The table ``fill_rates``: in how many records of the newest published look at each source
    each field is filled, beside the published look before. ``told`` is the table ``looks``.

    A field is filled that holds anything but an empty text or list: a zero fills it.
    """
    published = told[told["published"]]
    published = published.sort_values(["observed_at", "parser_version", "look_id"], kind="stable")
    newest = published.drop_duplicates("source", keep="last")
    moments = newest.set_index("source")["observed_at"]
    earlier = published["observed_at"].lt(published["source"].map(moments))
    before = published[earlier].drop_duplicates("source", keep="last")
    now = _filled(facts, newest["look_id"])
    if now.empty:
        return now
    then = _filled(facts, before["look_id"]).set_index(RATED)
    then = then[["records", "filled"]].add_suffix("_before")
    return (
        now.join(then, on=RATED)
        .merge(newest[["source", "look_id", "observed_at"]], on="source")
        .assign(share=lambda rates: (rates["filled"] / rates["records"]).round(4))
    )


def _filled(facts: Facts, look_ids: pd.Series) -> pd.DataFrame:
    """By source, kind and field the distinct records of looks, and in how many it is filled."""
    sheets = facts.readings.loc[facts.readings["look_id"].isin(look_ids), "sheet_id"].unique()
    mine = facts.sightings.loc[facts.sightings["sheet_id"].isin(sheets), "record_id"]
    seen = set(mine.to_numpy(dtype=object))
    rows = []
    for kind, records in facts.records.items():
        if kind in ASIDE or records.empty:
            continue
        # of 100,000 records in two looks: 0.3 s, where isin() took 2.2 (2026-11-23)
        shown = np.array([each in seen for each in records["record_id"].to_numpy(dtype=object)])
        fields = records.columns.drop(["record_id", "source"])
        for source, part in records[shown].groupby("source", sort=True):
            for field in fields:
                held = part[field].to_numpy(dtype=object)
                filled = int(np.count_nonzero(held.astype(bool) | (held == 0)))
                rows.append((source, kind, field, len(part), filled))
    return pd.DataFrame(rows, columns=[*RATED, "records", "filled"])


def proofs(facts: Facts, told: pd.DataFrame, rates: pd.DataFrame) -> list[pd.DataFrame]:
    """Evidence of both tables: of a look the captures it read, or where none of it is published
    those of its archive that speak for its moment; of a rate the first and the last capture of
    its look, all of which the look's own evidence names."""
    read = facts.readings[facts.readings["look_id"].isin(told["look_id"])]
    silent = told[~told["look_id"].isin(read["look_id"])]
    kept = facts.captures[["capture_id", "source", "warc", "observed_at"]]
    came = silent[["look_id", "source", "warc", "observed_at"]].merge(
        kept, on=["source", "warc"], suffixes=("", "_capture")
    )
    copies = came["look_id"].str.contains("@", regex=False)
    came = came[~copies | came["observed_at"].eq(came["observed_at_capture"])]
    found = [
        pairs("looks", part["look_id"], part["capture_id"]) for part in (read, came) if len(part)
    ]
    if rates.empty:
        return found
    order = facts.captures.set_index("capture_id")["fetched_at"]
    ordered = read.assign(fetched_at=read["capture_id"].map(order)).sort_values(
        ["fetched_at", "capture_id"], kind="stable"
    )
    ends = pd.concat([ordered.drop_duplicates("look_id", keep=end) for end in ("first", "last")])
    rests = rates.merge(ends[["look_id", "capture_id"]].drop_duplicates(), on="look_id")
    names = rests["source"].str.cat(rests[["kind", "field"]], sep=":")
    return [*found, pairs("fill_rates", names, rests["capture_id"])]
