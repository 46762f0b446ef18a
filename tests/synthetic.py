"""Fictional departments: whole, consistent tables of any size for tests and benchmarks."""

from __future__ import annotations

import json
from functools import lru_cache
from weakref import WeakValueDictionary

import numpy as np
import pandas as pd
import shapely

from analysis.places import reference_table, state_shapes
from analysis.tables import TABLES, row_ids
from tests import chronicle

ONSETS = ["Al", "Bren", "Car", "Dun", "Elm", "Fair", "Glen", "Har", "Iron", "Jas", "Kel", "Lin"]
MIDDLES = ["", "a", "ber", "der", "en", "ing", "mor", "o", "ster", "wood"]
ENDINGS = ["bury", "dale", "field", "ford", "ham", "haven", "mont", "port", "ton", "view", "ville"]
SOURCES = ["atlas_of_surveillance", "community_connect", "ring_agency_map"]
NOTICE = "Fictional departments, made for a test"


_PASSED: WeakValueDictionary[int, pd.DataFrame] = WeakValueDictionary()
"""Tables that were checked, by their ``id``: what is changed is another object."""


def tables(n: int, seed: int = 0) -> dict[str, pd.DataFrame]:
    """All tables of ``n`` fictional departments in all states, checked; fixed by its arguments.

    About one in eight is listed twice, one in four has a day, month, year or no start each, some
    were delisted and of these some listed again, some have request counts, revised or derived or
    so far, some cameras, one in a hundred had another name, and several stand at one point.
    """
    return {name: _passed(frame.copy(deep=False)) for name, frame in _tables(n, seed).items()}


@lru_cache(maxsize=8)
def _tables(n: int, seed: int) -> dict[str, pd.DataFrame]:
    random = np.random.default_rng(seed)
    agencies = _agencies(n, random)
    participations = _participations(agencies, random)
    listings = _listings(participations, random)
    captures = _captures()
    requests = chronicle.requests(_requests(agencies, random))
    cameras = _cameras(participations, random)
    frames = {
        "agencies": agencies,
        "participations": participations,
        "listings": listings,
        "captures": captures,
        "footage_requests": requests,
        "footage_totals": chronicle.totals(requests, agencies),
        "camera_counts": cameras,
        "legal_process": chronicle.demands(),
        "reported_figures": chronicle.figures(),
        "changes": chronicle.changes(agencies, participations, requests),
        "sources": _sources(),
        "looks": chronicle.looks(),
        "fill_rates": chronicle.fill_rates(),
    }
    frames["evidence"] = _evidence(frames)
    return checked(frames)


def checked(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """All declared tables: those of ``frames`` checked, the others empty.

    What was checked before, or came from :func:`tables`, and is the same object, stands.
    """
    return {
        name: _checked(name, frames[name]) if name in frames else table.empty()
        for name, table in TABLES.items()
    }


def _checked(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    if _PASSED.get(id(frame)) is frame:
        return frame
    return _passed(TABLES[name].checked(frame.reindex(columns=TABLES[name].names)))


def _passed(frame: pd.DataFrame) -> pd.DataFrame:
    _PASSED[id(frame)] = frame
    return frame


def without(frames: dict[str, pd.DataFrame], states: list[str]) -> dict[str, pd.DataFrame]:
    """``frames`` without the departments of ``states`` and all that is said of them."""
    gone = frames["agencies"].loc[frames["agencies"]["state"].isin(states), "agency_id"]
    return {
        name: frame[~frame["agency_id"].isin(gone)] if "agency_id" in frame else frame
        for name, frame in frames.items()
    }


def hostile() -> dict[str, pd.DataFrame]:
    """Tables whose every text was written by somebody who wishes the page ill."""
    frames = tables(60)
    evil = pd.Series(HOSTILE * 10, dtype="string")
    agencies = frames["agencies"].iloc[:60].reset_index(drop=True)
    some = evil.iloc[: len(agencies)]
    frames["agencies"] = agencies.assign(
        name=some, city=some.iloc[::-1].array, county=some, aliases=some.iloc[::-1].array
    )
    sources = frames["sources"]
    frames["sources"] = sources.assign(
        title=evil.iloc[: len(sources)],
        homepage="javascript:alert(1)",
        licence_url="JavaScript:alert(1)",
        attribution=evil.iloc[1 : 1 + len(sources)].array,
        caveat="<b onclick=alert(1)>",
        notice="<script>alert(1)</script>",
        reason="{{7*7}}",
    )
    links = [
        {"url": "javascript:alert(1)", "title": HOSTILE[1]},
        {"url": 'https://e.example/"><script>alert(1)</script>', "title": HOSTILE[0]},
    ]
    frames["listings"] = frames["listings"].assign(
        profile_url="javascript:alert(1)", links=json.dumps(links)
    )
    frames["captures"] = frames["captures"].assign(
        url="javascript:alert(1)//http://x", original_url=HOSTILE[1]
    )
    frames["footage_requests"] = frames["footage_requests"].assign(period_label=HOSTILE[1])
    capture = {"capture_id": frames["captures"]["capture_id"].iloc[0], "source": SOURCES[0]}
    frames["other_rows"] = pd.DataFrame({"category": HOSTILE, "rows": 1}).assign(**capture)
    frames["rejected"] = pd.DataFrame({"name": HOSTILE, "reason": HOSTILE[::-1]}).assign(
        rejected_id=[chronicle.digest(text, 32) for text in HOSTILE], position=1, **capture
    )
    for name, columns in {
        "listings": ["name_raw", "city_raw", "county_raw", "state_raw", "valid_from_text"],
        "footage_requests": ["label_raw", "value_raw"],
        "camera_counts": ["value_raw"],
        "sources": ["publisher", "licence"],
        "looks": ["reason", "notice", "unread", "warc"],
        "fill_rates": ["kind", "field"],
        "changes": ["before", "after"],
        "legal_process": ["publisher", "source_title", "note"],
        "reported_figures": ["population", "source_title", "note", "our_count"],
    }.items():
        texts = pd.Series((HOSTILE * len(frames[name]))[: len(frames[name])], dtype="string")
        frames[name] = frames[name].assign(**dict.fromkeys(columns, texts.array))
    for name in ("legal_process", "reported_figures"):
        frames[name] = frames[name].assign(source_url="javascript:alert(1)//https://x")
    return checked(frames)


HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "${alert(1)}",
    "{{7*7}}{% raw %}",
    'O\'Fallon "Police" & Sons',
    '=HYPERLINK("x")',
    "\u202eecilop\u202c \u200f\u200eoffice",
    "L" * 300,
    "Police 🚓👮\u200d♀️",
    "]]><!--<svg/onload=alert(1)>\u2028\u2029",
]


def _agencies(n: int, random: np.random.Generator) -> pd.DataFrame:
    shapes = state_shapes()
    box = shapes.bounds
    middle = shapes.representative_point()
    state = np.sort(random.integers(0, len(shapes), n))
    town = random.integers(0, max(2, n // 2), n)
    spots = np.random.default_rng(7).random((max(2, n // 2), 2))[town]
    low, high = box[["minx", "miny"]].to_numpy()[state], box[["maxx", "maxy"]].to_numpy()[state]
    points = low + spots * (high - low)
    inside = shapely.contains_xy(shapes.geometry.to_numpy()[state], points[:, 0], points[:, 1])
    centre = np.column_stack([middle.x, middle.y])[state]
    points = np.round(np.where(inside[:, None], points, centre + (spots - 0.5) * 0.2), 4)
    code = shapes["state"].to_numpy()[state]
    city = _towns(town)
    kind = random.choice(
        ["police", "sheriff", "public_safety", "community"], n, p=[0.8, 0.14, 0.04, 0.02]
    )
    suffix = pd.Series(kind).map(
        {
            "police": " Police Department",
            "sheriff": " County Sheriff's Office",
            "public_safety": " Department of Public Safety",
            "community": " Community",
        }
    )
    precision = np.where(inside, "place_centroid", random.choice(["county_centroid", "state"], n))
    located = random.random(n) > 0.01
    county = pd.Series(_nearest_counties(code, points)).where(located & (precision != "state"))
    place = pd.Series(city)
    slug = (
        pd.Series(code).str.lower()
        + "-"
        + place.str.lower()
        + "-"
        + pd.Series(kind).str.replace("_", "-")
    )
    repeat = slug.groupby(slug).cumcount()
    return pd.DataFrame(
        {
            "agency_id": slug.where(repeat == 0, slug + "-" + (repeat + 1).astype("string")),
            "name": place + suffix,
            "aliases": ("Old " + place + suffix).where(pd.Series(range(n)) % 100 == 3),
            "type": kind,
            "jurisdiction": np.where(kind == "sheriff", "county", "municipal"),
            "city": city,
            "county": place.str[:6] + " County",
            "state": code,
            "county_geoid": county,
            "latitude": np.where(located, points[:, 1], np.nan),
            "longitude": np.where(located, points[:, 0], np.nan),
            "location_precision": pd.Series(precision).where(located),
            "population": random.integers(500, 90_000, n),
            "first_observed": "2020-10-07T00:00:00Z",
            "last_observed": "2020-10-07T00:00:00Z",
        }
    )


def _nearest_counties(state: np.ndarray, points: np.ndarray) -> np.ndarray:
    """FIPS code of the county whose point, of those in the state, lies nearest to each point."""
    found = np.full(len(state), None, dtype=object)
    for code, there in reference_table("us_counties.csv.gz").groupby("state"):
        rows = np.flatnonzero(state == code)
        apart = points[rows, None] - there[["longitude", "latitude"]].to_numpy()
        nearest = np.hypot(apart[..., 0], apart[..., 1]).argmin(axis=1)
        found[rows] = there["county_geoid"].to_numpy(dtype=object)[nearest]
    return found


def _towns(number: np.ndarray) -> np.ndarray:
    parts = [np.array(ONSETS), np.array(MIDDLES), np.array(ENDINGS)]
    name = np.full(len(number), "", dtype=object)
    for part in parts:
        name = name + part[number % len(part)].astype(object)
        number = number // len(part)
    return name + np.where(
        number > 0, np.array([f"-{value}" for value in number], dtype=object), ""
    )


def _participations(agencies: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    n = len(agencies)
    camera = random.random(n) < 0.12
    frame = pd.DataFrame(
        {
            "agency_id": pd.concat([agencies["agency_id"], agencies.loc[camera, "agency_id"]]),
            "programme": np.repeat(["neighbors_portal", "camera_registry"], [n, camera.sum()]),
        }
    ).reset_index(drop=True)
    size = len(frame)
    day = pd.Timestamp("2018-03-22") + pd.to_timedelta(random.integers(0, 900, size), unit="D")
    text = pd.Series(day).dt.strftime("%Y-%m-%d")
    precision = random.choice(["day", "month", "year", "unknown"], size, p=[0.7, 0.15, 0.05, 0.1])
    length = pd.Series(precision).map({"day": 10, "month": 7, "year": 4, "unknown": 0})
    start = pd.Series([value[:end] for value, end in zip(text, length, strict=True)])
    end_kind = random.choice(["unknown", "ongoing", "delisted_observed"], size, p=[0.8, 0.15, 0.05])
    gone = end_kind == "delisted_observed"
    frame = frame.assign(
        participation_id=frame["agency_id"] + ":" + frame["programme"] + ":1",
        spell=1,
        valid_from=start.mask(start == ""),
        valid_from_precision=precision,
        valid_from_kind=np.where(precision == "unknown", "unknown", "stated"),
        valid_to_kind=end_kind,
        first_observed="2020-06-11T00:00:00Z",
        last_observed="2020-10-07T00:00:00Z",
        first_missing=pd.Series("2020-11-02T06:30:00Z", range(size), dtype="string").where(gone),
        claims=1,
        sources=np.where(
            random.random(size) < 0.2,
            "atlas_of_surveillance; ring_agency_map",
            "atlas_of_surveillance",
        ),
    )
    return pd.concat([frame, _again(frame)], ignore_index=True)


def _again(frame: pd.DataFrame) -> pd.DataFrame:
    """Second spells of every other one that was delisted; its first is made to end before."""
    back = frame.index[frame["valid_to_kind"] == "delisted_observed"][::2]
    frame.loc[back, "first_observed"] = "2020-05-05T00:00:00Z"
    frame.loc[back, "last_observed"] = "2020-06-11T00:00:00Z"
    frame.loc[back, "first_missing"] = "2020-07-07T00:00:00Z"
    again = frame.loc[back]
    return again.assign(
        participation_id=again["agency_id"] + ":" + again["programme"] + ":2",
        spell=2,
        valid_from=None,
        valid_from_precision="unknown",
        valid_from_kind="unknown",
        valid_to_kind="unknown",
        first_observed="2020-10-07T00:00:00Z",
        last_observed="2020-10-07T00:00:00Z",
        first_missing=None,
    )


def _listings(participations: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    listed = participations[participations["spell"] == 1]
    profile = "https://agency.example/agencies/" + listed["agency_id"]
    links = json.dumps(
        [{"url": "https://map.example/viewer?mid=1", "title": "Ring map", "date_text": ""}]
    )
    return listed.assign(
        listing_id=[chronicle.digest(key, 32) for key in listed["participation_id"]],
        source="atlas_of_surveillance",
        name_raw=listed["agency_id"],
        profile_url=profile.where(random.random(len(listed)) < 0.1),
        links=links,
    )


def _captures() -> pd.DataFrame:
    names = pd.Series([f"{source}-{look}" for source in SOURCES for look in range(3)])
    source = names.str.rsplit("-", n=1).str[0]
    look = names.str[-1]
    archived = look.eq("0")
    return pd.DataFrame(
        {
            "capture_id": names.map(lambda name: chronicle.digest(name, 32)),
            "source": source,
            "url": ("https://data.example/" + source).mask(
                archived, "https://archive.example/web/20200611id_/https://data.example/" + source
            ),
            "original_url": ("https://data.example/" + source).where(archived),
            "fetched_at": "2020-10-0" + (look.astype(int) + 5).astype("string") + "T04:05:06Z",
            "observed_at": look.map({"0": "2020-06-11", "1": "2020-09-01", "2": "2020-10-07"})
            + "T00:00:00Z",
            "outcome": "ok",
            "http_status": 200,
            "sha256": names.map(chronicle.digest),
            "bytes": 1234,
            "warc": "fictional.warc.gz",
            "warc_offset": range(0, 100 * len(names), 100),
        }
    )


def _requests(agencies: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    some = agencies.loc[random.random(len(agencies)) < 0.05, ["agency_id"]].reset_index(drop=True)
    state = random.choice(["value", "zero_stated", "not_published"], len(some), p=[0.7, 0.1, 0.2])
    value = np.where(state == "value", random.integers(1, 90, len(some)).astype(float), np.nan)
    return some.assign(
        request_id=[chronicle.digest(f"request {key}", 32) for key in some["agency_id"]],
        scope="agency",
        metric="video_requests",
        unit="requests",
        value_state=state,
        value=np.where(state == "zero_stated", 0.0, value),
        bound="exact",
        period_start="2020-04-01",
        period_end="2020-06-30",
        period_label="Q2 2020",
        basis="stated",
        observed_at="2020-07-07T00:00:00Z",
        last_observed="2020-10-07T00:00:00Z",
        current=True,
        source="ring_agency_map",
    )


def _cameras(participations: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    listed = participations[participations["spell"] == 1]
    some = listed.loc[listed["programme"] == "camera_registry", ["agency_id"]].reset_index(
        drop=True
    )
    return some.assign(
        camera_count_id=[chronicle.digest(f"camera {key}", 32) for key in some["agency_id"]],
        programme="community_connect",
        metric="registered_cameras",
        unit="cameras",
        additive=False,
        value_state="value",
        value=random.integers(1, 900, len(some)).astype(float),
        observed_at="2020-10-07T00:00:00Z",
        source="community_connect",
    )


def _sources() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": SOURCES,
            "title": ["Atlas of Surveillance", "Axon Community Connect", "Ring Active Agency Map"],
            "publisher": ["EFF", "Axon", "Ring"],
            "homepage": [f"https://{name.replace('_', '-')}.example/" for name in SOURCES],
            "licence": ["CC BY 4.0", "facts only", "facts only"],
            "licence_url": ["https://creativecommons.org/licenses/by/4.0/", None, None],
            "attribution": ["Atlas of Surveillance, EFF", "Axon Community Connect", "Ring"],
            "passes_on": ["bytes", "facts", "facts"],
            "notice": [NOTICE, None, None],
            "last_run": ["2020-10-07T05:00:00Z", None, "2020-10-07T06:00:00Z"],
            "verdict": ["healthy", "never_run", "failed"],
            "reason": [None, None, "a tenth of the last healthy number of departments came"],
            "last_healthy": ["2020-10-07T05:00:00Z", None, "2020-10-06T04:00:00Z"],
            "rows": [5_784, None, 405],
            "records": [1_500, None, 404],
            "rejected": [0, None, 1],
            "newest_fact": ["2020-09-30", None, "2020-08"],
            "rows_least": [20, 100, 20],
            "rows_most": [60_000, 3_000, 6_000],
            "floor": [0.5, 0.5, 0.5],
            "fresh_days": [10, None, 40],
        }
    )


def _evidence(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    parts = [
        _rests_on(name, frames[name], look)
        for name in (
            *("participations", "listings", "footage_requests", "camera_counts"),
            *("legal_process", "changes"),
        )
        for look in (0, 2)
    ]
    return pd.concat(parts, ignore_index=True)


def _rests_on(name: str, frame: pd.DataFrame, look: int) -> pd.DataFrame:
    source = frame["source" if "source" in frame else "sources"].str.split("; ").str[0]
    captures = {source: chronicle.digest(f"{source}-{look}", 32) for source in SOURCES}
    return pd.DataFrame(
        {
            "table": name,
            "row_id": row_ids(TABLES[name], frame),
            "capture_id": source.map(captures),
        }
    )
