"""Calibration: raw scores -> a match of 0 to 100 that means the same for every profile and every day.

A profile's raw score has no scale of its own. Two measures give it one: the share of the background sample that
scores higher under the same profile, and the score as a part of what the profile's keywords can reach.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from digest.profiles import Profile
from digest.ranking.features import Floats, Ints

INTERCEPT, RARITY, REACH = -5.74, 1.27, 3.26  #: match = 100 sigmoid(INTERCEPT + RARITY t + REACH x)
PRIOR_PAPERS = 100.0  #: papers that the prior share counts for, beside those of the sample
PRIOR_SHARE, PRIOR_FALL = 0.5, 2.5  #: prior share of papers scoring higher: 10 ** -(PRIOR_SHARE + PRIOR_FALL x)
RANKS = np.array([0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610])
_FORMAT = struct.Struct(f"<qiff{len(RANKS)}f")


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How one profile scores the background sample; made anew when profile, votes or statistics change."""

    fingerprint: int  #: of the profile, its votes and the version of the background
    sample: int  #: papers in the sample
    peak: float  #: the highest score that the keywords alone reach in it
    taste: float  #: mean of the three strongest effects of the votes in it
    scores: tuple[float, ...]  #: the scores at RANKS, the best (rank 0) first; 0 beyond the papers that match

    def dump(self) -> bytes:
        """Gives the calibration as 80 bytes; `load` reads them back."""
        return _FORMAT.pack(self.fingerprint, self.sample, self.peak, self.taste, *self.scores)

    @classmethod
    def load(cls, data: bytes) -> Calibration:
        """Gives the calibration that `dump` wrote."""
        fingerprint, sample, peak, taste, *scores = _FORMAT.unpack(data)
        return cls(fingerprint=fingerprint, sample=sample, peak=peak, taste=taste, scores=tuple(scores))


def fingerprint(profile: Profile, votes: Sequence[tuple[int, int]], version: int) -> int:
    """Gives a number that changes with what a calibration depends on: keywords, votes (paper, value), statistics."""
    parts = [*((k.term, k.weight, k.acronyms) for k in profile.keywords), *sorted(votes), version]
    text = repr(parts).encode()
    return zlib.crc32(text) | zlib.adler32(text) << 32 & 0x7FFF_FFFF_0000_0000


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The calibrations of many readers as arrays, one row a reader."""

    knots: Floats  #: readers by ranks: scores at RANKS
    sample: Floats  #: papers in the sample
    norms: Floats  #: Euclidean norm of the keywords' maxima, times their weights

    @classmethod
    def of(cls, calibrations: Sequence[Calibration], norms: Floats) -> Scale:
        """Gives the scale of the readers whose calibrations and norms these are."""
        knots = np.array([c.scores for c in calibrations], dtype=np.float64).reshape(-1, len(RANKS))
        return cls(knots=knots, sample=np.array([c.sample for c in calibrations], dtype=np.float64), norms=norms)

    def logits(self, rows: Ints, scores: Floats) -> Floats:
        """Gives the log-odds of the match for these scores of these readers."""
        reach = scores / self.norms[rows]
        prior = 10.0 ** -(PRIOR_SHARE + PRIOR_FALL * reach)
        higher = self._higher(rows, scores) + PRIOR_PAPERS * prior
        rarity = -np.log10(higher / (self.sample[rows] + PRIOR_PAPERS))
        return np.asarray(INTERCEPT + RARITY * rarity + REACH * reach)

    def matches(self, rows: Ints, scores: Floats) -> npt.NDArray[np.int64]:
        """Gives the match, 1 to 100, for scores above 0."""
        return np.clip(np.rint(100 / (1 + np.exp(-self.logits(rows, scores)))), 1, 100).astype(np.int64)

    def thresholds(self, minima: Floats) -> Floats:
        """Gives for each reader a score just below the one at which the match reaches the minimum."""
        wanted = np.clip((minima - 0.5) / 100, 1e-9, 1 - 1e-9)
        target = np.log(wanted / (1 - wanted))
        rows = np.arange(len(minima))
        low, high = np.zeros(len(minima)), 4.0 * self.norms
        for _ in range(18):
            middle = (low + high) / 2
            reached = self.logits(rows, middle) >= target
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        return np.where(minima <= 0, 0.0, low)

    def _higher(self, rows: Ints, scores: Floats) -> Floats:
        """Gives how many papers of the sample score higher, interpolated between the known ranks."""
        ranks = np.append(RANKS, 0).astype(np.float64)
        knots = self.knots[rows]
        place = (knots > scores[:, None]).sum(axis=1)
        cells = np.arange(len(rows))
        above = knots[cells, np.maximum(place - 1, 0)]
        last = place == len(RANKS)
        below = np.where(last, 0.0, knots[cells, np.minimum(place, len(RANKS) - 1)])
        from_rank = ranks[np.maximum(place - 1, 0)]
        to_rank = np.where(last, np.maximum(self.sample[rows], from_rank), ranks[np.minimum(place, len(RANKS) - 1)])
        to_rank = np.minimum(to_rank, np.maximum(self.sample[rows], from_rank))
        share = np.divide(above - scores, above - below, out=np.zeros(len(rows)), where=above > below)
        return np.where(place == 0, 0.0, from_rank + share * (to_rank - from_rank))


def at_ranks(scores: Floats) -> Floats:
    """Gives for each row of scores (readers by sample papers) the scores at RANKS; 0 beyond the row's end."""
    width = scores.shape[1]
    known = RANKS[width > RANKS]
    out = np.zeros((len(scores), len(RANKS)))
    if known.size:
        ordered = -np.partition(-scores, known, axis=1)
        out[:, : len(known)] = np.maximum(ordered[:, known], 0.0)
    return out
