"""Step 6: the issues beside the ledger, and its leases by owner: both for the sake of what is written a message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

from digest.storage.database.columns import Json, Wide


def upgrade(op: Operations) -> None:
    """Leave each issue in a row of its own; the database moves them, and none passes through this program."""
    op.create_table(
        "issues",
        sa.Column("delivery", Wide, autoincrement=False, nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name="fk_issues_delivery", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("delivery", name="pk_issues"),
    )
    op.execute("INSERT INTO issues (delivery, content) SELECT id, issue FROM deliveries WHERE issue IS NOT NULL")
    op.drop_column("deliveries", "issue")
    op.drop_index("ix_deliveries_leased", "deliveries")
    leased = sa.text("state IN ('claimed', 'sending')")
    op.create_index(
        "ix_deliveries_leased",
        "deliveries",
        ["lease_owner"],
        unique=False,
        sqlite_where=leased,
        postgresql_where=leased,
    )
