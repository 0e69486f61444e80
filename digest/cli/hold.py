"""`digest hold`: stop all sending at once."""

from __future__ import annotations

import click

from digest.cli.invocation import Invocation, command
from digest.runs.delivery.deliver import hold as hold_everything


@command(reports=True)
@click.argument("reason", default="by the operator")
def hold(invocation: Invocation, reason: str) -> None:
    """Stop all sending at once, in every process.

    Issues are still planned, and wait. `digest release` resumes sending.
    """
    with invocation.store() as store:
        hold_everything(store, reason)
    invocation.show({"held": reason}, f"Sending is stopped ({reason}). Run `digest release` to resume.")
