"""Transactional mail: the single mails of a subscription, composed as messages."""

from __future__ import annotations

from datetime import datetime

from digest.fetching.dkim_keys import load_signers
from digest.messages import Message
from digest.messages import compose as message_of
from digest.rendering import IssueLinks, MailRenderer, Rendering
from digest.runs.issues.sender_identity import sender_identity
from digest.runs.transactional.access_links import MANAGE_WITHIN
from digest.runs.transactional.outbox import CONFIRM_WITHIN, TransactionalMail, TransactionalMailKind
from digest.settings import Settings


def compose_transactional(
    mail: TransactionalMail, renderer: MailRenderer, settings: Settings, now: datetime
) -> Message:
    """Return the message of a transactional mail. Raise MessageError for an address that cannot be used.

    It has no list headers: there is nothing to unsubscribe from.
    """
    envelope = sender_identity(settings).envelope(mail.address, mail.kind.value, now)
    return message_of(_rendering(mail, renderer, settings), envelope, load_signers(settings))


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
