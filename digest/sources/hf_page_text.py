'''The Hugging Face papers page saved as plain text, in its two layouts.

Spaced: each line is followed by an empty one. Dense: no empty lines, and `Subscribe` is glued to the first title.
A header of known lines, then title and abstract by turns, one line each; no ids, authors, links or paper dates:

    >>> from datetime import UTC, datetime
    >>> page = b"""new
    ...
    ... Get trending papers in your email inbox!
    ...
    ... Subscribe
    ...
    ... Daily Papers
    ...
    ... byAK and the research community
    ...
    ... Mar 12
    ...
    ... Sample Title of a Paper
    ...
    ... We show that a sample can be short. It ends like an abstract.
    ... """
    >>> listing = read(RawListing(data=page, origin="page.txt", now=datetime(2026, 4, 1, tzinfo=UTC)))
    >>> listing.page_date, [(s.title, s.line) for s in listing.sightings]
    (datetime.date(2026, 3, 12), [('Sample Title of a Paper', 13)])
'''

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice, pairwise

from digest.papers import Listing, Problem, Sighting
from digest.sources.raw_listing import Format, RawListing, is_binary

LONGEST_LINE = 20_000  #: characters; the longest abstract known has 3,488
LONGEST_TITLE = 600  #: characters; the longest title known has 226
MOST_PROBLEMS = 200
MOST_PAPERS = 20_000  #: on one page; a day has at most 50, a search some hundreds

_GET_TRENDING = re.compile(r"Get trending papers in your email inbox(?: once a day)?!")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(rf"({'|'.join(_MONTHS)}) (\d{{1,2}})(?:, (\d{{4}}))?")
_HEADER = re.compile(
    rf"new|Subscribe|(?:Daily|Trending) Papers|by ?AK and the research community"
    rf"|{_GET_TRENDING.pattern}|{_DATE.pattern}"
)
_MARK = re.compile(rf"{_GET_TRENDING.pattern}|by ?AK and the research community")
_DATE_IN_NAME = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_ENDS_SENTENCE = re.compile(r"[.!?][\"'”’)]*$")


@dataclass(frozen=True)
class _Line:
    number: int
    text: str

    @property
    def is_abstract(self) -> bool:
        """Long lines are abstracts. Wrong for 22 of 169,200 real titles and abstracts."""
        length = len(self.text)
        return length > 220 or (length > 160 and ". " in self.text and bool(_ENDS_SENTENCE.search(self.text)))

    @property
    def may_be_abstract(self) -> bool:
        """A short line that ends with a full stop can only be an abstract: no real title does."""
        return self.is_abstract or self.text.endswith(".")

    @property
    def may_be_title(self) -> bool:
        return not self.is_abstract or (len(self.text) <= 240 and not self.text.endswith("."))


def _recognise(raw_listing: RawListing) -> bool:
    header, body = _parts(raw_listing.head)
    return any(map(_MARK.fullmatch, header)) or (
        not raw_listing.opening.startswith(("<", "{", "[")) and _alternates(body)
    )


def _alternates(body: Iterator[_Line]) -> bool:
    """Tell whether a page that lost its header still shows itself: two titles, each with an abstract after it."""
    return sum(not one.is_abstract and two.is_abstract for one, two in pairwise(islice(body, 12))) >= 2


def read(raw_listing: RawListing) -> Listing:
    """Return the papers of the page; lines that fit no pair are reported by number and never shift the pairing."""
    if is_binary(raw_listing.head):
        raise raw_listing.refusal("binary data, expected a Hugging Face papers page saved as text")
    header, body = _parts(raw_listing.text)
    problems: list[Problem] = []
    pairs = list(islice(_pairs(_bounded(body, problems), problems), MOST_PAPERS))
    sightings = [_sighting(place, title, abstract) for place, (title, abstract) in enumerate(pairs, start=1)]
    if len(sightings) == MOST_PAPERS:
        problems.append(Problem(line=None, reason=f"more than {MOST_PAPERS:,} papers; what follows was not read"))
    if not sightings:
        problems.append(Problem(line=None, reason="the page holds no paper"))
    problems.sort(key=lambda problem: problem.line or 0)
    return raw_listing.listing(FORMAT.name, sightings, _shortened(problems), _page_date(header, raw_listing))


def _parts(text: str) -> tuple[list[str], Iterator[_Line]]:
    """Return the lines of the header, and those after it as they are asked for."""
    filled = _filled(text)
    header: list[str] = []
    for line in filled:
        if not _HEADER.fullmatch(line.text):
            return header, chain([_first(line, header)], filled)
        header.append(line.text)
    return header, iter(())


def _filled(text: str) -> Iterator[_Line]:
    # Only line feeds and carriage returns end a line: U+2028 and the like may stand inside an abstract.
    newline = "\n" if "\n" in text else "\r"
    for number, raw in enumerate(text.split(newline), start=1):
        if stripped := raw.strip(" \t\r\ufeff"):
            yield _Line(number, stripped)


def _first(line: _Line, header: list[str]) -> _Line:
    """Return the first line after the header without the `Subscribe` that the dense layout glues to it."""
    is_glued = "Subscribe" not in header and any(map(_GET_TRENDING.fullmatch, header))
    return _Line(line.number, _unglued(line.text)) if is_glued else line


def _unglued(text: str) -> str:
    rest = text.removeprefix("Subscribe")
    return rest if rest and not rest[0].isspace() else text


def _bounded(body: Iterable[_Line], problems: list[Problem]) -> Iterator[_Line]:
    for line in body:
        if len(line.text) <= LONGEST_LINE:
            yield line
            continue
        reason = (
            f"{len(line.text):,} characters in one line, expected a title or an abstract of at most {LONGEST_LINE:,}"
        )
        problems.append(Problem(line=line.number, reason=f"{reason}; left out"))


def _pairs(body: Iterator[_Line], problems: list[Problem]) -> Iterator[tuple[_Line, _Line | None]]:
    """Pair titles with the abstracts after them, and starts afresh at the next title where a line is missing."""
    title: _Line | None = None
    following = next(body, None)
    while following is not None:
        line, following = following, next(body, None)
        if title is None:
            title = _opened(line, following, problems)
        elif line.is_abstract or (line.may_be_abstract and not _starts_pair(title, following)):
            yield title, line
            title = None
        else:
            problems.append(_missing_abstract(title))
            yield title, None
            title = _opened(line, following, problems)
    if title is not None:
        problems.append(_missing_abstract(title))
        yield title, None


def _starts_pair(title: _Line, following: _Line | None) -> bool:
    """Tell whether the short line after `title` is rather the next title: only when `title` is a sentence itself."""
    return title.text.endswith(".") and following is not None and following.is_abstract


def _opened(line: _Line, following: _Line | None, problems: list[Problem]) -> _Line | None:
    """Return `line` as the title of the next paper; None, with a report, when it is an abstract without a title."""
    followed = following is not None and following.is_abstract
    if (not line.is_abstract or (line.may_be_title and followed)) and len(line.text) <= LONGEST_TITLE:
        return line
    reason = "an abstract without a title before it, or a second paragraph of the one above; left out"
    problems.append(Problem(line=line.number, reason=reason))
    return None


def _missing_abstract(title: _Line) -> Problem:
    return Problem(line=title.number, reason="a title without an abstract after it; kept with its title alone")


def _shortened(problems: list[Problem]) -> list[Problem]:
    if len(problems) <= MOST_PROBLEMS:
        return problems
    rest = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], Problem(line=None, reason=f"{rest:,} further lines that fit no paper")]


def _sighting(place: int, title: _Line, abstract: _Line | None) -> Sighting:
    return Sighting(title=title.text, abstract=abstract.text if abstract else "", position=place, line=title.number)


def _page_date(header: list[str], raw_listing: RawListing) -> date | None:
    shown = next((line for line in header if _DATE.fullmatch(line)), None)
    return dated(shown, raw_listing) if shown else None


def dated(shown: str, raw_listing: RawListing) -> date | None:
    """Return the date that "Mar 12" or "Mar 12, 2025" means on a page: without a year the latest before it was saved.

    A full date in the name of the page says the year, when it agrees with the day. None for a day that does not exist.
    """
    found = _DATE.fullmatch(shown)
    if not found:
        return None
    month, day = _MONTHS.index(found[1]) + 1, int(found[2])
    if found[3]:
        return _valid_date(int(found[3]), month, day)
    named = [_valid_date(*map(int, parts)) for parts in _DATE_IN_NAME.findall(raw_listing.origin)]
    agreeing = [day_named for day_named in named if day_named and (day_named.month, day_named.day) == (month, day)]
    return agreeing[-1] if agreeing else latest_occurrence(month, day, raw_listing.now)


def latest_occurrence(month: int, day: int, now: datetime) -> date | None:
    """Return the last date with that month and day that is not after `now`'s date; None when there is no such day."""
    dates = (_valid_date(year, month, day) for year in range(now.year, now.year - 9, -1))
    return next((candidate for candidate in dates if candidate and candidate <= now.date()), None)


def _valid_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


FORMAT = Format(name="hf-page-text", recognise=_recognise, read=read)
