"""Keywords: what subscribers ask for, compiled into features with weights from the corpus statistics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digest.profiles import Keyword
from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.corpus.features import Ints
from digest.ranking.corpus.paper_matrix import CompiledKeywords
from digest.ranking.corpus.term_codes import pairs, term_codes

PAIR_WEIGHT = 0.5  #: what a pair of neighbours counts beside its two words


def compile_keywords(keywords: Sequence[Keyword], corpus: CorpusStatistics) -> CompiledKeywords:
    """Return the keywords with the weights that the corpus statistics give to their words and pairs."""
    forms, keyword = _forms(keywords, corpus)
    listed = [term_codes(w) for w in forms]
    owner = np.repeat(np.arange(len(forms)), [len(c) for c in listed])
    single = np.array([c for codes in listed for c in codes], dtype=np.uint64)
    adjacent = owner[:-1] == owner[1:]
    double = pairs(single[:-1], single[1:])[adjacent]
    features = np.concatenate([single, double])
    owners = np.concatenate([owner, owner[:-1][adjacent]]).astype(np.int64)
    is_word = np.arange(len(features)) < len(single)
    weights = corpus.inverse_frequencies(features) * np.where(is_word, 1.0, PAIR_WEIGHT)
    order = np.argsort(owners, kind="stable")
    totals = np.asarray(np.bincount(owners, weights=weights, minlength=len(forms)), dtype=np.float64)
    first = np.searchsorted(keyword, np.arange(len(keywords)))
    return CompiledKeywords(
        forms=tuple(forms),
        keyword=keyword,
        owner=owners[order],
        features=features[order],
        weights=weights[order],
        words=is_word[order],
        maxima=totals[first] if len(forms) else np.empty(0),
    )


def _forms(keywords: Sequence[Keyword], corpus: CorpusStatistics) -> tuple[list[str], Ints]:
    forms, owner = [], []
    for place, keyword in enumerate(keywords):
        others = corpus.acronyms.other_forms(keyword.term) if keyword.acronyms else ()
        forms += [keyword.term, *others]
        owner += [place] * (1 + len(others))
    return forms, np.array(owner, dtype=np.int64)
