r'''arXiv's daily listing e-mail, as the mail itself or as its text.

    >>> from datetime import UTC, datetime
    >>> mail = rb"""------------------------------------------------------------------------------
    ... Submissions to:
    ... Machine Learning
    ... received from  Wed  1 Jan 25 19:00:00 GMT  to  Thu  2 Jan 25 19:00:00 GMT
    ... ------------------------------------------------------------------------------
    ... \\
    ... arXiv:2501.00001
    ... Date: Wed, 1 Jan 2025 20:00:00 GMT   (27kb)
    ...
    ... Title: A Sample with a Title
    ...   That Is Folded
    ... Authors: Ada Byron (Town, Land) and Emmy Noether
    ... Categories: cs.LG stat.ML
    ... \\
    ...   It is short.
    ... \\ ( https://arxiv.org/abs/2501.00001 ,  27kb)
    ... """
    >>> listing = read(RawListing(data=mail, origin="mail.txt", now=datetime(2026, 4, 1, tzinfo=UTC)))
    >>> [(s.title, s.abstract, s.authors, s.categories, s.line) for s in listing.sightings], listing.page_date
    ([('A Sample with a Title That Is Folded', 'It is short.', ('Ada Byron', 'Emmy Noether'), ('cs.LG', 'stat.ML'), 7)], datetime.date(2025, 1, 2))
'''  # noqa: E501 (one value on one line, as Python prints it)

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from digest.identity.identifiers import arxiv_id_in, doi_in
from digest.papers import Announcement, Listing, Problem, PublishedKind, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import names_and_affiliations, split_outside_brackets
from digest.sources.mail_bodies import html_body, is_mail, plain_body
from digest.sources.markup import plain
from digest.sources.raw_listing import Format, RawListing, collapsed

_ENTRY = "arXiv:"
_QUOTED_ENTRY = re.compile(r"^(?:[>|]\s?)+arXiv:\S")
_QUOTATION = re.compile(r"^(?:[>|] ?)+")
_RULE = re.compile(r"-{20,}|%%--.*|={20,}")
_RECEIVED = re.compile(r"received from .*\bto\s+\w{3}\s+(\d{1,2}) (\w{3}) (\d{2,4})\b")
_FIELD = re.compile(r"([A-Z][A-Za-z-]{2,20}):\s?(.*)")
_DAY = re.compile(r"\b(\d{1,2}) (\w{3}) (\d{4})\b")
_AND = re.compile(r",?\s+and\s+|,\s*(?=and\s)")
_SUBJECT = re.compile(r"^Subject:.*\b(?:daily|Subj-class mailing)\b", re.MULTILINE | re.IGNORECASE)
_CROSS, _REPLACED = "(*cross-listing*)", "replaced with revised version"


@dataclass
class _Entry:
    line: int  #: where "arXiv:…" stands
    first: str
    fields: dict[str, str] = field(default_factory=dict)
    abstract: list[str] = field(default_factory=list)
    is_closed: bool = False


def _recognise(raw_listing: RawListing) -> bool:
    head = raw_listing.head
    return (
        bool(re.search(r"^\s?\\\\\r?\n\s?arXiv:\S+", head, re.MULTILINE))
        or ("Submissions to:" in head and "received from" in head and "-----" in head)
        or (is_mail(head) and "arxiv" in head.lower() and bool(_SUBJECT.search(head)))
    )


def read(raw_listing: RawListing) -> Listing:
    """Return the entries of the mail; replacements have no abstract there."""
    lines = _unquoted(_text(raw_listing))
    sightings: list[Sighting] = []
    problems: list[Problem] = []
    for entry in _entries(lines):
        sighting = _sighting(entry, len(sightings) + 1)
        if sighting is None:
            problems.append(Problem(line=entry.line, reason="an entry without arXiv id or title; left out"))
            continue
        sightings.append(sighting)
        if not entry.is_closed:
            problems.append(Problem(line=entry.line, reason="an entry that breaks off; kept as far as it goes"))
    if not sightings and not problems and any(_ENTRY in line for line in lines):
        problems.append(Problem(line=None, reason="entries that could not be told apart; none was read"))
    return raw_listing.listing(FORMAT.name, sightings, problems, _announced(lines))


def _text(raw_listing: RawListing) -> str:
    """Return the text of a mail, which a mail program may have turned into HTML; else the listing as it is."""
    if not is_mail(raw_listing.head):
        return raw_listing.text
    body = plain_body(raw_listing.data)
    return body if _ENTRY in body else plain(html_body(raw_listing.data)) or body


def _unquoted(text: str) -> list[str]:
    """Return the lines without the signs of quotation that forwarding puts before them."""
    lines = [line.replace("\xa0", " ").rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    if not any(_QUOTED_ENTRY.match(line) for line in lines):
        return lines
    return [_QUOTATION.sub("", line) for line in lines]


def _entries(lines: list[str]) -> Iterator[_Entry]:
    entry: _Entry | None = None
    in_abstract = False
    for number, line in enumerate(lines, start=1):
        bare = line.strip()
        if bare.startswith("arXiv:") and not in_abstract and number > 1 and lines[number - 2].strip() == r"\\":
            entry = _Entry(line=number, first=bare)
        elif entry is None:
            continue
        elif _RULE.fullmatch(bare) or bare.startswith(r"\\ ("):
            entry.is_closed = bare.startswith(r"\\ (")
            yield entry
            entry, in_abstract = None, False
        elif bare == r"\\":
            in_abstract = True
        elif in_abstract:
            entry.abstract.append(bare)
        else:
            _take_field(entry, line)
    if entry is not None:
        yield entry


def _take_field(entry: _Entry, line: str) -> None:
    """Add a line to the head of an entry; a line that begins with a blank continues the field above."""
    found = None if line.startswith("  ") else _FIELD.match(line.strip())
    if found and found[1] not in entry.fields:
        entry.fields[found[1]] = found[2].strip()
    elif line.startswith(_REPLACED):
        entry.fields["Replaced"] = line
    elif line.startswith(" ") and entry.fields:
        last = next(reversed(entry.fields))
        entry.fields[last] += " " + line.strip()


def _sighting(entry: _Entry, place: int) -> Sighting | None:
    arxiv, fields = arxiv_id_in(entry.first), entry.fields
    title = collapsed(fields.get("Title", ""))
    if not (arxiv and title):
        return None
    authors, affiliations = _people(fields.get("Authors") or fields.get("Author") or "")
    submitted = _submitted(fields)
    return Sighting(
        title=title,
        abstract=collapsed(" ".join(entry.abstract)),
        authors=authors,
        affiliations=affiliations,
        arxiv_id=arxiv.id,
        arxiv_version=arxiv.version,
        doi=doi_in(fields.get("DOI", "")),
        categories=tuple(fields.get("Categories", "").split()),
        announcement=_announcement(entry),
        published=submitted,
        published_kind=PublishedKind.SUBMITTED if submitted else None,
        links=arxiv_links(arxiv),
        comment=collapsed(fields.get("Comments", "")),
        journal_ref=collapsed(fields.get("Journal-ref", "")),
        licence=fields.get("License", ""),
        position=place,
        line=entry.line,
    )


def _announcement(entry: _Entry) -> Announcement:
    replaced = "Replaced" in entry.fields or _REPLACED in entry.fields.get("Date", "")
    if _CROSS in entry.first:
        return Announcement.REPLACE_CROSS if replaced else Announcement.CROSS
    return Announcement.REPLACE if replaced else Announcement.NEW


def _people(text: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return names and affiliations of "A (X), B and C", without the legend "((1) X, (2) Y)" at the end."""
    people = [name.strip() for part in split_outside_brackets(text) for name in _AND.split(part)]
    names, affiliations = names_and_affiliations([name for name in people if name and not name.startswith("(")])
    return names, {name: place for name, place in affiliations.items() if place[0] != "(" and not place[0].isdigit()}


def _submitted(fields: Mapping[str, str]) -> date | None:
    found = _DAY.search(fields.get("Date", ""))
    return _day(found[1], found[2], found[3]) if found else None


def _announced(lines: list[str]) -> date | None:
    found = next((found for line in lines[:200] if (found := _RECEIVED.search(line))), None)
    return _day(found[1], found[2], found[3]) if found else None


def _day(day: str, month: str, year: str) -> date | None:
    try:
        return datetime.strptime(f"{day} {month} {year}", f"%d %b {'%Y' if len(year) == 4 else '%y'}").date()  # noqa: DTZ007
    except ValueError:
        return None


FORMAT = Format(name="arxiv-email", recognise=_recognise, read=read)
