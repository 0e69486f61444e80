"""How a subscription stands: change it, pause it, leave, come back. Each function is one act in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from digest.errors import UsageError
from digest.runs.transactional.access_links import new_link, token_hash
from digest.storage import Store, Tx
from digest.storage.subscribers import consent, link_tokens, sign_ups, subscribers
from digest.storage.subscribers.consent import Change
from digest.storage.subscribers.link_tokens import LinkPurpose
from digest.subscribers import Owner, State, Subscriber, Subscription, normalised_address

_HERE = frozenset({State.ACTIVE, State.PAUSED})


@dataclass(frozen=True, kw_only=True)
class Unsubscribed:
    """What an unsubscribing brought about."""

    changed: bool  #: False when the person had left before
    undo: str = ""  #: token that takes it back; empty when nothing changed


def present(store: Store, number: int) -> Subscriber:
    """Return the subscriber as they stand now. Raise UsageError for a number that nobody has."""
    with store.reading() as tx:
        found = subscribers.by_numbers(tx, [number]).get(number)
    if found is None:
        raise UsageError(f"there is no subscriber number {number}")
    return found


def change(store: Store, subscriber: Subscriber, wanted: Subscription, now: datetime) -> Subscriber:
    """Return the subscriber with what they want from now on; the address stays.

    Raise UsageError for a profile that a file owns.
    """
    if subscriber.owner is Owner.FILE:
        raise UsageError("this profile is kept in a file and is changed there")
    if normalised_address(wanted.address) != normalised_address(subscriber.address):
        raise UsageError("the address of a subscription cannot be changed; sign up with the new one")
    with store.transaction() as tx:
        return subscribers.change(tx, subscriber.number, wanted, now)


def pause(store: Store, number: int, until: date, cause: str, now: datetime) -> Subscriber | None:
    """Stop issues until that local date; None when the subscription is not one that can pause."""
    with store.transaction() as tx:
        return _set_state(tx, number, Change(state=State.PAUSED, cause=cause, paused_until=until), _HERE, now)


def resume(store: Store, number: int, cause: str, now: datetime) -> Subscriber | None:
    """End a pause; None when there was none."""
    with store.transaction() as tx:
        return _set_state(tx, number, Change(state=State.ACTIVE, cause=cause), frozenset({State.PAUSED}), now)


def unsubscribe(store: Store, number: int, cause: str, now: datetime) -> Unsubscribed:
    """End a subscription at once: no further message of it is finished, not even in a delivery under way."""
    anywhere = _HERE | {State.PENDING, State.BOUNCED}
    with store.transaction() as tx:
        present = subscribers.by_numbers(tx, [number]).get(number)
        if present is None or present.state not in anywhere:
            return Unsubscribed(changed=False)
        consent.set_state(tx, number, Change(state=State.UNSUBSCRIBED, cause=cause), now)
        undo = new_link(tx, number, LinkPurpose.UNDO, now) if present.state in _HERE else ""
        return Unsubscribed(changed=True, undo=undo)


def undo_unsubscribe(store: Store, token: str, now: datetime) -> Subscriber | None:
    """Take an unsubscribing back, once and within the hour; None when the token is no longer good."""
    with store.transaction() as tx:
        number = link_tokens.use(tx, token_hash(token), LinkPurpose.UNDO, now)
        if number is None:
            return None
        back = Change(state=State.ACTIVE, cause="undone by the reader")
        return _set_state(tx, number, back, frozenset({State.UNSUBSCRIBED}), now)


def resubscribe(store: Store, number: int, cause: str, now: datetime) -> Subscriber | None:
    """Subscribe somebody again who left or whose address bounced; None for anybody else."""
    with store.transaction() as tx:
        back = Change(state=State.ACTIVE, cause=cause)
        return _set_state(tx, number, back, frozenset({State.UNSUBSCRIBED, State.BOUNCED}), now)


def record_unsubscribe_reason(store: Store, reason: str, now: datetime) -> None:
    """Count why somebody left, without who."""
    with store.transaction() as tx:
        sign_ups.depart(tx, reason, now)


def _set_state(tx: Tx, number: int, wanted: Change, allowed: frozenset[State], now: datetime) -> Subscriber | None:
    present = subscribers.by_numbers(tx, [number]).get(number)
    if present is None or present.state not in allowed:
        return None
    return consent.set_state(tx, number, wanted, now)
