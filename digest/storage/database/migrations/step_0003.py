"""Step 3: bounces, and what limits the sending: rates, breakers, the days of a relay, connections in use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

from digest.storage.database.columns import Instant, Wide


def upgrade(op: Operations) -> None:
    """Leave the tables of delivery beside those of version 2."""
    _bounces(op)
    _limits(op)


def _bounces(op: Operations) -> None:
    op.create_table(
        "bounces",
        sa.Column("id", Wide, nullable=False),
        sa.Column("subscriber", Wide, nullable=False),
        sa.Column("delivery", Wide, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.number"], name="fk_bounces_subscriber", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bounces"),
        sa.UniqueConstraint("delivery", "kind", name="uq_bounces_delivery_kind"),
    )
    op.create_index("ix_bounces_subscriber", "bounces", ["subscriber"], unique=False)


def _limits(op: Operations) -> None:
    op.create_table(
        "rates",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_rates"),
    )
    op.create_table(
        "breakers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_breakers"),
    )
    op.create_table(
        "relay_days",
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("relay", "day", name="pk_relay_days"),
    )
    op.create_table(
        "slots",
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("relay", "number", name="pk_slots"),
    )
