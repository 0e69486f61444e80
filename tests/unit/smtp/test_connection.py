"""The wire on a real connection, and what it asks of the kernel."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest

from digest.smtp.connection import Connection
from digest.smtp.coroutines import Wait

FAR = 60.0  # seconds
QUICKACK = getattr(socket, "TCP_QUICKACK", None)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Our end of a connection, and the server's."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as ours,
        listener.accept()[0] as server,
    ):
        yield ours, server


@pytest.mark.skipif(QUICKACK is None, reason="this system has no TCP_QUICKACK")
def test_a_reply_is_acknowledged_at_once_when_another_is_awaited(ends: tuple[socket.socket, socket.socket]) -> None:
    assert QUICKACK is not None
    ours, server = ends
    connection = Connection(ours, FAR)
    for _ in range(3):  # question and answer: from then on the kernel waits for the next question to answer with
        ours.sendall(b"NOOP\r\n")
        server.recv(100)
        server.sendall(b"250 ok\r\n")
        select.select([ours], [], [])
        ours.recv(100)
    assert not ours.getsockopt(socket.IPPROTO_TCP, QUICKACK)
    coroutine = connection.further_reply()
    assert isinstance(next(coroutine), Wait)
    assert ours.getsockopt(socket.IPPROTO_TCP, QUICKACK)
    server.sendall(b"354 go ahead\r\n")
    select.select([ours], [], [])
    with pytest.raises(StopIteration) as end:
        coroutine.send(True)
    assert end.value.value.code == 354
