"""The worker: jobs of a PostgreSQL store, on any machines. Rows guard what a job does, so it may be redone."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from procrastinate import App
from procrastinate.worker import Worker

from digest.runs.delivery.deliver import Compose, deliver
from digest.runs.issues import plan as planning
from digest.runs.issues.plan import Shard
from digest.runs.matching.ranking import Snapshot, snapshot
from digest.settings import Settings, WorkerSettings
from digest.storage import Store, Tx
from digest.storage.delivery import ledger, runs
from digest.storage.delivery.jobs import Jobs, open_jobs, outstanding
from digest.storage.delivery.plans import Entered
from digest.storage.subscribers import subscribers

PLAN, DELIVER, RETRY_STALLED = "plan", "deliver", "retry_stalled"
ENQUEUED_UPTO = "plan jobs enqueued for who was due by"
_UPKEEP = "upkeep"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WorkerContext:
    """What the jobs of one installation need."""

    store: Store
    jobs: Jobs
    settings: Settings
    composer: Callable[[datetime], Compose]  #: gives what makes the messages of a delivery that begins then
    stop: threading.Event  #: set when the worker is to end: deliveries under way come to their end


def enqueue_due(store: Store, jobs: Jobs, now: datetime, size: int = subscribers.SHARD) -> int:
    """Enqueue a plan job for each shard of who is due, and a deliver job when older rows wait; return how many shards.

    Those for whom a job was enqueued before are left out while such jobs are outstanding.
    """
    with store.transaction() as tx:
        upto = runs.flag(tx, ENQUEUED_UPTO) if outstanding(tx, PLAN) else ""
        count = 0
        for shard in _shards(tx, now, datetime.fromisoformat(upto) if upto else None, size):
            jobs.defer(tx, PLAN, shard)
            count += 1
        runs.set_flag(tx, ENQUEUED_UPTO, now.isoformat())
        if ledger.has_work(tx, now) and not outstanding(tx, DELIVER):
            jobs.defer(tx, DELIVER, {}, only_one=DELIVER)
    return count


def _shards(tx: Tx, now: datetime, since: datetime | None, size: int) -> Iterator[dict[str, Any]]:
    """Return the arguments of a plan job for each shard of those who came due after `since`."""
    seen = snapshot(tx)
    for numbers in subscribers.due_numbers(tx, now, since=since, size=size):
        yield {"numbers": list(numbers), "high_water": seen.high_water, "statistics": seen.statistics}


def plan_job(context: WorkerContext, numbers: list[int], seen: Snapshot, now: datetime) -> None:
    """Plan those of the shard who are still due; the job that delivers them is enqueued with their rows."""

    def enqueue_delivery(tx: Tx, entered: Entered) -> None:
        if entered.planned:
            context.jobs.defer(tx, DELIVER, {})

    with context.store.reading() as tx:
        found = subscribers.by_numbers(tx, numbers).values()
    people = [person for person in found if person.next_due is not None and person.next_due <= now]
    if people:
        shard = Shard(subscribers=people, seen=seen)
        report = planning.plan_shard(context.store, context.settings, shard, now, enqueue_delivery)
        _log.info("planned a shard: %d issues", report.planned, extra={"action": "plan", **report.as_dict()})


def work(context: WorkerContext) -> None:
    """Work on jobs until SIGTERM or Ctrl-C; what is under way is finished first."""
    asyncio.run(_work(context))


async def _work(context: WorkerContext) -> None:
    app = _app(context)
    wanted = context.settings.worker
    async with app.open_async():
        worker = Worker(
            app,
            concurrency=wanted.concurrency,
            delete_jobs="successful",
            fetch_job_polling_interval=wanted.poll_seconds,
            install_signal_handlers=False,
            update_heartbeat_interval=wanted.heartbeat_seconds,
            stalled_worker_timeout=wanted.stalled_seconds,
        )
        _stop_on_signals(worker, context.stop)
        await worker.run()  # type: ignore[no-untyped-call]


def _stop_on_signals(worker: Worker, stop: threading.Event) -> None:
    def end() -> None:
        stop.set()
        worker.stop()  # type: ignore[no-untyped-call]

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)


def _app(context: WorkerContext) -> App:
    """Return an app that knows the jobs."""
    app = context.jobs.worker_app()

    @app.task(name=PLAN)
    def plan(numbers: list[int], high_water: int, statistics: int) -> None:
        plan_job(context, numbers, Snapshot(high_water=high_water, statistics=statistics), datetime.now(UTC))

    @app.task(name=DELIVER)
    def deliver_waiting() -> None:
        now = datetime.now(UTC)
        deliver(context.store, context.composer(now), context.settings, now, stop=context.stop)

    _retry_stalled(app, context.settings.worker)
    return app


def _retry_stalled(app: App, wanted: WorkerSettings) -> None:
    """Have jobs of workers that died done again: Procrastinate leaves them as they are."""

    @app.periodic(cron=f"* * * * * */{wanted.upkeep_seconds}")
    @app.task(name=RETRY_STALLED, queue=_UPKEEP, queueing_lock=RETRY_STALLED)
    async def retry_stalled(timestamp: int) -> None:  # noqa: ARG001  periodic jobs are told when they were due
        stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=wanted.stalled_seconds)
        for job in stalled:
            await app.job_manager.retry_job(job)
            _log.warning("job %s of a worker that died is done again", job.id, extra={"action": "retry", "job": job.id})


def worker_context(store: Store, settings: Settings, composer: Callable[[datetime], Compose]) -> WorkerContext:
    """Return what the jobs need. Raise ConfigurationError on a store that has no jobs."""
    return WorkerContext(
        store=store, jobs=open_jobs(store), settings=settings, composer=composer, stop=threading.Event()
    )
