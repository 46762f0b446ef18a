"""The chain from a published fact to the bytes that say so, every link of it checked now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from peephole.passages import Stood, identified, standing
from spiders import archive, moment
from spiders.archive import ArchiveError, Exchange
from spiders.job import WrongInput
from spiders.ledger import Ledger
from spiders.schema import READINGS, RECORDS, SIGHTINGS

Tables = Mapping[str, pd.DataFrame]
PUBLISHED = "evidence"
"""The table that says what rests on what, and holds no fact of its own."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A capture that a fact rests on: ``capture`` is its published row, ``sha256`` what the body
    in the archive hashes to now (empty where it cannot be read), ``trouble`` what is wrong, empty
    where all is well, ``rows`` the records of the fact in those bytes."""

    capture: Mapping[str, Any]
    sha256: str
    trouble: str
    rows: tuple[Stood, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of a published table, its cells that are not empty, and what it rests on."""

    table: str
    row_id: str
    cells: Mapping[str, Any]
    proofs: tuple[Proof, ...] = ()

    @property
    def well(self) -> bool:
        return bool(self.proofs) and not any(proof.trouble for proof in self.proofs)


@dataclass(slots=True)
class Shelf:
    """Where to find bytes and the records that were read in them: a folder of WARCs, the captures
    that tell what lies where, and a ledger."""

    folder: Path
    captures: pd.DataFrame
    ledger: Ledger
    _read: dict[str, tuple[str, str]] = field(default_factory=dict)
    _sheets: dict[str, list[Stood]] = field(default_factory=dict)

    def hashed(self, capture: Mapping[str, Any]) -> tuple[str, str]:
        """What the archived body of a capture hashes to now, and what is wrong."""
        key = str(capture["capture_id"])
        if key not in self._read:
            self._read[key] = self._hashed(capture)
        return self._read[key]

    def _hashed(self, capture: Mapping[str, Any]) -> tuple[str, str]:
        path = self.folder / capture["warc"]
        if not path.is_file():
            return "", f"its bytes are not here: there is no {capture['warc']}"
        try:
            found = archive.read(path, int(capture["warc_offset"]))
            if (found.url, moment.iso(found.fetched_at)) != (capture["url"], capture["fetched_at"]):
                return "", f"the record there is of {found.url}, {moment.iso(found.fetched_at)}"
            body = self._original(found) if found.kind in ("revisit", "unchanged") else found.body
        except (ArchiveError, TypeError) as problem:
            return "", str(problem)
        sha256 = hashlib.sha256(body).hexdigest()
        if sha256 != capture["sha256"] or len(body) != capture["bytes"]:
            return sha256, f"published as {capture['sha256']}, {capture['bytes']} bytes"
        return sha256, ""

    def _original(self, found: Exchange) -> bytes:
        """The body of the earlier answer that this one stands for."""
        url, fetched_at = found.refers_to
        rows = self.captures
        same = rows[rows["sha256"].eq(found.stored.sha256) & rows["url"].eq(url)]
        places = [
            (self.folder / row["warc"], int(row["warc_offset"]))
            for row in same[same["fetched_at"].eq(fetched_at)].to_dict("records")
        ]
        for path, offset in places:
            earlier = archive.read(path, offset)
            if earlier.kind in ("response", "resource"):
                return earlier.body
        for path in sorted(self.folder.glob("*.warc.gz")):
            for earlier in archive.exchanges(path):
                if (
                    earlier.kind == "response"
                    and (earlier.url, moment.iso(earlier.fetched_at)) == (url, fetched_at)
                    and earlier.stored.sha256 == found.stored.sha256
                ):
                    return earlier.body
        raise ArchiveError(f"the archive lacks {url} of {fetched_at}, for which it stands")

    def rows(self, capture_id: str) -> list[Stood]:
        """The records that were read in a capture, each once."""
        if capture_id not in self._sheets:
            query = (
                sa.select(SIGHTINGS, RECORDS.c.source, RECORDS.c.kind, RECORDS.c.content)
                .join(RECORDS, RECORDS.c.record_id == SIGHTINGS.c.record_id)
                .where(
                    SIGHTINGS.c.sheet_id.in_(
                        sa.select(READINGS.c.sheet_id).where(READINGS.c.capture_id == capture_id)
                    )
                )
                .order_by(SIGHTINGS.c.position, SIGHTINGS.c.record_id)
            )
            found = {row["record_id"]: Stood(**row) for row in self.ledger.rows(query)}
            self._sheets[capture_id] = identified(list(found.values()))
        return self._sheets[capture_id]


def named(tables: Tables, fact_id: str, table: str | None) -> list[tuple[str, str]]:
    """The facts that go by an id: (table, row_id), of one table or of all.

    The id is a row_id of the table ``evidence``; that of a department names all its facts.

    Raises:
        WrongInput: there is no such table or fact.
    """
    from analysis.tables import TABLES, row_ids

    if table is not None and table not in TABLES:
        raise WrongInput(f"there is no table {table!r}; there are: {', '.join(TABLES)}")
    found = []
    for name, declared in TABLES.items():
        if name == PUBLISHED or table not in (None, name):
            continue
        ids = row_ids(declared, tables[name])
        wanted = ids.eq(fact_id)
        if "agency_id" in tables[name]:
            wanted |= tables[name]["agency_id"].eq(fact_id).fillna(False)
        found += [(name, str(row_id)) for row_id in ids[wanted.fillna(False)]]
    if not found:
        where = f"in {table}" if table else "in the published tables"
        raise WrongInput(
            f"there is no fact {fact_id!r} {where}; give a row_id of the table evidence, the id of "
            "a department or of a capture"
        )
    return found


def proved(tables: Tables, facts: Sequence[tuple[str, str]], shelf: Shelf) -> Iterator[Fact]:
    """The chain of each fact from its row to the archived bytes."""
    from analysis.tables import TABLES, row_ids

    captures = {row["capture_id"]: row for row in _cells(tables["captures"])}
    evidence = tables[PUBLISHED]
    evidence = evidence[evidence["row_id"].isin({row_id for _, row_id in facts})]
    rests: dict[tuple[str, str], list[str]] = {}
    for *fact, capture_id in evidence.itertuples(index=False, name=None):
        rests.setdefault((fact[0], fact[1]), []).append(capture_id)
    places = {
        table: pd.Index(row_ids(TABLES[table], tables[table])) for table in {t for t, _ in facts}
    }
    for table, row_id in facts:
        place = int(places[table].get_indexer_for([row_id])[0])
        (cells,) = _cells(tables[table].iloc[[place]])
        proofs = []
        for capture_id in rests.get((table, row_id), ()):
            capture = captures.get(capture_id, {"capture_id": capture_id})
            if len(capture) == 1:
                proofs.append(Proof(capture, "", "there is no such row in captures"))
                continue
            sha256, trouble = shelf.hashed(capture)
            rows = standing(tables, table, cells, shelf.rows(capture_id))
            proofs.append(Proof(capture, sha256, trouble, tuple(rows)))
        proofs.sort(key=lambda proof: str(proof.capture.get("observed_at")))
        yield Fact(table, row_id, cells, tuple(proofs))


def _cells(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values, empty cells left out."""
    objects = frame.astype(object).where(frame.notna(), None)
    return [
        {str(name): value for name, value in row.items() if value is not None}
        for row in objects.to_dict("records")
    ]
