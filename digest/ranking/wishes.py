"""Wishes: the profiles of many readers as one sparse table of readers by interests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from digest.issues import ReasonKind
from digest.profiles import Keyword, Profile
from digest.ranking.background import Background
from digest.ranking.calibration import Calibration, fingerprint
from digest.ranking.features import Floats
from digest.ranking.feedback import Tastes, Vote, read_tastes
from digest.ranking.index import PaperIndex
from digest.ranking.keywords import compile_keywords
from digest.ranking.shelf import Compiled

AUTHOR_REACH = 1.5  #: an author who is followed counts for more than what keywords usually reach
CATEGORY_REACH, ONLY_CATEGORY_REACH = 0.2, 0.8  #: a category is a hint beside other wishes, else the wish itself


LENGTH_DISCOUNT = 0.25  #: how much of the lead that long and rare phrases have over short ones is taken back


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A subscriber as the ranking knows them."""

    profile: Profile
    cursor: int = 0  #: papers up to this number were considered before
    again: frozenset[int] = frozenset()  #: numbers up to the cursor that are considered once more
    votes: tuple[Vote, ...] = ()
    calibration: Calibration | None = None  #: as stored; made anew when it is not of this profile and background

    def is_new(self, number: int) -> bool:
        """Tells whether the paper with that number is to be considered."""
        return number > self.cursor or number in self.again

    def fingerprint(self, background: Background) -> int:
        """Gives the number by which a stored calibration is known to be of this profile, these votes and background."""
        votes = [(vote.paper.number, vote.value) for vote in self.votes]
        return fingerprint(self.profile, votes, background.version)


@dataclass(frozen=True)
class Interest:
    """One thing that a profile asks for; readers who ask for the same share it."""

    kind: ReasonKind  #: KEYWORD, AUTHOR or CATEGORY
    term: str
    acronyms: bool = False


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """The profiles of many readers as tables, a row a reader."""

    interests: tuple[Interest, ...]  #: keywords first
    compiled: Compiled  #: the keywords among them
    weights: sparse.csr_array  #: readers by interests
    norms: Floats  #: what a keyword of the reader can reach: mean of the largest and the average; 1 without keywords
    tastes: Tastes

    @classmethod
    def of(cls, readers: Sequence[Reader], background: Background) -> Wishes:
        """Gives the tables for these readers; an interest of several readers is there once."""
        keywords = list(dict.fromkeys(_keyword_interest(k) for r in readers for k in r.profile.keywords))
        followed = list(dict.fromkeys(i for r in readers for i, _ in _followed(r.profile)))
        place = {interest: number for number, interest in enumerate([*keywords, *followed])}
        compiled = compile_keywords([Keyword(term=k.term, acronyms=k.acronyms) for k in keywords], background)
        asked = [[(place[_keyword_interest(k)], k.weight) for k in r.profile.keywords] for r in readers]
        maxima = np.concatenate([compiled.maxima, np.zeros(len(followed))])
        discount = sparse.diags_array(np.maximum(maxima, 1e-9) ** -LENGTH_DISCOUNT)
        by_keyword, reach_of = _table(asked, len(place)) @ discount, discount @ sparse.diags_array(maxima)
        # Who and what is followed counts against keywords of weight 1: else it would rise with a keyword's weight.
        usual = _norms(_table([[(column, 1.0) for column, _ in row] for row in asked], len(place)) @ reach_of)
        also = [[(place[i], reach * usual[n]) for i, reach in _followed(r.profile)] for n, r in enumerate(readers)]
        return cls(
            interests=tuple(place),
            compiled=compiled,
            weights=sparse.csr_array(by_keyword + _table(also, len(place))),
            norms=_norms(by_keyword @ sparse.diags_array(maxima)),
            tastes=read_tastes([reader.votes for reader in readers], background),
        )

    @property
    def keyword_weights(self) -> sparse.csr_array:
        """Readers by keywords alone."""
        return self.weights[:, : len(self.compiled.maxima)]

    @property
    def strongest(self) -> Floats:
        """The most that a single keyword of each reader can score; 0 without keywords."""
        return row_maxima(sparse.csr_array(self.keyword_weights @ sparse.diags_array(self.compiled.maxima)))

    def match(self, index: PaperIndex, background: Background) -> sparse.csr_array:
        """Gives interests by papers: what each scores at weight 1."""
        rows = [self._followed_papers(i, index) for i in self.interests[len(self.compiled.maxima) :]]
        scores = index.shelf(background).match(self.compiled)
        return sparse.csr_array(sparse.vstack([scores, _table(rows, len(index))])) if rows else scores

    @staticmethod
    def _followed_papers(interest: Interest, index: PaperIndex) -> list[tuple[int, float]]:
        by_author = interest.kind is ReasonKind.AUTHOR
        look_up = index.directory.by_author if by_author else index.directory.by_category
        return [(place, 1.0) for place in look_up(interest.term)]


def _keyword_interest(keyword: Keyword) -> Interest:
    return Interest(ReasonKind.KEYWORD, keyword.term, keyword.acronyms)


def _followed(profile: Profile) -> Iterator[tuple[Interest, float]]:
    for author in dict.fromkeys(profile.authors):
        yield Interest(ReasonKind.AUTHOR, author), AUTHOR_REACH
    reach = CATEGORY_REACH if profile.keywords or profile.authors else ONLY_CATEGORY_REACH
    for category in dict.fromkeys(profile.categories):
        yield Interest(ReasonKind.CATEGORY, category), reach


def _table(rows: Sequence[Sequence[tuple[int, float]]], columns: int) -> sparse.csr_array:
    """Gives a sparse table of (column, value) rows; values of the same place are added."""
    row = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
    column = np.array([c for r in rows for c, _ in r], dtype=np.int64)
    value = np.array([v for r in rows for _, v in r], dtype=np.float64)
    table = sparse.csr_array((value, (row, column)), shape=(len(rows), columns))
    table.sum_duplicates()
    return table


def _norms(reaches: sparse.csr_array) -> Floats:
    """Gives the geometric mean of the largest and the average reach of each row; 1 for an empty row."""
    count = np.diff(reaches.indptr)
    average = np.divide(reaches.sum(axis=1), count, out=np.zeros(len(count)), where=count > 0)
    norms = np.sqrt(row_maxima(reaches) * average)
    return np.where(norms > 0, norms, 1.0)


def row_maxima(table: sparse.csr_array) -> Floats:
    """Gives the largest value of each row of a table without negative values; 0 for an empty row."""
    if not all(table.shape):
        return np.zeros(table.shape[0])
    return np.asarray(table.max(axis=1).toarray(), dtype=np.float64).ravel()
