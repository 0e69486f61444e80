"""`digest release`: lets mail go again."""

from __future__ import annotations

from digest.cli.invocation import Invocation, command
from digest.runs.delivery.deliver import release as release_everything


@command(reports=True)
def release(invocation: Invocation) -> None:
    """Let mail go again after `digest hold`, or after a first share that failed."""
    with invocation.store() as store:
        reason = release_everything(store)
    invocation.show({"was_held": reason}, f"Released (was held: {reason})." if reason else "Nothing was held.")
