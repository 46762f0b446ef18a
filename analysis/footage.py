"""Counts that sources give for departments: requests for footage, and cameras."""

from __future__ import annotations

import re

import pandas as pd

from analysis.dates import days, period, without_period
from analysis.names import tidy
from analysis.observations import ids, observations, risen
from analysis.tables import FOOTAGE_REQUESTS, FOOTAGE_TOTALS
from spiders.programmes import METRICS

CAMERAS = ("registered_cameras", "integrated_cameras")
FOOTAGE_FIGURES = ("video_requests", "video_request_incidents")
RUNNING = [key for key, metric in METRICS.items() if metric.running]
SUMMED = [key for key, metric in METRICS.items() if metric.additive and not metric.running]
UNITS = {key: metric.unit for key, metric in METRICS.items()}
NUMBERS = ["value", "zero_stated"]
LOWER_BOUNDS = ["exact", "at_least", "more_than"]
"""Bounds of a number that a lower bound may be summed from."""
STATEMENT = ["value_state", "value", "low", "high", "bound"]
PERIOD = ["period_start", "period_end"]

_COUNT = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9}")
_ROUND_IT = re.compile(
    r"\b(?:the|total|of|video|footage|requests?|in|for|during)\b|[\s:;()]", re.IGNORECASE
)
"""Words and signs that may stand round a count and leave it what it is; ``about``, ``<`` or a
minus do not."""
LATER = ("request_id", "last_observed", "current", "revises", "difference")
"""Columns of the table that only the comparison of looks gives."""
HERE = {
    "programme": "string",
    "figure": "string",
    "profile_url": "string",
    "look_healthy": "boolean",
    "record_id": "string",
    "capture_id": "string",
}
READ = {
    "value_state": "string",
    "value": "Float64",
    "trouble": "string",
    "period_start": "string",
    "period_end": "string",
    "period_label": "string",
}
NOT_PUBLISHED = frozenset({"", "-", "n/a", "na", "not available", "none given"})


def counted(named: pd.DataFrame) -> pd.DataFrame:
    """Identified count records with value_state, value, unit, period columns and trouble.

    A blank is ``not_published``; zero is ``zero_stated`` and only ever what the source wrote.
    ``trouble`` says why a text holds no single number. The period stands in the value or in its
    label, in any of the forms of :func:`analysis.dates.period`.
    """
    labels, values = (tidy(named[name]).fillna("") for name in ("label_text", "value_text"))
    states = named["value_state"].astype("string").fillna("")
    texts = pd.DataFrame({"label": labels, "value": values, "state": states})
    code = texts.groupby(list(texts), sort=False).ngroup().to_numpy()
    distinct = texts.drop_duplicates()
    told = [
        (*_value(value, state), *(period(value, label) or (None, None, None)))
        for label, value, state in distinct.itertuples(index=False)
    ]
    read = pd.DataFrame(told, columns=[*READ]).astype(READ)
    found = {name: read[name].take(code).array for name in READ}
    return named.assign(**found, unit=named["metric"].map(UNITS))


def _value(text: str, state: str) -> tuple[str | None, float | None, str | None]:
    if state:
        return state, None, None
    bare = _ROUND_IT.sub(" ", without_period(text)).strip()
    if bare.lower() in NOT_PUBLISHED:
        return "not_published", None, None
    if not _COUNT.fullmatch(bare):
        return None, None, f"holds no single count: {text[:60]!r}"
    value = float(bare.replace(",", ""))
    return ("value" if value else "zero_stated"), value, None


def footage_requests(counts: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """The table ``footage_requests``: what was counted of single departments, figures of requests
    that others published, and what running counters rose by.

    ``counts`` come from :func:`counted`, a row for each reading and record, with look_healthy;
    ``figures`` are published figures with unit and agency_id. A figure of a department we could
    not identify, or of a state, is no figure of the nation and is left to ``reported_figures``.

    Equal counts of the same source, department, metric and period in consecutive looks are one row
    (:func:`analysis.observations.observations`). A running counter has no first day; the last is
    that on which it was last seen so. Its rises between two healthy looks are rows of basis
    ``derived`` (:func:`analysis.observations.risen`). Beside the columns of the table there are
    programme, and capture_id and seen_at: a row for each capture that proves it.
    """
    own = _own(counts)
    running = own["metric"].isin(RUNNING)
    stated = pd.concat([own, _published(figures)], ignore_index=True)
    stated.loc[stated["metric"].isin(RUNNING), PERIOD] = pd.NA
    subject = ["source", "scope", "agency_id", "figure", "metric", *PERIOD]
    rows = observations(stated, "request_id", subject, STATEMENT)
    last_day = rows["last_observed"].str[:10]
    rows["period_end"] = rows["period_end"].mask(rows["metric"].isin(RUNNING), last_day)
    return pd.concat([rows, _rises(own[running])], ignore_index=True)


def _own(counts: pd.DataFrame) -> pd.DataFrame:
    rows = counts[~counts["metric"].isin(CAMERAS)]
    return _shaped(
        rows.assign(
            scope="agency",
            bound="exact",
            basis="stated",
            label_raw=rows["label_text"],
            value_raw=rows["value_text"],
        )
    )


def _published(figures: pd.DataFrame) -> pd.DataFrame:
    of_nobody = figures["agency"].eq("") & figures["state"].eq("")
    known = figures["agency_id"].notna() | of_nobody
    rows = figures[figures["metric"].isin(FOOTAGE_FIGURES) & known]
    zero = rows["value"].eq(0).fillna(False)
    given = rows[["value", "low", "high"]].notna().any(axis="columns")
    state = given.map({True: "value", False: "not_published"}).astype("string")
    return _shaped(
        rows.assign(
            scope=rows["agency_id"].notna().map({True: "agency", False: "nation"}),
            value_state=state.mask(zero, "zero_stated"),
            label_raw=rows["population"],
            basis="stated",
        )
    )


def _shaped(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` with the columns of the table there are so far, and those only used here."""
    dtypes = {c.name: c.dtype for c in FOOTAGE_REQUESTS.columns if c.name not in LATER} | HERE
    return rows.reindex(columns=list(dtypes)).astype(dtypes)


def _rises(counters: pd.DataFrame) -> pd.DataFrame:
    page = ["source", "agency_id", "metric", "profile_url"]
    rose = risen(counters, page)
    rose = rose.assign(
        request_id=ids(rose, [*page, *PERIOD, "value"]),
        value_state="value",
        basis="derived",
        period_label=None,
        value_raw=None,
        last_observed=rose["observed_at"],
        seen_at=rose["observed_at"],
        current=True,
    )
    both = [rose, rose.assign(capture_id=rose["before"])]
    return pd.concat(both, ignore_index=True).drop(columns="before")


def footage_totals(
    requests: pd.DataFrame, participations: pd.DataFrame, agencies: pd.DataFrame
) -> pd.DataFrame:
    """The table ``footage_totals`` from :func:`footage_requests`, for every period of which the
    count of one department at least is known: the nation, each state with departments listed, and
    each county of which the count of one department at least is known for that very period (for
    all others there would be thousands of rows that say nothing). A department whose county is not
    known is in no county's total.

    Of each department one number is summed: the newest that is ``current``, of equally new ones
    the smallest, because a total is a lower bound. National figures, what is derived (its periods
    are those of our looks) and running counters are in no total. ``n_total`` counts the departments
    that by the last day of the period had a stated start or were seen listed, and those of which a
    count is known. Beside the columns of the table there is capture_id: a row for each capture of
    the counts added up; of a state without any, those of the nation, none of which gives it one.
    """
    total = ["programme", "metric", *PERIOD]
    known = requests[
        requests["scope"].eq("agency")
        & requests["basis"].eq("stated")
        & requests["current"]
        & requests["metric"].isin(SUMMED)
        & requests["value_state"].isin(NUMBERS)
        & requests["bound"].isin(LOWER_BOUNDS)
        & requests[["value", *PERIOD]].notna().all(axis="columns")
        & requests["seen_at"].eq(requests["last_observed"])
    ].sort_values(["last_observed", "value", "request_id"], ascending=[False, True, True])
    chosen = known.drop_duplicates([*total, "agency_id"])
    periods = chosen[total].drop_duplicates()
    listed = periods.merge(_listed_by(participations), on="programme")
    listed = listed[listed["by"] <= listed["period_end"]]
    counted_on = pd.concat([listed, chosen])[[*total, "agency_id"]].drop_duplicates()
    everybody = counted_on.merge(chosen[[*total, "agency_id", "request_id", "value"]], how="left")
    members = _members(everybody, agencies, total)
    members["total_id"] = ids(members, ["scope", "area", *total])
    return _totals(members).merge(_proofs(members, known, total), on="total_id")


def _members(everybody: pd.DataFrame, agencies: pd.DataFrame, total: list[str]) -> pd.DataFrame:
    """``everybody`` once for each area (scope, area) in whose total it is counted."""
    where = agencies.set_index("agency_id").reindex(columns=["state", "county_geoid"])
    there = everybody.join(where.astype("string"), on="agency_id")
    told = there.groupby(["county_geoid", *total])["request_id"].transform("count").gt(0)
    areas = {"state": there["state"], "county": there["county_geoid"].where(told)}
    of_area = [there.assign(scope=scope, area=area) for scope, area in areas.items()]
    whole = there.assign(scope="nation", area="")
    return pd.concat([whole, *of_area], ignore_index=True).dropna(subset="area")


def _listed_by(participations: pd.DataFrame) -> pd.DataFrame:
    """The day (``by``) by which each department was certainly listed in each programme."""
    rows = participations.reindex(
        columns=["agency_id", "programme", "valid_from", "first_observed"]
    )
    seen = rows["first_observed"].astype("string").str[:10]
    last = days(rows["valid_from"].astype("string"))["last"]
    rows["by"] = last.where(last.lt(seen).fillna(False), seen)
    return rows.sort_values("by").drop_duplicates(["agency_id", "programme"])


def _totals(members: pd.DataFrame) -> pd.DataFrame:
    grouped = members.groupby("total_id")
    sums = grouped["value"].sum(min_count=1)
    state = pd.Series("not_published", index=sums.index).mask(sums.gt(0).fillna(False), "value")
    rows = members.drop_duplicates("total_id").set_index("total_id")
    rows = rows[["scope", "programme", "metric", *PERIOD]].assign(
        state=rows["area"].where(rows["scope"].eq("state")),
        county_geoid=rows["area"].where(rows["scope"].eq("county")),
        unit=rows["metric"].map(UNITS),
        value=sums,
        value_state=state.mask(sums.eq(0).fillna(False), "zero_stated"),
        n_known=grouped["request_id"].count(),
        n_total=grouped.size(),
    )
    return rows.reset_index()[FOOTAGE_TOTALS.names]


def _proofs(members: pd.DataFrame, known: pd.DataFrame, total: list[str]) -> pd.DataFrame:
    """Columns total_id and capture_id: the captures of the newest look at each count summed."""
    captures = known[["request_id", "capture_id"]]
    own = members[["total_id", "request_id"]].dropna().merge(captures, on="request_id")
    bare = members.groupby("total_id")["request_id"].transform("count").eq(0)
    of_nation = members[members["scope"].eq("nation")].merge(captures, on="request_id")
    others = members.loc[bare, ["total_id", *total]].drop_duplicates()
    others = others.merge(of_nation[[*total, "capture_id"]], on=total)
    return pd.concat([own, others])[["total_id", "capture_id"]].drop_duplicates()


def camera_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """The table ``camera_counts``: equal counts in consecutive looks are one row, with a row for
    each capture of the first and the last of them in capture_id."""
    rows = counts[counts["metric"].isin(CAMERAS)]
    rows = rows.assign(
        additive=rows["metric"].map({key: metric.additive for key, metric in METRICS.items()}),
        value_raw=rows["value_text"].mask(rows["value_text"].eq("")),
    )
    subject = ["source", "agency_id", "programme", "metric"]
    return observations(rows, "camera_count_id", subject, ["value_state", "value"])
