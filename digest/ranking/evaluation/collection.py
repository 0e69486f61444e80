"""Labelled collections: documents, profiles, and which documents suit which profile."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from digest.errors import UsageError
from digest.papers import Paper
from digest.profiles import Keyword, Profile

DOCUMENTS, PROFILES, GRADES = "docs.jsonl", "profiles.jsonl", "qrels.tsv"


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One profile of a collection."""

    id: str
    profile: Profile
    pool: frozenset[str] | None  #: the documents to rank; None: all
    grades: Mapping[str, float]  #: grade of each relevant document


@dataclass(frozen=True, kw_only=True)
class Collection:
    """A labelled collection; a document is a paper whose key is its id, numbered from 1."""

    papers: tuple[Paper, ...]
    topics: tuple[Topic, ...]  #: profiles with a relevant document


def read_collection(documents: bytes, profiles: bytes, grades: bytes) -> Collection:
    """Return the collection in the three files `docs.jsonl`, `profiles.jsonl` and `qrels.tsv`.

    A document: `{"id": "7", "title": "...", "abstract": "..."}`. A profile: `{"id": "q1", "keywords": [{"term":
    "graph", "weight": 2}], "pool": ["7"]}`. A grade: `q1<tab>7<tab>1`. Raise UsageError naming file and line.
    """
    papers = tuple(_paper(number, row) for number, row in enumerate(_rows(DOCUMENTS, documents, ("id",)), start=1))
    known = {paper.key for paper in papers}
    by_topic = _grades(grades, known)
    topics = [_topic(row, by_topic) for row in _rows(PROFILES, profiles, ("id", "keywords"))]
    return Collection(papers=papers, topics=tuple(topic for topic in topics if topic.grades))


def _rows(file: str, data: bytes, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(f"{file}, line {number}: not JSON: {error}") from error
        missing = [name for name in wanted if not isinstance(row, dict) or name not in row]
        if missing:
            raise UsageError(f"{file}, line {number}: {missing[0]} is missing")
        yield row


def _paper(number: int, row: Mapping[str, Any]) -> Paper:
    title, abstract = str(row.get("title") or ""), str(row.get("abstract") or "")
    return Paper(
        number=number,
        key=str(row["id"]),
        title=title,
        abstract=abstract,
        title_raw=title,
        abstract_raw=abstract,
        first_seen=datetime(2000, 1, 1, tzinfo=UTC),
    )


def _topic(row: Mapping[str, Any], grades: Mapping[str, Mapping[str, float]]) -> Topic:
    keywords = [Keyword(term=k["term"], weight=float(k.get("weight", 1))) for k in row["keywords"]]
    pool = row.get("pool")
    return Topic(
        id=str(row["id"]),
        profile=Profile(keywords=tuple(keywords)),
        pool=None if pool is None else frozenset(map(str, pool)),
        grades=grades.get(str(row["id"]), {}),
    )


def _grades(data: bytes, known: set[str]) -> dict[str, dict[str, float]]:
    grades: dict[str, dict[str, float]] = defaultdict(dict)
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            topic, document, grade = line.rstrip("\r").split("\t")
            value = float(grade)
        except ValueError as error:
            reason = "expected profile, document and grade, tab-separated"
            raise UsageError(f"{GRADES}, line {number}: {line[:60]!r}: {reason}") from error
        if document in known and value > 0:
            grades[topic][document] = value
    return grades


def tie_break(document: str) -> str:
    """Return what orders documents of equal score, so that ties help nobody."""
    return hashlib.md5(document.encode(), usedforsecurity=False).hexdigest()[:8]
