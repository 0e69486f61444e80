"""Score: the ranking of recent papers for one subscriber, whether or not an issue has shown them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from digest.issues import LeftOut, Pick
from digest.papers import Paper
from digest.runs.lookup import subscriber_at
from digest.runs.matching.prepared_papers import snapshot
from digest.runs.matching.ranking import load_inputs, rank_shard
from digest.runs.matching.serialization import pick_dict
from digest.settings import Settings
from digest.storage.database.transactions import Store
from digest.subscribers import Subscriber


@dataclass(frozen=True, kw_only=True)
class ScoreReport:
    """A ranking, best first."""

    subscriber: Subscriber
    picks: Sequence[Pick]
    papers: Mapping[int, Paper]
    considered: int  #: papers that were ranked
    left_out: Mapping[int, LeftOut] = field(default_factory=dict)

    def is_new(self, pick: Pick) -> bool:
        """Return True when no earlier issue considered the paper."""
        return pick.paper > self.subscriber.cursor

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        picks = [pick_dict(pick, self.papers[pick.paper]) | {"new": self.is_new(pick)} for pick in self.picks]
        return {
            "subscriber": self.subscriber.address,
            "picks": picks,
            "considered": self.considered,
            "left_out": dict(Counter(str(reason) for reason in self.left_out.values())),
        }


def score(store: Store, settings: Settings, address: str, now: datetime, limit: int | None = None) -> ScoreReport:
    """Return the papers of the last `max_age_days` that suit the subscriber, at most `limit` (default: their length).

    Raise UsageError when nobody has the address.
    """
    with store.reading() as tx:
        subscriber = subscriber_at(tx, address)
        fresh = _asking(subscriber, limit)
        inputs = load_inputs(tx, [fresh], snapshot(tx), settings.issue, now)
    [ranking] = rank_shard(inputs, [fresh], explain=True).rankings
    return ScoreReport(
        subscriber=subscriber,
        picks=ranking.picks or ranking.trending,
        papers=inputs.papers,
        considered=ranking.considered,
        left_out=ranking.left_out,
    )


def _asking(subscriber: Subscriber, limit: int | None) -> Subscriber:
    """Return the subscriber with nothing seen yet and `limit` papers wanted."""
    profile = replace(subscriber.profile, papers=limit or subscriber.profile.papers)
    return replace(subscriber, cursor=0, subscription=replace(subscriber.subscription, profile=profile))
