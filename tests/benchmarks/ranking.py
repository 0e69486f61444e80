"""How fast the ranking is: `python -m tests.benchmarks.ranking [--readers N ...] [--collections FOLDER]`.

Prints seconds of processor time (all is single-threaded), peak memory and ratios; nothing here is a test. Papers
and profiles are drawn from a made-up language whose words are as uneven as those of a real one (Zipf).
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from digest.papers import Paper
from digest.profiles import Keyword, Profile
from digest.ranking import Background, PaperIndex, Reader, calibrate, judge
from digest.ranking.calibration import Scale, levels
from digest.ranking.evaluation import evaluate_feedback
from digest.ranking.keywords import compile_keywords
from digest.ranking.scoring import Matches, reaching
from digest.ranking.shelf import Compiled
from digest.ranking.wishes import Wishes
from digest.runs.evaluate import load_collection

DISTINCT, EACH = 200_000, 8  # keywords altogether, keywords a reader
SHARD = 1_000  # readers scored at a time, as a plan job has them
MINIMUM, LENGTH = 30, 10
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


@dataclass(frozen=True, kw_only=True)
class World:
    """What all measurements share."""

    language: Language
    background: Background
    index: PaperIndex
    keywords: list[str]


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def peak_gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def shards(world: World, readers: int, maxima: np.ndarray) -> Iterator[tuple[sparse.csr_array, np.ndarray]]:
    """Gives the weights and norms of one shard of readers after the other; keywords by Zipf, weights 1 or 2."""
    for size in (min(SHARD, readers - start) for start in range(0, readers, SHARD)):
        drawn = (world.language.random.zipf(1.2, (size, EACH)) - 1) % DISTINCT
        weights = 1.0 + (world.language.random.random((size, EACH)) < 0.3)
        table = sparse.csr_array((weights.ravel(), drawn.ravel(), np.arange(size + 1) * EACH), (size, DISTINCT))
        yield table, np.sqrt((weights**2 * maxima[drawn] ** 2).sum(axis=1))


def best(matches: Matches, readers: int) -> int:
    """Gives how many picks the readers get together, at most LENGTH each."""
    return int(np.minimum(np.bincount(matches.reader, minlength=readers), LENGTH).sum())


def measure_readers(world: World, counts: Sequence[int]) -> None:
    compiled = None
    start = time.process_time()
    compiled = compile_keywords([Keyword(term=term) for term in world.keywords], world.background)
    compile_time, start = time.process_time() - start, time.process_time()
    scores = world.index.shelf(world.background).match(compiled)
    match_time = time.process_time() - start
    print(f"{len(world.index)} papers, {DISTINCT:,} keywords, {scores.nnz:,} hits")
    print(f"keyword matching: {compile_time:.1f} s to compile, {match_time:.1f} s to match; {peak_gigabytes():.2f} GB")
    print(f"\n{'readers':>10}  {'drawing':>8}  {'scoring':>8}  {'per million':>11}  {'picks':>10}  {'peak':>8}")
    for count in counts:
        drawing = seconds(lambda n=count: list_nothing(shards(world, n, compiled.maxima)))  # type: ignore[misc]
        start, picks = time.process_time(), 0
        for weights, norms in shards(world, count, compiled.maxima):
            scale = Scale.of([USUAL] * len(norms), norms)
            found = reaching(sparse.csr_array(weights @ scores), scale, np.full(len(norms), MINIMUM))
            picks += best(found, len(norms))
        took = time.process_time() - start - drawing
        row = f"{count:>10,}  {drawing:>7.2f}s  {took:>7.2f}s  {took / count * 1e6:>10.1f}s  {picks:>10,}"
        print(f"{row}  {peak_gigabytes():>5.2f} GB")
    refresh(world, compiled)


def list_nothing(items: Iterator[object]) -> None:
    for _ in items:
        pass


def refresh(world: World, compiled: Compiled, readers: int = 4_000) -> None:
    """Prints what it costs to measure the level of every reader anew, each shard's keywords matched with the sample."""

    def work() -> None:
        for weights, _ in shards(world, readers, compiled.maxima):
            wanted = np.unique(weights.indices)
            chosen = compile_keywords([Keyword(term=world.keywords[k]) for k in wanted], world.background)
            levels(world.background.shelf.match(chosen), chosen.maxima, weights[:, wanted])

    took = seconds(work)
    print(f"refresh of calibrations: {took:.2f} s for {readers:,} readers, {took / readers * 1e6:.0f} s a million")


def measure_judging(world: World, readers: int = 1_000) -> None:
    """Prints what whole judgements cost, with their reasons."""
    drawn = (world.language.random.zipf(1.2, (readers, EACH)) - 1) % DISTINCT
    profiles = [Profile(keywords=tuple(Keyword(term=world.keywords[k]) for k in row)) for row in drawn]
    plain = [Reader(profile=profile) for profile in profiles]
    start = time.process_time()
    made = calibrate(plain, world.background)
    calibrating, start = time.process_time() - start, time.process_time()
    judged = judge(
        world.index, [Reader(profile=p, calibration=c) for p, c in zip(profiles, made, strict=True)], world.background
    )
    took, picks = time.process_time() - start, sum(len(j.picks) for j in judged)
    print(
        f"\njudgements with reasons: {took / readers * 1e3:.2f} ms a reader ({picks / readers:.1f} picks each), ",
        end="",
    )
    print(f"keyword matching included; first calibration {calibrating / readers * 1e3:.2f} ms a reader")


def measure_rivals(world: World, papers: int = 535, readers: int = 200) -> None:
    listing = world.language.papers(papers, first=50_000)
    texts = [f"{paper.title} {paper.abstract}" for paper in listing]
    drawn = (world.language.random.zipf(1.2, (readers, EACH)) - 1) % DISTINCT
    wanted = [[world.keywords[k] for k in row] for row in drawn]
    profiles = [Profile(keywords=tuple(Keyword(term=term) for term in terms)) for terms in wanted]
    calibrations = calibrate([Reader(profile=profile) for profile in profiles], world.background)
    known = [Reader(profile=p, calibration=c) for p, c in zip(profiles, calibrations, strict=True)]
    index, wishes = PaperIndex(listing), Wishes.of(known, world.background)
    whole = seconds(lambda: judge(PaperIndex(listing), known, world.background))
    hits = wishes.match(index, world.background)
    matching = seconds(lambda: wishes.match(index, world.background))
    minima = np.full(readers, MINIMUM)
    scoring = min(
        seconds(lambda: reaching(sparse.csr_array(wishes.weights @ hits), Scale.of(calibrations, wishes.norms), minima))
        for _ in range(5)
    )
    a = seconds(lambda: [_tfidf(texts, terms) for terms in wanted[:10]]) * readers / 10
    corpus = [*world.language.papers(2_000, first=60_000), *listing]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=20_000)
    table = vectorizer.fit_transform(f"{paper.title} {paper.abstract}" for paper in corpus)
    b = seconds(lambda: [_svm(table, n) for n in range(20)]) * readers / 20
    print(f"\n{papers} papers, {readers} readers: scoring {scoring * 1e3:.1f} ms, matching {matching * 1e3:.0f} ms")
    print(f"whole judgements, with the reading of the papers and the reasons: {whole * 1e3:.0f} ms")
    for name, rival in (
        ("(a) a TfidfVectorizer a reader", a),
        (f"(b) a LinearSVC a reader over {len(corpus)} papers", b),
    ):
        ratios = [rival / ours for ours in (scoring, scoring + matching, whole)]
        print(f"{name}: {rival:.1f} s; times scoring, with matching, whole: " + ", ".join(f"{r:.0f}" for r in ratios))


def _tfidf(texts: Sequence[str], terms: Sequence[str]) -> np.ndarray:
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return (vectorizer.fit_transform(texts) @ vectorizer.transform([" ".join(terms)]).T).toarray()


def _svm(table: sparse.csr_array, reader: int) -> np.ndarray:
    liked = np.zeros(table.shape[0])
    liked[np.random.default_rng(reader).choice(table.shape[0], 10, replace=False)] = 1
    return np.asarray(LinearSVC(class_weight="balanced", C=0.01).fit(table, liked).decision_function(table))


def measure_feedback(folder: Path) -> None:
    print("\nnDCG@10 on later documents after votes on earlier ones (as many down as up)")
    for name in ("cvconf", "inspec-terms"):
        collection = load_collection(folder / name)
        for at_least in (10, 1):
            found = [evaluate_feedback(collection, votes, at_least=at_least) for votes in (0, 1, 3, 5, 10)]
            row = "  ".join(f"{m.ndcg:.3f}" for m in found)
            print(f"{name:>14}, {found[0].profiles} profiles, at 0, 1, 3, 5, 10 votes: {row}")


USUAL = calibrate([Reader(profile=Profile())], Background.empty())[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, nargs="*", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--papers", type=int, default=600)
    parser.add_argument("--collections", type=Path, help="folder with labelled collections, for the votes")
    given = parser.parse_args()
    language = Language()
    background = Background.empty().with_papers(language.papers(2_000))
    listing = language.papers(given.papers, first=10_000)
    print(f"index of {given.papers} papers: {seconds(lambda: PaperIndex(listing)):.2f} s")
    world = World(
        language=language, background=background, index=PaperIndex(listing), keywords=language.keywords(DISTINCT)
    )
    measure_readers(world, given.readers)
    measure_judging(world)
    measure_rivals(world)
    if given.collections:
        measure_feedback(given.collections)


if __name__ == "__main__":
    main()
