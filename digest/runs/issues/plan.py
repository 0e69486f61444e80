"""Planning: who is due gets an issue or a reason why not, decided once and entered in the ledger."""

from __future__ import annotations

import hmac
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from digest.addresses import normalised_address
from digest.issues import Issue, SkipReason
from digest.messages import wire_address
from digest.ranking import Calibration, Ranking
from digest.runs.bounces.process import record_expired
from digest.runs.lookup import active_subscriber
from digest.runs.matching.prepared_papers import PreparedPapersCache, Snapshot, snapshot
from digest.runs.matching.ranking import RankedShard, RankingInputs, load_inputs, rank_shard
from digest.settings import Settings
from digest.storage.database.guarded_rows import FAULTS, RowProblem
from digest.storage.database.secrets import secret
from digest.storage.database.transactions import Store, Tx
from digest.storage.delivery import plans
from digest.storage.delivery.plans import Entered, Plan
from digest.storage.papers import statistics
from digest.storage.subscribers import subscribers, suppressions
from digest.subscribers import Cadence, Subscriber, latest_due, zone_of

_MESSAGE_ID_SECRET = "message-id"  # noqa: S105  the name of a secret, not the secret
_MESSAGE_ID_LENGTH = 24

_log = logging.getLogger(__name__)
Follow = Callable[[Tx, Entered], None]
Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class PlanReport:
    """What planning came to."""

    planned: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)  #: reason to subscribers
    passed_over: int = 0  #: subscribers who changed meanwhile, or whom another planner served
    expired: int = 0  #: older issues whose papers were judged again
    set_aside: tuple[str, ...] = ()  #: subscribers who could not be planned, each with the reason

    def __add__(self, other: PlanReport) -> PlanReport:
        return PlanReport(
            planned=self.planned + other.planned,
            skipped=dict(Counter(self.skipped) + Counter(other.skipped)),
            passed_over=self.passed_over + other.passed_over,
            expired=self.expired + other.expired,
            set_aside=self.set_aside + other.set_aside,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {"planned": self.planned, "skipped": dict(self.skipped)}


@dataclass(frozen=True, kw_only=True)
class Shard:
    """Subscribers who are planned together, and how far their plan looks."""

    subscribers: Sequence[Subscriber]
    seen: Snapshot
    cache: PreparedPapersCache = field(default_factory=PreparedPapersCache)  #: shared by the shards of a run
    today: Mapping[int, date] = field(default_factory=dict)  #: issue date of those who are served out of turn


def plan(store: Store, settings: Settings, now: datetime, progress: Progress | None = None) -> PlanReport:
    """Plan everyone who is due, shard by shard, and return the sum. Repeated, it finds nobody due."""
    report = PlanReport()
    problems: list[RowProblem] = []
    for shard in due_shards(store, now, problems=problems):
        report += plan_shard(store, settings, shard, now)
        if progress:
            progress(len(shard.subscribers))
    return report + PlanReport(set_aside=tuple(map(str, dict.fromkeys(problems))))


def due_shards(
    store: Store, now: datetime, size: int = subscribers.SHARD, *, problems: list[RowProblem] | None = None
) -> Iterator[Shard]:
    """Return those who are due in shards, the longest overdue first, all looking equally far.

    Subscribers whose row cannot be read are left out and listed.
    """
    with store.reading() as tx:
        seen, cache = snapshot(tx), PreparedPapersCache()
        people = subscribers.due(tx, now, limit=size, problems=problems)
    while people:
        yield Shard(subscribers=people, seen=seen, cache=cache)
        with store.reading() as tx:
            people = subscribers.due(tx, now, limit=size, after=people[-1], problems=problems)


def plan_one(store: Store, settings: Settings, address: str, now: datetime) -> PlanReport:
    """Plan an issue for one subscriber now, due or not; at most one for their local date.

    Raise UsageError when nobody active has the address.
    """
    shard = one_shard(store, address, now)
    return plan_shard(store, settings, shard, now) if shard else PlanReport(passed_over=1)


def one_shard(store: Store, address: str, now: datetime) -> Shard | None:
    """Return one active subscriber as a shard of their own; None when they have had the issue of their local date.

    Raise UsageError when nobody active has the address.
    """
    with store.reading() as tx:
        subscriber, seen = active_subscriber(tx, address), snapshot(tx)
    today = now.astimezone(zone_of(subscriber.subscription.schedule.timezone)).date()
    if subscriber.last_issue is not None and subscriber.last_issue >= today:
        return None
    return Shard(subscribers=[subscriber], seen=seen, today={subscriber.number: today})


def foresee(store: Store, settings: Settings, now: datetime, only: str = "") -> PlanReport:
    """Return what planning (everyone, or only one address) would come to, and enters nothing."""
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
    """Rank a shard and enter its plans in one transaction, in which `follow` may do more (enqueue a delivery).

    When a value of one subscriber cannot be ranked, that subscriber is set aside and the others are planned.
    """
    try:
        prepared = _prepare(store, settings, shard, now)
    except FAULTS as error:
        return _plan_without(store, settings, shard, now, follow, error)
    with store.transaction() as tx:
        entered = plans.enter(tx, prepared.plans, now)
        record_expired(tx, entered.expired, now)
        statistics.store_calibrations(tx, {n: c.dump() for n, c in prepared.calibrations.items()})
        if follow:
            follow(tx, entered)
    return _report(prepared.plans, entered)


def _plan_without(
    store: Store, settings: Settings, shard: Shard, now: datetime, follow: Follow | None, error: Exception
) -> PlanReport:
    """Plan the halves of a shard that failed; return the reason when it is down to one subscriber."""
    people = shard.subscribers
    if len(people) == 1:
        _log.error("%s cannot be planned", people[0].address, exc_info=error, extra={"action": "set aside"})
        return PlanReport(set_aside=(f"{people[0].address}: cannot be planned: {type(error).__name__}: {error}",))
    middle = len(people) // 2
    parts = (replace(shard, subscribers=part) for part in (people[:middle], people[middle:]))
    return sum((plan_shard(store, settings, part, now, follow) for part in parts), PlanReport())


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    plans: Sequence[Plan]
    calibrations: Mapping[int, Calibration]


def _prepare(store: Store, settings: Settings, shard: Shard, now: datetime) -> _Prepared:
    with store.transaction() as tx:
        maker = issue_maker(tx, settings, now)
    with store.reading() as tx:
        inputs = load_inputs(tx, shard.subscribers, shard.seen, settings.issue, now, shard.cache)
        barred = suppressions.among(tx, [subscriber.address for subscriber in shard.subscribers])
    result = rank_shard(inputs, shard.subscribers)
    made = _plans(shard, inputs, result, maker, barred)
    return _Prepared(plans=made, calibrations=result.calibrations)


@dataclass(frozen=True, kw_only=True)
class IssueMaker:
    """Makes issues whose Message-ID is always the same for one subscriber and date, and cannot be guessed."""

    key: bytes
    domain: str  #: of the From address
    now: datetime

    def issue(self, subscriber: Subscriber, issue_date: date, ranking: Ranking) -> Issue:
        """Return the issue that says what was judged."""
        return Issue(
            subscriber=subscriber.number,
            issue_date=issue_date,
            created=self.now,
            message_id=self.message_id(subscriber.number, issue_date),
            picks=ranking.picks,
            also=ranking.also,
            trending=ranking.trending,
            more=ranking.more,
            considered=ranking.considered,
            weekly=subscriber.subscription.schedule.cadence is Cadence.WEEKLY,
        )

    def message_id(self, subscriber: int, issue_date: date) -> str:
        """Return the Message-ID, without angle brackets."""
        mark = hmac.digest(self.key, f"{subscriber} {issue_date:%Y-%m-%d}".encode(), "sha256").hex()
        return f"{issue_date:%Y%m%d}.{mark[:_MESSAGE_ID_LENGTH]}@{self.domain}"


def issue_maker(tx: Tx, settings: Settings, now: datetime) -> IssueMaker:
    """Return the maker of issues for this installation."""
    domain = wire_address(settings.sender.address).rpartition("@")[2]
    return IssueMaker(key=secret(tx, _MESSAGE_ID_SECRET, now), domain=domain, now=now)


def _plans(
    shard: Shard, inputs: RankingInputs, result: RankedShard, maker: IssueMaker, barred: Collection[str]
) -> list[Plan]:
    made = []
    for subscriber, ranking in zip(shard.subscribers, result.rankings, strict=True):
        issue_date = shard.today.get(subscriber.number) or _due_date(subscriber, maker.now)
        if issue_date is None:
            continue
        skip = SkipReason.SUPPRESSED if normalised_address(subscriber.address) in barred else skip_reason(ranking)
        left = inputs.left_over.get(subscriber.number)
        made.append(
            Plan(
                subscriber=subscriber,
                issue_date=issue_date,
                cursor=max(subscriber.cursor, shard.seen.high_water),
                issue=None if skip else maker.issue(subscriber, issue_date, ranking),
                skip=skip,
                replaces=left.deliveries if left else (),
            )
        )
    return made


def _due_date(subscriber: Subscriber, now: datetime) -> date | None:
    """Return the local date of the latest issue that is due: after a downtime one issue, not one for each day."""
    due = latest_due(subscriber.subscription.schedule, now)
    return due.issue_date if due else None


def skip_reason(ranking: Ranking) -> SkipReason | None:
    """Return why there is nothing to send; None when there is something."""
    if ranking.picks or ranking.trending:
        return None
    return SkipReason.NOTHING_WORTH_SENDING if ranking.considered else SkipReason.NO_NEW_PAPERS


def _report(made: Sequence[Plan], entered: Entered) -> PlanReport:
    why = {plan.number: plan.skip for plan in made}
    reasons = Counter(str(why[number]) for number in entered.skipped)
    return PlanReport(
        planned=len(entered.planned),
        skipped=dict(reasons),
        passed_over=len(entered.passed_over),
        expired=len(entered.expired),
    )
