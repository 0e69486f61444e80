'''The Hugging Face daily papers page as HTML: its data stand as JSON in an attribute.

>>> from datetime import UTC, datetime
>>> page = b"""<!doctype html><html><body><div data-target="DailyPapers" data-props="{&quot;dateString&quot;:
... &quot;2025-01-02&quot;, &quot;dailyPapers&quot;: [{&quot;paper&quot;: {&quot;id&quot;: &quot;2501.00001&quot;,
... &quot;title&quot;: &quot;A sample&quot;, &quot;summary&quot;: &quot;Short.&quot;}}]}"></div></body></html>"""
>>> listing = read(RawListing(data=page, origin="page.html", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.arxiv_id) for s in listing.sightings], listing.page_date
([('A sample', '2501.00001')], datetime.date(2025, 1, 2))
'''

from __future__ import annotations

import html
import json
import re

from digest.papers import Listing
from digest.sources.hf_json import listing_of
from digest.sources.raw_listing import Format, RawListing

_PROPS = re.compile(r"""data-target=["']DailyPapers["'][^>]{0,500}?data-props=(?:"([^"]*)"|'([^']*)')""")


def _recognise(raw_listing: RawListing) -> bool:
    return "<html" in raw_listing.opening and 'data-target="DailyPapers"' in raw_listing.text


def read(raw_listing: RawListing) -> Listing:
    """Return the papers of the page."""
    found = _PROPS.search(raw_listing.text)
    if not found:
        raise raw_listing.refusal("a web page without the data of daily papers")
    try:
        page = json.loads(html.unescape(found[1] or found[2] or ""))
    except (ValueError, RecursionError) as error:
        raise raw_listing.refusal(f"a daily papers page whose data are damaged: {error}") from error
    if not isinstance(page, dict):
        raise raw_listing.refusal("a daily papers page whose data are not an object")
    return listing_of(raw_listing, FORMAT.name, page, [])


FORMAT = Format(name="hf-html", recognise=_recognise, read=read)
