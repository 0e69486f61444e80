"""A keyword finds the papers that write it in another way, and no paper that only has its parts."""

from __future__ import annotations

import pytest

from digest.issues import LeftOut, ReasonKind
from digest.ranking import CorpusStatistics, Ranking, RankingProfile, rank
from tests.unit.ranking.samples import paper, wanting

OTHERS = [
    paper(100 + number, f"Notes on {subject} and what follows", f"A survey of {subject} with a short history.")
    for number, subject in enumerate("rivers bridges galaxies soils vaccines turbines poems markets".split())
]


def ranked(keyword: str, *titles: str, minimum: int = 1) -> tuple[Ranking, dict[str, int]]:
    """Return the ranking of papers with these titles for one keyword, and their numbers by title."""
    papers = [*OTHERS, *(paper(number, title, "Nothing else.") for number, title in enumerate(titles, start=1))]
    corpus = CorpusStatistics.empty().with_papers(papers)
    reader = RankingProfile(profile=wanting(keyword, minimum_match=minimum, papers=50))
    [found] = rank(papers, [reader], corpus, explain=True)
    return found, {title: number for number, title in enumerate(titles, start=1)}


@pytest.mark.parametrize(
    ("keyword", "title"),
    [
        ("pre-training", "On pretraining for law"),
        ("pretraining", "On pre-training for law"),
        ("multi agent", "Multiagent control of traffic"),
        ("dataset", "A new data set of roads"),
        ("data set", "Datasets of northern roads"),
        ("k-means", "Kmeans made fast"),
        ("kmeans", "k-means made fast"),
        ("reranking of passages", "Passages, and re-ranking of passages"),
        ("language model pretraining", "Language model pre-training in law"),
    ],
)
def test_a_compound_is_found_however_it_is_joined(keyword: str, title: str) -> None:
    found, _ = ranked(keyword, title)
    [pick] = found.picks
    [reason] = pick.reasons
    assert pick.paper == 1
    assert (reason.kind, reason.is_whole) == (ReasonKind.KEYWORD, True)
    assert reason.matched


@pytest.mark.parametrize(
    ("keyword", "title"),
    [
        ("dataset", "Data on every known set"),
        ("back-translation", "Translation of old letters"),
        ("few-shot learning", "Learning to read"),
        ("co-training", "Training for a race"),
    ],
)
def test_the_parts_of_a_keyword_alone_are_no_pick(keyword: str, title: str) -> None:
    found, numbers = ranked(keyword, title, "Other things")
    assert not found.picks
    assert found.left_out[numbers[title]] in (LeftOut.SCATTERED, LeftOut.NO_MATCH)


@pytest.mark.parametrize(
    ("keyword", "hit", "miss"),
    [
        (".NET", "Static checks of .NET assemblies", "A net for catching fish"),
        ("Go", "Bugs of concurrency in Go programs", "Where do the birds go in winter"),
        ("R", "A package of R for meadows", "The value of r in meadows"),
        ("C", "Memory bugs of C programs", "Memory bugs of C++ programs"),
        ("WHO", "Reports of the WHO on sleep", "The man who slept"),
    ],
)
def test_a_sign_or_capitals_make_another_word(keyword: str, hit: str, miss: str) -> None:
    found, numbers = ranked(keyword, hit, miss)
    [pick] = found.picks
    [reason] = pick.reasons
    assert pick.paper == numbers[hit]
    assert reason.matched == keyword.removeprefix(".")


def test_capitals_do_not_matter_for_any_other_keyword() -> None:
    found, _ = ranked("Diffusion", "On diffusion of heat")
    assert len(found.picks) == 1


def test_words_that_stand_apart_are_a_pick_only_when_the_match_is_high() -> None:
    apart, together = "Graphs of rare minerals and a network of roads", "Graph networks of roads"
    found, numbers = ranked("graph network", apart, together)
    assert [pick.paper for pick in found.picks] == [numbers[together]]
    assert found.left_out[numbers[apart]] is LeftOut.SCATTERED


def test_a_section_is_named_after_an_interest_that_a_paper_has_as_a_whole() -> None:
    papers = [*OTHERS, paper(1, "Graph networks of minerals", "A graph of roads; rare minerals.")]
    corpus = CorpusStatistics.empty().with_papers(papers)
    profile = wanting(("minerals of rare roads", 3.0), "graph network", minimum_match=1)
    [found] = rank(papers, [RankingProfile(profile=profile)], corpus)
    [pick] = found.picks
    assert pick.interest == "graph network"
