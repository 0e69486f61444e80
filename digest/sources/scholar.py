'''Google Scholar alert mails: titles, bylines and the beginnings of abstracts.

>>> from datetime import UTC, datetime
>>> mail = b"""From: Google Scholar Alerts <scholaralerts-noreply@google.com>
... Subject: new results
... MIME-Version: 1.0
... Content-Type: text/html; charset="utf-8"
...
... <h3><a href="http://scholar.google.com/scholar_url?url=https://a.example/1.pdf&amp;hl=en" class="gse_alrt_title">A
... sample</a></h3><div>A Byron, E Noether - Journal of Samples, 2019</div><div class="gse_alrt_sni">It ...</div>
... """
>>> listing = read(RawListing(data=mail, origin="a.eml", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.journal_ref, s.links) for s in listing.sightings]
[('A sample', ('A Byron', 'E Noether'), 'Journal of Samples, 2019', {'html': 'https://a.example/1.pdf'})]
'''

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

from digest.identity.identifiers import arxiv_id_in, doi_in
from digest.papers import Listing, Problem, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import split_outside_brackets
from digest.sources.loose_values import web_link
from digest.sources.mail_bodies import html_body, is_mail, subject_of
from digest.sources.markup import bounded
from digest.sources.raw_listing import Format, RawListing, collapsed

_TITLE, _SNIPPET = "gse_alrt_title", "gse_alrt_sni"
_SENDER = "scholaralerts-noreply@google.com"
_KINDS = {"new citation": "cites", "new article": "by", "new related": "related to", "new result": "matches"}
_SUBJECT = re.compile(
    r"(?P<about>.{1,300}?)\s+[-–]\s+(?P<kind>new (?:citations?|articles?|related \w+|results?))", re.IGNORECASE
)
_RECOMMENDED = re.compile(r"^recommended articles?\b", re.IGNORECASE)
_DASH = re.compile(r"\s+[-–]\s+")


def _recognise(raw_listing: RawListing) -> bool:
    if is_mail(raw_listing.head):
        return _SENDER in raw_listing.head
    return "<" in raw_listing.opening and _TITLE in raw_listing.head


def read(raw_listing: RawListing) -> Listing:
    """Return the results of the alert; their abstracts are beginnings that end with an ellipsis."""
    reader = _Reader()
    reader.feed(bounded(html_body(raw_listing.data) if is_mail(raw_listing.head) else raw_listing.text))
    reader.close()
    kind = alert_kind(subject_of(raw_listing.data)) if is_mail(raw_listing.head) else ""
    shown = [result.sighting(place) for place, result in enumerate(reader.results, start=1)]
    sightings = [replace(sighting, comment=kind) for sighting in shown if sighting]
    problems = [] if sightings else [Problem(line=None, reason="an alert without a result")]
    return raw_listing.listing(FORMAT.name, sightings, problems)


def alert_kind(subject: str) -> str:
    """Return in words why an alert shows its results, from its subject; empty for a subject of no known kind.

    >>> alert_kind("Ada Byron - new citations"), alert_kind("[gates] - new results")
    ('cites Ada Byron (Google Scholar alert)', 'matches gates (Google Scholar alert)')
    """
    found = _SUBJECT.fullmatch(subject)
    if not found:
        return "recommended (Google Scholar alert)" if _RECOMMENDED.search(subject) else ""
    about = found["about"].strip().strip("[]")
    verb = next(verb for name, verb in _KINDS.items() if found["kind"].lower().startswith(name))
    return f"{verb} {about} (Google Scholar alert)"


class _Result:
    def __init__(self, link: str) -> None:
        self.link = link
        self.title: list[str] = []
        self.byline: list[str] = []
        self.snippet: list[str] = []

    def sighting(self, place: int) -> Sighting | None:
        title, byline = collapsed("".join(self.title)), collapsed("".join(self.byline))
        if not title:
            return None
        people, *rest = _DASH.split(byline, maxsplit=1)
        target = _target(self.link)
        arxiv = arxiv_id_in(target) or arxiv_id_in(byline)
        return Sighting(
            title=title,
            abstract=collapsed("".join(self.snippet)),
            authors=tuple(name for part in split_outside_brackets(people) if (name := part.strip(" …"))),
            arxiv_id=arxiv.id if arxiv else None,
            arxiv_version=arxiv.version if arxiv else None,
            doi=doi_in(target),
            links=arxiv_links(arxiv) if arxiv else ({"html": target} if target else {}),
            journal_ref="" if arxiv else collapsed(" ".join(rest)),
            position=place,
        )


def _target(link: str) -> str:
    """Return the address behind Scholar's redirect."""
    try:
        inner = parse_qs(urlsplit(link).query).get("url", [link])[0]
    except ValueError:
        return ""
    return web_link(inner)


class _Reader(HTMLParser):
    """Collects titles (links of one class), the block after each (authors and venue), and snippets."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.results: list[_Result] = []
        self.put: Callable[[str], None] | None = None
        self.until = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        if tag == "a" and _TITLE in classes:
            self.results.append(_Result(given.get("href") or ""))
            self._collect(self.results[-1].title, "a")
        elif tag == "div" and self.results and self.put is None:
            result = self.results[-1]
            if _SNIPPET in classes:
                self._collect(result.snippet, "div")
            elif not result.byline and not result.snippet:
                self._collect(result.byline, "div")
        elif tag == "br" and self.put is not None:
            self.put(" ")

    def _collect(self, parts: list[str], until: str) -> None:
        self.put, self.until = parts.append, until

    def handle_endtag(self, tag: str) -> None:
        if tag == self.until:
            self.put, self.until = None, ""

    def handle_data(self, data: str) -> None:
        if self.put is not None:
            self.put(data)


FORMAT = Format(name="scholar-alert", recognise=_recognise, read=read)
