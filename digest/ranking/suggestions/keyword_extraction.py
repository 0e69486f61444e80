"""Proposals: texts that a reader likes -> the words and phrases that would have found them.

Candidates are runs of up to three words between stop words and punctuation, as in RAKE (Rose et al. 2010). A candidate
counts by how often it occurs in the texts, titles threefold, times how rare its words are among all papers seen.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.corpus.stop_words import ENGLISH
from digest.ranking.corpus.term_codes import code, pairs, tokens

TITLE_WEIGHT = 3
LONGEST = 3  #: words of a phrase
_RUN = re.compile(r"[^.,;:!?()\[\]{}\"“”‘’|/=<>\n—–]+")
#: Words of scientific English that say nothing about a paper's subject.
_EVERYDAY = frozenset(
    "paper papers work works study studies method methods approach approaches result results show shows propose "
    "proposed proposes present presents novel new existing based using use used uses demonstrate demonstrates "
    "introduce introduces framework achieve achieves achieving state art outperform outperforms significantly "
    "performance experiments experimental extensive problem problems task tasks various different recent recently "
    "prior previous provide provides improve improves improved improving improvement improvements effective "
    "effectively efficient efficiently able enable enables enabling address addresses addressing analysis "
    "challenge challenges challenging key large small high low better best important significant simple single "
    "multiple number set sets given time times way ways first second two three one our we however moreover "
    "furthermore thus additionally specifically code available github https http www compared comparison across "
    "including include includes leads leading remains remain require requires required make makes making real "
    "world general further good strong evaluate evaluation evaluations benchmark benchmarks dataset datasets data "
    "model models baseline baselines ability capabilities capability need needs potential leverage leverages "
    "leveraging investigate explore develop developed design designed apply applied application applications "
    "aim aims crucial critical widely often directly respectively average accuracy quality training trained "
    "train".split()
)


def extract_keywords(texts: Sequence[tuple[str, str]], corpus: CorpusStatistics, most: int = 12) -> list[str]:
    """Return up to `most` words and phrases for texts (title, abstract), the most telling first.

    A phrase of which another one is a part is given once, in the form that counts more; a plural and its singular are
    one.
    """
    counts: Counter[str] = Counter()
    for title, abstract in texts:
        seen = Counter(dict.fromkeys(set(_candidates(title)), TITLE_WEIGHT))
        seen.update(_candidates(abstract))
        counts.update({term: min(count, 6) for term, count in seen.items()})
    scored = {term: count * _rarity(term, corpus) for term, count in counts.items() if _tells(term, count, texts)}
    return _distinct(sorted(scored, key=lambda term: (-scored[term], term)), most)


def _tells(term: str, count: int, texts: Sequence[tuple[str, str]]) -> bool:
    """A single word is a keyword only when it is repeated; among many texts a phrase should be as well."""
    return count >= (TITLE_WEIGHT if " " in term else TITLE_WEIGHT + 1) or (len(texts) < 3 and " " in term)


def _candidates(text: str) -> Iterator[str]:
    for run in _RUN.findall(text):
        words: list[str] = []
        for word in [*tokens(run), ""]:
            if word and word not in ENGLISH and word not in _EVERYDAY and not word.isdigit() and len(word) > 1:
                words.append(word)
                continue
            yield from _phrases(words)
            words = []


def _phrases(words: Sequence[str]) -> Iterator[str]:
    for length in range(1, LONGEST + 1):
        for start in range(len(words) - length + 1):
            yield " ".join(words[start : start + length])


def _rarity(term: str, corpus: CorpusStatistics) -> float:
    """Return how much a term tells: the rarity of its words and pairs; phrases tell more than their words alone."""
    singles = np.array([code(word) for word in term.split()], dtype=np.uint64)
    weights = corpus.inverse_frequencies(singles)
    if len(singles) == 1:
        return float(weights[0]) * (0.5 if len(term) > 3 else 0.3)
    together = corpus.inverse_frequencies(pairs(singles[:-1], singles[1:]))
    return float(weights.mean() + 0.5 * together.mean()) * math.sqrt(len(singles)) * 0.6


def _distinct(terms: Sequence[str], most: int) -> list[str]:
    kept: list[tuple[str, frozenset[int]]] = []
    for term in terms:
        stems = frozenset(code(word) for word in term.split())
        if not any(stems <= other or other <= stems for _, other in kept):
            kept.append((term, stems))
        if len(kept) == most:
            break
    return [term for term, _ in kept]
