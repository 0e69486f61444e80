"""`digest preview`: issues in the browser before they are sent."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import uvicorn

from digest.cli.invocation import Invocation, command
from digest.cli.listening import listening
from digest.errors import UsageError
from digest.inbox import Inbox
from digest.settings import SmtpSettings
from digest.web.preview.app import create_preview
from digest.web.preview.session import PreviewSession, open_session

INBOX_FOLDER, INBOX_PORT = "inbox", 1025


@dataclass(frozen=True, kw_only=True)
class _Listening:
    """A listening socket and its URL."""

    socket: socket.socket
    address: str


@command(reports=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8008,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0: any free port.",
)
@click.option("--inbox", is_flag=True, help="Also run an SMTP server and show the e-mails that it receives.")
@click.option(
    "--inbox-port",
    default=INBOX_PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port of the SMTP server.",
)
@click.option(
    "--inbox-folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder in which the SMTP server stores e-mails.",
)
def preview(
    invocation: Invocation, host: str, port: int, inbox: bool, inbox_port: int, inbox_folder: Path | None
) -> None:
    """Preview issues in the browser.

    Shows the issue that a subscriber, or a new profile, would get, and why. Nothing is recorded or sent. Prints the
    URL, whose secret token is new each time. Stop it with Ctrl-C.
    """
    with ExitStack() as held:
        store = held.enter_context(invocation.store())
        pages = held.enter_context(_listening(host, port))
        folder = inbox_folder or invocation.configuration.folder / INBOX_FOLDER
        server = held.enter_context(_inbox(folder, inbox_port)) if inbox else None
        relay = SmtpSettings(host=server.host, port=server.port, tls="none") if server else None
        session = open_session(
            store, invocation.settings, _now, inbox=folder if server or folder.is_dir() else None, inbox_relay=relay
        )
        _announce(invocation, pages, session)
        config = uvicorn.Config(
            create_preview(session), log_config=None, access_log=False, server_header=False, ws="none"
        )
        uvicorn.Server(config).run(sockets=[pages.socket])


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _listening(host: str, port: int) -> Iterator[_Listening]:
    """Return a socket on that address. Raise UsageError when it is not available."""
    try:
        made = listening(host, port)
    except OSError as error:
        raise UsageError(f"--host {host} --port {port}: {error.strerror or error}") from error
    with made:
        shown = f"[{host}]" if ":" in host else host
        yield _Listening(socket=made, address=f"http://{shown}:{made.getsockname()[1]}")


@contextmanager
def _inbox(folder: Path, port: int) -> Iterator[Inbox]:
    try:
        server = Inbox(folder, port=port).__enter__()
    except OSError as error:
        raise UsageError(f"--inbox-port {port}: {error.strerror or error}") from error
    try:
        yield server
    finally:
        server.__exit__()


def _announce(invocation: Invocation, pages: _Listening, session: PreviewSession) -> None:
    address, relay = pages.address + session.root, session.inbox_relay
    lines = [f"The preview is at {address}"]
    if relay:
        lines.append(
            f"Its inbox receives e-mail on {relay.host}:{relay.port} without TLS and stores it in {session.inbox}"
        )
    report = {"address": address, "inbox": {"host": relay.host, "port": relay.port} if relay else None}
    invocation.show(report, "\n".join(lines))
    host = pages.socket.getsockname()[0]
    if not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        invocation.warn(f"It listens on {host}: anyone with the URL can read profiles and send test messages.")
