"""One returned mail -> what it reports, and the tokens that may prove it."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import Message
from email.parser import BytesHeaderParser
from enum import StrEnum

from digest.reports.delivery_status import MAX_WORDS, RecipientReport, read_delivery_status
from digest.reports.free_text import human_text, read_free_text
from digest.signed_links import VERP_LENGTH

MAX_OCTETS = 1_000_000  # of a mail that is read: reports come before the message that they return
MAX_FREE_TEXT = 50_000  # octets of a bounce in free text
MAX_HEADER = 100_000  # octets of the header of one that cannot be parsed
_TOKEN = re.compile(rf"\+([a-z2-7]{{{VERP_LENGTH}}})@", re.IGNORECASE)
_ADDRESS_FIELDS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc", "Resent-To")
_RETURNED_FIELDS = ("Return-Path", "X-Original-Return-Path", "List-Unsubscribe", "Sender")
_COMPLAINT_FIELDS = ("X-HmXmrOriginalRecipient", "X-Complaint-Recipient")
_COMPLAINT_SUBJECT = re.compile(
    r"complaint about|(?:abuse|spam|junk|feedback)[ -](?:loop|report|complaint)", re.IGNORECASE
)
_AUTOMATIC_FIELDS = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")


class MailKind(StrEnum):
    """The kind of a returned mail."""

    BOUNCE = "bounce"  #: a delivery status notification (RFC 3464) or what older servers write in its place
    COMPLAINT = "complaint"  #: a feedback report (RFC 5965)
    AUTOMATIC = "automatic"  #: an automatic reply (RFC 3834): away, received, challenge
    UNREADABLE = "unreadable"  #: cannot be parsed
    PERSONAL = "personal"  #: anything else; a mail to the unsubscribe address is one


@dataclass(frozen=True, kw_only=True)
class MailReport:
    """The content of a returned mail."""

    kind: MailKind
    addressed: tuple[str, ...] = ()  #: tokens in the addresses that it was sent to, most trustworthy first
    returned: tuple[str, ...] = ()  #: tokens in the message that it gives back
    recipients: tuple[RecipientReport, ...] = ()  #: of a bounce
    words: str = ""  #: what the report says about itself, for the record


def read_report(data: bytes) -> MailReport:
    """Return what a mail says, without raising: one that cannot be parsed is UNREADABLE, with the tokens of its header.

    Anything that is no report is PERSONAL or AUTOMATIC, with the tokens of the addresses that it was sent to.
    """
    try:
        return _report_of(data[:MAX_OCTETS])
    except Exception as error:  # the parser's defects, RecursionError among them: anybody can send such a mail
        header = BytesHeaderParser(policy=policy.compat32).parsebytes(data[:MAX_HEADER])
        words = f"{type(error).__name__}: {error}"
        return MailReport(kind=MailKind.UNREADABLE, addressed=_tokens(header, _ADDRESS_FIELDS), words=words)


def _report_of(data: bytes) -> MailReport:
    mail = message_from_bytes(data, policy=policy.compat32)
    addressed = _tokens(mail, _ADDRESS_FIELDS)
    parts = list(mail.walk())
    returned = _returned_tokens(parts)
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            recipients = tuple(_explained(one, mail) for one in read_delivery_status(_blocks(part)))
            return MailReport(kind=MailKind.BOUNCE, addressed=addressed, returned=returned, recipients=recipients)
        if part.get_content_type() == "message/feedback-report":
            words = _field(part, "Feedback-Type") or "abuse"
            kind = MailKind.AUTOMATIC if words.lower() in ("not-spam", "auth-failure", "dmarc") else MailKind.COMPLAINT
            return MailReport(kind=kind, addressed=addressed, returned=returned, words=words)
    if returned and _is_complaint(mail, parts):
        return MailReport(kind=MailKind.COMPLAINT, addressed=addressed, returned=returned, words=_subject(mail))
    beginning = mail if len(data) <= MAX_FREE_TEXT else message_from_bytes(data[:MAX_FREE_TEXT], policy=policy.compat32)
    failure = read_free_text(beginning) if addressed or returned else None
    if failure:
        return MailReport(kind=MailKind.BOUNCE, addressed=addressed, returned=returned, recipients=(failure,))
    return MailReport(kind=_kind_of_plain(mail), addressed=addressed, returned=returned, words=_subject(mail))


def _explained(recipient: RecipientReport, mail: Message) -> RecipientReport:
    """Return the report with the text for people as its words, where the server gave no diagnostic."""
    if recipient.words:
        return recipient
    return replace(recipient, words=" ".join(human_text(mail).split())[:MAX_WORDS])


def _is_complaint(mail: Message, parts: Sequence[Message]) -> bool:
    """Return True for a returned message that a complaint programme sends outside RFC 5965 (such as Microsoft's)."""
    inner = [block for part in parts if part.get_content_type() == "message/rfc822" for block in _originals(part)]
    marked = any(name in block for block in inner for name in _COMPLAINT_FIELDS)
    return bool(inner) and (marked or bool(_COMPLAINT_SUBJECT.search(_subject(mail))))


def _kind_of_plain(mail: Message) -> MailKind:
    automatic = str(mail.get("Auto-Submitted", "no")).split(";")[0].strip().lower() != "no"
    automatic = automatic or any(name in mail for name in _AUTOMATIC_FIELDS)
    automatic = automatic or str(mail.get("Precedence", "")).strip().lower() in ("bulk", "junk", "auto_reply", "list")
    automatic = automatic or str(mail.get("Return-Path", "?")).strip() == "<>"
    return MailKind.AUTOMATIC if automatic else MailKind.PERSONAL


def _blocks(part: Message) -> list[Message]:
    """Return the header blocks of a delivery status: one about the message, one for each recipient."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, Message)]
    text = re.split(r"\n\s*\n", str(payload).replace("\r\n", "\n"))
    return [message_from_bytes(block.encode("utf-8", "replace")) for block in text if block.strip()]


def _originals(part: Message) -> list[Message]:
    """Return the message that a part holds, decoded where it was attached as base64 (against RFC 2046, 5.2.1)."""
    blocks = _blocks(part)
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64" or not blocks:
        return blocks
    encoded = re.sub(r"\s", "", "".join(str(block.get_payload()) for block in blocks))
    try:
        return [message_from_bytes(base64.b64decode(encoded), policy=policy.compat32)]
    except ValueError:
        return blocks


def _field(part: Message, name: str) -> str:
    for block in [part, *_blocks(part)]:
        if name in block:
            return str(block[name]).strip()
    return ""


def _returned_tokens(parts: Sequence[Message]) -> tuple[str, ...]:
    found: list[str] = []
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            found += [token for inner in _originals(part) for token in _tokens(inner, _RETURNED_FIELDS)]
        elif part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers"):
            headers = part.get_payload(decode=True)
            if isinstance(headers, bytes):
                found += _tokens(message_from_bytes(headers, policy=policy.compat32), _RETURNED_FIELDS)
        elif part.get_content_type() == "message/feedback-report":
            found += tokens_in(_field(part, "Original-Mail-From"))
    return tuple(dict.fromkeys(found))


def _tokens(mail: Message, fields: Sequence[str]) -> tuple[str, ...]:
    return tokens_in(" ".join(str(value) for name in fields for value in mail.get_all(name, ())))


def tokens_in(text: str) -> tuple[str, ...]:
    """Return the possible tokens in the addresses of a text, in order, without repeats, in lower case."""
    return tuple(dict.fromkeys(token.lower() for token in _TOKEN.findall(text)))


def _subject(mail: Message) -> str:
    return " ".join(str(mail.get("Subject", "")).split())[:200]
