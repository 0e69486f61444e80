"""The periodic tasks of `digest serve`: each calls one step of a run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from digest.runs.delivery.deliver import Compose
from digest.runs.operations.housekeeping import tidy_store
from digest.runs.operations.monitoring import alert
from digest.runs.pipeline import steps
from digest.scheduler import PeriodicTask
from digest.settings import Settings
from digest.storage import Store

PLAN_EVERY = timedelta(minutes=1)
DELIVER_EVERY = timedelta(seconds=15)
TIDY_EVERY = timedelta(hours=12)
BOUNCES_EVERY = timedelta(minutes=5)
ALERT_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class TaskContext:
    """The context of the periodic tasks."""

    store: Store
    settings: Settings
    composer: Callable[[datetime], Compose]  #: returns what composes the messages of a delivery that starts then
    folder: Path  #: the folder that relative paths start from
    profile_files: Callable[[], Mapping[str, bytes]]  #: returns the profile files, path to content
    stop: threading.Event  #: set to stop the program; deliveries in progress are finished


def periodic_tasks(context: TaskContext) -> list[PeriodicTask]:
    """Return all periodic tasks. Planning waits neither for a delivery nor for a source."""
    every = timedelta(minutes=context.settings.scheduler.sources_minutes)
    by_workers = context.settings.scheduler.workers
    always = [
        PeriodicTask(name="bounces", every=BOUNCES_EVERY, work=lambda now: read_bounces(context, now)),
        PeriodicTask(name="watch", every=ALERT_EVERY, work=lambda now: watch(context, now)),
        PeriodicTask(name="sources", every=every, work=lambda now: read_sources(context, now)),
        PeriodicTask(name="housekeeping", every=TIDY_EVERY, work=lambda now: tidy(context, now)),
    ]
    if by_workers:
        return [*always, PeriodicTask(name="tick", every=PLAN_EVERY, work=_enqueuer(context))]
    return [
        *always,
        PeriodicTask(name="tick", every=PLAN_EVERY, work=lambda now: tick(context, now)),
        PeriodicTask(name="post", every=DELIVER_EVERY, work=lambda now: post(context, now)),
    ]


def tick(context: TaskContext, now: datetime) -> None:
    """Plan who is due."""
    steps.plan_due(context.store, context.settings, now)


def post(context: TaskContext, now: datetime) -> None:
    """Send what waits, and recover what dead processes left behind."""
    steps.deliver_waiting(context.store, context.settings, context.composer, now, context.stop)


def read_sources(context: TaskContext, now: datetime) -> None:
    """Read the sources and follow the profile files."""
    inputs = steps.Inputs(folder=context.folder, files=context.profile_files)
    steps.read_sources(context.store, context.settings, inputs, now)


def read_bounces(context: TaskContext, now: datetime) -> None:
    """Process returned mail, where a mailbox is configured."""
    steps.read_bounces(context.store, context.settings, now)


def watch(context: TaskContext, now: datetime) -> None:
    """Alert the operator when issues did not go out."""
    alert(context.store, context.settings, now)


def tidy(context: TaskContext, now: datetime) -> None:
    """Tidy the store."""
    tidy_store(context.store, context.settings.housekeeping, now)


def _enqueuer(context: TaskContext) -> Callable[[datetime], None]:
    """Return the tick that leaves the work to workers."""
    from digest.runs.pipeline.jobs import enqueue_due, open_jobs  # needs the driver of PostgreSQL

    jobs = open_jobs(context.store)

    def work(now: datetime) -> None:
        enqueue_due(context.store, jobs, now)

    return work
