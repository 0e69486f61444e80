"""Evaluation: how well the ranking serves the profiles of a labelled collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from digest.papers import Paper
from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.corpus.features import Floats
from digest.ranking.evaluation.collection import Collection, Topic, tie_break
from digest.ranking.evaluation.metrics import Metrics, calibration_error, mean, metrics_of
from digest.ranking.matching.embeddings import Semantics
from digest.ranking.matching.match import match
from digest.ranking.matching.paper_index import PaperIndex
from digest.ranking.matching.profile_matrix import RankingProfile
from digest.ranking.matching.relevance_feedback import Vote


def evaluate(collection: Collection, semantics: Semantics | None = None) -> Metrics:
    """Return how well the collection's documents are ranked for its profiles; they are the background as well."""
    corpus = CorpusStatistics.empty().with_papers(collection.papers)
    readers = [RankingProfile(profile=need.profile) for need in collection.needs]
    return _measured(collection.needs, collection.papers, readers, corpus, semantics)


def evaluate_feedback(
    collection: Collection, votes: int, *, at_least: int = 1, semantics: Semantics | None = None
) -> Metrics:
    """Return how well later documents are ranked after up to so many votes up and as many down on earlier ones.

    The first half of the documents, in the order of the collection, are the earlier ones and the background. The
    votes fall on those that the keywords rank first, up on relevant ones and down on others, as a reader votes on what
    an issue showed. Only profiles count that have `at_least` so many relevant documents earlier, and one later.
    """
    half = len(collection.papers) // 2
    earlier, later = collection.papers[:half], collection.papers[half:]
    past, future = (frozenset(paper.key for paper in part) for part in (earlier, later))
    needs = [
        need
        for need in collection.needs
        if len(past & need.grades.keys()) >= max(at_least, 1) and future & need.grades.keys()
    ]
    corpus = CorpusStatistics.empty().with_papers(earlier)
    readers = [RankingProfile(profile=need.profile) for need in needs]
    shown = _orders(needs, earlier, readers, corpus, semantics)
    known = {paper.key: paper for paper in earlier}
    voting = [
        replace(reader, votes=_votes(need, documents, votes, known))
        for reader, need, documents in zip(readers, needs, shown, strict=True)
    ]
    return _measured([_within(need, future) for need in needs], later, voting, corpus, semantics)


def evaluate_calibration(collection: Collection, semantics: Semantics | None = None) -> float:
    """Return the expected calibration error of the match over all documents that match a profile at all."""
    corpus = CorpusStatistics.empty().with_papers(collection.papers)
    readers = [RankingProfile(profile=need.profile) for need in collection.needs]
    index = PaperIndex(collection.papers)
    found = match(index, readers, corpus, semantics, everything=True).matches
    relevant = [
        index.papers[paper].key in collection.needs[reader].grades
        for reader, paper in zip(found.reader, found.paper, strict=True)
    ]
    return calibration_error((found.match / 100).tolist(), relevant)


def _votes(need: Topic, shown: Sequence[str], count: int, known: dict[str, Paper]) -> tuple[Vote, ...]:
    liked = [document for document in shown if document in need.grades][:count]
    disliked = [document for document in shown if document not in need.grades][:count]
    ups = tuple(Vote(paper=known[document], value=1) for document in liked)
    return ups + tuple(Vote(paper=known[document], value=-1) for document in disliked)


def _within(need: Topic, documents: frozenset[str]) -> Topic:
    return replace(need, grades={document: grade for document, grade in need.grades.items() if document in documents})


def _measured(
    needs: Sequence[Topic],
    papers: Sequence[Paper],
    readers: Sequence[RankingProfile],
    corpus: CorpusStatistics,
    semantics: Semantics | None,
) -> Metrics:
    orders = _orders(needs, papers, readers, corpus, semantics)
    return mean([metrics_of(order, need.grades) for order, need in zip(orders, needs, strict=True)])


def _orders(
    needs: Sequence[Topic],
    papers: Sequence[Paper],
    readers: Sequence[RankingProfile],
    corpus: CorpusStatistics,
    semantics: Semantics | None,
) -> list[list[str]]:
    """Return for each profile the ids of the documents of its pool, best first."""
    index = PaperIndex(papers)
    scores = match(index, readers, corpus, semantics, everything=True).scores
    keys = np.array([paper.key for paper in index.papers])
    ties = np.argsort(np.argsort([tie_break(key) for key in keys], kind="stable"))
    rows = (scores.total[[row]].toarray().ravel() for row in range(len(needs)))
    return [_order(need, row, keys, ties) for need, row in zip(needs, rows, strict=True)]


def _order(need: Topic, scores: Floats, keys: np.ndarray, ties: np.ndarray) -> list[str]:
    order = keys[np.lexsort((ties, -scores))].tolist()
    return order if need.pool is None else [document for document in order if document in need.pool]
