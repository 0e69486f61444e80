"""Process bounces: count them, from mail or from refusals at sending, and suppress an address that has too many."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from digest.bounces import TOO_MUCH, Bounce, BounceKind, score
from digest.deliveries import Attempt, Outcome
from digest.errors import StoreError, TransitionError
from digest.refusals import FaultSide, cause_of
from digest.reports import MailKind, MailReport, read_report
from digest.signed_links import Keyring, LinkClaim, Purpose, from_verp
from digest.storage import Store, Tx
from digest.storage.delivery import deliveries
from digest.storage.subscribers import bounces, consent, subscribers, suppressions
from digest.storage.subscribers.consent import Change
from digest.subscribers import State, Subscriber

_log = logging.getLogger(__name__)


class Effect(StrEnum):
    """The effect of one returned mail."""

    COUNTED = "counted"  #: a bounce that is not yet too much
    SUPPRESSED = "suppressed"  #: the address is not mailed any more
    UNSUBSCRIBED = "unsubscribed"  #: its owner wished to leave
    KNOWN = "known"  #: it was counted before
    IGNORED = "ignored"  #: a delay, an automatic reply, or something that is not about an address
    UNREADABLE = "unreadable"  #: it cannot be read or acted on: set aside, for the operator to look at
    UNPROVED = "unproved"  #: without a token of ours: anybody could have written it


class Mail(Protocol):
    """A mail in a mailbox."""

    @property
    def data(self) -> bytes:
        """The octets of the mail."""

    def done(self) -> None:
        """Mark the mail as read."""


@dataclass(frozen=True, kw_only=True)
class BounceReport:
    """The effects of all mails of a mailbox."""

    effects: Counter[Effect] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """Return the report for --json."""
        return {effect.value: self.effects[effect] for effect in Effect}


def read_mailbox(store: Store, mails: Iterable[Mail], keyring: Keyring, now: datetime) -> BounceReport:
    """Return what the mails of a mailbox led to; each is one transaction, and read again it changes nothing."""
    effects: Counter[Effect] = Counter()
    for mail in mails:
        effects[_guarded(store, mail, keyring, now)] += 1
        mail.done()
    if effects:
        _log.info(
            "bounces: %d mails read",
            effects.total(),
            extra={"action": "bounces", **BounceReport(effects=effects).as_dict()},
        )
    return BounceReport(effects=effects)


def _guarded(store: Store, mail: Mail, keyring: Keyring, now: datetime) -> Effect:
    """Process a mail; one that cannot be read or acted on stops no other. Raise StoreError: that is not its fault."""
    try:
        effect, problem = process_mail(store, mail.data, keyring, now), "it cannot be parsed"
    except StoreError:
        raise
    except Exception as error:
        effect, problem = Effect.UNREADABLE, f"{type(error).__name__}: {error}"
    if effect is Effect.UNREADABLE:
        extra = {"action": "bounces", "state": "unreadable", "mail": str(mail)}
        _log.warning("%s is set aside: %s", mail, problem, extra=extra)
    return effect


def process_mail(store: Store, data: bytes, keyring: Keyring, now: datetime) -> Effect:
    """Act on one mail that came back, and return what it led to. What has no valid token of ours changes nothing."""
    report = read_report(data)
    with store.transaction() as tx:
        return act_on(tx, report, keyring, now)


def record_refusals(tx: Tx, attempts: Sequence[Attempt], now: datetime) -> None:
    """Count refusals at sending as bounces, in the transaction that marks them."""
    refused = {attempt.delivery: attempt for attempt in attempts if attempt.outcome is Outcome.FAILED and attempt.code}
    if not refused:
        return
    for row in deliveries.by_ids(tx, refused).values():
        attempt = refused[row.id]
        cause = cause_of(attempt.status, attempt.reply, attempt.code)
        kind = _kind_of(cause.fault) if attempt.stage != "mail" else None
        if kind:
            reply = f"{attempt.code} {attempt.reply}"
            _count(tx, _bounce(row.id, row.subscriber, kind, attempt.status, reply, now), now)


def record_expired(tx: Tx, expired: Sequence[int], now: datetime) -> None:
    """Count a soft bounce for each expired delivery whose mailbox refused it for now until its time was over."""
    for row in deliveries.by_ids(tx, expired).values():
        cause = cause_of(row.last_status, row.last_reply, row.last_code)
        temporary = row.attempts and row.last_code is not None and row.last_code // 100 == 4
        if temporary and cause.is_clear and cause.fault is FaultSide.MAILBOX and row.last_stage != "mail":
            reply = f"{row.last_code} {row.last_reply}"
            _count(tx, _bounce(row.id, row.subscriber, BounceKind.SOFT, row.last_status, reply, now), now)


def lift(store: Store, address: str, now: datetime) -> bool:
    """Let a suppressed address be mailed again, its bounces forgiven; return False when it was not suppressed."""
    with store.transaction() as tx:
        lifted = suppressions.lift(tx, address, now)
        person = subscribers.by_address(tx, address)
        if lifted and person and person.state is State.BOUNCED:
            consent.set_state(tx, person.number, Change(state=State.ACTIVE, cause="suppression lifted"), now)
    return lifted


def act_on(tx: Tx, report: MailReport, keyring: Keyring, now: datetime) -> Effect:
    """Act on a report if a valid token proves that it is about a mail of ours."""
    wish = _proved(report.addressed, Purpose.UNSUBSCRIBE, keyring, now)
    if wish:  # the token is proof, whatever marks the reader's program put on the mail
        return _unsubscribe(tx, wish, now)
    if report.kind in _WITHOUT_EFFECT:
        return _WITHOUT_EFFECT[report.kind]
    claim = _proved((*report.addressed, *report.returned), Purpose.BOUNCE, keyring, now)
    if report.kind is MailKind.COMPLAINT:
        claim = claim or _proved(report.returned, Purpose.UNSUBSCRIBE, keyring, now)
        return _complaint(tx, claim, report, now) if claim else Effect.UNPROVED
    return _bounced(tx, claim, report, now) if claim else Effect.UNPROVED


_WITHOUT_EFFECT = {
    MailKind.AUTOMATIC: Effect.IGNORED,
    MailKind.PERSONAL: Effect.UNPROVED,
    MailKind.UNREADABLE: Effect.UNREADABLE,
}


def _proved(tokens: Iterable[str], purpose: Purpose, keyring: Keyring, now: datetime) -> LinkClaim | None:
    claims = (keyring.verify(from_verp(token), now.date()) for token in tokens)
    return next((claim for claim in claims if claim and claim.purpose is purpose), None)


def _bounced(tx: Tx, claim: LinkClaim, report: MailReport, now: datetime) -> Effect:
    failure = next((recipient for recipient in report.recipients if recipient.is_failure), None)
    kind = _kind_of(cause_of(failure.status, failure.words).fault) if failure else None
    row = deliveries.by_id(tx, claim.delivery)
    if not failure or not kind or not row:
        return Effect.IGNORED
    return _count(tx, _bounce(row.id, row.subscriber, kind, failure.status, failure.words, now), now)


def _complaint(tx: Tx, claim: LinkClaim, report: MailReport, now: datetime) -> Effect:
    row = deliveries.by_id(tx, claim.delivery)
    if not row:
        return Effect.IGNORED
    return _count(tx, _bounce(row.id, row.subscriber, BounceKind.COMPLAINT, None, report.words, now), now)


def _unsubscribe(tx: Tx, claim: LinkClaim, now: datetime) -> Effect:
    row = deliveries.by_id(tx, claim.delivery)
    if not row:
        return Effect.IGNORED
    person = subscribers.by_numbers(tx, [row.subscriber]).get(row.subscriber)
    if not person:  # erased
        return Effect.IGNORED
    if person.state is State.UNSUBSCRIBED:
        consent.confirm_unsubscribed(tx, person.number, "mail to unsubscribe", now)
        return Effect.KNOWN
    consent.set_state(tx, person.number, Change(state=State.UNSUBSCRIBED, cause="mail to unsubscribe"), now)
    return Effect.UNSUBSCRIBED


def _kind_of(fault: FaultSide) -> BounceKind | None:
    return {FaultSide.ADDRESS: BounceKind.HARD, FaultSide.MAILBOX: BounceKind.SOFT}.get(fault)


def _bounce(
    delivery: int, subscriber: int, kind: BounceKind, status: str | None, evidence: str, now: datetime
) -> Bounce:
    return Bounce(subscriber=subscriber, delivery=delivery, at=now, kind=kind, status=status or "", evidence=evidence)


def _count(tx: Tx, bounce: Bounce, now: datetime) -> Effect:
    """Record a bounce, and suppress the address when there were too many since its suppression was last lifted."""
    person = subscribers.by_numbers(tx, [bounce.subscriber]).get(bounce.subscriber)
    if not person or not bounces.add(tx, bounce):
        return Effect.KNOWN
    since = suppressions.lifted(tx, person.address)
    if score(bounces.of_subscriber(tx, person.number, since=since), now) < TOO_MUCH:
        return Effect.COUNTED
    reason = "complaint" if bounce.kind is BounceKind.COMPLAINT else f"{bounce.kind} bounce"
    suppressions.suppress(tx, person.address, reason, str(bounce), now)
    _stop_mailing(tx, person, f"{reason} {bounce.status}".strip(), now)
    _log.warning("%s is suppressed: %s", person.address, bounce, extra={"action": "suppress", "id": person.number})
    return Effect.SUPPRESSED


def _stop_mailing(tx: Tx, person: Subscriber, cause: str, now: datetime) -> None:
    try:
        consent.set_state(tx, person.number, Change(state=State.BOUNCED, cause=cause), now)
    except TransitionError:
        _log.info("subscriber %d stays %s although mail to them bounced", person.number, person.state)
