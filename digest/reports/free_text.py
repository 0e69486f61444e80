"""Bounces outside RFC 3464: older servers and some providers write them as plain text.

flufl.bounce knows the forms of many servers and says whether a mail is a bounce at all. How bad it is, only the words
of the server say, since flufl.bounce calls a full mailbox a permanent failure as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from itertools import islice

from digest.refusals import FaultSide, cause_of
from digest.reports.delivery_status import MAX_WORDS, RecipientReport

MAX_TEXT = 20_000  # characters of a mail that are searched for words
MAX_PARTS = 20  # of a mail, text or not
MAX_PARAGRAPHS = 200
_COPY = re.compile(
    r"^[^\w\n]{0,40}(?:(?:this is |here is )?(?:a |the )?copy of|below this line|"
    r"the (?:header|original|first)|original message|"
    r"(?:undelivered|returned|unsent|your) message (?:follows|header|text|is attached)|message header|"
    r"transcript of session follows is attached|return-path:|received: )",
    re.IGNORECASE | re.MULTILINE,
)
_REPLY = re.compile(r"(?<![\w.])(?:[45]\d\d[ -]|\(?#?[245]\.\d{1,3}\.\d{1,3}\b(?!\.\d))")
_STATUS = re.compile(
    r"(?:(?<![\d.])[45]\d\d[ -]\(?#?|\(#?|#|status:? ?)([45]\.\d{1,3}\.\d{1,3})\b(?!\.\d)", re.IGNORECASE
)
_ADDRESS = re.compile(r"[\w.+=-]+@[\w.-]+")
_DAEMON = re.compile(
    r"mailer-?daemon|postmaster|mail delivery|mdaemon|mail ?system|mailadmin|mail-?server", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"undeliver|failure notice|returned mail|delivery (?:status|fail|error|problem|notif|has failed|report)|"
    r"(?:mail|message|delivery).{0,20}(?:fail|return|not delivered|could not be|rejected|bounce)|non.?remis|"
    r"unzustellbar",
    re.IGNORECASE,
)


def read_free_text(mail: Message) -> RecipientReport | None:
    """Return what a bounce in free text says about its recipient; None for a mail that is none."""
    text = human_text(mail)
    words = _telling_words(text)
    status = _STATUS.search(words)
    temporary, permanent = _known_forms(mail)
    if not (temporary or permanent or _looks_like_bounce(mail, words)):
        return None
    address = next(iter(sorted(permanent or temporary)), "") or next(iter(_ADDRESS.findall(words)), "")
    action = "delayed" if temporary and not permanent else "failed"
    return RecipientReport(address=address, action=action, status=status[1] if status else None, words=words)


def human_text(mail: Message) -> str:
    """Return the text parts of a mail before the copy of the returned message."""
    text = "\n\n".join(_texts(mail))[:MAX_TEXT].replace("\r\n", "\n")
    copy = _COPY.search(text)
    return text[: copy.start()] if copy and copy.start() else text


def _texts(mail: Message) -> Iterator[str]:
    for part in islice(mail.walk(), MAX_PARTS):
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            return
        if part.get_content_maintype() == "text" and isinstance(data := part.get_payload(decode=True), bytes):
            text = data[:MAX_TEXT].decode("utf-8", "replace")
            yield re.sub(r"<[^<>@]{0,500}>", " ", text) if part.get_content_subtype() == "html" else text


def _telling_words(text: str) -> str:
    """Return the paragraphs that quote a server or name an address, else those whose words say whose fault it is."""
    blocks = [" ".join(block.split()) for block in re.split(r"\n\s*\n", text) if block.strip()]
    paragraphs = blocks[:MAX_PARAGRAPHS]
    quoted = [block for block in paragraphs if _REPLY.search(block)]
    named = [block for block in paragraphs if _ADDRESS.search(block)]
    clear = [block for block in quoted or named if cause_of(None, block).is_clear]
    clear = clear or [block for block in paragraphs if cause_of(None, block).is_clear]
    return " / ".join(clear or quoted or named or paragraphs)[:MAX_WORDS]


def _known_forms(mail: Message) -> tuple[set[str], set[str]]:
    from flufl.bounce import all_failures

    temporary, permanent = all_failures(mail)
    return tuple({_text(address) for address in found} for found in (temporary, permanent))  # type: ignore[return-value]


def _text(address: bytes | str) -> str:
    return address.decode("utf-8", "replace") if isinstance(address, bytes) else address


def _looks_like_bounce(mail: Message, words: str) -> bool:
    """Return True for a mail of a mail server whose words blame an address, a mailbox or us."""
    from_server = _DAEMON.search(str(mail.get("From", ""))) or str(mail.get("Return-Path", "?")).strip() == "<>"
    titled = _SUBJECT.search(str(mail.get("Subject", "")))
    cause = cause_of(None, words)
    return bool(titled and (from_server or _REPLY.search(words))) or bool(
        _DAEMON.search(str(mail.get("From", ""))) and cause.is_clear and cause.fault is not FaultSide.OTHER
    )
