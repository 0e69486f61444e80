"""`digest worker`: works on the jobs of a PostgreSQL store."""

from __future__ import annotations

from digest.cli.calls import Call, command
from digest.cli.presses import load_press
from digest.runs.deliver import composers


@command()
def worker(call: Call) -> None:
    """Work on the jobs of a PostgreSQL store.

    Plans shards of subscribers and delivers their issues, beside any number of other workers on any number of machines,
    until SIGTERM or Ctrl-C; what is under way is finished first. `digest serve` with scheduler.workers set gives them
    their jobs.
    """
    from digest.worker import work, workshop  # needs the driver of PostgreSQL, which only workers have

    press = load_press(call.settings)
    with call.store() as store:
        work(workshop(store, call.settings, composers(store, press, call.settings)))
