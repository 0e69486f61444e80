"""The steps of a run, each safe to repeat: `digest run` does them in order, `digest serve` does each by the clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from digest.fetching.mailboxes import read_mailboxes
from digest.runs.bounces.process import BounceReport, read_mailbox
from digest.runs.delivery.deliver import Compose, deliver
from digest.runs.delivery.queue import HOLD
from digest.runs.ingest.ingest import IngestOptions, IngestReport, Progress, ingest
from digest.runs.issues.plan import plan
from digest.runs.matching.embeddings import embed_new
from digest.runs.operations.signing_keys import link_keys
from digest.runs.subscriptions.sync import SyncOptions, SyncReport, sync
from digest.settings import Settings
from digest.storage import Store, housekeeping
from digest.storage.delivery import ledger, runs
from digest.storage.subscribers import consent


class _Report(Protocol):
    def as_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Where a run reads from."""

    folder: Path = Path()  #: the folder that relative paths start from
    files: Callable[[], Mapping[str, bytes]] = dict  #: reads the profile files to follow: path to content


@dataclass(frozen=True, kw_only=True)
class InputsReport:
    """What came in with the sources and the profile files."""

    ingested: IngestReport
    synced: SyncReport


def read_inputs(
    store: Store, settings: Settings, inputs: Inputs, now: datetime, progress: Progress | None = None
) -> InputsReport:
    """Ingest the configured sources, embed the new papers where that is on, and follow the profile files."""
    ingested = IngestReport()
    if settings.sources:
        how = IngestOptions(folder=inputs.folder, wait=settings.store.busy_seconds, fetching=settings.fetching)
        ingested = ingest(store, settings.sources, now=now, options=how, progress=progress)
    synced = sync(store, inputs.files(), SyncOptions(first_issue_days=settings.issue.first_issue_days), now)
    embed_new(store, settings.issue, now)
    return InputsReport(ingested=ingested, synced=synced)


def read_sources(store: Store, settings: Settings, inputs: Inputs, now: datetime) -> None:
    """Read the inputs as a separate step, recorded where sources are configured."""
    report = read_inputs(store, settings, inputs, now)
    if settings.sources:
        record(store, "ingest", now, report.ingested)


def plan_due(store: Store, settings: Settings, now: datetime) -> None:
    """End the pauses that are over, and plan everyone who is due."""
    resume_paused(store, now)
    report = plan(store, settings, now)
    if report.planned or report.skipped:
        record(store, "plan", now, report)


def deliver_waiting(
    store: Store, settings: Settings, composer: Callable[[datetime], Compose], now: datetime, stop: threading.Event
) -> None:
    """Send what waits and recover what dead processes left behind, unless sending is held."""
    with store.reading() as tx:
        held = runs.flag(tx, HOLD)
        idle = not ledger.has_work(tx, now)
    if idle or held:
        return
    record(store, "deliver", now, deliver(store, composer(now), settings, now, stop=stop))


def read_bounces(store: Store, settings: Settings, now: datetime) -> BounceReport | None:
    """Process the configured mailboxes for returned mail; None when there is none."""
    if not (settings.bounces.maildir or settings.bounces.imap_host):
        return None
    return read_mailbox(store, read_mailboxes(settings.bounces), link_keys(store, now), now)


def resume_paused(store: Store, now: datetime) -> None:
    """Make the subscriptions active again whose pause is over, and heal due times that a wrong clock left behind."""
    housekeeping.heal_due(store, now)
    with store.transaction() as tx:
        consent.resume_paused(tx, now)


def record(store: Store, kind: str, now: datetime, report: _Report) -> None:
    """Record a run that has ended."""
    with store.transaction() as tx:
        runs.finish(tx, runs.begin(tx, kind, now), now, report.as_dict())
