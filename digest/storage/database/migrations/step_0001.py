"""Step 1: the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

from digest.storage.database.columns import Instant, Json, Wide


def upgrade(op: Operations) -> None:
    """Leave the tables of version 1 in an empty database."""
    _papers(op)
    _listings(op)
    _rankings(op)
    _subscribers(op)
    _consent(op)
    _preferences(op)
    _deliveries(op)
    _housekeeping(op)


def _papers(op: Operations) -> None:
    op.create_table(
        "papers",
        sa.Column("number", Wide, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("redirect", Wide, nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("abstract", sa.Text(), nullable=False),
        sa.Column("title_raw", sa.Text(), nullable=False),
        sa.Column("abstract_raw", sa.Text(), nullable=False),
        sa.Column("first_seen", Instant(), nullable=False),
        sa.Column("arxiv_id", sa.Text(), nullable=True),
        sa.Column("doi", sa.Text(), nullable=True),
        sa.Column("published", sa.Date(), nullable=True),
        sa.Column("published_kind", sa.Text(), nullable=True),
        sa.Column("details", Json, nullable=False),
        sa.ForeignKeyConstraint(["redirect"], ["papers.number"], name="fk_papers_redirect"),
        sa.PrimaryKeyConstraint("number", name="pk_papers"),
    )
    op.create_index("ix_papers_first_seen", "papers", ["first_seen"], unique=False)
    op.create_index("ix_papers_key", "papers", ["key"], unique=False)
    op.create_index("ix_papers_redirect", "papers", ["redirect"], unique=False)
    op.create_table(
        "identities",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("paper", Wide, nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["papers.number"], name="fk_identities_paper"),
        sa.PrimaryKeyConstraint("key", name="pk_identities"),
    )
    op.create_index("ix_identities_paper", "identities", ["paper"], unique=False)


def _listings(op: Operations) -> None:
    op.create_table(
        "listings",
        sa.Column("id", Wide, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("read_at", Instant(), nullable=False),
        sa.Column("page_date", sa.Date(), nullable=True),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("problems", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_listings"),
        sa.UniqueConstraint("source", "sha256", name="uq_listings_source_sha256"),
    )
    op.create_index("ix_listings_read_at", "listings", ["read_at"], unique=False)
    op.create_table(
        "sightings",
        sa.Column("paper", Wide, autoincrement=False, nullable=False),
        sa.Column("listing", Wide, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=True),
        sa.Column("comments", sa.Integer(), nullable=True),
        sa.Column("arxiv_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["listing"], ["listings.id"], name="fk_sightings_listing"),
        sa.ForeignKeyConstraint(["paper"], ["papers.number"], name="fk_sightings_paper"),
        sa.PrimaryKeyConstraint("paper", "listing", name="pk_sightings"),
    )
    op.create_index("ix_sightings_listing", "sightings", ["listing"], unique=False)
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("last_ok", Instant(), nullable=True),
        sa.Column("failing_since", Instant(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sources"),
    )


def _rankings(op: Operations) -> None:
    op.create_table(
        "statistics",
        sa.Column("version", Wide, nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_statistics"),
    )
    op.create_table(
        "embeddings",
        sa.Column("paper", Wide, autoincrement=False, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["papers.number"], name="fk_embeddings_paper"),
        sa.PrimaryKeyConstraint("paper", "model", name="pk_embeddings"),
    )


def _subscribers(op: Operations) -> None:
    op.create_table(
        "subscribers",
        sa.Column("number", Wide, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("hour", sa.Time(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("profile", Json, nullable=False),
        sa.Column("cursor", Wide, nullable=False),
        sa.Column("last_issue", sa.Date(), nullable=True),
        sa.Column("next_due", Instant(), nullable=True),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("tz_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_subscribers"),
        sa.UniqueConstraint("address_key", name="uq_subscribers_address_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_subscribers_next_due_number", "subscribers", ["next_due", "number"], unique=False)


def _consent(op: Operations) -> None:
    op.create_table(
        "consents",
        sa.Column("id", Wide, nullable=False),
        sa.Column("subscriber", Wide, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.number"], name="fk_consents_subscriber", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_subscriber", "consents", ["subscriber"], unique=False)
    op.create_table(
        "erased",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_erased"),
    )
    op.create_table(
        "suppressions",
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("lifted_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("address_key", name="pk_suppressions"),
    )
    op.create_table(
        "link_tokens",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subscriber", Wide, nullable=False),
        sa.Column("expires", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.number"], name="fk_link_tokens_subscriber", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name="pk_link_tokens"),
    )
    op.create_index("ix_link_tokens_expires", "link_tokens", ["expires"], unique=False)
    op.create_index("ix_link_tokens_subscriber", "link_tokens", ["subscriber"], unique=False)


def _preferences(op: Operations) -> None:
    op.create_table(
        "votes",
        sa.Column("subscriber", Wide, autoincrement=False, nullable=False),
        sa.Column("paper", Wide, autoincrement=False, nullable=False),
        sa.Column("value", sa.SmallInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("value IN (-1, 1)", name="ck_votes_value"),
        sa.ForeignKeyConstraint(["paper"], ["papers.number"], name="fk_votes_paper"),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.number"], name="fk_votes_subscriber", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subscriber", "paper", name="pk_votes"),
    )
    op.create_index("ix_votes_paper", "votes", ["paper"], unique=False)
    op.create_table(
        "calibrations",
        sa.Column("subscriber", Wide, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.number"], name="fk_calibrations_subscriber", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber", name="pk_calibrations"),
    )


def _deliveries(op: Operations) -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", Wide, nullable=False),
        sa.Column("subscriber", Wide, nullable=True),
        sa.Column("issue_date", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("skip", sa.Text(), nullable=False),
        sa.Column("issue", Json, nullable=True),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("next_attempt", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("last_code", sa.Integer(), nullable=True),
        sa.Column("last_status", sa.Text(), nullable=True),
        sa.Column("last_reply", sa.Text(), nullable=False),
        sa.Column("last_stage", sa.Text(), nullable=False),
        sa.Column("relay", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.number"], name="fk_deliveries_subscriber", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("subscriber", "issue_date", name="uq_deliveries_subscriber_issue_date"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_created", "deliveries", ["created"], unique=False)
    op.create_index(
        "ix_deliveries_leased",
        "deliveries",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state IN ('claimed', 'sending')"),
        postgresql_where=sa.text("state IN ('claimed', 'sending')"),
    )
    op.create_index(
        "ix_deliveries_to_send",
        "deliveries",
        ["next_attempt", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('planned', 'deferred')"),
        postgresql_where=sa.text("state IN ('planned', 'deferred')"),
    )


def _housekeeping(op: Operations) -> None:
    op.create_table(
        "schema_version",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_schema_version"),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secrets"),
    )
    op.create_table(
        "runs",
        sa.Column("id", Wide, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started", Instant(), nullable=False),
        sa.Column("ended", Instant(), nullable=True),
        sa.Column("report", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_started", "runs", ["started"], unique=False)
    op.create_table(
        "flags",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_flags"),
    )
