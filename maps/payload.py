"""All departments in one columnar JSON: a column is a list, or one value that stands for every row.

Repeated text stands once, in a dictionary, and the column holds its place there. JavaScript reads
it in ``maps/static/records.js``; the two files are kept in step by ``tests/browser``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from maps import words
from maps.shapes import DATE_LINE_WEST

Tables = Mapping[str, pd.DataFrame]
Column = Any
"""A list with one entry a row, or the one value that all rows share."""

CAPTURES_SHOWN = 3
"""Newest captures a popup names; a daily crawl sees one listing hundreds of times."""

ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def script_json(value: Any) -> str:
    """``value`` as JSON that no HTML or JavaScript parser can take for anything else."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(ESCAPES).encode("utf-8", "replace").decode("utf-8")


def web_address(url: str) -> str:
    """``url`` where it is an http or https address, else the empty string."""
    return url if url.lower().startswith(("http://", "https://")) else ""


def ordered_agencies(agencies: pd.DataFrame, state_names: Mapping[str, str]) -> pd.DataFrame:
    """Agencies with a ``state_name`` column, in the order of list and payload: state, name, id."""
    named = agencies.assign(
        state_name=agencies["state"].map(state_names).fillna(agencies["state"]),
        folded=agencies["name"].str.casefold(),
    )
    return named.sort_values(["state_name", "folded", "agency_id"], ignore_index=True)


def departments(tables: Tables, agencies: pd.DataFrame, state_names: Mapping[str, str]) -> Any:
    """The payload for ``agencies`` as :func:`ordered_agencies` gives them."""
    order = pd.Series(agencies.index, index=agencies["agency_id"])
    sources = list(tables["sources"]["source"])
    return {
        "n": len(agencies),
        "states": dict(state_names),
        "words": _words(),
        "sources": _sources(tables["sources"]),
        "agencies": _agencies(agencies),
        "listings": _listings(tables, order, sources),
        "requests": _requests(tables["footage_requests"], order, sources),
        "cameras": _cameras(tables["camera_counts"], order, sources),
    }


def _words() -> dict[str, Any]:
    return {
        "months": words.MONTHS,
        "status": words.STATUS,
        "since": words.SINCE,
        "points": words.POINTS,
        "values": words.VALUE_STATES,
        "bounds": words.BOUNDS,
        "metrics": words.METRICS,
        "kinds": words.KINDS,
        "programmes": {key: words.programme_title(key) for key in words.PROGRAMME_KEYS},
    }


def _sources(sources: pd.DataFrame) -> list[dict[str, str]]:
    text = sources[["title", "publisher", "homepage"]].fillna("")
    return [
        {"title": title, "publisher": publisher, "homepage": web_address(homepage)}
        for title, publisher, homepage in text.itertuples(index=False)
    ]


def _agencies(agencies: pd.DataFrame) -> dict[str, Column]:
    return {
        "id": [agency.split("-", 1)[1] for agency in agencies["agency_id"]],
        "name": agencies["name"].tolist(),
        "state": _coded(agencies["state"]),
        "city": _coded(agencies["city"]),
        "county": _coded(agencies["county"]),
        "kind": _coded(agencies["type"]),
        "latitude": _degrees(agencies["latitude"]),
        "longitude": _degrees(_eastward(agencies)),
        "point": _coded(agencies["location_precision"]),
    }


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
        "programme": _coded(listed["programme"]),
        "precision": _coded(listed["valid_from_precision"]),
        "from": _coded(listed["valid_from"]),
        "to": _coded(listed["valid_to"]),
        "toKind": _coded(listed["valid_to_kind"]),
        "first": _coded(listed["first_observed"].str[:10]),
        "last": _coded(listed["last_observed"].str[:10]),
        "missing": _coded(listed["first_missing"].str[:10]),
        "otherFrom": _coded(_looked_up(pair, _other_starts(tables["listings"]))),
        "sources": _coded(listed["sources"].map(lambda names: _joined(source_rows[names]))),
        "links": _coded(_looked_up(pair, links)),
        "evidence": _coded(_looked_up(listed["participation_id"], newest)),
        "seen": _shared(listed["participation_id"].map(seen).fillna(0).astype(int).tolist()),
        "captures": captures,
        "documents": documents,
    }


def _captures(
    tables: Tables, sources: list[str]
) -> tuple[dict[str, Column], dict[str, str], dict[str, int]]:
    """The captures popups name, and by participation: its newest ones, and how many it has."""
    evidence = tables["evidence"]
    found = evidence.loc[evidence["table"] == "participations", ["row_id", "capture_id"]].merge(
        tables["captures"][["capture_id", "source", "url", "fetched_at", "observed_at", "sha256"]],
        on="capture_id",
    )
    found = found.sort_values(["row_id", "fetched_at", "capture_id"], ascending=[True, False, True])
    seen = found.groupby("row_id", sort=False)["capture_id"].size()
    newest = found.groupby("row_id", sort=False).head(CAPTURES_SHOWN)
    kept = newest.drop_duplicates("capture_id").sort_values("capture_id", ignore_index=True)
    place = pd.Series(kept.index.astype("string"), index=kept["capture_id"])
    named = newest["capture_id"].map(place).groupby(newest["row_id"], sort=False).agg(" ".join)
    columns = {
        "id": kept["capture_id"].str[:12].tolist(),
        "source": [sources.index(name) for name in kept["source"]],
        "url": _coded(kept["url"].map(web_address)),
        "fetched": kept["fetched_at"].str[:10].tolist(),
        "observed": kept["observed_at"].str[:10].tolist(),
        "sha256": kept["sha256"].fillna("").str[:16].tolist(),
    }
    return columns, named.to_dict(), seen.to_dict()


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
            listings["profile_url"].fillna(""), listings["links"].fillna(""), strict=True
        )
    ]
    documents = sorted({link for links in per_row for link in links if link[0]})
    place = {link: number for number, link in enumerate(documents)}
    pair = listings["agency_id"] + "\t" + listings["programme"]
    together: dict[str, dict[int, None]] = {}
    for key, links in zip(pair, per_row, strict=True):
        found = together.setdefault(key, {})
        found.update((place[link], None) for link in links if link[0])
    return [list(link) for link in documents], {
        key: _joined(found) for key, found in together.items()
    }


def _other_starts(listings: pd.DataFrame) -> dict[str, str]:
    """Stated starts later than the earliest, for departments whose sources give several."""
    stated = listings.dropna(subset=["valid_from"])[["agency_id", "programme", "valid_from"]]
    stated = stated.drop_duplicates().sort_values(["agency_id", "programme", "valid_from"])
    later = stated[stated.duplicated(["agency_id", "programme"])]
    pair = later["agency_id"] + "\t" + later["programme"]
    return later["valid_from"].groupby(pair).agg(" ".join).to_dict()


def _requests(requests: pd.DataFrame, order: pd.Series, sources: list[str]) -> dict[str, Column]:
    mine = requests[requests["agency_id"].isin(order.index)]
    mine = mine.assign(row=mine["agency_id"].map(order)).sort_values(
        ["row", "metric", "period_start", "period_label", "observed_at", "request_id"]
    )
    return _numbers(mine, sources) | {
        "bound": _coded(mine["bound"]),
        "period": _coded(mine["period_label"]),
        "low": _shared(_plain(mine["low"])),
        "high": _shared(_plain(mine["high"])),
    }


def _cameras(cameras: pd.DataFrame, order: pd.Series, sources: list[str]) -> dict[str, Column]:
    mine = cameras.assign(row=cameras["agency_id"].map(order)).sort_values(
        ["row", "metric", "source", "observed_at", "camera_count_id"]
    )
    newest = mine.drop_duplicates(["row", "metric", "source"], keep="last")
    return _numbers(newest, sources) | {"additive": _shared(newest["additive"].tolist())}


def _numbers(frame: pd.DataFrame, sources: list[str]) -> dict[str, Column]:
    return {
        "agency": frame["row"].tolist(),
        "metric": _coded(frame["metric"]),
        "state": _coded(frame["value_state"]),
        "value": _shared(_plain(frame["value"])),
        "observed": _coded(frame["observed_at"].str[:10]),
        "source": _shared([sources.index(name) for name in frame["source"]]),
    }


def _coded(text: pd.Series) -> dict[str, Column]:
    """A dictionary column: sorted distinct values and each row's place among them."""
    codes, values = pd.factorize(text.fillna("").astype("object"), sort=True)
    return {"of": list(values), "is": _shared(codes.tolist())}


def _looked_up(keys: pd.Series, texts: Mapping[str, str]) -> pd.Series:
    return pd.Series([texts.get(key, "") for key in keys], index=keys.index, dtype="object")


def _shared(values: list[Any]) -> Column:
    first = values[0] if values else 0
    return first if all(value == first for value in values) else values


def _eastward(agencies: pd.DataFrame) -> pd.Series:
    """Longitudes, drawn west of the date line where the state's shape is (see maps.shapes)."""
    longitude = agencies["longitude"]
    beyond = agencies["state"].isin(DATE_LINE_WEST) & (longitude > 0).fillna(False)
    return longitude.mask(beyond, longitude - 360)


def _degrees(degrees: pd.Series) -> list[int | None]:
    """Ten-thousandths of a degree (some 11 m: the points are centres of places)."""
    return [None if pd.isna(value) else round(value * 1e4) for value in degrees]


def _plain(numbers: pd.Series) -> list[int | float | None]:
    return [
        None if pd.isna(value) else int(value) if float(value).is_integer() else float(value)
        for value in numbers
    ]


def _joined(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))
