"""How fast the ranking is: `python -m tests.benchmarks.ranking [--readers N ...] [--collections FOLDER]`.

Prints seconds of processor time (all is single-threaded), peak memory and ratios; nothing here is a test. Papers
and profiles are drawn from a made-up language whose words are as uneven as those of a real one (Zipf).
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from digest.profiles import Keyword, Profile
from digest.ranking import CorpusStatistics, PaperIndex, RankingProfile, rank
from digest.ranking.evaluation.evaluation import evaluate_feedback
from digest.ranking.matching.calibration import MatchScale, keyword_levels, profile_levels
from digest.ranking.matching.keyword_features import compile_keywords
from digest.ranking.matching.match import match
from digest.ranking.matching.profile_matrix import LENGTH_DISCOUNT, norms_of, scaled
from digest.ranking.matching.scoring import Matches, reaching
from digest.runs.matching.evaluate import load_collection
from tests.benchmarks.language import Language

DISTINCT, EACH = 200_000, 8  # keywords altogether, keywords a reader
SHARD = 1_000  # readers scored at a time, as a plan job has them
MINIMUM, LENGTH = 30, 10


@dataclass(frozen=True, kw_only=True)
class World:
    """What all measurements share."""

    language: Language
    corpus: CorpusStatistics
    index: PaperIndex
    keywords: list[str]


def made(papers: int) -> World:
    """Return a world with so many papers to be matched."""
    language = Language()
    corpus = CorpusStatistics.empty().with_papers(language.papers(2_000))
    index = PaperIndex(language.papers(papers, first=10_000))
    return World(language=language, corpus=corpus, index=index, keywords=language.keywords(DISTINCT))


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def peak_gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def shards(world: World, readers: int) -> Iterator[sparse.csr_array]:
    """Return the weights of one shard of readers after the other; keywords by Zipf, weights 1 or 2."""
    for size in (min(SHARD, readers - start) for start in range(0, readers, SHARD)):
        drawn = (world.language.random.zipf(1.2, (size, EACH)) - 1) % DISTINCT
        weights = 1.0 + (world.language.random.random((size, EACH)) < 0.3)
        starts = np.arange(size + 1, dtype=np.int32) * EACH
        yield sparse.csr_array((weights.ravel(), drawn.ravel().astype(np.int32), starts), (size, DISTINCT))


def best(matches: Matches, readers: int) -> int:
    """Return how many picks the readers get together, at most LENGTH each."""
    return int(np.minimum(np.bincount(matches.reader, minlength=readers), LENGTH).sum())


def measure_readers(world: World, counts: Sequence[int]) -> None:
    keywords = prepared(world)
    timing = keywords.seconds
    print(f"{len(world.index)} papers, {DISTINCT:,} keywords, {keywords.scores.nnz:,} hits")
    print(f"keyword matching: {timing[0]:.1f} s to compile, {timing[1]:.1f} s to match; {peak_gigabytes():.2f} GB")
    print(f"refresh: {timing[2]:.1f} s to measure the keywords in the corpus sample")
    print(f"\n{'readers':>10}  {'drawing':>8}  {'scoring':>8}  {'per million':>11}  {'picks':>10}  {'peak':>8}")
    for count in counts:
        drawing = seconds(lambda n=count: list_nothing(shards(world, n)))  # type: ignore[misc]
        start = time.process_time()
        picks = picked(shards(world, count), keywords)
        took = time.process_time() - start - drawing
        row = f"{count:>10,}  {drawing:>7.2f}s  {took:>7.2f}s  {took / count * 1e6:>10.1f}s  {picks:>10,}"
        print(f"{row}  {peak_gigabytes():>5.2f} GB", flush=True)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """All keywords, compiled, matched with the papers and measured in the sample."""

    scores: sparse.csr_array  #: keywords by papers
    maxima: np.ndarray
    levels: np.ndarray
    seconds: tuple[float, float, float]  #: to compile, to match, to measure


def prepared(world: World) -> Prepared:
    """Return what scoring needs of the keywords, however many readers share them."""
    start = time.process_time()
    compiled = compile_keywords([Keyword(term=term) for term in world.keywords], world.corpus)
    compile_time, start = time.process_time() - start, time.process_time()
    scores = world.index.paper_matrix(world.corpus).match(compiled)
    match_time, start = time.process_time() - start, time.process_time()
    sample = world.corpus.paper_matrix
    levels = keyword_levels(sample.matched(compiled), compiled.maxima, sample.features.count)
    took = compile_time, match_time, time.process_time() - start
    return Prepared(scores=scores, maxima=compiled.maxima, levels=levels, seconds=took)


def picked(tables: Iterable[sparse.csr_array], keywords: Prepared) -> int:
    """Return how many picks the readers of these shards get."""
    return sum(best(scored(table, keywords), table.shape[0]) for table in tables)


def scored(given: sparse.csr_array, keywords: Prepared) -> Matches:
    """Return the papers that reach the minimum of readers who gave their keywords these weights, as `match` does."""
    asked = np.unique(given.indices)
    discount = np.zeros(len(keywords.maxima))
    discount[asked] = np.maximum(keywords.maxima[asked], 1e-9) ** -LENGTH_DISCOUNT
    weights = scaled(given, discount)
    reaches = scaled(weights, keywords.maxima)
    scale = MatchScale.of(profile_levels(reaches, keywords.levels), norms_of(reaches))
    return reaching(sparse.csr_array(weights @ keywords.scores), scale, np.full(weights.shape[0], MINIMUM))


def list_nothing(items: Iterator[object]) -> None:
    for _ in items:
        pass


def measure_ranking_time(world: World, readers: int = 1_000) -> None:
    """Print what whole judgements cost, with their reasons, the keywords of each shard being new or known."""
    index = PaperIndex(world.index.papers)
    for name in ("new", "other readers", "more readers"):
        drawn = (world.language.random.zipf(1.2, (readers, EACH)) - 1) % DISTINCT
        wanting = [Profile(keywords=tuple(Keyword(term=world.keywords[k]) for k in row)) for row in drawn]
        start = time.process_time()
        ranked = rank(index, [RankingProfile(profile=profile) for profile in wanting], world.corpus)
        took, picks = time.process_time() - start, sum(len(j.picks) for j in ranked)
        print(f"rankings with reasons, {name}: {took / readers * 1e3:.2f} ms a reader ({picks / readers:.1f} picks)")


def measure_rivals(world: World, papers: int = 535, readers: int = 200) -> None:
    listing = world.language.papers(papers, first=50_000)
    texts = [f"{paper.title} {paper.abstract}" for paper in listing]
    drawn = (world.language.random.zipf(1.2, (readers, EACH)) - 1) % DISTINCT
    wanted = [[world.keywords[k] for k in row] for row in drawn]
    known = [RankingProfile(profile=Profile(keywords=tuple(Keyword(term=term) for term in terms))) for terms in wanted]
    whole = seconds(lambda: rank(PaperIndex(listing), known, world.corpus))
    index = PaperIndex(listing)
    matching = seconds(lambda: match(index, known, world.corpus))
    scoring = min(seconds(lambda: match(index, known, world.corpus)) for _ in range(5))
    ranking_time = seconds(lambda: rank(index, known, world.corpus))
    a = seconds(lambda: [_tfidf(texts, terms) for terms in wanted[:10]]) * readers / 10
    known_papers = [*world.language.papers(2_000, first=60_000), *listing]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=20_000)
    table = vectorizer.fit_transform(f"{paper.title} {paper.abstract}" for paper in known_papers)
    b = seconds(lambda: [_svm(table, n) for n in range(20)]) * readers / 20
    print(f"\n{papers} papers, {readers} readers: scoring {scoring * 1e3:.1f} ms, first {matching * 1e3:.0f} ms")
    print(f"rankings with reasons: {ranking_time * 1e3:.0f} ms, with the reading of the papers {whole * 1e3:.0f} ms")
    for name, rival in (
        ("(a) a TfidfVectorizer a reader", a),
        (f"(b) a LinearSVC a reader over {len(known_papers)} papers", b),
    ):
        ratios = ", ".join(f"{rival / ours:.0f}" for ours in (scoring, matching, ranking_time, whole))
        print(f"{name}: {rival:.1f} s; times scoring, keywords matched too, with reasons, papers read too: {ratios}")


def _tfidf(texts: Sequence[str], terms: Sequence[str]) -> np.ndarray:
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    scores: np.ndarray = (vectorizer.fit_transform(texts) @ vectorizer.transform([" ".join(terms)]).T).toarray()
    return scores


def _svm(table: sparse.csr_array, reader: int) -> np.ndarray:
    liked = np.zeros(table.shape[0])
    liked[np.random.default_rng(reader).choice(table.shape[0], 10, replace=False)] = 1
    return np.asarray(LinearSVC(class_weight="balanced", C=0.01).fit(table, liked).decision_function(table))


#: What Rocchio's votes reached in the measurements that this ranking is held to, at 1, 3, 5 and 10 votes.
ROCCHIO = {"cvconf": "0.739  0.760  0.755  0.728", "inspec-terms": "0.504  0.550  0.570  0.583"}


def measure_feedback(folder: Path) -> None:
    print("\nnDCG@10 on later documents after votes on earlier ones (as many down as up)")
    for name, wanted in ROCCHIO.items():
        collection = load_collection(folder / name)
        for at_least in (10, 1):
            found = [evaluate_feedback(collection, votes, at_least=at_least) for votes in (0, 1, 3, 5, 10)]
            row = "  ".join(f"{m.ndcg:.3f}" for m in found)
            print(f"{name:>14}, {found[0].profiles} profiles, at 0, 1, 3, 5, 10 votes: {row}")
        print(f"{'wanted':>14}, at 1, 3, 5, 10 votes: {wanted}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, nargs="*", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--papers", type=int, default=600)
    parser.add_argument("--collections", type=Path, help="folder with labelled collections, for the votes")
    given = parser.parse_args()
    world = made(given.papers)
    print(f"index of {given.papers} papers: {seconds(lambda: PaperIndex(world.index.papers)):.2f} s")
    measure_readers(world, given.readers)
    measure_ranking_time(world)
    measure_rivals(world)
    if given.collections:
        measure_feedback(given.collections)


if __name__ == "__main__":
    main()
