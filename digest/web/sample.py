"""The sample issue of the first page: what the press makes of the newest papers for a reader of their main themes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.issues import Issue
from digest.profiles import Keyword, Profile
from digest.rendering import Addressee, IssueLinks, Press
from digest.runs.outlook import Outlook, Prospect

_NOBODY = Addressee(address="reader@example.com")
PAPERS = 4


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A sample issue and the keywords that it was made for."""

    keywords: tuple[str, ...]
    prospect: Prospect

    @property
    def is_empty(self) -> bool:
        return not self.prospect.picks

    def html(self, press: Press, now: datetime, sign_up: str) -> str:
        """Gives the issue as its reader would see it; its links lead to the sign-up page."""
        papers = {paper.number: paper for paper, _ in self.prospect.picks}
        issue = Issue(
            subscriber=0,
            issue_date=now.date(),
            created=now,
            message_id="sample",
            picks=tuple(pick for _, pick in self.prospect.picks),
            considered=self.prospect.considered,
        )
        links = IssueLinks(unsubscribe=sign_up, manage=sign_up, pause=sign_up, view=sign_up, vote=f"{sign_up}#")
        return press.issue(issue, papers, _NOBODY, links).html


class Showcase:
    """Keeps the sample issue until newer papers come."""

    def __init__(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self._made: tuple[tuple[int, int], Sample] | None = None

    def sample(self) -> Sample:
        """Gives the sample for the papers at hand."""
        version, made = self._outlook.version, self._made
        if made is None or made[0] != version:
            made = self._made = version, _sample(self._outlook)
        return made[1]


def _sample(outlook: Outlook) -> Sample:
    keywords = tuple(outlook.themes())
    profile = Profile(keywords=tuple(Keyword(term=term) for term in keywords), papers=PAPERS, minimum_match=1)
    prospect = outlook.prospect(profile) if keywords else Prospect()
    return Sample(keywords=keywords, prospect=prospect)
