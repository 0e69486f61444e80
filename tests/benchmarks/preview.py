"""python -m tests.benchmarks.preview [PAPERS...]: how long it takes from a changed weight to the changed issue.

Prints, for 100, 600 and 5,000 papers, medians of 30 changes: judging every paper with its reasons and printing the
mail; the answer to the form, with the table of papers, that included; the mail in its frame; answer and frame in all,
the slowest of them, and their processor time; the papers a second of processor time as a ratio to the smallest listing.
No change was asked for before, so nothing is answered from memory.
"""

from __future__ import annotations

import random
import re
import statistics as figures
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from digest.papers import Paper
from digest.profiles import Keyword, Profile
from digest.ranking import CorpusStatistics
from digest.settings import SenderSettings, Settings, StoreSettings, WebSettings
from digest.storage import Store, open_store
from digest.storage.papers import papers, statistics
from digest.storage.subscribers import subscribers
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, State, Subscription
from digest.web.preview.access import ADDRESS, PART
from digest.web.preview.app import create_preview
from digest.web.preview.session import PreviewSession, open_session
from tests.sites import serving

SIZES = (100, 600, 5_000)
CHANGES = 30
VOCABULARY = 20_000
ABSTRACT = 160  #: words
#: Eight keywords, common to rare, as in a profile.
TERMS = ("word12 word40", "word7", "word90", "word33 word5", "word200", "word61 word18", "word450", "word1000")
NOW = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)


def made_up(count: int) -> Iterator[Paper]:
    """Return papers whose words are as unevenly frequent as those of a language (Zipf)."""
    chance, ranks = random.Random(1), range(1, VOCABULARY + 1)
    words, weights = [f"word{rank}" for rank in ranks], [1 / rank for rank in ranks]
    for number in range(count):
        title = " ".join(chance.choices(words[:2_000], weights[:2_000], k=9)).title()
        abstract = ". ".join(" ".join(chance.choices(words, weights, k=16)) for _ in range(ABSTRACT // 16))
        yield Paper(
            number=0,
            key=f"title:{number}",
            title=title,
            abstract=abstract,
            title_raw=title,
            abstract_raw=abstract,
            authors=("Ada Byron", "Grace Murray", "Kofi Annor"),
            first_seen=NOW,
        )


@contextmanager
def preview_session(count: int) -> Iterator[PreviewSession]:
    """Return a preview session for a store with so many papers and one subscriber."""
    settings = Settings(
        sender=SenderSettings(postal="1 Sample Street"), web=WebSettings(url="https://digest.example.org")
    )
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(StoreSettings(), Path(folder))
        _fill(store, count)
        yield open_session(store, settings, lambda: NOW)
        store.close()


def _fill(store: Store, count: int) -> None:
    with store.ingesting(60) as tx:
        added = papers.add(tx, list(made_up(count)))
        corpus = CorpusStatistics.empty().with_papers(added)
        statistics.add(tx, NOW, corpus.papers, corpus.dump())
    profile = Profile(keywords=tuple(Keyword(term=term) for term in TERMS), minimum_match=5, papers=12)
    admission = Admission(owner=Owner.WEB, state=State.ACTIVE, cursor=0, cause="benchmark")
    with store.transaction() as tx:
        subscribers.add(tx, Subscription(address="ada@example.com", profile=profile), admission, NOW)


def changes(profile: Profile) -> Iterator[Profile]:
    """Return profiles that differ in one weight, each in a new one."""
    for step in range(CHANGES):
        place = step % len(profile.keywords)
        keywords = list(profile.keywords)
        keywords[place] = replace(keywords[place], weight=2 + step / 7)
        yield replace(profile, keywords=tuple(keywords))


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one change took, in milliseconds."""

    ranked: float  #: judging every paper with its reasons, and printing the mail
    answer: float  #: the answer to the form, that included
    frame: float  #: the mail in the frame
    computed: float  #: answer and frame in processor time: what they take where nothing else runs

    @property
    def whole(self) -> float:
        return self.answer + self.frame


def costs(session: PreviewSession) -> Iterator[Cost]:
    """Return what each of the changes costs; the first page was shown before."""
    with serving(create_preview(session)) as url, httpx.Client(base_url=url, timeout=60) as client:
        client.get(f"{session.root}?who=1")
        for profile in changes(session.subscriber(1).profile):
            yield cost(client, session, profile)


def cost(client: httpx.Client, session: PreviewSession, profile: Profile) -> Cost:
    """Return what it costs to change the profile to this one."""
    form = {
        "term": [keyword.term for keyword in profile.keywords],
        "weight": [f"{keyword.weight:.3f}" for keyword in profile.keywords],
        "minimum_match": [str(profile.minimum_match)],
        "papers": [str(profile.papers)],
    }
    start, computed = time.perf_counter(), time.process_time()
    answer = client.post(f"{session.root}tune?who=1", data=form, headers={PART: "result"})
    between = time.perf_counter()
    frame = client.get(answer.headers[ADDRESS].replace("/?", "/mail?"))
    end, used = time.perf_counter(), time.process_time() - computed
    assert (answer.status_code, frame.status_code) == (200, 200)
    return Cost(
        ranked=float(_MILLISECONDS.findall(answer.text)[0]),
        answer=1000 * (between - start),
        frame=1000 * (end - between),
        computed=1000 * used,
    )


_MILLISECONDS = re.compile(r"rendered the e-mail in (\d+) ms")
_HEAD = ("papers", "judged, printed", "answer", "frame", "in all", "slowest", "processor", "ratio")


def main(sizes: list[int]) -> None:
    """Print a line for each size."""
    print("".join(f"{name:>16}" for name in _HEAD))
    least = 0.0
    for size in sizes:
        with preview_session(size) as session:
            found = list(costs(session))
        parts = ("ranked", "answer", "frame", "whole")
        medians = [figures.median(getattr(cost, part) for cost in found) for part in parts]
        slowest, computed = max(cost.whole for cost in found), figures.median(cost.computed for cost in found)
        speed = size / computed
        least = least or speed
        cells = [f"{size:,}", *(f"{figure:.0f} ms" for figure in (*medians, slowest, computed)), f"{speed / least:.1f}"]
        print("".join(f"{cell:>16}" for cell in cells))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
