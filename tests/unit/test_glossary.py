"""One word for each idea: names are the field's terms or plain English, and a public type name occurs once."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THIS = Path(__file__).resolve()

# Synonyms and metaphors that names must not contain, with the word to use. Each is one part of a name in snake or camel
# case, and stands for its plural too.
BANNED_IN_NAMES = {
    "advise": "diagnose",
    "belonging": "my data",
    "book": "delivery ledger",
    "chore": "task",
    "courier": "relay client",
    "desk": "work queue, preview session",
    "errand": "outbox entry",
    "household": "task context",
    "judge": "rank",
    "judged": "ranked",
    "judgement": "ranking",
    "judging": "ranking",
    "mend": "fix",
    "mended": "fixed",
    "mending": "fix",
    "parcel": "outgoing message",
    "postman": "outbox worker",
    "postmen": "outbox workers",
    "prospect": "profile preview",
    "rejoin": "resubscribe",
    "shelf": "paper matrix",
    "shelves": "paper matrices",
    "shop": "worker context",
    "specimen": "sample mail",
    "spot": "hit span",
    "standing": "subscription state",
    "supplies": "message sources",
    "supply": "message source",
    "taste": "interest",
    "trial": "test message",
    "workshop": "worker context",
}

# The same for whole words that people read.
BANNED_IN_TEXTS = {
    "advice": "diagnosis",
    "book": "delivery ledger",
    "chore": "task",
    "courier": "relay client",
    "desk": "work queue, preview session",
    "errand": "outbox entry",
    "gathering": "deduplication",
    "household": "task context",
    "inert": "neutralised",
    "judgement": "ranking",
    "mend": "fix",
    "mended": "fixed",
    "mending": "fix",
    "octet": "byte",
    "parcel": "outgoing message",
    "postman": "outbox worker",
    "postmen": "outbox workers",
    "press": "click",
    "prospect": "profile preview",
    "rejoin": "resubscribe",
    "shelf": "paper matrix",
    "shelves": "paper matrices",
    "specimen": "sample mail",
    "supply": "message source",
    "wishes": "interests",
    "workshop": "worker context",
}

# Names that are not ours, with their origin.
FOREIGN_NAMES = {
    "BackgroundScheduler": "apscheduler",
    "TemporaryDirectory": "tempfile",
}

# Public type names that occur in two modules, with the reason.
SHARED_TYPE_NAMES: dict[str, str] = {}

# Sample papers are fiction, and their titles and abstracts may use any word.
FICTION = {ROOT / "templates" / "specimens" / "papers.toml", ROOT / "templates" / "samples" / "papers.toml"}

_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_WORD = re.compile(r"[A-Za-z]+")
_TEXT_KINDS = {".html", ".mjml", ".txt", ".js", ".css", ".po", ".toml", ".md"}


def parts(name: str) -> list[str]:
    """Return the words of a name in snake or camel case, in lower case."""
    return [part.lower() for part in _PART.findall(name)]


def names(path: Path) -> Iterator[tuple[int, str]]:
    """Return each name in a Python file, with its line."""
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type == tokenize.NAME and token.string not in FOREIGN_NAMES:
            yield token.start[0], token.string


def is_banned(word: str, banned: dict[str, str]) -> bool:
    return word in banned or (word.endswith("s") and word[:-1] in banned)


def code() -> list[Path]:
    found = [path for room in ("digest", "tests") for path in (ROOT / room).rglob("*.py") if path.resolve() != THIS]
    assert len(found) > 300
    return sorted(found)


def texts() -> list[Path]:
    rooms = [path for room in ("templates", "docs") for path in (ROOT / room).rglob("*") if path.suffix in _TEXT_KINDS]
    assert len(rooms) > 60
    return [ROOT / "README.md", *sorted(set(rooms) - FICTION)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("relay_client", ["relay", "client"]),
        ("_SHELVES", ["shelves"]),
        ("HTTPPostman2Desk", ["http", "postman", "desk"]),
        ("test_a_Parcel", ["test", "a", "parcel"]),
    ],
)
def test_a_name_is_split_at_underscores_and_capitals(name: str, expected: list[str]) -> None:
    assert parts(name) == expected


def test_no_name_in_the_code_has_a_banned_word() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in code()
        for line, name in names(path)
        if any(is_banned(part, BANNED_IN_NAMES) for part in parts(name))
    ]
    assert found == []


def test_no_module_is_named_with_a_banned_word() -> None:
    assert [path for path in code() if any(is_banned(part, BANNED_IN_NAMES) for part in parts(path.stem))] == []


def test_no_text_has_a_banned_word() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {word}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for word in _WORD.findall(line)
        if is_banned(word.lower(), BANNED_IN_TEXTS)
    ]
    assert found == []


def test_a_public_type_name_occurs_once() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "digest").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].add(path.relative_to(ROOT).as_posix())
    assert len(places) > 200
    assert {
        name: sorted(files) for name, files in places.items() if len(files) > 1 and name not in SHARED_TYPE_NAMES
    } == {}


def test_the_glossary_explains_each_word_once_and_none_that_is_banned() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = [
        word.strip()
        for row in re.findall(r"^\| (.+?) \|", page, re.MULTILINE)
        for word in row.split(",")
        if row not in ("word", "---")
    ]
    assert len(words) > 50
    assert len(words) == len(set(words))
    assert [
        word for word in words if any(is_banned(part, BANNED_IN_NAMES | BANNED_IN_TEXTS) for part in parts(word))
    ] == []
