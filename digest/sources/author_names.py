"""Author names: the ways in which listings write lists of them."""

from __future__ import annotations

import re

from digest.sources.raw_listing import collapsed

_TRAILING_AFFILIATION = re.compile(r"^(?P<name>[^(]*?)\s*\((?P<affiliation>.*)\)\s*$", re.DOTALL)
_INITIALS = re.compile(r"(?:[A-Z]\.?[-\s]?){1,4}(?:\s?(?:Jr|Sr|I{2,3})\.?)?")
_AND = re.compile(r"\s+(?:and|&)\s+")


def split_outside_brackets(text: str, separator: str = ",") -> list[str]:
    """Return the parts of `text` between separators that stand outside round brackets, trimmed, without empty ones.

    >>> split_outside_brackets("Ada Byron (Town, Land), Emmy Noether")
    ['Ada Byron (Town, Land)', 'Emmy Noether']
    """
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            depth = max(depth - 1, 0)
        elif character == separator and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    return [part for part in map(collapsed, parts) if part]


def names_and_affiliations(people: list[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the names without the "(Affiliation)" after them, and the affiliations by name."""
    names, affiliations = [], {}
    for person in people:
        found = _TRAILING_AFFILIATION.match(person)
        if found and found["name"]:
            names.append(found["name"])
            affiliations[found["name"]] = collapsed(found["affiliation"])
        else:
            names.append(person)
    return tuple(names), affiliations


def forename_first(name: str) -> str:
    """Return "Last, First" as "First Last"; any other form as it is.

    >>> forename_first("Noether, Emmy"), forename_first("Emmy Noether")
    ('Emmy Noether', 'Emmy Noether')
    """
    last, comma, first = collapsed(name).partition(",")
    return f"{first.strip()} {last.strip()}" if comma and first.strip() and "," not in first else collapsed(name)


def names_in(text: str) -> tuple[str, ...]:
    """Return the names in a list written with semicolons, "and", commas, or as "Last, F., Last, F." pairs.

    >>> names_in("Byron, A., Noether, E.,")
    ('A. Byron', 'E. Noether')
    >>> names_in("Ada Byron, Emmy Noether and Sophie Germain")
    ('Ada Byron', 'Emmy Noether', 'Sophie Germain')
    """
    if ";" in text:
        return tuple(forename_first(part) for part in text.split(";") if part.strip())
    joined = _AND.split(collapsed(text))
    if len(joined) > 1 and all(part.count(",") == 1 for part in joined):
        return tuple(map(forename_first, joined))
    parts = [part for piece in joined for part in split_outside_brackets(piece)]
    if len(parts) >= 2 and len(parts) % 2 == 0 and all(map(_INITIALS.fullmatch, parts[1::2])):
        return tuple(f"{first} {last}" for last, first in zip(parts[::2], parts[1::2], strict=True))
    return tuple(parts)
