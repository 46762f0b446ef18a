"""Whose the rows of each table are, and on what terms: licences are compartments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.places import ATTRIBUTIONS

RIGHTS = ["title", "publisher", "homepage", "licence", "licence_url", "attribution"]

Tables = Mapping[str, pd.DataFrame]


class Forbidden(Exception):
    """Tables hold what may not be handed on; the message names the source."""


def sources_by_table(tables: Tables) -> dict[str, set[str]]:
    """The sources the rows of each table rest on: as they say, else as their evidence says; under
    the empty name those of all tables."""
    pairs = tables["evidence"][["table", "capture_id"]].drop_duplicates()
    proofs = pairs.merge(tables["captures"][["capture_id", "source"]], on="capture_id")
    found = {str(name): set(group) for name, group in proofs.groupby("table")["source"]}
    found["evidence"] = set(proofs["source"])
    found |= {name: set(frame["source"]) for name, frame in tables.items() if "source" in frame}
    return {name: found.get(name, set()) for name in tables} | {
        "": set(tables["sources"]["source"])
    }


class Rights:
    """The licences and attributions of ``sources`` (the table), asked for by resource."""

    def __init__(self, sources: pd.DataFrame) -> None:
        self.rows = sources[["source", *RIGHTS]].fillna("").to_dict("records")

    def of(self, wanted: set[str], *, places: bool) -> dict[str, Any]:
        """``licenses`` and ``sources`` of a data package or a resource, left out where there are
        none: those of the sources ``wanted``, and with ``places`` of the shipped geography."""
        chosen = [row for row in self.rows if row["source"] in wanted]
        named = [_named(row) for row in chosen]
        if places:
            named += [
                {"title": text.partition(":")[0], "attribution": text} for text in ATTRIBUTIONS
            ]
        terms = dict.fromkeys((row["licence"], row["licence_url"]) for row in chosen)
        told = {"licenses": [_licence(*each) for each in terms], "sources": named}
        return {key: value for key, value in told.items() if value}


def _named(row: Mapping[Any, str]) -> dict[str, str]:
    told = {key: row[key] for key in RIGHTS if key != "licence_url" and row[key]}
    return told | ({"path": row["homepage"]} if is_web(row["homepage"]) else {})


def _licence(title: str, url: str) -> dict[str, str]:
    if is_web(url):
        return {"title": title, "path": url}
    return {"title": title, "name": re.sub(r"[^A-Za-z0-9.]+", "-", title).strip("-") or "none"}


def is_web(address: str) -> bool:
    """Is it a web address, and not a script in the place of one?"""
    return address.startswith(("https://", "http://"))


def handed_on(tables: Tables) -> None:
    """Refuse tables that hold a row of a source that passes nothing on, or of one not told of.

    Such a source is left out before the tables are made, as though it had never been read:
    afterwards it could not be told what of a name, a sum or a first date came from it.

    Raises:
        Forbidden: they do.
    """
    told = tables["sources"]
    shut = told.loc[told["passes_on"].eq("nothing"), "source"]
    if len(shut):
        raise Forbidden(f"the terms of {', '.join(shut)} allow nothing of it in a release")
    named = {
        name
        for frame in tables.values()
        for column in ("source", "sources")
        if column in frame
        for cell in frame[column].dropna().unique()
        for name in str(cell).split("; ")
    }
    if strangers := sorted(named - set(told["source"])):
        raise Forbidden(f"nobody says on what terms {', '.join(strangers)} may be handed on")
