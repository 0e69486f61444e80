"""SMTP replies (RFC 5321, 4.2), enhanced status codes (RFC 3463), and what they mean at each stage."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from digest.deliveries import Outcome

MAX_TEXT = 500  # characters kept of a reply

_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?!\S)")


class Stage(StrEnum):
    """The step of the mail transaction at which something happened."""

    CONNECT = "connect"  #: greeting, EHLO, STARTTLS, AUTH
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"


class Reply(NamedTuple):
    """One reply of a server."""

    code: int  #: three digits
    text: str  #: its words, lines joined by newlines, without the codes

    @property
    def status(self) -> str | None:
        """The enhanced status code; None without one."""
        found = _STATUS.match(self.text)
        return found[1] if found else None

    def __str__(self) -> str:
        return f"{self.code} {self.text}".replace("\n", " / ").strip()


def verdict(stage: Stage, reply: Reply) -> Outcome:
    """Return what a reply means for the message: SENT only for a 2xx to the final dot.

    A refusal for good counts as such when it is about the recipient or the message. At MAIL it is nearly always about
    the sender's address or rights: the operator fixes that, and no reader must lose an issue over it, so it is deferred
    unless its class says that the message itself is at fault (5.3.4 too big, 5.6.x content). A server out of step
    (503, or a code that does not answer the command) decides nothing: the transaction is lost.
    """
    kind = reply.code // 100
    if kind == 2 and stage is Stage.DOT:
        return Outcome.SENT
    if kind == 4:
        return Outcome.DEFERRED
    if kind != 5 or reply.code == 503:
        return Outcome.AMBIGUOUS if stage is Stage.DOT else Outcome.LOST
    if stage in (Stage.CONNECT, Stage.MAIL) and not _is_about_message(reply):
        return Outcome.DEFERRED
    return Outcome.FAILED


def _is_about_message(reply: Reply) -> bool:
    status = reply.status
    return reply.code == 552 if status is None else status == "5.3.4" or status.startswith("5.6.")


def is_about_connection(reply: Reply) -> bool:
    """Return True when the reply says that the server is closing or out of step, whatever it was asked."""
    return reply.code in (421, 503)
