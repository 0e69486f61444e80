"""A misspelt keyword is corrected with the words that papers have."""

from __future__ import annotations

import pytest

from digest.ranking.suggestions.keyword_diagnostics import correction
from tests.unit.ranking.samples import LISTING


@pytest.mark.parametrize(
    ("term", "corrected"),
    [
        pytest.param("federatd learning", "federated learning", id="a-letter-lost"),
        pytest.param("garph netwrok", "graph network", id="letters-swapped"),
        pytest.param("graphs", "", id="an-inflection-is-known"),
        pytest.param("Poincare", "", id="accents-do-not-matter"),
        pytest.param("xylophone", "", id="nothing-alike"),
        pytest.param("gnn", "", id="too-short-to-tell"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_unknown_words_become_the_most_alike_known_ones(term: str, corrected: str) -> None:
    assert correction(term, LISTING) == corrected
