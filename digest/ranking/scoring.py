"""Scoring: the wishes of many readers against the papers of an index, in one sparse product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from digest.ranking.background import Background
from digest.ranking.calibration import Calibration, Scale
from digest.ranking.features import Floats, Ints
from digest.ranking.feedback import Tastes, word_vectors
from digest.ranking.index import PaperIndex
from digest.ranking.semantic import worth
from digest.ranking.wishes import Reader, Wishes, row_maxima

_ROWS = 2_000  #: readers calibrated at a time, which bounds the memory


def calibrate(readers: Sequence[Reader], background: Background, wishes: Wishes) -> list[Calibration | None]:
    """Gives the calibration of each reader who voted: the stored one where it still holds, else one made anew."""
    marks = {n: reader.fingerprint(background) for n, reader in enumerate(readers) if reader.votes}
    known = {n: c for n, mark in marks.items() if (c := readers[n].calibration) and c.fingerprint == mark}
    stale = [n for n in marks if n not in known]
    made = _measure(stale, wishes, background) if stale else ()
    known |= {n: Calibration(fingerprint=marks[n], peak=p, taste=t) for n, (p, t) in zip(stale, made, strict=True)}
    return [known.get(n) for n in range(len(readers))]


def _measure(rows: Sequence[int], wishes: Wishes, background: Background) -> list[tuple[float, float]]:
    """Gives peak and taste of each of these readers, in single precision as they are stored."""
    effects = _sample_effects(wishes.tastes, background)
    measured: list[tuple[float, float]] = []
    for start in range(0, len(rows), _ROWS):
        chunk = list(rows[start : start + _ROWS])
        weights = wishes.keywords[chunk]
        used = np.unique(weights.indices)
        peaks = row_maxima(weights[:, used] @ wishes.catalogue.sample_scores(wishes.numbers[used]))
        taste = _mean_of_strongest(effects[chunk].toarray())
        measured += np.column_stack([peaks, taste]).astype(np.float32).tolist()
    return measured


def _sample_effects(tastes: Tastes, background: Background) -> sparse.csr_array:
    return tastes.effects(word_vectors(background.shelf, background), background.shelf.features)


def _mean_of_strongest(effects: Floats) -> Floats:
    if effects.shape[1] < 3:
        return np.asarray(np.abs(effects).max(axis=1, initial=0.0))
    return np.asarray(-np.partition(-np.abs(effects), 2, axis=1)[:, :3].mean(axis=1))


def _taste_factors(wishes: Wishes, calibrations: Sequence[Calibration | None]) -> Floats:
    """Gives what an effect is multiplied with, so that it stands beside the scores of the keywords."""
    factors = np.zeros(len(calibrations))
    for row, calibration in enumerate(calibrations):
        if calibration is not None and calibration.taste > 0:
            peak = calibration.peak if calibration.peak > 0 else wishes.norms[row] / 2
            factors[row] = wishes.tastes.strengths[row] * peak / calibration.taste
    return factors


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
        calibrations: Sequence[Calibration | None],
        index: PaperIndex,
        background: Background,
        nearness: sparse.csr_array | None = None,
    ) -> Scores:
        """Gives the scores of all papers for all readers; papers that score nothing have no entry."""
        interests = wishes.catalogue.scores(wishes.numbers)
        total = sparse.csr_array(wishes.weights @ interests)
        factors = _taste_factors(wishes, calibrations)
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
