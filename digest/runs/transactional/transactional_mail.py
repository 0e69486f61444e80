"""Transactional mail: the single mails of a subscription, composed as messages."""

from __future__ import annotations

import secrets
from datetime import datetime

from digest.fetching.dkim_keys import load_signers
from digest.messages import Envelope, Message, wire_address
from digest.messages import compose as message_of
from digest.rendering import IssueLinks, MailRenderer, Rendering
from digest.runs.transactional.access_links import MANAGE_WITHIN
from digest.runs.transactional.outbox import CONFIRM_WITHIN, TransactionalMail, TransactionalMailKind
from digest.settings import Settings


def compose_transactional(
    mail: TransactionalMail, renderer: MailRenderer, settings: Settings, now: datetime
) -> Message:
    """Return the message of a transactional mail. Raise MessageError for an address that cannot be used.

    It has no list headers: there is nothing to unsubscribe from.
    """
    return message_of(_rendering(mail, renderer, settings), _envelope(mail, settings, now), load_signers(settings))


def _rendering(mail: TransactionalMail, renderer: MailRenderer, settings: Settings) -> Rendering:
    web, mails = settings.web.url.rstrip("/"), renderer.transactional_in(mail.language)
    if mail.kind is TransactionalMailKind.MANAGE:
        return mails.manage(f"{web}/m/{mail.token}", hours=int(MANAGE_WITHIN.total_seconds() // 3600))
    if mail.kind is TransactionalMailKind.WELCOME:
        manage = f"{web}/manage"
        links = IssueLinks(unsubscribe=manage, manage=manage)
        return mails.welcome(mail.address, links, first_issue=mail.first_issue, keywords=mail.keywords)
    hours = int(CONFIRM_WITHIN.total_seconds() // 3600)
    return mails.confirm(f"{web}/c/{mail.token}", hours=hours, group=mail.group)


def _envelope(mail: TransactionalMail, settings: Settings, now: datetime) -> Envelope:
    sender = settings.sender
    address = wire_address(sender.address)
    return Envelope(
        sender_name=sender.name,
        sender_address=address,
        bounces=wire_address(sender.bounces) if sender.bounces else address,
        recipient=mail.address,
        date=now,
        message_id=f"{mail.kind.value}.{secrets.token_hex(12)}@{address.rpartition('@')[2]}",
    )
