"""Name resolution for relays that does not block the thread of the event loop."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

from digest.smtp.coroutines import Coroutine, Wait

#: Family, kind, protocol, canonical name, and where to connect to: what socket.getaddrinfo gives.
Address = tuple[Any, Any, int, str, tuple[str | int | bytes, ...]]


def addresses(host: str, port: int, patience: float) -> Coroutine[Sequence[Address]]:
    """Return the addresses of a host, best first, waiting at most `patience` seconds.

    Raise OSError, TimeoutError among them, and UnicodeError for what cannot be a host name.
    """
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:  # a name
        pass
    look_up = _LookUp(host, port)
    with look_up.ended:
        look_up.start()
        if not (yield Wait(time.monotonic() + patience, look_up.ended.fileno(), select.POLLIN)):
            raise TimeoutError("its name was not found in time")
    if look_up.problem:
        raise look_up.problem
    return look_up.found


class _LookUp(threading.Thread):
    """One query to the system's resolver, which blocks its thread."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(name=f"look up {host}", daemon=True)  # the resolver may keep it longer than anybody waits
        self._host, self._port = host, port
        self.ended, self._end = socket.socketpair()  #: the first can be read when there is an answer
        self.found: Sequence[Address] = ()
        self.problem: Exception | None = None

    def run(self) -> None:
        """Query the resolver."""
        with self._end:
            try:
                self.found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                self.problem = error
