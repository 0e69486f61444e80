"""One TCP connection that speaks SMTP: sends bytes, reads replies, each step with a time-out."""

from __future__ import annotations

import errno
import os
import re
import select
import socket
import ssl
import time
from collections.abc import Sequence
from functools import lru_cache

from digest.smtp.coroutines import Coroutine, Wait
from digest.smtp.replies import Reply

MAX_LINE = 8192  # octets; RFC 5321 allows 512
MAX_LINES = 1000  # of one reply; some greet with hundreds
_CHUNK = 65536
_LEFTOVER_SECONDS = 0.2  # seconds
_TOO_LATE = "no reply in time"
_WAITS = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_MOST_PARTS = os.sysconf("SC_IOV_MAX")  # the most that sendmsg accepts in one call
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # where the system has it: Linux
_PLAIN_REPLY = re.compile(rb"([2-5][0-9]{2}) ([ -~]{0,2000})")  # what nearly all are: one line of ASCII


class ConnectionBroken(Exception):
    """The connection is unusable: closed, timed out, or the server's replies are not SMTP."""


class NothingLeft(ConnectionBroken):
    """The connection broke before a single octet was sent."""


class Connection:
    """A non-blocking socket and a buffer of octets that were read but not yet parsed."""

    __slots__ = ("_buffer", "_patience", "_socket")

    def __init__(self, sock: socket.socket, patience: float) -> None:
        self._socket, self._patience, self._buffer = sock, patience, b""
        self._socket.setblocking(False)
        # Else the last part of a message waits for the acknowledgement of those before: 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connect(self, address: tuple[str | int | bytes, ...]) -> Coroutine[None]:
        """Connect the socket. Raise ConnectionBroken."""
        problem = self._socket.connect_ex(address)
        if problem == errno.EINPROGRESS:
            yield from self._await(select.POLLOUT, time.monotonic() + self._patience)
            problem = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            raise ConnectionBroken(os.strerror(problem))

    def send(self, *parts: bytes) -> Coroutine[None]:
        """Write all of the octets. Raise ConnectionBroken; NothingLeft when no octet can have reached the server."""
        left: Sequence[bytes | memoryview] = parts
        deadline = time.monotonic() + self._patience
        while left:
            try:
                left = _after(left, self._write(left))
            except _WAITS as wait:
                yield from self._await(_asked(wait, select.POLLOUT), deadline)
            except OSError as error:
                kind = NothingLeft if left is parts else ConnectionBroken
                raise kind(_reason(error)) from error

    def reply(self, patience: float = 1) -> Coroutine[Reply]:
        """Return the server's next reply, waiting at most `patience` times the usual time. Raise ConnectionBroken.

        The limit holds for the whole reply: a server that sends it slowly gets no extra time.
        """
        deadline = time.monotonic() + patience * self._patience
        if not self._buffer:
            self._buffer = yield from self._receive(deadline)
        if take_ready := self.take_ready():
            return take_ready
        first = yield from self._line(deadline)
        code, texts = _code(first), [first[4:]]
        line = first
        while line[3:4] == b"-":
            line = yield from self._line(deadline)
            if _code(line) != code or len(texts) >= MAX_LINES:
                raise ConnectionBroken(f"an endless or contradictory reply: {_shown(first)} … {_shown(line)}")
            texts.append(line[4:])
        return Reply(code, _text(texts))

    def further_reply(self) -> Coroutine[Reply]:
        """Return the next reply like `reply`, when we have nothing to send until it comes.

        What came before it is acknowledged at once. Else our kernel would keep the acknowledgement for 40 ms, hoping
        for octets to send it with, while a server that writes each reply by itself holds this one back until it has
        that (Nagle's algorithm; RFC 1122, 4.2.3.2 and 4.2.3.4).
        """
        if _QUICKACK is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        return (yield from self.reply())

    def take_ready(self) -> Reply | None:
        """Return the next reply if it is already in the buffer and simple; None when it must be read or parsed."""
        line, end, rest = self._buffer.partition(b"\r\n")
        reply = _plain_reply(line) if end else None
        if reply:
            self._buffer = rest
        return reply

    def quiet(self) -> bool:
        """Return True when the buffer holds nothing that the server sent."""
        return not self._buffer

    def leftover(self) -> Coroutine[Reply | None]:
        """Return a reply that the server sent before it broke the connection; None without one."""
        try:
            return (yield from self.reply(_LEFTOVER_SECONDS / self._patience))
        except (ConnectionBroken, OSError):
            return None

    def secure(self, context: ssl.SSLContext, name: str) -> Coroutine[None]:
        """Start TLS with a server of this name. Raise ssl.SSLError (a bad certificate included) and OSError."""
        deadline = time.monotonic() + self._patience
        secured = context.wrap_socket(self._socket, server_hostname=name, do_handshake_on_connect=False)
        self._socket = secured
        while True:
            try:
                return secured.do_handshake()
            except _WAITS as wait:
                yield from self._await(_asked(wait, select.POLLIN), deadline)

    def name(self) -> str:
        """Return the local address of the connection as an address literal (RFC 5321, 4.1.3)."""
        address = self._socket.getsockname()[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    def close(self) -> None:
        """Close the connection without QUIT."""
        self._socket.close()

    def _write(self, parts: Sequence[bytes | memoryview]) -> int:
        """Write as much of the parts as the kernel accepts; return the number of octets."""
        if len(parts) == 1:
            return self._socket.send(parts[0])
        if len(parts) > _MOST_PARTS or isinstance(self._socket, ssl.SSLSocket):
            return self._socket.send(b"".join(parts))
        return self._socket.sendmsg(parts)

    def _line(self, deadline: float) -> Coroutine[bytes]:
        end = self._buffer.find(b"\n")
        while end < 0:
            if len(self._buffer) > MAX_LINE:
                raise ConnectionBroken(f"a reply line without an end: {_shown(self._buffer)}")
            self._buffer += yield from self._receive(deadline)
            end = self._buffer.find(b"\n")
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        return line.rstrip(b"\r")

    def _receive(self, deadline: float) -> Coroutine[bytes]:
        while True:
            try:
                data = self._socket.recv(_CHUNK)
            except _WAITS as wait:
                yield from self._await(_asked(wait, select.POLLIN), deadline)
                continue
            except OSError as error:
                raise ConnectionBroken(_reason(error)) from error
            if not data:
                raise ConnectionBroken("the server closed the connection")
            return data

    def _await(self, events: int, deadline: float) -> Coroutine[None]:
        if not (yield Wait(deadline, self._socket.fileno(), events)):
            raise ConnectionBroken(_TOO_LATE)


def _after(parts: Sequence[bytes | memoryview], taken: int) -> Sequence[bytes | memoryview]:
    """Return the rest of the parts after that many octets were written."""
    if taken == sum(map(len, parts)):
        return ()
    return (memoryview(b"".join(parts))[taken:],)


@lru_cache(maxsize=64)
def _plain_reply(line: bytes) -> Reply | None:
    """Return the reply of a single ASCII line; None for any other. Cached, because servers repeat themselves."""
    found = _PLAIN_REPLY.fullmatch(line)
    return Reply(int(found[1]), found[2].decode("ascii")) if found else None


def _asked(wait: OSError, usual: int) -> int:
    """Return the poll event to wait for: the one that TLS asks for, else the usual one."""
    if isinstance(wait, ssl.SSLWantReadError):
        return select.POLLIN
    return select.POLLOUT if isinstance(wait, ssl.SSLWantWriteError) else usual


def _code(line: bytes) -> int:
    code = line[:3]
    if len(code) == 3 and code.isdigit() and b"200" <= code < b"600" and line[3:4] in (b" ", b"-", b""):
        return int(code)
    raise ConnectionBroken(f"not an SMTP reply: {_shown(line)}")


def _text(lines: list[bytes]) -> str:
    text = b"\n".join(lines).decode("utf-8", "replace")
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text


def _shown(line: bytes) -> str:
    return repr(line[:80].decode("utf-8", "replace"))


def _reason(error: OSError) -> str:
    return _TOO_LATE if isinstance(error, TimeoutError) else str(error) or type(error).__name__
