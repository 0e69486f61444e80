"""Statistics over every paper seen: exact, incremental, small to keep."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np

from digest.ranking import Calibration, CorpusStatistics, RankingProfile, Vote, rank
from digest.ranking.corpus.corpus_statistics import SAMPLE, SETTLED
from digest.ranking.corpus.document_frequencies import FIRST, LEAST_SHARE, UNSEEN_PAPERS
from digest.ranking.corpus.term_codes import codes, pairs
from tests.unit.ranking.samples import LISTING, paper, wanting

MANY = [paper(n, f"Paper number{n} on topic{n % 7}", "Words that all share.") for n in range(SAMPLE + 300)]


def test_frequencies_count_papers_not_repetitions() -> None:
    corpus = CorpusStatistics.empty().with_papers(LISTING)
    graph, learning, unseen = codes("graph learning xylophone")
    assert corpus.frequencies.of(np.array([graph, learning, unseen])).tolist() == [1, 2, 0]


def test_pairs_are_counted_too() -> None:
    corpus = CorpusStatistics.empty().with_papers(LISTING)
    pair = pairs(codes("learning"), codes("rate"))
    assert corpus.frequencies.of(pair).tolist() == [2]


def test_adding_in_two_steps_gives_what_one_step_gives() -> None:
    at_once = CorpusStatistics.empty().with_papers(LISTING)
    in_steps = CorpusStatistics.empty().with_papers(LISTING[:2]).with_papers(LISTING[2:])
    assert at_once.dump() == in_steps.dump()


def test_a_dump_gives_the_background_back() -> None:
    corpus = CorpusStatistics.empty().with_papers(LISTING)
    again = CorpusStatistics.load(corpus.dump())
    reader = RankingProfile(profile=wanting("learning rate", "graph"), votes=(Vote(paper=LISTING[0], value=1),))
    assert again.version == corpus.version
    assert again.lengths == corpus.lengths
    before, after = (rank(LISTING, [reader], known)[0] for known in (corpus, again))
    assert after == before
    assert after.calibration == before.calibration


def test_a_dump_from_before_papers_had_weights_counts_each_whole() -> None:
    corpus = CorpusStatistics.empty().with_papers(MANY)
    with np.load(io.BytesIO(corpus.dump())) as file:
        arrays = {name: file[name] for name in file.files if name != "weight"}
    target = io.BytesIO()
    np.savez(target, allow_pickle=False, **(arrays | {"counts": arrays["counts"] // 64}))
    assert CorpusStatistics.load(target.getvalue()).dump() == corpus.dump()


def test_the_first_papers_count_whole_and_later_ones_little_until_there_are_many() -> None:
    first = CorpusStatistics.empty().with_papers(MANY[:FIRST])
    later = first.with_papers(MANY[FIRST : FIRST + 500])
    assert (first.weight, first.weight_of_new_papers) == (FIRST, (FIRST + UNSEEN_PAPERS) / SETTLED)
    assert later.papers == FIRST + 500
    assert FIRST < later.weight < FIRST + 30
    assert FIRST < later.sample.features.count < FIRST + 60
    assert replace(later, weight=float(SETTLED)).weight_of_new_papers == 1


def test_the_weight_of_a_rare_word_keeps_to_a_bound() -> None:
    rare = codes("xylophone")
    few, many = (CorpusStatistics.empty().with_papers(MANY[:n]).inverse_frequencies(rare)[0] for n in (FIRST, 2_000))
    assert few < many < -np.log(LEAST_SHARE)


def test_no_papers_leave_the_version_alone() -> None:
    corpus = CorpusStatistics.empty().with_papers(LISTING)
    assert corpus.with_papers([]) is corpus
    assert corpus.with_papers([paper(7, "One more")]).version != corpus.version


def test_the_sample_is_bounded_and_few_newcomers_change_few_members() -> None:
    before = CorpusStatistics.empty().with_papers(MANY[:SAMPLE])
    after = before.with_papers(MANY[SAMPLE:])
    stayed = np.isin(before.sample.priorities, after.sample.priorities).sum()
    assert after.sample.features.count == SAMPLE
    assert SAMPLE - 300 <= stayed < SAMPLE


def test_a_calibration_survives_its_dump() -> None:
    reader = RankingProfile(profile=wanting("learning"), votes=(Vote(paper=LISTING[0], value=1),))
    calibration = rank(LISTING, [reader], CorpusStatistics.empty().with_papers(LISTING))[0].calibration
    assert calibration is not None
    assert Calibration.load(calibration.dump()) == calibration
    assert Calibration.load(b"of another form").fingerprint == -1
