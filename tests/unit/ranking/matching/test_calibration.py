"""The match means the same for a reader with one interest and with eight, on the first day and later."""

from __future__ import annotations

import pytest

from digest.papers import Paper
from digest.ranking import CorpusStatistics, RankingProfile, rank
from tests.unit.ranking.samples import paper, wanting

TOPICS = (
    "graph networks",
    "speech recognition",
    "protein folding",
    "normalizing flows",
    "federated learning",
    "quantum batteries",
    "object detection",
    "program synthesis",
)
OFF_TOPIC = "cacti counted from the air"


def about(number: int, topic: str) -> Paper:
    """A paper that has its topic in the title and twice in an abstract of usual length."""
    filler = "We measure what helps, report what does not, and release all data for others to build on. " * 5
    return paper(number, f"Better {topic.title()} in Practice", f"We study {topic}. {filler}Work on {topic} goes on.")


def listing(size: int) -> list[Paper]:
    """A listing in which each topic has one paper and the rest is about something else."""
    rest = [about(n, f"{OFF_TOPIC} of plot {n}") for n in range(9, size + 1)]
    return [*(about(n, topic) for n, topic in enumerate(TOPICS, 1)), *rest]


@pytest.mark.parametrize("size", [8, 70, 700])
@pytest.mark.parametrize("interests", [1, 2, 4, 8])
def test_a_paper_wholly_about_one_interest_passes_60_once_some_are_known(interests: int, size: int) -> None:
    papers = listing(size)
    corpus = CorpusStatistics.empty().with_papers(papers)
    [found] = rank(papers, [RankingProfile(profile=wanting(*TOPICS[:interests]))], corpus, explain=True)
    matches = {pick.paper: pick.match or 0 for pick in found.matched}
    assert min(matches[n] for n in range(1, interests + 1)) >= (60 if size > 8 else 55)
    assert all(match < 30 for number, match in matches.items() if number > 8)


def test_a_page_that_is_all_about_the_interest_still_has_its_best_papers_above_the_minimum() -> None:
    papers = [about(n, "learning rate schedules") for n in range(1, 40)]
    corpus = CorpusStatistics.empty().with_papers(papers)
    [found] = rank(papers, [RankingProfile(profile=wanting("learning rate schedules", "optimizers"))], corpus)
    assert found.picks[0].match is not None
    assert found.picks[0].match >= 45


def test_other_papers_of_the_day_hardly_move_a_match() -> None:
    papers = listing(600)
    reader = RankingProfile(profile=wanting("graph networks", "speech recognition"))
    early = rank(papers[:1], [reader], CorpusStatistics.empty().with_papers(papers[:100]))[0].picks[0].match
    late = rank(papers[:1], [reader], CorpusStatistics.empty().with_papers(papers))[0].picks[0].match
    assert early is not None
    assert late is not None
    assert abs(early - late) <= 3
