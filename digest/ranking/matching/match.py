"""Matching: many readers against the papers of an index in one sparse product, before selection and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.corpus.features import Floats, Ints
from digest.ranking.matching.calibration import MEANING, WORDS, Calibration, MatchScale
from digest.ranking.matching.embeddings import Semantics
from digest.ranking.matching.paper_index import PaperIndex
from digest.ranking.matching.profile_matrix import ProfileMatrix, RankingProfile
from digest.ranking.matching.scoring import Matches, Scores, calibrate, reaching

SURE = 60  #: match from which a paper is shown though it has no keyword as a whole


@dataclass(frozen=True, kw_only=True)
class MatchedPapers:
    """Which papers match which readers, with the tables that explain why."""

    profile_matrix: ProfileMatrix
    calibrations: Sequence[Calibration | None]  #: of those who voted
    scores: Scores
    matches: Matches


def match(
    index: PaperIndex,
    readers: Sequence[RankingProfile],
    corpus: CorpusStatistics,
    semantics: Semantics | None = None,
    *,
    everything: bool = False,
) -> MatchedPapers:
    """Return the papers new to each reader that reach the minimum; with `everything`, all that score above 0."""
    profile_matrix = ProfileMatrix.of(readers, index.interest_index(corpus), corpus)
    calibrations = calibrate(readers, corpus, profile_matrix)
    nearness = semantics.nearness(readers, index) if semantics else None
    scores = Scores.of(profile_matrix, calibrations, index, corpus, nearness)
    match_scale = MatchScale.of(profile_matrix.levels, profile_matrix.norms, MEANING if semantics else WORDS)
    minima = np.array([0 if everything else r.profile.minimum_match for r in readers], dtype=np.int64)
    matches = reaching(scores.total, match_scale, minima)
    return MatchedPapers(
        profile_matrix=profile_matrix,
        calibrations=calibrations,
        scores=scores,
        matches=matches if everything else _new_ones(matches, readers, index.numbers),
    )


def _new_ones(matches: Matches, readers: Sequence[RankingProfile], numbers: Ints) -> Matches:
    cursors = np.array([reader.cursor for reader in readers], dtype=np.int64)
    found = numbers[matches.paper]
    new = found > cursors[matches.reader]
    if any(reader.again for reader in readers):
        for row in np.flatnonzero(~new):
            new[row] = int(found[row]) in readers[matches.reader[row]].again
    return matches.where(new)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """How much of each match comes from each interest, for all matches of one call, in order."""

    starts: Ints  #: where the parts of each match begin
    columns: Ints  #: the interest, as a column of the profile matrix; in profile order
    values: Floats  #: its part of the score
    strongest: Ints  #: for each match the column of its largest part, the first of several; -1 without one
    scattered: npt.NDArray[np.bool_]
    """For each match whether it is below 60 and hangs on keywords none of which the paper has as a whole, together.

    Such matches are seldom relevant; one that votes or nearness in meaning make up the half of is no such match.
    """

    def of_match(self, row: int) -> dict[int, float]:
        """Return the parts of one match, by column."""
        part = slice(self.starts[row], self.starts[row + 1])
        return dict(zip(self.columns[part].tolist(), self.values[part].tolist(), strict=True))

    @classmethod
    def of(cls, matched: MatchedPapers) -> Parts:
        """Return the parts of all matches."""
        matches = matched.matches
        asked = sparse.csr_array(matched.profile_matrix.weights[matches.reader])
        row = np.repeat(np.arange(asked.shape[0]), np.diff(asked.indptr))
        values = asked.data * np.asarray(matched.scores.interests[asked.indices, matches.paper[row]])
        filled = np.flatnonzero(values)
        row, columns, values = row[filled], asked.indices[filled], values[filled]
        starts = np.searchsorted(row, np.arange(asked.shape[0] + 1))
        whole = np.asarray(matched.scores.whole[columns, matches.paper[row]])
        by_keywords, wholes = (np.bincount(row, weights=of, minlength=asked.shape[0]) for of in (values, whole))
        scattered = (matches.match < SURE) & (wholes == 0) & (by_keywords > matches.score / 2)
        strongest = _strongest(starts, columns, values)
        return cls(starts=starts, columns=columns, values=values, strongest=strongest, scattered=scattered)


def _strongest(starts: Ints, columns: Ints, values: Floats) -> Ints:
    strongest = np.full(len(starts) - 1, -1, dtype=np.int64)
    filled = np.flatnonzero(np.diff(starts))
    if len(filled):
        largest = np.repeat(np.maximum.reduceat(values, starts[filled]), np.diff(starts)[filled])
        first = np.where(values == largest, np.arange(len(values)), len(values))
        strongest[filled] = columns[np.minimum.reduceat(first, starts[filled])]
    return strongest
