"""Relevance on labelled collections never falls below what was reached.

The floors are pinned; lowering one is a decision that the change has to explain. How the parameters of the ranking
were chosen, and the figures of each collection when it is left out, is told in docs/ranking.md.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from digest.ranking import Background, PaperIndex, Reader, judge
from digest.ranking.collection import Collection
from digest.ranking.evaluation import evaluate, evaluate_calibration, evaluate_feedback
from digest.runs.evaluate import load_collection

FLOORS = {
    "cvconf": 0.735,
    "semanlink": 0.645,
    "inspec-terms": 0.472,
    "kddwww-item": 0.725,
    "cranfield": 0.380,
    "scifact": 0.690,
}
MEAN_FLOOR = 0.612


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


@pytest.mark.parametrize("name", ["cvconf", "scifact"])
def test_the_match_means_what_it_says_on_collections_left_out_of_its_fit(relevance: Path, name: str) -> None:
    assert evaluate_calibration(collection(relevance / name)) <= 0.03


@pytest.mark.parametrize(
    ("name", "votes", "floor"),
    [
        ("inspec-terms", 1, 0.515),
        ("inspec-terms", 3, 0.538),
        ("inspec-terms", 5, 0.560),
        ("inspec-terms", 10, 0.587),
        ("cvconf", 1, 0.765),
        ("cvconf", 3, 0.770),
        ("cvconf", 5, 0.780),
        ("cvconf", 10, 0.770),
    ],
)
def test_votes_improve_what_comes_later(relevance: Path, name: str, votes: int, floor: float) -> None:
    assert evaluate_feedback(collection(relevance / name), votes, at_least=10).ndcg >= floor


@pytest.mark.parametrize("name", ["cvconf", "inspec-terms", "scifact"])
def test_the_match_of_a_paper_hardly_moves_when_500_others_arrive(relevance: Path, name: str) -> None:
    papers = list(collection(relevance / name).papers)
    random.Random(7).shuffle(papers)
    readers = [Reader(profile=replace(need.profile, minimum_match=1)) for need in collection(relevance / name).needs]
    first, others, known = papers[:30], papers[30:430], Background.empty().with_papers(papers[430:1900])
    later = known.with_papers(papers[:30]).with_papers(papers[1900:2000] + others)
    before = matches(first, readers, known.with_papers(first))
    after = matches([*first, *others], readers, later)
    moves = [abs(match - after.get(key, 0)) for key, match in before.items()]
    assert len(moves) > 100
    assert max(moves) <= 3


def matches(papers: list, readers: list[Reader], background: Background) -> dict[tuple[int, int], int]:  # type: ignore[type-arg]
    found = judge(PaperIndex(papers), readers, background, explain=True)
    return {(n, pick.paper): pick.match or 0 for n, judgement in enumerate(found) for pick in judgement.matched}
