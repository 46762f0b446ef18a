"""A page for every department, whole without JavaScript: what is known, how, and what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from maps import chapters, document, words
from maps.columns import digest
from maps.dossier import Dossier, Row, Tables
from maps.folder import Draft
from maps.letter import letter
from maps.spans import drawing
from maps.tallies import metrics, quarters
from maps.unknowns import joined, unknowns

LONGEST, KEPT = 150, 120
"""Letters of an id that a file name holds whole, and of those cut from a longer one: file systems
hold 255 bytes, some tools fewer."""

CHANGES_SHOWN = 50
"""Changes a page tells; a running counter has one for every look."""

DATASETS = (
    *("agencies.csv", "participations.csv", "listings.csv", "footage_requests.csv"),
    *("camera_counts.csv", "changes.csv", "evidence.csv", "captures.csv"),
    *("datapackage.json", "peephole.sqlite"),
)


def file_name(agency_id: str) -> str:
    """The name of a department's page in the folder ``agency``.

    >>> file_name("il-naperville-police")
    'il-naperville-police.html'
    """
    if len(agency_id) > LONGEST:
        return f"{agency_id[:KEPT]}-{digest(agency_id)[:12]}.html"
    return f"{agency_id}.html"


def pages(tables: Tables, setting: document.Setting) -> Callable[[Dossier, str], Draft]:
    """What makes the page of a department from its dossier and a digest of that."""
    befell = chapters.befell(tables["changes"])
    newest = newest_day(tables)
    common = {
        "here": "",
        "numbers": setting.numbers,
        "downloads": [name for name in DATASETS if (setting.exports / name).is_file()],
    }
    same = digest(repr([common, newest]))

    def made(dossier: Dossier, told: str) -> Draft:
        befallen = {spell["programme"]: befell.get(spell["programme"]) for spell in dossier.spells}
        return Draft(
            f"agency/{file_name(dossier.agency['agency_id'])}",
            repr([same, befallen, told]),
            partial(_page, common, dossier, befell, newest, setting),
        )

    return made


def _page(
    common: dict[str, Any],
    dossier: Dossier,
    befell: Mapping[str, list[Row]],
    newest: str,
    setting: document.Setting,
) -> str:
    shown = common | view(dossier, befell, newest, setting)
    return document.document("agency.html", setting, shown, root="../", styles=("agency.css",))


def view(
    dossier: Dossier, befell: Mapping[str, list[Row]], newest: str, setting: document.Setting
) -> dict[str, Any]:
    """All that the page of a department says, plain enough for JSON.

    ``befell`` are events by programme, ``newest`` is the newest day of the site.
    """
    agency = dossier.agency
    unasked = quarters(dossier, "video_requests", newest)
    programmes = list(dict.fromkeys(spell["programme"] for spell in dossier.spells))
    tools = [event["tool"] for name in programmes for event in befell.get(name, [])]
    tables = metrics(dossier, newest)
    return {
        "id": agency["agency_id"],
        "stem": file_name(agency["agency_id"]).removesuffix(".html"),
        "name": agency["name"],
        "state": agency["state"].lower(),
        "state_name": agency["state_name"],
        "where": _where(agency),
        "facts": _facts(dossier),
        "ori": _ori(dossier),
        "drawing": drawing(dossier.spells, newest) if dossier.spells else None,
        "programmes": [
            chapters.programme(dossier, name, befell.get(name, [])) for name in programmes
        ],
        "asking": [table for table in tables if table["asks"]],
        "posts": [table for table in tables if not table["asks"]],
        "cameras": chapters.cameras(dossier),
        "additive": all(row["additive"] for row in dossier.cameras),
        "figures": [chapters.figure(row) for row in dossier.figures],
        "changes": [chapters.change(row) for row in dossier.changes[:CHANGES_SHOWN]],
        "changes_more": len(dossier.changes[CHANGES_SHOWN:]),
        "documents": chapters.documents(dossier.claims),
        "unknowns": unknowns(dossier, unasked),
        "letter": letter(dossier, unasked, [name for name in dict.fromkeys(tools) if name]),
        "exhibits": dossier.exhibits.rows,
        "exhibits_more": dossier.exhibits.more,
        "citation": _citation(dossier, programmes, setting),
        "contact": {
            "said": setting.contact,
            "link": document.contact_link(setting.contact, f"Correction: {agency['agency_id']}"),
        },
    }


def newest_day(tables: Tables) -> str:
    """The newest day on which anything was observed, empty where nothing was."""
    moments = (tables["participations"]["last_observed"], tables["changes"]["observed_at"])
    return max((str(column.max())[:10] for column in moments if column.notna().any()), default="")


def _where(agency: Row) -> str:
    return ", ".join(
        part for part in (agency["city"], agency["county"], agency["state_name"]) if part
    )


def _facts(dossier: Dossier) -> list[tuple[str, str]]:
    agency, former = dossier.agency, dossier.former
    point = words.POINTS[agency["location_precision"]].removeprefix("Point: ")
    if agency["latitude"] is not None and agency["longitude"] is not None:
        point += f" ({agency['latitude']:.3f}, {agency['longitude']:.3f})"
    residents = "not known"
    if agency["population"] is not None:
        year = agency["population_year"]
        when = "of an unknown year (GeoNames)"
        if year is not None:
            when = f"on 1 July {year} (Census Bureau's estimate)"
        residents = f"{words.number(agency['population'])}, {when}"
    return [
        ("Other names", former or "none that we know of"),
        ("Kind", words.KINDS[agency["type"]]),
        ("Place", agency["city"] or "not known"),
        ("County", agency["county"] or "not known"),
        ("State", agency["state_name"]),
        *serves(dossier.places),
        ("Point on the map", point),
        ("Residents of the place", residents),
        ("Our id", agency["agency_id"]),
    ]


def serves(places: list[Row]) -> Iterator[tuple[str, str]]:
    """The places it serves, and others that sources file it under; nothing where none are told."""
    served = [row for row in places if row["role"] == "served"]
    if served:
        names = dict.fromkeys(row["place"] for row in served)
        why = "; ".join(dict.fromkeys(f"{row['reason']}: {row['told_by']}" for row in served))
        yield "Places it serves", f"{joined(list(names))}, as we decided ({why})"
    for role, column, label in (
        ("place_named", "place", "Places that sources name"),
        ("county_named", "county", "Counties that sources name"),
    ):
        named = list(dict.fromkeys(row[column] for row in places if row["role"] == role))
        if len(named) > 1:
            yield label, joined(named)


def _ori(dossier: Dossier) -> dict[str, Any]:
    """What is known of its ORI, in words, with the source and the captures that say so."""
    ori, found = dossier.agency["ori"], dossier.links[0] if dossier.links else None
    if ori and found and found["ori"] == ori:
        said = f"{ori}, as the FBI's register has it: linked to {found['registered']} because "
        cited = dossier.exhibits.of("agency_links", dossier.agency["agency_id"])
        return {"said": said + found["reason"], "source": found["source"], "cited": cited}
    if ori:
        said = f"{ori}, as a reviewed decision has it"
    elif found is None:
        said = "not known: no register we read tells"
    else:
        said = f"not known: {'withheld' if found['ori'] else found['reason']}"
    return {"said": said, "source": "", "cited": []}


def _citation(dossier: Dossier, programmes: list[str], setting: document.Setting) -> str:
    agency = dossier.agency
    last = {spell["programme"]: words.day(spell["last_observed"]) for spell in dossier.spells}
    listed = "; ".join(f"in {words.programme_name(name)} as of {last[name]}" for name in programmes)
    parts = [
        f"Peephole: {agency['name']}, {agency['state_name']}",
        f"listed {listed}" if listed else "listed in no programme we know of",
        f"what was known by {setting.as_of}" if setting.as_of else "",
        f"record {agency['agency_id']}",
        f"{setting.base}/agency/{file_name(agency['agency_id'])}" if setting.base else "",
        "retrieved [DATE]",
    ]
    return ", ".join(part for part in parts if part)
