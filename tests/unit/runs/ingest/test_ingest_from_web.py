"""Sources on the web: what is remembered of them from run to run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from digest.runs.ingest.ingest import IngestOptions, IngestReport, ingest
from digest.settings import FetchingSettings, SourceSettings
from digest.storage import Store
from digest.storage.papers import listings
from digest.storage.papers.listings import SourceState
from tests.unit.fetching.server import WebServer, answer, conditional, endless, serving
from tests.unit.runs.ingest.test_ingest import feed, item, page

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
CAPTCHA = b"<!doctype html><html><head><title>Are you human?</title></head><body>Verify.</body></html>"


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serving() as running:
        yield running


def run(store: Store, *urls: str, hours: int = 0) -> IngestReport:
    sources = [SourceSettings(name=f"web-{place}", url=url) for place, url in enumerate(urls)]
    fetching = FetchingSettings(allow_private=True, pause_seconds=0, retries=0, total_seconds=5)
    options = IngestOptions(fetching=fetching, sleep=lambda seconds: None)
    return ingest(store, sources, now=NOW + timedelta(hours=hours), options=options)


def state(store: Store, name: str = "web-0") -> SourceState:
    with store.reading() as tx:
        return listings.source_states(tx)[name]


def test_a_feed_is_read_once_and_not_sent_again_until_it_changes(store: Store, server: WebServer) -> None:
    url = server.at("/feed", conditional(feed(item(0)).encode(), '"v1"'))
    assert run(store, url).papers_new == 1
    assert run(store, url, hours=1).listings == ()
    assert server.requests[1][1]["if-none-match"] == '"v1"'
    assert run(store, url, hours=2).listings == ()
    assert server.requests[2][1]["if-none-match"] == '"v1"'
    server.at("/feed", conditional(feed(item(0), item(1)).encode(), '"v2"'))
    assert run(store, url, hours=3).papers_new == 1
    assert state(store).etag == '"v2"'


def test_one_source_that_fails_stops_no_other(store: Store, server: WebServer) -> None:
    broken, good = server.at("/broken", answer(500)), server.at("/good", answer(200, page([0, 1]).encode()))
    report = run(store, broken, "http://nowhere.invalid/", good)
    assert [(listing.source, listing.papers) for listing in report.listings] == [
        ("web-0", 0),
        ("web-1", 0),
        ("web-2", 2),
    ]
    assert report.listings[0].problems[0].reason == "the server answered 500 Internal Server Error"


def test_a_source_says_since_when_it_fails_until_it_works_again(store: Store, server: WebServer) -> None:
    url = server.at("/feed", answer(503), answer(200, CAPTCHA), conditional(page([0]).encode(), '"v1"'), answer(304))
    assert [run(store, url, hours=hours).listings[0].failing_since for hours in (0, 1)] == [NOW, NOW]
    assert "Are you human?" in state(store).last_error
    assert run(store, url, hours=2).papers_new == 1
    assert (state(store).failing_since, state(store).last_ok) == (None, NOW + timedelta(hours=2))


def test_a_page_that_cannot_be_read_is_asked_for_again(store: Store, server: WebServer) -> None:
    url = server.at("/feed", answer(200, CAPTCHA, ETag='"captcha"'), answer(200, page([0]).encode()))
    run(store, url)
    assert run(store, url, hours=1).papers_new == 1
    assert "if-none-match" not in server.requests[1][1]


def test_an_unknown_predefined_source_is_reported(store: Store) -> None:
    source = SourceSettings(name="x", preset="arxiv:")
    report = ingest(store, [source], now=NOW)
    assert "is not a predefined source" in report.listings[0].problems[0].reason


def works(*numbers: int, cursor: str | None) -> bytes:
    results = [
        {"id": f"https://openalex.org/W{n}", "title": f"A paper on gate number {n}", "authorships": []} for n in numbers
    ]
    return json.dumps({"meta": {"next_cursor": cursor}, "results": results}).encode()


def follow(store: Store, url: str, monkeypatch: pytest.MonkeyPatch, pages: int = 3) -> IngestReport:
    monkeypatch.setattr("digest.runs.ingest.source_reader.preset_url", lambda preset: url)
    fetching = FetchingSettings(allow_private=True, pause_seconds=0, retries=0, total_seconds=5, pages=pages)
    options = IngestOptions(fetching=fetching, sleep=lambda seconds: None)
    return ingest(store, [SourceSettings(name="q", preset="openalex:gates")], now=NOW, options=options)


def test_a_query_is_read_page_by_page_up_to_the_setting(
    store: Store, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = (answer(200, works(n, cursor=f"c{n}")) for n in range(3))
    report = follow(store, server.at("/works", *pages), monkeypatch, pages=2)
    assert (len(report.listings), report.papers_new) == (2, 2)


def test_a_query_that_broke_off_goes_on_where_it_stopped(
    store: Store, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answer(200, works(1, 2, cursor="c"))
    url = server.at("/works", first, answer(500), first, answer(200, works(3, cursor=None)))
    assert follow(store, url, monkeypatch).papers_new == 2
    assert state(store, "q").failing_since == NOW
    report = follow(store, url, monkeypatch)
    assert [listing.new for listing in report.listings] == [0, 1]
    assert state(store, "q").failing_since is None


def test_a_source_that_drips_leaves_time_for_the_others_and_comes_last_at_the_next_run(
    store: Store, server: WebServer
) -> None:
    drips = server.at("/drips", endless(b"x", 200, 0.1))
    good = server.at("/good", answer(200, page([0, 1]).encode()), answer(200, page([2]).encode()))
    sources = [SourceSettings(name="drips", url=drips), SourceSettings(name="good", url=good)]

    def read(hours: int, **budgets: float) -> list[tuple[str, int]]:
        fetching = FetchingSettings(
            allow_private=True,
            pause_seconds=0,
            retries=10,
            total_seconds=0.3,
            **budgets,  # type: ignore[arg-type]
        )
        report = ingest(store, sources, now=NOW + timedelta(hours=hours), options=IngestOptions(fetching=fetching))
        return [(listing.source, listing.papers) for listing in report.listings]

    assert read(0, source_seconds=0.5) == [("drips", 0), ("good", 2)]
    assert "time budget of the source" in state(store, "drips").last_error
    assert read(1, run_seconds=1) == [("good", 1), ("drips", 0)]
    assert "time budget of the run" in state(store, "drips").last_error
