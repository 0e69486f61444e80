"""Hit spans: where the words of a keyword occur in a paper's text, for the reasons that a reader sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import NamedTuple

from digest.issues import APART
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
    matched: str  #: the text at that place
    words: int = 0  #: how many of the wanted words are in it


NOWHERE = HitSpan(field="abstract", start=-1, end=-1, matched="")


def find_span(weights: Mapping[int, float], index: PaperIndex, place: int) -> HitSpan:
    """Return the best span of the words with these codes in a paper: the run of neighbours with the largest weight,
    in the field where that counts most; NOWHERE when no word occurs."""
    best, most = ("", _NOTHING), 0.0
    fields = index.tokens_of(place).fields
    for field, importance in FIELDS.items():
        run = _best_run(fields[field], weights)
        if importance * run.weight > most:
            best, most = (field, run), importance * run.weight
    return _span(index.papers[place], *best) if most else NOWHERE


def words_found(wanted: Sequence[int], index: PaperIndex, place: int) -> str:
    """Return those of the wanted words that a paper has, in the order wanted and as the paper writes them.

    Words that are never neighbours are separated by an ellipsis: "code … generation".
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
    weight: float  # their weight together


_NOTHING = _Run((), 0.0)


def _best_run(tokens_of_field: FieldTokens, weights: Mapping[int, float]) -> _Run:
    """Return the first of the runs of wanted words that weigh most together."""
    if exact := next((code for code in weights if code in tokens_of_field.exact), 0):
        return _Run([tokens_of_field.exact[exact]], weights[exact])
    if any(code & _STOP for code in weights):
        content = skipping_stops(tokens_of_field.words, weights)
        return _best_of([(n, word) for n, word in enumerate(content) if word.code in weights], weights)
    having = [code for code in weights if code in tokens_of_field.places]
    if not having:
        return _NOTHING
    if len(having) == 1:
        return _Run([tokens_of_field.content[tokens_of_field.places[having[0]][0]]], weights[having[0]])
    places = sorted(chain.from_iterable([tokens_of_field.places[code] for code in having]))
    return _best_of([(place, tokens_of_field.content[place]) for place in places], weights)


def _best_of(hits: Sequence[tuple[int, Token]], weights: Mapping[int, float]) -> _Run:
    """Return the run with the largest weight, from all places where a wanted word occurs, in order."""
    best, most, start, weight, last = slice(0), 0.0, 0, 0.0, -2
    seen: set[int] = set()
    for number, (place, word) in enumerate(hits):
        if place > last + 1 or word.code in seen:
            start, weight, seen = number, 0.0, set()
        seen.add(word.code)
        weight, last = weight + weights[word.code], place
        if weight > most:
            best, most = slice(start, number + 1), weight
    return _Run([word for _, word in hits[best]], most)
