"""How relevant the ranking is beside the usual methods: `python -m tests.benchmarks.relevance FOLDER... [--semantic]`.

For each labelled collection it prints nDCG@10, MAP, R@20 and P@5 of keyword counting, tf-idf, BM25 and this ranking,
and by how much nDCG@10 differs from that of BM25 per profile, with a paired bootstrap interval of 95 %.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import bm25s
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from digest.ranking.corpus.stop_words import ENGLISH
from digest.ranking.corpus.term_codes import stem, tokens
from digest.ranking.evaluation.collection import Collection
from digest.ranking.evaluation.evaluation import evaluate_scores, evaluate_topics
from digest.ranking.evaluation.metrics import Metrics, mean
from digest.ranking.matching.embeddings import PACKAGED_MODEL, Semantics, embed, load_encoder
from digest.runs.matching.evaluate import load_collection

BASELINE = "BM25"
DRAWS = 2_000  #: bootstrap samples


def stems(text: str) -> list[str]:
    """Return the stems of a text without stop words."""
    return [stem(token) for token in tokens(text) if token not in ENGLISH]


def texts(collection: Collection) -> list[str]:
    return [f"{paper.title} {paper.abstract}" for paper in collection.papers]


def queries(collection: Collection) -> list[str]:
    return [" ".join(keyword.term for keyword in topic.profile.keywords) for topic in collection.topics]


def counting(collection: Collection) -> np.ndarray:
    """Return how often the keywords of each profile occur in each paper as plain text."""
    lowered = [text.lower() for text in texts(collection)]
    terms = [[k.term.lower() for k in topic.profile.keywords] for topic in collection.topics]
    counts = {term: [text.count(term) for text in lowered] for term in {t for of in terms for t in of}}
    return np.array([np.sum([counts[term] for term in of], axis=0) for of in terms], dtype=np.float64)


def tf_idf(collection: Collection) -> np.ndarray:
    """Return cosines of tf-idf vectors of words and pairs of words."""
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, stop_words="english")
    papers = vectorizer.fit_transform(texts(collection))
    return np.asarray((vectorizer.transform(queries(collection)) @ papers.T).toarray())


def bm25(collection: Collection) -> np.ndarray:
    """Return BM25 scores over stems; a word counts as often as the keywords have it."""
    index = bm25s.BM25(k1=1.2, b=0.75)
    documents = [stems(text) for text in texts(collection)]
    index.index(documents, show_progress=False)
    known = {word for document in documents for word in document}
    rows = np.zeros((len(collection.topics), len(documents)))
    for row, query in enumerate(queries(collection)):
        for word, count in Counter(word for word in stems(query) if word in known).items():
            rows[row] += count * index.get_scores([word])
    return rows


def measured(collection: Collection, semantic: bool) -> Iterator[tuple[str, list[Metrics]]]:
    """Yield each method with its metrics per profile."""
    for name, method in (("counting", counting), ("tf-idf", tf_idf), (BASELINE, bm25)):
        yield name, evaluate_scores(collection, method(collection))
    yield "words", evaluate_topics(collection)
    if semantic:
        encoder = load_encoder(PACKAGED_MODEL)
        near = Semantics(encoder=encoder, vectors=embed(collection.papers, encoder))
        yield "words and meaning", evaluate_topics(collection, near)


def interval(ours: Sequence[Metrics], theirs: Sequence[Metrics]) -> tuple[float, float, float]:
    """Return the mean difference of nDCG@10 over the profiles, and its 95 % bootstrap interval."""
    gaps = np.array([one.ndcg - other.ndcg for one, other in zip(ours, theirs, strict=True)])
    drawn = np.random.default_rng(7).integers(len(gaps), size=(DRAWS, len(gaps)))
    low, high = np.percentile(gaps[drawn].mean(axis=1), [2.5, 97.5])
    return float(gaps.mean()), float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--semantic", action="store_true", help="with nearness in meaning as well; takes minutes")
    args = parser.parse_args()
    sums: dict[str, list[float]] = {}
    print(f"{'collection':16}{'method':20}{'nDCG@10':>9}{'MAP':>7}{'R@20':>7}{'P@5':>7}   against BM25")
    for folder in args.folders:
        found = dict(measured(load_collection(folder), args.semantic))
        for name, metrics in found.items():
            average = mean(metrics)
            sums.setdefault(name, []).append(average.ndcg)
            gap = "" if name == BASELINE else "{:+.3f} [{:+.3f}, {:+.3f}]".format(*interval(metrics, found[BASELINE]))
            columns = (
                f"{average.ndcg:9.3f}{average.average_precision:7.3f}{average.recall:7.3f}{average.precision:7.3f}"
            )
            print(f"{folder.name:16}{name:20}{columns}   {gap}", flush=True)
    for name, values in sums.items():
        print(f"{'mean':16}{name:20}{np.mean(values):9.3f}")


if __name__ == "__main__":
    main()
