"""A public records request for one department: what a source says of it, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.records_laws import laws
from maps import words
from maps.counts import KNOWN
from maps.dossier import Dossier
from maps.tallies import named
from maps.unknowns import joined


def letter(dossier: Dossier, unasked: Sequence[int], tools: Sequence[str]) -> dict[str, Any]:
    """What ``letter.txt`` fills in.

    ``unasked`` are quarters of which nobody published a number of requests, as
    :func:`maps.tallies.quarters` gives them; ``tools`` names of what its programmes let it do.
    """
    agency = dossier.agency
    law = laws().get(agency["state"])
    state = agency["state_name"]
    place = [agency["city"], agency["county"], state]
    return {
        "department": agency["name"],
        "place": ", ".join(part for part in place if part),
        "law": f"the {law.name} ({law.citation})" if law else f"the public records law of {state}",
        "listed": [_listed(spell) for spell in dossier.spells],
        "subject": joined(
            list(dict.fromkeys(words.programme_name(s["programme"]) for s in dossier.spells))
        ),
        "tools": joined(tools),
        "missing": "; ".join([*_silent(dossier), *map(named, unasked)]),
    }


def _silent(dossier: Dossier) -> list[str]:
    """Periods for which a source was asked and gave no number of requests."""
    return [
        row["period"]
        for row in dossier.counts
        if row["current"] and row["metric"] == "video_requests" and row["value_state"] not in KNOWN
    ]


def _listed(spell: dict[str, Any]) -> str:
    title = words.programme_title(spell["programme"])
    return f"{title}: {since(spell)}. {status(spell)}."


def since(spell: dict[str, Any]) -> str:
    """What may be said of the start of a spell, a row of ``participations``."""
    precision = spell["valid_from_precision"]
    if precision == "unknown" and spell["spell"] > 1:
        precision = "again"
    dates = {"from": words.day(spell["valid_from"]), "first": words.day(spell["first_observed"])}
    return words.SINCE[precision].format(**dates)


def status(spell: dict[str, Any]) -> str:
    """What may be said of its end."""
    dates = (spell[name] for name in ("last_observed", "first_missing", "valid_to"))
    return words.status(spell["valid_to_kind"], *dates)
