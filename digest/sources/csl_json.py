'''CSL JSON, as reference managers export it for citation processors.

>>> from datetime import UTC, datetime
>>> answer = b"""[{"id": "a", "type": "article-journal", "title": "A sample", "DOI": "10.1000/X",
... "abstract": "It is short.",
... "author": [{"family": "Byron", "given": "Ada"}, {"literal": "The Gate Group"}],
... "issued": {"date-parts": [["2026", 3, 5]]}, "note": "arXiv: 2501.00001"}]"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.doi, s.arxiv_id, str(s.published)) for s in listing.sightings]
[('A sample', ('Ada Byron', 'The Gate Group'), '10.1000/x', '2501.00001', '2026-03-05')]
'''

from __future__ import annotations

import re

from digest.papers import Listing
from digest.sources.json_service import JsonService, Record, Work
from digest.sources.loose_values import day_of_parts, mapping_in, people_in, text_in, written_day
from digest.sources.raw_listing import Format, RawListing


def _work(record: Record) -> Work:
    issued = mapping_in(record, "issued")
    return Work(
        title=text_in(record, "title"),
        abstract=text_in(record, "abstract"),
        authors=people_in(record, "author", "editor"),
        doi=text_in(record, "DOI", "doi"),
        identifiers=[
            text_in(record, name) for name in ("note", "number", "archive_location", "URL", "container-title")
        ],
        published=day_of_parts(issued) or written_day(text_in(issued, "raw", "literal")),
        links={"html": text_in(record, "URL")},
        keywords=[word.strip() for word in re.split(r"[,;]", text_in(record, "keyword"))],
        journal_ref=text_in(record, "container-title"),
    )


_SERVICE = JsonService(
    name="csl-json",
    mark=re.compile(
        r'"type"\s*:\s*"(?:article(?:-journal|-magazine|-newspaper)?|paper-conference|chapter|thesis|report|manuscript|preprint|dataset|book)"'
    ),
    is_record=lambda record: isinstance(record.get("type"), str) and isinstance(record.get("title"), str | list),
    work=_work,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported."""
    return _SERVICE.read(raw_listing)


FORMAT = Format(name=_SERVICE.name, recognise=_SERVICE.recognises, read=read)
