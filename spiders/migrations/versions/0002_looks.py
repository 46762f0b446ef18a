"""Looks, readings and sheets: a verdict and a moment for each view of a source, and no sightings
for a page that has not changed."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "captures", sa.Column("original_url", sa.String, nullable=False, server_default="")
    )
    op.create_table(
        "looks",
        sa.Column("look_id", sa.String, primary_key=True),
        sa.Column("run_id", sa.String, sa.ForeignKey("runs.run_id"), nullable=False, index=True),
        sa.Column("source", sa.String, nullable=False, index=True),
        sa.Column("observed_at", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("account", sa.JSON, nullable=False),
    )
    op.create_table(
        "readings",
        sa.Column("look_id", sa.String, primary_key=True),
        sa.Column("capture_id", sa.String, sa.ForeignKey("captures.capture_id"), primary_key=True),
        sa.Column("sheet_id", sa.String, nullable=False, index=True),
        sa.Column("run_id", sa.String, sa.ForeignKey("runs.run_id"), nullable=False, index=True),
        sqlite_with_rowid=False,
    )
    op.rename_table("sightings", "old_sightings")
    op.create_table(
        "sightings",
        sa.Column("sheet_id", sa.String, primary_key=True),
        sa.Column("record_id", sa.String, sa.ForeignKey("records.record_id"), primary_key=True),
        sa.Column("position", sa.Integer),
        sa.Column("row_key", sa.String),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(connection)
    runs = sa.select(tables.tables["runs"]).where(sa.column("finished_at").is_not(None))
    for run in connection.execute(runs).mappings().all():
        _look(connection, tables, run)
        _readings(connection, tables, run["run_id"])
    op.drop_table("old_sightings")


def _look(connection: sa.Connection, tables: sa.MetaData, run: sa.RowMapping) -> None:
    """A look for a run that ended; what it lost was not kept, so its verdict stands for it. It
    speaks for the newest moment of what it read, as looks do."""
    old, captures = tables.tables["old_sightings"], tables.tables["captures"]
    read = sa.select(old.c.capture_id).where(old.c.run_id == run["run_id"])
    newest = sa.select(sa.func.max(captures.c.observed_at)).where(captures.c.capture_id.in_(read))
    connection.execute(
        sa.insert(tables.tables["looks"]).values(
            look_id=run["run_id"],
            run_id=run["run_id"],
            source=run["source"],
            observed_at=connection.execute(newest).scalar() or run["observed_at"],
            verdict=run["verdict"],
            reason=run["reason"] or "",
            counts=run["counts"],
            account={
                "finish_reason": "finished",
                "problems": [run["reason"]] if run["verdict"] == "failed" else [],
                "lost": {"given_up": 1} if run["verdict"] == "incomplete" else {},
            },
        )
    )


def _readings(connection: sa.Connection, tables: sa.MetaData, run_id: str) -> None:
    """What an ended run read in each capture. A run that was killed may have noted a part of a
    capture only, which must not stand for the whole when the run begins anew."""
    old, sightings = tables.tables["old_sightings"], tables.tables["sightings"]
    of_run = sa.select(old.c.capture_id).where(old.c.run_id == run_id).distinct()
    for capture_id in connection.execute(of_run.order_by(old.c.capture_id)).scalars().all():
        rows = sa.select(old.c.record_id, old.c.position, old.c.row_key).where(
            old.c.run_id == run_id, old.c.capture_id == capture_id
        )
        seen = [dict(row) for row in connection.execute(rows).mappings()]
        lines = sorted(f"{row['record_id']}\t{row['position']}\t{row['row_key']}" for row in seen)
        text = "\n".join(lines).encode("utf-8", "surrogatepass")
        sheet = hashlib.sha256(text).hexdigest()[:20]
        known = sa.select(sightings.c.sheet_id).where(sightings.c.sheet_id == sheet).limit(1)
        if connection.execute(known).first() is None:
            connection.execute(sa.insert(sightings), [{"sheet_id": sheet} | row for row in seen])
        connection.execute(
            sa.insert(tables.tables["readings"]).values(
                look_id=run_id, capture_id=capture_id, sheet_id=sheet, run_id=run_id
            )
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger with looks cannot be told in the tables before them")
