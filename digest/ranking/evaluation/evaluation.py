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
    """Return how well the collection's documents are ranked for its profiles, under statistics of these documents."""
    return mean(evaluate_topics(collection, semantics))


def evaluate_topics(collection: Collection, semantics: Semantics | None = None) -> list[Metrics]:
    """Return how well the collection's documents are ranked for each of its profiles, in order."""
    corpus = CorpusStatistics.empty().with_papers(collection.papers)
    readers = [RankingProfile(profile=topic.profile) for topic in collection.topics]
    orders = _orders(collection.topics, collection.papers, readers, corpus, semantics)
    return _metrics(collection.topics, orders)


def evaluate_scores(collection: Collection, scores: Floats) -> list[Metrics]:
    """Return how well scores of another method, profiles by papers of the collection, rank for each profile."""
    keys = np.array([paper.key for paper in collection.papers])
    ties = _ties(keys)
    orders = [_order(topic, row, keys, ties) for topic, row in zip(collection.topics, scores, strict=True)]
    return _metrics(collection.topics, orders)


def evaluate_feedback(
    collection: Collection, votes: int, *, at_least: int = 1, semantics: Semantics | None = None
) -> Metrics:
    """Return how well later documents are ranked after up to so many votes up and as many down on earlier ones.

    The first half of the documents, in the order of the collection, are the earlier ones and make the corpus
    statistics. The votes fall on those that the keywords rank first, up on relevant ones and down on others, as if a
    reader voted on an issue. Only profiles count that have `at_least` so many relevant documents earlier, and one
    later.
    """
    half = len(collection.papers) // 2
    earlier, later = collection.papers[:half], collection.papers[half:]
    past, future = (frozenset(paper.key for paper in part) for part in (earlier, later))
    topics = [
        topic
        for topic in collection.topics
        if len(past & topic.grades.keys()) >= max(at_least, 1) and future & topic.grades.keys()
    ]
    corpus = CorpusStatistics.empty().with_papers(earlier)
    readers = [RankingProfile(profile=topic.profile) for topic in topics]
    shown = _orders(topics, earlier, readers, corpus, semantics)
    known = {paper.key: paper for paper in earlier}
    voting = [
        replace(reader, votes=_votes(topic, documents, votes, known))
        for reader, topic, documents in zip(readers, topics, shown, strict=True)
    ]
    return _measured([_within(topic, future) for topic in topics], later, voting, corpus, semantics)


def evaluate_calibration(collection: Collection, semantics: Semantics | None = None) -> float:
    """Return the expected calibration error of the match over all documents that match a profile at all."""
    corpus = CorpusStatistics.empty().with_papers(collection.papers)
    readers = [RankingProfile(profile=topic.profile) for topic in collection.topics]
    index = PaperIndex(collection.papers)
    found = match(index, readers, corpus, semantics, everything=True).matches
    relevant = [
        index.papers[paper].key in collection.topics[reader].grades
        for reader, paper in zip(found.reader, found.paper, strict=True)
    ]
    return calibration_error((found.match / 100).tolist(), relevant)


def _votes(topic: Topic, shown: Sequence[str], count: int, known: dict[str, Paper]) -> tuple[Vote, ...]:
    liked = [document for document in shown if document in topic.grades][:count]
    disliked = [document for document in shown if document not in topic.grades][:count]
    ups = tuple(Vote(paper=known[document], value=1) for document in liked)
    return ups + tuple(Vote(paper=known[document], value=-1) for document in disliked)


def _within(topic: Topic, documents: frozenset[str]) -> Topic:
    return replace(topic, grades={document: grade for document, grade in topic.grades.items() if document in documents})


def _measured(
    topics: Sequence[Topic],
    papers: Sequence[Paper],
    readers: Sequence[RankingProfile],
    corpus: CorpusStatistics,
    semantics: Semantics | None,
) -> Metrics:
    return mean(_metrics(topics, _orders(topics, papers, readers, corpus, semantics)))


def _metrics(topics: Sequence[Topic], orders: Sequence[Sequence[str]]) -> list[Metrics]:
    return [metrics_of(order, topic.grades) for order, topic in zip(orders, topics, strict=True)]


def _orders(
    topics: Sequence[Topic],
    papers: Sequence[Paper],
    readers: Sequence[RankingProfile],
    corpus: CorpusStatistics,
    semantics: Semantics | None,
) -> list[list[str]]:
    """Return for each profile the ids of the documents of its pool, best first."""
    index = PaperIndex(papers)
    scores = match(index, readers, corpus, semantics, everything=True).scores
    keys = np.array([paper.key for paper in index.papers])
    ties = _ties(keys)
    rows = (scores.total[[row]].toarray().ravel() for row in range(len(topics)))
    return [_order(topic, row, keys, ties) for topic, row in zip(topics, rows, strict=True)]


def _ties(keys: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort([tie_break(key) for key in keys], kind="stable"))


def _order(topic: Topic, scores: Floats, keys: np.ndarray, ties: np.ndarray) -> list[str]:
    order = keys[np.lexsort((ties, -scores))].tolist()
    return order if topic.pool is None else [document for document in order if document in topic.pool]
