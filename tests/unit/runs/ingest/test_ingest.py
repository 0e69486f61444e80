from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.papers import Paper
from digest.ranking import CorpusStatistics
from digest.runs.ingest.ingest import IngestOptions, IngestReport, ingest
from digest.settings import SourceSettings
from digest.storage import Store
from digest.storage.papers import listings, papers, statistics

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
HEADER = "Get trending papers in your email inbox!\nSubscribe\n"
TITLES = ["Sparse Gates for Small Models", "Does Pruning Help at All?", "Measuring Little Things Well"]


def abstract(number: int) -> str:
    words = " ".join(f"gate{number}{word} opens{word % 5}" for word in range(40))
    return f"We study question {number} at length. {words} and so on."


def page(numbers: Iterable[int]) -> str:
    return HEADER + "".join(f"{TITLES[number]}\n{abstract(number)}\n" for number in numbers)


def feed(*items: str) -> str:
    start = '<?xml version="1.0"?><rss version="2.0" xmlns:arxiv="http://arxiv.org/schemas/atom" '
    start += 'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>cs.LG updates on arXiv.org</title>'
    return f"{start}{''.join(items)}</channel></rss>"


def item(number: int, *, title: str = "", kind: str = "new", text: str = "", authors: str = "Ada Byron") -> str:
    described = f"arXiv:2501.0000{number}v1 Announce Type: {kind} \nAbstract: {text or abstract(number)}"
    return (
        f"<item><title>{title or TITLES[number]}</title><link>https://arxiv.org/abs/2501.0000{number}</link>"
        f"<description>{described}</description><guid>oai:arXiv.org:2501.0000{number}v1</guid>"
        f"<category>cs.LG</category><dc:creator>{authors}</dc:creator></item>"
    )


class Ingester:
    """A store and a folder of listings beside it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.now = store, folder, NOW

    def put(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def ingest(self, *paths: Path | str, **options: Any) -> IngestReport:
        sources = [SourceSettings(name=f"source-{Path(path).name}", path=str(path)) for path in paths]
        self.now += timedelta(hours=1)
        return ingest(self.store, sources, now=self.now, options=IngestOptions(folder=self.folder, **options))

    def papers(self) -> list[Paper]:
        with self.store.reading() as tx:
            return papers.beyond(tx, 0)


@pytest.fixture
def ingester(store: Store, tmp_path: Path) -> Ingester:
    return Ingester(store, tmp_path / "listings")


@pytest.fixture
def sqlite_ingester(store: Store, tmp_path: Path) -> Ingester:
    return Ingester(store, tmp_path / "listings")


def counts(report: IngestReport) -> list[tuple[int, int, int]]:
    return [(listing.papers, listing.new, listing.updated) for listing in report.listings]


def test_the_papers_of_a_page_are_numbered_in_its_order_and_counted(ingester: Ingester) -> None:
    report = ingester.ingest(ingester.put("page.txt", page([0, 1, 2])))
    assert counts(report) == [(3, 3, 0)]
    assert [(p.number, p.title, p.abstract_raw) for p in ingester.papers()] == [
        (number + 1, TITLES[number], abstract(number)) for number in range(3)
    ]
    assert json.loads(json.dumps(report.as_dict()))["papers_new"] == 3


def test_the_same_content_again_changes_nothing(ingester: Ingester) -> None:
    path = ingester.put("page.txt", page([0, 1]))
    ingester.ingest(path)
    before = ingester.papers()
    assert counts(ingester.ingest(path)) == [(2, 0, 0)]
    assert ingester.papers() == before


def test_a_paper_on_two_pages_is_one_and_counts_its_sources(ingester: Ingester) -> None:
    first, second = ingester.put("a.txt", page([0, 1])), ingester.put("b.txt", page([1, 2]))
    assert counts(ingester.ingest(first, second)) == [(2, 2, 0), (2, 1, 0)]
    shared = ingester.papers()[1]
    assert shared.sources == ("source-a.txt", "source-b.txt")
    assert (shared.popularity.sources, shared.popularity.listings) == (2, 2)


def test_a_paper_twice_in_one_listing_is_one(ingester: Ingester) -> None:
    assert counts(ingester.ingest(ingester.put("a.xml", feed(item(0), item(0), item(1))))) == [(2, 2, 0)]


def test_two_copies_of_one_file_are_one_listing(ingester: Ingester) -> None:
    ingester.put("dumps/a.txt", page([0]))
    ingester.put("dumps/b.txt", page([0]))
    assert counts(ingester.ingest("dumps")) == [(1, 1, 0), (1, 0, 0)]
    with ingester.store.reading() as tx:
        assert len(listings.recent(tx)) == 1


def test_a_paper_known_by_title_is_enriched_in_place_when_its_record_arrives(ingester: Ingester) -> None:
    ingester.ingest(ingester.put("page.txt", page([0])))
    assert counts(ingester.ingest(ingester.put("feed.xml", feed(item(0))))) == [(1, 0, 1)]
    [paper] = ingester.papers()
    assert (paper.number, paper.arxiv_id, paper.authors, paper.first_seen) == (
        1, "2501.00000", ("Ada Byron",), NOW + timedelta(hours=1),
    )  # fmt: skip


def test_a_record_that_shows_two_papers_to_be_one_merges_them_under_the_lower_number(ingester: Ingester) -> None:
    ingester.ingest(ingester.put("page.txt", page([0])))
    renamed = item(0, title="An Entirely Other Name of It", text=abstract(2))
    assert counts(ingester.ingest(ingester.put("renamed.xml", feed(renamed)))) == [(1, 1, 0)]
    assert len(ingester.papers()) == 2
    assert counts(ingester.ingest(ingester.put("feed.xml", feed(item(0))))) == [(1, 0, 1)]
    [paper] = ingester.papers()
    assert (paper.number, paper.arxiv_id) == (1, "2501.00000")
    with ingester.store.reading() as tx:
        assert papers.by_numbers(tx, [2])[2].number == 1
        assert papers.by_keys(tx, ["arxiv:2501.00000"])["arxiv:2501.00000"].number == 1


def test_two_new_papers_of_one_ingest_may_turn_out_to_be_one(ingester: Ingester) -> None:
    renamed = item(0, title="An Entirely Other Name of It", text=abstract(2))
    contents = {"page.txt": page([0]), "renamed.xml": feed(renamed), "feed.xml": feed(item(0))}
    report = ingester.ingest(*(ingester.put(name, content) for name, content in contents.items()))
    assert [paper.number for paper in ingester.papers()] == [1]
    assert (report.papers_new, [listing.papers for listing in report.listings]) == (1, [1, 1, 1])


def test_a_replacement_of_an_unknown_paper_is_old_work_and_one_of_a_known_paper_updates_it(ingester: Ingester) -> None:
    old = ingester.put("old.xml", feed(item(0, kind="replace"), item(1, kind="replace-cross")))
    assert counts(ingester.ingest(old)) == [(2, 0, 0)]
    assert ingester.papers() == []
    ingester.ingest(ingester.put("new.xml", feed(item(2))))
    later = item(2, kind="replace", text="The text of a later version.").replace("v1", "v2")
    assert counts(ingester.ingest(ingester.put("later.xml", feed(later)))) == [(1, 0, 1)]
    [paper] = ingester.papers()
    assert (paper.arxiv_version, paper.abstract) == (2, "The text of a later version.")


def test_a_listing_that_cannot_be_read_is_reported_and_the_rest_goes_on(ingester: Ingester) -> None:
    bad, good = ingester.put("bad.txt", "Just prose."), ingester.put("good.txt", page([0]))
    report = ingester.ingest(bad, "missing.txt", good)
    assert counts(report) == [(0, 0, 0), (0, 0, 0), (1, 1, 0)]
    assert [listing.problems[0].reason[:40] for listing in report.failed] == [
        "not a listing in any known format; it be",
        "no such file or folder",
    ]
    assert [listing["format"] for listing in report.as_dict()["listings"]] == ["", "", "hf-page-text"]


def test_problems_of_a_damaged_page_are_reported_with_their_lines(ingester: Ingester) -> None:
    report = ingester.ingest(ingester.put("page.txt", HEADER + f"{TITLES[0]}\n{TITLES[1]}\n{abstract(1)}\n"))
    assert counts(report) == [(2, 2, 0)]
    [problem] = report.as_dict()["listings"][0]["problems"]
    assert problem["line"] == 3


def test_of_a_folder_only_new_and_changed_files_are_read(ingester: Ingester) -> None:
    ingester.put("dumps/one.txt", page([0]))
    ingester.put("dumps/.hidden.txt", page([1]))
    ingester.put("dumps/two.txt.part", page([1]))
    assert counts(ingester.ingest("dumps")) == [(1, 1, 0)]
    assert counts(ingester.ingest("dumps")) == []
    ingester.put("dumps/sub/three.txt", page([0, 1]))
    ingester.put("dumps/one.txt", page([0, 2]))
    assert counts(ingester.ingest("dumps")) == [(2, 1, 0), (2, 1, 0)]


def test_a_source_that_fails_is_remembered_with_the_time_since_when(ingester: Ingester) -> None:
    first = ingester.ingest("missing.txt")
    again = ingester.ingest("missing.txt")
    assert first.listings[0].failing_since == again.listings[0].failing_since == NOW + timedelta(hours=1)


def test_arguments_of_one_call_leave_no_state_of_a_source(ingester: Ingester) -> None:
    ingester.ingest("missing.txt", configured=False)
    with ingester.store.reading() as tx:
        assert listings.source_states(tx) == {}


def test_the_statistics_count_every_new_paper_once(sqlite_ingester: Ingester) -> None:
    sqlite_ingester.ingest(sqlite_ingester.put("a.txt", page([0, 1])))
    sqlite_ingester.ingest(sqlite_ingester.put("b.txt", page([1, 2])), sqlite_ingester.put("c.xml", feed(item(0))))
    with sqlite_ingester.store.reading() as tx:
        latest = statistics.latest(tx)
    assert latest is not None
    assert latest.papers == 3
    assert CorpusStatistics.load(latest.data).papers == 3


def test_progress_tells_how_many_papers_each_listing_showed(sqlite_ingester: Ingester) -> None:
    told: list[tuple[int, str]] = []
    path = sqlite_ingester.put("a.txt", page([0, 1]))
    source = SourceSettings(name="a", path=str(path))
    ingest(sqlite_ingester.store, [source], now=NOW, progress=lambda count, origin: told.append((count, origin)))
    assert told == [(2, str(path))]


def test_the_page_date_that_the_caller_knows_is_recorded(sqlite_ingester: Ingester) -> None:
    sqlite_ingester.ingest(sqlite_ingester.put("a.txt", page([0])), page_date=NOW.date())
    with sqlite_ingester.store.reading() as tx:
        assert listings.recent(tx)[0].page_date == NOW.date()


def test_the_captured_pages_give_their_papers_and_every_repeat_is_one(
    sqlite_ingester: Ingester, captures: Path
) -> None:
    paths = sorted((captures / "listings/hf_page_text").glob("*.txt"))
    report = sqlite_ingester.ingest(*paths)
    assert [listing.papers for listing in report.listings] == [197, 70, 51]
    known = {paper.title_raw: paper.abstract_raw for paper in sqlite_ingester.papers()}
    truths = [json.loads(path.with_suffix(".truth.json").read_text())["papers"] for path in paths]
    assert known == {paper["title"]: paper["abstract"] for truth in truths for paper in truth}
    assert len(sqlite_ingester.papers()) == len(known) == report.papers_new
