"""From facts to the clean tables: who is who, what was claimed, and which bytes say so."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import agencies as departments
from analysis import census, corrections, evidence, footage, participations, register, served
from analysis import figures as published
from analysis import looks as looking
from analysis import renames as renaming
from analysis.changes import changes
from analysis.dates import days
from analysis.decisions import decisions
from analysis.exports import write_tables
from analysis.read import Facts
from analysis.spells import Absences, programme_looks, source_spells
from analysis.tables import TABLES
from spiders.programmes import METRICS

KINDS = ("listing", "count", "figure")
"""Kinds of record that speak of a department."""

PEOPLE = [
    *("agency_id", "name", "usps", "kind", "area", "city", "county", "stated_name"),
    *("source", "observed_at", "capture_id"),
]
"""What is told of a department, whatever the kind of record."""

SERVED = ["agency_type", "jurisdiction", "sheet_id", "run_id", "row_key"]
"""Columns of listings nobody asks for once it is known who is who: of 750,000 rows each weighs 6 MB
(2026-11-23)."""

PROVED = {
    "agency_places": "agency_place_id",
    "area_populations": "area",
    "footage_requests": "request_id",
    "footage_totals": "total_id",
    "camera_counts": "camera_count_id",
    "legal_process": "demand_id",
    "reported_figures": "figure_id",
    "changes": "change_id",
    "rejected": "rejected_id",
}
"""Tables that come with a row for each capture a fact rests on, and their keys."""


@dataclass(frozen=True, slots=True)
class Named:
    """Facts about departments, a row for each reading: listing, count and figure with agency_id;
    ``troubled`` those that could not be given to one, with the reason; and the renames."""

    listing: pd.DataFrame
    count: pd.DataFrame
    figure: pd.DataFrame
    troubled: pd.DataFrame
    renames: pd.DataFrame


def clean(facts: Facts, catalogue: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All published tables, typed and checked, from what trusted looks saw.

    ``catalogue`` describes every source there is: source, title, publisher, homepage, licence,
    licence_url, attribution, caveat; and what it expects of a look: least and most (rows), floor,
    fresh_days. Same facts, same tables; nothing is read from a clock.

    Raises:
        pandera.errors.SchemaErrors: a table breaks a rule of ``analysis.tables``; a bug.
    """
    named = identified(facts)
    healthy = facts.looks.loc[facts.looks["verdict"].eq("healthy"), "look_id"]
    counts = footage.counted(named.count)
    counts["look_healthy"] = counts["look_id"].isin(healthy)
    listed_there = register.seen(facts)
    registered = register.registered(listed_there)
    troubled = (named.troubled, counts[counts["trouble"].notna()])
    rejected = _rejected(facts, *troubled, registered[registered["trouble"].notna()])
    registered = registered[registered["trouble"].isna()]
    counts = counts[counts["trouble"].isna()]
    figures = _figures(facts, named.figure)

    claims = participations.claimed(named.listing)
    looks = programme_looks(facts.looks, claims, facts.seen("other_rows"))
    absences = Absences.of(claims, looks, rejected[["look_id", "name"]])
    spells = source_spells(claims, absences)
    listed = participations.participations(claims, spells, absences, looks, _ended(facts))
    told = (named.listing, named.count, named.figure)
    people = pd.concat([rows[PEOPLE] for rows in told], ignore_index=True)
    in_force = [each for each in decisions() if not facts.as_of or each.decided <= facts.as_of]
    places = census.places(facts)
    newest_names = renaming.newest_names(named.renames)
    agencies = departments.agencies(people, newest_names, places, in_force)
    people = people[[*served.NAMED, "observed_at", "capture_id"]]
    people = people.sort_values("observed_at", kind="stable")
    where = [
        served.named_places(people, places, in_force),
        served.served_places(facts, agencies, places),
    ]
    people = people[["agency_id", "source", "observed_at", "capture_id"]]
    shown = evidence.ends("agencies", people["agency_id"], people)
    links = register.links(agencies, registered, in_force)
    agencies["ori"] = agencies["agency_id"].map(links.set_index("agency_id")["ori"])
    del told, people  # of no more use, and among the largest

    decided = corrections.applied(
        {
            "agencies": agencies,
            "agency_links": links,
            "registered_agencies": registered,
            "agency_places": pd.concat(where, ignore_index=True),
            "listings": participations.listings(claims),
            "participations": listed,
            "footage_requests": footage.footage_requests(counts, figures),
            "camera_counts": footage.camera_counts(counts),
            "legal_process": published.legal_process(_demands(facts)),
            "reported_figures": figures.rename(columns={"figure": "figure_id"}),
            "rejected": rejected,
        },
        facts.seen("correction"),
        facts.as_of,
    )
    frames = dict(decided.tables)
    requests = frames["footage_requests"]
    frames["footage_totals"] = footage.footage_totals(
        requests, frames["participations"], frames["agencies"]
    )
    # a sample is no list to hold others' figures against
    noticed = facts.looks.loc[facts.looks["notice"].ne(""), "look_id"]
    full = claims.loc[~claims["look_id"].isin(noticed), "listing_id"]
    listings = frames["listings"]
    frames["reported_figures"] = published.reported_figures(
        frames["reported_figures"], listings[listings["listing_id"].isin(full.unique())]
    )
    frames["changes"] = changes(facts, spells, named.renames, claims, requests, decided.decisions)
    frames["rejected"] = pd.concat([frames["rejected"], decided.rejected], ignore_index=True)
    frames["other_rows"] = facts.seen("other_rows")
    frames["sources"] = _sources(facts, catalogue, frames["listings"], frames["rejected"])
    frames["area_populations"] = census.area_populations(facts)
    copied_from = facts.captures["original_url"]
    frames["captures"] = facts.captures.assign(original_url=copied_from.mask(copied_from.eq("")))
    frames["looks"] = looking.looks(facts)
    frames["fill_rates"] = looking.fill_rates(facts, frames["looks"])
    rests = [
        *(
            evidence.pairs(name, frames[name][key], frames[name]["capture_id"])
            for name, key in PROVED.items()
            if len(frames[name])
        ),
        shown,
        *register.proofs(links, listed_there, shown),
        *(
            census.proofs(facts, name, frames[name], TABLES[name].key[0])
            for name in ("agencies", "agency_places")
        ),
        *_seen(facts, claims, listed, frames["other_rows"]),
        *looking.proofs(facts, frames["looks"], frames["fill_rates"]),
    ]
    proved = corrections.standing(evidence.evidence(rests, facts.captures), frames)
    frames["evidence"] = proved
    return {name: _checked(name, frames[name]) for name in TABLES}


def save(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write the clean tables as Parquet, each whole or not at all.

    Raises:
        analysis.exports.ExportError: the folder cannot be written.
    """
    write_tables(tables, folder)


def identified(facts: Facts) -> Named:
    """Every fact about a department, identified together: listings, counts and figures."""
    sighted = {kind: facts.sighted(kind) for kind in KINDS}
    figure = sighted["figure"]
    blank = dict.fromkeys(("county", "agency_type", "jurisdiction", "stated_name"), "")
    sighted["figure"] = figure[figure["agency"].ne("")].assign(**blank)
    told = [*departments.LIST, *departments.IDENTITY]
    rows = pd.concat([part[told] for part in sighted.values()], ignore_index=True)
    records = pd.concat([part["record_id"] for part in sighted.values()], ignore_index=True)
    names = departments.identified(rows, records)[departments.IDENTIFIED]
    del rows, records
    seen = {}
    for kind in KINDS:
        part = sighted.pop(kind)
        who, names = names.iloc[: len(part)], names.iloc[len(part) :]
        part = pd.concat([part, who.set_axis(part.index)], axis="columns")
        seen[kind] = facts.spread(part)
    listing = seen.pop("listing")
    unknown = listing[listing["trouble"].notna()]
    listing = listing.drop(columns=SERVED)[listing["trouble"].isna()]
    decisions = facts.seen("correction").sort_values(["observed_at", "record_id"])
    decisions = decisions.drop_duplicates("correction", keep="last")
    if facts.as_of:
        decisions = decisions[decisions["decided"].le(facts.as_of)]
    renames = renaming.renames(listing, decisions[decisions["decision"].eq("renamed")])
    listing = renaming.renamed(listing, renames)
    count = renaming.of_page(renaming.renamed(seen["count"], renames), listing)
    figure = renaming.renamed(seen["figure"], renames)
    troubled = pd.concat([unknown, *(rows[rows["trouble"].notna()] for rows in (count, figure))])
    return Named(
        listing=listing,
        count=count[count["trouble"].isna()].drop(columns="trouble"),
        figure=figure[figure["trouble"].isna()],
        troubled=troubled,
        renames=renames,
    )


def _figures(facts: Facts, named: pd.DataFrame) -> pd.DataFrame:
    """Figures of the newest edition of each reviewed file, with unit and numbers as numbers."""
    figures = facts.edition("figure")
    key = ["record_id", "look_id", "capture_id"]
    figures = figures.merge(named[[*key, "agency_id"]], on=key, how="left")
    numbers = {
        name: pd.to_numeric(figures[name]).astype("Float64") for name in ("value", "low", "high")
    }
    return figures.assign(
        unit=figures["metric"].map({key: metric.unit for key, metric in METRICS.items()}),
        programme=figures["programme"].mask(figures["programme"].eq("")),
        note=figures["note"].mask(figures["note"].eq("")),
        **numbers,
    )


def _demands(facts: Facts) -> pd.DataFrame:
    """Legal demands as pages showed them, and those of the newest edition of reviewed files."""
    seen = facts.seen("legal_demand")
    filed = facts.captures.loc[facts.captures["outcome"].eq("imported"), "capture_id"]
    newest = facts.edition("legal_demand")["look_id"]
    return seen[~seen["capture_id"].isin(filed) | seen["look_id"].isin(newest)]


def _ended(facts: Facts) -> pd.Series:
    """By programme the day on which it, and not only a tool of it, ended or was cancelled."""
    events = facts.edition("programme_event")
    over = events["event"].isin(["ended", "cancelled"]) & events["tool"].eq("")
    if facts.as_of:
        over &= days(events["happened"])["last"].le(facts.as_of).fillna(False)
    first = events[over].sort_values("happened").drop_duplicates("programme")
    return first.set_index("programme")["happened"]


def _rejected(facts: Facts, *troubled: pd.DataFrame) -> pd.DataFrame:
    """Rows no source or no rule of ours could understand."""
    columns = ["source", "capture_id", "look_id", "position", "name", "reason", "record_id"]
    ours = [
        frame.assign(name=frame["agency"], reason=frame["trouble"])[columns] for frame in troubled
    ]
    rows = pd.concat([facts.seen("rejection")[columns], *ours], ignore_index=True)
    parts = zip(rows["capture_id"], rows["record_id"], strict=True)
    ids = [hashlib.sha256("\n".join(part).encode()).hexdigest()[:20] for part in parts]
    return rows.assign(rejected_id=ids, name=rows["name"].mask(rows["name"].eq("")))


def _sources(
    facts: Facts, catalogue: pd.DataFrame, claims: pd.DataFrame, rejected: pd.DataFrame
) -> pd.DataFrame:
    order = ["observed_at", "published", "parser_version", "look_id"]
    looks = facts.looks.sort_values(order, kind="stable")
    if facts.as_of:
        looks = looks[looks["observed_at"].str[:10].le(facts.as_of)]
    last = looks.drop_duplicates("source", keep="last").set_index("source")
    trusted = looks[looks["published"]]
    newest = trusted.drop_duplicates("source", keep="last").set_index("source")
    healthy = trusted[trusted["verdict"].eq("healthy")].drop_duplicates("source", keep="last")
    notices = trusted.loc[trusted["notice"].ne(""), ["source", "notice"]].drop_duplicates()
    frame = catalogue.set_index("source").rename(
        columns={"least": "rows_least", "most": "rows_most"}
    )
    frame["last_run"] = last["observed_at"]
    frame["verdict"] = last["verdict"]
    frame["verdict"] = frame["verdict"].fillna("never_run")
    frame["reason"] = last["reason"]
    frame["last_healthy"] = healthy.set_index("source")["observed_at"]
    frame["notice"] = notices.sort_values("notice").groupby("source")["notice"].agg("; ".join)
    frame["rows"] = newest["counts"].map(lambda counts: counts.get("rows"))
    frame["records"] = newest["counts"].map(looking.counted)
    of_newest = rejected[rejected["look_id"].isin(newest["look_id"])]
    counted = of_newest.groupby("source")["rejected_id"].nunique()
    frame["rejected"] = counted.reindex(newest.index).fillna(0)
    dated = claims.dropna(subset="valid_from").sort_values("valid_from")
    frame["newest_fact"] = dated.groupby("source")["valid_from"].last()
    frame["fresh_days"] = frame["fresh_days"].mask(frame["fresh_days"].eq(0))
    for column in ("licence_url", "caveat", "reason"):
        frame[column] = frame[column].mask(frame[column].eq(""))
    return frame.reset_index()


def _seen(
    facts: Facts, claims: pd.DataFrame, listed: pd.DataFrame, others: pd.DataFrame
) -> list[pd.DataFrame]:
    """Evidence of what stands in look after look."""
    row_id = participations.spell_names(claims, listed)
    category = others["capture_id"] + ":" + others["category"]
    return [
        evidence.ends("listings", claims["listing_id"], claims),
        evidence.ends("participations", row_id, claims),
        evidence.missing(listed, claims, facts),
        evidence.pairs("other_rows", category, others["capture_id"]),
    ]


def _checked(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    table = TABLES[name]
    if frame.empty:
        return table.empty()
    return table.checked(frame.drop_duplicates(list(table.key)))
