"""Keywords: what subscribers ask for, compiled into features with weights from the corpus statistics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from digest.profiles import Keyword
from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.corpus.paper_matrix import CompiledKeywords
from digest.ranking.corpus.term_codes import STOP, STOP_WORDS, asked_exactly, code, pairs, tokens

PAIR_WEIGHT = 0.5  #: what a pair of neighbours counts beside its two words
SHORTEST_COMPOUND, SHORTEST_PART = 5, 3  #: characters of a word that may be written as two, and of the second part

Unit = tuple[int, ...]  # the code of a word, or those of the two parts of one


class KeywordForm(NamedTuple):
    """One way to write a keyword."""

    keyword: int
    units: tuple[Unit, ...]
    acronym: bool = False


def compile_keywords(keywords: Sequence[Keyword], corpus: CorpusStatistics) -> CompiledKeywords:
    """Return the keywords with the weights that the corpus statistics give to their words and pairs."""
    forms = _forms(keywords, corpus)
    owner = np.repeat(np.arange(len(forms)), [len(form.units) for form in forms])
    units = [unit for form in forms for unit in form.units]
    first, last = (np.array([unit[end] for unit in units], dtype=np.uint64) for end in (0, -1))
    divided = np.array([len(unit) > 1 for unit in units], dtype=np.bool_)
    single = np.where(divided, pairs(first, last), first)
    adjacent = owner[:-1] == owner[1:]
    double = pairs(last[:-1], first[1:])[adjacent]
    features = np.concatenate([single, double])
    owners = np.concatenate([owner, owner[:-1][adjacent]]).astype(np.int64)
    is_word = np.arange(len(features)) < len(single)
    weights = corpus.inverse_frequencies(features) * np.where(is_word, 1.0, PAIR_WEIGHT)
    order = np.argsort(owners, kind="stable")
    totals = np.asarray(np.bincount(owners, weights=weights, minlength=len(forms)), dtype=np.float64)
    keyword = np.array([form.keyword for form in forms], dtype=np.int64)
    return CompiledKeywords(
        forms=tuple(tuple(code for unit in form.units for code in unit) for form in forms),
        acronym=np.array([form.acronym for form in forms], dtype=np.bool_),
        keyword=keyword,
        owner=owners[order],
        features=features[order],
        weights=weights[order],
        words=is_word[order],
        maxima=totals[np.searchsorted(keyword, np.arange(len(keywords)))] if forms else np.empty(0),
    )


def _forms(keywords: Sequence[Keyword], corpus: CorpusStatistics) -> list[KeywordForm]:
    """Return the forms of all keywords in order; those with a compound that no paper was seen to have are left out."""
    forms: list[KeywordForm] = []
    doubtful: list[int] = []  # for each form the feature that papers must be known to have; 0 for none
    for number, keyword in enumerate(keywords):
        exact = asked_exactly(keyword.term)
        written = ((exact,),) if exact else _units(keyword.term)
        compounds = [] if exact else list(_compounds(keyword.term))
        others = corpus.acronyms.other_forms(keyword.term) if keyword.acronyms else ()
        forms.append(KeywordForm(number, written))
        forms += [KeywordForm(number, units) for _, units in compounds]
        forms += [KeywordForm(number, _units(other), acronym=True) for other in others]
        doubtful += [0, *(feature for feature, _ in compounds), *(0 for _ in others)]
    needed = np.array(doubtful, dtype=np.uint64)
    usable = (needed == 0) | (corpus.frequencies.of(needed) > 0)
    return [form for form, use in zip(forms, usable.tolist(), strict=True) if use]


def _content(term: str) -> list[str]:
    every = tokens(term)
    return [token for token in every if token not in STOP_WORDS] or every


def _units(term: str) -> tuple[Unit, ...]:
    return tuple((code(token),) for token in _content(term))


def _compounds(term: str) -> Iterator[tuple[int, tuple[Unit, ...]]]:
    """Yield other spellings of a term: two of its words as one, one of its words as two; each with its feature."""
    words = _content(term)
    units = _units(term)
    for place, (one, other) in enumerate(pairwise(words)):
        joined = code(one + other)
        yield joined, (*units[:place], (joined,), *units[place + 2 :])
    for place, word in enumerate(words):
        for pair, parts in _divided(word):
            yield pair, (*units[:place], parts, *units[place + 1 :])


@lru_cache(maxsize=1 << 16)
def _divided(word: str) -> tuple[tuple[int, Unit], ...]:
    """Return the ways to write a word as two, neither a stop word: the code of the pair, and of its parts."""
    if len(word) < SHORTEST_COMPOUND or not word.isascii() or not word[0].isalpha():
        return ()
    parts = [(code(word[:end]), code(word[end:])) for end in range(1, len(word) - SHORTEST_PART + 1)]
    kept = [two for two in parts if not (two[0] | two[1]) & int(STOP)]
    if not kept:
        return ()
    first, second = np.array(kept, dtype=np.uint64).T
    return tuple(zip(pairs(first, second).tolist(), kept, strict=True))
