"""`digest serve`: the web pages and the scheduler, until it is stopped."""

from __future__ import annotations

import threading
from contextlib import nullcontext

import click

from digest.cli.invocation import Invocation, command
from digest.cli.renderer import load_renderer
from digest.cli.run import profile_files
from digest.cli.signals import stopping
from digest.cli.web_server import site
from digest.errors import UsageError
from digest.periodic_tasks import TaskContext, periodic_tasks
from digest.runs.delivery.deliver import composers
from digest.runs.operations.store_maintenance import leadership_candidate
from digest.scheduler import keep_time
from digest.storage import Store


@command(logs=1)
@click.option("--no-web", is_flag=True, help="Run only the scheduler.")
@click.option("--no-scheduler", is_flag=True, help="Serve only the pages.")
def serve(invocation: Invocation, no_web: bool, no_scheduler: bool) -> None:
    """Serve the web pages and run the scheduler.

    The scheduler reads the sources, plans every minute who is due, and sends. If several such programs use one store,
    one leads and another takes over within seconds when it ends; you can run `digest run` from cron at the same time.
    On SIGTERM or Ctrl-C, work in progress is finished.
    """
    if no_web and no_scheduler:
        raise UsageError("use only one of --no-web and --no-scheduler")
    with stopping() as stop, invocation.patient_store(stop) as store:
        pages = nullcontext("") if no_web else site(store, invocation.settings)
        with pages as address:
            if address:
                invocation.show({}, f"The pages are at {address}")
            if no_scheduler:
                stop.wait()
            else:
                keep_time(leadership_candidate(store), periodic_tasks(task_context(invocation, store, stop)), stop)


def task_context(invocation: Invocation, store: Store, stop: threading.Event) -> TaskContext:
    """Return the context of the periodic tasks."""
    settings = invocation.settings
    return TaskContext(
        store=store,
        settings=settings,
        composer=composers(store, load_renderer(settings), settings),
        folder=invocation.configuration.folder,
        profile_files=lambda: profile_files(invocation.configuration),
        stop=stop,
    )
