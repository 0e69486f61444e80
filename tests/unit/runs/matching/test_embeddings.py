"""The semantic extra in the runs: vectors are made once a paper, by whatever reads listings, and used by planning."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digest.issues import ReasonKind
from digest.periodic_tasks import TaskContext, read_sources
from digest.ranking.corpus.term_codes import tokens
from digest.ranking.matching.embeddings import Vectors
from digest.runs.issues.plan import plan
from digest.runs.matching import embeddings
from digest.runs.matching.embeddings import embed_new
from digest.runs.matching.live_preview import LivePreview
from digest.settings import IssueSettings
from digest.storage import Store
from digest.storage.delivery import deliveries
from digest.storage.papers import listings, papers
from tests.unit.runs.samples import DUE, GRAPHS, MONDAY, SETTINGS, TUNING, ingested, profile, subscribed
from tests.unit.storage.samples import listing

WITH_MEANING = SETTINGS.model_copy(update={"issue": IssueSettings(semantic=True)})


class Chemist:
    """An encoder that knows only whether a text is about chemistry."""

    def __init__(self, name: str) -> None:
        self.name, self.asked = name, list[str]()

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        about = [float(bool({"molecules", "chemistry"} & set(tokens(text)))) for text in texts]
        return np.array([[share, 1 - share] for share in about], dtype=np.float32)


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> Chemist:
    made = Chemist("chemist")
    monkeypatch.setattr(embeddings, "load_encoder", lambda _model: made)
    return made


def test_a_paper_is_embedded_once(store: Store, encoder: Chemist) -> None:
    ingested(store, [TUNING, GRAPHS])
    assert embed_new(store, WITH_MEANING.issue, DUE) == 2
    asked = len(encoder.asked)
    assert embed_new(store, WITH_MEANING.issue, DUE) == 0
    assert len(encoder.asked) == asked


def test_vectors_of_another_model_are_not_compared_with(store: Store, encoder: Chemist) -> None:
    ingested(store, [GRAPHS])
    embed_new(store, WITH_MEANING.issue, DUE)
    encoder.name = "alchemist"
    assert embed_new(store, WITH_MEANING.issue, DUE) == 1


def test_the_extra_is_off_by_default(store: Store, encoder: Chemist) -> None:
    ingested(store, [GRAPHS])
    assert embed_new(store, SETTINGS.issue, DUE) == 0
    assert encoder.asked == []


def test_a_planned_issue_has_a_paper_that_is_near_in_meaning_and_says_so(store: Store, encoder: Chemist) -> None:
    ingested(store, [TUNING, GRAPHS])
    reader = subscribed(store, "ada", profile("chemistry"))
    embed_new(store, WITH_MEANING.issue, MONDAY)
    plan(store, WITH_MEANING, DUE)
    with store.reading() as tx:
        [row] = deliveries.of_subscriber(tx, reader.number, limit=1)
    assert row.issue is not None
    [pick] = row.issue.picks
    assert [reason.kind for reason in pick.reasons] == [ReasonKind.SEMANTIC]


def test_the_live_preview_and_the_issue_pick_the_same_papers_with_the_same_match(
    store: Store, encoder: Chemist
) -> None:
    """Fails where the preview ranks by a path of its own, without the vectors."""
    ingested(store, [TUNING, GRAPHS])
    reader = subscribed(store, "ada", profile("chemistry", "learning rate"))
    embed_new(store, WITH_MEANING.issue, MONDAY)
    plan(store, WITH_MEANING, DUE)
    with store.reading() as tx:
        [row] = deliveries.of_subscriber(tx, reader.number, limit=1)
    assert row.issue is not None
    previewed = LivePreview(store, WITH_MEANING.issue).profile_preview(reader.profile)
    assert len(previewed.picks) == 2
    assert [pick for _, pick in previewed.picks] == list(row.issue.picks)


def test_the_live_preview_shows_a_paper_as_it_was_changed_by_a_later_listing(store: Store) -> None:
    [added] = ingested(store, [GRAPHS])
    live_preview = LivePreview(store, SETTINGS.issue)
    assert live_preview.profile_preview(profile("molecules")).picks[0][0].title == GRAPHS
    with store.ingesting(5) as tx:
        papers.change(tx, [replace(added, title="Molecules, revised")])
        listings.add(tx, listing())
    assert live_preview.profile_preview(profile("molecules")).picks[0][0].title == "Molecules, revised"


def test_the_daemon_embeds_what_it_reads(store: Store, encoder: Chemist, tmp_path: Path) -> None:
    ingested(store, [GRAPHS])
    read_sources(task_context(store, tmp_path), MONDAY)
    assert embed_new(store, WITH_MEANING.issue, MONDAY) == 0
    assert encoder.asked


def task_context(store: Store, folder: Path) -> TaskContext:
    """The context of the periodic tasks, as far as reading sources needs it."""
    return TaskContext(
        store=store,
        settings=WITH_MEANING,
        composer=lambda _now: pytest.fail("nothing is sent here"),
        folder=folder,
        profile_files=dict,
        stop=threading.Event(),
    )
