"""Predefined sources: short names for the addresses that most readers need, by subject, query or list of ids."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint, entry_points
from urllib.parse import quote

from digest.errors import FetchError

PAGE = 100  #: papers that a query asks for at once

_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")
_SUBJECT = re.compile(r"[a-z][a-z _-]*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_IDS = re.compile(r"[\w./-]+(?:,[\w./-]+)*")
_VOLUME = re.compile(r"[\w.-]+")
_LIBRARY = re.compile(r"(?:users|groups)/\d+")
_S2_FIELDS = "title,abstract,authors,externalIds,url,venue,journal,publicationDate,openAccessPdf,fieldsOfStudy"
_ADS_FIELDS = "bibcode,title,abstract,author,doi,identifier,pubdate,pub,keyword,arxiv_class,comment"

#: Sources that take a query; the newest papers come first, and `{}` is the query.
_QUERIES = {
    "arxiv-query": "https://export.arxiv.org/api/query?search_query={}"
    f"&sortBy=submittedDate&sortOrder=descending&start=0&max_results={PAGE}",
    "openalex": "https://api.openalex.org/works?search={}" + f"&sort=publication_date:desc&per-page={PAGE}&cursor=*",
    "semantic-scholar": "https://api.semanticscholar.org/graph/v1/paper/search/bulk?query={}"
    f"&sort=publicationDate:desc&fields={_S2_FIELDS}",
    "crossref": "https://api.crossref.org/works?query={}" + f"&sort=created&order=desc&rows={PAGE}&offset=0",
    "pubmed": "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/esearch.fcgi?db=pubmed&term={}"
    f"&sort=pub_date&retmode=json&retmax={PAGE}",
    "europe-pmc": "https://www.ebi.ac.uk/europepmc/webservices/rest/search?query={}%20sort_date:y"
    f"&format=json&resultType=core&pageSize={PAGE}&cursorMark=*",
    "openreview": "https://api2.openreview.net/notes?content.venueid={}" + f"&limit={PAGE}&offset=0",
    "dblp": "https://dblp.org/search/publ/api?q={}" + f"&format=json&h={PAGE}&f=0",
    "doaj": "https://doaj.org/api/search/articles/{}" + f"?sort=created_date:desc&pageSize={PAGE}",
    "datacite": "https://api.datacite.org/dois?query={}" + f"&sort=-created&page%5Bsize%5D={PAGE}",
    "inspire": "https://inspirehep.net/api/literature?q={}" + f"&sort=mostrecent&size={PAGE}",
    "ads": f"https://api.adsabs.harvard.edu/v1/search/query?q={{}}&sort=date+desc&rows={PAGE}&start=0&fl={_ADS_FIELDS}",
}
#: Sources that take a name of a certain form.
_NAMED = {
    "arxiv-ids": (_IDS, "https://export.arxiv.org/api/query?id_list={}&max_results=" + str(PAGE)),
    "acl": (_VOLUME, "https://aclanthology.org/volumes/{}.bib"),
    "zotero": (_LIBRARY, "https://api.zotero.org/{}/items/top?format=json&sort=dateAdded&limit=" + str(PAGE)),
}
_KNOWN = (
    "arxiv:cs.CL+cs.LG, huggingface:daily, biorxiv:neuroscience, medrxiv:epidemiology, arxiv-ids:2501.00001, "
    "acl:2025.acl-long, zotero:groups/123, or a query such as openalex:sparse gates; queries are taken by "
    + ", ".join(_QUERIES)
)


def is_query(preset: str) -> bool:
    """Return whether a predefined source is a query, which is answered page by page."""
    return preset.partition(":")[0] in _QUERIES


def preset_url(preset: str) -> str:
    """Return the address that a predefined name stands for. Raise FetchError, naming the known ones.

    >>> preset_url("arxiv:cs.CL+cs.LG")
    'https://rss.arxiv.org/rss/cs.CL+cs.LG'
    >>> preset_url("acl:2025.acl-long")
    'https://aclanthology.org/volumes/2025.acl-long.bib'
    """
    kind, _, rest = preset.partition(":")
    categories = rest.split("+")
    if kind == "arxiv" and all(map(_CATEGORY.fullmatch, categories)):
        return f"https://rss.arxiv.org/rss/{'+'.join(categories)}"
    if kind == "huggingface" and rest == "daily":
        return "https://huggingface.co/api/daily_papers?limit=100"
    if kind == "huggingface" and _DAY.fullmatch(rest):
        return f"https://huggingface.co/api/daily_papers?date={rest}&limit=100"
    if kind in ("biorxiv", "medrxiv") and _SUBJECT.fullmatch(rest):
        subject = quote(re.sub(r"[ -]", "_", rest))
        return f"https://connect.{kind}.org/{kind}_xml.php?subject={subject}"
    if kind in _QUERIES and rest.strip():
        return _QUERIES[kind].replace("{}", quote(rest.strip(), safe=""))
    if kind in _NAMED and _NAMED[kind][0].fullmatch(rest):
        return _NAMED[kind][1].replace("{}", quote(rest, safe="/,."))
    for point in entry_points(group="digest.sources", name=kind):
        return _installed(point, preset, rest)
    raise FetchError(f"{preset!r} is not a predefined source; they look like {_KNOWN}")


def _installed(point: EntryPoint, preset: str, rest: str) -> str:
    """Return the address that the source of an installed package gives for what follows the colon."""
    try:
        url = point.load()(rest)
    except Exception as error:  # whatever a package of somebody else raises
        raise FetchError(f"{preset!r}: {type(error).__name__}: {error}") from error
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise FetchError(f"{preset!r}: its package gives {url!r}, not an address")
    return url
