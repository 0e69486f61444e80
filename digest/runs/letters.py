"""Letters: the single mails of a subscription, as messages ready for the wire."""

from __future__ import annotations

import secrets
from datetime import datetime

from digest.fetching.keys import load_signers
from digest.messages import Envelope, Message, wire_address
from digest.messages import compose as message_of
from digest.rendering import IssueLinks, Press, Rendering
from digest.runs.access import MANAGE_WITHIN
from digest.runs.outbox import CONFIRM_WITHIN, Letter, LetterKind
from digest.settings import Settings


def write(letter: Letter, press: Press, settings: Settings, now: datetime) -> Message:
    """Gives the message of a letter. Raises MessageError for an address that cannot be written to.

    It is no list mail: there is nothing yet, or nothing more, to unsubscribe from.
    """
    return message_of(_rendering(letter, press, settings), _envelope(letter, settings, now), load_signers(settings))


def _rendering(letter: Letter, press: Press, settings: Settings) -> Rendering:
    web, letters = settings.web.url.rstrip("/"), press.letters_in(letter.language)
    if letter.kind is LetterKind.MANAGE:
        return letters.manage(f"{web}/m/{letter.token}", hours=int(MANAGE_WITHIN.total_seconds() // 3600))
    if letter.kind is LetterKind.WELCOME:
        manage = f"{web}/manage"
        links = IssueLinks(unsubscribe=manage, manage=manage)
        return letters.welcome(letter.address, links, first_issue=letter.first_issue, keywords=letter.keywords)
    hours = int(CONFIRM_WITHIN.total_seconds() // 3600)
    return letters.confirm(f"{web}/c/{letter.token}", hours=hours, group=letter.group)


def _envelope(letter: Letter, settings: Settings, now: datetime) -> Envelope:
    sender = settings.sender
    address = wire_address(sender.address)
    return Envelope(
        sender_name=sender.name,
        sender_address=address,
        bounces=wire_address(sender.bounces) if sender.bounces else address,
        recipient=letter.address,
        date=now,
        message_id=f"{letter.kind.value}.{secrets.token_hex(12)}@{address.rpartition('@')[2]}",
    )
