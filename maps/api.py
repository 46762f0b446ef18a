"""The data of the site for programs: files of JSON below ``api/v1/``, described in ``docs/api.md``.

What stands in each is declared in :mod:`maps.resources`; rows are those of the published tables.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache, partial
from typing import Any

import pandas as pd

from analysis.datapackage import DESCRIPTION, TITLE
from analysis.places import ATTRIBUTIONS
from analysis.tables import TABLES
from maps import agency, chapters, events
from maps.columns import plain_json
from maps.document import Setting
from maps.dossier import Dossier, Row, Tables, grouped, rows
from maps.folder import Draft
from maps.openapi import VERSION, openapi
from maps.resources import IN_LIST, LISTED, NOTE, RESOURCES, RIGHTS
from maps.schemas import schema
from maps.summary import Summary

FOLDER = f"api/v{VERSION}"

ROWS = 1_000
"""Rows of a file of earlier changes; the newest file has at least as many, where there are."""


class Files:
    """Drafts of the files about ``tables``: what all of them say is put together once."""

    def __init__(self, tables: Tables, setting: Setting) -> None:
        self.setting = setting
        self.common = {
            "as_of": setting.asked or agency.newest_day(tables) or None,
            "note": NOTE,
            "notices": list(setting.notices),
            "geography": list(ATTRIBUTIONS),
        }
        self.rights = {row["source"]: _nulled(row) for row in rows(tables["sources"], RIGHTS)}
        self.same = plain_json([self.common, self.rights])

    def draft(self, kind: str, path: str, parts: Row) -> Draft:
        """The file ``path`` of a ``kind``, which rests on all sources, with its ``parts``."""
        return _written(path, self.told(kind, path, parts, self.rights))

    def told(self, kind: str, path: str, parts: Row, sources: Collection[str]) -> Row:
        """What stands in a file that rests on ``sources``."""
        rights = [right for name, right in self.rights.items() if name in sources]
        ways = {"schema": f"{_up(path)}schema/{kind}.json"}
        return ways | self.common | {"rights": rights} | parts

    def ways(self, path: str, page: str) -> Row:
        """Addresses of the ``page`` (its place in the site) and its feeds, from ``path`` on."""
        root = f"../../{_up(path)}"
        feed = f"{root}{page.removesuffix('.html')}" if self.setting.newest else ""
        return {
            "page": f"{root}{page}",
            "atom": f"{feed}.atom" if feed else None,
            "json_feed": f"{feed}.json" if feed else None,
        }


def drafts(
    tables: Tables, agencies: pd.DataFrame, found: list[Summary], setting: Setting
) -> Iterator[Draft]:
    """All files but those of departments; ``agencies`` as :func:`maps.listing.ordered` gives them,
    ``found`` as :func:`maps.summary.summaries`."""
    files = Files(tables, setting)
    yield files.draft("index", "index.json", _index(agencies, setting))
    yield _written("openapi.json", openapi(setting.base))
    for name in RESOURCES:
        yield _written(f"schema/{name}.json", schema(name))
    listed = _listed(tables, agencies)
    departments = [row for mine in listed.values() for row in mine]
    yield files.draft("departments", "departments.json", {"departments": departments})
    yield from _states(files, tables["footage_totals"], found, listed)
    sources = [_nulled(row) for row in rows(tables["sources"], TABLES["sources"].names)]
    yield files.draft("sources", "sources.json", {"sources": sources})
    yield from _changes(files, tables["changes"])


def records(tables: Tables, setting: Setting) -> Callable[[Dossier, str], Draft]:
    """What makes the file of a department from its dossier and a digest of that."""
    files = Files(tables, setting)
    table = tables["captures"]

    @cache
    def captures() -> Mapping[str, Row]:
        found = rows(table, TABLES["captures"].names)
        return {row["capture_id"]: _nulled(row) for row in found}

    same = f"{files.same} {pd.util.hash_pandas_object(table, index=False).sum()}"

    def made(dossier: Dossier, told: str) -> Draft:
        path = f"departments/{_file(dossier.agency['agency_id'])}"
        render = partial(_record, files, path, dossier, captures)
        return Draft(f"{FOLDER}/{path}", f"{same} {told}", render)

    return made


def _record(
    files: Files, path: str, dossier: Dossier, captures: Callable[[], Mapping[str, Row]]
) -> str:
    page = agency.file_name(dossier.agency["agency_id"])
    known = captures()
    shown = [known[exhibit["id"]] for exhibit in dossier.exhibits.rows]
    told: Row = {
        "department": _row("agencies", dossier.agency),
        **files.ways(path, f"agency/{page}"),
        **{name: [_row(name, row) for row in found] for name, found in _tables(dossier).items()},
        "documents": [
            {
                "url": each["url"],
                "title": each["title"],
                "date_text": each["date"] or None,
                "source": each["source"],
            }
            for each in chapters.documents(dossier.claims)
        ],
        "evidence": [
            {"table": table, "row_id": row_id, "capture_id": shown[number - 1]["capture_id"]}
            for (table, row_id), numbers in sorted(dossier.exhibits.numbers.items())
            for number in numbers
        ],
        "captures": shown,
        "captures_more": dossier.exhibits.more,
    }
    for row in told["listings"]:
        del row["links"]
    sources = _sources(dossier) | {row["source"] for row in shown}
    return plain_json(files.told("department", path, told, sources))


def _tables(dossier: Dossier) -> dict[str, list[Row]]:
    """The rows of the published tables in a dossier."""
    return {
        "participations": dossier.spells,
        "footage_requests": dossier.counts,
        "listings": dossier.claims,
        "camera_counts": dossier.cameras,
        "reported_figures": dossier.figures,
        "agency_places": dossier.places,
        "agency_links": dossier.links,
        "changes": dossier.changes,
    }


def _sources(dossier: Dossier) -> set[str]:
    lists = (dossier.counts, dossier.claims, dossier.cameras, dossier.places, dossier.links)
    listed = {name for row in dossier.spells for name in row["sources"].split("; ")}
    return listed | {row["source"] for found in (*lists, dossier.changes) for row in found}


def _index(agencies: pd.DataFrame, setting: Setting) -> Row:
    return {
        "title": TITLE,
        "description": DESCRIPTION,
        "version": VERSION,
        "departments": len(agencies),
        "resources": [
            {
                "name": name,
                "path": resource.path,
                "meaning": resource.meaning,
                "schema": f"schema/{name}.json",
            }
            for name, resource in RESOURCES.items()
        ],
        "openapi": "openapi.json",
        "atom": "../../feed.atom" if setting.newest else None,
        "json_feed": "../../feed.json" if setting.newest else None,
    }


def _listed(tables: Tables, agencies: pd.DataFrame) -> dict[str, list[Row]]:
    """By state, what lists tell of each department; their files are told from ``api/v1/`` on."""
    columns = [name for name in IN_LIST if name in agencies]
    spells = grouped(tables["participations"], ["agency_id", *LISTED], ["programme", "spell"])
    found: dict[str, list[Row]] = {}
    for row in map(_nulled, rows(agencies, columns)):
        key = row["agency_id"]
        row["programmes"] = [
            {name: spell[name] or None for name in LISTED} for spell in spells.get(key, [])
        ]
        row["file"] = f"departments/{_file(key)}"
        found.setdefault(row["state"], []).append(row)
    return found


def _states(
    files: Files, totals: pd.DataFrame, found: list[Summary], listed: Mapping[str, list[Row]]
) -> Iterator[Draft]:
    states = {one.code: _state(one) for one in found}
    yield files.draft("states", "states.json", {"states": list(states.values())})
    ordered = totals[totals["scope"].eq("state")].sort_values(
        ["period_end", "period_start", "metric", "programme", "total_id"],
        ascending=[False, False, True, True, True],
    )
    known: dict[str, list[Row]] = {}
    for row in map(_nulled, rows(ordered, TABLES["footage_totals"].names)):
        known.setdefault(row["state"], []).append(row)
    for code, row in states.items():
        path = row["file"]
        told = {
            "state": row | {"file": f"../{path}"},
            **files.ways(path, f"state/{code.lower()}.html"),
            "footage_totals": known.get(code, []),
            "departments": [each | {"file": f"../{each['file']}"} for each in listed.get(code, [])],
        }
        yield files.draft("state", path, told)


def _state(one: Summary) -> Row:
    some = one.departments > 0
    return {
        "state": one.code,
        "name": one.name,
        "departments": one.departments or None,
        "value_state": "value" if some else "not_collected",
        "departments_gone": one.gone if some else None,
        "departments_counted": one.known if some else None,
        "newest": one.newest or None,
        "residents": one.residents,
        "residents_year": one.year,
        "file": f"states/{one.code.lower()}.json",
    }


def _changes(files: Files, table: pd.DataFrame) -> Iterator[Draft]:
    ordered = events.newest_first(table)
    parts = events.parted(rows(ordered, TABLES["changes"].names), ROWS)
    for number, part in zip(range(len(parts), 0, -1), parts, strict=True):
        kind, path = "earlier_changes", f"changes/{number}.json"
        if number == len(parts):
            kind, path = "changes", "changes.json"
        before = f"{_up(path)}changes/{number - 1}.json" if number > 1 else None
        told = {"changes": [_nulled(row) for row in part], "before": before}
        yield files.draft(kind, path, told)


def _file(agency_id: str) -> str:
    return agency.file_name(agency_id).removesuffix("html") + "json"


def _row(table: str, row: Row) -> Row:
    return _nulled({name: row[name] for name in TABLES[table].names})


def _nulled(row: Row) -> Row:
    """``row`` with None where there is no text."""
    return {name: None if cell == "" else cell for name, cell in row.items()}


def _up(path: str) -> str:
    """What leads from a file back to the folder of the API."""
    return "../" * path.count("/")


def _written(path: str, told: Mapping[str, Any]) -> Draft:
    text = plain_json(told)
    return Draft(f"{FOLDER}/{path}", text, lambda: text)
