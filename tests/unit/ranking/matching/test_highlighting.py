"""Highlights: the words of terms, whatever their endings, neighbours as one."""

from __future__ import annotations

import pytest

from digest.ranking import highlights

CASES = {
    "other endings": ("We optimized learning rates.", ["learning rate"], ["learning rates"]),
    "apart from each other": ("A rate of learning", ["learning rate"], ["rate", "learning"]),
    "over a hyphen": ("fine-tuning helps", ["fine tuning"], ["fine-tuning"]),
    "not over a full stop": ("It learns. Rates differ.", ["learning rate"], ["learns", "Rates"]),
    "several terms": ("Graphs and images", ["image", "graph"], ["Graphs", "images"]),
    "accents": ("Poincaré maps", ["poincare"], ["Poincaré"]),
    "no part of a word": ("An organ is elegant", ["GAN"], []),
    "no terms": ("Anything", [], []),
    "no text": ("", ["graph"], []),
}


@pytest.mark.parametrize(("text", "terms", "marked"), CASES.values(), ids=CASES.keys())
def test_the_words_of_a_term_are_marked(text: str, terms: list[str], marked: list[str]) -> None:
    assert [text[start:end] for start, end in highlights(text, terms)] == marked
