"""Score: the ranking of the recent papers for one subscriber, whether or not an issue showed them already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from digest.issues import LeftOut, Pick
from digest.papers import Paper
from digest.runs.judging import gather, judged, snapshot
from digest.runs.plan import known
from digest.runs.showing import pick_dict
from digest.settings import Settings
from digest.storage.store import Store
from digest.subscribers import Subscriber


@dataclass(frozen=True, kw_only=True)
class ScoreReport:
    """A ranking, best first."""

    subscriber: Subscriber
    picks: Sequence[Pick]
    papers: Mapping[int, Paper]
    considered: int  #: papers that were judged
    left_out: Mapping[int, LeftOut] = field(default_factory=dict)

    def is_new(self, pick: Pick) -> bool:
        """True when no earlier issue has considered the paper."""
        return pick.paper > self.subscriber.cursor

    def as_dict(self) -> dict[str, Any]:
        """Gives the report as JSON values."""
        picks = [pick_dict(pick, self.papers[pick.paper]) | {"new": self.is_new(pick)} for pick in self.picks]
        return {
            "subscriber": self.subscriber.address,
            "picks": picks,
            "considered": self.considered,
            "left_out": dict(Counter(str(reason) for reason in self.left_out.values())),
        }


def score(store: Store, settings: Settings, address: str, now: datetime, limit: int | None = None) -> ScoreReport:
    """Gives the papers of the last `max_age_days` that suit the subscriber, at most `limit` (default: their length).

    Raises UsageError when nobody has the address.
    """
    with store.reading() as tx:
        subscriber = known(tx, address)
        fresh = _asking(subscriber, limit)
        material = gather(tx, [fresh], snapshot(tx), settings.issue, now)
    [judgement] = judged(material, [fresh], explain=True).judgements
    return ScoreReport(
        subscriber=subscriber,
        picks=judgement.picks or judgement.trending,
        papers=material.papers,
        considered=judgement.considered,
        left_out=judgement.left_out,
    )


def _asking(subscriber: Subscriber, limit: int | None) -> Subscriber:
    """Gives the subscriber as one who has seen nothing yet and wants `limit` papers."""
    profile = replace(subscriber.profile, papers=limit or subscriber.profile.papers)
    return replace(subscriber, cursor=0, subscription=replace(subscriber.subscription, profile=profile))
