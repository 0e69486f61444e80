"""The tables of the store. The steps in `migrations` create them and upgrade every earlier version."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from digest.storage.database.columns import ClockTime, Day, Instant, Json, Wide

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _references(column: str, *, ondelete: str | None = None) -> ForeignKey:
    return ForeignKey(column, ondelete=ondelete)


schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

papers = Table(
    "papers",
    metadata,
    Column("number", Wide, primary_key=True, autoincrement=False),  # assigned in commit order, never reused
    Column("key", Text, nullable=False, index=True),
    Column("redirect", Wide, _references("papers.number"), index=True),  # the paper that this one was merged into
    Column("title", Text, nullable=False),
    Column("abstract", Text, nullable=False),
    Column("title_raw", Text, nullable=False),
    Column("abstract_raw", Text, nullable=False),
    Column("first_seen", Instant, nullable=False, index=True),
    Column("arxiv_id", Text),
    Column("doi", Text),
    Column("published", Day),
    Column("published_kind", Text),
    Column("details", Json, nullable=False),  # the fields that no query uses
)

identities = Table(
    "identities",
    metadata,
    Column("key", Text, primary_key=True),
    Column("paper", Wide, _references("papers.number"), nullable=False, index=True),
)

listings = Table(
    "listings",
    metadata,
    Column("id", Wide, primary_key=True),
    Column("source", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("read_at", Instant, nullable=False, index=True),
    Column("page_date", Day),
    Column("papers", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("problems", Json, nullable=False),
    UniqueConstraint("source", "sha256"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("paper", Wide, _references("papers.number"), primary_key=True, autoincrement=False),
    Column("listing", Wide, _references("listings.id"), primary_key=True, autoincrement=False, index=True),
    Column("source", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("position", Integer, nullable=False),
    Column("votes", Integer),
    Column("comments", Integer),
    Column("arxiv_version", Integer),
)

sources = Table(
    "sources",
    metadata,
    Column("name", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("last_ok", Instant),
    Column("failing_since", Instant),
    Column("last_error", Text, nullable=False),
)

statistics = Table(
    "statistics",
    metadata,
    Column("version", Wide, primary_key=True),
    Column("created", Instant, nullable=False),
    Column("papers", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("paper", Wide, _references("papers.number"), primary_key=True, autoincrement=False),
    Column("model", Text, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("number", Wide, primary_key=True),
    Column("address", Text, nullable=False),  # as given
    Column("address_key", Text, nullable=False, unique=True),  # as compared
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("hour", ClockTime, nullable=False),
    Column("days", SmallInteger, nullable=False),  # bit 0 is Monday
    Column("cadence", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("profile", Json, nullable=False),
    Column("cursor", Wide, nullable=False),
    Column("last_issue", Day),
    Column("next_due", Instant),  # null unless active, so that the index holds only those who can be due
    Column("paused_until", Day),
    Column("created", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("tz_version", Text, nullable=False),  # version of the tz database that next_due was computed with
    Index(None, "next_due", "number"),
    sqlite_autoincrement=True,  # an erased number is never given to another person
)

consents = Table(
    "consents",
    metadata,
    Column("id", Wide, primary_key=True),
    Column("subscriber", Wide, _references("subscribers.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("cause", Text, nullable=False),  # what caused the change: a file, a form, a link, a bounce
)

erased = Table(
    "erased",
    metadata,
    Column("hash", Text, primary_key=True),  # keyed hash of the address: useless without the key
    Column("at", Instant, nullable=False),
)

calibrations = Table(
    "calibrations",
    metadata,
    Column(
        "subscriber",
        Wide,
        _references("subscribers.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("data", LargeBinary, nullable=False),  # names the profile, votes and statistics it was made from
)

# Literals, not bound parameters: a database uses a partial index only for a condition that it can see.
TO_SEND = text("deliveries.state IN ('planned', 'deferred')")
LEASED = text("deliveries.state IN ('claimed', 'sending')")
_TO_SEND = text("state IN ('planned', 'deferred')")
_LEASED = text("state IN ('claimed', 'sending')")

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Wide, primary_key=True),
    Column(
        "subscriber", Wide, _references("subscribers.number", ondelete="SET NULL")
    ),  # null once the person was erased
    Column("issue_date", Day, nullable=False),
    Column("state", Text, nullable=False),
    Column("skip", Text, nullable=False),  # why it was skipped, in that state
    Column("domain", Text, nullable=False),  # of the recipient
    Column("created", Instant, nullable=False),
    Column("expires_at", Instant),  # when the next issue is due
    Column("next_attempt", Instant),
    Column("attempts", Integer, nullable=False),
    Column("lease_owner", Text, nullable=False),
    Column("lease_until", Instant),
    Column("sent_at", Instant),
    Column("last_code", Integer),
    Column("last_status", Text),
    Column("last_reply", Text, nullable=False),
    Column("last_stage", Text, nullable=False),
    Column("relay", Text, nullable=False),
    UniqueConstraint("subscriber", "issue_date"),
    Index("ix_deliveries_to_send", "next_attempt", "id", sqlite_where=_TO_SEND, postgresql_where=_TO_SEND),
    # By owner, which stays the same from claim to result: an intent extends the lease without touching the index.
    Index("ix_deliveries_leased", "lease_owner", sqlite_where=_LEASED, postgresql_where=_LEASED),
    Index(None, "created"),
    sqlite_autoincrement=True,  # links and bounces name a delivery by its id for months
)

issues = Table(
    "issues",
    metadata,
    # A separate table: the rows of the ledger are a tenth of the size and written three times per message.
    Column("delivery", Wide, _references("deliveries.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("content", Json, nullable=False),  # no row for a skipped delivery, or once housekeeping has deleted it
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_key", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("lifted_at", Instant),
)

votes = Table(
    "votes",
    metadata,
    Column(
        "subscriber",
        Wide,
        _references("subscribers.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("paper", Wide, _references("papers.number"), primary_key=True, autoincrement=False, index=True),
    Column("value", SmallInteger, nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("value IN (-1, 1)", name="value"),
)

link_tokens = Table(
    "link_tokens",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("subscriber", Wide, _references("subscribers.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires", Instant, nullable=False, index=True),
    Column("used_at", Instant),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("created", Instant, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Wide, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("started", Instant, nullable=False, index=True),
    Column("ended", Instant),
    Column("report", Json),
)

flags = Table(
    "flags",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
