"""An SMTP server for tests that does as it is told: plays any fault at any step, and keeps what it took."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Do:
    """What the server does at a step instead of the usual."""

    say: bytes | None = None  #: this reply instead of the usual; b"" says nothing
    cut: bool = False  #: then close the connection
    hang: bool = False  #: then say nothing until the client goes
    keep: bool | None = None  #: at the dot: whether the mail counts as taken; None: when the reply begins with 2
    then: Callable[[], object] | None = None  #: called after the reply


@dataclass(frozen=True)
class Step:
    """A step at which the script is asked."""

    name: str  #: greeting, ehlo, starttls, auth, mail, rcpt, data, body, dot, rset
    connection: int  #: counted from 1
    recipient: str = ""
    nth: int = 0  #: how often this step was reached for this recipient (or connection), counted from 1
    argument: str = ""


@dataclass(frozen=True)
class Taken:
    """A mail that the server took."""

    sender: str
    recipient: str
    data: bytes
    connection: int


Script = Callable[[Step], Do | None]
OFFERS = ("PIPELINING", "SIZE 10240000", "8BITMIME", "SMTPUTF8")


@dataclass
class ScriptedServer:
    """Listens on loopback while the `with` block runs; each connection has a thread."""

    script: Script = lambda _step: None
    offers: tuple[str, ...] = OFFERS
    tls: ssl.SSLContext | None = None
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)  #: every command line, in order of arrival
    port: int = 0
    connections: int = 0

    def __enter__(self) -> ScriptedServer:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._counts: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        self._closing = False
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def recipients(self) -> list[str]:
        """Return the recipients of what was taken, sorted."""
        return sorted(mail.recipient for mail in self.taken)

    def wait_for(self, mails: int, seconds: float = 10) -> None:
        """Wait until that many mails were taken."""
        end = time.monotonic() + seconds
        while len(self.taken) < mails and time.monotonic() < end:
            time.sleep(0.005)

    def _accept(self) -> None:
        while not self._closing:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._sockets.append(sock)
            threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        dialogue = _Dialogue(self, sock, number)
        with contextlib.suppress(OSError, _Gone):
            dialogue.run()
        dialogue.close()

    def ask(self, name: str, connection: int, recipient: str = "", argument: str = "") -> Do:
        """Return what the script wants at this step."""
        with self._lock:
            place = (name, recipient or str(connection))
            self._counts[place] = nth = self._counts.get(place, 0) + 1
        step = Step(name=name, connection=connection, recipient=recipient, nth=nth, argument=argument)
        return self.script(step) or Do()


class _Gone(Exception):
    """The dialogue is over."""


class _Dialogue:
    def __init__(self, server: ScriptedServer, sock: socket.socket, number: int) -> None:
        self.server, self.sock, self.number = server, sock, number
        self.reader: Any = sock.makefile("rb")
        self.sender = self.recipient = ""

    def run(self) -> None:
        self.step("greeting", b"220 scripted.example ESMTP\r\n")
        for line in self.lines():
            self.server.commands.append(line)
            verb = line.split(" ")[0].upper()
            getattr(self, f"on_{verb.lower()}", self.unknown)(line)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.reader.close()
        self.sock.close()

    def lines(self) -> Iterator[str]:
        while line := self.reader.readline():
            yield line.decode("utf-8", "replace").rstrip("\r\n")

    def step(self, name: str, usual: bytes, *, argument: str = "") -> bytes:
        wanted = self.server.ask(name, self.number, self.recipient, argument)
        return self.answer(wanted, usual)

    def answer(self, wanted: Do, usual: bytes) -> bytes:
        reply = usual if wanted.say is None else wanted.say
        if reply:
            self.sock.sendall(reply)
        if wanted.then:
            wanted.then()
        if wanted.hang:
            if not self.sock.recv(1):
                self.sock.close()
            raise _Gone
        if wanted.cut:
            raise _Gone
        return reply

    def unknown(self, line: str) -> None:
        self.sock.sendall(b"500 5.5.1 what?\r\n")

    def on_ehlo(self, line: str) -> None:
        secured = isinstance(self.sock, ssl.SSLSocket)
        offers = [*self.server.offers, *(["STARTTLS"] if self.server.tls and not secured else [])]
        lines = ["scripted.example", *offers]
        text = "".join(f"250{'-' if line is not lines[-1] else ' '}{line}\r\n" for line in lines)
        self.step("ehlo", text.encode())

    def on_starttls(self, line: str) -> None:
        if self.step("starttls", b"220 2.0.0 go\r\n").startswith(b"220") and self.server.tls:
            self.reader.close()
            self.sock = self.server.tls.wrap_socket(self.sock, server_side=True, do_handshake_on_connect=False)
            self.sock.do_handshake()
            self.reader = self.sock.makefile("rb")

    def on_auth(self, line: str) -> None:
        self.step("auth", b"235 2.7.0 welcome\r\n", argument=line)

    def on_mail(self, line: str) -> None:
        if self.sender:
            self.sock.sendall(b"503 5.5.1 nested MAIL\r\n")
            return
        self.recipient = ""
        address = line.split("<")[1].split(">")[0]
        if self.step("mail", b"250 2.1.0 ok\r\n", argument=line).startswith(b"2"):
            self.sender = address or "<>"

    def on_rcpt(self, line: str) -> None:
        if not self.sender:
            self.sock.sendall(b"503 5.5.1 MAIL first\r\n")
            return
        self.recipient = line.split("<")[1].split(">")[0]
        if not self.step("rcpt", b"250 2.1.5 ok\r\n", argument=line).startswith(b"2"):
            self.recipient = ""

    def on_data(self, line: str) -> None:
        if not self.recipient:
            self.sock.sendall(b"503 5.5.1 RCPT first\r\n" if not self.sender else b"554 5.5.1 no valid recipients\r\n")
            return
        if self.step("data", b"354 go ahead\r\n").startswith(b"3"):
            self.body()

    def body(self) -> None:
        first = self.reader.readline()
        if not first:
            raise _Gone
        self.answer(self.server.ask("body", self.number, self.recipient), b"")
        data = []
        line = first
        while line != b".\r\n":
            if not line:
                raise _Gone
            data.append(line[1:] if line.startswith(b".") else line)
            line = self.reader.readline()
        self.dot(b"".join(data))

    def dot(self, data: bytes) -> None:
        wanted = self.server.ask("dot", self.number, self.recipient)
        reply = b"250 2.0.0 taken\r\n" if wanted.say is None else wanted.say
        if wanted.keep if wanted.keep is not None else reply.startswith(b"2"):
            mail = Taken(sender=self.sender, recipient=self.recipient, data=data, connection=self.number)
            self.server.taken.append(mail)
        self.sender = self.recipient = ""
        self.answer(wanted, reply)

    def on_rset(self, line: str) -> None:
        self.sender = self.recipient = ""
        self.step("rset", b"250 2.0.0 ok\r\n")

    def on_quit(self, line: str) -> None:
        self.sock.sendall(b"221 2.0.0 bye\r\n")
        raise _Gone
