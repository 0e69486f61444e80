"""The sender against a server that plays every fault: each recipient's outcome, and that nobody else suffers."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
import trustme

from digest.deliveries import Attempt, Outcome
from digest.errors import RelayError, RelayRefused, RelayUnavailable
from digest.settings import SmtpSettings
from digest.smtp import MessageList, OutgoingMessage, RelayClient
from digest.smtp.coroutines import run_alone
from digest.smtp.session import open_session
from tests.smtp_server import OFFERS, Do, ScriptedServer, Step

MAIL = b"From: a@example.org\r\nSubject: x\r\n\r\n" + b"a line of the body\r\n" * 2000 + b".a dot\r\n"
VICTIM = "r3@example.com"


@dataclass
class RecordingLedger:
    """A record in memory that notes what it was told."""

    attempts: dict[int, Attempt] = field(default_factory=dict)
    intents: list[int] = field(default_factory=list)
    refuse: frozenset[int] = frozenset()

    def record(self, attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
        for attempt in attempts:
            assert attempt.delivery not in self.attempts, "marked twice"
            self.attempts[attempt.delivery] = attempt
        self.intents += intents
        return set(intents) - self.refuse

    def outcomes(self) -> dict[int, Outcome]:
        return {delivery: attempt.outcome for delivery, attempt in sorted(self.attempts.items())}


def outgoing_messages(count: int) -> MessageList:
    return MessageList(
        OutgoingMessage(n, f"bounce+{n}@example.org", f"r{n}@example.com", (MAIL,)) for n in range(count)
    )


def send_all(
    server: ScriptedServer, delivery_ledger: RecordingLedger, count: int = 8, connections: int = 1
) -> RelayError | None:
    relay = SmtpSettings(host="localhost", port=server.port, tls="none", timeout_seconds=0.4, connections=connections)
    return RelayClient(relay, delivery_ledger.record, first_pause=0.01).send_all(outgoing_messages(count))


def only(name: str, do: Do, times: int = 99) -> ScriptedServer:
    """Return a server that plays the fault at that step for the victim, that many times."""

    def script(step: Step) -> Do | None:
        hit = step.name == name and (step.recipient == VICTIM or "bounce+3@" in step.argument)
        return do if hit and step.nth <= times else None

    return ScriptedServer(script=script)


PIPELINING = pytest.mark.parametrize("offers", [OFFERS, OFFERS[1:]], ids=["pipelined", "lock-step"])


@PIPELINING
@pytest.mark.parametrize(
    ("server", "outcome", "status"),
    [
        pytest.param(only("mail", Do(b"451 4.3.0 later\r\n")), Outcome.DEFERRED, "4.3.0", id="451-at-mail"),
        pytest.param(only("mail", Do(b"550 5.7.1 not you\r\n")), Outcome.DEFERRED, "5.7.1", id="550-at-mail"),
        pytest.param(only("mail", Do(b"552 5.3.4 big\r\n")), Outcome.FAILED, "5.3.4", id="552-at-mail"),
        pytest.param(only("rcpt", Do(b"450 4.2.0 grey\r\n")), Outcome.DEFERRED, "4.2.0", id="450-at-rcpt"),
        pytest.param(only("rcpt", Do(b"550 5.1.1 who\r\n")), Outcome.FAILED, "5.1.1", id="550-at-rcpt"),
        pytest.param(only("rcpt", Do(b"550-5.1.1 who\r\n550 5.1.1 is it\r\n")), Outcome.FAILED, "5.1.1", id="lines"),
        pytest.param(only("data", Do(b"451 4.3.0 later\r\n")), Outcome.DEFERRED, "4.3.0", id="451-at-data"),
        pytest.param(only("data", Do(b"554 5.5.0 no\r\n")), Outcome.FAILED, "5.5.0", id="554-at-data"),
        pytest.param(only("dot", Do(b"451 4.3.0 later\r\n")), Outcome.DEFERRED, "4.3.0", id="451-after-dot"),
        pytest.param(only("dot", Do(b"452 4.3.1 full\r\n")), Outcome.DEFERRED, "4.3.1", id="452-after-dot"),
        pytest.param(only("dot", Do(b"550 5.7.1 spam\r\n")), Outcome.FAILED, "5.7.1", id="550-after-dot"),
        pytest.param(only("dot", Do(b"421 4.3.2 bye\r\n", cut=True)), Outcome.DEFERRED, "4.3.2", id="421-after-dot"),
        pytest.param(only("dot", Do(b"", cut=True, keep=True)), Outcome.AMBIGUOUS, None, id="cut-after-dot-taken"),
        pytest.param(only("dot", Do(b"", cut=True, keep=False)), Outcome.AMBIGUOUS, None, id="cut-after-dot-not-taken"),
        pytest.param(only("dot", Do(b"", hang=True)), Outcome.AMBIGUOUS, None, id="silence-after-dot"),
        pytest.param(only("dot", Do(b"?!\r\n", keep=True)), Outcome.AMBIGUOUS, None, id="garbage-after-dot"),
        pytest.param(only("mail", Do(b"", cut=True)), Outcome.LOST, None, id="cut-at-mail"),
        pytest.param(only("rcpt", Do(b"", cut=True)), Outcome.LOST, None, id="cut-at-rcpt"),
        pytest.param(only("rcpt", Do(b"", hang=True)), Outcome.LOST, None, id="silence-at-rcpt"),
        pytest.param(only("rcpt", Do(b"hello\r\n")), Outcome.LOST, None, id="garbage-at-rcpt"),
        pytest.param(only("rcpt", Do(b"421 4.7.0 bye\r\n", cut=True)), Outcome.LOST, None, id="421-at-rcpt"),
        pytest.param(only("rcpt", Do(b"\xff" * 20000)), Outcome.LOST, None, id="an-endless-line-at-rcpt"),
        pytest.param(only("rcpt", Do(b"250-x\r\n" * 500)), Outcome.LOST, None, id="an-endless-reply-at-rcpt"),
        pytest.param(only("data", Do(b"", cut=True)), Outcome.LOST, None, id="cut-at-data"),
        pytest.param(only("body", Do(b"", cut=True)), None, None, id="cut-in-the-body"),
    ],
)
def test_a_fault_of_one_recipient_touches_no_other(
    server: ScriptedServer, outcome: Outcome | None, status: str | None, offers: tuple[str, ...]
) -> None:
    server.offers, server.taken, server.connections = offers, [], 0
    delivery_ledger = RecordingLedger()
    with server:
        problem = send_all(server, delivery_ledger)
    assert problem is None
    attempt = delivery_ledger.attempts.pop(3)
    # A connection cut in the body may be noticed only at the final dot: then there is doubt, and the truth is "not".
    assert attempt.outcome is outcome or (outcome is None and attempt.outcome in (Outcome.LOST, Outcome.AMBIGUOUS))
    assert attempt.status == status
    assert set(delivery_ledger.outcomes().values()) == {Outcome.SENT}
    assert len(delivery_ledger.attempts) == 7
    others = [mail for mail in server.taken if mail.recipient != VICTIM]
    assert sorted(mail.recipient for mail in others) == [f"r{n}@example.com" for n in range(8) if n != 3]
    assert all(mail.data == MAIL for mail in others)


@PIPELINING
@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
def test_a_connection_that_breaks_before_the_dot_is_replaced_at_once(step: str, offers: tuple[str, ...]) -> None:
    delivery_ledger = RecordingLedger()
    with only(step, Do(b"", cut=True), times=1) as server:
        server.offers = offers
        assert send_all(server, delivery_ledger) is None
    assert set(delivery_ledger.outcomes().values()) == {Outcome.SENT}
    assert server.recipients() == sorted(f"r{n}@example.com" for n in range(8))


@PIPELINING
def test_after_four_refused_recipients_a_new_connection_is_made(offers: tuple[str, ...]) -> None:
    def script(step: Step) -> Do | None:
        return Do(b"550 5.1.1 who\r\n") if step.name == "rcpt" and step.connection == 1 else None

    delivery_ledger = RecordingLedger()
    with ScriptedServer(script=script, offers=offers) as server:
        assert send_all(server, delivery_ledger) is None
    assert server.connections == 2
    assert list(delivery_ledger.outcomes().values()) == [Outcome.FAILED] * 4 + [Outcome.SENT] * 4


@PIPELINING
def test_a_server_that_wants_a_body_after_refusing_the_recipient_gets_none(offers: tuple[str, ...]) -> None:
    def script(step: Step) -> Do | None:
        return Do(b"550 5.1.1 who\r\n") if step.name == "rcpt" and step.nth == 1 and "r3@" in step.recipient else None

    delivery_ledger = RecordingLedger()
    with ScriptedServer(script=script, offers=offers) as server:
        send_all(server, delivery_ledger)
    assert delivery_ledger.outcomes()[3] is Outcome.FAILED
    assert VICTIM not in server.recipients()


@PIPELINING
def test_an_intent_that_no_longer_holds_means_that_nobody_gets_anything(offers: tuple[str, ...]) -> None:
    delivery_ledger = RecordingLedger(refuse=frozenset({3}))
    with ScriptedServer(offers=offers) as server:
        assert send_all(server, delivery_ledger) is None
    assert server.recipients() == sorted(f"r{n}@example.com" for n in range(8) if n != 3)
    assert 3 not in delivery_ledger.attempts
    assert set(delivery_ledger.outcomes().values()) == {Outcome.SENT}


@PIPELINING
def test_the_intent_is_recorded_before_the_dot_and_the_mark_after(offers: tuple[str, ...]) -> None:
    delivery_ledger, order = RecordingLedger(), []

    def script(step: Step) -> None:
        if step.name == "dot":
            assert int(step.recipient[1]) in delivery_ledger.intents
            order.append(step.recipient)

    with ScriptedServer(script=script, offers=offers) as server:
        send_all(server, delivery_ledger, connections=4)
    assert len(order) == 8
    assert len(server.taken) == 8


@PIPELINING
def test_several_connections_share_the_work(offers: tuple[str, ...]) -> None:
    delivery_ledger = RecordingLedger()
    with ScriptedServer(offers=offers) as server:
        assert send_all(server, delivery_ledger, count=200, connections=4) is None
    assert server.recipients() == sorted(f"r{n}@example.com" for n in range(200))
    assert server.connections == 4


def test_three_mails_go_over_one_connection() -> None:
    delivery_ledger = RecordingLedger()
    with ScriptedServer() as server:
        send_all(server, delivery_ledger, count=3, connections=4)
    assert server.connections == 1


def test_a_relay_that_allows_fewer_connections_gets_fewer() -> None:
    def script(step: Step) -> Do | None:
        return Do(b"421 4.7.0 too many\r\n", cut=True) if step.name == "greeting" and step.connection > 1 else None

    delivery_ledger = RecordingLedger()
    with ScriptedServer(script=script) as server:
        assert send_all(server, delivery_ledger, count=40, connections=4) is None
    assert set(delivery_ledger.outcomes().values()) == {Outcome.SENT}
    assert len(delivery_ledger.attempts) == 40


@pytest.mark.parametrize(
    ("step", "do"),
    [
        pytest.param("greeting", Do(b"421 4.3.2 busy\r\n", cut=True), id="421-greeting"),
        pytest.param("greeting", Do(b"", hang=True), id="silent-greeting"),
        pytest.param("greeting", Do(b"SSH-2.0-x\r\n"), id="not-smtp"),
        pytest.param("ehlo", Do(b"", cut=True), id="cut-at-ehlo"),
        pytest.param("mail", Do(b"421 4.7.0 slow down\r\n", cut=True), id="421-at-every-mail"),
    ],
)
def test_a_relay_that_cannot_be_used_now_is_given_up_after_three_tries(step: str, do: Do) -> None:
    delivery_ledger = RecordingLedger()
    with ScriptedServer(script=lambda s: do if s.name == step else None) as server:
        assert isinstance(send_all(server, delivery_ledger), RelayUnavailable)
        assert server.connections == 3
    assert not server.taken
    assert not delivery_ledger.intents


def test_nobody_listens() -> None:
    delivery_ledger = RecordingLedger()
    with ScriptedServer() as server:
        pass
    assert isinstance(send_all(server, delivery_ledger), RelayUnavailable)
    assert delivery_ledger == RecordingLedger()


def test_a_stopped_relay_client_finishes_what_it_began_and_begins_nothing_more() -> None:
    delivery_ledger = RecordingLedger()
    with ScriptedServer() as server:
        relay = SmtpSettings(host="localhost", port=server.port, tls="none", timeout_seconds=5, connections=1)
        client = RelayClient(relay, delivery_ledger.record)
        server.script = lambda step: client.stop() if step.recipient == VICTIM else None  # type: ignore[func-returns-value]
        assert client.send_all(outgoing_messages(100)) is None
    assert set(delivery_ledger.outcomes().values()) == {Outcome.SENT}
    assert 4 <= len(server.taken) <= 5
    assert len(delivery_ledger.attempts) == len(server.taken) == len(delivery_ledger.intents)


def test_a_record_that_breaks_stops_everything_before_the_dot() -> None:
    def record(attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
        raise RuntimeError("the disk is full")

    with ScriptedServer() as server:
        relay = SmtpSettings(host="localhost", port=server.port, tls="none", timeout_seconds=5)
        with pytest.raises(RuntimeError, match="disk is full"):
            RelayClient(relay, record).send_all(outgoing_messages(20))
    assert not server.taken


def test_messages_under_way_finish_when_the_source_breaks() -> None:
    def given() -> Iterator[OutgoingMessage]:
        for number in range(10):
            yield OutgoingMessage(number, f"bounce+{number}@example.org", f"r{number}@example.com", (MAIL,))
        raise RuntimeError("the store is gone")

    delivery_ledger = RecordingLedger()
    with ScriptedServer() as server:
        relay = SmtpSettings(host="localhost", port=server.port, tls="none", timeout_seconds=5, connections=4)
        with pytest.raises(RuntimeError, match="store is gone"):
            RelayClient(relay, delivery_ledger.record).send_all(MessageList(given()))
    assert set(delivery_ledger.outcomes().values()) == {Outcome.SENT}
    assert len(delivery_ledger.attempts) == len(server.taken) == len(delivery_ledger.intents)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def server(authority: trustme.CA) -> ScriptedServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return ScriptedServer(tls=context, offers=(*OFFERS, "AUTH PLAIN LOGIN"))


def verified(server: ScriptedServer, ca_file: str, host: str = "localhost") -> SmtpSettings:
    return SmtpSettings(host=host, port=server.port, timeout_seconds=2, ca_file=ca_file, user="ada", password="secret")


def post(relay: SmtpSettings, delivery_ledger: RecordingLedger) -> RelayError | None:
    return RelayClient(relay, delivery_ledger.record, first_pause=0.01).send_all(outgoing_messages(5))


def test_mail_and_password_go_over_verified_tls(server: ScriptedServer, ca_file: str) -> None:
    delivery_ledger = RecordingLedger()
    with server:
        assert post(verified(server, ca_file), delivery_ledger) is None
    assert len(server.taken) == 5
    assert [line.split()[0] for line in server.commands[:4]] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


@pytest.mark.parametrize("case", ["unknown authority", "other name"])
def test_a_certificate_that_is_not_valid_ends_it_before_the_password(
    server: ScriptedServer, ca_file: str, case: str
) -> None:
    with server:
        unknown = case == "unknown authority"
        relay = verified(server, "") if unknown else verified(server, ca_file, host="127.0.0.1")
        problem = post(relay, RecordingLedger())
        assert server.connections == 1
    assert isinstance(problem, RelayRefused)
    assert "certificate" in str(problem)
    assert not any(line.startswith(("AUTH", "MAIL")) for line in server.commands)


def test_a_server_that_stops_offering_starttls_gets_no_password(server: ScriptedServer, ca_file: str) -> None:
    server.tls = None
    with server:
        problem = post(verified(server, ca_file), RecordingLedger())
    assert isinstance(problem, RelayRefused)
    assert [line.split()[0] for line in server.commands] == ["EHLO"]


def test_what_was_smuggled_in_before_the_handshake_ends_it(server: ScriptedServer, ca_file: str) -> None:
    server.script = lambda s: Do(b"220 2.0.0 go\r\n250 injected\r\n", cut=True) if s.name == "starttls" else None
    with server:
        problem = post(verified(server, ca_file), RecordingLedger())
    assert isinstance(problem, RelayRefused)
    assert not any(line.startswith(("AUTH", "MAIL")) for line in server.commands)


@pytest.mark.parametrize(
    ("do", "kind"),
    [
        pytest.param(Do(b"535 5.7.8 wrong\r\n"), RelayRefused, id="refused"),
        pytest.param(Do(b"454 4.7.0 later\r\n"), RelayUnavailable, id="temporary"),
        pytest.param(Do(b"", hang=True), RelayUnavailable, id="no-answer"),
    ],
)
def test_a_login_that_fails_sends_nothing(server: ScriptedServer, ca_file: str, do: Do, kind: type[RelayError]) -> None:
    server.script = lambda s: do if s.name == "auth" else None
    with server:
        problem = post(verified(server, ca_file), RecordingLedger())
    assert isinstance(problem, kind)
    assert not server.taken
    assert "secret" not in str(problem)


def test_a_connection_does_not_hold_back_the_end_of_a_message() -> None:
    with ScriptedServer() as server:
        relay = SmtpSettings(host="localhost", port=server.port, tls="none", timeout_seconds=5)
        connection = run_alone(open_session(relay)).connection
        assert connection._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.close()
