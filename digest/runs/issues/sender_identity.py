"""Sender identity: the addresses that every message of an installation shares, read from the settings once."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from digest.errors import ConfigurationError, MessageError
from digest.messages import Envelope, compose, tagged, wire_address
from digest.rendering.plain import plain_rendering
from digest.settings import Settings
from digest.signed_links import VERP_LENGTH

_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*")


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


def check_sender(settings: Settings) -> None:
    """Raise ConfigurationError when no issue could be composed with these settings, whoever it is for.

    Found out one delivery at a time, it would cost every reader an issue.
    """
    problem = web_problem(settings.web.url)
    if problem:
        raise ConfigurationError(problem)
    token = "a" * VERP_LENGTH
    try:
        identity = sender_identity(settings)
        sample = replace(
            identity.envelope("reader@example.com", "check", datetime(2026, 1, 1, tzinfo=UTC)),
            bounces=tagged(identity.bounces, token),
            list_id=identity.list_id,
            unsubscribe_url=f"{identity.web}/u/{token}" if identity.web else "",
            unsubscribe_mailto=f"mailto:{tagged(identity.unsubscribe, token)}?subject=unsubscribe",
        )
        compose(plain_rendering("check", ["check"]), sample)
        for address in (identity.address, sample.bounces, identity.unsubscribe):
            if not _DOMAIN.fullmatch(address.rpartition("@")[2]) or not address.isascii():
                raise MessageError(f"{address!r} is not an address that every mail server accepts")
    except MessageError as error:
        raise ConfigurationError(f"[sender]: no message can be made with these settings: {error}") from error


def web_problem(url: str) -> str:
    """Return why links cannot begin with this address; empty when they can, and for no address at all."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        return f"web.url: {url!r} is no web address: {error}"
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        return f"web.url: {url!r} is not of the form https://HOST or https://HOST/PATH"
    if not url.isascii() or not url.isprintable() or " " in url:
        return f"web.url: {url!r} has characters that links cannot have; write the host in its xn-- form"
    return ""
