"""The outlook: what a profile would bring, judged on the newest papers at hand."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.issues import Pick
from digest.papers import Paper
from digest.profiles import Profile
from digest.ranking import CorpusStatistics, PaperIndex, RankingProfile, Vote, rank
from digest.ranking.suggestions.keyword_diagnostics import KeywordDiagnosis, diagnose_keywords
from digest.ranking.suggestions.keyword_extraction import extract_keywords
from digest.storage import Store
from digest.storage.papers import papers, statistics

NEWEST = 400  #: papers that a profile is tried on
SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class ProfilePreview:
    """What a profile would have picked."""

    picks: tuple[tuple[Paper, Pick], ...] = ()  #: best first
    more: int = 0  #: further papers above the minimum match
    considered: int = 0


@dataclass(frozen=True, kw_only=True)
class MatchChange:
    """What votes did to one paper's match."""

    paper: Paper
    before: int  #: match without the votes; 0 when there was none
    after: int


@dataclass(frozen=True, kw_only=True)
class _PreparedPapers:
    """The newest papers and the statistics, ready to be judged under."""

    version: tuple[int, int]  #: highest paper and statistics that it was made from
    index: PaperIndex
    corpus: CorpusStatistics


class LivePreview:
    """Judges profiles on the newest papers, which are prepared once and again when new ones came."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()  # one at a time: the preparation is shared, and the work is all in one core
        self._prepared: _PreparedPapers | None = None

    @property
    def version(self) -> tuple[int, int]:
        """The highest paper and statistics at hand: what changes whenever a judgement may."""
        with self._store.reading() as tx:
            return papers.high_water(tx), statistics.latest_version(tx)

    def profile_preview(self, profile: Profile, votes: tuple[Vote, ...] = (), shown: int = SHOWN) -> ProfilePreview:
        """Return what the profile would pick from the newest papers, and how many there are."""
        with self._lock:
            paper_matrix = self._paper_matrix()
            asked = replace(profile, papers=min(profile.papers, shown), trending=False)
            [ranking] = rank(paper_matrix.index, [RankingProfile(profile=asked, votes=votes)], paper_matrix.corpus)
        by_number = {paper.number: paper for paper in paper_matrix.index.papers}
        picks = tuple((by_number[pick.paper], pick) for pick in ranking.picks or ranking.trending[:shown])
        more = ranking.more + len(ranking.also)
        return ProfilePreview(picks=picks, more=more, considered=ranking.considered)

    def match_changes(self, profile: Profile, votes: tuple[Vote, ...], shown: int = 5) -> tuple[MatchChange, ...]:
        """Return the papers whose match the votes changed most, and how."""
        if not votes:
            return ()
        open_profile = replace(profile, minimum_match=0, papers=50, trending=False)
        with self._lock:
            paper_matrix = self._paper_matrix()
            readers = [RankingProfile(profile=open_profile), RankingProfile(profile=open_profile, votes=votes)]
            without, having = rank(paper_matrix.index, readers, paper_matrix.corpus, explain=True)
        voted = {vote.paper.number for vote in votes}
        before = {pick.paper: pick.match or 0 for pick in without.matched}
        after = {pick.paper: pick.match or 0 for pick in having.matched}
        papers_known = {paper.number: paper for paper in paper_matrix.index.papers}
        changed = [
            MatchChange(paper=papers_known[number], before=before.get(number, 0), after=after.get(number, 0))
            for number in sorted({*before, *after} - voted)
            if before.get(number, 0) != after.get(number, 0)
        ]
        return tuple(sorted(changed, key=lambda match_change: -abs(match_change.after - match_change.before))[:shown])

    def diagnoses(self, profile: Profile) -> list[KeywordDiagnosis]:
        """Return the keywords that nearly all or none of the newest papers have, with terms that might do better."""
        with self._lock:
            paper_matrix = self._paper_matrix()
            return diagnose_keywords(profile.keywords, paper_matrix.index, paper_matrix.corpus)

    def terms(self, texts: Sequence[tuple[str, str]], most: int = 12) -> list[str]:
        """Return keywords that would find such texts (title, abstract), the most telling first."""
        with self._lock:
            return extract_keywords(texts, self._paper_matrix().corpus, most)

    def themes(self, most: int = 3) -> list[str]:
        """Return what the newest papers are about, for a sample issue that is never empty."""
        with self._lock:
            paper_matrix = self._paper_matrix()
            texts = [(paper.title, paper.abstract) for paper in paper_matrix.index.papers[:100]]
            return extract_keywords(texts, paper_matrix.corpus, most)

    def _paper_matrix(self) -> _PreparedPapers:
        with self._store.reading() as tx:
            version = papers.high_water(tx), statistics.latest_version(tx)
            if self._prepared is None or self._prepared.version != version:
                newest = list(papers.stream(tx, newest=NEWEST))
                record = statistics.latest(tx)
                corpus = CorpusStatistics.load(record.data) if record else CorpusStatistics.empty().with_papers(newest)
                self._prepared = _PreparedPapers(version=version, index=PaperIndex(newest), corpus=corpus)
        return self._prepared
