"""`digest operators`: manage access to the operator pages and the API."""

from __future__ import annotations

import click

from digest.cli.invocation import Invocation, command
from digest.cli.tables import table
from digest.runs.operations.operators import Role, add_operator, all_operators, revoke_operator


@click.group()
def operators() -> None:
    """Manage operators and their tokens."""


@command(group=operators, reports=True)
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([str(role) for role in Role]),
    default=str(Role.READ),
    show_default=True,
    help="read: see everything; send: also lift suppressions; administer: also groups, import and export.",
)
def add(invocation: Invocation, name: str, role: str) -> None:
    """Create a token for an operator; replaces an earlier token and role.

    The token is shown once, and the store keeps only its hash. It gives access to /operator and the API.
    """
    with invocation.store() as store:
        token = add_operator(store, name, Role(role), invocation.now)
    invocation.show({"name": name, "role": role, "token": token}, f"token of {name} ({role}): {token}")


@command(group=operators, reports=True)
def list_(invocation: Invocation) -> None:
    """List the operators."""
    with invocation.store() as store:
        known = all_operators(store)
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
    invocation.show(
        {"operators": rows}, table(["name", "role", "created", "revoked"], cells) if rows else "no operators"
    )


@command(group=operators, reports=True)
@click.argument("name")
def revoke(invocation: Invocation, name: str) -> None:
    """Revoke an operator's token and sessions at once."""
    with invocation.store() as store:
        revoke_operator(store, name, invocation.now)
    invocation.show({"name": name, "revoked": True}, f"the token of {name} is revoked")
