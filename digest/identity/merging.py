"""What several sources know of one paper, put together field by field; the better text wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from digest.cleaning import clean, clean_abstract, clean_title
from digest.identity.keys import Traits, canonical_key, folded
from digest.papers import Paper, PublishedKind, Sighting

OWN_RECORD = 2
BRIEF = 40  #: words; a shorter text may be a blurb rather than the abstract
LONGEST_ABSTRACT = 700  #: words; a longer text is more than an abstract
_CUT = re.compile(r"(?:…|\.\.\.)\s*$")
_LETTERS = re.compile(r"[\W_]+")
_NO_NAME = re.compile(r"(?:and )?(?:et\.? al\.?|others)", re.IGNORECASE)
_MARKUP = re.compile(r"[\\$^{}]")
_DATE_RANK = {PublishedKind.SUBMITTED: 3, PublishedKind.PUBLISHED: 2, PublishedKind.ANNOUNCED: 1, None: 0}


def new_paper(sighting: Sighting, *, source: str, now: datetime) -> Paper:
    """Return the paper that a first sighting shows, cleaned for reading; its number is 0 until it is stored."""
    return Paper(
        number=0,
        key=canonical_key(Traits.of(sighting)),
        title=clean_title(sighting.title),
        abstract=clean_abstract(sighting.abstract),
        title_raw=sighting.title,
        abstract_raw=sighting.abstract,
        first_seen=now,
        authors=_names(sighting.authors),
        affiliations={clean(name): clean(place) for name, place in sighting.affiliations.items()},
        arxiv_id=sighting.arxiv_id,
        arxiv_version=sighting.arxiv_version,
        doi=sighting.doi,
        categories=sighting.categories,
        published=sighting.published,
        published_kind=sighting.published_kind,
        links=_links(sighting),
        keywords=tuple(map(clean, sighting.keywords)),
        tldr=clean(sighting.tldr),
        comment=clean(sighting.comment),
        journal_ref=clean(sighting.journal_ref),
        licence=sighting.licence,
        sources=(source,),
    )


def merged(paper: Paper, sighting: Sighting, *, source: str) -> Paper:
    """Return the paper enriched by a further sighting: same number, same first sight; equal when it adds nothing."""
    return joined(paper, new_paper(sighting, source=source, now=paper.first_seen))


def joined(older: Paper, newer: Paper) -> Paper:
    """Return what two records of one work know together, with the number and the first sight of the older one."""
    changes: dict[str, Any] = {
        **_text(older, newer, "title", clean_title),
        **_text(older, newer, "abstract", clean_abstract),
        **_date(older, newer),
        "first_seen": min(older.first_seen, newer.first_seen),
        "authors": _fuller(older.authors, newer.authors),
        "affiliations": {**newer.affiliations, **older.affiliations},
        "arxiv_id": older.arxiv_id or newer.arxiv_id,
        "arxiv_version": max(older.arxiv_version or 0, newer.arxiv_version or 0) or None,
        "doi": _published_doi(older.doi, newer.doi),
        "categories": older.categories if len(older.categories) >= len(newer.categories) else newer.categories,
        "links": {**newer.links, **older.links},
        "keywords": _united(older.keywords, newer.keywords),
        "sources": _united(older.sources, newer.sources),
    }
    for name in ("tldr", "comment", "journal_ref", "licence"):
        changes[name] = getattr(older, name) or getattr(newer, name)
    together = replace(older, **changes)
    key = canonical_key(Traits.of(together))
    # A title that changed does not rename a paper; an arXiv id or a DOI that became known does.
    return replace(together, key=key) if not key.startswith("title:") else together


def _links(sighting: Sighting) -> dict[str, str]:
    """Return the links of a sighting; a DOI alone is one as well."""
    if sighting.doi and not {"abs", "html"} & sighting.links.keys():
        return {**sighting.links, "html": f"https://doi.org/{sighting.doi}"}
    return dict(sighting.links)


def _names(authors: tuple[str, ...]) -> tuple[str, ...]:
    cleaned = (name for name in map(clean, authors) if any(map(str.isalpha, name)))
    return tuple(dict.fromkeys(name for name in cleaned if not _NO_NAME.fullmatch(name)))


def _text(older: Paper, newer: Paper, field: str, cleaned: Callable[[str], str]) -> dict[str, str]:
    known, shown = getattr(older, f"{field}_raw"), getattr(newer, f"{field}_raw")
    if not _is_better(known, shown, older, newer):
        return {}
    return {field: cleaned(shown), f"{field}_raw": shown}


def _is_better(known: str, shown: str, older: Paper, newer: Paper) -> bool:
    """Tell whether a text is to replace the known one.

    The whole text beats a piece of it, a later version an earlier one, arXiv's own record (it names categories) the
    copy of a website. Of two copies of the same words the one with its LaTeX intact is better.
    """
    if not shown or known == shown:
        return False
    if shown.startswith(known):
        return not _CUT.search(shown) or bool(_CUT.search(known))
    if _CUT.search(known) or _CUT.search(shown):
        return len(shown) > len(known) and not _CUT.search(shown)
    if _bare(known) == _bare(shown):
        return len(_MARKUP.findall(shown)) > len(_MARKUP.findall(known))
    if older.arxiv_version and newer.arxiv_version and older.arxiv_version != newer.arxiv_version:
        return newer.arxiv_version > older.arxiv_version
    ranks = _authority(older), _authority(newer)
    return ranks[1] > ranks[0] or (ranks[0] == ranks[1] < OWN_RECORD and _is_fuller(known, shown))


def _authority(paper: Paper) -> int:
    """Return how near to the authors a record is: arXiv's own has a version and categories."""
    if not (paper.arxiv_id and paper.categories):
        return 0
    return OWN_RECORD if paper.arxiv_version else 1


def _is_fuller(known: str, shown: str) -> bool:
    """Return whether one text is a whole abstract and the other only a sentence or two about the paper."""
    before, now = len(known.split()), len(shown.split())
    return before < BRIEF and now >= 2 * before and BRIEF <= now <= LONGEST_ABSTRACT


def _bare(text: str) -> str:
    return _LETTERS.sub("", folded(text))


def _date(older: Paper, newer: Paper) -> Mapping[str, Any]:
    if not newer.published or _DATE_RANK[newer.published_kind] <= _DATE_RANK[older.published_kind]:
        return {}
    return {"published": newer.published, "published_kind": newer.published_kind}


def _fuller(known: tuple[str, ...], shown: tuple[str, ...]) -> tuple[str, ...]:
    """Return the list with more names, or with the fuller ones: "Ada Byron" rather than "A Byron"."""
    if len(known) != len(shown):
        return max(known, shown, key=len)
    return shown if sum(map(len, shown)) > sum(map(len, known)) else known


def _published_doi(known: str | None, shown: str | None) -> str | None:
    if known and shown and known.startswith("10.1101/"):
        return shown
    return known or shown


def _united(known: tuple[str, ...], shown: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *shown)))
