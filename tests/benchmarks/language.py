"""A made-up language whose words are as uneven as those of a real one (Zipf): papers, keywords and readers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from digest.papers import Paper

SEEN = datetime(2026, 3, 12, tzinfo=UTC)
SENTENCE = 15  # words


class Language:
    """Made-up papers: words by Zipf and Mandelbrot, drawn in topics so that neighbours belong together."""

    def __init__(self, seed: int = 1, topics: int = 500) -> None:
        self.random, self.topics = np.random.default_rng(seed), topics
        syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
        self.words = np.array(["".join(self.random.choice(syllables, 3)) + f"x{n:x}" for n in range(20_000)])

    def text(self, length: int, topic: int) -> list[str]:
        common = (20 * self.random.pareto(1.1, length)).astype(np.int64) % 2_000
        special = 2_000 + (topic * 37 + (30 * self.random.pareto(1.1, length)).astype(np.int64)) % 18_000
        words: list[str] = self.words[np.where(self.random.random(length) < 0.5, common, special)].tolist()
        return words

    def papers(self, count: int, first: int = 1) -> list[Paper]:
        return [self.paper(number) for number in range(first, first + count)]

    def paper(self, number: int) -> Paper:
        topic = int(self.random.integers(self.topics))
        title, words = " ".join(self.text(9, topic)), self.text(150, topic)
        abstract = ". ".join(" ".join(words[n : n + SENTENCE]) for n in range(0, len(words), SENTENCE))
        return Paper(
            number=number,
            key=f"made:{number}",
            title=title,
            title_raw=title,
            abstract=abstract,
            abstract_raw=abstract,
            authors=("Ada Example",),
            first_seen=SEEN,
        )

    def phrases(self, topic: int, count: int) -> list[str]:
        """Return distinct phrases of one to three words from texts on a topic."""
        made: dict[str, None] = {}
        while len(made) < count:
            words = self.text(2_000, topic)
            starts = self.random.integers(0, 1_990, 600)
            made |= {
                " ".join(words[s : s + n]): None for s, n in zip(starts, self.random.integers(1, 4, 600), strict=True)
            }
        return list(made)[:count]

    def keywords(self, count: int) -> list[str]:
        """Return distinct phrases on any topics."""
        made: dict[str, None] = {}
        while len(made) < count:
            made |= dict.fromkeys(self.phrases(int(self.random.integers(self.topics)), 600))
        return list(made)[:count]


class Audience:
    """Readers who follow two topics each and take their keywords from the phrases of these, the usual ones more often.

    Few keywords are asked for by thousands, most by a few: what readers share is as much as among people, not more.
    """

    def __init__(self, language: Language, keywords: int, each: int) -> None:
        self._random, self._each = np.random.default_rng(5), each
        self.phrases = np.array([language.phrases(t, keywords // language.topics) for t in range(language.topics)])
        self._common = -np.log(np.arange(self.phrases.shape[1]) + 20.0)
        self._followed = 1 / (np.arange(language.topics) + 10.0)

    def profile_matrix(self, readers: int, together: int = 2_000) -> Iterator[list[str]]:
        """Return the keywords of so many readers, one after the other."""
        for start in range(0, readers, together):
            yield from self._some(min(together, readers - start))

    def _some(self, readers: int) -> list[list[str]]:
        topics, size = self.phrases.shape
        first = self._random.choice(topics, readers, p=self._followed / self._followed.sum())
        second = (first + self._random.integers(1, topics, readers)) % topics
        noise = self._random.gumbel(size=(readers, size)) + self._common
        places = np.argpartition(-noise, self._each, axis=1)[:, : self._each]
        chosen = np.where(np.arange(self._each) < 5, first[:, None], second[:, None])
        terms: list[list[str]] = self.phrases[chosen, places].tolist()
        return terms
