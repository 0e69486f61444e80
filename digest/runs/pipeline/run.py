"""The run: read the sources, load the profile files, plan who is due, send. Safe to repeat, even concurrently."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from digest.errors import FetchError
from digest.rendering import MailRenderer
from digest.runs.delivery.deliver import DeliverReport, composer, deliver
from digest.runs.ingest.ingest import IngestReport, Progress
from digest.runs.issues.plan import PlanReport, foresee, plan, plan_one
from digest.runs.issues.sender_identity import check_sender
from digest.runs.pipeline.steps import Inputs, read_bounces, read_inputs
from digest.runs.subscriptions.sync import SyncReport
from digest.settings import Settings
from digest.storage import housekeeping
from digest.storage.database.secrets import keyring
from digest.storage.database.transactions import Store
from digest.storage.delivery import runs
from digest.storage.subscribers import consent

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class RunControl:
    """Callbacks that report the progress of a run, and the event that stops it."""

    stop: threading.Event | None = None  #: set it to finish the deliveries in progress and stop
    read: Progress | None = None  #: called with the number of papers read
    planned: Callable[[int], None] | None = None  #: called with the number of subscribers planned
    tried: Callable[[int], None] | None = None  #: called with the number of attempts to send


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of a run."""

    folder: Path = Path()  #: the folder that relative paths start from
    files: Mapping[str, bytes] = field(default_factory=dict)  #: profile files, path to content
    only: str = ""  #: an address that gets an issue now, whether due or not
    dry_run: bool = False  #: only report what would be planned


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """The result of a run."""

    ingested: IngestReport = field(default_factory=IngestReport)
    synced: SyncReport | None = None
    planned: PlanReport = field(default_factory=PlanReport)
    delivered: DeliverReport = field(default_factory=DeliverReport)
    mailbox_problem: str = ""  #: why returned mail could not be read
    dry_run: bool = False

    @property
    def is_partly_sent(self) -> bool:
        """True when something that was due could not be sent."""
        return not self.delivered.is_complete

    @property
    def problems(self) -> Sequence[str]:
        """What needs attention, one sentence each."""
        unread = [
            f"{listing.origin}: {listing.problems[0].reason}" for listing in self.ingested.failed if listing.problems
        ]
        faults = [str(problem) for problem in self.synced.problems] if self.synced else []
        return [
            *unread,
            *faults,
            *self.planned.set_aside,
            *filter(None, (self.mailbox_problem, self.delivered.problem)),
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        sent = self.delivered
        counts = {"sent": sent.sent, "deferred": sent.deferred, "failed": sent.failed, "unknown": sent.unknown}
        return {
            "ingest": self.ingested.as_dict(),
            **self.planned.as_dict(),
            **counts,
            "withdrawn": sent.withdrawn,
            "waiting": sent.waiting,
            "problems": list(self.problems),
            "dry_run": self.dry_run,
        }


def run(
    store: Store,
    settings: Settings,
    renderer: MailRenderer,
    now: datetime,
    options: RunOptions | None = None,
    watch: RunControl | None = None,
) -> RunReport:
    """Do a whole run and return its report. If started twice, it sends nothing twice.

    Raise UsageError when `only` is not an active subscriber, StoreBusy when another ingest takes longer than the wait.
    """
    chosen, watching = options or RunOptions(), watch or RunControl()
    if chosen.dry_run:
        return RunReport(planned=foresee(store, settings, now, chosen.only), dry_run=True)
    check_sender(settings)
    began = time.monotonic()
    housekeeping.heal_due(store, now)
    with store.transaction() as tx:
        record = runs.begin(tx, "run", now)
        consent.resume_paused(tx, now)
        ring = keyring(tx, now)
    inputs = Inputs(folder=chosen.folder, files=lambda: chosen.files)
    read = read_inputs(store, settings, inputs, now, watching.read)
    mailbox_problem = _read_mailbox(store, settings, now)
    planned = _planned(store, settings, now, chosen, watching)
    delivered = deliver(
        store, composer(renderer, ring, settings), settings, now, stop=watching.stop, tried=watching.tried
    )
    report = RunReport(
        ingested=read.ingested,
        synced=read.synced,
        planned=planned,
        delivered=delivered,
        mailbox_problem=mailbox_problem,
    )
    with store.transaction() as tx:
        runs.finish(tx, record, now + timedelta(seconds=time.monotonic() - began), report.as_dict())
    _log.info("run: %d planned, %d sent", planned.planned, delivered.sent, extra={"action": "run", **report.as_dict()})
    return report


def _read_mailbox(store: Store, settings: Settings, now: datetime) -> str:
    """Act on returned mail before anything is planned, so that nobody who left by mail gets another issue.

    Return why it could not be read; issues go out all the same.
    """
    try:
        read_bounces(store, settings, now)
    except FetchError as error:
        _log.warning("%s", error, extra={"action": "bounces", "state": "failed"})
        return str(error)
    return ""


def _planned(store: Store, settings: Settings, now: datetime, options: RunOptions, watch: RunControl) -> PlanReport:
    if options.only:
        return plan_one(store, settings, options.only, now)
    return plan(store, settings, now, watch.planned)
