"""The sentences that a card shows: the idea and the result, in the author's words and order, within the columns."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.rendering.excerpts import beginning, columns_of
from digest.rendering.key_sentences import GAP, key_sentences, without_lead_in

BACKGROUND = "Fruit flies are a common model of animal vision, and their eyes have been drawn for more than a century."
PROBLEM = "However, drawing them by hand remains a challenging problem."
IDEA = "In this paper, we propose Facet, a method that draws the eye of a fly from a handful of photographs."
DETAIL = "Photographs are aligned by their bristles."
RESULT = "Facet outperforms drawing by hand on 12 of 14 flies and is 30 times faster."
CODE = "Code is publicly available at https://example.org/facet."
ABSTRACT = " ".join((BACKGROUND, PROBLEM, IDEA, DETAIL, RESULT, CODE))


def test_the_idea_and_the_result_are_shown_in_the_order_of_the_text() -> None:
    shown = key_sentences(ABSTRACT, 280)
    assert shown.text.startswith("We propose Facet, a method that draws the eye of a fly")
    assert RESULT in shown.text
    assert shown.text.index("We propose") < shown.text.index(RESULT)
    assert BACKGROUND not in shown.text
    assert PROBLEM not in shown.text


def test_the_spans_are_the_sentences_that_are_shown() -> None:
    spans = key_sentences(ABSTRACT, 190).spans
    assert [ABSTRACT[start:end] for start, end in spans] == [IDEA, RESULT]


def test_sentences_that_do_not_follow_each_other_have_an_ellipsis_between_them() -> None:
    assert f"photographs.{GAP}{RESULT}" in key_sentences(ABSTRACT, 190).text


def test_a_third_sentence_is_added_whole_where_it_fits() -> None:
    assert DETAIL in key_sentences(ABSTRACT, 280).text


def test_where_both_do_not_fit_the_idea_keeps_half_and_both_are_cut_at_a_word() -> None:
    idea = "We propose " + " ".join(f"word{n}" for n in range(60)) + "."
    result = "Our method outperforms " + " ".join(f"rival{n}" for n in range(60)) + "."
    shown = key_sentences(f"{BACKGROUND} {idea} {DETAIL} {result}", 280).text
    first, second = re.split("(?<=…) (?=Our)", shown)
    assert columns_of(shown) <= 280
    assert columns_of(first) >= 120
    assert second.startswith("Our method outperforms rival0")
    for part, whole in ((first, idea), (second, result)):
        assert part.endswith("…")
        assert set(part.removesuffix("…").split()) <= set(whole.split())


@pytest.mark.parametrize(
    "abstract",
    [
        pytest.param("Die Augen der Fliege sind bunt. " * 20, id="another language"),
        pytest.param("果蝇的眼睛由许多小眼组成。" * 40, id="wide characters"),
        pytest.param("On eyes. " * 60, id="nothing clear"),
    ],
)
def test_where_no_sentence_is_clear_the_beginning_is_shown(abstract: str) -> None:
    assert key_sentences(abstract.strip(), 280).text == beginning(abstract.strip(), 280)


def test_a_short_abstract_is_shown_whole() -> None:
    assert key_sentences(f"{BACKGROUND} {IDEA}", 420).text == f"{BACKGROUND} {IDEA}"


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("In this work, we introduce X.", "We introduce X."),
        ("Extensive experiments show that our method wins.", "Our method wins."),
        ("Results indicate that BERT wins.", "BERT wins."),
        ("In this paper, by using a trick, we win.", "In this paper, by using a trick, we win."),
        ("Our results show that one wins, and that two lose.", "Our results show that one wins, and that two lose."),
        ("Experiments on 12 flies show that the eye is round.", "Experiments on 12 flies show that the eye is round."),
    ],
)
def test_a_lead_in_is_left_off_only_where_the_rest_is_a_sentence(sentence: str, shown: str) -> None:
    assert without_lead_in(sentence) == shown


@given(
    st.lists(
        st.sampled_from((BACKGROUND, PROBLEM, IDEA, DETAIL, RESULT, CODE, "İstanbul! ", "眼睛。", "§ …")), max_size=12
    ),
    st.text(st.characters(categories=("Lu", "Ll", "Nd", "Zs"), exclude_characters="…"), max_size=200),
    st.sampled_from((280, 350, 420)),
)
def test_whatever_the_text_what_is_shown_fits_and_is_the_authors(parts: list[str], rest: str, columns: int) -> None:
    abstract = " ".join([*parts, rest]).strip()
    shown = key_sentences(abstract, columns)
    assert columns_of(shown.text) <= columns
    words = set(abstract.casefold().split())
    pieces = [piece.casefold().split() for piece in shown.text.split("…")]
    cut = {piece[-1] for piece in pieces if piece}  # the last before an ellipsis may have lost its end
    assert {word for piece in pieces for word in piece} - cut <= words
    assert all(0 <= start < end <= len(abstract) for start, end in shown.spans)
