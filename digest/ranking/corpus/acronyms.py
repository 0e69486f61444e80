"""Acronyms: short forms and what they stand for, mined from the papers themselves.

Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text" (2003): a short
form in parentheses is matched from its last letter to its first with the words before it.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from digest.ranking.corpus.spelling_variants import canonical
from digest.ranking.corpus.term_codes import stem, tokens

MINIMUM_SIGHTINGS = 5  #: definitions seen before an acronym is used
MINIMUM_SHARE = 0.7  #: share of them that must agree on the meaning

_SHORT = re.compile(r"\(([A-Z]{2,8})s?\)")
_WORD = re.compile(r"\S+")
_SENTENCE_END = re.compile(r"[.;:!?]\s")


def definitions(text: str) -> list[tuple[str, str]]:
    """Return the acronyms that a text defines: "language models (LM)" -> [("LM", "language models")]."""
    found = []
    for match in _SHORT.finditer(text):
        before = _SENTENCE_END.split(text[max(0, match.start() - 200) : match.start()])[-1]
        short = match.group(1)
        candidate = " ".join(_WORD.findall(before)[-min(len(short) + 5, 2 * len(short)) :])
        if long := _long_form(short, candidate):
            found.append((short, long))
    return found


def _long_form(short: str, candidate: str) -> str:
    """Return the shortest end of the candidate that holds the letters of the short form in order; empty without one."""
    place = len(candidate)
    for number, letter in enumerate(reversed(short.lower()), start=1):
        place -= 1
        while place >= 0 and not (
            candidate[place].lower() == letter and (number < len(short) or _begins_word(candidate, place))
        ):
            place -= 1
        if place < 0:
            return ""
    long = candidate[place:].strip()
    return long if len(long) > len(short) else ""


def _begins_word(text: str, place: int) -> bool:
    """Tell whether a word begins here; a word after a hyphen does not: "SSL" is "self-supervised learning"."""
    return place == 0 or not (text[place - 1].isalnum() or text[place - 1] in "-\u2010\u2011")


def _stems(term: str) -> str:
    return " ".join(stem(canonical(token)) for token in tokens(term))


@dataclass(frozen=True, kw_only=True)
class Acronyms:
    """How often each short form was defined as each long form; long forms that differ by inflection are one."""

    counts: Mapping[str, Mapping[str, int]] = field(
        default_factory=dict
    )  #: short -> stems of the long form -> sightings
    surfaces: Mapping[str, str] = field(default_factory=dict)  #: stems of a long form -> the words as first seen

    def with_texts(self, texts: Iterable[str]) -> Acronyms:
        """Return the collection with the definitions of further texts."""
        counts: dict[str, dict[str, int]] = defaultdict(dict, {s: dict(v) for s, v in self.counts.items()})
        surfaces = dict(self.surfaces)
        for text in texts:
            for short, long in definitions(text):
                stems = _stems(long)
                counts[short][stems] = counts[short].get(stems, 0) + 1
                surfaces.setdefault(stems, long.lower())
        return Acronyms(counts=dict(counts), surfaces=surfaces)

    @cached_property
    def meanings(self) -> Mapping[str, str]:
        """The usable acronyms: short form -> stems of the one long form that it nearly always has.

        A long form of one word ("autoregressive") only shows that the short form has another meaning.
        """
        usable = {}
        for short, longs in self.counts.items():
            stems, sightings = max(longs.items(), key=lambda item: (item[1], item[0]))
            if sightings >= MINIMUM_SIGHTINGS and sightings >= MINIMUM_SHARE * sum(longs.values()) and " " in stems:
                usable[short] = stems
        return usable

    @cached_property
    def _shorts(self) -> Mapping[str, str]:
        ranked = sorted(self.meanings.items(), key=lambda item: self.counts[item[0]][item[1]])
        return {stems: short for short, stems in ranked}

    def other_forms(self, term: str) -> tuple[str, ...]:
        """Return the other writing of a term: the long form of "LLM" or "LLMs", the short form of a known long one."""
        short = term.strip().removesuffix("s")
        if short in self.meanings:
            return (self.surfaces[self.meanings[short]],)
        if len(tokens(term)) < 2:
            return ()
        known = self._shorts.get(_stems(term))
        return (known,) if known else ()

    def dump(self) -> bytes:
        """Return the collection as bytes; `load` reads them back."""
        return zlib.compress(json.dumps([self.counts, self.surfaces]).encode())

    @classmethod
    def load(cls, data: bytes) -> Acronyms:
        """Return the collection that `dump` wrote."""
        counts, surfaces = json.loads(zlib.decompress(data))
        return cls(counts=counts, surfaces=surfaces)
