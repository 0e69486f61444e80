"""The links of the e-mails: each shows one page with one button, and its POST does one thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from digest.runs.lookup import paper_at
from digest.runs.subscriptions import lifecycle as runs
from digest.runs.subscriptions import votes
from digest.runs.subscriptions.past_issues import recipient, sent_issue
from digest.runs.subscriptions.votes import RequestedVote
from digest.signed_links import Purpose
from digest.web.forms import first
from digest.web.pages import Page
from digest.web.site import ContextDep, FormDep, RequestContext
from digest.web.views import PaperView, paper_view

PAUSES = (7, 14, 30)  #: days to choose from
REASONS = frozenset({"too-many", "off-topic", "not-asked", "elsewhere", "other"})
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class UnsubscribePage(Page):
    """unsubscribe.html"""

    template: ClassVar[str] = "unsubscribe.html"
    action: str


@dataclass(frozen=True, kw_only=True)
class UnsubscribedPage(Page):
    """unsubscribed.html"""

    template: ClassVar[str] = "unsubscribed.html"
    undo: str = ""  #: URL that undoes it; empty when there is nothing to undo
    reason_action: str = ""  #: URL that receives the reason
    thanked: bool = False  #: whether the reason was given


@dataclass(frozen=True, kw_only=True)
class ResubscribedPage(Page):
    """resubscribed.html"""

    template: ClassVar[str] = "resubscribed.html"


@dataclass(frozen=True, kw_only=True)
class VotePage(Page):
    """vote.html"""

    template: ClassVar[str] = "vote.html"
    up: bool
    title: str  #: of the paper; empty when its text is no longer stored
    state: str  #: ask, done or undone
    action: str


@dataclass(frozen=True, kw_only=True)
class PausePage(Page):
    """pause.html"""

    template: ClassVar[str] = "pause.html"
    action: str
    until: date | None = None  #: first day with issues again, while paused


@dataclass(frozen=True, kw_only=True)
class IssuePage(Page):
    """issue.html"""

    template: ClassVar[str] = "issue.html"
    day: date
    papers: tuple[PaperView, ...]


@router.get("/u/{token}")
def unsubscribe_page(context: ContextDep, token: str) -> Response:
    """Show the page with the unsubscribe button."""
    if not context.site.claim(token, Purpose.UNSUBSCRIBE):
        return context.gone()
    return context.show(UnsubscribePage(action=context.request.url.path))


@router.post("/u/{token}")
def leave(context: ContextDep, token: str, values: FormDep) -> Response:
    """Unsubscribe at once: from the button of the page, or by the one-click POST of RFC 8058.

    Neither needs a cookie. The response is 200 without a redirect, whether or not they were subscribed.
    """
    claim = context.site.claim(token, Purpose.UNSUBSCRIBE)
    if claim is None:
        return context.gone()
    one_click = "List-Unsubscribe" in values
    subscriber = recipient(context.site.store, claim.delivery)
    cause = "one-click unsubscribe" if one_click else "unsubscribe page"
    left = (
        runs.unsubscribe(context.site.store, subscriber, cause, context.now)
        if subscriber
        else runs.Unsubscribed(changed=False)
    )
    if one_click:
        return PlainTextResponse("You are unsubscribed.\n")
    undo, reason = (context.link(f"/undo/{left.undo}") if left.undo else ""), f"{context.request.url.path}/reason"
    return context.show(UnsubscribedPage(undo=undo, reason_action=reason), linkable=False)


@router.post("/u/{token}/reason")
def explain(context: ContextDep, token: str, values: FormDep) -> Response:
    """Record the reason for unsubscribing; it is counted without the person."""
    if not context.site.claim(token, Purpose.UNSUBSCRIBE):
        return context.gone()
    reason = first(values, "reason")
    if reason in REASONS:
        runs.record_unsubscribe_reason(context.site.store, reason, context.now)
    return context.show(UnsubscribedPage(thanked=reason in REASONS), linkable=False)


@router.post("/undo/{token}")
def undo(context: ContextDep, token: str) -> Response:
    """Undo an unsubscription."""
    if runs.undo_unsubscribe(context.site.store, token, context.now) is None:
        return context.gone()
    return context.show(ResubscribedPage(), linkable=False)


@router.get("/v/{token}/{paper}/{way}")
@router.get("/v/{token}")
def vote_page(context: ContextDep, token: str, paper: str = "", way: str = "") -> Response:
    """Show the paper and the vote button."""
    requested = _requested_vote(context, token, paper, way)
    return _vote_page(context, requested, "ask") if requested else context.gone()


@router.post("/v/{token}/{paper}/{way}")
@router.post("/v/{token}")
def vote(context: ContextDep, token: str, values: FormDep, paper: str = "", way: str = "") -> Response:
    """Store the vote, one per subscriber and paper, or withdraw it."""
    requested = _requested_vote(context, token, paper, way)
    if requested is None:
        return context.gone()
    undone = bool(first(values, "undo"))
    votes.apply_requested_vote(context.site.store, requested, context.now, undo=undone)
    return _vote_page(context, requested, "undone" if undone else "done")


def _requested_vote(context: RequestContext, token: str, paper: str, way: str) -> RequestedVote | None:
    """Return the vote that a link asks for. In older e-mails the token itself names paper and direction."""
    if way:
        claim = context.site.claim(token, Purpose.VOTE)
        return votes.requested_vote_of_issue(context.site.store, claim.delivery, paper, way) if claim else None
    claim = context.site.claim(token, Purpose.VOTE_UP, Purpose.VOTE_DOWN)
    return votes.requested_vote_of_claim(context.site.store, claim) if claim else None


@router.get("/p/{token}")
def pause_page(context: ContextDep, token: str) -> Response:
    """Show the choice of durations and the pause button."""
    if not context.site.claim(token, Purpose.PAUSE):
        return context.gone()
    return context.show(PausePage(action=context.request.url.path))


@router.post("/p/{token}")
def pause(context: ContextDep, token: str, values: FormDep) -> Response:
    """Pause for the chosen duration."""
    claim = context.site.claim(token, Purpose.PAUSE)
    if claim is None:
        return context.gone()
    days = int(first(values, "days")) if first(values, "days") in map(str, PAUSES) else PAUSES[1]
    until = context.now.date() + timedelta(days=days)
    subscriber = recipient(context.site.store, claim.delivery)
    if subscriber:
        runs.pause(context.site.store, subscriber, until, "pause link", context.now)
    return context.show(PausePage(action=context.request.url.path, until=until), linkable=False)


@router.get("/i/{token}")
def issue(context: ContextDep, token: str) -> Response:
    """Show the picks of an issue, and nothing about its subscriber."""
    claim = context.site.claim(token, Purpose.VIEW)
    found = sent_issue(context.site.store, claim.delivery) if claim else None
    if found is None:
        return context.gone()
    shown = tuple(paper_view(paper, pick, reasons=False) for paper, pick in found.picks)
    return context.show(IssuePage(day=found.day, papers=shown))


def _vote_page(context: RequestContext, requested: RequestedVote, state: str) -> Response:
    paper = paper_at(context.site.store, requested.paper)
    page = VotePage(
        up=requested.up,
        title=paper.title if paper else "",
        state=state,
        action=context.request.url.path,
    )
    return context.show(page, linkable=state == "ask")
