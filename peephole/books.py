"""The rows of a ledger, each checked against what its own key says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from peephole.findings import Finding, Tell
from spiders import moment
from spiders.ledger import Ledger
from spiders.records import RECORD_KINDS
from spiders.schema import (
    CAPTURES,
    LOOKS,
    READINGS,
    RECORDS,
    RUNS,
    SIGHTINGS,
    Sighted,
    sheet_id,
)
from spiders.verdict import STATES, Account, judge

MODES = ("live", "history", "replay", "import", "bundled")
BATCH = 10_000
"""Rows between two reports of progress."""

Row = dict[str, Any]


@dataclass(slots=True)
class Books:
    """The rows of a ledger: runs, looks and captures by id, the sheet of each reading by (look_id,
    capture_id), the ids of sheets and of records, the source of each record, and the schema."""

    runs: dict[str, Row] = field(default_factory=dict)
    looks: dict[str, Row] = field(default_factory=dict)
    captures: dict[str, Row] = field(default_factory=dict)
    readings: dict[tuple[str, str], Row] = field(default_factory=dict)
    sheets: set[str] = field(default_factory=set)
    records: dict[str, str] = field(default_factory=dict)
    schema: set[tuple[Any, ...]] = field(default_factory=set)
    whole: bool = True
    """Could every table be read to its end?"""

    @property
    def answers(self) -> set[tuple[Any, ...]]:
        """url, status and sha256 of every capture."""
        parts = ("url", "http_status", "sha256")
        return {tuple(row[part] for part in parts) for row in self.captures.values()}

    def looks_of(self, run_id: str) -> dict[str, Row]:
        """The looks of a run by what their ids add to that of the run."""
        return {
            look_id.removeprefix(run_id): look
            for look_id, look in self.looks.items()
            if look["run_id"] == run_id
        }


def books(ledger: Ledger, tell: Tell) -> tuple[Books, list[Finding]]:
    """The rows of a ledger, and what is wrong with them by themselves."""
    found = Books()
    flaws: list[Finding] = []
    with ledger.engine.connect() as connection:
        _as_it_stands(connection)
        for check in (_file, _runs, _looks, _captures, _readings, _records, _sheets):
            tell("reading the ledger", CHECKS.index(check.__name__), len(CHECKS))
            try:
                flaws += check(connection, found)
            except (DBAPIError, ValueError, OverflowError) as problem:
                found.whole = False
                said = str(getattr(problem, "orig", None) or problem)
                table = check.__name__.removeprefix("_")
                flaws.append(_damage(f"its {table} cannot be read: {said[:200]}", table, ""))
    tell("reading the ledger", len(CHECKS), len(CHECKS))
    return found, flaws


CHECKS = ("_file", "_runs", "_looks", "_captures", "_readings", "_records", "_sheets")


def _as_it_stands(connection: sa.Connection) -> None:
    """Have text that is no UTF-8 read all the same, so that the row it stands in can be named."""
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and driver is not None:
        driver.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")


def _rows(connection: sa.Connection, table: sa.Table, *order: str) -> Iterator[Row]:
    """The rows as the driver gives them: a damaged cell must not hide the others."""
    columns = [sa.type_coerce(column, sa.types.NULLTYPE) for column in table.columns]
    named = [column.label(name) for column, name in zip(columns, table.columns.keys(), strict=True)]
    query = sa.select(*named).order_by(*(table.c[name] for name in order))
    for row in connection.execution_options(yield_per=BATCH).execute(query).mappings():
        yield dict(row)


def _damage(said: str, table: str, row: str) -> Finding:
    return Finding("damage", "ledger", said, table, row)


def _file(connection: sa.Connection, found: Books) -> Iterator[Finding]:
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
        if said != "ok":
            yield _damage(f"SQLite finds its file damaged: {' '.join(str(said).split())}", "", "")
    query = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    found.schema = {tuple(row) for row in connection.exec_driver_sql(query)}


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str | bytes) else value


def _moment(text: Any) -> bool:
    try:
        return isinstance(text, str) and moment.iso(moment.parsed(text)) == text
    except ValueError:
        return False


def _runs(connection: sa.Connection, found: Books) -> Iterator[Finding]:
    for row in _rows(connection, RUNS):
        run_id = str(row["run_id"])
        found.runs[run_id] = row
        named = f"{str(row['warc']).removesuffix('.warc.gz')}-v{row['parser_version']}"
        if run_id != named and not run_id.startswith(f"{named}-try"):
            yield _damage(f"the run {run_id} names the WARC {row['warc']}", "runs", run_id)
        ended = row["finished_at"] is None or (
            _moment(row["finished_at"]) and row["started_at"] <= row["finished_at"]
        )
        live = row["mode"] == "live" and row["observed_at"] != row["started_at"]
        if not (_moment(row["started_at"]) and _moment(row["observed_at"]) and ended) or (
            live and not str(row["observed_at"]).endswith("T00:00:00Z")
        ):
            yield _damage(f"the run {run_id} has times that cannot be", "runs", run_id)
        verdicts = (*STATES, None) if row["finished_at"] is None else STATES
        if row["mode"] not in MODES or row["verdict"] not in verdicts:
            said = f"{row['mode']!r} and {row['verdict']!r}"
            yield _damage(f"the run {run_id} has mode and verdict {said}", "runs", run_id)
        try:
            row["counts"] = dict(_json(row["counts"]))
        except (ValueError, TypeError):
            yield _damage(f"the counts of the run {run_id} cannot be read", "runs", run_id)
            row["counts"] = {}


def _looks(connection: sa.Connection, found: Books) -> Iterator[Finding]:
    for row in _rows(connection, LOOKS):
        look_id = str(row["look_id"])
        found.looks[look_id] = row
        run = found.runs.get(row["run_id"], {})
        suffix = look_id.removeprefix(str(row["run_id"]))
        at = "".join(c for c in str(row["observed_at"]) if c.isdigit())
        if run.get("source") != row["source"] or suffix not in ("", f"@{at}"):
            yield _damage(f"the look {look_id} is of no such run or moment", "looks", look_id)
        if not _moment(row["observed_at"]) or row["verdict"] not in STATES:
            yield _damage(f"the look {look_id} has no such moment or verdict", "looks", look_id)
        try:
            row["counts"] = {str(key): int(value) for key, value in _json(row["counts"]).items()}
            row["account"] = _account(_json(row["account"]))
        except (ValueError, TypeError, AttributeError, KeyError):
            yield _damage(f"the account of the look {look_id} cannot be read", "looks", look_id)
            row["counts"], row["account"] = {}, {}


def _account(told: Mapping[str, Any]) -> Row:
    return dict(told) | {
        "finish_reason": str(told["finish_reason"]),
        "problems": [str(problem) for problem in told["problems"]],
        "lost": {str(cause): int(pages) for cause, pages in told["lost"].items()},
    }


def _captures(connection: sa.Connection, found: Books) -> Iterator[Finding]:
    for row in _rows(connection, CAPTURES):
        found.captures[str(row["capture_id"])] = row
    yield from ()


def _readings(connection: sa.Connection, found: Books) -> Iterator[Finding]:
    for row in _rows(connection, READINGS):
        key = (str(row["look_id"]), str(row["capture_id"]))
        found.readings[key] = row
        if row["capture_id"] not in found.captures or row["run_id"] not in found.runs:
            said = f"the reading of {key[1]} by {key[0]} is of no such capture or run"
            yield _damage(said, "readings", ":".join(key))


def _records(connection: sa.Connection, found: Books) -> Iterator[Finding]:
    for row in _rows(connection, RECORDS):
        record_id = str(row["record_id"])
        found.records[record_id] = str(row["source"])
        try:
            content = _json(row["content"])
            made = RECORD_KINDS[row["kind"]].model_construct().identity(row["source"], content)
        except (ValueError, TypeError, KeyError):
            made = ""
        if made != record_id:
            said = f"the {row['kind']} {record_id} of {row['source']} does not hash to its id"
            yield _damage(said, "records", record_id)


def _sheets(connection: sa.Connection, found: Books) -> Iterator[Finding]:
    rows = _rows(connection, SIGHTINGS, "sheet_id", "record_id")
    for name, group in groupby(rows, key=lambda row: str(row["sheet_id"])):
        found.sheets.add(name)
        sheet = [Sighted(row["record_id"], row["position"], row["row_key"]) for row in group]
        if lost := [each.record_id for each in sheet if each.record_id not in found.records]:
            said = f"the sheet {name} holds {lost[0]}, of which there is no record"
            yield _damage(said, "sightings", f"{name}:{lost[0]}")
        try:
            made = sheet_id(sheet)
        except UnicodeEncodeError:
            made = ""
        if made != name:
            yield _damage(f"the rows of the sheet {name} do not hash to its id", "sightings", name)


def misjudged(found: Books, expectations: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Looks whose verdict and reason do not follow from what they counted by the rules of today,
    beside any healthy look before them or none: the ledger need not have known the newest then."""
    healthy: dict[str, list[Row]] = {}
    for look in sorted(found.looks.values(), key=lambda look: str(look["observed_at"])):
        wanted = expectations.get(look["source"])
        account = look["account"]
        if not wanted or not account:
            continue
        told = Account(
            account["finish_reason"], tuple(account["problems"]), account["lost"], look["counts"]
        )
        before = [{}, *(row["counts"] for row in reversed(healthy.get(look["source"], [])))]
        given = (look["verdict"], look["reason"])
        if not any(_given(told, wanted, counts) == given for counts in before):
            today = _given(told, wanted, before[min(1, len(before) - 1)])
            said = (
                f"the look {look['look_id']} stands as {given[0]} ({given[1]}); by what it counted "
                f"today's rules make it {today[0]} ({today[1]})"
            )
            yield Finding("reading", "ledger", said, "looks", look["look_id"])
        if look["verdict"] == "healthy":
            healthy.setdefault(look["source"], []).append(look)


def _given(told: Account, wanted: Mapping[str, Any], before: Mapping[str, int]) -> tuple[str, str]:
    verdict = judge(
        told,
        range(int(wanted["least"]), int(wanted["most"])),
        floor=float(wanted["floor"]),
        last_healthy=before,
        retires_categories=bool(wanted["retires_categories"]),
    )
    return verdict.state, verdict.reason
