"""`digest worker`: works on the jobs of a PostgreSQL store."""

from __future__ import annotations

from digest.cli.invocation import Invocation, command
from digest.cli.renderer import load_renderer
from digest.runs.delivery.deliver import composers


@command()
def worker(invocation: Invocation) -> None:
    """Work on the jobs of a PostgreSQL store.

    Plans shards of subscribers and delivers their issues, beside any number of other workers on any number of machines,
    until SIGTERM or Ctrl-C; what is under way is finished first. `digest serve` with scheduler.workers set gives them
    their jobs.
    """
    from digest.worker import work, worker_context  # needs the driver of PostgreSQL, which only workers have

    renderer = load_renderer(invocation.settings)
    with invocation.store() as store:
        work(worker_context(store, invocation.settings, composers(store, renderer, invocation.settings)))
