"""A fictional past for the fictional departments: counts, totals, demands, figures, changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

BEFORE = "2020-06-11T00:00:00Z"
NOW = "2020-10-07T00:00:00Z"
PAGE = "https://press.example/figures"

EVENTS = [
    ("2018-03-22", "programme_started", "neighbors_portal", "Neighbors Portal: the first pilot"),
    ("2019-08", "programme_announced", "neighbors_portal", "the map of departments"),
    ("2020-06-04", "programme_ended", "neighbors_portal", "video_request: e-mails stopped"),
    ("2020-06-05", "programme_started", "neighbors_portal", "rfa_post: public posts began"),
    ("2020", "programme_cancelled", "community_request_flock", "it never went live"),
]
"""Month or day of what befell programmes (fictional), its kind and what is told of it."""


def digest(text: str, length: int = 64) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def requests(stated: pd.DataFrame) -> pd.DataFrame:
    """``stated`` counts, of which every third was given otherwise before, every fourth department
    has counters that run on and what is derived from them; and one figure of the nation."""
    several = [digest(f"earlier {key}", 32) for key in stated["agency_id"]]
    third = stated.index % 3 == 0
    now = stated.assign(
        revises=pd.Series(several, stated.index).where(third),
        observed_at=stated["observed_at"].mask(third, "2020-09-01T00:00:00Z"),
        difference=stated["value"].sub(12).where(third),
    )
    before = stated[third].assign(
        request_id=pd.Series(several, stated.index)[third],
        value=12.0,
        value_state="value",
        last_observed="2020-09-01T00:00:00Z",
        current=False,
    )
    fourth = stated.loc[stated.index % 4 == 0, ["agency_id"]].assign(
        scope="agency", bound="exact", basis="stated", source="ring_agency_map"
    )
    return pd.concat([now, before, *_counters(fourth), _nation()], ignore_index=True)


def _counters(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Posts so far at two looks, their difference, and posts of another category."""
    first = _named(
        rows.assign(metric="rfa_posts", unit="posts", value_state="value", value=3.0),
        "posts then",
        BEFORE,
    ).assign(current=False)
    second = _named(first.assign(value=8.0, difference=5.0), "posts now", NOW)
    second = second.assign(current=True, revises=first["request_id"])
    rise = _named(first.assign(value=5.0, basis="derived"), "rise", NOW)
    rise = rise.assign(current=True, period_start="2020-06-12")
    other = _named(
        second.assign(metric="animals_posts", value=41.0, revises=None, difference=np.nan),
        "animals",
        NOW,
    )
    unknown = _named(
        other.assign(metric="crime_posts", value=np.nan, value_state="not_published"),
        "crime",
        NOW,
    )
    return [first, second, rise, other, unknown]


def _named(rows: pd.DataFrame, what: str, moment: str) -> pd.DataFrame:
    return rows.assign(
        request_id=[digest(f"{what} {key}", 32) for key in rows["agency_id"]],
        observed_at=moment,
        last_observed=moment,
        period_end=moment[:10],
    )


def _nation() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "request_id": [digest("nation", 32)],
            "scope": "nation",
            "metric": "video_request_incidents",
            "unit": "incidents",
            "value_state": "value",
            "value": 22_335.0,
            "bound": "more_than",
            "period_start": "2020-01-01",
            "period_end": "2020-12-31",
            "label_raw": "US departments",
            "basis": "stated",
            "observed_at": NOW,
            "last_observed": NOW,
            "current": True,
            "source": "ring_agency_map",
        }
    )


def totals(counts: pd.DataFrame, agencies: pd.DataFrame) -> pd.DataFrame:
    """Of each quarter what is known of how many, also where a sum is zero: of the nation, of every
    state, and of the counties of which something is known."""
    known = counts[counts["metric"].eq("video_requests") & counts["current"].fillna(False)]
    known = known[known["value_state"].isin(["value", "zero_stated"])]
    placed = agencies.dropna(subset="county_geoid")
    quarters = [
        ("2020-04-01", "2020-06-30", known.set_index("agency_id")["value"]),
        ("2020-01-01", "2020-03-31", pd.Series(0.0, index=placed["agency_id"].head(1))),
        ("2019-10-01", "2019-12-31", pd.Series(dtype=float)),
    ]
    rows = []
    for start, end, values in quarters:
        told = agencies.assign(value=agencies["agency_id"].map(values), everything="")
        for scope, area in AREAS.items():
            added = _added(told, area).assign(scope=scope, period_start=start, period_end=end)
            rows.append(added if scope != "county" else added[added["n_known"] > 0])
    frame = pd.concat(rows, ignore_index=True)
    names = zip(frame["state"].fillna(frame["county_geoid"]), frame["period_start"], strict=True)
    return frame.assign(
        total_id=[
            digest(f"total {start}" if pd.isna(area) else f"total {area} {start}", 32)
            for area, start in names
        ],
        programme="neighbors_portal",
        metric="video_requests",
        unit="requests",
    )


AREAS = {"nation": "everything", "state": "state", "county": "county_geoid"}


def _added(agencies: pd.DataFrame, area: str) -> pd.DataFrame:
    """The known values of the departments of each area, and of how many of them."""
    values = agencies["value"].groupby(agencies[area])
    sums = values.sum(min_count=1)
    rows = pd.DataFrame({"value": sums, "n_known": values.count(), "n_total": values.size()})
    rows["value_state"] = np.select(
        [sums > 0, sums.eq(0)], ["value", "zero_stated"], "not_published"
    )
    return (
        rows.rename_axis(area)
        .reset_index()
        .reindex(columns=["state", "county_geoid", *rows.columns])
    )


def demands() -> pd.DataFrame:
    """Legal demands: two publications that conflict, a share, a range, one that was not told."""
    columns = ["process", "metric", "unit", "value_state", "value", "low", "high", "source_title"]
    rows = [
        ("all", "legal_demands", "demands", "value", 1_888, None, None, "The company's report"),
        ("all", "legal_demands", "demands", "value", 1_900, None, None, "A newspaper"),
        ("search_warrant", "legal_demands", "demands", "value", 1_510, None, None, "A report"),
        ("national_security", "legal_demands", "demands", "value", None, 0, 249, "A report"),
        ("subpoena", "legal_demands", "demands", "not_published", None, None, None, "A report"),
        (
            "all",
            "legal_demands_content_share",
            "percent of demands",
            "value",
            44,
            None,
            None,
            "A report",
        ),
    ]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(
        demand_id=[digest(f"demand {number}", 32) for number in frame.index],
        publisher="Ring",
        period_start="2020-01-01",
        period_end="2020-06-30",
        bound=["exact", "about", "exact", "exact", "exact", "more_than"],
        source_url=PAGE,
        seen="press_copy",
        note=pd.Series(["includes preservation requests"]).reindex(frame.index),
        observed_at=NOW,
        source="ring_agency_map",
    )


def figures() -> pd.DataFrame:
    """Claims of others: with our own count beside it, equal to it, and without any."""
    frame = pd.DataFrame(
        {
            "figure_id": ["count-2019-08", "count-2020-01", "of-the-world"],
            "value": [405.0, 703.0, 2_161.0],
            "our_value": [407.0, 703.0, None],
            "as_of": ["2019-08-28", "2020-01-10", "2021-11-13"],
        }
    )
    ours = "departments listed with a stated start on or before the day"
    return frame.assign(
        metric="agencies_listed",
        unit="departments",
        programme="neighbors_portal",
        population="US departments",
        bound=["exact", "exact", "at_least"],
        source_title="A newspaper",
        source_url=PAGE,
        seen="press_copy",
        our_count=pd.Series(ours, frame.index).where(frame["our_value"].notna()),
        difference=frame["our_value"] - frame["value"],
    )


def changes(
    agencies: pd.DataFrame, participations: pd.DataFrame, counts: pd.DataFrame
) -> pd.DataFrame:
    """Events of every kind, some of every department."""
    first = participations[participations["spell"] == 1]
    atlas = {"source": "atlas_of_surveillance"}
    gone = participations[participations["first_missing"].notna()]
    back = participations[participations["spell"] == 2]
    renamed = agencies[agencies["aliases"].notna()]
    revised = counts[counts["revises"].notna() & counts["metric"].eq("video_requests")]
    of_sources = pd.DataFrame(
        [
            ("category_retired", "2020-10-05", "neighbors_portal", "1500 rows", "category absent"),
            ("source_unreachable", "2020-10-06", None, "last read 2020-10-05T00:00:00Z", "gone"),
            ("layout_changed", "2020-10-06", None, None, "<b>no table</b>"),
            ("text_changed", "2020-10-07", None, "9 characters", "10 characters"),
            ("corrected", "2020-10-07", None, "a number", "another number"),
            ("suppressed", "2020-10-07", None, None, "withheld"),
        ],
        columns=["kind", "day", "programme", "before", "after"],
    )
    events = pd.DataFrame(EVENTS, columns=["valid_at", "kind", "programme", "after"])
    of_sources = of_sources.assign(observed_at=of_sources.pop("day") + "T00:00:00Z")
    parts = [
        first.assign(kind="added", observed_at=first["first_observed"], **atlas, after="listed"),
        gone.assign(
            kind="delisted",
            observed_at="2020-11-20T06:30:00Z",
            **atlas,
            before="last listed " + gone["last_observed"],
            after="not listed on " + gone["first_missing"] + " and 2020-11-20T06:30:00Z",
        ),
        back.assign(kind="relisted", observed_at=NOW, **atlas, after="listed"),
        renamed.assign(
            kind="renamed",
            observed_at=BEFORE,
            **atlas,
            before=renamed["aliases"],
            after=renamed["name"],
        ),
        revised.assign(
            kind="count_revised",
            before="12 requests",
            after=revised["value"].astype("string") + " requests",
        ),
        of_sources.assign(**atlas),
        events.assign(observed_at="2020-09-30T00:00:00Z", source="community_connect"),
    ]
    columns = ["kind", "observed_at", "valid_at", "agency_id", "programme", "source"]
    rows = [part.reindex(columns=[*columns, "before", "after"]) for part in parts]
    found = pd.concat([part.astype("string") for part in rows], ignore_index=True)
    return found.assign(change_id=[digest(f"change {number}", 32) for number in found.index])


def looks() -> pd.DataFrame:
    """Looks at two of the sources: healthy ones, one that lost pages, and one that failed."""
    rows = [
        ("atlas_of_surveillance", f"2020-10-{day:02}T05:00:00Z", "healthy", "5784 rows", 5_784, 0)
        for day in range(1, 8)
    ]
    rows += [
        ("ring_agency_map", f"2020-07-{day:02}T04:00:00Z", "healthy", "404 rows", 404, 0)
        for day in range(1, 13)
    ]
    rows += [
        ("ring_agency_map", "2020-10-06T04:00:00Z", "healthy", "405 rows", 405, 1),
        ("ring_agency_map", "2020-09-06T04:00:00Z", "incomplete", "405 rows; lost", 405, 0),
        ("ring_agency_map", "2020-10-07T06:00:00Z", "failed", "40 rows of 405", 40, 0),
    ]
    columns = ["source", "observed_at", "verdict", "reason", "rows", "rejected"]
    frame = pd.DataFrame(rows, columns=columns)
    lost = frame["verdict"].eq("incomplete")
    odd = frame["rows"].eq(40)
    return frame.assign(
        look_id=frame["source"] + "-" + frame["observed_at"],
        published=frame["verdict"].ne("failed"),
        first_hand=True,
        parser_version=1,
        warc=frame["source"] + ".warc.gz",
        records=frame["rows"] - frame["rejected"],
        pages_lost=lost.astype(int),
        lost=pd.Series("1 given up", frame.index).where(lost),
        unread_fields=odd.astype(int) * 2,
        unread=pd.Series("<b>Active</b> | Since when", frame.index).where(odd),
    )


def fill_rates() -> pd.DataFrame:
    """Of two sources how full the fields are: all, some, next to none, and never."""
    fields = [("agency", 1_500, 1_490), ("city", 1_499, 1_490), ("county", 1, 1_480)]
    rows = [("atlas_of_surveillance", name, 1_500, now, 1_490, old) for name, now, old in fields]
    rows += [("atlas_of_surveillance", "profile_url", 1_500, 0, 1_490, 0)]
    rows += [("ring_agency_map", "agency", 404, 404, None, None)]
    columns = ["source", "field", "records", "filled", "records_before", "filled_before"]
    frame = pd.DataFrame(rows, columns=columns)
    newest = frame["source"].map({name: found["look_id"].iloc[-1] for name, found in _good()})
    return frame.assign(
        kind="listing",
        look_id=newest,
        observed_at=newest.str[-20:],
        share=(frame["filled"] / frame["records"]).round(4),
    )


def _good() -> Iterator[tuple[str, pd.DataFrame]]:
    found = looks()
    for name, mine in found[found["published"]].groupby("source"):
        yield str(name), mine
