"""What is not known of one department, told as plainly as what is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from maps import words
from maps.counts import KNOWN
from maps.dossier import Dossier, Row
from maps.tallies import named


def unknowns(dossier: Dossier, unasked: Sequence[int]) -> list[str]:
    """Sentences about what nobody tells; ``unasked`` are quarters without any number of requests,
    as :func:`maps.tallies.quarters` gives them."""
    return [
        *_starts(dossier),
        *_ends(dossier.spells),
        *_requests(dossier, unasked),
        *_tools(dossier.spells),
        *_agency(dossier.agency),
    ]


def joined(parts: Sequence[str]) -> str:
    """Parts as a list in a sentence.

    >>> joined(["a", "b", "c"]), joined(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join([*([", ".join(parts[:-1])] if parts[1:] else []), *parts[-1:]])


def other_starts(claims: Sequence[Row], programme: str) -> list[str]:
    """The starts that sources state for a programme, the earliest first."""
    return sorted({c["valid_from"] for c in claims if c["programme"] == programme} - {""})


def _starts(dossier: Dossier) -> Iterator[str]:
    for spell in dossier.spells:
        name = words.programme_name(spell["programme"])
        first = words.day(spell["first_observed"])
        match spell["valid_from_precision"]:
            case "unknown" if spell["spell"] > 1:
                yield f"When it was listed in {name} again: a look on {first} shows it."
            case "unknown":
                yield (
                    f"When it joined {name}: no source states a start. "
                    f"It was listed by {first} at the latest."
                )
            case "month" | "year" as precision:
                start = words.day(spell["valid_from"])
                yield f"On which day it joined {name}: only the {precision} is stated, {start}."
        stated = other_starts(dossier.claims, spell["programme"])
        if spell["spell"] == 1 and len(stated) > 1:
            told = joined([words.day(start) for start in stated])
            yield f"Which stated start in {name} is right: sources give {told}."


def _ends(spells: Sequence[Row]) -> Iterator[str]:
    for spell, after in pairwise([*spells, None]):
        if spell is None or (after and after["programme"] == spell["programme"]):
            continue
        name, last = words.programme_name(spell["programme"]), words.day(spell["last_observed"])
        if spell["valid_to_kind"] == "unknown":
            yield f"Whether it was listed in {name} after {last}: nothing later is known."
        elif spell["valid_to_kind"] == "delisted_observed":
            missing = words.day(spell["first_missing"])
            yield (
                f"When between {last} and {missing} it left the list of {name}, and why. "
                "No longer listed does not mean that it stopped."
            )


def _requests(dossier: Dossier, unasked: Sequence[int]) -> Iterator[str]:
    asking = [row for row in dossier.counts if row["current"] and row["metric"] in words.ASKING]
    if unasked:
        yield (
            f"How often it asked for footage in {'; '.join(map(named, unasked))}: "
            "nobody published a number."
        )
    silent = [row for row in asking if row["value_state"] not in KNOWN]
    if silent:
        told = "; ".join(f"{row['period']} ({row['amount']})" for row in silent)
        yield f"How often it asked for footage in {told}."
    if any(row["value_state"] in KNOWN for row in asking):
        yield "How often it asked for footage in any period that has no row under requests."
    else:
        yield "How often it asked for footage in any period. That is unknown, not zero."


def _tools(spells: Sequence[Row]) -> Iterator[str]:
    names = list(dict.fromkeys(words.programme_name(spell["programme"]) for spell in spells))
    if names:
        yield f"Which tools of {joined(names)} it used, if any: a listing does not tell."


def _agency(agency: Row) -> Iterator[str]:
    missing = [
        name
        for column, name in (("city", "place"), ("county", "county"), ("ori", "FBI ORI"))
        if not agency[column]
    ]
    if missing:
        yield f"Its {joined(missing)}: no source or register we read gives it."
    if not agency["location_precision"]:
        yield "Where it is: it has no point on the map."
    if agency["population"] is None:
        yield "How many people live in its place."
    elif agency["population_year"] is None:
        yield (
            "Of which year the number of residents is. "
            "It is that of the place, not of the area it serves."
        )
    if agency["type"] == "unknown":
        yield "What kind of agency it is."
