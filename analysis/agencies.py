"""Which department is which: names and states as sources write them to our own ids.

An id is minted from state and name alone, by rules that are frozen in this module, so that the
same department gets the same id from any source, in any order, and keeps it for ever.
"""

from __future__ import annotations

import pandas as pd

from analysis.names import agency_type, counties, fold, jurisdiction, state_codes, tidy
from analysis.places import locate
from analysis.tables import LOCATION_PRECISIONS

IDENTITY = ["agency", "state", "city", "county", "agency_type", "jurisdiction", "stated_name"]
"""Raw columns that say which department a fact is about."""

LIST = ["source", "capture_id", "programme"]
"""Columns that tell one list of departments from another."""

SLUG_WORDS = (
    (r"\bpolice department\b", "police"),
    (r"\b(?:department of public safety|public safety department)\b", "public safety"),
    (r"\bsheriff office\b", "sheriff"),
)
"""What an id leaves out of a folded name; frozen: a change here would rename departments."""

PRECISIONS = list(LOCATION_PRECISIONS)
"""From the most precise to the least."""

STATE_SUFFIX = r",\s*(?:[A-Z]{2})\s*$"


def identified(facts: pd.DataFrame) -> pd.DataFrame:
    """``facts`` with the columns agency_id, name, usps, kind, area and trouble.

    Needs :data:`IDENTITY`, source, capture_id and programme. ``trouble`` says why a row cannot be
    given to a department (its agency_id is then missing); such rows are set aside by the caller.

    Two rows of one programme in one capture that bear the same name in the same state are one
    department, unless the source itself tells them apart: by another name in the same row
    (``stated_name``), or by different counties. The first kind goes by the stated name, the second
    gets the county in its id. Rows of two programmes are never told apart so: they describe one
    department in the words of two editors (the Atlas has Fremont CA in Alameda and "Alamdea").
    """
    found = facts.copy()
    found["usps"] = state_codes(found["state"])
    found["name"] = tidy(found["agency"]).str.replace(STATE_SUFFIX, "", regex=True)
    stated = tidy(found["stated_name"]).str.replace(STATE_SUFFIX, "", regex=True)
    key = fold(found["name"])
    stated_key = fold(stated).fillna(key)
    group = [*(found[column] for column in LIST), found["usps"], key]
    several = stated_key.groupby(group, dropna=False).transform("nunique") > 1
    renamed = several & stated_key.ne(key)
    found["name"] = found["name"].mask(renamed, stated)
    key = key.mask(renamed, stated_key)
    found["agency_id"] = found["usps"].str.lower() + "-" + slug(key) + _county_tail(found, key)
    found["kind"] = agency_type(found["name"], found["agency_type"])
    found["area"] = jurisdiction(found["name"], found["agency_type"], found["jurisdiction"])
    found["trouble"] = _trouble(found)
    found["agency_id"] = found["agency_id"].mask(found["trouble"].notna())
    return found


def slug(keys: pd.Series) -> pd.Series:
    """Folded names as the second part of an id: ``naperville-police``."""
    for pattern, short in SLUG_WORDS:
        keys = keys.str.replace(pattern, short, regex=True)
    slugs = keys.str.replace(r"[^a-z0-9]+", "-", regex=True).str.strip("-")
    return slugs.mask(slugs.eq(""))


def _county_tail(found: pd.DataFrame, key: pd.Series) -> pd.Series:
    """``-kern`` where one capture has the same name in several counties of a state, else empty.

    Where the source names no county, that of the place it names stands in; a place nobody knows is
    more often a slip of the pen (Freemont) than a second department.
    """
    group = [*(found[column] for column in LIST), found["usps"], key]
    county = counties(found["county"]).str.split("; ").str[0]
    place = fold(found["city"])
    elsewhere = county.isna() & (place.groupby(group, dropna=False).transform("nunique") > 1)
    if elsewhere.any():
        asked = pd.DataFrame({"city": tidy(found["city"]), "state": found["usps"]})[elsewhere]
        county = county.fillna(locate(asked)["county_geoid"])
    folded = fold(county).str.replace(r"\b(?:county|parish|city)\b", "", regex=True).str.strip()
    several = folded.groupby(group, dropna=False).transform("nunique") > 1
    tail = "-" + folded.str.replace(r"[^a-z0-9]+", "-", regex=True)
    return tail.where(several & folded.notna() & folded.ne(""), "")


def _trouble(found: pd.DataFrame) -> pd.Series:
    trouble = pd.Series(pd.NA, index=found.index, dtype="string")
    for wrong, sentence in (
        (found["area"].isna(), "kind of jurisdiction not known: " + found["jurisdiction"]),
        (found["kind"].isna(), "kind of agency not known: " + found["agency_type"]),
        (found["agency_id"].isna(), "name holds no letters"),
        (found["usps"].isna(), "state not understood: '" + found["state"] + "'"),
    ):
        trouble = trouble.mask(wrong, sentence)
    return trouble


def agencies(named: pd.DataFrame) -> pd.DataFrame:
    """The table ``agencies`` from identified rows (those with an agency_id).

    Of several spellings the most frequent stands as the name, the alphabetically first of equals;
    the others are aliases. The same goes for type and jurisdiction, where a value that says nothing
    yields to one that does; place and county come from the row that can be located best.
    """
    rows = named.assign(
        place=tidy(named["city"]),
        counties=counties(named["county"]),
        kind=named["kind"].replace("unknown", pd.NA),
        area=named["area"].replace("unknown", pd.NA),
    )
    frame = pd.DataFrame(
        {
            "name": _commonest(rows, "name"),
            "type": _commonest(rows, "kind"),
            "jurisdiction": _commonest(rows, "area"),
            "state": _commonest(rows, "usps"),
        }
    ).join(_where(rows))
    # min and max of text go through Python group by group: 20 times slower (2026-11-23)
    moments = rows.sort_values("observed_at", kind="stable").groupby("agency_id")["observed_at"]
    frame["first_observed"], frame["last_observed"] = moments.first(), moments.last()
    frame["aliases"] = _aliases(rows, frame["name"])
    frame[["type", "jurisdiction"]] = frame[["type", "jurisdiction"]].fillna("unknown")
    frame["ori"] = pd.NA
    frame.index.name = "agency_id"
    return frame.reset_index()


def _commonest(rows: pd.DataFrame, column: str) -> pd.Series:
    counted = rows.groupby(["agency_id", column]).size().rename("times").reset_index()
    ranked = counted.sort_values(["agency_id", "times", column], ascending=[True, False, True])
    first = ranked.drop_duplicates("agency_id").set_index("agency_id")[column]
    return first.reindex(sorted(rows["agency_id"].unique()))


def _where(rows: pd.DataFrame) -> pd.DataFrame:
    """City, county and point of each department, from the row that says most of where it is.

    City and county stay those of one row, so that a slip of the pen in one source (Alamdea County)
    loses to another that can be found.
    """
    spoken = ["agency_id", "name", "city", "county", "state"]
    told = rows[["agency_id", "name", "place", "counties", "usps"]].set_axis(spoken, axis="columns")
    distinct = told.groupby(spoken, dropna=False).size().rename("times").reset_index()
    distinct = distinct.join(locate(distinct[spoken[1:]]))
    distinct["found"] = distinct["location_precision"].map(PRECISIONS.index)
    distinct["untold"] = distinct["county"].isna()
    ranked = distinct.sort_values(
        ["agency_id", "found", "untold", "times", "city", "county"],
        ascending=[True, True, True, False, True, True],
        kind="stable",
    )
    best = ranked.drop_duplicates("agency_id").set_index("agency_id")
    return best.drop(columns=["name", "state", "times", "found", "untold"])


def _aliases(rows: pd.DataFrame, names: pd.Series) -> pd.Series:
    spelt = pd.concat(
        [
            rows[["agency_id", "name"]],
            rows[["agency_id", "stated_name"]]
            .assign(name=tidy(rows["stated_name"]))
            .drop(columns="stated_name"),
        ]
    ).dropna()
    spelt = spelt.drop_duplicates()
    others = spelt[spelt["name"] != spelt["agency_id"].map(names)].sort_values("name")
    return others.groupby("agency_id")["name"].agg(" | ".join)
