"""`digest worker`: run the jobs of a PostgreSQL store."""

from __future__ import annotations

from digest.cli.invocation import Invocation, command
from digest.cli.renderer import load_renderer
from digest.cli.signals import stopping
from digest.runs.delivery.deliver import composers


@command()
def worker(invocation: Invocation) -> None:
    """Run the jobs of a PostgreSQL store.

    Plans shards of subscribers and sends their issues, together with any number of workers on any number of machines,
    until SIGTERM or Ctrl-C; work in progress is finished first. `digest serve` with scheduler.workers set creates the
    jobs.
    """
    from digest.worker import work, worker_context  # needs the PostgreSQL driver

    renderer = load_renderer(invocation.settings)
    with stopping() as stop, invocation.patient_store(stop) as store:
        composer = composers(store, renderer, invocation.settings)
        work(worker_context(store, invocation.settings, composer, stop))
