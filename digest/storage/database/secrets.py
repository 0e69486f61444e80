"""Secrets: keys that the installation generates on first use."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from digest.errors import UsageError
from digest.signed_links import MAX_KEYS, Keyring
from digest.storage.database import schema
from digest.storage.database.bulk import insert_or_ignore
from digest.storage.database.transactions import Tx

KEY_LENGTH = 32
_SIGNING = "sign/"
_s = schema.secrets.c
_SIGNS = func.substr(_s.name, 1, len(_SIGNING)) == _SIGNING
_BY_NAME = select(_s.value).where(_s.name == bindparam("wanted"))


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A key that signs link tokens; its value stays in the store."""

    number: int  #: from 1, oldest first
    created: datetime
    signs: bool  #: True for the newest key; the others only verify


def keyring(tx: Tx, now: datetime) -> Keyring:
    """Return the keys that sign link tokens, oldest first; generate the first one if there is none."""
    found = _token_keys(tx)
    if not found:
        secret(tx, f"{_SIGNING}0000", now)
        found = _token_keys(tx)
    return Keyring(tuple(found))


def rotate(tx: Tx, now: datetime) -> SigningKey:
    """Add a key that signs from now on, and return it; the older ones still verify.

    If several processes rotate at once, one key is added. Raise UsageError when there are MAX_KEYS.
    """
    place = len(_token_keys(tx))
    if place >= MAX_KEYS:
        raise UsageError(
            f"there are {place} keys, the most that links can name; no key was added, the newest still signs"
        )
    secret(tx, f"{_SIGNING}{place:04}", now)
    return signing_keys(tx)[-1]


def signing_keys(tx: Tx) -> list[SigningKey]:
    """Return the public facts of the keys that sign link tokens, oldest first; none before the first use."""
    made = list(tx.connection.execute(select(_s.created).where(_SIGNS).order_by(_s.name)).scalars())
    return [
        SigningKey(number=number, created=created, signs=number == len(made))
        for number, created in enumerate(made, start=1)
    ]


def secret(tx: Tx, name: str, now: datetime) -> bytes:
    """Return the key of that name, the same in every process; generate it on first use."""
    wanted = {"wanted": name}
    present: bytes | None = tx.connection.execute(_BY_NAME, wanted).scalar()
    if present is None:
        row = {"name": name, "value": secrets.token_bytes(KEY_LENGTH), "created": now}
        tx.connection.execute(insert_or_ignore(tx, schema.secrets), row)
    kept: bytes = present or tx.connection.execute(_BY_NAME, wanted).scalar_one()
    return kept


def _token_keys(tx: Tx) -> list[bytes]:
    return list(tx.connection.execute(select(_s.value).where(_SIGNS).order_by(_s.name)).scalars())
