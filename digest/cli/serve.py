"""`digest serve`: the web pages and the scheduler, for as long as it is left running."""

from __future__ import annotations

import threading
from contextlib import nullcontext

import click

from digest.chores import Household, chores
from digest.cli.calls import Call, command
from digest.cli.presses import load_press
from digest.cli.run import profile_files
from digest.cli.sites import site
from digest.cli.stopping import stopping
from digest.errors import UsageError
from digest.runs.deliver import composers
from digest.scheduler import keep_time
from digest.storage import Store
from digest.storage.leader import candidate


@command(logs=1)
@click.option("--no-web", is_flag=True, help="Run the scheduler alone.")
@click.option("--no-scheduler", is_flag=True, help="Serve the pages alone.")
def serve(call: Call, no_web: bool, no_scheduler: bool) -> None:
    """Serve the web pages and run the scheduler.

    The scheduler reads the sources, plans who is due each minute and delivers. Of several such programs at one store
    one leads, and another takes over within seconds when it ends; `digest run` from cron beside them harms nothing.
    On SIGTERM or Ctrl-C what is under way is finished.
    """
    if no_web and no_scheduler:
        raise UsageError("--no-web and --no-scheduler together leave nothing to do")
    with call.store() as store, stopping() as stop:
        pages = nullcontext("") if no_web else site(store, call.settings)
        with pages as address:
            if address:
                call.show({}, f"The pages are at {address}")
            if no_scheduler:
                stop.wait()
            else:
                keep_time(candidate(store), chores(household(call, store, stop)), stop)


def household(call: Call, store: Store, stop: threading.Event) -> Household:
    """Gives what the chores work with."""
    settings = call.settings
    return Household(
        store=store,
        settings=settings,
        composer=composers(store, load_press(settings), settings),
        folder=call.configuration.folder,
        profile_files=lambda: profile_files(call.configuration),
        stop=stop,
    )
