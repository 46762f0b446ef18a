"""Runs, captures, records, sightings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "runs",
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
    op.create_table(
        "captures",
        sa.Column("capture_id", sa.String, primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("url", sa.String, nullable=False, index=True),
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
    op.create_table(
        "records",
        sa.Column("record_id", sa.String, primary_key=True),
        sa.Column("source", sa.String, nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
    )
    op.create_table(
        "sightings",
        sa.Column("run_id", sa.String, sa.ForeignKey("runs.run_id"), primary_key=True),
        sa.Column("capture_id", sa.String, sa.ForeignKey("captures.capture_id"), primary_key=True),
        sa.Column("record_id", sa.String, sa.ForeignKey("records.record_id"), primary_key=True),
        sa.Column("position", sa.Integer),
        sa.Column("row_key", sa.String),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in ("sightings", "records", "captures", "runs"):
        op.drop_table(table)
