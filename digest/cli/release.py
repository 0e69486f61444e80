"""`digest release`: resume sending."""

from __future__ import annotations

from digest.cli.invocation import Invocation, command
from digest.runs.delivery.deliver import release as release_everything


@command(reports=True)
def release(invocation: Invocation) -> None:
    """Resume sending after `digest hold` or a failed canary."""
    with invocation.store() as store:
        reason = release_everything(store)
    invocation.show(
        {"was_held": reason}, f"Sending resumes (it was stopped: {reason})." if reason else "Sending was not stopped."
    )
