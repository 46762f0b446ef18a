"""Which department is which: names and states as sources write them to our own ids.

An id is minted from state and name alone, by rules that are frozen in this module, so that the
same department gets the same id from any source, in any order, and keeps it for ever.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.decisions import Decision
from analysis.names import agency_type, counties, fold, jurisdiction, state_codes, tidy
from analysis.places import founding, locate, state_of
from analysis.tables import LOCATION_PRECISIONS

IDENTITY = ["agency", "state", "city", "county", "agency_type", "jurisdiction", "stated_name"]
"""Raw columns that say which department a fact is about."""

LIST = ["source", "sheet_id", "programme"]
"""Columns that tell one list of departments from another."""

IDENTIFIED = ["agency_id", "name", "usps", "kind", "area", "trouble"]
"""Columns that :func:`identified` adds."""

SLUG_WORDS = (
    (r"\bpolice department\b", "police"),
    (r"\b(?:department of public safety|public safety department)\b", "public safety"),
    (r"\bsheriff office\b", "sheriff"),
)
"""What an id leaves out of a folded name; frozen: a change here would rename departments."""

PRECISIONS = list(LOCATION_PRECISIONS)
"""From the most precise to the least."""

MOST = 2**62
"""Combinations that one number tells apart, at most."""

STATE_SUFFIX = r",\s*(?:[A-Z]{2})\s*$"


def identified(facts: pd.DataFrame, alike: pd.Series | None = None) -> pd.DataFrame:
    """``facts`` with the columns agency_id, name, usps, kind, area and trouble.

    Needs :data:`IDENTITY`, source, sheet_id and programme. Rows with one value in ``alike`` (the
    record_id) are known to hold the same :data:`IDENTITY`: that spares comparing them. ``trouble``
    says why a row cannot be given to a department (its agency_id is then missing); such rows are
    set aside by the caller.

    Two rows of one programme on one sheet that bear the same name in the same state are one
    department, unless the source itself tells them apart: by another name in the same row
    (``stated_name``), or by different counties. The first kind goes by the stated name, the second
    gets the county in its id. Rows of two programmes are never told apart so: they describe one
    department in the words of two editors (the Atlas has Fremont CA in Alameda and "Alamdea").
    """
    spelt = numbers(facts, IDENTITY) if alike is None else _spelt(facts, alike)
    lists = numbers(facts, LIST)
    distinct = facts[IDENTITY].iloc[np.unique(spelt, return_index=True)[1]]
    texts = _texts(distinct.reset_index(drop=True))
    group = _joined(lists, numbers(texts, ["usps", "key"])[spelt])
    several = _several(group, numbers(texts, ["stated_key"])[spelt])
    restated = texts.assign(name=texts["stated"], key=texts["stated_key"])
    words = pd.concat([texts, restated], ignore_index=True)
    other = texts["stated_key"].ne(texts["key"]).fillna(False).to_numpy(dtype=bool)
    number = spelt + len(texts) * (several & other[spelt])
    used, number = np.unique(number, return_inverse=True)
    words = _understood(words.take(used).reset_index(drop=True))
    tailed, tails = pd.factorize(_county_tail(words, number, lists))
    ways, way = np.unique(_joined(number, tailed), return_inverse=True)
    found = words.take(ways // len(tails)).reset_index(drop=True)
    found["agency_id"] = found["agency_id"] + tails.take(ways % len(tails)).astype(str)
    # as objects, to repeat a reference and not a text
    told = found[IDENTIFIED].astype(object).take(way).set_axis(facts.index)
    return pd.concat([facts, told], axis="columns")


def numbers(rows: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """A number from 0 for each distinct combination of ``columns``; missing is a value too."""
    found = np.zeros(len(rows), dtype="int64")
    combinations = 1
    for column in columns:
        codes, distinct = pd.factorize(rows[column].astype(object))
        combinations *= len(distinct) + 1
        if combinations > MOST:
            found, known = pd.factorize(found)
            combinations = len(known) * (len(distinct) + 1)
        found = found * (len(distinct) + 1) + codes + 1
    return pd.factorize(found)[0].astype("int64")


def _spelt(facts: pd.DataFrame, alike: pd.Series) -> np.ndarray:
    group = pd.factorize(alike)[0]
    first = np.unique(group, return_index=True)[1]
    spelt: np.ndarray = numbers(facts[IDENTITY].iloc[first], IDENTITY)[group]
    return spelt


def _joined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    both: np.ndarray = first * (second.max(initial=0) + 1) + second
    return both


def _several(group: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Does the group of a row hold two values or more? A value below 0 is none."""
    told = value >= 0
    pairs = np.unique(_joined(group[told], value[told]))
    groups, times = np.unique(pairs // (value.max(initial=0) + 1), return_counts=True)
    return np.isin(group, groups[times > 1])


def _texts(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` with usps, name and stated (tidied), and the keys of both to compare them by."""
    found = rows.assign(
        usps=state_codes(rows["state"]),
        name=tidy(rows["agency"]).str.replace(STATE_SUFFIX, "", regex=True),
        stated=tidy(rows["stated_name"]).str.replace(STATE_SUFFIX, "", regex=True),
    )
    found["key"] = fold(found["name"])
    return found.assign(stated_key=fold(found["stated"]).fillna(found["key"]))


def _understood(words: pd.DataFrame) -> pd.DataFrame:
    """``words`` with agency_id (still without a county), kind, area and trouble."""
    found = words.assign(
        agency_id=words["usps"].str.lower() + "-" + slug(words["key"]),
        kind=agency_type(words["name"], words["agency_type"]),
        area=jurisdiction(words["name"], words["agency_type"], words["jurisdiction"]),
    )
    found["trouble"] = _trouble(found)
    return found.assign(agency_id=found["agency_id"].mask(found["trouble"].notna()))


def slug(keys: pd.Series) -> pd.Series:
    """Folded names as the second part of an id: ``naperville-police``."""
    for pattern, short in SLUG_WORDS:
        keys = keys.str.replace(pattern, short, regex=True)
    slugs = keys.str.replace(r"[^a-z0-9]+", "-", regex=True).str.strip("-")
    return slugs.mask(slugs.eq(""))


def _county_tail(words: pd.DataFrame, number: np.ndarray, lists: np.ndarray) -> np.ndarray:
    """``-kern`` where one list has the same name in several counties of a state, else empty.

    Where the source names no county, that of the place it names stands in; a place nobody knows is
    more often a slip of the pen (Freemont) than a second department. ``number`` leads from each row
    to its ``words``.
    """
    group = _joined(lists, numbers(words, ["usps", "key"])[number])
    county = counties(words["county"]).str.split("; ").str[0]
    places = pd.factorize(fold(words["city"]))[0]
    elsewhere = county.isna().to_numpy()[number] & _several(group, places[number])
    if elsewhere.any():
        asked = np.unique(number[elsewhere])
        where = pd.DataFrame({"city": tidy(words["city"]), "state": words["usps"]}).loc[asked]
        geoids = locate(where, founding())["county_geoid"].reindex(words.index)
    else:
        geoids = county.mask(county.notna())
    told = pd.concat([county, county.fillna(geoids)], ignore_index=True)
    folded = fold(told).str.replace(r"\b(?:county|parish|city)\b", "", regex=True).str.strip()
    row = number + len(words) * elsewhere
    several = _several(group, pd.factorize(folded)[0][row])
    tail = ("-" + folded.str.replace(r"[^a-z0-9]+", "-", regex=True)).mask(folded.eq(""), "")
    tails = tail.fillna("").to_numpy(dtype=object)
    return np.where(several, tails[row], "")


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


def agencies(
    named: pd.DataFrame,
    newest: pd.Series,
    places: pd.DataFrame | None = None,
    decided: Sequence[Decision] | None = None,
) -> pd.DataFrame:
    """The table ``agencies`` from identified rows (those with an agency_id).

    Of several spellings the most frequent stands as the name, the alphabetically first of equals;
    the others are aliases. The same goes for type and jurisdiction, where a value that says nothing
    yields to one that does; place and county come from the row that can be located best. ``newest``
    holds, by agency_id, the name of those that took another; ``places`` and ``decided`` are those
    of :func:`analysis.places.locate`. Where a decision puts a department into a county of another
    state, that is its state; its id stays.
    """
    rows = _together(named)
    frame = pd.DataFrame(
        {
            "name": _commonest(rows, "name"),
            "type": _commonest(rows, "kind"),
            "jurisdiction": _commonest(rows, "area"),
            "state": _commonest(rows, "usps"),
        }
    ).join(_where(rows, places, decided))
    # only a reviewed decision leads out of the state a source names
    frame["state"] = state_of(frame["county_geoid"]).fillna(frame["state"])
    # min and max of text go through Python group by group: 20 times slower (2026-11-23)
    moments = rows.sort_values("first", kind="stable").groupby("agency_id")["first"]
    frame["first_observed"] = moments.first()
    frame["last_observed"] = rows.sort_values("last").groupby("agency_id")["last"].last()
    frame["name"] = newest.reindex(frame.index).fillna(frame["name"])
    frame["aliases"] = _aliases(rows, frame["name"])
    frame[["type", "jurisdiction"]] = frame[["type", "jurisdiction"]].fillna("unknown")
    frame["ori"] = pd.NA
    frame.index.name = "agency_id"
    return frame.reset_index()


def _together(named: pd.DataFrame) -> pd.DataFrame:
    """The distinct ways departments were described, with times, first and last moment."""
    words = ["agency_id", "name", "usps", "kind", "area", "city", "county", "stated_name"]
    described = numbers(named, words)
    order = np.argsort(pd.factorize(named["observed_at"], sort=True)[0], kind="stable")
    first = np.unique(described[order], return_index=True)[1]
    last = len(order) - 1 - np.unique(described[order][::-1], return_index=True)[1]
    rows = named[words].iloc[order[first]].reset_index(drop=True)
    moments = named["observed_at"].to_numpy()
    return rows.assign(
        times=np.bincount(described),
        first=moments[order[first]],
        last=moments[order[last]],
        place=tidy(rows["city"]),
        counties=counties(rows["county"]),
        kind=rows["kind"].replace("unknown", pd.NA),
        area=rows["area"].replace("unknown", pd.NA),
    )


def _commonest(rows: pd.DataFrame, column: str) -> pd.Series:
    counted = rows.groupby(["agency_id", column])["times"].sum().reset_index()
    ranked = counted.sort_values(["agency_id", "times", column], ascending=[True, False, True])
    first = ranked.drop_duplicates("agency_id").set_index("agency_id")[column]
    return first.reindex(sorted(rows["agency_id"].unique()))


def _where(
    rows: pd.DataFrame, places: pd.DataFrame | None, decided: Sequence[Decision] | None
) -> pd.DataFrame:
    """City, county and point of each department, from the row that says most of where it is.

    City and county stay those of one row, so that a slip of the pen in one source (Alamdea County)
    loses to another that can be found.
    """
    spoken = ["agency_id", "name", "city", "county", "state"]
    told = rows[["agency_id", "name", "place", "counties", "usps"]].set_axis(spoken, axis="columns")
    times = told.assign(times=rows["times"]).groupby(spoken, dropna=False)["times"]
    distinct = times.sum().reset_index()
    distinct = distinct.join(locate(distinct[spoken[1:]], places, decided))
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
