'''ACL Anthology: the XML of a collection.

>>> from datetime import UTC, datetime
>>> answer = b"""<collection id="2026.gates"><volume id="main">
... <meta><booktitle>Proceedings of Gates</booktitle><month>March</month><year>2026</year></meta>
... <paper id="1"><title>A <fixed-case>S</fixed-case>ample</title><author><first>Ada</first>
... <last>Byron</last></author><abstract>It is short.</abstract><url hash="a">2026.gates-main.1</url>
... <doi>10.1000/X</doi></paper></volume></collection>"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.abstract, s.authors, s.doi) for s in listing.sightings]
[('A Sample', 'It is short.', ('Ada Byron',), '10.1000/x')]
'''

from __future__ import annotations

import re
from datetime import date
from xml.etree.ElementTree import Element

from digest.papers import Listing
from digest.sources.json_service import Work
from digest.sources.loose_values import written_day
from digest.sources.raw_listing import Format, RawListing
from digest.sources.xml_reading import child, elements, marked, text, works

_ROOT = re.compile(r"<collection id=", re.IGNORECASE)


def _recognise(raw_listing: RawListing) -> bool:
    return raw_listing.opening.startswith("<") and bool(_ROOT.search(raw_listing.head[:8_000]))


def read(raw_listing: RawListing) -> Listing:
    """Return the articles that have a title; others are reported by their place."""
    return works(raw_listing, FORMAT.name, "paper", _work)


def _work(record: Element) -> Work:
    name = text(record, "url")
    page = name if name.startswith("http") or not name else f"https://aclanthology.org/{name}/"
    return Work(
        title=marked(child(record, "title")),
        abstract=marked(child(record, "abstract")),
        authors=[_name(person) for person in elements(record, "author")],
        doi=text(record, "doi"),
        published=_day(record),
        links={"html": page, "pdf": f"{page.rstrip('/')}.pdf" if page else ""},
        journal_ref=text(record, "journal-title"),
    )


def _name(person: Element) -> str:
    return f"{text(person, 'first')} {text(person, 'last')}".strip() or marked(person)


def _day(record: Element) -> date | None:
    return written_day(text(record, "ingest-date"))


FORMAT = Format(name="acl-anthology", recognise=_recognise, read=read)
