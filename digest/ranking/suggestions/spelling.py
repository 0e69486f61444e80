"""Spelling: the keyword that a misspelt one was probably meant to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches

from digest.papers import Paper
from digest.ranking.corpus.term_codes import code, tokens

ALIKE = 0.8  #: ratio from which two words are one misspelt (difflib)
_SHORTEST = 4  #: shorter words have too many neighbours


def correction(term: str, papers: Iterable[Paper]) -> str:
    """Return the term with each unknown word replaced by the most alike word of the papers; empty without a change.

    "grph neural netwrok" -> "graph neural network"; a word is known when a paper has any inflection of it.
    """
    counts = Counter(token for paper in papers for token in tokens(f"{paper.title} {paper.abstract}"))
    known = {code(token) for token in counts}
    words = tokens(term)
    corrected = [word if code(word) in known else _most_alike(word, counts) for word in words]
    return "" if corrected == words or not all(corrected) else " ".join(corrected)


def _most_alike(word: str, counts: Counter[str]) -> str:
    if len(word) < _SHORTEST:
        return ""
    near = [token for token in counts if abs(len(token) - len(word)) <= 2]
    found = get_close_matches(word, near, n=1, cutoff=ALIKE)
    return found[0] if found else ""
