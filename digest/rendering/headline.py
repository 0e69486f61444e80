"""What an inbox and the head of an issue say about it."""

from __future__ import annotations

from collections.abc import Sequence

from digest.issues import Issue
from digest.rendering.dates import long_date, short_date
from digest.rendering.excerpts import shortened

WORDS_PER_MINUTE = 220
_LONGEST_TITLE = 76  # characters of the subject, so that it stays under 120
_LONGEST_PREHEADER = 150


def count(number: int, one: str, many: str = "") -> str:
    """Gives "1 paper", "3 papers", "12,345 papers"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def heading(issue: Issue) -> str:
    """Gives the heading of an issue: its date, or the week that it closes."""
    day = long_date(issue.issue_date)
    return f"Your week to {day}" if issue.weekly else day


def subject(issue: Issue, titles: Sequence[str]) -> str:
    """Gives a subject of at most 120 characters: the best title first, dated so that no two issues share one."""
    day = short_date(issue.issue_date)
    if not titles:
        return f"No new papers for you · {day}"
    others = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
    lead = "Your week: " if issue.weekly else "" if issue.picks else "Trending: "
    return f"{lead}{shortened(titles[0], _LONGEST_TITLE)}{others} · {day}"


def preheader(titles: Sequence[str], summary: str) -> str:
    """Gives what an inbox shows beside the subject: the next titles, else the summary."""
    return shortened(" · ".join(titles[1:4]) or summary, _LONGEST_PREHEADER)


def summary(issue: Issue, words: int) -> str:
    """Gives "8 picked from 197 new papers · 3 min read"."""
    shown = len(issue.picks) + len(issue.trending)
    minutes = f"{max(1, round(words / WORDS_PER_MINUTE))} min read"
    if not shown:
        return f"{count(issue.considered, 'new paper')}, none that matches"
    if not issue.picks:
        return f"{shown} trending among {count(issue.considered, 'new paper')} · {minutes}"
    return f"{len(issue.picks)} picked from {count(issue.considered, 'new paper')} · {minutes}"
