"""From facts to the clean tables: who is who, what was claimed, and which bytes say so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from analysis import agencies as departments
from analysis import footage, participations
from analysis.changes import changes, looks
from analysis.exports import write_tables
from analysis.read import Facts
from analysis.tables import TABLES
from spiders.programmes import METRICS


def clean(facts: Facts, catalogue: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All published tables, typed and checked, from what trusted runs saw.

    ``catalogue`` describes every source there is: source, title, publisher, homepage, licence,
    licence_url, attribution, caveat. Same facts, same tables; nothing is read from a clock.

    Raises:
        pandera.errors.SchemaErrors: a table breaks a rule of ``analysis.tables``; a bug.
    """
    named = _identified(facts)
    troubled = named[named["trouble"].notna()]
    named = named[named["trouble"].isna()]
    listing = named[named["fact"] == "listing"]
    counts = footage.counted(named[named["fact"] == "count"])
    uncounted = counts[counts["trouble"].notna()]
    counts = counts[counts["trouble"].isna()]
    figures = facts.figure.merge(
        named.loc[named["fact"] == "figure", ["record_id", "capture_id", "agency_id"]],
        on=["record_id", "capture_id"],
        how="left",
    )
    figures = _newest_edition(figures, facts.runs).drop_duplicates("figure", keep="last")

    claims = participations.listings(listing) if len(listing) else pd.DataFrame()
    seen = looks(facts.runs, facts.captures, listing, facts.other_rows)
    set_aside = pd.concat(
        [facts.rejection, troubled.drop(columns="name").rename(columns={"agency": "name"})]
    )
    spells = participations.participations(claims, listing, seen, set_aside[["run_id", "name"]])
    requests = footage.footage_requests(counts, _dated(figures))
    cameras = footage.camera_counts(counts)
    events = changes(facts.other_rows, facts.runs)
    rejected = _rejected(facts.rejection, pd.concat([troubled, uncounted], ignore_index=True))
    captures = facts.captures

    frames = {
        "agencies": departments.agencies(named) if len(named) else pd.DataFrame(),
        "listings": claims,
        "participations": spells,
        "footage_requests": requests.drop_duplicates("request_id"),
        "camera_counts": cameras.drop_duplicates("camera_count_id"),
        "reported_figures": _dated(figures).rename(columns={"figure": "figure_id"}),
        "changes": events,
        "other_rows": facts.other_rows.drop_duplicates(["capture_id", "category"]),
        "rejected": rejected.drop_duplicates("rejected_id"),
        "sources": _sources(facts, catalogue, claims, rejected),
        "captures": captures,
    }
    claimed = participations.claimed(listing) if len(listing) else listing
    observed = frames | {"footage_requests": requests, "camera_counts": cameras}
    frames["evidence"] = _evidence(observed, named, claimed, figures)
    return {name: _checked(name, frame) for name, frame in frames.items()}


def save(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write the clean tables as Parquet, each whole or not at all.

    Raises:
        analysis.exports.ExportError: the folder cannot be written.
    """
    write_tables(tables, folder)


def _identified(facts: Facts) -> pd.DataFrame:
    """Every fact about a department, identified together: listings, counts and figures."""
    figures = facts.figure[facts.figure["agency"].ne("")].assign(
        fact="figure", county="", agency_type="", jurisdiction="", stated_name=""
    )
    rows = pd.concat(
        [facts.listing.assign(fact="listing"), facts.count.assign(fact="count"), figures],
        ignore_index=True,
    )
    return departments.identified(rows)


def _newest_edition(figures: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Figures of the newest reading of their reviewed file: one taken out of it is withdrawn."""
    read = runs[runs["published"]].sort_values(["observed_at", "finished_at"], kind="stable")
    newest = read.drop_duplicates("source", keep="last")["run_id"]
    return figures[figures["run_id"].isin(newest)]


def _dated(figures: pd.DataFrame) -> pd.DataFrame:
    """Figures with their unit and numbers as numbers."""
    units = {key: metric.unit for key, metric in METRICS.items()}
    numbers = {
        name: pd.to_numeric(figures[name]).astype("Float64") for name in ("value", "low", "high")
    }
    return figures.assign(
        unit=figures["metric"].map(units),
        programme=figures["programme"].mask(figures["programme"].eq("")),
        note=figures["note"].mask(figures["note"].eq("")),
        **numbers,
    )


def _rejected(rejection: pd.DataFrame, troubled: pd.DataFrame) -> pd.DataFrame:
    """Rows no source or no rule of ours could understand."""
    ours = troubled.assign(name=troubled["agency"], reason=troubled["trouble"])
    columns = ["source", "capture_id", "run_id", "position", "name", "reason", "record_id"]
    rows = pd.concat([rejection[columns], ours[columns]], ignore_index=True)
    return rows.assign(
        rejected_id=_ids(rows, ["capture_id", "record_id"]),
        name=rows["name"].mask(rows["name"].eq("")),
    )


def _sources(
    facts: Facts, catalogue: pd.DataFrame, claims: pd.DataFrame, rejected: pd.DataFrame
) -> pd.DataFrame:
    runs = facts.runs.sort_values(["finished_at", "run_id"], kind="stable")
    last = runs.drop_duplicates("source", keep="last").set_index("source")
    trusted = runs[runs["published"]].sort_values(["observed_at", "finished_at"], kind="stable")
    newest = trusted.drop_duplicates("source", keep="last").set_index("source")
    healthy = runs[runs["verdict"].eq("healthy")].groupby("source")["observed_at"].max()
    notices = (
        trusted[trusted["notice"].ne("")]
        .groupby("source")["notice"]
        .agg(lambda texts: "; ".join(sorted(set(texts))))
    )
    frame = catalogue.set_index("source")
    frame["last_run"] = last["finished_at"]
    frame["verdict"] = last["verdict"]
    frame["verdict"] = frame["verdict"].fillna("never_run")
    frame["reason"] = last["reason"]
    frame["last_healthy"] = healthy
    frame["notice"] = notices
    frame["rows"] = newest["counts"].map(lambda counts: counts.get("rows"))
    frame["records"] = newest["counts"].map(_records)
    of_newest = rejected[rejected["run_id"].isin(newest["run_id"])]
    counted = of_newest.groupby("source")["rejected_id"].nunique()
    frame["rejected"] = counted.reindex(newest.index).fillna(0)
    if not claims.empty:
        frame["newest_fact"] = claims.groupby("source")["valid_from"].max()
    else:
        frame["newest_fact"] = pd.NA
    for column in ("licence_url", "caveat", "reason"):
        frame[column] = frame[column].mask(frame[column].eq(""))
    return frame.reset_index()


def _records(counts: Mapping[str, int]) -> int:
    kinds = ("listing", "count", "figure")
    return sum(number for key, number in counts.items() if key.partition(":")[0] in kinds)


def _evidence(
    frames: Mapping[str, pd.DataFrame],
    named: pd.DataFrame,
    claimed: pd.DataFrame,
    figures: pd.DataFrame,
) -> pd.DataFrame:
    """Which captures each row of each table rests on."""
    pairs = [
        _pairs("agencies", named["agency_id"], named["capture_id"]),
        _pairs("reported_figures", figures["figure"], figures["capture_id"]),
        _pairs("captures", frames["captures"]["capture_id"], frames["captures"]["capture_id"]),
    ]
    if len(claimed):
        spell = claimed["agency_id"] + ":" + claimed["programme"] + ":1"
        pairs.append(_pairs("listings", claimed["listing_id"], claimed["capture_id"]))
        pairs.append(_pairs("participations", spell, claimed["capture_id"]))
    for name, key in (
        ("footage_requests", "request_id"),
        ("camera_counts", "camera_count_id"),
        ("changes", "change_id"),
        ("rejected", "rejected_id"),
    ):
        if len(frames[name]):
            pairs.append(_pairs(name, frames[name][key], frames[name]["capture_id"]))
    others = frames["other_rows"]
    pairs.append(
        _pairs("other_rows", others["capture_id"] + ":" + others["category"], others["capture_id"])
    )
    captures = frames["captures"].sort_values("fetched_at", kind="stable")
    newest = captures.drop_duplicates("source", keep="last")
    pairs.append(_pairs("sources", newest["source"], newest["capture_id"]))
    return pd.concat(pairs, ignore_index=True).drop_duplicates()


def _pairs(table: str, rows: pd.Series, captures: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {"table": table, "row_id": rows.to_numpy(), "capture_id": captures.to_numpy()}
    )


def _ids(rows: pd.DataFrame, columns: Iterable[str]) -> list[str]:
    joined = map("\n".join, rows[list(columns)].astype(str).itertuples(index=False))
    return [hashlib.sha256(text.encode()).hexdigest()[:20] for text in joined]


def _checked(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    table = TABLES[name]
    return table.checked(frame) if len(frame) else table.empty()
