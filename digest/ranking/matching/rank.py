"""Ranking: papers and profiles in, for each profile the picks with their reasons out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from digest.issues import LeftOut, Pick, ReasonKind
from digest.papers import Paper
from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.matching import trending
from digest.ranking.matching.calibration import Calibration
from digest.ranking.matching.embeddings import Semantics
from digest.ranking.matching.exclusion import papers_with
from digest.ranking.matching.hit_spans import NOWHERE, HitSpan
from digest.ranking.matching.match import Parts, match
from digest.ranking.matching.paper_index import PaperIndex
from digest.ranking.matching.profile_matrix import RankingProfile
from digest.ranking.matching.reasons import Explainer, Nearest
from digest.ranking.matching.selection import Candidate, Selected, select

_INTERESTS = (ReasonKind.KEYWORD, ReasonKind.ACRONYM, ReasonKind.AUTHOR, ReasonKind.CATEGORY)


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """What one reader gets from a set of papers."""

    picks: tuple[Pick, ...] = ()  #: best first
    also: tuple[Pick, ...] = ()  #: matched as well; to be shown as one line each
    trending: tuple[Pick, ...] = ()
    more: int = 0  #: further papers above the minimum that are not shown
    considered: int = 0  #: papers that are new to the reader
    left_out: Mapping[int, LeftOut] = field(default_factory=dict)  #: paper number -> why; filled on request
    excluded_by: Mapping[int, str] = field(default_factory=dict)  #: paper number -> the term; filled on request
    matched: tuple[Pick, ...] = ()  #: every paper with a match, excluded ones too, best first; filled on request
    calibration: Calibration | None = field(
        default=None, compare=False
    )  #: of a reader who voted; pass it to the next call


def rank(
    papers: Sequence[Paper] | PaperIndex,
    readers: Sequence[RankingProfile],
    corpus: CorpusStatistics,
    *,
    explain: bool = False,
    semantics: Semantics | None = None,
) -> list[Ranking]:
    """Return the ranking of the papers for each reader, in the order of the readers.

    All readers are matched in one sparse product. A paper counts for a reader only when its number is above the
    cursor or among those to be considered again. To rank the same papers repeatedly, pass a PaperIndex. With
    `explain`, a ranking also holds every match, and why each other paper was left out. With `semantics`, papers near
    in meaning count too.
    """
    if not readers:
        return []
    index = papers if isinstance(papers, PaperIndex) else PaperIndex(papers)
    return list(_RankingSession(index, readers, corpus, explain, semantics).rankings())


class _RankingSession:
    """One call of `rank`: the tables that its readers share."""

    def __init__(
        self,
        index: PaperIndex,
        readers: Sequence[RankingProfile],
        corpus: CorpusStatistics,
        explain: bool,
        semantics: Semantics | None,
    ) -> None:
        self._index, self._readers, self._explain, self._semantics = index, readers, explain, semantics
        matched = match(index, readers, corpus, semantics, everything=explain)
        self._matches, self._calibrations = matched.matches, matched.calibrations
        self._papers, self._match = matched.matches.paper.tolist(), matched.matches.match.tolist()
        self._parts = Parts.of(matched)
        self._scattered = self._parts.scattered.tolist()
        self._explainer = Explainer(matched, index, corpus)
        terms = dict.fromkeys(term for reader in readers for term in reader.profile.exclude)
        self._numbers = index.numbers.tolist()
        self._known = frozenset(self._numbers)
        self._having = {term: frozenset(papers_with(term, index).tolist()) for term in terms}

    def rankings(self) -> Iterator[Ranking]:
        """Yield one ranking per reader, in order."""
        bounds = np.searchsorted(self._matches.reader, np.arange(len(self._readers) + 1)).tolist()
        candidates = self._candidates()
        cursors = [reader.cursor for reader in self._readers]
        beyond = len(self._index) - np.searchsorted(np.sort(self._index.numbers), cursors, side="right")
        for number, (reader, considered) in enumerate(zip(self._readers, beyond.tolist(), strict=True)):
            again = sum(number <= reader.cursor for number in reader.again & self._known)
            mine = candidates[bounds[number] : bounds[number + 1]]
            yield self._ranking(number, mine, considered + again)

    def _candidates(self) -> list[Candidate]:
        groups = self._index.groups[self._matches.paper].tolist()
        return list(map(Candidate, range(len(groups)), self._parts.strongest.tolist(), groups))

    def _ranking(self, number: int, candidates: Sequence[Candidate], considered: int) -> Ranking:
        reader = self._readers[number]
        excluded = frozenset[int]().union(*(self._having[term] for term in reader.profile.exclude))
        calibration = self._calibrations[number]
        if reader.profile.is_empty:
            trend = self._trending(reader, excluded, frozenset(), reader.profile.papers)
            return Ranking(trending=trend, considered=considered, calibration=calibration)
        some_closed = self._explain or excluded or any(self._scattered[c.row] for c in candidates)
        opened = [c for c in candidates if self._is_open(c, reader, excluded)] if some_closed else candidates
        chosen = select(opened, reader.profile.papers)
        picks = self._picks(number, chosen.picks, self._nearest_sentence)
        also = self._picks(number, chosen.also, self._nearest_term)
        shown = frozenset(self._papers[c.row] for c in (*chosen.picks, *chosen.also, *chosen.near_identical))
        wanted = trending.SECTION if reader.profile.trending else 0
        return Ranking(
            picks=picks,
            also=also,
            trending=self._trending(reader, excluded, shown, wanted),
            more=len(chosen.beyond),
            considered=considered,
            calibration=calibration,
            left_out=self._left_out(reader, candidates, chosen, excluded) if self._explain else {},
            excluded_by=self._excluded_by(reader) if self._explain else {},
            matched=self._picks(number, candidates, self._nearest_term) if self._explain else (),
        )

    def _is_open(self, candidate: Candidate, reader: RankingProfile, excluded: frozenset[int]) -> bool:
        paper = self._papers[candidate.row]
        return (
            paper not in excluded
            and not self._scattered[candidate.row]
            and self._above(candidate, reader)
            and reader.is_new(int(self._index.numbers[paper]))
        )

    def _above(self, candidate: Candidate, reader: RankingProfile) -> bool:
        return bool(self._match[candidate.row] >= reader.profile.minimum_match)

    def _picks(self, reader: int, candidates: Sequence[Candidate], nearest: Nearest) -> tuple[Pick, ...]:
        return tuple(self._pick(reader, candidate, nearest) for candidate in candidates)

    def _pick(self, reader: int, candidate: Candidate, nearest: Nearest) -> Pick:
        paper, found = self._papers[candidate.row], self._match[candidate.row]
        reasons = self._explainer.reasons(reader, paper, found, self._parts.of_match(candidate.row), nearest)
        strongest = next((reason for reason in reasons if reason.kind in _INTERESTS and reason.is_whole), None)
        return Pick(
            paper=self._numbers[paper],
            match=found,
            reasons=reasons,
            interest=strongest.term if strongest else "",
        )

    def _nearest_sentence(self, reader: int, paper: int) -> tuple[str, HitSpan]:
        assert self._semantics is not None
        return self._semantics.nearest_sentence(self._readers[reader], self._index.papers[paper])

    def _nearest_term(self, reader: int, paper: int) -> tuple[str, HitSpan]:
        assert self._semantics is not None
        return self._semantics.nearest_term(self._readers[reader], self._index.papers[paper]), NOWHERE

    def _trending(
        self, reader: RankingProfile, excluded: frozenset[int], shown: frozenset[int], length: int
    ) -> tuple[Pick, ...]:
        """Return up to `length` trending papers; next to picks, only those that stand out."""
        picks: list[Pick] = []
        for place in self._index.trending if length else ():
            popularity = self._index.papers[place].popularity
            number = int(self._index.numbers[place])
            wanted = reader.profile.is_empty or trending.stands_out(popularity)
            if wanted and reader.is_new(number) and place not in excluded and place not in shown:
                picks.append(Pick(paper=number, match=None, trending=trending.explain(popularity)))
                if len(picks) == length:
                    break
        return tuple(picks)

    def _excluded_by(self, reader: RankingProfile) -> dict[int, str]:
        """Return the first term of the profile that excludes each paper that one excludes."""
        return {self._numbers[place]: term for term in reversed(reader.profile.exclude) for place in self._having[term]}

    def _left_out(
        self, reader: RankingProfile, candidates: Sequence[Candidate], chosen: Selected, excluded: frozenset[int]
    ) -> dict[int, LeftOut]:
        """Return why each paper that is not among the picks and `also` was left out, the first reason that holds."""
        numbers = self._numbers
        why = dict.fromkeys(numbers, LeftOut.NO_MATCH)
        why |= {
            numbers[self._papers[c.row]]: LeftOut.SCATTERED if self._above(c, reader) else LeftOut.BELOW_MINIMUM
            for c in candidates
        }
        why |= {numbers[self._papers[c.row]]: LeftOut.BEYOND_LENGTH for c in chosen.beyond}
        why |= {numbers[self._papers[c.row]]: LeftOut.NEAR_IDENTICAL for c in chosen.near_identical}
        why |= {numbers[place]: LeftOut.EXCLUDED for place in excluded}
        why |= {number: LeftOut.ALREADY_CONSIDERED for number in numbers if not reader.is_new(number)}
        for candidate in (*chosen.picks, *chosen.also):
            del why[numbers[self._papers[candidate.row]]]
        return why
