"""Acronyms are read from definitions and kept apart where they have two meanings."""

from __future__ import annotations

import pytest

from digest.ranking.corpus.acronyms import Acronyms, definitions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We use self-supervised learning (SSL) here", [("SSL", "self-supervised learning")]),
        ("Contrastive Language-Image Pre-training (CLIP)", [("CLIP", "Contrastive Language-Image Pre-training")]),
        ("a vision-language-action (VLA) policy", [("VLA", "vision-language-action")]),
        ("autoregressive (AR) models", [("AR", "autoregressive")]),
        ("the method (Ours) and others (see below)", []),
    ],
)
def test_a_definition_has_the_whole_words_of_its_long_form(text: str, expected: list[tuple[str, str]]) -> None:
    assert definitions(text) == expected


def mined(*texts: str) -> Acronyms:
    return Acronyms().with_texts(text for text in texts for _ in range(5))


@pytest.mark.parametrize(
    "texts",
    [
        ("self-supervised learning (SSL)", "semi-supervised learning (SSL)"),
        ("augmented reality (AR)", "autoregressive (AR)"),
    ],
)
def test_a_short_form_with_two_meanings_stands_for_neither(texts: tuple[str, str]) -> None:
    known = mined(*texts)
    assert known.other_forms(texts[0][-4:-1].strip("(")) == ()
    assert known.other_forms(texts[0].partition(" (")[0]) == ()


@pytest.mark.parametrize(
    ("term", "other"),
    [("TLA", "three letter acronym"), ("TLAs", "three letter acronym"), ("three-letter acronyms", "TLA")],
)
def test_each_form_leads_to_the_other(term: str, other: str) -> None:
    assert mined("a three letter acronym (TLA)").other_forms(term) == (other,)
