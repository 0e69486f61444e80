"""The sender over TLS as sockets play it: small rooms, handshakes that break off or never end."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from digest.errors import RelayUnavailable
from digest.settings import SmtpSettings
from digest.smtp import MessageList, probe
from tests.integration.test_sender_faults import RecordingLedger
from tests.integration.test_sender_wire import outgoing, peer, relay, send_all
from tests.smtp_server import OFFERS, Do, ScriptedServer

LARGE = b"Subject: x\r\n\r\n" + b"a line of the body\r\n" * 250_000


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def wanted(authority: trustme.CA, tmp_path: Path) -> Callable[..., SmtpSettings]:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return lambda port, **changes: relay(
        port, host="localhost", ca_file=str(tmp_path / "ca.pem"), user="ada", password="secret", **changes
    )


@pytest.fixture
def server(authority: trustme.CA) -> ScriptedServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return ScriptedServer(tls=context, offers=(*OFFERS, "AUTH PLAIN LOGIN"))


def test_five_megabytes_pass_through_a_small_room(server: ScriptedServer, wanted: Callable[..., SmtpSettings]) -> None:
    server.script = lambda step: Do(then=lambda: time.sleep(0.2)) if step.name == "body" else None
    delivery_ledger = RecordingLedger()
    with server:
        source = MessageList(outgoing(n, LARGE) for n in range(2))
        assert send_all(wanted(server.port, tls="starttls"), delivery_ledger, source) is None
    assert [mail.data == LARGE for mail in server.taken] == [True, True]


@pytest.mark.parametrize("said", [b"", b"\x16\x03", b"220 not TLS\r\n"], ids=["nothing", "a part", "SMTP"])
@pytest.mark.parametrize("goes", [True, False], ids=["and goes", "and stays"])
def test_a_handshake_that_does_not_come_to_its_end_gives_nothing_away(
    wanted: Callable[..., SmtpSettings], said: bytes, goes: bool
) -> None:
    heard: list[bytes] = []

    def serve(sock: socket.socket) -> None:
        sock.sendall(said)
        heard.append(sock.recv(65536))
        if not goes:
            heard.append(sock.recv(65536))
        sock.close()

    with peer(serve) as port, pytest.raises(RelayUnavailable):
        probe(wanted(port, tls="tls", timeout_seconds=0.2))
    assert all(octets[:1] in (b"\x16", b"\x15", b"") for octets in heard), "only handshake and alert"
