"""The tables of delivery beside the ledger: bounces, and what limits the sending over all processes."""

from __future__ import annotations

from sqlalchemy import Column, Date, Float, ForeignKey, Integer, Table, Text, UniqueConstraint

from digest.storage.database.columns import Instant, Wide
from digest.storage.database.schema import metadata

bounces = Table(
    "bounces",
    metadata,
    Column("id", Wide, primary_key=True),
    Column("subscriber", Wide, ForeignKey("subscribers.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("delivery", Wide, nullable=False),  # the ledger row may be gone by the time that its bounce is looked at
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),  # hard, soft, complaint
    Column("status", Text, nullable=False),
    Column("evidence", Text, nullable=False),  # the server's or the report's own words
    UniqueConstraint("delivery", "kind"),  # a report that is read twice counts once
)

rates = Table(
    "rates",
    metadata,
    Column("name", Text, primary_key=True),  # "relay NAME" or "domain NAME"
    Column("due", Float, nullable=False),  # GCRA: the time, in seconds, at which the next message is due
)

breakers = Table(
    "breakers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("until", Instant, nullable=False),  # nothing goes that way before
    Column("strikes", Integer, nullable=False),  # how often in a row it was opened
    Column("reason", Text, nullable=False),
)

relay_days = Table(
    "relay_days",
    metadata,
    Column("relay", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("sent", Integer, nullable=False),
)

slots = Table(
    "slots",
    metadata,
    Column("relay", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # of the connection, counted from 1
    Column("owner", Text, nullable=False),
    Column("until", Instant, nullable=False),
)
