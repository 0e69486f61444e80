'''JATS: articles as journals and archives (PubMed Central, bioRxiv) give them.

>>> from datetime import UTC, datetime
>>> answer = b"""<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><journal-meta><journal-title-group>
... <journal-title>Gates</journal-title></journal-title-group></journal-meta><article-meta>
... <article-id pub-id-type="doi">10.1000/X</article-id><title-group><article-title>A <italic>sample</italic>
... </article-title></title-group><contrib-group><contrib contrib-type="author"><name><surname>Byron</surname>
... <given-names>Ada</given-names></name></contrib></contrib-group><pub-date><day>5</day><month>3</month>
... <year>2026</year></pub-date><abstract><title>Abstract</title><p>It is short.</p></abstract></article-meta></front>
... <body><p>Much more.</p></body></article>"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.abstract, s.authors, s.doi, str(s.published)) for s in listing.sightings]
[('A sample', 'Abstract It is short.', ('Ada Byron',), '10.1000/x', '2026-03-05')]
'''

from __future__ import annotations

import re
from datetime import date
from xml.etree.ElementTree import Element

from digest.papers import Listing
from digest.sources.json_service import Work
from digest.sources.loose_values import written_day
from digest.sources.raw_listing import Format, RawListing
from digest.sources.xml_reading import element_named, elements, marked, text, works

_ROOT = re.compile(
    r"<article\b[^>]*>\s*(?:<processing-meta[\s\S]{0,400}?)?<front\b|<(?:pmc-)?articleset\b|jats[\w.-]*dtd",
    re.IGNORECASE,
)


def _recognise(raw_listing: RawListing) -> bool:
    return raw_listing.opening.startswith("<") and bool(_ROOT.search(raw_listing.head[:8_000]))


def read(raw_listing: RawListing) -> Listing:
    """Return the articles that have a title; others are reported by their place."""
    return works(raw_listing, FORMAT.name, "article", _work)


def _work(record: Element) -> Work | None:
    front = element_named(record, "article-meta")
    if front is None:
        front = element_named(record, "front-stub")
    if front is None:
        return None
    identifiers = {item.get("pub-id-type", ""): marked(item) for item in elements(front, "article-id")}
    return Work(
        title=marked(element_named(front, "article-title")),
        abstract=_abstract(front),
        authors=[name for person in elements(front, "contrib") if (name := _name(person))],
        doi=identifiers.get("doi", ""),
        identifiers=[identifiers.get("arxiv", "")],
        published=_day(front),
        keywords=[marked(word) for word in elements(front, "kwd")],
        journal_ref=text(record, "journal-title"),
    )


def _abstract(front: Element) -> str:
    """Return the abstract proper: graphical ones and summaries for laypeople have a type."""
    abstracts = [item for item in elements(front, "abstract") if not item.get("abstract-type")]
    return marked(abstracts[0] if abstracts else element_named(front, "abstract"))


def _name(person: Element) -> str:
    if person.get("contrib-type", "author") != "author":
        return ""
    name = " ".join((text(person, "given-names"), text(person, "surname"), text(person, "suffix")))
    return name.strip() or text(person, "collab")


def _day(front: Element) -> date | None:
    dates = elements(front, "pub-date")
    days = (written_day(f"{text(item, 'year')}-{text(item, 'month')}-{text(item, 'day')}") for item in dates)
    return next((day for day in days if day), None)


FORMAT = Format(name="jats", recognise=_recognise, read=read)
