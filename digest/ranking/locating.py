"""Locating: where in a paper's text the words of a keyword stand, for the reasons that a reader sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from digest.ranking.features import ABSTRACT_WEIGHT, TITLE_WEIGHT
from digest.ranking.index import PaperIndex, Passage
from digest.ranking.words import STOP, Word, skipping_stops

FIELDS = {"title": TITLE_WEIGHT, "abstract": ABSTRACT_WEIGHT}


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place in the title or abstract of a paper."""

    field: str
    start: int  #: in characters
    end: int
    matched: str  #: the text that stands there


NOWHERE = Spot(field="abstract", start=-1, end=-1, matched="")
APART = " … "  #: between words of a keyword that a paper has in different places


def locate(weights: Mapping[int, float], index: PaperIndex, place: int) -> Spot:
    """Gives where the words with these codes stand best in a paper: the field that says most of them, there the run
    of neighbours that says most; NOWHERE when none stands in it."""
    best, most = NOWHERE, 0.0
    for field, importance in FIELDS.items():
        run, said = _best_run(index.passage(place, field), weights)
        if run and importance * said > most:
            most = importance * said
            best = _spot(index, place, field, run)
    return best


def said(wanted: Sequence[int], index: PaperIndex, place: int) -> str:
    """Gives those of the wanted words that a paper has, in the order wanted and as they stand in it.

    Between words that nowhere follow each other stands an ellipsis: "code … generation".
    """
    saying = index.saying(place)
    having = [code for code in dict.fromkeys(wanted) if code in saying.words]
    pieces = [saying.words[code] for code in having[:1]]
    for before, code in pairwise(having):
        if together := saying.neighbours.get((before, code)):
            pieces[-1:] = together
        else:
            pieces += [APART, saying.words[code]]
    return "".join(pieces)


def _spot(index: PaperIndex, place: int, field: str, run: Sequence[Word]) -> Spot:
    paper = index.papers[place]
    text = paper.title if field == "title" else paper.abstract
    start, end = run[0].start, run[-1].end
    return Spot(field=field, start=start, end=end, matched=text[start:end])


def _best_run(passage: Passage, weights: Mapping[int, float]) -> tuple[list[Word], float]:
    """Gives the first of the runs of wanted words that weigh most together, and that weight; a word counts once."""
    hits = _hits(passage, weights)
    runs: list[list[Word]] = [[hits[0][1]]] if hits else []
    for (before, _), (here, word) in pairwise(hits):
        if here == before + 1 and all(word.code != known.code for known in runs[-1]):
            runs[-1].append(word)
        else:
            runs.append([word])
    said = [sum(weights[word.code] for word in run) for run in runs]
    return (runs[said.index(max(said))], max(said)) if runs else ([], 0.0)


def _hits(passage: Passage, wanted: Mapping[int, float]) -> list[tuple[int, Word]]:
    """Gives the wanted words in order, with their places among the words that are not stop words or are wanted."""
    stop = int(STOP)
    if any(code & stop for code in wanted):
        return [(n, w) for n, w in enumerate(skipping_stops(passage.words, wanted)) if w.code in wanted]
    places = sorted(place for code in wanted for place in passage.places.get(code, ()))
    return [(place, passage.content[place]) for place in places]
