"""The index: papers prepared once for any number of profiles."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from digest.papers import Paper
from digest.ranking import duplicates, trending
from digest.ranking.background import Background
from digest.ranking.features import Ints, count_features, read_stream
from digest.ranking.feedback import word_vectors
from digest.ranking.people import Directory
from digest.ranking.shelf import Shelf
from digest.ranking.words import Word, words


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
        self._words: dict[tuple[int, str], list[Word]] = {}
        self._found: tuple[Background, dict[Any, Any]] | None = None

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

    def words(self, place: int, field: str) -> list[Word]:
        """Gives the words of the "title" or "abstract" of one paper, with their places in it."""
        if (place, field) not in self._words:
            paper = self.papers[place]
            self._words[place, field] = words(paper.title if field == "title" else paper.abstract)
        return self._words[place, field]

    def found(self, background: Background) -> dict[Any, Any]:
        """Gives what was noted before under this background, to be added to: where each interest stands in each paper.

        It grows with every new interest: for those who judge a few readers again and again.
        """
        if self._found is None or self._found[0] is not background:
            self._found = background, {}
        return self._found[1]

    @cached_property
    def groups(self) -> Ints:
        """For each paper the number of its group of nearly identical papers."""
        return duplicates.groups(self.features)

    @cached_property
    def trending(self) -> list[int]:
        """The places of the papers, the most trending first."""
        return trending.order(self.papers)
