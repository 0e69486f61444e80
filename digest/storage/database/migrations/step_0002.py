"""Step 2: what the web pages keep: sign-ups and their limits, groups, operators, reading lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

from digest.storage.database.columns import Instant, Json, Wide


def upgrade(op: Operations) -> None:
    """Leave the tables of the web pages beside those of version 1."""
    _groups(op)
    _sign_ups(op)
    _limits(op)
    _operators(op)
    _readers(op)


def _leaving(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete="CASCADE")


def _groups(op: Operations) -> None:
    op.create_table(
        "groups",
        sa.Column("id", Wide, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("profile", Json, nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
        sa.UniqueConstraint("name", name="uq_groups_name"),
    )
    op.create_table(
        "group_members",
        sa.Column("group", Wide, autoincrement=False, nullable=False),
        sa.Column("subscriber", Wide, autoincrement=False, nullable=False),
        sa.Column("joined", Instant, nullable=False),
        _leaving("group_members", "group", "groups.id"),
        _leaving("group_members", "subscriber", "subscribers.number"),
        sa.PrimaryKeyConstraint("group", "subscriber", name="pk_group_members"),
    )
    op.create_index("ix_group_members_subscriber", "group_members", ["subscriber"], unique=False)


def _sign_ups(op: Operations) -> None:
    op.create_table(
        "sign_ups",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("subscriber", Wide, nullable=False),
        sa.Column("subscription", Json, nullable=False),
        sa.Column("group", Wide, nullable=True),
        sa.Column("created", Instant, nullable=False),
        sa.Column("expires", Instant, nullable=False),
        sa.Column("used_at", Instant, nullable=True),
        _leaving("sign_ups", "subscriber", "subscribers.number"),
        _leaving("sign_ups", "group", "groups.id"),
        sa.PrimaryKeyConstraint("hash", name="pk_sign_ups"),
    )
    op.create_index("ix_sign_ups_subscriber", "sign_ups", ["subscriber"], unique=False)
    op.create_index("ix_sign_ups_expires", "sign_ups", ["expires"], unique=False)


def _limits(op: Operations) -> None:
    op.create_table(
        "confirmations",
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("last_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name="pk_confirmations"),
    )
    op.create_index("ix_confirmations_last_at", "confirmations", ["last_at"], unique=False)
    op.create_table(
        "limits",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("period", Wide, autoincrement=False, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "period", name="pk_limits"),
    )


def _operators(op: Operations) -> None:
    op.create_table(
        "operators",
        sa.Column("id", Wide, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created", Instant, nullable=False),
        sa.Column("revoked_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_operators"),
        sa.UniqueConstraint("name", name="uq_operators_name"),
        sa.UniqueConstraint("token_hash", name="uq_operators_token_hash"),
    )
    op.create_table(
        "operator_sessions",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("operator", Wide, nullable=False),
        sa.Column("expires", Instant, nullable=False),
        _leaving("operator_sessions", "operator", "operators.id"),
        sa.PrimaryKeyConstraint("hash", name="pk_operator_sessions"),
    )
    op.create_index("ix_operator_sessions_operator", "operator_sessions", ["operator"], unique=False)
    op.create_index("ix_operator_sessions_expires", "operator_sessions", ["expires"], unique=False)


def _readers(op: Operations) -> None:
    op.create_table(
        "reading_list",
        sa.Column("subscriber", Wide, autoincrement=False, nullable=False),
        sa.Column("paper", Wide, autoincrement=False, nullable=False),
        sa.Column("added", Instant, nullable=False),
        _leaving("reading_list", "subscriber", "subscribers.number"),
        sa.ForeignKeyConstraint(["paper"], ["papers.number"], name="fk_reading_list_paper"),
        sa.PrimaryKeyConstraint("subscriber", "paper", name="pk_reading_list"),
    )
    op.create_index("ix_reading_list_paper", "reading_list", ["paper"], unique=False)
    op.create_table(
        "departures",
        sa.Column("id", Wide, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_departures"),
    )
    op.create_index("ix_departures_at", "departures", ["at"], unique=False)
