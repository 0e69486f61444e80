"""Tables that delivery needs besides the ledger: bounces, and limits that all processes share."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Integer, Table, Text, UniqueConstraint

from digest.storage.database.columns import Day, Instant, Wide
from digest.storage.database.schema import metadata

bounces = Table(
    "bounces",
    metadata,
    Column("id", Wide, primary_key=True),
    Column("subscriber", Wide, ForeignKey("subscribers.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("delivery", Wide, nullable=False),  # no foreign key: the ledger row may be deleted before its bounce arrives
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),  # hard, soft, complaint
    Column("status", Text, nullable=False),
    Column("evidence", Text, nullable=False),  # quoted from the server's reply or the report
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
    Column("until", Instant, nullable=False),  # nothing is sent that way before
    Column("strikes", Integer, nullable=False),  # how often it opened in a row
    Column("reason", Text, nullable=False),
)

relay_days = Table(
    "relay_days",
    metadata,
    Column("relay", Text, primary_key=True),
    Column("day", Day, primary_key=True),
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
