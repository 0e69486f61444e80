"""A made-up language whose words are as uneven as those of a real one (Zipf): papers and keywords for benchmarks."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from digest.papers import Paper

SEEN = datetime(2026, 3, 12, tzinfo=UTC)


class Language:
    """Made-up papers: words by Zipf, drawn in topics so that neighbours belong together."""

    def __init__(self, seed: int = 1) -> None:
        self.random = np.random.default_rng(seed)
        syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
        self.words = np.array(["".join(self.random.choice(syllables, 3)) + f"x{n:x}" for n in range(20_000)])

    def text(self, length: int, topic: int) -> list[str]:
        common = self.random.zipf(1.3, length) % 2_000
        special = 2_000 + (topic * 37 + self.random.zipf(1.5, length)) % 18_000
        return self.words[np.where(self.random.random(length) < 0.5, common, special)].tolist()

    def papers(self, count: int, first: int = 1) -> list[Paper]:
        return [self.paper(number) for number in range(first, first + count)]

    def paper(self, number: int) -> Paper:
        topic = int(self.random.integers(500))
        title, abstract = (" ".join(self.text(length, topic)) for length in (9, 150))
        return Paper(
            number=number,
            key=f"made:{number}",
            title=title,
            abstract=abstract,
            title_raw=title,
            abstract_raw=abstract,
            first_seen=SEEN,
        )

    def keywords(self, count: int) -> list[str]:
        made: dict[str, None] = {}
        while len(made) < count:
            words = self.text(2_000, int(self.random.integers(500)))
            starts = self.random.integers(0, 1_990, 600)
            made |= {
                " ".join(words[s : s + n]): None for s, n in zip(starts, self.random.integers(1, 4, 600), strict=True)
            }
        return list(made)[:count]
