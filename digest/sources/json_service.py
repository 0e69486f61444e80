"""The frame of formats that are a service's JSON: what its answers look like and what its records mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from digest.identity.identifiers import arxiv_id, arxiv_id_in, arxiv_id_of_doi, doi, doi_in
from digest.papers import Listing, Problem, PublishedKind, Sighting
from digest.sources import json_records
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import people
from digest.sources.boilerplate import without_licence
from digest.sources.json_reading import json_values, records_in
from digest.sources.loose_values import first, web_link
from digest.sources.markup import readable
from digest.sources.raw_listing import RawListing
from digest.sources.tagged_text import shortened

Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Work:
    """A record's fields as its service gives them; `sighting` tidies them all in the same way."""

    title: str
    abstract: str = ""
    authors: tuple[str, ...] | list[str] = ()
    doi: str = ""
    identifiers: tuple[str, ...] | list[str] = ()  #: texts that may name arXiv's id: the id alone, an address, a DOI
    categories: tuple[str, ...] = ()
    published: date | None = None
    published_kind: PublishedKind = PublishedKind.PUBLISHED
    links: Mapping[str, str] = field(default_factory=dict)  #: kind to address; what is none is left out
    keywords: tuple[str, ...] | list[str] = ()
    tldr: str = ""
    comment: str = ""
    journal_ref: str = ""
    licence: str = ""

    def sighting(self, place: int) -> Sighting:
        """Return the sighting of this work at a place of the listing."""
        texts = [text for text in (*self.identifiers, self.doi) if text]
        arxiv = (
            first(arxiv_id_of_doi, texts)
            or first(arxiv_id, texts)
            or first(arxiv_id_in, [*texts, *self.links.values()])
        )
        given = {kind: link for kind, text in self.links.items() if (link := web_link(text))}
        return Sighting(
            title=readable(self.title),
            abstract=without_licence(readable(self.abstract)),
            authors=people(self.authors),
            arxiv_id=arxiv.id if arxiv else None,
            arxiv_version=arxiv.version if arxiv else None,
            doi=doi(self.doi) or first(doi_in, given.values()),
            categories=self.categories,
            published=self.published,
            published_kind=self.published_kind if self.published else None,
            links=arxiv_links(arxiv) | {k: v for k, v in given.items() if k not in ("html", "pdf")} if arxiv else given,
            keywords=tuple(dict.fromkeys(text for text in map(readable, self.keywords) if text)),
            tldr=readable(self.tldr),
            comment=readable(self.comment),
            journal_ref=readable(self.journal_ref),
            licence=self.licence,
            position=place,
        )


@dataclass(frozen=True, kw_only=True)
class JsonService:
    """One service: the marks of its answers, its records and what they mean."""

    name: str
    mark: re.Pattern[str]  #: found in the beginning of every answer
    is_record: Callable[[Record], bool]
    work: Callable[[Record], Work | None]  #: None for a record that is no work, such as a note

    def recognises(self, raw_listing: RawListing) -> bool:
        """Return whether a listing is an answer of the service."""
        return raw_listing.opening.startswith(("[", "{")) and bool(self.mark.search(raw_listing.head))

    def read(self, raw_listing: RawListing) -> Listing:
        """Return the records that have a title; others are reported by their place, and counted."""
        values, problems = json_values(raw_listing.text)
        sightings: list[Sighting] = []
        others = 0
        for place, record in enumerate(records_in(values, self._is_work), start=1):
            if not self.is_record(record):
                # A list may mix services, when somebody put it together.
                sightings.append(json_records.sighting_of(record, place))
                continue
            work = self.work(record)
            if work is None:
                others += 1
            elif (sighting := work.sighting(place)).title:
                sightings.append(sighting)
            else:
                problems.append(Problem(line=None, reason=f"record {place} has no title; left out"))
        if others:
            problems.append(Problem(line=None, reason=f"records that are no works, left out: {others}"))
        if not sightings and not _is_answer(values):
            raise raw_listing.refusal(f"JSON without a record of {self.name}")
        return raw_listing.listing(self.name, sightings, shortened(problems))

    def _is_work(self, value: Record) -> bool:
        return self.is_record(value) or json_records.is_complete(value)


def _is_answer(values: list[Any]) -> bool:
    """Return whether an answer without records is one all the same: an object, not an error."""
    return bool(values) and all(isinstance(value, Mapping) and not value.get("error") for value in values)
