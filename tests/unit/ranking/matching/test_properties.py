"""What holds for every listing and every profile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.papers import Paper
from digest.profiles import Keyword, Profile
from digest.ranking import CorpusStatistics, Ranking, RankingProfile, Vote, rank
from digest.ranking.corpus.term_codes import codes, term_codes
from digest.ranking.matching import trending
from digest.ranking.matching.exclusion import papers_with
from digest.ranking.matching.paper_index import PaperIndex
from tests.unit.ranking.samples import LISTING, paper

WORDS = "graph graphs network deep learning rate diffusion model models retrieval GAN poincaré of the systems".split()
phrases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
texts = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
keywords = st.builds(Keyword, term=phrases, weight=st.floats(0.1, 10), acronyms=st.booleans())
profiles = st.builds(
    Profile,
    keywords=st.lists(keywords, max_size=4).map(tuple),
    exclude=st.lists(phrases, max_size=2).map(tuple),
    authors=st.lists(st.sampled_from(["Ada Example", "Frank Sample"]), max_size=1).map(tuple),
    categories=st.lists(st.sampled_from(["cs", "cs.LG"]), max_size=1).map(tuple),
    minimum_match=st.integers(0, 100),
    papers=st.integers(1, 5),
    trending=st.booleans(),
)


@st.composite
def listings(draw: Any) -> list[Paper]:
    drawn = draw(st.lists(st.tuples(texts, texts, st.booleans()), min_size=1, max_size=8))
    return [
        paper(n, title, abstract, authors=("Ada Example",) if known else (), categories=("cs.LG",) if known else ())
        for n, (title, abstract, known) in enumerate(drawn, start=1)
    ]


def ranked(papers: list[Paper], profile: Profile, votes: tuple[Vote, ...] = (), *, explain: bool = False) -> Ranking:
    corpus = CorpusStatistics.empty().with_papers([*LISTING, *papers])
    return rank(papers, [RankingProfile(profile=profile, votes=votes)], corpus, explain=explain)[0]


def shown(ranking: Ranking) -> set[int]:
    return {pick.paper for pick in (*ranking.picks, *ranking.also, *ranking.trending)}


votes = st.lists(
    st.tuples(st.sampled_from(LISTING), st.sampled_from([1, -1])), max_size=3, unique_by=lambda v: v[0].key
)
cast = votes.map(lambda pairs: tuple(Vote(paper=p, value=v) for p, v in pairs))


@settings(max_examples=30, deadline=None)
@given(listings(), profiles, cast)
def test_reasons_always_add_up_to_a_match_between_1_and_100(
    papers: list[Paper], profile: Profile, given_votes: tuple[Vote, ...]
) -> None:
    for pick in ranked(papers, profile, given_votes, explain=True).matched:
        assert pick.match is not None
        assert 1 <= pick.match <= 100
        assert sum(reason.contribution for reason in pick.reasons) == pytest.approx(pick.match, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(listings(), profiles, cast)
def test_an_excluded_term_never_gets_through(
    papers: list[Paper], profile: Profile, given_votes: tuple[Vote, ...]
) -> None:
    index = PaperIndex(papers)
    barred = {index.papers[place].number for term in profile.exclude for place in papers_with(term, index)}
    assert not barred & shown(ranked(papers, profile, given_votes))


@settings(max_examples=30, deadline=None)
@given(listings(), profiles, st.randoms())
def test_the_order_of_the_input_plays_no_part(papers: list[Paper], profile: Profile, random: Any) -> None:
    shuffled = list(papers)
    random.shuffle(shuffled)
    corpus = CorpusStatistics.empty().with_papers([*LISTING, *papers])
    reader = RankingProfile(profile=profile)
    assert rank(shuffled, [reader], corpus) == rank(papers, [reader], corpus)


@settings(max_examples=200, deadline=None)
@given(listings(), profiles.filter(lambda p: p.keywords), st.floats(1.1, 10))
def test_more_weight_never_lowers_a_paper_beneath_one_without_that_keyword(
    papers: list[Paper], profile: Profile, factor: float
) -> None:
    heavier = replace(profile.keywords[0], weight=profile.keywords[0].weight * factor)
    after_profile = replace(profile, keywords=(heavier, *profile.keywords[1:]))
    before, after = (ranked(papers, p, explain=True).matched for p in (profile, after_profile))
    term = heavier.term
    having = {p.paper for p in before if any(r.term == term for r in p.reasons)}
    places = {pick.paper: place for place, pick in enumerate(after)}
    order = [pick.paper for pick in before]
    for number, upper in enumerate(order):
        for lower in order[number + 1 :]:
            if upper in having and lower not in having:
                assert places[upper] < places[lower]


@settings(max_examples=20, deadline=None)
@given(listings(), st.floats(0.1, 100))
def test_the_weight_of_an_only_keyword_changes_nothing(papers: list[Paper], weight: float) -> None:
    one, other = (Profile(keywords=(Keyword(term="graph network", weight=w),), minimum_match=0) for w in (1.0, weight))
    assert [(p.paper, p.match) for p in ranked(papers, one).picks] == [
        (p.paper, p.match) for p in ranked(papers, other).picks
    ]


@settings(max_examples=100, deadline=None)
@given(listings(), st.one_of(phrases, st.text(min_size=1, max_size=30)))
def test_a_keyword_finds_every_paper_that_has_all_of_it_and_none_that_has_nothing_of_it(
    papers: list[Paper], term: str
) -> None:
    index, wanted = PaperIndex(papers), set(term_codes(term))
    having_all = {index.papers[place].number for place in papers_with(term, index)}
    having_some = {p.number for p in papers if wanted & set(codes(f"{p.title} {p.abstract}").tolist())}
    found = ranked(papers, Profile(keywords=(Keyword(term=term, acronyms=False),), minimum_match=0), explain=True)
    assert having_all <= {pick.paper for pick in found.matched} <= having_some


@settings(max_examples=50, deadline=None)
@given(listings(), st.one_of(phrases, st.text(min_size=1, max_size=30)), profiles)
def test_a_term_both_wanted_and_excluded_is_excluded(papers: list[Paper], term: str, profile: Profile) -> None:
    index = PaperIndex(papers)
    contrary = replace(profile, keywords=(*profile.keywords, Keyword(term=term)), exclude=(term,), authors=(term,))
    found = ranked(papers, contrary)
    assert not {index.papers[place].number for place in papers_with(term, index)} & shown(found)


@settings(max_examples=30, deadline=None)
@given(listings(), st.lists(st.text("bcdfghjk", min_size=5, max_size=9), min_size=1, max_size=3), st.booleans())
def test_unknown_words_give_an_empty_issue(papers: list[Paper], unknown: list[str], together: bool) -> None:
    terms = [" ".join(unknown)] if together else list(dict.fromkeys(unknown))
    found = ranked(papers, Profile(keywords=tuple(Keyword(term=term) for term in terms), minimum_match=0))
    assert shown(found) == set()
    assert found.considered == len(papers)


@settings(max_examples=30, deadline=None)
@given(listings(), profiles)
def test_a_profile_without_keywords_gets_the_trending_issue(papers: list[Paper], profile: Profile) -> None:
    index = PaperIndex(papers)
    empty = replace(profile, keywords=(), authors=(), categories=())
    barred = {index.papers[place].number for term in empty.exclude for place in papers_with(term, index)}
    found = ranked(papers, empty)
    wanted = [index.papers[place].number for place in trending.order(index.papers)]
    assert [pick.paper for pick in found.trending] == [n for n in wanted if n not in barred][: empty.papers]
    assert (found.picks, found.also) == ((), ())


@settings(max_examples=20, deadline=None)
@given(listings(), profiles)
def test_a_profile_without_votes_is_as_if_votes_did_not_exist(papers: list[Paper], profile: Profile) -> None:
    kinds = {r.kind.value for pick in ranked(papers, profile, explain=True).matched for r in pick.reasons}
    assert not kinds & {"liked", "disliked", "semantic"}


@settings(max_examples=20, deadline=None)
@given(listings(), profiles)
def test_issues_are_never_padded_or_too_long(papers: list[Paper], profile: Profile) -> None:
    found = ranked(papers, profile)
    assert len(found.picks) <= profile.papers
    assert all((pick.match or 0) >= profile.minimum_match for pick in (*found.picks, *found.also))
    assert len(found.picks) + len(found.also) + found.more <= found.considered
