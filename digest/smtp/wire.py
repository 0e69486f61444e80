"""One TCP connection that speaks SMTP's lines: octets out, replies in, every step under a time-out."""

from __future__ import annotations

import re
import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import Protocol

from digest.smtp.replies import Reply

MAX_LINE = 8192  # octets; RFC 5321 allows 512
MAX_LINES = 128
_CHUNK = 65536
_GLANCE = 0.2  # seconds
_WAITS = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_PLAIN_REPLY = re.compile(rb"([2-5][0-9]{2}) ([ -~]{0,2000})\r\n")  # what nearly all are: one line of ASCII


class WireBroken(Exception):
    """The connection cannot be used any more: closed, timed out, or the server talks nonsense."""


class Turn(Protocol):
    """What lets others work while a thread waits for its peer."""

    def begin(self) -> None:
        """Waits until this thread may go on."""

    def end(self) -> None:
        """Lets others go on."""


class _Alone:
    """The turn of a connection that shares nothing."""

    def begin(self) -> None:
        pass

    def end(self) -> None:
        pass


class Wire:
    """A socket with the octets that were read from it and not yet used."""

    __slots__ = ("_buffer", "_patience", "_socket", "turn")

    def __init__(self, sock: socket.socket, patience: float) -> None:
        self._socket, self._patience, self._buffer = sock, patience, b""
        self._socket.setblocking(False)
        self.turn: Turn = _Alone()  #: is ended for as long as the peer has to be waited for

    def send(self, data: bytes) -> None:
        """Writes all of the octets. Raises WireBroken."""
        left, deadline = memoryview(data), time.monotonic() + self._patience
        while left:
            try:
                left = left[self._socket.send(left) :]
            except _WAITS as wait:
                self._await(wait, select.POLLOUT, deadline)
            except OSError as error:
                raise WireBroken(_reason(error)) from error

    def reply(self, patience: float = 1) -> Reply:
        """Gives the server's next reply, waiting at most `patience` times the usual time. Raises WireBroken.

        The limit holds for the whole reply, so that octets that drip in do not prolong it.
        """
        if at_hand := _PLAIN_REPLY.match(self._buffer):
            self._buffer = self._buffer[at_hand.end() :]
            return Reply(int(at_hand[1]), at_hand[2].decode("ascii"))
        deadline = time.monotonic() + patience * self._patience
        first = self._line(deadline)
        code, texts = _code(first), [first[4:]]
        line = first
        while line[3:4] == b"-":
            line = self._line(deadline)
            if _code(line) != code or len(texts) >= MAX_LINES:
                raise WireBroken(f"an endless or contradictory reply: {_shown(first)} … {_shown(line)}")
            texts.append(line[4:])
        return Reply(code, _text(texts))

    def quiet(self) -> bool:
        """True when nothing that the server sent is left unread here."""
        return not self._buffer

    def leftover(self) -> Reply | None:
        """Gives a reply that the server sent before it broke the connection; None without one."""
        try:
            return self.reply(_GLANCE / self._patience)
        except (WireBroken, OSError):
            return None

    def secure(self, wrap: Callable[[socket.socket], ssl.SSLSocket]) -> None:
        """Starts TLS on the connection. Raises ssl.SSLError (a bad certificate included) and OSError."""
        self._socket.settimeout(self._patience)
        self._socket = wrap(self._socket)
        self._socket.setblocking(False)

    def name(self) -> str:
        """Gives our own end of the connection as an address literal (RFC 5321, 4.1.3)."""
        address = self._socket.getsockname()[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    def close(self) -> None:
        """Closes the connection, without another word."""
        self._socket.close()

    def _line(self, deadline: float) -> bytes:
        end = self._buffer.find(b"\n")
        while end < 0:
            if len(self._buffer) > MAX_LINE:
                raise WireBroken(f"a reply line without an end: {_shown(self._buffer)}")
            self._buffer += self._receive(deadline)
            end = self._buffer.find(b"\n")
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        return line.rstrip(b"\r")

    def _receive(self, deadline: float) -> bytes:
        while True:
            try:
                data = self._socket.recv(_CHUNK)
            except _WAITS as wait:
                self._await(wait, select.POLLIN, deadline)
                continue
            except OSError as error:
                raise WireBroken(_reason(error)) from error
            if not data:
                raise WireBroken("the server closed the connection")
            return data

    def _await(self, wait: OSError, usual: int, deadline: float) -> None:
        """Waits until the socket is ready: for what TLS asks for, else for what is usual. Raises WireBroken."""
        asked: dict[type[OSError], int] = {ssl.SSLWantReadError: select.POLLIN, ssl.SSLWantWriteError: select.POLLOUT}
        ready = select.poll()
        ready.register(self._socket, asked.get(type(wait), usual))
        self.turn.end()
        try:
            if not ready.poll(max(deadline - time.monotonic(), 0) * 1000):
                raise WireBroken("no reply in time")
        finally:
            self.turn.begin()


def _code(line: bytes) -> int:
    code = line[:3]
    if len(code) == 3 and code.isdigit() and b"200" <= code < b"600" and line[3:4] in (b" ", b"-", b""):
        return int(code)
    raise WireBroken(f"not an SMTP reply: {_shown(line)}")


def _text(lines: list[bytes]) -> str:
    text = b"\n".join(lines).decode("utf-8", "replace")
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text


def _shown(line: bytes) -> str:
    return repr(line[:80].decode("utf-8", "replace"))


def _reason(error: OSError) -> str:
    return "no reply in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
