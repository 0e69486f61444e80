"""The formats that listings come in, and the one way to read any of them."""

from __future__ import annotations

import re
from datetime import date, datetime

from digest.errors import ListingError
from digest.papers import Listing
from digest.sources import (
    ads,
    anthology,
    arxiv_email,
    arxiv_feed,
    bibtex,
    crossref,
    csl_json,
    datacite,
    dblp,
    doaj,
    endnote,
    europe_pmc,
    feed,
    hf_cards,
    hf_html,
    hf_json,
    hf_page_text,
    inspire,
    jats,
    json_feed,
    json_records,
    medline,
    oai,
    openalex,
    openreview,
    pubmed_xml,
    ris,
    scholar,
    semantic_scholar,
    solr_xml,
    web_of_science,
    zotero,
)
from digest.sources.installed import installed_formats
from digest.sources.raw_listing import Format, RawListing, is_binary

MOST_BYTES = 200_000_000

#: The order is that of recognition: the particular before the general, the plain text page last.
FORMATS: tuple[Format, ...] = (
    scholar.FORMAT,
    arxiv_email.FORMAT,
    hf_html.FORMAT,
    pubmed_xml.FORMAT,
    anthology.FORMAT,
    oai.FORMAT,
    solr_xml.FORMAT,
    jats.FORMAT,
    arxiv_feed.FORMAT,
    feed.FORMAT,
    hf_json.FORMAT,
    json_feed.FORMAT,
    openalex.FORMAT,
    zotero.FORMAT,
    europe_pmc.FORMAT,
    doaj.FORMAT,
    datacite.FORMAT,
    inspire.FORMAT,
    ads.FORMAT,
    dblp.FORMAT,
    openreview.FORMAT,
    semantic_scholar.FORMAT,
    crossref.FORMAT,
    csl_json.FORMAT,
    json_records.FORMAT,
    bibtex.FORMAT,
    medline.FORMAT,
    web_of_science.FORMAT,
    endnote.FORMAT,
    ris.FORMAT,
    hf_cards.FORMAT,
    hf_page_text.FORMAT,
)

_HTML_TITLE = re.compile(r"<title[^>]*>(.{0,200}?)</title>", re.IGNORECASE | re.DOTALL)


def read_listing(
    data: bytes,
    *,
    origin: str,
    now: datetime,
    format: str | None = None,  # noqa: A002 (the word that people use)
    page_date: date | None = None,
) -> Listing:
    """Return what a listing shows, read in the named format or else in the one that its content tells.

    Raise ListingError, with origin and reason, when nothing can be read from it at all.
    """
    raw_listing = RawListing(data=data, origin=origin, now=now, page_date=page_date)
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise raw_listing.refusal("empty" if not data else f"empty: {len(data):,} bytes, all blank")
    if len(data) > MOST_BYTES:
        raise raw_listing.refusal(f"{len(data):,} bytes, at most {MOST_BYTES:,} are read")
    chosen = format_named(format) if format else recognised(raw_listing)
    if chosen is None:
        raise raw_listing.refusal(_unrecognised(raw_listing))
    return chosen.read(raw_listing)


def format_named(name: str) -> Format:
    """Return the format of that name. Raise ListingError, naming the known ones."""
    formats = (*FORMATS, *installed_formats())
    for known in formats:
        if known.name == name:
            return known
    names = ", ".join(known.name for known in formats)
    raise ListingError(f"{name!r} is not a listing format; the formats are {names}")


def recognised(raw_listing: RawListing) -> Format | None:
    """Return the format that the content of a listing shows; None when it is none of them.

    Formats of other packages are asked first: they are the more particular ones.
    """
    return next((known for known in (*installed_formats(), *FORMATS) if known.recognise(raw_listing)), None)


def _unrecognised(raw_listing: RawListing) -> str:
    if is_binary(raw_listing.head):
        return "binary data, not a listing in any known format"
    opening = raw_listing.opening
    if opening.startswith(("<!doctype html", "<html")) or "<html" in opening[:500]:
        title = _HTML_TITLE.search(raw_listing.head)
        shown = f" titled {' '.join(title[1].split())!r}" if title else ""
        return f"a web page{shown} without papers, not a listing; perhaps an error or verification page"
    first = " ".join(raw_listing.head.split())[:60]
    return f"not a listing in any known format; it begins with {first!r}"
