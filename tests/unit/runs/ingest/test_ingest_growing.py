"""Ingest beside writers: a folder that fills while it is read, a second ingest, many papers."""

from __future__ import annotations

import multiprocessing
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from digest.papers import Paper
from digest.runs.ingest.ingest import IngestReport, ingest
from digest.settings import SourceSettings, StoreSettings
from digest.storage import Store, open_store
from digest.storage.papers import papers
from tests.benchmarks.listing_makers import made_papers, page_answer, page_text

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


def run(store: Store, path: Path) -> IngestReport:
    return ingest(store, [SourceSettings(name="dumps", path=str(path))], now=NOW)


def known(store: Store) -> list[Paper]:
    with store.reading() as tx:
        return papers.beyond(tx, 0)


def test_a_file_that_is_still_being_written_is_left_for_the_next_time(store: Store, tmp_path: Path) -> None:
    text = page_text(made_papers(60))
    folder = tmp_path / "dumps"
    folder.mkdir()

    def write() -> None:
        with (folder / "page.txt").open("w") as file:
            for start in range(0, len(text), 2_000):
                file.write(text[start : start + 2_000])
                file.flush()
                time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.1)
    during = run(store, folder)
    writer.join()
    assert during.listings == ()
    assert run(store, folder).papers_new == 60
    assert [paper.title_raw for paper in known(store)] == [made.title for made in made_papers(60)]


def test_a_file_that_was_read_in_part_is_completed_by_the_next_reading(store: Store, tmp_path: Path) -> None:
    made = made_papers(10)
    text, path = page_text(made), tmp_path / "page.txt"
    path.write_text(text[: text.index(made[6].abstract) + 300])
    run(store, path)
    path.write_text(text)
    assert run(store, path).papers_new == 3
    assert [(p.title_raw, p.abstract_raw) for p in known(store)] == [(m.title, m.abstract) for m in made]


def _ingest_elsewhere(url: str, folder: str, path: str) -> None:
    store = open_store(StoreSettings(url=url), Path(folder))
    run(store, Path(path))
    store.close()


def test_two_ingests_at_the_same_time_give_every_paper_one_number(store_url: str, tmp_path: Path) -> None:
    store = open_store(StoreSettings(url=store_url), tmp_path)
    made = made_papers(300)
    paths = [tmp_path / "a.txt", tmp_path / "b.json"]
    paths[0].write_text(page_text(made[:200]))
    paths[1].write_text(page_answer(made[100:]))
    context = multiprocessing.get_context("spawn")
    runs = [
        context.Process(target=_ingest_elsewhere, args=(store_url, str(tmp_path), str(path)))
        for path in [*paths, *paths]
    ]
    for process in runs:
        process.start()
    for process in runs:
        process.join()
    assert [process.exitcode for process in runs] == [0, 0, 0, 0]
    found = known(store)
    store.close()
    assert [paper.number for paper in found] == list(range(1, 301))
    assert {paper.title_raw for paper in found} == {paper.title for paper in made}


@pytest.fixture
def statements(store: Store) -> list[str]:
    """The SQL statements that the store is asked to execute, as they come."""
    told: list[str] = []
    engine = store._engine
    assert isinstance(engine, Engine)
    event.listen(engine, "before_cursor_execute", lambda c, cursor, statement, *rest: told.append(statement))
    return told


def test_the_number_of_statements_hardly_grows_with_the_number_of_papers(
    store: Store, tmp_path: Path, statements: list[str]
) -> None:
    counts = []
    for size, seed in ((50, 1), (800, 2)):
        path = tmp_path / f"{size}.txt"
        path.write_text(page_text(made_papers(size, seed)))
        statements.clear()
        run(store, path)
        counts.append(len(statements))
    assert counts[1] < counts[0] + 800 / 20
