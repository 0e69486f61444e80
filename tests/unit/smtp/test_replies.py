"""The small parts of the sender: replies, addresses, octets, what a server offers."""

from __future__ import annotations

import pytest

from digest.deliveries import Outcome
from digest.errors import MessageError
from digest.messages import Message
from digest.smtp.envelope_address import envelope_address
from digest.smtp.outgoing import OutgoingMessage, dot_stuffed
from digest.smtp.replies import Reply, Stage, verdict
from digest.smtp.session import Extensions, read_extensions
from digest.smtp.transaction import encode


@pytest.mark.parametrize(
    ("stage", "code", "text", "outcome"),
    [
        pytest.param(Stage.DOT, 250, "2.0.0 queued", Outcome.SENT, id="taken"),
        pytest.param(Stage.RCPT, 450, "4.2.0 greylisted", Outcome.DEFERRED, id="greylisted"),
        pytest.param(Stage.RCPT, 550, "5.1.1 no such user", Outcome.FAILED, id="no-such-user"),
        pytest.param(Stage.DATA, 554, "5.5.1 no", Outcome.FAILED, id="refused-at-data"),
        pytest.param(Stage.DOT, 554, "5.7.1 spam", Outcome.FAILED, id="refused-after-dot"),
        pytest.param(Stage.DOT, 421, "4.3.0 closing", Outcome.DEFERRED, id="closing-after-dot"),
        pytest.param(Stage.MAIL, 550, "5.7.1 not your address", Outcome.DEFERRED, id="sender-refused-is-about-us"),
        pytest.param(Stage.MAIL, 552, "too big", Outcome.FAILED, id="too-big-without-status"),
        pytest.param(Stage.MAIL, 552, "5.3.4 too big", Outcome.FAILED, id="too-big"),
        pytest.param(Stage.MAIL, 554, "5.6.1 media", Outcome.FAILED, id="content-refused-at-mail"),
        pytest.param(Stage.RCPT, 503, "5.5.1 MAIL first", Outcome.LOST, id="out-of-step"),
        pytest.param(Stage.RCPT, 354, "go", Outcome.LOST, id="no-answer-to-that"),
        pytest.param(Stage.DOT, 354, "go", Outcome.AMBIGUOUS, id="no-answer-to-the-dot"),
        pytest.param(Stage.DOT, 503, "5.5.1", Outcome.AMBIGUOUS, id="out-of-step-at-the-dot"),
    ],
)
def test_what_a_reply_means_depends_on_the_stage(stage: Stage, code: int, text: str, outcome: Outcome) -> None:
    assert verdict(stage, Reply(code, text)) is outcome


@pytest.mark.parametrize(
    ("text", "status"),
    [("5.1.1 no", "5.1.1"), ("2.0.0", "2.0.0"), ("no 5.1.1", None), ("5.1.1no", None), ("5.10.100 x", "5.10.100")],
)
def test_an_enhanced_status_code_stands_at_the_beginning(text: str, status: str | None) -> None:
    assert Reply(550, text).status == status


@pytest.mark.parametrize(
    ("address", "octets", "needs_utf8"),
    [
        pytest.param("ada@example.com", b"ada@example.com", False, id="plain"),
        pytest.param("ada@bücher.example", b"ada@xn--bcher-kva.example", False, id="idn-domain"),
        pytest.param("ada@BÜCHER.example", b"ada@xn--bcher-kva.example", False, id="idn-domain-in-capitals"),
        pytest.param("jürgen@example.com", "jürgen@example.com".encode(), True, id="local-part-in-utf8"),
        pytest.param("jürgen@bücher.example", "jürgen@xn--bcher-kva.example".encode(), True, id="both"),
    ],
)
def test_an_address_stands_in_the_envelope(address: str, octets: bytes, needs_utf8: bool) -> None:
    assert envelope_address(address) == (octets, needs_utf8)


@pytest.mark.parametrize(
    "address",
    ["", "ada", "@example.com", "ada@", "a b@example.com", "a>b@example.com", "a\r\nRSET@example.com", "ü@-ü-.example"],
)
def test_an_address_that_could_break_the_dialogue_is_refused(address: str) -> None:
    with pytest.raises(MessageError):
        envelope_address(address)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        pytest.param(b"a\r\n\r\nb\r\n", b"a\r\n\r\nb\r\n", id="clean"),
        pytest.param(b".a\r\n.b\r\n..c\r\nd.\r\n", b"..a\r\n..b\r\n...c\r\nd.\r\n", id="dots"),
        pytest.param(b".\r\n", b"..\r\n", id="a-lone-dot"),
    ],
)
def test_dots_at_line_starts_are_doubled(data: bytes, wanted: bytes) -> None:
    assert dot_stuffed(data) == wanted


@pytest.mark.parametrize(
    "data",
    [b"", b"a", b"a\n", b"a\r", b"\n\r\n", b"a\n\r\n", b"a\rb\r\n", b"a\r\n.\n\r\n", b"a\r\n.\r\r\n", b"\0\r\n"],
)
def test_octets_that_servers_read_differently_are_refused(data: bytes) -> None:
    with pytest.raises(MessageError):
        dot_stuffed(data)


def test_octets_that_were_made_for_the_wire_are_sent_as_they_are() -> None:
    parts = b"a\r\n\r\n", b"b\r\n"
    made = Message(sender="s@example.org", recipient="a@example.com", parts=parts, is_wire_ready=True)
    assert encode(OutgoingMessage.of(1, made), Extensions()).body is parts
    with pytest.raises(MessageError):
        encode(OutgoingMessage(1, "s@example.org", "a@example.com", (b"a\r\n", b"b\n")), Extensions())


def test_what_a_server_offers_is_read_from_its_greeting() -> None:
    offered = read_extensions("mx.example.org at your service\nPIPELINING\nSIZE 1000\nauth=LOGIN\nAUTH plain\n8BITMIME")
    assert offered == Extensions(pipelining=True, size=1000, eight_bit=True, mechanisms=frozenset({"PLAIN", "LOGIN"}))


@pytest.mark.parametrize(
    ("recipient", "data", "offered", "mail"),
    [
        pytest.param("a@example.com", b"x\r\n", Extensions(), b"MAIL FROM:<s@example.org>\r\n", id="nothing-offered"),
        pytest.param("a@example.com", b"x\r\n", Extensions(size=9), b"MAIL FROM:<s@example.org> SIZE=3\r\n", id="size"),
        pytest.param(
            "ä@example.com",
            b"x\r\n",
            Extensions(smtputf8=True),
            b"MAIL FROM:<s@example.org> SMTPUTF8\r\n",
            id="smtputf8-only-where-needed",
        ),
        pytest.param(
            "a@example.com",
            "ä\r\n".encode(),
            Extensions(eight_bit=True, smtputf8=True),
            b"MAIL FROM:<s@example.org> BODY=8BITMIME\r\n",
            id="eight-bit",
        ),
    ],
)
def test_mail_has_the_parameters_that_the_message_needs(
    recipient: str, data: bytes, offered: Extensions, mail: bytes
) -> None:
    ready = encode(OutgoingMessage(1, "s@example.org", recipient, (data,)), offered)
    assert ready.commands[0] == mail


@pytest.mark.parametrize(
    ("recipient", "data", "offered"),
    [
        pytest.param("ä@example.com", b"x\r\n", Extensions(), id="no-smtputf8"),
        pytest.param("a@example.com", "ä\r\n".encode(), Extensions(), id="no-8bitmime"),
        pytest.param("a@example.com", b"x" * 100 + b"\r\n", Extensions(size=99), id="too-big"),
    ],
)
def test_what_the_server_cannot_take_is_refused_before_mail(recipient: str, data: bytes, offered: Extensions) -> None:
    with pytest.raises(MessageError):
        encode(OutgoingMessage(1, "s@example.org", recipient, (data,)), offered)
