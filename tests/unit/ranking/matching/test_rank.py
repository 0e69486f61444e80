"""Papers and readers in, picks with reasons out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.issues import LeftOut, ReasonKind
from digest.papers import Popularity
from digest.profiles import Profile
from digest.ranking import CorpusStatistics, PaperIndex, Ranking, RankingProfile, Vote, rank
from digest.ranking.matching import interest_index
from tests.unit.ranking.samples import LISTING, paper, wanting

CORPUS = CorpusStatistics.empty().with_papers(LISTING)


def ranked(profile: Profile, **more: object) -> Ranking:
    reader = RankingProfile(profile=profile, **more)  # type: ignore[arg-type]
    return rank(LISTING, [reader], CORPUS, explain=True)[0]


def numbers(ranking: Ranking) -> list[int]:
    return [pick.paper for pick in ranking.picks]


def test_the_best_paper_comes_first_and_others_are_not_padded() -> None:
    found = ranked(wanting("learning rate"))
    assert numbers(found) == [1, 3]
    assert found.considered == 6


def test_contributions_add_up_to_the_match() -> None:
    found = ranked(wanting("hyperparameter optimization", ("learning", 2), "federated", authors=("Ada Example",)))
    assert found.picks
    for pick in found.picks:
        assert sum(reason.contribution for reason in pick.reasons) == pytest.approx(pick.match, abs=1e-6)


def test_reasons_come_strongest_first_with_field_and_place() -> None:
    pick = ranked(wanting("graph neural network", "solubility")).picks[0]
    assert [reason.term for reason in pick.reasons] == ["graph neural network", "solubility"]
    first, second = pick.reasons
    assert (first.field, first.matched) == ("title", "Graph Neural Networks")
    assert LISTING[1].title[first.start : first.end] == first.matched
    assert (second.field, LISTING[1].abstract[second.start : second.end]) == ("abstract", "solubility")


SAID = {
    "all-in-one-place": ("learning rate", 1, ("Learning Rates", True, True)),
    "in-another-order": ("networks deep", 1, ("deep networks", True, True)),
    "in-two-places": ("graph of solubility", 2, ("Graph … solubility", True, False)),
    "a-large-part": ("quantum solubility of a neural network", 2, ("solubility … Neural Networks", False, False)),
    "one-word-of-two": ("telephone rate", 1, ("Rates", False, False)),
    "the-short-form": ("GAN", 4, ("GAN", True, True)),
}


@pytest.mark.parametrize(("term", "number", "expected"), SAID.values(), ids=SAID)
def test_a_reason_says_how_much_of_a_keyword_the_paper_has(
    term: str, number: int, expected: tuple[str, bool, bool]
) -> None:
    [pick] = [pick for pick in ranked(wanting(term)).matched if pick.paper == number]
    [reason] = pick.reasons
    assert (reason.shown_text, reason.share == 1, reason.is_whole) == expected
    assert pick.interest == (term if reason.is_whole else "")


def test_the_writing_of_which_a_paper_has_more_is_the_reason() -> None:
    known = [paper(n, f"Large language models (LLMs) for {word}") for n, word in enumerate("abcdefgh", start=10)]
    short = paper(30, "LLMs that write", "A model that writes is a writer.")
    found = rank([short], [RankingProfile(profile=wanting("large language model"))], CORPUS.with_papers(known))[0]
    [reason] = found.picks[0].reasons
    assert (reason.kind, reason.shown_text, reason.share) == (ReasonKind.ACRONYM, "LLMs", 1)


def test_a_paper_up_to_the_cursor_does_not_count() -> None:
    found = ranked(wanting("learning rate"), cursor=1)
    assert numbers(found) == [3]
    assert found.considered == 5
    assert found.left_out[1] is LeftOut.ALREADY_CONSIDERED


def test_readers_of_one_call_have_their_own_cursors() -> None:
    readers = [RankingProfile(profile=wanting("learning rate"), cursor=cursor) for cursor in (0, 1, 3)]
    assert [numbers(found) for found in rank(LISTING, readers, CORPUS)] == [[1, 3], [3], []]


def test_a_paper_that_an_earlier_issue_did_not_deliver_is_considered_again() -> None:
    found = ranked(wanting("learning rate"), cursor=5, again=frozenset({3, 99}))
    assert numbers(found) == [3]
    assert found.considered == len(LISTING) - 5 + 1
    alone = rank(LISTING, [RankingProfile(profile=wanting("learning rate"), cursor=5, again=frozenset({3}))], CORPUS)[0]
    assert numbers(alone) == [3]


def test_readers_ranked_together_get_what_each_gets_alone() -> None:
    profiles = [wanting("graph"), wanting("retrieval", exclude=("survey",)), Profile(), wanting("learning", "organ")]
    readers = [RankingProfile(profile=profile) for profile in profiles]
    assert rank(LISTING, readers, CORPUS) == [rank(LISTING, [reader], CORPUS)[0] for reader in readers]


@pytest.mark.parametrize(
    ("term", "excluded"),
    [
        pytest.param("GAN", [4], id="acronym-but-not-in-organ-or-elegant"),
        pytest.param("federated learning", [3], id="two-words-in-sequence"),
        pytest.param("learning federated", [], id="the-order-counts"),
        pytest.param("graph neural network", [2], id="three-words-inflected"),
        pytest.param("neural graph network", [], id="three-words-in-another-order"),
        pytest.param("...", [], id="nothing-to-exclude"),
    ],
)
def test_an_excluded_term_is_whole_stemmed_words_in_sequence(term: str, excluded: list[int]) -> None:
    wanted = wanting("graph", "learning", "diffusion", "organ", exclude=(term,))
    found = ranked(wanted)
    assert sorted(n for n, why in found.left_out.items() if why is LeftOut.EXCLUDED) == excluded
    assert not set(excluded) & set(numbers(found))


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        pytest.param("Frank Sample", [1, 3], id="full-name-and-initial"),
        pytest.param("Sample, Frank", [1, 3], id="family-name-first"),
        pytest.param("Fiona Sample", [3], id="same-initial-only"),
        pytest.param("Sample", [1, 3], id="family-name-alone"),
        pytest.param("Ada Sample", [], id="another-person"),
    ],
)
def test_an_author_who_is_followed_is_a_reason_of_its_own(author: str, expected: list[int]) -> None:
    found = ranked(Profile(authors=(author,), minimum_match=60))
    assert sorted(numbers(found)) == expected
    assert all(pick.reasons[0].kind is ReasonKind.AUTHOR for pick in found.picks)


def test_a_category_alone_is_a_wish_and_beside_keywords_a_hint() -> None:
    alone = ranked(Profile(categories=("cs.LG",)))
    beside = ranked(wanting("retrieval", categories=("cs.LG",)))
    assert sorted(numbers(alone)) == [1, 2]
    assert numbers(beside)[0] == 5


def test_a_parent_category_has_all_of_its_own() -> None:
    assert sorted(numbers(ranked(Profile(categories=("cs",), minimum_match=0)))) == [1, 2, 3, 4, 5, 6]


def test_the_minimum_match_holds_back_weak_papers_and_says_so() -> None:
    everything = ranked(wanting("learning rate", "graph", "organ"))
    middle = sorted(pick.match or 0 for pick in everything.picks)[1] + 1
    held = ranked(wanting("learning rate", "graph", "organ", minimum_match=middle))
    assert all((pick.match or 0) >= middle for pick in held.picks)
    assert LeftOut.BELOW_MINIMUM in held.left_out.values()
    assert set(held.left_out) | {p.paper for p in held.picks} == {p.number for p in LISTING}


def test_more_papers_than_asked_for_become_rows_and_a_number() -> None:
    papers = [paper(n, f"Sparse retrieval, part {word}") for n, word in enumerate("abcdefghijkl", start=1)]
    found = rank(papers, [RankingProfile(profile=wanting("retrieval", papers=4))], CORPUS, explain=True)[0]
    assert (len(found.picks), len(found.also), found.more) == (4, 5, 3)
    assert sum(why is LeftOut.BEYOND_LENGTH for why in found.left_out.values()) == 3


def test_each_interest_is_served_before_the_strongest_gets_all_places() -> None:
    crowd = [paper(n, f"Retrieval of passages {word}", "retrieval") for n, word in enumerate("abcdef", start=10)]
    lonely = paper(20, "On many unrelated things and solubility", "Words about everything else there is to say.")
    wanted = wanting("retrieval", "solubility", papers=3)
    found = rank([*crowd, lonely], [RankingProfile(profile=wanted)], CORPUS.with_papers([*crowd, lonely]))[0]
    assert {pick.interest for pick in found.picks} == {"retrieval", "solubility"}
    assert [pick.match for pick in found.picks] == sorted((p.match or 0 for p in found.picks), reverse=True)


def test_nearly_identical_papers_come_once() -> None:
    original = LISTING[0]
    again = replace(original, number=7, key="title:copy", title=original.title + " (Extended)")
    found = rank([*LISTING, again], [RankingProfile(profile=wanting("learning rate"))], CORPUS, explain=True)[0]
    assert len({1, 7} & set(numbers(found))) == 1
    assert LeftOut.NEAR_IDENTICAL in found.left_out.values()


def test_an_empty_profile_gets_what_is_trending_in_order() -> None:
    found = ranked(Profile(papers=4))
    assert found.picks == ()
    assert [pick.paper for pick in found.trending] == [1, 2, 3, 4]
    assert [pick.match for pick in found.trending] == [None] * 4
    assert found.trending[0].trending == "12 votes, 5 of them new"


def test_a_trending_section_stands_beside_the_picks_and_repeats_none() -> None:
    found = ranked(wanting("graph", trending=True))
    assert numbers(found) == [2]
    assert [pick.paper for pick in found.trending] == [1, 3, 4]


def test_trending_keeps_to_the_cursor_and_the_excluded_terms() -> None:
    found = ranked(wanting("graph", trending=True, exclude=("GAN",)), cursor=1)
    assert [pick.paper for pick in found.trending] == [3]


def test_a_paper_that_nothing_sets_apart_is_not_trending_beside_picks() -> None:
    papers = [replace(p, popularity=Popularity()) for p in LISTING]
    assert rank(papers, [RankingProfile(profile=wanting("graph", trending=True))], CORPUS)[0].trending == ()


def test_unknown_words_give_an_empty_ranking() -> None:
    found = ranked(wanting("xylophagous brontosaurs"))
    assert (found.picks, found.also, found.more) == ((), (), 0)
    assert set(found.left_out.values()) == {LeftOut.NO_MATCH}


def test_ranking_time_works_before_anything_was_seen() -> None:
    found = rank(LISTING, [RankingProfile(profile=wanting("learning rate"))], CorpusStatistics.empty())[0]
    assert numbers(found) == [1, 3]


def test_no_papers_and_no_readers_are_no_error() -> None:
    assert rank([], [RankingProfile(profile=wanting("graph"))], CORPUS) == [Ranking()]
    assert rank(LISTING, [], CORPUS) == []


def test_a_stored_calibration_is_used_as_long_as_it_is_of_this_profile() -> None:
    reader = RankingProfile(profile=wanting("learning rate"), votes=(Vote(paper=LISTING[1], value=1),))
    calibration = rank(LISTING, [reader], CORPUS)[0].calibration
    again = rank(LISTING, [replace(reader, calibration=calibration)], CORPUS)[0]
    assert calibration is not None
    assert again.calibration is calibration
    other = RankingProfile(profile=wanting("graph"), votes=reader.votes, calibration=calibration)
    assert rank(LISTING, [other], CORPUS) == rank(LISTING, [replace(other, calibration=None)], CORPUS)
    assert rank(LISTING, [other], CORPUS)[0].calibration != calibration


def test_a_reader_without_votes_needs_no_calibration() -> None:
    assert rank(LISTING, [RankingProfile(profile=wanting("learning rate"))], CORPUS)[0].calibration is None


def test_each_of_many_readers_gets_what_they_get_alone() -> None:
    """Also of two equally strong keywords the one that stands first in the profile."""
    profile_matrix = [("graph", "learning rate"), ("learning rate", "graph", "learning rate"), ("solubility",), ()]
    profiles = [wanting(*terms, authors=("Ada Example",)[: n % 2]) for n, terms in enumerate(profile_matrix)]
    readers = [RankingProfile(profile=p, votes=v) for p in profiles for v in ((), (Vote(paper=LISTING[1], value=1),))]
    alone = [rank(LISTING, [reader], CORPUS, explain=True)[0] for reader in readers]
    assert rank(LISTING, readers, CORPUS, explain=True) == alone
    assert rank(LISTING, readers[::-1], CORPUS, explain=True) == alone[::-1]


def test_what_readers_share_is_given_up_when_it_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    index, readers = PaperIndex(LISTING), [RankingProfile(profile=wanting(term)) for term in ("graph", "learning rate")]
    roomy = [rank(index, [reader], CORPUS)[0] for reader in readers]
    shared = index.interest_index(CORPUS)
    monkeypatch.setattr(interest_index, "MOST_INTERESTS", 1)
    monkeypatch.setattr(interest_index, "MOST_FOUND", 0)
    assert [rank(index, [reader], CORPUS)[0] for reader in readers] == roomy
    assert index.interest_index(CORPUS) is not shared


def test_an_index_made_once_serves_many_calls() -> None:
    index = PaperIndex(LISTING)
    reader = RankingProfile(profile=wanting("learning rate"))
    assert rank(index, [reader], CORPUS) == rank(LISTING, [reader], CORPUS)


def test_a_vote_changes_the_order_and_says_why() -> None:
    liked = paper(90, "Telephones and slow devices", "We study telephones: many slow devices train together.")
    plain, voted = (
        ranked(wanting("learning rate")),
        ranked(wanting("learning rate"), votes=(Vote(paper=liked, value=1),)),
    )
    reasons = {reason.kind: reason for pick in voted.picks if pick.paper == 3 for reason in pick.reasons}
    assert ReasonKind.LIKED in reasons
    assert reasons[ReasonKind.LIKED].contribution > 0
    assert not any(r.kind is ReasonKind.LIKED for pick in plain.picks for r in pick.reasons)


def test_a_vote_down_lowers_what_is_like_it() -> None:
    disliked = paper(90, "Federated learning on devices", "Federated devices, many devices, train on telephones.")
    votes = (Vote(paper=disliked, value=-1),)
    before = {pick.paper: pick.match or 0 for pick in ranked(wanting("learning rate")).picks}
    after = {pick.paper: pick for pick in ranked(wanting("learning rate"), votes=votes).matched}
    assert 3 not in after or (after[3].match or 0) < before[3]
    assert all(sum(r.contribution for r in pick.reasons) == pytest.approx(pick.match) for pick in after.values())


def test_a_vote_never_overrules_an_excluded_term() -> None:
    votes = (Vote(paper=LISTING[3], value=1),)
    assert 4 not in numbers(ranked(wanting("diffusion", exclude=("GAN",)), votes=votes))
