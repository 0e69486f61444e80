"""Issues made of real listing pages, for ten readers, keep every rule of the e-mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from digest.fetching.templates import load_templates
from digest.identity import new_paper
from digest.issues import Issue
from digest.papers import Paper
from digest.profiles import Keyword, Profile
from digest.ranking import CorpusStatistics, Ranking, RankingProfile, rank
from digest.rendering import MailRenderer
from digest.runs.issues.compose import Composer, masthead
from digest.settings import SenderSettings, Settings, WebSettings
from digest.signed_links import Keyring
from digest.sources import read_listing
from digest.subscribers import Subscription
from tests.gallery.rules import broken

PAGES = ("dense_197papers.txt", "spaced_2025-03-12_70papers.txt", "spaced_2025-09-15_51papers.txt")
NOW = datetime(2025, 9, 16, 6, 0, tzinfo=UTC)
SETTINGS = Settings(sender=SenderSettings(postal="1 Sample Street"), web=WebSettings(url="https://digest.example.org"))
INTERESTS = {
    "optimisation": ("learning rate", "optimizer", "hyperparameter"),
    "language": ("language model", "reasoning", "instruction tuning"),
    "vision": ("image", "detection", "segmentation", "diffusion"),
    "quantum": ("quantum", "spin", "entanglement"),
    "agents": ("agent", "planning", "tool use"),
    "robots": ("robot", "manipulation", "navigation"),
    "theory": ("convergence", "bound", "generalization"),
    "speech": ("speech", "audio", "music"),
    "medicine": ("medical", "clinical", "protein"),
    "everything": ("model", "learning", "data", "network", "training", "method"),
}


def _papers(page: Path) -> dict[int, Paper]:
    listing = read_listing(page.read_bytes(), origin=page.name, now=NOW)
    papers = [new_paper(sighting, source="page", now=NOW) for sighting in listing.sightings]
    return {place: replace(paper, number=place) for place, paper in enumerate(papers, 1)}


def _issue(ranked: Ranking) -> Issue:
    return Issue(
        subscriber=1,
        issue_date=date(2025, 9, 16),
        created=NOW,
        message_id="20250916.1@example.org",
        picks=ranked.picks,
        also=ranked.also,
        trending=ranked.trending,
        more=ranked.more,
        considered=ranked.considered,
    )


@pytest.fixture(scope="module")
def renderer() -> MailRenderer:
    return MailRenderer.load(load_templates(), masthead(SETTINGS.sender))


@pytest.mark.parametrize("page", PAGES)
def test_issues_of_a_real_page_keep_every_rule(page: str, captures: Path, renderer: MailRenderer) -> None:
    papers = _papers(captures / "listings" / "hf_page_text" / page)
    profiles = [
        Profile(keywords=tuple(Keyword(term=term) for term in terms), minimum_match=1, papers=50)
        for terms in INTERESTS.values()
    ]
    corpus = CorpusStatistics.empty().with_papers(list(papers.values()))
    rankings = rank(list(papers.values()), [RankingProfile(profile=profile) for profile in profiles], corpus)
    issues = {name: _issue(ranked) for name, ranked in zip(INTERESTS, rankings, strict=True) if ranked.picks}
    assert len(issues) >= 8
    subscription = Subscription(address="ada@example.com", name="Ada")
    composer = Composer(renderer=renderer, keyring=Keyring((b"k" * 32,)), settings=SETTINGS)
    for name, issue in issues.items():
        message = composer.message(issue, 1, subscription, papers)
        assert (name, broken(message.data, issue=True)) == (name, [])
