"""The popups of our page as HTML, a text a department, for rivals that keep one for each marker."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from analysis.places import state_shapes
from maps import words
from maps.payload import CAPTURES_SHOWN

Tables = Mapping[str, pd.DataFrame]
Row = dict[str, Any]
Rows = dict[str, list[Row]]


def popups(tables: Tables) -> pd.DataFrame:
    """Columns latitude, longitude and html of every department that has a point.

    The sentences are those of ``maps/static/details.js`` with neither classes nor styles.
    """
    agencies = tables["agencies"].dropna(subset=["latitude"])
    shapes = state_shapes()
    states = dict(zip(shapes["state"], shapes["name"], strict=True))
    titles = {row["source"]: row for row in _rows(tables["sources"])}
    listed = _by(tables["participations"], "agency_id")
    links = _by(tables["listings"], "agency_id")
    requests = _by(tables["footage_requests"], "agency_id")
    cameras = _by(tables["camera_counts"], "agency_id")
    captures = _captures(tables)
    texts = []
    for agency in _rows(agencies):
        key = agency["agency_id"]
        place = [agency["city"], agency["county"], states[agency["state"]]]
        parts = [
            f"<article><h3>{escape(agency['name'])}</h3>",
            f"<p>{words.KINDS[agency['type']]} · {escape(', '.join(filter(None, place)))}</p>",
            *(_listing(row, titles, captures, links[key]) for row in listed[key]),
            _numbers("Published request counts", requests[key], titles)
            if requests[key]
            else "<p>No request counts published.</p>",
            _numbers("Cameras the community states", cameras[key], titles) if cameras[key] else "",
            f"<p>{words.POINTS[agency['location_precision']]}<br>Our id: {key}</p></article>",
        ]
        texts.append("".join(parts))
    return agencies[["latitude", "longitude"]].assign(html=texts)


def _listing(
    row: Row,
    titles: dict[str, Row],
    captures: Rows,
    links: list[Row],
) -> str:
    start = words.SINCE[row["valid_from_precision"]].format(
        **{"from": words.day(row["valid_from"]), "first": words.day(row["first_observed"])}
    )
    status = words.status(
        row["valid_to_kind"], row["last_observed"][:10], row["first_missing"][:10], row["valid_to"]
    )
    items = [
        f"Source: {_link(titles[name]['homepage'], titles[name]['title'])}"
        for name in row["sources"].split("; ")
    ]
    seen = captures[row["participation_id"]]
    items += [_capture(capture, titles) for capture in seen[:CAPTURES_SHOWN]]
    for listing in links:
        if listing["programme"] != row["programme"]:
            continue
        if listing["profile_url"]:
            title = "The department's page at the source"
            items.append(f"The source points to: {_link(listing['profile_url'], title)}")
        items += [
            f"The source points to: {_link(link['url'], link['title'])}"
            for link in json.loads(listing["links"] or "[]")
        ]
    return (
        f"<section><h4>Listed in {escape(words.programme_title(row['programme']))}</h4>"
        f"<p>{start[0].upper()}{start[1:]}.</p><p>{status}.</p>{_list(items)}</section>"
    )


def _capture(capture: Row, titles: dict[str, Row]) -> str:
    host = urlsplit(capture["url"]).hostname or ""
    return (
        f"{escape(titles[capture['source']]['title'])} as of {words.day(capture['observed_at'])}, "
        f"captured {words.day(capture['fetched_at'])} from {_link(capture['url'], host)}"
        f"<span>evidence {capture['capture_id'][:12]} · sha256 {capture['sha256'][:16]}…</span>"
    )


def _numbers(title: str, rows: list[Row], titles: dict[str, Row]) -> str:
    items = []
    for row in rows:
        value = row["value"] if row["value_state"] == "value" else ""
        amount = f"{value:,.0f}" if value != "" else words.VALUE_STATES[row["value_state"]]
        items.append(
            f"{row.get('period_label', '')} {words.METRICS[row['metric']]}: {amount} "
            f"({titles[row['source']]['title']}, as of {words.day(row['observed_at'])})"
        )
    return f"<section><h4>{title}</h4>{_list(items)}</section>"


def _captures(tables: Tables) -> Rows:
    """The captures each participation rests on, newest first."""
    evidence = tables["evidence"]
    of_listings = evidence.loc[evidence["table"] == "participations", ["row_id", "capture_id"]]
    found = of_listings.merge(tables["captures"], on="capture_id")
    return _by(found.sort_values("fetched_at", ascending=False, kind="stable"), "row_id")


def _by(frame: pd.DataFrame, column: str) -> Rows:
    found: Rows = defaultdict(list)
    for row in _rows(frame):
        found[row[column]].append(row)
    return found


def _rows(frame: pd.DataFrame) -> list[Row]:
    plain = frame.astype("object").where(frame.notna(), "")
    names = [str(name) for name in plain.columns]
    return [dict(zip(names, row, strict=True)) for row in plain.itertuples(index=False, name=None)]


def _link(url: str, title: str) -> str:
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{escape(title)}</a>'


def _list(items: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"
