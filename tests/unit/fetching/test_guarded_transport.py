from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.fetching.guarded_transport import unambiguous_url

AMBIGUOUS = (
    "http://127.0.0.1:8080\\@8.8.8.8/",
    "http://8.8.8.8\\@127.0.0.1/",
    "http://127.0.0.1\\/@8.8.8.8/",
    "http:\\\\127.0.0.1/feed",
    "http://127.0.0.1%5C@8.8.8.8/",
    "http://127.0.0.1%2f@8.8.8.8/",
    "http://127.0.0.1%23@8.8.8.8/",
    "http://127.0.0.1 @8.8.8.8/",
    "http://127.0.0.1\t@8.8.8.8/",
    "http://127.0.0.1\n@8.8.8.8/",
    "http://8.8.8.8\r\nHost: 127.0.0.1/",
    "http://a@127.0.0.1@8.8.8.8/",
    "http://[::1]@8.8.8.8/",
    "http://\uff11\uff12\uff17.0.0.1\\@8.8.8.8/",
)


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_a_url_in_which_two_parsers_could_see_two_hosts_is_refused(text: str) -> None:
    with pytest.raises(httpx.InvalidURL):
        unambiguous_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://export.arxiv.org/rss/cs.CL",
        "https://user:p%40ss@feeds.example.org:8443/papers?q=a\\b#c",
        "http://feeds.example.org:80/",
        "https://[2001:db8::1]/feed",
        "https://b\u00fccher.example/feed",
        "http://FEEDS.example.org/",
    ],
)
def test_an_ordinary_url_is_accepted(text: str) -> None:
    assert unambiguous_url(text).host


PIECES = st.sampled_from([*"http:// 127.0.0.1 8.8.8.8 @ \\ / # ? : :80 %5c %00 . [ ]".split(), " "])


@given(st.lists(PIECES, max_size=8).map(lambda pieces: "http://" + "".join(pieces)))
@example("http://127.0.0.1:80\\@8.8.8.8/")
def test_an_accepted_url_names_the_same_host_for_both_parsers(text: str) -> None:
    try:
        url = unambiguous_url(text)
    except httpx.InvalidURL:
        return
    assert url.host == (urlsplit(text).hostname or "")
    assert "\\" not in text.partition("?")[0].partition("#")[0]
