"""Profiles: what one subscriber wants to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

MAX_TERMS = 200
MAX_TERM_LENGTH = 200
MAX_WEIGHT = 100.0
MAX_PAPERS = 50
DEFAULT_MINIMUM_MATCH = 30
DEFAULT_PAPERS = 10


@dataclass(frozen=True, kw_only=True)
class Keyword:
    """A word or phrase that the subscriber wants, with its weight."""

    term: str
    weight: float = 1.0  #: above 0; 2 counts double
    acronyms: bool = True  #: whether a known short or long form of the term counts as well


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What one subscriber wants: all that the ranking knows about a person."""

    keywords: tuple[Keyword, ...] = ()
    exclude: tuple[str, ...] = ()  #: terms that a paper must not have
    authors: tuple[str, ...] = ()  #: names to follow
    categories: tuple[str, ...] = ()  #: categories to follow: "cs.CL", or "cs" for all of it
    minimum_match: int = DEFAULT_MINIMUM_MATCH  #: 0 to 100
    papers: int = DEFAULT_PAPERS  #: most picks in an issue
    trending: bool = False  #: add the short trending section beside the picks

    @property
    def is_empty(self) -> bool:
        """True when nothing is asked for: such a profile gets the trending issue."""
        return not (self.keywords or self.authors or self.categories)

    def as_dict(self) -> dict[str, Any]:
        """Return the profile as plain JSON values; `profile_from_dict` reads them back."""
        return asdict(self)


@lru_cache(maxsize=1 << 17)
def _keyword(term: str, weight: float, acronyms: bool) -> Keyword:
    """Return the keyword; equal keywords share one object."""
    return Keyword(term=term, weight=float(weight), acronyms=bool(acronyms))


@dataclass(frozen=True, kw_only=True)
class ProfileFault:
    """One thing that is wrong with a profile or subscription."""

    field: str  #: dotted name: "profile.keywords[2].weight"
    reason: str  #: what was found and what is expected


_WEIGHTED = re.compile(r"(?P<term>.*\S)\s*[*×]\s*(?P<weight>[0-9]+(?:[.,][0-9]+)?)\s*")


def keyword_of(line: str) -> Keyword:
    """Return the keyword of one line as people type it.

    >>> keyword_of("hyperparameter optimization * 2").weight
    2.0
    """
    found = _WEIGHTED.fullmatch(line)
    term = found["term"] if found else line
    return Keyword(term=" ".join(term.split()), weight=weight_of(found["weight"]) if found else 1.0)


def line_of(keyword: Keyword) -> str:
    """Return the line that `keyword_of` reads back."""
    return keyword.term if keyword.weight == 1 else f"{keyword.term} * {keyword.weight:g}"


def weight_of(text: str) -> float:
    """Return the weight in a text; 1 for an empty one, and 0, which `faults` reports, when it is not a number."""
    try:
        return float(text.replace(",", ".")) if text.strip() else 1.0
    except ValueError:
        return 0.0


def profile_from_dict(data: Mapping[str, Any]) -> Profile:
    """Return the profile that `Profile.as_dict` described; unknown keys are ignored."""
    keywords = tuple(
        [_keyword(k["term"], k.get("weight", 1.0), k.get("acronyms", True)) for k in data.get("keywords", ())]
    )
    return Profile(
        keywords=keywords,
        exclude=tuple(data.get("exclude", ())),
        authors=tuple(data.get("authors", ())),
        categories=tuple(data.get("categories", ())),
        minimum_match=int(data.get("minimum_match", DEFAULT_MINIMUM_MATCH)),
        papers=int(data.get("papers", DEFAULT_PAPERS)),
        trending=bool(data.get("trending", False)),
    )


def faults(profile: Profile) -> list[ProfileFault]:
    """Return everything that is wrong with the values of a profile; empty when it can be used."""
    return [*_keyword_faults(profile.keywords), *_term_faults(profile), *_limit_faults(profile)]


def _keyword_faults(keywords: Sequence[Keyword]) -> Iterator[ProfileFault]:
    for place, keyword in enumerate(keywords):
        field = f"profile.keywords[{place}]"
        yield from _text_faults(f"{field}.term", keyword.term)
        if not 0 < keyword.weight <= MAX_WEIGHT:
            yield ProfileFault(
                field=f"{field}.weight", reason=f"{keyword.weight:g} is not above 0 and at most {MAX_WEIGHT:g}"
            )


def _term_faults(profile: Profile) -> Iterator[ProfileFault]:
    for name in ("exclude", "authors", "categories"):
        for place, term in enumerate(getattr(profile, name)):
            yield from _text_faults(f"profile.{name}[{place}]", term)
    for name in ("keywords", "exclude", "authors", "categories"):
        if len(getattr(profile, name)) > MAX_TERMS:
            yield ProfileFault(field=f"profile.{name}", reason=f"more than {MAX_TERMS} entries")


def _text_faults(field: str, text: str) -> Iterator[ProfileFault]:
    if not any(c.isalnum() for c in text):
        yield ProfileFault(field=field, reason=f"{text!r} has no letter and no digit")
    if len(text) > MAX_TERM_LENGTH:
        yield ProfileFault(field=field, reason=f"{len(text)} characters, at most {MAX_TERM_LENGTH} are allowed")
    if any(not c.isprintable() for c in text):
        yield ProfileFault(field=field, reason="has a control character")


def _limit_faults(profile: Profile) -> Iterator[ProfileFault]:
    if not 0 <= profile.minimum_match <= 100:
        yield ProfileFault(field="profile.minimum_match", reason=f"{profile.minimum_match} is not between 0 and 100")
    if not 1 <= profile.papers <= MAX_PAPERS:
        yield ProfileFault(field="profile.papers", reason=f"{profile.papers} is not between 1 and {MAX_PAPERS}")
