"""References: papers as reference managers exchange them; BibTeX, arXiv numbers and titles in, BibTeX and RIS out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice

from digest.cleaning import bibtex as bibtex_syntax
from digest.cleaning import clean_abstract, clean_title
from digest.identity import identifiers
from digest.papers import Paper, Sighting

MAX_REFERENCES = 500

_IN_BIBTEX = str.maketrans({c: "\\" + c for c in "&%$#_"} | {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}"})


def read_references(text: str) -> list[Sighting]:
    """Return the papers that a text names: a BibTeX file, or arXiv numbers, DOIs and titles, one a line.

    >>> [r.arxiv_id or r.title for r in read_references("arXiv:2503.01807v2\\nAttention is all you need")]
    ['2503.01807', 'Attention is all you need']
    """
    found = _bibtex(text) if bibtex_syntax.ENTRY.search(text) else map(_line, text.splitlines())
    named = (reference for reference in found if reference.title or reference.arxiv_id or reference.doi)
    return list(islice(named, MAX_REFERENCES))


def _line(line: str) -> Sighting:
    text = line.strip().strip("•*-–— \t")
    number, name = identifiers.arxiv_id(text) or identifiers.arxiv_id_in(text), identifiers.doi(text)
    if number or name:
        return Sighting(title="", arxiv_id=number.id if number else None, doi=name)
    return Sighting(title=clean_title(text))


def _bibtex(text: str) -> Iterator[Sighting]:
    for entry in bibtex_syntax.entries(text):
        fields = {name: bibtex_syntax.without_groups(value) for name, value in entry.fields.items()}
        number = identifiers.arxiv_id(fields.get("eprint", "")) or identifiers.arxiv_id_in(fields.get("url", ""))
        yield Sighting(
            title=clean_title(fields.get("title", "")),
            abstract=clean_abstract(fields.get("abstract", "")),
            arxiv_id=number.id if number else None,
            doi=identifiers.doi(fields.get("doi", "")),
        )


def bibtex(papers: Iterable[Paper]) -> str:
    """Return the papers as a BibTeX file, each under a key of its own."""
    used: dict[str, int] = {}
    return "\n".join(_bibtex_entry(paper, _citation_key(paper, used)) for paper in papers)


def _bibtex_entry(paper: Paper, key: str) -> str:
    published = paper.published or paper.first_seen.date()
    fields = {
        "title": "{" + _escaped(paper.title) + "}",
        "author": " and ".join(_escaped(author) for author in paper.authors),
        "year": str(published.year),
        "eprint": paper.arxiv_id or "",
        "archiveprefix": "arXiv" if paper.arxiv_id else "",
        "primaryclass": paper.categories[0] if paper.arxiv_id and paper.categories else "",
        "doi": paper.doi or "",
        "journal": _escaped(paper.journal_ref),
        "url": _address(paper),
        "abstract": _escaped(paper.abstract),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return "@" + ("article" if paper.journal_ref else "misc") + "{" + key + ",\n" + ",\n".join(lines) + "\n}\n"


def _citation_key(paper: Paper, used: dict[str, int]) -> str:
    name = paper.authors[0].split()[-1] if paper.authors and paper.authors[0].split() else "paper"
    year = (paper.published or paper.first_seen.date()).year
    word = next((word for word in re.findall(r"\w+", paper.title) if len(word) > 3), "")
    plain = unicodedata.normalize("NFKD", f"{name}{year}{word}".lower()).encode("ascii", "ignore").decode()
    key = re.sub(r"[^a-z0-9]", "", plain) or f"paper{paper.number}"
    used[key] = used.get(key, 0) + 1
    return key if used[key] == 1 else f"{key}-{used[key]}"


def _escaped(text: str) -> str:
    return " ".join(text.split()).translate(_IN_BIBTEX)


def ris(papers: Iterable[Paper]) -> str:
    """Return the papers as a RIS file."""
    return "".join(_ris_entry(paper) for paper in papers)


def _ris_entry(paper: Paper) -> str:
    published = paper.published or paper.first_seen.date()
    fields = [
        ("TY", "JOUR" if paper.journal_ref else "UNPB"),
        ("TI", paper.title),
        *(("AU", author) for author in paper.authors),
        ("PY", str(published.year)),
        ("DA", f"{published:%Y/%m/%d}"),
        ("DO", paper.doi or ""),
        ("JO", paper.journal_ref),
        ("UR", _address(paper)),
        ("AB", paper.abstract),
        *(("KW", word) for word in paper.keywords),
    ]
    lines = [f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in fields if value]
    return "".join(lines) + "ER  - \r\n\r\n"


def _address(paper: Paper) -> str:
    if paper.arxiv_id:
        return f"https://arxiv.org/abs/{paper.arxiv_id}"
    return paper.links.get("abs") or next(iter(paper.links.values()), "")
