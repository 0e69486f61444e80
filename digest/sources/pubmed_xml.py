'''PubMed: the XML of the E-utilities (efetch).

>>> from datetime import UTC, datetime
>>> answer = b"""<?xml version="1.0"?><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>40000001</PMID><Article>
... <Journal><Title>Gates</Title></Journal><ArticleTitle>A <i>sample</i>.</ArticleTitle>
... <Abstract><AbstractText Label="AIM">It is short.</AbstractText></Abstract><AuthorList><Author>
... <LastName>Byron</LastName><ForeName>Ada</ForeName></Author></AuthorList>
... <ArticleDate><Year>2026</Year><Month>03</Month><Day>05</Day></ArticleDate></Article></MedlineCitation>
... <PubmedData><ArticleIdList><ArticleId IdType="doi">10.1000/X</ArticleId></ArticleIdList></PubmedData>
... </PubmedArticle></PubmedArticleSet>"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.abstract, s.authors, s.doi, str(s.published)) for s in listing.sightings]
[('A sample.', 'AIM: It is short.', ('Ada Byron',), '10.1000/x', '2026-03-05')]
'''

from __future__ import annotations

import re
from datetime import date
from xml.etree.ElementTree import Element

from digest.papers import Listing
from digest.sources.json_service import Work
from digest.sources.loose_values import written_day
from digest.sources.raw_listing import Format, RawListing
from digest.sources.xml_reading import child, element_named, elements, marked, text, works

_ROOT = re.compile(r"<PubmedArticle(?:Set)?\b", re.IGNORECASE)


def _recognise(raw_listing: RawListing) -> bool:
    return raw_listing.opening.startswith("<") and bool(_ROOT.search(raw_listing.head[:8_000]))


def read(raw_listing: RawListing) -> Listing:
    """Return the articles that have a title; others are reported by their place."""
    return works(raw_listing, FORMAT.name, "PubmedArticle", _work)


def _work(record: Element) -> Work:
    article = element_named(record, "Article")
    article = record if article is None else article
    identifiers = {item.get("IdType", item.get("EIdType", "")): marked(item) for item in _identifiers(record)}
    number = identifiers.get("pubmed") or text(record, "PMID")
    return Work(
        title=marked(element_named(article, "ArticleTitle")) or text(article, "VernacularTitle"),
        abstract=_abstract(article),
        authors=[name for person in elements(article, "Author") if (name := _name(person))],
        doi=identifiers.get("doi", ""),
        published=_day(record),
        links={"html": f"https://pubmed.ncbi.nlm.nih.gov/{number}/" if number else ""},
        keywords=[marked(word) for word in elements(record, "Keyword")],
        journal_ref=text(article, "Title") or text(record, "MedlineTA"),
    )


def _identifiers(record: Element) -> list[Element]:
    """Return the identifiers of the article itself; its references have lists of their own."""
    data = element_named(record, "PubmedData")
    listed = child(data, "ArticleIdList") if data is not None else None
    return [*elements(record, "ELocationID"), *(elements(listed, "ArticleId") if listed is not None else [])]


def _abstract(article: Element) -> str:
    whole = child(article, "Abstract")
    parts = elements(whole, "AbstractText") if whole is not None else []
    texts = [(part.get("Label", ""), marked(part)) for part in parts]
    return " ".join(f"{label}: {body}" if label and label != "UNLABELLED" else body for label, body in texts if body)


def _name(person: Element) -> str:
    given = text(person, "ForeName") or text(person, "Initials")
    name = " ".join((given, text(person, "LastName"), text(person, "Suffix")))
    return text(person, "CollectiveName") or name.strip()


def _day(record: Element) -> date | None:
    dates = [item for name in ("ArticleDate", "PubDate", "DateCompleted") for item in elements(record, name)]
    days = (
        written_day(f"{text(item, 'Year')} {text(item, 'Month')} {text(item, 'Day')}".replace(" ", "-"))
        for item in dates
    )
    return next((day for day in days if day), None)


FORMAT = Format(name="pubmed-xml", recognise=_recognise, read=read)
