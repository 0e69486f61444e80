"""Access links: random, short-lived links to a subscription; no password, no cookie."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from digest.storage import Store, Tx
from digest.storage.subscribers import link_tokens, subscribers
from digest.storage.subscribers.link_tokens import LinkPurpose
from digest.subscribers import Subscriber

MANAGE_WITHIN = timedelta(hours=1)
UNDO_WITHIN = timedelta(hours=1)
_WITHIN = {LinkPurpose.MANAGE: MANAGE_WITHIN, LinkPurpose.UNDO: UNDO_WITHIN}


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return the form in which a random token is stored: whoever reads the store cannot use it."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def new_link(tx: Tx, number: int, purpose: LinkPurpose, now: datetime) -> str:
    """Create a token for one subscriber and purpose, store its hash, and return the token."""
    token = new_token()
    link_tokens.keep(tx, token_hash(token), purpose, number, now + _WITHIN[purpose])
    return token


def subscriber_of_link(store: Store, token: str, now: datetime) -> Subscriber | None:
    """Return the subscriber whom a link to manage stands for; None when it has run out."""
    with store.reading() as tx:
        number = link_tokens.holder(tx, token_hash(token), LinkPurpose.MANAGE, now)
        return subscribers.by_numbers(tx, [number]).get(number) if number is not None else None
