"""Turns: the threads of one process write to SQLite one after the other, first come first served, and share commits.

SQLite has one writer at a time. Whoever finds it busy asks again after pauses that grow, while others overtake; so the
threads of a process queue up here, and only processes wait for each other in SQLite. A durable commit takes many times
as long as a small transaction: whoever ends one while others queue leaves its commit to them, and goes on once it is
done. Each transaction is a savepoint of its own: one that fails takes back nothing of the others.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

MOST_TOGETHER = 64  #: transactions in one commit, so that none waits long for it


class WriteQueueTimeout(Exception):
    """Others of this process have been writing for longer than one wanted to wait."""


@dataclass(eq=False, kw_only=True)
class _Waiting:
    """One thread in the queue."""

    shares: bool  #: whether it can go on in a transaction that others began
    come: threading.Event = field(default_factory=threading.Event)


@dataclass(eq=False, kw_only=True)
class _Batch:
    """Transactions that are committed together."""

    connection: Connection
    begun: int = 0
    kept: int = 0  #: those that did not fail
    ended: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None  #: why none of them holds


class WriteQueue:
    """The queue of one process at one SQLite file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()  # for the queue; never held while anything is waited for
        self._queue: deque[_Waiting] = deque()
        self._taken = False
        self._batch: _Batch | None = None  # left open by whoever had the turn before; belongs to whoever has it now

    @property
    def waiting(self) -> int:
        """How many threads wait for their turn."""
        return len(self._queue)

    @contextmanager
    def alone(self, wait: float) -> Iterator[None]:
        """Keep all other threads from writing during the block. Raise TurnNotCome after `wait` seconds."""
        self._take(wait, shares=False)
        try:
            yield
        finally:
            self._pass_on()

    @contextmanager
    def shared(self, wait: float) -> Iterator[Connection]:
        """Return a connection in a transaction; when the block has ended well, what it wrote has been committed.

        Raise TurnNotCome after `wait` seconds, and the database's own errors.
        """
        self._take(wait, shares=True)
        batch = self._begun()
        try:
            with _savepoint(batch.connection):
                yield batch.connection
        except BaseException as error:
            self._leave(batch, error)
            raise
        batch.kept += 1
        self._leave(batch, None)
        batch.ended.wait()
        if batch.error is not None:
            raise batch.error

    def _begun(self) -> _Batch:
        if self._batch is None:
            try:
                connection = self._engine.connect().execution_options(digest_begin="BEGIN IMMEDIATE")
                try:
                    connection.begin()
                except BaseException:
                    connection.close()
                    raise
            except BaseException:
                self._pass_on()
                raise
            self._batch = _Batch(connection=connection)
        self._batch.begun += 1
        return self._batch

    def _leave(self, batch: _Batch, error: BaseException | None) -> None:
        """Pass the open transaction on to whoever waits to share it, else commits and passes on the turn."""
        if not _is_open(batch.connection):  # SQLite has rolled back all of it, as it does when the disk is full
            batch.error = error or RuntimeError("the transaction ended before its commit")
        elif batch.begun < MOST_TOGETHER and self._pass_on(sharing=True):
            return
        self._batch = None
        try:
            _finish(batch)
        except BaseException as failure:
            batch.error = failure
        finally:
            batch.ended.set()
            self._pass_on()

    def _take(self, wait: float, *, shares: bool) -> None:
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            waiting = _Waiting(shares=shares)
            self._queue.append(waiting)
        if waiting.come.wait(wait):
            return
        with self._lock:
            if not waiting.come.is_set():
                self._queue.remove(waiting)
                raise WriteQueueTimeout

    def _pass_on(self, *, sharing: bool = False) -> bool:
        """Return the turn to the next in the queue; with `sharing` only to one who shares. False when nobody has it."""
        with self._lock:
            if sharing and not (self._queue and self._queue[0].shares):
                return False
            self._taken = bool(self._queue)
            if self._queue:
                self._queue.popleft().come.set()
            return self._taken


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    """Take back what the block wrote if it fails. Spoken to the driver: composed each time it would cost as much as
    a small transaction."""
    driver = _driver(connection)
    driver.execute("SAVEPOINT turn")
    try:
        yield
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK TO turn")
            driver.execute("RELEASE turn")
        raise
    driver.execute("RELEASE turn")


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _is_open(connection: Connection) -> bool:
    return _driver(connection).in_transaction


def _finish(batch: _Batch) -> None:
    with batch.connection as connection:
        try:
            if batch.error is None and batch.kept:
                connection.commit()
            else:
                connection.rollback()
        except BaseException:
            connection.invalidate()  # SQLite leaves a transaction open whose commit it refused
            raise
