"""One message: its header fields, and two parts in quoted-printable joined from encoded fragments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from digest.messages import headers
from digest.messages.addresses import wire_address
from digest.messages.dkim import Signer
from digest.rendering import Rendering

# "=_" cannot occur in quoted-printable (RFC 2045, 6.7), so no part can contain the boundary.
_BOUNDARY = b"=_part_of_a_digest"
_HEAD_OF_PARTS = b'Content-Type: multipart/alternative;\r\n boundary="' + _BOUNDARY + b'"\r\n'
_ENCODING = b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
_BEFORE_TEXT = b"--" + _BOUNDARY + b"\r\nContent-Type: text/plain; charset=utf-8\r\n" + _ENCODING
_BEFORE_HTML = b"\r\n--" + _BOUNDARY + b"\r\nContent-Type: text/html; charset=utf-8\r\n" + _ENCODING
_END = b"\r\n--" + _BOUNDARY + b"--\r\n"
TEST_MARK = b"X-Paper-Digest-Test: yes\r\n"


@dataclass(kw_only=True, slots=True)
class Envelope:
    """Sender, recipient and header values of a message, except its subject.

    Treat it as immutable. It is not frozen, because freezing makes it three times as slow to create.
    """

    sender_name: str  #: display name in From
    sender_address: str  #: address in From
    bounces: str  #: envelope sender; names the delivery
    recipient: str  #: address as the subscriber gave it
    recipient_name: str = ""
    date: datetime  #: aware
    message_id: str  #: without angle brackets
    list_id: str = ""  #: "id.domain"; empty, like the next three, if this is not list mail
    unsubscribe_url: str = ""  #: https, for one click (RFC 8058); empty without web pages
    unsubscribe_mailto: str = ""  #: "mailto:…"
    feedback_id: str = ""  #: at most four fields
    test: bool = False  #: marks a test message of the operator


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message ready to send: CRLF only, and no line that needs dot-stuffing."""

    sender: str  #: envelope sender
    recipient: str  #: envelope recipient, its domain in ASCII
    parts: tuple[bytes, ...]  #: its bytes; most parts are shared with the messages to other readers
    is_wire_ready: bool = False  #: no part needs dot-stuffing or other changes; else the SMTP client makes them

    @cached_property
    def data(self) -> bytes:
        """The whole message."""
        return b"".join(self.parts)


def compose(rendering: Rendering, envelope: Envelope, signers: tuple[Signer, ...] = ()) -> Message:
    """Return the message of a rendering, with a signature of each signer.

    Raise MessageError when an address or a header value is not allowed in a message.
    """
    recipient = wire_address(envelope.recipient)
    fields = [*_main_fields(rendering.subject, envelope, recipient), *_list_fields(envelope)]
    if envelope.test:
        fields.append(TEST_MARK)
    body = [_BEFORE_TEXT, *rendering.text_fragments, _BEFORE_HTML, *rendering.html_fragments, _END]
    signatures = [signer.signature(fields, b"".join(body), envelope.date) for signer in signers]
    head = b"".join([*signatures, *fields, b"\r\n"])
    return Message(sender=envelope.bounces, recipient=recipient, parts=(head, *body), is_wire_ready=True)


def _main_fields(subject: str, envelope: Envelope, recipient: str) -> list[bytes]:
    return [
        headers.cached_address_field("From", envelope.sender_name, envelope.sender_address),
        headers.address_field("To", envelope.recipient_name, recipient),
        headers.cached_unstructured_field("Subject", subject),
        headers.date_field(envelope.date),
        headers.unfolded_field("Message-ID", f"<{envelope.message_id}>"),
        b"MIME-Version: 1.0\r\n",
        _HEAD_OF_PARTS,
    ]


def _list_fields(envelope: Envelope) -> list[bytes]:
    automatic = [b"Auto-Submitted: auto-generated\r\n", b"X-Auto-Response-Suppress: All\r\n"]
    if not envelope.list_id:
        return automatic
    ways = [way for way in (envelope.unsubscribe_url, envelope.unsubscribe_mailto) if way]
    fields = [
        headers.list_id_field(envelope.sender_name, envelope.list_id),
        headers.unfolded_field("List-Unsubscribe", ", ".join([f"<{way}>" for way in ways])),
        b"Precedence: bulk\r\n",
        *automatic,
    ]
    if envelope.unsubscribe_url:
        fields.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    if envelope.feedback_id:
        fields.append(headers.cached_unfolded_field("Feedback-ID", envelope.feedback_id))
    return fields
