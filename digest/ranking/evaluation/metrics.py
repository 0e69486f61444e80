"""Metrics: how well an order of papers serves a topic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEPTH = 10  #: of nDCG


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Means over profiles, each between 0 and 1."""

    ndcg: float  #: nDCG@10, gains are the grades (Järvelin and Kekäläinen 2002)
    average_precision: float
    recall: float  #: share of the relevant in the first 20, at most 20 of them counted
    precision: float  #: share of relevant among the first 5
    reciprocal_rank: float
    profiles: int = 1

    def as_dict(self) -> dict[str, float | int]:
        """Return the metrics for --json, to four decimals."""
        values = {
            "ndcg@10": self.ndcg,
            "map": self.average_precision,
            "recall@20": self.recall,
            "p@5": self.precision,
            "mrr": self.reciprocal_rank,
        }
        return {name: round(value, 4) for name, value in values.items()} | {"profiles": self.profiles}


def metrics_of(order: Sequence[str], grades: Mapping[str, float]) -> Metrics:
    """Return the metrics of one order of documents, best first; `grades` has the relevant ones, at least one."""
    gains = [grades.get(document, 0.0) for document in order]
    hits = [rank for rank, gain in enumerate(gains) if gain > 0]
    ideal = sorted(grades.values(), reverse=True)
    return Metrics(
        ndcg=_discounted(gains) / _discounted(ideal),
        average_precision=math.fsum((found + 1) / (rank + 1) for found, rank in enumerate(hits)) / len(grades),
        recall=sum(rank < 20 for rank in hits) / min(len(grades), 20),
        precision=sum(rank < 5 for rank in hits) / 5,
        reciprocal_rank=1 / (hits[0] + 1) if hits else 0.0,
    )


def _discounted(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains[:DEPTH]))


def mean(measured: Sequence[Metrics]) -> Metrics:
    """Return the means over the profiles; all 0 without any."""
    names = ("ndcg", "average_precision", "recall", "precision", "reciprocal_rank")
    count = len(measured)
    means = {name: math.fsum(getattr(m, name) for m in measured) / count if count else 0.0 for name in names}
    return Metrics(**means, profiles=count)


def calibration_error(matches: Sequence[float], relevant: Sequence[bool], bins: int = 10) -> float:
    """Return the expected calibration error: by how much matches (0 to 1) differ from the share that is relevant.

    The mean over bins of equal width, weighted by how many matches fall into each (Naeini and others 2015).
    """
    filled: dict[int, list[tuple[float, bool]]] = {}
    for match, hit in zip(matches, relevant, strict=True):
        filled.setdefault(min(int(match * bins), bins - 1), []).append((match, hit))
    gaps = (abs(math.fsum(m for m, _ in pairs) - sum(hit for _, hit in pairs)) for pairs in filled.values())
    return math.fsum(gaps) / len(matches) if matches else 0.0
