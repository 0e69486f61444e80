"""Sign up, confirm, change, pause, leave, come back.

Each function is one act of one person, in one transaction. None sends mail: what is to be sent comes back as a Letter,
so that the answer to the person never waits for a mail server, and takes as long for a known address as for another.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from digest.errors import UsageError
from digest.settings import Settings
from digest.storage import (
    Store,
    Tx,
    consent,
    groups,
    link_tokens,
    operators,
    papers,
    sign_ups,
    subscribers,
    suppressions,
)
from digest.storage.consent import Change
from digest.storage.link_tokens import LinkPurpose
from digest.storage.secrets import secret
from digest.storage.sign_ups import MailLimit, SignUp
from digest.storage.subscribers import Admission
from digest.subscribers import Owner, State, Subscriber, Subscription, normalised_address, subscription_from_dict

CONFIRM_WITHIN = timedelta(hours=48)
MANAGE_WITHIN = timedelta(hours=1)
UNDO_WITHIN = timedelta(hours=1)
UNCONFIRMED_KEPT = timedelta(days=7)
CONFIRMATION_LIMIT = MailLimit(pause=timedelta(hours=24), in_all=3)
MANAGE_MAILS = 5  #: links to manage that one address gets a day
_HERE = frozenset({State.ACTIVE, State.PAUSED})


class LetterKind(StrEnum):
    """The single mails that people get beside their issues."""

    CONFIRM = "confirm"
    INVITE = "invite"  #: confirm, on behalf of a group
    MANAGE = "manage"
    WELCOME = "welcome"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One mail that is to be sent, apart from any issue."""

    kind: LetterKind
    address: str
    language: str
    token: str  #: for the link in it
    group: str = ""  #: name of the group that invites
    keywords: tuple[str, ...] = ()  #: of the profile, for the welcome
    first_issue: date | None = None  #: when it comes, for the welcome


class TooMany(UsageError):
    """More sign-ups came, from one network or over all, than is allowed for now."""


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """What a confirmation brought about."""

    subscriber: Subscriber
    manage: str  #: token with which the person who confirmed can change what they asked for
    letter: Letter | None  #: the welcome, unless it went out before


@dataclass(frozen=True, kw_only=True)
class Left:
    """What an unsubscribing brought about."""

    changed: bool  #: False when the person had left before
    undo: str = ""  #: token that takes it back; empty when nothing changed


def sign_up(
    store: Store, wanted: Subscription, settings: Settings, *, network: str, now: datetime, group: int | None = None
) -> Letter | None:
    """Takes a request to subscribe, and gives the mail to send to its address; None when it must not get one now.

    Raises TooMany when the network, or all together, have asked too often; whether the address is known plays no part
    in that, and shows in nothing else.
    """
    with store.transaction() as tx:
        _within_limits(tx, settings, network, now)
        hashed = _address_hash(tx, wanted.address, now)
        present = subscribers.by_address(tx, wanted.address)
        blocked = suppressions.among(tx, [wanted.address])
        if blocked or not sign_ups.may_mail(tx, hashed, CONFIRMATION_LIMIT, now):
            return None
        if present and present.state in _HERE:
            return _manage_letter(tx, present, now)
        number = present.number if present else _pending(tx, wanted, settings, now).number
        return _confirmation(tx, wanted, number, group, now)


def invite(store: Store, address: str, group: groups.Group, settings: Settings, now: datetime) -> Letter | None:
    """Gives the invitation of somebody to a group, under the same limits as a sign-up; None when none may be sent."""
    with store.transaction() as tx:
        wanted = Subscription(address=address, profile=group.profile)
        hashed = _address_hash(tx, address, now)
        if suppressions.among(tx, [address]) or not sign_ups.may_mail(tx, hashed, CONFIRMATION_LIMIT, now):
            return None
        present = subscribers.by_address(tx, address)
        if present:
            wanted = present.subscription
        number = present.number if present else _pending(tx, wanted, settings, now).number
        return _confirmation(tx, wanted, number, group.id, now, group_name=group.name)


def confirm(store: Store, token: str, now: datetime) -> Confirmed | None:
    """Activates what the token confirms; None when it is wrong or has run out. A second time changes nothing."""
    hashed = token_hash(token)
    with store.transaction() as tx:
        request = sign_ups.by_token(tx, hashed)
        if request is None or request.expires <= now:
            return None
        if not sign_ups.use(tx, hashed, now):
            person = subscribers.by_numbers(tx, [request.subscriber])[request.subscriber]
            return Confirmed(subscriber=person, manage="", letter=None) if person.state in _HERE else None
        person = _admit(tx, request, now)
        manage = _new_link(tx, person.number, LinkPurpose.MANAGE, now)
        return Confirmed(subscriber=person, manage=manage, letter=_welcome(person))


def is_open(store: Store, token: str, now: datetime) -> bool:
    """True for a token that `confirm` would take."""
    with store.reading() as tx:
        request = sign_ups.by_token(tx, token_hash(token))
    return request is not None and request.expires > now


def request_manage_link(
    store: Store, address: str, settings: Settings, *, network: str, now: datetime
) -> Letter | None:
    """Gives the mail with a fresh link to manage a subscription; None without one, or when asked for too often."""
    with store.transaction() as tx:
        _within_limits(tx, settings, network, now)
        hashed = _address_hash(tx, address, now)
        present = subscribers.by_address(tx, address)
        blocked = suppressions.among(tx, [address])
        allowed = sign_ups.take(tx, f"manage:{hashed}", MANAGE_MAILS, timedelta(days=1), now)
        if present is None or blocked or not allowed or present.state is State.PENDING:
            return None
        return _manage_letter(tx, present, now)


def manager(store: Store, token: str, now: datetime) -> Subscriber | None:
    """Gives the subscriber whom a link to manage stands for; None when it has run out."""
    with store.reading() as tx:
        number = link_tokens.holder(tx, token_hash(token), LinkPurpose.MANAGE, now)
        return subscribers.by_numbers(tx, [number]).get(number) if number is not None else None


def present(store: Store, number: int) -> Subscriber:
    """Gives the subscriber as they stand now. Raises UsageError for a number that nobody has."""
    with store.reading() as tx:
        found = subscribers.by_numbers(tx, [number]).get(number)
    if found is None:
        raise UsageError(f"there is no subscriber number {number}")
    return found


def change(store: Store, subscriber: Subscriber, wanted: Subscription, now: datetime) -> Subscriber:
    """Gives the subscriber with what they want from now on; the address stays.

    Raises UsageError for a profile that a file owns.
    """
    if subscriber.owner is Owner.FILE:
        raise UsageError("this profile is kept in a file and is changed there")
    if normalised_address(wanted.address) != normalised_address(subscriber.address):
        raise UsageError("the address of a subscription cannot be changed; sign up with the new one")
    with store.transaction() as tx:
        return subscribers.change(tx, subscriber.number, wanted, now)


def pause(store: Store, number: int, until: date, cause: str, now: datetime) -> Subscriber | None:
    """Stops issues until that local date; None when the subscription is not one that can pause."""
    with store.transaction() as tx:
        return _set_state(tx, number, Change(state=State.PAUSED, cause=cause, paused_until=until), _HERE, now)


def resume(store: Store, number: int, cause: str, now: datetime) -> Subscriber | None:
    """Ends a pause; None when there was none."""
    with store.transaction() as tx:
        return _set_state(tx, number, Change(state=State.ACTIVE, cause=cause), frozenset({State.PAUSED}), now)


def leave(store: Store, number: int, cause: str, now: datetime) -> Left:
    """Ends a subscription at once: no further message of it is finished, not even in a delivery under way."""
    anywhere = _HERE | {State.PENDING, State.BOUNCED}
    with store.transaction() as tx:
        present = subscribers.by_numbers(tx, [number]).get(number)
        if present is None or not _set_state(tx, number, Change(state=State.UNSUBSCRIBED, cause=cause), anywhere, now):
            return Left(changed=False)
        undo = _new_link(tx, number, LinkPurpose.UNDO, now) if present.state in _HERE else ""
        return Left(changed=True, undo=undo)


def come_back(store: Store, token: str, now: datetime) -> Subscriber | None:
    """Takes an unsubscribing back, once and within the hour; None when the token is no longer good."""
    with store.transaction() as tx:
        number = link_tokens.use(tx, token_hash(token), LinkPurpose.UNDO, now)
        if number is None:
            return None
        back = Change(state=State.ACTIVE, cause="undone by the reader")
        return _set_state(tx, number, back, frozenset({State.UNSUBSCRIBED}), now)


def rejoin(store: Store, number: int, cause: str, now: datetime) -> Subscriber | None:
    """Subscribes somebody again who left or whose address bounced; None for anybody else."""
    with store.transaction() as tx:
        back = Change(state=State.ACTIVE, cause=cause)
        return _set_state(tx, number, back, frozenset({State.UNSUBSCRIBED, State.BOUNCED}), now)


def explain_leaving(store: Store, reason: str, now: datetime) -> None:
    """Counts why somebody left, without who."""
    with store.transaction() as tx:
        sign_ups.depart(tx, reason, now)


def tidy(store: Store, now: datetime) -> int:
    """Forgets sign-ups that nobody confirmed, and what ran out; gives how many people were forgotten."""
    with store.transaction() as tx:
        link_tokens.tidy(tx, now)
        operators.tidy_sessions(tx, now)
        return sign_ups.tidy(tx, now, UNCONFIRMED_KEPT)


def token_hash(token: str) -> str:
    """Gives the form in which a random token is stored: whoever reads the store cannot use it."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _within_limits(tx: Tx, settings: Settings, network: str, now: datetime) -> None:
    hour, web = timedelta(hours=1), settings.web
    if not sign_ups.take(tx, f"network:{network}", web.requests_per_network, hour, now):
        raise TooMany("too many requests came from your network; please try again in an hour")
    if not sign_ups.take(tx, "everyone", web.requests_per_hour, hour, now):
        raise TooMany("too many requests came within this hour; please try again in the next")


def _pending(tx: Tx, wanted: Subscription, settings: Settings, now: datetime) -> Subscriber:
    cursor = papers.cursor_before(tx, now - timedelta(days=settings.issue.first_issue_days))
    admission = Admission(owner=Owner.WEB, state=State.PENDING, cursor=cursor, cause="sign-up page")
    return subscribers.add(tx, wanted, admission, now)


def _confirmation(
    tx: Tx, wanted: Subscription, number: int, group: int | None, now: datetime, group_name: str = ""
) -> Letter:
    token = secrets.token_urlsafe(32)
    expires = now + CONFIRM_WITHIN
    sign_ups.keep(tx, token_hash(token), number, wanted.as_dict(), group=group, now=now, expires=expires)
    kind = LetterKind.INVITE if group_name else LetterKind.CONFIRM
    return Letter(kind=kind, address=wanted.address, language=wanted.language, token=token, group=group_name)


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


def _set_state(tx: Tx, number: int, wanted: Change, allowed: frozenset[State], now: datetime) -> Subscriber | None:
    present = subscribers.by_numbers(tx, [number]).get(number)
    if present is None or present.state not in allowed:
        return None
    return consent.set_state(tx, number, wanted, now)


def _manage_letter(tx: Tx, person: Subscriber, now: datetime) -> Letter:
    token = _new_link(tx, person.number, LinkPurpose.MANAGE, now)
    language = person.subscription.language
    return Letter(kind=LetterKind.MANAGE, address=person.address, language=language, token=token)


def _welcome(person: Subscriber) -> Letter:
    return Letter(
        kind=LetterKind.WELCOME,
        address=person.address,
        language=person.subscription.language,
        token="",
        keywords=tuple(keyword.term for keyword in person.profile.keywords),
        first_issue=local_date(person),
    )


def local_date(person: Subscriber) -> date | None:
    """Gives the date of the next issue where the subscriber lives; None while none is to come."""
    if person.next_due is None:
        return None
    return person.next_due.astimezone(ZoneInfo(person.subscription.schedule.timezone)).date()


def _new_link(tx: Tx, number: int, purpose: LinkPurpose, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    within = MANAGE_WITHIN if purpose is LinkPurpose.MANAGE else UNDO_WITHIN
    link_tokens.keep(tx, token_hash(token), purpose, number, now + within)
    return token


def _address_hash(tx: Tx, address: str, now: datetime) -> str:
    """A keyed hash: counting mails to an address needs no list of addresses."""
    key = secret(tx, "address", now)
    return hmac.new(key, normalised_address(address).encode(), hashlib.sha256).hexdigest()
