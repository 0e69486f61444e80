"""The paper matrix: many papers matched with many keywords at once, as products of sparse tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from digest.ranking.corpus.features import Features, Floats, Ints, Lengths
from digest.ranking.corpus.term_codes import Codes

COVERAGE_NONE, COVERAGE_FULL = 0.1, 0.3  #: share of a keyword's weight that the words present must carry to count
SHARPNESS = 1.1  #: above 1: a whole keyword counts for more than the halves of two
_CELLS = 1_000_000  #: keywords times papers matched at a time, which bounds the memory

_FEATURE = 4096.0  #: counts a feature in a sum of weights, which stays far below it

WordWeights = dict[int, float]  # code of a word -> its weight


class Form(NamedTuple):
    """One way to write a keyword."""

    words: WordWeights
    acronym: bool  #: whether it is the short or long form of what was asked for


class Matched(NamedTuple):
    """Keywords by papers."""

    scores: sparse.csr_array  #: what each keyword scores at weight 1
    whole: sparse.csr_array  #: 1 where all words of the keyword are there, and each next to the one before


@dataclass(frozen=True, kw_only=True)
class CompiledKeywords:
    """Keywords in the order given, each in one or more forms: as written, other spellings, short or long forms."""

    forms: tuple[tuple[int, ...], ...]  #: the codes of the words of each form
    acronym: npt.NDArray[np.bool_]  #: which forms are the short or long form of what was asked for
    keyword: Ints  #: keyword of each form
    owner: Ints  #: form of each feature
    features: Codes
    weights: Floats  #: inverse frequency of each feature, halved for pairs
    words: npt.NDArray[np.bool_]  #: which features are words; a word that papers write as two is their pair
    maxima: Floats  #: the most that each keyword can score, at weight 1

    def rows(self, start: int, stop: int) -> CompiledKeywords:
        """Return the forms from `start` to `stop`, which must be whole keywords."""
        first, last = np.searchsorted(self.keyword, [start, stop])
        low, high = np.searchsorted(self.owner, [first, last])
        return CompiledKeywords(
            forms=self.forms[first:last],
            acronym=self.acronym[first:last],
            keyword=self.keyword[first:last] - start,
            owner=self.owner[low:high] - first,
            features=self.features[low:high],
            weights=self.weights[low:high],
            words=self.words[low:high],
            maxima=self.maxima[start:stop],
        )

    def word_forms(self) -> list[list[Form]]:
        """Return for each keyword its forms, with the weights of their words."""
        found: list[list[Form]] = [[] for _ in self.maxima]
        totals = np.bincount(self.owner[self.words], weights=self.weights[self.words], minlength=len(self.forms))
        known = dict(zip(self.features[self.words].tolist(), self.weights[self.words].tolist(), strict=True))
        for keyword, codes, total, acronym in zip(
            self.keyword.tolist(), self.forms, totals.tolist(), self.acronym.tolist(), strict=True
        ):
            rest = [code for code in codes if code not in known]  # the two parts of a word that is written as two
            left = total - sum(known[code] for code in codes if code in known)
            share = left / len(rest) if rest else 0.0
            found[keyword].append(Form({code: known.get(code, share) for code in codes}, acronym))
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
        """Return keywords by papers: what each keyword scores at weight 1; its best form counts."""
        blocks = [matched.scores for matched in self.matched(compiled)]
        return sparse.csr_array(sparse.vstack(blocks)) if blocks else sparse.csr_array((0, self.features.count))

    def matched(self, compiled: CompiledKeywords) -> Iterator[Matched]:
        """Yield the matches some keywords at a time, for those who keep less than all of them."""
        step = max(_CELLS // max(self.features.count, 1), 1)
        for start in range(0, len(compiled.maxima), step):
            block = compiled.rows(start, min(start + step, len(compiled.maxima)))
            yield Matched(*(_best_form(block, found) for found in self._match_forms(block)))

    def _match_forms(self, compiled: CompiledKeywords) -> Matched:
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
            for values in (compiled.weights, words + _FEATURE)
        )
        counted = covering @ (saturated > 0).astype(np.float64)  # one product both counts features and adds weights
        covered = counted % _FEATURE
        cells = np.flatnonzero(covered > COVERAGE_NONE * mass[:, None])
        row, paper = np.divmod(cells, papers) if papers else (cells, cells)
        share = covered.ravel()[cells] / mass[row]
        share = np.clip((share - COVERAGE_NONE) / (COVERAGE_FULL - COVERAGE_NONE), 0.0, 1.0)
        found_weight = (weighted @ saturated).ravel()[cells] / totals[row]
        values = share * compiled.maxima[compiled.keyword][row] * found_weight**SHARPNESS
        starts = np.searchsorted(row, np.arange(shape[0] + 1))
        complete = counted.ravel()[cells] // _FEATURE == np.bincount(compiled.owner, minlength=shape[0])[row]
        return Matched(
            *(_filled(column, paper, starts, covered.shape) for column in (values, complete.astype(np.float64)))
        )


def _filled(values: Floats, columns: Ints, starts: Ints, shape: tuple[int, int]) -> sparse.csr_array:
    """Return a table of its own arrays without the zeros among the values."""
    table = sparse.csr_array((values, columns, starts), shape=shape, copy=True)
    table.eliminate_zeros()
    return table


def _best_form(compiled: CompiledKeywords, found: sparse.csr_array) -> sparse.csr_array:
    """Return keywords by papers from forms by papers: the largest value of the forms of each keyword."""
    first = np.searchsorted(compiled.keyword, np.arange(len(compiled.maxima)))
    if len(first) == len(compiled.forms):
        return found
    best = found[first]
    for place in range(1, int(np.bincount(compiled.keyword).max())):
        rows = np.where(first + place < np.append(first[1:], len(compiled.forms)), first + place, -1)
        best = best.maximum(_rows_or_nothing(found, rows))
    return sparse.csr_array(best)


def _rows_or_nothing(matrix: sparse.csr_array, rows: Ints) -> sparse.csr_array:
    present = np.flatnonzero(rows >= 0)
    shape = (len(rows), matrix.shape[0])
    return sparse.csr_array((np.ones(len(present)), (present, rows[present])), shape=shape) @ matrix
