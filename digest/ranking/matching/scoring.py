"""Scoring: the interests of many readers against the papers of an index, in one sparse product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.corpus.features import Floats, Ints
from digest.ranking.matching.calibration import Calibration, MatchScale
from digest.ranking.matching.embeddings import nearness_score
from digest.ranking.matching.paper_index import PaperIndex
from digest.ranking.matching.profile_matrix import ProfileMatrix, RankingProfile, row_maxima
from digest.ranking.matching.relevance_feedback import FeedbackWeights, word_vectors

_ROWS = 2_000  #: readers calibrated at a time, which bounds the memory


def calibrate(
    readers: Sequence[RankingProfile], corpus: CorpusStatistics, profile_matrix: ProfileMatrix
) -> list[Calibration | None]:
    """Return the calibration of each reader who voted: the stored one where it still holds, else one made anew."""
    marks = {n: reader.fingerprint(corpus) for n, reader in enumerate(readers) if reader.votes}
    known = {n: c for n, mark in marks.items() if (c := readers[n].calibration) and c.fingerprint == mark}
    stale = [n for n in marks if n not in known]
    made = _measure(stale, profile_matrix, corpus) if stale else ()
    known |= {
        n: Calibration(fingerprint=marks[n], peak=p, feedback_strength=t) for n, (p, t) in zip(stale, made, strict=True)
    }
    return [known.get(n) for n in range(len(readers))]


def _measure(rows: Sequence[int], profile_matrix: ProfileMatrix, corpus: CorpusStatistics) -> list[tuple[float, float]]:
    """Return peak and feedback strength of each of these readers, in the single precision that is stored."""
    effects = _sample_effects(profile_matrix.feedback, corpus)
    measured: list[tuple[float, float]] = []
    for start in range(0, len(rows), _ROWS):
        chunk = list(rows[start : start + _ROWS])
        weights = profile_matrix.keywords[chunk]
        used = np.unique(weights.indices)
        peaks = row_maxima(weights[:, used] @ profile_matrix.interest_index.sample_scores(profile_matrix.numbers[used]))
        feedback_strength = _mean_of_strongest(effects[chunk].toarray())
        measured += np.column_stack([peaks, feedback_strength]).astype(np.float32).tolist()
    return measured


def _sample_effects(feedback: FeedbackWeights, corpus: CorpusStatistics) -> sparse.csr_array:
    return feedback.effects(word_vectors(corpus.paper_matrix, corpus), corpus.paper_matrix.features)


def _mean_of_strongest(effects: Floats) -> Floats:
    if effects.shape[1] < 3:
        return np.asarray(np.abs(effects).max(axis=1, initial=0.0))
    return np.asarray(-np.partition(-np.abs(effects), 2, axis=1)[:, :3].mean(axis=1))


def _feedback_factors(profile_matrix: ProfileMatrix, calibrations: Sequence[Calibration | None]) -> Floats:
    """Return the factor of each reader's feedback effects, on the scale of the keyword scores."""
    factors = np.zeros(len(calibrations))
    for row, calibration in enumerate(calibrations):
        if calibration is not None and calibration.feedback_strength > 0:
            peak = calibration.peak if calibration.peak > 0 else profile_matrix.norms[row] / 2
            factors[row] = profile_matrix.feedback.strengths[row] * peak / calibration.feedback_strength
    return factors


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What the papers of an index score for many readers."""

    interests: sparse.csr_array  #: interests by papers, at weight 1
    whole: sparse.csr_array  #: interests by papers: 1 where a paper has all of the interest, together
    feedback_factors: Floats  #: what each reader's feedback effects are multiplied by
    near: sparse.csr_array | None  #: readers by papers: what nearness in meaning adds
    total: sparse.csr_array  #: readers by papers

    @classmethod
    def of(
        cls,
        profile_matrix: ProfileMatrix,
        calibrations: Sequence[Calibration | None],
        index: PaperIndex,
        corpus: CorpusStatistics,
        nearness: sparse.csr_array | None = None,
    ) -> Scores:
        """Return the scores of all papers for all readers; papers that score nothing have no entry."""
        interests = profile_matrix.interest_index.scores(profile_matrix.numbers)
        total = sparse.csr_array(profile_matrix.weights @ interests)
        factors = _feedback_factors(profile_matrix, calibrations)
        if factors.any():
            effects = profile_matrix.feedback.effects(index.vectors(corpus), index.features)
            total = sparse.csr_array(total + sparse.diags_array(factors) @ effects)
        near = None if nearness is None else nearness_score(profile_matrix.strongest, nearness)
        total = total if near is None else sparse.csr_array(total + near)
        whole = profile_matrix.interest_index.whole(profile_matrix.numbers)
        return cls(interests=interests, whole=whole, feedback_factors=factors, near=near, total=total)


@dataclass(frozen=True, kw_only=True)
class Matches:
    """Papers that reach a reader's minimum, as parallel arrays: by reader, then best first, then by key."""

    reader: Ints
    paper: Ints
    score: Floats
    match: Ints

    def where(self, wanted: npt.NDArray[np.bool_]) -> Matches:
        """Return the part for which `wanted` is true."""
        return Matches(
            reader=self.reader[wanted], paper=self.paper[wanted], score=self.score[wanted], match=self.match[wanted]
        )


def reaching(total: sparse.csr_array, match_scale: MatchScale, minima: Ints) -> Matches:
    """Return the papers whose match is at least the reader's minimum, and at least 1."""
    row = np.repeat(np.arange(total.shape[0]), np.diff(total.indptr))
    floor = match_scale.thresholds(minima) * (1 - 1e-9)
    near = np.flatnonzero(total.data > floor[row])
    reader, paper, score = row[near], total.indices[near].astype(np.int64), total.data[near]
    match = match_scale.matches(reader, score)
    kept = np.flatnonzero(match >= minima[reader])
    kept = kept[np.lexsort((paper[kept], -score[kept], reader[kept]))]
    return Matches(reader=reader[kept], paper=paper[kept], score=score[kept], match=match[kept])
