"""The sender against what sockets do: slow readers, single octets, TLS that breaks off, addresses that refuse."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from digest.deliveries import Attempt, Outcome
from digest.errors import RelayError, RelayUnavailable
from digest.settings import SmtpSettings
from digest.smtp import MessageList, OutgoingMessage, RelayClient, RetryAfter
from tests.integration.test_sender_faults import MAIL, RecordingLedger, outgoing_messages
from tests.smtp_server import Do, ScriptedServer, Step

PATIENCE = 30.0  # seconds


def relay(port: int, **changes: object) -> SmtpSettings:
    usual = {"host": "127.0.0.1", "port": port, "tls": "none", "timeout_seconds": PATIENCE, "connections": 1}
    return SmtpSettings.model_validate(usual | changes)


def send_all(wanted: SmtpSettings, delivery_ledger: RecordingLedger, source: Any) -> RelayError | None:
    return RelayClient(wanted, delivery_ledger.record, first_pause=0.01).send_all(source)


@contextlib.contextmanager
def peer(serve: Callable[[socket.socket], object], *, room: int = 0) -> Iterator[int]:
    """Return the port of a listener that serves every connection by this function, in a thread."""
    listener = socket.socket()
    if room:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    taken: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                taken.append(listener.accept()[0])
                threading.Thread(target=guarded, args=(taken[-1],), daemon=True).start()

    def guarded(sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            serve(sock)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        for sock in (listener, *taken):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


@dataclass
class Resolver:
    """Gives these addresses for every name."""

    found: Sequence[tuple[socket.AddressFamily, tuple[str, int]]]

    def __call__(self, *_asked: object, **_how: object) -> list[Any]:
        return [(family, socket.SOCK_STREAM, 0, "", address) for family, address in self.found]


def reset(sock: socket.socket) -> None:
    """Close with RST, as a server does that dies with octets unread."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class TestAddresses:
    def test_the_next_address_is_tried_when_the_first_refuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        delivery_ledger = RecordingLedger()
        with ScriptedServer() as gone:
            pass
        with ScriptedServer() as server:
            found = [(socket.AF_INET, ("127.0.0.1", port)) for port in (gone.port, server.port)]
            monkeypatch.setattr(socket, "getaddrinfo", Resolver(found))
            assert send_all(relay(25), delivery_ledger, outgoing_messages(3)) is None
        assert len(server.taken) == 3

    def test_an_address_of_a_kind_that_the_machine_lacks_is_passed_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real, delivery_ledger = socket.socket, RecordingLedger()

        def without_ipv6(family: int = -1, *rest: Any, **named: Any) -> socket.socket:
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            return real(family, *rest, **named)

        with ScriptedServer() as server:
            found = [(socket.AF_INET6, ("::1", server.port)), (socket.AF_INET, ("127.0.0.1", server.port))]
            monkeypatch.setattr(socket, "getaddrinfo", Resolver(found))
            monkeypatch.setattr(socket, "socket", without_ipv6)
            assert send_all(relay(25), delivery_ledger, outgoing_messages(3)) is None
            monkeypatch.undo()
        assert len(server.taken) == 3

    def test_a_name_that_takes_long_to_find_holds_up_no_other_connection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        delivery_ledger, asked, sent = RecordingLedger(), list[str](), threading.Event()
        usual = socket.getaddrinfo

        def slow(host: str, port: int, **how: Any) -> list[Any]:
            if host == "mail.example.com" and not how.get("flags"):
                asked.append(threading.current_thread().name)
                assert len(asked) == 1 or sent.wait(PATIENCE)
                host = "127.0.0.1"
            return usual(host, port, **how)

        def script(step: Step) -> Do | None:
            last = step.name == "dot" and step.recipient == "r19@example.com"
            return Do(then=sent.set) if last else None

        monkeypatch.setattr(socket, "getaddrinfo", slow)
        with ScriptedServer(script=script) as server:
            wanted = relay(server.port, host="mail.example.com", connections=2)
            assert send_all(wanted, delivery_ledger, outgoing_messages(20)) is None
            assert len(asked) == 2
            carried = Counter(mail.connection for mail in server.taken)
            assert carried == {1: 19, 2: 1}  # the second had taken one, and waited while the first carried the others
        assert len(delivery_ledger.attempts) == 20

    def test_a_name_that_is_never_found_is_a_relay_that_cannot_be_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        over = threading.Event()

        def never(_host: str, _port: int, **how: Any) -> list[Any]:
            if not how.get("flags"):
                over.wait(PATIENCE)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", never)
        problem = send_all(
            relay(25, host="mail.example.com", timeout_seconds=0.05), RecordingLedger(), outgoing_messages(1)
        )
        over.set()
        assert isinstance(problem, RelayUnavailable)
        assert "its name was not found in time" in str(problem)

    @pytest.mark.parametrize("host", ["mail..example.com", "a" * 70 + ".example.com"])
    def test_what_is_no_host_name_is_a_relay_that_cannot_be_used(self, host: str) -> None:
        assert isinstance(send_all(relay(25, host=host), RecordingLedger(), outgoing_messages(1)), RelayUnavailable)

    def test_a_listener_that_takes_no_more_connections_is_given_up(self) -> None:
        with contextlib.ExitStack() as held:
            listener = held.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            for _ in range(3):  # more than it keeps: the next one hears nothing
                waiting = held.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(listener.getsockname())
            delivery_ledger = RecordingLedger()
            problem = send_all(
                relay(listener.getsockname()[1], timeout_seconds=0.05), delivery_ledger, outgoing_messages(3)
            )
        assert isinstance(problem, RelayUnavailable)
        assert "in time" in str(problem)
        assert delivery_ledger == RecordingLedger()


class TestReplies:
    def test_replies_in_single_octets_are_read_as_one(self) -> None:
        def drip(sock: socket.socket) -> None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with sock.makefile("rb") as lines:
                speak(sock, b"220 slow.example\r\n")
                for line in lines:
                    verb = line[:4].upper()
                    if verb == b"DATA":
                        speak(sock, b"354-go\r\n354 ahead\r\n")
                        while lines.readline() != b".\r\n":
                            pass
                    speak(sock, b"250-slow.example\r\n250 PIPELINING\r\n" if verb == b"EHLO" else b"250 2.0.0 ok\r\n")

        def speak(sock: socket.socket, reply: bytes) -> None:
            for octet in reply:
                sock.sendall(bytes([octet]))

        delivery_ledger = RecordingLedger()
        with peer(drip) as port:
            assert send_all(relay(port), delivery_ledger, outgoing_messages(2)) is None
        assert delivery_ledger.outcomes() == {0: Outcome.SENT, 1: Outcome.SENT}

    def test_a_recipient_refused_for_good_is_so_even_when_the_server_then_hangs_up(self) -> None:
        def script(step: Step) -> Do | None:
            refused = step.name == "rcpt" and step.recipient == "r3@example.com"
            return Do(b"550 5.1.1 who\r\n", cut=True) if refused else None

        delivery_ledger = RecordingLedger()
        with ScriptedServer(script=script) as server:
            assert send_all(relay(server.port), delivery_ledger, outgoing_messages(8)) is None
        assert (delivery_ledger.attempts[3].outcome, delivery_ledger.attempts[3].status) == (Outcome.FAILED, "5.1.1")
        assert list(delivery_ledger.outcomes().values()).count(Outcome.SENT) == 7

    def test_recipients_at_whom_the_server_hangs_up_keep_nobody_from_their_mail(self) -> None:
        unlucky = {"r0@example.com", "r1@example.com", "r2@example.com"}
        delivery_ledger = RecordingLedger()
        cut = Do(b"", cut=True)
        with ScriptedServer(script=lambda s: cut if s.name == "rcpt" and s.recipient in unlucky else None) as server:
            assert send_all(relay(server.port), delivery_ledger, outgoing_messages(30)) is None
        assert [delivery_ledger.attempts.pop(number).outcome for number in range(3)] == [Outcome.LOST] * 3
        assert set(delivery_ledger.outcomes().values()) == {Outcome.SENT}
        assert len(delivery_ledger.attempts) == 27

    def test_all_recipients_refused_are_all_failed_and_none_is_lost(self) -> None:
        delivery_ledger = RecordingLedger()
        with ScriptedServer(script=lambda s: Do(b"550 5.1.1 who\r\n") if s.name == "rcpt" else None) as server:
            assert send_all(relay(server.port), delivery_ledger, outgoing_messages(200)) is None
        assert len(delivery_ledger.attempts) == 200
        assert set(delivery_ledger.outcomes().values()) == {Outcome.FAILED}


class TestTheDot:
    def test_a_dot_that_could_not_leave_leaves_no_doubt(self) -> None:
        sockets: list[socket.socket] = []
        delivery_ledger = RecordingLedger()

        def broken_meanwhile(attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
            if intents:
                reset(sockets[0])
                time.sleep(0.05)  # until we have been told
            return delivery_ledger.record(attempts, intents)

        with peer(lambda sock: converse(sock, sockets)) as port:
            RelayClient(relay(port), broken_meanwhile, first_pause=0.01).send_all(outgoing_messages(1))
        assert delivery_ledger.outcomes() == {0: Outcome.LOST}

    def test_a_server_that_hangs_up_while_the_intent_is_recorded_leaves_its_last_word(self) -> None:
        sockets: list[socket.socket] = []
        delivery_ledger = RecordingLedger()

        def slow(attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
            if intents:
                sockets[0].sendall(b"421 4.4.2 too slow\r\n")
                sockets[0].shutdown(socket.SHUT_WR)
            return delivery_ledger.record(attempts, intents)

        with peer(lambda sock: converse(sock, sockets)) as port:
            RelayClient(relay(port), slow, first_pause=0.01).send_all(outgoing_messages(1))
        assert (delivery_ledger.attempts[0].outcome, delivery_ledger.attempts[0].code) == (Outcome.DEFERRED, 421)


def converse(sock: socket.socket, sockets: list[socket.socket]) -> None:
    """Speak to the first connection, in lock-step, until it has the body; drops all others."""
    sockets.append(sock)
    if len(sockets) > 1:
        sock.close()
        return
    for reply in (b"220 x\r\n", b"250 x\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        sock.sendall(reply)
        if reply[:3] != b"354":
            sock.recv(1000)
    got = 0
    while got < len(MAIL):
        got += len(sock.recv(65536))


class TestSeveralConnections:
    def test_they_fail_together_and_go_on_together_when_the_relay_comes_back(self) -> None:
        cut = threading.Event()

        def script(step: Step) -> Do | None:
            if step.name == "mail" and step.connection <= 4 and (step.connection == 4 or cut.is_set()):
                cut.set()
                return Do(b"", cut=True)
            return (
                Do(b"421 4.3.2 restarting\r\n", cut=True)
                if step.name == "greeting" and 4 < step.connection <= 8
                else None
            )

        delivery_ledger = RecordingLedger()
        with ScriptedServer(script=script) as server:
            assert send_all(relay(server.port, connections=4), delivery_ledger, outgoing_messages(200)) is None
        assert set(delivery_ledger.outcomes().values()) == {Outcome.SENT}
        assert server.recipients() == sorted(f"r{n}@example.com" for n in range(200))

    def test_one_that_is_never_greeted_holds_up_no_other(self) -> None:
        def script(step: Step) -> Do | None:
            return Do(b"", hang=True) if step.name == "greeting" and step.connection == 2 else None

        delivery_ledger = RecordingLedger()
        with ScriptedServer(script=script) as server:
            assert (
                send_all(
                    relay(server.port, connections=3, timeout_seconds=0.5), delivery_ledger, outgoing_messages(100)
                )
                is None
            )
        assert set(delivery_ledger.outcomes().values()) == {Outcome.SENT}
        assert len(delivery_ledger.attempts) == 100

    def test_sixty_four_leave_no_file_open(self) -> None:
        before, delivery_ledger = open_files(), RecordingLedger()
        with ScriptedServer() as server:
            assert send_all(relay(server.port, connections=64), delivery_ledger, outgoing_messages(1000)) is None
            assert server.connections == 64
        assert len(server.taken) == len(delivery_ledger.attempts) == 1000
        wait_until(lambda: open_files() <= before)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestParts:
    @pytest.mark.parametrize(("count", "words"), [(2, 1), (1000, 1000), (5000, 100)])
    def test_a_message_of_many_parts_arrives_as_one(self, count: int, words: int) -> None:
        """Of more octets than the kernel's buffers hold, and in more parts than it takes at once."""
        parts = (b"Subject: x\r\n\r\n", *(b"%d " % number * words + b"\r\n" for number in range(count)))
        given = [OutgoingMessage(number, "s@example.org", f"r{number}@example.com", parts, True) for number in range(3)]
        delivery_ledger = RecordingLedger()
        with ScriptedServer(
            script=lambda step: Do(then=lambda: time.sleep(0.2)) if step.name == "body" else None
        ) as server:
            assert send_all(relay(server.port), delivery_ledger, MessageList(given)) is None
        assert [mail.data == b"".join(parts) for mail in server.taken] == [True] * 3


class TestSource:
    def test_what_came_back_goes_out_again_while_the_source_has_nothing(self) -> None:
        """The supply waits for the answer of the one that came back: its provider takes one at a time."""
        delivery_ledger = RecordingLedger()

        class OneAtATime:
            given = 0

            def poll(self) -> OutgoingMessage | RetryAfter | None:
                if self.given == 3:
                    return None
                if self.given > len(delivery_ledger.attempts):
                    return RetryAfter(0.01)
                self.given += 1
                return outgoing(self.given)

        def script(step: Step) -> Do | None:
            return Do(b"", cut=True) if step.name == "rcpt" and step.nth == 1 and "r2@" in step.recipient else None

        with ScriptedServer(script=script) as server:
            assert send_all(relay(server.port), delivery_ledger, OneAtATime()) is None
        assert set(delivery_ledger.outcomes().values()) == {Outcome.SENT}

    def test_what_breaks_every_connection_lets_others_pass_when_the_source_is_slow(self) -> None:
        class Slow:
            asked = 0

            def poll(self) -> OutgoingMessage | RetryAfter | None:
                self.asked += 1
                if self.asked > 20:
                    return None
                return outgoing(self.asked) if self.asked % 2 else RetryAfter(0.01)

        delivery_ledger = RecordingLedger()
        with ScriptedServer(
            script=lambda s: Do(b"", cut=True) if s.name == "rcpt" and s.recipient.startswith("r1@") else None
        ) as server:
            assert send_all(relay(server.port), delivery_ledger, Slow()) is None
        assert delivery_ledger.attempts.pop(1).outcome is Outcome.LOST
        assert set(delivery_ledger.outcomes().values()) == {Outcome.SENT}
        assert len(delivery_ledger.attempts) == 9

    def test_one_that_breaks_while_a_body_is_under_way_lets_that_come_to_its_end(self) -> None:
        def given() -> Iterator[OutgoingMessage]:
            yield outgoing(1)
            raise RuntimeError("the store is gone")

        delivery_ledger = RecordingLedger()
        with ScriptedServer() as server, pytest.raises(RuntimeError, match="store is gone"):
            send_all(relay(server.port), delivery_ledger, MessageList(given()))
        assert server.recipients() == ["r1@example.com"]
        assert delivery_ledger.outcomes() == {1: Outcome.SENT}

    def test_answers_that_come_while_the_record_is_slow_are_in_time(self) -> None:
        delivery_ledger = RecordingLedger()

        def slow(attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
            time.sleep(0.3)
            return delivery_ledger.record(attempts, intents)

        with ScriptedServer() as server:
            client = RelayClient(relay(server.port, connections=4, timeout_seconds=0.2), slow)
            assert client.send_all(outgoing_messages(20)) is None
        assert set(delivery_ledger.outcomes().values()) == {Outcome.SENT}
        assert len(delivery_ledger.attempts) == len(server.taken) == 20

    @pytest.mark.parametrize("at", ["record", "supply"])
    def test_an_interruption_closes_every_connection_and_sends_no_dot(self, at: str) -> None:
        before = open_files()

        def record(attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
            raise KeyboardInterrupt

        def given() -> Iterator[OutgoingMessage]:
            for number in range(20):
                yield outgoing(number)
                if at == "supply":
                    raise KeyboardInterrupt

        with ScriptedServer() as server:
            with pytest.raises(KeyboardInterrupt):
                RelayClient(relay(server.port, connections=4), record).send_all(MessageList(given()))
            assert not server.taken
        wait_until(lambda: open_files() <= before)

    def test_what_was_prepared_when_the_stop_came_is_given_back(self) -> None:
        delivery_ledger, source = RecordingLedger(), outgoing_messages(20)

        def record(attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
            client.stop()
            return delivery_ledger.record(attempts, intents)

        with ScriptedServer() as server:
            client = RelayClient(relay(server.port), record)
            assert client.send_all(source) is None
        assert delivery_ledger.outcomes() == {0: Outcome.SENT}
        assert [one.delivery for one in client.returned] == [1]
        following = source.poll()
        assert following is not None
        assert following.delivery == 2

    def test_a_stop_while_the_connection_is_made_begins_no_mail(self) -> None:
        delivery_ledger = RecordingLedger()
        with ScriptedServer() as server:
            client = RelayClient(relay(server.port), delivery_ledger.record)
            server.script = lambda step: client.stop() if step.name == "ehlo" else None  # type: ignore[func-returns-value]
            assert client.send_all(outgoing_messages(3)) is None
        assert [one.delivery for one in client.returned] == [0]
        assert not server.taken
        assert delivery_ledger == RecordingLedger()

    def test_a_stop_ends_the_wait_for_a_source_that_has_nothing_for_long(self) -> None:
        polled = threading.Event()

        class Never:
            def poll(self) -> RetryAfter:
                polled.set()
                return RetryAfter(3600)

        client = RelayClient(relay(1), RecordingLedger().record)
        sending = threading.Thread(target=client.send_all, args=(Never(),), daemon=True)
        sending.start()
        assert polled.wait(PATIENCE)
        client.stop()
        sending.join(PATIENCE)
        assert not sending.is_alive()


def outgoing(number: int, data: bytes = MAIL) -> OutgoingMessage:
    return OutgoingMessage(number, f"bounce+{number}@example.org", f"r{number}@example.com", (data,))
