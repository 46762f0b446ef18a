"""The health of the sources: a page, the same for programs (``health.json``), and badges."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

import pandas as pd

from maps import words
from maps.atom import legal
from maps.columns import digest
from maps.document import Setting, document
from maps.folder import Draft
from maps.layers import templates

PAGE, DATA, BADGE = "health.html", "health.json", "badge.svg"

FORMAT = 1
"""Version of the shape of ``health.json``, raised when what stands in it means something else."""

LOOKS = 10
"""So many looks at each source are told, the newest first."""

NAMES = 20
"""So many fields that nobody reads are named on the page."""

VERDICTS = {
    "failed": "failed",
    "incomplete": "incomplete",
    "healthy": "healthy",
    "never_run": "never run",
}
"""Words of a verdict, the worst first."""

COLOURS = {
    "failed": "#a3241c",
    "incomplete": "#855200",
    "healthy": "#1a6b34",
    "never_run": "#57606a",
}
"""White letters on each stand out by 5.9 to 1 or more; the words tell the same without it."""

LETTER, MARGIN = 6.6, 6
"""Width of a letter on a badge and what stands left and right of a text, in pixels."""

LONGEST = 60
"""Letters on one side of a badge."""

SAFE = re.compile(r"[a-z0-9_-]{1,80}")

LOOK = (
    *("look_id", "observed_at", "verdict", "reason", "published", "first_hand", "notice"),
    *("rows", "records", "rejected", "pages_lost", "lost"),
)
RATE = ("kind", "field", "records", "filled", "share", "records_before", "filled_before")

Tables = Mapping[str, pd.DataFrame]
Told = dict[str, Any]


def drafts(tables: Tables, setting: Setting) -> Iterator[Draft]:
    """``health.html``, ``health.json``, ``badge.svg`` and ``badge/SOURCE.svg`` of each source.

    No clock is asked: how old a look is, is told by its date, and against the newest observation
    of all sources.
    """
    told = health(tables, setting)
    data = json.dumps(told, indent=1, allow_nan=False) + "\n"
    yield Draft(PAGE, data, partial(_page, told, setting))
    yield Draft(DATA, data, lambda: data)
    yield _drawn(BADGE, "Peephole", _summary(told["counts"]), told["verdict"])
    for source in told["sources"]:
        yield _drawn(source["badge"], source["title"], _words(source), source["verdict"])


def health(tables: Tables, setting: Setting) -> Told:
    """What ``health.json`` holds; ``docs/health.md`` says what each name in it means."""
    looks = _by_source(tables["looks"].sort_values(["observed_at", "look_id"], kind="stable"))
    rates = _by_source(tables["fill_rates"].sort_values(["kind", "field"], kind="stable"))
    newest = tables["sources"]["last_run"].dropna().max() if len(tables["sources"]) else None
    newest = None if pd.isna(newest) else str(newest)
    sources = [
        _source(row, looks.get(row["source"], []), rates.get(row["source"], []), newest)
        for row in _rows(tables["sources"])
    ]
    counts = {v: sum(source["verdict"] == v for source in sources) for v in VERDICTS}
    return {
        "format": FORMAT,
        "as_of": setting.as_of or None,
        "newest_observation": newest,
        "verdict": next((verdict for verdict in VERDICTS if counts[verdict]), "never_run"),
        "counts": counts,
        "sources": sources,
    }


def _source(row: Told, looks: list[Told], rates: list[Told], newest: str | None) -> Told:
    good, fresh = row["last_healthy"], row["fresh_days"]
    behind = _days(good, newest) if good and newest else None
    plain = ("source", "title", "verdict", "reason", "notice", "rows", "records", "rejected")
    return {
        **{name: row[name] for name in plain},
        "badge": f"badge/{badge_name(row['source'])}",
        "last_look": row["last_run"],
        "last_healthy": good,
        "newest_fact": row["newest_fact"],
        "expected": {name: row[name] for name in ("rows_least", "rows_most", "floor")}
        | {"fresh_days": fresh},
        "days_behind": behind,
        "stale": None if behind is None or not fresh else behind > fresh,
        "looks": [
            {name: look[name] for name in LOOK}
            | {"unread": look["unread"].split(" | ") if look["unread"] else []}
            for look in looks[: -LOOKS - 1 : -1]
        ],
        "looks_in_all": len(looks),
        "fields": [{name: rate[name] for name in RATE} for rate in rates],
    }


def badge_name(source: str) -> str:
    """The name of a source's badge in the folder ``badge``.

    >>> badge_name("ring_agency_map"), badge_name("../x")
    ('ring_agency_map.svg', 'c6ebeb8bd6d5bfdd6f4e.svg')
    """
    return f"{source if SAFE.fullmatch(source) else digest(source)[:20]}.svg"


def _days(earlier: str, later: str) -> int:
    return (date.fromisoformat(later[:10]) - date.fromisoformat(earlier[:10])).days


def _rows(table: pd.DataFrame) -> list[Told]:
    cells = table.astype(object).where(table.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in cells.to_dict("records")]


def _by_source(table: pd.DataFrame) -> dict[str, list[Told]]:
    return {str(source): _rows(part) for source, part in table.groupby("source", sort=True)}


def _page(told: Told, setting: Setting) -> str:
    view = {
        "here": "health",
        "told": told,
        "verdicts": VERDICTS,
        "summary": _summary(told["counts"]),
        "newest": words.day(told["newest_observation"] or ""),
        "sources": [
            source
            | {"number": place, "expectation": _expectation(source["expected"])}
            | {"behind": _behind(source, told["newest_observation"])}
            | {"unread": _unread(source), "kinds": _kinds(source["fields"])}
            | {"looks": [look | {"words": _remarks(look)} for look in source["looks"]]}
            for place, source in enumerate(told["sources"], start=1)
        ],
        "day": words.day,
        "number": words.number,
    }
    return document("health.html", setting, view, styles=("health.css",))


def _expectation(expected: Told) -> str:
    """What a look is held against, in a sentence; empty where nothing is known of it."""
    parts = []
    if expected["rows_least"] is not None:
        parts.append(
            f"{words.number(expected['rows_least'])} rows or more, fewer than "
            f"{words.number(expected['rows_most'])}"
        )
    if expected["floor"]:
        parts.append(f"at least {expected['floor']:.0%} of what the last healthy look had")
    if expected["fresh_days"]:
        parts.append(f"a healthy look every {expected['fresh_days']} days")
    elif parts:
        parts.append("no date by which another is expected")
    return "; ".join(parts)


def _behind(source: Told, newest: str | None) -> str:
    """How far the last healthy look lies behind the newest of all, where that is too far."""
    if not source["stale"] or not newest:
        return ""
    return (
        f"At the newest observation of all sources, {words.day(newest)}, its last healthy look was "
        f"{source['days_behind']} days old; one every {source['expected']['fresh_days']} days is "
        "expected"
    )


def _unread(source: Told) -> tuple[list[str], int]:
    """The fields that nobody reads in the newest look, and how many are left out here."""
    fields = source["looks"][0]["unread"] if source["looks"] else []
    return fields[:NAMES], max(0, len(fields) - NAMES)


def _remarks(look: Told) -> list[str]:
    """What is to be said of a look beside its verdict and its rows."""
    told = [look["reason"]] if look["verdict"] != "healthy" else []
    if not look["published"] and look["verdict"] != "failed":
        told.append("another reading of the same bytes is published")
    for number, thing, what in (
        (look["rejected"], "row", "set aside"),
        (len(look["unread"]), "field", "that nobody reads"),
    ):
        if number:
            told.append(f"{words.number(number)} {thing}{'s' if number > 1 else ''} {what}")
    return [*told, look["notice"]] if look["notice"] else told


def _kinds(fields: list[Told]) -> list[Told]:
    """The fields of each kind of record, those that ever were filled; how many never were."""
    found = []
    for kind in dict.fromkeys(field["kind"] for field in fields):
        mine = [field for field in fields if field["kind"] == kind]
        held = [field for field in mine if field["filled"] or field["filled_before"]]
        rows = [
            (
                field["field"].replace("_", " "),
                filled(field["filled"], field["records"]),
                filled(field["filled_before"], field["records_before"]),
            )
            for field in held
        ]
        records = mine[0]["records"]
        found.append(
            {"kind": kind.replace("_", " "), "records": records, "rows": rows}
            | {"never": len(mine) - len(held)}
        )
    return found


def filled(some: int | None, records: int | None) -> str:
    """A share in words that says neither all nor none where it is not.

    >>> filled(3, 3), filled(0, 3), filled(1999, 2000), filled(1, 2000), filled(None, None)
    ('all', 'none', '99 %', '1 %', 'no look before')
    """
    if some is None or not records:
        return "no look before"
    if some in (0, records):
        return "all" if some else "none"
    return f"{min(99, max(1, round(100 * some / records)))} %"


def _summary(counts: Mapping[str, int]) -> str:
    """How many sources are how, the worst first."""
    told = [f"{counts[v]} {said}" for v, said in VERDICTS.items() if counts[v]]
    return ", ".join(told) or "no source"


def _words(source: Told) -> str:
    said, good = VERDICTS[source["verdict"]], (source["last_healthy"] or "")[:10]
    if source["verdict"] == "healthy" or not good:
        return f"{said} {good}".rstrip()
    return f"{said}, last healthy {good}"


def _drawn(name: str, label: str, message: str, verdict: str) -> Draft:
    sides = [_shortened(label), _shortened(message)]
    drawing = (
        templates()
        .get_template("badge.svg")
        .render(
            label=sides[0],
            message=sides[1],
            widths=[round(len(text) * LETTER) for text in sides],
            margin=MARGIN,
            colour=COLOURS[verdict],
        )
    )
    return Draft(name, drawing, lambda: drawing)


def _shortened(text: str) -> str:
    text = " ".join(legal(text).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
