"""What services ask of programs that query them: who is asking, a key, and a pause between two requests."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

from digest.settings import FetchingSettings

_ADDRESS = re.compile(r"[^@\s/:]+@[^@\s/:]+\.[^@\s/:]+")


@dataclass(frozen=True, kw_only=True)
class Service:
    """The rules of one service."""

    pause: float = 0  #: seconds between two requests at least, whatever the settings say
    contact: str = ""  #: parameter of the query that names the operator's address
    key_setting: str = ""  #: setting that has the key
    key_parameter: str = ""  #: parameter of the query, or header, in which the key is sent
    key_header: str = ""


#: By host. Pauses: arXiv's API manual (3 s), NCBI (3 requests a second), Semantic Scholar (1 a second with a key).
SERVICES = {
    "export.arxiv.org": Service(pause=3),
    "rss.arxiv.org": Service(pause=3),
    "api.openalex.org": Service(pause=0.1, contact="mailto", key_setting="openalex_key", key_parameter="api_key"),
    "api.crossref.org": Service(pause=0.2, contact="mailto"),
    "eutils.ncbi.nlm.nih.gov": Service(pause=0.34, contact="email", key_setting="ncbi_key", key_parameter="api_key"),
    "api.semanticscholar.org": Service(pause=1, key_setting="semantic_scholar_key", key_header="x-api-key"),
    "api.adsabs.harvard.edu": Service(pause=0.2, key_setting="ads_key", key_header="Authorization"),
    "inspirehep.net": Service(pause=0.34),
    "dblp.org": Service(pause=1),
    "doaj.org": Service(pause=0.5),
}


def pause_of(host: str, settings: FetchingSettings) -> float:
    """Return the seconds between two requests to a host: those of the settings, or more where a service asks for it."""
    return max(settings.pause_seconds, SERVICES.get(host, Service()).pause)


def introduced(url: httpx.URL, settings: FetchingSettings) -> tuple[httpx.URL, dict[str, str]]:
    """Return the address to request and the headers that tell the service who is asking.

    The key and the contact are in neither reports nor logs: those show the address without them.
    """
    service = SERVICES.get(url.host, Service())
    if url.scheme != "https":
        return url, {}
    if service.contact and _ADDRESS.fullmatch(settings.contact):
        url = url.copy_merge_params({service.contact: settings.contact})
    key = getattr(settings, service.key_setting).get_secret_value() if service.key_setting else ""
    if key and service.key_parameter:
        url = url.copy_merge_params({service.key_parameter: key})
    if key and service.key_header == "Authorization":
        return url, {"Authorization": f"Bearer {key}"}
    return url, {service.key_header: key} if key and service.key_header else {}
