"""`digest operators`: who may look and act through the web pages and the API."""

from __future__ import annotations

import secrets

import click

from digest.cli.calls import Call, command
from digest.cli.tables import table
from digest.errors import UsageError
from digest.runs.access import token_hash
from digest.storage import operators as stored
from digest.storage.operators import Role


@click.group()
def operators() -> None:
    """Look after operators and their tokens."""


@command(group=operators, reports=True)
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([str(role) for role in Role]),
    default=str(Role.READ),
    show_default=True,
    help="read: look at everything; send: also lift suppressions; administer: also groups, import and export.",
)
def add(call: Call, name: str, role: str) -> None:
    """Make a token for an operator, or a new one with another role.

    The token is shown once; the store keeps only its hash. It opens /operator and the API.
    """
    token = secrets.token_urlsafe(32)
    with call.store() as store, store.transaction() as tx:
        stored.add(tx, name, Role(role), token_hash(token), call.now)
    call.show({"name": name, "role": role, "token": token}, f"token of {name} ({role}): {token}")


@command(group=operators, reports=True)
def list_(call: Call) -> None:
    """List the operators."""
    with call.store() as store, store.reading() as tx:
        known = stored.all_of(tx)
    rows = [
        {
            "name": operator.name,
            "role": operator.role.value,
            "created": operator.created.isoformat(),
            "revoked": operator.revoked_at.isoformat() if operator.revoked_at else None,
        }
        for operator in known
    ]
    cells = [[str(value or "-") for value in row.values()] for row in rows]
    call.show({"operators": rows}, table(["name", "role", "created", "revoked"], cells) if rows else "no operators")


@command(group=operators, reports=True)
@click.argument("name")
def revoke(call: Call, name: str) -> None:
    """End an operator's token and sessions, at once."""
    with call.store() as store, store.transaction() as tx:
        if not stored.revoke(tx, name, call.now):
            raise UsageError(f"there is no operator {name!r} with a token")
    call.show({"name": name, "revoked": True}, f"the token of {name} opens nothing any more")
