"""Text becomes stems, and stems keep their places in the text."""

from __future__ import annotations

import pytest

from digest.ranking.corpus.term_codes import STOP, code, codes, fold, pairs, stem, term_codes, tokens, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Learning Rates", ["learning", "rates"], id="plain"),
        pytest.param("C++ and C# code", ["c++", "and", "c#", "code"], id="plus-and-hash-belong-to-the-word"),
        pytest.param("state-of-the-art", ["state", "of", "the", "art"], id="hyphens-divide"),
        pytest.param("Poincaré ﬁeld", ["poincare", "field"], id="accents-and-ligatures-fold"),
        pytest.param("snake_case", ["snake", "case"], id="underscores-divide"),
        pytest.param("a $\\alpha$-net, 3D", ["a", "alpha", "net", "3d"], id="digits-stay-with-letters"),
        pytest.param(" \n\t—…", [], id="nothing-to-read"),
    ],
)
def test_a_text_is_divided_into_folded_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("networks", "network"), ("optimisation", "optimise"), ("Learning", "learned"), ("GANs", "gan"), ("LLMs", "llm")],
)
def test_inflected_forms_share_a_code(one: str, other: str) -> None:
    assert code(fold(one)) == code(fold(other))


def test_stop_words_are_marked_and_left_out_of_terms() -> None:
    assert codes("the network")[0] & STOP
    assert term_codes("theory of the network") == [code("theory"), code("network")]


def test_a_term_of_stop_words_alone_keeps_them() -> None:
    assert term_codes("The Who") == [code("the"), code("who")]


def test_the_order_of_a_pair_counts() -> None:
    one, other = codes("graph"), codes("network")
    assert pairs(one, other) != pairs(other, one)


def test_stemming_follows_snowball() -> None:
    assert [stem(token) for token in ("generalization", "graphs", "bayesian")] == ["general", "graph", "bayesian"]


@pytest.mark.parametrize(
    "text",
    ["Deep Learning for all", "Poincaré balls — ﬁrst", "İstanbul’da ölçüm", "１２ full-width ＡＢ", "Ω(n²) e\u0301tat"],
)
def test_places_of_words_fit_the_text_as_given(text: str) -> None:
    found = words(text)
    assert [code(token) for token in tokens(text)] == [word.code for word in found]
    assert all(tokens(text[word.start : word.end]) for word in found)
    assert [tokens(text[word.start : word.end])[0] for word in found] == tokens(text)
