"""Issues: the digest of one subscriber for one date, decided once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

APART = " … "  #: between words of a keyword that a paper has in different places


class ReasonKind(StrEnum):
    """The origin of a contribution to the match."""

    KEYWORD = "keyword"
    ACRONYM = "acronym"  #: a keyword matched by its short or long form
    AUTHOR = "author"
    CATEGORY = "category"
    LIKED = "liked"  #: more of it because of votes up
    DISLIKED = "disliked"  #: less of it because of votes down; the contribution is negative
    SEMANTIC = "semantic"  #: similar in meaning, by embeddings


_OF_SEVERAL_WORDS = (ReasonKind.LIKED, ReasonKind.DISLIKED, ReasonKind.SEMANTIC)  # `matched` is only one of them


class Reason(NamedTuple):
    """One contribution to a match. The contributions of a pick add up to its match.

    A tuple, because planning makes millions of them and each message dozens.
    """

    term: str  #: the keyword, name or category as the subscriber wrote it; a word from a voted paper
    kind: ReasonKind
    field: str  #: "title", "abstract", "authors" or "categories": where it was found (strongest field)
    contribution: float  #: points of the match
    start: int = -1  #: offset of the first hit in the cleaned text of the field, in characters; -1 without one
    end: int = -1
    matched: str = ""  #: the matched words as written there
    words: str = (
        ""  #: all words of the term that the paper has, "…" between distant ones; empty if `matched` has them all
    )
    share: float = 1.0  #: share of the term's weight that these words carry, above 0 to 1

    def contributing(self, contribution: float) -> Reason:
        """Return the same reason with another contribution."""
        return self._replace(contribution=contribution)

    @property
    def shown_text(self) -> str:
        """The words of the paper that matched ("code … generation"), or else the term."""
        return self.term if self.kind in _OF_SEVERAL_WORDS else self.words or self.matched or self.term

    @property
    def is_whole(self) -> bool:
        """Whether the paper has all of the term in one place, so that a reader can be told that it is about that."""
        return self.share >= 1 and APART not in self.words


class Pick(NamedTuple):
    """A paper chosen for an issue. A tuple, like its reasons and for the same cause."""

    paper: int  #: the paper's sequence number
    match: int | None  #: 0 to 100; None for a trending pick
    interest: str = ""  #: the strongest keyword, if the match is substantial; sections group by it; may be empty
    trending: str = ""  #: why it trends ("42 votes, 12 since yesterday"); empty for a matched pick
    reasons: tuple[Reason, ...] = ()  #: strongest first


class LeftOut(StrEnum):
    """Why a considered paper is not in the issue."""

    NO_MATCH = "no keyword matched"
    SCATTERED = "only parts of keywords, apart from each other"
    BELOW_MINIMUM = "below the minimum match"
    EXCLUDED = "excluded by a term"
    BEYOND_LENGTH = "beyond the length"
    NEAR_IDENTICAL = "nearly identical to a stronger pick"
    ALREADY_CONSIDERED = "already considered for an earlier issue"


class SkipReason(StrEnum):
    """Why a due subscriber gets no issue."""

    NO_NEW_PAPERS = "no new papers"
    NOTHING_WORTH_SENDING = "nothing above the minimum match"
    SUPPRESSED = "the address is suppressed"


@dataclass(frozen=True, kw_only=True)
class Issue:
    """The digest of one subscriber for one date: all data of the message, with papers by number."""

    subscriber: int
    issue_date: date  #: the date in the time zone of the subscriber
    created: datetime  #: the Date of the message; aware, UTC
    message_id: str  #: without angle brackets, the same at every retry
    picks: tuple[Pick, ...] = ()  #: best first
    also: tuple[Pick, ...] = ()  #: further matches, shown in one line each
    trending: tuple[Pick, ...] = ()
    more: int = 0  #: further papers above the minimum that are not shown
    considered: int = 0  #: papers that were new to the subscriber
    weekly: bool = False

    @property
    def shown(self) -> tuple[Pick, ...]:
        """All picks in display order."""
        return self.picks + self.also + self.trending
