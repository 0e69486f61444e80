"""The paper matrix: many papers matched with many keywords at once, as products of sparse tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
from scipy import sparse

from digest.ranking.corpus.features import Features, Floats, Ints, Lengths
from digest.ranking.corpus.term_codes import Codes

COVERAGE_NONE, COVERAGE_FULL = 0.1, 0.3  #: share of a keyword's weight that the words present must carry to count
SHARPNESS = 1.1  #: above 1: a whole keyword counts for more than the halves of two
_CELLS = 1_000_000  #: keywords times papers matched at a time, which bounds the memory

WordWeights = dict[int, float]  # code of a word -> its weight


@dataclass(frozen=True, kw_only=True)
class CompiledKeywords:
    """Keywords in the order given, each in one or more forms (as written, then known short or long forms)."""

    forms: tuple[str, ...]
    keyword: Ints  #: keyword of each writing
    owner: Ints  #: writing of each feature
    features: Codes
    weights: Floats  #: inverse frequency of each feature, halved for pairs
    words: npt.NDArray[np.bool_]  #: which features are single words
    maxima: Floats  #: the most that each keyword can score, at weight 1

    def rows(self, start: int, stop: int) -> CompiledKeywords:
        """Return the forms from `start` to `stop`, which must be whole keywords."""
        first, last = np.searchsorted(self.keyword, [start, stop])
        low, high = np.searchsorted(self.owner, [first, last])
        return CompiledKeywords(
            forms=self.forms[first:last],
            keyword=self.keyword[first:last] - start,
            owner=self.owner[low:high] - first,
            features=self.features[low:high],
            weights=self.weights[low:high],
            words=self.words[low:high],
            maxima=self.maxima[start:stop],
        )

    def word_weights(self) -> list[list[WordWeights]]:
        """Return for each keyword the weights of the words of each of its forms."""
        found: list[list[WordWeights]] = [[] for _ in self.maxima]
        counts = np.bincount(self.owner[self.words], minlength=len(self.forms)).tolist()
        pairs = zip(self.features[self.words].tolist(), self.weights[self.words].tolist(), strict=True)
        for keyword, count in zip(self.keyword.tolist(), counts, strict=True):
            found[keyword].append(dict(islice(pairs, count)))
        return found


@dataclass(frozen=True, kw_only=True)
class PaperMatrix:
    """Papers ready to be matched: their features, saturated."""

    features: Features
    saturated: sparse.csr_array  #: features by papers

    @classmethod
    def of(cls, features: Features, lengths: Lengths) -> PaperMatrix:
        """Return the matrix of one table of papers with these mean lengths."""
        return cls(features=features, saturated=features.saturated(lengths))

    def match(self, compiled: CompiledKeywords) -> sparse.csr_array:
        """Return keywords by papers: what each keyword scores at weight 1; its best writing counts."""
        blocks = list(self.matched(compiled))
        return sparse.csr_array(sparse.vstack(blocks)) if blocks else sparse.csr_array((0, self.features.count))

    def matched(self, compiled: CompiledKeywords) -> Iterator[sparse.csr_array]:
        """Return the rows of `match` some keywords at a time, for those who keep less than all of them."""
        step = max(_CELLS // max(self.features.count, 1), 1)
        for start in range(0, len(compiled.maxima), step):
            yield self._match_block(compiled.rows(start, min(start + step, len(compiled.maxima))))

    def _match_block(self, compiled: CompiledKeywords) -> sparse.csr_array:
        scores = self._match_forms(compiled)
        first = np.searchsorted(compiled.keyword, np.arange(len(compiled.maxima)))
        if len(first) == len(compiled.forms):
            return scores
        best = scores[first]
        for place in range(1, int(np.bincount(compiled.keyword).max())):
            rows = np.where(first + place < np.append(first[1:], len(compiled.forms)), first + place, -1)
            best = best.maximum(_rows_or_nothing(scores, rows))
        return sparse.csr_array(best)

    def _match_forms(self, compiled: CompiledKeywords) -> sparse.csr_array:
        """Return forms by papers; each form is scaled to the maximum of its keyword.

        The few features of a block are taken as full rows of papers: a tenth of the cells are filled, and adding rows
        takes a tenth of the time of a product of two sparse tables.
        """
        places = self.features.places(compiled.features)
        found = places >= 0
        used, column = np.unique(places[found], return_inverse=True)
        saturated = self.saturated[used].toarray()
        shape, papers = (len(compiled.forms), len(used)), saturated.shape[1]
        words = compiled.weights * compiled.words
        totals = np.bincount(compiled.owner, weights=compiled.weights, minlength=shape[0])
        mass = np.bincount(compiled.owner, weights=words, minlength=shape[0])
        weighted, covering = (
            sparse.csr_array((values[found], (compiled.owner[found], column)), shape=shape)
            for values in (compiled.weights, words)
        )
        covered = covering @ (saturated > 0).astype(np.float64)
        cells = np.flatnonzero(covered > COVERAGE_NONE * mass[:, None])
        row, paper = np.divmod(cells, papers) if papers else (cells, cells)
        share = covered.ravel()[cells] / mass[row]
        share = np.clip((share - COVERAGE_NONE) / (COVERAGE_FULL - COVERAGE_NONE), 0.0, 1.0)
        found_weight = (weighted @ saturated).ravel()[cells] / totals[row]
        values = share * compiled.maxima[compiled.keyword][row] * found_weight**SHARPNESS
        scores = sparse.csr_array((values, paper, np.searchsorted(row, np.arange(shape[0] + 1))), shape=covered.shape)
        scores.eliminate_zeros()
        return scores


def _rows_or_nothing(matrix: sparse.csr_array, rows: Ints) -> sparse.csr_array:
    present = np.flatnonzero(rows >= 0)
    shape = (len(rows), matrix.shape[0])
    return sparse.csr_array((np.ones(len(present)), (present, rows[present])), shape=shape) @ matrix
