from __future__ import annotations

from collections.abc import Collection

import pytest

from digest.issues import Issue, Pick
from digest.papers import Paper
from digest.runs.delivery import paper_cache
from digest.runs.delivery.paper_cache import PaperCache
from tests.unit.storage.samples import NOW, paper


def showing(*numbers: int) -> Issue:
    first, *others = (Pick(paper=number, match=50) for number in numbers)
    return Issue(
        subscriber=1, issue_date=NOW.date(), created=NOW, message_id="x", picks=(first,), trending=tuple(others)
    )


class StoredPapers:
    """The papers 1 to 9 behind a cache, with a record of what was fetched."""

    def __init__(self, *waiting: Issue) -> None:
        self.fetched: list[set[int]] = []
        self.cache = PaperCache(self._fetch, lambda: waiting)

    def numbers(self, *shown: int) -> set[int]:
        return {number for number, _ in self.cache.of(showing(*shown)).items()}

    def _fetch(self, numbers: Collection[int]) -> dict[int, Paper]:
        self.fetched.append(set(numbers))
        return {number: paper(number=number) for number in numbers if number < 10}


def test_with_a_missing_paper_come_those_of_all_issues_that_wait() -> None:
    stored_papers = StoredPapers(showing(2, 3), showing(3, 4))
    assert stored_papers.numbers(1, 2) == {1, 2, 3, 4}
    assert stored_papers.numbers(4, 3) == {1, 2, 3, 4}
    assert stored_papers.fetched == [{1, 2, 3, 4}]
    assert stored_papers.cache.of(showing(3))[3].number == 3


def test_what_is_known_is_not_fetched_again() -> None:
    stored_papers = StoredPapers()
    assert stored_papers.numbers(1) == {1}
    assert stored_papers.numbers(1, 2) == {1, 2}
    assert stored_papers.fetched == [{1}, {2}]


def test_a_paper_that_is_gone_is_asked_for_once() -> None:
    stored_papers = StoredPapers()
    assert stored_papers.numbers(1, 11) == {1}
    assert stored_papers.numbers(11) == {1}
    assert stored_papers.fetched == [{1, 11}]


def test_so_many_are_kept_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper_cache, "MOST_KEPT", 3)
    stored_papers = StoredPapers()
    assert stored_papers.numbers(1, 2, 3, 4) == {1, 2, 3, 4}
    assert stored_papers.numbers(5) == {5}
    assert stored_papers.numbers(1) == {1, 5}
