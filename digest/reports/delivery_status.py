"""The machine-readable part of a delivery status notification (RFC 3464).

    Reporting-MTA: dns; mail.example.org

    Final-Recipient: rfc822; ada@example.com
    Action: failed
    Status: 5.1.1
    Diagnostic-Code: smtp; 550 5.1.1 no such user

Servers differ in the details: Exchange gives a Status of 5.1.10 and no Diagnostic-Code of its own type, Gmail writes
its words over several lines, Postfix reports several recipients in one notification, older ones give only the code of
the reply. Where Status is as general as 5.0.0 and the diagnostic knows more, the diagnostic counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_GENERAL = re.compile(r"[245]\.0\.0")
_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})
MAX_WORDS = 500


@dataclass(frozen=True, kw_only=True)
class RecipientReport:
    """What a notification says about one recipient."""

    address: str  #: as the notification gives it
    action: str  #: failed, delayed, delivered, relayed, expanded
    status: str | None  #: enhanced status code
    words: str = ""  #: the diagnostic, in one line

    @property
    def is_failure(self) -> bool:
        """True when the mail will not be delivered; neither a delay, which another report follows, nor a success is."""
        return self.action == "failed" and not (self.status or "").startswith("2")


def read_delivery_status(blocks: Iterable[Message]) -> tuple[RecipientReport, ...]:
    """Return what is said about each recipient, from the header blocks of the part."""
    return tuple(_recipient(block) for block in blocks if "Final-Recipient" in block or "Original-Recipient" in block)


def _recipient(block: Message) -> RecipientReport:
    words = " ".join(str(block.get("Diagnostic-Code", "")).split())[:MAX_WORDS]
    action = str(block.get("Action", "")).split(";")[0].strip().lower()
    status = _status(str(block.get("Status", "")), words)
    if action not in _ACTIONS:
        action = {"2": "delivered", "4": "delayed"}.get((status or "")[:1], "failed")
    return RecipientReport(
        address=_address(str(block.get("Original-Recipient") or block.get("Final-Recipient", ""))),
        action=action,
        status=status,
        words=words,
    )


def _status(given: str, words: str) -> str | None:
    found, better = _STATUS.search(given), _STATUS.search(words)
    if found and not _GENERAL.fullmatch(found[1]):
        return found[1]
    chosen = better or found
    return chosen[1] if chosen else None


def _address(field: str) -> str:
    return field.partition(";")[2].strip().strip("<>") or field.strip()
