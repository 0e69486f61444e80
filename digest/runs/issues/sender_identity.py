"""Sender identity: the addresses that every message of an installation shares, read from the settings once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from digest.messages import Envelope, wire_address
from digest.settings import Settings


@dataclass(frozen=True, kw_only=True)
class SenderIdentity:
    """The values that all messages of a sender share."""

    name: str  #: display name in From
    address: str  #: in From
    bounces: str  #: envelope sender; issues add a token that names the delivery
    unsubscribe: str  #: address of mailto unsubscribe requests, without the token
    list_id: str
    web: str  #: URL of the pages; empty without

    def envelope(self, recipient: str, kind: str, now: datetime, *, test: bool = False) -> Envelope:
        """Return the envelope of a message that is not list mail; `kind` begins its Message-ID."""
        return Envelope(
            sender_name=self.name,
            sender_address=self.address,
            bounces=self.bounces,
            recipient=recipient,
            date=now,
            message_id=f"{kind}.{secrets.token_hex(12)}@{self.address.rpartition('@')[2]}",
            test=test,
        )


def sender_identity(settings: Settings) -> SenderIdentity:
    """Return the identity that the settings give the sender. Raise MessageError for an address that cannot be used."""
    sender = settings.sender
    address = wire_address(sender.address)
    local, _, domain = address.rpartition("@")
    label = "".join(character if character.isalnum() else "-" for character in local if character.isascii())
    return SenderIdentity(
        name=sender.name,
        address=address,
        bounces=wire_address(sender.bounces) if sender.bounces else address,
        unsubscribe=wire_address(sender.unsubscribe or sender.address),
        list_id=f"{label.strip('-') or 'list'}.{domain}",
        web=settings.web.url.rstrip("/"),
    )
