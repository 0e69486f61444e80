"""What the mail servers of the tests have in common: one account, free ports, Maildirs."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER, PASSWORD = "ada", "secret"


@dataclass(frozen=True)
class MailServer:
    """A mail server that runs, with STARTTLS and a login, and delivers to Maildirs."""

    port: int
    home: Path

    @property
    def ca_file(self) -> Path:
        """The authority that its certificate is from."""
        return self.home / "ca.pem"

    def mails(self) -> dict[str, list[bytes]]:
        """Return the mails in the Maildirs, by local part."""
        boxes = (self.home / "mail").iterdir()
        return {box.name: [path.read_bytes() for path in (box / "new").iterdir()] for box in boxes}

    def wait_for(self, count: int, seconds: float = 30) -> None:
        """Wait until so many mails are in the Maildirs."""
        end = time.monotonic() + seconds
        while sum(1 for _ in (self.home / "mail").glob("*/new/*")) < count and time.monotonic() < end:
            time.sleep(0.05)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_until_open(port: int, process: subprocess.Popen[Any], seconds: float = 30) -> bool:
    """Wait for the server's greeting; return False when the process ended or stayed silent."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
            if sock.recv(3) == b"220":
                return True
        time.sleep(0.05)
    return False
