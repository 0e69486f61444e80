"""The connections of the web server: capped in number, and closed when they send no request in time.

Without a cap, clients that connect and send nothing use up the file descriptors of the process, and with them the
store and the relay. When the cap is reached, the connection that has waited longest without a request is closed.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import socket
import time
from typing import Any, ClassVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 1000
RESERVED_FILES = 256  #: descriptors for the store, the relays and everything else
REQUEST_SECONDS = 20.0  #: for the head of a request
BACKLOG = 100
LOG_EVERY = 60.0  #: seconds
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_log = logging.getLogger(__name__)


class ConnectionLimits:
    """The limits of one server, and its connections without a complete request."""

    def __init__(self, most: int | None = None, seconds: float = REQUEST_SECONDS) -> None:
        self.most = most if most is not None else _affordable()
        self.seconds = seconds
        self.waiting: dict[LimitedProtocol, None] = {}  #: longest waiting first
        self._closed, self._next_log = 0, 0.0

    def make_room(self) -> bool:
        """Close the connection that has waited longest; return False when none waits."""
        self.note("%d connections closed: more than %d were open", self.most)
        oldest = next(iter(self.waiting), None)
        if oldest is None:
            return False
        del self.waiting[oldest]
        oldest.transport.abort()
        return True

    def note(self, message: str, *details: object) -> None:
        """Count an event and log it, at most once a minute."""
        self._closed += 1
        if time.monotonic() >= self._next_log:
            _log.warning(message, self._closed, *details, extra={"action": "web", "connections": self._closed})
            self._closed, self._next_log = 0, time.monotonic() + LOG_EVERY


class LimitedProtocol(H11Protocol):
    """HTTP connections within limits."""

    limits: ClassVar[ConnectionLimits]
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= self.limits.most and not self.limits.make_room():
            transport.abort()
            return
        super().connection_made(transport)
        self._follow()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._follow()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _follow(self) -> None:
        """Limit the time in which the head of a request must arrive."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._deadline is None:
            self.limits.waiting[self] = None
            self._deadline = self.loop.call_later(self.limits.seconds, self._expire)

    def _stop_waiting(self) -> None:
        self.limits.waiting.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._stop_waiting()
        self.transport.abort()


class PageServer(uvicorn.Server):
    """A server for the pages whose connections are limited."""

    def __init__(self, app: Any, limits: ConnectionLimits | None = None) -> None:
        self._limits = limits or ConnectionLimits()
        protocol = type("PageProtocol", (LimitedProtocol,), {"limits": self._limits})
        config = uvicorn.Config(
            app,
            http=protocol,
            backlog=BACKLOG,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
        )
        super().__init__(config)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until `should_exit` is set."""
        asyncio.get_running_loop().set_exception_handler(self._on_exception)
        await super().serve(sockets)

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _EXHAUSTED:
            self._limits.note("%d connections could not be accepted: %s", error.strerror)
        else:
            loop.default_exception_handler(context)


def _affordable() -> int:
    """Return how many connections the process can hold, after raising its limit of open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + RESERVED_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else max(16, min(MAX_CONNECTIONS, soft - RESERVED_FILES))
