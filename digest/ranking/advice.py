"""Advice: keywords that tell papers apart badly, because nearly all or none of them have it, and what might do better.

A misspelt word is mended by the words of the papers; beside it stand phrases of the papers that come near.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from digest.profiles import Keyword
from digest.ranking.background import Background
from digest.ranking.exclusion import papers_with
from digest.ranking.features import Ints
from digest.ranking.index import PaperIndex
from digest.ranking.proposals import propose
from digest.ranking.spelling import correction
from digest.ranking.words import STOP_WORDS, tokens

NEARLY_ALL = 60  #: percent of the papers
_INSTEAD = 4  #: phrases that are proposed
_READ = 40  #: papers that they are taken from


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A keyword that tells papers apart badly."""

    term: str
    everything: bool  #: in nearly every paper; else in none
    share: int  #: percent of the papers that have it
    instead: tuple[str, ...] = ()  #: terms that might do better


def advise(keywords: Iterable[Keyword], index: PaperIndex, background: Background) -> list[Advice]:
    """Gives advice on those keywords that nearly all or none of the papers have; none when there are no papers."""
    if not len(index):
        return []
    found = (_advice(keyword, index, background) for keyword in keywords)
    return [advice for advice in found if advice]


def _advice(keyword: Keyword, index: PaperIndex, background: Background) -> Advice | None:
    others = background.acronyms.other_forms(keyword.term) if keyword.acronyms else ()
    having = _having([keyword.term, *others], index)
    share = round(100 * len(having) / len(index))
    if len(having) and share < NEARLY_ALL:
        return None
    mended = "" if len(having) else correction(keyword.term, index.papers)
    near = having if len(having) else _having(set(tokens(mended or keyword.term)) - STOP_WORDS, index)
    texts = [(index.papers[place].title, index.papers[place].abstract) for place in near[:_READ]]
    proposed = propose(texts, background, _INSTEAD) if texts else []
    instead = dict.fromkeys(term for term in [mended, *proposed] if term and term.casefold() != keyword.term.casefold())
    return Advice(term=keyword.term, everything=len(having) > 0, share=share, instead=tuple(instead))


def _having(terms: Iterable[str], index: PaperIndex) -> Ints:
    """Gives the places of the papers that have any of the terms."""
    places = [papers_with(term, index) for term in terms]
    return np.unique(np.concatenate(places)) if places else np.empty(0, dtype=np.int64)
