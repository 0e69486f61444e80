'''arXiv's own feeds: RSS and Atom of 2024 and later, the RDF before, and the API's Atom of both generations.

>>> from datetime import UTC, datetime
>>> rss = b"""<?xml version="1.0"?>
... <rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom">
... <channel><title>cs.CL updates on arXiv.org</title><link>http://rss.arxiv.org/rss/cs.CL</link><item>
... <title>A sample paper</title><link>https://arxiv.org/abs/2501.00001</link>
... <description>arXiv:2501.00001v2 Announce Type: replace
... Abstract: It is hard
... wrapped.</description><guid isPermaLink="false">oai:arXiv.org:2501.00001v2</guid>
... <category>cs.CL</category><arxiv:announce_type>replace</arxiv:announce_type>
... <dc:creator>Ada Byron (Town, Land), Emmy Noether</dc:creator></item></channel></rss>"""
>>> listing = read(RawListing(data=rss, origin="feed", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.arxiv_id, s.arxiv_version, str(s.announcement), s.abstract, s.authors) for s in listing.sightings]
[('2501.00001', 2, 'replace', 'It is hard wrapped.', ('Ada Byron', 'Emmy Noether'))]
'''

from __future__ import annotations

import re

from digest.identity.identifiers import ArxivId, arxiv_id_in, doi
from digest.papers import Announcement, Listing, Problem, PublishedKind, Sighting
from digest.sources.author_names import names_and_affiliations, split_outside_brackets
from digest.sources.feed_parsing import Entry, date_of, link_of, parsed, text_of
from digest.sources.markup import has_markup, plain
from digest.sources.raw_listing import Format, RawListing, collapsed

_MARKS = (
    "rss.arxiv.org/",
    "arxiv.org/api/",
    "arxiv query:",
    "oai:arxiv.org:",
    "export.arxiv.org/",
    "updates on arxiv.org",
)
_FIRST_ITEM = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]")
_ROOT = re.compile(r"<(?:rss|(?:\w+:)?rdf|(?:\w+:)?feed)\b", re.IGNORECASE)
_DESCRIPTION = re.compile(
    r"^arXiv:(?P<id>\S+)\s+Announce Type:\s*(?P<type>[\w-]+)\s+(?:Abstract:\s*)?(?P<abstract>.*)$", re.DOTALL
)
_OLD_TITLE = re.compile(
    r"^(?P<title>.*)\s\((?P<id>arXiv:\S+)\s\[(?P<category>[\w.-]+)\](?P<mark> UPDATED| CROSS LISTED)?\)$", re.DOTALL
)
_OLD_MARKS = {"": Announcement.NEW, " UPDATED": Announcement.REPLACE, " CROSS LISTED": Announcement.CROSS}
_ANNOUNCEMENTS = {announcement.value: announcement for announcement in Announcement}


def _recognise(raw_listing: RawListing) -> bool:
    # The head alone: a mixed feed may well link to arXiv from its items.
    head = _FIRST_ITEM.split(raw_listing.head[:6_000].lower(), maxsplit=1)[0]
    return bool(_ROOT.search(raw_listing.opening)) and any(mark in head for mark in _MARKS)


def read(raw_listing: RawListing) -> Listing:
    """Return the papers of an arXiv feed; an empty one (a weekend) is a listing without papers, not an error."""
    feed = parsed(raw_listing)
    _refuse_errors(raw_listing, feed.entries)
    problems = list(feed.problems)
    sightings: list[Sighting] = []
    for place, entry in enumerate(feed.entries, start=1):
        sighting = _sighting(entry, place)
        if feed.problems and place == len(feed.entries) and not _summary(entry):
            problems.append(Problem(line=None, reason=f"item {place} breaks off; left out"))
        elif sighting:
            sightings.append(sighting)
        else:
            problems.append(Problem(line=None, reason=f"item {place} has no title or no arXiv id; left out"))
    announced = next((s.published for s in sightings if s.published_kind is PublishedKind.ANNOUNCED), None)
    return raw_listing.listing(FORMAT.name, sightings, problems, announced or feed.day)


def _refuse_errors(raw_listing: RawListing, entries: list[Entry]) -> None:
    """The API reports an error as a feed with one entry that is none."""
    if len(entries) == 1 and "arxiv.org/api/errors" in text_of(entries[0], "id"):
        raise raw_listing.refusal(f"the source reports an error: {text_of(entries[0], 'summary')}")


def _sighting(entry: Entry, place: int) -> Sighting | None:
    arxiv = arxiv_id_in(text_of(entry, "id")) or arxiv_id_in(link_of(entry))
    described = _DESCRIPTION.match(_summary(entry))
    old = _OLD_TITLE.match(text_of(entry, "title"))
    title = collapsed(old["title"]).removesuffix(".") if old else text_of(entry, "title")
    if not (arxiv and title):
        return None
    versioned = arxiv_id_in(old["id"]) if old else None
    authors, affiliations = _people(entry)
    announced = described or old
    return Sighting(
        title=title,
        abstract=collapsed(described["abstract"] if described else _summary(entry)),
        authors=authors,
        affiliations=affiliations,
        arxiv_id=arxiv.id,
        arxiv_version=arxiv.version or (versioned.version if versioned else None),
        doi=doi(text_of(entry, "arxiv_doi")),
        categories=_categories(entry, old["category"] if old else ""),
        announcement=_announcement(described, old),
        published=date_of(entry),
        published_kind=(PublishedKind.ANNOUNCED if announced else PublishedKind.SUBMITTED) if date_of(entry) else None,
        links=arxiv_links(arxiv),
        comment=text_of(entry, "arxiv_comment"),
        journal_ref=text_of(entry, "arxiv_journal_reference") or text_of(entry, "arxiv_journal_ref"),
        licence=text_of(entry, "rights"),
        position=place,
    )


def _summary(entry: Entry) -> str:
    text = str(entry.get("summary") or "")
    # The RDF of before 2024 wraps the abstract in <p>; the later feeds are plain text in which `<think>` is a word.
    return plain(text) if text.lstrip().startswith("<p>") else text


def _announcement(described: re.Match[str] | None, old: re.Match[str] | None) -> Announcement | None:
    if described:
        return _ANNOUNCEMENTS.get(described["type"])
    return _OLD_MARKS[old["mark"] or ""] if old else None


def _categories(entry: Entry, primary: str) -> tuple[str, ...]:
    first = entry.get("arxiv_primary_category")
    named = [primary, str(first.get("term") or "") if isinstance(first, dict) else ""]
    listed = [collapsed(tag.get("term") or "") for tag in entry.get("tags", ())]
    return tuple(dict.fromkeys(category for category in [*named, *listed] if category))


def _people(entry: Entry) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return names and affiliations: the API has an element for each author, the feeds one for all of them."""
    written = [str(person.get("name") or "") for person in entry.get("authors", ())]
    texts = [plain(text) if has_markup(text) else text for text in written]
    return names_and_affiliations([person for text in texts for person in split_outside_brackets(text)])


def arxiv_links(arxiv: ArxivId) -> dict[str, str]:
    """Return the addresses that every paper on arXiv has."""
    return {"abs": f"https://arxiv.org/abs/{arxiv.id}", "pdf": f"https://arxiv.org/pdf/{arxiv.id}"}


FORMAT = Format(name="arxiv-feed", recognise=_recognise, read=read)
