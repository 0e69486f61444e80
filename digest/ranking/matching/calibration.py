"""Calibration: raw scores -> a match of 0 to 100 that means the same for every profile and every day.

A raw score has no scale of its own. Two measures give it one. The first is the reach x: the score as a part of what
one keyword of the profile can reach (the geometric mean of the strongest and the average keyword), so that a paper
that is all about one interest counts as much for a reader with eight interests as for one with a single one. The
second is the level of the profile: how much the papers of the corpus sample have of its keywords (the mean of the
square roots of their reach, for each keyword by itself, then the geometric mean over the keywords); it is high for
words that stand everywhere. The match is
`100 sigmoid(intercept + reach f(x) - level ln(level of the profile))` with `f(x) = x^power / (x^power + half^power)`,
which keeps the order of the scores.

The level is a mean over hundreds of papers, where the share of papers scoring higher hangs on a handful; and until
hundreds have been seen, what is usual counts for more than what one page happens to hold. So a match moves little
from day to day, and means the same on the first. The constants come from a logistic regression on labelled profiles of
one interest and on unions of four and eight of them; by hand the curve was made steeper where a whole keyword occurs in
the title, for a reader with that keyword alone to get such a paper above 60.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from digest.profiles import Profile
from digest.ranking.corpus.features import Floats, Ints

USUAL_LEVEL, USUAL_PAPERS = 0.005, 500.0  #: the level before any paper was seen, and its weight in papers
LEAST_LEVEL = 0.005  #: added to the level, so that a word never seen does not make everything a match
_FORMAT = struct.Struct("<qff")


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How one profile with votes scores the corpus sample; made anew when profile, votes or statistics change."""

    fingerprint: int  #: of the profile, its votes and the version of the corpus statistics
    peak: float  #: the highest score that the keywords alone reach in it
    feedback_strength: float  #: mean of the three strongest effects of the votes in it

    def dump(self) -> bytes:
        """Return the calibration as 16 bytes; `load` reads them back."""
        return _FORMAT.pack(self.fingerprint, self.peak, self.feedback_strength)

    @classmethod
    def load(cls, data: bytes) -> Calibration:
        """Return the calibration that `dump` wrote; one that holds for nobody when the bytes are of another form."""
        if len(data) != _FORMAT.size:
            return cls(fingerprint=-1, peak=0.0, feedback_strength=0.0)
        mark, peak, feedback_strength = _FORMAT.unpack(data)
        return cls(fingerprint=mark, peak=peak, feedback_strength=feedback_strength)


def fingerprint(profile: Profile, votes: Sequence[tuple[int, int]], version: int) -> int:
    """Return a number that changes with what a calibration depends on: keywords, votes (paper, value), statistics."""
    parts = [*((k.term, k.weight, k.acronyms) for k in profile.keywords), *sorted(votes), version]
    text = repr(parts).encode()
    return zlib.crc32(text) | zlib.adler32(text) << 32 & 0x7FFF_FFFF_0000_0000


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The constants of the match."""

    intercept: float
    reach: float
    level: float
    half: float  #: the reach at which a paper has half of what reach can give
    power: float  #: how steeply that rises around it


WORDS = Curve(intercept=-6.3, reach=10.2, level=0.3, half=0.8, power=1.5)
MEANING = replace(WORDS, intercept=-7.5)  #: where nearness in meaning adds to the score


@dataclass(frozen=True, kw_only=True)
class MatchScale:
    """How the scores of many readers become matches, one row a reader."""

    curve: Curve
    norms: Floats  #: what a keyword of the reader can reach, times its weight
    offsets: Floats  #: what is added to the effect of the reach

    @classmethod
    def of(cls, levels: Floats, norms: Floats, curve: Curve = WORDS) -> MatchScale:
        """Return the scale of the readers whose levels and norms these are."""
        return cls(curve=curve, norms=norms, offsets=curve.intercept - curve.level * np.log(levels))

    def matches(self, rows: Ints, scores: Floats) -> npt.NDArray[np.int64]:
        """Return the match, 1 to 100, for scores above 0."""
        reach = scores / self.norms[rows]
        raised = np.maximum(reach, 0.0) ** self.curve.power
        logits = self.offsets[rows] + self.curve.reach * raised / (raised + self.curve.half**self.curve.power)
        return np.asarray(np.clip(np.rint(100 / (1 + np.exp(-logits))), 1, 100), dtype=np.int64)

    def thresholds(self, minima: Ints) -> Floats:
        """Return for each reader the score from which the match reaches the minimum; infinite where none does."""
        wanted = np.clip((minima - 0.5) / 100, 1e-9, 1 - 1e-9)
        share = (np.log(wanted / (1 - wanted)) - self.offsets) / self.curve.reach
        odds = np.maximum(share, 0.0) / np.where(share < 1, 1 - share, 1)
        reach = np.where(share < 1, self.curve.half * odds ** (1 / self.curve.power), np.inf)
        return np.where(minima <= 1, 0.0, reach * self.norms)


def keyword_levels(scores: Iterable[sparse.csr_array], maxima: Floats, papers: int) -> Floats:
    """Return how much a sample of so many papers has of each keyword, from its scores, some keywords at a time."""
    roots, start = np.zeros(len(maxima)), 0
    for rows in scores:
        part = slice(start, start + rows.shape[0])
        row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        roots[part] = np.bincount(row, weights=np.sqrt(rows.data / maxima[part][row]), minlength=rows.shape[0])
        start = part.stop
    usual = USUAL_PAPERS * USUAL_LEVEL**0.5
    return np.asarray(((roots + usual) / (papers / 2 + USUAL_PAPERS)) ** 2 + LEAST_LEVEL)


def profile_levels(reaches: sparse.csr_array, levels: Floats) -> Floats:
    """Return the level of each profile from what its keywords can reach and from their levels."""
    totals = np.asarray(reaches.sum(axis=1)).ravel()
    logs = np.divide(reaches @ np.log(levels), totals, out=np.full(len(totals), _USUAL), where=totals > 0)
    return np.asarray(np.exp(logs))


_USUAL = np.log(USUAL_LEVEL + LEAST_LEVEL)  # of a profile without keywords
