'''OpenAlex: answers of the works API, whose abstracts are indexes of their words.

>>> from datetime import UTC, datetime
>>> answer = b"""{"results": [{"id": "https://openalex.org/W1", "title": "A sample", "doi": "https://doi.org/10.1000/x",
... "publication_date": "2026-03-05", "abstract_inverted_index": {"It": [0], "short.": [2], "is": [1]},
... "authorships": [{"author": {"display_name": "Ada Byron"}}]}]}"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.abstract, s.authors, s.doi) for s in listing.sightings]
[('A sample', 'It is short.', ('Ada Byron',), '10.1000/x')]
'''

from __future__ import annotations

import re

from digest.papers import Listing
from digest.sources.json_service import JsonService, Record, Work
from digest.sources.loose_values import day_in, mapping_in, mappings_in, text_in
from digest.sources.raw_listing import Format, RawListing

MOST_WORDS = 20_000  #: places of an index that are filled


def _work(record: Record) -> Work:
    best = mapping_in(record, "primary_location") or mapping_in(record, "best_oa_location")
    places = [best, *mappings_in(record, "locations")]
    topics = [*mappings_in(record, "keywords"), mapping_in(record, "primary_topic")]
    return Work(
        title=text_in(record, "title", "display_name"),
        abstract=abstract_of(mapping_in(record, "abstract_inverted_index")) or text_in(record, "abstract"),
        authors=[name for person in mappings_in(record, "authorships") if (name := _name(person))],
        doi=text_in(record, "doi") or text_in(mapping_in(record, "ids"), "doi"),
        identifiers=[text_in(place, "landing_page_url", "pdf_url") for place in places],
        published=day_in(record, "publication_date"),
        links={
            "html": text_in(best, "landing_page_url") or text_in(record, "doi", "id"),
            "pdf": next((link for place in places if (link := text_in(place, "pdf_url"))), ""),
        },
        keywords=[text for topic in topics if (text := text_in(topic, "display_name"))],
        journal_ref=text_in(mapping_in(best, "source"), "display_name"),
        licence=text_in(best, "license"),
    )


def _name(person: Record) -> str:
    return text_in(mapping_in(person, "author"), "display_name") or text_in(person, "raw_author_name")


def abstract_of(index: Record) -> str:
    """Return the text of an inverted index: under each word the places where it stands."""
    words: dict[int, str] = {}
    for word, places in index.items():
        for place in places if isinstance(places, list) else ():
            if isinstance(place, int) and 0 <= place < MOST_WORDS:
                words[place] = word
    return " ".join(words[place] for place in sorted(words))


_SERVICE = JsonService(
    name="openalex",
    mark=re.compile(r'"(?:abstract_inverted_index|authorships)"\s*:|https://openalex\.org/W\d'),
    is_record=lambda record: "authorships" in record or text_in(record, "id").startswith("https://openalex.org/W"),
    work=_work,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported."""
    return _SERVICE.read(raw_listing)


FORMAT = Format(name=_SERVICE.name, recognise=_SERVICE.recognises, read=read)
