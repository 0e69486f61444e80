"""The shelf: many papers matched with many keywords at once, as products of sparse tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from digest.ranking.features import Features, Floats, Ints, Lengths
from digest.ranking.words import Codes

COVERAGE_NONE, COVERAGE_FULL = 0.1, 0.3  #: share of a keyword's weight that the words present must carry to count
SHARPNESS = 1.1  #: above 1: a whole keyword counts for more than the halves of two
_BLOCK = 50_000  #: keywords matched at a time, which bounds the memory


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """Keywords in the order given, each in one or more writings (as it stands, then known short or long forms)."""

    writings: tuple[str, ...]
    keyword: Ints  #: keyword of each writing
    owner: Ints  #: writing of each feature
    features: Codes
    weights: Floats  #: inverse frequency of each feature, halved for pairs
    words: npt.NDArray[np.bool_]  #: which features are single words
    maxima: Floats  #: the most that each keyword can score, at weight 1

    def rows(self, start: int, stop: int) -> Compiled:
        """Gives the writings from `start` to `stop`, which must be whole keywords."""
        first, last = np.searchsorted(self.keyword, [start, stop])
        low, high = np.searchsorted(self.owner, [first, last])
        return Compiled(
            writings=self.writings[first:last],
            keyword=self.keyword[first:last] - start,
            owner=self.owner[low:high] - first,
            features=self.features[low:high],
            weights=self.weights[low:high],
            words=self.words[low:high],
            maxima=self.maxima[start:stop],
        )


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Papers ready to be matched: their features, saturated."""

    features: Features
    saturated: sparse.csr_array  #: features by papers
    present: sparse.csr_array  #: the same pattern, all ones

    @classmethod
    def of(cls, features: Features, lengths: Lengths) -> Shelf:
        """Gives the shelf for one table of papers with these mean lengths."""
        saturated = features.saturated(lengths)
        present = sparse.csr_array(
            (np.ones_like(saturated.data), saturated.indices, saturated.indptr), shape=saturated.shape
        )
        return cls(features=features, saturated=saturated, present=present)

    def match(self, compiled: Compiled) -> sparse.csr_array:
        """Gives keywords by papers: what each keyword scores at weight 1; its best writing counts."""
        size = len(compiled.maxima)
        blocks = [self._match_block(compiled.rows(s, min(s + _BLOCK, size))) for s in range(0, size, _BLOCK)]
        return sparse.csr_array(sparse.vstack(blocks)) if blocks else sparse.csr_array((0, self.features.count))

    def _match_block(self, compiled: Compiled) -> sparse.csr_array:
        scores = self._match_writings(compiled)
        first = np.searchsorted(compiled.keyword, np.arange(len(compiled.maxima)))
        if len(first) == len(compiled.writings):
            return scores
        best = scores[first]
        for place in range(1, int(np.bincount(compiled.keyword).max())):
            rows = np.where(first + place < np.append(first[1:], len(compiled.writings)), first + place, -1)
            best = best.maximum(_rows_or_nothing(scores, rows))
        return sparse.csr_array(best)

    def _match_writings(self, compiled: Compiled) -> sparse.csr_array:
        """Gives writings by papers; each writing is scaled to the maximum of its keyword."""
        places = self.features.places(compiled.features)
        found = places >= 0
        owner, column = compiled.owner[found], places[found]
        shape = (len(compiled.writings), len(self.features.vocabulary))
        # A pair weighs next to nothing here instead of nothing, so that both products have the same pattern.
        words = compiled.weights * np.where(compiled.words, 1.0, 1e-12)
        totals = np.bincount(compiled.owner, weights=compiled.weights, minlength=shape[0])
        mass = np.bincount(compiled.owner, weights=words, minlength=shape[0])
        scores = sparse.csr_array((compiled.weights[found], (owner, column)), shape=shape) @ self.saturated
        covered = sparse.csr_array((words[found], (owner, column)), shape=shape) @ self.present
        row = np.repeat(np.arange(shape[0]), np.diff(scores.indptr))
        share = np.clip((covered.data / mass[row] - COVERAGE_NONE) / (COVERAGE_FULL - COVERAGE_NONE), 0.0, 1.0)
        ceiling = compiled.maxima[compiled.keyword][row]
        scores.data = share * ceiling * (scores.data / totals[row]) ** SHARPNESS
        scores.eliminate_zeros()
        return scores


def _rows_or_nothing(matrix: sparse.csr_array, rows: Ints) -> sparse.csr_array:
    present = np.flatnonzero(rows >= 0)
    shape = (len(rows), matrix.shape[0])
    return sparse.csr_array((np.ones(len(present)), (present, rows[present])), shape=shape) @ matrix
