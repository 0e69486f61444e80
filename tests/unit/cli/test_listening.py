"""Sockets to answer on, real ones."""

from __future__ import annotations

import socket

import pytest

from digest.cli.listening import listening


def test_an_address_that_means_all_takes_connections_of_ipv4() -> None:
    everywhere = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"
    with listening(everywhere, 0) as made, socket.create_connection(("127.0.0.1", made.getsockname()[1])):
        pass


def test_an_address_that_is_taken_is_refused() -> None:
    with listening("127.0.0.1", 0) as made, pytest.raises(OSError, match="in use"):
        listening("127.0.0.1", made.getsockname()[1])
