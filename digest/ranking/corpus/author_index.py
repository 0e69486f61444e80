"""Authors and categories: which papers have an author or a category that a profile follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

from digest.papers import Paper
from digest.ranking.corpus.term_codes import tokens

Name = tuple[str, ...]


def name_parts(name: str) -> Name:
    """Return given names and family name, folded: "Hutter, Frank" and "Frank Hutter" -> ("frank", "hutter")."""
    family, comma, given = name.partition(",")
    return tuple(tokens(f"{given} {family}" if comma else name))


def same_person(wanted: Name, found: Name) -> bool:
    """Return whether two names can be one person's: same family name, first given name equal or its initial."""
    if not wanted or not found or wanted[-1] != found[-1]:
        return False
    if len(wanted) == 1 or len(found) == 1:
        return len(wanted) == 1
    one, other = wanted[0], found[0]
    return one == other or (min(len(one), len(other)) == 1 and one[0] == other[0])


def in_category(wanted: str, categories: Iterable[str]) -> str:
    """Return the first category that is the wanted one or belongs to it ("cs" has "cs.CL"); empty without one."""
    folded = wanted.strip().lower()
    return next((c for c in categories if c.lower() == folded or c.lower().startswith(f"{folded}.")), "")


class AuthorIndex:
    """Authors and categories of a set of papers, for look-up."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._papers = papers

    @cached_property
    def _families(self) -> dict[str, list[tuple[int, Name]]]:
        families = defaultdict(list)
        for place, paper in enumerate(self._papers):
            for author in paper.authors:
                if parts := name_parts(author):
                    families[parts[-1]].append((place, parts))
        return families

    @cached_property
    def _categories(self) -> dict[str, list[int]]:
        listed = defaultdict(list)
        for place, paper in enumerate(self._papers):
            for category in {part for c in paper.categories for part in _with_parents(c.lower())}:
                listed[category].append(place)
        return listed

    def by_author(self, name: str) -> list[int]:
        """Return the places of the papers that the named person wrote, ascending."""
        wanted = name_parts(name)
        known = self._families.get(wanted[-1], []) if wanted else []
        return sorted({place for place, parts in known if same_person(wanted, parts)})

    def by_category(self, category: str) -> list[int]:
        """Return the places of the papers in that category, ascending."""
        return self._categories.get(category.strip().lower(), [])


def _with_parents(category: str) -> list[str]:
    parts = category.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]
