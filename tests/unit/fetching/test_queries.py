"""Queries: the addresses they stand for, their pages, and what services ask of programs that query them."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from digest.errors import FetchError
from digest.fetching.paging import is_index, next_page
from digest.fetching.presets import is_query, preset_url
from digest.fetching.services import introduced, pause_of
from digest.settings import FetchingSettings

QUERIES = (
    *("arxiv-query", "openalex", "semantic-scholar", "crossref", "pubmed", "europe-pmc"),
    *("openreview", "dblp", "doaj", "datacite", "inspire", "ads"),
)
NAMED = {
    "arxiv-ids:2501.00001,hep-th/0102001v2": "id_list=2501.00001,hep-th/0102001v2",
    "acl:2025.acl-long": "aclanthology.org/volumes/2025.acl-long.bib",
    "zotero:groups/123": "api.zotero.org/groups/123/items/top",
}


@pytest.mark.parametrize("kind", QUERIES)
def test_a_query_is_put_into_the_address_whatever_signs_it_has(kind: str) -> None:
    url = preset_url(f'{kind}: "sparse gates" & doors/#1 ')
    assert is_query(f"{kind}:x")
    assert "%22sparse%20gates%22%20%26%20doors%2F%231" in url
    assert url.startswith("https://")


@pytest.mark.parametrize(("preset", "part"), NAMED.items())
def test_a_name_is_put_into_the_address(preset: str, part: str) -> None:
    assert part in preset_url(preset)
    assert not is_query(preset)


@pytest.mark.parametrize("preset", ["openalex:", "openalex: ", "acl:../x", "zotero:me", "arxiv-ids:1&x=2"])
def test_an_incomplete_or_odd_name_is_refused(preset: str) -> None:
    with pytest.raises(FetchError, match="not a predefined source"):
        preset_url(preset)


def page(kind: str, answer: object) -> str:
    data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return next_page(preset_url(f"{kind}:gates"), data)


FOLLOWED = {
    "openalex": ({"meta": {"next_cursor": "abc"}}, {"cursor": "abc"}),
    "semantic-scholar": ({"token": "abc", "data": []}, {"token": "abc"}),
    "europe-pmc": ({"nextCursorMark": "abc"}, {"cursorMark": "abc"}),
    "crossref": ({"message": {"total-results": 250}}, {"offset": "100"}),
    "ads": ({"response": {"numFound": 101}}, {"start": "100"}),
    "dblp": ({"result": {"hits": {"@total": "101"}}}, {"f": "100"}),
    "openreview": ({"count": 101}, {"offset": "100"}),
    "arxiv-query": (b"<feed><opensearch:totalResults>101</opensearch:totalResults></feed>", {"start": "100"}),
}


@pytest.mark.parametrize("kind", FOLLOWED)
def test_the_next_page_keeps_the_query_and_moves_on(kind: str) -> None:
    answer, moved = FOLLOWED[kind]
    url = page(kind, answer)
    before, after = (parse_qs(urlsplit(address).query) for address in (preset_url(f"{kind}:gates"), url))
    assert after == before | {name: [value] for name, value in moved.items()}


LAST = {
    "openalex": {"meta": {"next_cursor": None}},
    "semantic-scholar": {"data": []},
    "crossref": {"message": {"total-results": 100}},
    "dblp": {"result": {"hits": {"@total": "7"}}},
    "arxiv-query": b"<feed><opensearch:totalResults>100</opensearch:totalResults></feed>",
    "inspire": {"links": {"self": "https://inspirehep.net/x"}},
    "ads": b"not JSON",
    "doaj": [],
}


@pytest.mark.parametrize("kind", LAST)
def test_the_last_page_has_none_after_it(kind: str) -> None:
    assert page(kind, LAST[kind]) == ""


@pytest.mark.parametrize("kind", ["inspire", "datacite", "doaj"])
def test_an_answer_that_names_its_next_page_is_followed_over_https_only(kind: str) -> None:
    assert page(kind, {"links": {"next": "https://api.example/2"}}) == "https://api.example/2"
    assert page(kind, {"links": {"next": "file:///etc/passwd"}}) == ""


def test_a_search_of_pubmed_leads_to_its_records() -> None:
    assert is_index(preset_url("pubmed:gates"))
    url = page("pubmed", {"esearchresult": {"idlist": ["1", "2", "x"]}})
    assert "efetch.fcgi" in url
    assert url.endswith("id=1,2")
    assert page("pubmed", {"esearchresult": {"idlist": []}}) == ""


SETTINGS = FetchingSettings(
    pause_seconds=0,
    contact="me@example.org",
    openalex_key=SecretStr("k1"),
    ncbi_key=SecretStr("k2"),
    semantic_scholar_key=SecretStr("k3"),
    ads_key=SecretStr("k4"),
)
TOLD = {
    "openalex": ({"mailto": ["me@example.org"], "api_key": ["k1"]}, {}),
    "crossref": ({"mailto": ["me@example.org"]}, {}),
    "pubmed": ({"email": ["me@example.org"], "api_key": ["k2"]}, {}),
    "semantic-scholar": ({}, {"x-api-key": "k3"}),
    "ads": ({}, {"Authorization": "Bearer k4"}),
    "dblp": ({}, {}),
}


@pytest.mark.parametrize("kind", TOLD)
def test_a_service_is_told_who_asks_in_the_way_it_wants(kind: str) -> None:
    parameters, headers = TOLD[kind]
    asked = httpx.URL(preset_url(f"{kind}:gates"))
    url, sent = introduced(asked, SETTINGS)
    assert parse_qs(url.query.decode()) == parse_qs(asked.query.decode()) | parameters
    assert sent == headers


def test_a_key_goes_to_its_own_service_over_https_alone() -> None:
    for address in ("https://journal.example/feed", "http://api.openalex.org/works"):
        assert introduced(httpx.URL(address), SETTINGS) == (httpx.URL(address), {})


def test_without_contact_and_keys_nothing_is_added() -> None:
    asked = httpx.URL(preset_url("openalex:gates"))
    assert introduced(asked, FetchingSettings(contact="https://example.org")) == (asked, {})


@pytest.mark.parametrize(("host", "pause"), [("export.arxiv.org", 3), ("api.semanticscholar.org", 1), ("a.example", 0)])
def test_the_pause_that_a_service_asks_for_is_kept_whatever_the_settings_say(host: str, pause: float) -> None:
    assert pause_of(host, SETTINGS) == pause
    assert pause_of(host, FetchingSettings(pause_seconds=9)) == 9
