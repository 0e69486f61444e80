"""A way to a PostgreSQL server that tests can cut, as a restart of the server does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import make_url


class DatabaseProxy:
    """Forwards connections on a loopback port to the server; `cut` drops them all and refuses new ones."""

    def __init__(self, url: str) -> None:
        self._target = make_url(url)
        self._open: set[socket.socket] = set()
        self._cutting = threading.Lock()
        self._listener: socket.socket | None = None
        self.port = 0
        self.restore()

    @property
    def url(self) -> str:
        """The address of the database by way of the proxy."""
        target = self._target.set(host="127.0.0.1", port=self.port).difference_update_query(["host", "port"])
        return target.render_as_string(hide_password=False)

    def cut(self) -> None:
        """Drop all connections and refuse new ones."""
        with self._cutting:
            listener, self._listener = self._listener, None
            connections = list(self._open)
        if listener:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def restore(self) -> None:
        """Accept connections again, on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = self._connect()
                with self._cutting:
                    if self._listener is not listener:  # cut meanwhile: this connection must not outlive it
                        near.close()
                        far.close()
                        return
                    self._open |= {near, far}
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=(source, sink), daemon=True).start()

    def _connect(self) -> socket.socket:
        host = self._target.query.get("host") or self._target.host
        port = int(str(self._target.query.get("port") or self._target.port or 5432))
        if isinstance(host, str) and host.startswith("/"):
            far = socket.socket(socket.AF_UNIX)
            far.connect(f"{host}/.s.PGSQL.{port}")
            return far
        return socket.create_connection((str(host), port))

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.discard(source)
        source.close()


@contextmanager
def proxied(url: str) -> Iterator[DatabaseProxy]:
    """Run a proxy to the database while the block runs."""
    proxy = DatabaseProxy(url)
    try:
        yield proxy
    finally:
        proxy.cut()
