"""Reasons: why a paper matches a profile, in contributions that add up to its match."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from digest.issues import Reason, ReasonKind
from digest.ranking.background import Background
from digest.ranking.features import Floats, Ints
from digest.ranking.index import PaperIndex
from digest.ranking.locating import Spot, locate, said
from digest.ranking.people import in_category, name_parts, same_person
from digest.ranking.scoring import Matches, Scores
from digest.ranking.shelf import Compiled
from digest.ranking.wishes import Interest, Wishes
from digest.ranking.words import term_codes

Nearest = Callable[[int, int], tuple[str, Spot]]
"""Gives for a reader and a paper the keyword that the paper is near to in meaning, and where in its text."""

NAMED_WORDS = 3  #: words of liked or disliked papers that a reason names


def parts(matches: Matches, wishes: Wishes, scores: Scores) -> sparse.csr_array:
    """Gives matches by interests: how much of the score comes from each interest."""
    table = sparse.csr_array(wishes.weights[matches.reader])
    row = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    values = table.data * look_up(scores.interests, table.indices, matches.paper[row])
    filled = sparse.csr_array((values, table.indices, table.indptr), shape=table.shape)
    filled.eliminate_zeros()
    return filled


def look_up(table: sparse.csr_array, rows: Ints, columns: Ints) -> Floats:
    """Gives the entries of a sparse table at these places; 0 where it has none."""
    if not table.nnz:
        return np.zeros(len(rows))
    table.sort_indices()
    width = table.shape[1]
    keys = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr)) * width + table.indices
    wanted = rows.astype(np.int64) * width + columns
    found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[found] == wanted, table.data[found], 0.0)


@dataclass(frozen=True)
class _Found:
    """Where an interest was found in a paper, apart from how much it counts for a reader."""

    kind: ReasonKind
    spot: Spot
    words: str = ""  #: all words of a keyword that the paper has, where the spot has not all of them
    share: float = 1.0  #: of the keyword's weight that they carry


class Explainer:
    """Explains matches; what readers share (where a keyword stands in a paper) is looked up once."""

    def __init__(
        self, wishes: Wishes, scores: Scores, index: PaperIndex, background: Background, *, remember: bool = False
    ) -> None:
        """With `remember`, what was looked up stays with the index, for the next who judges its papers."""
        self._wishes, self._scores, self._index, self._background = wishes, scores, index, background
        self._found: dict[tuple[Interest, int], _Found] = index.found(background) if remember else {}
        self._effects: tuple[int, Mapping[int, Floats]] = (-1, {})

    def reasons(
        self, reader: int, paper: int, match: int, parts: Mapping[int, float], nearest: Nearest | None = None
    ) -> tuple[Reason, ...]:
        """Gives the reasons for one match, strongest first; their contributions add up to it.

        `parts` has what each interest contributes to the score; `nearest` says what the paper is near to in meaning.
        """
        tastes, near = self._taste_parts(reader, paper), self._near_part(reader, paper)
        total = math.fsum([*parts.values(), *tastes.values(), near])
        points = match / total
        reasons = [self._reason(number, paper, points * part) for number, part in parts.items()]
        reasons += self._taste_reasons(paper, {code: points * part for code, part in tastes.items()})
        if near and nearest:
            reasons.append(_near_reason(*nearest(reader, paper), points * near))
        reasons.sort(key=lambda reason: (-abs(reason.contribution), reason.term))
        return _adding_up(reasons, match)

    def _reason(self, number: int, paper: int, contribution: float) -> Reason:
        interest = self._wishes.interests[number]
        key = (interest, paper)
        if key not in self._found:
            self._found[key] = self._find(number, interest, paper)
        found = self._found[key]
        return Reason(
            term=interest.term,
            kind=found.kind,
            field=found.spot.field,
            contribution=contribution,
            start=found.spot.start,
            end=found.spot.end,
            matched=found.spot.matched,
            words=found.words,
            share=found.share,
        )

    def _find(self, number: int, interest: Interest, paper: int) -> _Found:
        found = self._index.papers[paper]
        if interest.kind is ReasonKind.AUTHOR:
            wanted = name_parts(interest.term)
            name = next((a for a in found.authors if same_person(wanted, name_parts(a))), "")
            return _Found(interest.kind, Spot(field="authors", start=-1, end=-1, matched=name))
        if interest.kind is ReasonKind.CATEGORY:
            name = in_category(interest.term, found.categories)
            return _Found(interest.kind, Spot(field="categories", start=-1, end=-1, matched=name))
        return self._find_keyword(number, paper)

    def _find_keyword(self, number: int, paper: int) -> _Found:
        """Gives where the keyword stands, or its other form where the paper has more of that."""
        having = self._index.saying(paper).words
        writings = list(_word_weights(self._wishes.compiled, number))
        shares = [_share(weights, having) for weights in writings]
        best = shares.index(max(shares))
        spot = locate(writings[best], self._index, paper)
        in_one_place = having.keys() & writings[best].keys() <= set(term_codes(spot.matched))
        words = "" if in_one_place else said(list(writings[best]), self._index, paper)
        return _Found(ReasonKind.ACRONYM if best else ReasonKind.KEYWORD, spot, words, shares[best])

    def _near_part(self, reader: int, paper: int) -> float:
        return 0.0 if self._scores.near is None else float(self._scores.near[reader, paper])

    def _taste_parts(self, reader: int, paper: int) -> dict[int, float]:
        """Gives what each word of the reader's taste contributes to the score of a paper, by the word's code."""
        if not self._scores.taste_factors[reader]:
            return {}
        if self._effects[0] != reader:
            self._effects = reader, dict(self._reader_effects(reader))
        return {code: float(row[paper]) for code, row in self._effects[1].items() if row[paper]}

    def _reader_effects(self, reader: int) -> Iterator[tuple[int, Floats]]:
        tastes = self._wishes.tastes
        row = tastes.weights[[reader]]
        codes = tastes.words[row.indices]
        places, vectors = self._index.features.places(codes), self._index.vectors(self._background)
        for code, place, weight in zip(codes, places, row.data, strict=True):
            if place >= 0:
                factor = weight * self._scores.taste_factors[reader]
                yield int(code), factor * vectors[[place]].toarray().ravel()

    def _taste_reasons(self, paper: int, points: Mapping[int, float]) -> Iterator[Reason]:
        for kind, sign in ((ReasonKind.LIKED, 1), (ReasonKind.DISLIKED, -1)):
            mine = sorted((c for c, p in points.items() if p * sign > 0), key=lambda c: -abs(points[c]))
            if mine:
                spots = [locate({code: 1.0}, self._index, paper) for code in mine[:NAMED_WORDS]]
                yield Reason(
                    term=", ".join(spot.matched.lower() for spot in spots),
                    kind=kind,
                    field=spots[0].field,
                    contribution=math.fsum(points[code] for code in mine),
                    start=spots[0].start,
                    end=spots[0].end,
                    matched=spots[0].matched,
                )


def _share(weights: Mapping[int, float], having: Container[int]) -> float:
    """Gives how much of a keyword's weight those of its words carry that a paper has."""
    missing = math.fsum(weight for code, weight in weights.items() if code not in having)
    return round(1.0 - missing / math.fsum(weights.values()), 2) if missing else 1.0


def _near_reason(term: str, spot: Spot, contribution: float) -> Reason:
    return Reason(
        term=term,
        kind=ReasonKind.SEMANTIC,
        field=spot.field,
        contribution=contribution,
        start=spot.start,
        end=spot.end,
        matched=spot.matched,
    )


def _word_weights(compiled: Compiled, number: int) -> Iterator[dict[int, float]]:
    first, last = np.searchsorted(compiled.keyword, [number, number + 1])
    for writing in range(first, last):
        low, high = np.searchsorted(compiled.owner, [writing, writing + 1])
        features, weights, words = (part[low:high] for part in (compiled.features, compiled.weights, compiled.words))
        yield dict(zip(features[words].tolist(), weights[words].tolist(), strict=True))


def _adding_up(reasons: Sequence[Reason], match: int) -> tuple[Reason, ...]:
    """Gives the reasons with what rounding lost given to the strongest, so that they add up to the match."""
    lost = match - math.fsum(reason.contribution for reason in reasons)
    return (replace(reasons[0], contribution=reasons[0].contribution + lost), *reasons[1:]) if lost else tuple(reasons)
