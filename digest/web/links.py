"""The links of the mails: each shows one page with one button, and its post does one thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from digest.issues import Pick
from digest.runs.subscriptions import lifecycle as runs
from digest.runs.subscriptions import votes
from digest.signed_links import LinkClaim, Purpose
from digest.storage.delivery import deliveries
from digest.storage.delivery.deliveries import Delivery
from digest.storage.papers import papers
from digest.web.forms import first
from digest.web.pages import Page
from digest.web.site import ContextDep, FormDep, RequestContext
from digest.web.views import PaperView, paper_view

PAUSES = (7, 14, 30)  #: days that the page offers
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
    undo: str = ""  #: address that takes it back; empty when there is nothing to take back
    reason_action: str = ""  #: address that takes the reason
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
    title: str  #: of the paper; empty when its text is no longer kept
    state: str  #: ask, done or undone
    action: str


@dataclass(frozen=True, kw_only=True)
class PausePage(Page):
    """pause.html"""

    template: ClassVar[str] = "pause.html"
    action: str
    until: date | None = None  #: first day with issues again, once paused


@dataclass(frozen=True, kw_only=True)
class IssuePage(Page):
    """issue.html"""

    template: ClassVar[str] = "issue.html"
    day: date
    papers: tuple[PaperView, ...]


@router.get("/u/{token}")
def ask_to_leave(context: ContextDep, token: str) -> Response:
    """Show the button."""
    if not context.site.claim(token, Purpose.UNSUBSCRIBE):
        return context.gone()
    return context.show(UnsubscribePage(action=context.request.url.path))


@router.post("/u/{token}")
def leave(context: ContextDep, token: str, values: FormDep) -> Response:
    """Unsubscribe at once: the page's button, and the one click of RFC 8058, which any body and no cookie will do for.

    The answer is 200 whether or not the person had left before, and without a redirect.
    """
    claim = context.site.claim(token, Purpose.UNSUBSCRIBE)
    if claim is None:
        return context.gone()
    one_click = "List-Unsubscribe" in values
    subscriber = _subscriber(context, claim)
    cause = "one-click unsubscribe" if one_click else "unsubscribe page"
    left = (
        runs.unsubscribe(context.site.store, subscriber, cause, context.now)
        if subscriber
        else runs.Unsubscribed(changed=False)
    )
    if one_click:
        return PlainTextResponse("You are unsubscribed.\n")
    undo, reason = (f"/undo/{left.undo}" if left.undo else ""), f"{context.request.url.path}/reason"
    return context.show(UnsubscribedPage(undo=undo, reason_action=reason), linkable=False)


@router.post("/u/{token}/reason")
def explain(context: ContextDep, token: str, values: FormDep) -> Response:
    """Take the reason for leaving; it is counted without the person."""
    if not context.site.claim(token, Purpose.UNSUBSCRIBE):
        return context.gone()
    reason = first(values, "reason")
    if reason in REASONS:
        runs.record_unsubscribe_reason(context.site.store, reason, context.now)
    return context.show(UnsubscribedPage(thanked=reason in REASONS), linkable=False)


@router.post("/undo/{token}")
def undo(context: ContextDep, token: str) -> Response:
    """Take an unsubscribing back."""
    if runs.undo_unsubscribe(context.site.store, token, context.now) is None:
        return context.gone()
    return context.show(ResubscribedPage(), linkable=False)


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """What a link to vote asks for."""

    subscriber: int | None  #: None once they were erased
    paper: int
    up: bool


@router.get("/v/{token}/{paper}/{way}")
@router.get("/v/{token}")
def ask_to_vote(context: ContextDep, token: str, paper: str = "", way: str = "") -> Response:
    """Show the paper and the button."""
    ballot = _ballot(context, token, paper, way)
    return _vote_page(context, ballot, "ask") if ballot else context.gone()


@router.post("/v/{token}/{paper}/{way}")
@router.post("/v/{token}")
def vote(context: ContextDep, token: str, values: FormDep, paper: str = "", way: str = "") -> Response:
    """Store the vote, once for this subscriber and paper, or takes it back."""
    ballot = _ballot(context, token, paper, way)
    if ballot is None:
        return context.gone()
    undone = bool(first(values, "undo"))
    if ballot.subscriber and undone:
        votes.withdraw(context.site.store, ballot.subscriber, ballot.paper)
    elif ballot.subscriber:
        votes.vote(context.site.store, ballot.subscriber, ballot.paper, 1 if ballot.up else -1, now=context.now)
    return _vote_page(context, ballot, "undone" if undone else "done")


def _ballot(context: RequestContext, token: str, paper: str, way: str) -> Ballot | None:
    """Return what a link to vote asks for: on a paper that its issue shows, whatever else the address may say.

    In older mails each link has a token of its own, which says paper and way.
    """
    if not way:
        claim = context.site.claim(token, Purpose.VOTE_UP, Purpose.VOTE_DOWN)
        up = claim is not None and claim.purpose is Purpose.VOTE_UP
        return Ballot(subscriber=_subscriber(context, claim), paper=claim.paper, up=up) if claim else None
    claim = context.site.claim(token, Purpose.VOTE)
    found = _delivery(context, claim) if claim else None
    if found is None or way not in ("up", "down"):
        return None
    if found.issue is None:  # erased with its reader; their old links answer as before, and store nothing
        return Ballot(subscriber=None, paper=0, up=way == "up")
    shown = {str(pick.paper): pick.paper for pick in _shown(found)}
    return Ballot(subscriber=found.subscriber, paper=shown[paper], up=way == "up") if paper in shown else None


@router.get("/p/{token}")
def ask_to_pause(context: ContextDep, token: str) -> Response:
    """Show for how long, and the button."""
    if not context.site.claim(token, Purpose.PAUSE):
        return context.gone()
    return context.show(PausePage(action=context.request.url.path))


@router.post("/p/{token}")
def pause(context: ContextDep, token: str, values: FormDep) -> Response:
    """Pause for the chosen time."""
    claim = context.site.claim(token, Purpose.PAUSE)
    if claim is None:
        return context.gone()
    days = int(first(values, "days")) if first(values, "days") in map(str, PAUSES) else PAUSES[1]
    until = context.now.date() + timedelta(days=days)
    subscriber = _subscriber(context, claim)
    if subscriber:
        runs.pause(context.site.store, subscriber, until, "pause link", context.now)
    return context.show(PausePage(action=context.request.url.path, until=until), linkable=False)


@router.get("/i/{token}")
def issue(context: ContextDep, token: str) -> Response:
    """Show the picks of an issue, and nothing of whom they were picked for."""
    claim = context.site.claim(token, Purpose.VIEW)
    found = _delivery(context, claim) if claim else None
    if found is None:
        return context.gone()
    return context.show(IssuePage(day=found.issue_date, papers=_picked(context, found)))


def _picked(context: RequestContext, delivery: Delivery) -> tuple[PaperView, ...]:
    picks = _shown(delivery)
    with context.site.store.reading() as tx:
        known = papers.by_numbers(tx, [pick.paper for pick in picks])
    return tuple(paper_view(known[pick.paper], pick, reasons=False) for pick in picks if pick.paper in known)


def _shown(delivery: Delivery) -> tuple[Pick, ...]:
    issue = delivery.issue
    return issue.shown if issue else ()


def _vote_page(context: RequestContext, ballot: Ballot, state: str) -> Response:
    with context.site.store.reading() as tx:
        paper = papers.by_numbers(tx, [ballot.paper]).get(ballot.paper)
    page = VotePage(
        up=ballot.up,
        title=paper.title if paper else "",
        state=state,
        action=context.request.url.path,
    )
    return context.show(page, linkable=state == "ask")


def _delivery(context: RequestContext, claim: LinkClaim) -> Delivery | None:
    with context.site.store.reading() as tx:
        return deliveries.by_id(tx, claim.delivery)


def _subscriber(context: RequestContext, claim: LinkClaim) -> int | None:
    """Return whom a delivery was for; None once they were erased."""
    found = _delivery(context, claim)
    return found.subscriber if found else None
