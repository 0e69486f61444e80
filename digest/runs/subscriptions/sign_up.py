"""Sign-up: request a subscription, invite somebody, confirm, request a link to manage a subscription.

Each function is one transaction. None sends an e-mail: messages go into the outbox, so that the response never waits
for a mail server, and is the same for known and unknown addresses.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.addresses import normalised_address
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
from digest.subscribers import Owner, State, Subscriber, Subscription, subscription_from_dict

UNCONFIRMED_KEPT = timedelta(days=7)
CONFIRMATION_LIMIT = MailLimit(pause=timedelta(hours=24), total=3)
MANAGE_LINKS_PER_DAY = 5  #: manage links per address and day
_CURRENT = frozenset({State.ACTIVE, State.PAUSED})


class TooManyRequests(UsageError):
    """More sign-ups than allowed came from one network or overall."""


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """The result of a confirmation."""

    subscriber: Subscriber
    manage: str  #: token of a manage link; empty the second time


def sign_up(store: Store, wanted: Subscription, settings: Settings, *, network: str, now: datetime) -> None:
    """Put an e-mail that asks for confirmation into the outbox, unless the address must not get one now.

    Raise TooManyRequests when the network, or everyone together, asked too often. The limits and the response do not
    depend on whether the address is known.
    """
    with store.transaction() as tx:
        hashed = _address_hash(tx, wanted.address, now)
        present = subscribers.by_address(tx, wanted.address)
        blocked = suppressions.among(tx, [wanted.address])
        if not blocked and sign_ups.may_mail(tx, hashed, CONFIRMATION_LIMIT, now):
            if present and present.state in _CURRENT:
                outbox.add(tx, OutboxEntry(kind=TransactionalMailKind.MANAGE, subscriber=present.number), now)
            else:
                number = present.number if present else _pending(tx, wanted, settings, now).number
                outbox.add(tx, _outbox_entry(TransactionalMailKind.CONFIRM, number, wanted), now)
        _keep_within_limits(tx, settings, network, now)


def invite(store: Store, address: str, group: groups.Group, settings: Settings, now: datetime) -> bool:
    """Put an invitation into the outbox, within the limits of a sign-up. Return False when none may be sent."""
    with store.transaction() as tx:
        wanted = Subscription(address=address, profile=group.profile)
        hashed = _address_hash(tx, address, now)
        if suppressions.among(tx, [address]) or not sign_ups.may_mail(tx, hashed, CONFIRMATION_LIMIT, now):
            return False
        present = subscribers.by_address(tx, address)
        if present:
            wanted = present.subscription
        number = present.number if present else _pending(tx, wanted, settings, now).number
        outbox.add(tx, replace(_outbox_entry(TransactionalMailKind.INVITE, number, wanted), group=group.id), now)
        return True


def confirm(store: Store, token: str, now: datetime) -> Confirmed | None:
    """Activate the subscription that the token confirms. Return None when it is wrong or expired. May be repeated."""
    hashed = token_hash(token)
    with store.transaction() as tx:
        request = sign_ups.by_token(tx, hashed)
        if request is None or request.expires <= now:
            return None
        if not sign_ups.use(tx, hashed, now):
            person = subscribers.by_numbers(tx, [request.subscriber])[request.subscriber]
            return Confirmed(subscriber=person, manage="") if person.state in _CURRENT else None
        person = _activate(tx, request, now)
        outbox.add(tx, OutboxEntry(kind=TransactionalMailKind.WELCOME, subscriber=person.number), now)
        return Confirmed(subscriber=person, manage=new_link(tx, person.number, LinkPurpose.MANAGE, now))


def is_open(store: Store, token: str, now: datetime) -> bool:
    """Return whether `confirm` would accept the token."""
    with store.reading() as tx:
        request = sign_ups.by_token(tx, token_hash(token))
    return request is not None and request.expires > now


def request_manage_link(store: Store, address: str, settings: Settings, *, network: str, now: datetime) -> None:
    """Put an e-mail with a new manage link into the outbox, unless there is no subscription or too many were requested.

    Raise TooManyRequests as `sign_up` does.
    """
    with store.transaction() as tx:
        hashed = _address_hash(tx, address, now)
        present = subscribers.by_address(tx, address)
        blocked = suppressions.among(tx, [address])
        mails = Use(name=f"manage:{hashed}", limit=MANAGE_LINKS_PER_DAY, period=timedelta(days=1))
        allowed = sign_ups.take(tx, [mails], now)
        if present and allowed and not blocked and present.state is not State.PENDING:
            outbox.add(tx, OutboxEntry(kind=TransactionalMailKind.MANAGE, subscriber=present.number), now)
        _keep_within_limits(tx, settings, network, now)


def tidy(store: Store, now: datetime) -> int:
    """Delete unconfirmed sign-ups and expired tokens; return how many people were deleted."""
    with store.transaction() as tx:
        link_tokens.tidy(tx, now)
        operators.tidy_sessions(tx, now)
        return sign_ups.tidy(tx, now, UNCONFIRMED_KEPT)


def _keep_within_limits(tx: Tx, settings: Settings, network: str, now: datetime) -> None:
    """Count the request, last in its transaction because everybody updates the row that counts all requests.

    Raise TooManyRequests when there are too many; then the transaction is rolled back.
    """
    hour, web = timedelta(hours=1), settings.web
    theirs = Use(name=f"network:{network}", limit=web.requests_per_network, period=hour)
    everyone = Use(name="everyone", limit=web.requests_per_hour, period=hour)
    if not sign_ups.take(tx, [theirs, everyone], now):
        raise TooManyRequests("too many requests from your network, or overall; please try again in an hour")


def _outbox_entry(kind: TransactionalMailKind, number: int, wanted: Subscription) -> OutboxEntry:
    return OutboxEntry(kind=kind, subscriber=number, subscription=wanted.as_dict())


def _pending(tx: Tx, wanted: Subscription, settings: Settings, now: datetime) -> Subscriber:
    cursor = papers.cursor_before(tx, now - timedelta(days=settings.issue.first_issue_days))
    admission = Admission(owner=Owner.WEB, state=State.PENDING, cursor=cursor, cause="sign-up page")
    return subscribers.add(tx, wanted, admission, now)


def _activate(tx: Tx, request: SignUp, now: datetime) -> Subscriber:
    present = subscribers.by_numbers(tx, [request.subscriber])[request.subscriber]
    wanted = subscription_from_dict(request.subscription)
    consent.forget_erasure(tx, wanted.address, now)
    sign_ups.reset_mail_count(tx, _address_hash(tx, wanted.address, now))
    if present.owner is Owner.FILE and present.state not in _CURRENT:
        subscribers.change_owner(tx, present.number, Owner.WEB)
    if present.state not in _CURRENT:
        subscribers.change(tx, present.number, wanted, now)
        present = consent.set_state(tx, present.number, Change(state=State.ACTIVE, cause="confirmed by mail"), now)
    return _added_to_group(tx, present, request.group, now) if request.group is not None else present


def _added_to_group(tx: Tx, person: Subscriber, group: int, now: datetime) -> Subscriber:
    groups.add_member(tx, group, person.number, now)
    found = groups.by_id(tx, group)
    if found is None or not found.shared or person.owner is Owner.FILE:
        return person
    return subscribers.change(tx, person.number, replace(person.subscription, profile=found.profile), now)


def _address_hash(tx: Tx, address: str, now: datetime) -> str:
    """Return a keyed hash, so that e-mails per address are counted without storing addresses."""
    key = secret(tx, "address", now)
    return hmac.new(key, normalised_address(address).encode(), hashlib.sha256).hexdigest()
