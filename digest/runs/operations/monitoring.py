"""Monitoring: the figures of an installation, the problems that they show, and the alert mail to the operator."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.deliveries import DeliveryState, Outcome
from digest.errors import RelayError
from digest.fetching.dkim_keys import load_signers
from digest.messages import Message, compose
from digest.rendering.plain import plain_rendering
from digest.runs.issues.sender_identity import sender_identity
from digest.runs.transactional.immediate import send_now
from digest.settings import Settings
from digest.storage import Store
from digest.storage.delivery import ledger, limits, outbox, runs
from digest.storage.delivery.limits import Breaker
from digest.storage.papers import listings, papers
from digest.storage.papers.listings import SourceState
from digest.storage.row_check import unreadable_rows
from digest.storage.subscribers import consent, subscribers, suppressions
from digest.subscribers import State

RECENT = timedelta(days=1)
LATE = timedelta(hours=1)  #: after which what is due or waits counts as not having gone out
ALERTED = "operator alerted on"  #: flag: the date of the last alert, so that there is one a day
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of an installation at one moment."""

    subscribers: Mapping[State, int]
    deliveries: Mapping[DeliveryState, int]  #: of the past 24 hours
    overdue: int  #: subscribers who have been due for more than an hour and are not planned
    waiting_since: datetime | None  #: when the longest waiting issue could first have been sent
    outbox_since: datetime | None  #: since when the single mail that has waited longest waits
    suppressed: int  #: addresses that are not mailed
    papers: int  #: numbers given so far
    sources: Mapping[str, SourceState]
    last_runs: Mapping[str, datetime]  #: kind to when the latest began
    breakers: Sequence[Breaker] = ()  #: that are open: providers that refused us


def figures(store: Store, now: datetime) -> Figures:
    """Return the present figures."""
    with store.reading() as tx:
        return Figures(
            subscribers=consent.count_states(tx),
            deliveries=ledger.counts(tx, since=now - RECENT),
            overdue=subscribers.count_due(tx, now - LATE),
            waiting_since=ledger.waiting_since(tx, now),
            outbox_since=outbox.waiting_since(tx),
            suppressed=suppressions.count(tx),
            papers=papers.high_water(tx),
            sources=listings.source_states(tx),
            last_runs=runs.last_begun(tx),
            breakers=tuple(limits.open_breakers(tx, now).values()),
        )


def troubles(found: Figures, now: datetime) -> Sequence[str]:
    """Return the problems that keep issues from going out, a sentence each; none when all is well."""
    return list(_troubles(found, now))


def _troubles(found: Figures, now: datetime) -> Iterator[str]:
    if found.overdue:
        yield f"{found.overdue} subscribers have been due for more than an hour, and nothing was planned for them."
    if found.waiting_since is not None and now - found.waiting_since > LATE:
        yield f"Issues have been waiting to be sent since {found.waiting_since:%Y-%m-%d %H:%M} UTC."
    if found.outbox_since is not None and now - found.outbox_since > LATE:
        since = f"{found.outbox_since:%Y-%m-%d %H:%M} UTC"
        yield f"Confirmations and other single mails have been waiting to be sent since {since}."
    if failed := found.deliveries[DeliveryState.FAILED]:
        sent = found.deliveries[DeliveryState.SENT]
        if failed > sent:
            yield f"In the past day {failed} issues were refused for good and {sent} were taken."
    for breaker in found.breakers:
        yield f"{breaker.name} refused us and gets no mail until {breaker.until:%Y-%m-%d %H:%M} UTC: {breaker.reason}"
    for name, state in sorted(found.sources.items()):
        if state.failing_since is not None and now - state.failing_since > RECENT:
            yield f"Source {name} has not been read since {state.failing_since:%Y-%m-%d %H:%M} UTC: {state.last_error}"


def alert(store: Store, settings: Settings, now: datetime) -> bool:
    """Mail the problems to the operator, at most once a day; return whether the relay accepted the mail."""
    if not settings.alerts.address:
        return False
    with store.reading() as tx:
        unreadable = [f"{problem}." for problem in unreadable_rows(tx)]
    wrong = [*troubles(figures(store, now), now), *unreadable]
    if not wrong:
        return False
    with store.reading() as tx:
        if runs.flag(tx, ALERTED) == now.date().isoformat():
            return False
    for sentence in wrong:
        _log.warning("%s", sentence, extra={"action": "alert"})
    if not _sent(settings, _message(settings, wrong, now)):
        return False
    with store.transaction() as tx:
        runs.set_flag(tx, ALERTED, now.date().isoformat())
    return True


def _message(settings: Settings, wrong: Sequence[str], now: datetime) -> Message:
    subject = f"{settings.sender.name}: issues did not go out"
    rendering = plain_rendering(subject, [*wrong, "`digest report` and `digest doctor` say more."])
    envelope = sender_identity(settings).envelope(settings.alerts.address, "alert", now)
    return compose(rendering, envelope, load_signers(settings))


def _sent(settings: Settings, message: Message) -> bool:
    try:
        return send_now(settings.smtp, message).outcome is Outcome.SENT
    except RelayError as error:
        _log.error("the operator cannot be alerted: %s", error, extra={"action": "alert"})
        return False
