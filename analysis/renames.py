"""One department under two names: told by its own page at the source, or by a reviewed decision."""

from __future__ import annotations

import pandas as pd

from analysis.names import fold

RENAMES = [
    *("agency_id", "former_id", "new_id", "former", "name"),
    *("observed_at", "source", "capture_id"),
]


def renames(listing: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Departments that took another name: :data:`RENAMES`, a row each.

    ``listing`` holds identified listings (agency_id, name, usps, source, city, profile_url,
    look_id, observed_at, capture_id). Of one source, a department that is first seen after another
    was last seen, with the same page of its own in the same place, is the same. Where such a page
    was borne by two at once it tells nothing. ``decisions`` are reviewed (row_id, value,
    observed_at, source, capture_id): these two ids are one. ``agency_id`` is the oldest of the ids
    that hang together, and stands for all of them.
    """
    paged = _by_page(listing)
    paged = paged[[not _together(listing, pair) for pair in _pairs(paged)]]
    told = pd.concat([paged, _decided(listing, decisions)], ignore_index=True)
    oldest = _oldest(told, listing)
    return told.assign(agency_id=told["former_id"].map(oldest))[RENAMES].reset_index(drop=True)


def renamed(named: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """``named`` with the id of :func:`renames` in the place of those it stands for."""
    same = dict(zip(found["former_id"], found["agency_id"], strict=True))
    same |= dict(zip(found["new_id"], found["agency_id"], strict=True))
    if not same:
        return named
    return named.assign(agency_id=named["agency_id"].replace(same))


def newest_names(found: pd.DataFrame) -> pd.Series:
    """By agency_id the name a renamed department has now."""
    ordered = found.sort_values(["observed_at", "name"], kind="stable")
    return ordered.drop_duplicates("agency_id", keep="last").set_index("agency_id")["name"]


def _by_page(listing: pd.DataFrame) -> pd.DataFrame:
    paged = listing.loc[listing["profile_url"].ne(""), ["source", "profile_url", "agency_id"]]
    borne = paged.drop_duplicates().groupby(["source", "profile_url"])["agency_id"].nunique()
    shared = borne.index[borne > 1]
    if shared.empty:
        return pd.DataFrame(columns=RENAMES)
    rows = listing[pd.MultiIndex.from_frame(listing[["source", "profile_url"]]).isin(shared)]
    of_both = listing["agency_id"].isin(rows["agency_id"].unique())
    spans = listing[of_both].groupby(["source", "agency_id"])["observed_at"].agg(["min", "max"])
    rows = rows.sort_values(["observed_at", "capture_id", "name"], kind="stable")
    bearers = rows.assign(place=fold(rows["city"]).fillna("")).drop_duplicates(
        ["source", "profile_url", "usps", "place", "agency_id"]
    )
    bearers = bearers.join(spans, on=["source", "agency_id"])
    page = ["source", "profile_url", "usps", "place"]
    bearers = bearers.sort_values([*page, "min", "agency_id"], kind="stable", ignore_index=True)
    before = bearers.shift(1)
    same = bearers[page].eq(before[page]).all(axis="columns")
    overlaps = same & bearers["min"].le(before["max"])
    torn = overlaps.groupby([bearers[column] for column in page]).transform("any")
    follows = same & ~torn
    return pd.DataFrame(
        {
            "former_id": before["agency_id"],
            "new_id": bearers["agency_id"],
            "former": before["name"],
            "name": bearers["name"],
            "observed_at": bearers["min"],
            "source": bearers["source"],
            "capture_id": bearers["capture_id"],
        }
    )[follows]


def _decided(listing: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    both = pd.concat([decisions["row_id"], decisions["value"]])
    of_them = listing[listing["agency_id"].isin(both)]
    ordered = of_them.sort_values(["observed_at", "name"], kind="stable")
    newest = ordered.drop_duplicates("agency_id", keep="last").set_index("agency_id")
    seen = newest["observed_at"].to_dict()
    rows = []
    for decision in decisions.itertuples(index=False):
        ids = {decision.row_id, decision.value}
        if len(ids) == 2 and ids <= seen.keys():
            former, new = sorted(ids, key=lambda agency_id: (seen[agency_id], agency_id))
            names = newest.loc[[former, new], "name"]
            rows.append(
                (former, new, *names, decision.observed_at, decision.source, decision.capture_id)
            )
    return pd.DataFrame(rows, columns=RENAMES[1:])


def _pairs(told: pd.DataFrame) -> zip[tuple[str, str]]:
    return zip(told["former_id"], told["new_id"], strict=True)


def _together(listing: pd.DataFrame, pair: tuple[str, str]) -> bool:
    """Does any list show both at once?"""
    former, new = (set(listing.loc[listing["agency_id"].eq(one), "look_id"]) for one in pair)
    return not former.isdisjoint(new)


def _oldest(told: pd.DataFrame, listing: pd.DataFrame) -> dict[str, str]:
    """By id the one of all it hangs together with that was seen first."""
    groups: dict[str, set[str]] = {}
    for former, new in _pairs(told):
        joined = groups.get(former, {former}) | groups.get(new, {new})
        groups.update(dict.fromkeys(joined, joined))
    of_them = listing[listing["agency_id"].isin(groups)]
    first = of_them.groupby("agency_id")["observed_at"].min()
    return {one: min(group, key=lambda i: (first[i], i)) for one, group in groups.items()}


def of_page(counts: pd.DataFrame, listing: pd.DataFrame) -> pd.DataFrame:
    """``counts`` that name no state given to the department whose listing bears their page."""
    lost = counts["state"].eq("") & counts["profile_url"].ne("") & counts["trouble"].notna()
    if not lost.any():
        return counts
    who = ["agency_id", "usps"]
    borne = listing.assign(page=_page(listing["profile_url"]))[["page", *who]].dropna()
    borne = borne.drop_duplicates()
    bearers = borne.groupby("page")["agency_id"].nunique()
    page = _page(counts["profile_url"].where(lost))
    number = page.map(bearers).fillna(0)
    trouble = pd.Series("names no state, and no listing bears its page", index=counts.index)
    trouble[number > 1] = "names no state, and several departments bear its page"
    own = borne.drop_duplicates("page").set_index("page")
    found = {
        column: counts[column].mask(lost, page.map(own[column]).where(number.eq(1)))
        for column in who
    }
    told = counts["trouble"].mask(lost, trouble.mask(number.eq(1)))
    return counts.assign(trouble=told, **found)


def _page(addresses: pd.Series) -> pd.Series:
    """Addresses without what may differ from one edition to the next: scheme and last slash."""
    return addresses.mask(addresses.eq("")).str.replace(r"^https?://|(?<!/)/+$", "", regex=True)
