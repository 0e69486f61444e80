from __future__ import annotations

import pytest

from digest.profiles import Keyword
from digest.ranking import CorpusStatistics, PaperIndex
from digest.ranking.corpus.acronyms import MINIMUM_SIGHTINGS
from digest.ranking.suggestions.keyword_diagnostics import diagnose_keywords
from tests.sites import TOPICS, paper

PAPERS = [paper(number, TOPICS[number % 4]) for number in range(1, 21)]
INDEX = PaperIndex(PAPERS)
CORPUS = CorpusStatistics.empty().with_papers(PAPERS)


@pytest.mark.parametrize(
    ("term", "everything", "first"),
    [
        pytest.param("grph neural netwrok", False, "graph neural network", id="misspelt"),
        pytest.param("quantum speech", False, "speech recognition", id="one word that papers have"),
        pytest.param("submarine", False, None, id="nothing like it"),
        pytest.param("unheard of", False, None, id="a stop word in all papers brings none of them near"),
        pytest.param("practice", True, None, id="in every paper"),
    ],
)
def test_a_keyword_that_tells_papers_apart_badly_is_named(term: str, everything: bool, first: str | None) -> None:
    [found] = diagnose_keywords([Keyword(term=term)], INDEX, CORPUS)
    assert (found.term, found.everything, found.share) == (term, everything, 100 if everything else 0)
    assert first is None or first in found.instead[0]
    assert first or everything or found.instead == ()
    assert term not in found.instead


def test_a_keyword_that_some_papers_have_needs_no_advice() -> None:
    assert (
        diagnose_keywords([Keyword(term="protein folding"), Keyword(term="graph neural network")], INDEX, CORPUS) == []
    )


@pytest.mark.parametrize(("acronyms", "advised"), [(True, 0), (False, 1)])
def test_a_short_form_is_known_by_its_long_one_unless_the_reader_wants_it_exact(acronyms: bool, advised: int) -> None:
    defining = [
        paper(100 + n, f"subject {n}", abstract="We use a graph neural network (GNN) here.")
        for n in range(MINIMUM_SIGHTINGS)
    ]
    corpus = CorpusStatistics.empty().with_papers([*PAPERS, *defining])
    assert len(diagnose_keywords([Keyword(term="GNN", acronyms=acronyms)], INDEX, corpus)) == advised


def test_without_papers_there_is_no_advice() -> None:
    assert diagnose_keywords([Keyword(term="anything")], PaperIndex([]), CorpusStatistics.empty()) == []
