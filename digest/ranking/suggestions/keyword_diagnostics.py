"""Advice: keywords that tell papers apart badly, because nearly all or none of them have it, and what might do better.

A misspelt word is corrected with the words of the papers, next to phrases of papers that come near.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from digest.papers import Paper
from digest.profiles import Keyword
from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.corpus.features import Ints
from digest.ranking.corpus.term_codes import STOP_WORDS, code, tokens
from digest.ranking.matching.exclusion import papers_with
from digest.ranking.matching.paper_index import PaperIndex
from digest.ranking.suggestions.keyword_extraction import extract_keywords

NEARLY_ALL = 60  #: percent of the papers
_INSTEAD = 4  #: phrases that are proposed
_READ = 40  #: papers that they are taken from


@dataclass(frozen=True, kw_only=True)
class KeywordDiagnosis:
    """A keyword that tells papers apart badly."""

    term: str
    everything: bool  #: in nearly every paper; else in none
    share: int  #: percent of the papers that have it
    instead: tuple[str, ...] = ()  #: terms that might do better


def diagnose_keywords(
    keywords: Iterable[Keyword], index: PaperIndex, corpus: CorpusStatistics
) -> list[KeywordDiagnosis]:
    """Return advice on those keywords that nearly all or none of the papers have; none when there are no papers."""
    if not len(index):
        return []
    found = (_diagnosis(keyword, index, corpus) for keyword in keywords)
    return [diagnoses for diagnoses in found if diagnoses]


def _diagnosis(keyword: Keyword, index: PaperIndex, corpus: CorpusStatistics) -> KeywordDiagnosis | None:
    others = corpus.acronyms.other_forms(keyword.term) if keyword.acronyms else ()
    having = _having([keyword.term, *others], index)
    share = round(100 * len(having) / len(index))
    if len(having) and share < NEARLY_ALL:
        return None
    corrected = "" if len(having) else correction(keyword.term, index.papers)
    near = having if len(having) else _having(set(tokens(corrected or keyword.term)) - STOP_WORDS, index)
    texts = [(index.papers[place].title, index.papers[place].abstract) for place in near[:_READ]]
    proposed = extract_keywords(texts, corpus, _INSTEAD) if texts else []
    instead = dict.fromkeys(
        term for term in [corrected, *proposed] if term and term.casefold() != keyword.term.casefold()
    )
    return KeywordDiagnosis(term=keyword.term, everything=len(having) > 0, share=share, instead=tuple(instead))


def _having(terms: Iterable[str], index: PaperIndex) -> Ints:
    """Return the places of the papers that have any of the terms."""
    places = [papers_with(term, index) for term in terms]
    return np.unique(np.concatenate(places)) if places else np.empty(0, dtype=np.int64)


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
