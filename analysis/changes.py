"""Events: what came, went, was renamed, counted, retired or corrected, and which bytes show it.

An event belongs to the moment at which it could first be known. Looks that come later add events
and change none.
"""

from __future__ import annotations

import hashlib

import pandas as pd

from analysis.footage import NUMBERS, RUNNING
from analysis.incidents import incidents
from analysis.read import Facts

COLUMNS = [
    *("kind", "observed_at", "valid_at", "agency_id", "programme", "source"),
    *("before", "after", "about", "capture_id"),
]
"""``about`` is what tells two events of one kind, department and moment apart."""

LISTED = ["source", "agency_id", "programme"]


def changes(
    facts: Facts,
    spells: pd.DataFrame,
    renames: pd.DataFrame,
    listings: pd.DataFrame,
    requests: pd.DataFrame,
    decisions: pd.DataFrame,
) -> pd.DataFrame:
    """The rows of the table ``changes``, one for each event and capture that shows it.

    ``change_id`` is made of kind, source, department, programme, moment and what the event is
    about: the same event keeps it for ever. ``capture_id`` is for the evidence.

    A department of a source's first look is ``added`` too, because that is when it was first seen
    there; its ``after`` says so, and whoever asks who came since a later day is not told of it.

    Args:
        facts: what trusted looks saw, and how every look ended. Nothing is told that could only be
            known after ``facts.as_of``.
        spells: of :func:`analysis.spells.source_spells`.
        renames: agency_id, former, name, observed_at, source, capture_id.
        listings: a row per sighting of an identified listing: record_id, listing_id, source,
            agency_id, programme, look_id, capture_id, observed_at, valid_from, links.
        requests: the table ``footage_requests``, with a row for each capture_id and in seen_at the
            moment of its look.
        decisions: of :func:`analysis.corrections.applied`. What they withhold, no event repeats.
    """
    shown, spells, renames = _told_of(decisions, listings, spells, renames)
    frames = [
        *_listed(spells, shown, facts),
        _renamed(renames),
        *_counted(requests),
        _documented(shown),
        _decided(decisions),
        *incidents(facts),
    ]
    events = pd.concat(
        [frame.reindex(columns=COLUMNS).astype("string") for frame in frames], ignore_index=True
    )
    events = events[events["capture_id"].notna() & ~events["agency_id"].isin(_withheld(decisions))]
    if facts.as_of:
        events = events[events["observed_at"].str[:10].le(facts.as_of)]
    return events.assign(change_id=_identities(events)).drop_duplicates(["change_id", "capture_id"])


def _identities(events: pd.DataFrame) -> list[str]:
    parts = events[["kind", "source", "agency_id", "programme", "observed_at", "about"]].fillna("")
    texts = map("\n".join, parts.itertuples(index=False, name=None))
    return [hashlib.sha256(text.encode()).hexdigest()[:20] for text in texts]


def _told_of(
    decisions: pd.DataFrame, listings: pd.DataFrame, spells: pd.DataFrame, renames: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Sightings, spells and renames without those of rows and cells that are withheld."""
    withheld = decisions[decisions["decision"].eq("suppress")]
    whole = withheld[withheld["field"].eq("")].groupby("table")["row_id"].agg(set)
    names = withheld["table"].eq("agencies") & withheld["field"].isin(["name", "aliases"])
    if len(listings):
        listings = listings[~listings["listing_id"].isin(whole.get("listings", set()))]
        cells = withheld["table"].eq("listings") & withheld["field"].eq("links")
        silent = listings["listing_id"].isin(withheld.loc[cells, "row_id"])
        listings = listings.assign(links=listings["links"].mask(silent))
    if len(spells):
        gone = {row.rpartition(":")[0] for row in whole.get("participations", set())}
        spells = spells[~(spells["agency_id"] + ":" + spells["programme"]).isin(gone)]
    if len(renames):
        renames = renames[~renames["agency_id"].isin(withheld.loc[names, "row_id"])]
    return listings, spells, renames


def _withheld(decisions: pd.DataFrame) -> pd.Series:
    """Departments that are withheld altogether."""
    whole = decisions["decision"].eq("suppress") & decisions["field"].eq("")
    return decisions.loc[whole & decisions["table"].eq("agencies"), "row_id"]


def _listed(spells: pd.DataFrame, shown: pd.DataFrame, facts: Facts) -> list[pd.DataFrame]:
    """``added``, ``delisted`` and ``relisted``."""
    if spells.empty:
        return []
    spells = spells.sort_values([*LISTED, "spell"], kind="stable")
    spells = spells.assign(missed_since=spells.groupby(LISTED)["first_missing"].shift())
    came = spells.assign(observed_at=spells["first_observed"]).merge(
        shown[[*LISTED, "look_id", "capture_id", "valid_from"]],
        left_on=[*LISTED, "first_look"],
        right_on=[*LISTED, "look_id"],
    )
    started = came.assign(start=came["valid_from"].astype("string").str.ljust(10, "~"))
    first = started.sort_values(["start", "capture_id"], kind="stable")
    came = came.loc[first.drop_duplicates([*LISTED, "spell"]).index.sort_values()]
    looks = facts.looks[facts.looks["published"]]
    began = came["source"].map(looks.groupby("source")["observed_at"].min())
    at_first = came["observed_at"].eq(began)
    added = came["spell"].eq(1)
    went = spells[spells["second_missing"].notna()]
    went = went.assign(
        observed_at=went["second_missing"],
        before="last listed " + went["last_observed"].astype("string"),
        after="not listed on "
        + went["first_missing"].astype("string")
        + " and "
        + went["second_missing"].astype("string"),
    )
    missed = pd.concat(
        [
            went.assign(look_id=went["first_missing_look"]),
            went.assign(look_id=went["second_missing_look"]),
        ]
    ).merge(_read(facts, shown), on="look_id")
    told = at_first.map({True: "listed, in the first look at the source", False: "listed"})
    missed_since = "not listed since " + came["missed_since"].astype("string")
    return [
        came[added].assign(kind="added", valid_at=came["valid_from"], after=told),
        came[~added].assign(kind="relisted", before=missed_since, after="listed"),
        missed.assign(kind="delisted"),
    ]


def _renamed(renames: pd.DataFrame) -> pd.DataFrame:
    if renames.empty:
        return pd.DataFrame()
    return renames.assign(
        kind="renamed",
        before=renames["former"],
        after=renames["name"],
        about=renames["former"] + "\n" + renames["name"],
    )


def _read(facts: Facts, shown: pd.DataFrame) -> pd.DataFrame:
    """Columns look_id and capture_id: where each look read listings, and if none, all it read."""
    pairs = ["look_id", "capture_id"]
    listing = shown[pairs].drop_duplicates()
    others = facts.readings.loc[~facts.readings["look_id"].isin(listing["look_id"]), pairs]
    return pd.concat([listing, others.drop_duplicates()], ignore_index=True)


def _counted(requests: pd.DataFrame) -> list[pd.DataFrame]:
    """``count_published`` and ``count_revised``; derived numbers nobody published.

    A running counter that goes on counting revises nothing: each number is published.
    """
    if requests.empty:
        return []
    stated = requests["value_state"].isin(NUMBERS) & requests["basis"].eq("stated")
    shown = requests[stated & requests["seen_at"].eq(requests["observed_at"])]
    known = shown.drop_duplicates("request_id").sort_values(
        ["observed_at", "request_id"], kind="stable"
    )
    period = ["source", "agency_id", "metric", "period_start", "period_end"]
    known = known.assign(after=_in_words(known))
    number = known.set_index("request_id")["after"]
    earlier = known.groupby(period, dropna=False)["after"].shift()
    # what it took the place of may have been no number, and that stood in a number's place
    known["before"] = known["revises"].map(number).fillna(earlier.where(known["revises"].notna()))
    repeated = known.duplicated([*period, "after"])
    counter = known["metric"].isin(RUNNING)
    revised = known["before"].notna() & known["before"].ne(known["after"]) & ~counter
    published = ~repeated & (known["before"].isna() | counter)
    known["kind"] = revised.map({True: "count_revised", False: "count_published"})
    known = known[revised | published].assign(
        about=known["request_id"], valid_at=known["period_end"]
    )
    return [known.drop(columns="capture_id").merge(shown[["request_id", "capture_id"]])]


def _in_words(requests: pd.DataFrame) -> pd.Series:
    """``at least 12 requests (video_requests, 2020-07-01 to 2020-09-30)``."""
    value, low, high = (
        requests[name].map(lambda number: f"{number:,.15g}", na_action="ignore").astype("string")
        for name in ("value", "low", "high")
    )
    words = requests[["bound", "unit", "metric", "period_start", "period_end"]].astype("string")
    bound = (words["bound"].str.replace("_", " ") + " ").mask(words["bound"].eq("exact"), "")
    number = bound + value.fillna(low.fillna("?") + " to " + high.fillna("?"))
    period = (", " + words["period_start"] + " to " + words["period_end"]).fillna("")
    return number + " " + words["unit"] + " (" + words["metric"] + period + ")"


def _documented(shown: pd.DataFrame) -> pd.DataFrame:
    """``evidence_added``: a document a source names of a department it listed before without."""
    if shown.empty:
        return pd.DataFrame()
    key = ["source", "agency_id"]
    records = shown.drop_duplicates("record_id")[["record_id", "links"]].explode("links")
    records = records[records["links"].notna()]
    records["url"] = [link["url"] for link in records["links"]]
    records["title"] = [link.get("title", "") for link in records["links"]]
    sighted = shown[[*LISTED, "record_id", "observed_at", "capture_id"]]
    linked = sighted.merge(records, on="record_id")
    linked = linked.sort_values(["observed_at", "capture_id", "title"], kind="stable")
    linked = linked.drop_duplicates([*key, "url"])
    sighted = sighted[sighted["agency_id"].isin(linked["agency_id"])]
    listed = sighted.groupby(key)["observed_at"].min().rename("listed")
    linked = linked.merge(listed, left_on=key, right_index=True)
    new = linked[linked["observed_at"].gt(linked["listed"])]
    titled = new["title"].astype("string")
    told = (titled + ": ").mask(titled.eq(""), "") + new["url"].astype("string")
    return new.assign(kind="evidence_added", about=new["url"], after=told)


def _decided(decisions: pd.DataFrame) -> pd.DataFrame:
    """``corrected`` and ``suppressed``."""
    kinds = decisions["decision"].map({"correct": "corrected", "suppress": "suppressed"})
    return decisions.assign(kind=kinds, about=decisions["correction"])
