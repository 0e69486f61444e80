"""Text in which each line begins with a tag: the common frame of RIS, MEDLINE, Web of Science and EndNote exports."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from digest.papers import Listing, Problem, Sighting
from digest.sources.raw_listing import MOST_PROBLEMS, RawListing, collapsed


@dataclass(kw_only=True)
class TaggedRecord:
    """One record: under each tag its values, and each value as its lines."""

    line: int  #: where the record begins, counted from 1
    values: dict[str, list[list[str]]] = field(default_factory=dict)
    is_closed: bool = False  #: whether its end is marked

    def texts(self, *tags: str) -> list[str]:
        """Return the values under the first of the tags that has any, each on one line."""
        for tag in tags:
            if found := [text for lines in self.values.get(tag, ()) if (text := collapsed(" ".join(lines)))]:
                return found
        return []

    def text(self, *tags: str) -> str:
        """Return the first value under the first of the tags that has any; empty without one."""
        return next(iter(self.texts(*tags)), "")

    def lines(self, *tags: str) -> list[str]:
        """Return every line under the tags, in the order of the tags: for lists with a name on each line."""
        return [
            text for tag in tags for lines in self.values.get(tag, ()) for line in lines if (text := collapsed(line))
        ]


@dataclass(frozen=True, kw_only=True)
class TaggedText:
    """One such format: how its lines look and what its records mean."""

    name: str
    tag: re.Pattern[str]  #: a line with a tag: groups 1 (the tag) and 2 (the value, which may be missing)
    first: frozenset[str]  #: tags that begin a record
    last: frozenset[str]  #: tags that end one; empty where a record ends at the next one
    sighting: Callable[[TaggedRecord, int], Sighting]

    def read(self, raw_listing: RawListing) -> Listing:
        """Return the records that have a title; records without one, and those that break off, are reported."""
        sightings: list[Sighting] = []
        problems: list[Problem] = []
        records = self.records(raw_listing.text)
        for record in records:
            sighting = self.sighting(record, len(sightings) + 1)
            if sighting.title:
                sightings.append(sighting)
            else:
                problems.append(Problem(line=record.line, reason="a record without a title; left out"))
            if self.last and not record.is_closed:
                problems.append(Problem(line=record.line, reason="a record without an end; kept as far as it goes"))
        if not records:
            problems.append(Problem(line=None, reason="no record could be read"))
        return raw_listing.listing(self.name, sightings, shortened(problems))

    def records(self, text: str) -> list[TaggedRecord]:
        """Return the records of a text; lines outside them, such as numbers and headers, are left out."""
        records: list[TaggedRecord] = []
        record: TaggedRecord | None = None
        latest: list[str] = []
        for number, line in enumerate(re.split(r"\r\n|\n|\r", text.lstrip("\ufeff")), start=1):
            found = self.tag.match(line)
            if found and found[1] in self.first:
                record = TaggedRecord(line=number)
                records.append(record)
            if record is None:
                continue
            if found and found[1] in self.last:
                record.is_closed, record = True, None
            elif found:
                latest = [found[2] or ""]
                record.values.setdefault(found[1], []).append(latest)
            elif line.strip():
                latest.append(line)
        return records


def shortened(problems: list[Problem]) -> list[Problem]:
    """Return the first problems, and how many more there are."""
    if len(problems) <= MOST_PROBLEMS:
        return problems
    rest = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], Problem(line=None, reason=f"further problems of this kind: {rest:,}")]
