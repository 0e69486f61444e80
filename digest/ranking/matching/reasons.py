"""Reasons: why a paper matches a profile, in contributions that add up to its match."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence

from digest.issues import APART, Reason, ReasonKind
from digest.ranking.corpus.author_index import in_category, name_parts, same_person
from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.corpus.features import Floats
from digest.ranking.matching.hit_spans import HitSpan, find_span, words_found
from digest.ranking.matching.match import MatchedPapers
from digest.ranking.matching.paper_index import PaperIndex

Nearest = Callable[[int, int], tuple[str, HitSpan]]
"""For a reader and a paper: the keyword that the paper is near to in meaning, and where in its text."""

NAMED_WORDS = 3  #: words of liked or disliked papers that a reason names


class Explainer:
    """Explains matches; where a keyword occurs in a paper is looked up once for all readers."""

    def __init__(self, matched: MatchedPapers, index: PaperIndex, corpus: CorpusStatistics) -> None:
        self._profile_matrix, self._scores, self._index, self._corpus = (
            matched.profile_matrix,
            matched.scores,
            index,
            corpus,
        )
        self._interest_index = matched.profile_matrix.interest_index
        self._numbers = matched.profile_matrix.numbers.tolist()
        self._found = self._interest_index.found
        self._effects: tuple[int, Mapping[int, Floats]] = (-1, {})

    def reasons(
        self, reader: int, paper: int, match: int, parts: Mapping[int, float], nearest: Nearest | None = None
    ) -> tuple[Reason, ...]:
        """Return the reasons for one match, strongest first; their contributions add up to it.

        `parts` has what each interest contributes to the score; `nearest` finds the keyword nearest in meaning.
        """
        feedback, near = self._feedback_parts(reader, paper), self._nearness_part(reader, paper)
        points = match / math.fsum([*parts.values(), *feedback.values(), near])
        reasons = [self._interest_reason(column, paper).contributing(points * part) for column, part in parts.items()]
        if feedback:
            reasons += self._feedback_reasons(paper, {code: points * part for code, part in feedback.items()})
        if near and nearest:
            reasons.append(_near_reason(*nearest(reader, paper), points * near))
        reasons.sort(key=_strength)
        return _adding_up(reasons, match)

    def _interest_reason(self, column: int, paper: int) -> Reason:
        """Return the reason that an interest gives for a paper, with a contribution of 0."""
        key = self._numbers[column], paper
        if key not in self._found:
            self._found[key] = self._explain(*key)
        return self._found[key]

    def _explain(self, number: int, place: int) -> Reason:
        interest, paper = self._interest_index.interest(number), self._index.papers[place]
        if interest.kind is ReasonKind.KEYWORD:
            return self._explain_keyword(number, place)
        if interest.kind is ReasonKind.AUTHOR:
            wanted = name_parts(interest.term)
            matched = next((a for a in paper.authors if same_person(wanted, name_parts(a))), "")
            field = "authors"
        else:
            matched, field = in_category(interest.term, paper.categories), "categories"
        return Reason(term=interest.term, kind=interest.kind, field=field, contribution=0.0, matched=matched)

    def _explain_keyword(self, number: int, place: int) -> Reason:
        """Return where the keyword occurs, or its other form where the paper has more of that."""
        having = self._index.tokens_of(place).words
        forms = self._interest_index.forms(number)
        shares = [_share(form.words, having) for form in forms]
        best = shares.index(max(shares))
        span = find_span(forms[best].words, self._index, place)
        wanted = list(forms[best].words)
        in_one_place = span.words == sum(code in having for code in wanted)
        return Reason(
            term=self._interest_index.interest(number).term,
            kind=ReasonKind.ACRONYM if forms[best].acronym else ReasonKind.KEYWORD,
            field=span.field,
            contribution=0.0,
            start=span.start,
            end=span.end,
            matched=span.matched,
            words="" if in_one_place else _words_apart(wanted, self._index, place),
            share=shares[best],
        )

    def _nearness_part(self, reader: int, paper: int) -> float:
        return 0.0 if self._scores.near is None else float(self._scores.near[reader, paper])

    def _feedback_parts(self, reader: int, paper: int) -> dict[int, float]:
        """Return what each feedback word of the reader contributes to the score of a paper, by the word's code."""
        if not self._scores.feedback_factors[reader]:
            return {}
        if self._effects[0] != reader:
            self._effects = reader, dict(self._reader_effects(reader))
        return {code: float(row[paper]) for code, row in self._effects[1].items() if row[paper]}

    def _reader_effects(self, reader: int) -> Iterator[tuple[int, Floats]]:
        feedback = self._profile_matrix.feedback
        row = feedback.weights[[reader]]
        codes = feedback.words[row.indices]
        places, vectors = self._index.features.places(codes), self._index.vectors(self._corpus)
        for code, place, weight in zip(codes, places, row.data, strict=True):
            if place >= 0:
                factor = weight * self._scores.feedback_factors[reader]
                yield int(code), factor * vectors[[place]].toarray().ravel()

    def _feedback_reasons(self, paper: int, points: Mapping[int, float]) -> Iterator[Reason]:
        for kind, sign in ((ReasonKind.LIKED, 1), (ReasonKind.DISLIKED, -1)):
            mine = sorted((c for c, p in points.items() if p * sign > 0), key=lambda c: -abs(points[c]))
            if mine:
                spans = [find_span({code: 1.0}, self._index, paper) for code in mine[:NAMED_WORDS]]
                yield Reason(
                    term=", ".join(span.matched.lower() for span in spans),
                    kind=kind,
                    field=spans[0].field,
                    contribution=math.fsum(points[code] for code in mine),
                    start=spans[0].start,
                    end=spans[0].end,
                    matched=spans[0].matched,
                )


def _words_apart(wanted: Sequence[int], index: PaperIndex, place: int) -> str:
    """Return the words found; with an ellipsis too where each two stand together somewhere, but never all."""
    words, having = words_found(wanted, index, place), index.tokens_of(place).words
    return words if APART in words else APART.join(having[code] for code in wanted if code in having)


def _share(weights: Mapping[int, float], having: Container[int]) -> float:
    """Return the share of a keyword's weight that the words found in a paper carry."""
    missing = [weight for code, weight in weights.items() if code not in having]
    return round(1.0 - math.fsum(missing) / math.fsum(weights.values()), 2) if missing else 1.0


def _near_reason(term: str, span: HitSpan, contribution: float) -> Reason:
    return Reason(
        term=term,
        kind=ReasonKind.SEMANTIC,
        field=span.field,
        contribution=contribution,
        start=span.start,
        end=span.end,
        matched=span.matched,
    )


def _strength(reason: Reason) -> tuple[float, str]:
    return -abs(reason.contribution), reason.term


def _adding_up(reasons: Sequence[Reason], match: int) -> tuple[Reason, ...]:
    """Return the reasons with the rounding error added to the strongest, so that they add up to the match."""
    lost = match - math.fsum(reason.contribution for reason in reasons)
    return (reasons[0].contributing(reasons[0].contribution + lost), *reasons[1:]) if lost else tuple(reasons)
