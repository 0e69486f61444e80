"""Signing up: ask for a subscription, be invited to one, confirm it, ask for a link to manage it.

Each function is one act of one person, in one transaction. None sends mail: what is to be sent goes into the outbox, so
that the answer to the person never waits for a mail server, and is the same for a known address as for another.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.errors import UsageError
from digest.runs.transactional.access_links import new_link, token_hash
from digest.runs.transactional.outbox import TransactionalMailKind
from digest.settings import Settings
from digest.storage import Store, Tx
from digest.storage.database.secrets import secret
from digest.storage.delivery import outbox
from digest.storage.delivery.outbox import OutboxEntry
from digest.storage.papers import papers
from digest.storage.subscribers import consent, groups, link_tokens, operators, sign_ups, subscribers, suppressions
from digest.storage.subscribers.consent import Change
from digest.storage.subscribers.link_tokens import LinkPurpose
from digest.storage.subscribers.sign_ups import MailLimit, SignUp, Use
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, State, Subscriber, Subscription, normalised_address, subscription_from_dict

UNCONFIRMED_KEPT = timedelta(days=7)
CONFIRMATION_LIMIT = MailLimit(pause=timedelta(hours=24), in_all=3)
MANAGE_MAILS = 5  #: links to manage that one address gets a day
_HERE = frozenset({State.ACTIVE, State.PAUSED})


class TooManyRequests(UsageError):
    """More sign-ups came, from one network or over all, than is allowed for now."""


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """What a confirmation brought about."""

    subscriber: Subscriber
    manage: str  #: token with which the person who confirmed can change what they asked for; empty the second time


def sign_up(store: Store, wanted: Subscription, settings: Settings, *, network: str, now: datetime) -> None:
    """Take a request to subscribe, and leaves a letter to its address unless it must not get one now.

    Raise TooMany when the network, or all together, have asked too often; whether the address is known plays no part
    in that, and shows in nothing else.
    """
    with store.transaction() as tx:
        hashed = _address_hash(tx, wanted.address, now)
        present = subscribers.by_address(tx, wanted.address)
        blocked = suppressions.among(tx, [wanted.address])
        if not blocked and sign_ups.may_mail(tx, hashed, CONFIRMATION_LIMIT, now):
            if present and present.state in _HERE:
                outbox.add(tx, OutboxEntry(kind=TransactionalMailKind.MANAGE, subscriber=present.number), now)
            else:
                number = present.number if present else _pending(tx, wanted, settings, now).number
                outbox.add(tx, _errand(TransactionalMailKind.CONFIRM, number, wanted), now)
        _keep_within_limits(tx, settings, network, now)


def invite(store: Store, address: str, group: groups.Group, settings: Settings, now: datetime) -> bool:
    """Leave an invitation to a group, under the same limits as a sign-up; False when none may be sent."""
    with store.transaction() as tx:
        wanted = Subscription(address=address, profile=group.profile)
        hashed = _address_hash(tx, address, now)
        if suppressions.among(tx, [address]) or not sign_ups.may_mail(tx, hashed, CONFIRMATION_LIMIT, now):
            return False
        present = subscribers.by_address(tx, address)
        if present:
            wanted = present.subscription
        number = present.number if present else _pending(tx, wanted, settings, now).number
        outbox.add(tx, replace(_errand(TransactionalMailKind.INVITE, number, wanted), group=group.id), now)
        return True


def confirm(store: Store, token: str, now: datetime) -> Confirmed | None:
    """Activate what the token confirms; None when it is wrong or has run out. A second time changes nothing."""
    hashed = token_hash(token)
    with store.transaction() as tx:
        request = sign_ups.by_token(tx, hashed)
        if request is None or request.expires <= now:
            return None
        if not sign_ups.use(tx, hashed, now):
            person = subscribers.by_numbers(tx, [request.subscriber])[request.subscriber]
            return Confirmed(subscriber=person, manage="") if person.state in _HERE else None
        person = _admit(tx, request, now)
        outbox.add(tx, OutboxEntry(kind=TransactionalMailKind.WELCOME, subscriber=person.number), now)
        return Confirmed(subscriber=person, manage=new_link(tx, person.number, LinkPurpose.MANAGE, now))


def is_open(store: Store, token: str, now: datetime) -> bool:
    """True for a token that `confirm` would take."""
    with store.reading() as tx:
        request = sign_ups.by_token(tx, token_hash(token))
    return request is not None and request.expires > now


def request_manage_link(store: Store, address: str, settings: Settings, *, network: str, now: datetime) -> None:
    """Leave a letter with a fresh link to manage a subscription, unless there is none or it was asked for too often.

    Raise TooMany as `sign_up` does.
    """
    with store.transaction() as tx:
        hashed = _address_hash(tx, address, now)
        present = subscribers.by_address(tx, address)
        blocked = suppressions.among(tx, [address])
        mails = Use(name=f"manage:{hashed}", limit=MANAGE_MAILS, period=timedelta(days=1))
        allowed = sign_ups.take(tx, [mails], now)
        if present and allowed and not blocked and present.state is not State.PENDING:
            outbox.add(tx, OutboxEntry(kind=TransactionalMailKind.MANAGE, subscriber=present.number), now)
        _keep_within_limits(tx, settings, network, now)


def tidy(store: Store, now: datetime) -> int:
    """Forget sign-ups that nobody confirmed, and what ran out; return how many people were forgotten."""
    with store.transaction() as tx:
        link_tokens.tidy(tx, now)
        operators.tidy_sessions(tx, now)
        return sign_ups.tidy(tx, now, UNCONFIRMED_KEPT)


def _keep_within_limits(tx: Tx, settings: Settings, network: str, now: datetime) -> None:
    """Count the request, as the last thing in its transaction: everybody writes the row of all requests together.

    Raise TooMany when there are too many; then the transaction has done nothing.
    """
    hour, web = timedelta(hours=1), settings.web
    theirs = Use(name=f"network:{network}", limit=web.requests_per_network, period=hour)
    everyone = Use(name="everyone", limit=web.requests_per_hour, period=hour)
    if not sign_ups.take(tx, [theirs, everyone], now):
        raise TooManyRequests("too many requests came from your network or over all; please try again in an hour")


def _errand(kind: TransactionalMailKind, number: int, wanted: Subscription) -> OutboxEntry:
    return OutboxEntry(kind=kind, subscriber=number, subscription=wanted.as_dict())


def _pending(tx: Tx, wanted: Subscription, settings: Settings, now: datetime) -> Subscriber:
    cursor = papers.cursor_before(tx, now - timedelta(days=settings.issue.first_issue_days))
    admission = Admission(owner=Owner.WEB, state=State.PENDING, cursor=cursor, cause="sign-up page")
    return subscribers.add(tx, wanted, admission, now)


def _admit(tx: Tx, request: SignUp, now: datetime) -> Subscriber:
    present = subscribers.by_numbers(tx, [request.subscriber])[request.subscriber]
    wanted = subscription_from_dict(request.subscription)
    consent.forget_erasure(tx, wanted.address, now)
    sign_ups.forget_mails(tx, _address_hash(tx, wanted.address, now))
    if present.owner is Owner.FILE and present.state not in _HERE:
        subscribers.change_owner(tx, present.number, Owner.WEB)
    if present.state not in _HERE:
        subscribers.change(tx, present.number, wanted, now)
        present = consent.set_state(tx, present.number, Change(state=State.ACTIVE, cause="confirmed by mail"), now)
    return _joined(tx, present, request.group, now) if request.group is not None else present


def _joined(tx: Tx, person: Subscriber, group: int, now: datetime) -> Subscriber:
    groups.join(tx, group, person.number, now)
    found = groups.by_id(tx, group)
    if found is None or not found.shared or person.owner is Owner.FILE:
        return person
    return subscribers.change(tx, person.number, replace(person.subscription, profile=found.profile), now)


def _address_hash(tx: Tx, address: str, now: datetime) -> str:
    """A keyed hash: counting mails to an address needs no list of addresses."""
    key = secret(tx, "address", now)
    return hmac.new(key, normalised_address(address).encode(), hashlib.sha256).hexdigest()
