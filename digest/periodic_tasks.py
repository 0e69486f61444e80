"""The chores of `digest serve`: what the scheduler has done again and again, each by one run."""

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

TICK = timedelta(minutes=1)
POST_ROUND = timedelta(seconds=15)
HOUSEKEEPING = timedelta(hours=12)
BOUNCES = timedelta(minutes=5)
WATCH = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class TaskContext:
    """What the chores work with."""

    store: Store
    settings: Settings
    composer: Callable[[datetime], Compose]  #: gives what makes the messages of a delivery that begins then
    folder: Path  #: what relative paths are relative to
    profile_files: Callable[[], Mapping[str, bytes]]  #: gives the profile files, path to content
    stop: threading.Event  #: set when the program is to end: deliveries under way come to their end


def periodic_tasks(context: TaskContext) -> list[PeriodicTask]:
    """Return all chores. Planning never waits for a delivery, and neither for a source."""
    every = timedelta(minutes=context.settings.scheduler.sources_minutes)
    by_workers = context.settings.scheduler.workers
    always = [
        PeriodicTask(name="bounces", every=BOUNCES, work=lambda now: read_bounces(context, now)),
        PeriodicTask(name="watch", every=WATCH, work=lambda now: watch(context, now)),
        PeriodicTask(name="sources", every=every, work=lambda now: read_sources(context, now)),
        PeriodicTask(name="housekeeping", every=HOUSEKEEPING, work=lambda now: tidy(context, now)),
    ]
    if by_workers:
        return [*always, PeriodicTask(name="tick", every=TICK, work=_enqueuer(context))]
    return [
        *always,
        PeriodicTask(name="tick", every=TICK, work=lambda now: tick(context, now)),
        PeriodicTask(name="post", every=POST_ROUND, work=lambda now: post(context, now)),
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
