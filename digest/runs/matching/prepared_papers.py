"""Prepared papers: papers with what ranking makes of them once, kept in memory from one ranking to the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from digest.papers import Paper
from digest.ranking import CorpusStatistics, PaperIndex
from digest.storage import Tx
from digest.storage.papers import listings, statistics
from digest.storage.papers import papers as paper_store

MOST_KEPT = 4  #: sets of papers that a cache keeps


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """How far a run looks: one high-water mark of papers and one version of the statistics."""

    high_water: int
    statistics: int  #: 0 before the first


@dataclass(frozen=True, kw_only=True)
class PreparedPapers:
    """Papers by number, with the statistics that they are ranked under."""

    papers: Mapping[int, Paper]
    corpus: CorpusStatistics

    @cached_property
    def index(self) -> PaperIndex:
        """The papers as the ranking reads them, made when first asked for."""
        return PaperIndex(list(self.papers.values()))

    @cached_property
    def earliest(self) -> datetime | None:
        """When the first of the papers was seen; None without papers."""
        return min((paper.first_seen for paper in self.papers.values()), default=None)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which papers to prepare: all that a snapshot holds after a number, or those that `key` identifies."""

    after: int = 0  #: papers with a higher number
    key: Hashable = None  #: of a narrower choice


class PreparedPapersCache:
    """The sets of papers that were prepared last. Several threads may ask at a time.

    A set is used again while nothing was ingested since and no paper of it has become too old.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[datetime, PreparedPapers]] = {}

    def prepared(
        self,
        tx: Tx,
        seen: Snapshot,
        selection: Selection,
        oldest: datetime,
        read: Callable[[], Mapping[int, Paper]],
    ) -> PreparedPapers:
        """Return the papers of the selection, not seen before `oldest`; `read` reads them unless they are kept."""
        key = seen, selection, listings.latest(tx)  # a listing may change papers without adding any
        with self._lock:
            kept = self._kept.get(key)
        if kept and kept[0] <= oldest and (kept[1].earliest is None or kept[1].earliest >= oldest):
            return kept[1]
        made = PreparedPapers(papers=read(), corpus=corpus_statistics(tx, seen.statistics))
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = oldest, made
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return made


def snapshot(tx: Tx) -> Snapshot:
    """Return how far a run that starts now looks."""
    return Snapshot(high_water=paper_store.high_water(tx), statistics=statistics.latest_version(tx))


def corpus_statistics(tx: Tx, version: int) -> CorpusStatistics:
    """Return that version of the statistics, the newest one when it is gone, an empty one before the first."""
    record = (statistics.by_version(tx, version) if version else None) or statistics.latest(tx)
    return _loaded(record.data) if record else CorpusStatistics.empty()


@lru_cache(maxsize=2)
def _loaded(data: bytes) -> CorpusStatistics:
    """Return the statistics of that dump: loaded once, they are shared with all that is prepared under them."""
    return CorpusStatistics.load(data)
