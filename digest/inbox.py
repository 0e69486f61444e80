"""An embedded SMTP server that keeps what it receives: for the demo, for development and for tests.

It answers on loopback, on a free port, and stores each mail as an .eml file with exactly the octets that came over
the connection (transparency dots removed). The file index.jsonl has one line for each mail, with what the mail itself
does not say: its envelope and when it came. A file is complete before the server says 250.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import threading
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

INDEX = "index.jsonl"
SIZE_LIMIT = 32 * 1024 * 1024
START_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Received:
    """One mail that the server took, with its envelope."""

    file: Path
    sender: str
    recipients: tuple[str, ...]
    at: datetime  #: aware, UTC

    @property
    def data(self) -> bytes:
        """The octets of the message, as they came."""
        return self.file.read_bytes()


class Inbox:
    """An SMTP server in a thread of its own, for as long as the `with` block runs.

    With a `tls` context it offers STARTTLS (or speaks TLS from the first octet when `implicit_tls` is set), with
    `users` it takes mail only from those who log in.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.host = "127.0.0.1"
        self.port = port
        self._tls, self._implicit, self._users = tls, implicit_tls, dict(users or {})
        self._keeper = _Keeper(folder)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="inbox", daemon=True)

    def __enter__(self) -> Inbox:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(START_SECONDS)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *exc: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(START_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)
        self._loop.close()

    def mails(self) -> list[Received]:
        """Return the mails that are in the folder, in the order in which they came."""
        return read_inbox(self.folder)

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(
            self._protocol, self.host, self.port, ssl=self._tls if self._implicit else None
        )

    def _protocol(self) -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # AUTH without TLS: loopback only
            return SMTP(
                self._keeper,
                loop=self._loop,
                hostname="localhost",
                ident="Paper digest inbox",
                data_size_limit=SIZE_LIMIT,
                enable_SMTPUTF8=True,
                tls_context=None if self._implicit else self._tls,
                require_starttls=bool(self._tls and not self._implicit),
                auth_required=bool(self._users),
                auth_require_tls=bool(self._tls and not self._implicit),
                authenticator=self._authenticate,
            )

    def _authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and self._users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=known, handled=False)

    async def _close(self) -> None:
        self._server.close()
        rest = [task for task in asyncio.all_tasks(self._loop) if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


def read_inbox(folder: Path) -> list[Received]:
    """Return the mails that an Inbox left in a folder, oldest first; empty when there is none."""
    try:
        lines = (folder / INDEX).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [_received(folder, json.loads(line)) for line in lines]


def _received(folder: Path, entry: Mapping[str, Any]) -> Received:
    return Received(
        file=folder / entry["file"],
        sender=entry["sender"],
        recipients=tuple(entry["recipients"]),
        at=datetime.fromisoformat(entry["at"]),
    )


class _Keeper:
    """Writes each mail and its line in the index; the handler that aiosmtpd calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept = sum(1 for _ in folder.glob("*.eml"))

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        recipients = [str(recipient) for recipient in envelope.rcpt_tos]
        name = self._store(bytes(envelope.original_content or b""), recipients)
        self._note({"file": name, "sender": envelope.mail_from or "", "recipients": recipients})
        return f"250 2.0.0 kept as {name}"

    def _store(self, data: bytes, recipients: Iterable[str]) -> str:
        self.kept += 1
        label = re.sub(r"[^\w.@+-]", "_", next(iter(recipients), "nobody"))[:80]
        name = f"{self.kept:04}-{label}.eml"
        part = self.folder / f".{name}.part"
        part.write_bytes(data)
        part.rename(self.folder / name)
        return name

    def _note(self, entry: dict[str, Any]) -> None:
        entry["at"] = datetime.now(UTC).isoformat()
        with (self.folder / INDEX).open("a", encoding="utf-8") as index:
            index.write(json.dumps(entry, ensure_ascii=False) + "\n")
