"""All departments in one columnar JSON: a column is a list, or one value that stands for every row.

Repeated text stands once, in a dictionary, and the column holds its place there. A name stands in
two parts, and an id as what it adds to the first of them. JavaScript reads it all in
``maps/static/records.js``; the two files are kept in step by ``tests/browser``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.tables import PROGRAMME_KEYS
from maps import counts, words
from maps.columns import (
    Column,
    coded,
    degrees,
    joined,
    looked_up,
    parted,
    shared,
    texts,
    web_address,
)
from maps.shapes import DATE_LINE_WEST

Tables = Mapping[str, pd.DataFrame]

CAPTURES_SHOWN = 3
"""Newest captures a popup names; a daily crawl sees one listing hundreds of times."""

CAPTURE = [
    *("capture_id", "source", "url", "original_url", "fetched_at", "observed_at", "sha256"),
]


def departments(tables: Tables, agencies: pd.DataFrame, state_names: Mapping[str, str]) -> Any:
    """The payload for ``agencies`` as ``maps.listing.ordered`` gives them."""
    order = pd.Series(agencies.index, index=agencies["agency_id"])
    sources = list(tables["sources"]["source"])
    return {
        "n": len(agencies),
        "states": dict(state_names),
        "words": _words(),
        "sources": _sources(tables["sources"]),
        "agencies": _agencies(agencies),
        "former": former_names(tables, agencies),
        "listings": _listings(tables, order, sources),
        "requests": counts.requests(tables["footage_requests"], order, sources),
        "cameras": counts.cameras(tables["camera_counts"], order, sources),
    }


FACETS = {
    "agencies": ("state", "city", "county", "kind"),
    "listings": (
        *("agency", "programme", "precision", "from", "to", "toKind"),
        *("first", "last", "missing", "links"),
    ),
    "requests": ("agency", "asks", "known"),
}
"""The columns of the payload that the filters read."""


def facets(records: Mapping[str, Any]) -> dict[str, Any]:
    """What the list needs of the payload, as :func:`departments` gives it, to be filtered as the
    map is."""
    columns = {table: {name: records[table][name] for name in FACETS[table]} for table in FACETS}
    return {"n": records["n"], "words": {"groups": words.STATUS_GROUPS}, **columns}


def _words() -> dict[str, Any]:
    return {
        "months": words.MONTHS,
        "status": words.STATUS,
        "groups": words.STATUS_GROUPS,
        "since": words.SINCE,
        "points": words.POINTS,
        "kinds": words.KINDS,
        "programmes": {key: words.programme_title(key) for key in PROGRAMME_KEYS},
    }


def _sources(sources: pd.DataFrame) -> list[dict[str, str]]:
    text = sources[["title", "publisher", "homepage"]].fillna("")
    return [
        {"title": title, "publisher": publisher, "homepage": web_address(homepage)}
        for title, publisher, homepage in text.itertuples(index=False)
    ]


def _agencies(agencies: pd.DataFrame) -> dict[str, Column]:
    stems, endings = parted(agencies["name"])
    named = zip(stems, texts(agencies["city"]), strict=True)
    return {
        "stem": shared([0 if stem == city else stem for stem, city in named]),
        "ending": coded(endings),
        "id": coded(_after_stems(agencies["agency_id"], stems)),
        "state": coded(agencies["state"]),
        "city": coded(agencies["city"]),
        "county": coded(agencies["county"]),
        "countyGeoid": coded(agencies["county_geoid"]),
        "kind": coded(agencies["type"]),
        "latitude": degrees(agencies["latitude"]),
        "longitude": degrees(_eastward(agencies)),
        "point": coded(agencies["location_precision"]),
    }


def _after_stems(ids: pd.Series, stems: list[str]) -> pd.Series:
    """What each id adds to its state and the stem of the name, such as ``-police``.

    All but the state stands where the id does not go on from the stem. Only what was cut off
    begins with a hyphen, which tells ``idOf`` in ``maps/static/records.js`` the two apart.
    """
    found = []
    for agency, stem in zip(texts(ids), stems, strict=True):
        tail = agency.split("-", 1)[1]
        rest = tail.removeprefix(re.sub("[^a-z0-9]+", "-", re.sub("['.]", "", stem.lower())))
        found.append(rest if rest.startswith("-") else tail)
    return pd.Series(found, dtype="object")


def former_names(tables: Tables, agencies: pd.DataFrame) -> dict[int, str]:
    """By row, names of old, each with the look that first showed the new one, and other names."""
    events = tables["changes"]
    renamed = events[events["kind"].eq("renamed") & events["before"].notna()].sort_values(
        ["observed_at", "change_id"]
    )
    former: dict[str, dict[str, str]] = {}
    columns = (texts(renamed[name]) for name in ("agency_id", "before", "observed_at"))
    for agency, name, moment in zip(*columns, strict=True):
        former.setdefault(agency, {})[name] = f"{name} (until {words.day(moment)} at the latest)"
    found: dict[int, str] = {}
    named = (texts(agencies[name]) for name in ("agency_id", "name", "aliases"))
    for row, (agency, current, aliases) in enumerate(zip(*named, strict=True)):
        names = {name: name for name in aliases.split(" | ") if name} | former.get(agency, {})
        others = [said for name, said in names.items() if name != current]
        if others:
            found[row] = "; ".join(others)
    return found


def _listings(tables: Tables, order: pd.Series, sources: list[str]) -> dict[str, Any]:
    listed = tables["participations"]
    listed = listed.assign(row=listed["agency_id"].map(order)).sort_values(
        ["row", "programme", "spell"], ignore_index=True
    )
    captures, newest, seen = _captures(tables, sources)
    documents, links = _documents(tables["listings"])
    pair = listed["agency_id"] + "\t" + listed["programme"]
    source_rows = {
        combination: [sources.index(name) for name in combination.split("; ") if name in sources]
        for combination in listed["sources"].unique()
    }
    return {
        "agency": listed["row"].tolist(),
        "programme": coded(listed["programme"]),
        "precision": coded(_precisions(listed)),
        "from": coded(listed["valid_from"]),
        "to": coded(listed["valid_to"]),
        "toKind": coded(listed["valid_to_kind"]),
        "first": coded(listed["first_observed"].str[:10]),
        "last": coded(listed["last_observed"].str[:10]),
        "missing": coded(listed["first_missing"].str[:10]),
        "otherFrom": coded(looked_up(pair, _other_starts(tables["listings"]))),
        "sources": coded(listed["sources"].map(lambda names: joined(source_rows[names]))),
        "links": coded(looked_up(pair, links)),
        "evidence": coded(looked_up(listed["participation_id"], newest)),
        "seen": shared(listed["participation_id"].map(seen).fillna(0).astype(int).tolist()),
        "captures": captures,
        "documents": documents,
    }


def _precisions(listed: pd.DataFrame) -> pd.Series:
    """The key of ``words.SINCE`` for each spell."""
    precision = listed["valid_from_precision"].astype("object")
    return precision.mask((listed["spell"].gt(1) & precision.eq("unknown")).astype(bool), "again")


def _captures(
    tables: Tables, sources: list[str]
) -> tuple[dict[str, Column], dict[str, str], dict[str, int]]:
    """The captures popups name, and by participation: its newest ones, and how many it has."""
    evidence = tables["evidence"]
    found = evidence.loc[evidence["table"] == "participations", ["row_id", "capture_id"]].merge(
        tables["captures"][CAPTURE],
        on="capture_id",
    )
    found = found.sort_values(["row_id", "fetched_at", "capture_id"], ascending=[True, False, True])
    seen = found.groupby("row_id", sort=False)["capture_id"].size()
    newest = found.groupby("row_id", sort=False).head(CAPTURES_SHOWN)
    kept = newest.drop_duplicates("capture_id").sort_values("capture_id", ignore_index=True)
    place = {capture: str(row) for row, capture in enumerate(kept["capture_id"])}
    named: dict[str, str] = {}
    for fact, capture in zip(texts(newest["row_id"]), texts(newest["capture_id"]), strict=True):
        named[fact] = f"{named[fact]} {place[capture]}" if fact in named else place[capture]
    columns: dict[str, Column] = {
        "id": kept["capture_id"].str[:12].tolist(),
        "source": [sources.index(name) for name in kept["source"]],
        "url": coded(kept["url"].map(public_address)),
        "original": coded(kept["original_url"].fillna("").map(web_address)),
        "fetched": kept["fetched_at"].str[:10].tolist(),
        "observed": kept["observed_at"].str[:10].tolist(),
        "sha256": kept["sha256"].fillna("").str[:16].tolist(),
    }
    return columns, named, {str(fact): int(times) for fact, times in seen.items()}


def public_address(url: str) -> str:
    """``url`` where a reader could open it: the sample was captured from a server of our own."""
    own = re.match(r"https?://(localhost|127\.|\[::1\])", url, re.IGNORECASE)
    return "" if own else web_address(url)


def _documents(listings: pd.DataFrame) -> tuple[list[list[str]], dict[str, str]]:
    """Links the sources give, each once, and for each department and programme which ones."""
    named = {
        text: [
            (web_address(link.get("url", "")), link.get("title", "")) for link in json.loads(text)
        ]
        for text in listings["links"].dropna().unique()
    }
    per_row = [
        ([(web_address(profile), "The department's page at the source")] if profile else [])
        + (named[links] if links else [])
        for profile, links in zip(
            texts(listings["profile_url"]), texts(listings["links"]), strict=True
        )
    ]
    documents = sorted({link for links in per_row for link in links if link[0]})
    place = {link: number for number, link in enumerate(documents)}
    pair = listings["agency_id"] + "\t" + listings["programme"]
    together: dict[str, dict[int, None]] = {}
    for key, links in zip(texts(pair), per_row, strict=True):
        found = together.setdefault(key, {})
        found.update((place[link], None) for link in links if link[0])
    return [list(link) for link in documents], {
        key: joined(found) for key, found in together.items()
    }


def _other_starts(listings: pd.DataFrame) -> dict[str, str]:
    """Stated starts later than the earliest, for departments whose sources give several."""
    stated = listings.dropna(subset=["valid_from"])[["agency_id", "programme", "valid_from"]]
    stated = stated.drop_duplicates().sort_values(["agency_id", "programme", "valid_from"])
    later = stated[stated.duplicated(["agency_id", "programme"])]
    found: dict[str, str] = {}
    for agency, programme, start in later.itertuples(index=False, name=None):
        pair = f"{agency}\t{programme}"
        found[pair] = f"{found[pair]} {start}" if pair in found else start
    return found


def _eastward(agencies: pd.DataFrame) -> pd.Series:
    """Longitudes, drawn west of the date line where the state's shape is (see maps.shapes)."""
    longitude = agencies["longitude"]
    beyond = agencies["state"].isin(DATE_LINE_WEST) & (longitude > 0).fillna(False)
    return longitude.mask(beyond, longitude - 360)
