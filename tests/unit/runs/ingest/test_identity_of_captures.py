"""One identity per paper, on real captures: what several pages, sources and formats show comes out as one set."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from digest.papers import Paper
from digest.runs.ingest.ingest import IngestReport, ingest
from digest.settings import SourceSettings
from digest.sources import read_listing
from digest.storage import Store
from digest.storage.papers import papers

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(captures: Path) -> Path:
    return captures / "listings"


def run(store: Store, *paths: Path, hours: int = 0) -> IngestReport:
    sources = [SourceSettings(name=path.parent.name, path=str(path)) for path in paths]
    return ingest(store, sources, now=NOW + timedelta(hours=hours))


def known(store: Store) -> list[Paper]:
    with store.reading() as tx:
        return papers.beyond(tx, 0)


def titles(path: Path) -> list[str]:
    return [sighting.title for sighting in read_listing(path.read_bytes(), origin="x", now=NOW).sightings]


def test_every_title_on_two_or_more_pages_is_one_paper(store: Store, folder: Path) -> None:
    pages = sorted(folder.glob("hf_page_text/*.txt"))
    shown = Counter(title for page in pages for title in titles(page))
    assert sum(count > 1 for count in shown.values()) > 10
    report = run(store, *pages)
    assert report.papers_new == len(shown)
    assert Counter(paper.title_raw for paper in known(store)) == Counter(shown.keys())


def test_two_papers_of_one_group_with_like_titles_and_texts_stay_two(store: Store, folder: Path) -> None:
    run(store, *sorted(folder.glob("hf_page_text/*.txt")))
    alike = [paper.title for paper in known(store) if "Differentiable Iso-Surface Extraction" in paper.title]
    assert sorted(title.partition(":")[0] for title in alike) == ["DeepMesh", "MeshSDF"]


@pytest.mark.parametrize("day", ["2025-03-19", "2025-11-20", "2026-06-10"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)], ids=["text first", "feed first", "JSON first"])
def test_one_day_as_text_as_json_and_as_feed_is_one_set_of_papers(
    store: Store, folder: Path, tmp_path: Path, day: str, order: tuple[int, ...]
) -> None:
    [text] = folder.glob(f"hf_text_derived/{day}_*.txt")
    answer = folder / f"hf_daily_papers_json/{day}.json"
    feed = tmp_path / "feed.xml"
    feed.write_text(as_feed(answer))
    paths = [text, answer, feed]
    for hour, place in enumerate(order):
        run(store, paths[place], hours=hour)
    truth = {item["paper"]["id"] for item in json.loads(answer.read_text())}
    assert Counter(paper.arxiv_id for paper in known(store)) == Counter(truth)
    assert [paper.number for paper in known(store)] == list(range(1, len(truth) + 1))
    assert all(paper.popularity.listings == 3 for paper in known(store))


def as_feed(answer: Path) -> str:
    """The papers of an answer of the API in the form of arXiv's feed."""
    items = [
        f"<item><title>{escape(paper['title'])}</title><link>https://arxiv.org/abs/{paper['id']}</link>"
        f"<description>arXiv:{paper['id']}v1 Announce Type: new \nAbstract: {escape(paper['summary'])}</description>"
        f"<guid>oai:arXiv.org:{paper['id']}v1</guid></item>"
        for paper in (item["paper"] for item in json.loads(answer.read_text()))
    ]
    return f'<rss version="2.0"><channel><title>cs updates on arXiv.org</title>{"".join(items)}</channel></rss>'


def test_the_feeds_of_one_day_are_one_set_and_leave_old_work_out(store: Store, folder: Path) -> None:
    report = run(store, *sorted(folder.glob("arxiv_rss_2024plus/cs.CL_2025-05-20.*.xml")))
    assert [(listing.papers, listing.new, listing.updated) for listing in report.listings] == [(32, 20, 0), (32, 0, 0)]


def test_a_paper_twice_in_one_file_counts_once(store: Store, folder: Path) -> None:
    path = folder / "arxiv_api_jsonl/2025-05-20.jsonl"
    ids = {json.loads(line)["id"] for line in path.read_text().splitlines()}
    report = run(store, path)
    assert (report.listings[0].papers, report.papers_new) == (len(ids), len(ids))


def test_all_captures_together_never_give_two_papers_with_one_arxiv_id(store: Store, folder: Path) -> None:
    run(store, *sorted(path for path in folder.glob("*/*") if ".truth." not in path.name))
    found = known(store)
    assert len(found) > 1_000
    assert [key for key, count in Counter(p.arxiv_id for p in found if p.arxiv_id).items() if count > 1] == []
    assert [key for key, count in Counter(p.key for p in found).items() if count > 1] == []


def test_ingesting_all_captures_again_changes_nothing(store: Store, folder: Path) -> None:
    paths = sorted(path for path in folder.glob("*/*") if ".truth." not in path.name)
    run(store, *paths)
    before = known(store)
    again = run(store, *paths, hours=1)
    assert (again.papers_new, sum(listing.updated for listing in again.listings)) == (0, 0)
    assert known(store) == before
