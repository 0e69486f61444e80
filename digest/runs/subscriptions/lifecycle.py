"""The lifecycle of a subscription: pause, resume, unsubscribe, resubscribe. Each function is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from digest.addresses import normalised_address
from digest.errors import UsageError
from digest.runs.transactional.access_links import new_link, token_hash
from digest.storage import Store, Tx
from digest.storage.subscribers import consent, link_tokens, sign_ups, subscribers
from digest.storage.subscribers.consent import Change
from digest.storage.subscribers.link_tokens import LinkPurpose
from digest.subscribers import Owner, State, Subscriber, Subscription

_CURRENT = frozenset({State.ACTIVE, State.PAUSED})


@dataclass(frozen=True, kw_only=True)
class Unsubscribed:
    """The result of an unsubscribe."""

    changed: bool  #: False when the person had unsubscribed before
    undo: str = ""  #: token that undoes it; empty when nothing changed


def present(store: Store, number: int) -> Subscriber:
    """Return the subscriber. Raise UsageError for an unknown number."""
    with store.reading() as tx:
        found = subscribers.by_numbers(tx, [number]).get(number)
    if found is None:
        raise UsageError(f"there is no subscriber number {number}")
    return found


def change(store: Store, subscriber: Subscriber, wanted: Subscription, now: datetime) -> Subscriber:
    """Store what a subscriber wants from now on, and return them; the address stays.

    Raise UsageError for a profile that a file owns.
    """
    if subscriber.owner is Owner.FILE:
        raise UsageError("this profile is kept in a file; edit it there")
    if normalised_address(wanted.address) != normalised_address(subscriber.address):
        raise UsageError("the address of a subscription cannot be changed; sign up with the new one")
    with store.transaction() as tx:
        return subscribers.change(tx, subscriber.number, wanted, now)


def pause(store: Store, number: int, until: date, cause: str, now: datetime) -> Subscriber | None:
    """Pause issues until that local date. Return None when the subscription cannot be paused."""
    with store.transaction() as tx:
        return _set_state(tx, number, Change(state=State.PAUSED, cause=cause, paused_until=until), _CURRENT, now)


def resume(store: Store, number: int, cause: str, now: datetime) -> Subscriber | None:
    """End a pause. Return None when there was none."""
    with store.transaction() as tx:
        return _set_state(tx, number, Change(state=State.ACTIVE, cause=cause), frozenset({State.PAUSED}), now)


def unsubscribe(store: Store, number: int, cause: str, now: datetime) -> Unsubscribed:
    """End a subscription at once: no further message is completed, not even in a running delivery."""
    allowed = _CURRENT | {State.PENDING, State.BOUNCED}
    with store.transaction() as tx:
        present = subscribers.by_numbers(tx, [number]).get(number)
        if present is not None and present.state is State.UNSUBSCRIBED:
            consent.confirm_unsubscribed(tx, number, cause, now)
        if present is None or present.state not in allowed:
            return Unsubscribed(changed=False)
        consent.set_state(tx, number, Change(state=State.UNSUBSCRIBED, cause=cause), now)
        undo = new_link(tx, number, LinkPurpose.UNDO, now) if present.state in _CURRENT else ""
        return Unsubscribed(changed=True, undo=undo)


def undo_unsubscribe(store: Store, token: str, now: datetime) -> Subscriber | None:
    """Undo an unsubscribe, once and within the hour. Return None when the token is no longer valid."""
    with store.transaction() as tx:
        number = link_tokens.use(tx, token_hash(token), LinkPurpose.UNDO, now)
        if number is None:
            return None
        change = Change(state=State.ACTIVE, cause="undone by the reader")
        return _set_state(tx, number, change, frozenset({State.UNSUBSCRIBED}), now)


def resubscribe(store: Store, number: int, cause: str, now: datetime) -> Subscriber | None:
    """Reactivate a subscription that was unsubscribed or bounced. Return None for any other."""
    with store.transaction() as tx:
        change = Change(state=State.ACTIVE, cause=cause)
        return _set_state(tx, number, change, frozenset({State.UNSUBSCRIBED, State.BOUNCED}), now)


def record_unsubscribe_reason(store: Store, reason: str, now: datetime) -> None:
    """Count the reason for an unsubscribe, without the person."""
    with store.transaction() as tx:
        sign_ups.count_unsubscribe_reason(tx, reason, now)


def _set_state(tx: Tx, number: int, wanted: Change, allowed: frozenset[State], now: datetime) -> Subscriber | None:
    present = subscribers.by_numbers(tx, [number]).get(number)
    if present is None or present.state not in allowed:
        return None
    return consent.set_state(tx, number, wanted, now)
