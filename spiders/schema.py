"""The ledger's tables, and a row of each as it is written.

A *run* reads one WARC with one version of a source's parser. A *look* is the view a run had of
the whole source at one moment: a live run has one, a run over archived copies one for each copy.
A *reading* is what a look read in one capture: a *sheet* of records. Sheets are named by their
content, so that a page that has not changed costs a reading and no sightings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

METADATA = sa.MetaData()

RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False, index=True),
    sa.Column("mode", sa.String, nullable=False),
    sa.Column("warc", sa.String, nullable=False),
    sa.Column("parser_version", sa.Integer, nullable=False),
    sa.Column("observed_at", sa.String, nullable=False),
    sa.Column("started_at", sa.String, nullable=False),
    sa.Column("finished_at", sa.String),
    sa.Column("verdict", sa.String),
    sa.Column("reason", sa.String),
    sa.Column("notice", sa.String, nullable=False, server_default=""),
    sa.Column("counts", sa.JSON, nullable=False),
)
"""One (run, source). ``finished_at`` is empty while it runs and for ever if it was killed."""

LOOKS = sa.Table(
    "looks",
    METADATA,
    sa.Column("look_id", sa.String, primary_key=True),
    sa.Column("run_id", sa.String, sa.ForeignKey("runs.run_id"), nullable=False, index=True),
    sa.Column("source", sa.String, nullable=False, index=True),
    sa.Column("observed_at", sa.String, nullable=False),
    sa.Column("verdict", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("account", sa.JSON, nullable=False),
)
"""Written when the run ends. ``account`` is what the look counted (finish_reason, problems, lost,
and unread: fields of its run that nobody reads):
whoever publishes judges it anew in the order of ``observed_at``, because the verdict when it was
written knew only what had been read by then."""

CAPTURES = sa.Table(
    "captures",
    METADATA,
    sa.Column("capture_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("url", sa.String, nullable=False, index=True),
    sa.Column("original_url", sa.String, nullable=False, server_default=""),
    sa.Column("fetched_at", sa.String, nullable=False),
    sa.Column("observed_at", sa.String, nullable=False),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("http_status", sa.Integer),
    sa.Column("sha256", sa.String),
    sa.Column("bytes", sa.Integer),
    sa.Column("warc", sa.String, nullable=False),
    sa.Column("warc_offset", sa.BigInteger, nullable=False),
    sa.Column("etag", sa.String, nullable=False, server_default=""),
    sa.Column("last_modified", sa.String, nullable=False, server_default=""),
)
"""``original_url`` is the address an archived copy was taken of; empty for what came first hand."""

READINGS = sa.Table(
    "readings",
    METADATA,
    sa.Column("look_id", sa.String, primary_key=True),
    sa.Column("capture_id", sa.String, sa.ForeignKey("captures.capture_id"), primary_key=True),
    sa.Column("sheet_id", sa.String, nullable=False, index=True),
    sa.Column("run_id", sa.String, sa.ForeignKey("runs.run_id"), nullable=False, index=True),
    sqlite_with_rowid=False,
)
"""Written when a capture has been read to its end, which may be before its look has ended."""

RECORDS = sa.Table(
    "records",
    METADATA,
    sa.Column("record_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
)

SIGHTINGS = sa.Table(
    "sightings",
    METADATA,
    sa.Column("sheet_id", sa.String, primary_key=True),
    sa.Column("record_id", sa.String, sa.ForeignKey("records.record_id"), primary_key=True),
    sa.Column("position", sa.Integer),
    sa.Column("row_key", sa.String),
    sqlite_with_rowid=False,
)
"""The records of a sheet, with where each stood in the bytes."""


@dataclass(frozen=True, slots=True)
class Run:
    """A row of ``runs`` as it begins."""

    run_id: str
    source: str
    mode: str
    warc: str
    parser_version: int
    observed_at: str
    started_at: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """A row of ``looks``."""

    look_id: str
    run_id: str
    source: str
    observed_at: str
    verdict: str
    reason: str
    counts: Mapping[str, int] = field(default_factory=dict)
    account: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capture:
    """A row of ``captures``."""

    capture_id: str
    source: str
    url: str
    fetched_at: str
    observed_at: str
    outcome: str
    http_status: int | None
    sha256: str | None
    bytes: int | None
    warc: str
    warc_offset: int
    etag: str = ""
    last_modified: str = ""
    original_url: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A row of ``records``."""

    record_id: str
    source: str
    kind: str
    content: Mapping[str, Any]


class Sighted(NamedTuple):
    """A record of a sheet and where it stood."""

    record_id: str
    position: int | None = None
    row_key: str | None = None


def sheet_id(rows: Iterable[Sighted]) -> str:
    """20 hex digits that name a sheet: the same records at the same places, the same sheet."""
    lines = sorted(f"{row.record_id}\t{row.position}\t{row.row_key}" for row in rows)
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:20]
