"""Locating: where in a paper's text the words of a keyword stand, for the reasons that a reader sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import NamedTuple

from digest.papers import Paper
from digest.ranking.corpus.features import ABSTRACT_WEIGHT, TITLE_WEIGHT
from digest.ranking.corpus.term_codes import STOP, Token, skipping_stops
from digest.ranking.matching.paper_index import FieldTokens, PaperIndex

_STOP = int(STOP)
FIELDS = {"title": TITLE_WEIGHT, "abstract": ABSTRACT_WEIGHT}


@dataclass(frozen=True, kw_only=True)
class HitSpan:
    """A place in the title or abstract of a paper."""

    field: str
    start: int  #: in characters
    end: int
    matched: str  #: the text that stands there
    words: int = 0  #: how many of the wanted words are in it


NOWHERE = HitSpan(field="abstract", start=-1, end=-1, matched="")
APART = " … "  #: between words of a keyword that a paper has in different places


def locate(weights: Mapping[int, float], index: PaperIndex, place: int) -> HitSpan:
    """Return where the words with these codes stand best in a paper: the field that says most of them, there the run
    of neighbours that says most; NOWHERE when none stands in it."""
    best, most = ("", _NOTHING), 0.0
    passages = index.tokens_of(place).passages
    for field, importance in FIELDS.items():
        run = _best_run(passages[field], weights)
        if importance * run.said > most:
            best, most = (field, run), importance * run.said
    return _span(index.papers[place], *best) if most else NOWHERE


def said(wanted: Sequence[int], index: PaperIndex, place: int) -> str:
    """Return those of the wanted words that a paper has, in the order wanted and as they stand in it.

    Between words that nowhere follow each other stands an ellipsis: "code … generation".
    """
    tokens_of = index.tokens_of(place)
    having = [code for code in dict.fromkeys(wanted) if code in tokens_of.words]
    pieces = [tokens_of.words[code] for code in having[:1]]
    for before, code in pairwise(having):
        if together := tokens_of.neighbours.get((before, code)):
            pieces[-1:] = together
        else:
            pieces += [APART, tokens_of.words[code]]
    return "".join(pieces)


def _span(paper: Paper, field: str, run: _Run) -> HitSpan:
    text = paper.title if field == "title" else paper.abstract
    start, end = run.words[0].start, run.words[-1].end
    return HitSpan(field=field, start=start, end=end, matched=text[start:end], words=len(run.words))


class _Run(NamedTuple):
    """Wanted words that follow each other, none twice."""

    words: Sequence[Token]
    said: float  # what they weigh together


_NOTHING = _Run((), 0.0)


def _best_run(passage: FieldTokens, weights: Mapping[int, float]) -> _Run:
    """Return the first of the runs of wanted words that weigh most together."""
    if any(code & _STOP for code in weights):
        content = skipping_stops(passage.words, weights)
        return _best_of([(n, word) for n, word in enumerate(content) if word.code in weights], weights)
    having = [code for code in weights if code in passage.places]
    if not having:
        return _NOTHING
    if len(having) == 1:
        return _Run([passage.content[passage.places[having[0]][0]]], weights[having[0]])
    places = sorted(chain.from_iterable([passage.places[code] for code in having]))
    return _best_of([(place, passage.content[place]) for place in places], weights)


def _best_of(hits: Sequence[tuple[int, Token]], weights: Mapping[int, float]) -> _Run:
    """Return the best run from all places where a wanted word stands, in order."""
    best, most, start, said, last = slice(0), 0.0, 0, 0.0, -2
    seen: set[int] = set()
    for number, (place, word) in enumerate(hits):
        if place > last + 1 or word.code in seen:
            start, said, seen = number, 0.0, set()
        seen.add(word.code)
        said, last = said + weights[word.code], place
        if said > most:
            best, most = slice(start, number + 1), said
    return _Run([word for _, word in hits[best]], most)
