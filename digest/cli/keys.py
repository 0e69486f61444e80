"""`digest keys`: what the links of mails are signed with."""

from __future__ import annotations

from typing import Any

import click

from digest.cli.invocation import Invocation, command
from digest.cli.tables import counted, table
from digest.runs.operations.signing_keys import SigningKey, rotate_signing_key, signing_keys
from digest.signed_links import MAX_KEYS


@click.group()
def keys() -> None:
    """Look after the keys that the links of mails are signed with."""


@command(group=keys, reports=True)
def list_(invocation: Invocation) -> None:
    """List the keys.

    Says of each when it was made and whether it signs; the keys themselves stay in the store.
    """
    with invocation.store() as store:
        known = signing_keys(store)
    rows = [_row(key) for key in known]
    cells = [[key.number, key.created.isoformat(), "signs" if key.signs else "verifies"] for key in known]
    text = table(["key", "created", "use"], cells) if rows else "no keys: the first is made when something is signed"
    left = MAX_KEYS - len(known)
    invocation.show({"keys": rows, "left": left}, f"{text}\n{_more(left)}")


@command(group=keys, reports=True)
def rotate(invocation: Invocation) -> None:
    """Add a key that signs from now on.

    Links already mailed stay valid: the older keys still verify. Nothing has to be restarted: a running `digest serve`
    or `digest worker` signs with the new key from its next delivery on, and the pages know its links within a second.
    """
    with invocation.store() as store:
        added = rotate_signing_key(store, invocation.now)
    left = MAX_KEYS - added.number
    text = f"key {added.number} signs from the next delivery on; links already mailed stay valid; {_more(left)}"
    invocation.show(_row(added) | {"left": left}, text)


def _row(key: SigningKey) -> dict[str, Any]:
    return {"number": key.number, "created": key.created.isoformat(), "signs": key.signs}


def _more(left: int) -> str:
    return f"{counted(left, 'more key')} can be added" if left else "no more can be added"
