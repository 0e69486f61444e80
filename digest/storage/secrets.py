"""Secrets: keys that the installation makes for itself on first use."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select

from digest.storage import schema
from digest.storage.bulk import insert_or_ignore
from digest.storage.store import Tx
from digest.tokens import Keyring

KEY_LENGTH = 32
_SIGNING = "sign/"
_s = schema.secrets.c
_BY_NAME = select(_s.value).where(_s.name == bindparam("wanted"))


def keyring(tx: Tx, now: datetime) -> Keyring:
    """Gives the keys that link tokens are signed with, oldest first; makes the first one."""
    found = _token_keys(tx)
    if not found:
        secret(tx, f"{_SIGNING}0000", now)
        found = _token_keys(tx)
    return Keyring(tuple(found))


def rotate(tx: Tx, now: datetime) -> Keyring:
    """Adds a key that signs from now on, and gives all; the older ones still verify."""
    place = len(keyring(tx, now).keys)
    row = {"name": f"{_SIGNING}{place:04}", "value": secrets.token_bytes(KEY_LENGTH), "created": now}
    tx.connection.execute(insert(schema.secrets), row)
    return keyring(tx, now)


def secret(tx: Tx, name: str, now: datetime) -> bytes:
    """Gives the key of that name, the same in every process; makes it on first use."""
    wanted = {"wanted": name}
    present: bytes | None = tx.connection.execute(_BY_NAME, wanted).scalar()
    if present is None:
        row = {"name": name, "value": secrets.token_bytes(KEY_LENGTH), "created": now}
        tx.connection.execute(insert_or_ignore(tx, schema.secrets), row)
    kept: bytes = present or tx.connection.execute(_BY_NAME, wanted).scalar_one()
    return kept


def _token_keys(tx: Tx) -> list[bytes]:
    query = select(_s.value).where(func.substr(_s.name, 1, len(_SIGNING)) == _SIGNING).order_by(_s.name)
    return list(tx.connection.execute(query).scalars())
