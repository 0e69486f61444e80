"""Views: papers, picks and keyword diagnoses as the templates show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from digest.issues import Pick
from digest.papers import Paper
from digest.profiles import Profile
from digest.rendering.key_sentences import LONGEST_EXCERPT, key_sentences
from digest.rendering.paper_details import comment_line, names_with_affiliations, venue_line
from digest.rendering.paper_links import paper_links
from digest.rendering.reasons import reasons_to_show
from digest.runs.matching.live_preview import LivePreview, ProfilePreview

AUTHORS_SHOWN = 4


@dataclass(frozen=True, kw_only=True)
class ReasonView:
    """One reason of a pick, as a page names it."""

    words: str  #: the part of the term that the paper contains
    partial: bool  #: whether this is only a part of the term
    points: float


@dataclass(frozen=True, kw_only=True)
class PaperView:
    """One paper on a page."""

    number: int
    title: str
    read: str  #: URL of the paper, or of a search for its title
    authors: str  #: the first few, and "et al."; may be empty
    excerpt: str  #: the key sentences of the abstract; may be empty
    abstract: str  #: in full; empty where the excerpt has it all
    where: str = ""  #: categories or journal, comment, date and version
    code: str = ""  #: URL; may be empty, like `project`
    project: str = ""
    match: int | None = None
    reasons: tuple[ReasonView, ...] = ()
    note: str = ""  #: why it trends; may be empty


@dataclass(frozen=True, kw_only=True)
class PreviewView:
    """What a profile would have picked, with the diagnoses of its keywords."""

    papers: tuple[PaperView, ...]
    considered: int
    more: int
    diagnoses: tuple[KeywordDiagnosisView, ...] = ()


@dataclass(frozen=True, kw_only=True)
class KeywordDiagnosisView:
    """A keyword that matches nearly everything, or nothing."""

    term: str
    everything: bool
    share: int  #: percent of the papers that have it
    instead: tuple[str, ...] = ()  #: terms that might do better


def paper_view(paper: Paper, pick: Pick | None = None, *, reasons: bool = True) -> PaperView:
    """Return the view of a paper; with its match and, if wanted, its reasons when it was picked."""
    excerpt, links = key_sentences(paper.abstract, LONGEST_EXCERPT).text, paper_links(paper)
    return PaperView(
        number=paper.number,
        title=paper.title,
        read=links.read,
        code=links.code,
        project=links.project,
        authors=_authors(paper),
        excerpt=excerpt,
        abstract="" if excerpt == paper.abstract else paper.abstract,
        where=_where(paper),
        match=pick.match if pick else None,
        note=pick.trending if pick else "",
        reasons=_reasons(pick) if pick and reasons else (),
    )


def preview_view(profile_preview: ProfilePreview, diagnoses: Iterable[KeywordDiagnosisView] = ()) -> PreviewView:
    """Return the view of what a profile would have picked."""
    return PreviewView(
        papers=tuple(paper_view(paper, pick) for paper, pick in profile_preview.picks),
        considered=profile_preview.considered,
        more=profile_preview.more,
        diagnoses=tuple(diagnoses),
    )


def diagnosis_views(live_preview: LivePreview, profile: Profile) -> tuple[KeywordDiagnosisView, ...]:
    """Return the views of the diagnoses of a profile's keywords."""
    return tuple(
        KeywordDiagnosisView(term=a.term, everything=a.everything, share=a.share, instead=a.instead)
        for a in live_preview.diagnoses(profile)
    )


def _authors(paper: Paper) -> str:
    """Return the first authors of a paper in one line, with affiliations where known."""
    if len(paper.authors) <= AUTHORS_SHOWN:
        return names_with_affiliations(paper.authors, paper.affiliations)
    return names_with_affiliations(paper.authors[: AUTHORS_SHOWN - 1], paper.affiliations) + " et al."


def _where(paper: Paper) -> str:
    version = f"v{paper.arxiv_version}" if (paper.arxiv_version or 0) > 1 else ""
    parts = [venue_line(paper), comment_line(paper.comment), f"{paper.published or paper.first_seen:%Y-%m-%d}", version]
    return " · ".join(part for part in parts if part)


def _reasons(pick: Pick) -> tuple[ReasonView, ...]:
    """Return at most five reasons, strongest first; equal words are merged and their points added."""
    points: dict[tuple[str, bool], float] = {}
    for reason in reasons_to_show(pick.reasons):
        name = (reason.term, True) if reason.share < 1 else (reason.shown_text, False)
        points[name] = points.get(name, 0.0) + reason.contribution
    ordered = sorted(points.items(), key=lambda item: -abs(item[1]))
    named = (ReasonView(words=words, partial=part, points=p) for (words, part), p in ordered[:5] if abs(p) >= 0.5)
    return tuple(named)
