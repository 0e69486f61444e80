"""Live preview: what a profile would pick from the newest papers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from digest.issues import Pick
from digest.papers import Paper
from digest.profiles import Profile
from digest.ranking import Ranking, RankingProfile, Semantics, Vote
from digest.ranking.suggestions.keyword_diagnostics import KeywordDiagnosis, diagnose_keywords
from digest.ranking.suggestions.keyword_extraction import extract_keywords
from digest.runs.matching.embeddings import semantics_of
from digest.runs.matching.prepared_papers import PreparedPapers, PreparedPapersCache, Selection, snapshot
from digest.runs.matching.ranking import rank_profiles
from digest.settings import IssueSettings
from digest.storage import Store
from digest.storage.papers import papers

NEWEST = 400  #: papers that a profile is tried with
SHOWN = 8
DIAGNOSIS_SECONDS = 1.0  #: for the diagnoses of one profile
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)  #: the newest papers are shown however old they are


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


class LivePreview:
    """Ranks the newest papers for profiles that nobody has saved yet, as an issue would."""

    def __init__(self, store: Store, settings: IssueSettings) -> None:
        self._store, self._settings = store, settings
        self._lock = threading.Lock()  # one at a time: the preparation is shared, and the work is all in one core
        self._cache = PreparedPapersCache()

    @property
    def version(self) -> tuple[int, int]:
        """The highest paper and the statistics in use: they change whenever a ranking may."""
        with self._store.reading() as tx:
            seen = snapshot(tx)
        return seen.high_water, seen.statistics

    def profile_preview(self, profile: Profile, votes: tuple[Vote, ...] = (), shown: int = SHOWN) -> ProfilePreview:
        """Return what the profile would pick from the newest papers, and how many there are."""
        asked = replace(profile, papers=min(profile.papers, shown), trending=False)
        papers, [ranking] = self._rank([RankingProfile(profile=asked, votes=votes)])
        picks = tuple((papers[pick.paper], pick) for pick in ranking.picks or ranking.trending[:shown])
        return ProfilePreview(picks=picks, more=ranking.more + len(ranking.also), considered=ranking.considered)

    def match_changes(self, profile: Profile, votes: tuple[Vote, ...], shown: int = 5) -> tuple[MatchChange, ...]:
        """Return the papers whose match the votes changed most, and how."""
        if not votes:
            return ()
        asked = replace(profile, minimum_match=0, papers=50, trending=False)
        profiles = [RankingProfile(profile=asked), RankingProfile(profile=asked, votes=votes)]
        papers, [without, having] = self._rank(profiles, explain=True)
        voted = {vote.paper.number for vote in votes}
        before = {pick.paper: pick.match or 0 for pick in without.matched}
        after = {pick.paper: pick.match or 0 for pick in having.matched}
        changed = [
            MatchChange(paper=papers[number], before=before.get(number, 0), after=after.get(number, 0))
            for number in sorted({*before, *after} - voted)
            if before.get(number, 0) != after.get(number, 0)
        ]
        return tuple(sorted(changed, key=lambda change: -abs(change.after - change.before))[:shown])

    def diagnoses(self, profile: Profile, seconds: float = DIAGNOSIS_SECONDS) -> list[KeywordDiagnosis]:
        """Return the keywords that nearly all or none of the newest papers have, with terms that might do better.

        Keywords that do not fit into the time are left out.
        """
        found: list[KeywordDiagnosis] = []
        with self._prepared() as (prepared, _):
            end = time.monotonic() + seconds
            for keyword in profile.keywords:
                if time.monotonic() >= end:
                    break
                found += diagnose_keywords([keyword], prepared.index, prepared.corpus)
        return found

    def terms(self, texts: Sequence[tuple[str, str]], most: int = 12) -> list[str]:
        """Return keywords that would find such texts (title, abstract), the most telling first."""
        with self._prepared() as (prepared, _):
            return extract_keywords(texts, prepared.corpus, most)

    def themes(self, most: int = 3) -> list[str]:
        """Return what the newest papers are about, for a sample issue that is never empty."""
        with self._prepared() as (prepared, _):
            texts = [(paper.title, paper.abstract) for paper in prepared.index.papers[:100]]
            return extract_keywords(texts, prepared.corpus, most)

    def _rank(
        self, profiles: Sequence[RankingProfile], *, explain: bool = False
    ) -> tuple[Mapping[int, Paper], list[Ranking]]:
        with self._prepared() as (prepared, semantics):
            return prepared.papers, rank_profiles(prepared, profiles, semantics, explain=explain)

    @contextmanager
    def _prepared(self) -> Iterator[tuple[PreparedPapers, Semantics | None]]:
        """Yield the newest papers, for one thread at a time."""
        with self._lock:
            with self._store.reading() as tx:

                def read() -> dict[int, Paper]:
                    return {paper.number: paper for paper in papers.stream(tx, newest=NEWEST)}

                prepared = self._cache.prepared(tx, snapshot(tx), Selection(key="newest"), LONG_AGO, read)
                semantics = semantics_of(tx, self._settings, prepared.papers)
            yield prepared, semantics
