"""The index: papers prepared once for any number of profiles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse

from digest.papers import Paper
from digest.ranking.corpus import duplicates
from digest.ranking.corpus.author_index import AuthorIndex
from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.corpus.features import Ints, count_features, read_stream
from digest.ranking.corpus.paper_matrix import PaperMatrix
from digest.ranking.corpus.term_codes import Token, exact_codes, skipping_stops, words
from digest.ranking.matching import trending
from digest.ranking.matching.interest_index import InterestIndex
from digest.ranking.matching.relevance_feedback import word_vectors


@dataclass(frozen=True, kw_only=True)
class FieldTokens:
    """The words of the title or the abstract of a paper."""

    words: Sequence[Token]
    content: Sequence[Token]  #: without stop words
    places: Mapping[int, Sequence[int]]  #: code of a word -> its places in `content`
    exact: Mapping[int, Token]  #: code of an exact form -> where it first occurs

    @classmethod
    def of(cls, text: str) -> FieldTokens:
        """Return the words of a text."""
        every = words(text)
        content, places = skipping_stops(every), defaultdict[int, list[int]](list)
        for place, word in enumerate(content):
            places[word.code].append(place)
        codes = exact_codes(text)
        exact = {codes[word.end]: replace(word, code=codes[word.end]) for word in reversed(every) if word.end in codes}
        return cls(words=every, content=content, places=dict(places), exact=exact)


@dataclass(frozen=True, kw_only=True)
class PaperTokens:
    """The tokens of a paper, to look up whether it has the words of a keyword, and where."""

    fields: Mapping[str, FieldTokens]  #: "title" and "abstract"
    words: Mapping[int, str]  #: code of a word -> its first surface form in the paper
    neighbours: Mapping[tuple[int, int], tuple[str, str, str]]
    """Codes of words that follow each other, stop words left aside -> the first, what is between, the second."""


class PaperIndex:
    """Papers by place: sorted by key, so that the order in which they came plays no part."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.papers = tuple(sorted(papers, key=lambda paper: (paper.key, paper.number)))
        self.numbers: Ints = np.array([paper.number for paper in self.papers], dtype=np.int64)
        self.stream = read_stream(self.papers)
        self.features = count_features(self.stream)
        self.author_index = AuthorIndex(self.papers)
        self._paper_matrix: tuple[CorpusStatistics, PaperMatrix] | None = None
        self._vectors: tuple[CorpusStatistics, sparse.csr_array] | None = None
        self._paper_tokens: dict[int, PaperTokens] = {}
        self._interest_index: tuple[CorpusStatistics, InterestIndex] | None = None

    def __len__(self) -> int:
        return len(self.papers)

    def paper_matrix(self, corpus: CorpusStatistics) -> PaperMatrix:
        """Return the papers as a matrix, weighted with these corpus statistics."""
        if self._paper_matrix is None or self._paper_matrix[0] is not corpus:
            self._paper_matrix = corpus, PaperMatrix.of(self.features, corpus.lengths)
        return self._paper_matrix[1]

    def vectors(self, corpus: CorpusStatistics) -> sparse.csr_array:
        """Return words by papers, as feedback vectors are compared with them."""
        if self._vectors is None or self._vectors[0] is not corpus:
            self._vectors = corpus, word_vectors(self.paper_matrix(corpus), corpus)
        return self._vectors[1]

    def tokens_of(self, place: int) -> PaperTokens:
        """Return the tokens of one paper's title and abstract."""
        if place not in self._paper_tokens:
            self._paper_tokens[place] = self._read(place)
        return self._paper_tokens[place]

    def _read(self, place: int) -> PaperTokens:
        paper, first, neighbours = self.papers[place], dict[int, str](), dict[tuple[int, int], tuple[str, str, str]]()
        texts = {"title": paper.title, "abstract": paper.abstract}
        fields = {field: FieldTokens.of(text) for field, text in texts.items()}
        for field, text in texts.items():
            for word in (*fields[field].words, *fields[field].exact.values()):
                first.setdefault(word.code, text[word.start : word.end])
            for one, next_one in pairwise(fields[field].content):
                pieces = text[one.start : one.end], text[one.end : next_one.start], text[next_one.start : next_one.end]
                neighbours.setdefault((one.code, next_one.code), pieces)
        return PaperTokens(fields=fields, words=first, neighbours=neighbours)

    def interest_index(self, corpus: CorpusStatistics) -> InterestIndex:
        """Return the interest index of these papers under these corpus statistics; it grows with each profile."""
        held = self._interest_index
        if held is None or held[0] is not corpus or held[1].is_full:
            held = self._interest_index = corpus, InterestIndex(self.paper_matrix(corpus), self.author_index, corpus)
        return held[1]

    @cached_property
    def groups(self) -> Ints:
        """For each paper the number of its group of nearly identical papers."""
        return duplicates.groups(self.features)

    @cached_property
    def trending(self) -> list[int]:
        """The places of the papers, the most trending first."""
        return trending.order(self.papers)
