"""The index: papers prepared once for any number of profiles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse

from digest.papers import Paper
from digest.ranking import duplicates, trending
from digest.ranking.background import Background
from digest.ranking.catalogue import Catalogue
from digest.ranking.features import Ints, count_features, read_stream
from digest.ranking.feedback import word_vectors
from digest.ranking.people import Directory
from digest.ranking.shelf import Shelf
from digest.ranking.words import Word, skipping_stops, words


@dataclass(frozen=True, kw_only=True)
class Passage:
    """The words of the title or the abstract of a paper."""

    words: Sequence[Word]
    content: Sequence[Word]  #: without stop words
    places: Mapping[int, Sequence[int]]  #: code of a word -> where it stands in `content`

    @classmethod
    def of(cls, text: str) -> Passage:
        """Gives the words of a text."""
        every = words(text)
        content, places = skipping_stops(every), defaultdict[int, list[int]](list)
        for place, word in enumerate(content):
            places[word.code].append(place)
        return cls(words=every, content=content, places=dict(places))


@dataclass(frozen=True, kw_only=True)
class Saying:
    """What a paper says, for looking up whether it has the words of a keyword, and where."""

    passages: Mapping[str, Passage]  #: "title" and "abstract"
    words: Mapping[int, str]  #: code of a word -> how it first stands in the paper
    neighbours: Mapping[tuple[int, int], tuple[str, str, str]]
    """Codes of words that follow each other, stop words left aside -> the first, what is between, the second."""


class PaperIndex:
    """Papers by place: sorted by key, so that the order in which they came plays no part."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.papers = tuple(sorted(papers, key=lambda paper: (paper.key, paper.number)))
        self.numbers: Ints = np.array([paper.number for paper in self.papers], dtype=np.int64)
        self.stream = read_stream(self.papers)
        self.features = count_features(self.stream)
        self.directory = Directory(self.papers)
        self._shelf: tuple[Background, Shelf] | None = None
        self._vectors: tuple[Background, sparse.csr_array] | None = None
        self._sayings: dict[int, Saying] = {}
        self._catalogue: tuple[Background, Catalogue] | None = None

    def __len__(self) -> int:
        return len(self.papers)

    def shelf(self, background: Background) -> Shelf:
        """Gives the papers ready to be matched under this background."""
        if self._shelf is None or self._shelf[0] is not background:
            self._shelf = background, Shelf.of(self.features, background.lengths)
        return self._shelf[1]

    def vectors(self, background: Background) -> sparse.csr_array:
        """Gives words by papers as the votes are compared with them."""
        if self._vectors is None or self._vectors[0] is not background:
            self._vectors = background, word_vectors(self.shelf(background), background)
        return self._vectors[1]

    def saying(self, place: int) -> Saying:
        """Gives what one paper says in title and abstract."""
        if place not in self._sayings:
            self._sayings[place] = self._read(place)
        return self._sayings[place]

    def _read(self, place: int) -> Saying:
        paper, first, neighbours = self.papers[place], dict[int, str](), dict[tuple[int, int], tuple[str, str, str]]()
        texts = {"title": paper.title, "abstract": paper.abstract}
        passages = {field: Passage.of(text) for field, text in texts.items()}
        for field, text in texts.items():
            for word in passages[field].words:
                first.setdefault(word.code, text[word.start : word.end])
            for one, next_one in pairwise(passages[field].content):
                pieces = text[one.start : one.end], text[one.end : next_one.start], text[next_one.start : next_one.end]
                neighbours.setdefault((one.code, next_one.code), pieces)
        return Saying(passages=passages, words=first, neighbours=neighbours)

    def catalogue(self, background: Background) -> Catalogue:
        """Gives what readers asked of these papers before under this background, to be added to."""
        held = self._catalogue
        if held is None or held[0] is not background or held[1].is_full:
            held = self._catalogue = background, Catalogue(self.shelf(background), self.directory, background)
        return held[1]

    @cached_property
    def groups(self) -> Ints:
        """For each paper the number of its group of nearly identical papers."""
        return duplicates.groups(self.features)

    @cached_property
    def trending(self) -> list[int]:
        """The places of the papers, the most trending first."""
        return trending.order(self.papers)
