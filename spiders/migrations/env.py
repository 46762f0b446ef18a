"""Alembic's way in: the ledger hands its own open connection over."""

from __future__ import annotations

from alembic import context

from spiders.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=False,
)
context.run_migrations()
