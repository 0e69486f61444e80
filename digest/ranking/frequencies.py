"""Frequencies: in how many papers each feature has been seen, for millions of features in a few megabytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from digest.ranking.words import Codes

_SHIFT = np.uint64(32)


@dataclass(frozen=True, kw_only=True)
class Frequencies:
    """Document frequencies by the upper 32 bits of a feature's code, sorted.

    Among three million features one in 1,400 shares its 32 bits with another; it then counts as a little more common
    than it is, which moves its inverse frequency by a few per cent at most.
    """

    keys: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.uint32]

    @classmethod
    def empty(cls) -> Frequencies:
        """Gives the table that has seen nothing."""
        return cls(keys=np.empty(0, np.uint32), counts=np.empty(0, np.uint32))

    def of(self, features: Codes) -> npt.NDArray[np.float64]:
        """Gives the document frequency of each feature; 0 for one never seen."""
        wanted = (features >> _SHIFT).astype(np.uint32)
        if not self.keys.size:
            return np.zeros(len(wanted))
        found = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[found] == wanted, self.counts[found], 0).astype(np.float64)

    def with_counts(self, features: Codes, counts: npt.NDArray[np.int64]) -> Frequencies:
        """Gives the table with these papers added: how many of them have each feature."""
        keys = np.concatenate([self.keys, (features >> _SHIFT).astype(np.uint32)])
        added = np.concatenate([self.counts, counts.astype(np.uint32)])
        order = np.argsort(keys, kind="stable")
        keys, added = keys[order], added[order]
        first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if keys.size else np.empty(0, np.int64)
        sums = np.add.reduceat(added, first) if first.size else added
        return Frequencies(keys=keys[first], counts=sums.astype(np.uint32))


UNSEEN_PAPERS, UNSEEN_FREQUENCY = 500, 1.0  #: papers taken as seen before the first, and in how many a feature stood


def inverse(frequency: npt.NDArray[np.float64], papers: int) -> npt.NDArray[np.float64]:
    """Gives ln(1 + (N - df + .5) / (df + .5)), the weight of a feature seen in df of N papers; always above 0.

    N and df include papers taken as seen before the first, so that one page with a topic of its own does not decide
    what is rare, and weights move little while the first papers come in.
    """
    count = papers + UNSEEN_PAPERS
    df = np.minimum(frequency + UNSEEN_FREQUENCY, count)
    return np.asarray(np.log1p((count - df + 0.5) / (df + 0.5)))
