"""`digest keys`: manage the keys that sign links."""

from __future__ import annotations

from typing import Any

import click

from digest.cli.invocation import Invocation, command
from digest.cli.tables import counted, table
from digest.runs.operations.signing_keys import SigningKey, rotate_signing_key, signing_keys
from digest.signed_links import MAX_KEYS


@click.group()
def keys() -> None:
    """Manage the keys that sign the links in e-mails."""


@command(group=keys, reports=True)
def list_(invocation: Invocation) -> None:
    """List the keys.

    Shows when each key was created and whether it signs. The keys themselves are never shown.
    """
    with invocation.store() as store:
        known = signing_keys(store)
    rows = [_row(key) for key in known]
    cells = [[key.number, key.created.isoformat(), "signs" if key.signs else "verifies"] for key in known]
    text = table(["key", "created", "use"], cells) if rows else "no keys: the first is created when it is needed"
    left = MAX_KEYS - len(known)
    invocation.show({"keys": rows, "left": left}, f"{text}\n{_more(left)}")


@command(group=keys, reports=True)
def rotate(invocation: Invocation) -> None:
    """Add a key that signs from now on.

    Links in sent e-mails stay valid, because older keys still verify. You do not need to restart anything: a running
    `digest serve` or `digest worker` uses the new key from its next delivery on, and the pages accept its links within
    a second.
    """
    with invocation.store() as store:
        added = rotate_signing_key(store, invocation.now)
    left = MAX_KEYS - added.number
    text = f"key {added.number} signs from the next delivery on; links in sent e-mails stay valid; {_more(left)}"
    invocation.show(_row(added) | {"left": left}, text)


def _row(key: SigningKey) -> dict[str, Any]:
    return {"number": key.number, "created": key.created.isoformat(), "signs": key.signs}


def _more(left: int) -> str:
    return f"{counted(left, 'more key')} can be added" if left else "no more can be added"
