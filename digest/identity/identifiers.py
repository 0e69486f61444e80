"""Identifiers of works: arXiv ids and DOIs, found in whatever text or address carries them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ARCHIVES = (
    "astro-ph|cond-mat|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math-ph|nlin|nucl-ex|nucl-th|physics|quant-ph|math|cs|"
    "q-bio|q-fin|stat|eess|econ|acc-phys|adap-org|alg-geom|ao-sci|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|"
    "dg-ga|funct-an|mtrl-th|patt-sol|plasm-ph|q-alg|solv-int|supr-con"
)
_ID = rf"(?P<id>\d{{4}}\.\d{{4,5}}|(?:{_ARCHIVES})(?:\.[A-Z]{{2}})?/\d{{7}})(?:v(?P<version>\d{{1,3}}))?"
_WHOLE_ID = re.compile(rf"(?:arxiv:\s*)?{_ID}", re.IGNORECASE)
_MARKED_ID = re.compile(
    rf"(?:arxiv\.org[:/](?:abs/|pdf/|html/|format/|src/|e-print/)?|arxiv[:.]\s?|huggingface\.co/papers/|alphaxiv\.org/abs/){_ID}"
    r"(?![\d.]*\d)",
    re.IGNORECASE,
)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>{}|\\^`\[\]]+")
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(?P<id>.+)", re.IGNORECASE)
_RESOLVER = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class ArxivId:
    """An arXiv identifier."""

    id: str  #: without version: "2503.01807" or "cond-mat/0102536"
    version: int | None = None


def arxiv_id(text: str) -> ArxivId | None:
    """Return the arXiv id that `text` is, with or without "arXiv:" and version; None when it is something else."""
    found = _WHOLE_ID.fullmatch(text.strip())
    return _made(found) if found else None


def arxiv_id_in(text: str) -> ArxivId | None:
    """Return the first arXiv id that is marked as one in `text` (an address or "arXiv:…"); None without one."""
    found = _MARKED_ID.search(text)
    return _made(found) if found else None


def _made(found: re.Match[str]) -> ArxivId:
    version = found["version"]
    # Old ids are filed under the archive alone: math.GT/0309136 and math/0309136 are the same paper.
    archive, slash, number = found["id"].lower().partition("/")
    identifier = f"{archive.partition('.')[0]}/{number}" if slash else archive
    return ArxivId(id=identifier, version=int(version) if version else None)


def doi(text: str) -> str | None:
    """Return the DOI that `text` is: lower case, without resolver; None when it is none or only an arXiv one.

    A DOI that arXiv gave (10.48550/arXiv.X) names the same work as the arXiv id: `arxiv_id_of_doi` reads it.
    """
    bare = _RESOLVER.sub("", text.strip())
    found = _DOI.fullmatch(bare)
    if not found or _ARXIV_DOI.fullmatch(bare):
        return None
    return bare.rstrip(".,;:").lower()


def doi_in(text: str) -> str | None:
    """Return the first DOI in `text`, without the punctuation of the sentence around it; None without one."""
    found = _DOI.search(text)
    if not found:
        return None
    bare = found[0].rstrip(".,;:")
    while bare.endswith(")") and bare.count(")") > bare.count("("):
        bare = bare[:-1].rstrip(".,;:")
    return doi(bare)


def arxiv_id_of_doi(text: str) -> ArxivId | None:
    """Return the arXiv id in a DOI that arXiv gave; None for any other text."""
    found = _ARXIV_DOI.fullmatch(_RESOLVER.sub("", text.strip()))
    return arxiv_id(found["id"]) if found else None
