"""Slow clients: connections are capped, and what sends no request in time is closed."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from digest.cli.listening import listening
from digest.web import guard
from digest.web.connections import ConnectionLimits, PageServer
from tests.sites import Running

MOST = 10


@contextmanager
def served(site: Running, limits: ConnectionLimits) -> Iterator[tuple[str, int]]:
    """The site behind a server with these limits."""
    server = PageServer(site.app, limits)
    with listening("127.0.0.1", 0) as made:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [made]})
        thread.start()
        try:
            yield made.getsockname()
        finally:
            server.should_exit = True
            thread.join()


def is_closed(connection: socket.socket) -> bool:
    """Return whether the server closed the connection."""
    connection.settimeout(10)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def ends(connection: socket.socket) -> bool:
    """Read until the server closes the connection; return False when it does not."""
    try:
        while connection.recv(4096):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


def test_more_connections_than_the_cap_cost_the_oldest_without_a_request_and_one_log_line(
    site: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="digest")
    with served(site, ConnectionLimits(MOST, 600)) as place, ExitStack() as held:
        slow = [held.enter_context(socket.create_connection(place)) for _ in range(5 * MOST)]
        for connection in slow[: 4 * MOST]:
            assert is_closed(connection)
        for _ in range(3):
            assert httpx.get(f"http://{place[0]}:{place[1]}/health").status_code == 200
    assert len([record for record in caplog.records if "connections closed" in record.getMessage()]) == 1


def test_a_request_under_way_is_not_closed_for_new_connections(site: Running) -> None:
    with served(site, ConnectionLimits(MOST, 600)) as place, ExitStack() as held:
        busy = held.enter_context(socket.create_connection(place))
        busy.sendall(b"POST /subscribe HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nkeyw")
        time.sleep(0.2)
        for _ in range(3 * MOST):
            held.enter_context(socket.create_connection(place))
        time.sleep(0.2)
        busy.sendall(b"ords=")
        busy.settimeout(10)
        assert busy.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: local", b"GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /health HT"]
)
def test_a_connection_without_a_whole_request_is_closed_in_time(sent: bytes, site: Running) -> None:
    with (
        served(site, ConnectionLimits(MOST, 0.5)) as place,
        socket.create_connection(place) as connection,
    ):
        connection.sendall(sent)
        connection.settimeout(10)
        assert ends(connection)


def test_a_body_that_takes_too_long_is_refused(site: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.3)
    with served(site, ConnectionLimits(MOST, 600)) as place, socket.create_connection(place) as connection:
        connection.sendall(b"POST /webhooks/bounces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nke")
        connection.settimeout(10)
        assert connection.recv(12) == b"HTTP/1.1 408"
