"""The links of the mails: each shows one page with one button, and its post does one thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from digest.issues import Pick
from digest.runs import feedback
from digest.runs import standing as runs
from digest.storage import deliveries, papers
from digest.storage.deliveries import Delivery
from digest.tokens import Claim, Purpose
from digest.web.forms import first
from digest.web.pages import Page
from digest.web.site import FormDep, Visit, VisitDep
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
def ask_to_leave(visit: VisitDep, token: str) -> Response:
    """Shows the button."""
    if not visit.site.claim(token, Purpose.UNSUBSCRIBE):
        return visit.gone()
    return visit.show(UnsubscribePage(action=visit.request.url.path))


@router.post("/u/{token}")
def leave(visit: VisitDep, token: str, values: FormDep) -> Response:
    """Unsubscribes at once: the page's button, and the one click of RFC 8058, which any body and no cookie will do for.

    The answer is 200 whether or not the person had left before, and without a redirect.
    """
    claim = visit.site.claim(token, Purpose.UNSUBSCRIBE)
    if claim is None:
        return visit.gone()
    one_click = "List-Unsubscribe" in values
    subscriber = _subscriber(visit, claim)
    cause = "one-click unsubscribe" if one_click else "unsubscribe page"
    left = runs.leave(visit.site.store, subscriber, cause, visit.now) if subscriber else runs.Left(changed=False)
    if one_click:
        return PlainTextResponse("You are unsubscribed.\n")
    undo, reason = (f"/undo/{left.undo}" if left.undo else ""), f"{visit.request.url.path}/reason"
    return visit.show(UnsubscribedPage(undo=undo, reason_action=reason), linkable=False)


@router.post("/u/{token}/reason")
def explain(visit: VisitDep, token: str, values: FormDep) -> Response:
    """Takes the reason for leaving; it is counted without the person."""
    if not visit.site.claim(token, Purpose.UNSUBSCRIBE):
        return visit.gone()
    reason = first(values, "reason")
    if reason in REASONS:
        runs.explain_leaving(visit.site.store, reason, visit.now)
    return visit.show(UnsubscribedPage(thanked=reason in REASONS), linkable=False)


@router.post("/undo/{token}")
def undo(visit: VisitDep, token: str) -> Response:
    """Takes an unsubscribing back."""
    if runs.come_back(visit.site.store, token, visit.now) is None:
        return visit.gone()
    return visit.show(ResubscribedPage(), linkable=False)


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """What a link to vote asks for."""

    subscriber: int | None  #: None once they were erased
    paper: int
    up: bool


@router.get("/v/{token}/{paper}/{way}")
@router.get("/v/{token}")
def ask_to_vote(visit: VisitDep, token: str, paper: str = "", way: str = "") -> Response:
    """Shows the paper and the button."""
    ballot = _ballot(visit, token, paper, way)
    return _vote_page(visit, ballot, "ask") if ballot else visit.gone()


@router.post("/v/{token}/{paper}/{way}")
@router.post("/v/{token}")
def vote(visit: VisitDep, token: str, values: FormDep, paper: str = "", way: str = "") -> Response:
    """Stores the vote, once for this subscriber and paper, or takes it back."""
    ballot = _ballot(visit, token, paper, way)
    if ballot is None:
        return visit.gone()
    undone = bool(first(values, "undo"))
    if ballot.subscriber and undone:
        feedback.withdraw(visit.site.store, ballot.subscriber, ballot.paper)
    elif ballot.subscriber:
        feedback.vote(visit.site.store, ballot.subscriber, ballot.paper, 1 if ballot.up else -1, now=visit.now)
    return _vote_page(visit, ballot, "undone" if undone else "done")


def _ballot(visit: Visit, token: str, paper: str, way: str) -> Ballot | None:
    """Gives what a link to vote asks for: on a paper that its issue shows, whatever else the address may say.

    In older mails each link has a token of its own, which says paper and way.
    """
    if not way:
        claim = visit.site.claim(token, Purpose.VOTE_UP, Purpose.VOTE_DOWN)
        up = claim is not None and claim.purpose is Purpose.VOTE_UP
        return Ballot(subscriber=_subscriber(visit, claim), paper=claim.paper, up=up) if claim else None
    claim = visit.site.claim(token, Purpose.VOTE)
    found = _delivery(visit, claim) if claim else None
    if found is None or way not in ("up", "down"):
        return None
    if found.issue is None:  # erased with its reader; their old links answer as before, and store nothing
        return Ballot(subscriber=None, paper=0, up=way == "up")
    shown = {str(pick.paper): pick.paper for pick in _shown(found)}
    return Ballot(subscriber=found.subscriber, paper=shown[paper], up=way == "up") if paper in shown else None


@router.get("/p/{token}")
def ask_to_pause(visit: VisitDep, token: str) -> Response:
    """Shows for how long, and the button."""
    if not visit.site.claim(token, Purpose.PAUSE):
        return visit.gone()
    return visit.show(PausePage(action=visit.request.url.path))


@router.post("/p/{token}")
def pause(visit: VisitDep, token: str, values: FormDep) -> Response:
    """Pauses for the chosen time."""
    claim = visit.site.claim(token, Purpose.PAUSE)
    if claim is None:
        return visit.gone()
    days = int(first(values, "days")) if first(values, "days") in map(str, PAUSES) else PAUSES[1]
    until = visit.now.date() + timedelta(days=days)
    subscriber = _subscriber(visit, claim)
    if subscriber:
        runs.pause(visit.site.store, subscriber, until, "pause link", visit.now)
    return visit.show(PausePage(action=visit.request.url.path, until=until), linkable=False)


@router.get("/i/{token}")
def issue(visit: VisitDep, token: str) -> Response:
    """Shows the picks of an issue, and nothing of whom they were picked for."""
    claim = visit.site.claim(token, Purpose.VIEW)
    found = _delivery(visit, claim) if claim else None
    if found is None:
        return visit.gone()
    return visit.show(IssuePage(day=found.issue_date, papers=_picked(visit, found)))


def _picked(visit: Visit, delivery: Delivery) -> tuple[PaperView, ...]:
    picks = _shown(delivery)
    with visit.site.store.reading() as tx:
        known = papers.by_numbers(tx, [pick.paper for pick in picks])
    return tuple(paper_view(known[pick.paper], pick, reasons=False) for pick in picks if pick.paper in known)


def _shown(delivery: Delivery) -> tuple[Pick, ...]:
    issue = delivery.issue
    return issue.shown if issue else ()


def _vote_page(visit: Visit, ballot: Ballot, state: str) -> Response:
    with visit.site.store.reading() as tx:
        paper = papers.by_numbers(tx, [ballot.paper]).get(ballot.paper)
    page = VotePage(
        up=ballot.up,
        title=paper.title if paper else "",
        state=state,
        action=visit.request.url.path,
    )
    return visit.show(page, linkable=state == "ask")


def _delivery(visit: Visit, claim: Claim) -> Delivery | None:
    with visit.site.store.reading() as tx:
        return deliveries.by_id(tx, claim.delivery)


def _subscriber(visit: Visit, claim: Claim) -> int | None:
    """Gives whom a delivery was for; None once they were erased."""
    found = _delivery(visit, claim)
    return found.subscriber if found else None
