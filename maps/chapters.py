"""The chapters of a department's page: what its rows say, in words and with their exhibits."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from maps import events, words
from maps.columns import texts, web_address
from maps.dossier import Dossier, Row
from maps.letter import since, status
from maps.tallies import EARLIER_SHOWN
from maps.unknowns import other_starts


def befell(changes: pd.DataFrame) -> dict[str, list[Row]]:
    """What befell each programme and its tools, the earliest first."""
    table = changes[changes["agency_id"].isna() & changes["programme"].notna()]
    table = table[table["kind"].str.startswith(events.BEFELL)]
    table = table.assign(at=table["valid_at"].fillna(table["observed_at"].str[:10]))
    table = table.sort_values(["at", "kind", "change_id"], kind="stable")
    found: dict[str, list[Row]] = {}
    columns = ("at", "kind", "programme", "after", "source")
    for at, kind, programme, after, source in zip(
        *(texts(table[name]) for name in columns), strict=True
    ):
        found.setdefault(programme, []).append(
            {
                "when": words.day(at),
                "said": events.event(kind, programme, "", after),
                "source": source,
                "tool": words.TOOLS.get(after.partition(": ")[0], ""),
            }
        )
    return found


def programme(dossier: Dossier, name: str, befallen: list[Row]) -> dict[str, Any]:
    """What is known of a department in a programme: spells, what each source wrote, and what
    befell the programme itself."""
    stated = other_starts(dossier.claims, name)
    return {
        "title": words.programme_title(name),
        "spells": [_spell(dossier, row) for row in dossier.spells if row["programme"] == name],
        "starts": [words.day(start) for start in stated] if len(stated) > 1 else [],
        "claims": [_claim(dossier, row) for row in dossier.claims if row["programme"] == name],
        "befell": befallen,
    }


def _spell(dossier: Dossier, row: Row) -> dict[str, Any]:
    said = since(row)
    first, last = row["first_observed"][:10], row["last_observed"][:10]
    missing = row["first_missing"]
    cited = dossier.exhibits.of("participations", row["participation_id"])
    days = dossier.exhibits.days
    return {
        "again": row["spell"] > 1,
        "since": said[0].upper() + said[1:],
        "status": status(row),
        "doubted": words.day(missing)
        if missing and row["valid_to_kind"] != "delisted_observed"
        else "",
        "sources": row["sources"].split("; "),
        "shown": [number for number in cited if first <= days[number - 1] <= last],
        "absent": [number for number in cited if days[number - 1] > last],
    }


def _claim(dossier: Dossier, row: Row) -> dict[str, Any]:
    place = ", ".join(row[name] for name in ("city_raw", "county_raw", "state_raw") if row[name])
    first, last = words.day(row["first_observed"]), words.day(row["last_observed"])
    return {
        "source": row["source"],
        "name": row["name_raw"],
        "place": place,
        "start": row["valid_from_text"]
        or (words.day(row["valid_from"]) if row["valid_from"] else ""),
        "looks": first if first == last else f"{first} to {last}",
        "cited": dossier.exhibits.of("listings", row["listing_id"]),
    }


def cameras(dossier: Dossier) -> list[dict[str, Any]]:
    """The newest number of each metric and source, with those before it."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in dossier.cameras:
        found.setdefault((row["metric"], row["source"]), []).append(row)
    return [
        {
            "what": words.METRICS[metric],
            "amount": looks[-1]["amount"],
            "as_of": words.day(looks[-1]["last_observed"] or looks[-1]["observed_at"]),
            "earlier": [
                f"{look['amount']} by {words.day(look['last_observed'] or look['observed_at'])}"
                for look in looks[-2 : -2 - EARLIER_SHOWN : -1]
            ],
            "earlier_more": max(len(looks) - 1 - EARLIER_SHOWN, 0),
            "source": source,
            "cited": dossier.exhibits.of("camera_counts", looks[-1]["camera_count_id"]),
        }
        for (metric, source), looks in found.items()
    ]


def figure(row: Row) -> dict[str, Any]:
    """What somebody else reported of it."""
    span = words.span(row["period_start"], row["period_end"])
    return {
        "what": words.METRICS[row["metric"]],
        "amount": row["amount"],
        "when": f"as of {words.day(row['as_of'])}" if row["as_of"] else span,
        "title": row["source_title"],
        "url": web_address(row["source_url"]),
        "note": row["note"],
    }


def change(row: Row) -> dict[str, Any]:
    """What changed, and when that was seen."""
    return {
        "seen": words.day(row["observed_at"]),
        "valid": words.day(row["valid_at"]) if row["valid_at"] else "",
        "said": events.event(row["kind"], row["programme"], row["before"], row["after"]),
        "source": row["source"],
    }


def documents(claims: list[Row]) -> list[dict[str, str]]:
    """The links that sources give, each once."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for claim in claims:
        links = json.loads(claim["links"]) if claim["links"] else []
        own = {"url": claim["profile_url"], "title": "The department's page at the source"}
        for link in [own, *links]:
            url, title = web_address(link.get("url") or ""), link.get("title") or ""
            if url:
                shown = {
                    "url": url,
                    "title": title or url,
                    "date": link.get("date_text") or "",
                    "source": claim["source"],
                }
                found.setdefault((url, title), shown)
    return list(found.values())
