"""The command `digest preview`, up to the server that answers."""

from __future__ import annotations

import socket

import pytest
import uvicorn

from tests.unit.cli.conftest import Run


def test_who_has_its_address_can_connect_before_the_server_is_up(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[socket.socket] = []

    def visit(_server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        visits.append(socket.create_connection(sockets[0].getsockname()))

    monkeypatch.setattr(uvicorn.Server, "run", visit)
    assert "The preview is at http://127.0.0.1:" in run("preview", "--port", "0").output
    visits.pop().close()
