"""The chores of `digest serve`: what the scheduler has done again and again, each by one run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from digest.fetching.mailboxes import read_mailboxes
from digest.runs.bounces import read_mailbox
from digest.runs.deliver import Compose, deliver
from digest.runs.housekeeping import keep_house
from digest.runs.ingest import IngestOptions, ingest
from digest.runs.meaning import embed_new
from digest.runs.plan import plan
from digest.runs.sync import Options, sync
from digest.runs.watch import alert
from digest.scheduler import Chore
from digest.settings import Settings
from digest.storage import Store, consent, ledger, runs
from digest.storage.secrets import keyring

TICK = timedelta(minutes=1)
POST_ROUND = timedelta(seconds=15)
HOUSEKEEPING = timedelta(hours=12)
BOUNCES = timedelta(minutes=5)
WATCH = timedelta(minutes=15)


class _Report(Protocol):
    def as_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class Household:
    """What the chores work with."""

    store: Store
    settings: Settings
    composer: Callable[[datetime], Compose]  #: gives what makes the messages of a delivery that begins then
    folder: Path  #: what relative paths are relative to
    profile_files: Callable[[], Mapping[str, bytes]]  #: gives the profile files, path to content
    stop: threading.Event  #: set when the program is to end: deliveries under way come to their end


def chores(house: Household) -> list[Chore]:
    """Gives all chores. Planning never waits for a delivery, and neither for a source."""
    every = timedelta(minutes=house.settings.scheduler.sources_minutes)
    by_workers = house.settings.scheduler.workers
    always = [
        Chore(name="bounces", every=BOUNCES, work=lambda now: read_bounces(house, now)),
        Chore(name="watch", every=WATCH, work=lambda now: watch(house, now)),
        Chore(name="sources", every=every, work=lambda now: read_sources(house, now)),
        Chore(name="housekeeping", every=HOUSEKEEPING, work=lambda now: tidy(house, now)),
    ]
    if by_workers:
        return [*always, Chore(name="tick", every=TICK, work=_enqueuer(house))]
    return [
        *always,
        Chore(name="tick", every=TICK, work=lambda now: tick(house, now)),
        Chore(name="post", every=POST_ROUND, work=lambda now: post(house, now)),
    ]


def tick(house: Household, now: datetime) -> None:
    """Plans who is due."""
    _resume(house.store, now)
    report = plan(house.store, house.settings, now)
    if report.planned or report.skipped:
        _record(house.store, "plan", now, report)


def post(house: Household, now: datetime) -> None:
    """Sends what waits, and takes up what senders that died left behind."""
    with house.store.reading() as tx:
        held = runs.flag(tx, "hold")
        idle = not ledger.has_work(tx, now)
    if idle or held:
        return
    report = deliver(house.store, house.composer(now), house.settings, now, stop=house.stop)
    _record(house.store, "deliver", now, report)


def read_sources(house: Household, now: datetime) -> None:
    """Reads the sources, with the semantic extra makes the vectors of new papers, and follows the profile files."""
    store, settings = house.store, house.settings
    if settings.sources:
        how = IngestOptions(folder=house.folder, wait=settings.store.busy_seconds, fetching=settings.fetching)
        report = ingest(store, settings.sources, now=now, options=how)
        _record(store, "ingest", now, report)
    embed_new(store, settings.issue, now)
    sync(store, house.profile_files(), Options(first_issue_days=settings.issue.first_issue_days), now)


def read_bounces(house: Household, now: datetime) -> None:
    """Reads what came back, where a mailbox is configured."""
    settings = house.settings.bounces
    if settings.maildir or settings.imap_host:
        with house.store.transaction() as tx:
            keys = keyring(tx, now)
        read_mailbox(house.store, read_mailboxes(settings), keys, now)


def watch(house: Household, now: datetime) -> None:
    """Tells the operator when issues did not go out."""
    alert(house.store, house.settings, now)


def tidy(house: Household, now: datetime) -> None:
    """Tidies the store."""
    keep_house(house.store, house.settings.housekeeping, now)


def _enqueuer(house: Household) -> Callable[[datetime], None]:
    """Gives the tick that leaves the work to workers."""
    from digest.storage.jobs import open_jobs  # needs the driver of PostgreSQL, which only workers have
    from digest.worker import enqueue_due

    jobs = open_jobs(house.store)

    def work(now: datetime) -> None:
        _resume(house.store, now)
        enqueue_due(house.store, jobs, now)

    return work


def _resume(store: Store, now: datetime) -> None:
    with store.transaction() as tx:
        consent.resume_paused(tx, now)


def _record(store: Store, kind: str, now: datetime, report: _Report) -> None:
    with store.transaction() as tx:
        runs.finish(tx, runs.begin(tx, kind, now), now, report.as_dict())
