"""Listings as sources state them, and the participations they add up to."""

from __future__ import annotations

import hashlib
import json

import pandas as pd

from analysis.dates import stated
from analysis.names import fold
from spiders.programmes import PROGRAMMES

CLAIM = ["source", "agency_id", "programme", "valid_from", "valid_from_precision"]


def listings(named: pd.DataFrame) -> pd.DataFrame:
    """The table ``listings`` with a row per claim, and in ``listing_id`` the key of each.

    ``named`` holds identified listing records. The same claim seen in several captures is one
    row, with the first and last look that showed it.
    """
    rows = claimed(named)
    rows = rows.sort_values(["observed_at", "capture_id", "record_id"], kind="stable")
    newest = rows.drop_duplicates("listing_id", keep="last").set_index("listing_id")
    moments = rows.groupby("listing_id")["observed_at"]  # sorted above
    frame = pd.DataFrame(
        {
            "agency_id": newest["agency_id"],
            "programme": newest["programme"],
            "source": newest["source"],
            "name_raw": newest["agency"],
            "city_raw": _blank(newest["city"]),
            "county_raw": _blank(newest["county"]),
            "state_raw": _blank(newest["state"]),
            "valid_from": newest["valid_from"],
            "valid_from_precision": newest["valid_from_precision"],
            "valid_from_text": _blank(newest["since_text"]),
            "profile_url": _blank(newest["profile_url"]),
            "links": newest["links"].map(_links),
            "first_observed": moments.first(),
            "last_observed": moments.last(),
        }
    )
    return frame.reset_index()


def claimed(named: pd.DataFrame) -> pd.DataFrame:
    """``named`` with valid_from, valid_from_precision and listing_id."""
    when = stated(named["since_text"])
    rows = named.assign(valid_from=when["date"], valid_from_precision=when["precision"])
    keys, *parts = (rows[column].fillna("").astype("string") for column in CLAIM)
    for part in parts:
        keys = keys + "\n" + part
    distinct = {key: hashlib.sha256(key.encode()).hexdigest()[:20] for key in keys.unique()}
    return rows.assign(listing_id=keys.map(distinct))


def participations(
    claims: pd.DataFrame, named: pd.DataFrame, looks: pd.DataFrame, set_aside: pd.DataFrame
) -> pd.DataFrame:
    """The table ``participations`` from the table ``listings``.

    ``named`` holds the identified listing records, and so which run saw which department.
    ``looks`` has a row for each healthy look at a source in which a programme's category stood:
    run_id, source, programme, observed_at, first_hand (was it fetched at the moment it speaks
    for?). Only such a look can show that a department is missing, two of them that it was delisted.
    ``set_aside`` (run_id, name) are the rows nobody could understand: a department of that name may
    stand there, and is not missing from that look.
    """
    if claims.empty:
        return pd.DataFrame()
    key = ["agency_id", "programme"]
    ranked = claims.assign(latest=_last_day(claims["valid_from"])).sort_values(
        [*key, "latest", "listing_id"], na_position="last", kind="stable"
    )
    first = ranked.sort_values("first_observed", kind="stable").groupby(key)["first_observed"]
    last = ranked.sort_values("last_observed", kind="stable").groupby(key)["last_observed"]
    frame = pd.DataFrame(
        {
            "first_observed": first.first(),
            "last_observed": last.last(),
            "claims": ranked.groupby(key).size(),
        }
    ).reset_index()
    together = _sources(ranked)
    frame["sources"] = [
        together[pair] for pair in zip(frame["agency_id"], frame["programme"], strict=True)
    ]
    earliest = ranked.drop_duplicates(key)[[*key, "valid_from", "valid_from_precision"]]
    frame = frame.merge(earliest, on=key)
    frame["spell"] = 1
    frame["participation_id"] = frame["agency_id"] + ":" + frame["programme"] + ":1"
    frame["valid_from_kind"] = frame["valid_from"].notna().map({True: "stated", False: "unknown"})
    return _ends(frame, named, looks, set_aside)


def _sources(claims: pd.DataFrame) -> dict[tuple[str, str], str]:
    """The sources of each department and programme, sorted."""
    rows = claims[["agency_id", "programme", "source"]].drop_duplicates().sort_values("source")
    found: dict[tuple[str, str], str] = {}
    for agency, programme, source in rows.itertuples(index=False, name=None):
        pair = (agency, programme)
        found[pair] = f"{found[pair]}; {source}" if pair in found else source
    return found


def _last_day(dates: pd.Series) -> pd.Series:
    """The last day a date may mean: of two claims the one that must have been so earlier is first.

    ``2020`` sorts behind ``2020-06`` and that behind ``2020-06-05``.
    """
    return dates.str.cat(dates.str.len().map({4: "-99-99", 7: "-99", 10: ""}))


def _ends(
    frame: pd.DataFrame, named: pd.DataFrame, looks: pd.DataFrame, set_aside: pd.DataFrame
) -> pd.DataFrame:
    """``frame`` with valid_to, valid_to_kind and first_missing.

    Whether a look showed a department is asked of the run, not of the clock: a crawl takes time,
    and its last page is later than the page that listed the department.
    """
    spell = ["agency_id", "programme"]
    listed_by = named[[*spell, "source"]].drop_duplicates()
    shown = named[[*spell, "run_id"]].drop_duplicates()
    asked = listed_by.merge(looks, on=["source", "programme"]).merge(
        frame[[*spell, "last_observed"]], on=spell
    )
    asked = asked.merge(shown, on=[*spell, "run_id"], how="left", indicator="shown")
    there = asked["shown"].eq("both")
    unsure = pd.MultiIndex.from_frame(asked[["agency_id", "run_id"]]).isin(
        pd.MultiIndex.from_frame(_perhaps(named, set_aside))
    )
    after = asked[~there & ~unsure & asked["observed_at"].gt(asked["last_observed"])]
    missed = after.groupby(spell)["observed_at"].agg(["min", "nunique"])
    at_last = asked[there].sort_values(["observed_at", "first_hand"], kind="stable")
    at_last = at_last.drop_duplicates(spell, keep="last")
    key = pd.MultiIndex.from_frame(frame[spell])
    missed = missed.reindex(key)
    kept_up = frame["programme"].map(lambda programme: PROGRAMMES[programme].list_kept_up)
    seen_at_last = key.isin(pd.MultiIndex.from_frame(at_last.loc[at_last["first_hand"], spell]))
    times = missed["nunique"].fillna(0).to_numpy()
    frame["first_missing"] = missed["min"].to_numpy()
    frame["valid_to"] = pd.NA
    frame["valid_to_kind"] = "unknown"
    frame.loc[(times == 0) & seen_at_last & kept_up, "valid_to_kind"] = "ongoing"
    frame.loc[times >= 2, "valid_to_kind"] = "delisted_observed"
    return frame


def _perhaps(named: pd.DataFrame, set_aside: pd.DataFrame) -> pd.DataFrame:
    """Columns agency_id and run_id: which department may stand in a row that was set aside."""
    keys = named[["agency_id", "name"]].drop_duplicates()
    aside = set_aside.assign(key=fold(set_aside["name"]))[["run_id", "key"]].dropna()
    return keys.assign(key=fold(keys["name"])).merge(aside, on="key")[["agency_id", "run_id"]]


def _blank(texts: pd.Series) -> pd.Series:
    return texts.mask(texts.eq(""))


def _links(links: object) -> str | None:
    if not isinstance(links, list) or not links:
        return None
    return json.dumps(links, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
