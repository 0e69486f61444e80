"""The link targets of a paper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from digest.papers import Paper
from digest.rendering.neutralizing import neutralized_url

_PAGES = ("abs", "html", "hf", "project", "code")
_SEARCH = "https://huggingface.co/papers?q="
_WORD = re.compile(r"\w[\w'’.+-]*")
_LONGEST_QUERY = 200  # characters


@dataclass(frozen=True, kw_only=True)
class PaperLinks:
    """The addresses behind the title and the buttons of one paper."""

    read: str  #: its page, or a search for its title
    found: bool  #: whether `read` is the paper's own page
    pdf: str = ""  #: empty if unknown, like the following
    code: str = ""
    project: str = ""


def paper_links(paper: Paper) -> PaperLinks:
    """Return the paper's own page if one is known, or else a search for its title.

    A saved listing page gives titles only. The search of Hugging Face compares whole titles by meaning, so a symbol
    lost in the listing does no harm, and its pages link to the PDF.
    """
    links = {kind: secure for kind, url in paper.links.items() if (secure := neutralized_url(url))}
    page = _page(paper, links)
    pdf = links.get("pdf", "")
    if not pdf and paper.arxiv_id:
        pdf = f"https://arxiv.org/pdf/{quote(paper.arxiv_id, safe='/.')}"
    read = page or pdf or _SEARCH + quote_plus(_query(paper.title))
    code, project = links.get("code", ""), links.get("project", "")
    return PaperLinks(read=read, found=bool(page or pdf), pdf=pdf, code=code, project=project)


def _query(title: str) -> str:
    """Return the words of a title without punctuation, so that the address stays readable."""
    return " ".join(_WORD.findall(title))[:_LONGEST_QUERY].strip()


def _page(paper: Paper, links: Mapping[str, str]) -> str:
    if links.get("abs"):
        return links["abs"]
    if paper.arxiv_id:
        return f"https://arxiv.org/abs/{quote(paper.arxiv_id, safe='/.')}"
    if paper.doi:
        return f"https://doi.org/{quote(paper.doi, safe='/.:;()-_')}"
    return next((links[kind] for kind in _PAGES if links.get(kind)), "")
