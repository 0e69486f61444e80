"""Corpus statistics: computed over every paper seen, they make scores comparable from day to day.

Ingest adds papers to them; a run uses one version from beginning to end.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from digest.papers import Paper
from digest.ranking.corpus.acronyms import Acronyms
from digest.ranking.corpus.document_frequencies import FIRST, UNSEEN_PAPERS, Frequencies, inverse
from digest.ranking.corpus.features import Features, Lengths, count_features, read_stream, tabulate
from digest.ranking.corpus.paper_matrix import PaperMatrix
from digest.ranking.corpus.term_codes import Codes

SAMPLE = 2_000  #: papers in the rolling sample
SETTLED = 6_000  #: number of papers from which each counts whole; below, statistics move no faster
HORIZON = 20_000  #: papers after which one is e times less likely to be in the sample


@dataclass(frozen=True, kw_only=True)
class PaperSample:
    """The rolling sample: features of some of the papers seen, recent ones more likely.

    Each paper has a priority, its place in the order of arrival over the horizon plus Gumbel noise drawn from its key;
    those with the highest stay. That samples without replacement with weights that fall exponentially with age
    (Efraimidis and Spirakis 2006), and 500 new papers change few members.
    """

    features: Features
    priorities: npt.NDArray[np.float64]

    def with_papers(self, features: Features, priorities: npt.NDArray[np.float64]) -> PaperSample:
        """Return the sample after these papers arrived; one without a priority does not enter it."""
        every = np.concatenate([self.priorities, priorities])
        best = np.argsort(-every, kind="stable")[:SAMPLE]
        keep = np.sort(best[every[best] > -np.inf])
        return PaperSample(features=_joined(self.features, features, keep), priorities=every[keep])


def _joined(old: Features, new: Features, keep: npt.NDArray[np.int64]) -> Features:
    place = np.full(old.count + new.count, -1, dtype=np.int64)
    place[keep] = np.arange(len(keep))
    papers = place[np.concatenate([old.papers, new.papers + old.count])]
    codes = np.concatenate([np.repeat(t.vocabulary, t.spread) for t in (old, new)])
    kept = papers >= 0
    codes, papers = codes[kept], papers[kept]
    counts = [np.concatenate([getattr(old, n), getattr(new, n)])[kept] for n in ("title", "abstract")]
    fields = np.concatenate([np.repeat(2 * papers + number, count) for number, count in enumerate(counts)])
    return tabulate(
        np.concatenate([np.repeat(codes, count) for count in counts]),
        fields,
        np.concatenate([old.lengths, new.lengths])[keep],
    )


def _draw(key: str, purpose: str) -> float:
    """Return a number between 0 and 1 that is always the same for the same key and purpose."""
    return (int.from_bytes(blake2b(f"{purpose}{key}".encode(), digest_size=8).digest()) + 0.5) / 2**64


def _priority(key: str, age: float, weight: float) -> float:
    """Return the place of a paper in the sample: its age in horizons plus a draw from the Gumbel distribution.

    The less papers count, the fewer enter the sample at all; the others have no priority.
    """
    return age - math.log(-math.log(_draw(key, ""))) if _draw(key, "enters ") < weight else -math.inf


@dataclass(frozen=True, kw_only=True)
class CorpusStatistics:
    """What the ranking has learned from all papers seen so far."""

    papers: int = 0  #: papers counted
    weight: float = 0.0  #: what they count in the frequencies, in papers
    title_words: tuple[int, int] = (0, 0)  #: content words in all titles, titles that have any
    abstract_words: tuple[int, int] = (0, 0)
    frequencies: Frequencies = field(default_factory=Frequencies.empty)
    sample: PaperSample
    acronyms: Acronyms = field(default_factory=Acronyms)

    @classmethod
    def empty(cls) -> CorpusStatistics:
        """Return the statistics of no papers; ranking works with them, without rarities."""
        return cls(sample=PaperSample(features=count_features(read_stream(())), priorities=np.empty(0)))

    @property
    def version(self) -> int:
        """A number that changes whenever the statistics do: the papers counted."""
        return self.papers

    @cached_property
    def lengths(self) -> Lengths:
        """Mean lengths of titles and abstracts, defaults before any paper was seen."""
        usual = Lengths()
        return Lengths(
            title=self.title_words[0] / self.title_words[1] if self.title_words[1] else usual.title,
            abstract=self.abstract_words[0] / self.abstract_words[1] if self.abstract_words[1] else usual.abstract,
        )

    @cached_property
    def paper_matrix(self) -> PaperMatrix:
        """The papers of the sample as a matrix."""
        return PaperMatrix.of(self.sample.features, self.lengths)

    def inverse_frequencies(self, features: Codes) -> npt.NDArray[np.float64]:
        """Return the weight of each feature: the rarer, the higher; always above 0."""
        return inverse(self.frequencies.of(features), self.weight)

    @property
    def weight_of_new_papers(self) -> float:
        """The weight of a further paper: 1 among the first, then small at first, so that statistics move slowly."""
        return 1.0 if self.papers < FIRST else min(1.0, (UNSEEN_PAPERS + self.weight) / SETTLED)

    def with_papers(self, papers: Sequence[Paper]) -> CorpusStatistics:
        """Return the statistics after these papers; none of them may have been counted before."""
        if not papers:
            return self
        features = count_features(read_stream(papers))
        weight = self.weight_of_new_papers
        ages = (self.papers + np.arange(len(papers))) / HORIZON
        priorities = np.array([_priority(p.key, age, weight) for p, age in zip(papers, ages.tolist(), strict=True)])
        return CorpusStatistics(
            papers=self.papers + len(papers),
            weight=self.weight + weight * len(papers),
            title_words=_added(self.title_words, features.lengths[:, 0]),
            abstract_words=_added(self.abstract_words, features.lengths[:, 1]),
            frequencies=self.frequencies.with_counts(features.vocabulary, features.spread, weight),
            sample=self.sample.with_papers(features, priorities),
            acronyms=self.acronyms.with_texts(f"{p.title}. {p.abstract}" for p in papers),
        )

    def dump(self) -> bytes:
        """Return the statistics as compressed bytes, two or so for each feature seen; `load` reads them back."""
        table, sample = self.frequencies, self.sample
        numbers = [self.papers, *self.title_words, *self.abstract_words]
        arrays = {
            "numbers": np.array(numbers, dtype=np.int64),
            "weight": np.array([self.weight]),
            "steps": np.diff(table.keys, prepend=np.uint32(0)),
            "counts": table.counts,
            "priorities": sample.priorities,
            "acronyms": np.frombuffer(self.acronyms.dump(), dtype=np.uint8),
        }
        arrays |= {f"sample_{name}": getattr(sample.features, name) for name in _SAMPLE_PARTS}
        target = io.BytesIO()
        np.savez_compressed(target, allow_pickle=False, **arrays)
        return target.getvalue()

    @classmethod
    def load(cls, data: bytes) -> CorpusStatistics:
        """Return the statistics that `dump` wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            numbers = [int(n) for n in file["numbers"]]
            keys = np.cumsum(file["steps"], dtype=np.uint32)
            parts = {name: file[f"sample_{name}"] for name in _SAMPLE_PARTS}
            weighted = "weight" in file  # in older dumps each paper counts whole
            make = Frequencies if weighted else Frequencies.of_whole_papers
            return cls(
                papers=numbers[0],
                weight=float(file["weight"][0]) if weighted else float(numbers[0]),
                title_words=(numbers[1], numbers[2]),
                abstract_words=(numbers[3], numbers[4]),
                frequencies=make(keys=keys, counts=file["counts"]),
                sample=PaperSample(features=Features(**parts), priorities=file["priorities"]),
                acronyms=Acronyms.load(file["acronyms"].tobytes()),
            )


_SAMPLE_PARTS = ("vocabulary", "starts", "papers", "title", "abstract", "lengths")


def _added(totals: tuple[int, int], lengths: npt.NDArray[np.int64]) -> tuple[int, int]:
    return totals[0] + int(lengths.sum()), totals[1] + int((lengths > 0).sum())
