"""The outlook: what a profile would bring, judged on the newest papers at hand."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.issues import Pick
from digest.papers import Paper
from digest.profiles import Profile
from digest.ranking import Background, PaperIndex, Reader, Vote, judge
from digest.ranking.advice import Advice, advise
from digest.ranking.proposals import propose
from digest.storage import Store, papers, statistics

NEWEST = 400  #: papers that a profile is tried on
SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """What a profile would have picked."""

    picks: tuple[tuple[Paper, Pick], ...] = ()  #: best first
    more: int = 0  #: further papers above the minimum match
    considered: int = 0


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What votes did to one paper's match."""

    paper: Paper
    before: int  #: match without the votes; 0 when there was none
    after: int


@dataclass(frozen=True, kw_only=True)
class _Shelf:
    """The newest papers and the statistics, ready to be judged under."""

    version: tuple[int, int]  #: highest paper and statistics that it was made from
    index: PaperIndex
    background: Background


class Outlook:
    """Judges profiles on the newest papers, which are prepared once and again when new ones came."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()  # one at a time: the preparation is shared, and the work is all in one core
        self._prepared: _Shelf | None = None

    @property
    def version(self) -> tuple[int, int]:
        """The highest paper and statistics at hand: what changes whenever a judgement may."""
        with self._store.reading() as tx:
            return papers.high_water(tx), statistics.latest_version(tx)

    def prospect(self, profile: Profile, votes: tuple[Vote, ...] = (), shown: int = SHOWN) -> Prospect:
        """Gives what the profile would pick from the newest papers, and how many there are."""
        with self._lock:
            shelf = self._shelf()
            asked = replace(profile, papers=min(profile.papers, shown), trending=False)
            [judgement] = judge(shelf.index, [Reader(profile=asked, votes=votes)], shelf.background)
        by_number = {paper.number: paper for paper in shelf.index.papers}
        picks = tuple((by_number[pick.paper], pick) for pick in judgement.picks or judgement.trending[:shown])
        more = judgement.more + len(judgement.also)
        return Prospect(picks=picks, more=more, considered=judgement.considered)

    def shifts(self, profile: Profile, votes: tuple[Vote, ...], shown: int = 5) -> tuple[Shift, ...]:
        """Gives the papers whose match the votes changed most, and how."""
        if not votes:
            return ()
        open_profile = replace(profile, minimum_match=0, papers=50, trending=False)
        with self._lock:
            shelf = self._shelf()
            readers = [Reader(profile=open_profile), Reader(profile=open_profile, votes=votes)]
            without, having = judge(shelf.index, readers, shelf.background, explain=True)
        voted = {vote.paper.number for vote in votes}
        before = {pick.paper: pick.match or 0 for pick in without.matched}
        after = {pick.paper: pick.match or 0 for pick in having.matched}
        papers_known = {paper.number: paper for paper in shelf.index.papers}
        changed = [
            Shift(paper=papers_known[number], before=before.get(number, 0), after=after.get(number, 0))
            for number in sorted({*before, *after} - voted)
            if before.get(number, 0) != after.get(number, 0)
        ]
        return tuple(sorted(changed, key=lambda shift: -abs(shift.after - shift.before))[:shown])

    def advice(self, profile: Profile) -> list[Advice]:
        """Gives the keywords that nearly all or none of the newest papers have, with terms that might do better."""
        with self._lock:
            shelf = self._shelf()
            return advise(profile.keywords, shelf.index, shelf.background)

    def terms(self, texts: Sequence[tuple[str, str]], most: int = 12) -> list[str]:
        """Gives keywords that would find such texts (title, abstract), the most telling first."""
        with self._lock:
            return propose(texts, self._shelf().background, most)

    def themes(self, most: int = 3) -> list[str]:
        """Gives what the newest papers are about, for a sample issue that is never empty."""
        with self._lock:
            shelf = self._shelf()
            texts = [(paper.title, paper.abstract) for paper in shelf.index.papers[:100]]
            return propose(texts, shelf.background, most)

    def _shelf(self) -> _Shelf:
        with self._store.reading() as tx:
            version = papers.high_water(tx), statistics.latest_version(tx)
            if self._prepared is None or self._prepared.version != version:
                newest = list(papers.stream(tx, newest=NEWEST))
                record = statistics.latest(tx)
                background = Background.load(record.data) if record else Background.empty().with_papers(newest)
                self._prepared = _Shelf(version=version, index=PaperIndex(newest), background=background)
        return self._prepared
