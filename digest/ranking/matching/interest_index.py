"""The interest index: what readers ask for, each interest compiled and matched once for all who share it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np
from scipy import sparse

from digest.issues import Reason, ReasonKind
from digest.profiles import Keyword
from digest.ranking.corpus.author_index import AuthorIndex
from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.corpus.features import Floats, Ints
from digest.ranking.corpus.growing_arrays import GrowingArray, GrowingTable
from digest.ranking.corpus.paper_matrix import CompiledKeywords, Form, PaperMatrix
from digest.ranking.matching.calibration import keyword_levels
from digest.ranking.matching.keyword_features import compile_keywords

MOST_INTERESTS, MOST_ENTRIES, MOST_FOUND = 250_000, 24_000_000, 400_000  #: kept at a time, below 1 GB together

Key = tuple[ReasonKind, str, bool]  # the fields of an interest: a plain tuple is made in no time


class Interest(NamedTuple):
    """One thing that a profile asks for; readers who ask for the same share it."""

    kind: ReasonKind  #: KEYWORD, AUTHOR or CATEGORY
    term: str
    acronyms: bool = False


class InterestIndex:
    """The interests of readers, numbered in order of arrival, with their scores on one set of papers and one corpus.

    What is stored of an interest never changes, so threads may read while another adds.
    """

    def __init__(self, paper_matrix: PaperMatrix, author_index: AuthorIndex, corpus: CorpusStatistics) -> None:
        self._paper_matrix, self._author_index, self._corpus = paper_matrix, author_index, corpus
        self._lock = Lock()
        self._numbers: dict[Key, int] = {}
        self._interests: list[Interest] = []
        self._blocks: list[tuple[int, CompiledKeywords]] = []  # keywords compiled together, by the number of the first
        self._maxima, self._levels = GrowingArray(np.float64), GrowingArray(np.float64)
        self._scores, self._whole = (GrowingTable(paper_matrix.features.count) for _ in range(2))
        self._forms: dict[int, list[list[Form]]] = {}  # of the keywords of a block
        self._found: dict[tuple[int, int], Reason] = {}

    @property
    def is_full(self) -> bool:
        """Whether it is so large that a new one should be started."""
        return len(self._interests) > MOST_INTERESTS or self._scores.entries > MOST_ENTRIES

    @property
    def found(self) -> dict[tuple[int, int], Reason]:
        """Where interests (by number) occur in papers (by place). Callers add to it; it is emptied when large."""
        if len(self._found) > MOST_FOUND:
            self._found = {}
        return self._found

    def numbers(self, wanted: Sequence[Key]) -> Ints:
        """Return the number of each interest; those that are new are added."""
        found = list(map(self._numbers.get, wanted))
        if None in found:
            with self._lock:
                if fresh := [Interest(*key) for key in dict.fromkeys(wanted) if key not in self._numbers]:
                    self._add(fresh)
            found = list(map(self._numbers.get, wanted))
        return np.array(found, dtype=np.int64)

    def interest(self, number: int) -> Interest:
        """Return the interest with that number."""
        return self._interests[number]

    def maxima(self, numbers: Ints) -> Floats:
        """Return the most that each keyword can score at weight 1; 0 for authors and categories."""
        return self._maxima.values[numbers]

    def levels(self, numbers: Ints) -> Floats:
        """Return how common each keyword is in the sample; 1 for authors and categories."""
        return self._levels.values[numbers]

    def scores(self, numbers: Ints) -> sparse.csr_array:
        """Return these interests by papers: what each scores at weight 1."""
        return sparse.csr_array(self._scores.table[numbers])

    def whole(self, numbers: Ints) -> sparse.csr_array:
        """Return these interests by papers: 1 where a paper has the whole keyword together, or what is followed."""
        return sparse.csr_array(self._whole.table[numbers])

    def sample_scores(self, numbers: Ints) -> sparse.csr_array:
        """Return these keywords by papers of the sample: what each scores at weight 1. The result is not stored."""
        return self._corpus.paper_matrix.match(self._compile([self._interests[number] for number in numbers]))

    def forms(self, number: int) -> list[Form]:
        """Return the forms of a keyword, with the weights of their words."""
        first, compiled = self._blocks[bisect_right(self._blocks, number, key=_first) - 1]
        if first not in self._forms:
            self._forms[first] = compiled.word_forms()
        return self._forms[first][number - first]

    def _add(self, fresh: Sequence[Interest]) -> None:
        keywords = [interest for interest in fresh if interest.kind is ReasonKind.KEYWORD]
        followed = [interest for interest in fresh if interest.kind is not ReasonKind.KEYWORD]
        compiled = self._compile(keywords)
        self._blocks.append((len(self._interests), compiled))
        for matched in self._paper_matrix.matched(compiled):
            self._scores.extend(matched.scores)
            self._whole.extend(matched.whole)
        having = _table([self._papers_of(interest) for interest in followed], self._paper_matrix.features.count)
        self._scores.extend(having)
        self._whole.extend(having)
        self._maxima.extend(np.concatenate([compiled.maxima, np.zeros(len(followed))]))
        sample = self._corpus.paper_matrix
        levels = keyword_levels((m.scores for m in sample.matched(compiled)), compiled.maxima, sample.features.count)
        self._levels.extend(np.concatenate([levels, np.ones(len(followed))]))
        numbered = enumerate([*keywords, *followed], len(self._interests))
        self._interests += [*keywords, *followed]
        self._numbers.update({interest: number for number, interest in numbered})

    def _compile(self, keywords: Sequence[Interest]) -> CompiledKeywords:
        return compile_keywords([Keyword(term=k.term, acronyms=k.acronyms) for k in keywords], self._corpus)

    def _papers_of(self, interest: Interest) -> Sequence[int]:
        by_author = interest.kind is ReasonKind.AUTHOR
        look_up = self._author_index.by_author if by_author else self._author_index.by_category
        return look_up(interest.term)


def _first(block: tuple[int, CompiledKeywords]) -> int:
    return block[0]


def _table(rows: Sequence[Sequence[int]], columns: int) -> sparse.csr_array:
    """Return a sparse table that has 1 at these columns of each row."""
    places = np.array([place for row in rows for place in row], dtype=np.int32)
    starts = np.cumsum([0, *map(len, rows)])
    return sparse.csr_array((np.ones(len(places)), places, starts), shape=(len(rows), columns))
