"""Queries that services answer page by page: where the next page is, and which answers are no listing themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_TOTAL = re.compile(rb"<(?:opensearch:)?totalResults[^<>]*>(\d{1,12})<")
_NCBI = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/efetch.fcgi"


def is_index(url: str) -> bool:
    """Return whether an address answers with numbers of papers only, which the next page then shows."""
    return urlsplit(url).path.endswith("/esearch.fcgi")


def next_page(url: str, data: bytes) -> str:
    """Return the address of the page after this one; empty when it is the last one.

    >>> next_page("https://api.openalex.org/works?cursor=*", b'{"meta": {"next_cursor": "x"}, "results": [{}]}')
    'https://api.openalex.org/works?cursor=x'
    """
    if "/api/query" in url and (total := _TOTAL.search(data)):
        return _counted(url, "start", int(dict(_query(url)).get("max_results", 0)), int(total[1]))
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(answer, Mapping):
        return ""
    if is_index(url):
        return _fetched(answer)
    return _linked(answer) or _by_cursor(url, answer) or _by_count(url, answer)


def _fetched(answer: Mapping[str, Any]) -> str:
    """Return the address of the records whose numbers a search of NCBI gives."""
    numbers = [number for number in _at(answer, "esearchresult", "idlist") or () if str(number).isdecimal()]
    query = {"db": "pubmed", "retmode": "xml", "id": ",".join(map(str, numbers))}
    return f"{_NCBI}?{urlencode(query, safe=',')}" if numbers else ""


def _linked(answer: Mapping[str, Any]) -> str:
    """Return the address that an answer names itself (DataCite, INSPIRE, DOAJ, Europe PMC)."""
    links = (_at(answer, "links", "next"), answer.get("next"), answer.get("nextPageUrl"))
    return next((link for link in links if isinstance(link, str) and link.startswith("https://")), "")


def _by_cursor(url: str, answer: Mapping[str, Any]) -> str:
    cursors = {
        "cursor": _at(answer, "meta", "next_cursor"),
        "cursorMark": answer.get("nextCursorMark"),
        "token": answer.get("token"),
    }
    return next((_with(url, name, value) for name, value in cursors.items() if isinstance(value, str) and value), "")


def _by_count(url: str, answer: Mapping[str, Any]) -> str:
    """Return the address of the papers after those that were counted (Crossref, ADS, DBLP, OpenReview)."""
    query = dict(_query(url))
    for name, size, total in (
        ("offset", "rows", _at(answer, "message", "total-results")),
        ("start", "rows", _at(answer, "response", "numFound")),
        ("f", "h", _at(answer, "result", "hits", "@total")),
        ("offset", "limit", answer.get("count")),
    ):
        if name in query and str(total).isdecimal() and query.get(size, "").isdecimal():
            return _counted(url, name, int(query[size]), int(str(total)))
    return ""


def _counted(url: str, name: str, size: int, total: int) -> str:
    start = dict(_query(url)).get(name, "0")
    following = (int(start) if start.isdecimal() else 0) + size
    return _with(url, name, str(following)) if size and following < total else ""


def _at(answer: Any, *names: str) -> Any:
    for name in names:
        answer = answer.get(name) if isinstance(answer, Mapping) else None
    return answer


def _query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def _with(url: str, name: str, value: str) -> str:
    parts = urlsplit(url)
    query = [(key, value if key == name else given) for key, given in _query(url)]
    query += [] if any(key == name for key, _ in query) else [(name, value)]
    return urlunsplit(parts._replace(query=urlencode(query)))
