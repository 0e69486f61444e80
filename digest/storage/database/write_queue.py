"""The write queue: the threads of one process write to SQLite in turn, in order of arrival, and share commits.

SQLite allows one writer at a time. A writer that finds the database busy polls with growing pauses while others
overtake it. So the threads of a process queue up here, and only processes wait for each other in SQLite. A durable
commit takes many times as long as a small transaction: a thread that ends its transaction while others wait leaves the
commit to the last of them. Each transaction is a savepoint: if one fails, the others are kept.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

MAX_BATCH = 64  #: transactions in one commit, so that none waits long


class WriteQueueTimeout(Exception):
    """Other threads of this process wrote for longer than the caller wanted to wait."""


@dataclass(eq=False, kw_only=True)
class _Waiting:
    """One thread in the queue."""

    shares: bool  #: whether it can join a transaction that another thread began
    ready: threading.Event = field(default_factory=threading.Event)


@dataclass(eq=False, kw_only=True)
class _Batch:
    """Transactions that are committed together."""

    connection: Connection
    started: int = 0
    succeeded: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None  #: why the commit failed


class WriteQueue:
    """The queue of one process at one SQLite file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()  # guards the queue; never held while waiting
        self._queue: deque[_Waiting] = deque()
        self._taken = False
        self._batch: _Batch | None = None  # left open by the previous thread; belongs to the thread whose turn it is

    @property
    def waiting(self) -> int:
        """How many threads wait for their turn."""
        return len(self._queue)

    @contextmanager
    def alone(self, wait: float) -> Iterator[None]:
        """Keep all other threads from writing during the block. Raise WriteQueueTimeout after `wait` seconds."""
        self._acquire(wait, shares=False)
        try:
            yield
        finally:
            self._release()

    @contextmanager
    def shared(self, wait: float) -> Iterator[Connection]:
        """Return a connection in a transaction that is committed when the block ends without an error.

        Raise WriteQueueTimeout after `wait` seconds, and the errors of the database.
        """
        self._acquire(wait, shares=True)
        batch = self._open_batch()
        try:
            with _savepoint(batch.connection):
                yield batch.connection
        except BaseException as error:
            self._end(batch, error)
            raise
        batch.succeeded += 1
        self._end(batch, None)
        batch.ended.wait()
        if batch.error is not None:
            raise batch.error

    def _open_batch(self) -> _Batch:
        if self._batch is None:
            try:
                connection = self._engine.connect().execution_options(digest_begin="BEGIN IMMEDIATE")
                try:
                    connection.begin()
                except BaseException:
                    connection.close()
                    raise
            except BaseException:
                self._release()
                raise
            self._batch = _Batch(connection=connection)
        self._batch.started += 1
        return self._batch

    def _end(self, batch: _Batch, error: BaseException | None) -> None:
        """Hand the open transaction to the next thread that can share it; otherwise commit and release the queue."""
        if not _is_open(batch.connection):  # SQLite rolled back everything, for example because the disk is full
            batch.error = error or RuntimeError("the transaction ended before its commit")
        elif batch.started < MAX_BATCH and self._release(sharing=True):
            return
        self._batch = None
        try:
            _finish(batch)
        except BaseException as failure:
            batch.error = failure
        finally:
            batch.ended.set()
            self._release()

    def _acquire(self, wait: float, *, shares: bool) -> None:
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            waiting = _Waiting(shares=shares)
            self._queue.append(waiting)
        if waiting.ready.wait(wait):
            return
        with self._lock:
            if not waiting.ready.is_set():
                self._queue.remove(waiting)
                raise WriteQueueTimeout

    def _release(self, *, sharing: bool = False) -> bool:
        """Let the next thread go, with `sharing` only if it can share. Return False when no thread goes."""
        with self._lock:
            if sharing and not (self._queue and self._queue[0].shares):
                return False
            self._taken = bool(self._queue)
            if self._queue:
                self._queue.popleft().ready.set()
            return self._taken


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    """Undo what the block wrote if it fails. Uses the driver directly: composing the statements would cost as much as
    a small transaction."""
    driver = _driver(connection)
    driver.execute("SAVEPOINT shared")
    try:
        yield
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK TO shared")
            driver.execute("RELEASE shared")
        raise
    driver.execute("RELEASE shared")


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _is_open(connection: Connection) -> bool:
    return _driver(connection).in_transaction


def _finish(batch: _Batch) -> None:
    with batch.connection as connection:
        try:
            if batch.error is None and batch.succeeded:
                connection.commit()
            else:
                connection.rollback()
        except BaseException:
            connection.invalidate()  # SQLite leaves a transaction open when its commit fails
            raise
