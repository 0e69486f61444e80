"""The sample issue of the home page, made from the newest papers for a reader of their main topics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.issues import Issue
from digest.profiles import Keyword, Profile
from digest.rendering import Addressee, IssueLinks, MailRenderer
from digest.runs.matching.live_preview import LivePreview, ProfilePreview

_NOBODY = Addressee(address="reader@example.com")
PAPERS = 4


@dataclass(frozen=True, kw_only=True)
class SampleIssue:
    """A sample issue and the keywords of its profile."""

    keywords: tuple[str, ...]
    profile_preview: ProfilePreview

    @property
    def is_empty(self) -> bool:
        return not self.profile_preview.picks

    def html(self, renderer: MailRenderer, now: datetime, sign_up: str) -> str:
        """Return the HTML of the issue; its links lead to the sign-up page."""
        papers = {paper.number: paper for paper, _ in self.profile_preview.picks}
        issue = Issue(
            subscriber=0,
            issue_date=now.date(),
            created=now,
            message_id="sample",
            picks=tuple(pick for _, pick in self.profile_preview.picks),
            considered=self.profile_preview.considered,
        )
        links = IssueLinks(unsubscribe=sign_up, manage=sign_up, pause=sign_up, view=sign_up, vote=f"{sign_up}#")
        return renderer.issue(issue, papers, _NOBODY, links).html


class SampleIssueCache:
    """Keeps the sample issue until newer papers arrive."""

    def __init__(self, live_preview: LivePreview) -> None:
        self._live_preview = live_preview
        self._made: tuple[tuple[int, int], SampleIssue] | None = None

    def sample(self) -> SampleIssue:
        """Return the sample issue for the stored papers."""
        version, made = self._live_preview.version, self._made
        if made is None or made[0] != version:
            made = self._made = version, _sample(self._live_preview)
        return made[1]


def _sample(live_preview: LivePreview) -> SampleIssue:
    keywords = tuple(live_preview.themes())
    profile = Profile(keywords=tuple(Keyword(term=term) for term in keywords), papers=PAPERS, minimum_match=1)
    profile_preview = live_preview.profile_preview(profile) if keywords else ProfilePreview()
    return SampleIssue(keywords=keywords, profile_preview=profile_preview)
