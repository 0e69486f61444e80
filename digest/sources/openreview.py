'''OpenReview: the notes of both versions of its API.

>>> from datetime import UTC, datetime
>>> answer = b"""{"notes": [{"id": "a1", "forum": "a1", "cdate": 1772668800000,
... "content": {"title": {"value": "A sample"},
... "abstract": {"value": "It is short."}, "authors": {"value": ["Ada Byron"]}, "venue": {"value": "Gates 2026"}}},
... {"id": "b1", "forum": "a1", "replyto": "a1", "content": {"comment": {"value": "Nice."}}}], "count": 2}"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.abstract, s.authors, s.journal_ref, str(s.published)) for s in listing.sightings]
[('A sample', 'It is short.', ('Ada Byron',), 'Gates 2026', '2026-03-05')]
'''

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from digest.papers import Listing, PublishedKind
from digest.sources.json_service import JsonService, Record, Work
from digest.sources.loose_values import mapping_in, text_in, texts_in
from digest.sources.raw_listing import Format, RawListing


def _work(record: Record) -> Work | None:
    content = {name: _value(value) for name, value in mapping_in(record, "content").items()}
    if not text_in(content, "title") and text_in(record, "replyto"):
        return None  # a review or a comment
    forum = text_in(record, "forum") or text_in(record, "id")
    pdf = text_in(content, "pdf")
    return Work(
        title=text_in(content, "title"),
        abstract=text_in(content, "abstract"),
        authors=texts_in(content, "authors"),
        identifiers=[text_in(content, "_bibtex", "html")],
        published=_day(record),
        published_kind=PublishedKind.SUBMITTED,
        links={
            "html": f"https://openreview.net/forum?id={forum}",
            "pdf": f"https://openreview.net{pdf}" if pdf.startswith("/") else pdf,
            "code": text_in(content, "code"),
        },
        keywords=texts_in(content, "keywords"),
        tldr=text_in(content, "TL;DR", "TLDR", "one-sentence_summary"),
        journal_ref=text_in(content, "venue"),
        licence=text_in(record, "license"),
    )


def _value(value: Any) -> Any:
    """Return the value of a field: version 2 wraps it in an object."""
    return value["value"] if isinstance(value, Mapping) and "value" in value else value


def _day(record: Record) -> date | None:
    numbers = (record.get(name) for name in ("pdate", "odate", "cdate", "tcdate"))
    milliseconds = next((number for number in numbers if isinstance(number, int) and 0 < number < 10**14), None)
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date() if milliseconds else None


_SERVICE = JsonService(
    name="openreview",
    mark=re.compile(r'"(?:notes|forum|invitations?)"\s*:'),
    is_record=lambda record: "forum" in record and isinstance(record.get("content"), Mapping),
    work=_work,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported."""
    return _SERVICE.read(raw_listing)


FORMAT = Format(name=_SERVICE.name, recognise=_SERVICE.recognises, read=read)
