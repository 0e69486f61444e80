"""Keys that the installation makes for itself: those that sign the links of mails, and secrets of the pages."""

from __future__ import annotations

from datetime import datetime

from digest.signed_links import Keyring
from digest.storage import Store
from digest.storage.database import secrets
from digest.storage.database.secrets import SigningKey

__all__ = ["SigningKey", "installation_secret", "link_keys", "rotate_signing_key", "signing_keys"]


def link_keys(store: Store, now: datetime) -> Keyring:
    """Return the keys that link tokens are signed with; make the first one when there is none."""
    with store.reading() as tx:
        if secrets.signing_keys(tx):
            return secrets.keyring(tx, now)
    with store.transaction() as tx:
        return secrets.keyring(tx, now)


def signing_keys(store: Store) -> list[SigningKey]:
    """Return the public facts of the keys that sign links, oldest first; none before the first use."""
    with store.reading() as tx:
        return secrets.signing_keys(tx)


def rotate_signing_key(store: Store, now: datetime) -> SigningKey:
    """Add a key that signs from now on. Raise UsageError when there are as many as links can name."""
    with store.transaction() as tx:
        return secrets.rotate(tx, now)


def installation_secret(store: Store, name: str, now: datetime) -> bytes:
    """Return the secret of that name, the same in every process; make it on first use."""
    with store.transaction() as tx:
        return secrets.secret(tx, name, now)
