"""The worker: runs the jobs of a PostgreSQL store, on any number of machines. Jobs can safely run again."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from digest.errors import StoreError
from digest.runs.delivery.deliver import Compose, deliver
from digest.runs.matching.prepared_papers import PreparedPapersCache, Snapshot
from digest.runs.operations.reconnection import Outage, patiently
from digest.runs.pipeline.jobs import DELIVER, PLAN, Jobs, PlanJob, open_jobs, plan_waiting
from digest.settings import Settings, WorkerSettings
from digest.storage import Store

RETRY_STALLED = "retry_stalled"
_UPKEEP = "upkeep"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WorkerContext:
    """The context of the jobs of one installation."""

    store: Store
    jobs: Jobs
    settings: Settings
    composer: Callable[[datetime], Compose]  #: returns what composes the messages of a delivery that starts then
    stop: threading.Event  #: set to stop the worker; deliveries in progress are finished


def work(context: WorkerContext) -> None:
    """Run jobs until SIGTERM or Ctrl-C; work in progress is finished first.

    While the database cannot be reached, try again with growing pauses for as long as it takes.
    """
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it warns at each attempt to connect
    asyncio.run(_work(context))


async def _work(context: WorkerContext) -> None:
    outage = Outage()
    while not context.stop.is_set():
        try:
            await _work_while_connected(context, outage)
        except (ConnectorException, StoreError, OSError) as error:
            await _wait(context.stop, outage.failed(error))


async def _wait(stop: threading.Event, seconds: float) -> None:
    """Wait that long, or until `stop` is set."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stop.is_set():
        await asyncio.sleep(0.1)


async def _work_while_connected(context: WorkerContext, outage: Outage) -> None:
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
        outage.over()
        await worker.run()  # type: ignore[no-untyped-call]


def _stop_on_signals(worker: Worker, stop: threading.Event) -> None:
    def end() -> None:
        stop.set()
        worker.stop()  # type: ignore[no-untyped-call]

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)


def _app(context: WorkerContext) -> App:
    """Return an app with all jobs."""
    app = context.jobs.worker_app()
    cache = PreparedPapersCache()  # the shards of a run come as jobs, and rank the same papers

    @app.task(name=PLAN)
    def plan(numbers: list[int], high_water: int, statistics: int) -> None:
        job = PlanJob(numbers=numbers, seen=Snapshot(high_water=high_water, statistics=statistics))
        plan_waiting(context.store, context.jobs, context.settings, job, cache, datetime.now(UTC))

    @app.task(name=DELIVER)
    def deliver_waiting() -> None:
        now = datetime.now(UTC)
        deliver(context.store, context.composer(now), context.settings, now, stop=context.stop)

    _retry_stalled(app, context.settings.worker)
    return app


def _retry_stalled(app: App, wanted: WorkerSettings) -> None:
    """Retry the jobs of dead workers; Procrastinate does not do this itself."""

    @app.periodic(cron=f"* * * * * */{wanted.upkeep_seconds}")
    @app.task(name=RETRY_STALLED, queue=_UPKEEP, queueing_lock=RETRY_STALLED)
    async def retry_stalled(timestamp: int) -> None:  # noqa: ARG001  Procrastinate passes the due time
        stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=wanted.stalled_seconds)
        for job in stalled:
            await app.job_manager.retry_job(job)
            _log.warning("retrying job %s of a dead worker", job.id, extra={"action": "retry", "job": job.id})


def worker_context(
    store: Store, settings: Settings, composer: Callable[[datetime], Compose], stop: threading.Event
) -> WorkerContext:
    """Return the context of the jobs. Raise ConfigurationError on a store without jobs."""
    jobs = patiently(lambda: open_jobs(store), stop)
    return WorkerContext(store=store, jobs=jobs, settings=settings, composer=composer, stop=stop)
