"""The guarded HTTP transport: public addresses only unless allowed, and one deadline for a whole request.

It connects to the address that it checked, so DNS rebinding does not help an attacker. The deadline covers DNS,
connecting, TLS, headers and body together, so a server that sends a byte now and then cannot delay a run.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpcore
import httpx

_SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")  # parsers disagree on these; RFC 3986 allows none of them
_USERINFO = re.compile(r"(?:[\w.~!$&'()*+,;=:-]|%(?!2f|5c|3f|23|0|1)[0-9a-f]{2})*", re.ASCII | re.IGNORECASE)


def unambiguous_url(text: str) -> httpx.URL:
    """Return the URL that a text means for every parser, ours and the client's.

    Raise httpx.InvalidURL for a text in which another parser could see another host, such as
    `http://127.0.0.1\\@192.0.2.1/`.
    """
    if found := _UNSAFE.search(text.partition("?")[0].partition("#")[0]):
        raise httpx.InvalidURL(f"{found[0]!r} must not occur in a URL")
    url = httpx.URL(text)
    try:
        other = urlsplit(text)
        agree = (other.hostname or "", other.port) == (url.host.lower(), _port_in(url, other.port))
    except ValueError as error:
        raise httpx.InvalidURL(str(error)) from error
    if not _USERINFO.fullmatch(other.netloc.rpartition("@")[0]):
        raise httpx.InvalidURL("the part before the @ contains characters that are not allowed there")
    if not agree and text.isascii():
        raise httpx.InvalidURL("it is not clear which host this URL names")
    return url


def _port_in(url: httpx.URL, other: int | None) -> int | None:
    """Return the port of a URL, where httpx leaves out the default one that the text names."""
    return url.port if url.port is not None else other if other in (80, 443) else None


class PrivateAddress(httpx.ConnectError):
    """A name resolved to a private address; nothing was sent there."""


class Deadline:
    """The instant by which a request must end, on the monotonic clock."""

    def __init__(self) -> None:
        self._end = float("inf")

    def start(self, seconds: float) -> None:
        """Start the countdown."""
        self._end = time.monotonic() + seconds

    def left(self, timeout: float | None) -> float:
        """Return the time-out of a step: its own, or the time left. Raise ReadTimeout when none is left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the answer took too long as a whole")
        return left if timeout is None else min(left, timeout)


def is_public(address: str) -> bool:
    """Return whether an IP address is public, including addresses embedded in IPv6.

    >>> [is_public(a) for a in ("192.0.2.1", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "8.8.8.8")]
    [False, False, False, False, True]
    """
    parsed: _Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return parsed.is_global and not parsed.is_multicast


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline, allow_private: bool) -> None:
        self._inner, self._deadline, self._allow_private = httpcore.SyncBackend(), deadline, allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port):
            try:
                left = self._deadline.left(timeout)
                stream = self._inner.connect_tcp(address, port, left, local_address, socket_options)
                return _Stream(stream, self._deadline)
            except httpcore.ConnectError as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        refused = [] if self._allow_private else [address for address in addresses if not is_public(address)]
        if refused:
            raise PrivateAddress(
                f"{host} is {refused[0]}, an address that is not public; fetching.allow_private allows it"
            )
        return addresses


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class GuardedTransport(httpx.BaseTransport):
    """An httpx transport that uses the guarded backend."""

    def __init__(self, deadline: Deadline, *, allow_private: bool) -> None:
        trust = ssl.create_default_context()
        trust.load_verify_locations(certifi.where())
        self._pool = httpcore.ConnectionPool(ssl_context=trust, network_backend=_Backend(deadline, allow_private))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response, its body unread."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        wanted = httpcore.Request(
            request.method, url, headers=request.headers.raw, content=request.read(), extensions=request.extensions
        )
        with _as_httpx():
            response = self._pool.handle_request(wanted)
        body = _Body(response)
        return httpx.Response(response.status, headers=response.headers, stream=body, extensions=response.extensions)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@contextlib.contextmanager
def _as_httpx() -> Iterator[None]:
    """Translate the errors of httpcore into those of httpx."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.TimeoutException(str(error) or "no answer in time") from error
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise httpx.ProtocolError(str(error)) from error
    except (httpcore.NetworkError, httpcore.ProxyError) as error:
        raise httpx.NetworkError(str(error)) from error
