"""As much of an IMAP server (RFC 3501), over TLS, as reading a mailbox takes."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """One folder with one account."""

    mails: dict[int, bytes]
    seen: set[int] = field(default_factory=set)
    port: int = 0


@contextmanager
def serving(mailbox: Mailbox, context: ssl.SSLContext) -> Iterator[Mailbox]:
    """Serve the mailbox on loopback while the block runs; its account is ada with the password secret."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            for line in self.rfile:
                tag, _, command = line.decode().strip().partition(" ")
                self.wfile.write(answer(mailbox, command) + f"{tag} {result(command)}\r\n".encode())
                if command.upper().startswith("LOGOUT"):
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True)
        mailbox.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield mailbox
        server.shutdown()


def result(command: str) -> str:
    refused = command.upper().startswith("LOGIN") and "secret" not in command
    return "NO [AUTHENTICATIONFAILED] no" if refused else "OK done"


def answer(mailbox: Mailbox, command: str) -> bytes:
    verb = " ".join(command.upper().split()[:2])
    if verb.startswith("CAPABILITY"):
        return b"* CAPABILITY IMAP4rev1\r\n"
    if verb.startswith("SELECT"):
        return f"* {len(mailbox.mails)} EXISTS\r\n".encode()
    if verb == "UID SEARCH":
        wanted = re.search(r"UID (\d+)", command[10:])
        uids = [int(wanted[1])] if wanted else sorted(mailbox.mails.keys() - mailbox.seen)
        return f"* SEARCH {' '.join(map(str, uids))}\r\n".encode()
    number = int(re.search(r"\d+", command)[0]) if verb.startswith("UID") else 0  # type: ignore[index]
    if verb == "UID STORE":
        mailbox.seen.add(number)
    if verb == "UID FETCH":
        data = mailbox.mails[number]
        head = f"* {number} FETCH (UID {number} FLAGS () RFC822.SIZE {len(data)} BODY[] {{{len(data)}}}\r\n"
        return head.encode() + data + b")\r\n"
    return b""
