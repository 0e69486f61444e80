"""Author names: the ways in which listings write lists of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.sources.markup import readable
from digest.sources.raw_listing import collapsed

_TRAILING_AFFILIATION = re.compile(r"^(?P<name>[^(]*?)\s*\((?P<affiliation>.*)\)\s*$", re.DOTALL)
_INITIALS = re.compile(r"(?:[^\W\d_a-z]\.?[-\s]?){1,4}(?:\s?(?:Jr|Sr|I{2,3})\.?)?")
_AND = re.compile(r",?\s+(?:and|&|und|et(?! al))\s+")
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV|V", re.IGNORECASE)
_DEGREE = re.compile(
    r"(?:Ph\.?\s?D|D\.?Phil|M\.?D|M\.?B\.?B\.?S|M\.?Sc|B\.?Sc|M\.?A|M\.?S|M\.?P\.?H|MBA|RN|FRCP|FACP|"
    r"Dr\.?\s?(?:rer|med|phil)\.?(?: nat\.?)?|Prof|Dr|Ing|Esq|DVM|PharmD|ScD|EdD|JD|MPhil|FRS|FAAN)\.?",
    re.IGNORECASE,
)
_TITLE_OF_RESPECT = re.compile(r"^(?:(?:Prof(?:essor)?|Dr|Mr|Mrs|Ms|Sir)\.?\s+)+(?=\S)", re.IGNORECASE)
_NO_PERSON = re.compile(
    r"(?:et\.? al\.?|and others|others|\.{3}|…|anonymous|n/?a|unknown|authors?|none)", re.IGNORECASE
)
_LABEL = re.compile(r"^(?:authors?(?:\(s\))?\s*:|by\s)\s*", re.IGNORECASE)
_PLACES = re.compile(
    r"\s*(?:\bAuthor (?:affiliations?|information|notes)\b|\bAffiliations?\s*:|\bCorresponding authors?\b).*$",
    re.IGNORECASE | re.DOTALL,
)
_PLACE = re.compile(
    r"\b(?:Universit\w+|Institut\w*|Department|Dept|Faculty|School of|College|Laborator\w+|Hospital|Academy|"
    r"Cent(?:er|re) for|Ministry|GmbH|Inc|Ltd)\b"
)
_MAIL = re.compile(
    r"^\s*<?[^\s@<>()]+@[^\s@<>()]+>?\s*\((?P<in>[^()]+)\)\s*$|^(?P<before>[^<@]+?)\s*<[^<>@\s]+@[^<>\s]+>$"
)
_FOOTNOTE = re.compile(r"(?<=\w)\s*(?:[*†‡§¶#]+|\^\{[^{}]*\}|[¹²³⁴⁵⁶⁷⁸⁹⁰]+)+,?$")


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
    """Return "Last, First" and "Last, Jr., First" with the family name last; any other form as it is.

    >>> forename_first("Noether, Emmy"), forename_first("King, Jr., Martin"), forename_first("Emmy Noether")
    ('Emmy Noether', 'Martin King Jr.', 'Emmy Noether')
    """
    parts = [part for part in map(collapsed, name.split(",")) if part]
    suffixes = [part for part in parts[1:] if _SUFFIX.fullmatch(part)]
    parts = [part for place, part in enumerate(parts) if not place or not _DEGREE.fullmatch(part) or len(parts) < 2]
    parts = [part for part in parts if part not in suffixes]
    if len(parts) > 2:
        return collapsed(name)
    return " ".join((*reversed(parts), *suffixes))


def people(names: Iterable[str]) -> tuple[str, ...]:
    """Return the persons and groups in a list with one name each: forename first, each once, without "et al.".

    >>> people(["Byron, Ada", ":", "Emmy Noether, PhD", "et al."])
    ('Ada Byron', 'Emmy Noether')
    """
    written = (forename_first(readable(name)) for name in names)
    return tuple(dict.fromkeys(name for name in map(_tidied, written) if is_name(name)))


def is_name(text: str) -> bool:
    """Return whether a text can be a name: it has letters, and is not "et al." or an address."""
    return any(map(str.isalpha, text)) and not _NO_PERSON.fullmatch(text) and "@" not in text


def names_in(text: str) -> tuple[str, ...]:
    """Return the names in a list written with semicolons, "and", commas, or as "Last, F., Last, F." pairs.

    Suffixes belong to the name before them; degrees, footnote signs and places of work are left out.

    >>> names_in("Byron, A., Noether, E.,")
    ('A. Byron', 'E. Noether')
    >>> names_in("Ada Byron, Jr., Emmy Noether, PhD and Sophie Germain, et al.")
    ('Ada Byron Jr.', 'Emmy Noether', 'Sophie Germain')
    """
    found = _MAIL.match(text)
    listed = found["in"] or found["before"] if found else text
    listed = _PLACES.sub("", _LABEL.sub("", readable(listed)))
    return tuple(name for name in dict.fromkeys(map(_tidied, _split(listed))) if is_name(name))


def _split(text: str) -> list[str]:
    if ";" in text:
        return [forename_first(_without_place(part)) for part in text.split(";") if part.strip()]
    joined = _AND.split(collapsed(text))
    if len(joined) > 1 and all(part.count(",") == 1 for part in joined):
        return list(map(forename_first, joined))
    parts = [_without_place(part) for piece in joined for part in split_outside_brackets(piece)]
    parts = _suffixed([part for part in parts if not _DEGREE.fullmatch(part)])
    return _paired(parts)


def _paired(parts: list[str]) -> list[str]:
    """Return names from the parts between commas: pairs of family and given name, or names as they are."""
    given = parts[1::2]
    if len(parts) < 2 or len(parts) % 2:
        return parts
    is_family_first = (
        all(part[0].islower() or (part[0].isupper() and " " not in part) for part in parts[::2]) and len(set(parts)) > 1
    )
    if all(map(_INITIALS.fullmatch, given)) or (is_family_first and all(part.count(" ") < 2 for part in given)):
        return [f"{first} {last}" for last, first in zip(parts[::2], given, strict=True)]
    return parts


def _suffixed(parts: list[str]) -> list[str]:
    names: list[str] = []
    for part in parts:
        if names and _SUFFIX.fullmatch(part) and len(part) > 1:
            names[-1] += f" {part}"
        else:
            names.append(part)
    return names


def _without_place(part: str) -> str:
    name = names_and_affiliations([part])[0][0]
    return "" if _PLACE.search(name) and len(name.split()) > 2 else name


def _tidied(name: str) -> str:
    """Return a name without degrees, titles of respect and signs of footnotes."""
    bare = _TITLE_OF_RESPECT.sub("", _FOOTNOTE.sub("", collapsed(name))).strip(" ,;:*")
    words = bare.split(" ")
    while len(words) > 2 and _DEGREE.fullmatch(words[-1]) and words[-1] not in ("MA", "MS", "Ma"):
        words.pop()
    return " ".join(words)
