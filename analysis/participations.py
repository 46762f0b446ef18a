"""Listings as sources state them, and the participations they add up to."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd

from analysis.agencies import numbers
from analysis.dates import stated
from analysis.spells import Absences
from spiders.programmes import PROGRAMMES

PAIR = ["agency_id", "programme"]
SPELL = [*PAIR, "spell"]
CLAIM = ["source", "agency_id", "programme", "valid_from", "valid_from_precision"]


def claimed(named: pd.DataFrame) -> pd.DataFrame:
    """Identified listings with valid_from, valid_from_precision and listing_id."""
    codes, texts = pd.factorize(named["since_text"])
    when = stated(pd.Series(texts, dtype=object)).astype(object).take(codes)
    rows = named.assign(
        valid_from=when["date"].to_numpy(), valid_from_precision=when["precision"].to_numpy()
    )
    claim = numbers(rows, CLAIM)
    first = np.unique(claim, return_index=True)[1]
    keys = rows[CLAIM].iloc[first].astype(object).fillna("").itertuples(index=False, name=None)
    ids = [hashlib.sha256("\n".join(key).encode()).hexdigest()[:20] for key in keys]
    return rows.assign(listing_id=pd.Series(ids, dtype=object).take(claim).to_numpy())


def listings(claims: pd.DataFrame) -> pd.DataFrame:
    """The table ``listings`` from :func:`claimed` rows in the order of observed_at.

    The same claim seen in several captures is one row, with the first and last look that showed it.
    """
    newest = claims.drop_duplicates("listing_id", keep="last").set_index("listing_id")
    oldest = claims.drop_duplicates("listing_id").set_index("listing_id")
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
            "first_observed": oldest["observed_at"],
            "last_observed": newest["observed_at"],
        }
    )
    return frame.reset_index()


def participations(
    claims: pd.DataFrame,
    spells: pd.DataFrame,
    absences: Absences,
    looks: pd.DataFrame,
    ended: pd.Series,
) -> pd.DataFrame:
    """The table ``participations``, with the looks that showed each missing.

    ``claims`` are :func:`claimed` rows, ``spells`` those of single sources
    (:func:`analysis.spells.source_spells`), ``looks`` of :func:`analysis.spells.programme_looks`
    say which is first hand, ``ended`` holds by programme the day it ended. The closed spans
    of all sources are joined, unless between two of them lie two distinct moments at which a source
    that had listed the department before did not show it. Beside the declared columns:
    first_missing_look, second_missing_look.
    """
    spans = _joined(spells, absences)
    frame = spans.assign(participation_id=_names(spans)).merge(_stated(claims, spans), on=SPELL)
    earlier = frame.groupby(PAIR)["last_observed"].shift()
    told = frame["valid_from"].notna() & ~_last_day(frame["valid_from"]).le(earlier).fillna(False)
    frame["valid_from"] = frame["valid_from"].where(told)
    frame["valid_from_precision"] = frame["valid_from_precision"].where(told, "unknown")
    frame["valid_from_kind"] = told.map({True: "stated", False: "unknown"})
    return _ends(frame, claims, looks, ended)


def spell_numbers(rows: pd.DataFrame, spans: pd.DataFrame) -> np.ndarray:
    """Which spell of its department and programme each row (observed_at) belongs to."""
    starts = spans[[*PAIR, "first_observed"]].rename(columns={"first_observed": "observed_at"})
    both = pd.concat([starts, rows[[*PAIR, "observed_at"]]], ignore_index=True)
    moments = pd.factorize(both["observed_at"], sort=True)[0]
    place = numbers(both, PAIR) * (len(both) + 1) + moments
    order = np.argsort(place[: len(starts)], kind="stable")
    ordered = place[: len(starts)][order]
    found = np.searchsorted(ordered, place[len(starts) :], side="right") - 1
    return spans["spell"].to_numpy()[order][found]


def spell_names(rows: pd.DataFrame, spans: pd.DataFrame) -> pd.Series:
    """The participation_id of the spell each row belongs to."""
    spells = rows[PAIR].assign(spell=spell_numbers(rows, spans))
    spell = numbers(spells, SPELL)
    distinct = spells.iloc[np.unique(spell, return_index=True)[1]]
    # as objects, to repeat a reference and not a text
    return _names(distinct).astype(object).take(spell).set_axis(rows.index)


def _names(spells: pd.DataFrame) -> pd.Series:
    texts = spells[SPELL].astype("string")
    return texts["agency_id"] + ":" + texts["programme"] + ":" + texts["spell"]


def _joined(spells: pd.DataFrame, absences: Absences) -> pd.DataFrame:
    """Spells over all sources: agency_id, programme, spell, first_observed, last_observed,
    first_missing, second_missing and a look for each."""
    rows = spells.sort_values([*PAIR, "first_observed", "source"], kind="stable", ignore_index=True)
    ends, moments = pd.factorize(rows["last_observed"], sort=True)
    reached = pd.Series(ends).groupby([rows[column] for column in PAIR]).cummax().to_numpy()
    rows["reached"] = np.asarray(moments, dtype=object)[reached]
    following = rows.shift(-1)
    same = rows[PAIR].eq(following[PAIR]).all(axis="columns")
    rows["before"] = following["first_observed"].where(same)
    gaps = rows[~same | rows["before"].gt(rows["reached"])].drop(columns=["source", "spell"])
    gaps = gaps[[*PAIR, "reached", "before"]].join(_missed(gaps, spells, absences))
    ends_there = gaps[gaps["before"].isna() | gaps["second_missing"].notna()]
    starts = np.append(0, ends_there.index.to_numpy() + 1)[: len(ends_there)]
    frame = ends_there.assign(first_observed=rows["first_observed"].to_numpy()[starts])
    frame["spell"] = frame.groupby(PAIR).cumcount() + 1
    return frame.rename(columns={"reached": "last_observed"}).reset_index(drop=True)


def _missed(gaps: pd.DataFrame, spells: pd.DataFrame, absences: Absences) -> pd.DataFrame:
    """The first two distinct moments in each gap at which a source that had listed the department
    by then did not show it."""
    since = spells.loc[spells["spell"].eq(1), [*PAIR, "source", "first_observed"]]
    asked = gaps[[*PAIR, "reached", "before"]].reset_index(names="gap").merge(since, on=PAIR)
    asked = asked[asked["first_observed"].le(asked["reached"])]
    asked = asked.rename(columns={"reached": "after"})
    missed = asked[["gap"]].join(absences.missed(asked))
    told = pd.concat(
        [
            missed[["gap", moment, f"{moment}_look"]].set_axis(["gap", "at", "look"], axis=1)
            for moment in ("first_missing", "second_missing")
        ]
    ).dropna(subset=["at"])
    told = told.sort_values(["gap", "at", "look"], kind="stable").drop_duplicates(["gap", "at"])
    told["number"] = told.groupby("gap").cumcount()
    found = {}
    for number, moment in enumerate(("first_missing", "second_missing")):
        one = told[told["number"].eq(number)].set_index("gap")
        found[moment] = one["at"].reindex(gaps.index)
        found[f"{moment}_look"] = one["look"].reindex(gaps.index)
    return pd.DataFrame(found, index=gaps.index)


def _stated(claims: pd.DataFrame, spans: pd.DataFrame) -> pd.DataFrame:
    """Of each spell: claims, sources, and the earliest start among the claims it is the first to
    make."""
    rows = claims.assign(spell=spell_numbers(claims, spans))
    once = np.unique(numbers(rows, [*SPELL, "listing_id"]), return_index=True)[1]
    made = rows.iloc[once]
    frame = made.groupby(SPELL).size().rename("claims").reset_index()
    sources = made.drop_duplicates([*SPELL, "source"]).sort_values("source", kind="stable")
    told = sources.groupby(SPELL)["source"].agg("; ".join)
    frame = frame.join(told.rename("sources"), on=SPELL)
    new = made.sort_values("spell", kind="stable").drop_duplicates("listing_id")
    ranked = new.assign(latest=_last_day(new["valid_from"])).sort_values(
        [*SPELL, "latest", "listing_id"], na_position="last", kind="stable"
    )
    earliest = ranked.drop_duplicates(SPELL)[[*SPELL, "valid_from", "valid_from_precision"]]
    return frame.merge(earliest, on=SPELL, how="left")


def _last_day(dates: pd.Series) -> pd.Series:
    """The last day a date may mean, to sort by: of two claims the one that must have been so
    earlier is first.

    ``2020`` sorts behind ``2020-06`` and that behind ``2020-06-05``.
    """
    return dates.str.cat(dates.str.len().map({4: "-99-99", 7: "-99", 10: ""}))


def _ends(
    frame: pd.DataFrame, claims: pd.DataFrame, looks: pd.DataFrame, ended: pd.Series
) -> pd.DataFrame:
    """``frame`` with valid_to and valid_to_kind."""
    ordered = looks.sort_values(["observed_at", "first_hand", "look_id"]).drop_duplicates("look_id")
    rank = pd.Index(ordered["look_id"]).get_indexer(claims["look_id"])
    newest = pd.Series(rank).groupby(numbers(claims, PAIR)).max()
    pairs = claims[PAIR].iloc[np.unique(numbers(claims, PAIR), return_index=True)[1]]
    first_hand = np.append(ordered["first_hand"].to_numpy(dtype=bool), False)
    seen = pd.MultiIndex.from_frame(pairs[first_hand[newest.to_numpy()]])
    there = pd.MultiIndex.from_frame(frame[PAIR]).isin(seen)
    kept_up = frame["programme"].map(lambda programme: PROGRAMMES[programme].list_kept_up)
    kind = pd.Series("unknown", index=frame.index)
    kind[frame["first_missing"].isna() & there & kept_up] = "ongoing"
    closed = frame["programme"].isin(ended.index)
    kind[closed] = "programme_ended"
    kind[frame["second_missing"].notna()] = "delisted_observed"
    valid_to = frame["programme"].map(ended).where(kind.eq("programme_ended"))
    return frame.assign(valid_to=valid_to, valid_to_kind=kind)


def _blank(texts: pd.Series) -> pd.Series:
    return texts.mask(texts.eq(""))


def _links(links: object) -> str | None:
    if not isinstance(links, list) or not links:
        return None
    return json.dumps(links, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
