"""Why: every paper has one outcome; the table is search_outcomes, sorted and cut into pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.issues import LeftOut
from digest.papers import Paper
from digest.profiles import Keyword, Profile
from digest.ranking import CorpusStatistics, PaperIndex, Ranking, RankingProfile, rank
from digest.web.preview.explanations import (
    PaperOutcome,
    outcome_counts,
    paper_outcomes,
    row_of,
    search_outcomes,
    sorted_outcomes,
)

SEEN = datetime(2026, 3, 9, tzinfo=UTC)
TITLES = {
    1: "Graph networks for chemistry",
    2: "Graph networks for traffic",
    3: "Speech in kitchens",
    4: "Graph networks by federated learning",
    5: "Graphs drawn by hand",
    6: "A survey of chairs",
}
PROFILE = Profile(
    keywords=(Keyword(term="graph networks"),), exclude=("federated learning",), minimum_match=20, papers=1
)


def paper(number: int, title: str) -> Paper:
    abstract = f"About {title.lower()}, and nothing else."
    return Paper(
        number=number,
        key=f"title:{number}",
        title=title,
        abstract=abstract,
        title_raw=title,
        abstract_raw=abstract,
        first_seen=SEEN,
        authors=("Ada Byron",),
    )


PAPERS = {number: paper(number, title) for number, title in TITLES.items()}


@pytest.fixture(scope="module")
def ranking() -> Ranking:
    papers = list(PAPERS.values())
    corpus = CorpusStatistics.empty().with_papers(papers)
    return rank(PaperIndex(papers), [RankingProfile(profile=PROFILE, cursor=1)], corpus, explain=True)[0]


@pytest.fixture
def found(ranking: Ranking) -> list[PaperOutcome]:
    return paper_outcomes(ranking, PAPERS, {1: "sent on 8 March"})


def test_every_paper_has_an_outcome_and_the_issue_stands_first(found: list[PaperOutcome]) -> None:
    assert {verdict.paper.number for verdict in found} == set(PAPERS)
    assert next(verdict.paper.number for verdict in found if verdict.shown) == found[0].paper.number
    outcomes = {verdict.paper.number: verdict.outcome for verdict in found}
    assert outcomes[1] == LeftOut.ALREADY_CONSIDERED
    assert outcomes[2] == "picked"
    assert outcomes[3] == LeftOut.NO_MATCH
    assert outcomes[4] == LeftOut.EXCLUDED


def test_a_paper_of_an_earlier_issue_says_when_it_was_sent(found: list[PaperOutcome]) -> None:
    labels = {verdict.paper.number: verdict.label for verdict in found}
    assert labels[1] == "already considered for an earlier issue (sent on 8 March)"
    assert labels[2] == "picked 1"


def test_an_excluded_paper_names_the_term_and_shows_where_it_stands(found: list[PaperOutcome]) -> None:
    excluded = next(verdict for verdict in found if verdict.paper.number == 4)
    assert excluded.label == "excluded by a term (“federated learning”)"
    assert "federated learning" in [segment.text for segment in row_of(excluded).title if segment.hit]


def test_reasons_of_papers_left_out_add_up_to_their_match(found: list[PaperOutcome]) -> None:
    matched = [verdict for verdict in found if verdict.match is not None]
    assert len(matched) >= 3
    for verdict in matched:
        assert sum(reason.contribution for reason in verdict.reasons) == pytest.approx(verdict.match, abs=1e-6)


SEARCHES = {
    "a word of the title": ("kitchens", {3}),
    "every word wanted": ("graph chemistry", {1}),
    "whatever the case": ("GRAPHS", {5}),
    "an author": ("byron", set(TITLES)),
    "a term of the reasons": ("networks", {1, 2, 4, 5}),
    "nothing": ("zebra", set()),
}


@pytest.mark.parametrize(("q", "numbers"), SEARCHES.values(), ids=SEARCHES.keys())
def test_papers_are_found_by(q: str, numbers: set[int], found: list[PaperOutcome]) -> None:
    assert {verdict.paper.number for verdict in search_outcomes(found, q, "")} == numbers


def test_an_outcome_is_picked_out_and_the_counts_cover_all(found: list[PaperOutcome]) -> None:
    counts = dict(outcome_counts(found))
    assert sum(counts.values()) == len(PAPERS)
    for outcome, count in counts.items():
        assert len(search_outcomes(found, "", outcome)) == count


def test_the_table_is_sorted_both_ways(found: list[PaperOutcome]) -> None:
    matches = [verdict.match or 0 for verdict in sorted_outcomes(found, "match")]
    assert matches == sorted(matches, reverse=True)
    assert [verdict.match or 0 for verdict in sorted_outcomes(found, "-match")] == sorted(matches)
    titles = [verdict.paper.title for verdict in sorted_outcomes(found, "paper")]
    assert titles == sorted(titles)
    assert sorted_outcomes(found, "colour") == found


def test_every_place_of_a_reason_is_marked_in_title_and_abstract(found: list[PaperOutcome]) -> None:
    row = row_of(next(verdict for verdict in found if verdict.paper.number == 2))
    assert [segment.text for segment in row.title if segment.hit] == ["Graph networks"]
    assert [segment.text for segment in row.abstract if segment.hit] == ["graph networks"]
    assert "".join(segment.text for segment in row.abstract) == PAPERS[2].abstract


def test_many_authors_are_counted() -> None:
    many = replace(PAPERS[1], authors=tuple(f"Author {number}" for number in range(20)))
    row = row_of(PaperOutcome(paper=many, match=None, reasons=(), outcome=LeftOut.NO_MATCH))
    assert row.authors.endswith("Author 7 and 12 more")
