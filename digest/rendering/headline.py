"""Subject, preheader, heading and summary of an issue."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from digest.issues import Issue
from digest.rendering.excerpts import shortened
from digest.rendering.wording import ENGLISH, Wording

WORDS_PER_MINUTE = 220
_LONGEST_TITLE = 76  # characters of the subject, so that it stays under 120
_LONGEST_PREHEADER = 150


def count(number: int, one: str, many: str = "") -> str:
    """Return "1 paper", "3 papers", "12,345 papers"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def heading(issue: Issue, wording: Wording = ENGLISH) -> str:
    """Return the heading of an issue: its date, or the end of its week."""
    day = wording.long_date(issue.issue_date)
    return wording.gettext("Week to %(day)s", day=day) if issue.weekly else day


def subject(issue: Issue, titles: Sequence[str], wording: Wording = ENGLISH) -> str:
    """Return a subject of at most 120 characters: the best title, and the date so that each subject is unique."""
    day = wording.short_date(issue.issue_date)
    if not titles:
        return wording.gettext("No new matches · %(day)s", day=day)
    first, others = shortened(titles[0], _LONGEST_TITLE), len(titles) - 1
    if others:
        first = wording.ngettext("%(title)s and %(num)s more", "%(title)s and %(num)s more", others, title=first)
    lead = wording.gettext("This week:") if issue.weekly else "" if issue.picks else wording.gettext("Trending:")
    return f"{lead} {first} · {day}".strip()


def preheader(titles: Sequence[str], summary: str) -> str:
    """Return the text that an inbox shows next to the subject: the next titles, or else the summary."""
    return shortened(" · ".join(titles[1:4]) or summary, _LONGEST_PREHEADER)


def summary(issue: Issue, words: int, wording: Wording = ENGLISH) -> str:
    """Return "8 picked from 197 new papers · 3 min read"."""
    picked, trending = len(issue.picks), len(issue.trending)
    return _summary(wording, issue.considered, picked, trending, max(1, round(words / WORDS_PER_MINUTE)))


@lru_cache(maxsize=4096)  # many readers have the same figures
def _summary(wording: Wording, considered: int, picked: int, trending: int, minutes: int) -> str:
    scanned = wording.ngettext("%(num)s new paper", "%(num)s new papers", considered)
    if not picked + trending:
        return wording.gettext("No match among %(papers)s", papers=scanned)
    if picked:
        found = wording.gettext("%(count)s picked from %(papers)s", count=picked, papers=scanned)
    else:
        found = wording.gettext("%(count)s trending among %(papers)s", count=trending, papers=scanned)
    return f"{found} · " + wording.gettext("%(minutes)s min read", minutes=minutes)
