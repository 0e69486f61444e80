"""Step 4: the single mails that wait to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

from digest.storage.database.columns import Instant, Json, Wide


def upgrade(op: Operations) -> None:
    """Leave the table of letters beside those of version 3."""
    op.create_table(
        "letters",
        sa.Column("id", Wide, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subscriber", Wide, nullable=False),
        sa.Column("subscription", Json, nullable=True),
        sa.Column("group", Wide, nullable=True),
        sa.Column("created", Instant, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.number"], name="fk_letters_subscriber", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["group"], ["groups.id"], name="fk_letters_group", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
    )
    op.create_index("ix_letters_subscriber", "letters", ["subscriber"], unique=False)
    op.create_index("ix_letters_not_before", "letters", ["not_before"], unique=False)
