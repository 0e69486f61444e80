"""A sending process for tests that kill it: delivers like `digest deliver`, and can end itself at a commit."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Protocol

from digest.messages import Message
from digest.runs.delivery.deliver import deliver
from digest.runs.delivery.paper_cache import PaperCache
from digest.settings import DeliverySettings, DomainSettings, Settings, SmtpSettings, StoreSettings
from digest.storage import Store, Tx, open_store
from digest.storage.delivery.ledger import ClaimedDelivery

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What a sending process is told."""

    store_url: str
    port: int
    now: datetime
    connections: int = 1
    domains: tuple[DomainSettings, ...] = ()
    canary: float = 0
    die_at_commit: int = 0  #: counted from 1 over all transactions of the process; 0: never
    die_after: bool = False  #: after that commit instead of before it


def start(sending: Sending) -> ForkServerProcess:
    """Start the process; the caller joins it."""
    process = _context.Process(target=run, args=(sending,), daemon=True)
    process.start()
    return process


def run(sending: Sending) -> None:
    """Deliver everything that is due."""
    store: Store = open_store(StoreSettings(url=sending.store_url), Path())
    if sending.die_at_commit:
        store = MortalStore(store, sending)
    relay = SmtpSettings(
        host="127.0.0.1", port=sending.port, tls="none", timeout_seconds=5, connections=sending.connections
    )
    share = DeliverySettings(canary=sending.canary)
    deliver(store, message_of, Settings(smtp=relay, domains=sending.domains, delivery=share), sending.now)


def message_of(row: ClaimedDelivery, _papers: PaperCache) -> Message:
    """Return a small message whose envelope sender tells which process sent it."""
    head = f"From: digest@example.org\r\nTo: {row.subscription.address}\r\nMessage-ID: <{row.issue.message_id}>\r\n"
    return Message(
        sender=f"bounce+{row.id}.{os.getpid()}@example.org",
        recipient=row.subscription.address,
        parts=(f"{head}\r\n{row.id}\r\n".encode(), b"a line of the body\r\n" * 50),
    )


class WatchedStore(Protocol):
    """A store that makes the commits of the sender's own connection."""

    def commit(self, commit: Callable[[], None]) -> None: ...


class MortalStore(Store):
    """A store that kills its process with SIGKILL just before or just after a certain commit."""

    def __init__(self, store: Store, sending: Sending) -> None:
        super().__init__(store._url, store._engine)
        self._sending, self._commits = sending, 0

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        with ExitStack() as stack:
            yield stack.enter_context(super().transaction())
            self.commit(stack.close)

    def driver_connection(self) -> Any:
        return WatchedConnection(super().driver_connection(), self)

    def commit(self, commit: Callable[[], None]) -> None:
        """Commit, and dies before or after when it is the one."""
        self._commits += 1
        fatal = self._commits == self._sending.die_at_commit
        if fatal and not self._sending.die_after:
            os.kill(os.getpid(), signal.SIGKILL)
        commit()
        if fatal:
            os.kill(os.getpid(), signal.SIGKILL)


class WatchedConnection:
    """A connection of the driver whose commits are made by a store that may do otherwise."""

    def __init__(self, connection: Any, store: WatchedStore) -> None:
        self._connection, self._store = connection, store

    def commit(self) -> None:
        self._store.commit(self._connection.commit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)
