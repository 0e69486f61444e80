"""The chores of `digest serve`: what the scheduler has done again and again, each by one run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from digest.fetching.mailboxes import read_mailboxes
from digest.runs.bounces.process import read_mailbox
from digest.runs.delivery.deliver import Compose, deliver
from digest.runs.ingest.ingest import IngestOptions, ingest
from digest.runs.issues.plan import plan
from digest.runs.matching.embeddings import embed_new
from digest.runs.operations.housekeeping import tidy_store
from digest.runs.operations.monitoring import alert
from digest.runs.subscriptions.sync import SyncOptions, sync
from digest.scheduler import PeriodicTask
from digest.settings import Settings
from digest.storage import Store
from digest.storage.database.secrets import keyring
from digest.storage.delivery import ledger, runs
from digest.storage.subscribers import consent

TICK = timedelta(minutes=1)
POST_ROUND = timedelta(seconds=15)
HOUSEKEEPING = timedelta(hours=12)
BOUNCES = timedelta(minutes=5)
WATCH = timedelta(minutes=15)


class _Report(Protocol):
    def as_dict(self) -> dict[str, Any]: ...


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
    _resume(context.store, now)
    report = plan(context.store, context.settings, now)
    if report.planned or report.skipped:
        _record(context.store, "plan", now, report)


def post(context: TaskContext, now: datetime) -> None:
    """Send what waits, and takes up what senders that died left behind."""
    with context.store.reading() as tx:
        held = runs.flag(tx, "hold")
        idle = not ledger.has_work(tx, now)
    if idle or held:
        return
    report = deliver(context.store, context.composer(now), context.settings, now, stop=context.stop)
    _record(context.store, "deliver", now, report)


def read_sources(context: TaskContext, now: datetime) -> None:
    """Read the sources, with the semantic extra makes the vectors of new papers, and follows the profile files."""
    store, settings = context.store, context.settings
    if settings.sources:
        how = IngestOptions(folder=context.folder, wait=settings.store.busy_seconds, fetching=settings.fetching)
        report = ingest(store, settings.sources, now=now, options=how)
        _record(store, "ingest", now, report)
    embed_new(store, settings.issue, now)
    sync(store, context.profile_files(), SyncOptions(first_issue_days=settings.issue.first_issue_days), now)


def read_bounces(context: TaskContext, now: datetime) -> None:
    """Read what came back, where a mailbox is configured."""
    settings = context.settings.bounces
    if settings.maildir or settings.imap_host:
        with context.store.transaction() as tx:
            keys = keyring(tx, now)
        read_mailbox(context.store, read_mailboxes(settings), keys, now)


def watch(context: TaskContext, now: datetime) -> None:
    """Tell the operator when issues did not go out."""
    alert(context.store, context.settings, now)


def tidy(context: TaskContext, now: datetime) -> None:
    """Tidy the store."""
    tidy_store(context.store, context.settings.housekeeping, now)


def _enqueuer(context: TaskContext) -> Callable[[datetime], None]:
    """Return the tick that leaves the work to workers."""
    from digest.storage.delivery.jobs import open_jobs  # needs the driver of PostgreSQL, which only workers have
    from digest.worker import enqueue_due

    jobs = open_jobs(context.store)

    def work(now: datetime) -> None:
        _resume(context.store, now)
        enqueue_due(context.store, jobs, now)

    return work


def _resume(store: Store, now: datetime) -> None:
    with store.transaction() as tx:
        consent.resume_paused(tx, now)


def _record(store: Store, kind: str, now: datetime, report: _Report) -> None:
    with store.transaction() as tx:
        runs.finish(tx, runs.begin(tx, kind, now), now, report.as_dict())
