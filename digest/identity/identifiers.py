"""Identifiers of works: arXiv ids and DOIs, found in whatever text or address carries them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

_ARCHIVES = (
    "astro-ph|cond-mat|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math-ph|nlin|nucl-ex|nucl-th|physics|quant-ph|math|cs|"
    "q-bio|q-fin|stat|eess|econ|acc-phys|adap-org|alg-geom|ao-sci|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|"
    "dg-ga|funct-an|mtrl-th|patt-sol|plasm-ph|q-alg|solv-int|supr-con"
)
_ID = rf"(?P<id>\d{{4}}\.\d{{4,5}}|(?:{_ARCHIVES})(?:\.[A-Z]{{2}})?/\d{{7}})(?:v(?P<version>\d{{1,3}}))?"
_WHOLE_ID = re.compile(rf"(?:arxiv:\s*)?{_ID}", re.IGNORECASE)
#: Sites that show arXiv's papers under arXiv's own ids: what stands in an address before the id.
_MIRRORS = (
    r"arxiv\.org[:/](?:(?:abs|pdf|html|format|src|e-print|ps|tb|list)/)?",
    r"(?:huggingface\.co|hf\.co)/papers/",
    r"alphaxiv\.org/(?:[a-z]{2}/)?(?:abs|pdf|overview|audio|resources)/",
    r"(?:scirate\.com|papers\.cool|arxiv\.paperswithcode\.com)/(?:arxiv/)?",
    r"(?:ar5iv\.org|ar5iv\.labs\.arxiv\.org)/(?:html|abs|pdf)/",
    r"arxiv-(?:vanity|sanity)\.com/papers?/",
    r"(?:browse|xxx)\.arxiv\.org/(?:abs|pdf)/",
    r"xxx\.(?:lanl\.gov|itp\.ac\.cn)/(?:abs|pdf)/",
    r"semanticscholar\.org/(?:arxiv/|paper/arxiv:)",
    r"emergentmind\.com/papers/",
    r"(?:moonlight|themoonlight)\.io/(?:[\w-]+/)*",
    r"catalyzex\.com/(?:paper/)?arxiv:",
    r"arxiv[:.]\s?",
)
_MARKED_ID = re.compile(rf"(?:{'|'.join(_MIRRORS)}){_ID}(?![\d.]*\d)", re.IGNORECASE)
_DOI = re.compile(r"\b10\.\d{4,9}(?:\.\d+)*/[^\s\"'<>{}|\\^`\[\]]+")
# DOIs of the 1990s contain the angle brackets of a SICI (ANSI/NISO Z39.56).
_WHOLE_DOI = re.compile(rf"{_DOI.pattern}|10\.\d{{4,9}}/[^\s\"'{{}}|\\]*<[^\s\"'{{}}|\\]*>[^\s\"'{{}}|\\<>]+")
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(?P<id>.+)", re.IGNORECASE)
_RESOLVER = re.compile(
    r"^(?:https?://)?(?:(?:dx\.|www\.)?doi\.org/|(?:info:)?doi:?\s*[/=]?\s*(?=10\.)|(?:urn:)?doi:\s*)", re.IGNORECASE
)
_TEX_ESCAPE = re.compile(r"\{?\\([_&%#$~^])(?:\{\})?\}?|\\?\{([_&%#$])\}|\\textunderscore(?:\{\})?\s?")
_PERCENT_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
#: What publishers put behind the DOI in their addresses: a view, a file, a part of the page.
_VIEW = re.compile(
    r"(?:[/.](?:full(?:[.-]?(?:text|html|pdf|xml))?|abstract|pdf|epdf|pdfdirect|pdfft|epub|xml|html?|meta|summary|"
    r"references|citations?|figures?|suppl(?:ementary)?(?:[.-]material)?|supinfo|metrics|download|issuetoc|"
    r"fulltext(?:\.html?|\.pdf)?|full\.pdf\+html|early\.?release|tab-[\w-]+|article-info|info|data|ext))+/?$",
    re.IGNORECASE,
)
_QUERY = re.compile(r"[?#&]")
#: Oxford's addresses have the number of the page behind the DOI.
_ARTICLE_NUMBER = re.compile(r"(10\.1093/[a-z]+/[a-z]+\d+)/\d+$", re.IGNORECASE)
_PREPRINT_VERSION = re.compile(
    r"(10\.(?:1101|64898)/(?:\d{4}\.\d{2}\.\d{2}\.)?\d{6,8})v\d{1,2}(?:[./].*)?$", re.IGNORECASE
)


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

    >>> doi("DOI: 10.1000/X"), doi("https://dx.doi.org/10.1000/a{\\_}b"), doi("10.48550/arXiv.2501.00001")
    ('10.1000/x', '10.1000/a_b', None)
    """
    bare = _bare(text)
    if not _WHOLE_DOI.fullmatch(bare):
        return doi_in(bare) if bare.startswith(("https://", "http://")) else None
    return None if _ARXIV_DOI.fullmatch(bare) else _ended(bare)


def doi_in(text: str) -> str | None:
    """Return the first DOI in `text`; None without one.

    The punctuation of the sentence around it does not belong to it, and neither does what an address continues with:
    a query, the view (`/full`), the type of a file or the version of a preprint.

    >>> doi_in("https://journal.example/doi/abs/10.1000/X.pdf?af=R"), doi_in("(see doi:10.1000/x(1)y).")
    ('10.1000/x', '10.1000/x(1)y')
    """
    found = _DOI.search(without_escapes(text))
    if not found:
        return None
    bare = _ARTICLE_NUMBER.sub(r"\1", _QUERY.split(found[0], maxsplit=1)[0])
    shorter = _VIEW.sub("", bare)
    if _DOI.fullmatch(shorter):
        bare = shorter
    bare = _ended(bare)
    while bare.endswith(")") and bare.count(")") > bare.count("("):
        bare = _ended(bare[:-1])
    return doi(bare)


def _bare(text: str) -> str:
    return _RESOLVER.sub("", without_escapes(text.strip()))


def _ended(bare: str) -> str:
    """Return a DOI in lower case, without punctuation and the version of a preprint behind it."""
    return _PREPRINT_VERSION.sub(r"\1", bare.rstrip(".,;:/")).lower()


def without_escapes(text: str) -> str:
    r"""Return a text without the escapes of TeX (`\_`, `{\_}`) and of addresses (`%2F`)."""
    if "\\" in text or "{" in text:
        text = _TEX_ESCAPE.sub(lambda found: found[1] or found[2] or "_", text)
    return unquote(text) if "10." in text and _PERCENT_ENCODED.search(text) else text


def arxiv_id_of_doi(text: str) -> ArxivId | None:
    """Return the arXiv id in a DOI that arXiv gave; None for any other text."""
    found = _ARXIV_DOI.fullmatch(_bare(text))
    return arxiv_id(found["id"]) if found else None
