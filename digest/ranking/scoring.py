"""Scoring: the wishes of many readers against the papers of an index, in one sparse product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from digest.ranking.background import Background
from digest.ranking.calibration import Calibration, Scale, levels
from digest.ranking.features import Floats, Ints
from digest.ranking.feedback import Tastes, word_vectors
from digest.ranking.index import PaperIndex
from digest.ranking.semantic import worth
from digest.ranking.wishes import Reader, Wishes, row_maxima

_ROWS = 2_000  #: readers calibrated at a time, which bounds the memory


def calibrate(readers: Sequence[Reader], background: Background, wishes: Wishes | None = None) -> list[Calibration]:
    """Gives the calibration of each reader: the stored one where it still holds, else one made from the sample."""
    marks = [reader.fingerprint(background) for reader in readers]
    known = {n: c for n, r in enumerate(readers) if (c := r.calibration) and c.fingerprint == marks[n]}
    stale = [n for n in range(len(readers)) if n not in known]
    if stale:
        wishes = wishes or Wishes.of(readers, background)
        made = _measure(stale, wishes, background)
        known |= {n: _calibration(marks[n], background, m) for n, m in zip(stale, made, strict=True)}
    return [known[n] for n in range(len(readers))]


Measured = tuple[float, float, float]  # peak, taste, level


def _calibration(mark: int, background: Background, measured: Measured) -> Calibration:
    peak, taste, middle = np.array(measured, dtype=np.float32).tolist()
    sample = background.sample.features.count
    return Calibration(fingerprint=mark, sample=sample, peak=peak, taste=taste, level=middle)


def _measure(rows: Sequence[int], wishes: Wishes, background: Background) -> list[Measured]:
    by_keyword = background.shelf.match(wishes.compiled)
    voting = bool(wishes.tastes.strengths[list(rows)].any())
    effects = _sample_effects(wishes.tastes, background) if voting else None
    middles = levels(by_keyword, wishes.compiled.maxima, wishes.keyword_weights)
    measured: list[Measured] = []
    for start in range(0, len(rows), _ROWS):
        chunk = list(rows[start : start + _ROWS])
        peaks = row_maxima(wishes.keyword_weights[chunk] @ by_keyword)
        taste = _mean_of_strongest(effects[chunk].toarray()) if effects is not None else np.zeros(len(chunk))
        measured += zip(peaks, taste, middles[chunk], strict=True)
    return measured


def _sample_effects(tastes: Tastes, background: Background) -> sparse.csr_array:
    return tastes.effects(word_vectors(background.shelf, background), background.shelf.features)


def _mean_of_strongest(effects: Floats) -> Floats:
    if effects.shape[1] < 3:
        return np.asarray(np.abs(effects).max(axis=1, initial=0.0))
    return np.asarray(-np.partition(-np.abs(effects), 2, axis=1)[:, :3].mean(axis=1))


def _taste_scale(strengths: Floats, peaks: Floats, taste: Floats, norms: Floats) -> Floats:
    """Gives what an effect is multiplied with, so that it stands beside the scores of the keywords."""
    peaks = np.where(peaks > 0, peaks, norms / 2)
    return strengths * np.divide(peaks, taste, out=np.zeros_like(taste), where=taste > 0)


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What the papers of an index score for many readers."""

    interests: sparse.csr_array  #: interests by papers, at weight 1
    taste_factors: Floats  #: what each reader's taste is multiplied with
    near: sparse.csr_array | None  #: readers by papers: what nearness in meaning adds
    total: sparse.csr_array  #: readers by papers

    @classmethod
    def of(
        cls,
        wishes: Wishes,
        calibrations: Sequence[Calibration],
        index: PaperIndex,
        background: Background,
        nearness: sparse.csr_array | None = None,
    ) -> Scores:
        """Gives the scores of all papers for all readers; papers that score nothing have no entry."""
        interests = wishes.match(index, background)
        total = sparse.csr_array(wishes.weights @ interests)
        peaks, tastes = (np.array([getattr(c, name) for c in calibrations]) for name in ("peak", "taste"))
        factors = _taste_scale(wishes.tastes.strengths, peaks, tastes, wishes.norms)
        if factors.any():
            effects = wishes.tastes.effects(index.vectors(background), index.features)
            total = sparse.csr_array(total + sparse.diags_array(factors) @ effects)
        near = None if nearness is None else worth(wishes.strongest, nearness)
        total = total if near is None else sparse.csr_array(total + near)
        return cls(interests=interests, taste_factors=factors, near=near, total=total)


@dataclass(frozen=True, kw_only=True)
class Matches:
    """Papers that reach a reader's minimum, as parallel arrays: by reader, then best first, then by key."""

    reader: Ints
    paper: Ints
    score: Floats
    match: Ints

    def where(self, wanted: npt.NDArray[np.bool_]) -> Matches:
        """Gives the part for which `wanted` is true."""
        return Matches(
            reader=self.reader[wanted], paper=self.paper[wanted], score=self.score[wanted], match=self.match[wanted]
        )


def reaching(total: sparse.csr_array, scale: Scale, minima: Ints) -> Matches:
    """Gives the papers whose match is at least the reader's minimum, and at least 1."""
    row = np.repeat(np.arange(total.shape[0]), np.diff(total.indptr))
    floor = scale.thresholds(minima) * (1 - 1e-9)
    near = np.flatnonzero(total.data > floor[row])
    reader, paper, score = row[near], total.indices[near].astype(np.int64), total.data[near]
    match = scale.matches(reader, score)
    kept = np.flatnonzero(match >= minima[reader])
    kept = kept[np.lexsort((paper[kept], -score[kept], reader[kept]))]
    return Matches(reader=reader[kept], paper=paper[kept], score=score[kept], match=match[kept])
