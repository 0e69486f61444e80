"""`digest release`: lets mail go again."""

from __future__ import annotations

from digest.cli.calls import Call, command
from digest.runs.deliver import release as release_everything


@command(reports=True)
def release(call: Call) -> None:
    """Let mail go again after `digest hold`, or after a first share that failed."""
    with call.store() as store:
        reason = release_everything(store)
    call.show({"was_held": reason}, f"Released (was held: {reason})." if reason else "Nothing was held.")
