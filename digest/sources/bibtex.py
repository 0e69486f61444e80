r'''BibTeX, read by bibtexparser.

>>> from datetime import UTC, datetime
>>> entries = rb"""@article{sample, title={{Gates}: A {S}ample}, author={Byron, Ada and Emmy Noether},
... abstract={It is short.}, year=2025, doi={10.1000/X}, eprint={2501.00001}, archivePrefix={arXiv}}"""
>>> listing = read(RawListing(data=entries, origin="a.bib", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.arxiv_id, s.doi, s.line) for s in listing.sightings]
[('Gates: A Sample', ('Ada Byron', 'Emmy Noether'), '2501.00001', '10.1000/x', 1)]
'''

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from bibtexparser.entrypoint import parse_string

from digest.identity.identifiers import ArxivId, arxiv_id, arxiv_id_in, arxiv_id_of_doi, doi
from digest.papers import Listing, Problem, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import forename_first
from digest.sources.loose_values import web_link
from digest.sources.raw_listing import Format, RawListing, collapsed

_ENTRY = re.compile(r"^\s*@\s*\w+\s*[{(]\s*[^\s,{}=]*\s*,", re.MULTILINE)
_ARGUMENT = re.compile(r"(?:\\[A-Za-z]+\s*|\\[^A-Za-z\s]|[\^_]|\})$")
_AND = re.compile(r"\s+and\s+")
MOST_PROBLEMS = 100
MOST_ENTRIES = 20_000

logging.getLogger("bibtexparser").setLevel(logging.ERROR)  # what it warns of is in the listing's problems


def _recognise(raw_listing: RawListing) -> bool:
    return bool(_ENTRY.search(raw_listing.head)) and not raw_listing.opening.startswith(("<", "{", "["))


def read(raw_listing: RawListing) -> Listing:
    """Return the entries that have a title; blocks that cannot be read are reported with their lines."""
    if raw_listing.data.count(b"@") > MOST_ENTRIES:
        raise raw_listing.refusal(f"BibTeX with more than {MOST_ENTRIES:,} entries; split it")
    # Whatever a damaged file makes the library raise is a verdict on the file.
    try:
        library = parse_string(raw_listing.text)
    except Exception as error:
        raise raw_listing.refusal(
            f"not BibTeX that can be read: {type(error).__name__}: {collapsed(str(error))}"
        ) from error
    problems = [_problem(block.start_line) for block in library.failed_blocks[:MOST_PROBLEMS]]
    sightings: list[Sighting] = []
    for entry in library.entries:
        line = (entry.start_line or 0) + 1
        fields = {key.lower(): field.value for key, field in entry.fields_dict.items()}
        if title := _text(fields, "title"):
            sightings.append(_sighting(fields, title, len(sightings) + 1, line))
        elif len(problems) < MOST_PROBLEMS:
            problems.append(Problem(line=line, reason="an entry without a title; left out"))
    problems.sort(key=lambda problem: problem.line or 0)
    return raw_listing.listing(FORMAT.name, sightings, problems)


def _problem(start: int | None) -> Problem:
    line = start + 1 if start is not None else None
    return Problem(line=line, reason="a block that is not well-formed BibTeX or repeats a key; left out")


def _sighting(fields: Mapping[str, Any], title: str, place: int, line: int) -> Sighting:
    arxiv = _arxiv(fields)
    link = web_link(_text(fields, "url"))
    return Sighting(
        title=title,
        abstract=_text(fields, "abstract"),
        authors=_authors(_text(fields, "author")),
        arxiv_id=arxiv.id if arxiv else None,
        arxiv_version=arxiv.version if arxiv else None,
        doi=doi(_text(fields, "doi")),
        categories=tuple(_text(fields, "primaryclass").split()),
        links=arxiv_links(arxiv) if arxiv else ({"html": link} if link else {}),
        keywords=tuple(part for part in map(str.strip, re.split(r"[,;]", _text(fields, "keywords"))) if part),
        comment=_text(fields, "note"),
        journal_ref=_text(fields, "journal", "booktitle"),
        position=place,
        line=line,
    )


def _arxiv(fields: Mapping[str, Any]) -> ArxivId | None:
    exact = arxiv_id(_text(fields, "eprint")) or arxiv_id_of_doi(_text(fields, "doi"))
    texts = (_text(fields, name) for name in ("url", "journal", "note", "howpublished"))
    return exact or next((found for found in map(arxiv_id_in, texts) if found), None)


def _authors(text: str) -> tuple[str, ...]:
    names = (forename_first(name) for name in _AND.split(text) if name.strip() and name.strip() != "others")
    return tuple(dict.fromkeys(names))


def _text(fields: Mapping[str, Any], *names: str) -> str:
    """Return the first text under one of the names without the braces that only protect its capitals."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return collapsed(_ungrouped(value))
    return ""


def _ungrouped(value: str) -> str:
    """Return a value without the braces that hold text together; those of commands, accents and formulas stay."""
    if "{" not in value:
        return value
    kept: list[str] = []
    closing: list[str] = []
    in_formula = False
    for place, character in enumerate(value):
        escaped = value[place - 1 : place] == "\\"
        in_formula ^= character == "$" and not escaped
        if character == "{" and not escaped:
            is_group = (
                not in_formula
                and value[place + 1 : place + 2] != "\\"
                and not _ARGUMENT.search(value[max(place - 30, 0) : place])
            )
            closing.append("" if is_group else "}")
            kept.append("" if is_group else "{")
        elif character == "}" and not escaped:
            kept.append(closing.pop() if closing else "")
        else:
            kept.append(character)
    return "".join(kept)


FORMAT = Format(name="bibtex", recognise=_recognise, read=read)
