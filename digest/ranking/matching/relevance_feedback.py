"""Relevance feedback: what votes on earlier papers say about words, after Rocchio (1971).

A reader's feedback vector is the mean of the papers liked less a share of the mean of the papers disliked, cut to its
strongest words. It is linear: each word's effect on a paper can be named, and adds up with the keywords.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from digest.papers import Paper
from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.corpus.features import Features, Floats, count_features, read_stream
from digest.ranking.corpus.paper_matrix import PaperMatrix
from digest.ranking.corpus.term_codes import PAIR, STOP, Codes

DISLIKED_SHARE = 0.4  #: weight of a vote down relative to a vote up
STRENGTH, STRONGEST = 0.7, 5  #: the votes' effect relative to the keywords is STRENGTH sqrt(votes), up to 5 votes
KEPT = 80  #: words kept of a feedback vector


@dataclass(frozen=True, kw_only=True)
class Vote:
    """A reader's vote on an earlier paper."""

    paper: Paper
    value: Literal[1, -1]


@dataclass(frozen=True, kw_only=True)
class FeedbackWeights:
    """The feedback vectors of many readers: a sparse table of readers by words."""

    words: Codes  #: sorted codes, one a column
    weights: sparse.csr_array
    strengths: Floats  #: for each reader, 0 without votes

    def effects(self, vectors: sparse.csr_array, features: Features) -> sparse.csr_array:
        """Return readers by papers: the effect of each reader's votes on each paper, before any scaling."""
        return self._on(features) @ vectors

    def _on(self, features: Features) -> sparse.csr_array:
        places = features.places(self.words)
        found = np.flatnonzero(places >= 0)
        shape = (len(self.words), len(features.vocabulary))
        return self.weights @ sparse.csr_array((np.ones(len(found)), (found, places[found])), shape=shape)


def word_vectors(paper_matrix: PaperMatrix, corpus: CorpusStatistics) -> sparse.csr_array:
    """Return words by papers: saturated frequency times inverse document frequency, each paper of length 1."""
    plain = (paper_matrix.features.vocabulary & (STOP | PAIR)) == 0
    weights = corpus.inverse_frequencies(paper_matrix.features.vocabulary) * plain
    weighted = sparse.csr_array(sparse.diags_array(weights) @ paper_matrix.saturated)
    lengths = np.sqrt(np.asarray(weighted.power(2).sum(axis=0)).ravel())
    match_scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return sparse.csr_array(weighted @ sparse.diags_array(match_scale))


def feedback_weights(votes: Sequence[Sequence[Vote]], corpus: CorpusStatistics) -> FeedbackWeights:
    """Return the feedback vectors of the readers who cast these votes, one row per reader, empty without votes."""
    papers = {vote.paper.key: vote.paper for cast in votes for vote in cast}
    place = {key: number for number, key in enumerate(papers)}
    features = count_features(read_stream(list(papers.values())))
    vectors = word_vectors(PaperMatrix.of(features, corpus.lengths), corpus)
    reader, voted, value = [], [], []
    for row, cast in enumerate(votes):
        ups, downs = sum(v.value > 0 for v in cast), sum(v.value < 0 for v in cast)
        for vote in cast:
            reader.append(row)
            voted.append(place[vote.paper.key])
            value.append(1 / ups if vote.value > 0 else -DISLIKED_SHARE / downs)
    table = sparse.csr_array((value, (reader, voted)), shape=(len(votes), len(papers)))
    strongest = [max(sum(v.value > 0 for v in cast), sum(v.value < 0 for v in cast)) for cast in votes]
    return FeedbackWeights(
        words=features.vocabulary,
        weights=_strongest(sparse.csr_array(table @ vectors.T), KEPT),
        strengths=STRENGTH * np.sqrt(np.minimum(np.array(strongest, dtype=np.float64), STRONGEST)),
    )


def _strongest(table: sparse.csr_array, kept: int) -> sparse.csr_array:
    """Return the table with only the entries of each row that are largest, whatever their sign."""
    row = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    order = np.lexsort((-np.abs(table.data), row))
    rank = np.arange(len(order)) - table.indptr[row[order]]
    chosen = order[rank < kept]
    return sparse.csr_array((table.data[chosen], (row[chosen], table.indices[chosen])), shape=table.shape)
