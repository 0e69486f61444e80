"""The outbox: transactional mail, stored in the transaction that causes it and sent at least once.

What is to be written is stored in the transaction that causes it, so that a crash loses no mail; its links are made
when it is taken to be sent, so that no usable token is ever stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from digest.addresses import normalised_address
from digest.runs.transactional.access_links import new_link, new_token, token_hash
from digest.storage import Store, Tx
from digest.storage.delivery import outbox
from digest.storage.delivery.outbox import OutboxEntry, WaitingEntry
from digest.storage.subscribers import groups, sign_ups, subscribers, suppressions
from digest.storage.subscribers.link_tokens import LinkPurpose
from digest.storage.subscribers.sign_ups import SignUp
from digest.subscribers import State, Subscriber

CONFIRM_WITHIN = timedelta(hours=48)  #: from when the mail is sent
GIVEN_UP_AFTER = timedelta(hours=24)
FIRST_PAUSE = timedelta(seconds=10)  #: before a mail that was refused for now is tried again, doubled each time
LONGEST_PAUSE = timedelta(hours=1)


class TransactionalMailKind(StrEnum):
    """The single mails that people get beside their issues."""

    CONFIRM = "confirm"
    INVITE = "invite"  #: confirm, on behalf of a group
    MANAGE = "manage"
    WELCOME = "welcome"


@dataclass(frozen=True, kw_only=True)
class TransactionalMail:
    """One mail that is to be sent, apart from any issue."""

    id: int
    tries: int  #: this one included
    kind: TransactionalMailKind
    address: str
    language: str
    token: str = ""  #: for the link in it; the welcome needs none
    group: str = ""  #: name of the group that invites
    keywords: tuple[str, ...] = ()  #: of the profile, for the welcome
    first_issue: date | None = None  #: when it comes, for the welcome


def take(store: Store, now: datetime, lease: timedelta, limit: int) -> list[TransactionalMail]:
    """Take mail to be sent now, with fresh links; the caller settles it within the lease.

    Mail that has become pointless since is dropped.
    """
    with store.reading() as tx:
        if not outbox.has_waiting(tx, now):
            return []
    with store.transaction() as tx:
        waiting = outbox.take(tx, now, now + lease, limit)
        people = subscribers.by_numbers(tx, {one.entry.subscriber for one in waiting})
        blocked = suppressions.among(tx, [person.address for person in people.values()])
        found = []
        for one in waiting:
            person = people[one.entry.subscriber]
            pointless = now - one.created > GIVEN_UP_AFTER or normalised_address(person.address) in blocked
            mail = None if pointless else _written(tx, one, person, now)
            if mail:
                found.append(mail)
            else:
                outbox.done(tx, one.id)
    return found


def settle(
    store: Store, *, done: Iterable[TransactionalMail], put_off: Iterable[TransactionalMail], now: datetime
) -> None:
    """Delete mail that was sent or never can be; put off the rest, longer after each attempt."""
    with store.transaction() as tx:
        for mail in done:
            outbox.done(tx, mail.id)
        for mail in put_off:
            pause = min(FIRST_PAUSE * 2 ** min(mail.tries - 1, 10), LONGEST_PAUSE)
            outbox.put_off(tx, mail.id, now + pause)


def _written(tx: Tx, waiting: WaitingEntry, person: Subscriber, now: datetime) -> TransactionalMail | None:
    """Return the mail with its links; None when it has become pointless."""
    kind, subscribed = TransactionalMailKind(waiting.entry.kind), person.state in (State.ACTIVE, State.PAUSED)
    language = person.subscription.language
    mail = TransactionalMail(id=waiting.id, tries=waiting.tries, kind=kind, address=person.address, language=language)
    if kind is TransactionalMailKind.MANAGE:
        return replace(mail, token=new_link(tx, person.number, LinkPurpose.MANAGE, now))
    if kind is TransactionalMailKind.WELCOME:
        keywords = tuple(keyword.term for keyword in person.profile.keywords)
        return replace(mail, keywords=keywords, first_issue=person.next_issue) if subscribed else None
    if kind is TransactionalMailKind.CONFIRM and subscribed:
        return None
    wanted = waiting.entry.subscription or person.subscription.as_dict()
    group = groups.by_id(tx, waiting.entry.group) if waiting.entry.group is not None else None
    return replace(
        mail,
        token=_confirmable(tx, waiting.entry, wanted, now),
        language=str(wanted.get("language") or language),
        group=group.name if group else "",
    )


def _confirmable(tx: Tx, entry: OutboxEntry, wanted: Mapping[str, Any], now: datetime) -> str:
    """Return the token that confirms what is wanted. Every copy of a mail has one of its own, and each is good."""
    token = new_token()
    request = SignUp(subscriber=entry.subscriber, subscription=wanted, group=entry.group, expires=now + CONFIRM_WITHIN)
    sign_ups.keep(tx, token_hash(token), request, now)
    return token
