'''Generic RSS, Atom and RDF: journals, preprint servers, third parties.

feedparser reads the container; what publishers put into the items is sorted out here:

    >>> from datetime import UTC, datetime
    >>> rss = b"""<?xml version="1.0"?>
    ... <rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>A journal</title>
    ... <item><title>A sample paper</title><link>https://journal.example/1</link>
    ... <description>&lt;p&gt;It has an &lt;b&gt;abstract&lt;/b&gt;.&lt;/p&gt;</description>
    ... <dc:creator>Byron, A., Noether, E.</dc:creator><dc:identifier>doi:10.1000/XYZ</dc:identifier></item>
    ... </channel></rss>"""
    >>> listing = read(RawListing(data=rss, origin="feed", now=datetime(2026, 4, 1, tzinfo=UTC)))
    >>> [(s.title, s.abstract, s.authors, s.doi) for s in listing.sightings]
    [('A sample paper', 'It has an abstract.', ('A. Byron', 'E. Noether'), '10.1000/xyz')]
'''

from __future__ import annotations

import re

from digest.identity.identifiers import ArxivId, arxiv_id_in, arxiv_id_of_doi, doi, doi_in
from digest.papers import Listing, Problem, PublishedKind, Sighting
from digest.sources.author_names import names_in
from digest.sources.boilerplate import is_boilerplate, prose, title_of
from digest.sources.feed_parsing import Entry, date_of, link_of, parsed, text_of
from digest.sources.markup import readable, readable_lines
from digest.sources.raw_listing import Format, RawListing, collapsed

_ROOT = re.compile(r"<(?:rss|(?:\w+:)?rdf|(?:\w+:)?feed|channel)\b", re.IGNORECASE)
_JOURNAL_PREFIXES = (
    re.compile(r"^Nature[\w ]*, Published online: \d{1,2} \w+ \d{4}; doi:10\.\S+\s*"),
    re.compile(
        r"^[A-Z][\w &:-]*, (?:Volume|Vol\.) \d+, (?:Issue|No\.) \d+, (?:Page|e?Pages?) [\w–-]+, [\w ]+ \d{4}\.\s*"
    ),
    re.compile(r"^Publication date: [^.]{4,40}(?:Source: .*)?$"),
)
_BYLINE = re.compile(r"^(?:by\s|authors?(?:\(s\))?\s*:)\s*", re.IGNORECASE)
_BLOCK = re.compile(r"<(?:p|div|br|li)\b", re.IGNORECASE)
_OPENING_DOI = re.compile(r"\bdoi:\s?(10\.[^\s<]+)")
_NEWS = re.compile(r"nature\.com/articles/d41586-")


def _recognise(raw_listing: RawListing) -> bool:
    return bool(_ROOT.search(raw_listing.opening)) and "<html" not in raw_listing.opening[:300]


def read(raw_listing: RawListing) -> Listing:
    """Return the papers of any feed; an item without a title is reported and left out."""
    feed = parsed(raw_listing)
    problems = list(feed.problems)
    sightings: list[Sighting] = []
    news = 0
    for place, entry in enumerate(feed.entries, start=1):
        sighting = sighting_of(entry, place, feed.site)
        if not sighting.title:
            problems.append(Problem(line=None, reason=f"item {place} has no title; left out"))
        elif _NEWS.search(sighting.links.get("html", "")):
            news += 1
        else:
            sightings.append(sighting)
    if news:
        problems.append(Problem(line=None, reason=f"news items, which are no papers, left out: {news}"))
    return raw_listing.listing(FORMAT.name, sightings, problems, feed.day)


def sighting_of(entry: Entry, place: int, site: str = "") -> Sighting:
    """Return the sighting in one item of a generic feed; relative links are completed by the site's address."""
    link = link_of(entry, site)
    arxiv, found_doi = _identifiers(entry, link)
    title = title_of(readable(text_of(entry, "title")))
    paragraphs = _paragraphs(entry)
    return Sighting(
        title=title,
        abstract=_abstract(paragraphs, title, is_markup=len(paragraphs) > 1 or bool(_BLOCK.search(_content(entry)))),
        authors=_authors(entry, paragraphs),
        arxiv_id=arxiv.id if arxiv else None,
        arxiv_version=arxiv.version if arxiv else None,
        doi=found_doi,
        categories=tuple(
            dict.fromkeys(filter(None, (readable(tag.get("term") or "") for tag in entry.get("tags", ()))))
        ),
        published=date_of(entry),
        published_kind=PublishedKind.PUBLISHED if date_of(entry) else None,
        links=_links(arxiv, link),
        licence=text_of(entry, "rights"),
        position=place,
    )


def _identifiers(entry: Entry, link: str) -> tuple[ArxivId | None, str | None]:
    named = [text_of(entry, name) for name in ("dc_identifier", "prism_doi", "id", "arxiv_doi")]
    # Nature gives the DOI in the first words of the text alone.
    opening = "".join(part for part in _OPENING_DOI.findall(_content(entry)[:1_000])[:1])
    arxiv = next((found for found in map(arxiv_id_in, [link, *named]) if found), None)
    arxiv = arxiv or next((found for found in map(arxiv_id_of_doi, named) if found), None)
    exact = next((found for found in map(doi, named) if found), None)
    return arxiv, exact or next((found for found in map(doi_in, [*named[:2], link, opening]) if found), None)


def _authors(entry: Entry, paragraphs: list[str]) -> tuple[str, ...]:
    written = [collapsed(person.get("name") or "") for person in entry.get("authors", ())]
    whole = text_of(entry, "author")
    if len(written) == 1 and "(" in whole and "@" in whole:
        written = [whole]  # "ada@example.org (Ada Byron)", of which feedparser finds some
    named = tuple(dict.fromkeys(name for one in written if one for name in names_in(one)))
    byline = next((names for text in paragraphs[:4] if (names := _byline(text))), ())
    # Some feeds name the first author only and have the others in the text.
    return byline if not named or (len(named) <= 1 < len(byline) and set(named) <= set(byline)) else named


def _abstract(paragraphs: list[str], title: str, *, is_markup: bool) -> str:
    """Return the paragraphs that are prose: no bylines, no labelled facts, no repeated title."""
    kept = [text for text in paragraphs if not _BYLINE.match(text) or not _byline(text)]
    if len(kept) > 1 and _byline(kept[0]):
        del kept[0]
    for prefix in _JOURNAL_PREFIXES:
        kept = [prefix.sub("", text) for text in kept]
    return prose(filter(None, kept), title, is_markup=is_markup)


def _paragraphs(entry: Entry) -> list[str]:
    """Return the paragraphs of an item's content."""
    return [text for text in map(collapsed, readable_lines(_content(entry)).split("\n")) if text]


def _content(entry: Entry) -> str:
    contents = [str(content.get("value") or "") for content in entry.get("content", ())]
    return max([*contents, str(entry.get("summary") or "")], key=len)


def _byline(paragraph: str) -> tuple[str, ...]:
    """Return the names when a paragraph is nothing but a list of authors; none otherwise."""
    marked = bool(_BYLINE.match(paragraph))
    if not marked and is_boilerplate(paragraph):
        return ()
    names = names_in(_BYLINE.sub("", paragraph))
    is_list = all(1 < len(name.split()) < (6 if "," in paragraph else 5) and name[0].isupper() for name in names)
    return names if is_list and (marked or "," in paragraph) and not paragraph.endswith(".") else ()


def _links(arxiv: ArxivId | None, link: str) -> dict[str, str]:
    if arxiv:
        return {"abs": f"https://arxiv.org/abs/{arxiv.id}", "pdf": f"https://arxiv.org/pdf/{arxiv.id}"}
    return {"html": link} if link else {}


FORMAT = Format(name="feed", recognise=_recognise, read=read)
