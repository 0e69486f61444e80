"""Extrapolate measured costs to millions of readers; docs/explanation/scale.md quotes what this script prints.

The simulation goes through a day minute by minute. Readers become due at their local hour, planners plan them in
shards, workers send planned issues, and relays accept messages; what is not done in a minute waits for the next. Cores
and relays are added until 99 of 100 readers have their issue within half an hour of their hour.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MINUTES = 24 * 60
DEADLINE = 30  # minutes within which 99 of 100 issues must leave

# Where readers live, as hours from UTC with their share, and which local hour they choose, with its share.
ZONES = {-8: 0.10, -5: 0.17, 0: 0.10, 1: 0.28, 3: 0.05, 5: 0.06, 8: 0.17, 9: 0.05, 10: 0.02}
HOURS = {6: 0.10, 7: 0.45, 8: 0.22, 9: 0.10, 12: 0.05, 18: 0.05, 20: 0.03}


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Measured costs per reader or message; processor seconds of one core."""

    plan: float = 0.0004  #: reading, scoring, entering in the ledger
    send: float = 0.0005  #: claiming, composing, sending, marking
    mail_bytes: int = 50_000
    subscriber_bytes: int = 650  #: row with indexes and consent, eight keywords
    delivery_bytes: int = 1_760  #: row with indexes while it holds its issue
    emptied_bytes: int = 360  #: the same once housekeeping has emptied it
    statements: float = 3.1  #: rows written for one issue: entered, claimed, intended and marked; subscriber moved on
    relay: float = 400.0  #: messages per second that one relay accepts


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """The cores and relays of an installation."""

    planners: int  #: cores that plan
    senders: int  #: cores that compose and send
    relays: int


@dataclass(frozen=True, kw_only=True)
class Day:
    """The result of a simulated day."""

    late: int  #: minutes after which 99 of 100 issues had left
    peak_due: int  #: readers who became due in the busiest minute


def due_by_minute(readers: int) -> list[int]:
    """Return how many readers become due in each minute of a day in UTC."""
    due = [0.0] * MINUTES
    for offset, living in ZONES.items():
        for hour, choosing in HOURS.items():
            due[(hour - offset) % 24 * 60] += readers * living * choosing
    return [round(count) for count in due]


def simulate(readers: int, capacity: Capacity, costs: Costs) -> Day:
    """Simulate two days, so that a backlog in the evening counts, and return the result."""
    due = due_by_minute(readers)
    per_minute = (capacity.planners * 60 / costs.plan, _sent_in_a_minute(capacity, costs))
    unplanned = unsent = 0.0
    came, left = [0.0], [0.0]
    for minute in range(2 * MINUTES):
        unplanned += due[minute % MINUTES]
        planned = min(unplanned, per_minute[0])
        unplanned, unsent = unplanned - planned, unsent + planned
        sent = min(unsent, per_minute[1])
        unsent -= sent
        came.append(came[-1] + due[minute % MINUTES])
        left.append(left[-1] + sent)
    return Day(late=_late(came, left), peak_due=max(due))


def _sent_in_a_minute(capacity: Capacity, costs: Costs) -> float:
    return min(capacity.senders * 60 / costs.send, capacity.relays * 60 * costs.relay)


def _late(came: Sequence[float], left: Sequence[float]) -> int:
    """Return the minutes within which 99 of 100 left; first come, first served."""
    waits: list[tuple[int, float]] = []
    behind = 0
    for minute in range(1, len(came)):
        while behind < len(left) - 1 and left[behind] < came[minute] - 1:
            behind += 1
        waits.append((max(behind - minute, 0), came[minute] - came[minute - 1]))
    total, seen = sum(count for _, count in waits), 0.0
    for wait, count in sorted(waits):
        seen += count
        if seen >= 0.99 * total:
            return wait
    return len(left)


def smallest_capacity(readers: int, costs: Costs) -> Capacity:
    """Return the least of each that meets the deadline, each found with plenty of the others."""
    most = Capacity(planners=10**6, senders=10**6, relays=10**6)
    relays = _least(lambda n: Capacity(planners=most.planners, senders=most.senders, relays=n), readers, costs)
    senders = _least(lambda n: Capacity(planners=most.planners, senders=n, relays=relays + 1), readers, costs)
    planners = _least(lambda n: Capacity(planners=n, senders=senders + 1, relays=relays + 1), readers, costs)
    return Capacity(planners=planners + 1, senders=senders + 1, relays=relays + 1)


def _least(capacity_of: Callable[[int], Capacity], readers: int, costs: Costs) -> int:
    low, high = 1, 10**6
    while low < high:
        middle = (low + high) // 2
        if simulate(readers, capacity_of(middle), costs).late <= DEADLINE:
            high = middle
        else:
            low = middle + 1
    return low


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan-ms", type=float, default=Costs.plan * 1000, help="planning one reader, milliseconds")
    parser.add_argument("--send-ms", type=float, default=Costs.send * 1000, help="sending one issue, milliseconds")
    parser.add_argument("--relay", type=float, default=Costs.relay, help="messages per second that one relay accepts")
    asked = parser.parse_args()
    costs = Costs(plan=asked.plan_ms / 1000, send=asked.send_ms / 1000, relay=asked.relay)
    print("    readers   busiest minute  cores: plan  send  relays  late min  Gbit/s  rows/s  tables GB  400 days GB")
    for readers in (100_000, 1_000_000, 10_000_000, 100_000_000):
        print(_line(readers, costs))


def _line(readers: int, costs: Costs) -> str:
    capacity = smallest_capacity(readers, costs)
    day = simulate(readers, capacity, costs)
    rate = min(_sent_in_a_minute(capacity, costs), day.peak_due) / 60
    gigabits = rate * costs.mail_bytes * 8 / 1e9
    people = readers * costs.subscriber_bytes / 1e9
    rows = readers * 5 / 7 * (100 * costs.delivery_bytes + 300 * costs.emptied_bytes) / 1e9
    cells = [
        f"{readers:11,}",
        f"{day.peak_due:15,}",
        f"{capacity.planners:12}",
        f"{capacity.senders:6}",
        f"{capacity.relays:7}",
    ]
    cells += [f"{day.late:9}", f"{gigabits:8.2f}", f"{math.ceil(rate * costs.statements):7,}"]
    return " ".join([*cells, f"{people:9.1f}", f"{rows:11,.0f}"])


if __name__ == "__main__":
    main()
