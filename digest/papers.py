"""Papers and what listings show of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Announcement(StrEnum):
    """How arXiv announces an entry; the values are arXiv's own."""

    NEW = "new"
    CROSS = "cross"
    REPLACE = "replace"
    REPLACE_CROSS = "replace-cross"

    @property
    def is_news(self) -> bool:
        """True unless the entry only replaces an earlier version."""
        return self in (Announcement.NEW, Announcement.CROSS)


class PublishedKind(StrEnum):
    """What a paper's date means."""

    SUBMITTED = "submitted"
    ANNOUNCED = "announced"
    PUBLISHED = "published"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something in a listing that could not be read, for the report."""

    line: int | None  #: line in the listing, counted from 1; None where lines mean nothing
    reason: str  #: a sentence: what was found, what was expected


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One paper as one listing shows it: text exactly as the listing has it, before any cleaning."""

    title: str  #: plain text as the listing has it (markup of the container format undone)
    abstract: str = ""  #: likewise; empty where the listing gives none
    authors: tuple[str, ...] = ()  #: "First Last", in order
    affiliations: Mapping[str, str] = field(default_factory=dict)  #: author to affiliation, where given
    arxiv_id: str | None = None  #: without version: "2503.01807" or "cond-mat/0102536"
    arxiv_version: int | None = None
    doi: str | None = None  #: lower case, without resolver: "10.1000/xyz"
    categories: tuple[str, ...] = ()  #: primary first: "cs.CL"
    announcement: Announcement | None = None
    published: date | None = None
    published_kind: PublishedKind | None = None
    links: Mapping[str, str] = field(default_factory=dict)  #: kind (abs, pdf, hf, html, code, project) to http(s) URL
    votes: int | None = None  #: upvotes at the time of the listing
    comments: int | None = None
    keywords: tuple[str, ...] = ()  #: as the listing tags it
    tldr: str = ""  #: one-sentence summary, where the listing gives one
    comment: str = ""  #: the authors' comment ("12 pages, accepted at …")
    journal_ref: str = ""
    licence: str = ""
    position: int = 0  #: place on the page, counted from 1
    line: int | None = None  #: line of the title in the listing, counted from 1


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What one source held at one time."""

    origin: str  #: path or URL that it was read from
    format: str  #: name of the format that read it
    page_date: date | None = None  #: the date that the page itself shows; provenance, never a paper's date
    sightings: tuple[Sighting, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Popularity:
    """What sources tell of a paper's reception, gathered over its sightings."""

    votes: int | None = None  #: the latest count
    votes_growth: int | None = None  #: latest count less the earliest within the window; None with one sighting
    comments: int | None = None
    sources: int = 1  #: distinct sources that carry the paper
    listings: int = 1  #: listings that showed it
    position: int = 0  #: best place on a page, counted from 1; 0 unknown


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One work, however many listings showed it."""

    number: int  #: sequence number in commit order; 0 before it is stored
    key: str  #: canonical key: "arxiv:2503.01807", "doi:10.1000/xyz" or "title:…"
    title: str  #: cleaned for reading
    abstract: str  #: cleaned for reading
    title_raw: str  #: byte for byte as the best source has it
    abstract_raw: str
    first_seen: datetime
    authors: tuple[str, ...] = ()
    affiliations: Mapping[str, str] = field(default_factory=dict)
    arxiv_id: str | None = None
    arxiv_version: int | None = None
    doi: str | None = None
    categories: tuple[str, ...] = ()
    published: date | None = None
    published_kind: PublishedKind | None = None
    links: Mapping[str, str] = field(default_factory=dict)  #: as in Sighting.links
    keywords: tuple[str, ...] = ()
    tldr: str = ""
    comment: str = ""
    journal_ref: str = ""
    licence: str = ""
    sources: tuple[str, ...] = ()  #: names of the sources that carried it, first seen first
    popularity: Popularity = field(default_factory=Popularity)
