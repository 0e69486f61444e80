"""Past issues are measured by what their readers voted."""

from __future__ import annotations

from datetime import UTC, date, datetime

from digest.issues import Issue, Pick
from digest.runs.matching.evaluate import evaluate_history, history_of
from digest.storage import Store


def issue(*matches: tuple[int, int]) -> Issue:
    picks = tuple(Pick(paper=paper, match=match) for paper, match in matches)
    now = datetime(2026, 3, 12, 6, tzinfo=UTC)
    return Issue(subscriber=1, issue_date=date(2026, 3, 12), created=now, message_id="m@example.org", picks=picks)


def test_votes_count_in_the_band_of_the_match_they_fell_on() -> None:
    report = history_of([(issue((1, 95), (2, 60), (3, 35)), {1: 1, 2: -1, 3: 1, 99: 1})])
    assert [(band.lowest, band.up, band.down) for band in report.bands] == [
        (0, 0, 0),
        (20, 1, 0),
        (40, 0, 0),
        (60, 0, 1),
        (80, 1, 0),
    ]
    assert report.as_dict()["up"] == 2


def test_an_issue_does_well_when_what_was_liked_stood_first() -> None:
    first = history_of([(issue((1, 90), (2, 50)), {1: 1})])
    last = history_of([(issue((1, 90), (2, 50)), {2: 1})])
    assert first.measures.reciprocal_rank == 1.0
    assert last.measures.reciprocal_rank == 0.5
    assert first.measures.ndcg > last.measures.ndcg


def test_an_issue_with_votes_down_alone_counts_in_the_bands_only() -> None:
    report = history_of([(issue((1, 90)), {1: -1})])
    assert (report.issues, report.measures.profiles, report.bands[-1].down) == (1, 0, 1)


def test_a_store_without_votes_has_no_history(store: Store) -> None:
    assert evaluate_history(store).issues == 0
