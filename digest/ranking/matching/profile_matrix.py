"""Profile matrix: the profiles of many readers as one sparse table of readers by interests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from scipy import sparse

from digest.issues import ReasonKind
from digest.profiles import Profile
from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.corpus.features import Floats, Ints
from digest.ranking.matching.calibration import Calibration, fingerprint, profile_levels
from digest.ranking.matching.interest_index import Interest, InterestIndex, Key
from digest.ranking.matching.relevance_feedback import FeedbackWeights, Vote, feedback_weights

AUTHOR_REACH = 1.5  #: an author who is followed counts for more than what keywords usually reach
CATEGORY_REACH, ONLY_CATEGORY_REACH = (
    0.2,
    0.8,
)  #: a category is a hint next to other interests, else the interest itself


LENGTH_DISCOUNT = 0.25  #: how much of the lead that long and rare phrases have over short ones is taken back


@dataclass(frozen=True, kw_only=True)
class RankingProfile:
    """A subscriber as the ranking knows them."""

    profile: Profile
    cursor: int = 0  #: papers up to this number were considered before
    again: frozenset[int] = frozenset()  #: numbers up to the cursor that are considered once more
    votes: tuple[Vote, ...] = ()
    calibration: Calibration | None = None  #: as stored; recomputed when it is not of this profile and corpus

    def is_new(self, number: int) -> bool:
        """Tell whether the paper with that number is to be considered."""
        return number > self.cursor or number in self.again

    def fingerprint(self, corpus: CorpusStatistics) -> int:
        """Return the number that ties a stored calibration to this profile, these votes and this corpus."""
        votes = [(vote.paper.number, vote.value) for vote in self.votes]
        return fingerprint(self.profile, votes, corpus.version)


@dataclass(frozen=True, kw_only=True)
class ProfileMatrix:
    """The profiles of many readers as tables, a row a reader.

    Each row has the keywords in the order of the profile, then authors and categories, so that no row depends on the
    other readers.
    """

    interest_index: InterestIndex
    numbers: Ints  #: the interest of each column, by its number in the interest index
    keywords: sparse.csr_array  #: readers by interests: weights of the keywords alone
    weights: sparse.csr_array  #: readers by interests
    reaches: sparse.csr_array  #: what each keyword of the reader can reach
    norms: Floats  #: what a keyword of the reader can reach: mean of the largest and the average; 1 without keywords
    feedback: FeedbackWeights

    @classmethod
    def of(
        cls, readers: Sequence[RankingProfile], interest_index: InterestIndex, corpus: CorpusStatistics
    ) -> ProfileMatrix:
        """Return the tables for these readers; an interest of several readers is there once."""
        asked = _ProfileInterests.of(readers, interest_index)
        maxima = interest_index.maxima(asked.numbers)
        discount = np.maximum(maxima, 1e-9) ** -LENGTH_DISCOUNT
        keywords = scaled(asked.keywords, discount)
        reaches = scaled(keywords, maxima)
        return cls(
            interest_index=interest_index,
            numbers=asked.numbers,
            keywords=keywords,
            weights=_with_followed(keywords, asked, discount * maxima) if asked.followed.nnz else keywords,
            reaches=reaches,
            norms=norms_of(reaches),
            feedback=feedback_weights([reader.votes for reader in readers], corpus),
        )

    @property
    def levels(self) -> Floats:
        """How much the corpus sample has of what each reader asks for."""
        return profile_levels(self.reaches, self.interest_index.levels(self.numbers))

    @property
    def strongest(self) -> Floats:
        """The most that a single keyword of each reader can score; 0 without keywords."""
        return row_maxima(self.reaches)

    def interest(self, column: int) -> Interest:
        """Return the interest of a column."""
        return self.interest_index.interest(int(self.numbers[column]))


@dataclass(frozen=True, kw_only=True)
class _ProfileInterests:
    """What readers ask for, as they put it."""

    numbers: Ints  #: the interest of each column
    keywords: sparse.csr_array  #: readers by interests: weights as given
    plain: sparse.csr_array  #: the same, each weight taken for 1
    followed: sparse.csr_array  #: readers by interests: reach, as a part of what keywords usually reach

    @classmethod
    def of(cls, readers: Sequence[RankingProfile], interest_index: InterestIndex) -> _ProfileInterests:
        profiles = [reader.profile for reader in readers]
        keyword = ReasonKind.KEYWORD
        keys: list[Key] = [(keyword, k.term, k.acronyms) for profile in profiles for k in profile.keywords]
        weights = [k.weight for profile in profiles for k in profile.keywords]
        followed = [_followed(profile) for profile in profiles]
        numbers = interest_index.numbers([*keys, *(key for key, _ in chain.from_iterable(followed))])
        distinct, columns = np.unique(numbers, return_inverse=True)
        reaches = [reach for _, reach in chain.from_iterable(followed)]
        counts, kept, width = [len(profile.keywords) for profile in profiles], len(keys), len(distinct)
        return cls(
            numbers=distinct,
            keywords=_table(counts, columns[:kept], np.array(weights, dtype=np.float64), width),
            plain=_table(counts, columns[:kept], np.ones(kept), width),
            followed=_table([len(row) for row in followed], columns[kept:], np.array(reaches), width),
        )


def _followed(profile: Profile) -> Sequence[tuple[Key, float]]:
    return list(_authors_and_categories(profile)) if profile.authors or profile.categories else ()


def _authors_and_categories(profile: Profile) -> Iterator[tuple[Key, float]]:
    for author in dict.fromkeys(profile.authors):
        yield Interest(ReasonKind.AUTHOR, author), AUTHOR_REACH
    reach = CATEGORY_REACH if profile.keywords or profile.authors else ONLY_CATEGORY_REACH
    for category in dict.fromkeys(profile.categories):
        yield Interest(ReasonKind.CATEGORY, category), reach


def _with_followed(keywords: sparse.csr_array, asked: _ProfileInterests, reach_at_one: Floats) -> sparse.csr_array:
    """Return the weights of keywords and followed together, row by row in this order.

    Who and what is followed counts against keywords of weight 1: else it would rise with a keyword's weight.
    """
    usual = norms_of(scaled(asked.plain, reach_at_one))
    row = _rows(asked.followed)
    rows = np.concatenate([_rows(keywords), row])
    order = np.argsort(rows, kind="stable")
    columns = np.concatenate([keywords.indices, asked.followed.indices])[order]
    values = np.concatenate([keywords.data, asked.followed.data * usual[row]])[order]
    return sparse.csr_array((values, columns, keywords.indptr + asked.followed.indptr), shape=keywords.shape)


def _table(counts: Sequence[int], columns: Ints, values: Floats, width: int) -> sparse.csr_array:
    """Return a sparse table of rows with so many entries each, in the order given; what is asked twice is added up."""
    row = np.repeat(np.arange(len(counts)), counts)
    places = row * width + columns
    ordered = np.sort(places)
    if (ordered[1:] == ordered[:-1]).any():
        _, first, again = np.unique(places, return_index=True, return_inverse=True)
        kept = np.sort(first)
        values = np.bincount(again, weights=values)[again[kept]]
        row, columns = row[kept], columns[kept]
    starts = np.searchsorted(row, np.arange(len(counts) + 1)).astype(np.int32)
    return sparse.csr_array((values, columns.astype(np.int32), starts), shape=(len(counts), width))


def _rows(table: sparse.csr_array) -> Ints:
    return np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))


def scaled(table: sparse.csr_array, factors: Floats) -> sparse.csr_array:
    """Return the table with each column multiplied by its factor."""
    return sparse.csr_array((table.data * factors[table.indices], table.indices, table.indptr), shape=table.shape)


def norms_of(reaches: sparse.csr_array) -> Floats:
    """Return the geometric mean of the largest and the average reach of each row; 1 for an empty row."""
    count = np.diff(reaches.indptr)
    average = np.divide(reaches.sum(axis=1), count, out=np.zeros(len(count)), where=count > 0)
    norms = np.sqrt(row_maxima(reaches) * average)
    return np.where(norms > 0, norms, 1.0)


def row_maxima(table: sparse.csr_array) -> Floats:
    """Return the largest value of each row of a table without negative values; 0 for an empty row."""
    filled, largest = np.diff(table.indptr) > 0, np.zeros(table.shape[0])
    if filled.any():
        largest[filled] = np.maximum.reduceat(table.data, table.indptr[:-1][filled])
    return largest
