"""A cache of the papers in a day's issues: readers share most of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping

from digest.issues import Issue
from digest.papers import Paper

MOST_KEPT = 5000  #: papers, beyond which all are forgotten at the next that is missing


class PaperCache:
    """Papers by number. Several threads may ask at a time.

    When one is missing, those of all issues that wait are fetched with it: once for a batch, then hardly ever.
    """

    def __init__(
        self, fetch: Callable[[Collection[int]], Mapping[int, Paper]], waiting: Callable[[], Iterable[Issue]]
    ) -> None:
        self._fetch, self._waiting = fetch, waiting
        self._fetching = threading.Lock()
        self._kept: tuple[frozenset[int], Mapping[int, Paper]] = frozenset(), {}  # asked for (not all exist), found

    def of(self, issue: Issue) -> Mapping[int, Paper]:
        """Return at least the papers that the issue shows, but for those that the store does not have."""
        wanted = [pick.paper for pick in issue.shown]
        asked, papers = self._kept
        return papers if asked.issuperset(wanted) else self._with(wanted)

    def _with(self, wanted: Collection[int]) -> Mapping[int, Paper]:
        with self._fetching:
            asked, papers = self._kept
            if not asked.issuperset(wanted):
                if len(asked) > MOST_KEPT:
                    asked, papers = frozenset(), {}
                fresh = asked.union(wanted, (pick.paper for issue in self._waiting() for pick in issue.shown))
                papers = {**papers, **self._fetch(fresh - asked)}
                self._kept = fresh, papers
            return papers
