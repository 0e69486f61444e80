"""Highlighting: every place in a text where words of some terms stand, whatever their endings."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from digest.ranking.corpus.term_codes import Token, term_codes, words

_JOINS = frozenset(" -\u2010\u2011/\u00a0")  #: what may stand between two hits that are shown as one


def highlights(text: str, terms: Iterable[str]) -> list[tuple[int, int]]:
    """Return start and end, in characters, of each run of words that have a stem in common with one of the terms."""
    wanted = {code for term in terms for code in term_codes(term)}
    runs: list[tuple[int, int]] = []
    for word in _words(text):
        if word.code not in wanted:
            continue
        if runs and set(text[runs[-1][1] : word.start]) <= _JOINS:
            runs[-1] = (runs[-1][0], word.end)
        else:
            runs.append((word.start, word.end))
    return runs


@lru_cache(maxsize=512)
def _words(text: str) -> tuple[Token, ...]:
    return tuple(words(text))
