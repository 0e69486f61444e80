"""Fetching over HTTP: what a server may do, and that none can hold, flood or misuse a run."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from digest.errors import FetchError
from digest.fetching.fetched import Fetched
from digest.fetching.guarded_transport import is_public
from digest.fetching.presets import preset_url
from digest.fetching.web_reader import Known, WebReader
from digest.settings import FetchingSettings
from tests.unit.fetching.server import (
    WebServer,
    answer,
    broken_off,
    conditional,
    dripping_headers,
    endless,
    packed,
    serving,
)

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
MEGABYTE = 1_000_000


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serving() as running:
        yield running


class Reader:
    """A reader whose pauses are noted, not waited for."""

    def __init__(self, **settings: object) -> None:
        chosen = {"allow_private": True, "pause_seconds": 0, "step_seconds": 5, "total_seconds": 5} | settings
        self.pauses: list[float] = []
        self.web = WebReader(FetchingSettings.model_validate(chosen), now=lambda: NOW, sleep=self.pauses.append)

    def read(self, url: str, known: Known | None = None) -> Fetched | None:
        with self.web:
            return self.web.read(url, known)


def test_an_answer_is_fetched_with_what_its_server_says_of_it(server: WebServer) -> None:
    url = server.at("/feed", answer(200, b"<rss/>", ETag='"v1"', Last_Modified="Wed, 01 Apr 2026 10:00:00 GMT"))
    fetched = Reader(contact="mailto:ops@example.org").read(url)
    assert fetched is not None
    assert (fetched.data, fetched.origin, fetched.etag) == (b"<rss/>", url, '"v1"')
    assert fetched.modified == datetime(2026, 4, 1, 10, tzinfo=UTC)
    [(_, headers)] = server.requests
    assert headers["user-agent"].startswith("paper-digest/")
    assert "mailto:ops@example.org" in headers["user-agent"]


def test_what_has_not_changed_is_not_sent_again(server: WebServer) -> None:
    url = server.at("/feed", conditional(b"<rss/>", '"v1"'))
    fetched = Reader().read(url)
    assert fetched is not None
    known = Known(etag=fetched.etag, last_modified="Wed, 01 Apr 2026 10:00:00 GMT")
    assert Reader().read(url, known) is None
    assert server.requests[-1][1]["if-modified-since"] == known.last_modified


def test_gzip_is_asked_for_and_unpacked(server: WebServer) -> None:
    fetched = Reader().read(server.at("/feed", packed(b"text " * 1000)))
    assert fetched is not None
    assert fetched.data == b"text " * 1000
    assert server.requests[0][1]["accept-encoding"] == "gzip"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: WebServer, status: int) -> None:
    server.at("/new", answer(200, b"here"))
    fetched = Reader().read(server.at("/old", answer(status, Location="/new")))
    assert fetched is not None
    assert fetched.data == b"here"


def test_a_redirect_loop_ends_with_a_reason(server: WebServer) -> None:
    url = server.at("/a", answer(302, Location="/b"))
    server.at("/b", answer(302, Location="/a"))
    with pytest.raises(FetchError, match="more than 5 redirects"):
        Reader().read(url)
    assert len(server.requests) == 6


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://a.example/x", "//", "http://"])
def test_a_redirect_out_of_the_web_is_not_followed(server: WebServer, target: str) -> None:
    with pytest.raises(FetchError):
        Reader(retries=0).read(server.at("/a", answer(302, Location=target)))


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1\\@{host}/", "http://a.example%5C@{host}/", "http://someone@localhost:{port}/"]
)
def test_a_redirect_that_two_parsers_could_read_differently_is_not_followed(server: WebServer, target: str) -> None:
    host = server.url("/").removeprefix("http://").rstrip("/")
    location = target.format(host=host, port=host.rpartition(":")[2])
    with pytest.raises(FetchError):
        Reader(retries=0).read(server.at("/a", answer(302, Location=location)))
    assert len(server.requests) == 1


def test_a_busy_server_is_asked_again_when_it_wants_to_be(server: WebServer) -> None:
    reader = Reader()
    url = server.at("/feed", answer(429, Retry_After="7"), answer(503), answer(200, b"now"))
    fetched = reader.read(url)
    assert fetched is not None
    assert (fetched.data, reader.pauses) == (b"now", [7, 2])


def test_a_date_to_be_asked_again_at_is_honoured(server: WebServer) -> None:
    reader = Reader()
    date = format_datetime(NOW + timedelta(seconds=40), usegmt=True)
    reader.read(server.at("/feed", answer(429, Retry_After=date), answer(200, b"now")))
    assert reader.pauses == [40]


def test_a_server_that_wants_to_be_left_alone_for_long_is(server: WebServer) -> None:
    reader = Reader()
    with pytest.raises(FetchError, match="429 Too Many Requests; it asks to be left alone for 3600 s"):
        reader.read(server.at("/feed", answer(429, Retry_After="3600")))
    assert reader.pauses == []


def test_a_server_that_stays_broken_is_given_up_after_the_retries(server: WebServer) -> None:
    reader = Reader(retries=2)
    with pytest.raises(FetchError, match="500 Internal Server Error"):
        reader.read(server.at("/feed", answer(500)))
    assert (len(server.requests), reader.pauses) == (3, [1, 2])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_final(server: WebServer, status: int) -> None:
    with pytest.raises(FetchError, match=f"the server answered {status}"):
        Reader().read(server.at("/feed", answer(status)))
    assert len(server.requests) == 1


def test_two_gigabytes_of_zeros_are_given_up_at_the_limit(server: WebServer) -> None:
    url = server.at("/feed", endless(bytes(MEGABYTE), 2000))
    with pytest.raises(FetchError, match="more than 3 MB"):
        Reader(megabytes=3).read(url)


def test_a_gzip_bomb_is_given_up_at_the_limit_without_going_off(server: WebServer) -> None:
    url = server.at("/feed", packed(bytes(300 * MEGABYTE)))
    tracemalloc.start()
    with pytest.raises(FetchError, match="more than 3 MB"):
        Reader(megabytes=3).read(url)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * MEGABYTE


@pytest.mark.parametrize(
    "body", [gzip.compress(b"text " * 1000)[:-20], b"no gzip at all"], ids=["ends early", "something else"]
)
def test_broken_gzip_is_refused(server: WebServer, body: bytes) -> None:
    with pytest.raises(FetchError, match="gzip"):
        Reader(retries=0).read(server.at("/feed", answer(200, body, Content_Encoding="gzip")))


def test_an_encoding_that_was_not_asked_for_is_refused(server: WebServer) -> None:
    with pytest.raises(FetchError, match="encoded as 'br'"):
        Reader().read(server.at("/feed", answer(200, b"x", Content_Encoding="br")))


@pytest.mark.parametrize(
    "behaviour",
    [endless(b"x", 200, 0.1), dripping_headers(0.1)],
    ids=["body", "headers"],
)
def test_a_slow_drip_is_given_up_at_the_deadline(server: WebServer, behaviour: object) -> None:
    url = server.at("/feed", behaviour)  # type: ignore[arg-type]
    with pytest.raises(FetchError, match=r"no complete answer within 0.6 s"):
        Reader(total_seconds=0.6, retries=0).read(url)


def test_a_silent_server_is_given_up(server: WebServer) -> None:
    with pytest.raises(FetchError, match="no complete answer"):
        Reader(step_seconds=0.3, retries=0).read(server.at("/feed", endless(b"", 1, 1.5)))


def test_an_answer_that_breaks_off_is_not_taken_for_whole(server: WebServer) -> None:
    with pytest.raises(FetchError, match="without sending complete message body"):
        Reader(retries=0).read(server.at("/feed", broken_off(b"half")))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"])
def test_a_private_address_is_refused_before_anything_is_sent(server: WebServer, host: str) -> None:
    with pytest.raises(FetchError, match="an address that is not public"):
        Reader(allow_private=False).read(server.url("/feed", host))
    assert server.requests == []


def test_a_private_address_is_refused_behind_a_redirect_as_well(
    server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.fetching.guarded_transport.is_public", lambda address: address == "127.0.0.1")
    with pytest.raises(FetchError, match=r"127.0.0.2 is 127.0.0.2, an address that is not public"):
        Reader(allow_private=False).read(server.at("/feed", answer(302, Location="http://127.0.0.2:9/")))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:0a00:0001::1", False),
        ("64:ff9b::7f00:1", False),
    ],
)
def test_public_addresses_are_told_from_all_others(address: str, expected: bool) -> None:
    assert is_public(address) is expected


def test_a_name_that_does_not_resolve_is_reported() -> None:
    with pytest.raises(FetchError, match=r"nowhere.invalid cannot be resolved"):
        Reader(retries=0).read("http://nowhere.invalid/feed")


@pytest.mark.parametrize(
    "url", ["feed.xml", "file:///etc/hostname", "http://", "http://[1", "ht!tp://a", "http://a b/"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(FetchError):
        Reader(retries=0).read(url)


def test_a_password_in_an_address_is_sent_and_never_shown(server: WebServer) -> None:
    url = server.at("/feed", answer(404)).replace("://", "://ada:secret@")
    with pytest.raises(FetchError) as refusal:
        Reader().read(url)
    assert "secret" not in str(refusal.value)
    assert server.requests[0][1]["authorization"].startswith("Basic ")


def test_a_password_does_not_travel_to_another_host(server: WebServer) -> None:
    with serving() as other:
        elsewhere = other.at("/there", answer(200, b"x"))
        Reader().read(server.at("/feed", answer(302, Location=elsewhere)).replace("://", "://ada:secret@"))
        assert "authorization" not in other.requests[0][1]


def test_two_requests_to_one_host_are_a_pause_apart(server: WebServer) -> None:
    reader = Reader(pause_seconds=30)
    url = server.at("/feed", answer(200, b"x"))
    with reader.web:
        reader.web.read(url)
        reader.web.read(url)
    assert reader.pauses == [pytest.approx(30, abs=1)]


@pytest.mark.parametrize(
    ("preset", "url"),
    [
        ("arxiv:cs.CL", "https://rss.arxiv.org/rss/cs.CL"),
        ("arxiv:cs.CL+stat.ML+quant-ph", "https://rss.arxiv.org/rss/cs.CL+stat.ML+quant-ph"),
        ("huggingface:daily", "https://huggingface.co/api/daily_papers?limit=100"),
        ("huggingface:2026-04-01", "https://huggingface.co/api/daily_papers?date=2026-04-01&limit=100"),
        ("biorxiv:neuroscience", "https://connect.biorxiv.org/biorxiv_xml.php?subject=neuroscience"),
        ("biorxiv:cell biology", "https://connect.biorxiv.org/biorxiv_xml.php?subject=cell_biology"),
        ("medrxiv:epidemiology", "https://connect.medrxiv.org/medrxiv_xml.php?subject=epidemiology"),
    ],
)
def test_a_ready_made_name_stands_for_an_address(preset: str, url: str) -> None:
    assert preset_url(preset) == url


@pytest.mark.parametrize(
    "preset", ["", "arxiv:", "arxiv:cs.CL&x=1", "huggingface:weekly", "biorxiv:", "x:y", "arxiv:../x"]
)
def test_an_unknown_ready_made_name_is_refused_with_those_there_are(preset: str) -> None:
    with pytest.raises(FetchError, match=r"arxiv:cs.CL\+cs.LG"):
        preset_url(preset)


class Clock:
    """A clock on which sleeping and each request take time."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("behaviour", "budgets", "named"),
    [
        pytest.param(answer(503), {"source_seconds": 20}, "of the source (20 s)", id="busy: the source"),
        pytest.param(answer(503), {"run_seconds": 20}, "of the run (20 s)", id="busy: the run"),
        pytest.param(answer(503, Retry_After="50"), {"source_seconds": 40}, "of the source (40 s)", id="a long pause"),
        pytest.param(dripping_headers(0.2), {"source_seconds": 3}, "of the source (3 s)", id="dripping headers"),
        pytest.param(endless(b"x", 100, 0.2), {"run_seconds": 3}, "of the run (3 s)", id="a dripping body"),
    ],
)
def test_no_source_takes_longer_than_its_budget_with_all_its_retries(
    server: WebServer, behaviour: object, budgets: dict[str, float], named: str
) -> None:
    clock = Clock()
    chosen = {"allow_private": True, "pause_seconds": 0, "retries": 10, "total_seconds": 1} | budgets
    web = WebReader(FetchingSettings.model_validate(chosen), now=lambda: NOW, sleep=clock.sleep, monotonic=clock)
    url = server.at("/feed", behaviour)  # type: ignore[arg-type]
    with web:
        web.begin_source()
        with pytest.raises(FetchError, match="the next run tries again") as caught:
            web.read(url)
    assert named in str(caught.value)
    assert clock.now <= 60


def test_each_source_has_a_budget_of_its_own(server: WebServer) -> None:
    clock = Clock()
    chosen = {"allow_private": True, "pause_seconds": 0, "source_seconds": 20}
    web = WebReader(FetchingSettings.model_validate(chosen), now=lambda: NOW, sleep=clock.sleep, monotonic=clock)
    good = server.at("/good", answer(200, b"text"))
    with web:
        for _ in range(5):
            web.begin_source()
            assert web.read(good) is not None
            clock.sleep(19)
