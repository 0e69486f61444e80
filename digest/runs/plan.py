"""Planning: who is due gets an issue or a reason why not, decided once and entered in the ledger."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from digest.errors import UsageError
from digest.issues import Issue, SkipReason
from digest.ranking import Calibration, Judgement
from digest.runs.judging import Judged, Material, Snapshot, gather, judged, snapshot
from digest.settings import Settings
from digest.storage import plans, statistics, subscribers, suppressions
from digest.storage.plans import Entered, Plan
from digest.storage.secrets import secret
from digest.storage.store import Store, Tx
from digest.subscribers import Cadence, State, Subscriber, latest_due, normalised_address

_MESSAGE_ID_SECRET = "message-id"  # noqa: S105  the name of a secret, not the secret
_MESSAGE_ID_LENGTH = 24

Follow = Callable[[Tx, Entered], None]
Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class PlanReport:
    """What planning came to."""

    planned: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)  #: reason to subscribers
    passed_over: int = 0  #: subscribers who changed meanwhile, or whom another planner served
    expired: int = 0  #: older issues whose papers were judged again

    def __add__(self, other: PlanReport) -> PlanReport:
        return PlanReport(
            planned=self.planned + other.planned,
            skipped=dict(Counter(self.skipped) + Counter(other.skipped)),
            passed_over=self.passed_over + other.passed_over,
            expired=self.expired + other.expired,
        )

    def as_dict(self) -> dict[str, Any]:
        """Gives the report as JSON values."""
        return {"planned": self.planned, "skipped": dict(self.skipped)}


@dataclass(frozen=True, kw_only=True)
class Shard:
    """Subscribers who are planned together, and how far their plan looks."""

    subscribers: Sequence[Subscriber]
    seen: Snapshot
    today: Mapping[int, date] = field(default_factory=dict)  #: issue date of those who are served out of turn


def plan(store: Store, settings: Settings, now: datetime, progress: Progress | None = None) -> PlanReport:
    """Plans everyone who is due, shard by shard, and gives the sum. Repeated, it finds nobody due."""
    report = PlanReport()
    for shard in due_shards(store, now):
        report += plan_shard(store, settings, shard, now)
        if progress:
            progress(len(shard.subscribers))
    return report


def due_shards(store: Store, now: datetime, size: int = subscribers.SHARD) -> Iterator[Shard]:
    """Gives those who are due in shards, the longest overdue first, all looking equally far."""
    with store.reading() as tx:
        seen = snapshot(tx)
        people = subscribers.due(tx, now, limit=size)
    while people:
        yield Shard(subscribers=people, seen=seen)
        with store.reading() as tx:
            people = subscribers.due(tx, now, limit=size, after=people[-1])


def plan_one(store: Store, settings: Settings, address: str, now: datetime) -> PlanReport:
    """Plans an issue for one subscriber now, due or not; at most one for their local date.

    Raises UsageError when nobody active has the address.
    """
    shard = one_shard(store, address, now)
    return plan_shard(store, settings, shard, now) if shard else PlanReport(passed_over=1)


def one_shard(store: Store, address: str, now: datetime) -> Shard | None:
    """Gives one active subscriber as a shard of their own; None when they have had the issue of their local date.

    Raises UsageError when nobody active has the address.
    """
    with store.reading() as tx:
        subscriber, seen = active(tx, address), snapshot(tx)
    today = now.astimezone(ZoneInfo(subscriber.subscription.schedule.timezone)).date()
    if subscriber.last_issue is not None and subscriber.last_issue >= today:
        return None
    return Shard(subscribers=[subscriber], seen=seen, today={subscriber.number: today})


def active(tx: Tx, address: str) -> Subscriber:
    """Gives the active subscriber with this address. Raises UsageError when there is none."""
    subscriber = known(tx, address)
    if subscriber.state is not State.ACTIVE:
        raise UsageError(f"{address}: the subscription is {subscriber.state}, so no issue can be sent")
    return subscriber


def known(tx: Tx, address: str) -> Subscriber:
    """Gives the subscriber with this address, whatever their state. Raises UsageError when there is none."""
    subscriber = subscribers.by_address(tx, address)
    if subscriber is None:
        raise UsageError(f"{address}: no subscriber has this address; `digest subscribers list` shows all")
    return subscriber


def foresee(store: Store, settings: Settings, now: datetime, only: str = "") -> PlanReport:
    """Gives what planning (everyone, or only one address) would come to, and enters nothing."""
    shards = [one_shard(store, only, now)] if only else due_shards(store, now)
    report = PlanReport()
    for shard in shards:
        made = _prepare(store, settings, shard, now).plans if shard else []
        reasons = Counter(str(plan.skip) for plan in made if plan.skip)
        report += PlanReport(planned=sum(plan.issue is not None for plan in made), skipped=dict(reasons))
    return report


def plan_shard(
    store: Store, settings: Settings, shard: Shard, now: datetime, follow: Follow | None = None
) -> PlanReport:
    """Judges a shard and enters its plans in one transaction, in which `follow` may do more (enqueue a delivery)."""
    prepared = _prepare(store, settings, shard, now)
    with store.transaction() as tx:
        entered = plans.enter(tx, prepared.plans, now)
        statistics.store_calibrations(tx, {n: c.dump() for n, c in prepared.calibrations.items()})
        if follow:
            follow(tx, entered)
    return _report(prepared.plans, entered)


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    plans: Sequence[Plan]
    calibrations: Mapping[int, Calibration]


def _prepare(store: Store, settings: Settings, shard: Shard, now: datetime) -> _Prepared:
    with store.transaction() as tx:
        maker = issue_maker(tx, settings, now)
    with store.reading() as tx:
        material = gather(tx, shard.subscribers, shard.seen, settings.issue, now)
        barred = suppressions.among(tx, [subscriber.address for subscriber in shard.subscribers])
    result = judged(material, shard.subscribers)
    made = _plans(shard, material, result, maker, barred)
    return _Prepared(plans=made, calibrations=result.calibrations)


@dataclass(frozen=True, kw_only=True)
class IssueMaker:
    """Makes issues whose Message-ID is always the same for one subscriber and date, and cannot be guessed."""

    key: bytes
    domain: str  #: of the From address
    now: datetime

    def issue(self, subscriber: Subscriber, issue_date: date, judgement: Judgement) -> Issue:
        """Gives the issue that says what was judged."""
        return Issue(
            subscriber=subscriber.number,
            issue_date=issue_date,
            created=self.now,
            message_id=self.message_id(subscriber.number, issue_date),
            picks=judgement.picks,
            also=judgement.also,
            trending=judgement.trending,
            more=judgement.more,
            considered=judgement.considered,
            weekly=subscriber.subscription.schedule.cadence is Cadence.WEEKLY,
        )

    def message_id(self, subscriber: int, issue_date: date) -> str:
        """Gives the Message-ID, without angle brackets."""
        mark = hmac.digest(self.key, f"{subscriber} {issue_date:%Y-%m-%d}".encode(), "sha256").hex()
        return f"{issue_date:%Y%m%d}.{mark[:_MESSAGE_ID_LENGTH]}@{self.domain}"


def issue_maker(tx: Tx, settings: Settings, now: datetime) -> IssueMaker:
    """Gives the maker of issues for this installation."""
    domain = settings.sender.address.rpartition("@")[2]
    return IssueMaker(key=secret(tx, _MESSAGE_ID_SECRET, now), domain=domain, now=now)


def _plans(shard: Shard, material: Material, result: Judged, maker: IssueMaker, barred: Collection[str]) -> list[Plan]:
    made = []
    for subscriber, judgement in zip(shard.subscribers, result.judgements, strict=True):
        issue_date = shard.today.get(subscriber.number) or _due_date(subscriber, maker.now)
        if issue_date is None:
            continue
        skip = SkipReason.SUPPRESSED if normalised_address(subscriber.address) in barred else skip_reason(judgement)
        left = material.left_over.get(subscriber.number)
        made.append(
            Plan(
                subscriber=subscriber,
                issue_date=issue_date,
                cursor=max(subscriber.cursor, shard.seen.high_water),
                issue=None if skip else maker.issue(subscriber, issue_date, judgement),
                skip=skip,
                replaces=left.deliveries if left else (),
            )
        )
    return made


def _due_date(subscriber: Subscriber, now: datetime) -> date | None:
    """Gives the local date of the latest issue that is due: after a downtime one issue, not one for each day."""
    due = latest_due(subscriber.subscription.schedule, now)
    return due.issue_date if due else None


def skip_reason(judgement: Judgement) -> SkipReason | None:
    """Gives why there is nothing to send; None when there is something."""
    if judgement.picks or judgement.trending:
        return None
    return SkipReason.NOTHING_WORTH_SENDING if judgement.considered else SkipReason.NO_NEW_PAPERS


def _report(made: Sequence[Plan], entered: Entered) -> PlanReport:
    why = {plan.number: plan.skip for plan in made}
    reasons = Counter(str(why[number]) for number in entered.skipped)
    return PlanReport(
        planned=len(entered.planned),
        skipped=dict(reasons),
        passed_over=len(entered.passed_over),
        expired=len(entered.expired),
    )
