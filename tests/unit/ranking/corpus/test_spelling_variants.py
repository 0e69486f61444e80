"""Spellings of one word share a code; words that only look like spellings of each other do not."""

from __future__ import annotations

import pytest

from digest.ranking.corpus.spelling_variants import canonical
from digest.ranking.corpus.term_codes import code, tokens, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("optimisation", "optimization"),
        ("regularised", "regularized"),
        ("analysing", "analyzing"),
        ("behaviour", "behavior"),
        ("neighbourhoods", "neighborhood"),
        ("tumours", "tumor"),
        ("centre", "center"),
        ("centred", "centered"),
        ("fibres", "fiber"),
        ("modelling", "modeling"),
        ("catalogue", "catalog"),
        ("haemoglobin", "hemoglobin"),
        ("anaemia", "anemia"),
        ("oestrogen", "estrogen"),
        ("oedema", "edema"),
        ("paediatric", "pediatric"),
        ("archaeology", "archeology"),
        ("sulphate", "sulfate"),
        ("defence", "defense"),
        ("matrices", "matrix"),
        ("mice", "mouse"),
        ("vertices", "vertex"),
        ("hypotheses", "hypothesis"),
        ("syntheses", "synthesis"),
        ("phenomena", "phenomenon"),
        ("bacteria", "bacterium"),
        ("β", "beta"),
        ("TNFα", "TNFalpha"),
        ("Σ", "sigma"),
    ],
)
def test_two_spellings_of_a_word_share_a_code(one: str, other: str) -> None:
    [first], [second] = tokens(one), tokens(other)
    assert code(first) == code(second)


@pytest.mark.parametrize(
    "word", ["parameter", "contour", "four", "supervised", "precise", "exercise", "denoising", "size", "doses", "genre"]
)
def test_a_word_that_has_no_other_spelling_stays_as_it_is(word: str) -> None:
    assert canonical(word) == word


def test_a_word_of_greek_is_not_spelled_out() -> None:
    assert canonical("λογος") == "λογος"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("基于深度学习", ["基于", "于深", "深度", "度学", "学习"]),
        ("BERT模型", ["bert", "模型"]),
        ("기계 학습을", ["기계", "학습", "습을"]),
    ],
)
def test_unspaced_scripts_are_divided_into_bigrams(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_the_bigrams_keep_their_places() -> None:
    text = "医療における機械学習"
    assert [text[word.start : word.end] for word in words(text)][-3:] == ["機械", "械学", "学習"]
