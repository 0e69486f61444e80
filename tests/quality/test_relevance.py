"""Relevance on labelled collections never falls below what was reached.

The floors are pinned; lowering one is a decision that the change has to explain. How the parameters of the ranking
were chosen, and the figures of each collection when it is left out, is told in docs/explanation/ranking.md.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from digest.profiles import Profile
from digest.ranking import CorpusStatistics, PaperIndex, RankingProfile, Semantics, rank
from digest.ranking.evaluation.collection import Collection
from digest.ranking.evaluation.evaluation import evaluate, evaluate_calibration, evaluate_feedback
from digest.ranking.matching.embeddings import PACKAGE, PACKAGED_MODEL, embed, load_encoder
from digest.runs.matching.evaluate import load_collection

FLOORS = {
    "cvconf": 0.748,
    "semanlink": 0.654,
    "inspec-terms": 0.485,
    "kddwww-item": 0.733,
    "cranfield": 0.383,
    "scifact": 0.699,
}
MEAN_FLOOR = 0.617
MEANING_FLOORS = {
    "cvconf": 0.785,
    "semanlink": 0.698,
    "inspec-terms": 0.525,
    "kddwww-item": 0.770,
    "cranfield": 0.410,
    "scifact": 0.731,
}
MEANING_MEAN_FLOOR = 0.655
VECTORS = "PAPER_DIGEST_VECTORS"  #: names the folder where vectors of the collections are kept
LONG = frozenset({"cvconf", "scifact"})  #: collections of whose papers a model makes vectors for many minutes


@pytest.fixture(scope="module")
def relevance(captures: Path) -> Path:
    folder = captures / "relevance"
    if not folder.is_dir():
        pytest.skip(f"no labelled collections: the folder {folder} is missing")
    return folder


@cache
def collection(folder: Path) -> Collection:
    return load_collection(folder)


@cache
def ndcg(folder: Path) -> float:
    return evaluate(collection(folder)).ndcg


@pytest.mark.parametrize("name", FLOORS)
def test_the_ranking_of_a_collection_stays_above_its_floor(relevance: Path, name: str) -> None:
    assert ndcg(relevance / name) >= FLOORS[name]


def test_the_mean_over_the_collections_stays_above_its_floor(relevance: Path) -> None:
    assert np.mean([ndcg(relevance / name) for name in FLOORS]) >= MEAN_FLOOR


@cache
def meaning(folder: Path) -> Semantics:
    """Nearness in meaning for a collection; where a folder to keep them in is named, its vectors are made once."""
    if find_spec(PACKAGE) is None:
        pytest.skip("no model: pip install '.[semantic-test]'")
    keep = os.environ.get(VECTORS, "")
    if folder.name in LONG and not keep:
        pytest.skip(f"no vectors of the long collections: {VECTORS} names no folder to keep them in")
    encoder, kept = load_encoder(PACKAGED_MODEL), Path(keep) / f"{folder.name}.npz"
    if not keep:
        return Semantics(encoder=encoder, vectors=embed(collection(folder).papers, encoder))
    if not kept.is_file():
        made = embed(collection(folder).papers, encoder)
        vectors = np.array([np.frombuffer(vector, np.float32) for vector in made.values()])
        np.savez(kept, numbers=np.array(list(made)), vectors=vectors)
    with np.load(kept) as file:
        known = zip(file["numbers"].tolist(), file["vectors"], strict=True)
        return Semantics(encoder=encoder, vectors={number: vector.tobytes() for number, vector in known})


@cache
def ndcg_with_meaning(folder: Path) -> float:
    return evaluate(collection(folder), meaning(folder)).ndcg


@pytest.mark.parametrize("name", MEANING_FLOORS)
def test_the_ranking_by_words_and_meaning_stays_above_its_floor(relevance: Path, name: str) -> None:
    assert ndcg_with_meaning(relevance / name) >= MEANING_FLOORS[name]


def test_the_mean_with_meaning_stays_above_its_floor(relevance: Path) -> None:
    assert np.mean([ndcg_with_meaning(relevance / name) for name in MEANING_FLOORS]) >= MEANING_MEAN_FLOOR


@pytest.mark.parametrize("name", ["cvconf", "scifact"])
def test_the_match_means_what_it_says_on_collections_left_out_of_its_fit(relevance: Path, name: str) -> None:
    assert evaluate_calibration(collection(relevance / name)) <= 0.03


@pytest.mark.parametrize("name", ["cvconf", "scifact"])
def test_the_match_with_meaning_means_what_it_says_too(relevance: Path, name: str) -> None:
    assert evaluate_calibration(collection(relevance / name), meaning(relevance / name)) <= 0.03


@pytest.mark.parametrize(
    ("name", "votes", "floor"),
    [
        ("inspec-terms", 1, 0.520),
        ("inspec-terms", 3, 0.550),
        ("inspec-terms", 5, 0.570),
        ("inspec-terms", 10, 0.595),
        ("cvconf", 1, 0.767),
        ("cvconf", 3, 0.788),
        ("cvconf", 5, 0.785),
        ("cvconf", 10, 0.795),
    ],
)
def test_votes_improve_what_comes_later(relevance: Path, name: str, votes: int, floor: float) -> None:
    assert evaluate_feedback(collection(relevance / name), votes, at_least=10).ndcg >= floor


@pytest.mark.parametrize("size", [200, 500, 1400])
@pytest.mark.parametrize("name", ["cvconf", "inspec-terms", "scifact"])
def test_the_match_of_a_paper_hardly_moves_when_500_others_arrive(relevance: Path, name: str, size: int) -> None:
    papers = list(collection(relevance / name).papers)
    random.Random(7).shuffle(papers)
    readers = [by_words_alone(topic.profile) for topic in collection(relevance / name).topics]
    first, others, known = papers[:30], papers[30:430], CorpusStatistics.empty().with_papers(papers[530 : 530 + size])
    start = known.with_papers(first)
    later = start.with_papers(papers[430:530]).with_papers(others)
    before, after = matches(first, readers, start), matches([*first, *others], readers, later)
    moves = [abs(match - after.get(key, 0)) for key, match in before.items()]
    assert len(moves) > 100
    assert max(moves) <= 3


def by_words_alone(profile: Profile) -> RankingProfile:
    """A reader without acronyms: one that becomes known between two days makes papers match that did not."""
    keywords = tuple(replace(keyword, acronyms=False) for keyword in profile.keywords)
    return RankingProfile(profile=replace(profile, keywords=keywords, minimum_match=1))


def matches(papers: list, readers: list[RankingProfile], corpus: CorpusStatistics) -> dict[tuple[int, int], int]:  # type: ignore[type-arg]
    found = rank(PaperIndex(papers), readers, corpus, explain=True)
    return {(n, pick.paper): pick.match or 0 for n, ranking in enumerate(found) for pick in ranking.matched}
