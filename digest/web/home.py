"""The home page with its sample issue, and the archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from digest.runs.lookup import search_papers
from digest.web.guard import MAIL_POLICY
from digest.web.pages import Page
from digest.web.site import ContextDep
from digest.web.views import PaperView, paper_view

PAGE_SIZE = 20
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class HomePage(Page):
    """home.html"""

    template: ClassVar[str] = "home.html"
    sample: bool  #: whether there are papers for a sample issue
    keywords: tuple[str, ...]  #: of the profile that the sample issue is made for


@dataclass(frozen=True, kw_only=True)
class ArchivePage(Page):
    """archive.html"""

    template: ClassVar[str] = "archive.html"
    query: str
    papers: tuple[PaperView, ...]
    total: int
    newer: int | None  #: number of the page before; None on the first
    older: int | None  #: number of the page after; None on the last


@router.get("/")
def home(context: ContextDep) -> Response:
    """Show the home page."""
    example = context.site.sample_issues.sample()
    return context.show(HomePage(sample=not example.is_empty, keywords=example.keywords))


@router.get("/sample")
def sample_issue(context: ContextDep) -> Response:
    """Show a sample issue, for the frame on the home page."""
    sign_up = str(context.request.base_url) + "subscribe"
    html = context.site.sample_issues.sample().html(context.site.renderer, context.now, sign_up)
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


@router.get("/archive")
def archived(context: ContextDep, q: str = "", page: int = 1) -> Response:
    """Show the papers of the archive: the newest first, or for a search the most relevant first."""
    query, number = q.strip()[:200], min(max(page, 1), 1000)
    found = search_papers(context.site.store, query, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    return context.show(
        ArchivePage(
            query=query,
            papers=tuple(paper_view(paper) for paper in found.papers),
            total=found.total,
            newer=number - 1 if number > 1 else None,
            older=number + 1 if number * PAGE_SIZE < found.total else None,
        )
    )
