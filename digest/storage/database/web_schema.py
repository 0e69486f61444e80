"""The tables of the web pages; part of the same schema and the same migrations."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, Text

from digest.storage.database.columns import Instant, Json, Wide
from digest.storage.database.schema import metadata


def _cascading(column: str) -> ForeignKey:
    return ForeignKey(column, ondelete="CASCADE")


groups = Table(
    "groups",
    metadata,
    Column("id", Wide, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("profile", Json, nullable=False),
    Column("shared", Boolean, nullable=False),  # members follow the profile; otherwise they only start from it
    Column("created", Instant, nullable=False),
)

group_members = Table(
    "group_members",
    metadata,
    Column("group", Wide, _cascading("groups.id"), primary_key=True, autoincrement=False),
    Column("subscriber", Wide, _cascading("subscribers.number"), primary_key=True, autoincrement=False, index=True),
    Column("joined", Instant, nullable=False),
)

sign_ups = Table(
    "sign_ups",
    metadata,
    Column("hash", Text, primary_key=True),  # of the token in the confirmation e-mail
    Column("subscriber", Wide, _cascading("subscribers.number"), nullable=False, index=True),
    Column("subscription", Json, nullable=False),  # as requested; takes effect when confirmed
    Column("group", Wide, _cascading("groups.id")),
    Column("created", Instant, nullable=False),
    Column("expires", Instant, nullable=False, index=True),
    Column("used_at", Instant),
)

letters = Table(
    "letters",
    metadata,
    Column("id", Wide, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subscriber", Wide, _cascading("subscribers.number"), nullable=False, index=True),
    Column("subscription", Json),  # as requested, in an e-mail that asks to confirm it
    Column("group", Wide, _cascading("groups.id")),
    Column("created", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column(
        "not_before", Instant, nullable=False, index=True
    ),  # while it is being sent: when the attempt counts as lost
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("address_hash", Text, primary_key=True),  # keyed: counting does not need the address itself
    Column("mails", Integer, nullable=False),  # since the address was last confirmed
    Column("last_at", Instant, nullable=False, index=True),
)

limits = Table(
    "limits",
    metadata,
    Column("name", Text, primary_key=True),
    Column("period", Wide, primary_key=True, autoincrement=False),
    Column("taken", Integer, nullable=False),
)

operators = Table(
    "operators",
    metadata,
    Column("id", Wide, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("created", Instant, nullable=False),
    Column("revoked_at", Instant),
)

operator_sessions = Table(
    "operator_sessions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("operator", Wide, _cascading("operators.id"), nullable=False, index=True),
    Column("expires", Instant, nullable=False, index=True),
)

reading_list = Table(
    "reading_list",
    metadata,
    Column("subscriber", Wide, _cascading("subscribers.number"), primary_key=True, autoincrement=False),
    Column("paper", Wide, ForeignKey("papers.number"), primary_key=True, autoincrement=False, index=True),
    Column("added", Instant, nullable=False),
)

departures = Table(
    "departures",
    metadata,
    Column("id", Wide, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("reason", Text, nullable=False),  # not linked to the person
)
