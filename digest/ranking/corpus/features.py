"""Features: which stems and pairs stand how often in the title and the abstract of each paper, as one sparse table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from digest.papers import Paper
from digest.ranking.corpus.term_codes import Codes, codes, exact_codes, is_stop, pairs

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

K1 = 1.2  #: how fast repetitions stop to count
TITLE_WEIGHT, TITLE_SLOPE = 4.0, 0.6
ABSTRACT_WEIGHT, ABSTRACT_SLOPE = 1.0, 0.85


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """Mean numbers of content words of a title and of an abstract, over the papers that have one."""

    title: float = 8.0
    abstract: float = 110.0


@dataclass(frozen=True, kw_only=True)
class Stream:
    """The tokens of many papers one after the other: the title of the first, its abstract, the title of the next."""

    codes: Codes
    starts: Ints  #: where each field begins in `codes`; field 2p is the title of paper p, 2p + 1 its abstract
    exact: Codes  #: exact forms (".NET"), which have no place among the tokens
    exact_fields: Ints  #: the field of each

    def field(self, paper: int, abstract: bool) -> Codes:
        """Return the codes of one field of one paper."""
        place = 2 * paper + abstract
        return self.codes[self.starts[place] : self.starts[place + 1]]


def read_stream(papers: Sequence[Paper]) -> Stream:
    """Return the token stream of the papers' titles and abstracts."""
    texts = [text for paper in papers for text in (paper.title, paper.abstract)]
    fields, exact = [codes(text) for text in texts], [list(exact_codes(text).values()) for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(f) for f in fields], dtype=np.int64)]).astype(np.int64)
    return Stream(
        codes=np.concatenate(fields) if fields else np.empty(0, np.uint64),
        starts=starts,
        exact=np.array([code for found in exact for code in found], dtype=np.uint64),
        exact_fields=np.repeat(np.arange(len(exact)), [len(found) for found in exact]).astype(np.int64),
    )


@dataclass(frozen=True, kw_only=True)
class Features:
    """A table of papers by features, stored feature by feature (compressed columns)."""

    vocabulary: Codes  #: sorted codes of the features
    starts: Ints  #: where the entries of each feature begin
    papers: npt.NDArray[np.int32]  #: paper of each entry, ascending within a feature
    title: npt.NDArray[np.int32]  #: how often the feature occurs in that paper's title
    abstract: npt.NDArray[np.int32]
    lengths: Ints  #: papers by 2: content words of title and abstract

    @property
    def count(self) -> int:
        """Number of papers."""
        return len(self.lengths)

    @property
    def spread(self) -> Ints:
        """In how many papers each feature occurs."""
        return np.diff(self.starts)

    def saturated(self, lengths: Lengths) -> sparse.csr_array:
        """Return features by papers: 0 where absent, towards 1 the more often the feature occurs in the paper.

        BM25F (Robertson and Zaragoza 2009): term frequencies are weighted and normalised by length per field,
        added, then saturated once.
        """
        title = TITLE_WEIGHT / (1 - TITLE_SLOPE + TITLE_SLOPE * self.lengths[:, 0] / lengths.title)
        abstract = ABSTRACT_WEIGHT / (1 - ABSTRACT_SLOPE + ABSTRACT_SLOPE * self.lengths[:, 1] / lengths.abstract)
        weighted = self.title * title[self.papers] + self.abstract * abstract[self.papers]
        shape = (len(self.vocabulary), self.count)
        return sparse.csr_array((weighted / (K1 + weighted), self.papers, self.starts), shape=shape)

    def places(self, wanted: Codes) -> Ints:
        """Return the place of each wanted feature in the vocabulary; -1 for one that no paper has."""
        if not self.vocabulary.size:
            return np.full(len(wanted), -1, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.vocabulary, wanted), len(self.vocabulary) - 1)
        return np.where(self.vocabulary[found] == wanted, found, -1)


def count_features(stream: Stream) -> Features:
    """Return the table of all stems and neighbouring pairs in the stream."""
    field = np.repeat(np.arange(len(stream.starts) - 1), np.diff(stream.starts))
    kept = ~is_stop(stream.codes)
    words, owner = stream.codes[kept], field[kept]
    adjacent = owner[:-1] == owner[1:]
    pair_codes = pairs(words[:-1], words[1:])[adjacent]
    lengths = np.bincount(owner, minlength=len(stream.starts) - 1).reshape(-1, 2)
    return tabulate(
        np.concatenate([stream.codes, pair_codes, stream.exact]),
        np.concatenate([field, owner[:-1][adjacent], stream.exact_fields]),
        lengths,
    )


def tabulate(features: Codes, fields: Ints, lengths: Ints) -> Features:
    """Return the table of single sightings: a feature and the field (2 x paper, + 1 for the abstract) it occurs in."""
    order = np.lexsort((fields, features))
    features, papers, in_abstract = features[order], fields[order] // 2, fields[order] % 2
    fresh = np.ones(len(features), dtype=np.bool_)
    fresh[1:] = (features[1:] != features[:-1]) | (papers[1:] != papers[:-1])
    entry = np.cumsum(fresh) - 1
    vocabulary, spread = np.unique(features[fresh], return_counts=True)
    size = int(fresh.sum())
    return Features(
        vocabulary=vocabulary,
        starts=np.concatenate([[0], np.cumsum(spread)]).astype(np.int64),
        papers=papers[fresh].astype(np.int32),
        title=np.bincount(entry[in_abstract == 0], minlength=size).astype(np.int32),
        abstract=np.bincount(entry[in_abstract == 1], minlength=size).astype(np.int32),
        lengths=lengths.astype(np.int64),
    )
