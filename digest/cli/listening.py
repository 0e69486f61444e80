"""Sockets for the servers that the command line runs."""

from __future__ import annotations

import socket


def listening(host: str, port: int) -> socket.socket:
    """Return a listening socket; for "::" it accepts IPv4 as well. Raise OSError when the address is not available."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    return socket.create_server(address, family=family, dualstack_ipv6=both)
