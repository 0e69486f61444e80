"""`digest keys`: what the links of mails are signed with."""

from __future__ import annotations

from typing import Any

import click

from digest.cli.calls import Call, command
from digest.cli.tables import counted, table
from digest.storage import secrets
from digest.storage.secrets import SigningKey
from digest.tokens import MAX_KEYS


@click.group()
def keys() -> None:
    """Look after the keys that the links of mails are signed with."""


@command(group=keys, reports=True)
def list_(call: Call) -> None:
    """List the keys.

    Says of each when it was made and whether it signs; the keys themselves stay in the store.
    """
    with call.store() as store, store.reading() as tx:
        known = secrets.signing_keys(tx)
    rows = [_row(key) for key in known]
    cells = [[key.number, key.created.isoformat(), "signs" if key.signs else "verifies"] for key in known]
    text = table(["key", "created", "use"], cells) if rows else "no keys: the first is made when something is signed"
    left = MAX_KEYS - len(known)
    call.show({"keys": rows, "left": left}, f"{text}\n{_more(left)}")


@command(group=keys, reports=True)
def rotate(call: Call) -> None:
    """Add a key that signs from now on.

    Links already mailed stay valid: the older keys still verify. Nothing has to be restarted: a running `digest serve`
    or `digest worker` signs with the new key from its next delivery on, and the pages know its links within a second.
    """
    with call.store() as store, store.transaction() as tx:
        added = secrets.rotate(tx, call.now)
    left = MAX_KEYS - added.number
    text = f"key {added.number} signs from the next delivery on; links already mailed stay valid; {_more(left)}"
    call.show(_row(added) | {"left": left}, text)


def _row(key: SigningKey) -> dict[str, Any]:
    return {"number": key.number, "created": key.created.isoformat(), "signs": key.signs}


def _more(left: int) -> str:
    return f"{counted(left, 'more key')} can be added" if left else "no more can be added"
