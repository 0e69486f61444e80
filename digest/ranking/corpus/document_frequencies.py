"""Frequencies: in how many papers each feature has been seen, for millions of features in a few megabytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from digest.ranking.corpus.term_codes import Codes

_SHIFT = np.uint64(32)
_PARTS = 64  #: into which a paper is divided, to count less than one


@dataclass(frozen=True, kw_only=True)
class Frequencies:
    """Document frequencies by the upper 32 bits of a feature's code, sorted.

    Among three million features one in 1,400 shares its 32 bits with another; it then counts as a little more common
    than it is, which moves its inverse frequency by a few per cent at most.
    """

    keys: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.uint32]  #: in parts of a paper

    @classmethod
    def empty(cls) -> Frequencies:
        """Return the table that has seen nothing."""
        return cls(keys=np.empty(0, np.uint32), counts=np.empty(0, np.uint32))

    @classmethod
    def of_whole_papers(cls, keys: npt.NDArray[np.uint32], counts: npt.NDArray[np.uint32]) -> Frequencies:
        """Return the table of papers that each count whole."""
        return cls(keys=keys, counts=counts * np.uint32(_PARTS))

    def of(self, features: Codes) -> npt.NDArray[np.float64]:
        """Return the document frequency of each feature, in papers; 0 for one never seen."""
        wanted = (features >> _SHIFT).astype(np.uint32)
        if not self.keys.size:
            return np.zeros(len(wanted))
        found = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[found] == wanted, self.counts[found], 0) / _PARTS

    def with_counts(self, features: Codes, counts: npt.NDArray[np.int64], weight: float = 1.0) -> Frequencies:
        """Return the table with these papers added: how many of them have each feature, and what each paper counts."""
        keys = np.concatenate([self.keys, (features >> _SHIFT).astype(np.uint32)])
        added = np.concatenate([self.counts, np.rint(counts * (_PARTS * weight)).astype(np.uint32)])
        order = np.argsort(keys, kind="stable")
        keys, added = keys[order], added[order]
        first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if keys.size else np.empty(0, np.int64)
        sums = np.add.reduceat(added, first) if first.size else added
        return Frequencies(keys=keys[first], counts=sums.astype(np.uint32))


FIRST = 200  #: papers until which statistics only begin
UNSEEN_AT_FIRST, UNSEEN_PAPERS = 500, 50  #: papers taken as seen before the first one, and once the first were seen
UNSEEN_FREQUENCY = 0.5  #: in how many of them a feature stood
LEAST_SHARE = 0.001  #: of papers, added to the share seen: what was never seen may still come


def inverse(frequency: npt.NDArray[np.float64], papers: float) -> npt.NDArray[np.float64]:
    """Return -ln(share of papers with the feature), the weight of a feature seen in df of N papers; always above 0.

    The share is `(df + .5) / (N + 50) + .001`. So the weight of a rare word keeps to a bound that does not rise with
    the number of papers, and a common word has its own early. With fewer than 200 papers more than 50 are taken as
    seen, up to 500, so that one page with a topic of its own does not decide what is rare.
    """
    unseen = max(UNSEEN_PAPERS, UNSEEN_AT_FIRST - (UNSEEN_AT_FIRST - UNSEEN_PAPERS) * papers / FIRST)
    share = (np.minimum(frequency, papers) + UNSEEN_FREQUENCY) / (papers + unseen) + LEAST_SHARE
    return np.asarray(-np.log(share))
