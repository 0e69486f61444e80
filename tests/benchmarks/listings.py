"""How fast listings are read and recorded: `python -m tests.benchmarks.listings [--papers N]`.

Prints papers per second for each format, for the two that feedparser reads the ratio to feedparser's own time, the cost
of cleaning and of identity keys, and the time of ingesting up to N papers, which should grow in proportion. All times
are processor seconds.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import feedparser

from digest.cleaning import clean
from digest.identity import candidate_keys
from digest.papers import Sighting
from digest.runs.ingest.ingest import ingest
from digest.settings import SourceSettings, StoreSettings
from digest.sources import read_listing
from digest.storage import open_store
from tests.benchmarks.listing_makers import MAKERS, Made, made_papers, page_answer, page_text

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def seconds(work: Callable[[], object], rounds: int = 3) -> float:
    """Return the best processor time of some rounds: what other programs do meanwhile does not count."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def formats(papers: list[Made]) -> None:
    print(f"reading {len(papers):,} papers")
    for name, make in MAKERS.items():
        data = make(papers).encode()
        taken = seconds(lambda data=data: read_listing(data, origin="x", now=NOW))  # type: ignore[misc]
        line = f"  {name:14} {len(data) / 1e6:6.1f} MB {taken:7.3f} s {len(papers) / taken:10,.0f} papers/s"
        if name in ("feed", "arxiv-feed"):
            own = seconds(lambda data=data: feedparser.parse(io.BytesIO(data), sanitize_html=False))  # type: ignore[misc]
            line += f"  {taken / own:5.2f} x feedparser's own {own:.3f} s"
        print(line)


def texts(papers: list[Made]) -> None:
    sightings = [Sighting(title=p.title, abstract=p.abstract, authors=p.authors, arxiv_id=p.id) for p in papers]
    cleaning = seconds(lambda: [clean(s.title) + clean(s.abstract) for s in sightings])
    keys = seconds(lambda: [candidate_keys(s) for s in sightings])
    print(f"cleaning {cleaning / len(papers) * 1e3:.3f} ms a paper, identity keys {keys / len(papers) * 1e3:.3f} ms")


def ingesting(count: int) -> None:
    print("ingesting into an empty SQLite store, then the same papers from a second source")
    for size in (count // 8, count // 4, count // 2, count):
        papers = made_papers(size)
        first, second = _timed_ingest(page_text(papers), page_answer(papers))
        line = f"  {size:7,} papers {first:7.2f} s {first / size * 1e3:6.3f} ms a paper"
        print(f"{line}; enriched by a second source in {second:7.2f} s, {second / size * 1e3:6.3f} ms a paper")


def _timed_ingest(*contents: str) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(StoreSettings(), Path(folder))
        taken = []
        for place, content in enumerate(contents):
            path = Path(folder) / f"{place}.listing"
            path.write_text(content)
            source = SourceSettings(name=f"source-{place}", path=str(path))
            taken.append(seconds(lambda source=source: ingest(store, [source], now=NOW), 1))  # type: ignore[misc]
        store.close()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=10_000, help="papers of the largest ingest")
    papers = made_papers(2_000)
    formats(papers)
    texts(papers)
    ingesting(parser.parse_args().papers)


if __name__ == "__main__":
    main()
